"""PostgreSQL's own measuring tool, run against the office's server as the application's role."""

import os
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path

from bench.ground import Office

#: Threads of the tool itself; more than there are processors would only take turns.
THREADS = 2


class ToolFailedError(RuntimeError):
    """The tool could not do what it was told."""


def per_second(office: Office, script: str, *, clients: int, transactions: int) -> float:
    """Return how many times a second ``clients`` together committed what ``script`` says, ``transactions`` in all."""
    from config.office import databases
    from config.office.embedded_postgres import INSTALLATION, PACKAGE

    spec = find_spec(PACKAGE)
    place = Path(next(iter(spec.submodule_search_locations or ()))) if spec else Path()
    address = databases.app(office.home)
    with tempfile.NamedTemporaryFile("w", suffix=".sql", encoding="utf-8") as file:
        file.write(script)
        file.flush()
        result = subprocess.run(
            [
                str(place / INSTALLATION / "bin" / "pgbench"),
                *("--no-vacuum", "--protocol=prepared", f"--client={clients}", f"--jobs={min(clients, THREADS)}"),
                *(f"--transactions={max(1, transactions // clients)}", f"--file={file.name}"),
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
    for line in result.stdout.splitlines():
        if line.startswith("tps = "):
            return float(line.split()[2])
    raise ToolFailedError(result.stderr.strip().splitlines()[-1] if result.stderr.strip() else "no answer")
