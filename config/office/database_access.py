"""For commands that need the office's database whether or not the office is being served."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from django.conf import settings

from config.office import databases
from config.office.embedded_postgres import INSTALLATION, PACKAGE, EmbeddedPostgres, OfficeLock


class InUse(Exception):
    """The office is being served, and this must not happen meanwhile. The text says what to do."""


@contextmanager
def database(*, alone: bool = False) -> Iterator[None]:
    """Let the office's database run: its embedded server is started, and stopped again, where nobody has.

    ``alone`` keeps the office from being served meanwhile. Raises :class:`InUse` where it is.
    """
    home: Path = settings.KYUFU_HOME
    lock = OfficeLock(home)
    is_free = lock.take()
    try:
        if alone and not is_free:
            raise InUse(f"{home} は実行中です。manage.py start を止めてから、やり直してください。")
        if not databases.is_embedded() or not is_free:
            yield
            return
        server = EmbeddedPostgres(home)
        server.start()
        try:
            yield
        finally:
            server.stop()
    finally:
        lock.release()


def program(name: str) -> Path:
    """Return one of PostgreSQL's own programs that come with the product (``pg_dump``, ``pg_restore``)."""
    spec = find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError(name)
    return Path(next(iter(spec.submodule_search_locations))) / INSTALLATION / "bin" / name


def surroundings(address: databases.Address) -> dict[str, str]:
    """Return the environment for such a program: how to reach ``address``, and nothing of ours."""
    names = {"sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT", "connect_timeout": "PGCONNECT_TIMEOUT"}
    return {
        "PATH": os.defpath,
        "LC_ALL": "C.UTF-8",
        "PGHOST": address.host,
        "PGPORT": str(address.port),
        "PGDATABASE": address.name,
        "PGUSER": address.user,
        "PGPASSWORD": address.password,
        **{names[key]: value for key, value in address.options.items() if key in names},
    }
