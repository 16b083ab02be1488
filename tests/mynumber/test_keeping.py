"""A typed number is sealed, is nobody's yet, and belongs to one person only (A3, A6, V1, V4)."""

import re
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given, settings, strategies as st

from accounts.models import User
from accounts.roles import Role
from audit import journal
from audit.models import Event, Result
from benefits import events, workflow
from benefits.models import Application
from mynumber import actions, checkdigit, vault
from tests import ledger
from tests.factories import my_number, staff_member
from tests.mynumber.conftest import Held, put_in_use, refused_by_the_database, run
from tests.racing import together

#: What the vault's own function is asked for, round the vault's own code: person, version, index, by whom.
KEEP = (
    "SELECT vault.keep(%s, %s, vault.current_kek(), decode(repeat('00', 40), 'hex'), decode('01', 'hex'), %s, %s,"
    " 'PATIENT', 'NANBYO', 'PAPER')"
)


def rows(superuser: psycopg.Connection[Any], person: uuid.UUID) -> list[tuple[Any, ...]]:
    return superuser.execute(
        "SELECT version, state, body, number_index FROM vault.number WHERE person = %s ORDER BY version", [person]
    ).fetchall()


@pytest.mark.django_db
def test_a_typed_number_is_provisional_and_on_record(maker: User) -> None:
    person = uuid.uuid4()

    version = vault.keep(person, my_number(), by=maker)

    held = vault.standing(person)
    assert held is not None
    assert (version, held.version, held.state) == (1, 1, vault.State.PROVISIONAL)
    assert (held.typed_by, held.confirmed_by) == (maker.pk, None)
    entry = Event.objects.get(action=actions.TYPED, person_id=person)
    assert (entry.actor_id, entry.result, entry.details) == (maker.pk, Result.DONE, {"version": 1})


@pytest.mark.django_db(transaction=True)
def test_the_number_itself_stands_nowhere_in_the_database(
    maker: User, superuser_connection: psycopg.Connection[Any]
) -> None:
    person, number = uuid.uuid4(), my_number()

    vault.keep(person, number, by=maker)

    (row,) = rows(superuser_connection, person)
    assert all(number.encode() not in bytes(part) for part in row[2:])
    tables = superuser_connection.execute(
        "SELECT schemaname || '.' || relname FROM pg_stat_user_tables WHERE schemaname IN ('public', 'audit', 'vault')"
    ).fetchall()
    assert len(tables) > 10
    for (table,) in tables:
        with superuser_connection.cursor().copy(f"COPY (SELECT * FROM {table}) TO STDOUT") as copy:
            content = b"".join(bytes(part) for part in copy)
        assert number.encode() not in content
        assert number.encode().hex().encode() not in content


@pytest.mark.django_db(transaction=True)
def test_a_number_typed_anew_replaces_and_erases_the_earlier_one(
    maker: User, superuser_connection: psycopg.Connection[Any]
) -> None:
    person, first, second = uuid.uuid4(), my_number(), my_number()
    vault.keep(person, first, by=maker)

    version = vault.keep(person, second, by=maker)

    earlier, current = rows(superuser_connection, person)
    assert version == 2
    assert earlier == (1, "REPLACED", None, None)
    assert current[:2] == (2, "PROVISIONAL")
    assert None not in current


@pytest.mark.django_db
def test_a_confirmed_number_that_is_typed_anew_has_to_be_confirmed_anew(confirmed: Held, maker: User) -> None:
    version = vault.keep(confirmed.person, confirmed.number, by=maker)

    held = vault.standing(confirmed.person)
    assert held is not None
    assert (held.version, held.state, held.confirmed_by) == (version, vault.State.PROVISIONAL, None)


@pytest.mark.django_db
def test_a_replaced_or_removed_number_may_be_somebody_elses(provisional: Held, maker: User) -> None:
    vault.keep(provisional.person, my_number(), by=maker)
    other = uuid.uuid4()

    assert vault.keep(other, provisional.number, by=maker) == 1
    vault.remove(other, by=maker)
    assert vault.keep(uuid.uuid4(), provisional.number, by=maker) == 1


@pytest.mark.django_db
def test_a_number_in_use_is_not_overwritten_and_the_attempt_is_recorded(in_use: Held, maker: User) -> None:
    with pytest.raises(vault.NotKeptError, match="訂正の手続き") as refused:
        vault.keep(in_use.person, my_number(), by=maker)
    vault.record_not_kept(refused.value)

    held = vault.standing(in_use.person)
    assert held is not None
    assert (held.version, held.state) == (1, vault.State.IN_USE)
    entry = Event.objects.get(action=actions.TYPING_REFUSED)
    assert (entry.actor_id, entry.person_id, entry.result) == (maker.pk, in_use.person, Result.REFUSED)
    assert entry.details == {"code": "in_use"}


@pytest.mark.django_db
def test_somebody_elses_number_is_not_kept_and_what_was_there_stays(provisional: Held, maker: User) -> None:
    person = uuid.uuid4()
    vault.keep(person, my_number(), by=maker)

    with pytest.raises(vault.NotKeptError, match="ほかの人の番号") as refused:
        vault.keep(person, provisional.number, by=maker)

    held = vault.standing(person)
    assert held is not None
    assert held.version == 1
    assert refused.value.code == "taken"
    assert str(provisional.person) not in str(refused.value)
    assert provisional.number not in str(refused.value)


@pytest.mark.django_db
def test_a_person_without_a_number_has_none_after_somebody_elses_was_refused(provisional: Held, maker: User) -> None:
    person = uuid.uuid4()

    with pytest.raises(vault.NotKeptError):
        vault.keep(person, provisional.number, by=maker)

    assert vault.standing(person) is None
    assert not Event.objects.filter(person_id=person).exists()


@pytest.mark.django_db(transaction=True)
def test_the_refusal_of_somebody_elses_number_is_on_record_although_the_step_was_undone(maker: User) -> None:
    number, now = my_number(), timezone.now()
    vault.keep(uuid.uuid4(), number, by=maker)
    application = workflow.begin(uuid.uuid4(), by=maker, at=now, entry={"note": "写し"})

    with pytest.raises(vault.NotKeptError):
        workflow.type_number(application.pk, by=maker, at=now, revision=application.revision, number=number)

    entry = Event.objects.get(action=actions.TYPING_REFUSED)
    assert (entry.person_id, entry.details, entry.result) == (
        application.person_id,
        {"code": "taken"},
        Result.REFUSED,
    )
    kept = Application.objects.get(pk=application.pk)
    assert (kept.number_version, kept.revision, kept.entry) == (None, application.revision, {"note": "写し"})


@pytest.mark.django_db
def test_trying_whose_number_it_might_be_comes_to_an_end(provisional: Held, maker: User) -> None:
    for _guess in range(vault.GUESSES_ALLOWED):
        with pytest.raises(vault.NotKeptError, match="ほかの人の番号") as refused:
            vault.keep(uuid.uuid4(), provisional.number, by=maker)
        vault.record_not_kept(refused.value)
    person, number = uuid.uuid4(), my_number()

    for typed in (provisional.number, number):
        with pytest.raises(vault.NotKeptError, match="止めています") as stopped:
            vault.keep(person, typed, by=maker)
        assert stopped.value.code == "guessing"

    assert vault.standing(person) is None
    assert vault.keep(person, number, by=staff_member(Role.MAKER)) == 1


@pytest.mark.django_db
def test_typing_one_number_after_another_comes_to_an_end_though_all_of_them_are_nobodys(maker: User) -> None:
    persons = [uuid.uuid4() for _person in range(4)]
    for person in persons:
        vault.keep(person, my_number(), by=maker)  # a first number is none in place of another
    for count in range(vault.RETYPINGS_ALLOWED):
        vault.keep(persons[count % 4], my_number(), by=maker)

    with pytest.raises(vault.NotKeptError, match="止めています") as stopped:
        vault.keep(persons[0], my_number(), by=maker)

    assert stopped.value.code == "guessing"
    assert vault.keep(persons[0], my_number(), by=staff_member(Role.MAKER)) > vault.RETYPINGS_ALLOWED // 4


@pytest.mark.django_db(transaction=True)
def test_who_was_stopped_for_guessing_goes_on_after_ten_minutes(
    maker: User, superuser_connection: psycopg.Connection[Any]
) -> None:
    for _guess in range(vault.GUESSES_ALLOWED):
        guess = journal.record(actions.TYPING_REFUSED, by=maker, result=Result.REFUSED)
        ledger.backdate(superuser_connection, guess.pk, guess.at - timedelta(minutes=11))

    assert vault.keep(uuid.uuid4(), my_number(), by=maker) == 1


@pytest.mark.django_db(transaction=True)
def test_nothing_happens_to_a_number_without_an_entry_even_round_the_vault(provisional: Held, maker: User) -> None:
    person, number = provisional.person, uuid.uuid4().bytes
    for statement, parameters in (
        (KEEP, [uuid.uuid4(), 1, number, maker.pk]),
        (KEEP, [person, 2, number, maker.pk]),
        ("SELECT vault.remove(%s)", [person]),
        ("SELECT vault.compare(%s, 1, %s, 0)", [person, number]),
    ):
        with pytest.raises(IntegrityError, match="number_change_is_on_record"):
            run(statement, *parameters)

    held = vault.standing(person)
    assert held is not None
    assert (held.version, held.state) == (1, vault.State.PROVISIONAL)
    assert vault.tries_left(person, 1, by=maker) == 2


@pytest.mark.django_db
@pytest.mark.parametrize("typed", ["", "1", "abc"])
def test_what_is_no_number_is_not_kept(typed: str, maker: User) -> None:
    person = uuid.uuid4()

    with pytest.raises(vault.InvalidNumberError):
        vault.keep(person, typed, by=maker)

    assert vault.standing(person) is None


@pytest.mark.django_db
@pytest.mark.parametrize("role", [role for role in Role if role is not Role.MAKER])
def test_only_a_maker_types_a_number(role: Role) -> None:
    person = uuid.uuid4()

    with pytest.raises(vault.RefusedError, match="権限がありません"):
        vault.keep(person, my_number(), by=staff_member(role))

    assert vault.standing(person) is None


@pytest.mark.django_db
def test_a_number_whose_entry_cannot_be_written_is_not_kept(maker: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_args: object, **_kwargs: object) -> None:
        raise RuntimeError("the record is out of reach")

    person = uuid.uuid4()
    monkeypatch.setattr(journal, "record", broken)

    with pytest.raises(RuntimeError, match="out of reach"):
        vault.keep(person, my_number(), by=maker)

    assert vault.standing(person) is None


@pytest.mark.django_db(transaction=True)
def test_of_two_people_typed_with_one_number_at_once_only_one_keeps_it(maker: User) -> None:
    people, number = [uuid.uuid4(), uuid.uuid4()], my_number()

    outcomes = together(*[lambda person=person: vault.keep(person, number, by=maker) for person in people])

    kept = [outcome for outcome in outcomes if outcome == 1]
    (refused,) = [outcome for outcome in outcomes if outcome != 1]
    assert len(kept) == 1
    assert isinstance(refused, vault.NotKeptError)
    assert refused.code == "taken"
    assert [vault.standing(person) is not None for person in people] == [outcome == 1 for outcome in outcomes]


@pytest.mark.django_db(transaction=True)
def test_numbers_typed_at_once_for_one_person_come_one_after_the_other(
    maker: User, superuser_connection: psycopg.Connection[Any]
) -> None:
    person, numbers = uuid.uuid4(), [my_number() for _time in range(4)]

    outcomes = together(*[lambda number=number: vault.keep(person, number, by=maker) for number in numbers])

    assert sorted(outcomes) == [1, 2, 3, 4]
    assert [state for _version, state, _body, _index in rows(superuser_connection, person)] == [
        "REPLACED",
        "REPLACED",
        "REPLACED",
        "PROVISIONAL",
    ]


@pytest.mark.django_db
def test_a_number_is_put_in_use_only_after_a_second_person_has_confirmed_it(
    provisional: Held, maker: User, checker: User
) -> None:
    with pytest.raises(vault.RefusedError, match="照合が済んでいません"):
        vault.put_in_use(provisional.person, provisional.version, by=checker)

    vault.compare(provisional.person, provisional.version, provisional.number, by=checker)
    with pytest.raises(vault.RefusedError):
        vault.put_in_use(provisional.person, provisional.version + 1, by=checker)
    put_in_use(provisional.person, provisional.version, by=checker)

    held = vault.standing(provisional.person)
    assert held is not None
    assert (held.state, held.typed_by, held.confirmed_by) == (vault.State.IN_USE, maker.pk, checker.pk)
    assert Event.objects.get(action=actions.PUT_IN_USE).actor_id == checker.pk


@pytest.mark.django_db(transaction=True)
def test_a_number_goes_into_use_only_in_the_transaction_that_approves_its_application(
    confirmed: Held, checker: User
) -> None:
    def approved(**changes: Any) -> None:
        parts = {"action": events.APPLICATION_APPROVED, "by": checker, "person_id": confirmed.person, **changes}
        journal.record(parts.pop("action"), **parts)

    @transaction.atomic
    def use_after(before: Callable[[], None]) -> None:
        before()
        vault.put_in_use(confirmed.person, confirmed.version, by=checker)

    approved()  # in a transaction of its own, finished before
    for before in (
        lambda: None,
        lambda: approved(person_id=uuid.uuid4()),
        lambda: approved(result=Result.REFUSED),
        lambda: approved(action=events.APPLICATION_SUBMITTED),
    ):
        with pytest.raises(IntegrityError, match="number_is_in_use_by_approval"):
            use_after(before)

        held = vault.standing(confirmed.person)
        assert held is not None
        assert held.state is vault.State.CONFIRMED
    put_in_use(confirmed.person, confirmed.version, by=checker)


@pytest.mark.django_db(transaction=True)
def test_a_number_that_is_not_needed_is_erased_and_that_is_on_record_once(
    confirmed: Held, maker: User, superuser_connection: psycopg.Connection[Any]
) -> None:
    vault.remove(confirmed.person, by=maker)
    vault.remove(confirmed.person, by=maker)

    assert vault.standing(confirmed.person) is None
    assert rows(superuser_connection, confirmed.person) == [(1, "REPLACED", None, None)]
    assert Event.objects.filter(action=actions.REMOVED, person_id=confirmed.person).count() == 1


@pytest.mark.django_db
def test_a_number_in_use_is_not_erased(in_use: Held, maker: User) -> None:
    vault.remove(in_use.person, by=maker)

    held = vault.standing(in_use.person)
    assert held is not None
    assert held.state is vault.State.IN_USE
    assert not Event.objects.filter(action=actions.REMOVED).exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("state = 'IN_USE'", "number_is_confirmed_before_use"),
        ("state = 'CONFIRMED'", "number_is_confirmed_before_use"),
        ("confirmed_by = typed_by, confirmed_at = now()", "number_is_confirmed_by_somebody_else"),
        ("confirmed_by = typed_by + 1", "number_confirmation_is_signed_and_dated"),
        ("confirmed_at = now()", "number_confirmation_is_signed_and_dated"),
        ("state = 'UNHEARD_OF'", "number_state_is_known"),
        ("state = 'REPLACED'", "number_is_sealed_until_erased"),
        ("body = NULL", "number_is_sealed_until_erased"),
        ("number_index = NULL", "number_is_sealed_until_erased"),
        ("version = 0", "number_version_counts_from_one"),
    ],
)
def test_the_database_refuses_even_its_superuser(
    change: str, constraint: str, provisional: Held, superuser_connection: psycopg.Connection[Any]
) -> None:
    with pytest.raises(psycopg.errors.CheckViolation) as refused:
        superuser_connection.execute(f"UPDATE vault.number SET {change} WHERE person = %s", [provisional.person])

    assert refused.value.diag.constraint_name == constraint


@pytest.mark.django_db
def test_many_numbers_are_not_confirmed_by_whoever_typed_them(maker: User) -> None:
    with pytest.raises(ValueError, match="somebody else"):
        vault.keep_confirmed([(uuid.uuid4(), my_number(), maker, maker)])


@pytest.mark.django_db
def test_the_functions_for_many_numbers_are_not_for_the_role_that_serves(maker: User, checker: User) -> None:
    person, number = uuid.uuid4(), my_number()

    for attempt in (
        lambda: vault.keep_confirmed([(person, number, maker, checker)]),
        lambda: vault.keep_provisional([(person, number, maker)]),
        lambda: vault.put_all_in_use([(person, checker)]),
    ):
        with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
            attempt()

    assert vault.standing(person) is None


@pytest.mark.django_db
def test_the_unique_index_holds_below_the_vault(provisional: Held) -> None:
    from mynumber import crypto

    index = crypto.index(provisional.number)
    with (
        pytest.raises(IntegrityError, match="number_belongs_to_one_person"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(KEEP, [uuid.uuid4(), 1, index, 1])


@pytest.mark.django_db
def test_a_number_of_the_same_household_is_refused_by_whose_it_is(provisional: Held, maker: User) -> None:
    with pytest.raises(vault.NotKeptError, match="同じ申請のほかの人") as refused:
        vault.keep(uuid.uuid4(), provisional.number, by=maker, household=[provisional.person, uuid.uuid4()])

    assert (refused.value.code, refused.value.other) == ("same_household", provisional.person)
    assert provisional.number not in str(refused.value)


@pytest.mark.django_db
def test_whose_number_it_is_is_asked_of_one_household_and_not_of_everybody() -> None:
    with refused_by_the_database("KY011"):
        run("SELECT vault.whose_among(%s, %s)", b"index", [uuid.uuid4() for _person in range(9)])


@pytest.mark.django_db
def test_the_standing_of_several_people_is_one_question(provisional: Held, maker: User) -> None:
    other = uuid.uuid4()
    vault.keep(other, my_number(), by=maker)

    with CaptureQueriesContext(connection) as queries:
        found = vault.standings([provisional.person, other, uuid.uuid4()])

    assert len(queries) == 1
    assert set(found) == {provisional.person, other}
    assert found[other] == vault.standing(other)


@pytest.mark.django_db
def test_what_is_held_is_told_in_pages_by_kind_and_basis_and_nothing_of_the_number(in_use: Held, maker: User) -> None:
    people = [in_use.person]
    for kind, basis in ((vault.Kind.GUARDIAN, "NANBYO_GUARDIAN"), (vault.Kind.MEMBER, "NANBYO_MEMBER")):
        people.append(uuid.uuid4())
        vault.keep(people[-1], my_number(), by=maker, kind=kind, basis=basis)
    vault.keep(people[-1], my_number(), by=maker, kind=vault.Kind.MEMBER, basis="NANBYO_MEMBER")  # a version erased

    pages, after = [], None
    while page := vault.holdings(after, limit=2):
        pages.append(page)
        after = page[-1].person

    held = [one for page in pages for one in page]
    assert [one.person for one in held] == sorted(people)
    assert {(one.kind, one.basis, one.version) for one in held} == {
        (vault.Kind.PATIENT, "NANBYO", 1),
        (vault.Kind.GUARDIAN, "NANBYO_GUARDIAN", 1),
        (vault.Kind.MEMBER, "NANBYO_MEMBER", 2),
    }
    assert {one.source for one in held} == {vault.Source.PAPER}
    assert [len(page) for page in pages] == [2, 1]
    assert {one.confirmed_at is not None for one in held if one.person == in_use.person} == {True}
    assert in_use.number not in repr(held)


@pytest.mark.django_db
@pytest.mark.parametrize("basis", ["", None])
def test_nothing_is_held_without_a_basis(basis: str | None, maker: User) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        run(KEEP.replace("'NANBYO'", "%s"), uuid.uuid4(), 1, b"index", maker.pk, basis)


@given(st.text(max_size=60))
@settings(max_examples=300, deadline=None)
def test_whatever_is_typed_is_a_number_or_refused_without_repeating_it(typed: str) -> None:
    try:
        digits = vault.read(typed)
    except vault.InvalidNumberError as error:
        runs = re.findall(r"\d{3,}", str(error))
        assert all(run_of_digits not in typed for run_of_digits in runs)
    else:
        assert re.fullmatch(r"[0-9]{12}", digits)
        assert checkdigit.is_valid(digits)


@given(
    payload=st.integers(min_value=0, max_value=10**11 - 1),
    wide=st.booleans(),
    breaks=st.lists(st.tuples(st.integers(1, 11), st.sampled_from(" -－　‐ー")), max_size=4),
)
@settings(max_examples=200, deadline=None)
def test_a_number_is_read_however_it_is_grouped(payload: int, wide: bool, breaks: list[tuple[int, str]]) -> None:
    number = my_number(payload)
    typed = "".join(chr(ord(one) + 0xFEE0) if wide else one for one in number)
    for place, mark in sorted(breaks, reverse=True):
        typed = typed[:place] + mark + typed[place:]

    assert vault.read(typed) == number
