"""Verify the record: everything, or what is new since an earlier verification."""

import json
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from audit.keyfiles import KeyUnavailableError
from audit.models import Verification
from audit.verifying import checking as verifying


class Command(BaseCommand):
    help = "操作記録の台帳を検証する（異常があれば1件ずつ示し、終了コード1）"
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--since", metavar="SIZE|last", help="この件数より後だけを検証する（last は前回の検証の後）"
        )
        parser.add_argument(
            "--no-mac", dest="mac", action="store_false", help="アプリの認証符号を調べない（鍵のない計算機で）"
        )
        parser.add_argument("--mac", dest="mac", action="store_true", default=True, help="認証符号も調べる（既定）")
        parser.add_argument("--json", dest="as_json", action="store_true", help="結果を JSON で出す")

    def handle(self, *args: Any, **options: Any) -> None:
        told = time.monotonic()

        def tell(step: verifying.Progress) -> None:
            nonlocal told
            if time.monotonic() - told > 1 or step.position == step.size:
                told = time.monotonic()
                self.stderr.write(f"\r{step.position:,} / {step.size:,} 件　異常 {step.faults} 件", ending="")

        try:
            verdict = verifying.verify(connection, since=_since(options["since"]), progress=tell, mac=options["mac"])
        except KeyUnavailableError as error:
            raise CommandError(f"{error} 鍵のない計算機では --no-mac を指定してください。") from error
        self.stderr.write("")
        self.stdout.write(_as_json(verdict) if options["as_json"] else _in_words(verdict))
        if not verdict.is_good:
            raise CommandError(f"異常が {verdict.fault_count} 件あります。", returncode=1)


def _since(text: str | None) -> int | tuple[int, bytes] | None:
    if text is None:
        return None
    if text == "last":
        last = (
            Verification.objects.filter(ended_at__isnull=False, faults=0, root__isnull=False).order_by("-size").first()
        )
        return (last.size, bytes(last.root)) if last and last.root else None
    try:
        size = int(text)
    except ValueError:
        size = -1
    if size < 0:
        raise CommandError("--since は件数か last です。")
    return size


def _in_words(verdict: verifying.Verdict) -> str:
    lines = [fault.sentence for fault in verdict.faults]
    if more := verdict.fault_count - len(verdict.faults):
        lines.append(f"ほかに {more} 件")
    lines += [f"注意：{notice}" for notice in verdict.notices]
    rate = (verdict.size - verdict.since) / verdict.seconds if verdict.seconds else 0
    lines += [
        "操作記録は正しい状態です。" if verdict.is_good else f"異常が {verdict.fault_count} 件あります。",
        f"  件数：{verdict.size:,}（位置 {verdict.since:,} から検証）　根：{verdict.root.hex()}",
        f"  検証した記録：{verdict.events:,}　うち封印待ち：{verdict.waiting:,}　保存期間満了：{verdict.pruned:,}",
        f"  チェックポイント：{verdict.checkpoints:,}　署名：{verdict.notes:,}　保管先の控え：{verdict.anchored:,}",
        f"  書込み系列：{verdict.writers:,}　証人の行：{verdict.witness_lines:,}",
        f"  所要：{verdict.seconds:.1f} 秒（毎秒 {rate:,.0f} 件）",
    ]
    return "\n".join(lines)


def _as_json(verdict: verifying.Verdict) -> str:
    return json.dumps(
        {
            "good": verdict.is_good,
            "since": verdict.since,
            "size": verdict.size,
            "root": verdict.root.hex(),
            "events": verdict.events,
            "waiting": verdict.waiting,
            "pruned": verdict.pruned,
            "checkpoints": verdict.checkpoints,
            "notes": verdict.notes,
            "anchored": verdict.anchored,
            "writers": verdict.writers,
            "witness_lines": verdict.witness_lines,
            "seconds": round(verdict.seconds, 3),
            "fault_count": verdict.fault_count,
            "faults": [
                {
                    "kind": fault.kind,
                    "position": fault.position,
                    "event": str(fault.event_id) if fault.event_id else None,
                    "words": fault.words,
                }
                for fault in verdict.faults
            ],
            "notices": verdict.notices,
        },
        ensure_ascii=False,
        indent=1,
    )
