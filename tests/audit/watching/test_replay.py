"""What happened in Japanese offices, replayed, raises exactly the rules it should; a quiet month raises hardly any."""

import uuid
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Any

import psycopg
import pytest

from accounts.models import User
from accounts.roles import Role
from audit import sealed_text
from audit.models import REASON_KEY, Hit, Holiday
from audit.watching import facts
from tests.audit.watching.conftest import SECTION
from tests.audit.watching.history import happened, look, raised, write
from tests.audit.watching.office_of_rules import (
    APPROVED,
    CASE_VIEW,
    EXPORTED,
    LOOKED_UP,
    MORNING,
    REVEAL,
    SAVED,
    SEARCH,
    VIEW,
    minutes,
)
from tests.conftest import Office
from tests.factories import staff_member

pytestmark = pytest.mark.django_db(transaction=True)

Entries = list[dict[str, Any]]


@pytest.fixture
def staff(db: None) -> list[User]:
    return [staff_member(Role.MAKER, section=SECTION) for _ in range(7)]


def test_yokote_seven_who_look_up_one_patient(
    office: Office, superuser_connection: psycopg.Connection[Any], staff: list[User]
) -> None:
    patient = uuid.uuid4()
    write(
        superuser_connection,
        [
            happened(VIEW, at=MORNING + timedelta(hours=3 * step), by=by, person=patient, explanation="E0")
            for step, by in enumerate(staff[:3])
        ]
        + [
            happened(VIEW, at=MORNING + timedelta(days=1, hours=step), by=by, person=patient, explanation="E0")
            for step, by in enumerate(staff[3:])
        ],
    )

    (hit,) = look(office)

    assert (hit.rule_id, hit.severity, hit.person_id) == ("W4", "HIGH", patient)
    assert hit.people == sorted(by.pk for by in staff[:3])


def test_kochi_a_colleague_looks_up_somebody_for_another_again_and_again(
    office: Office, superuser_connection: psycopg.Connection[Any], staff: list[User]
) -> None:
    met_online = uuid.uuid4()
    write(
        superuser_connection,
        [
            happened(VIEW, at=MORNING + timedelta(days=day), by=staff[0], person=met_online, explanation="E0")
            for day in (0, 1, 6, 7)
        ],
    )

    (hit,) = look(office)

    assert (hit.rule_id, hit.actor_id, hit.person_id) == ("W8", staff[0].pk, met_online)
    assert hit.data == {"within_days": 30, "days": 3}


def test_browsing_by_a_name_at_noon(
    office: Office, superuser_connection: psycopg.Connection[Any], staff: list[User]
) -> None:
    write(
        superuser_connection,
        [
            happened(SEARCH, at=MORNING + minutes(120), by=staff[0]),
            *(
                happened(VIEW, at=MORNING + minutes(121 + step), by=staff[0], person=uuid.uuid4(), explanation="E0")
                for step in range(6)
            ),
        ],
    )

    assert raised(look(office)) == [("W6", "")]


def test_bulk_reading_before_leaving_the_office(
    office: Office, superuser_connection: psycopg.Connection[Any], staff: list[User]
) -> None:
    write(
        superuser_connection,
        [
            happened(
                VIEW, at=MORNING + timedelta(seconds=30 * step), by=staff[0], person=uuid.uuid4(), explanation="E2"
            )
            for step in range(70)
        ],
    )

    assert raised(look(office)) == [("W5", "DAY"), ("W5", "HOUR")]


def test_a_rubber_stamp(office: Office, superuser_connection: psycopg.Connection[Any]) -> None:
    checker = staff_member(Role.CHECKER, section=SECTION)
    steps: Entries = []
    for step in range(25):
        case, at = str(uuid.uuid4()), MORNING + timedelta(seconds=2 * step)
        person = uuid.uuid4()
        steps += [
            happened(CASE_VIEW, at=at, by=checker, subject_id=case, person=person, explanation="E5"),
            happened(APPROVED, at=at + timedelta(seconds=1), by=checker, subject_id=case, person=person),
        ]
    write(superuser_connection, steps)

    hits = look(office)

    assert set(raised(hits)) == {("W11", "FAST"), ("W11", "BURST")}
    assert Counter(hit.kind for hit in hits) == {"FAST": 25, "BURST": 1}


def test_a_look_late_in_the_evening_and_on_a_day_off(
    office: Office, superuser_connection: psycopg.Connection[Any], staff: list[User]
) -> None:
    Holiday.objects.get_or_create(pk=MORNING.date() - timedelta(days=1), defaults={"name": "文化の日", "source": "x"})
    write(
        superuser_connection,
        [
            happened(VIEW, at=at, by=by, person=uuid.uuid4(), explanation="E1")
            for by, at in (
                (staff[0], MORNING.replace(hour=22)),
                (staff[1], MORNING - timedelta(days=1)),
                (staff[2], MORNING),
            )
        ],
    )

    assert raised(look(office)) == [("W7", "HOLIDAY"), ("W7", "HOURS")]


def test_overtime_that_was_registered_raises_nothing(
    office: Office,
    superuser_connection: psycopg.Connection[Any],
    staff: list[User],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(facts.REGISTRY, "overtime", lambda actor, at: actor == staff[0].pk)
    write(
        superuser_connection,
        [happened(VIEW, at=MORNING.replace(hour=21), by=staff[0], person=uuid.uuid4(), explanation="E1")],
    )

    assert look(office) == []


def test_a_list_of_the_whole_office_leaves_as_a_file(
    office: Office, superuser_connection: psycopg.Connection[Any]
) -> None:
    auditor = staff_member(Role.AUDITOR)
    write(
        superuser_connection,
        [
            happened(EXPORTED, at=MORNING, by=auditor, details={"count": 40}),
            happened(EXPORTED, at=MORNING + minutes(5), by=auditor, details={"count": 9_000}),
        ],
    )

    assert raised(look(office)) == [("W10", "ROWS")]


def test_guessing_numbers(office: Office, superuser_connection: psycopg.Connection[Any]) -> None:
    viewer = staff_member(Role.NUMBER_VIEWER)
    write(
        superuser_connection,
        [
            happened(LOOKED_UP, at=MORNING + minutes(step), by=viewer, details={"answer": "NOT_FOUND"})
            for step in range(5)
        ],
    )

    assert raised(look(office)) == [("W15", "")]


def test_the_same_empty_reason_all_month(office: Office, superuser_connection: psycopg.Connection[Any]) -> None:
    viewer = staff_member(Role.NUMBER_VIEWER)
    reveals = []
    for day in range(11):
        at = MORNING - timedelta(days=3) + timedelta(hours=1 + 24 * (day // 4), minutes=10 * (day % 4) + 60 * 24)
        reveals.append(happened(REVEAL, at=at, by=viewer, person=uuid.uuid4(), explanation="E6"))
    sealed = [with_reason(one, "照会への回答のため表示する") for one in reveals]
    write(superuser_connection, sealed)

    assert ("W12", "SAME") in raised(look(office))


def with_reason(entry: dict[str, Any], words: str) -> dict[str, Any]:
    """Give an entry its reason, sealed to its id as the journal does."""
    event = uuid.uuid4()
    return entry | {"id": event, "sealed_reason": sealed_text.seal(words, key=REASON_KEY, bound_to=f"event|{event}")}


def quiet_month(staff: list[User], viewer: User) -> Iterator[dict[str, Any]]:
    """Yield four weeks of an office that does its work: cases, searches, certificates, a reveal now and then."""
    chance = Random(20261104)  # noqa: S311  (an office, the same each time)
    begun = MORNING - timedelta(days=30)
    for day in range(28):
        morning = begun + timedelta(days=day)
        if morning.weekday() >= 5:
            continue
        for by in staff:
            yield from a_day(by, morning, chance)
        if day % 5 == 0:
            at = morning + minutes(chance.randint(30, 300))
            yield happened(REVEAL, at=at, by=viewer, person=uuid.uuid4(), explanation="E0", details={"ground": "CASE"})


def a_day(by: User, morning: datetime, chance: Random) -> Iterator[dict[str, Any]]:
    at = morning.replace(hour=8, minute=40)
    for _ in range(chance.randint(4, 12)):
        at += minutes(chance.uniform(8, 40))
        person, case = uuid.uuid4(), str(uuid.uuid4())
        if chance.random() < 0.3:
            yield happened(SEARCH, at=at, by=by)
        code = chance.choices(["E1", "E2", "E3", "E4", "E6", "E0"], [50, 20, 10, 10, 8, 2])[0]
        action = VIEW if code in {"E6", "E0"} else CASE_VIEW
        yield happened(action, at=at + minutes(0.2), by=by, person=person, subject_id=case, explanation=code)
        if code in {"E1", "E3", "E4"}:
            done = APPROVED if Role.CHECKER in by.roles else SAVED
            yield happened(done, at=at + minutes(4), by=by, person=person, subject_id=case)


def test_a_quiet_month_raises_at_most_five_a_week(
    office: Office, superuser_connection: psycopg.Connection[Any]
) -> None:
    makers = [staff_member(Role.MAKER, section=SECTION) for _ in range(4)]
    checkers = [staff_member(Role.CHECKER, section=SECTION) for _ in range(2)]
    viewer = staff_member(Role.NUMBER_VIEWER, section=SECTION)
    entries = list(quiet_month([*makers, *checkers], viewer))
    write(superuser_connection, entries)

    look(office)

    weeks = Counter((hit.section, hit.happened_at.isocalendar()[:2]) for hit in Hit.objects.exclude(rule="W14"))
    assert len(entries) > 1_000
    assert max(weeks.values(), default=0) <= 5, Counter(raised(Hit.objects.all()))
