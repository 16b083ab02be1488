"""What has been proposed, and what the second user administrator makes of it."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts import actions, busy, passwords, proposal_view, rights, rights_policy, slips, step_up
from accounts.forms_rights import RejectForm
from accounts.http import StaffRequest
from accounts.models import Proposal
from audit import journal
from audit.gate import requires

PAGE = 50


@require_GET
@requires("accounts.change_rights")
def index(request: StaffRequest) -> HttpResponse:
    """List what waits, oldest first, and below it what was decided, newest first."""
    journal.record(actions.PROPOSAL_LISTED, by=request.user)
    named = Proposal.objects.select_related("user", "proposed_by", "decided_by", "assignment")
    waiting = named.filter(outcome="").order_by("proposed_at", "pk")
    decided = Paginator(named.exclude(outcome="").order_by("-proposed_at", "-pk"), PAGE)
    page = decided.get_page(request.GET.get("page"))
    return render(
        request,
        "accounts/proposals.html",
        {
            "waiting": [
                (one, proposal_view.sentence(one), rights_policy.why_not_decide(one, by=request.user))
                for one in waiting
            ],
            "decided": [(one, proposal_view.sentence(one)) for one in page],
            "page": page,
        },
    )


@require_GET
@requires("accounts.change_rights")
def detail(request: StaffRequest, proposal_id: UUID) -> HttpResponse:
    """Show what would change, and who may decide it."""
    proposal = _get(proposal_id)
    journal.record(actions.PROPOSAL_LISTED, by=request.user, subject=proposal)
    return _page(request, proposal, form=RejectForm())


@require_POST
@requires("accounts.change_rights")
@step_up.required
def approve(request: StaffRequest, proposal_id: UUID) -> HttpResponse:
    """Approve, and carry it out."""

    def done(at: datetime) -> str:
        rights.approve(proposal_id, by=request.user, at=at)
        return _("承認しました。変更は記録されました。")

    return _decided(request, _get(proposal_id), done)


@require_POST
@requires("accounts.change_rights")
@step_up.required
def reject(request: StaffRequest, proposal_id: UUID) -> HttpResponse:
    """Turn it down, with the reason."""
    proposal = _get(proposal_id)
    form = RejectForm(request.POST)
    if not form.is_valid():
        return _page(request, proposal, form=form)

    def done(at: datetime) -> str:
        rights.reject(proposal_id, by=request.user, at=at, reason=form.cleaned_data["reason"])
        return _("却下しました。")

    return _decided(request, proposal, done)


@require_POST
@requires("accounts.change_rights")
@step_up.required
def withdraw(request: StaffRequest, proposal_id: UUID) -> HttpResponse:
    """Take one's own proposal back."""

    def done(at: datetime) -> str:
        rights.withdraw(proposal_id, by=request.user, at=at)
        return _("申請を取り下げました。")

    return _decided(request, _get(proposal_id), done)


@require_POST
@requires("accounts.change_rights")
@step_up.required
@busy.told
def slip(request: StaffRequest, proposal_id: UUID) -> HttpResponse:
    """Print one's half of what somebody begins with. It is on this answer alone, which no history keeps."""
    proposal = _get(proposal_id)
    try:
        printed = slips.print_slip(proposal_id, by=request.user, at=timezone.now())
    except rights.Refused as refused:
        messages.error(request, str(refused))
        return redirect("accounts:proposal", proposal_id=proposal.pk)
    return render(
        request,
        "accounts/slip.html",
        {
            "slip": printed,
            "is_password": printed.part is slips.Part.PASSWORD,
            "least_length": passwords.least_length(),
            "proposal": proposal,
            "sign_in_url": request.build_absolute_uri(reverse("accounts:sign-in")),
        },
    )


def _decided(request: StaffRequest, proposal: Proposal, step: Callable[[datetime], str]) -> HttpResponse:
    try:
        messages.success(request, step(timezone.now()))
    except rights.Refused as refused:
        messages.error(request, str(refused))
    return redirect("accounts:proposal", proposal_id=proposal.pk)


def _get(proposal_id: UUID) -> Proposal:
    return get_object_or_404(
        Proposal.objects.select_related("user", "proposed_by", "decided_by", "assignment", "batch"), pk=proposal_id
    )


def _page(request: StaffRequest, proposal: Proposal, *, form: RejectForm) -> HttpResponse:
    by = request.user
    return render(
        request,
        "accounts/proposal.html",
        {
            "proposal": proposal,
            "sentence": proposal_view.sentence(proposal),
            "rows": proposal_view.comparison(proposal),
            "outcome": rights_policy.outcome_label(proposal),
            "why_not_decide": rights_policy.why_not_decide(proposal, by=by),
            "why_not_withdraw": rights_policy.why_not_withdraw(proposal, by=by),
            "obstacle": None
            if proposal.outcome
            else rights_policy.why_not_change(proposal, today=timezone.localdate()),
            "slip_parts": [
                (part, _("仮パスワード") if part is slips.Part.PASSWORD else _("登録コード"))
                for part in slips.parts_of(proposal)
            ],
            "own_part": slips.part_for(proposal, by=by),
            "why_no_slip": slips.why_not_print(proposal, by=by),
            "form": form,
        },
    )
