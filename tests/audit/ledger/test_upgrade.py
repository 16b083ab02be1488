"""An office that has a record from before the ledger keeps it: entry by entry, at its time, under its id (A5)."""

import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.test import override_settings
from psycopg.types.json import Jsonb

from audit import keyfiles
from audit.journal import MAC_KEY
from audit.ledger.body import NO_LEAF, decode, is_authentic, leaf_hash
from audit.verifying import checking
from config import env
from config.office import provisioning
from config.office.databases import Address
from tests.conftest import Office

OF_BEFORE = ("audit", "0002")


def migrate(address: Address, *target: str) -> None:
    """Migrate the database at ``address`` as its owner, in a process of its own."""
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity=0", "--no-input", "--skip-checks", *target],
        cwd=settings.BASE_DIR,
        check=True,
        env=env.child(
            DJANGO_SETTINGS_MODULE="config.settings.test",
            KYUFU_HOME=str(settings.KYUFU_HOME),
            KYUFU_TEST_HOME=str(settings.KYUFU_HOME),
            KYUFU_TEST_DATABASE_URL=address.as_url(),
        ),
    )


@pytest.fixture
def earlier(office: Office) -> Iterator[Address]:
    """A database as the release before the ledger left it, by way of the migrations back; its owner's address."""
    name = f"{office.database}_upgrade"
    with closing(psycopg.connect(**replace(office.superuser, name="postgres").as_psycopg(autocommit=True))) as server:
        provisioning.make_database(server, name, template=office.database.rpartition("_")[0])
        address = replace(office.owner, name=name)
        try:
            migrate(address, *OF_BEFORE)
            yield address
        finally:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def test_entries_of_before_are_in_the_ledger_and_come_back_out_of_it(earlier: Address, tmp_path: Path) -> None:
    person, request = uuid.uuid4(), uuid.uuid4()
    with closing(psycopg.connect(**earlier.as_psycopg(autocommit=True))) as owner:
        written: list[Any] = []
        for number in range(3):
            row = owner.execute(
                "INSERT INTO audit.event (id, at, action, result, actor_id, actor_name, actor_roles, subject_kind,"
                " subject_id, subject_label, person_id, purpose, sealed_reason, details, client, session, request_id)"
                " VALUES (gen_random_uuid(), now(), 'benefits.person.viewed', 'DONE', NULL, '', '入力担当者', 'k',"
                " %s, '', %s, '', %s, %s, '10.1.2.3', 'abc', %s) RETURNING id, at",
                [str(number), person, b"sealed", Jsonb({"count": number, "fields": ["氏名"]}), request],
            ).fetchone()
            written.append(row)

    migrate(earlier)

    with closing(psycopg.connect(**earlier.as_psycopg(autocommit=True))) as owner:
        rows = owner.execute(
            "SELECT e.id, e.at, e.body, e.leaf, p.leaf FROM audit.event e JOIN audit.pending p USING (id)"
            " ORDER BY e.at, e.id"
        ).fetchall()
        guards = owner.execute(
            "SELECT count(*) FROM pg_trigger WHERE tgrelid = 'audit.event'::regclass AND tgenabled <> 'A'"
        ).fetchone()
        nowhere = {"KYUFU_SEALER_DIR": tmp_path, "KYUFU_ANCHORS": [tmp_path], "KYUFU_WITNESS_DIR": tmp_path}
        with override_settings(**nowhere):
            verdict = checking.verify(owner)
    assert [one.sentence for one in verdict.faults if one.kind != "waiting_long"] == []
    assert verdict.waiting == len(written)
    assert sorted(row[:2] for row in rows) == sorted(written)
    assert guards == (0,)
    previous = NO_LEAF
    for place, (event, at, body, leaf, queued) in enumerate(rows, start=1):
        said = decode(bytes(body))
        assert (said.id, said.at, said.writer_n, said.previous) == (event, at, place, previous)
        assert (said.person_id, said.request_id, str(said.client)) == (person, request, "10.1.2.3")
        assert said.details["fields"] == ["氏名"]
        assert is_authentic(bytes(body), keyfiles.read(MAC_KEY))
        assert bytes(leaf) == bytes(queued) == leaf_hash(bytes(body))
        previous = bytes(leaf)

    migrate(earlier, *OF_BEFORE)

    with closing(psycopg.connect(**earlier.as_psycopg(autocommit=True))) as owner:
        back = owner.execute("SELECT id, at, details ->> 'count' FROM audit.event ORDER BY at, id").fetchall()
    assert [row[:2] for row in back] == [row[:2] for row in rows]
    assert datetime.now(UTC) > back[-1][1]
