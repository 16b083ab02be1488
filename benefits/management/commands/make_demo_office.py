"""Make a demo office: six members of staff, and made-up people with applications in every state."""

import time
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts import demo_staff
from benefits.demo import office
from benefits.models import Application

LARGEST = 500_000


class Command(BaseCommand):
    help = "デモの職員6人と、架空の受給者・申請を作る（データベースの所有者の役割で実行する）"
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
        staff = demo_staff.hire()
        if Application.objects.exists():
            self.stdout.write("申請がすでにあります。職員だけを確かめました。")
            return
        began = time.monotonic()

        def told(done: int, of: int) -> None:
            seconds = time.monotonic() - began
            if options["verbosity"]:
                self.stdout.write(f"{done} / {of} 件（{seconds:.0f} 秒）")

        count = office.fill(recipients=recipients, seed=options["seed"], staff=staff, told=told)
        if options["verbosity"]:
            self.stdout.write(
                f"受給者 {recipients} 人、申請 {count} 件を作りました（{time.monotonic() - began:.0f} 秒）。"
            )
