"""The first page after signing in: what is waiting for this person."""

from dataclasses import dataclass

from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts.http import StaffRequest
from audit import journal
from audit.gate import requires
from benefits import events
from benefits.choices import Status
from benefits.models import Application
from benefits.rules import parameters

#: Where somebody's day begins when they have nothing to do with applications.
ELSEWHERE = (
    ("benefits.view_person", "benefits:people"),
    ("audit.view_event", "audit:log"),
    ("accounts.view_user", "accounts:staff"),
    ("accounts.answer_review", "accounts:access-reviews"),
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
        },
    )


@require_GET
@requires("benefits.view_application", "benefits.view_person")
def figures(request: StaffRequest) -> HttpResponse:
    """Show every figure the rules use, since when it holds, and what it rests on."""
    return render(request, "benefits/figures.html", {"rows": parameters.rows()})
