"""The only code that moves a paper or a box: it writes the movement, and the database moves what the movement names.

Each step has its entry in the record in the same transaction. Whoever comes second, of two people who move the same
paper at once, finds another number of movements than they saw, and is told.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.models import User
from audit import journal
from benefits import events
from benefits.models import Application, Box, Movement, Paper, Place
from benefits.models.paper import MovementKind
from benefits.models.reach import covers
from benefits.papers import codes, duties
from benefits.papers.steps import STALE, Refused, step
from benefits.registers import paper_kinds

PAPER_EVENTS = {
    MovementKind.RECEIVED: events.PAPER_RECEIVED,
    MovementKind.NOT_NEEDED: events.PAPER_NOT_NEEDED,
    MovementKind.MOVED: events.PAPER_MOVED,
    MovementKind.CONFIRMED: events.PAPER_CONFIRMED,
    MovementKind.TAKEN_BACK: events.PAPER_TAKEN_BACK,
    MovementKind.LENT: events.PAPER_LENT,
    MovementKind.RETURNED: events.PAPER_RETURNED,
    MovementKind.COPIED: events.PAPER_COPIED,
    MovementKind.MISSING: events.PAPER_MISSING,
    MovementKind.FOUND: events.PAPER_FOUND,
    MovementKind.DESTROYED: events.PAPER_DESTROYED,
    MovementKind.WRITTEN_OFF: events.PAPER_WRITTEN_OFF,
}
BOX_EVENTS = {
    MovementKind.MOVED: events.BOX_MOVED,
    MovementKind.CONFIRMED: events.BOX_CONFIRMED,
    MovementKind.TAKEN_BACK: events.BOX_TAKEN_BACK,
}


@dataclass(frozen=True, slots=True)
class Destination:
    """Where something goes: into a box, or to a place itself."""

    place: Place | None = None
    box: Box | None = None

    def columns(self) -> dict[str, Any]:
        """Return what a movement says of it."""
        return {"to_place": None if self.box else self.place, "to_box": self.box}


def receive(
    paper_id: UUID, *, by: User, seen: int, to: Destination, on: date, sheets: int, is_original: bool
) -> Paper:
    """Take a paper in: from now on it is somewhere."""
    return _move(
        MovementKind.RECEIVED,
        paper_id,
        by=by,
        seen=seen,
        received_on=on,
        sheets=sheets,
        is_original=is_original,
        **to.columns(),
    )


def receive_all(papers: Sequence[Paper], *, by: User, to: Destination, on: date) -> list[Paper]:
    """Take several papers of one application in together, all or none."""
    with step("receive_all", by=by, subject=papers[0].application if papers else None):
        if not papers:
            raise Refused("nothing", _("受領する書類を選んでください。"))
        for paper in papers:
            _refuse_unless(MovementKind.RECEIVED, paper, by=by, seen=paper.movement_count)
        return [
            _write(
                MovementKind.RECEIVED,
                paper,
                by=by,
                received_on=on,
                sheets=paper.sheets,
                is_original=paper.is_original,
                **to.columns(),
            )
            for paper in papers
        ]


def leave_out(paper_id: UUID, *, by: User, seen: int, reason: str) -> Paper:
    """Say that a paper on the list will not come and need not."""
    return _move(MovementKind.NOT_NEEDED, paper_id, by=by, seen=seen, reason=reason)


def hand_over(paper_id: UUID, *, by: User, seen: int, to: Destination, receiver: User) -> Paper:
    """Give a paper to a colleague who takes it to its new place. It has not moved until they confirm."""
    return _move(MovementKind.MOVED, paper_id, by=by, seen=seen, giver=by, receiver=receiver, **to.columns())


def confirm(paper_id: UUID, *, by: User, seen: int) -> Paper:
    """Confirm, as the receiver, that a paper has come."""
    return _move(MovementKind.CONFIRMED, paper_id, by=by, seen=seen)


def take_back(paper_id: UUID, *, by: User, seen: int) -> Paper:
    """End a hand-over that did not take place: the paper is where it was."""
    return _move(MovementKind.TAKEN_BACK, paper_id, by=by, seen=seen)


def lend(paper_id: UUID, *, by: User, seen: int, borrower: str, due_on: date) -> Paper:
    """Lend a paper to a reviewing doctor (審査会委員) until a day."""
    return _move(MovementKind.LENT, paper_id, by=by, seen=seen, borrower=borrower, due_on=due_on)


def take_in_again(paper_id: UUID, *, by: User, seen: int, to: Destination) -> Paper:
    """Take back what was lent."""
    return _move(MovementKind.RETURNED, paper_id, by=by, seen=seen, **to.columns())


def copy(paper_id: UUID, *, by: User, seen: int, to: Destination, on: date, sheets: int) -> Paper:
    """Make a copy: a paper of its own, with a label of its own. Return the copy."""
    original = _paper(paper_id)
    with step("copied", by=by, subject=original):
        _refuse_unless(MovementKind.COPIED, original, by=by, seen=seen)
        made = Paper(
            code=codes.draw(codes.PAPER, 1)[0],
            application=original.application,
            kind=original.kind,
            holds_number=original.holds_number,
            is_original=False,
            sheets=sheets,
            copied_from=original,
            listed_by=by,
        )
        made.save(force_insert=True)
        _record(events.PAPER_LISTED, made, by=by)
        _write(MovementKind.COPIED, original, by=by, copy=made)
        return _write(
            MovementKind.RECEIVED,
            made,
            by=by,
            received_on=on,
            sheets=sheets,
            is_original=False,
            **to.columns(),
        )


def miss(paper_id: UUID, *, by: User, seen: int, reason: str) -> Paper:
    """Say that a paper is not where it should be (所在不明)."""
    return _move(MovementKind.MISSING, paper_id, by=by, seen=seen, reason=reason)


def find(paper_id: UUID, *, by: User, seen: int, to: Destination, reason: str) -> Paper:
    """Say that a missing paper is there again, and where it is kept from now on."""
    return _move(MovementKind.FOUND, paper_id, by=by, seen=seen, reason=reason, **to.columns())


def enlist(
    application: Application,
    *,
    by: User,
    kind: str,
    is_original: bool,
    sheets: int,
    holds_number: bool,
    is_required: bool,
) -> Paper:
    """Put a paper on an application's list by hand; a required one has been asked for, and is waited for."""
    with step("listed", by=by, subject=application):
        if not covers(by, duties.MOVE, office=application.office, programme=application.programme):
            raise Refused("not_permitted", _("この申請の書類を登録する権限がありません。"))
        known = paper_kinds.find(kind)
        if known is None:
            raise Refused("unknown_kind", _("書類の種類を選び直してください。"))
        paper = Paper(
            code=codes.draw(codes.PAPER, 1)[0],
            application=application,
            kind=kind,
            is_original=is_original,
            sheets=sheets,
            holds_number=holds_number or known.holds_number,
            is_required=is_required,
            listed_by=by,
        )
        paper.save(force_insert=True)
        _record(events.PAPER_LISTED, paper, by=by)
    return paper


# ── whole boxes ──────────────────────────────────────────────────────────────────────────────────────────────────────


def hand_over_box(box_id: UUID, *, by: User, seen: int, to: Place, receiver: User) -> Box:
    """Give a whole box to a colleague who takes it to another place."""
    return _move_box(MovementKind.MOVED, box_id, by=by, seen=seen, giver=by, receiver=receiver, to_place=to)


def confirm_box(box_id: UUID, *, by: User, seen: int) -> Box:
    """Confirm, as the receiver, that a box has come, with all that is in it."""
    return _move_box(MovementKind.CONFIRMED, box_id, by=by, seen=seen)


def take_back_box(box_id: UUID, *, by: User, seen: int) -> Box:
    """End a hand-over of a box that did not take place."""
    return _move_box(MovementKind.TAKEN_BACK, box_id, by=by, seen=seen)


# ── how a movement is written ────────────────────────────────────────────────────────────────────────────────────────


def write_down(kind: MovementKind, paper: Paper, *, by: User, **columns: Any) -> Paper:
    """Write a movement inside a step that somebody else has begun (a destruction); the database looks at it."""
    return _write(kind, paper, by=by, **columns)


def _move(kind: MovementKind, paper_id: UUID, *, by: User, seen: int, reason: str = "", **columns: Any) -> Paper:
    paper = _paper(paper_id)
    with step(kind.value.lower(), by=by, subject=paper):
        _refuse_unless(kind, paper, by=by, seen=seen)
        receiver = columns.get("receiver")
        if isinstance(receiver, User):
            _refuse_receiver(receiver, paper.application, giver=by)
        return _write(kind, paper, by=by, reason=reason, **columns)


def _write(kind: MovementKind, paper: Paper, *, by: User, reason: str = "", **columns: Any) -> Paper:
    movement = Movement(paper=paper, number=paper.movement_count + 1, kind=kind, by=by, **columns)
    movement.save(force_insert=True)
    _record(PAPER_EVENTS[kind], paper, by=by, reason=reason)
    return _paper(paper.pk)


def _move_box(kind: MovementKind, box_id: UUID, *, by: User, seen: int, **columns: Any) -> Box:
    box = Box.objects.select_related("place").get(pk=box_id)
    with step(f"box_{kind.value.lower()}", by=by, subject=box):
        if box.movement_count != seen:
            raise Refused("stale", str(STALE))
        if refusal := duties.why_not_box(kind, box, by=by):
            raise Refused(refusal.code, refusal.message)
        receiver = columns.get("receiver")
        if isinstance(receiver, User):
            _refuse_receiver(receiver, None, giver=by)
            if refusal := duties.why_not_all(Paper.objects.filter(box=box), by=receiver):
                raise Refused("receiver_out_of_reach", _("受け取る人の役割の範囲の外の書類が、箱に入っています。"))
        movement = Movement(box=box, number=box.movement_count + 1, kind=kind, by=by, **columns)
        movement.save(force_insert=True)
        journal.record(BOX_EVENTS[kind], by=by, subject=box, details={"count": Paper.objects.filter(box=box).count()})
    return Box.objects.select_related("place").get(pk=box_id)


def _refuse_unless(kind: MovementKind, paper: Paper, *, by: User, seen: int) -> None:
    if paper.movement_count != seen:
        raise Refused("stale", str(STALE))
    if refusal := duties.why_not(kind, paper, by=by):
        raise Refused(refusal.code, refusal.message)


def _refuse_receiver(receiver: User, application: Application | None, *, giver: User) -> None:
    if receiver.pk == giver.pk:
        raise Refused("own_hand_over", _("自分への引渡しはできません。受け取る人を選んでください。"))
    if not duties.may_receive(receiver, application):
        raise Refused("receiver_may_not", _("受け取る人に、この書類を扱う役割がありません。"))


def _record(action: str, paper: Paper, *, by: User, reason: str = "") -> None:
    journal.record(
        action,
        by=by,
        subject=paper,
        person_id=paper.application.person_id,
        reason=reason,
        details={"kind": paper.kind},
    )


def _paper(paper_id: UUID) -> Paper:
    return Paper.objects.select_related("application", "place", "box__place").get(pk=paper_id)
