"""Pages where one user administrator brings a file of joiners, movers and leavers and another applies it."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import actions, batches, rights, staff_file, step_up
from accounts.forms_review import ReasonForm, StaffFileForm
from accounts.hashers import TooBusyError
from accounts.http import StaffRequest
from accounts.models import Proposal, StaffBatch
from accounts.models.rights import Outcome, ProposalKind
from accounts.slips import print_slip, why_not_print
from accounts.staff_file import LineKind
from audit import journal
from audit.gate import requires

#: Files on one page of the list, lines on one page of a file, and slips drawn at once (each hashes a password).
PAGE = 50
LINES = 200
SLIPS = 30


@require_http_methods(["GET", "POST"])
@requires("accounts.change_rights")
@step_up.required
def index(request: StaffRequest) -> HttpResponse:
    """List the files and take a new one. Nothing of it is applied by whoever brings it."""
    form = StaffFileForm()
    if request.method == "POST":
        form = StaffFileForm(request.POST, request.FILES)
    if form.is_bound and form.is_valid():
        try:
            batch = batches.upload(form.cleaned_data["file"], by=request.user, at=timezone.now())
        except batches.Refused as error:
            form.add_error("file", error.message)
        else:
            return redirect("accounts:batch", batch_id=batch.pk)
    files = StaffBatch.objects.select_related("proposed_by", "decided_by").order_by("-proposed_at")
    page = Paginator(files, PAGE).get_page(request.GET.get("page"))
    rows = [(batch, len(batch.lines), batches.outcome_label(batch)) for batch in page]
    return render(request, "accounts/batches.html", {"form": form, "rows": rows, "page": page})


@require_GET
@requires("accounts.change_rights")
def template(_request: StaffRequest) -> HttpResponse:
    """Give an empty file to fill in."""
    response = HttpResponse(staff_file.template(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="staff-template.csv"'
    return response


@require_GET
@requires("accounts.change_rights")
def detail(request: StaffRequest, batch_id: UUID) -> HttpResponse:
    """Show line by line what a file would do today, or what it did, and what is wrong with it."""
    batch = get_object_or_404(StaffBatch.objects.select_related("proposed_by", "decided_by"), pk=batch_id)
    return _page(request, batch, ReasonForm())


@require_POST
@requires("accounts.change_rights")
@step_up.required
def apply(request: StaffRequest, batch_id: UUID) -> HttpResponse:
    """Let the second person apply the file: all of it or nothing."""
    get_object_or_404(StaffBatch, pk=batch_id)
    try:
        batch = batches.apply(batch_id, by=request.user, at=timezone.now())
    except batches.Refused as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("%(count)s行をすべて反映しました。") % {"count": len(batch.lines)})
    return redirect("accounts:batch", batch_id=batch_id)


@require_POST
@requires("accounts.change_rights")
@step_up.required
def reject(request: StaffRequest, batch_id: UUID) -> HttpResponse:
    """Put the file aside, with the reason."""
    batch = get_object_or_404(StaffBatch.objects.select_related("proposed_by", "decided_by"), pk=batch_id)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _page(request, batch, form)
    try:
        batch = batches.reject(batch_id, by=request.user, at=timezone.now(), reason=form.cleaned_data["reason"])
    except batches.Refused as error:
        messages.error(request, error.message)
    else:
        done = _("ファイルを取り下げました。") if batch.outcome == Outcome.WITHDRAWN else _("ファイルを却下しました。")
        messages.success(request, done)
    return redirect("accounts:batch", batch_id=batch_id)


@require_http_methods(["GET", "POST"])
@requires("accounts.change_rights")
@step_up.required
def slips(request: StaffRequest, batch_id: UUID) -> HttpResponse:
    """Print the slips of a file's joiners on one page: the applier the passwords, the uploader the enrolment codes.

    What is drawn is shown in this one answer and cannot be fetched again.
    """
    batch = get_object_or_404(StaffBatch, pk=batch_id, outcome=Outcome.APPROVED)
    hired = list(
        Proposal.objects.filter(batch=batch, kind=ProposalKind.HIRE, outcome=Outcome.APPROVED)
        .select_related("user")
        .order_by("login_id")
    )
    rows = [(proposal, why_not_print(proposal, by=request.user)) for proposal in hired]
    if request.method == "GET":
        is_applier = batch.decided_by_id == request.user.pk
        return render(
            request,
            "accounts/batch_slips.html",
            {"batch": batch, "rows": rows, "most": SLIPS, "is_applier": is_applier},
        )
    chosen = set(request.POST.getlist("proposal"))
    wanted = [proposal for proposal, refusal in rows if refusal is None and str(proposal.pk) in chosen]
    if not wanted or len(wanted) > SLIPS:
        messages.error(request, _("用紙を発行する人を、1〜%(most)s人選んでください。") % {"most": SLIPS})
        return redirect("accounts:batch-slips", batch_id=batch_id)
    drawn, refused = [], []
    for proposal in wanted:
        try:
            drawn.append(print_slip(proposal.pk, by=request.user, at=timezone.now()))
        except rights.Refused as error:
            refused.append((proposal, str(error)))
        except TooBusyError:
            refused.append((proposal, _("混み合っています。しばらくしてから発行してください。")))
    return render(request, "accounts/batch_slips_printed.html", {"batch": batch, "slips": drawn, "refused": refused})


def _page(request: StaffRequest, batch: StaffBatch, form: ReasonForm) -> HttpResponse:
    """Draw a file with its lines. While it waits they are looked at against the office as it is now."""
    waits = not batch.outcome
    plan = batches.plan(batch, today=timezone.localdate())
    lines = Paginator(plan.lines, LINES).get_page(request.GET.get("page"))
    journal.record(
        actions.PROPOSAL_LISTED,
        by=request.user,
        subject=batch,
        details={"batch": str(batch.pk), "count": len(plan.lines)},
    )
    problems = plan.problems if waits else ()
    return render(
        request,
        "accounts/batch.html",
        {
            "batch": batch,
            "form": form,
            "lines": lines,
            "waits": waits,
            "problems": problems[:LINES],
            "problem_count": len(problems),
            "counts": [(kind.value, plan.count(kind)) for kind in LineKind],
            "outcome": batches.outcome_label(batch),
            "is_own": batch.proposed_by_id == request.user.pk,
            "may_print": batch.outcome == Outcome.APPROVED
            and request.user.pk in {batch.proposed_by_id, batch.decided_by_id}
            and bool(plan.count(LineKind.HIRE)),
        },
    )
