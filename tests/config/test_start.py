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
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import psutil
import psycopg
import pytest
from django.conf import settings
from django.utils import timezone

from audit import keyfiles
from config import env
from config.office import databases
from config.office.embedded_postgres import EmbeddedPostgres
from mynumber import deletion_journal

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
    assert first.health["sealing"] == "ok"
    assert (first.home / "sealer" / "last-signed").exists()  # told to stop, the sealer has sealed and signed
    assert (first.home / "anchors" / "checkpoint").exists()
    assert re.search(r'href="/static/css/base\.[0-9a-f]{12}\.css"', first.door)
    assert first.code == 0
    assert len(first.family) >= 4
    assert first.still_there == []
    assert not (first.home / ".grants-to-apply").exists()


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
        for command in ("work", "seal"):
            assert_a_helper_comes_back(run, command)
        run.process.send_signal(signal.SIGTERM)
        assert run.until_over() == 0


def assert_a_helper_comes_back(run: Run, command: str) -> None:
    """Kill the process that does the long work, or seals: another one takes over, and the office stays open."""
    [helper] = helpers(run, command)
    helper.kill()
    end = time.monotonic() + PATIENCE
    while not (there := [one for one in helpers(run, command) if one.pid != helper.pid]):
        assert time.monotonic() < end
        time.sleep(0.1)
    assert len(there) == 1
    assert json.loads(get(run.port, "/healthz"))["status"] == "ok"


def helpers(run: Run, command: str) -> list[psutil.Process]:
    found = []
    for one in run.family():
        with suppress(psutil.NoSuchProcess):  # ended meanwhile, a zombie that nobody has looked after included
            if one.cmdline()[-1:] == [command]:
                found.append(one)
    return found


def test_a_run_that_was_killed_leaves_nothing_broken_and_when_a_part_of_the_next_one_dies_the_rest_is_stopped(
    first: FirstRun,
) -> None:
    with opened(first.home) as killed:
        family = killed.family()
        killed.process.kill()
        killed.until_over()

    assert psutil.wait_procs(family, timeout=30)[1] == []
    with opened(first.home) as again:
        assert json.loads(get(again.port, "/healthz"))["status"] == "ok"
        family = again.family()
        # of its own children: the server's come and go with each connection
        [database] = [one for one in psutil.Process(again.process.pid).children() if one.name() == "postgres"]
        database.kill()

        assert again.until_over() == 1
        assert "postgresql.log" in again.said
        assert psutil.wait_procs(family, timeout=30)[1] == []


def test_an_office_whose_keys_were_lost_is_not_opened(first: FirstRun) -> None:
    key, elsewhere = first.home / "keys" / "number-kek-1.key", first.home / "kept-elsewhere"
    key.rename(elsewhere)

    run = Run(first.home, free_port())

    assert run.until_over() == 1
    assert "number-kek-1.key" in run.said
    elsewhere.rename(key)


@contextmanager
def database(home: Path) -> Iterator[psycopg.Connection[Any]]:
    """The closed office's database, opened behind the product's back by somebody who may do everything."""
    server = EmbeddedPostgres(home)
    server.start()
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.delenv("DATABASE_URL", raising=False)  # this office has a server of its own, whatever the suite has
            address = replace(databases.administrator(home), name=databases.DATABASE)
        with closing(psycopg.connect(**address.as_psycopg(autocommit=True))) as intruder:
            yield intruder
    finally:
        server.stop()


def prepare(home: Path, *arguments: str, **changes: str) -> tuple[int, str]:
    """Run ``manage.py prepare``; return its exit code and what it said."""
    return manage(home, "prepare", *arguments, **changes)


def manage(home: Path, *arguments: str, **changes: str) -> tuple[int, str]:
    """Run one of our commands in ``home``; return its exit code and what it said."""
    result = subprocess.run(
        [sys.executable, str(settings.BASE_DIR / "manage.py"), *arguments],
        env=env.child(
            "DJANGO_ALLOW_ASYNC_UNSAFE",
            **{
                "DJANGO_SETTINGS_MODULE": "config.settings.demo",
                "KYUFU_HOME": str(home),
                "KYUFU_FONT_DIRS": os.pathsep.join(map(str, settings.KYUFU_FONT_DIRS)),
                "DATABASE_URL": "",
                **changes,
            },
        ),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    return result.returncode, result.stdout + result.stderr


def test_an_office_with_a_foreign_right_is_opened_only_after_somebody_took_it_back_on_purpose(first: FirstRun) -> None:
    with database(first.home) as intruder:
        intruder.execute("GRANT UPDATE ON audit.event TO kyufu_app")
        intruder.execute("GRANT CONNECT ON DATABASE kyufu TO PUBLIC")
        intruder.execute("ALTER ROLE kyufu_app CREATEDB")
        intruder.execute("ALTER DEFAULT PRIVILEGES FOR ROLE kyufu_owner GRANT EXECUTE ON FUNCTIONS TO PUBLIC")
    differences = (
        "  - 表 audit.event: kyufu_app に UPDATE が余分に許されています。",
        "  - データベース: PUBLIC に CONNECT が許されています。",
        "  - 役割 kyufu_app に CREATEDB が許されています。",
        "  - kyufu_owner が今後作る関数は、だれでも実行できます。",
    )

    refused = Run(first.home, free_port())
    assert refused.until_over() == 1
    code, said = prepare(first.home, "--apply-grants")

    assert set(differences) <= set(refused.said.splitlines())
    assert "manage.py prepare --apply-grants" in refused.said
    assert code == 0, said
    # the role and the database were put right before the comparison
    assert differences[0] in said.splitlines()


def test_an_office_whose_guard_sleeps_is_not_opened_and_nothing_wakes_it_in_silence(first: FirstRun) -> None:
    with database(first.home) as intruder:
        intruder.execute("ALTER TABLE vault.number DISABLE TRIGGER number_is_in_use_by_approval")

    codes_and_words = [prepare(first.home), prepare(first.home, "--apply-grants")]

    for code, said in codes_and_words:
        assert code == 1
        assert "number_is_in_use_by_approval" in said
    with database(first.home) as intruder:
        intruder.execute("ALTER TABLE vault.number ENABLE ALWAYS TRIGGER number_is_in_use_by_approval")


def test_a_run_that_was_killed_between_migrating_and_applying_the_rights_can_be_repeated(first: FirstRun) -> None:
    with database(first.home) as intruder:
        intruder.execute("REVOKE ALL ON benefits_person FROM kyufu_app")
    (first.home / ".grants-to-apply").touch()

    code, said = prepare(first.home)

    assert code == 0, said
    assert not (first.home / ".grants-to-apply").exists()


def test_a_database_that_may_forget_commits_is_refused_at_work_and_named_in_the_demo(first: FirstRun) -> None:
    at_work = {"DJANGO_SETTINGS_MODULE": "config.settings.production", "ALLOWED_HOSTS": "kyufu.example.jp"}
    assert prepare(first.home, **at_work)[0] == 0
    with database(first.home) as intruder:
        intruder.execute("ALTER ROLE kyufu_app SET synchronous_commit = off")

    refused, reason = prepare(first.home, **at_work)
    opened_all_the_same, caution = prepare(first.home)

    with database(first.home) as intruder:
        intruder.execute("ALTER ROLE kyufu_app RESET synchronous_commit")
    assert refused == 1
    assert "synchronous_commit" in reason
    assert opened_all_the_same == 0
    assert "注意: データベースの設定 synchronous_commit" in caution


def test_sessions_that_are_over_are_gone_after_the_next_start(first: FirstRun) -> None:
    add = "INSERT INTO django_session (session_key, session_data, expire_date) VALUES (%s, '', now() + %s::interval)"
    with database(first.home) as intruder:
        intruder.execute(add, ("o" * 32, "-1 minute"))
        intruder.execute(add, ("n" * 32, "1 hour"))

    code, said = prepare(first.home)

    assert code == 0
    assert "注意" not in said
    assert len(re.findall("^.*期限の切れたセッション.*$", said, re.MULTILINE)) == 1
    with database(first.home) as intruder:
        left = {key for (key,) in intruder.execute("SELECT session_key FROM django_session").fetchall()}
    assert "o" * 32 not in left
    assert "n" * 32 in left


def test_an_office_restored_from_before_a_deletion_is_opened_only_after_the_deletion_was_replayed(
    first: FirstRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database(first.home) as intruder:
        row = intruder.execute("SELECT person, version FROM vault.number WHERE state = 'IN_USE' LIMIT 1").fetchone()
        assert row is not None
    _destroyed_elsewhere(first.home, person=str(row[0]), version=row[1], monkeypatch=monkeypatch)

    refused, why = prepare(first.home)
    replayed = manage(first.home, "replay_deletions")
    again = manage(first.home, "replay_deletions")
    opened, said = prepare(first.home)

    assert (refused, opened) == (1, 0), why + said
    assert "manage.py replay_deletions" in why
    assert (replayed[0], again[0]) == (0, 0), replayed[1] + again[1]
    assert "ありません" in again[1]
    with database(first.home) as intruder:
        state = intruder.execute("SELECT state, body FROM vault.number WHERE person = %s", [row[0]]).fetchone()
    assert state == ("DESTROYED", None)


def _destroyed_elsewhere(home: Path, *, person: str, version: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Write into the office's file of deletions what only a database that is gone knew."""
    monkeypatch.setattr(settings, "KYUFU_HOME", home)
    monkeypatch.setattr(settings, "KYUFU_KEYS_DIR", home / "keys")
    keyfiles.read.cache_clear()
    facts = {
        "certificate": "2026-000001",
        "issued_at": timezone.now().isoformat(),
        "list": str(uuid4()),
        "month": "2026-05",
        "person": person,
        "version": version,
        "kek": 1,
        "holding": "PATIENT",
        "basis": "NANBYO",
        "period_basis": "規程",
        "since": "2020-12-31",
        "due": "2026-03-31",
        "proposed_by": 1,
        "approved_by": 2,
    }
    lines = [(deletion_journal.Kind.INTENT, facts), (deletion_journal.Kind.DONE, {})]
    deletion_journal.append(deletion_journal.Line(kind, "elsewhere", said) for kind, said in lines)
    monkeypatch.undo()
    keyfiles.read.cache_clear()
