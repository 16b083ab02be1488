"""Change how often My Numbers may be shown, asked after or retyped wrongly. The role that serves cannot."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from config.office.owner import speak_as_owner
from mynumber import limits
from mynumber.limits import Limit


class Command(BaseCommand):
    help = "個人番号の表示・検索・照合の回数の上限を見る、または変える（変更は操作記録に残る）"
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("limit", nargs="?", choices=Limit.values, help="変える上限")
        parser.add_argument("most", nargs="?", type=int, help="新しい回数（表示は10000、検索は1000、不一致は100まで）")
        parser.add_argument("--reason", default="", help="変える理由と決裁番号（操作記録に残る）")

    def handle(self, *args: Any, **options: Any) -> None:
        speak_as_owner("kyufu-limits")
        if options["limit"]:
            if options["most"] is None or not options["reason"].strip():
                raise CommandError("新しい回数と、--reason（理由）を指定してください。")
            try:
                limits.change(Limit(options["limit"]), options["most"], reason=options["reason"].strip())
            except DatabaseError as error:
                raise CommandError("変更できません。1から、表示は10000、検索は1000、不一致は100までです。") from error
        for limit, most in limits.all_of_them().items():
            self.stdout.write(f"{limit.value:<20} {most:>6}  {limit.label}")
