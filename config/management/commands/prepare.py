"""Prepare the office without serving it."""

from typing import Any

import psycopg
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.office.embedded_postgres import OfficeLock, ServerTrouble
from config.office.keys import KeysMissing
from config.office.preparation import NotReady, Preparation
from config.office.provisioning import ProvisioningTrouble


class Command(BaseCommand):
    help = "データベース、鍵、役割、権限、移行、画面の部品を準備する（何度実行してもよい）"
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--apply-grants",
            action="store_true",
            help="データベースの権限を config/grants.py のとおりに戻す（だれが変えたかを確かめてから使う）",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        lock = OfficeLock(settings.KYUFU_HOME)
        if not lock.take():
            raise CommandError(f"{settings.KYUFU_HOME} は実行中です。 / Already running on this KYUFU_HOME.")
        preparation = Preparation(self.stdout.write, apply_grants=options["apply_grants"])
        try:
            preparation.prepare()
        except (NotReady, KeysMissing, ServerTrouble, ProvisioningTrouble) as trouble:
            raise CommandError(str(trouble)) from trouble
        except psycopg.OperationalError as error:
            raise CommandError("データベースに接続できません。DATABASE_URL とサーバーを確認してください。") from error
        finally:
            preparation.stop()
