"""Compare what the database grants with what it should."""

from typing import Any

import psycopg
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError

from config.office import databases, privileges


class Command(BaseCommand):
    help = "データベースの権限を config/grants.py と照らし合わせ、違いを1行ずつ示す（違いがあれば終了コード1）"
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            address, roles = databases.app(settings.KYUFU_HOME), databases.roles(settings.KYUFU_HOME)
        except ImproperlyConfigured as error:
            raise CommandError(str(error)) from error
        with psycopg.connect(**address.as_psycopg(autocommit=True, connect_timeout=5)) as connection:
            found = privileges.differences(connection, roles)
        for sentence in found:
            self.stdout.write(sentence)
        if found:
            raise CommandError(f"権限が表と {len(found)} か所で違います。", returncode=1)
        self.stdout.write("権限は config/grants.py のとおりです。")
