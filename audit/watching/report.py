"""A month of watching in figures: what the monthly report says and is signed for. Counted when asked, nothing kept."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from audit import history, vocabulary, words
from audit.models import (
    AnswerCode,
    ChangeOutcome,
    Hit,
    HitAnswer,
    HitState,
    Rule,
    RuleChange,
    SampledView,
    SampleVerdict,
    Severity,
    Verification,
)
from audit.watching import facts
from audit.watching.facts import REGISTRY
from audit.watching.rules import start_of

#: Answers that say the rule pointed at something: for the share that shows whether a rule is worth its work.
POINTED: Final = frozenset({AnswerCode.IMPROPER, AnswerCode.HANDLED, AnswerCode.MISTAKE})
CANARY: Final = "W16"
#: Ages of what nobody has looked at, in days: up to and including.
AGES: Final = (7, 14, 30)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleLine:
    """One rule's month: how many it raised, by state, and how many of those answered pointed at something."""

    code: str
    name: str
    is_on: bool
    raised: int
    high: int
    open: int
    explained: int
    to_investigate: int
    #: Share in per cent of the answered ones that were no proper work; None while none is answered.
    precision: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What happened in a month, and what was done about it."""

    month: date
    rules: list[RuleLine]
    #: Section → how many hits, the most first; "" are those of several sections or of the record itself.
    by_section: list[tuple[str, int]]
    #: How long those that nobody has looked at have waited (in words), at the end of the month or now.
    open_by_age: list[tuple[str, int]]
    samples_drawn: int
    samples_answered: int
    samples_doubtful: int
    canary_hits: int
    reveals: int
    reveals_unexplained: int
    views: int
    views_unexplained: int
    exports: int
    rule_changes: int
    faults: int
    #: Each verification of the month: when it ended, and with what, in words.
    verifications: list[tuple[datetime, str]]
    last_size: int | None
    last_root: str

    @property
    def raised(self) -> int:
        """How many hits in all."""
        return sum(line.raised for line in self.rules)

    @property
    def open(self) -> int:
        """How many of them nobody has looked at yet."""
        return sum(line.open for line in self.rules)


def month_of(month: date) -> tuple[datetime, datetime]:
    """Return when a month begins and ends in Japan."""
    first = month.replace(day=1)
    return start_of(first), start_of((first + timedelta(days=32)).replace(day=1))


def report(month: date) -> Report:
    """Return the figures of the month of ``month``."""
    since, until = month_of(month)
    hits = list(
        Hit.objects.filter(happened_at__gte=since, happened_at__lt=until).values_list(
            "pk", "rule_id", "severity", "state", "section"
        )
    )
    views = SampledView.objects.filter(event_at__gte=since, event_at__lt=until)
    size, root = _last_checkpoint(until)
    return Report(
        month=since.date(),
        rules=_lines(hits),
        by_section=Counter(section for *_rest, section in hits).most_common(),
        open_by_age=_ages(min(until, timezone.now())),
        samples_drawn=views.count(),
        samples_answered=views.exclude(verdict="").count(),
        samples_doubtful=views.filter(verdict=SampleVerdict.DOUBTFUL).count(),
        canary_hits=sum(1 for _pk, rule, *_rest in hits if rule == CANARY),
        reveals=_tally(REGISTRY.reveals, since, until),
        reveals_unexplained=_unexplained(REGISTRY.reveals, since, until),
        views=_tally(vocabulary.views(), since, until),
        views_unexplained=_unexplained(vocabulary.views(), since, until),
        exports=_tally(REGISTRY.of_kind(facts.EXPORT, facts.NUMBER_EXPORT), since, until),
        rule_changes=RuleChange.objects.filter(
            outcome=ChangeOutcome.APPROVED, decided_at__gte=since, decided_at__lt=until
        ).count(),
        faults=_faults(since, until),
        verifications=[
            (one.ended_at, _outcome(one.faults))
            for one in Verification.objects.filter(ended_at__gte=since, ended_at__lt=until).order_by("ended_at")
            if one.ended_at is not None
        ],
        last_size=size,
        last_root=root,
    )


def _lines(hits: list[tuple[Any, ...]]) -> list[RuleLine]:
    codes: dict[Any, str] = {}
    answers = HitAnswer.objects.filter(hit__in=[pk for pk, *_rest in hits]).order_by("answered_at", "id")
    for hit, code in answers.values_list("hit_id", "code"):
        codes[hit] = code if codes.get(hit) != AnswerCode.IMPROPER else AnswerCode.IMPROPER
    lines = []
    for rule in sorted(Rule.objects.all(), key=lambda one: one.number):
        own = [hit for hit in hits if hit[1] == rule.pk]
        states = Counter(state for _pk, _rule, _severity, state, _section in own)
        answered = [codes[pk] for pk, *_rest in own if pk in codes]
        pointed = sum(1 for code in answered if code in POINTED)
        lines.append(
            RuleLine(
                code=rule.pk,
                name=words.name(rule.pk),
                is_on=rule.is_on,
                raised=len(own),
                high=sum(1 for hit in own if hit[2] == Severity.HIGH),
                open=states[HitState.OPEN],
                explained=states[HitState.EXPLAINED],
                to_investigate=states[HitState.TO_INVESTIGATE],
                precision=100 * pointed // len(answered) if answered else None,
            )
        )
    return lines


def _ages(at: datetime) -> list[tuple[str, int]]:
    """Return how long everything that is still unlooked at has waited, whatever month it is of."""
    waiting = Hit.objects.filter(state=HitState.OPEN, happened_at__lt=at).values_list("happened_at", flat=True)
    days = [(at - happened_at).days for happened_at in waiting]
    found, before = [], -1
    for age in AGES:
        found.append((_("%d日以内") % age, sum(1 for one in days if before < one <= age)))
        before = age
    found.append((_("%d日より前") % AGES[-1], sum(1 for one in days if one > AGES[-1])))
    return found


def _tally(actions: Iterable[str], since: datetime, until: datetime) -> int:
    found: int = _one(
        "SELECT coalesce(sum(n), 0)::bigint FROM audit.tally_hour WHERE day >= %s AND day < %s AND action = ANY(%s)",
        [since.date(), until.date(), sorted(actions)],
    )
    return found


def _unexplained(actions: Iterable[str], since: datetime, until: datetime) -> int:
    return history.Steps(actions=list(actions), explanation="E0").number(since=since, until=until)


def _outcome(faults: int) -> str:
    return _("異常%d件") % faults if faults else _("異常なし")


def _faults(since: datetime, until: datetime) -> int:
    found: int = _one("SELECT count(*) FROM audit.fault WHERE found_at >= %s AND found_at < %s", [since, until])
    return found


def _last_checkpoint(until: datetime) -> tuple[int | None, str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT size, encode(root, 'hex') FROM audit.checkpoint WHERE sealed_at < %s ORDER BY size DESC LIMIT 1",
            [until],
        )
        row = cursor.fetchone()
    return (row[0], row[1]) if row else (None, "")


def _one(statement: str, values: list[Any]) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchone()[0]
