"""The blind second entry: two tries each, six in all, and nothing but yes or no comes back (A6, V4)."""

import uuid
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from accounts.roles import Role
from audit import journal
from audit.models import Event, Result
from mynumber import actions, checkdigit, crypto, vault
from mynumber.vault import Comparison
from tests.factories import my_number, staff_member
from tests.mynumber.conftest import Held, refused_by_the_database, run
from tests.racing import together


def compare(held: Held, typed: str, *, by: User) -> Comparison:
    return vault.compare(held.person, held.version, typed, by=by)


def wrong_in(number: str, place: int) -> str:
    """Return a number that passes the check digit and differs from ``number`` at ``place`` (and at the end)."""
    payload = number[:place] + str((int(number[place]) + 1) % 10) + number[place + 1 : 11]
    return payload + checkdigit.check_digit(payload)


@pytest.mark.django_db
def test_the_same_number_typed_by_a_second_person_is_confirmed_and_on_record(provisional: Held, checker: User) -> None:
    assert compare(provisional, provisional.number, by=checker) is Comparison.MATCH

    held = vault.standing(provisional.person)
    assert held is not None
    assert (held.state, held.confirmed_by) == (vault.State.CONFIRMED, checker.pk)
    entry = Event.objects.get(action=actions.COMPARED)
    assert (entry.actor_id, entry.person_id, entry.result) == (checker.pk, provisional.person, Result.DONE)
    assert entry.details == {"version": 1, "answer": "MATCH"}


@pytest.mark.django_db
def test_another_number_confirms_nothing_and_is_on_record_as_refused(provisional: Held, checker: User) -> None:
    typed = my_number()

    assert compare(provisional, typed, by=checker) is Comparison.MISMATCH

    held = vault.standing(provisional.person)
    assert held is not None
    assert held.state is vault.State.PROVISIONAL
    entry = Event.objects.get(action=actions.COMPARED)
    assert (entry.actor_id, entry.result) == (checker.pk, Result.REFUSED)
    assert entry.details == {"version": 1, "answer": "MISMATCH"}


@pytest.mark.django_db
def test_a_mistake_may_be_mended_once(provisional: Held, checker: User) -> None:
    compare(provisional, my_number(), by=checker)

    assert vault.tries_left(provisional.person, provisional.version, by=checker) == 1
    assert compare(provisional, provisional.number, by=checker) is Comparison.MATCH


@pytest.mark.django_db
def test_after_two_mistakes_even_the_right_number_is_not_taken(provisional: Held, checker: User) -> None:
    answers = [compare(provisional, typed, by=checker) for typed in (my_number(), my_number(), provisional.number)]

    assert answers == [Comparison.MISMATCH, Comparison.EXHAUSTED, Comparison.EXHAUSTED]
    assert vault.tries_left(provisional.person, provisional.version, by=checker) == 0
    held = vault.standing(provisional.person)
    assert held is not None
    assert held.state is vault.State.PROVISIONAL
    assert Event.objects.filter(action=actions.COMPARED, result=Result.REFUSED).count() == 3


@pytest.mark.django_db
def test_there_are_six_tries_in_all_however_many_people_try(provisional: Held) -> None:
    for _person in range(3):
        somebody = staff_member(Role.CHECKER)
        for _try in range(2):
            compare(provisional, my_number(), by=somebody)
    last = staff_member(Role.CHECKER)

    assert vault.tries_left(provisional.person, provisional.version, by=last) == 0
    assert compare(provisional, provisional.number, by=last) is Comparison.EXHAUSTED


@pytest.mark.django_db
def test_one_persons_mistakes_leave_a_colleague_their_own_tries(provisional: Held, checker: User) -> None:
    for _try in range(2):
        compare(provisional, my_number(), by=checker)
    colleague = staff_member(Role.CHECKER)

    assert vault.tries_left(provisional.person, provisional.version, by=colleague) == 2
    assert compare(provisional, provisional.number, by=colleague) is Comparison.MATCH


@pytest.mark.django_db
def test_a_number_typed_anew_is_compared_anew(provisional: Held, maker: User, checker: User) -> None:
    for _try in range(2):
        compare(provisional, my_number(), by=checker)

    version = vault.keep(provisional.person, provisional.number, by=maker)

    assert vault.tries_left(provisional.person, version, by=checker) == 2
    assert vault.compare(provisional.person, version, provisional.number, by=checker) is Comparison.MATCH


@pytest.mark.django_db
def test_nobody_confirms_what_they_typed(checker: User) -> None:
    both = staff_member(Role.MAKER, Role.CHECKER)
    person, number = uuid.uuid4(), my_number()
    version = vault.keep(person, number, by=both)

    assert vault.compare(person, version, number, by=both) is Comparison.OWN_ENTRY

    assert Event.objects.get(action=actions.COMPARED).result == Result.REFUSED
    assert vault.tries_left(person, version, by=both) == 2
    assert vault.compare(person, version, number, by=checker) is Comparison.MATCH


@pytest.mark.django_db
def test_a_confirmed_number_cannot_be_probed_further(confirmed: Held) -> None:
    other = staff_member(Role.CHECKER)

    assert {compare(confirmed, typed, by=other) for typed in (confirmed.number, my_number())} == {Comparison.SETTLED}


@pytest.mark.django_db
def test_a_number_that_is_not_there_compares_with_nothing(provisional: Held, maker: User, checker: User) -> None:
    vault.keep(provisional.person, my_number(), by=maker)

    for person, version in ((provisional.person, 1), (provisional.person, 9), (uuid.uuid4(), 1)):
        assert vault.compare(person, version, provisional.number, by=checker) is Comparison.ABSENT


@pytest.mark.django_db
def test_a_slip_that_the_check_digit_shows_costs_no_try(provisional: Held, checker: User) -> None:
    slip = provisional.number[:11] + str((int(provisional.number[11]) + 1) % 10)

    for typed in (slip, provisional.number[:11], "", "x"):
        with pytest.raises(vault.InvalidNumberError):
            compare(provisional, typed, by=checker)

    assert vault.tries_left(provisional.person, provisional.version, by=checker) == 2
    assert not Event.objects.filter(action=actions.COMPARED).exists()


@pytest.mark.django_db
@pytest.mark.parametrize("role", [role for role in Role if role is not Role.CHECKER])
def test_only_a_checker_compares(role: Role, provisional: Held) -> None:
    with pytest.raises(vault.RefusedError, match="権限がありません"):
        compare(provisional, provisional.number, by=staff_member(role))


@pytest.mark.django_db
def test_where_two_numbers_differ_makes_no_difference(provisional: Held, maker: User) -> None:
    seen = []
    for place in range(11):
        typed = wrong_in(provisional.number, place)
        version = vault.keep(provisional.person, provisional.number, by=maker)
        checker = staff_member(Role.CHECKER)
        assert checker.roles  # looked up once per person, not during the comparison
        with CaptureQueriesContext(connection) as queries:
            answer = vault.compare(provisional.person, version, typed, by=checker)
        entry = Event.objects.filter(action=actions.COMPARED).latest("at")
        statements = [query["sql"].split("(")[0].split(' "s')[0] for query in queries]
        seen.append((answer, entry.details["answer"], statements))
        # what the database compares does not resemble it in front either
        assert crypto.index(typed)[:4] != crypto.index(provisional.number)[:4]

    assert seen == [seen[0]] * 11
    assert seen[0][0] is Comparison.MISMATCH


@pytest.mark.django_db(transaction=True)
def test_the_same_rows_are_written_whether_the_two_agree_or_not(
    maker: User, checker: User, superuser_connection: psycopg.Connection[Any]
) -> None:
    def written() -> tuple[int, ...]:
        row = superuser_connection.execute(
            "SELECT (SELECT count(*) FROM vault.comparison), (SELECT count(*) FROM vault.second_entry),"
            " (SELECT count(*) FROM audit.event), (SELECT sum(xmin::text::bigint)::bigint FROM vault.number)"
        ).fetchone()
        assert row is not None
        return tuple(int(one) for one in row)

    changes = []
    for is_same in (True, False):
        person, number = uuid.uuid4(), my_number()
        version = vault.keep(person, number, by=maker)
        before = written()
        vault.compare(person, version, number if is_same else my_number(), by=checker)
        after = written()
        changes.append([after[place] - before[place] for place in range(3)] + [after[3] > before[3]])

    assert changes == [[1, 1, 1, True]] * 2


# ── over many numbers ────────────────────────────────────────────────────────────────────────────────────────────


def mistaken(times: int, *, by: User, maker: User) -> None:
    """Let ``by`` be wrong about ``times`` different numbers."""
    for _time in range(times):
        person = uuid.uuid4()
        vault.compare(person, vault.keep(person, my_number(), by=maker), my_number(), by=by)


@pytest.mark.django_db
def test_who_is_wrong_about_ten_numbers_within_the_hour_is_stopped_and_that_is_on_record(
    provisional: Held, maker: User, checker: User
) -> None:
    mistaken(9, by=checker, maker=maker)
    person = uuid.uuid4()
    assert vault.compare(person, vault.keep(person, my_number(), by=maker), my_number(), by=checker) == "MISMATCH"

    assert compare(provisional, provisional.number, by=checker) is Comparison.STOPPED

    entry = Event.objects.filter(action=actions.COMPARED).latest("at")
    assert (entry.actor_id, entry.result, entry.details["answer"]) == (checker.pk, Result.REFUSED, "STOPPED")
    held = vault.standing(provisional.person)
    assert held is not None
    assert held.state is vault.State.PROVISIONAL
    assert vault.tries_left(provisional.person, provisional.version, by=checker) == 2  # nothing was compared
    assert compare(provisional, provisional.number, by=staff_member(Role.CHECKER)) is Comparison.MATCH


@pytest.mark.django_db
def test_being_right_does_not_count(maker: User, checker: User) -> None:
    for _time in range(12):
        person, number = uuid.uuid4(), my_number()
        assert vault.compare(person, vault.keep(person, number, by=maker), number, by=checker) is Comparison.MATCH


@pytest.mark.django_db(transaction=True)
def test_who_was_stopped_goes_on_after_an_hour(
    provisional: Held, maker: User, checker: User, superuser_connection: psycopg.Connection[Any]
) -> None:
    mistaken(10, by=checker, maker=maker)
    assert compare(provisional, provisional.number, by=checker) is Comparison.STOPPED
    with superuser_connection.transaction():
        superuser_connection.execute("ALTER TABLE vault.second_entry DISABLE TRIGGER second_entry_is_on_record")
        superuser_connection.execute("UPDATE vault.second_entry SET at = at - interval '61 minutes'")
        superuser_connection.execute("ALTER TABLE vault.second_entry ENABLE ALWAYS TRIGGER second_entry_is_on_record")

    assert compare(provisional, provisional.number, by=checker) is Comparison.MATCH


@pytest.mark.django_db(transaction=True)
def test_pressing_everywhere_at_once_gives_nobody_more_than_ten_mistakes(
    maker: User, checker: User, superuser_connection: psycopg.Connection[Any]
) -> None:
    mistaken(8, by=checker, maker=maker)
    people = [uuid.uuid4() for _person in range(6)]
    versions = [vault.keep(person, my_number(), by=maker) for person in people]

    answers = together(
        *[
            lambda person=person, version=version: vault.compare(person, version, my_number(), by=checker)
            for person, version in zip(people, versions, strict=True)
        ]
    )

    assert sorted(answers) == [Comparison.MISMATCH] * 2 + [Comparison.STOPPED] * 4
    assert superuser_connection.execute("SELECT count(*) FROM vault.second_entry").fetchone() == (10,)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE vault.entry_limit SET most = 100",
        "DELETE FROM vault.entry_limit",
        "TRUNCATE vault.entry_limit",
        "SELECT * FROM vault.entry_limit",
        "DELETE FROM vault.second_entry",
        "UPDATE vault.second_entry SET agreed = true",
        "SELECT * FROM vault.second_entry",
        "TRUNCATE vault.second_entry",
    ],
)
def test_the_role_that_serves_neither_raises_the_limit_nor_forgets_a_mistake(statement: str, checker: User) -> None:
    with refused_by_the_database("42501"):
        run(statement)


@pytest.mark.django_db(transaction=True)
def test_even_the_owner_raises_the_limit_only_with_an_entry_and_never_takes_it_away(
    superuser_connection: psycopg.Connection[Any],
) -> None:
    for statement, guard in (
        ("UPDATE vault.entry_limit SET most = 50", "entry_limit_change_is_on_record"),
        ("DELETE FROM vault.entry_limit", "entry_limits_stay"),
        ("TRUNCATE vault.entry_limit", "entry_limits_stay"),
        ("INSERT INTO vault.entry_limit VALUES ('OTHER', 1, interval '1 hour')", "entry_limits_stay"),
    ):
        with pytest.raises(psycopg.Error, match=guard):
            superuser_connection.execute(statement)


@pytest.mark.django_db
def test_without_an_entry_in_the_record_there_is_no_answer_and_no_try_is_spent(
    provisional: Held, checker: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_args: object, **_kwargs: object) -> None:
        raise RuntimeError("the record is out of reach")

    with monkeypatch.context() as patch:
        patch.setattr(journal, "record", broken)
        with pytest.raises(RuntimeError, match="out of reach"):
            compare(provisional, provisional.number, by=checker)

    held = vault.standing(provisional.person)
    assert held is not None
    assert held.state is vault.State.PROVISIONAL
    assert vault.tries_left(provisional.person, provisional.version, by=checker) == 2


@pytest.mark.django_db(transaction=True)
def test_pressing_many_times_at_once_gives_nobody_more_than_two_tries(
    provisional: Held, checker: User, superuser_connection: psycopg.Connection[Any]
) -> None:
    typed = [my_number() for _press in range(8)]

    answers = together(*[lambda number=number: compare(provisional, number, by=checker) for number in typed])

    assert sorted(answers) == [Comparison.EXHAUSTED] * 7 + [Comparison.MISMATCH]
    assert superuser_connection.execute("SELECT sum(tries) FROM vault.comparison").fetchone() == (2,)
    assert compare(provisional, provisional.number, by=checker) is Comparison.EXHAUSTED


@pytest.mark.django_db(transaction=True)
def test_many_people_at_once_have_no_more_than_six_tries_together(
    provisional: Held, superuser_connection: psycopg.Connection[Any]
) -> None:
    people = [staff_member(Role.CHECKER) for _person in range(5)]
    presses = [(person, my_number()) for person in people for _try in range(2)]

    answers = together(
        *[lambda by=person, number=number: compare(provisional, number, by=by) for person, number in presses]
    )

    assert set(answers) <= {Comparison.MISMATCH, Comparison.EXHAUSTED}
    assert superuser_connection.execute("SELECT sum(tries) FROM vault.comparison").fetchone() == (6,)
    assert Event.objects.filter(action=actions.COMPARED, result=Result.REFUSED).count() == 10


@pytest.mark.django_db(transaction=True)
def test_of_two_people_who_are_right_at_once_one_has_confirmed_it(provisional: Held) -> None:
    people = [staff_member(Role.CHECKER) for _person in range(2)]

    answers = together(*[lambda by=by: compare(provisional, provisional.number, by=by) for by in people])

    assert sorted(answers) == [Comparison.MATCH, Comparison.SETTLED]
    held = vault.standing(provisional.person)
    assert held is not None
    assert held.confirmed_by == people[answers.index(Comparison.MATCH)].pk
