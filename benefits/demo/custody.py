"""Puts a handful of papers into the demo office: in boxes and cabinets, on their way, lent, overdue and missing.

Every step goes through the functions that the pages use. Whoever owns the tables may date a loan back: an office that
begins today has nothing overdue.
"""

from collections.abc import Mapping
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from benefits.choices import Status
from benefits.models import Application, Box, Paper, Place
from benefits.models.paper import PaperState
from benefits.papers import checklist, destruction, moving, places
from benefits.papers.moving import Destination

#: Site, room, cabinet, lock, whether the room is for staff only.
PLACES = (
    ("本庁舎", "2階 文書庫", "3-12 スチール棚", "鍵3（文書担当が保管）", True),
    ("本庁舎", "2階 難病認定グループ", "施錠キャビネット1", "鍵1（係長が保管）", True),
    ("中央保健所", "1階 健康支援課", "施錠キャビネットA", "鍵A（課長が保管）", True),
    ("本庁舎", "1階 総合窓口", "受付カウンター下", "", False),
)
#: How many applications of each state get their papers put in order.
APPLICATIONS = ((Status.APPROVED, 6), (Status.SUBMITTED, 6), (Status.DRAFT, 2))
#: What is done with the 臨床調査個人票 of those that still wait.
LENT_UNTIL = (-9, 12)


def fill(*, staff: Mapping[Role, User]) -> int:
    """Make places, a box and papers where there are none yet; return how many papers were put in order."""
    if Place.objects.exists():
        return 0
    keeper, maker, checker = staff[Role.RECORDS_KEEPER], staff[Role.MAKER], staff[Role.CHECKER]
    made = [
        places.open_place(by=keeper, site=site, room=room, cabinet=cabinet, lock=lock, is_staff_only=is_staff_only)
        for site, room, cabinet, lock, is_staff_only in PLACES
    ]
    archive, cabinet = made[0], made[1]
    boxes = [places.open_box(archive, by=keeper) for _each in range(2)]
    places.open_box(cabinet, by=keeper)
    count = 0
    for status, wanted in APPLICATIONS:
        for application in Application.objects.filter(status=status).order_by("receipt_number")[:wanted]:
            with transaction.atomic():
                checklist.grow(application, application.entry, by=maker, on=timezone.localdate(application.created_at))
            if status != Status.DRAFT:
                count += _receive(application, boxes[0] if status == Status.APPROVED else cabinet, by=maker)
    _move_about(cabinet, boxes[1], maker=maker, checker=checker)
    ready = _held(Status.APPROVED)[:2]
    if ready:
        destruction.propose(ready, by=keeper, basis="保存期間の満了（文書管理規程による。デモ）")
    return count


def _receive(application: Application, at: Place | Box, *, by: User) -> int:
    papers = list(application.papers.select_related("application"))
    to = Destination(box=at) if isinstance(at, Box) else Destination(place=at)
    moving.receive_all(papers, by=by, to=to, on=timezone.localdate(application.created_at))
    return len(papers)


def _move_about(cabinet: Place, box: Box, *, maker: User, checker: User) -> None:
    """Lend two papers (one of them overdue), lose sight of one, and hand two over, one to each of the two."""
    papers = _held(Status.SUBMITTED)
    today = timezone.localdate()
    clinical = [paper for paper in papers if paper.kind == "CLINICAL"]
    others = [paper for paper in papers if paper.kind not in ("CLINICAL", "APPLICATION")]
    for paper, days in zip(clinical, LENT_UNTIL, strict=False):
        moving.lend(
            paper.pk,
            by=maker,
            seen=paper.movement_count,
            borrower="見本大学病院 審査会委員 見本 一郎",
            due_on=today + timedelta(days=days),
        )
    for paper in clinical[2:3]:
        moving.miss(paper.pk, by=maker, seen=paper.movement_count, reason="キャビネットに見当たらない（デモ）")
    for paper, (giver, receiver) in zip(others, ((maker, checker), (checker, maker)), strict=False):
        moving.hand_over(paper.pk, by=giver, seen=paper.movement_count, to=Destination(box=box), receiver=receiver)


def _held(status: Status) -> list[Paper]:
    return list(
        Paper.objects.filter(state=PaperState.HELD, application__status=status)
        .select_related("application", "place", "box__place")
        .order_by("code")
    )
