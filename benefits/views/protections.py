"""Protected people: proposing that somebody is, deciding it, and lifting it again."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts import step_up
from accounts.http import StaffRequest
from audit import journal
from audit.gate import requires
from benefits import events, explanation, presenters, protection
from benefits.forms_showing import AnswerForm, ProtectionForm
from benefits.models import Person, Protection
from benefits.models.showing import ProtectionKind
from benefits.views.finding import visible
from benefits.workflow import Refused

LISTED = 100
#: What the buttons of a protection's page are called.
STEPS = frozenset({"approve", "reject", "lift", "withdraw"})


@require_http_methods(["GET", "POST"])
@requires(protection.PROPOSE)
def propose(request: StaffRequest, person_id: UUID) -> HttpResponse:
    """Ask why and how long somebody is to be protected. From then on they are, until it is decided."""
    person = visible(
        Person.objects.visible_to(request.user).within_reach(request.user, protection.PROPOSE),
        person_id,
        by=request.user,
    )
    today = timezone.localdate()
    form = ProtectionForm(request.POST or None, initial={"starts_on": today})
    if request.method == "POST" and form.is_valid():
        try:
            protection.propose(
                person,
                kind=ProtectionKind(form.cleaned_data["kind"]),
                starts_on=form.cleaned_data["starts_on"],
                ends_on=form.cleaned_data["ends_on"],
                reason=form.cleaned_data["reason"],
                by=request.user,
            )
        except Refused as refused:
            messages.error(request, str(refused))
        else:
            messages.success(request, _("保護を申請しました。所属長が決定するまでの間も、保護されます。"))
        return redirect(person)
    explanation.record(events.PERSON_VIEWED, by=request.user, subject=person, person_id=person.pk)
    return render(
        request,
        "benefits/person_protection.html",
        {"subject": person, "person": presenters.identity_of_person(person, today=today), "form": form},
    )


@require_GET
@requires(protection.PROPOSE, protection.DECIDE)
def index(request: StaffRequest) -> HttpResponse:
    """List what waits for a section head, the oldest first, and what protects people today."""
    reached = Protection.objects.within_reach(request.user, _reach(request)).select_related("person", "proposed_by")
    waiting = list(reached.waiting().order_by("proposed_at", "pk")[: LISTED + 1])
    in_force = list(
        reached.in_force(on=timezone.localdate()).exclude(outcome="").order_by("-proposed_at", "-pk")[: LISTED + 1]
    )
    journal.record(events.PROTECTION_VIEWED, by=request.user, details={"count": len(waiting) + len(in_force)})
    return render(
        request,
        "benefits/protections.html",
        {
            "lists": [
                ("waiting", _("決定を待っているもの"), waiting[:LISTED], _("決定を待っているものはありません。")),
                ("in-force", _("保護中の受給者"), in_force[:LISTED], _("保護中の受給者はいません。")),
            ],
            "is_more": max(len(waiting), len(in_force)) > LISTED,
            "listed": LISTED,
        },
    )


@require_http_methods(["GET", "POST"])
@requires(protection.PROPOSE, protection.DECIDE)
@step_up.required
def detail(request: StaffRequest, protection_id: UUID) -> HttpResponse:
    """Show one protection whole, and take the next step of it."""
    found = (
        Protection.objects.within_reach(request.user, _reach(request))
        .select_related("person", "proposed_by", "decided_by", "lift_proposed_by", "lifted_by")
        .filter(pk=protection_id)
        .first()
    )
    if found is None:
        raise Http404
    form = AnswerForm(request.POST or None)
    step = request.POST.get("step", "")
    if request.method == "POST" and step not in STEPS:
        raise BadRequest(_("画面の情報が欠けています。画面を開き直してください。"))
    if step == "withdraw" or (request.method == "POST" and form.is_valid()):
        try:
            messages.success(request, _take(step, found, form, request))
        except Refused as refused:
            messages.error(request, str(refused))
        return redirect("benefits:protection", protection_id=found.pk)
    explanation.record(
        events.PROTECTION_VIEWED,
        by=request.user,
        subject=journal.Subject(kind="benefits.protection", id=str(found.pk), label=found.person.label),
        person_id=found.person_id,
    )
    return render(
        request,
        "benefits/protection.html",
        {
            "protection": found,
            "subject": found.person,
            "person": presenters.identity_of_person(found.person, today=timezone.localdate()),
            "form": form,
            "why_not_decide": protection.why_not_decide(found, by=request.user),
            "why_not_lift": protection.why_not_ask_to_lift(found, by=request.user),
            "can_withdraw": protection.can_withdraw(found, by=request.user),
        },
    )


def _take(step: str, found: Protection, form: AnswerForm, request: StaffRequest) -> str:
    """Take the step that the pressed button names, and return what to say of it."""
    if step == "withdraw":
        protection.withdraw(found.pk, by=request.user)
        return _("申請を取り下げました。")
    reason: str = form.cleaned_data["reason"]
    if step == "lift":
        protection.ask_to_lift(found.pk, reason=reason, by=request.user)
        return _("解除を申請しました。所属長が決定するまで、保護は続きます。")
    protection.decide(found.pk, is_approved=step == "approve", reason=reason, by=request.user)
    return _("決定しました。") if step == "approve" else _("却下しました。")


def _reach(request: StaffRequest) -> str:
    """Return the duty by which this person meets protections."""
    return protection.DECIDE if request.user.has_perm(protection.DECIDE) else protection.PROPOSE
