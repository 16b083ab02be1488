"""A month in figures: what was raised, what came of it, what was looked at, and how the record itself is."""

import uuid
from datetime import date, timedelta
from typing import Any

import psycopg
import pytest
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from audit.models import Hit
from audit.watching import report, review
from tests.audit.watching.history import happened, look, write
from tests.audit.watching.office_of_rules import EXPORTED, MORNING, REVEAL, VIEW, minutes
from tests.conftest import Office
from tests.factories import staff_member

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_month_of_a_small_office(
    office: Office,
    superuser_connection: psycopg.Connection[Any],
    clerk: User,
    colleague: User,
    third: User,
    head: User,
    auditor: User,
) -> None:
    viewer = staff_member(Role.NUMBER_VIEWER, section="番号管理担当")
    anne, bob = uuid.uuid4(), uuid.uuid4()

    def looked(person: uuid.UUID, day: int, by: User, code: str = "E0") -> dict[str, Any]:
        return happened(VIEW, at=MORNING + timedelta(days=day), by=by, person=person, explanation=code)

    write(
        superuser_connection,
        [
            *(looked(anne, day, by) for day, by in enumerate((clerk, colleague, third))),
            *(looked(bob, day, clerk) for day in (5, 6, 7)),
            looked(uuid.uuid4(), 8, clerk, "E1"),
            looked(uuid.uuid4(), -40, clerk),
            happened(REVEAL, at=MORNING + minutes(5), by=viewer, person=uuid.uuid4(), explanation="E0", details={}),
            happened(EXPORTED, at=MORNING, by=auditor, details={"count": 3}),
        ],
    )
    look(office)
    w4, w8 = Hit.objects.get(rule="W4"), Hit.objects.get(rule="W8")
    review.answer(w4.pk, state="TO_INVESTIGATE", code="IMPROPER", words="業務の記録が見つからなかった。", by=head)
    review.answer(w4.pk, state="EXPLAINED", code="HANDLED", words="本人に注意し、措置をとった。", by=head)
    review.answer(w8.pk, state="EXPLAINED", code="WORK", words="継続の相談を受けていたと確かめた。", by=auditor)

    month = report.report(date(2026, 11, 15))

    assert month.month == date(2026, 11, 1)
    lines = {line.code: line for line in month.rules}
    assert [line.code for line in month.rules] == [f"W{number}" for number in range(1, 17)]
    assert (lines["W4"].raised, lines["W4"].high, lines["W4"].explained, lines["W4"].precision) == (1, 1, 1, 100)
    assert (lines["W8"].raised, lines["W8"].precision) == (1, 0)
    assert (lines["W1"].raised, lines["W1"].open, lines["W1"].precision) == (1, 1, None)
    assert (lines["W9"].raised, lines["W16"].raised) == (1, 0)
    assert (month.views, month.views_unexplained) == (7, 6)
    assert (month.reveals, month.reveals_unexplained, month.exports, month.canary_hits) == (1, 1, 1, 0)
    assert month.raised == sum(dict(month.by_section).values()) == 4
    assert sum(count for _age, count in month.open_by_age) == month.open == 2
    assert (month.samples_drawn, month.rule_changes, month.faults) == (0, 0, 0)
    assert month.last_size is None or month.last_size > 0
    assert report.report(date(2020, 1, 1)).raised == 0


def test_a_month_ends_with_the_year() -> None:
    since, until = report.month_of(date(2026, 12, 31))

    assert (since.date(), until.date()) == (date(2026, 12, 1), date(2027, 1, 1))
    assert timezone.is_aware(since)
