"""The rules go through the record once, in pieces, and raise each thing once, on record."""

import uuid
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from audit import actions
from audit.models import Event, Hit, HitState, Rule, RuleProgress
from audit.watching import engine, facts, reading
from tests.audit.watching.history import from_the_start, happened, look, raised, write
from tests.audit.watching.office_of_rules import MORNING, REVEAL, SAVED, SEARCH, VIEW, minutes
from tests.conftest import Office
from tests.factories import staff_member

pytestmark = pytest.mark.django_db(transaction=True)


def views_of_one(*staff: User, person: uuid.UUID | None = None, **parts: Any) -> list[dict[str, Any]]:
    person = person or uuid.uuid4()
    return [
        happened(VIEW, at=MORNING + timedelta(days=step), by=by, person=person, explanation="E0", **parts)
        for step, by in enumerate(staff)
    ]


def test_what_is_raised_says_who_whom_where_and_when_and_is_on_record(
    office: Office,
    superuser_connection: psycopg.Connection[Any],
    clerk: User,
    colleague: User,
    third: User,
) -> None:
    person = uuid.uuid4()
    ids = write(superuser_connection, views_of_one(clerk, colleague, third, person=person))

    (hit,) = look(office)

    assert (hit.rule_id, hit.state, hit.severity) == ("W4", HitState.OPEN, "HIGH")
    assert (hit.actor_id, hit.person_id, hit.section) == (None, person, clerk.section)
    assert hit.people == sorted([clerk.pk, colleague.pk, third.pk])
    assert hit.events == ids
    assert hit.happened_at == MORNING + timedelta(days=2)
    assert (hit.first_event, hit.last_event) == (ids[0], ids[2])
    assert hit.first_position is not None
    assert hit.sentence.startswith("7日間で3人が、申請の動いていない受給者の記録を開きました。")
    entry = Event.objects.get(action=actions.HIT_RAISED)
    assert (entry.subject_id, entry.details) == (str(hit.pk), {"rule": "W4", "kind": "", "severity": "HIGH"})


def test_going_through_the_record_again_raises_nothing_twice(
    office: Office, superuser_connection: psycopg.Connection[Any], clerk: User, colleague: User, third: User
) -> None:
    write(superuser_connection, views_of_one(clerk, colleague, third))
    assert len(look(office)) == 1
    from_the_start(superuser_connection)

    assert len(look(office)) == 1
    assert Event.objects.filter(action=actions.HIT_RAISED).count() == 1


@pytest.mark.parametrize("piece", [1, 2, 100])
def test_pieces_of_any_size_find_the_same(
    office: Office,
    superuser_connection: psycopg.Connection[Any],
    clerk: User,
    colleague: User,
    third: User,
    monkeypatch: pytest.MonkeyPatch,
    piece: int,
) -> None:
    monkeypatch.setattr(engine, "look", partial(engine.look, piece=piece))
    write(superuser_connection, [*views_of_one(clerk, colleague, third), *views_of_one(clerk, clerk, clerk)])

    assert raised(look(office)) == [("W4", ""), ("W8", "")]


def test_a_piece_that_dies_leaves_nothing_half_done(
    office: Office,
    superuser_connection: psycopg.Connection[Any],
    clerk: User,
    colleague: User,
    third: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write(superuser_connection, views_of_one(clerk, colleague, third))

    def die(*_args: object, **_parts: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(RuleProgress, "save", die)
        with pytest.raises(KeyboardInterrupt):
            look(office)
        assert not Hit.objects.exists()
        assert not Event.objects.filter(action=actions.HIT_RAISED).exists()

    assert raised(look(office)) == [("W4", "")]


def test_two_workers_do_no_piece_twice(
    office: Office, superuser_connection: psycopg.Connection[Any], clerk: User, colleague: User, third: User
) -> None:
    write(superuser_connection, views_of_one(clerk, colleague, third))
    look(office)
    from_the_start(superuser_connection)
    with psycopg.connect(**office.app.as_psycopg()) as other:
        other.execute("SELECT position FROM audit.rule_progress WHERE rule_id = 'W4' FOR UPDATE")

        assert engine.look("W4") is False

    assert engine.look("W4") is True


def test_a_rule_that_is_off_raises_nothing(
    office: Office,
    superuser_connection: psycopg.Connection[Any],
    clerk: User,
    colleague: User,
    third: User,
) -> None:
    with superuser_connection.transaction():
        superuser_connection.execute("ALTER TABLE audit.rule DISABLE TRIGGER rule_changes_by_approval")
        superuser_connection.execute("UPDATE audit.rule SET is_on = false WHERE code = 'W4'")
        superuser_connection.execute("ALTER TABLE audit.rule ENABLE ALWAYS TRIGGER rule_changes_by_approval")
    write(superuser_connection, views_of_one(clerk, colleague, third))

    assert look(office) == []


def test_browsing_is_judged_only_once_there_was_time_to_work(
    office: Office, superuser_connection: psycopg.Connection[Any], clerk: User
) -> None:
    def browse(begun: datetime) -> list[dict[str, Any]]:
        return [
            happened(SEARCH, at=begun, by=clerk),
            *(
                happened(VIEW, at=begun + minutes(1 + step), by=clerk, person=uuid.uuid4(), explanation="E2")
                for step in range(5)
            ),
        ]

    write(superuser_connection, browse(timezone.now() - minutes(20)))
    look(office)
    assert not Hit.objects.filter(rule="W6").exists()
    assert RuleProgress.objects.get(pk="W6").position < reading.size()

    write(superuser_connection, browse(timezone.now() - minutes(60)))
    # what came late lies behind the younger entries: it waits with them
    assert not Hit.objects.filter(rule="W6").exists()


def test_work_after_the_views_explains_them_whatever_the_piece(
    office: Office, superuser_connection: psycopg.Connection[Any], clerk: User
) -> None:
    views = [
        happened(VIEW, at=MORNING + minutes(1 + step), by=clerk, person=uuid.uuid4(), explanation="E2")
        for step in range(5)
    ]
    write(
        superuser_connection,
        [happened(SEARCH, at=MORNING, by=clerk), *views, happened(SAVED, at=MORNING + minutes(20), by=clerk)],
    )

    assert look(office) == []


def test_a_made_up_person_raises_at_once_and_once_a_day(
    office: Office,
    superuser_connection: psycopg.Connection[Any],
    clerk: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    person = uuid.uuid4()
    monkeypatch.setattr(facts.REGISTRY, "canaries", lambda: {person: MORNING - timedelta(days=1)})
    views = [happened(VIEW, at=MORNING + minutes(step), by=clerk, person=person, explanation="E1") for step in (0, 5)]
    write(superuser_connection, [*views, happened(VIEW, at=MORNING - timedelta(days=2), by=clerk, person=person)])

    (hit,) = look(office)

    assert (hit.rule_id, hit.severity, hit.actor_id) == ("W16", "HIGH", clerk.pk)


def test_faults_and_sealing_that_stands_still_are_raised_once(
    office: Office,
    superuser_connection: psycopg.Connection[Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit.fault (kind, words, idx) VALUES ('leaf', '位置 7 の記録が変わっています', 7)"
        )
    sentences = iter(["操作記録の封印が 3分 前から止まっています。", "操作記録の封印が 9分 前から止まっています。"])
    monkeypatch.setattr(engine.watch, "trouble", lambda: [next(sentences)])

    monkeypatch.setattr(engine, "INTEGRITY_EVERY", timedelta(0))

    for _ in range(2):
        engine.work()

    assert raised(Hit.objects.all()) == [("W14", "FAULT"), ("W14", "TROUBLE")]
    assert "位置 7 の記録が変わっています" in Hit.objects.get(kind="FAULT").sentence


def test_the_app_can_neither_drop_change_nor_settle_what_was_found(
    office: Office, superuser_connection: psycopg.Connection[Any], clerk: User, colleague: User, third: User
) -> None:
    write(superuser_connection, views_of_one(clerk, colleague, third))
    look(office)
    for statement in (
        "DELETE FROM audit.hit",
        "TRUNCATE audit.hit CASCADE",
        "UPDATE audit.hit SET section = ''",
        "UPDATE audit.hit SET state = 'EXPLAINED'",
        "UPDATE audit.rule SET is_on = false",
        "UPDATE audit.rule SET thresholds = '{\"viewers\": 99, \"days\": 7}' WHERE code = 'W4'",
        "INSERT INTO audit.rule (code, severity, thresholds, is_on, since) VALUES ('W17', 'HIGH', '{}', true, now())",
        "DELETE FROM audit.rule",
    ):
        with pytest.raises(psycopg.Error), psycopg.connect(**office.app.as_psycopg()) as app:
            app.execute(statement)


def test_a_finding_that_is_not_on_record_is_not_kept(db: None, clerk: User) -> None:
    with pytest.raises(DatabaseError, match="watching_is_on_record"), transaction.atomic():
        Hit.objects.create(
            rule=Rule.objects.get(pk="W4"),
            key="made up",
            severity="HIGH",
            actor_id=clerk.pk,
            people=[clerk.pk],
            happened_at=timezone.now(),
        )


def test_a_rule_looks_at_a_fixed_number_of_queries_whatever_the_piece(
    office: Office, superuser_connection: psycopg.Connection[Any], clerk: User, django_assert_max_num_queries: Any
) -> None:
    write(superuser_connection, views_of_one(*[clerk] * 2) * 30)
    look(office)
    from_the_start(superuser_connection)

    with django_assert_max_num_queries(12):
        engine.look("W4")


def test_reveals_are_compared_with_the_record_of_before(
    office: Office, superuser_connection: psycopg.Connection[Any]
) -> None:
    viewer = staff_member(Role.NUMBER_VIEWER)
    reveals = [
        happened(REVEAL, at=MORNING - timedelta(days=day), by=viewer, person=uuid.uuid4(), explanation="E2")
        for day in (63, 62, 0)
    ]
    write(superuser_connection, reveals)

    assert raised(look(office)) == [("W9", "FIRST"), ("W9", "IDLE")]
