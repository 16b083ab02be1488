"""What was found, for those who look, and the only code that says what came of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from uuid import UUID

from django.db import DatabaseError, transaction
from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from audit import actions, journal
from audit.models import (
    ActorLabel,
    AnswerCode,
    Event,
    Hit,
    HitAnswer,
    HitState,
    PersonLabel,
    Result,
    Severity,
)
from audit.watching import people
from audit.watching.people import Reader
from audit.watching.refusals import Refusal, Refused, is_guard

PAGE: Final = 50
#: Words that settle something have to say something.
SHORTEST: Final = 10
LONGEST: Final = 1000
#: Answers that go with each state: what is explained has its reason in the work, or was dealt with.
CODES: Final[Mapping[HitState, frozenset[AnswerCode]]] = {
    HitState.EXPLAINED: frozenset(AnswerCode) - {AnswerCode.IMPROPER},
    HitState.TO_INVESTIGATE: frozenset({AnswerCode.IMPROPER}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One hit on the list: its sentence, what its people are called, and why this reader may not answer it."""

    hit: Hit
    sentence: str
    actor: str
    person: str
    refusal: Refusal | None


@dataclass(frozen=True, slots=True)
class Page:
    """One page of hits, the newest first, and where the next begins."""

    rows: list[Row]
    older: str | None


def page(
    *,
    by: Reader,
    state: str = "",
    severity: str = "",
    rule: str = "",
    section: str = "",
    first: date | None = None,
    last: date | None = None,
    before: str | None = None,
    size: int = PAGE,
) -> Page:
    """Return the hits that ``by`` may see, the newest first; a cursor that is not ours is the first page.

    ``first`` and ``last`` are days in Japan, both included.
    """
    found = Hit.objects.filter(people.within_reach(by))
    for name, value in (("state", state), ("severity", severity), ("rule_id", rule), ("section", section)):
        if value:
            found = found.filter(**{name: value})
    if first:
        found = found.filter(happened_at__gte=timezone.make_aware(datetime.combine(first, time.min)))
    if last:
        found = found.filter(happened_at__lte=timezone.make_aware(datetime.combine(last, time.max)))
    moment, _separator, key = (before or "").partition("_")
    try:
        at, pk = datetime.fromisoformat(moment), UUID(key)
    except ValueError:
        pass
    else:
        if at.utcoffset() == timedelta(0):
            found = found.filter(Q(happened_at__lt=at) | Q(happened_at=at, pk__lt=pk), happened_at__lte=at)
    hits = list(found.order_by("-happened_at", "-id")[: size + 1])
    shown = hits[:size]
    older = f"{shown[-1].happened_at.isoformat()}_{shown[-1].pk}" if len(hits) > size else None
    return Page(_rows(shown, by=by), older)


def waiting(*, by: Reader, most: int = 100) -> int:
    """Return how many hits nobody has looked at yet that ``by`` may see, counted up to ``most``."""
    return Hit.objects.filter(people.within_reach(by), state=HitState.OPEN).order_by()[:most].count()


def about_oneself(*, by: Reader, most: int = 100) -> int:
    """Return how many hits about ``by`` others still have to look into, counted up to ``most``; no more is told."""
    if not by.has_perm(people.WATCH):
        return 0
    mine = Hit.objects.filter(people__contains=[by.pk]).exclude(state=HitState.EXPLAINED)
    return mine.order_by()[:most].count()


def counts(*, by: Reader) -> dict[tuple[str, str], int]:
    """Return how many there are by (state, severity), for the tabs above the list."""
    return {
        (state, severity): n
        for state, severity, n in Hit.objects.filter(people.within_reach(by))
        .values_list("state", "severity")
        .annotate(n=Count("pk"))
        .order_by()
    }


def one(hit_id: UUID, *, by: Reader) -> Row:
    """Return one hit. Raises ``Hit.DoesNotExist`` for one that ``by`` may not see."""
    return _rows([Hit.objects.filter(people.within_reach(by)).get(pk=hit_id)], by=by)[0]


def entries(hit: Hit) -> list[Event]:
    """Return the entries that a hit is about, the oldest first; those that were pruned are not among them."""
    return list(
        Event.objects.filter(pk__in=hit.events, at__lte=hit.happened_at + timedelta(days=1)).order_by("at", "id")
    )


def answers(hit: Hit) -> list[tuple[HitAnswer, str]]:
    """Return every answer with who gave it, the oldest first."""
    found = list(HitAnswer.objects.filter(hit=hit).order_by("answered_at", "id"))
    names = actor_names(answer.answered_by_id for answer in found)
    return [(answer, names.get(answer.answered_by_id, "")) for answer in found]


def answer(hit_id: UUID, *, state: str, code: str, words: str, by: Reader) -> Hit:
    """Take down what ``by`` makes of a hit. Raises :class:`Refused` (recorded), or ``Hit.DoesNotExist``."""
    try:
        try:
            with transaction.atomic():
                hit = Hit.objects.filter(people.within_reach(by)).select_for_update().get(pk=hit_id)
                refusal = people.why_not_answer(hit, by=by) or _why_not_this(hit, state=state, code=code, words=words)
                if refusal:
                    raise Refused(refusal)
                given = HitAnswer(hit=hit, state=state, code=code, answered_by_id=by.pk)
                given.seal_words(words.strip())
                journal.record(
                    actions.HIT_ANSWERED,
                    by=by,
                    subject=_subject(hit_id),
                    person_id=hit.person_id,
                    reason=words.strip(),
                    details={"status": state, "code": code, "rule": hit.rule_id},
                )
                given.save(force_insert=True)
        except DatabaseError as error:
            if not is_guard(error):
                raise
            raise Refused(Refusal("refused_by_the_database", _("この操作は、いまはできません。"))) from error
    except Refused as refused:
        journal.record(
            actions.HIT_ANSWER_REFUSED,
            by=by,
            subject=_subject(hit_id),
            result=Result.REFUSED,
            details={"code": refused.refusal.code},
        )
        raise
    hit.refresh_from_db()
    return hit


def actor_names(ids: Iterable[int | None]) -> dict[int, str]:
    """Return what members of staff are called."""
    wanted = {one for one in ids if one is not None}
    return dict(ActorLabel.objects.filter(pk__in=wanted).values_list("pk", "name")) if wanted else {}


def person_names(ids: Iterable[UUID | None]) -> dict[UUID, str]:
    """Return what residents are called; those whose names were erased are not among them."""
    wanted = {one for one in ids if one is not None}
    return dict(PersonLabel.objects.filter(pk__in=wanted).values_list("pk", "name")) if wanted else {}


def severity_label(value: str) -> str:
    """Return a severity's name for the reader."""
    return str(Severity(value).label) if value in Severity.values else value


def _why_not_this(hit: Hit, *, state: str, code: str, words: str) -> Refusal | None:
    if state not in CODES or code not in CODES[HitState(state)]:
        return Refusal("unknown_answer", _("状態と理由の組合せを選び直してください。"))
    if hit.state == state:
        return Refusal("unchanged", _("すでに「要調査」です。"))
    if len(words.strip()) < SHORTEST:
        return Refusal("too_few_words", _("確かめたことを10文字以上で書いてください。"))
    if len(words) > LONGEST:
        return Refusal("too_many_words", _("確かめたことは1000文字以内で書いてください。"))
    return None


def _rows(hits: list[Hit], *, by: Reader) -> list[Row]:
    actors, residents = actor_names(hit.actor_id for hit in hits), person_names(hit.person_id for hit in hits)
    return [
        Row(
            hit=hit,
            sentence=hit.sentence,
            actor=actors.get(hit.actor_id or 0, ""),
            person=residents.get(hit.person_id, "") if hit.person_id else "",
            refusal=people.why_not_answer(hit, by=by),
        )
        for hit in hits
    ]


def _subject(hit_id: UUID) -> journal.Subject:
    return journal.Subject(kind="audit.hit", id=str(hit_id))
