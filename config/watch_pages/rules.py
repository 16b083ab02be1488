"""The pages of the rules: all of them with their thresholds, trying one out, proposing a change, deciding on it."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts import step_up
from accounts.http import StaffRequest
from audit import actions, journal, words
from audit.gate import requires
from audit.models import ChangeOutcome, Rule, RuleChange, Simulation
from audit.watching import changes, people, review, simulation
from audit.watching.refusals import Refused
from config.watch_pages.forms import PROPOSE, SIMULATE, DecisionForm, RuleForm

#: Simulations of a rule that its page shows.
SIMULATIONS = 3
_DONE = {
    ChangeOutcome.APPROVED: _("承認しました。規則は、いまから新しい内容で働きます。"),
    ChangeOutcome.REJECTED: _("却下しました。"),
    ChangeOutcome.WITHDRAWN: _("申請を取り下げました。"),
}


@require_GET
@requires(people.WATCH, people.CHANGE_RULES)
def rules(request: StaffRequest) -> HttpResponse:
    """List the rules, what each looks for and how strictly: who is watched may know by what, and who watches must."""
    found = changes.standings()
    journal.record(actions.RULES_VIEWED, by=request.user, details={"count": len(found)})
    return render(
        request,
        "audit/watch_rules.html",
        {"standings": found, "may_change": request.user.has_perm(people.CHANGE_RULES)},
    )


@require_GET
@requires(people.WATCH, people.CHANGE_RULES)
def rule(request: StaffRequest, code: str) -> HttpResponse:
    """Show one rule, how it came to be as it is, and what it would have raised."""
    one = _rule(code)
    history = changes.history(one)
    names = review.actor_names([pk for each in history for pk in (each.proposed_by_id, each.decided_by_id)])
    may_change = request.user.has_perm(people.CHANGE_RULES)
    simulations = Simulation.objects.filter(rule=one).order_by("-asked_at")[:SIMULATIONS] if may_change else []
    journal.record(
        actions.RULES_VIEWED,
        by=request.user,
        subject=journal.Subject(kind="audit.rule", id=code),
        details={"rule": code},
    )
    return render(
        request,
        "audit/watch_rule.html",
        {
            "rule": one,
            "history": [
                (each, _rows(each), names.get(each.proposed_by_id, ""), names.get(each.decided_by_id or 0, ""))
                for each in history
            ],
            "simulations": [(each, _threshold_words(each.thresholds)) for each in simulations],
            "may_change": may_change,
            "waiting": next((each for each in history if not each.outcome), None),
        },
    )


@require_http_methods(["GET", "POST"])
@requires(people.CHANGE_RULES)
@step_up.required
def change_rule(request: StaffRequest, code: str) -> HttpResponse:
    """Try a rule out on the past, or propose that it works otherwise."""
    one = _rule(code)
    form = (
        RuleForm(request.POST, rule=one)
        if request.method == "POST"
        else RuleForm(rule=one, initial=_initial(request, one))
    )
    if request.method == "POST" and form.is_valid():
        proposes = request.POST.get("step") == PROPOSE
        try:
            if proposes:
                change = changes.propose(
                    one,
                    thresholds=form.thresholds,
                    is_on=form.cleaned_data["is_on"],
                    words=form.cleaned_data["words"],
                    by=request.user,
                )
            else:
                simulation.ask(one, thresholds=form.thresholds, weeks=form.cleaned_data["weeks"], by=request.user)
        except Refused as refused:
            form.add_error(None, refused.refusal.message)
        else:
            if proposes:
                messages.success(request, _("変更を申請しました。ほかの人が承認すると、規則が変わります。"))
                return redirect("watch-change", change_id=change.pk)
            messages.success(request, _("試算を始めました。終わると、この画面に結果が出ます。"))
            return redirect("watch-rule", code=code)
    return render(
        request,
        "audit/watch_rule_change.html",
        {"rule": one, "form": form, "simulate": SIMULATE, "propose": PROPOSE},
    )


@require_http_methods(["GET", "POST"])
@requires(people.CHANGE_RULES)
@step_up.required
def change(request: StaffRequest, change_id: UUID) -> HttpResponse:
    """Show a proposed change beside the rule as it is, and take down what comes of it."""
    one = get_object_or_404(RuleChange.objects.select_related("rule", "simulation"), pk=change_id)
    form = DecisionForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        try:
            changes.decide(change_id, outcome=request.POST.get("outcome", ""), by=request.user)
        except Refused as refused:
            messages.error(request, refused.refusal.message)
        else:
            messages.success(request, _DONE[ChangeOutcome(request.POST["outcome"])])
        return redirect("watch-change", change_id=change_id)
    names = review.actor_names([one.proposed_by_id, one.decided_by_id])
    journal.record(
        actions.RULES_VIEWED,
        by=request.user,
        subject=journal.Subject(kind="audit.rulechange", id=str(change_id)),
        details={"rule": one.rule_id},
    )
    return render(
        request,
        "audit/watch_change.html",
        {
            "change": one,
            "rows": _rows(one),
            "form": form,
            "proposed_by": names.get(one.proposed_by_id, ""),
            "decided_by": names.get(one.decided_by_id or 0, ""),
            "decide_refusal": changes.why_not_decide(one, by=request.user),
            "withdraw_refusal": changes.why_not_withdraw(one, by=request.user),
            "thresholds": _threshold_words(one.thresholds),
        },
    )


def _rule(code: str) -> Rule:
    found = Rule.objects.filter(pk=code).first()
    if found is None:
        raise Http404
    return found


def _initial(request: StaffRequest, one: Rule) -> dict[str, object]:
    """Return the rule as it is, or as it was simulated last by a link from its page."""
    wanted = request.GET.get("simulation", "")
    tried = next(
        (
            each
            for each in Simulation.objects.filter(rule=one).order_by("-asked_at")[:SIMULATIONS]
            if str(each.pk) == wanted
        ),
        None,
    )
    initial = RuleForm.initial_of(one)
    if tried is not None:
        initial |= {f"threshold_{key}": value for key, value in tried.thresholds.items()}
        initial["is_on"] = "1"
    return initial


def _rows(one: RuleChange) -> list[tuple[str, object, object]]:
    """Return what a change changes: each threshold as it is now and as it would be, and whether it is on."""
    rows: list[tuple[str, object, object]] = [
        (words.threshold(key), one.rule.thresholds.get(key, "―"), value) for key, value in one.thresholds.items()
    ]
    return [*rows, (_("状態"), _on(one.rule.is_on), _on(one.is_on))]


def _on(is_on: bool) -> str:
    return _("有効") if is_on else _("無効")


def _threshold_words(thresholds: dict[str, int]) -> str:
    return "、".join(f"{words.threshold(key)}＝{value}" for key, value in thresholds.items()) or _("しきい値なし")
