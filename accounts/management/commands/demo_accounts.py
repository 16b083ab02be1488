"""Print how to sign in to the demo office."""

import dataclasses
import json
import unicodedata
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts import demo_staff


class Command(BaseCommand):
    help = "デモの利用者の一覧（役割、利用者ID、パスワード、いまの確認コード）を表示する"
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="プログラムで読むための形で表示する")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            accounts = demo_staff.accounts()
        except demo_staff.NotADemoError as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            self.stdout.write(json.dumps([dataclasses.asdict(one) for one in accounts], ensure_ascii=False, indent=1))
            return
        if not accounts:
            raise CommandError("デモの利用者がいません。make run で用意してください。")
        header = ("役割", "利用者ID", "パスワード", "確認コード", "最初に試すこと")
        rows = [
            (
                one.role_label,
                one.login_id,
                one.password,
                one.code + ("" if one.wait == 0 else f"（{one.wait}秒後から）"),
                one.try_first,
            )
            for one in accounts
        ]
        widths = [max(_width(row[column]) for row in [header, *rows]) for column in range(len(header))]
        for row in [header, *rows]:
            self.stdout.write(
                "  ".join(
                    text + " " * (width - _width(text)) for text, width in zip(row, widths, strict=True)
                ).rstrip()
            )
        self.stdout.write(
            "確認コードは30秒ごとに変わり、1回だけ使えます。この表は manage.py demo_accounts でまた見られます。"
        )


def _width(text: str) -> int:
    """Return how many columns a terminal takes for ``text``."""
    return sum(2 if unicodedata.east_asian_width(character) in "WFA" else 1 for character in text)
