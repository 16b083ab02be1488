"""Pages for counting what is in a place or a box: a scanner types a label and Enter, one after another."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.http import StaffRequest
from accounts.models import User
from audit.gate import requires
from benefits.forms_papers import StocktakeForm, named
from benefits.models import Stocktake, StocktakeLine
from benefits.models.reach import covers
from benefits.models.stocktake import Finding
from benefits.papers import duties, stocktake
from benefits.papers.steps import Refused
from benefits.views.papers import where

LIST_LENGTH = 50
#: How many lines of a running count are on its page; the rest is in the result.
LINES_SHOWN = 300

FINDING_KINDS = {
    Finding.PRESENT: "good",
    Finding.MISPLACED: "returned",
    Finding.UNKNOWN: "returned",
    Finding.MISSING: "bad",
}


@require_http_methods(["GET", "POST"])
@requires(duties.MOVE, duties.KEEP)
def index(request: StaffRequest) -> HttpResponse:
    """Begin a count, go on with one, or look at a former one."""
    form = StocktakeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        to = form.cleaned_data["to"]
        counted = to.box or to.place
        going_on = counted.stocktakes.filter(outcome="").first()
        if going_on is not None:
            messages.info(request, _("この場所（箱）の棚卸しは、すでに始まっています。続きから読み取れます。"))
            return redirect(going_on)
        try:
            return redirect(stocktake.begin(counted, by=request.user))
        except Refused as refused:
            form.add_error(None, str(refused))
    counts = Stocktake.objects.select_related("place", "box__place", "begun_by", "ended_by")
    before = _before(request.GET.get("before", ""))
    if before is not None:
        counts = counts.filter(
            Q(begun_at__lt=before.begun_at) | Q(begun_at=before.begun_at, pk__lt=before.pk),
            begun_at__lte=before.begun_at,
        )
    rows = list(counts.order_by("-begun_at", "-pk")[: LIST_LENGTH + 1])
    shown, more = rows[:LIST_LENGTH], rows[LIST_LENGTH:]
    return render(
        request,
        "benefits/papers/stocktakes.html",
        {
            "form": form,
            "counts": [(one, name_of(one)) for one in shown],
            "older": shown[-1].pk if more else None,
            "is_first_page": before is None,
        },
    )


@require_http_methods(["GET", "POST"])
@requires(duties.MOVE, duties.KEEP)
def detail(request: StaffRequest, stocktake_id: UUID) -> HttpResponse:
    """Take a scanned label and say what it comes to; show how the count stands, or what came of it."""
    counted = get_object_or_404(Stocktake.objects.select_related("place", "box__place", "begun_by"), pk=stocktake_id)
    if request.method == "POST":
        return _scan(request, counted)
    refusal = None if counted.outcome else stocktake.why_not(counted.counted, by=request.user)
    lines = counted.lines.select_related("paper__application", "paper__place", "paper__box__place", "box__place", "by")
    if counted.outcome:
        # what has to be looked into stands first
        order = [Finding.MISSING, Finding.MISPLACED, Finding.UNKNOWN, Finding.PRESENT]
        shown = [line for finding in order for line in lines.filter(finding=finding).order_by("code")[:LINES_SHOWN]]
    else:
        shown = list(lines.order_by("-at", "-pk")[:LINES_SHOWN])
    return render(
        request,
        "benefits/papers/stocktake.html",
        {
            "stocktake": counted,
            "name": name_of(counted),
            "result": stocktake.result_of(counted),
            "rows": [row_of(line, reader=request.user) for line in shown],
            "not_yet": []
            if counted.outcome or refusal
            else stocktake.expected(counted, at_most=LINES_SHOWN, only_not_scanned=True),
            "refusal": refusal,
            "last": next((row_of(line, reader=request.user) for line in shown[:1]), None)
            if request.GET.get("scanned")
            else None,
        },
    )


@require_POST
@requires(duties.MOVE, duties.KEEP)
def finish(request: StaffRequest, stocktake_id: UUID) -> HttpResponse:
    """End a count and keep its result."""
    counted = get_object_or_404(Stocktake, pk=stocktake_id)
    try:
        stocktake.finish(counted.pk, by=request.user)
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("棚卸しを完了し、結果を記録しました。"))
    return redirect(counted)


@require_POST
@requires(duties.MOVE, duties.KEEP)
def cancel(request: StaffRequest, stocktake_id: UUID) -> HttpResponse:
    """End a count without a result."""
    counted = get_object_or_404(Stocktake, pk=stocktake_id)
    try:
        stocktake.cancel(counted.pk, by=request.user)
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("棚卸しを中止しました。"))
    return redirect(counted)


def _scan(request: StaffRequest, counted: Stocktake) -> HttpResponse:
    """Count one label. With scripts the answer is the line alone, so that a quick hand loses no scan."""
    is_asked_by_script = request.headers.get("Accept") == "application/json"
    try:
        line, is_new = stocktake.scan(counted.pk, request.POST.get("code", ""), by=request.user)
    except Refused as refused:
        if is_asked_by_script:
            return JsonResponse({"problem": str(refused)}, status=HTTPStatus.UNPROCESSABLE_ENTITY)
        messages.error(request, str(refused))
        return redirect(counted)
    if not is_asked_by_script:
        if not is_new:
            messages.info(request, _("%s は、すでに読み取っています。") % line.code)
        return redirect(f"{counted.get_absolute_url()}?scanned=1")
    result = stocktake.result_of(counted)
    return JsonResponse(
        {
            **row_of(line, reader=request.user),
            "isNew": is_new,
            "counts": {
                "present": result.present,
                "missing": result.missing,
                "misplaced": result.misplaced,
                "unknown": result.unknown,
            },
        }
    )


def name_of(counted: Stocktake) -> str:
    """Return what is counted, in words."""
    if counted.box:
        return _("箱 %(box)s（%(place)s）") % {"box": counted.box.code, "place": counted.box.place.words}
    return named(counted.place) if counted.place else ""


def row_of(line: StocktakeLine, *, reader: User) -> dict[str, Any]:
    """Return a line as the page shows it; of a paper beyond the reader's reach, only that it is not from here."""
    finding = Finding(line.finding)
    about, registered = "", ""
    if line.paper:
        application = line.paper.application
        if covers(reader, duties.VIEW, office=application.office, programme=application.programme):
            about = f"{line.paper.kind_label} {application.receipt_number}"
            place = where(line.paper)
            registered = f"{line.paper.standing} {place}" if finding is not Finding.PRESENT else place
        else:
            about = _("ほかの保健所の書類")
    elif line.box:
        about = _("箱")
        registered = line.box.place.words
    return {
        "code": line.code,
        "finding": str(finding.label),
        "kind": FINDING_KINDS[finding],
        "about": about,
        "registered": registered,
    }


def _before(text: str) -> Stocktake | None:
    try:
        return Stocktake.objects.filter(pk=UUID(text)).first()
    except ValueError:
        return None
