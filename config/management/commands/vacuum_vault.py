"""Write the vault's tables anew, so that what was erased is in their files no more."""

from typing import Any

import psycopg
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config.office import databases, vault_files
from config.office.database_access import database
from config.office.embedded_postgres import ServerTrouble


class Command(BaseCommand):
    help = "個人番号の表を書き直し、削除した行の跡をデータベースのファイルから除く（表は1秒ほど待たされる）"
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with database():
                vault_files.write_anew(databases.owner(settings.KYUFU_HOME))
        except ServerTrouble as error:
            raise CommandError(str(error)) from error
        except psycopg.errors.LockNotAvailable as error:
            message = "個人番号の表が使われていて、書き直せません。空いている時間にやり直してください。"
            raise CommandError(message) from error
        except psycopg.OperationalError as error:
            raise CommandError("データベースに接続できません。DATABASE_URL とサーバーを確認してください。") from error
        self.stdout.write(
            "個人番号の表を書き直しました。WAL とバックアップに残る分は docs/retention.md を見てください。"
        )
