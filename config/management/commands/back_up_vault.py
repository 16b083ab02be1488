"""Back the database up in two files: everything but the wrapped keys, and the wrapped keys apart."""

import os
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from config.office import databases
from config.office.database_access import database, program, surroundings
from config.office.embedded_postgres import ServerTrouble

WRAPPED_KEYS = "vault.wrapped_key"
#: Numbers of a file that is not applied yet lie beside their wrapped key until they are wiped: no backup keeps them.
STAGED = ("vault.staged_file", "vault.staged")
#: What each file leaves out or is limited to. Both show the same moment.
PARTS = (
    ("office", tuple(f"--exclude-table-data={table}" for table in (WRAPPED_KEYS, *STAGED))),
    ("wrapped-keys", ("--data-only", f"--table={WRAPPED_KEYS}")),
)


class Command(BaseCommand):
    help = (
        "データベースを2つのファイルに控える：個人番号の鍵を除いた全部と、個人番号の鍵だけ（保存の期間を分けるため）"
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("directory", type=Path, help="控えを置くディレクトリ（あるファイルには上書きしない）")

    def handle(self, *args: Any, **options: Any) -> None:
        directory: Path = options["directory"]
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        moment = timezone.localtime().strftime("%Y%m%d-%H%M%S")
        try:
            with database():
                written = _dump(directory, moment)
        except (ServerTrouble, FileNotFoundError) as error:
            raise CommandError(str(error)) from error
        except FileExistsError as error:
            raise CommandError(f"{error.filename} があります。上書きはしません。") from error
        except psycopg.OperationalError as error:
            raise CommandError("データベースに接続できません。DATABASE_URL とサーバーを確認してください。") from error
        for path in written:
            self.stdout.write(f"{path}（{path.stat().st_size:,} バイト）")
        self.stdout.write("2つのファイルは別の場所に、決めた期間だけ保管してください（docs/retention.md）。")


def _dump(directory: Path, moment: str) -> list[Path]:
    owner = databases.owner(settings.KYUFU_HOME)
    paths = [directory / f"{name}-{moment}.dump" for name, _part in PARTS]
    with closing(psycopg.connect(**owner.as_psycopg())) as own:
        own.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        row = own.execute("SELECT pg_export_snapshot()").fetchone()
        assert row is not None  # noqa: S101  (a SELECT of one value returns a row)
        made: list[Path] = []
        try:
            for path, (_name, part) in zip(paths, PARTS, strict=True):
                # made for its owner alone, before anything is in it
                handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                made.append(path)
                with os.fdopen(handle, "wb") as file:
                    _run(program("pg_dump"), ("--format=custom", f"--snapshot={row[0]}", *part), owner, file)
                    file.flush()
                    os.fsync(file.fileno())
        except BaseException:
            for path in made:
                path.unlink(missing_ok=True)
            raise
    return paths


def _run(command: Path, arguments: tuple[str, ...], address: databases.Address, output: Any) -> None:
    result = subprocess.run(
        (str(command), "--no-password", *arguments),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.PIPE,
        env=surroundings(address),
        check=False,
        text=False,
    )
    if result.returncode != 0:
        raise CommandError(f"{command.name} が失敗しました。\n{result.stderr.decode(errors='replace')}")
