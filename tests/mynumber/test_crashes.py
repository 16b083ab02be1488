"""Killed in the middle, again and again: the worker that shows numbers, its connections, and the database itself (A3).

Processes of their own look at numbers in a loop and write what they got into a file. Whatever is killed and whenever,
each number in the file has its committed entry afterwards. The database that is killed is a server of the test's own
that writes through to the disk; ``KYUFU_TEST_MODEL=full`` kills it oftener (docs/security.md).
"""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings

from accounts.roles import Role
from config import env
from config.office import databases, provisioning
from config.office.databases import Address
from config.office.embedded_postgres import EmbeddedPostgres, ServerTrouble
from tests import conftest
from tests.conftest import Office
from tests.factories import approved, my_number, staff_member

pytestmark = pytest.mark.django_db(transaction=True)

IS_FULL = os.environ.get("KYUFU_TEST_MODEL") == "full"
#: How often the database is killed: once each way, or as often as it is asked for.
ROUNDS = 12 if IS_FULL else 2
WORKERS = 2

#: Puts numbers in use, and says whose: by a process of its own, since the database is another one than the suite's.
SEED = """
import django; django.setup()
import json, sys
from accounts.roles import Role
from config.office import databases
from tests import factories
factories.owner = databases.parse(sys.argv[1], variable="owner")
maker, checker = factories.staff_member(Role.MAKER), factories.staff_member(Role.CHECKER)
numbers = [factories.my_number() for _person in range(3)]
people = [str(factories.approved(maker, checker, number=number).person_id) for number in numbers]
viewers = [factories.staff_member(Role.NUMBER_VIEWER).pk for _viewer in range(int(sys.argv[2]))]
print(json.dumps({"people": dict(zip(people, numbers)), "viewers": viewers}), flush=True)
"""

#: Looks at numbers until it is killed. What cannot be shown now is tried again.
WORKER = """
import django; django.setup()
import itertools, sys, time, uuid
from django.db import connection
from accounts.models import User
from mynumber import vault
from mynumber.purposes import Purpose
people = sys.argv[1].split(",")
viewers = [User.objects.get(pk=int(one)) for one in sys.argv[2].split(",")]
print("ready", flush=True)
for person, by in itertools.cycle(itertools.product(people, viewers)):
    try:
        secret = vault.reveal(uuid.UUID(person), by=by, purpose=Purpose.INQUIRY, reason="照会")
        print(by.pk, person, secret.digits(), flush=True)
    except Exception:
        connection.close()
        time.sleep(0.02)
"""


@dataclass(frozen=True)
class Seeded:
    """Whose numbers are in use, which they are, and who looks at them."""

    people: dict[str, str]
    viewers: list[int]


@dataclass
class Worker:
    """A process that looks at numbers, and the file that it writes them into."""

    process: subprocess.Popen[bytes]
    file: Path

    def lines(self) -> list[str]:
        """Return what was handed over whole."""
        return self.file.read_text(encoding="utf-8").split("\n")[:-1]

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(10)


def run(program: str, *arguments: str, app: Address, **pipes: Any) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        cwd=settings.BASE_DIR,
        stdin=subprocess.DEVNULL,
        env=env.child(
            DJANGO_SETTINGS_MODULE="config.settings.test",
            KYUFU_HOME=str(settings.KYUFU_HOME),
            KYUFU_TEST_HOME=str(settings.KYUFU_HOME),
            KYUFU_TEST_DATABASE_URL=app.as_url(),
        ),
        **pipes,
    )


def seeded(owner: Address, app: Address, *, viewers: int) -> Seeded:
    with run(SEED, owner.as_url(), str(viewers), app=app, stdout=subprocess.PIPE) as process:
        told, _errors = process.communicate(timeout=120)
    return Seeded(**json.loads(told))


@contextmanager
def at_work(held: Seeded, app: Address, place: Path) -> Iterator[list[Worker]]:
    """Let workers look at numbers, each with viewers of its own; whatever happens, they are gone afterwards."""
    workers: list[Worker] = []
    try:
        for number in range(WORKERS):
            file = place / f"shown-{uuid.uuid4().hex}"
            with file.open("wb") as out:
                viewers = ",".join(map(str, held.viewers[number::WORKERS]))
                workers.append(Worker(run(WORKER, ",".join(held.people), viewers, app=app, stdout=out), file))
        wait_until(lambda: all(worker.lines() for worker in workers))
        yield workers
    finally:
        for worker in workers:
            worker.kill()


def wait_until(condition: Any, *, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it does not get that far"
        time.sleep(0.02)


def shown(workers: list[Worker]) -> list[tuple[int, str, str]]:
    """Return (viewer, person, digits) of everything that was handed over."""
    found = []
    for line in (line for worker in workers for line in worker.lines() if line != "ready"):
        viewer, person, digits = line.split(" ")
        found.append((int(viewer), person, digits))
    return found


def check(got: list[tuple[int, str, str]], held: Seeded, superuser: psycopg.Connection[Any]) -> None:
    """Hold what was handed over against the entries that are committed, and the tickets that were used."""
    rows = superuser.execute(
        "SELECT e.actor_id, e.person_id::text, count(*), count(t.event_id) FROM audit.event e"
        " LEFT JOIN vault.ticket_use t ON t.event_id = e.id"
        " WHERE e.action = 'mynumber.number.revealed' AND e.result = 'DONE' GROUP BY 1, 2"
    ).fetchall()
    entries = {(actor, person): count for actor, person, count, _used in rows}
    used = {(actor, person): count for actor, person, _count, count in rows}
    for (viewer, person), count in Counter((viewer, person) for viewer, person, _digits in got).items():
        assert count <= used.get((viewer, person), 0) <= entries.get((viewer, person), 0)
    assert all(digits == held.people[person] for _viewer, person, digits in got)


def test_a_worker_killed_at_any_moment_has_shown_nothing_without_its_entry(
    office: Office, tmp_path: Path, superuser_connection: psycopg.Connection[Any]
) -> None:
    maker, checker = staff_member(Role.MAKER), staff_member(Role.CHECKER)
    numbers = [my_number() for _person in range(2)]
    people = {str(approved(maker, checker, number=number).person_id): number for number in numbers}
    held = Seeded(people, [staff_member(Role.NUMBER_VIEWER).pk for _viewer in range(8)])
    with at_work(held, office.app, tmp_path) as workers:
        for goal in range(10, 41, 10):
            wait_until(lambda goal=goal: len(shown(workers)) >= goal)
            # one of their connections is cut wherever it stands, in the middle of a reveal or between two
            superuser_connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE usename = %s AND pid <> pg_backend_pid() AND query LIKE '%%vault.%%' LIMIT 1",
                [office.app.user],
            )
        for worker in workers:
            worker.process.send_signal(signal.SIGKILL)
    got = shown(workers)
    assert len(got) >= 40
    check(got, held, superuser_connection)


def test_a_database_killed_at_any_moment_still_knows_every_number_that_was_shown(tmp_path: Path) -> None:
    if not databases.is_embedded():
        pytest.skip("the server belongs to somebody else")
    home = Path(tempfile.mkdtemp(prefix="kyufu-crash-"))
    server = EmbeddedPostgres(home)
    try:
        server.start()
        superuser, owner, app = _made(home)
        held = seeded(owner, app, viewers=60 if IS_FULL else 12)
        everything: list[tuple[int, str, str]] = []
        chance = random.Random(4)  # noqa: S311  (when to kill is no secret)
        with at_work(held, app, tmp_path) as workers:
            for turn in range(ROUNDS):
                goal = len(shown(workers)) + chance.randint(5, 40)
                wait_until(lambda goal=goal: len(shown(workers)) >= goal, seconds=120)
                process = server.process
                assert process is not None
                # a power cut of the server alone, or PostgreSQL's own immediate shutdown
                process.send_signal(signal.SIGKILL if turn % 2 else signal.SIGQUIT)
                process.wait(30)
                _start_again(server)
                with closing(psycopg.connect(**superuser.as_psycopg(autocommit=True))) as afterwards:
                    check(shown(workers), held, afterwards)
            everything = shown(workers)
        with closing(psycopg.connect(**superuser.as_psycopg(autocommit=True))) as afterwards:
            check(shown(workers), held, afterwards)
        assert len(everything) >= 5 * ROUNDS
    finally:
        server.stop()
        shutil.rmtree(home, ignore_errors=True)


def _made(home: Path) -> tuple[Address, Address, Address]:
    """Make an office's database on the server of ``home``; return it as superuser, owner and app see it."""
    passwords = provisioning.passwords_in(home / "keys")
    conftest._make_template(databases.administrator(home), "kyufu", passwords, home)
    own = Office(databases.administrator(home), database="kyufu", home=home)
    return own.superuser, own.owner, own.app


def _start_again(server: EmbeddedPostgres) -> None:
    """Start the server on what it left; those of its processes that are still going need a moment to notice."""
    for _attempt in range(20):
        try:
            server.start()
        except ServerTrouble:
            time.sleep(0.5)
        else:
            return
    pytest.fail("the server does not come back")
