"""Check one entry's proof against the office's keys, or others, and show what it says."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from audit.ledger import notes, proofs
from audit.ledger.body import MalformedBodyError
from audit.verifying import proving


class Command(BaseCommand):
    help = "操作記録1件の証明書を確かめ、書かれていることを示す（正しくなければ終了コード1）"
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE", help="証明書")
        parser.add_argument("--vkey", action="append", default=[], help="検証鍵（指定しなければ、この台帳の検証鍵）")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with options["file"].open("rb") as file:
                text = file.read(proofs.MOST_BYTES + 1)
        except OSError as error:
            raise CommandError(f"{options['file']} を読み取れません（{error.strerror}）。") from error
        try:
            keys = [notes.VerifierKey.parse(key.strip()) for key in options["vkey"]] or proving.keys_of(connection)
            _proven, said = proving.verify(text, keys)
        except (
            proofs.MalformedProofError,
            proofs.UnprovenError,
            notes.MalformedNoteError,
            notes.BadSignatureError,
            MalformedBodyError,
        ) as error:
            raise CommandError(f"正しい証明書ではありません：{error}", returncode=1) from error
        self.stdout.write(f"正しい証明書です。\n{said}", ending="")
