"""The worker looks each candidate's number up among those that are held, without anybody seeing it.

The look-up key is slow on purpose (``mynumber.crypto.index``), so it is computed for lines with a candidate only, in a
phase of its own. A free number goes on, and so does the one that the person has already. The other two go
back to a person, with words and a way on of their own.
"""

from django.db import transaction
from django.db.models import QuerySet

from benefits.juki import steps
from benefits.models.juki import BatchState, JukiBatch, JukiRow, RowCode, RowState
from mynumber import staging
from mynumber.staging import Verdict

#: How many numbers one piece of work takes: some seconds.
LINES = 60

_SENT_BACK = {Verdict.OTHER: RowCode.OTHER, Verdict.TAKEN: RowCode.TAKEN}


def do_a_piece(batch: JukiBatch) -> None:
    """Check the next numbers and commit what was found."""
    waiting = list(_waiting(batch).order_by("line").values_list("line", flat=True)[:LINES])
    indexes = staging.index(batch.pk, waiting, by=batch.uploaded_by) if waiting else {}
    with transaction.atomic():
        held = steps.lock(batch.pk)
        if held.state not in {BatchState.CHECKING, BatchState.REVIEW}:
            return  # cancelled meanwhile
        for row in _waiting(held).filter(line__in=list(indexes)).order_by("line"):
            assert row.person_id is not None  # noqa: S101  (linked)
            verdict = staging.judge(held.pk, row.line, row.person_id, indexes[row.line])
            row.verdict = verdict
            if code := _SENT_BACK.get(verdict):
                row.state, row.code = RowState.QUEUED, code
            row.save(update_fields=["verdict", "state", "code"])
        if held.state == BatchState.CHECKING and not _waiting(held).exists():
            steps.move(held, BatchState.REVIEW, by=None, details={"count": held.linked})


def is_needed(batch: JukiBatch) -> bool:
    """Say whether a line waits for its number to be checked."""
    return _waiting(batch).exists()


def _waiting(batch: JukiBatch) -> QuerySet[JukiRow]:
    return JukiRow.objects.filter(batch=batch, state=RowState.LINKED, verdict="")
