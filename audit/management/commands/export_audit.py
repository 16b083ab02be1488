"""Write the record out for an auditor, as docs/ledger-format.md describes. The act itself goes on record first."""

from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from audit import actions, journal
from audit.verifying import exporting


class Command(BaseCommand):
    help = "操作記録の台帳を、検証のためのファイルとして書き出す（書き出すことは操作記録に残る）"
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("directory", type=Path, metavar="DIR", help="書き出す先（空か、ない名前）")
        parser.add_argument(
            "--from", dest="from_day", type=date.fromisoformat, metavar="YYYY-MM-DD", help="この日から"
        )
        parser.add_argument("--to", dest="to_day", type=date.fromisoformat, metavar="YYYY-MM-DD", help="この日まで")
        parser.add_argument("--reason", required=True, help="書き出す理由と決裁番号（操作記録に残る）")

    def handle(self, *args: Any, **options: Any) -> None:
        from_day, to_day = options["from_day"], options["to_day"]
        if from_day and to_day and from_day > to_day:
            raise CommandError("--from が --to より後です。")
        if not options["reason"].strip():
            raise CommandError("--reason（理由）を指定してください。")
        # whoever sits at the server is not known to the record: it says that the command was run, and why
        journal.record_committed(
            actions.LEDGER_EXPORTED,
            by=None,
            reason=options["reason"].strip()[:500],
            details={
                "method": "export_audit",
                "kind": f"{from_day or ''}～{to_day or ''}" if from_day or to_day else "",
            },
        )
        try:
            exported = exporting.export(
                options["directory"],
                connection,
                from_day=from_day,
                to_day=to_day,
                progress=self._tell,
            )
        except exporting.CannotExportError as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"書き出せません（{error.strerror}）。") from error
        self.stderr.write("")
        for words in exported.left_out:
            self.stderr.write(f"異常：{words}")
        first, last = exported.first, exported.size - 1
        self.stdout.write(
            f"{options['directory']} に {last - first + 1:,} 件（{first:,} ～ {last:,}）を書き出しました。\n"
            f"  台帳：{exported.origin}\n  根：{exported.root.hex()}\n"
            "検証のしかたは、その中の README.txt と docs/verifying.md にあります。"
        )

    def _tell(self, done: int, of: int) -> None:
        self.stderr.write(f"\r{done:,} / {of:,} 件", ending="")
