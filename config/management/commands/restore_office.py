"""Restore the two files of ``back_up_vault`` into an empty database; the one there is kept under another name."""

import subprocess
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections
from django.utils import timezone
from psycopg import sql

from config.office import databases, provisioning
from config.office.database_access import InUse, database, program, surroundings
from config.office.embedded_postgres import ServerTrouble


class Command(BaseCommand):
    help = "back_up_vault の控えを復元する（今のデータベースは別の名前で残す。終わったら replay_deletions を実行する）"
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("office", type=Path, help="office-….dump")
        parser.add_argument(
            "wrapped_keys", type=Path, nargs="?", help="wrapped-keys-….dump（ないと個人番号は開けない）"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if databases.has_own_roles():
            raise CommandError(
                "役割を手で用意したデータベースは、pg_restore で復元してください（docs/retention.md）。"
            )
        files = [path for path in (options["office"], options["wrapped_keys"]) if path is not None]
        if missing := [path for path in files if not path.is_file()]:
            raise CommandError(f"{missing[0]} がありません。")
        connections.close_all()
        try:
            with database(alone=True):
                kept = _make_room()
                for path in files:
                    _restore(path)
        except (InUse, ServerTrouble) as error:
            raise CommandError(str(error)) from error
        except psycopg.Error as error:
            raise CommandError(f"データベースを用意できません。{error}") from error
        if kept:
            self.stdout.write(f"前のデータベースは {kept} という名前で残しました。確かめたら削除してください。")
        self.stdout.write(
            "復元しました。manage.py replay_deletions を実行してから、manage.py start で始めてください。"
        )


def _make_room() -> str:
    """Make an empty database in the office's place, and return what the one that stood there is called now."""
    name, kept = databases.app(settings.KYUFU_HOME).name, ""
    administrator = databases.administrator(settings.KYUFU_HOME)
    with closing(psycopg.connect(**administrator.as_psycopg(autocommit=True))) as server:
        if server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            kept = f"{name}_before_{timezone.localtime():%Y%m%d_%H%M%S}"
            rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
            server.execute(rename.format(sql.Identifier(name), sql.Identifier(kept)))
            # nobody serves from it by mistake
            server.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(sql.Identifier(kept)))
        provisioning.make_database(server, name)
    return kept


def _restore(path: Path) -> None:
    here = replace(databases.administrator(settings.KYUFU_HOME), name=databases.app(settings.KYUFU_HOME).name)
    command = (str(program("pg_restore")), "--no-password", "--exit-on-error", f"--dbname={here.name}", str(path))
    result = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, env=surroundings(here), check=False, text=True
    )
    if result.returncode != 0:
        raise CommandError(f"{path.name} を復元できませんでした。\n{result.stderr}")
