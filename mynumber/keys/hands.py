"""Asks something that may never answer, such as a key server or a device, without waiting for it longer than promised.

The asking is done by threads of our own, each with a tool of its own (a connection, a session), so that a tool is
never used by two threads at once. Whoever waits is told after ``seconds`` that there was no answer, whatever the tool
is still busy with. A process that forks begins anew in the child: no tool of the parent is touched there.
"""

import os
import queue
import threading
import weakref
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Generic, Protocol, TypeVar


class Tool(Protocol):
    """What a thread asks with. Made without asking anything, so that making one cannot fail."""

    def close(self) -> None: ...


AnyTool = TypeVar("AnyTool", bound=Tool)
Answer = TypeVar("Answer")


class NoAnswerError(Exception):
    """There was no answer in time. Whether what was asked for has happened is not known."""


class _Team(Generic[AnyTool]):
    """The threads of one process and the queue they take their work from."""

    def __init__(self, make_tool: Callable[[], AnyTool], *, count: int) -> None:
        self.process = os.getpid()
        self._make_tool = make_tool
        self._waiting: queue.SimpleQueue[tuple[Future[Any], Callable[[AnyTool], Any]] | None] = queue.SimpleQueue()
        self._threads = [threading.Thread(target=self._work, daemon=True, name="kyufu-keys") for _ in range(count)]
        for thread in self._threads:
            thread.start()

    def put(self, work: Callable[[AnyTool], Answer]) -> Future[Answer]:
        future: Future[Answer] = Future()
        self._waiting.put((future, work))
        return future

    def dismiss(self, seconds: float) -> None:
        for _ in self._threads:
            self._waiting.put(None)
        for thread in self._threads:
            thread.join(seconds)

    def _work(self) -> None:
        tool = self._make_tool()
        while (task := self._waiting.get()) is not None:
            _do(tool, *task)
            del task  # a data key is not kept until the next question comes
        tool.close()


class Hands(Generic[AnyTool]):
    """``count`` threads in each process, started when the first question comes."""

    def __init__(self, make_tool: Callable[[], AnyTool], *, count: int, seconds: float) -> None:
        self._make_tool, self._count, self._seconds = make_tool, count, seconds
        self._team: _Team[AnyTool] | None = None
        self._lock = threading.Lock()
        begin_anew = weakref.WeakMethod(self._begin_anew)
        # a lock that another thread held at the fork would stay locked in the child for ever
        os.register_at_fork(after_in_child=lambda: (begin_anew() or _nothing)())

    def ask(self, work: Callable[[AnyTool], Answer]) -> Answer:
        """Return what ``work`` makes of a tool, or raise what it raises, or :class:`NoAnswerError`."""
        future = self._the_team().put(work)
        try:
            return future.result(self._seconds)
        except TimeoutError:
            if future.done() and not future.cancelled():
                return future.result()  # it came at the last moment, or is itself a TimeoutError
            future.cancel()
            raise NoAnswerError from None

    def close(self) -> None:
        """Let the threads go once they have finished what they are at. The next question starts others."""
        with self._lock:
            team, self._team = self._team, None
        if team is not None and team.process == os.getpid():
            team.dismiss(self._seconds)

    def _the_team(self) -> _Team[AnyTool]:
        with self._lock:
            if self._team is None:
                self._team = _Team(self._make_tool, count=self._count)
            return self._team

    def _begin_anew(self) -> None:
        self._team, self._lock = None, threading.Lock()


def _do(tool: AnyTool, future: Future[Answer], work: Callable[[AnyTool], Answer]) -> None:
    # what nobody waits for any more is not done behind their back
    if not future.set_running_or_notify_cancel():
        return
    try:
        future.set_result(work(tool))
    except BaseException as error:  # noqa: BLE001  (whoever asked gets it, whatever it is)
        future.set_exception(error)


def _nothing() -> None:
    """Stand for hands that are gone."""
