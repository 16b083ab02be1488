"""Pages where one records keeper asks that a month of the record be let go and another decides, after its period."""

from datetime import date
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts import step_up
from accounts.http import StaffRequest
from audit import actions, journal, pruning
from audit.gate import requires
from audit.models import MonthPruning, PruningOutcome
from audit.watching.refusals import Refused
from audit.watching.review import actor_names
from config.pruning_pages.forms import AskForm, DecisionForm

_DONE = {
    PruningOutcome.APPROVED: _("承認しました。この月の記録は、まもなく削除されます。"),
    PruningOutcome.REJECTED: _("却下しました。"),
    PruningOutcome.WITHDRAWN: _("申請を取り下げました。"),
}


@require_GET
@requires("audit.prune_event", "audit.view_ledger")
def months(request: StaffRequest) -> HttpResponse:
    """Show how long entries are kept, which months are over, and what was asked and done."""
    over, history = pruning.over(), pruning.history()
    names = actor_names([pk for one in history for pk in (one.asked_by_id, one.decided_by_id)])
    journal.record(actions.PRUNING_VIEWED, by=request.user, details={"count": len(over)})
    return render(
        request,
        "audit/pruning.html",
        {
            "period": pruning.retention(),
            "over": over,
            "history": [
                (one, *status(one), names.get(one.asked_by_id, ""), names.get(one.decided_by_id or 0, ""))
                for one in history
            ],
            "may_ask": request.user.has_perm(pruning.PERMISSION),
        },
    )


@require_http_methods(["GET", "POST"])
@requires("audit.prune_event")
@step_up.required
def ask(request: StaffRequest, month: str) -> HttpResponse:
    """Show what goes and what stays if a month is let go, and take the request."""
    first = _month(month)
    form = AskForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            one = pruning.ask(first, reason=form.cleaned_data["reason"], by=request.user)
        except Refused as refused:
            form.add_error(None, refused.refusal.message)
        else:
            messages.success(request, _("削除を申請しました。ほかの保存・鍵管理者が承認すると、削除します。"))
            return redirect("pruning-request", pruning_id=one.pk)
    if request.method == "GET":
        journal.record(actions.PRUNING_VIEWED, by=request.user, details={"month": f"{first:%Y-%m}"})
    return render(
        request,
        "audit/pruning_ask.html",
        {
            "month": first,
            "extent": pruning.extent(first),
            "refusal": pruning.why_not_ask(first, by=request.user),
            "form": form,
        },
    )


@require_http_methods(["GET", "POST"])
@requires("audit.prune_event", "audit.view_ledger")
@step_up.required
def request_page(request: StaffRequest, pruning_id: UUID) -> HttpResponse:
    """Show a request, what goes with it and how far it is; take the decision."""
    one = get_object_or_404(MonthPruning, pk=pruning_id)
    form = DecisionForm(request.POST or None)
    if request.method == "POST":
        form.is_valid()
        if not form.has_error("reason"):
            try:
                pruning.decide(
                    pruning_id,
                    outcome=request.POST.get("outcome", ""),
                    reason=form.cleaned_data.get("reason", ""),
                    by=request.user,
                )
            except Refused as refused:
                messages.error(request, refused.refusal.message)
            else:
                messages.success(request, _DONE[PruningOutcome(request.POST["outcome"])])
            return redirect("pruning-request", pruning_id=pruning_id)
    journal.record(
        actions.PRUNING_VIEWED,
        by=request.user,
        subject=journal.Subject(kind="audit.monthpruning", id=str(one.pk), label=one.label),
        details={"month": one.label},
    )
    names = actor_names([one.asked_by_id, one.decided_by_id])
    label, kind = status(one)
    found = (
        pruning.extent(one.month)
        if one.done_at is None
        else pruning.Extent(one.first_idx, one.last_idx, one.count or 0)
    )
    in_the_way = pruning.keeps(one.month) if one.is_waiting else one.problem if one.is_due else ""
    return render(
        request,
        "audit/pruning_request.html",
        {
            "pruning": one,
            "month": one.month,
            "status": label,
            "status_kind": kind,
            "extent": found,
            "asked_by": names.get(one.asked_by_id, ""),
            "decided_by": names.get(one.decided_by_id or 0, ""),
            "problem": pruning.sentence(in_the_way) if in_the_way else "",
            "is_stalled": pruning.is_stalled(one, at=timezone.now()),
            "form": form,
            "decide_refusal": pruning.why_not_decide(one, by=request.user),
            "withdraw_refusal": pruning.why_not_withdraw(one, by=request.user),
        },
    )


def status(one: MonthPruning) -> tuple[str, str]:
    """Return where a request stands, and the colour of its tag."""
    if one.done_at is not None:
        return _("削除済み"), "neutral"
    if one.is_due:
        return _("削除待ち"), "waiting"
    if one.is_waiting:
        return _("承認待ち"), "waiting"
    return str(PruningOutcome(one.outcome).label), "returned"


def _month(text: str) -> date:
    """Return the month that an address names."""
    try:
        month = date.fromisoformat(f"{text}-01")
    except ValueError:
        raise Http404 from None
    if not date(2000, 1, 1) <= month <= timezone.localdate():
        raise Http404
    return month
