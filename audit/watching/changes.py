"""Changing a rule: proposed by one person after a simulation, decided by another, and nobody about themselves."""

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db import DatabaseError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit import actions, journal
from audit.models import (
    ChangeOutcome,
    Hit,
    HitState,
    Result,
    Rule,
    RuleChange,
    Simulation,
    SimulationState,
)
from audit.watching.people import CHANGE_RULES, Reader
from audit.watching.refusals import Refusal, Refused, is_guard

SHORTEST: Final = 10
LONGEST: Final = 1000
#: No threshold is larger: beyond it a rule is off in all but name.
LARGEST: Final = 100_000

_STEPS: Final = {
    ChangeOutcome.APPROVED: actions.RULE_APPROVED,
    ChangeOutcome.REJECTED: actions.RULE_REJECTED,
    ChangeOutcome.WITHDRAWN: actions.RULE_WITHDRAWN,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A rule as the page shows it: the change that waits, and the last simulation."""

    rule: Rule
    waiting: RuleChange | None
    simulation: Simulation | None


def standings() -> list[Standing]:
    """Return every rule in order, in three queries."""
    waiting = {change.rule_id: change for change in RuleChange.objects.filter(outcome="")}
    last: dict[str, Simulation] = {}
    for simulation in Simulation.objects.order_by("rule_id", "-asked_at").distinct("rule_id"):
        last[simulation.rule_id] = simulation
    rules = sorted(Rule.objects.select_related("progress"), key=lambda rule: rule.number)
    return [Standing(rule=rule, waiting=waiting.get(rule.pk), simulation=last.get(rule.pk)) for rule in rules]


def simulated(rule: Rule, thresholds: dict[str, int]) -> Simulation | None:
    """Return the last finished simulation of ``rule`` with exactly those thresholds."""
    return (
        Simulation.objects.filter(rule=rule, state=SimulationState.DONE, thresholds=thresholds)
        .order_by("-asked_at")
        .first()
    )


def why_not_propose(rule: Rule, *, thresholds: dict[str, int], is_on: bool, by: Reader) -> Refusal | None:
    """Return why ``by`` may not propose that, or None when they may."""
    if refusal := _why_not_touch(rule, by=by):
        return refusal
    if RuleChange.objects.filter(rule=rule, outcome="").exists():
        return Refusal("one_waits", _("この規則の変更の申請が、すでに決定を待っています。"))
    if not fits(rule, thresholds):
        return Refusal("unknown_thresholds", _("しきい値は0から100000までの整数で入力してください。"))
    if is_on == rule.is_on and thresholds == rule.thresholds:
        return Refusal("unchanged", _("いまの規則と同じです。"))
    if is_on and simulated(rule, thresholds) is None:
        return Refusal("not_simulated", _("このしきい値での試算を先に行ってください。"))
    return None


def fits(rule: Rule, thresholds: dict[str, Any]) -> bool:
    """Say whether these are the rule's thresholds, each a number within bounds."""
    return set(thresholds) == set(rule.thresholds) and all(
        isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LARGEST
        for value in thresholds.values()
    )


def propose(rule: Rule, *, thresholds: dict[str, int], is_on: bool, words: str, by: Reader) -> RuleChange:
    """Propose that ``rule`` works with ``thresholds``, or not at all. Raises :class:`Refused` (recorded)."""

    def step() -> RuleChange:
        refusal = why_not_propose(rule, thresholds=thresholds, is_on=is_on, by=by) or _why_not_these(words)
        if refusal:
            raise Refused(refusal)
        change = RuleChange(
            rule=rule,
            thresholds=thresholds,
            is_on=is_on,
            simulation=simulated(rule, thresholds),
            proposed_by_id=by.pk,
        )
        change.seal_reason(words.strip())
        change.save(force_insert=True)
        journal.record(
            actions.RULE_PROPOSED,
            by=by,
            subject=_subject(change.pk),
            reason=words.strip(),
            details={"rule": rule.pk, "status": "ON" if is_on else "OFF", "conditions": thresholds},
        )
        return change

    return _attempt(step, subject=journal.Subject(kind="audit.rule", id=rule.pk), by=by)


def why_not_decide(change: RuleChange, *, by: Reader) -> Refusal | None:
    """Return why ``by`` may not decide, or None when they may."""
    if refusal := _why_not_touch(change.rule, by=by):
        return refusal
    if change.outcome:
        return Refusal("decided", _("この申請は、すでに決定されています。"))
    if change.proposed_by_id == by.pk:
        return Refusal("own_proposal", _("自分の申請は、自分では決定できません。"))
    return None


def why_not_withdraw(change: RuleChange, *, by: Reader) -> Refusal | None:
    """Return why ``by`` may not take the proposal back, or None when they may."""
    if change.outcome:
        return Refusal("decided", _("この申請は、すでに決定されています。"))
    if change.proposed_by_id != by.pk:
        return Refusal("not_own_proposal", _("取り下げられるのは、申請した人だけです。"))
    return None


def decide(change_id: UUID, *, outcome: str, by: Reader) -> RuleChange:
    """Approve (it is in force at once), reject or withdraw a proposal. Raises :class:`Refused` (recorded)."""

    def step() -> RuleChange:
        change = RuleChange.objects.select_for_update().get(pk=change_id)
        if outcome not in ChangeOutcome.values:
            raise Refused(Refusal("unknown_outcome", _("承認、却下、取下げのどれかを選んでください。")))
        why_not = why_not_withdraw if outcome == ChangeOutcome.WITHDRAWN else why_not_decide
        if refusal := why_not(change, by=by):
            raise Refused(refusal)
        change.outcome, change.decided_by_id, change.decided_at = ChangeOutcome(outcome), by.pk, timezone.now()
        change.save(update_fields=["outcome", "decided_by_id", "decided_at"])
        journal.record(
            _STEPS[ChangeOutcome(outcome)],
            by=by,
            subject=_subject(change.pk),
            details={
                "rule": change.rule_id,
                "status": "ON" if change.is_on else "OFF",
                "conditions": change.thresholds,
            },
        )
        if outcome == ChangeOutcome.APPROVED:
            _apply(change)
        return change

    return _attempt(step, subject=_subject(change_id), by=by)


def history(rule: Rule, *, most: int = 50) -> list[RuleChange]:
    """Return the changes of a rule, the newest first."""
    return list(RuleChange.objects.filter(rule=rule).select_related("simulation").order_by("-proposed_at")[:most])


def _apply(change: RuleChange) -> None:
    rule = Rule.objects.select_for_update().get(pk=change.rule_id)
    rule.thresholds, rule.is_on, rule.change_id = change.thresholds, change.is_on, change.pk
    rule.since = timezone.now()
    rule.save(update_fields=["thresholds", "is_on", "change_id", "since"])


def _why_not_touch(rule: Rule, *, by: Reader) -> Refusal | None:
    if not by.has_perm(CHANGE_RULES):
        return Refusal("not_permitted", _("規則を変える権限がありません。"))
    if Hit.objects.filter(rule=rule, people__contains=[by.pk]).exclude(state=HitState.EXPLAINED).exists():
        return Refusal(
            "about_oneself", _("この規則が自分について知らせたことの確認が終わるまで、この規則は扱えません。")
        )
    return None


def _why_not_these(words: str) -> Refusal | None:
    if not SHORTEST <= len(words.strip()) <= LONGEST:
        return Refusal("too_few_words", _("理由を10文字以上、1000文字以内で書いてください。"))
    return None


def _attempt(step: Any, *, subject: journal.Subject, by: Reader) -> RuleChange:
    try:
        try:
            with transaction.atomic():
                change: RuleChange = step()
        except DatabaseError as error:
            if not is_guard(error):
                raise
            raise Refused(Refusal("refused_by_the_database", _("この操作は、いまはできません。"))) from error
    except Refused as refused:
        journal.record(
            actions.RULE_REFUSED,
            by=by,
            subject=subject,
            result=Result.REFUSED,
            details={"code": refused.refusal.code},
        )
        raise
    return change


def _subject(change_id: UUID) -> journal.Subject:
    return journal.Subject(kind="audit.rulechange", id=str(change_id))
