"""Pages of the places and boxes that papers are kept in."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.http import StaffRequest
from audit import journal
from audit.gate import requires
from benefits import events
from benefits.forms_papers import BoxHandOverForm, PlaceForm
from benefits.models import Box, Paper, Place
from benefits.models.paper import MovementKind, PaperState
from benefits.models.place import BoxState
from benefits.papers import duties, label_sheet, moving, places, stocktake
from benefits.papers.steps import Refused
from benefits.views.papers import history_of, lines_of, seen_in

#: How many papers of a place or a box are on its own page; the list of papers has the rest.
PAPERS_SHOWN = 50
HERE = (PaperState.HELD, PaperState.HANDED_OVER)


@require_GET
@requires(duties.VIEW)
def index(request: StaffRequest) -> HttpResponse:
    """List the places there are, the closed ones apart."""
    return render(
        request,
        "benefits/papers/places.html",
        {
            "places": Place.objects.open(),
            "closed": Place.objects.filter(closed_at__isnull=False).order_by("-closed_at", "pk")[:PAPERS_SHOWN],
            "can_keep": request.user.has_perm(duties.KEEP),
        },
    )


@require_http_methods(["GET", "POST"])
@requires(duties.KEEP)
def new(request: StaffRequest) -> HttpResponse:
    """Put a new place on the register."""
    form = PlaceForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        try:
            place = places.open_place(
                by=request.user,
                site=typed["site"],
                room=typed["room"],
                cabinet=typed["cabinet"],
                lock=typed["lock"],
                is_staff_only=typed["is_staff_only"] == "YES",
            )
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("保管場所を登録しました。ラベル番号は %s です。") % place.code)
            return redirect(place)
    return render(
        request,
        "benefits/papers/act.html",
        {
            "form": form,
            "heading_text": _("保管場所を登録する"),
            "button": _("登録する"),
            "hint": _("登録した内容は後から変えられません。変わったときは新しく登録し、古い方を閉鎖します。"),
            "back": "../",
        },
    )


@require_GET
@requires(duties.VIEW)
def place(request: StaffRequest, place_id: UUID) -> HttpResponse:
    """Show a place: the boxes that stand there, and what lies there loose."""
    found = get_object_or_404(Place, pk=place_id)
    papers = Paper.objects.visible_to(request.user).filter(place=found, state__in=HERE)
    rows = list(papers.select_related("application", "place", "box__place").order_by("-code")[: PAPERS_SHOWN + 1])
    journal.record(events.PAPERS_SEARCHED, by=request.user, subject=found, details={"count": len(rows)})
    return render(
        request,
        "benefits/papers/place.html",
        {
            "place": found,
            "boxes": found.boxes.filter(closed_at__isnull=True).order_by("code"),
            "lines": lines_of(rows[:PAPERS_SHOWN], reader=request.user),
            "has_more": len(rows) > PAPERS_SHOWN,
            "can_keep": request.user.has_perm(duties.KEEP) and found.closed_at is None,
            "why_not_count": stocktake.why_not(found, by=request.user),
            "open_count": found.stocktakes.filter(outcome="").first(),
            "sheets": label_sheet.SHEETS,
        },
    )


@require_POST
@requires(duties.KEEP)
def close(request: StaffRequest, place_id: UUID) -> HttpResponse:
    """Close a place that is empty."""
    found = get_object_or_404(Place, pk=place_id)
    try:
        places.close_place(found.pk, by=request.user)
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("保管場所を閉鎖しました。"))
    return redirect(found)


@require_POST
@requires(duties.KEEP)
def new_box(request: StaffRequest, place_id: UUID) -> HttpResponse:
    """Put a new, empty box on the register."""
    found = get_object_or_404(Place, pk=place_id)
    try:
        made = places.open_box(found, by=request.user)
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect(found)
    messages.success(request, _("箱を登録しました。ラベル番号は %s です。") % made.code)
    return redirect(made)


@require_GET
@requires(duties.VIEW)
def box(request: StaffRequest, box_id: UUID) -> HttpResponse:
    """Show a box: where it stands, what is in it, and where it has been."""
    user = request.user
    found = get_object_or_404(Box.objects.select_related("place", "receiver"), pk=box_id)
    papers = Paper.objects.visible_to(user).filter(box=found, state__in=HERE)
    rows = list(papers.select_related("application", "place", "box__place").order_by("-code")[: PAPERS_SHOWN + 1])
    journal.record(events.PAPERS_SEARCHED, by=user, subject=found, details={"count": len(rows)})
    return render(
        request,
        "benefits/papers/box.html",
        {
            "box": found,
            "lines": lines_of(rows[:PAPERS_SHOWN], reader=user),
            "has_more": len(rows) > PAPERS_SHOWN,
            "is_on_its_way": found.state == BoxState.HANDED_OVER,
            "last": duties.last_of(found) if found.state == BoxState.HANDED_OVER else None,
            "why_not_move": duties.why_not_box(MovementKind.MOVED, found, by=user),
            "can_confirm": duties.why_not_box(MovementKind.CONFIRMED, found, by=user) is None,
            "can_take_back": duties.why_not_box(MovementKind.TAKEN_BACK, found, by=user) is None,
            "can_keep": user.has_perm(duties.KEEP) and not found.is_closed,
            "why_not_count": stocktake.why_not(found, by=user),
            "open_count": found.stocktakes.filter(outcome="").first(),
            "history": history_of(found),
            "sheets": label_sheet.SHEETS,
        },
    )


@require_http_methods(["GET", "POST"])
@requires(duties.MOVE, duties.KEEP)
def move_box(request: StaffRequest, box_id: UUID) -> HttpResponse:
    """Give a whole box to a colleague, with all that is in it."""
    found = get_object_or_404(Box.objects.select_related("place"), pk=box_id)
    if refusal := duties.why_not_box(MovementKind.MOVED, found, by=request.user):
        messages.error(request, refusal.message)
        return redirect(found)
    form = BoxHandOverForm(
        request.POST if request.method == "POST" else None,
        initial={"seen": found.movement_count},
        receivers=duties.receivers(None, giver=request.user),
    )
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        try:
            moving.hand_over_box(
                found.pk, by=request.user, seen=typed["seen"], to=typed["to"].place, receiver=typed["receiver"]
            )
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(
                request,
                _("箱の引渡しを登録しました。%s さんの受領の確認を待っています。") % typed["receiver"].display_name,
            )
            return redirect(found)
    return render(
        request,
        "benefits/papers/act.html",
        {
            "form": form,
            "heading_text": _("箱 %s を引き渡す") % found.code,
            "button": _("引渡しを登録する"),
            "hint": _(
                "箱の中の書類も一緒に動きます。受け取る人が確認するまで、箱は元の場所にあるものとして扱います。"
            ),
            "back": found.get_absolute_url(),
        },
    )


@require_POST
@requires(duties.VIEW)
def confirm_box(request: StaffRequest, box_id: UUID) -> HttpResponse:
    """Confirm, as the receiver, that a box has come."""
    found = get_object_or_404(Box, pk=box_id)
    try:
        moving.confirm_box(found.pk, by=request.user, seen=seen_in(request))
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("箱 %s の受領を確認しました。") % found.code)
    return redirect(found)


@require_POST
@requires(duties.VIEW)
def take_back_box(request: StaffRequest, box_id: UUID) -> HttpResponse:
    """End a hand-over of a box that did not take place."""
    found = get_object_or_404(Box, pk=box_id)
    try:
        moving.take_back_box(found.pk, by=request.user, seen=seen_in(request))
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("箱 %s の引渡しを取りやめました。") % found.code)
    return redirect(found)


@require_POST
@requires(duties.KEEP)
def close_box(request: StaffRequest, box_id: UUID) -> HttpResponse:
    """Take an empty box out of use."""
    found = get_object_or_404(Box, pk=box_id)
    try:
        places.close_box(found.pk, by=request.user)
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("箱 %s を使い終わりました。") % found.code)
    return redirect(found)
