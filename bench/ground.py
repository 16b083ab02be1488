"""The office that a measurement opens for itself, and of which nothing is left afterwards."""

import atexit
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import psycopg

    from config.office.preparation import Preparation

#: As many as 64 writers need, beside what the office itself holds open.
CONNECTIONS = 100


@dataclass(frozen=True, slots=True)
class Office:
    """An office that is open: where it is, and how to reach its database as each role."""

    home: Path
    preparation: "Preparation"

    def as_owner(self, **changes: Any) -> "psycopg.Connection[Any]":
        """Connect as the role that owns the tables, each statement by itself."""
        import psycopg

        from config.office import databases

        return psycopg.connect(**databases.owner(self.home).as_psycopg(autocommit=True, **changes))

    def as_sealer(self) -> "psycopg.Connection[Any]":
        """Connect as the role that seals."""
        import psycopg

        from config.office import databases

        return psycopg.connect(**databases.sealer(self.home).as_psycopg(autocommit=True))

    def as_superuser(self) -> "psycopg.Connection[Any]":
        """Connect as the server's superuser."""
        import psycopg

        return psycopg.connect(**self.superuser_address.as_psycopg(autocommit=True))

    @property
    def superuser_address(self) -> Any:
        """Where the superuser connects."""
        from dataclasses import replace

        from config.office import databases

        return replace(databases.administrator(self.home), name=databases.DATABASE)

    def restart_cold(self) -> None:
        """Stop the server, let the system forget its files, and start it again."""
        from django.db import connections

        server = self.preparation.server
        if server is None:
            return
        connections.close_all()
        server.stop()
        for file in server.data.rglob("*"):
            if file.is_file():
                number = os.open(file, os.O_RDONLY)
                os.fsync(number)
                os.posix_fadvise(number, 0, 0, os.POSIX_FADV_DONTNEED)
                os.close(number)
        server.start()


@contextmanager
def opened(**settings_changed: int) -> Iterator[Path]:
    """Prepare an empty demo office with a database of its own; its KYUFU_HOME is gone when the block ends."""
    one = _open(**settings_changed)
    try:
        yield one.home
    finally:
        _close(one)


_shared: list[Office] = []


def office() -> Office:
    """Return the office that this process's measurements share; it is gone when the process ends."""
    if not _shared:
        _shared.append(_open())
        atexit.register(lambda: _close(_shared.pop()))
    return _shared[0]


def _open(**settings_changed: int) -> Office:
    signal.signal(signal.SIGTERM, lambda *_stopped: sys.exit(1))  # so that nothing is left behind then either
    home = Path(tempfile.mkdtemp(prefix="kyufu-bench-"))
    home.chmod(0o755)  # the database's own user passes through
    try:
        preparation = _preparation(home, **settings_changed)
    except BaseException:
        shutil.rmtree(home, ignore_errors=True)
        raise
    one = Office(home, preparation)
    try:
        preparation.prepare()
    except BaseException:
        _close(one)
        raise
    return one


def _preparation(home: Path, **settings_changed: int) -> "Preparation":
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "config.settings.demo",
        "KYUFU_HOME": str(home),
        "KYUFU_DEMO_RECIPIENTS": "0",
    }
    import django

    django.setup()
    from django.conf import settings

    for name, value in settings_changed.items():
        setattr(settings, name, value)
    from config.office import embedded_postgres
    from config.office.preparation import Preparation

    embedded_postgres.SETTINGS = MappingProxyType({**embedded_postgres.SETTINGS, "max_connections": str(CONNECTIONS)})
    return Preparation(lambda line: sys.stderr.write(f"  {line}\n"))


def _close(one: Office) -> None:
    one.preparation.stop()
    place = one.home / "postgres"
    # the data may lie elsewhere, where the server's user can go
    shutil.rmtree(place.resolve() if place.is_symlink() else place, ignore_errors=True)
    shutil.rmtree(one.home, ignore_errors=True)
