"""A new key takes over while the office is open, and no number is lost on the way (A3, V5)."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings as office_settings
from django.db import DatabaseError, IntegrityError, transaction

from accounts.models import User
from accounts.roles import Role
from audit import journal, keyfiles
from audit.models import Event, Result
from config import checks, env
from config.office import keys as office_keys
from mynumber import actions, crypto, key_operations, keys, rotation, vault
from mynumber.key_operations import KekState, Operation, Outcome, State
from mynumber.purposes import Purpose
from tests.conftest import Office
from tests.factories import my_number, staff_member
from tests.mynumber.conftest import Held, put_in_use, run
from tests.racing import together

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def own_keys(tmp_path: Path, settings: Any) -> Iterator[Path]:
    """A copy of the office's keys for one test: what is made and destroyed here is made and destroyed there."""
    copied = tmp_path / "keys"
    shutil.copytree(office_settings.KYUFU_KEYS_DIR, copied)
    settings.KYUFU_KEYS_DIR = copied
    keyfiles.read.cache_clear()
    yield copied
    keyfiles.read.cache_clear()


@pytest.fixture
def keeper() -> User:
    return staff_member(Role.RECORDS_KEEPER)


@pytest.fixture
def other() -> User:
    return staff_member(Role.RECORDS_KEEPER)


def rotated(keeper: User, other: User) -> uuid.UUID:
    """Let a new key take over; the data keys wait for the worker."""
    operation_id = rotation.propose_rotation(by=keeper, reason="年次の更新")
    rotation.approve(operation_id, by=other)
    return operation_id


def finished() -> None:
    """Let the worker do what there is."""
    while rotation.work():
        pass


def kept(maker: User, count: int) -> list[Held]:
    """Return numbers that one person has typed, for new people."""
    people = [(uuid.uuid4(), my_number()) for _one in range(count)]
    return [Held(person, number, vault.keep(person, number, by=maker)) for person, number in people]


def under(connection: psycopg.Connection[Any]) -> dict[int, int]:
    """Return how many data keys are wrapped under each key."""
    rows = connection.execute("SELECT kek_id, count(*) FROM vault.wrapped_key GROUP BY 1").fetchall()
    return dict(rows)


def many(superuser: psycopg.Connection[Any], by: User, count: int) -> list[Held]:
    """Return many numbers, put beside the door so that it does not take long."""
    held = [Held(uuid.uuid4(), my_number(), 1) for _one in range(count)]
    seals = [crypto.seal(one.number, person=one.person, version=1, kek_id=vault.sealing_key()) for one in held]
    with superuser.transaction():
        superuser.execute("ALTER TABLE vault.number DISABLE TRIGGER number_change_is_on_record")
        with superuser.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO vault.number (person, version, state, body, number_index, typed_by)"
                " VALUES (%s, 1, 'PROVISIONAL', %s, %s, %s)",
                [
                    (one.person, sealed.body, uuid.uuid4().bytes * 2, by.pk)
                    for one, sealed in zip(held, seals, strict=True)
                ],
            )
            cursor.executemany(
                "INSERT INTO vault.wrapped_key (person, version, kek_id, wrapped) VALUES (%s, 1, %s, %s)",
                [(one.person, sealed.kek_id, sealed.wrapped) for one, sealed in zip(held, seals, strict=True)],
            )
        superuser.execute("SET CONSTRAINTS ALL IMMEDIATE")
        superuser.execute("ALTER TABLE vault.number ENABLE ALWAYS TRIGGER number_change_is_on_record")
    return held


def opens(connection: psycopg.Connection[Any], held: Held) -> bool:
    """Say whether the sealed number, as it lies in the tables, opens to what was typed."""
    row = connection.execute(
        "SELECT w.kek_id, w.wrapped, n.body FROM vault.number n JOIN vault.wrapped_key w USING (person, version)"
        " WHERE n.person = %s AND n.version = %s",
        [held.person, held.version],
    ).fetchone()
    assert row is not None
    return crypto.unseal(crypto.Sealed(*row), person=held.person, version=held.version) == held.number


def now(operation_id: uuid.UUID) -> Operation:
    one = key_operations.operation(operation_id)
    assert one is not None
    return one


def keks() -> dict[int, KekState]:
    return {kek.id: kek.state for kek in key_operations.keks()}


# ── a rotation ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_new_key_seals_at_once_and_every_number_comes_under_it(
    maker: User, keeper: User, other: User, superuser_connection: psycopg.Connection[Any]
) -> None:
    before = kept(maker, 3)
    operation_id = rotated(keeper, other)
    after = kept(maker, 2)
    assert under(superuser_connection) == {1: 3, 2: 2}

    finished()

    assert under(superuser_connection) == {2: 5}
    assert all(opens(superuser_connection, held) for held in before + after)
    one = now(operation_id)
    assert (one.state, one.total, one.done, one.percent, one.left) == (State.DONE, 3, 3, 100, 0)
    assert keks() == {1: KekState.OLD, 2: KekState.CURRENT}
    assert vault.sealing_key() == 2
    entry = Event.objects.get(action=actions.KEY_ROTATED)
    assert (entry.actor_id, entry.details) == (None, {"kind": "ROTATE", "key": 1, "new_key": 2, "count": 3})


def test_every_step_is_on_record_with_the_keys_it_is_about(keeper: User, other: User) -> None:
    rotated(keeper, other)
    finished()

    entries = Event.objects.filter(subject_kind="mynumber.keyoperation").order_by("at")
    assert [(entry.action, entry.actor_id, entry.details) for entry in entries] == [
        (actions.KEY_PROPOSED, keeper.pk, {"kind": "ROTATE", "key": 1}),
        (actions.KEY_APPROVED, other.pk, {"kind": "ROTATE", "key": 1, "new_key": 2}),
        (actions.KEY_ROTATED, None, {"kind": "ROTATE", "key": 1, "new_key": 2, "count": 0}),
    ]


def test_progress_is_counted_by_batches_and_the_rest_of_the_time_is_worked_out(
    maker: User,
    keeper: User,
    other: User,
    superuser_connection: psycopg.Connection[Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    many(superuser_connection, maker, 25)
    monkeypatch.setattr(rotation, "BATCH", 10)
    operation_id = rotated(keeper, other)
    assert (now(operation_id).total, now(operation_id).percent, now(operation_id).time_left) == (25, 0, None)

    assert rotation.work()

    one = now(operation_id)
    assert (one.done, one.left, one.percent) == (10, 15, 40)
    assert one.time_left is not None
    assert one.time_left.total_seconds() < 60
    finished()
    assert (now(operation_id).done, now(operation_id).time_left) == (25, None)


def test_a_number_is_never_opened_to_be_wrapped_anew(
    maker: User, keeper: User, other: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept(maker, 2)
    rotated(keeper, other)

    def forbidden(*_arguments: object, **_labels: object) -> str:
        raise AssertionError("a number was opened")

    monkeypatch.setattr(crypto, "unseal", forbidden)
    finished()


def test_numbers_that_lie_under_an_older_key_still_are_taken_along(
    maker: User, keeper: User, other: User, superuser_connection: psycopg.Connection[Any]
) -> None:
    held = kept(maker, 2)
    rotated(keeper, other)
    finished()
    # as an office of the first release may have it: some under the key before the last
    aside = crypto.rewrap(
        bytes(_wrapped(superuser_connection, held[0])), person=held[0].person, version=1, old=2, new=1
    )
    superuser_connection.execute(
        "UPDATE vault.wrapped_key SET kek_id = 1, wrapped = %s WHERE person = %s", [aside, held[0].person]
    )

    rotated(other, keeper)
    finished()

    assert under(superuser_connection) == {3: 2}
    assert all(opens(superuser_connection, one) for one in held)


def _wrapped(connection: psycopg.Connection[Any], held: Held) -> bytes:
    row = connection.execute("SELECT wrapped FROM vault.wrapped_key WHERE person = %s", [held.person]).fetchone()
    assert row is not None
    return bytes(row[0])


def test_a_held_up_rotation_stands_still_and_new_numbers_go_under_the_new_key(
    maker: User, keeper: User, other: User, superuser_connection: psycopg.Connection[Any]
) -> None:
    before = kept(maker, 2)
    operation_id = rotated(keeper, other)

    rotation.pause(operation_id, by=other)
    assert not rotation.work()
    after = kept(maker, 1)
    assert under(superuser_connection) == {1: 2, 2: 1}
    assert all(opens(superuser_connection, held) for held in before + after)
    rotation.resume(operation_id, by=keeper)
    finished()

    assert under(superuser_connection) == {2: 3}
    moved = [
        (entry.action, entry.actor_id)
        for entry in Event.objects.filter(action__in=[actions.KEY_PAUSED, actions.KEY_RESUMED]).order_by("at")
    ]
    assert moved == [(actions.KEY_PAUSED, other.pk), (actions.KEY_RESUMED, keeper.pk)]


def test_a_wrapping_that_does_not_open_holds_up_only_the_end_and_is_tried_again(
    maker: User, keeper: User, other: User, superuser_connection: psycopg.Connection[Any]
) -> None:
    broken, *others = kept(maker, 3)
    whole = _wrapped(superuser_connection, broken)
    replace = "UPDATE vault.wrapped_key SET wrapped = %s WHERE person = %s"
    superuser_connection.execute(replace, [os.urandom(60), broken.person])
    operation_id = rotated(keeper, other)

    finished()

    one = now(operation_id)
    assert (one.state, one.done, one.left) == (State.PAUSED, 2, 1)
    assert "控えから戻す" in one.problem
    assert under(superuser_connection) == {1: 1, 2: 2}
    assert Event.objects.get(action=actions.REWRAP_FAILED).person_id == broken.person
    assert Event.objects.get(action=actions.KEY_PAUSED).actor_id is None

    superuser_connection.execute(replace, [whole, broken.person])
    rotation.resume(operation_id, by=keeper)
    finished()
    assert now(operation_id).state is State.DONE
    assert all(opens(superuser_connection, held) for held in (broken, *others))


# ── while the system serves ──────────────────────────────────────────────────────────────────────────────────────


def test_whoever_is_sealing_under_the_old_key_finishes_before_the_new_one_takes_over(
    maker: User, keeper: User, other: User, superuser_connection: psycopg.Connection[Any]
) -> None:
    operation_id = rotation.propose_rotation(by=keeper, reason="更新")
    number, person = my_number(), uuid.uuid4()
    sealing, may_end = threading.Event(), threading.Event()

    def keep() -> int:
        with transaction.atomic():
            version = vault.keep(person, number, by=maker)
            sealing.set()
            assert may_end.wait(10)
        return version

    def approve() -> float:
        assert sealing.wait(10)
        began = time.monotonic()
        threading.Timer(0.5, may_end.set).start()
        rotation.approve(operation_id, by=other)
        return time.monotonic() - began

    version, waited = together(keep, approve)

    assert version == 1
    assert waited > 0.4
    assert under(superuser_connection) == {1: 1}
    finished()
    assert opens(superuser_connection, Held(person, number, 1))
    assert under(superuser_connection) == {2: 1}


def test_an_approval_does_not_wait_for_ever(
    maker: User, keeper: User, other: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rotation, "LOCK_SECONDS", 1)
    operation_id = rotation.propose_rotation(by=keeper, reason="更新")
    sealing, may_end = threading.Event(), threading.Event()

    def keep() -> None:
        with transaction.atomic():
            vault.keep(uuid.uuid4(), my_number(), by=maker)
            sealing.set()
            assert may_end.wait(10)

    def approve() -> None:
        assert sealing.wait(10)
        try:
            rotation.approve(operation_id, by=other)
        finally:
            may_end.set()

    _kept, refused = together(keep, approve)

    assert isinstance(refused, rotation.Refused)
    assert refused.code == "busy"
    assert keks() == {1: KekState.CURRENT}
    assert rotation.approve(operation_id, by=other).new_kek_id == 3  # the second stays unused


def test_a_rotation_under_load_loses_no_number_and_leaves_none_behind(
    maker: User,
    checker: User,
    viewer: User,
    keeper: User,
    other: User,
    superuser_connection: psycopg.Connection[Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rotation, "BATCH", 20)
    shown = kept(maker, 4)
    for one in shown:
        assert vault.compare(one.person, 1, one.number, by=checker) == "MATCH"
        put_in_use(one.person, 1, by=checker)
    held = [*shown, *many(superuser_connection, maker, 200)]
    typed: list[Held] = []
    is_over = threading.Event()

    def write() -> None:
        while not is_over.is_set():
            typed.extend(kept(maker, 1))

    def show() -> int:
        count = 0
        while not is_over.is_set() and count < 50:
            one = shown[count % len(shown)]
            digits = vault.reveal(one.person, by=viewer, purpose=Purpose.INQUIRY, reason="照会のため").digits()
            assert digits == one.number
            count += 1
        return count

    def rewrap() -> int:
        pieces = 0
        while not is_over.is_set():
            pieces += rotation.work()
            time.sleep(0.005)
        return pieces

    def rotate() -> None:
        try:
            for one, another in ((keeper, other), (other, keeper)):
                operation_id = rotated(one, another)
                end = time.monotonic() + 30
                while now(operation_id).state is not State.DONE:
                    assert time.monotonic() < end
                    time.sleep(0.02)
        finally:
            is_over.set()

    outcomes = together(write, write, show, rewrap, rewrap, rotate)

    assert [outcome for outcome in outcomes if isinstance(outcome, Exception)] == []
    assert outcomes[2] > 0
    assert len(typed) > 0
    assert all(opens(superuser_connection, one) for one in [*held, *typed])
    assert under(superuser_connection) == {3: len(held) + len(typed)}


def test_two_workers_share_the_work_and_do_none_of_it_twice(
    maker: User,
    keeper: User,
    other: User,
    superuser_connection: psycopg.Connection[Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    held = many(superuser_connection, maker, 200)
    monkeypatch.setattr(rotation, "BATCH", 20)
    done: list[uuid.UUID] = []
    real = crypto.rewrap

    def counted(wrapped: bytes, *, person: uuid.UUID, version: int, old: int, new: int) -> bytes:
        done.append(person)
        time.sleep(0.001)
        return real(wrapped, person=person, version=version, old=old, new=new)

    monkeypatch.setattr(crypto, "rewrap", counted)
    operation_id = rotated(keeper, other)

    def worker() -> int:
        pieces = 0
        while now(operation_id).state is State.RUNNING:
            pieces += rotation.work()
        return pieces

    pieces = together(worker, worker)

    assert all(piece > 1 for piece in pieces)
    assert sorted(done) == sorted(one.person for one in held)
    assert now(operation_id).done == 200


# ── what goes wrong ──────────────────────────────────────────────────────────────────────────────────────────────


def unanswering(*_arguments: object, **_labels: object) -> bytes:
    raise keys.KeyUnavailableError("鍵サーバーが応答しません。")


def test_a_provider_that_is_down_holds_the_rotation_up_in_words_and_it_goes_on_by_itself(
    maker: User,
    keeper: User,
    other: User,
    superuser_connection: psycopg.Connection[Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    held = many(superuser_connection, maker, 30)
    monkeypatch.setattr(rotation, "BATCH", 10)
    operation_id = rotated(keeper, other)
    assert rotation.work()

    with monkeypatch.context() as down:
        calls: list[int] = []
        real = type(keys.provider()).unwrap

        def fails_in_the_middle(*arguments: Any, **labels: Any) -> bytes:
            calls.append(1)
            return real(*arguments, **labels) if len(calls) < 7 else unanswering()

        down.setattr(type(keys.provider()), "unwrap", fails_in_the_middle)
        assert not rotation.work()
        one = now(operation_id)
        assert (one.state, one.done, one.problem) == (State.RUNNING, 10, "鍵サーバーが応答しません。")
        assert under(superuser_connection) == {1: 20, 2: 10}

    assert rotation.work()
    assert now(operation_id).problem == ""
    finished()
    assert under(superuser_connection) == {2: 30}
    assert all(opens(superuser_connection, one) for one in held)


@pytest.mark.parametrize("method", ["versions", "make", "wrap", "unwrap"])
def test_a_provider_that_fails_at_the_beginning_changes_nothing(
    method: str, maker: User, keeper: User, other: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = kept(maker, 1)
    operation_id = rotation.propose_rotation(by=keeper, reason="更新")

    with monkeypatch.context() as down:
        down.setattr(type(keys.provider()), method, unanswering)
        with pytest.raises(rotation.Refused, match="鍵サーバーが応答しません"):
            rotation.approve(operation_id, by=other)

    assert keks() == {1: KekState.CURRENT}
    assert now(operation_id).outcome is Outcome.WAITING
    entry = Event.objects.get(action=actions.KEY_REFUSED)
    assert (entry.actor_id, entry.result, entry.details["method"]) == (other.pk, Result.REFUSED, "approve")
    rotation.approve(operation_id, by=other)
    finished()
    assert vault.standing(held[0].person) is not None


def test_a_directory_that_cannot_be_written_is_said_in_words(
    keeper: User, other: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(name: str) -> None:
        raise PermissionError(13, "Permission denied", f"/somewhere/{name}.key")

    operation_id = rotation.propose_rotation(by=keeper, reason="更新")
    with monkeypatch.context() as closed:
        closed.setattr(keyfiles, "make", refused)
        with pytest.raises(rotation.Refused, match="新しい鍵を作れませんでした") as told:
            rotation.approve(operation_id, by=other)
    assert "somewhere" not in str(told.value)
    rotation.approve(operation_id, by=other)
    finished()

    with monkeypatch.context() as closed:
        closed.setattr(keyfiles, "destroy", refused)
        operation_id = retired(keeper, other)
    assert now(operation_id).state is State.RUNNING
    assert "somewhere" not in now(operation_id).problem
    assert rotation.work()
    assert now(operation_id).state is State.DONE


def test_a_key_that_does_not_open_what_it_seals_never_takes_over_and_is_never_taken_later(
    keeper: User, other: User, own_keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    operation_id = rotation.propose_rotation(by=keeper, reason="更新")
    with monkeypatch.context() as spoilt:
        spoilt.setattr(type(keys.provider()), "unwrap", lambda *_a, **_l: b"something else, of the same length")
        with pytest.raises(rotation.Refused, match="試験に通らなかった"):
            rotation.approve(operation_id, by=other)
    assert (own_keys / "number-kek-2.key").exists()
    assert keks() == {1: KekState.CURRENT}

    one = rotation.approve(operation_id, by=other)

    assert one.new_kek_id == 3
    assert keks() == {1: KekState.OLD, 3: KekState.CURRENT}


#: A worker as ``manage.py work`` is one, that stops at a given place and waits for its end.
WORKER = """
import sys, time
import django
django.setup()
from mynumber import crypto, rotation
rotation.BATCH = 10
place = sys.argv[1]
real, count = crypto.rewrap, 0
def here():
    print("here", flush=True)
    time.sleep(60)
def rewrap(*arguments, **labels):
    global count
    count += 1
    if place == "inside" and count == 15:
        here()
    return real(*arguments, **labels)
crypto.rewrap = rewrap
while rotation.work():
    if place == "between":
        here()
"""


@pytest.mark.parametrize(("place", "done"), [("inside", 10), ("between", 10)])
def test_a_worker_that_is_killed_leaves_either_wrapping_of_each_and_another_goes_on(
    place: str,
    done: int,
    maker: User,
    keeper: User,
    other: User,
    office: Office,
    own_keys: Path,
    superuser_connection: psycopg.Connection[Any],
) -> None:
    held = many(superuser_connection, maker, 35)
    operation_id = rotated(keeper, other)
    worker = subprocess.Popen(
        [sys.executable, "-c", WORKER, place],
        cwd=office_settings.BASE_DIR,
        stdout=subprocess.PIPE,
        env=env.child(
            DJANGO_SETTINGS_MODULE="config.settings.test",
            KYUFU_TEST_HOME=str(own_keys.parent),
            KYUFU_TEST_DATABASE_URL=office.app.as_url(),
        ),
    )
    assert worker.stdout is not None
    assert worker.stdout.readline() == b"here\n"

    worker.send_signal(signal.SIGKILL)
    worker.wait(10)
    worker.stdout.close()

    one = now(operation_id)
    assert (one.state, one.done) == (State.RUNNING, done)
    assert under(superuser_connection) == {1: 35 - done, 2: done}
    assert all(opens(superuser_connection, each) for each in held)
    end = time.monotonic() + 10
    while now(operation_id).state is not State.DONE:
        assert time.monotonic() < end
        rotation.work()
    assert now(operation_id).done == 35
    assert under(superuser_connection) == {2: 35}
    assert all(opens(superuser_connection, each) for each in held)


# ── the end of an old key ────────────────────────────────────────────────────────────────────────────────────────


def retired(keeper: User, other: User, kek_id: int = 1) -> uuid.UUID:
    operation_id = rotation.propose_retirement(kek_id, by=keeper, reason="更新の完了")
    rotation.approve(operation_id, by=other)
    return operation_id


def test_an_old_key_is_destroyed_by_two_once_nothing_is_left_under_it(
    maker: User, keeper: User, other: User, own_keys: Path, superuser_connection: psycopg.Connection[Any]
) -> None:
    held = kept(maker, 2)
    rotated(keeper, other)
    finished()
    assert [kek.id for kek in key_operations.retirable()] == [1]

    operation_id = retired(keeper, other)

    assert not (own_keys / "number-kek-1.key").exists()
    assert keks() == {1: KekState.RETIRED, 2: KekState.CURRENT}
    assert now(operation_id).state is State.DONE
    entry = Event.objects.get(action=actions.KEY_RETIRED)
    assert (entry.actor_id, entry.details) == (other.pk, {"kind": "RETIRE", "key": 1})
    assert all(opens(superuser_connection, one) for one in held)
    assert office_keys.complaints(own_keys) == []
    assert office_keys.ensure(own_keys, data_exists=True) == []


def test_a_key_is_not_retired_while_a_number_is_left_under_it(maker: User, keeper: User, other: User) -> None:
    kept(maker, 1)
    operation_id = rotated(keeper, other)
    rotation.pause(operation_id, by=keeper)

    for kek_id in (1, 2, 9):
        with pytest.raises(rotation.Refused):
            rotation.propose_retirement(kek_id, by=keeper, reason="早すぎる")

    rotation.resume(operation_id, by=keeper)
    finished()
    with pytest.raises(rotation.Refused, match="取り下げて"):
        rotation.propose_retirement(2, by=keeper, reason="まだ使っている")


def test_a_key_is_not_retired_while_any_table_refers_to_it(
    keeper: User, other: User, own_keys: Path, owner_connection: psycopg.Connection[Any]
) -> None:
    rotated(keeper, other)
    finished()
    operation_id = rotation.propose_retirement(1, by=keeper, reason="更新の完了")
    owner_connection.execute("CREATE TABLE vault.of_a_later_release (key integer REFERENCES vault.kek, wrapped text)")
    try:
        owner_connection.execute("INSERT INTO vault.of_a_later_release VALUES (1, 'a key'), (1, NULL), (NULL, NULL)")

        with pytest.raises(rotation.Refused, match="まだ残っています"):
            rotation.approve(operation_id, by=other)
        assert {kek.id: kek.elsewhere for kek in key_operations.keks()} == {1: 1, 2: 0}
        assert keks()[1] is KekState.OLD
        assert (own_keys / "number-kek-1.key").exists()
        # what was wiped only tells which key it was
        owner_connection.execute("UPDATE vault.of_a_later_release SET wrapped = NULL")
        assert rotation.approve(operation_id, by=other).state is State.DONE
    finally:
        owner_connection.execute("DROP TABLE vault.of_a_later_release")


def test_a_key_that_could_not_be_destroyed_at_once_is_destroyed_later_and_meanwhile_opens_nothing_new(
    keeper: User, other: User, own_keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rotated(keeper, other)
    finished()
    with monkeypatch.context() as down:
        down.setattr(type(keys.provider()), "destroy", unanswering)
        operation_id = retired(keeper, other)
        assert not rotation.work()
        assert (now(operation_id).state, now(operation_id).problem) == (State.RUNNING, "鍵サーバーが応答しません。")
        assert keks()[1] is KekState.RETIRED

    assert rotation.work()

    assert now(operation_id).state is State.DONE
    assert not (own_keys / "number-kek-1.key").exists()
    assert not rotation.work()


def test_an_office_whose_key_is_gone_is_not_opened_and_one_whose_key_was_retired_is(
    keeper: User, other: User, own_keys: Path
) -> None:
    rotated(keeper, other)
    finished()
    retired(keeper, other)
    assert _gone() == []

    (own_keys / "number-kek-2.key").unlink()

    assert ["number-kek-2" in message for message in _gone()] == [True]


def _gone() -> list[str]:
    found = checks.every_sealed_number_has_its_key(None, databases=["default"])
    return [message.msg for message in found]


# ── two people, and nobody else ──────────────────────────────────────────────────────────────────────────────────


def test_nobody_approves_or_rejects_what_they_proposed_themselves(keeper: User) -> None:
    operation_id = rotation.propose_rotation(by=keeper, reason="更新")

    for attempt in (
        lambda: rotation.approve(operation_id, by=keeper),
        lambda: rotation.reject(operation_id, by=keeper, reason="やめる"),
    ):
        with pytest.raises(rotation.Refused, match="自分が出した申請"):
            attempt()

    assert now(operation_id).outcome is Outcome.WAITING
    assert keks() == {1: KekState.CURRENT}


def test_a_proposal_is_rejected_with_a_reason_or_withdrawn_by_its_proposer(keeper: User, other: User) -> None:
    first = rotation.propose_rotation(by=keeper, reason="更新")
    with pytest.raises(rotation.Refused, match="却下の理由"):
        rotation.reject(first, by=other, reason=" ")
    rotation.reject(first, by=other, reason="時期ではない")
    second = rotation.propose_rotation(by=keeper, reason="更新")
    with pytest.raises(rotation.Refused, match="申請した人だけ"):
        rotation.withdraw(second, by=other)
    rotation.withdraw(second, by=keeper)

    assert [one.outcome for one in key_operations.operations(most=5)] == [Outcome.WITHDRAWN, Outcome.REJECTED]
    assert key_operations.open_operation() is None
    for operation_id in (first, second):
        with pytest.raises(rotation.Refused, match="すでに処理"):
            rotation.approve(operation_id, by=other)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.RECORDS_KEEPER])
def test_only_a_records_keeper_proposes_decides_and_holds_up(role: Role, keeper: User, other: User) -> None:
    somebody = staff_member(role, office="CHUO" if role is Role.INTAKE else "")
    with pytest.raises(rotation.Refused, match="権限"):
        rotation.propose_rotation(by=somebody, reason="更新")
    operation_id = rotation.propose_rotation(by=keeper, reason="更新")
    with pytest.raises(rotation.Refused, match="権限"):
        rotation.approve(operation_id, by=somebody)
    rotation.approve(operation_id, by=other)
    with pytest.raises(rotation.Refused, match="権限"):
        rotation.pause(operation_id, by=somebody)

    assert now(operation_id).state is State.RUNNING


def test_of_two_who_propose_or_approve_at_once_one_does(keeper: User, other: User) -> None:
    third = staff_member(Role.RECORDS_KEEPER)
    proposed = together(
        lambda: rotation.propose_rotation(by=keeper, reason="更新"),
        lambda: rotation.propose_rotation(by=other, reason="更新"),
    )
    (refused,) = [one for one in proposed if isinstance(one, Exception)]
    (operation_id,) = [one for one in proposed if isinstance(one, uuid.UUID)]
    assert isinstance(refused, rotation.Refused)
    assert "承認待ちか進行中" in str(refused)
    deciders = [one for one in (keeper, other, third) if one.pk != now(operation_id).proposed_by]

    decided = together(*(lambda by=by: rotation.approve(operation_id, by=by) for by in deciders))

    assert len([one for one in decided if isinstance(one, rotation.Refused)]) == 1
    assert len(keks()) == 2


def refused_by(guard: str, statement: str, *parameters: object) -> None:
    """Expect the database to refuse the statement, spoken by the role that serves."""
    with pytest.raises(IntegrityError, match=guard), transaction.atomic():
        run(statement, *parameters)


@transaction.atomic
def approved_in_the_name_of(somebody: User, operation_id: uuid.UUID, *, by: User) -> None:
    """Approve with an entry that names somebody else."""
    subject = journal.Subject(kind="mynumber.keyoperation", id=str(operation_id))
    journal.record(actions.KEY_APPROVED, by=somebody, subject=subject, details={"key": 1})
    run(DECIDE, operation_id, "APPROVED", by.pk, "", 2)


PROPOSE = "SELECT vault.propose_key_operation(%s, %s, %s, %s, %s)"
DECIDE = "SELECT vault.decide_key_operation(%s, %s, %s, %s, %s)"


def test_the_database_refuses_a_key_operation_without_an_entry_a_duty_or_a_second_person(
    maker: User, keeper: User, other: User
) -> None:
    operation_id = uuid.uuid4()
    refused_by("key_operation_is_on_record", PROPOSE, operation_id, "ROTATE", 1, "r", keeper.pk)
    refused_by("proposed_by_a_records_keeper", PROPOSE, operation_id, "ROTATE", 1, "r", maker.pk)
    refused_by("about_a_fitting_key", PROPOSE, operation_id, "RETIRE", 1, "r", keeper.pk)
    refused_by("about_a_fitting_key", PROPOSE, operation_id, "ROTATE", 2, "r", keeper.pk)
    refused_by("key_operation_has_a_reason", PROPOSE, operation_id, "ROTATE", 1, " ", keeper.pk)
    refused_by("about_a_fitting_key", PROPOSE, operation_id, "BURN", 1, "r", keeper.pk)

    operation_id = rotation.propose_rotation(by=keeper, reason="更新")
    refused_by("key_operation_is_on_record", DECIDE, operation_id, "APPROVED", other.pk, "", 2)
    refused_by("decided_by_a_second_person", DECIDE, operation_id, "APPROVED", keeper.pk, "", 2)
    refused_by("decided_by_a_records_keeper", DECIDE, operation_id, "APPROVED", maker.pk, "", 2)
    refused_by("withdrawn_by_its_proposer", DECIDE, operation_id, "WITHDRAWN", other.pk, "", None)
    refused_by("names_its_new_key", DECIDE, operation_id, "APPROVED", other.pk, "", None)
    refused_by("rejection_has_a_reason", DECIDE, operation_id, "REJECTED", other.pk, "", None)
    with pytest.raises(IntegrityError, match="key_operation_is_on_record"):
        approved_in_the_name_of(keeper, operation_id, by=other)
    assert keks() == {1: KekState.CURRENT}

    rotation.approve(operation_id, by=other)
    move = "SELECT vault.move_key_operation(%s, %s, %s, '')"
    refused_by("key_operation_is_on_record", move, operation_id, "PAUSED", keeper.pk)
    refused_by("moved_by_a_records_keeper", move, operation_id, "PAUSED", maker.pk)
    refused_by("moves_by_the_table", move, operation_id, "RUNNING", keeper.pk)
    refused_by("moves_by_the_table", move, operation_id, "DONE", keeper.pk)
    refused_by("key_operation_is_decided_once", DECIDE, operation_id, "REJECTED", other.pk, "r", None)
    refused_by("key_operation_is_on_record", "SELECT vault.finish_key_operation(%s)", operation_id)


@transaction.atomic
def proposed_in(isolation: str, *, by: User) -> None:
    run(f"SET TRANSACTION ISOLATION LEVEL {isolation}")
    run(PROPOSE, uuid.uuid4(), "ROTATE", 1, "更新", by.pk)


def test_keys_change_only_in_read_committed(keeper: User) -> None:
    for level in ("REPEATABLE READ", "SERIALIZABLE"):
        with pytest.raises(IntegrityError, match="keys_change_in_read_committed"):
            proposed_in(level, by=keeper)


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO vault.kek (id, state) VALUES (2, 'OLD')",
        "UPDATE vault.kek SET state = 'OLD'",
        "UPDATE vault.kek SET made_at = now()",
        "UPDATE vault.kek SET id = 5",
        "DELETE FROM vault.kek",
        "UPDATE vault.key_operation SET reason = 'another'",
        "UPDATE vault.key_operation SET proposed_by = proposed_by + 1",
        "UPDATE vault.key_operation SET outcome = 'APPROVED', state = 'DONE', finished_at = now(), new_kek_id = 2,"
        " decided_by = proposed_by + 1, decided_at = now()",
        "DELETE FROM vault.key_operation",
    ],
)
def test_even_a_superuser_changes_no_key_and_no_operation_by_hand(
    statement: str, keeper: User, superuser_connection: psycopg.Connection[Any]
) -> None:
    rotation.propose_rotation(by=keeper, reason="更新")

    with pytest.raises(psycopg.errors.CheckViolation):
        superuser_connection.execute(statement)


def test_wrapped_keys_are_handed_out_only_while_an_approved_rotation_runs_and_only_old_ones(
    maker: User, keeper: User, other: User
) -> None:
    def handed_out(operation_id: uuid.UUID) -> set[int]:
        with transaction.atomic():
            return {int(str(row[2])) for row in run("SELECT * FROM vault.take_for_rewrap(%s, 100)", operation_id)}

    kept(maker, 2)
    assert handed_out(uuid.uuid4()) == set()
    operation_id = rotation.propose_rotation(by=keeper, reason="更新")
    assert handed_out(operation_id) == set()
    rotation.approve(operation_id, by=other)
    kept(maker, 1)
    assert handed_out(operation_id) == {1}
    rotation.pause(operation_id, by=other)
    assert handed_out(operation_id) == set()
    rotation.resume(operation_id, by=other)
    finished()
    assert handed_out(operation_id) == set()
    with pytest.raises(DatabaseError, match="no rotation is running"), transaction.atomic():
        run("SELECT vault.keep_rewrapped(%s, '{}', '{}', '{}')", operation_id)
