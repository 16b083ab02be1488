"""Keeps the suite's PostgreSQL running for as long as the suite runs, and removes it afterwards.

Started by the first test that asks for a database: ``python -m tests.database_server <directory> <pid of the suite>``.
It watches that process rather than waiting to be told, so nothing is left behind when the suite is killed.
"""

import shutil
import signal
import sys
import time
from pathlib import Path

from config.office.embedded_postgres import EmbeddedPostgres

# A test's data need not survive a power cut. Commits stay synchronous, as the product relies on. The passwords are as
# good as any key; to make them slow to guess as well would only make every connection slow.
HASTY = {
    "fsync": "off",
    "full_page_writes": "off",
    "max_connections": "100",
    "max_locks_per_transaction": "256",
    "scram_iterations": "1",
}


def birth(pid: int) -> str:
    """Return when the process began, "" when it is gone: a number alone may have gone to another process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[19]
    except OSError:
        return ""


def main(home: Path, suite: int) -> None:
    """Serve until ``suite`` has ended."""
    began = birth(suite)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: None)
    server = EmbeddedPostgres(home, settings=HASTY)
    server.start()
    (home / "ready").touch()
    while began and birth(suite) == began:
        time.sleep(0.2)
    server.stop()
    shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
