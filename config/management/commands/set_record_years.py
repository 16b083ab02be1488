"""Change for how many years entries of the record are kept at least. The role that serves cannot."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from audit import pruning
from config.office.owner import speak_as_owner


class Command(BaseCommand):
    help = "操作記録の保存期間を見る、または変える（変更は操作記録に残る）"
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("years", nargs="?", type=int, help="保存する年数（5年以上）")
        parser.add_argument("--reason", default="", help="変える理由と決裁番号（操作記録に残る）")

    def handle(self, *args: Any, **options: Any) -> None:
        speak_as_owner("kyufu-record-years")
        if options["years"] is not None:
            if not options["reason"].strip():
                raise CommandError("--reason（理由）を指定してください。")
            try:
                pruning.set_years(options["years"], reason=options["reason"].strip())
            except DatabaseError as error:
                raise CommandError("変更できません。5年から100年までです。") from error
        period = pruning.retention()
        note = "" if period.changed_at else "（初期値。文書管理の規程と照らし合わせてください）"
        self.stdout.write(f"操作記録の保存期間  {period.years}年{note}")
