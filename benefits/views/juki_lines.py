"""Pages of the lines of a file: those that a person decides about, and those that the second person compares."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.http import StaffRequest
from audit import journal
from audit.gate import requires
from benefits import events
from benefits.juki import comparing, deciding
from benefits.juki.forms import ReasonForm, line_number
from benefits.juki.steps import Refused
from benefits.juki.words import REASONS, VERDICTS, WAYS_ON
from benefits.models.juki import BatchState, JukiBatch, JukiRow, RowCode, RowState, goes_for_all
from benefits.views.juki import APPLIES, BRINGS, visible_batch

LISTED = 50


@require_GET
@requires(BRINGS, APPLIES)
def index(request: StaffRequest, batch_id: UUID) -> HttpResponse:
    """List the lines of one outcome, in the order of the file, from a line on."""
    batch = visible_batch(request, batch_id, BRINGS, APPLIES)
    state = request.GET.get("state")
    state = state if state in RowState.values else RowState.QUEUED
    after = line_number(request.GET.get("after", ""))
    rows = list(JukiRow.objects.filter(batch=batch, state=state, line__gt=after).order_by("line")[: LISTED + 1])
    shown = rows[:LISTED]
    journal.record(
        events.IMPORT_VIEWED,
        by=request.user,
        subject=batch,
        details={"status": batch.state, "kind": state, "page": str(after), "count": len(shown)},
    )
    return render(
        request,
        "benefits/juki/lines.html",
        {
            "batch": batch,
            "state": state,
            "states": [(one.value, one.label, getattr(batch, _COUNTS[one])) for one in RowState],
            "rows": [(row, VERDICTS[row.verdict]) for row in shown],
            "next": shown[-1].line if len(rows) > LISTED else None,
            "form": ReasonForm(),
            "brings": goes_for_all(request.user, BRINGS),
            "nobodys": batch.state == BatchState.REVIEW
            and JukiRow.objects.filter(batch=batch, state=RowState.QUEUED, code=RowCode.NOBODY).exists(),
        },
    )


@require_GET
@requires(BRINGS)
def line(request: StaffRequest, batch_id: UUID, number: int) -> HttpResponse:
    """Show one line beside whom it may be about."""
    batch = visible_batch(request, batch_id, BRINGS)
    row = _row(batch, number)
    return _line_page(request, batch, row, ReasonForm())


@require_POST
@requires(BRINGS)
def link(request: StaffRequest, batch_id: UUID, number: int, person_id: UUID) -> HttpResponse:
    """Link a line with somebody who differs in notation only."""
    batch = visible_batch(request, batch_id, BRINGS)
    reasons = {item: request.POST.get(f"reason-{item}", "") for item in REASONS}
    try:
        deciding.link(batch.pk, number, person_id, by=request.user, reasons=reasons)
    except Refused as refusal:
        messages.error(request, refusal.message)
        return redirect("benefits:juki-line", batch.pk, number)
    messages.success(request, _("%(line)s行目を結び付けました。確認者が必ず照合します。") % {"line": number})
    return _next_queued(batch, number)


@require_POST
@requires(BRINGS)
def reject(request: StaffRequest, batch_id: UUID, number: int) -> HttpResponse:
    """Leave a line out."""
    batch = visible_batch(request, batch_id, BRINGS)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _line_page(request, batch, _row(batch, number), form)
    try:
        deciding.reject(batch.pk, number, by=request.user, reason=form.cleaned_data["reason"])
    except Refused as refusal:
        messages.error(request, refusal.message)
        return redirect("benefits:juki-line", batch.pk, number)
    messages.success(request, _("%(line)s行目を除外しました。") % {"line": number})
    return _next_queued(batch, number)


@require_POST
@requires(BRINGS)
def reject_nobodys(request: StaffRequest, batch_id: UUID) -> HttpResponse:
    """Leave out every line that is about nobody here."""
    batch = visible_batch(request, batch_id, BRINGS)
    form = ReasonForm(request.POST)
    reason = form.cleaned_data["reason"] if form.is_valid() else ""
    try:
        count = deciding.reject_nobodys(batch.pk, by=request.user, reason=reason)
    except Refused as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, _("該当する人がいない%(count)s行を除外しました。") % {"count": count})
    return redirect("benefits:juki-lines", batch.pk)


@require_GET
@requires(APPLIES)
def sample(request: StaffRequest, batch_id: UUID) -> HttpResponse:
    """List the lines that were drawn for the second person; they are drawn when this is first asked for."""
    batch = visible_batch(request, batch_id, APPLIES)
    try:
        drawn = deciding.draw(batch.pk, by=request.user)
    except Refused as refusal:
        messages.error(request, refusal.message)
        return redirect(batch)
    codes = dict(JukiRow.objects.filter(batch=batch, line__in=[one.line for one in drawn]).values_list("line", "code"))
    return render(
        request,
        "benefits/juki/sample.html",
        {
            "batch": batch,
            "drawn": [
                (one, one.agrees is True and one.opened_by_id == request.user.pk, codes[one.line] == RowCode.BY_HAND)
                for one in drawn
            ],
        },
    )


@require_http_methods(["GET", "POST"])
@requires(APPLIES)
def sample_line(request: StaffRequest, batch_id: UUID, number: int) -> HttpResponse:
    """Show a drawn line beside the person it would give a number to, and keep whether they agree."""
    batch = visible_batch(request, batch_id, APPLIES)
    row = _row(batch, number)
    drawn = batch.sample.filter(line=number).first()
    if drawn is None or row.state != RowState.LINKED:
        raise Http404
    form = ReasonForm()
    if request.method == "POST":
        agrees = request.POST.get("answer") == "agrees"
        form = ReasonForm(request.POST)
        if agrees or form.is_valid():
            reason = "" if agrees else form.cleaned_data["reason"]
            return _answer(request, batch, number, agrees=agrees, reason=reason)
    return _line_page(request, batch, row, form, is_sample=True)


def _answer(request: StaffRequest, batch: JukiBatch, number: int, *, agrees: bool, reason: str) -> HttpResponse:
    try:
        deciding.answer(batch.pk, number, by=request.user, agrees=agrees, reason=reason)
    except Refused as refusal:
        messages.error(request, refusal.message)
        if refusal.code == "not_opened":
            return redirect("benefits:juki-sample-line", batch.pk, number)
        return redirect(batch)
    open_ones = [one.line for one in deciding.sample(batch) if one.agrees is not True or one.opened_by != request.user]
    if open_ones:
        return redirect("benefits:juki-sample-line", batch.pk, open_ones[0])
    messages.success(request, _("抜き取られた行を、すべて照合しました。"))
    return redirect(batch)


def _line_page(
    request: StaffRequest, batch: JukiBatch, row: JukiRow, form: ReasonForm, *, is_sample: bool = False
) -> HttpResponse:
    assert batch.layout is not None  # noqa: S101  (a file with lines was begun with one)
    comparisons = comparing.compare(row, items=batch.layout.items)
    deciding.record_opening(batch, row, [one.person for one in comparisons], by=request.user)
    page: dict[str, Any] = {
        "batch": batch,
        "row": row,
        "form": form,
        "comparisons": comparisons,
        "way_on": WAYS_ON.get(row.code, ""),
        "verdict": VERDICTS[row.verdict],
        "is_decidable": batch.state == BatchState.REVIEW and row.state == RowState.QUEUED and not is_sample,
        "is_linkable": row.code == RowCode.DIFFERS,
        "is_corrected": row.code == RowCode.OTHER,
        "is_by_hand": row.code == RowCode.BY_HAND,
        "given_reasons": [
            str(REASONS[item].get(reason, "")) for item, reason in row.link_reasons.items() if item in REASONS
        ],
    }
    return render(request, "benefits/juki/sample_line.html" if is_sample else "benefits/juki/line.html", page)


def _next_queued(batch: JukiBatch, number: int) -> HttpResponse:
    """Go on with the next line that waits, or back to the file."""
    waiting = JukiRow.objects.filter(batch=batch, state=RowState.QUEUED).order_by("line")
    following = waiting.filter(line__gt=number).first() or waiting.first()
    return redirect("benefits:juki-line", batch.pk, following.line) if following else redirect(batch)


def _row(batch: JukiBatch, number: int) -> JukiRow:
    row = JukiRow.objects.filter(batch=batch, line=number).first()
    if row is None or batch.state in {BatchState.STAGING, BatchState.HALTED}:
        raise Http404
    return row


_COUNTS = {RowState.QUEUED: "queued", RowState.LINKED: "linked", RowState.REJECTED: "rejected"}
