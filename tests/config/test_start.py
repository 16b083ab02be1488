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
                env=env.child(
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
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:  # noqa: S310  (our own)
        return str(answer.read().decode())


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """A KYUFU_HOME that the server's user can reach, kept for the tests of this file."""
    parent = Path(tempfile.mkdtemp(prefix="kyufu-start-"))
    parent.chmod(0o711)
    yield parent / "home"
    shutil.rmtree(parent, ignore_errors=True)


@pytest.mark.xdist_group("start")
def test_from_nothing_to_an_open_office_and_back(home: Path) -> None:
    run = Run(home, free_port())

    run.until_open()
    family = run.family()
    answer = json.loads(get(run.port, "/healthz"))
    door = get(run.port, "/sign-in/")
    run.process.send_signal(signal.SIGINT)

    assert answer["status"] == "ok"
    assert re.search(r'href="/static/css/base\.[0-9a-f]{12}\.css"', door)
    assert run.until_over() == 0
    assert len(family) >= 4
    assert psutil.wait_procs(family, timeout=5)[1] == []


@pytest.mark.xdist_group("start")
def test_a_second_run_keeps_the_data_and_a_third_beside_it_is_refused(home: Path) -> None:
    run = Run(home, free_port())
    run.until_open()

    beside = Run(home, free_port())
    elsewhere = Run(home.with_name("elsewhere"), run.port)

    assert beside.until_over() == 1
    assert "Another run is using this KYUFU_HOME" in beside.said
    assert elsewhere.until_over() == 1
    assert f"Port {run.port} is taken" in elsewhere.said
    assert json.loads(get(run.port, "/healthz"))["status"] == "ok"
    assert "架空の受給者" not in run.said
    run.process.send_signal(signal.SIGTERM)
    assert run.until_over() == 0


@pytest.mark.xdist_group("start")
def test_a_run_that_was_killed_leaves_nothing_running_and_nothing_broken(home: Path) -> None:
    killed = Run(home, free_port())
    killed.until_open()
    family = killed.family()

    killed.process.kill()
    killed.until_over()

    assert psutil.wait_procs(family, timeout=30)[1] == []
    again = Run(home, free_port())
    again.until_open()
    again.process.send_signal(signal.SIGINT)
    assert again.until_over() == 0


@pytest.mark.xdist_group("start")
def test_when_a_part_dies_the_rest_is_stopped(home: Path) -> None:
    run = Run(home, free_port())
    run.until_open()
    family = run.family()
    [database] = [process for process in family if process.name() == "postgres" and process.ppid() == run.process.pid]

    database.kill()

    assert run.until_over() == 1
    assert "postgresql.log" in run.said
    assert psutil.wait_procs(family, timeout=30)[1] == []


@pytest.mark.xdist_group("start")
def test_an_office_whose_keys_were_lost_is_not_opened(home: Path) -> None:
    (home / "keys" / "number-kek-1.key").rename(home / "kept-elsewhere")

    run = Run(home, free_port())

    assert run.until_over() == 1
    assert "number-kek-1.key" in run.said
    (home / "kept-elsewhere").rename(home / "keys" / "number-kek-1.key")
