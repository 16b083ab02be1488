"""The worker puts the numbers of a file into use that a second person has let be applied, a few people at a time.

Each piece is one transaction: the numbers, their entries in the record and what the lines came to stand or fall
together. What is true of a line is asked again; one that has changed since it was reviewed is left out, and so is one
whose number does not open: the others do not wait for what will never be.
"""

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from audit import journal
from benefits import events
from benefits.choices import Programme
from benefits.juki import matching, steps
from benefits.models.juki import BatchState, JukiBatch, JukiRow, RowCode, RowState
from mynumber import staging
from mynumber.staging import StagedBrokenError, Verdict

#: How many numbers one piece of work puts into use.
LINES = 100


def do_a_piece(batch: JukiBatch) -> None:
    """Put the next numbers into use, or find that the file is applied whole, and wipe it."""
    rows = _waiting(batch)
    if not rows:
        with transaction.atomic():
            held = steps.lock(batch.pk)
            if held.state == BatchState.APPLYING and not _waiting(held):
                steps.move(held, BatchState.APPLIED, by=held.applied_by, details={"count": held.applied})
        return
    by = batch.applied_by
    assert by is not None  # noqa: S101  (applied by decision)
    asked = [row.line for row in rows]
    opened = _open(batch, asked, by=by)
    with transaction.atomic():
        held = steps.lock(batch.pk)
        if held.state != BatchState.APPLYING:
            return
        still = [row for row in _waiting(held) if row.line in asked]
        assert held.layout is not None  # noqa: S101  (a file is not begun without one)
        exact = matching.exact_matches(still, items=held.layout.items)
        closed: list[JukiRow] = []
        records = {
            record.person: record for record in matching.records_of([row.person_id for row in still if row.person_id])
        }
        for row in still:
            assert row.person_id is not None  # noqa: S101  (linked)
            record = records.get(row.person_id)
            verdict: Verdict | None = None
            if row.line not in opened:
                closed.append(row)
            elif record is not None and _still_holds(held, row, record, exact=exact.get(row.line, [])):
                verdict = opened[row.line].put(row.line, row.person_id, label=record.label)
            if verdict in {Verdict.FREE, Verdict.SAME}:
                row.is_applied = True
            else:
                row.state, row.code = RowState.REJECTED, RowCode.CHANGED
                staging.forget(held.pk, [row.line])
                row.reason = _closed() if row in closed else ""
            row.save(update_fields=["is_applied", "state", "code", "reason"])
        if closed:
            _say_what_does_not_open(held, closed, by=by)


def _open(batch: JukiBatch, lines: list[int], *, by: User) -> dict[int, staging.Opened]:
    """Open these lines' numbers. One that does not open is left out, and does not keep the others from it."""
    try:
        opened = staging.open_numbers(batch.pk, lines, by=by, basis=Programme.NANBYO.value)
    except StagedBrokenError:
        _parts, numbers, has_key = staging.left(batch.pk)
        if len(lines) == 1 or not numbers or not has_key:
            return {}
        half = len(lines) // 2
        return _open(batch, lines[:half], by=by) | _open(batch, lines[half:], by=by)
    return {line: opened for line in lines if line in opened}


def _say_what_does_not_open(batch: JukiBatch, rows: list[JukiRow], *, by: User) -> None:
    """Record which numbers cannot be used, and keep it with the file, whose lines are gone when it has ended."""
    batch.code = "stranded"
    batch.save(update_fields=["code"])
    journal.record(
        events.IMPORT_REJECTED,
        by=by,
        subject=batch,
        reason=_closed(),
        details={"count": len(rows), "page": str(rows[0].line), "code": "stranded"},
    )


def _closed() -> str:
    return _("保管した番号を復号できないため除外")


def _waiting(batch: JukiBatch) -> list[JukiRow]:
    rows = JukiRow.objects.filter(batch=batch, state=RowState.LINKED, is_applied=False)
    return list(rows.order_by("line")[:LINES])


def _still_holds(batch: JukiBatch, row: JukiRow, record: matching.Record, *, exact: list[UUID]) -> bool:
    """Say whether what was reviewed is still so: nothing differs but by notation, and nobody else agrees in all."""
    assert batch.layout is not None  # noqa: S101  (a file is not begun without one)
    if set(exact) - {record.person}:
        return False
    return set(matching.differing(row, record, items=batch.layout.items)) <= set(row.link_reasons)
