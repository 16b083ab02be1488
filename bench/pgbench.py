"""PostgreSQL's own measuring tool, run against the office's server as the application's role."""

import os
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path

from bench.ground import Office

#: Threads of the tool itself; more than there are processors would only take turns.
THREADS = 2
#: What share of all commits is left out, at the beginning and at the end: a new connection reads the catalogue and
#: compiles, while an office's are open; and at last not all are still at work.
BEFORE, AFTER = 0.25, 0.10


class ToolFailedError(RuntimeError):
    """The tool could not do what it was told."""


def per_second(office: Office, script: str, *, clients: int, transactions: int) -> float:
    """Return how many times a second ``clients`` together committed what ``script`` says, ``transactions`` in all.

    Counted in between: see :data:`BEFORE`.
    """
    from config.office import databases
    from config.office.embedded_postgres import INSTALLATION, PACKAGE

    spec = find_spec(PACKAGE)
    place = Path(next(iter(spec.submodule_search_locations or ()))) if spec else Path()
    address = databases.app(office.home)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "script.sql"
        file.write_text(script, encoding="utf-8")
        result = subprocess.run(
            [
                str(place / INSTALLATION / "bin" / "pgbench"),
                *("--no-vacuum", "--protocol=prepared", f"--client={clients}", f"--jobs={min(clients, THREADS)}"),
                *(f"--transactions={max(1, transactions // clients)}", f"--file={file}"),
                *("--log", f"--log-prefix={folder}/log"),
            ],
            check=False,
            capture_output=True,
            text=True,
            env={
                "PATH": os.environ.get("PATH", ""),
                "PGHOST": address.host,
                "PGPORT": str(address.port),
                "PGUSER": address.user,
                "PGPASSWORD": address.password,
                "PGDATABASE": address.name,
            },
        )
        done = []
        for log in Path(folder).glob("log.*"):
            for line in log.read_text(encoding="ascii").splitlines():
                _client, _number, _took, _script, second, microsecond, *_rest = line.split()
                done.append(int(second) + int(microsecond) / 1e6)
    done.sort()
    first, last = int(len(done) * BEFORE), int(len(done) * (1 - AFTER)) - 1
    if result.returncode == 0 and first < last and done[last] > done[first]:
        return (last - first) / (done[last] - done[first])
    raise ToolFailedError(result.stderr.strip().splitlines()[-1] if result.stderr.strip() else "no answer")
