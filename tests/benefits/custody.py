"""Places, boxes and papers where tests of the custody register need them."""

from typing import Any

from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from benefits.models import Application, Box, Paper, Place
from benefits.papers import moving, places
from benefits.papers.moving import Destination
from benefits.registers import paper_kinds
from tests.factories import staff_member, submitted

WITHOUT_NUMBER = {"number_given": "NOT_GIVEN", "number_absence_reason": "LEFT_BLANK"}


class Store:
    """A locked cabinet in a staff-only room with a box in it, an open counter, and two keepers of both."""

    def __init__(self) -> None:
        self.keeper = staff_member(Role.RECORDS_KEEPER)
        self.other_keeper = staff_member(Role.RECORDS_KEEPER)
        self.cabinet = self.place("文書庫", "3-12")
        self.counter = self.place("窓口", "棚1", is_staff_only=False)
        self.box = places.open_box(self.cabinet, by=self.keeper)

    def place(self, room: str, cabinet: str, *, is_staff_only: bool = True) -> Place:
        return places.open_place(
            by=self.keeper, site="本庁舎", room=room, cabinet=cabinet, lock="鍵3", is_staff_only=is_staff_only
        )


def paper_of(application: Application, kind: str = "CLINICAL") -> Paper:
    """Return the paper of this kind on an application's list."""
    return Paper.objects.get(application=application, kind=kind)


def held(by: User, at: Place | Box, *, kind: str = "CLINICAL", **changes: Any) -> Paper:
    """Return a paper of a new application, received and put where it is kept."""
    application = submitted(by, documents=["APPLICATION", "CLINICAL"], **{**WITHOUT_NUMBER, **changes})
    return received(paper_of(application, kind), at, by=by)


def received(paper: Paper, at: Place | Box, *, by: User) -> Paper:
    """Take a paper in."""
    return moving.receive(
        paper.pk, by=by, seen=0, to=to(at), on=timezone.localdate(), sheets=2, is_original=paper.is_original
    )


def to(at: Place | Box) -> Destination:
    """Return the way to a place or into a box."""
    return Destination(box=at) if isinstance(at, Box) else Destination(place=at)


NUMBER_EVIDENCE = paper_kinds.NUMBER
