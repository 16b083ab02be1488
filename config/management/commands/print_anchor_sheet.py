"""Print the newest signed checkpoint on a sheet to be stamped: ``manage.py print_anchor_sheet --out FILE``."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, connection

from audit.sealing import anchors
from audit.sealing.sheet import FontsMissing
from config.office.database_access import database


class Command(BaseCommand):
    help = "最新のチェックポイントを、押印して保管する用紙（PDF）にする"
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--out", type=Path, required=True, help="PDF を書くファイル")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with database():
                connection.ensure_connection()
                note = anchors.newest_note(connection.connection)
                if note is None:
                    raise CommandError("署名したチェックポイントがまだありません。manage.py seal を確かめてください。")
                pdf = anchors.sheet(note, connection.connection)
        except DatabaseError as error:
            raise CommandError("データベースに接続できません。DATABASE_URL とサーバーを確認してください。") from error
        except FontsMissing as error:
            raise CommandError(str(error)) from error
        try:
            options["out"].write_bytes(pdf)
        except OSError as error:
            raise CommandError(f"{options['out']} に書けません（{error.strerror}）。") from error
        self.stdout.write(f"{options['out']} に書きました。印刷し、2人が確かめて押印してください。")
