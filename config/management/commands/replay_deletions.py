"""Destroy again what a restored backup brought back, before the office is served."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from benefits import deletion
from config.office.database_access import InUse, database
from config.office.embedded_postgres import ServerTrouble
from config.office.owner import speak_as_owner
from mynumber.deletion_journal import JournalTrouble


class Command(BaseCommand):
    help = "復元したデータベースに、復元の前に削除した個人番号があれば、もう一度削除する（何度実行してもよい）"
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--complete-file",
            action="store_true",
            help="失われた削除の記録ファイルを、データベースの削除証明書から補う（控えがないときだけ）",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with database(alone=True):
                speak_as_owner("kyufu-replay")
                count = deletion.replay()
                if options["complete_file"]:
                    self.stdout.write(f"削除の記録ファイルに {deletion.complete_file()} 件を補いました。")
                trouble = deletion.trouble_with_file()
        except (InUse, JournalTrouble, ServerTrouble) as error:
            raise CommandError(str(error)) from error
        except DatabaseError as error:
            raise CommandError(f"もう一度削除できませんでした。データベースを確認してください。{error}") from error
        if trouble:
            raise CommandError(trouble)
        if count:
            self.stdout.write(f"個人番号 {count} 件をもう一度削除し、削除証明書を記録しました。")
            self.stdout.write("続けて manage.py vacuum_vault を実行してください。")
        else:
            self.stdout.write("もう一度削除するものはありません。")
