"""An applied file taken back, by two people, as long as nothing was built on it."""

from collections.abc import Iterator
from itertools import islice
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from audit import journal
from benefits import events
from benefits.juki import matching, steps
from benefits.juki.steps import Refused, move, require, step
from benefits.models import Person
from benefits.models.juki import BatchState, JukiBatch
from mynumber import staging

#: How many numbers one piece of work takes back.
PEOPLE = 100
_LOOKED_AT = 1_000
REASON_LENGTH = 200


def propose(batch_id: UUID, *, by: User, reason: str) -> None:
    """Ask for an applied file to be taken back. Refused, with how many, when something was built on it."""
    with step(batch_id, by=by) as batch:
        require(batch, BatchState.APPLIED)
        if not reason.strip():
            raise Refused("no_reason", _("取り消す理由を入力してください。"))
        if batch.undo_proposed_by_id is not None:
            raise Refused("proposed", _("取消しは申請済みです。ほかの人の承認を待っています。"))
        _refuse_if_built_on(batch)
        batch.undo_proposed_by, batch.undo_proposed_at = by, timezone.now()
        batch.save(update_fields=["undo_proposed_by", "undo_proposed_at"])
        journal.record(
            events.IMPORT_UNDO_PROPOSED,
            by=by,
            subject=batch,
            reason=reason[:REASON_LENGTH],
            details={"count": batch.applied},
        )


def approve(batch_id: UUID, *, by: User) -> None:
    """Let the worker take the numbers back; by somebody else than who asked for it."""
    with step(batch_id, by=by) as batch:
        require(batch, BatchState.APPLIED)
        if batch.undo_proposed_by_id is None:
            raise Refused("not_proposed", _("取消しは申請されていません。"))
        if batch.undo_proposed_by_id == by.pk:
            raise Refused("own", _("自分が申請した取消しは承認できません。"))
        if JukiBatch.objects.going_on().exclude(pk=batch.pk).exists():
            raise Refused("busy", _("ほかのファイルの取込みが終わってから取り消してください。"))
        _refuse_if_built_on(batch)
        move(
            batch,
            BatchState.UNDOING,
            by=by,
            action=events.IMPORT_UNDO_APPROVED,
            details={"count": batch.applied},
            undone_by=by,
            undone_at=timezone.now(),
        )


def do_a_piece(batch: JukiBatch) -> None:
    """Take the next numbers back and commit it. What was built on meanwhile stays, and is passed over.

    It is over once nothing is left that can be taken back: what stays must keep neither the others nor the next file.
    """
    with transaction.atomic():
        held = steps.lock(batch.pk)
        if held.state != BatchState.UNDOING:
            return
        by = held.undone_by
        assert by is not None  # noqa: S101  (undone by decision)
        stays = {person for person, _code in staging.blockers(held.pk)}
        people = (person for person in _standing(held) if person not in stays)
        # most often the first piece is it: all of it would have to have been shown to somebody this very moment
        while piece := list(islice(people, PEOPLE)):
            if undone := _undo(held, piece, by=by):
                held.undone += undone
                held.save(update_fields=["undone"])
                return
        move(held, BatchState.UNDONE, by=by, details={"count": held.undone})


def _standing(batch: JukiBatch) -> Iterator[UUID]:
    """Yield everybody whose number came by this file and stands."""
    after: UUID | None = None
    while people := staging.imported_people(batch.pk, most=_LOOKED_AT, after=after):
        yield from people
        after = people[-1]


def _undo(batch: JukiBatch, people: list[UUID], *, by: User) -> int:
    """Take these people's numbers back, and return how many it was."""
    labels = dict(Person.objects.filter(pk__in=people).values_list("pk", "recipient_number"))
    outcomes = [staging.undo(batch.pk, person, by=by, label=labels.get(person) or "") for person in people]
    return outcomes.count("UNDONE")


def built_on(batch: JukiBatch) -> list[tuple[str, str]]:
    """Return (recipient number, code of what was built on it) of each number that cannot be taken back."""
    blockers = dict(staging.blockers(batch.pk))
    labels = matching.labels_of(list(blockers))
    return [(labels.get(person, ""), code) for person, code in blockers.items()]


def _refuse_if_built_on(batch: JukiBatch) -> None:
    if count := len(staging.blockers(batch.pk)):
        message = _(
            "取込みの後に使われた番号が%(count)s件あるため、取り消せません。番号ごとに訂正を申請してください。"
        )
        raise Refused("built_on", message % {"count": count})
