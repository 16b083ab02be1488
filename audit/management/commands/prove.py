"""Write one entry's proof, for a court or a resident. The act itself goes on record first."""

from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from audit import actions, journal
from audit.verifying import proving


class Command(BaseCommand):
    help = "操作記録1件の証明書を作る（作ることは操作記録に残る）"
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("event", type=UUID, metavar="EVENT", help="記録番号")
        parser.add_argument(
            "--out", type=Path, metavar="FILE", help="書き出すファイル（あるファイルには上書きしない）"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        out: Path | None = options["out"]
        if out is not None and out.exists():
            raise CommandError(f"{out} があります。上書きはしません。")
        journal.record_committed(
            actions.PROOF_MADE,
            by=None,
            subject=journal.Subject(kind="entry", id=str(options["event"])),
            details={"method": "prove"},
        )
        try:
            certificate = proving.prove(connection, options["event"])
        except proving.NotProvableError as error:
            raise CommandError(str(error)) from error
        if out is None:
            self.stdout.write(certificate.text, ending="")
            return
        out.write_text(certificate.text, encoding="utf-8", newline="\n")
        self.stdout.write(
            f"{out} に書きました（位置 {certificate.position}、チェックポイント {certificate.checkpoint.size} 件）。"
        )
