"""Clocks: until when each number is kept, and why. Nothing is decided here, and nothing is deleted.

A clock runs from the end of what the number was held for: the last day of the last certification of the person (for
the people of a household, of their application), or, of an application that was never approved, its last day of work;
of a corrected version, the day of the correction. While an application waits for its decision no clock runs.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from benefits import wareki
from benefits.choices import Status
from benefits.models import Application, Certification, DeletionHold, HouseholdPerson, Person, RetentionPeriod
from benefits.models.retention import CountedFrom, HoldingKind, PeriodOutcome
from benefits.rules import retention as counting
from mynumber import deletion
from mynumber.deletion import Sealed

SUPERSEDED = "SUPERSEDED"
IN_USE = "IN_USE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """How one sealed version's time stands. ``due_on`` is the last day that it is kept; None: no end is known."""

    sealed: Sealed
    holding: HoldingKind
    since_on: date | None
    due_on: date | None
    period: RetentionPeriod | None
    why: str
    label: str = ""

    def is_over(self, on: date) -> bool:
        """Say whether the last day has passed."""
        return self.due_on is not None and self.due_on < on


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """What is known of the applications behind a number."""

    valid_to: date | None
    worked_on: date | None
    is_waiting: bool
    programme: str
    label: str


class Periods:
    """The periods in force on one day."""

    def __init__(self, *, on: date) -> None:
        self._rows = list(
            RetentionPeriod.objects.filter(outcome=PeriodOutcome.APPROVED, valid_from__lte=on).order_by(
                "valid_from", "pk"
            )
        )

    def for_holding(self, holding: str, *, programme: str) -> RetentionPeriod | None:
        """Return the period for that kind of number: the most particular one, of those the latest."""
        fitting = [row for row in self._rows if row.holding in ("", holding) and row.programme in ("", programme)]
        # the rows stand in order of their days, and max keeps the first of equals: asked from the end
        return max(reversed(fitting), key=lambda row: (bool(row.holding), bool(row.programme)), default=None)


def last_day(since: date, period: RetentionPeriod) -> date:
    """Return the last day on which a number is kept whose reason ended on ``since``."""
    return counting.last_day(
        since,
        years=period.years,
        months=period.months,
        from_fiscal_year_end=period.counted_from == CountedFrom.FISCAL_YEAR_END,
    )


def clocks(sealed: Sequence[Sealed], *, on: date) -> list[Clock]:
    """Return the clock of each sealed version, in the same order, in a fixed number of queries."""
    cases = _cases({one.person for one in sealed})
    periods = Periods(on=on)
    return [_clock(one, cases[one.person], periods) for one in sealed]


def clocks_of(person: UUID, *, on: date) -> list[Clock]:
    """Return the clocks of everything sealed that is held of one person, the one in use first."""
    found = clocks(deletion.sealed_of([person]), on=on)
    return sorted(found, key=lambda clock: (clock.sealed.state != IN_USE, -clock.sealed.version))


def due_on(person_ids: Iterable[UUID], *, on: date | None = None) -> dict[UUID, date | None]:
    """Return until when the number of each person is kept; None while no end is known, or without a number.

    Of somebody with several sealed versions the one in use counts, or the one that waits; never a corrected one.
    """
    people = list(person_ids)
    found: dict[UUID, date | None] = dict.fromkeys(people)
    current = [one for one in deletion.sealed_of(people) if one.state != SUPERSEDED]
    current.sort(key=lambda one: (one.state == IN_USE, one.version))
    for clock in clocks(current, on=on or timezone.localdate()):
        found[clock.sealed.person] = clock.due_on
    return found


def explain(person_id: UUID, *, on: date | None = None) -> str:
    """Return in words until when the person's number is kept, and why ("" without a number)."""
    current = [clock for clock in clocks_of(person_id, on=on or timezone.localdate()) if not _is_superseded(clock)]
    return current[0].why if current else ""


def on_hold(people: Iterable[UUID]) -> dict[UUID, DeletionHold]:
    """Return an active hold of each of ``people`` that has one; a patient's hold keeps the household's numbers too."""
    wanted = list(people)
    patients = dict(HouseholdPerson.objects.filter(pk__in=wanted).values_list("pk", "application__person_id"))
    holds = {
        hold.person_id: hold
        for hold in DeletionHold.objects.filter(
            person__in={*wanted, *patients.values()}, ended_at__isnull=True
        ).order_by("-set_at")
    }
    found = {person: holds.get(person) or holds.get(patients.get(person, person)) for person in wanted}
    return {person: hold for person, hold in found.items() if hold is not None}


def find_by_label(label: str) -> UUID | None:
    """Return whose recipient or receipt number ``label`` is."""
    person = Person.objects.filter(recipient_number=label).values_list("pk", flat=True).first()
    return person or Application.objects.filter(receipt_number=label).values_list("person_id", flat=True).first()


def _is_superseded(clock: Clock) -> bool:
    return clock.holding == HoldingKind.SUPERSEDED


def _clock(one: Sealed, case: _Case, periods: Periods) -> Clock:
    since: date | None
    if one.state == SUPERSEDED:
        holding, since = HoldingKind.SUPERSEDED, timezone.localdate(one.state_since)
        reason = _("%(day)sに訂正されました。")
    elif case.valid_to is None:
        holding, since = HoldingKind.NOT_APPROVED, case.worked_on
        reason = _("認定に至っていません。最後の入力は%(day)sです。")
    else:
        holding, since = HoldingKind(one.kind), max(filter(None, (case.valid_to, case.worked_on)))
        reason = (
            _("最後の支給認定は%(day)sに終わります。")
            if since == case.valid_to
            else _("支給認定が終わった後、%(day)sに申請が入力されています。")
        )
    parts: dict[str, Any] = {"sealed": one, "holding": holding, "label": case.label}
    if case.is_waiting and one.state != SUPERSEDED:
        return Clock(
            **parts, since_on=None, due_on=None, period=None, why=_("確認待ちの申請があるため、期限はありません。")
        )
    if since is None:
        return Clock(
            **parts, since_on=None, due_on=None, period=None, why=_("起算する日がないため、期限はありません。")
        )
    period = periods.for_holding(holding, programme=case.programme)
    if period is None:
        why = _("この番号の保存期間が定められていないため、期限はありません。")
        return Clock(**parts, since_on=since, due_on=None, period=None, why=why)
    due = last_day(since, period)
    why = reason % {"day": wareki.write(since)} + _("%(counted)s%(length)s、%(due)sまで保存します。") % {
        "counted": period.get_counted_from_display(),
        "length": period.length_text,
        "due": wareki.write(due),
    }
    return Clock(**parts, since_on=since, due_on=due, period=period, why=why)


def _cases(people: set[UUID]) -> Mapping[UUID, _Case]:
    """Return what is known of each person's applications; a household's people have their one application's."""
    household = dict(HouseholdPerson.objects.filter(pk__in=people).values_list("pk", "application_id"))
    patients = people - set(household)
    found = dict.fromkeys(people, _Case(valid_to=None, worked_on=None, is_waiting=False, programme="", label=""))
    found |= _by_person(patients)
    applications = _by_application(set(household.values()))
    return found | {person: applications[application] for person, application in household.items()}


def _by_person(people: set[UUID]) -> dict[UUID, _Case]:
    valid_to = dict(
        Certification.objects.filter(person__in=people).values_list("person").annotate(Max("valid_to")).order_by()
    )
    labels = dict(Person.objects.filter(pk__in=people).values_list("pk", "recipient_number"))
    found: dict[UUID, _Case] = {}
    for person, status, edited_at, programme, receipt in Application.objects.filter(person__in=people).values_list(
        "person", "status", "edited_at", "programme", "receipt_number"
    ):
        before = found.get(person)
        # an approved application's certification says how long it lasts; when it was typed does not matter any more
        worked = None if status == Status.APPROVED else timezone.localdate(edited_at)
        days = [day for day in (worked, before and before.worked_on) if day]
        found[person] = _Case(
            valid_to=valid_to.get(person),
            worked_on=max(days, default=None),
            is_waiting=status == Status.SUBMITTED or bool(before and before.is_waiting),
            programme=programme,
            label=labels.get(person) or receipt,
        )
    return found


def _by_application(applications: set[UUID]) -> dict[UUID, _Case]:
    rows = Application.objects.filter(pk__in=applications).values_list(
        "pk", "status", "edited_at", "programme", "receipt_number", "certification__valid_to"
    )
    return {
        application: _Case(
            valid_to=valid_to,
            worked_on=None if status == Status.APPROVED else timezone.localdate(edited_at),
            is_waiting=status == Status.SUBMITTED,
            programme=programme,
            label=receipt,
        )
        for application, status, edited_at, programme, receipt, valid_to in rows
    }
