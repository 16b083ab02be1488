"""Make a demo office, or make it larger: six members of staff, and made-up people with applications in every state."""

import time
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from accounts import demo_staff
from benefits.demo import custody, office, watching
from config.office import databases

LARGEST = 500_000


class Command(BaseCommand):
    help = "デモの職員6人と、架空の受給者・申請を作る。受給者が足りないときは、その人数になるまで増やす"
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--recipients", type=int, default=300, help="受給者の人数（既定 300）")
        parser.add_argument("--seed", type=int, default=54, help="同じ値からは同じ人たちができる（既定 54）")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("デモ環境ではないため、実行できません。")
        recipients = options["recipients"]
        if not 0 <= recipients <= LARGEST:
            raise CommandError(f"--recipients は 0 から {LARGEST} までの数にしてください。")
        self._speak_as_owner()
        staff = demo_staff.hire()
        began = time.monotonic()

        def told(done: int, of: int) -> None:
            if options["verbosity"]:
                self.stdout.write(f"{done} / {of} 件（{time.monotonic() - began:.0f} 秒）")

        count = office.fill(recipients=recipients, seed=options["seed"], staff=staff, told=told)
        custody.fill(staff=staff)
        watching.fill(staff=staff)
        if options["verbosity"]:
            self.stdout.write(f"申請 {count} 件を作りました（{time.monotonic() - began:.0f} 秒）。")

    @staticmethod
    def _speak_as_owner() -> None:
        """Connect as the role that owns the data: the vault's functions for many numbers are closed to the app."""
        if settings.DATABASE_ROLE == "app":
            connection.close()
            connection.settings_dict.update(
                databases.owner(settings.KYUFU_HOME).as_django(application_name="kyufu-demo")
            )
