"""Pages about letting numbers go: the periods, what is on hold, the monthly list, and what became of it. No names."""

from http import HTTPStatus
from uuid import UUID

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import step_up
from accounts.http import StaffRequest
from audit import journal
from audit.gate import requires
from benefits import deletion, deletion_certificate_pdf, events, retention
from benefits.forms_retention import HoldForm, PeriodForm, WordsForm
from benefits.models import DeletionCertificate, DeletionHold, DeletionList, DeletionRow, Person, RetentionPeriod
from benefits.models.retention import ListState, PeriodOutcome, RowOutcome

PAGE = 100
PAST_LISTS = 24


@require_GET
@requires(deletion.VIEW)
def overview(request: StaffRequest) -> HttpResponse:
    """Show the periods in force, what waits for a decision, and how this month's list stands."""
    today = timezone.localdate()
    periods = list(RetentionPeriod.objects.select_related("proposed_by", "decided_by").order_by("-valid_from", "-pk"))
    current = DeletionList.objects.filter(month=today.replace(day=1)).order_by("-made_at").first()
    unfinished = DeletionList.objects.filter(state__in=[ListState.DRAFT, ListState.PROPOSED, ListState.APPROVED])
    past = list(
        DeletionList.objects.select_related("proposed_by", "decided_by").order_by("-month", "-made_at", "-pk")[
            :PAST_LISTS
        ]
    )
    journal.record(events.RETENTION_VIEWED, by=request.user)
    return render(
        request,
        "benefits/retention/overview.html",
        {
            "in_force": [
                period for period in periods if period.outcome == PeriodOutcome.APPROVED and period.valid_from <= today
            ],
            "to_come": [
                period for period in periods if period.outcome == PeriodOutcome.APPROVED and period.valid_from > today
            ],
            "proposed": [
                (period, period.proposed_by_id == request.user.pk) for period in periods if not period.outcome
            ],
            "current": current,
            "may_make": current is None or current.state in {ListState.REJECTED, ListState.EMPTY, ListState.DONE},
            "counts": _counts(current) if current else {},
            "waiting_lists": unfinished.count(),
            "holds": DeletionHold.objects.filter(ended_at__isnull=True).count(),
            "past": past,
            "trouble": deletion.trouble_at_hand(),
            "month": today,
        },
    )


@require_http_methods(["GET", "POST"])
@requires(deletion.DELETE)
@step_up.required
def period_new(request: StaffRequest) -> HttpResponse:
    """Ask how long numbers are to be kept, and on what basis."""
    form = PeriodForm(request.POST or None, initial={"valid_from": timezone.localdate()})
    if request.method == "POST" and form.is_valid():
        try:
            deletion.propose_period(by=request.user, values=form.cleaned_data)
        except deletion.Refused as refused:
            field = "valid_from" if refused.refusal.code == "period_is_not_dated_back" else None
            form.add_error(field, str(refused))
        else:
            messages.success(
                request, _("保存期間を申請しました。ほかの保存・鍵管理者が決定すると、適用開始日から使います。")
            )
            return redirect("benefits:retention")
    return render(request, "benefits/retention/period.html", {"form": form})


@require_POST
@requires(deletion.DELETE)
@step_up.required
def period_decide(request: StaffRequest, period_id: int) -> HttpResponse:
    """Approve, reject or withdraw a proposed period."""
    get_object_or_404(RetentionPeriod, pk=period_id)
    outcome = request.POST.get("outcome", "")
    if outcome not in PeriodOutcome.values:
        return HttpResponse(status=HTTPStatus.BAD_REQUEST)
    try:
        deletion.decide_period(period_id, PeriodOutcome(outcome), by=request.user, at=timezone.now())
    except deletion.Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("保存期間を処理しました（%s）。") % PeriodOutcome(outcome).label)
    return redirect("benefits:retention")


@require_http_methods(["GET", "POST"])
@requires(deletion.HOLD)
def holds(request: StaffRequest) -> HttpResponse:
    """List what is on hold, the latest first, and put somebody's numbers on hold."""
    form = HoldForm(request.POST or None, initial={"label": ""})
    if request.method == "POST" and form.is_valid():
        person = _reached(request, form.cleaned_data["label"])
        if person is None:
            form.add_error("label", _("この番号の受給者・申請はありません（または、役割の範囲の外です）"))
        else:
            try:
                deletion.set_hold(
                    person, by=request.user, reason=form.cleaned_data["reason"], words=form.cleaned_data["words"]
                )
            except deletion.Refused as refused:
                form.add_error(None, str(refused))
            else:
                messages.success(request, _("削除を停止しました。解除は、ほかの人が行います。"))
                return redirect("benefits:deletion-holds")
    after = request.GET.get("after", "")
    listed = DeletionHold.objects.filter(person__in=Person.objects.within_reach(request.user, deletion.HOLD))
    if after:
        last = listed.filter(pk=_uuid(after)).first()
        if last is None:
            raise Http404
        listed = listed.filter(Q(set_at__lt=last.set_at) | Q(set_at=last.set_at, pk__lt=last.pk))
    found = list(listed.select_related("person", "set_by", "ended_by").order_by("-set_at", "-pk")[: PAGE + 1])
    return render(
        request,
        "benefits/retention/holds.html",
        {
            "form": form,
            "holds": [(hold, deletion.why_not_end_hold(hold, by=request.user)) for hold in found[:PAGE]],
            "next": found[PAGE - 1].pk if len(found) > PAGE else "",
            "can_view": request.user.has_perm(deletion.VIEW),
        },
    )


@require_http_methods(["GET", "POST"])
@requires(deletion.HOLD)
def hold_end(request: StaffRequest, hold_id: UUID) -> HttpResponse:
    """Ask why a hold ends, and end it."""
    hold = (
        DeletionHold.objects.filter(person__in=Person.objects.within_reach(request.user, deletion.HOLD))
        .select_related("person", "set_by")
        .filter(pk=hold_id)
        .first()
    )
    if hold is None:
        raise Http404
    form = WordsForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            deletion.end_hold(hold.pk, by=request.user, at=timezone.now(), words=form.cleaned_data["words"])
        except deletion.Refused as refused:
            messages.error(request, str(refused))
        else:
            messages.success(request, _("停止を解除しました。保存期限が過ぎていれば、次の一覧に載ります。"))
        return redirect("benefits:deletion-holds")
    return render(
        request,
        "benefits/retention/hold_end.html",
        {"hold": hold, "form": form, "refusal": deletion.why_not_end_hold(hold, by=request.user)},
    )


@require_POST
@requires(deletion.DELETE)
def list_make(request: StaffRequest) -> HttpResponse:
    """Begin this month's list."""
    try:
        held = deletion.make_list(by=request.user, at=timezone.now())
    except deletion.Refused as refused:
        messages.error(request, str(refused))
        return redirect("benefits:retention")
    return redirect(held)


@require_GET
@requires(deletion.VIEW)
def list_detail(request: StaffRequest, list_id: UUID) -> HttpResponse:
    """Show one list with its rows, page by page, and the steps that it waits for."""
    held = get_object_or_404(DeletionList.objects.select_related("proposed_by", "decided_by", "made_by"), pk=list_id)
    after = request.GET.get("after", "0")
    rows = held.rows.select_related("excluded_by").filter(pk__gt=int(after) if after.isdecimal() else 0)
    found = list(rows.order_by("pk")[: PAGE + 1])
    certificates = {
        (one.person_id, one.version): one
        for one in DeletionCertificate.objects.filter(
            list_id=held.pk, person_id__in=[row.person_id for row in found[:PAGE]]
        )
    }
    journal.record(events.DELETION_LIST_VIEWED, by=request.user, subject=held, details={"page": after[:20]})
    return render(
        request,
        "benefits/retention/list.html",
        {
            "list": held,
            "counts": _counts(held),
            "rows": [
                (
                    row,
                    certificates.get((row.person_id, row.version)),
                    deletion_certificate_pdf.basis_in_words(row.basis),
                )
                for row in found[:PAGE]
            ],
            "next": found[PAGE - 1].pk if len(found) > PAGE else "",
            "can_exclude": held.state == ListState.DRAFT and request.user.has_perm(deletion.DELETE),
            "why_not_propose": deletion.why_not_propose(held),
            "why_not_decide": deletion.why_not_decide(held, by=request.user),
            "is_own": held.proposed_by_id == request.user.pk,
            "is_running": held.state in {ListState.MAKING, ListState.APPROVED},
            "form": WordsForm(),
            "trouble": deletion.trouble_at_hand() if held.state == ListState.APPROVED else "",
        },
    )


@require_GET
@requires(deletion.VIEW)
def list_progress(request: StaffRequest, list_id: UUID) -> HttpResponse:
    """Tell the page's script how far it has come: counts, nothing else."""
    held = get_object_or_404(DeletionList, pk=list_id)
    return JsonResponse({"state": held.state, **_counts(held)})


@require_http_methods(["GET", "POST"])
@requires(deletion.DELETE)
def row_exclude(request: StaffRequest, list_id: UUID, row_id: int) -> HttpResponse:
    """Ask why one number is left out of a list, and leave it out."""
    row = get_object_or_404(DeletionRow.objects.select_related("deletion_list"), pk=row_id, deletion_list=list_id)
    form = WordsForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            deletion.exclude(row.pk, by=request.user, reason=form.cleaned_data["words"])
        except deletion.Refused as refused:
            messages.error(request, str(refused))
        else:
            messages.success(request, _("1件を一覧から除外しました。次の月の一覧には、また載ります。"))
        return redirect(row.deletion_list)
    return render(request, "benefits/retention/exclude.html", {"row": row, "list": row.deletion_list, "form": form})


@require_POST
@requires(deletion.DELETE)
@step_up.required
def list_propose(request: StaffRequest, list_id: UUID) -> HttpResponse:
    """Put a list before another keeper."""
    held = get_object_or_404(DeletionList, pk=list_id)
    try:
        deletion.propose(held.pk, by=request.user, at=timezone.now(), revision=_revision(request))
    except deletion.Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("削除を申請しました。ほかの保存・鍵管理者の承認を待ちます。"))
    return redirect(held)


@require_POST
@requires(deletion.DELETE)
def list_withdraw(request: StaffRequest, list_id: UUID) -> HttpResponse:
    """Take one's own proposal back."""
    held = get_object_or_404(DeletionList, pk=list_id)
    try:
        deletion.withdraw(held.pk, by=request.user)
    except deletion.Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("申請を取り下げました。"))
    return redirect(held)


@require_POST
@requires(deletion.DELETE)
@step_up.required
def list_approve(request: StaffRequest, list_id: UUID) -> HttpResponse:
    """Let what the list names be destroyed."""
    held = get_object_or_404(DeletionList, pk=list_id)
    try:
        deletion.approve(held.pk, by=request.user, at=timezone.now(), revision=_revision(request))
    except deletion.Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("承認しました。削除を始めます。画面を離れても続きます。"))
    return redirect(held)


@require_POST
@requires(deletion.DELETE)
@step_up.required
def list_reject(request: StaffRequest, list_id: UUID) -> HttpResponse:
    """Turn a list down, with the reason."""
    held = get_object_or_404(DeletionList, pk=list_id)
    form = WordsForm(request.POST)
    if not form.is_valid() and not form.has_error("words", "required"):
        for problem in form.errors["words"]:
            messages.error(request, str(problem))
        return redirect(held)
    try:
        # without any reason the step itself refuses, and puts that on record
        deletion.reject(held.pk, by=request.user, at=timezone.now(), reason=form.cleaned_data.get("words", ""))
    except deletion.Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("却下しました。一覧は作り直せます。"))
    return redirect(held)


@require_GET
@requires(deletion.VIEW)
def list_certificates(request: StaffRequest, list_id: UUID) -> HttpResponse:
    """Open the certificates of a whole list as one PDF."""
    held = get_object_or_404(DeletionList, pk=list_id)
    after = request.GET.get("after", "0")
    found = list(
        DeletionCertificate.objects.filter(list_id=held.pk, pk__gt=int(after) if after.isdecimal() else 0).order_by(
            "pk"
        )[: deletion_certificate_pdf.MOST]
    )
    return _pdf(request, found, subject=held, name=f"deletion-{held.label}")


@require_GET
@requires(deletion.VIEW)
def certificate(request: StaffRequest, certificate_id: int) -> HttpResponse:
    """Open one certificate as PDF."""
    found = get_object_or_404(DeletionCertificate, pk=certificate_id)
    subject = journal.Subject(kind="benefits.deletioncertificate", id=str(found.pk), label=found.label)
    return _pdf(request, [found], subject=subject, name=f"deletion-{found.label}")


def _pdf(
    request: StaffRequest,
    certificates: list[DeletionCertificate],
    *,
    subject: journal.Subject | DeletionList,
    name: str,
) -> HttpResponse:
    if not certificates:
        raise Http404
    try:
        pdf = deletion_certificate_pdf.render(certificates)
    except deletion_certificate_pdf.FontsMissing as problem:
        messages.error(request, str(problem))
        return redirect("benefits:retention")
    journal.record(
        events.DELETION_CERTIFICATE_OPENED, by=request.user, subject=subject, details={"count": len(certificates)}
    )
    response = HttpResponse(pdf, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{name}.pdf"'
    return response


def _counts(held: DeletionList) -> dict[str, int]:
    """Return how far a list has come, as the page and its script say it."""
    found = deletion.counts(held)
    total = sum(found.values()) - found.get(RowOutcome.EXCLUDED, 0)
    left = found.get("", 0)
    return {
        "total": total,
        "left": left,
        "done": total - left,
        "destroyed": found.get(RowOutcome.DESTROYED, 0),
        "dropped": found.get(RowOutcome.DROPPED, 0),
        "excluded": found.get(RowOutcome.EXCLUDED, 0),
        "percent": (total - left) * 100 // total if total else 0,
    }


def _reached(request: StaffRequest, label: str) -> Person | None:
    found = retention.find_by_label(label)
    return Person.objects.within_reach(request.user, deletion.HOLD).filter(pk=found).first() if found else None


def _revision(request: StaffRequest) -> int:
    typed = request.POST.get("revision", "")
    return int(typed) if typed.isdecimal() and len(typed) < 10 else 0


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Http404 from None
