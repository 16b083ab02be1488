"""Killed in the middle, again and again: the sealers, and the database under them, while 24 writers write.

Afterwards no entry is lost whose COMMIT was answered, none stands twice, positions have no gaps, every writer's chain
is whole, and every checkpoint that was signed lies on the tree. ``KYUFU_TEST_MODEL=full`` kills oftener.
"""

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.conf import settings

from audit.ledger import body as bodies, merkle
from audit.ledger.chains import Chains
from audit.sealing import anchors, batches as sealing
from config import env
from config.office import databases, provisioning
from config.office.database_access import program, surroundings
from config.office.databases import Address
from config.office.embedded_postgres import EmbeddedPostgres
from tests.conftest import Office
from tests.mynumber.test_crashes import _start_again, wait_until
from tests.sealing import start_over

pytestmark = pytest.mark.django_db(transaction=True)

IS_FULL = os.environ.get("KYUFU_TEST_MODEL") == "full"
#: How often a sealer, and how often the database, is killed.
SEALER_ROUNDS = 20 if IS_FULL else 3
DATABASE_ROUNDS = 10 if IS_FULL else 1
WRITERS = 24

#: Writes until it is killed, and tells each entry once its COMMIT was answered.
WRITER = """
import django; django.setup()
import random, sys, threading, time
from django.db import connection, transaction
from audit import journal
from audit.vocabulary import declare
declare({"audit.test": "x"})
told = threading.Lock()

def one():
    return journal.record("audit.test", by=None, details={"count": random.randrange(9)}).pk

def write(chance):
    ids = []
    with transaction.atomic():
        ids.append(one())
        if chance.random() < 0.3:
            try:
                with transaction.atomic():
                    one()
                    raise KeyError
            except KeyError:
                pass
        time.sleep(chance.random() * 0.05)
        if chance.random() < 0.3:
            ids.append(one())
        if chance.random() < 0.1:
            raise KeyError
    with told:
        print(*ids, flush=True)

def loop(number):
    chance = random.Random(number)
    while True:
        try:
            write(chance)
        except KeyError:
            pass
        except Exception:
            connection.close()
            time.sleep(0.1)

for number in range(int(sys.argv[1])):
    threading.Thread(target=loop, args=[number], daemon=True).start()
while True:
    time.sleep(60)
"""


@contextmanager
def running(*command: str, address: Address, role: str, out: Path | None = None) -> Iterator[subprocess.Popen[bytes]]:
    """Run a process of the product's; whatever happens, it is gone afterwards."""
    with ExitStack() as stack:
        file = stack.enter_context(out.open("ab")) if out else subprocess.DEVNULL
        process = subprocess.Popen(
            [sys.executable, *command],
            cwd=settings.BASE_DIR,
            stdin=subprocess.DEVNULL,
            stdout=file,
            env=env.child(
                DJANGO_SETTINGS_MODULE="config.settings.test",
                KYUFU_HOME=str(settings.KYUFU_HOME),
                KYUFU_TEST_HOME=str(settings.KYUFU_HOME),
                KYUFU_TEST_DATABASE_URL=address.as_url(),
                KYUFU_DATABASE_ROLE=role,
                KYUFU_SIGN_SECONDS="1",
            ),
        )
        try:
            yield process
        finally:
            process.kill()
            process.wait(10)


def acknowledged(file: Path) -> list[UUID]:
    """Return the entries whose lines were written whole."""
    lines = file.read_text(encoding="utf-8").split("\n")[:-1]
    return [UUID(one) for line in lines for one in line.split()]


def at_rest(superuser: psycopg.Connection[Any]) -> bool:
    """Say whether all is sealed and signed."""
    row = superuser.execute(
        "SELECT (SELECT count(*) FROM audit.pending),"
        " (SELECT max(size) FROM audit.checkpoint) = (SELECT max(size) FROM audit.note)"
    ).fetchone()
    return row == (0, True)


def check(superuser: psycopg.Connection[Any], acknowledged: list[UUID]) -> None:
    """Hold the ledger against everything that must be true of it."""
    rows = superuser.execute(
        "SELECT l.idx, l.event_id, l.hash, e.body FROM audit.leaf l"
        " JOIN audit.event e ON e.id = l.event_id AND e.at = l.event_at ORDER BY l.idx"
    ).fetchall()
    assert [row[0] for row in rows] == list(range(len(rows)))
    assert superuser.execute("SELECT count(*) FROM audit.event").fetchone() == (len(rows),)
    sealed = [row[1] for row in rows]
    assert len(set(sealed)) == len(sealed)
    assert set(acknowledged) <= set(sealed)
    assert superuser.execute("SELECT kind, words FROM audit.fault").fetchall() == []
    wrong: list[str] = []
    chains = Chains(lambda _position, _event, words: wrong.append(words))
    edge, roots = merkle.Edge(), {}
    for idx, _event, leaf, whole in rows:
        assert bodies.leaf_hash(whole) == leaf
        chains.take(idx, bodies.decode(whole), leaf)
        edge.append(leaf)
        roots[idx + 1] = edge.root()
    assert chains.end() == []
    assert wrong == []
    for size, root in superuser.execute("SELECT size, root FROM audit.checkpoint").fetchall():
        assert roots[size] == root
    tree = anchors.Tree(superuser)
    assert len(tree.origins) == 1
    for (note,) in superuser.execute("SELECT text FROM audit.note").fetchall():
        assert tree.trouble_with(note) == ""
    assert anchors.check([Path(one) for one in settings.KYUFU_ANCHORS], superuser) == []
    assert sealing.last_checkpoint(superuser)[0] == len(rows)


@contextmanager
def sealer(address: Address, name: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run ``manage.py seal``; the database knows its connection by ``name``."""
    named = replace(address, options={"application_name": name})
    with running("manage.py", "seal", address=named, role="sealer") as process:
        yield process


def leader(superuser: psycopg.Connection[Any]) -> str | None:
    """Return the name of the sealer that leads now, if any."""
    row = superuser.execute(
        "SELECT a.application_name FROM pg_locks l JOIN pg_stat_activity a USING (pid)"
        " WHERE l.locktype = 'advisory' AND l.granted AND l.classid = %s AND l.objid = %s AND l.database ="
        " (SELECT oid FROM pg_database WHERE datname = current_database())",
        [sealing.LOCK >> 32, sealing.LOCK & 0xFFFFFFFF],
    ).fetchone()
    return row[0] if row else None


def ended_well(process: subprocess.Popen[bytes]) -> None:
    """Tell a sealer to stop: it seals and signs what is there, and ends."""
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0


def test_two_sealers_killed_at_any_moment_lose_and_repeat_nothing(
    office: Office, tmp_path: Path, superuser_connection: psycopg.Connection[Any]
) -> None:
    start_over()
    lines, chance = tmp_path / "written", random.Random(5)  # noqa: S311  (when to kill is no secret)
    names, killed = (f"sealer-{number}" for number in range(99)), set()
    with ExitStack() as stack:

        def another() -> tuple[str, subprocess.Popen[bytes]]:
            name = next(names)
            return name, stack.enter_context(sealer(office.sealer, name))

        sealers = dict(another() for _one in "ab")
        with running("-c", WRITER, str(WRITERS), address=office.app, role="app", out=lines):
            wait_until(lambda: len(acknowledged(lines)) > 200)
            for _round in range(SEALER_ROUNDS):
                wait_until(lambda: leader(superuser_connection) in sealers)
                time.sleep(chance.random() * 0.8)
                name = leader(superuser_connection)
                assert name is not None
                sealers.pop(name).kill()
                killed.add(name)
                sealers.update([another()])
        wait_until(lambda: at_rest(superuser_connection) and leader(superuser_connection) in sealers)
        last = sealers.pop(leader(superuser_connection) or "")
        for spare in sealers.values():
            spare.kill()
        ended_well(last)
    written = acknowledged(lines)
    check(superuser_connection, written)
    assert len(killed) == SEALER_ROUNDS
    assert len(written) > 500
    start_over()


def test_a_database_stopped_at_once_under_load_loses_nothing_and_is_sealed_on(office: Office, tmp_path: Path) -> None:
    if not databases.is_embedded():
        pytest.skip("the server belongs to somebody else")
    start_over()
    home = Path(tempfile.mkdtemp(prefix="kyufu-drill-"))
    # what the kernel has survives the server: only a power cut would ask for more
    server = EmbeddedPostgres(home, settings=None if IS_FULL else {"fsync": "off"})
    lines, chance = tmp_path / "written", random.Random(6)  # noqa: S311  (when to kill is no secret)
    try:
        server.start()
        own = copied(office, home)
        with (
            sealer(own.sealer, "one"),
            sealer(own.sealer, "other"),
            running("-c", WRITER, str(WRITERS), address=own.app, role="app", out=lines),
        ):
            for _round in range(DATABASE_ROUNDS):
                goal = len(acknowledged(lines)) + chance.randint(200, 600)
                wait_until(lambda goal=goal: len(acknowledged(lines)) >= goal)
                process = server.process
                assert process is not None
                process.send_signal(signal.SIGQUIT)  # pg_ctl stop -m immediate
                process.wait(30)
                _start_again(server)
            goal = len(acknowledged(lines)) + 200
            wait_until(lambda: len(acknowledged(lines)) >= goal)
        with closing(psycopg.connect(**own.superuser.as_psycopg(autocommit=True))) as then:
            with sealer(own.sealer, "last") as last:
                wait_until(lambda: at_rest(then) and leader(then) == "last")
                ended_well(last)
            check(then, acknowledged(lines))
    finally:
        server.stop()
        shutil.rmtree(home, ignore_errors=True)
        start_over()


def copied(office: Office, home: Path) -> Office:
    """Make an office on the server of ``home`` whose database is a copy of the suite's."""
    administrator = databases.administrator(home)
    provisioning.provision(administrator, database="kyufu", passwords=provisioning.passwords_in(home / "keys"))
    own = Office(administrator, database="kyufu", home=home)
    dump = subprocess.run(
        [str(program("pg_dump")), "--format=custom"],
        env=surroundings(office.superuser),
        check=True,
        capture_output=True,
    ).stdout
    subprocess.run(
        [str(program("pg_restore")), "--exit-on-error", "--single-transaction", "--dbname=kyufu"],
        env=surroundings(own.superuser),
        check=True,
        input=dump,
    )
    return own
