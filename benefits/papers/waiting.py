"""What of the register waits for somebody: for the head of today's work and of the list of papers."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Q

from accounts.models import User
from benefits.models import Box, Paper
from benefits.models.paper import OUT, PaperState
from benefits.models.place import BoxState
from benefits.papers import duties

#: How many overdue loans are shown, and how much is looked at; the list of papers has the rest.
SHOWN, MOST = 5, 100


@dataclass(frozen=True, slots=True)
class Waiting:
    """Papers and boxes on their way to somebody, loans that are overdue, and papers that are missing."""

    to_confirm: list[Paper]
    boxes_to_confirm: list[Box]
    boxes_with_others: list[Box]
    unconfirmed: int
    overdue: list[Paper]
    overdue_count: int
    missing: int

    @property
    def own_count(self) -> int:
        """How many things this person has to confirm."""
        return len(self.to_confirm) + len(self.boxes_to_confirm)

    @property
    def is_anything(self) -> bool:
        return bool(self.own_count or self.unconfirmed or self.overdue_count or self.missing)


def of(user: User, *, today: date) -> Waiting | None:
    """Return what waits, of what this person may see, or None for somebody who has nothing to do with papers.

    Each of the three questions reads what is open, however many papers there are.
    """
    if not user.has_perm(duties.VIEW):
        return None
    papers = Paper.objects.visible_to(user)
    is_own, is_overdue = Q(state=PaperState.HANDED_OVER, receiver=user), Q(state=PaperState.LENT, due_on__lt=today)
    counts = papers.filter(state__in=OUT).aggregate(
        unconfirmed=Count("pk", filter=Q(state=PaperState.HANDED_OVER)),
        overdue=Count("pk", filter=is_overdue),
        missing=Count("pk", filter=Q(state=PaperState.MISSING)),
    )
    shown = list(
        papers.filter(is_own | is_overdue).select_related("application").order_by("state", "due_on", "pk")[:MOST]
    )
    # boxes are few, and nothing personal is on one
    boxes = list(Box.objects.filter(state=BoxState.HANDED_OVER).select_related("receiver").order_by("moved_at", "pk"))
    own = [box for box in boxes if box.receiver_id == user.pk]
    return Waiting(
        to_confirm=[paper for paper in shown if paper.state == PaperState.HANDED_OVER],
        boxes_to_confirm=own,
        boxes_with_others=[box for box in boxes if box not in own],
        unconfirmed=counts["unconfirmed"] + len(boxes),
        overdue=[paper for paper in shown if paper.state == PaperState.LENT][:SHOWN],
        overdue_count=counts["overdue"],
        missing=counts["missing"],
    )
