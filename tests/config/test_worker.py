"""The long work beside the pages: one labour's trouble is not another's, and a stop waits for the piece at hand."""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.utils.module_loading import import_string

from config import env, worker

done: list[str] = []


def sound() -> bool:
    done.append("sound")
    return len(done) < 5


def broken() -> bool:
    done.append("broken")
    raise RuntimeError("a piece that cannot be done")


@pytest.fixture(autouse=True)
def nothing_done() -> None:
    done.clear()


@pytest.fixture
def labours(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def these(*names: str) -> None:
        monkeypatch.setattr(worker, "LABOURS", tuple(f"{__name__}.{name}" for name in names))
        monkeypatch.setattr(worker, "IDLE_SECONDS", 0.01)

    return these


def until(stop: threading.Event, is_enough: Callable[[], bool]) -> None:
    """Let the worker go on until it has done enough."""
    thread = threading.Thread(target=worker.work, args=(stop,))
    thread.start()
    end = time.monotonic() + 10
    while not is_enough() and time.monotonic() < end:
        time.sleep(0.01)
    stop.set()
    thread.join(10)
    assert not thread.is_alive()


def test_a_labour_that_fails_holds_up_no_other_and_is_left_alone_for_a_while(
    labours: Callable[..., None], caplog: pytest.LogCaptureFixture
) -> None:
    labours("broken", "sound")

    until(threading.Event(), lambda: done.count("sound") >= 6)

    assert done.count("broken") == 1
    assert "tests.config.test_worker.broken failed" in caplog.text


def test_a_labour_that_failed_is_tried_again(labours: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    labours("broken")
    monkeypatch.setattr(worker, "TROUBLE_SECONDS", 0.01)

    until(threading.Event(), lambda: done.count("broken") >= 3)

    assert done.count("broken") >= 3


def test_a_worker_that_is_told_to_stop_does_no_further_piece(labours: Callable[..., None]) -> None:
    labours("sound")
    stop = threading.Event()
    stop.set()

    worker.work(stop)

    assert done == []


@pytest.mark.parametrize("name", worker.LABOURS)
def test_every_labour_is_a_function_that_does_a_piece(name: str, db: None) -> None:
    assert isinstance(import_string(name)(), bool)


def listens_to(pid: int, number: signal.Signals) -> bool:
    """Say whether the process has a handler of its own for the signal."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    caught = next((line.split()[1] for line in lines if line.startswith("SigCgt")), "0")
    return bool(int(caught, 16) >> (number - 1) & 1)


def test_the_command_ends_when_it_is_told_to(transactional_db: None, office: Any) -> None:
    process = subprocess.Popen(
        [sys.executable, str(settings.BASE_DIR / "manage.py"), "work"],
        env=env.child(
            DJANGO_SETTINGS_MODULE="config.settings.test",
            KYUFU_TEST_HOME=str(settings.KYUFU_HOME),
            KYUFU_HOME=str(settings.KYUFU_HOME),
            KYUFU_TEST_DATABASE_URL=office.app.as_url(),
        ),
    )
    end = time.monotonic() + 30
    while not listens_to(process.pid, signal.SIGTERM):
        assert process.poll() is None
        assert time.monotonic() < end
        time.sleep(0.05)

    process.send_signal(signal.SIGTERM)

    assert process.wait(20) == 0
