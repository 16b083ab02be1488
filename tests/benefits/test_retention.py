"""Clocks: until when each number is kept, and why (V3)."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from accounts.models import User
from benefits import deletion, retention, workflow
from benefits.models import Application, Certification, RetentionPeriod
from benefits.models.retention import CountedFrom, HoldingKind, PeriodOutcome
from mynumber.deletion import Sealed
from tests import factories
from tests.benefits import letting_go

pytestmark = pytest.mark.django_db


def sealed(application: Application, *, state: str = "IN_USE", kind: str = "PATIENT", **changes: object) -> Sealed:
    values: dict[str, object] = {
        "person": application.person_id,
        "version": 1,
        "state": state,
        "kind": kind,
        "basis": "NANBYO",
        "state_since": timezone.now(),
    }
    return Sealed(**(values | changes))  # type: ignore[arg-type]  # as written above


def clock(one: Sealed, *, on: date | None = None) -> retention.Clock:
    return retention.clocks([one], on=on or timezone.localdate())[0]


def period(holding: str, years: int, *, valid_from: str = "2020-01-01", programme: str = "") -> RetentionPeriod:
    """Return a period in force, as a list of rows would give it; the guards have their own tests."""
    return RetentionPeriod(
        programme=programme,
        holding=holding,
        years=years,
        counted_from=CountedFrom.DAY,
        basis="規程",
        valid_from=letting_go.day(valid_from),
        outcome=PeriodOutcome.APPROVED,
    )


@pytest.fixture
def periods(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[RetentionPeriod]]:
    rows: list[RetentionPeriod] = []
    known = retention.Periods.__init__

    def with_rows(self: retention.Periods, *, on: date) -> None:
        known(self, on=on)
        self._rows = sorted(
            [*self._rows, *(row for row in rows if row.valid_from <= on)], key=lambda row: row.valid_from
        )

    monkeypatch.setattr(retention.Periods, "__init__", with_rows)
    return rows  # type: ignore[return-value]  # a plain list


def test_a_number_is_kept_five_fiscal_years_after_its_last_certification(maker: User, checker: User) -> None:
    application = factories.approved(maker, checker)
    valid_to = application.certification.valid_to

    found = clock(sealed(application))

    assert (found.since_on, found.holding) == (valid_to, HoldingKind.PATIENT)
    assert found.due_on == date(valid_to.year + (6 if valid_to.month >= 4 else 5), 3, 31)
    assert "5年" in found.why
    assert found.due_on == retention.due_on([application.person_id])[application.person_id]
    assert found.why == retention.explain(application.person_id)


def test_a_renewal_lengthens_the_clock(maker: User, checker: User) -> None:
    application = letting_go.over(maker, checker)
    before = clock(sealed(application))

    letting_go.renewed(application.person, maker, checker)

    after = clock(sealed(application))
    last = Certification.objects.filter(person=application.person).latest("valid_to").valid_to
    assert before.due_on is not None
    assert after.due_on is not None
    assert (after.since_on, before.since_on != last) == (last, True)
    assert after.due_on > before.due_on


def test_no_clock_runs_while_an_application_waits_for_its_decision(maker: User, checker: User) -> None:
    application = letting_go.over(maker, checker)
    with letting_go.same_person(application.person):
        factories.submitted(maker, number_given="NOT_GIVEN", number_absence_reason="DECLINED", number_evidence=None)

    found = clock(sealed(application))

    assert (found.since_on, found.due_on) == (None, None)
    assert "確認待ち" in found.why


def test_a_number_that_was_never_approved_is_kept_from_the_last_day_somebody_worked_on_it(maker: User) -> None:
    application = factories.draft(maker)

    found = clock(sealed(application, state="PROVISIONAL"))

    assert (found.holding, found.since_on) == (HoldingKind.NOT_APPROVED, timezone.localdate())


def test_a_corrected_version_is_kept_from_the_day_it_was_corrected(maker: User, checker: User) -> None:
    application = factories.approved(maker, checker)
    corrected = datetime(2024, 2, 29, 23, 59, tzinfo=timezone.get_current_timezone())

    found = clock(sealed(application, state="SUPERSEDED", state_since=corrected))

    assert (found.holding, found.since_on, found.due_on) == (
        HoldingKind.SUPERSEDED,
        date(2024, 2, 29),
        date(2029, 3, 31),
    )


def test_somebody_without_a_number_has_no_clock() -> None:
    nobody = uuid4()

    assert retention.due_on([nobody]) == {nobody: None}
    assert retention.explain(nobody) == ""


def test_the_most_particular_period_counts_and_of_equals_the_latest(
    maker: User, checker: User, periods: list[RetentionPeriod]
) -> None:
    application = factories.approved(maker, checker)
    valid_to = application.certification.valid_to
    periods += [
        period("", 9),
        period("PATIENT", 3),
        period("PATIENT", 2, valid_from="2021-01-01"),
        period("MEMBER", 1),
    ]

    found = clock(sealed(application))

    assert found.period is periods[2]
    assert found.due_on == valid_to.replace(year=valid_to.year + 2)


def test_a_period_counts_from_its_day_on(maker: User, checker: User, periods: list[RetentionPeriod]) -> None:
    application = factories.approved(maker, checker)
    today = timezone.localdate()
    periods.append(period("", 30, valid_from=(today + timedelta(days=1)).isoformat()))

    assert clock(sealed(application)).period is not periods[0]
    assert clock(sealed(application), on=today + timedelta(days=1)).period is periods[0]


def test_the_clocks_of_many_take_as_many_queries_as_those_of_few(
    maker: User, checker: User, django_assert_num_queries: object
) -> None:
    many = [sealed(factories.approved(maker, checker)) for _count in range(3)]

    with django_assert_num_queries(5):  # type: ignore[operator]  # pytest-django's own fixture
        retention.clocks(many, on=timezone.localdate())


def test_a_withdrawn_application_keeps_no_number_and_no_clock(maker: User) -> None:
    application = factories.draft(maker)
    workflow.withdraw(application.pk, by=maker, revision=application.revision)

    assert retention.due_on([application.person_id]) == {application.person_id: None}


def test_a_hold_on_a_patient_is_found_by_either_number(maker: User, checker: User) -> None:
    application = factories.approved(maker, checker)
    deletion.set_hold(application.person, by=checker, reason="AUDIT", words="検査")

    assert retention.find_by_label(application.receipt_number) == application.person_id
    assert retention.find_by_label(application.person.recipient_number or "") == application.person_id
    assert set(retention.on_hold([application.person_id, uuid4()])) == {application.person_id}
