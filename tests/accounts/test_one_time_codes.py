"""Codes are right for ninety seconds, good for one use, and cannot be guessed (A1, A3)."""

import os
from datetime import UTC, datetime
from typing import Any

import django_otp.models
import psycopg
import pytest

from accounts import one_time_codes
from accounts.models import CodeDevice, User
from audit import sealed_text
from tests.factories import staff_member
from tests.racing import together

pytestmark = pytest.mark.django_db

NOW = 1_900_000_015
FULL_WIDTH = {ord("0") + value: chr(ord("０") + value) for value in range(10)}


class Clock:
    """The time as the codes, and the waits after wrong ones, are told it."""

    def __init__(self) -> None:
        self.at = float(NOW)

    def time(self) -> float:
        return self.at

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.at, UTC)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(one_time_codes, "time", clock)
    monkeypatch.setattr(django_otp.models, "timezone", clock)
    return clock


@pytest.fixture
def seed() -> bytes:
    return os.urandom(20)


@pytest.fixture
def user(seed: bytes) -> User:
    return staff_member(seed=seed)


def code_of(seed: bytes, step: int) -> str:
    return one_time_codes._code(seed, NOW // 30 + step)


def allow(user: User) -> None:
    """Let the wait after wrong codes be over."""
    CodeDevice.objects.filter(user=user).update(throttling_failure_count=0, throttling_failure_timestamp=None)


def test_codes_are_those_of_the_standard() -> None:
    # RFC 6238, appendix B, SHA-1: the last six of the eight digits given there
    for moment, code in ((59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")):
        assert one_time_codes._code(b"12345678901234567890", moment // 30) == code


@pytest.mark.parametrize(("step", "is_right"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_clock_may_be_half_a_minute_off_and_no_more(
    step: int, is_right: bool, clock: Clock, user: User, seed: bytes
) -> None:
    device = one_time_codes.verify(user, code_of(seed, step))

    assert (device is not None) is is_right


def test_a_code_is_good_for_one_use(clock: Clock, user: User, seed: bytes) -> None:
    assert one_time_codes.verify(user, code_of(seed, 0)) is not None
    assert one_time_codes.verify(user, code_of(seed, 0)) is None


def test_a_code_older_than_the_last_one_used_is_not_taken_any_more(clock: Clock, user: User, seed: bytes) -> None:
    assert one_time_codes.verify(user, code_of(seed, 1)) is not None
    for step in (0, -1, 1):
        assert one_time_codes.verify(user, code_of(seed, step)) is None
        allow(user)

    clock.at += 30
    assert one_time_codes.verify(user, code_of(seed, 2)) is not None


@pytest.mark.django_db(transaction=True)
def test_a_code_sent_many_times_at_once_is_used_once(clock: Clock, user: User, seed: bytes) -> None:
    answers = together(*[lambda: one_time_codes.verify(user, code_of(seed, 0))] * 5)

    assert sum(isinstance(answer, CodeDevice) for answer in answers) == 1
    assert answers.count(None) == 4


@pytest.mark.parametrize(
    "spelt",
    [
        lambda code: code.translate(FULL_WIDTH),
        lambda code: f" {code[:3]} {code[3:]} ",
        lambda code: f"{code[:3]}　{code[3:]}",
    ],
)
def test_full_width_digits_and_spaces_are_read(spelt: Any, clock: Clock, user: User, seed: bytes) -> None:
    assert one_time_codes.verify(user, spelt(code_of(seed, 0))) is not None


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "0",
        "12345",
        "1234567",
        "abcdef",
        "确认码",
        "½½½½½½",
        "0x1F4A",
        "-12345",
        "٠١٢٣٤٥",
        "\x1b[31m",
        "1" * 1_000_000,
    ],
)
def test_anything_else_is_a_wrong_code_and_no_error(typed: str, clock: Clock, user: User) -> None:
    assert one_time_codes.verify(user, typed) is None


def test_a_line_longer_than_a_code_is_not_looked_at(clock: Clock, user: User, seed: bytes) -> None:
    assert one_time_codes.verify(user, f"{code_of(seed, 0)}{' ' * 40}") is None
    allow(user)
    assert one_time_codes.verify(user, f"{code_of(seed, 0)}{' ' * 30}") is not None


def test_every_wrong_code_doubles_the_wait_and_even_the_right_one_has_to_wait(
    clock: Clock, user: User, seed: bytes
) -> None:
    for count in range(1, 5):
        assert one_time_codes.verify(user, code_of(seed, 5)) is None
        assert CodeDevice.objects.get(user=user).throttling_failure_count == count

        clock.at += 0.25 * 2 ** (count - 1) - 0.01
        assert one_time_codes.verify(user, code_of(seed, 0)) is None
        assert CodeDevice.objects.get(user=user).throttling_failure_count == count
        clock.at += 0.02

    assert one_time_codes.verify(user, code_of(seed, 0)) is not None
    assert CodeDevice.objects.get(user=user).throttling_failure_count == 0


@pytest.mark.django_db(transaction=True)
def test_guesses_sent_at_once_are_counted_one_by_one(clock: Clock, user: User, seed: bytes) -> None:
    together(*[lambda: one_time_codes.verify(user, code_of(seed, 7))] * 6)

    # the first is wrong, the others come too soon to be looked at
    assert CodeDevice.objects.get(user=user).throttling_failure_count == 1
    assert one_time_codes.verify(user, code_of(seed, 0)) is None


def test_a_device_that_is_not_confirmed_opens_nothing(
    clock: Clock, user: User, seed: bytes, superuser_connection: psycopg.Connection[Any]
) -> None:
    superuser_connection.execute("UPDATE accounts_codedevice SET confirmed = false WHERE user_id = %s", [user.pk])

    assert one_time_codes.verify(user, code_of(seed, 0)) is None


def test_the_seed_is_sealed_in_the_database(
    clock: Clock, user: User, seed: bytes, superuser_connection: psycopg.Connection[Any]
) -> None:
    row = superuser_connection.execute(
        "SELECT sealed_seed, d::text FROM accounts_codedevice d WHERE user_id = %s", [user.pk]
    ).fetchone()

    assert row is not None
    assert seed not in row[0]
    assert seed.hex().encode() not in row[0]
    assert seed.hex() not in row[1]


def test_a_seed_that_was_given_to_somebody_else_does_not_open(
    clock: Clock, user: User, seed: bytes, superuser_connection: psycopg.Connection[Any]
) -> None:
    thief = staff_member()
    superuser_connection.execute(
        "UPDATE accounts_codedevice SET sealed_seed ="
        " (SELECT sealed_seed FROM accounts_codedevice WHERE user_id = %s) WHERE user_id = %s",
        [user.pk, thief.pk],
    )

    with pytest.raises(sealed_text.UnopenableError):
        one_time_codes.verify(thief, code_of(seed, 0))


@pytest.mark.django_db(transaction=True)
def test_a_fresh_device_has_a_seed_of_160_bits_of_its_own(as_owner: Any) -> None:
    with as_owner():
        seeds = []
        for _person in range(2):
            somebody = staff_member()
            CodeDevice.objects.filter(user=somebody).delete()
            device = one_time_codes.enrol(somebody)
            seeds.append(
                bytes.fromhex(
                    sealed_text.unseal(device.sealed_seed, key=one_time_codes.SEED_KEY, bound_to=f"seed|{somebody.pk}")
                )
            )

    assert [len(seed) for seed in seeds] == [20, 20]
    assert seeds[0] != seeds[1]


def test_the_next_code_for_the_table_is_one_that_will_be_taken(clock: Clock, user: User) -> None:
    for _use in range(4):
        code, wait = one_time_codes.next_usable(user)
        clock.at += wait

        assert one_time_codes.verify(user, code) is not None


def test_a_used_code_is_never_the_next_one(clock: Clock, user: User) -> None:
    first, no_wait = one_time_codes.next_usable(user)
    one_time_codes.verify(user, first)
    second, still_none = one_time_codes.next_usable(user)
    one_time_codes.verify(user, second)
    third, wait = one_time_codes.next_usable(user)

    assert len({first, second, third}) == 3
    assert (no_wait, still_none) == (0, 0)
    assert 0 < wait <= 30


def test_a_device_in_hand_shows_neither_seed_nor_owner(user: User, seed: bytes) -> None:
    device = CodeDevice.objects.get(user=user)

    assert f"{device!s} {device!r}" == f"code device {device.pk} <CodeDevice: code device {device.pk}>"
