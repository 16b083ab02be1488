"""Nobody waits longer than promised, whatever it is that does not answer."""

import os
import threading
import time
from collections.abc import Iterator

import pytest

from mynumber.keys.hands import Hands, NoAnswerError

SECONDS = 0.3


class Pen:
    """A tool that notes which threads have used it."""

    made: int = 0

    def __init__(self) -> None:
        type(self).made += 1
        self.users: set[int] = set()
        self.is_closed = False

    def close(self) -> None:
        self.is_closed = True


@pytest.fixture
def hands() -> Iterator[Hands[Pen]]:
    Pen.made = 0
    found = Hands(Pen, count=2, seconds=SECONDS)
    yield found
    found.close()


def test_no_tool_is_made_before_something_is_asked_and_each_is_used_by_one_thread_alone(hands: Hands[Pen]) -> None:
    assert Pen.made == 0

    def use(pen: Pen) -> Pen:
        pen.users.add(threading.get_ident())
        time.sleep(0.005)
        return pen

    pens: list[Pen] = []
    asking = [threading.Thread(target=lambda: pens.append(hands.ask(use))) for _turn in range(12)]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join()

    assert Pen.made == 2
    assert len(pens) == 12
    assert {len(pen.users) for pen in pens} == {1}


def test_what_goes_wrong_comes_back_as_it_is_even_a_timeout(hands: Hands[Pen]) -> None:
    for error in (KeyError("no such key"), TimeoutError("of the other side")):

        def fail(pen: Pen, error: Exception = error) -> None:
            raise error

        with pytest.raises(type(error)) as raised:
            hands.ask(fail)
        assert raised.value is error


def test_what_nobody_waits_for_any_more_is_not_done_behind_their_back(hands: Hands[Pen]) -> None:
    gate, done = threading.Event(), []
    for _turn in range(2):
        with pytest.raises(NoAnswerError):
            hands.ask(lambda pen: gate.wait(10))

    began = time.monotonic()
    with pytest.raises(NoAnswerError):
        hands.ask(lambda pen: done.append("too late"))
    assert time.monotonic() - began < 10 * SECONDS
    gate.set()

    assert hands.ask(lambda pen: "in time") == "in time"
    assert done == []


def test_tools_are_put_away_at_the_end_and_others_are_taken_up_when_something_is_asked_again(
    hands: Hands[Pen],
) -> None:
    first = hands.ask(lambda pen: pen)
    hands.close()

    assert first.is_closed
    assert hands.ask(lambda pen: pen) is not first


def test_a_forked_process_takes_up_tools_of_its_own_even_while_the_lock_is_held(hands: Hands[Pen]) -> None:
    first = hands.ask(lambda pen: pen)

    with hands._lock:  # as another thread may, at the very moment of the fork
        child = os.fork()
        if child == 0:
            os._exit(0 if hands.ask(lambda pen: pen) is not first and not first.is_closed else 3)

    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert not first.is_closed
