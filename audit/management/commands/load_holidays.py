"""Load the days off of some years: the search of the record asks for them, and the rules that watch it."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audit.searching import calendar_law, holidays


class Command(BaseCommand):
    help = "祝日を登録する（内閣府の「国民の祝日」CSV、または法律の規則からの計算）。その年の分は置き換わる"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", help="内閣府の syukujitsu.csv（Shift_JIS または UTF-8）")
        parser.add_argument("--year", type=int, action="append", required=True, help="登録する年（くり返してよい）")
        parser.add_argument("--computed", action="store_true", help="ファイルを使わず、法律の規則から計算する")

    def handle(self, *args: Any, **options: Any) -> None:
        """Replace the days off of the years that are named."""
        years = options["year"]
        if options["computed"] == bool(options["file"]):
            raise CommandError("ファイルか --computed のどちらか1つを指定してください。")
        try:
            if options["computed"]:
                days = {day: name for year in years for day, name in calendar_law.holidays(year).items()}
                source = holidays.COMPUTED
            else:
                days, source = dict(holidays.read(_text(options["file"]))), "内閣府「国民の祝日」CSV"
        except ValueError:
            raise CommandError(
                f"計算できるのは{calendar_law.FIRST_YEAR}年から{calendar_law.LAST_YEAR}年までです。"
            ) from None
        except holidays.UnreadableFileError as error:
            raise CommandError(str(error)) from error
        if missing := [year for year in years if not any(day.year == year for day in days)]:
            raise CommandError(f"ファイルに{missing[0]}年の祝日がありません。")
        count = holidays.load(days, years=years, source=source)
        self.stdout.write(f"{count}日を登録しました（年末年始を含む）。")


def _text(path: str) -> str:
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise CommandError("ファイルを読めません。") from error
    for encoding in ("utf-8-sig", "cp932"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise CommandError("文字コードが Shift_JIS でも UTF-8 でもありません。")
