"""A number is shown on record or not at all, and to few (A3, V2)."""

import logging
import signal
import subprocess
import sys
import time
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from psycopg.types.json import Jsonb

from accounts.models import User
from accounts.roles import Role
from audit import journal
from audit.models import Event, Result
from config import env
from mynumber import actions, crypto, vault
from mynumber.purposes import Ground, Purpose
from tests import ledger
from tests.conftest import Office
from tests.factories import my_number, staff_member
from tests.mynumber.conftest import Held, put_in_use, run
from tests.racing import together
from tests.rights import moves_to

pytestmark = pytest.mark.django_db(transaction=True)

NO_REVEAL = "KY002"
NOT_COMMITTED = "KY003"
TOO_OLD = "KY004"
NOT_IN_USE = "KY005"
OWN_ENTRY = "KY006"
TOO_MANY = "KY007"
USED = "23505"


#: The ticket that every entry of these tests carries; what tickets are for is shown in test_bypass_kit.py.
TICKET = uuid.uuid4()
DETAILS = {"ground": Ground.CASE.value, "ticket": vault.ticket_digest(TICKET)}


def recorded(by: User, person: uuid.UUID, **changes: Any) -> uuid.UUID:
    """Write the entry of a reveal, committed, and return its id."""
    parts = {"person_id": person, "purpose": Purpose.INQUIRY.value, "details": DETAILS, **changes}
    return journal.record_committed(parts.pop("action", actions.REVEALED), by=by, **parts).pk


def fetched(event: uuid.UUID, ticket: uuid.UUID = TICKET) -> tuple[int, crypto.Sealed]:
    """Fetch a sealed number as the app role, and return its version with it."""
    rows: list[Any] = run("SELECT version, kek_id, wrapped, body FROM vault.fetch(%s, %s)", event, ticket)
    ((version, kek_id, wrapped, body),) = rows
    return version, crypto.Sealed(kek_id, bytes(wrapped), bytes(body))


def refusal_of(event: uuid.UUID) -> str:
    """Return the SQLSTATE with which the database refuses to hand out a number against ``event``."""
    with pytest.raises(DatabaseError) as refused:
        fetched(event)
    return str(getattr(refused.value.__cause__, "sqlstate", ""))


def reveal(held: Held, *, by: User, reason: str = "照会の回答に必要なため") -> str:
    return vault.reveal(held.person, by=by, purpose=Purpose.INQUIRY, reason=reason).digits()


def used(superuser: psycopg.Connection[Any]) -> int:
    row = superuser.execute("SELECT count(*) FROM vault.ticket_use").fetchone()
    assert row is not None
    return int(row[0])


def backdate(superuser: psycopg.Connection[Any], event: uuid.UUID, seconds: int) -> None:
    """Make an entry older than it is: only a superuser can, and only with the triggers off."""
    ledger.backdate(superuser, event, datetime.now(UTC) - timedelta(seconds=seconds))


def shown_before(superuser: psycopg.Connection[Any], by: User, *, count: int, minutes: int) -> None:
    """Put earlier reveals on record: only a superuser can, and only with the trigger off that dates them."""
    at = datetime.now(UTC) - timedelta(minutes=minutes)
    for _number in range(count):
        ledger.insert_earlier(
            superuser, at=at, action=actions.REVEALED, actor_id=by.pk, person_id=uuid.uuid4(), purpose="INQUIRY"
        )


def entry_of_a_reveal(by: User, person: uuid.UUID) -> dict[str, Any]:
    """Return the columns of an entry that says that ``by`` saw the number of ``person``."""
    return ledger.columns(action=actions.REVEALED, actor_id=by.pk, person_id=person, purpose="INQUIRY")


def tamper(superuser: psycopg.Connection[Any], change: str, *parameters: object) -> None:
    """Change a sealed number behind the vault's back: a superuser can, with the trigger off that asks for an entry."""
    with superuser.transaction():
        superuser.execute("ALTER TABLE vault.number DISABLE TRIGGER number_change_is_on_record")
        superuser.execute(f"UPDATE vault.number SET {change}", parameters)
        superuser.execute("ALTER TABLE vault.number ENABLE ALWAYS TRIGGER number_change_is_on_record")


# ── what the database hands out, and against what ────────────────────────────────────────────────────────────────


def test_a_sealed_number_is_handed_out_against_a_committed_entry(in_use: Held, viewer: User) -> None:
    version, sealed = fetched(recorded(viewer, in_use.person))

    assert version == in_use.version
    assert crypto.unseal(sealed, person=in_use.person, version=version) == in_use.number


def test_nothing_is_handed_out_without_an_entry(in_use: Held) -> None:
    assert refusal_of(uuid.uuid4()) == NO_REVEAL


def test_nothing_is_handed_out_against_an_entry_of_the_same_transaction(in_use: Held, viewer: User) -> None:
    with transaction.atomic():
        event = journal.record(actions.REVEALED, by=viewer, person_id=in_use.person, purpose=Purpose.INQUIRY.value).pk
        with pytest.raises(DatabaseError, match="not committed"), transaction.atomic():
            fetched(event)
        transaction.set_rollback(True)


def test_a_finished_savepoint_does_not_pass_for_a_commit(in_use: Held, viewer: User) -> None:
    with transaction.atomic():
        with transaction.atomic():
            event = journal.record(
                actions.REVEALED, by=viewer, person_id=in_use.person, purpose=Purpose.INQUIRY.value
            ).pk
        assert refusal_within_a_savepoint(event) == NOT_COMMITTED
        transaction.set_rollback(True)

    assert not Event.objects.filter(pk=event).exists()
    assert refusal_of(event) == NO_REVEAL


def refusal_within_a_savepoint(event: uuid.UUID) -> str:
    with pytest.raises(DatabaseError) as refused, transaction.atomic():
        fetched(event)
    return str(getattr(refused.value.__cause__, "sqlstate", ""))


def test_an_entry_made_and_used_in_one_statement_opens_nothing(in_use: Held, viewer: User) -> None:
    said = entry_of_a_reveal(viewer, in_use.person)
    names, marks = ", ".join(said), ", ".join(["%s"] * len(said))

    with pytest.raises(DatabaseError) as refused:
        run(
            f"WITH made AS (INSERT INTO audit.event ({names}) VALUES ({marks}) RETURNING id)"
            " SELECT vault.fetch(id, gen_random_uuid()) FROM made",
            *[Jsonb(value) if name == "details" else value for name, value in said.items()],
        )

    assert getattr(refused.value.__cause__, "sqlstate", "") in {NO_REVEAL, NOT_COMMITTED}
    assert not Event.objects.filter(action=actions.REVEALED).exists()


def test_nothing_is_handed_out_against_an_entry_that_another_connection_has_not_committed(
    in_use: Held, viewer: User, office: Office
) -> None:
    with psycopg.connect(**office.app.as_psycopg()) as other:
        event = ledger.insert(
            other.execute,
            action=actions.REVEALED,
            actor_id=viewer.pk,
            person_id=in_use.person,
            purpose="INQUIRY",
        )
        assert refusal_of(event) == NO_REVEAL
        other.rollback()
    assert refusal_of(event) == NO_REVEAL


def test_an_entry_of_the_transaction_at_hand_does_not_look_committed(in_use: Held, viewer: User) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        event = ledger.insert(
            cursor.execute,
            action=actions.REVEALED,
            actor_id=viewer.pk,
            person_id=in_use.person,
            purpose="INQUIRY",
        )
        assert refusal_within_a_savepoint(event) == NOT_COMMITTED
        transaction.set_rollback(True)


def test_an_entry_serves_for_sixty_seconds(
    in_use: Held, viewer: User, superuser_connection: psycopg.Connection[Any]
) -> None:
    fresh, old = recorded(viewer, in_use.person), recorded(viewer, in_use.person)
    backdate(superuser_connection, fresh, 50)
    backdate(superuser_connection, old, 61)

    assert refusal_of(old) == TOO_OLD
    assert fetched(fresh)[0] == in_use.version


def test_an_entry_serves_once(in_use: Held, viewer: User) -> None:
    event = recorded(viewer, in_use.person)
    fetched(event)

    assert refusal_of(event) == USED


def test_an_entry_serves_one_of_many_who_come_at_once(
    in_use: Held, viewer: User, superuser_connection: psycopg.Connection[Any]
) -> None:
    event = recorded(viewer, in_use.person)

    outcomes = together(*[lambda: fetched(event)] * 6)

    assert sum(isinstance(outcome, tuple) for outcome in outcomes) == 1
    assert {
        getattr(outcome.__cause__, "sqlstate", None) for outcome in outcomes if isinstance(outcome, Exception)
    } == {USED}
    assert used(superuser_connection) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"action": actions.REVEAL_REFUSED},
        {"action": actions.SEARCHED},
        {"action": "benefits.person.viewed"},
        {"result": Result.REFUSED},
        {"result": Result.FAILED},
        {"purpose": ""},
        {"purpose": "CURIOSITY"},
        {"by": None},
        {"person_id": None},
    ],
)
def test_an_entry_of_anything_but_a_reveal_opens_nothing(changes: dict[str, Any], in_use: Held, viewer: User) -> None:
    parts = {"by": viewer, "person": in_use.person, **changes}

    assert refusal_of(recorded(parts.pop("by"), parts.pop("person"), **parts)) == NO_REVEAL


def test_the_entry_says_whose_number_is_handed_out(in_use: Held, maker: User, checker: User, viewer: User) -> None:
    other, number = uuid.uuid4(), my_number()
    version = vault.keep(other, number, by=maker)
    vault.compare(other, version, number, by=checker)
    put_in_use(other, version, by=checker)

    _version, sealed = fetched(recorded(viewer, other))

    assert crypto.unseal(sealed, person=other, version=version) == number
    with pytest.raises(crypto.SealBrokenError):
        crypto.unseal(sealed, person=in_use.person, version=version)


def test_nothing_is_handed_out_for_a_person_without_a_number(in_use: Held, viewer: User) -> None:
    assert refusal_of(recorded(viewer, uuid.uuid4())) == NOT_IN_USE


def test_a_number_that_is_not_in_use_yet_is_not_handed_out(provisional: Held, checker: User, viewer: User) -> None:
    before = refusal_of(recorded(viewer, provisional.person))
    vault.compare(provisional.person, provisional.version, provisional.number, by=checker)

    assert (before, refusal_of(recorded(viewer, provisional.person))) == (NOT_IN_USE, NOT_IN_USE)


def test_whoever_typed_or_retyped_any_version_of_a_number_is_not_handed_it(viewer: User) -> None:
    """Roles may change; what somebody once typed, they know."""
    people = [staff_member(Role.MAKER, Role.CHECKER) for _person in range(4)]
    first, again, wrong, right = people
    person, number = uuid.uuid4(), my_number()
    vault.keep(person, number, by=first)
    version = vault.keep(person, number, by=again)
    vault.compare(person, version, my_number(), by=wrong)
    vault.compare(person, version, number, by=right)
    put_in_use(person, version, by=right)

    for somebody in people:
        assert refusal_of(recorded(moves_to(somebody, Role.NUMBER_VIEWER), person)) == OWN_ENTRY
    assert fetched(recorded(viewer, person))[0] == version


@pytest.mark.parametrize(("count", "minutes"), [(60, 50), (300, 20 * 60)])
def test_there_is_a_limit_to_how_many_one_person_is_shown(
    count: int, minutes: int, in_use: Held, viewer: User, superuser_connection: psycopg.Connection[Any]
) -> None:
    shown_before(superuser_connection, viewer, count=count - 1, minutes=minutes)

    assert fetched(recorded(viewer, in_use.person))[0] == in_use.version
    assert refusal_of(recorded(viewer, in_use.person)) == TOO_MANY
    with pytest.raises(vault.RefusedError, match="件数の上限"):
        reveal(in_use, by=viewer)
    assert Event.objects.get(action=actions.REVEAL_FAILED).details == {"code": TOO_MANY}
    assert reveal(in_use, by=staff_member(Role.NUMBER_VIEWER)) == in_use.number


def test_there_is_a_limit_to_how_many_are_shown_in_a_day_to_all(
    in_use: Held, viewer: User, superuser_connection: psycopg.Connection[Any]
) -> None:
    shown_before(superuser_connection, staff_member(Role.NUMBER_VIEWER), count=1999, minutes=20 * 60)

    assert fetched(recorded(viewer, in_use.person))[0] == in_use.version
    assert refusal_of(recorded(viewer, in_use.person)) == TOO_MANY


def test_what_was_shown_long_ago_does_not_count(
    in_use: Held, viewer: User, superuser_connection: psycopg.Connection[Any]
) -> None:
    shown_before(superuser_connection, viewer, count=400, minutes=25 * 60)

    assert reveal(in_use, by=viewer) == in_use.number


def test_rolling_back_does_not_give_a_reveal_back(
    in_use: Held, viewer: User, superuser_connection: psycopg.Connection[Any]
) -> None:
    shown_before(superuser_connection, viewer, count=58, minutes=5)
    events = [recorded(viewer, in_use.person) for _reveal in range(2)]
    with transaction.atomic():
        fetched(events[0])
        transaction.set_rollback(True)
    assert used(superuser_connection) == 0

    assert refusal_of(recorded(viewer, in_use.person)) == TOO_MANY


# ── what the vault shows ─────────────────────────────────────────────────────────────────────────────────────────


def test_a_viewer_sees_the_number_and_the_record_says_who_when_whose_and_why(in_use: Held, viewer: User) -> None:
    assert reveal(in_use, by=viewer, reason="情報照会の突合のため") == in_use.number

    entry = Event.objects.get(action=actions.REVEALED)
    assert (entry.actor_id, entry.person_id, entry.result) == (viewer.pk, in_use.person, Result.DONE)
    assert (entry.purpose, entry.reason) == ("INQUIRY", "情報照会の突合のため")
    assert set(entry.details) == {"version", "ground", "ticket"}
    assert (entry.details["version"], entry.details["ground"]) == (1, "NONE")


def test_every_reveal_is_a_new_entry(
    in_use: Held, viewer: User, superuser_connection: psycopg.Connection[Any]
) -> None:
    assert {reveal(in_use, by=viewer) for _time in range(3)} == {in_use.number}

    assert Event.objects.filter(action=actions.REVEALED).count() == used(superuser_connection) == 3


def test_the_entry_is_committed_before_the_number_is_decrypted(
    in_use: Held,
    viewer: User,
    superuser_connection: psycopg.Connection[Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def entries() -> tuple[Any, ...] | None:
        return superuser_connection.execute(
            "SELECT count(*) FROM audit.event WHERE action = %s AND person_id = %s", [actions.REVEALED, in_use.person]
        ).fetchone()

    seen = []

    def broken(*_args: object, **_kwargs: object) -> str:
        seen.append(entries())
        raise MemoryError

    monkeypatch.setattr(crypto, "unseal", broken)

    with pytest.raises(MemoryError):
        reveal(in_use, by=viewer)

    assert seen == [(1,)]
    assert entries() == (1,)


@pytest.mark.parametrize("function", ["record", "record_all", "_event"])
def test_without_an_entry_in_the_record_no_number_is_fetched(
    function: str,
    in_use: Held,
    viewer: User,
    superuser_connection: psycopg.Connection[Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_args: object, **_kwargs: object) -> None:
        raise OSError("the record is out of reach")

    monkeypatch.setattr(journal, function, broken)

    with pytest.raises(OSError, match="out of reach"):
        reveal(in_use, by=viewer)

    assert used(superuser_connection) == 0


def test_when_the_database_refuses_the_entry_no_number_is_fetched(
    in_use: Held, viewer: User, superuser_connection: psycopg.Connection[Any]
) -> None:
    superuser_connection.execute("REVOKE INSERT ON audit.event FROM kyufu_app")
    try:
        with pytest.raises(DatabaseError, match="permission denied"):
            reveal(in_use, by=viewer)
    finally:
        superuser_connection.execute("GRANT INSERT ON audit.event TO kyufu_app")

    assert used(superuser_connection) == 0


def test_inside_another_transaction_nothing_is_shown(
    in_use: Held, viewer: User, superuser_connection: psycopg.Connection[Any]
) -> None:
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        reveal(in_use, by=viewer)

    assert used(superuser_connection) == 0
    assert not Event.objects.filter(action=actions.REVEALED).exists()


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.NUMBER_VIEWER])
def test_without_the_permission_nothing_is_shown_and_the_attempt_is_recorded(
    role: Role, in_use: Held, superuser_connection: psycopg.Connection[Any]
) -> None:
    somebody = staff_member(role)

    with pytest.raises(vault.RefusedError, match="権限がありません"):
        reveal(in_use, by=somebody)

    entry = Event.objects.get(action=actions.REVEAL_REFUSED)
    assert (entry.actor_id, entry.person_id, entry.result) == (somebody.pk, in_use.person, Result.REFUSED)
    assert entry.details == {"code": "not_permitted"}
    assert not Event.objects.filter(action=actions.REVEALED).exists()
    assert used(superuser_connection) == 0


def test_a_viewer_who_has_been_stopped_is_shown_nothing(
    in_use: Held, viewer: User, superuser_connection: psycopg.Connection[Any]
) -> None:
    superuser_connection.execute("UPDATE accounts_user SET is_active = false WHERE id = %s", [viewer.pk])
    viewer.refresh_from_db()

    with pytest.raises(vault.RefusedError, match="権限がありません"):
        reveal(in_use, by=viewer)


def test_a_number_that_is_not_in_use_is_not_shown_and_the_attempt_is_recorded(confirmed: Held, viewer: User) -> None:
    nobody = Held(uuid.uuid4(), "", 1)
    for held in (confirmed, nobody):
        with pytest.raises(vault.RefusedError, match="未登録、または未確定"):
            reveal(held, by=viewer)

    entries = Event.objects.filter(action=actions.REVEAL_REFUSED)
    assert {(entry.person_id, entry.details["code"]) for entry in entries} == {
        (confirmed.person, "not_in_use"),
        (nobody.person, "not_in_use"),
    }


@pytest.mark.parametrize("typed_by_viewer", [True, False])
def test_who_typed_or_confirmed_a_number_never_sees_it_again_whatever_role_they_were_given_since(
    typed_by_viewer: bool,
    maker: User,
    checker: User,
    superuser_connection: psycopg.Connection[Any],
) -> None:
    both = staff_member(Role.MAKER, Role.CHECKER)
    first, second = (both, checker) if typed_by_viewer else (maker, both)
    person, number = uuid.uuid4(), my_number()
    version = vault.keep(person, number, by=first)
    vault.compare(person, version, number, by=second)
    put_in_use(person, version, by=second)

    with pytest.raises(vault.RefusedError, match="自分が入力した"):
        reveal(Held(person, number, version), by=moves_to(both, Role.NUMBER_VIEWER))

    assert Event.objects.get(action=actions.REVEAL_REFUSED).details == {"code": "own_entry"}
    assert used(superuser_connection) == 0


def test_an_unknown_purpose_shows_nothing(in_use: Held, viewer: User) -> None:
    with pytest.raises(ValueError, match="CURIOSITY"):
        vault.reveal(in_use.person, by=viewer, purpose="CURIOSITY", reason="")  # type: ignore[arg-type]

    assert not Event.objects.filter(action=actions.REVEALED).exists()


def test_a_seal_that_was_changed_shows_nothing_and_is_recorded_as_a_failure(
    in_use: Held,
    viewer: User,
    superuser_connection: psycopg.Connection[Any],
    caplog: pytest.LogCaptureFixture,
) -> None:
    tamper(superuser_connection, "body = set_byte(body, 20, get_byte(body, 20) # 1) WHERE person = %s", in_use.person)

    with caplog.at_level(logging.DEBUG), pytest.raises(vault.RefusedError, match="復号できません"):
        reveal(in_use, by=viewer)

    assert Event.objects.filter(action=actions.REVEALED).count() == 1
    failure = Event.objects.get(action=actions.REVEAL_FAILED)
    assert (failure.result, failure.details) == (Result.FAILED, {"code": "seal_broken"})
    assert in_use.number not in caplog.text


def test_a_seal_that_was_moved_to_somebody_else_shows_nothing(
    in_use: Held,
    maker: User,
    checker: User,
    viewer: User,
    superuser_connection: psycopg.Connection[Any],
) -> None:
    other, number = uuid.uuid4(), my_number()
    version = vault.keep(other, number, by=maker)
    vault.compare(other, version, number, by=checker)
    put_in_use(other, version, by=checker)
    tamper(
        superuser_connection,
        "body = (SELECT body FROM vault.number WHERE person = %s) WHERE person = %s",
        in_use.person,
        other,
    )

    with pytest.raises(vault.RefusedError, match="復号できません"):
        reveal(Held(other, number, version), by=viewer)


def test_the_reason_is_kept_to_its_length_and_sealed(
    in_use: Held, viewer: User, superuser_connection: psycopg.Connection[Any]
) -> None:
    reveal(in_use, by=viewer, reason="理由" * 200)

    assert Event.objects.get(action=actions.REVEALED).reason == "理由" * 100
    row = superuser_connection.execute(
        "SELECT sealed_reason, event::text FROM audit.event WHERE action = %s", [actions.REVEALED]
    ).fetchone()
    assert row is not None
    assert "理由".encode() not in row[0]
    assert "理由" not in row[1]


def test_a_process_killed_between_the_entry_and_the_number_leaves_the_entry_and_shows_nothing(
    in_use: Held,
    viewer: User,
    office: Office,
    superuser_connection: psycopg.Connection[Any],
) -> None:
    program = (
        "import django; django.setup()\n"
        "import sys, uuid\n"
        "from accounts.models import User\n"
        "from mynumber import vault\n"
        "from mynumber.purposes import Purpose\n"
        "by = User.objects.get(pk=int(sys.argv[1]))\n"
        "print('ready', flush=True)\n"
        "secret = vault.reveal(uuid.UUID(sys.argv[2]), by=by, purpose=Purpose.INQUIRY, reason='r')\n"
        "print(secret.digits(), flush=True)\n"
    )
    command = [sys.executable, "-c", program, str(viewer.pk), str(in_use.person)]
    environment = env.child(
        DJANGO_SETTINGS_MODULE="config.settings.test",
        KYUFU_HOME=str(settings.KYUFU_HOME),
        KYUFU_TEST_HOME=str(settings.KYUFU_HOME),
        KYUFU_TEST_DATABASE_URL=office.app.as_url(),
    )
    waiting = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%vault.fetch%'"
    with psycopg.connect(**office.superuser.as_psycopg()) as holder:
        # vault.fetch waits for this lock, so the process stands exactly between its two halves
        holder.execute("LOCK TABLE vault.ticket_use IN EXCLUSIVE MODE")
        with subprocess.Popen(
            command, cwd=settings.BASE_DIR, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, env=environment
        ) as process:
            try:
                end = time.monotonic() + 30
                while not (row := superuser_connection.execute(waiting).fetchone()):
                    assert process.poll() is None
                    assert time.monotonic() < end
                    time.sleep(0.05)
            finally:
                process.kill()
            shown, _errors = process.communicate(timeout=10)
        superuser_connection.execute("SELECT pg_terminate_backend(%s, 5000)", [row[0]])

    assert process.returncode == -signal.SIGKILL
    assert shown == b"ready\n"
    assert Event.objects.get(action=actions.REVEALED).actor_id == viewer.pk
    assert used(superuser_connection) == 0


def test_the_connection_is_left_clean_after_a_refusal(in_use: Held, viewer: User) -> None:
    with pytest.raises(vault.RefusedError):
        reveal(Held(uuid.uuid4(), "", 1), by=viewer)

    assert connection.get_autocommit()
    assert reveal(in_use, by=viewer) == in_use.number
