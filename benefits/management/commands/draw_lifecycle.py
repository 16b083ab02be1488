"""Draw the table of steps as a document: ``manage.py draw_lifecycle > docs/lifecycle.md``."""

from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand

from accounts.roles import HANDBOOK
from benefits import events
from benefits.choices import Status
from benefits.lifecycle import DECISIONS, STEPS, Action, Step

HEAD = """\
# 申請の状態と操作 / The lifecycle of an application

この文書は `benefits/lifecycle.py` の表から作られています（`manage.py draw_lifecycle > docs/lifecycle.md`）。
表にない操作は起こりません。データベースも同じ表を持ち、表にない変化を拒みます。

This document is drawn from the table in `benefits/lifecycle.py`. What is not in the table cannot happen; the database
holds the same table and refuses every other change.

| 操作 / Action | 元の状態 / From | 先の状態 / To | できる役割 / Who | 記録 / On record as |
| --- | --- | --- | --- | --- |
"""

NOTES = """
* 「＊」の操作は、その申請を入力または提出した人にはできません。<br>
  Whoever typed or sent any part of an application takes no step marked ＊ on it.
* 引き戻しは、提出した人だけが、確認者が照合を始めるまでできます。<br>
  Only the submitter pulls back, until a checker has begun.
* 承認は、すべての項目の照合と個人番号の一致の後にだけできます。<br>
  An approval follows the comparison of every box and the agreement of the My Number.
"""


class Command(BaseCommand):
    help = "申請の状態と操作の表を文書にして書き出す"
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(document(), ending="")


def document() -> str:
    """Return the table of steps in words and as a Mermaid diagram of states."""
    rows = "".join(f"| {' | '.join(_row(action, step))} |\n" for action, step in STEPS.items())
    diagram = "\n".join(f"    {line}" for line in _diagram())
    return f"{HEAD}{rows}{NOTES}\n```mermaid\nstateDiagram-v2\n{diagram}\n```\n"


def _row(action: Action, step: Step) -> Iterator[str]:
    yield f"`{action}`{'＊' if action in DECISIONS else ''}"
    yield "、".join(_named(source) for source in Status if source in step.sources)
    yield _named(step.target) if step.target else "（変わらない / stays）"
    yield "、".join(str(duty.label) for duty in HANDBOOK.values() if step.permission in duty.permissions)
    yield f"{events.ACTIONS[step.event]} `{step.event}`"


def _diagram() -> Iterator[str]:
    for status in Status:
        yield f'state "{status.label} {status.value}" as {status.value}'
    yield f"[*] --> {Status.DRAFT.value}"
    left = set()
    for action, step in STEPS.items():
        for source in Status:
            if source in step.sources:
                left.add(source)
                yield f"{source.value} --> {(step.target or source).value} : {action}"
    for status in Status:
        if status not in left:
            yield f"{status.value} --> [*]"


def _named(status: Status) -> str:
    return f"{status.label} {status.value}"
