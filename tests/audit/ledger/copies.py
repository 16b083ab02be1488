"""A ledger in a database of its own, written and sealed once, to be tampered with in transactions that are undone."""

import copy
import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
from django.test import override_settings
from psycopg import sql

from audit import journal, origin
from audit.ledger import writers
from audit.verifying.checking import Verdict
from config.office import provisioning
from tests import conftest, ledger
from tests.conftest import Office
from tests.sealing import seal_all

SAVED, VIEWED = "benefits.application.saved", "benefits.person.viewed"


@dataclass(frozen=True, slots=True)
class Clerk:
    """Somebody on the staff, as far as the record asks."""

    pk: int = 17
    display_name: str = "見本 花子"
    role_codes: str = "MAKER,VIEWER"
    section: str = "地域保健課"


@dataclass(slots=True)
class Copy:
    """The database of a ledger, and the directories beside it."""

    office: Office
    served: Office
    home: Path
    sizes: list[int] = field(default_factory=list)

    def connect(self) -> psycopg.Connection[Any]:
        """Return a superuser's connection."""
        return psycopg.connect(**self.office.superuser.as_psycopg())

    def places(self) -> override_settings:
        """Let the directories be this ledger's for a while."""
        return override_settings(
            KYUFU_SEALER_DIR=self.home / "sealer",
            KYUFU_ANCHORS=[self.home / "anchors"],
            KYUFU_WITNESS_DIR=self.home / "witness",
        )

    @contextmanager
    def here(self) -> Iterator[None]:
        """Let Django work on this ledger for a while."""
        with self.places():
            conftest.point_django_at(self.office.app)
            writers.forget()
            try:
                yield
            finally:
                writers.forget()
                conftest.point_django_at(self.served.app)


@contextmanager
def copied(office: Office, *, name: str) -> Iterator[Copy]:
    """Make an empty office beside the worker's, with directories of its own."""
    database = f"{office.database}_{name}"
    template = office.database.rpartition("_")[0]
    with closing(psycopg.connect(**office.superuser.as_psycopg(autocommit=True))) as server:
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database)))
        provisioning.make_database(server, database, template=template)
    own = copy.copy(office)
    own.database = database
    for role in ("superuser", "owner", "app", "sealer"):
        setattr(own, role, replace(getattr(office, role), name=database))
    home = Path(tempfile.mkdtemp(prefix="kyufu-ledger-"))
    try:
        yield Copy(own, office, home)
    finally:
        with closing(psycopg.connect(**office.superuser.as_psycopg(autocommit=True))) as server:
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(database)))
        shutil.rmtree(home, ignore_errors=True)


def fill(ledger_copy: Copy) -> None:
    """Write an office's first weeks: entries of before, of several writers, of all shapes, and some unsealed."""
    office = ledger_copy.office
    with closing(psycopg.connect(**office.superuser.as_psycopg(autocommit=True))) as superuser:
        hire_clerk(superuser)
        # what was there before the ledger comes in first, with its times
        month_ago = datetime.now(UTC) - timedelta(days=31)
        superuser.execute("SELECT audit.make_months((now() - interval '31 days')::date, 2)")
        for step in range(5):
            ledger.insert_earlier(superuser, at=month_ago + timedelta(minutes=step), action=SAVED)
        ledger_copy.sizes.append(seal_all(office))
        for count in (3, 1, 255, 300, 40):
            write(count)
            ledger_copy.sizes.append(seal_all(office))
            writers.forget()  # another process
        write(6)


def wrong_with(verdict: Verdict) -> list[str]:
    """Return the faults that were found, but for how long the six entries wait that nobody will seal."""
    assert verdict.fault_count == len(verdict.faults)
    return [fault.sentence for fault in verdict.faults if fault.kind != "waiting_long"]


def hire_clerk(superuser: psycopg.Connection[Any]) -> None:
    """Let the sealer know somebody who is not on the staff, so that entries can be theirs."""
    label = sql.SQL("INSERT INTO audit.actor_label VALUES ({}, 'clerk', 'clerk') ON CONFLICT DO NOTHING")
    superuser.execute(label.format(sql.Literal(Clerk().pk)))


def write(count: int) -> None:
    """Write and commit so many entries, of several shapes."""
    entries = [
        journal.Entry(
            action=VIEWED if step % 3 else SAVED,
            by=Clerk() if step % 4 else None,
            subject=journal.Subject(kind="benefits.application", id=str(uuid.uuid4()), label=f"R8-{step:05}"),
            person_id=uuid.UUID(bytes=os.urandom(16), version=4) if step % 2 else None,
            purpose="DOCUMENT" if step % 5 == 0 else "",
            explanation="E1" if step % 3 else "",
            reason="窓口での照会" if step % 10 == 0 else "",
            details={"count": step, "fields": ["甲", "乙"]} if step % 7 == 0 else {},
        )
        for step in range(count)
    ]
    request = origin.Origin(client="10.1.2.3", session=os.urandom(8).hex(), request_id=uuid.uuid4())
    with origin.requested_from(request):
        for first in range(0, count, 50):
            journal.record_all(entries[first : first + 50])
