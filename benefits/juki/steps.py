"""How a file goes from one state to the next: with its entry in the record, in one transaction, or not at all."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _

from accounts.models import User
from audit import journal
from audit.models import Result
from benefits import events
from benefits.models.juki import BatchState, JukiBatch
from mynumber import staging


class Refused(Exception):
    """A step was not taken. ``message`` says why and what to do, and is fit to show."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code)
        self.code = code
        self.message = message


@contextmanager
def step(batch_id: UUID, *, by: User) -> Iterator[JukiBatch]:
    """Hold the file for one step of a person's; a refusal is recorded once the transaction is undone."""
    try:
        with transaction.atomic():
            yield lock(batch_id)
    except Refused as refusal:
        journal.record(
            events.IMPORT_REFUSED,
            by=by,
            subject=journal.Subject(kind="benefits.jukibatch", id=str(batch_id)),
            result=Result.REFUSED,
            details={"code": refusal.code},
        )
        raise


def lock(batch_id: UUID) -> JukiBatch:
    """Return the file, held for this transaction."""
    return JukiBatch.objects.select_for_update(of=("self",)).select_related("layout", "uploaded_by").get(pk=batch_id)


def require(batch: JukiBatch, *states: BatchState) -> None:
    """Refuse a step that the file's state does not allow (any more)."""
    if batch.state not in states:
        message = _("この取込みは「%(state)s」なので、この操作はできません。画面を更新してください。")
        raise Refused("state", message % {"state": BatchState(batch.state).label})


def move(
    batch: JukiBatch,
    state: BatchState,
    *,
    by: journal.Actor | None,
    action: str = events.IMPORT_ADVANCED,
    reason: str = "",
    details: dict[str, object] | None = None,
    **changes: Any,
) -> None:
    """Bring the file into ``state`` and record it, inside the caller's transaction."""
    batch.state = state
    for name, value in changes.items():
        setattr(batch, name, value)
    batch.save(update_fields=["state", *changes])
    journal.record(
        action,
        by=by,
        subject=batch,
        reason=reason,
        details={"status": BatchState(state).value, **(details or {})},
    )


def wipe(batch: JukiBatch, *, by: journal.Actor | None) -> None:
    """Erase the file, its numbers and its lines, all of it in one transaction. Twice changes nothing."""
    with transaction.atomic():
        if lock(batch.pk).wiped_at is not None:
            return
        staging.wipe(batch.pk, by=by)
        with connection.cursor() as cursor:
            cursor.execute("SELECT benefits_juki_wipe(%s)", [batch.pk])
            gone = cursor.fetchone()[0]
        journal.record(events.IMPORT_WIPED, by=by, subject=batch, details={"count": gone})
