"""Guessing is counted before a guess is looked at: by account and by network, with waits that double (A2)."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts import attempts
from accounts.models import Attempts, User
from audit.origin import Origin, requested_from
from tests.accounts.conftest import give_password
from tests.racing import together

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


@contextmanager
def sitting_at(client: str) -> Iterator[None]:
    """Try from a terminal with this address."""
    with requested_from(Origin(client=client)):
        yield


def tries(login_id: str, *, start: datetime, for_: timedelta, every: timedelta = timedelta(seconds=10)) -> list[int]:
    """Try again and again; return after how many seconds a proof was looked at."""
    moments = [start + every * number for number in range(int(for_ / every))]
    return [int((at - start).total_seconds()) for at in moments if attempts.reserve(login_id, at=at)]


def test_five_tries_are_free_and_then_each_wait_is_twice_the_one_before() -> None:
    looked_at = tries("somebody", start=timezone.now(), for_=timedelta(minutes=20))

    waits = [later - earlier for earlier, later in itertools.pairwise(looked_at)]
    assert waits == [10, 10, 10, 10, 30, 60, 120, 240, 480]


def test_no_wait_is_longer_than_an_hour_and_after_twenty_tries_only_a_second_person_helps() -> None:
    start = timezone.now()

    looked_at = tries("somebody", start=start, for_=timedelta(days=3), every=timedelta(minutes=30))

    assert len(looked_at) == 20
    assert max(later - earlier for earlier, later in itertools.pairwise(looked_at)) == 3600
    assert attempts.is_shut("somebody")
    assert attempts.shut_accounts(["somebody", "anybody"]) == {"somebody"}
    assert not attempts.reserve("somebody", at=start + timedelta(days=365))

    attempts.let_in("somebody")

    assert not attempts.is_shut("somebody")
    assert attempts.reserve("somebody", at=start + timedelta(days=3))


def test_before_the_twentieth_try_nobody_is_shut_out() -> None:
    start = timezone.now()
    for number in range(19):
        assert attempts.reserve("somebody", at=start + number * 2 * HOUR)

    assert not attempts.is_shut("somebody")
    assert attempts.shut_accounts(["somebody"]) == set()


@pytest.mark.parametrize("seconds", [0, 15, 29])
def test_trying_during_a_wait_changes_nothing(seconds: int) -> None:
    start = timezone.now()
    for _time in range(5):
        assert attempts.reserve("somebody", at=start)
    kept = list(Attempts.objects.order_by("counted_for").values())

    for _time in range(30):
        assert not attempts.reserve("somebody", at=start + timedelta(seconds=seconds))

    assert list(Attempts.objects.order_by("counted_for").values()) == kept
    assert attempts.reserve("somebody", at=start + timedelta(seconds=30))


def test_an_account_is_counted_wherever_the_guesses_come_from() -> None:
    now = timezone.now()
    for number in range(5):
        with sitting_at(f"10.0.0.{number}"):
            assert attempts.reserve("somebody", at=now)

    with sitting_at("10.0.0.99"):
        assert not attempts.reserve("somebody", at=now)


def test_one_accounts_wait_is_nobody_elses() -> None:
    now = timezone.now()
    for _time in range(10):
        attempts.reserve("somebody", at=now)

    assert attempts.reserve("colleague", at=now)


def test_a_network_is_counted_whatever_accounts_are_tried() -> None:
    now = timezone.now()
    with sitting_at("10.0.0.1"):
        assert all(attempts.reserve(f"somebody{number}", at=now) for number in range(attempts.NETWORK.free))

        assert not attempts.reserve("colleague", at=now)
        assert attempts.reserve("colleague", at=now + timedelta(seconds=30))
        assert not attempts.reserve("another", at=now + timedelta(seconds=31))
    with sitting_at("10.0.0.2"):
        assert attempts.reserve("another", at=now)


def test_a_try_that_the_network_may_not_make_is_not_counted_for_the_account() -> None:
    now = timezone.now()
    with sitting_at("10.0.0.1"):
        for number in range(attempts.NETWORK.free):
            attempts.reserve(f"somebody{number}", at=now)
        for _time in range(30):
            assert not attempts.reserve("colleague", at=now)

    with sitting_at("10.0.0.2"):
        assert all(attempts.reserve("colleague", at=now) for _time in range(5))


def test_a_network_is_forgiven_after_an_hour_without_a_try() -> None:
    now = timezone.now()
    with sitting_at("10.0.0.1"):
        for number in range(attempts.NETWORK.free):
            attempts.reserve(f"somebody{number}", at=now)

        later = now + HOUR + timedelta(seconds=1)
        assert all(attempts.reserve(f"anybody{number}", at=later) for number in range(attempts.NETWORK.free))
        assert not attempts.reserve("colleague", at=later)


def test_an_account_is_not_forgiven_by_waiting() -> None:
    now = timezone.now()
    for _time in range(5):
        attempts.reserve("somebody", at=now)

    assert attempts.reserve("somebody", at=now + timedelta(days=365))
    assert not attempts.reserve("somebody", at=now + timedelta(days=365, seconds=59))


def test_a_proof_begins_the_count_anew() -> None:
    now = timezone.now()
    for _time in range(5):
        attempts.reserve("somebody", at=now)

    attempts.forget("somebody")

    assert [attempts.reserve("somebody", at=now) for _time in range(6)] == [True] * 5 + [False]


def test_forty_people_who_sign_in_at_once_behind_one_address_do_not_shut_each_other_out() -> None:
    now = timezone.now()
    for _step in ("password", "code"):
        assert all(attempts.reserve(f"staff{number}", at=now) for number in range(40))

    for number in range(40):
        attempts.forget(f"staff{number}")

    assert not Attempts.objects.filter(tries__gt=0).exists()


def test_ones_own_success_does_not_pay_for_guesses_at_others() -> None:
    now = timezone.now()
    for number in range(50):
        attempts.reserve(f"somebody{number}", at=now)

    for _time in range(100):
        assert attempts.reserve("insider", at=now)
        attempts.forget("insider")

    assert Attempts.objects.order_by("tries").last().tries == 50  # type: ignore[union-attr]


def test_a_try_given_back_was_never_made_and_no_more_than_that() -> None:
    now = timezone.now()
    for _time in range(4):
        attempts.reserve("somebody", at=now)

    for _time in range(10):
        assert attempts.reserve("somebody", at=now)
        attempts.give_back("somebody")

    assert attempts.reserve("somebody", at=now)
    assert not attempts.reserve("somebody", at=now)


def test_a_name_nobody_has_is_counted_like_any_other() -> None:
    now = timezone.now()

    assert [attempts.reserve("'; DROP TABLE --\u3000番号", at=now) for _time in range(6)] == [True] * 5 + [False]


# ── at once ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.django_db(transaction=True)
def test_forty_guesses_at_once_get_no_more_tries_than_forty_in_a_row() -> None:
    now = timezone.now()
    in_a_row = [attempts.reserve("one.by.one", at=now) for _time in range(40)]

    at_once = together(*[lambda: attempts.reserve("together", at=now)] * 40)

    assert sorted(at_once) == sorted(in_a_row)
    assert at_once.count(True) == 5


@pytest.mark.django_db(transaction=True)
def test_of_forty_who_waited_for_the_end_of_a_wait_one_gets_a_try() -> None:
    now = timezone.now()
    for _time in range(5):
        attempts.reserve("somebody", at=now)

    answers = together(*[lambda: attempts.reserve("somebody", at=now + timedelta(seconds=30))] * 40)

    assert answers.count(True) == 1


@pytest.mark.django_db(transaction=True)
def test_many_accounts_at_once_from_one_network_are_counted_together() -> None:
    now = timezone.now()
    for number in range(attempts.NETWORK.free - 10):
        attempts.reserve(f"before{number}", at=now)

    answers = together(*[lambda number=number: attempts.reserve(f"somebody{number}", at=now) for number in range(40)])

    assert answers.count(True) == 10
    assert Attempts.objects.filter(tries=1).count() == attempts.NETWORK.free


@pytest.mark.django_db(transaction=True)
def test_proofs_and_tries_that_cross_do_not_wait_for_each_other() -> None:
    now = timezone.now()

    def try_and_succeed(login_id: str) -> bool:
        is_allowed = attempts.reserve(login_id, at=now)
        attempts.forget(login_id)
        return is_allowed

    answers = together(*[lambda number=number: try_and_succeed(f"staff{number % 4}") for number in range(20)])

    assert all(isinstance(answer, bool) for answer in answers)


@pytest.mark.django_db(transaction=True)
def test_of_forty_passwords_sent_at_once_five_are_looked_at(user: User) -> None:
    answers = together(*[lambda: give_password(Client(), user.login_id).status_code] * 40)

    assert sorted(answers) == [200] * 35 + [302] * 5
