"""Each week a few of the explained views, drawn so that anybody can draw them again, for somebody else to look at.

The seed is the hash of a signed note that was made after the week: nobody could know it while they looked at people.
Every entry of the week gets a lot, SHA-256(seed ‖ id); the lowest lots are drawn.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import DatabaseError, connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from audit import actions, journal
from audit.models import Result, Sample, SampledView, SampleVerdict
from audit.watching import people, review
from audit.watching.facts import REGISTRY
from audit.watching.people import Reader
from audit.watching.refusals import Refusal, Refused, is_guard
from audit.watching.rules import JAPAN, start_of

#: One in a hundred, and never fewer than ten where there are ten.
SHARE: Final = 100
LEAST: Final = 10
EXPLAINED: Final = ("E1", "E2", "E3", "E4", "E5", "E6")
SHORTEST: Final = 10
LONGEST: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One drawn view: what its people are called, and why this reader may not answer it."""

    view: SampledView
    actor: str
    person: str
    refusal: Refusal | None


def drawn(*, by: Reader, weeks: int = 8) -> list[Sample]:
    """Return the newest draws that ``by`` may look through, the newest week first."""
    since = week_of(timezone.localdate()) - timedelta(weeks=weeks)
    return list(Sample.objects.filter(_within_reach(by), week__gte=since).order_by("-week", "section"))


def rows(sample: Sample, *, by: Reader) -> list[Row]:
    """Return the views of a draw in the order of the draw, without those that ``by`` made."""
    views = list(_views(by).filter(sample=sample).select_related("sample"))
    actors = review.actor_names(view.actor_id for view in views)
    residents = review.person_names(view.person_id for view in views)
    return [
        Row(
            view=view,
            actor=actors.get(view.actor_id, ""),
            person=residents.get(view.person_id, "") if view.person_id else "",
            refusal=people.why_not_answer_sample(view, by=by),
        )
        for view in views
    ]


def waiting(*, by: Reader, most: int = 100) -> int:
    """Return how many drawn views ``by`` may answer, counted up to ``most``."""
    return _views(by).filter(verdict="").order_by()[:most].count()


def answer(view_id: UUID, *, verdict: str, words: str, by: Reader) -> SampledView:
    """Take down what ``by`` makes of a drawn view. Raises :class:`Refused` (recorded)."""
    subject = journal.Subject(kind="audit.sampledview", id=str(view_id))
    try:
        try:
            with transaction.atomic():
                view = SampledView.objects.select_for_update().get(pk=view_id)
                refusal = people.why_not_answer_sample(view, by=by) or _why_not_this(verdict, words)
                if refusal:
                    raise Refused(refusal)
                view.verdict, view.answered_by_id = SampleVerdict(verdict), by.pk
                view.answered_at = timezone.now()
                view.seal_words(words.strip())
                view.save(update_fields=["verdict", "sealed_words", "answered_by_id", "answered_at"])
                journal.record(
                    actions.SAMPLE_ANSWERED,
                    by=by,
                    subject=subject,
                    person_id=view.person_id,
                    reason=words.strip(),
                    details={"status": verdict},
                )
        except DatabaseError as error:
            if not is_guard(error):
                raise
            raise Refused(Refusal("refused_by_the_database", _("この操作は、いまはできません。"))) from error
    except Refused as refused:
        journal.record(
            actions.SAMPLE_REFUSED,
            by=by,
            subject=subject,
            result=Result.REFUSED,
            details={"code": refused.refusal.code},
        )
        raise
    return view


def work() -> bool:
    """Draw last week's samples if they are still to be drawn, and return whether there were any.

    All sections in one transaction; a week without an explained view has one draw of nothing, so that nobody waits.
    """
    week = week_of(timezone.localdate()) - timedelta(weeks=1)
    if Sample.objects.filter(week=week).exists():
        return False
    found = _seed(after=start_of(week + timedelta(weeks=1)))
    if found is None:
        return False
    seed, size = found
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('audit.sample'))")
        if Sample.objects.filter(week=week).exists():
            return False
        sections = _sections(week)
        for section, lots in (sections or {"": []}).items():
            _draw(week, section, lots, seed=seed, size=size)
    return True


def draw_again(sample: Sample) -> list[UUID]:
    """Return which entries the seed picks from the record as it stands: for whoever doubts the draw."""
    lots = _sections(sample.week).get(sample.section, [])
    return [event for event, *_rest in _pick(lots, seed=sample.seed)]


def week_of(day: date) -> date:
    """Return the Monday of the week of ``day``."""
    return day - timedelta(days=day.weekday())


def how_many(population: int) -> int:
    """Return how many are drawn of so many."""
    return min(population, max(LEAST, -(-population // SHARE)))


_Lot = tuple[UUID, datetime, int, UUID | None, str]


def _pick(lots: Sequence[_Lot], *, seed: str) -> list[_Lot]:
    ordered = sorted(lots, key=lambda lot: hashlib.sha256(bytes.fromhex(seed) + lot[0].bytes).digest())
    return ordered[: how_many(len(ordered))]


def _draw(week: date, section: str, lots: Sequence[_Lot], *, seed: str, size: int) -> None:
    sample = Sample.objects.create(
        week=week, section=section, seed=seed, seed_size=size, population=len(lots), drawn_at=timezone.now()
    )
    SampledView.objects.bulk_create(
        SampledView(
            sample=sample,
            rank=rank,
            event_id=event,
            event_at=at,
            actor_id=actor,
            person_id=person,
            explanation=explanation,
        )
        for rank, (event, at, actor, person, explanation) in enumerate(_pick(lots, seed=seed), start=1)
    )
    journal.record(
        actions.SAMPLE_DRAWN,
        by=None,
        subject=journal.Subject(kind="audit.sample", id=str(sample.pk)),
        details={"week": week.isoformat(), "count": how_many(len(lots)), "fingerprint": seed},
    )


def _sections(week: date) -> dict[str, list[_Lot]]:
    """Return the explained views of a week that have a position, by section."""
    found: dict[str, list[_Lot]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT e.actor_section, e.id, e.at, e.actor_id, e.person_id, e.explanation"
            " FROM audit.event e JOIN audit.leaf l ON l.event_at = e.at AND l.event_id = e.id"
            " WHERE e.at >= %s AND e.at < %s AND e.action = ANY(%s) AND e.explanation = ANY(%s) AND e.result = 'DONE'"
            " AND e.actor_id IS NOT NULL ORDER BY e.actor_section, l.idx",
            [start_of(week), start_of(week + timedelta(weeks=1)), sorted(REGISTRY.looked), list(EXPLAINED)],
        )
        for section, *lot in cursor.fetchall():
            event, at, actor, person, explanation = lot
            found.setdefault(section, []).append((event, at, actor, person, explanation))
    return found


def _seed(*, after: datetime) -> tuple[str, int] | None:
    """Return the hash of the newest signed note, and its size; None while none was signed after the week."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT text, size FROM audit.note WHERE signed_at >= %s ORDER BY signed_at DESC, size DESC LIMIT 1",
            [after.astimezone(JAPAN)],
        )
        row = cursor.fetchone()
    return (hashlib.sha256(row[0].encode()).hexdigest(), row[1]) if row else None


def _within_reach(by: Reader, *, prefix: str = "") -> Q:
    if not by.has_perm(people.WATCH):
        return Q(pk__in=[])
    if people.sees_all(by):
        return Q()
    return Q(**{f"{prefix}section": by.section}) & ~Q(**{f"{prefix}section": ""})


def _views(by: Reader) -> QuerySet[SampledView]:
    return SampledView.objects.filter(_within_reach(by, prefix="sample__")).exclude(actor_id=by.pk).order_by("rank")


def _why_not_this(verdict: str, words: str) -> Refusal | None:
    if verdict not in SampleVerdict.values:
        return Refusal("unknown_answer", _("結果を選んでください。"))
    if verdict == SampleVerdict.DOUBTFUL and len(words.strip()) < SHORTEST:
        return Refusal("too_few_words", _("確かめられないと考えた理由を10文字以上で書いてください。"))
    if len(words) > LONGEST:
        return Refusal("too_many_words", _("所見は1000文字以内で書いてください。"))
    return None
