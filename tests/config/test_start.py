"""One run of the office from nothing to Ctrl-C, as a newcomer has it."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from django.conf import settings

from config import env

PATIENCE = 120


class Run:
    """``manage.py start`` in a KYUFU_HOME, as its own process."""

    def __init__(self, home: Path, port: int) -> None:
        self.output = home.parent / f"{home.name}.{time.monotonic_ns()}.txt"
        self.port = port
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, str(settings.BASE_DIR / "manage.py"), "start"],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                # what the browser tests need, an office must not have
                env=env.child(
                    "DJANGO_ALLOW_ASYNC_UNSAFE",
                    DJANGO_SETTINGS_MODULE="config.settings.demo",
                    KYUFU_HOME=str(home),
                    KYUFU_DEMO_RECIPIENTS="3",
                    KYUFU_FONT_DIRS=os.pathsep.join(map(str, settings.KYUFU_FONT_DIRS)),
                    PORT=str(port),
                    DATABASE_URL="",
                ),
            )

    @property
    def said(self) -> str:
        return self.output.read_text(encoding="utf-8")

    def until_open(self) -> None:
        """Wait until the run says where to go."""
        end = time.monotonic() + PATIENCE
        while "Press Ctrl-C" not in self.said:
            assert self.process.poll() is None, self.said
            assert time.monotonic() < end, self.said
            time.sleep(0.05)

    def family(self) -> list[psutil.Process]:
        """Everything that the run started."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def until_over(self) -> int:
        return self.process.wait(PATIENCE)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def get(port: int, path: str) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
        return str(answer.read().decode())


@dataclass(frozen=True)
class FirstRun:
    """What was seen of an office that was opened for the first time, and closed by Ctrl-C."""

    home: Path
    health: dict[str, str]
    door: str
    family: list[psutil.Process]
    still_there: list[psutil.Process]
    code: int


@pytest.fixture(scope="module")
def first() -> Iterator[FirstRun]:
    """An office made from nothing, in a KYUFU_HOME that the server's user can reach."""
    parent = Path(tempfile.mkdtemp(prefix="kyufu-start-"))
    parent.chmod(0o711)
    with opened(parent / "home") as run:
        family = run.family()
        health = json.loads(get(run.port, "/healthz"))
        door = get(run.port, "/sign-in/")
        run.process.send_signal(signal.SIGINT)
        code = run.until_over()
    yield FirstRun(parent / "home", health, door, family, psutil.wait_procs(family, timeout=5)[1], code)
    shutil.rmtree(parent, ignore_errors=True)


@contextmanager
def opened(home: Path) -> Iterator[Run]:
    """A run that answers; ended in any case."""
    run = Run(home, free_port())
    try:
        run.until_open()
        yield run
    finally:
        if run.process.poll() is None:
            run.process.terminate()
            run.until_over()


def test_an_office_opens_from_nothing_and_closes_with_all_it_started(first: FirstRun) -> None:
    assert first.health["status"] == "ok"
    assert re.search(r'href="/static/css/base\.[0-9a-f]{12}\.css"', first.door)
    assert first.code == 0
    assert len(first.family) >= 4
    assert first.still_there == []


def test_the_next_run_keeps_the_data_and_refuses_company(first: FirstRun) -> None:
    with opened(first.home) as run:
        beside = Run(first.home, free_port())
        elsewhere = Run(first.home.with_name("elsewhere"), run.port)

        assert beside.until_over() == 1
        assert "Another run is using this KYUFU_HOME" in beside.said
        assert elsewhere.until_over() == 1
        assert f"Port {run.port} is taken" in elsewhere.said
        assert json.loads(get(run.port, "/healthz"))["status"] == "ok"
        assert "架空の受給者" not in run.said
        run.process.send_signal(signal.SIGTERM)
        assert run.until_over() == 0


def test_a_run_that_was_killed_leaves_nothing_running_and_nothing_broken(first: FirstRun) -> None:
    with opened(first.home) as killed:
        family = killed.family()
        killed.process.kill()
        killed.until_over()

    assert psutil.wait_procs(family, timeout=30)[1] == []
    with opened(first.home) as again:
        assert json.loads(get(again.port, "/healthz"))["status"] == "ok"


def test_when_a_part_dies_the_rest_is_stopped(first: FirstRun) -> None:
    with opened(first.home) as run:
        family = run.family()
        [database] = [one for one in family if one.name() == "postgres" and one.ppid() == run.process.pid]
        database.kill()

        assert run.until_over() == 1
        assert "postgresql.log" in run.said
        assert psutil.wait_procs(family, timeout=30)[1] == []


def test_an_office_whose_keys_were_lost_is_not_opened(first: FirstRun) -> None:
    key, elsewhere = first.home / "keys" / "number-kek-1.key", first.home / "kept-elsewhere"
    key.rename(elsewhere)

    run = Run(first.home, free_port())

    assert run.until_over() == 1
    assert "number-kek-1.key" in run.said
    elsewhere.rename(key)
