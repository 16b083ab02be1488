"""Whether somebody may take a step with a paper or a box, and if not, why not: for the button and for the step."""

from collections.abc import Mapping
from types import MappingProxyType

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.roles import HANDBOOK, Role
from benefits.models import Application, Box, Movement, Paper
from benefits.models.paper import MovementKind, PaperState
from benefits.models.place import BoxState
from benefits.models.reach import covers, is_unlimited
from benefits.papers.steps import NOT_LENT
from benefits.policies import Refusal

VIEW, MOVE, KEEP, DESTROY = (
    "benefits.view_paper",
    "benefits.move_paper",
    "benefits.keep_places",
    "benefits.destroy_paper",
)

#: From which states a movement starts. The database has the same table (``benefits_movement_moves``).
STARTS: Mapping[MovementKind, frozenset[PaperState]] = MappingProxyType(
    {
        MovementKind.RECEIVED: frozenset({PaperState.EXPECTED, PaperState.NOT_NEEDED}),
        MovementKind.NOT_NEEDED: frozenset({PaperState.EXPECTED}),
        MovementKind.MOVED: frozenset({PaperState.HELD}),
        MovementKind.CONFIRMED: frozenset({PaperState.HANDED_OVER}),
        MovementKind.TAKEN_BACK: frozenset({PaperState.HANDED_OVER}),
        MovementKind.LENT: frozenset({PaperState.HELD}),
        MovementKind.RETURNED: frozenset({PaperState.LENT}),
        MovementKind.COPIED: frozenset({PaperState.HELD}),
        MovementKind.MISSING: frozenset({PaperState.HELD, PaperState.HANDED_OVER, PaperState.LENT}),
        MovementKind.FOUND: frozenset({PaperState.MISSING, PaperState.LOST}),
        MovementKind.DESTROYED: frozenset({PaperState.HELD}),
        MovementKind.WRITTEN_OFF: frozenset({PaperState.MISSING}),
    }
)

#: What ends a hand-over: the acts of the two people it is between.
ENDS = (MovementKind.CONFIRMED, MovementKind.TAKEN_BACK)


def why_not(kind: MovementKind, paper: Paper, *, by: User) -> Refusal | None:
    """Return the reason ``by`` may not move ``paper`` in this way now, or None when they may."""
    permission = DESTROY if kind in (MovementKind.DESTROYED, MovementKind.WRITTEN_OFF) else MOVE
    if kind in ENDS:
        permission = VIEW
    application = paper.application
    if not by.has_perm(permission):
        return Refusal("not_permitted", _("この操作を行う権限がありません。"))
    if not covers(by, permission, office=application.office, programme=application.programme):
        return Refusal("out_of_reach", _("この書類の受付保健所・制度は、あなたの役割の範囲の外です。"))
    if paper.state not in STARTS[kind]:
        return Refusal(
            "wrong_state", _("現在の状態（%s）では、この操作はできません。") % PaperState(paper.state).label
        )
    if kind in ENDS:
        return _why_not_end(kind, last_of(paper), by=by)
    if kind is MovementKind.LENT and paper.holds_number:
        return Refusal("number_evidence_is_not_lent", str(NOT_LENT))
    if kind in (MovementKind.MOVED, MovementKind.LENT) and paper.box and paper.box.state == BoxState.HANDED_OVER:
        return Refusal("box_is_on_its_way", _("箱が引渡しの途中です。受領が確認されてから行ってください。"))
    return None


def why_not_box(kind: MovementKind, box: Box, *, by: User) -> Refusal | None:
    """Return the reason ``by`` may not move the whole box in this way now, or None when they may."""
    if not (by.has_perm(MOVE) or by.has_perm(KEEP)):
        return Refusal("not_permitted", _("この操作を行う権限がありません。"))
    if box.is_closed:
        return Refusal("box_is_closed", _("この箱は使い終わっています。"))
    start = BoxState.HANDED_OVER if kind in ENDS else BoxState.HELD
    if box.state != start:
        return Refusal("wrong_state", _("現在の状態（%s）では、この操作はできません。") % BoxState(box.state).label)
    if kind in ENDS:
        return _why_not_end(kind, last_of(box), by=by)
    return why_not_all(Paper.objects.filter(box=box), by=by)


def why_not_all(papers: object, *, by: User) -> Refusal | None:
    """Return the reason ``by`` may not handle all of ``papers`` (a queryset) together, or None when they may.

    A box or a place is handled as a whole, so a single paper beyond somebody's reach keeps them from it.
    """
    if is_unlimited(by, VIEW):
        return None
    beyond = papers.exclude(pk__in=papers.within_reach(by, VIEW).values("pk"))  # type: ignore[attr-defined]  # a PaperQuerySet
    if beyond.exists():
        return Refusal("out_of_reach", _("あなたの役割の範囲の外の書類が入っているため、全体としては扱えません。"))
    return None


def _why_not_end(kind: MovementKind, last: Movement | None, *, by: User) -> Refusal | None:
    if last is None:
        return Refusal("wrong_state", _("引渡しの途中ではありません。"))
    if kind is MovementKind.CONFIRMED and by.pk != last.receiver_id:
        return Refusal("not_the_receiver", _("受領を確認できるのは、受け取る人だけです。"))
    if kind is MovementKind.TAKEN_BACK and by.pk not in (last.giver_id, last.receiver_id):
        return Refusal("not_its_people", _("引渡しを取りやめられるのは、渡した人と受け取る人だけです。"))
    return None


def last_of(moved: Paper | Box) -> Movement | None:
    """Return the last movement of a paper or a box."""
    return moved.movements.filter(number=moved.movement_count).first()


def may_receive(somebody: User, application: Application | None) -> bool:
    """Say whether a hand-over may go to ``somebody``: they look after papers, of this application's office too."""
    today = timezone.localdate()
    return somebody.may_sign_in and any(
        given.is_current(on=today)
        and VIEW in HANDBOOK[Role(given.role)].permissions
        and (
            application is None
            or (given.office in ("", application.office) and given.programme in ("", application.programme))
        )
        for given in somebody.role_assignments.all()
    )


def receivers(application: Application | None, *, giver: User) -> list[User]:
    """Return everybody to whom ``giver`` may hand a paper of ``application`` (None: a box)."""
    roles = [role for role, duty in HANDBOOK.items() if VIEW in duty.permissions]
    people = (
        User.objects.filter(is_active=True, role_assignments__role__in=roles)
        .exclude(pk=giver.pk)
        .distinct()
        .prefetch_related("role_assignments")
        .order_by("section", "login_id")
    )
    return [somebody for somebody in people if may_receive(somebody, application)]
