"""What is told to those who watch: whom one knows, who works outside office hours, and which residents are made up."""

from datetime import timedelta
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _, gettext_lazy
from django.views.decorators.http import require_http_methods

from accounts import step_up
from accounts.http import StaffRequest
from accounts.models import User
from audit import journal
from audit.gate import requires
from benefits import events, watching
from benefits.forms_watching import MadeUpForm, OvertimeForm, RelationsForm
from benefits.models.showing import TwoPersonOutcome
from benefits.models.watching import MadeUpPerson, Overtime, RelationDeclaration
from benefits.rules.retention import fiscal_year
from benefits.workflow import Refused

#: How long what was registered stays on the page.
SHOWN_DAYS = 31
#: How many of the made-up, and of those who were proposed, the page shows.
LISTED = 50
PROPOSE = "PROPOSE"
_DECIDED = {
    TwoPersonOutcome.APPROVED: gettext_lazy("架空の受給者として決定しました。いまから、その人の閲覧を知らせます。"),
    TwoPersonOutcome.REJECTED: gettext_lazy("却下しました。"),
    TwoPersonOutcome.WITHDRAWN: gettext_lazy("申請を取り下げました。"),
}


@require_http_methods(["GET", "POST"])
def relations(request: StaffRequest) -> HttpResponse:
    """Take down what somebody declares about themselves this fiscal year. Nobody reads it: the rules compare it."""
    today = timezone.localdate()
    form = RelationsForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        watching.declare_relations(
            kana=form.cleaned_data["kana"],
            birth_on=form.cleaned_data["birth_on"],
            postal_code=form.cleaned_data["postal_code"],
            relations=form.relations,
            by=request.user,
        )
        messages.success(request, _("今年度の関係を申告しました。"))
        return redirect("accounts:account")
    last = RelationDeclaration.objects.filter(user=request.user).order_by("-declared_at").first()
    return render(
        request,
        "benefits/relations.html",
        {
            "form": form,
            "last": last,
            "has_declared": watching.has_declared(request.user, on=today),
            "year": fiscal_year(today),
        },
    )


@require_http_methods(["GET", "POST"])
@requires(watching.OVERSEE)
def overtime(request: StaffRequest) -> HttpResponse:
    """Register that somebody of one's section was told to work outside office hours, before they do."""
    section = request.user.section
    own = User.objects.filter(section=section).exclude(pk=request.user.pk) if section else User.objects.none()
    staff = [one for one in own.order_by("login_id") if one.may_sign_in]
    form = OvertimeForm(request.POST if request.method == "POST" else None, staff=staff)
    if request.method == "POST" and form.is_valid():
        starts_at, ends_at = form.span
        user = next(one for one in staff if one.pk == form.cleaned_data["user"])
        try:
            watching.register_overtime(user, starts_at=starts_at, ends_at=ends_at, by=request.user)
        except Refused as refused:
            form.add_error(None, refused.refusal.message)
        else:
            messages.success(request, _("時間外勤務を登録しました。"))
            return redirect("benefits:overtime")
    since = timezone.now() - timedelta(days=SHOWN_DAYS)
    registered = (
        Overtime.objects.filter(user__section=section, ends_at__gte=since)
        .select_related("user", "registered_by")
        .order_by("-starts_at")[:100]
        if section
        else []
    )
    return render(
        request,
        "benefits/overtime.html",
        {"form": form, "registered": registered, "section": section, "days": SHOWN_DAYS},
    )


@require_http_methods(["GET", "POST"])
@requires(watching.MAKE_UP)
@step_up.required
def made_up(request: StaffRequest) -> HttpResponse:
    """Show who is made up, propose somebody, decide on a proposal.

    For those alone who keep the rules: whoever knows them is not caught. Who it is stands in the form and not in the
    address, and in no entry.
    """
    form = MadeUpForm()
    step = request.POST.get("step", "")
    if request.method == "POST":
        if step == PROPOSE:
            form = MadeUpForm(request.POST)
            answer = _propose(request, form)
        elif step in TwoPersonOutcome.values:
            answer = _decide(request, TwoPersonOutcome(step))
        else:
            raise BadRequest(_("画面の情報が欠けています。画面を開き直してください。"))
        if answer is not None:
            return answer
    everybody = list(
        MadeUpPerson.objects.select_related("person", "proposed_by", "decided_by").order_by("-proposed_at")[:LISTED]
    )
    journal.record(events.MADE_UP_LISTED, by=request.user, details={"count": len(everybody)})
    return render(
        request,
        "benefits/made_up.html",
        {
            "form": form,
            "may_propose": watching.may_propose_made_up(request.user),
            "propose": PROPOSE,
            "waiting": [(one, one.proposed_by_id == request.user.pk) for one in everybody if not one.outcome],
            "decided": [one for one in everybody if one.outcome],
            "most": watching.MOST_MADE_UP,
        },
    )


def _propose(request: StaffRequest, form: MadeUpForm) -> HttpResponse | None:
    """Propose whom the form names, and lead on; None when the page is to be shown again."""
    if not form.is_valid():
        return None
    try:
        watching.propose_made_up_by_number(
            form.cleaned_data["recipient_number"], form.cleaned_data["birth_on"], by=request.user
        )
    except Refused as refused:
        form.add_error(None, refused.refusal.message)
        return None
    messages.success(
        request, _("架空の受給者として申請しました。ほかの人が決定すると、閲覧を知らせるようになります。")
    )
    return redirect("benefits:made-up")


def _decide(request: StaffRequest, outcome: TwoPersonOutcome) -> HttpResponse:
    try:
        watching.decide_made_up(UUID(request.POST.get("person", "")), outcome=outcome, by=request.user)
    except (ValueError, MadeUpPerson.DoesNotExist) as error:
        raise BadRequest(_("画面の情報が欠けています。画面を開き直してください。")) from error
    except Refused as refused:
        messages.error(request, refused.refusal.message)
    else:
        messages.success(request, str(_DECIDED[outcome]))
    return redirect("benefits:made-up")
