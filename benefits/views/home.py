"""The first page after signing in: what is waiting for this person."""

from dataclasses import dataclass

from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts.http import StaffRequest
from accounts.models import User
from audit import journal
from audit.gate import requires
from benefits import events, protection, reveal_review
from benefits.choices import Status
from benefits.models import Application, Correction
from benefits.papers import waiting as papers_waiting
from benefits.rules import parameters

#: A tile counts no further: what matters is whether something waits.
COUNTED_UP_TO = 100
#: Where somebody's day begins when they have nothing to do with applications.
ELSEWHERE = (
    ("benefits.view_person", "benefits:people"),
    ("audit.view_event", "audit:log"),
    ("accounts.view_user", "accounts:staff"),
    ("accounts.answer_review", "accounts:access-reviews"),
    ("benefits.view_retention", "benefits:retention"),
    ("mynumber.view_keys", "keys"),
)


@dataclass(frozen=True, slots=True)
class Tile:
    """A number at the head of today's work, and the list behind it."""

    label: str
    count: int
    url: str
    is_urgent: bool = False


@require_GET
def home(request: StaffRequest) -> HttpResponse:
    """Show today's work, or lead to the one page that this person's duty is about."""
    user = request.user
    if not user.has_perm("benefits.view_application") and not user.has_perm("benefits.view_own_application"):
        if waiting_for_them := [tile for tile in _oversight(user) if tile.count]:
            journal.record(events.APPLICATION_LISTED, by=user, details={"page": "home"})
            return render(request, "benefits/home.html", {"tiles": waiting_for_them})
        for permission, page in ELSEWHERE:
            if user.has_perm(permission):
                return redirect(page)
        return render(request, "benefits/no_duty.html")
    # each of these reads a small index of what is open, however many applications have been decided
    unfinished = Application.objects.visible_to(user).editable().filter(Q(created_by=user) | Q(edited_by=user))
    waiting = Application.objects.visible_to(user).awaiting_decision()
    can_enter = user.has_perm("benefits.enter_application")
    can_decide = user.has_perm("benefits.decide_application")
    listing = reverse("benefits:applications")
    tiles = [
        Tile(
            _("差戻し（あなた）"),
            unfinished.filter(status=Status.RETURNED).count(),
            f"{listing}?status={Status.RETURNED}",
            is_urgent=True,
        ),
        Tile(
            _("下書き（あなた）"), unfinished.filter(status=Status.DRAFT).count(), f"{listing}?status={Status.DRAFT}"
        ),
    ]
    if user.has_perm("benefits.view_application"):
        waiting_url = reverse("benefits:review-queue") if can_decide else f"{listing}?status={Status.SUBMITTED}"
        tiles.append(Tile(_("確認待ち"), waiting.count(), waiting_url, is_urgent=can_decide))
    tiles += _corrections(user)
    tiles += _oversight(user)
    journal.record(events.APPLICATION_LISTED, by=user, details={"page": "home"})
    return render(
        request,
        "benefits/home.html",
        {
            "tiles": tiles if can_enter else tiles[2:],
            "unfinished": unfinished.order_by("-status", "-edited_at", "-pk")[:10],
            "waiting": waiting[:10] if can_decide else [],
            "can_enter": can_enter,
            "can_decide": can_decide,
            "papers": papers_waiting.of(user, today=timezone.localdate()),
        },
    )


def _corrections(user: User) -> list[Tile]:
    """Return how many corrections of a My Number wait for a step of this person's."""
    listing, seen = reverse("benefits:corrections"), Correction.objects.visible_to(user)
    tiles = []
    if user.has_perm("mynumber.correct_number"):
        count = seen.waiting_for_typist().count()
        tiles.append(Tile(_("番号の訂正（入力待ち）"), count, listing, is_urgent=True))
    if user.has_perm("mynumber.retype_number"):
        count = seen.waiting_for_checker().count()
        tiles.append(Tile(_("番号の訂正（確認待ち）"), count, listing, is_urgent=True))
    return tiles


def _oversight(user: User) -> list[Tile]:
    """Return what waits for this person's eye around My Numbers, each counted up to a hundred."""
    tiles = []
    if user.has_perm(reveal_review.REVIEW):
        count = reveal_review.waiting(by=user, most=COUNTED_UP_TO)
        tiles.append(Tile(_("表示の確認"), count, reverse("benefits:reveal-reviews"), is_urgent=True))
    if user.has_perm(protection.RELEASE):
        count = protection.requests_waiting(user, most=COUNTED_UP_TO)
        tiles.append(Tile(_("番号の解除の依頼"), count, reverse("benefits:releases"), is_urgent=True))
    if user.has_perm(protection.DECIDE):
        count = protection.proposals_waiting(user, most=COUNTED_UP_TO)
        tiles.append(Tile(_("保護の決定待ち"), count, reverse("benefits:protections"), is_urgent=True))
    return tiles


@require_GET
@requires("benefits.view_application", "benefits.view_person")
def figures(request: StaffRequest) -> HttpResponse:
    """Show every figure the rules use, since when it holds, and what it rests on."""
    return render(request, "benefits/figures.html", {"rows": parameters.rows()})
