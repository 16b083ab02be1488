"""The staff: who there is, what each may do, and the forms that propose a change of it."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import actions, attempts, passwords, rights, rights_policy, sessions, staff_list, step_up
from accounts.forms_rights import (
    EndForm,
    GrantForm,
    HireForm,
    MoveForm,
    ProposalForm,
    ReasonForm,
    ResetForm,
    ResumeForm,
    StaffFilter,
    StopForm,
)
from accounts.http import StaffRequest
from accounts.models import Proposal, RoleAssignment, User
from accounts.models.rights import ProposalKind
from accounts.models.sessions import EndReason
from accounts.roles import HANDBOOK, Role
from audit import journal
from audit.gate import requires

LATEST = 20


@require_GET
@requires("accounts.view_user")
def index(request: StaffRequest) -> HttpResponse:
    """List the staff, a page at a time, narrowed down by section, role and state."""
    now = timezone.now()
    form = StaffFilter(request.GET)
    conditions = form.cleaned_data if form.is_valid() else None
    page = staff_list.page(conditions, after=request.GET.get("after", ""), at=now) if conditions is not None else None
    journal.record(
        actions.STAFF_LISTED,
        by=request.user,
        details={
            "fields": sorted(name for name, value in (conditions or {}).items() if value),
            "count": page.count if page else 0,
        },
    )
    chosen = {name: value for name, value in (conditions or {}).items() if value}
    return render(
        request,
        "accounts/staff.html",
        {
            "form": form,
            "page": page,
            "next_url": f"?{urlencode({**chosen, 'after': page.after})}" if page and page.after else "",
            "first_url": f"?{urlencode(chosen)}" if request.GET.get("after") else "",
            "is_filtered": bool(chosen),
            "administrators": staff_list.administrators(at=now),
            "waiting": Proposal.objects.filter(outcome="").count(),
            "duties": list(HANDBOOK.values()),
            "may_change": request.user.has_perm(rights_policy.CHANGE_RIGHTS),
        },
    )


@require_GET
@requires("accounts.view_user")
def person(request: StaffRequest, user_id: int) -> HttpResponse:
    """Show one member of staff: what they may do, by whose decision, and what is proposed."""
    about = get_object_or_404(User, pk=user_id)
    journal.record(actions.STAFF_VIEWED, by=request.user, subject=about)
    return _person_page(request, about, form=ReasonForm())


@require_http_methods(["GET", "POST"])
@requires("accounts.change_rights")
@step_up.required
def hire(request: StaffRequest) -> HttpResponse:
    """Propose to take somebody on."""
    form = HireForm(_sent(request))
    return _propose(
        request, ProposalKind.HIRE, form, heading=_("利用者の登録を申請する"), back=reverse("accounts:staff")
    )


@require_http_methods(["GET", "POST"])
@requires("accounts.change_rights")
@step_up.required
def grant(request: StaffRequest, user_id: int) -> HttpResponse:
    """Propose a duty. Beside each that would conflict stands with what."""
    about = get_object_or_404(User, pk=user_id)
    today = timezone.localdate()
    form = GrantForm(_sent(request), initial={"starts_on": today}, hints=_hints(about))
    return _propose(request, ProposalKind.GRANT, form, heading=_("役割の付与を申請する"), about=about)


@require_http_methods(["GET", "POST"])
@requires("accounts.change_rights")
@step_up.required
def end_right(request: StaffRequest, user_id: int, assignment_id: int) -> HttpResponse:
    """Propose that a duty ends."""
    about = get_object_or_404(User, pk=user_id)
    given = get_object_or_404(RoleAssignment, pk=assignment_id, user=about)
    form = EndForm(_sent(request), initial={"ends_on": timezone.localdate()})
    heading = _("「%(role)s」の終了を申請する") % {"role": given.label}
    return _propose(request, ProposalKind.END, form, heading=heading, about=about, assignment=given)


@require_http_methods(["GET", "POST"])
@requires("accounts.change_rights")
@step_up.required
def move(request: StaffRequest, user_id: int) -> HttpResponse:
    """Propose another name or section."""
    about = get_object_or_404(User, pk=user_id)
    form = MoveForm(_sent(request), initial={"display_name": about.display_name, "section": about.section})
    return _propose(request, ProposalKind.MOVE, form, heading=_("氏名・所属の変更を申請する"), about=about)


@require_http_methods(["GET", "POST"])
@requires("accounts.change_rights")
@step_up.required
def stop(request: StaffRequest, user_id: int) -> HttpResponse:
    """Propose that a leaver stops, now or after a day."""
    about = get_object_or_404(User, pk=user_id)
    return _propose(
        request, ProposalKind.STOP, StopForm(_sent(request)), heading=_("利用の停止を申請する"), about=about
    )


@require_http_methods(["GET", "POST"])
@requires("accounts.change_rights")
@step_up.required
def resume(request: StaffRequest, user_id: int) -> HttpResponse:
    """Propose that somebody who was stopped comes back."""
    about = get_object_or_404(User, pk=user_id)
    return _propose(
        request, ProposalKind.RESUME, ResumeForm(_sent(request)), heading=_("利用の再開を申請する"), about=about
    )


@require_http_methods(["GET", "POST"])
@requires("accounts.change_rights")
@step_up.required
def reset(request: StaffRequest, user_id: int) -> HttpResponse:
    """Propose that a lost password or factor is given anew."""
    about = get_object_or_404(User, pk=user_id)
    heading = _("パスワード・確認手段の再設定を申請する")
    return _propose(request, ProposalKind.RESET, ResetForm(_sent(request)), heading=heading, about=about)


@require_http_methods(["GET", "POST"])
@requires("accounts.change_rights")
@step_up.required
def stop_now(request: StaffRequest, user_id: int) -> HttpResponse:
    """Stop somebody at once: the one change that takes one administrator alone, since it only protects."""
    about = get_object_or_404(User, pk=user_id)
    form = ReasonForm(_sent(request))
    if request.method == "POST" and form.is_valid():
        try:
            rights.stop_now(about, by=request.user, at=timezone.now(), reason=form.cleaned_data["reason"])
        except rights.Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(
                request, _("利用を停止し、サインインを終了しました。再開には、2人の利用者管理者が要ります。")
            )
            return redirect("accounts:person", user_id=about.pk)
    return _form_page(
        request,
        form,
        heading=_("いますぐ停止する"),
        about=about,
        back=reverse("accounts:person", args=[about.pk]),
        button=_("いますぐ停止する"),
        warning=_(
            "承認を待たずに停止し、この人のサインインをすべて終了します。端末の紛失や不正利用のおそれがあるときに使います。"
        ),
    )


@require_POST
@requires("accounts.change_rights")
@step_up.required
def let_in(request: StaffRequest, user_id: int) -> HttpResponse:
    """Let somebody whom wrong guesses shut out try again."""
    about = get_object_or_404(User, pk=user_id)

    def done(at: datetime) -> str:
        rights.let_in(about, by=request.user, at=at)
        return _("ロックを解除しました。本人かどうかを確かめてから伝えてください。")

    return _at_once(request, about, done)


@require_POST
@requires("accounts.change_rights")
@step_up.required
def compromised(request: StaffRequest, user_id: int) -> HttpResponse:
    """Mark a password as known to somebody else: it must be changed before anything else, and the sessions end."""
    about = get_object_or_404(User, pk=user_id)

    def done(at: datetime) -> str:
        with rights.step("compromised", by=request.user, subject=about):
            rights.refuse_if_emergency(about)
        passwords.mark_compromised(about, by=request.user, at=at)
        return _("パスワードの変更を求め、サインインをすべて終了しました。")

    return _at_once(request, about, done)


@require_POST
@requires("accounts.change_rights")
@step_up.required
def end_sessions(request: StaffRequest, user_id: int) -> HttpResponse:
    """End every session of somebody."""
    about = get_object_or_404(User, pk=user_id)

    def done(at: datetime) -> str:
        with rights.step("end_sessions", by=request.user, subject=about):
            rights.refuse_if_emergency(about)
        count = sessions.end_all(about, EndReason.ENDED_BY_ADMINISTRATOR, by=request.user, at=at)
        return _("サインインを%(count)s件終了しました。") % {"count": count}

    return _at_once(request, about, done)


def _sent(request: StaffRequest) -> QueryDict | None:
    """Return the form that was sent, which may be an empty one."""
    return request.POST if request.method == "POST" else None


def _at_once(request: StaffRequest, about: User, step: Callable[[datetime], str]) -> HttpResponse:
    try:
        messages.success(request, step(timezone.now()))
    except rights.Refused as refused:
        messages.error(request, str(refused))
    return redirect("accounts:person", user_id=about.pk)


def _propose(
    request: StaffRequest,
    kind: ProposalKind,
    form: ProposalForm,
    *,
    heading: str,
    about: User | None = None,
    assignment: RoleAssignment | None = None,
    back: str = "",
) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        try:
            proposal = rights.propose(
                kind, by=request.user, at=timezone.now(), user=about, assignment=assignment, **form.proposed()
            )
        except rights.Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("申請しました。もう1人の利用者管理者が承認すると、変更されます。"))
            return redirect("accounts:proposal", proposal_id=proposal.pk)
    return _form_page(
        request,
        form,
        heading=heading,
        about=about,
        back=back or reverse("accounts:person", args=[about.pk if about else 0]),
        button=_("申請する"),
    )


def _form_page(
    request: StaffRequest,
    form: ReasonForm,
    *,
    heading: str,
    about: User | None,
    back: str,
    button: str,
    warning: str = "",
) -> HttpResponse:
    return render(
        request,
        "accounts/change_form.html",
        {
            "form": form,
            "heading_text": heading,
            "about": about,
            "is_oneself": about is not None and about.pk == request.user.pk,
            "back": back,
            "button": button,
            "warning": warning,
        },
    )


def _hints(about: User) -> dict[str, str]:
    """Return what to say beside each duty that this person may not hold together with one they have."""
    today = timezone.localdate()
    found = {}
    for role in Role:
        if conflicts := rights_policy.conflicts_of(about, role, starts_on=today, ends_on=None):
            found[role.value] = _("（「%(role)s」と兼ねることができません）") % {"role": conflicts[0].label}
        elif HANDBOOK[role].needs_office:
            found[role.value] = _("（保健所を選びます）")
    return found


def _person_page(request: StaffRequest, about: User, *, form: ReasonForm) -> HttpResponse:
    now, today = timezone.now(), timezone.localdate()
    is_oneself = about.pk == request.user.pk
    given = about.role_assignments.select_related(
        "proposal__proposed_by", "proposal__decided_by", "ended_by__proposed_by", "ended_by__decided_by"
    ).order_by("-starts_on", "-pk")
    proposals = about.proposals.select_related("proposed_by", "decided_by").order_by("-proposed_at")[:LATEST]
    is_shut = attempts.is_shut(about.login_id)
    context: dict[str, Any] = {
        "about": about,
        "state": staff_list.state_of(about, is_shut=is_shut, today=today),
        "rights": [staff_list.right_row(one, today=today) for one in given],
        "proposals": list(proposals),
        "sessions_going": about.staff_sessions.filter(ended_at__isnull=True).count(),
        "last_used": staff_list.last_used(about),
        "is_oneself": is_oneself,
        "is_shut": is_shut,
        "may_change": request.user.has_perm(rights_policy.CHANGE_RIGHTS) and not is_oneself and not about.is_emergency,
        "has_factor": rights_policy.has_factor(about),
        "now": now,
    }
    return render(request, "accounts/person.html", context)
