"""What every test may ask for: a database of its own served to the role that serves, and a browser.

One server for the suite, one template migrated by the owner role, and for each worker a copy of it. Tests connect as
the app role: what they may not do, the product may not do.
"""

import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections
from django.test import TransactionTestCase
from playwright.sync_api import Browser, Page, sync_playwright
from psycopg import sql

from audit.ledger import writers
from config import env
from config.office import databases, embedded_postgres, keys, privileges, provisioning
from config.office.databases import Address
from tests import factories
from tests.sweeping import Sweeper

START_SECONDS = 60


class Office:
    """The suite's database server and this worker's database on it."""

    def __init__(self, administrator: Address, *, database: str, home: Path) -> None:
        self.database = database
        self.superuser = replace(administrator, name=database)
        self.owner = self.superuser.seen_by(databases.OWNER, keys.password(home / "keys", databases.OWNER))
        self.app = self.superuser.seen_by(databases.APP, keys.password(home / "keys", databases.APP))
        self.sealer = self.superuser.seen_by(databases.SEALER, keys.password(home / "keys", databases.SEALER))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Leave nothing behind: neither this process's KYUFU_HOME nor, on a server not the suite's own, the template."""
    shutil.rmtree(settings.KYUFU_HOME, ignore_errors=True)
    if databases.is_embedded() or hasattr(session.config, "workerinput"):
        return
    administrator = databases.administrator(Path(settings.KYUFU_HOME))
    with closing(psycopg.connect(**administrator.as_psycopg(autocommit=True))) as server:
        template = sql.Identifier(_template(os.getpid()))
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(template))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest in one piece: no worker is left alone with it at the end."""
    items.sort(key=lambda item: "filled" not in getattr(item, "fixturenames", ()))


def _template(suite: int) -> str:
    return f"kyufu_test_{suite}"


@pytest.fixture(scope="session")
def office(tmp_path_factory: pytest.TempPathFactory, worker_id: str, django_db_blocker: Any) -> Iterator[Office]:
    """The worker's database, copied from the template, which the first worker migrates."""
    is_worker = worker_id != "master"
    shared = tmp_path_factory.getbasetemp().parent if is_worker else tmp_path_factory.getbasetemp()
    suite = os.getppid() if is_worker else os.getpid()
    with _only_one(shared / "database.lock"):
        home = _server_home(shared, suite)
        administrator = databases.administrator(home)
        passwords = provisioning.passwords_in(home / "keys")
        template = _template(suite)
        if not (home / template).exists():
            with django_db_blocker.unblock():
                _make_template(administrator, template, passwords, home)
            (home / template).touch()
        name = f"{template}_{worker_id}"
        with closing(psycopg.connect(**administrator.as_psycopg(autocommit=True))) as server:
            server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
            provisioning.make_database(server, name, template=template)
    yield Office(administrator, database=name, home=home)
    connections.close_all()
    with closing(psycopg.connect(**administrator.as_psycopg(autocommit=True))) as server:
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture(scope="session")
def django_db_setup(office: Office, django_db_blocker: Any) -> Iterator[None]:
    """Point Django at the worker's database as the app role; take over what empties it after a test that commits."""
    point_django_at(office.app)
    factories.owner = office.owner
    sweeper = Sweeper(office.superuser)
    with django_db_blocker.unblock():
        sweeper.remember()

    def sweep(self: TransactionTestCase) -> None:
        connections.close_all()
        sweeper.sweep()

    # Django would TRUNCATE as the app role, which may not
    TransactionTestCase._fixture_teardown = sweep  # type: ignore[method-assign]
    yield
    sweeper.close()
    factories.close_the_books()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(nextitem: pytest.Item | None) -> Iterator[None]:
    """Let the staff of a test go when its transaction is over; after the last test they go with the database."""
    yield
    writers.forget()  # what a test wrote may be gone with its transaction
    if nextitem is not None:
        factories.everybody_leaves()


@pytest.fixture
def owner_connection(office: Office, db: None) -> Iterator[psycopg.Connection[Any]]:
    """A connection of its own, as the role that migrates. It sees only what is committed."""
    with closing(psycopg.connect(**office.owner.as_psycopg(autocommit=True))) as own:
        yield own


@pytest.fixture
def superuser_connection(office: Office, db: None) -> Iterator[psycopg.Connection[Any]]:
    """A connection of its own that may do everything, for tests that play the intruder."""
    with closing(psycopg.connect(**office.superuser.as_psycopg(autocommit=True))) as own:
        yield own


@pytest.fixture(scope="session")
def gunicorn(office: Office, django_db_setup: None) -> Iterator[str]:
    """The product served by gunicorn with the worker's database, as an office would; its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    home = Path(settings.KYUFU_HOME)
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "--config", "python:config.gunicorn", "config.wsgi:application"],
        cwd=settings.BASE_DIR,
        stdin=subprocess.DEVNULL,
        preexec_fn=embedded_postgres.die_with_parent(signal.SIGTERM),
        env=env.child(
            DJANGO_SETTINGS_MODULE="config.settings.test",
            DJANGO_ALLOW_ASYNC_UNSAFE="",
            KYUFU_HOME=str(home),
            KYUFU_TEST_HOME=str(home),
            KYUFU_TEST_DATABASE_URL=office.app.as_url(),
            KYUFU_FONT_DIRS=os.pathsep.join(map(str, settings.KYUFU_FONT_DIRS)),
            KYUFU_BIND=f"127.0.0.1:{port}",
        ),
    )
    end = time.monotonic() + START_SECONDS
    while not _answers(f"{address}/healthz"):
        if process.poll() is not None or time.monotonic() > end:
            log = home / "logs" / "kyufu.log"
            pytest.fail(f"gunicorn does not serve: {log.read_text(encoding='utf-8') if log.exists() else 'no log'}")
        time.sleep(0.05)
    yield address
    process.terminate()
    process.wait(START_SECONDS)


@pytest.fixture
def server(transactional_db: None, gunicorn: str) -> str:
    """The address of the served product; what the test commits is there, and gone after the test."""
    return gunicorn


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's chromium, without the traffic of its own that it would like to make."""
    # Playwright's synchronous interface runs inside an event loop, where Django would refuse the database
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    arguments = [
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-default-apps",
        "--disable-domain-reliability",
        "--disable-sync",
        "--no-first-run",
        "--no-pings",
    ]
    if os.geteuid() == 0:
        arguments.append("--no-sandbox")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=arguments)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser, server: str) -> Iterator[Page]:
    """A window at a clerk's desk. A script that fails, or that the policy stops, fails the test."""
    context = chromium.new_context(
        base_url=server, locale="ja-JP", timezone_id="Asia/Tokyo", viewport={"width": 1366, "height": 768}
    )
    window = context.new_page()
    problems: list[str] = []
    window.on("pageerror", lambda error: problems.append(str(error)))
    window.on(
        "console",
        lambda line: problems.append(line.text) if "Content Security Policy" in line.text else None,
    )
    yield window
    context.close()
    assert problems == []


def point_django_at(address: Address) -> None:
    """Let Django's default connection lead to ``address``."""
    connections.close_all()
    entry = address.as_django(application_name="kyufu-test")
    settings.DATABASES["default"].update(entry)
    connection.settings_dict.update(entry)


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=2) as answer:  # noqa: S310  (our own address)
            return bool(answer.status == 200)
    except OSError:
        return False


def _server_home(shared: Path, suite: int) -> Path:
    """Return the directory of the suite's server, started at the first call; DATABASE_URL brings its own."""
    if not databases.is_embedded():
        home = shared / "office"
        home.mkdir(exist_ok=True)
        return home
    note = shared / "database-home"
    if note.exists():
        return Path(note.read_text(encoding="utf-8"))
    # not below pytest's directories: a socket's path must be short, and the server's user must get there
    home = Path(tempfile.mkdtemp(prefix="kyufu-db-"))
    command = [sys.executable, "-m", "tests.database_server", str(home), str(suite)]
    with (home / "server.log").open("w", encoding="utf-8") as log:
        process = subprocess.Popen(
            command, cwd=settings.BASE_DIR, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
    end = time.monotonic() + START_SECONDS
    while not (home / "ready").exists():
        if process.poll() is not None or time.monotonic() > end:
            pytest.exit(f"the suite's database does not start: {(home / 'server.log').read_text(encoding='utf-8')}")
        time.sleep(0.02)
    # the watcher outlives this process on purpose
    process.returncode = 0
    note.write_text(str(home), encoding="utf-8")
    return home


def _make_template(administrator: Address, name: str, passwords: provisioning.Passwords, home: Path) -> None:
    provisioning.provision(administrator, database=name, passwords=passwords)
    owner = replace(administrator, name=name).seen_by(databases.OWNER, passwords.owner)
    provisioning.make_schemas(owner)
    before = dict(connection.settings_dict)
    point_django_at(owner)
    try:
        call_command("migrate", verbosity=0, interactive=False)
    finally:
        connections.close_all()
        connection.settings_dict.update(before)
    with closing(psycopg.connect(**owner.as_psycopg())) as own:
        privileges.apply(own)
        own.commit()


@contextmanager
def _only_one(path: Path) -> Iterator[None]:
    """Let one worker at a time through."""
    with path.open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
