"""Verification of a ledger that nobody has touched, whole and from a checkpoint on."""

import dataclasses
import os
import resource
import time
from typing import Any

import psycopg
import pytest

from audit.ledger import body as bodies, facets
from audit.verifying import checking as verifying, rows
from audit.verifying.reading import Ledger
from tests.audit.ledger import copies, forging
from tests.audit.ledger.copies import Copy
from tests.conftest import Office
from tests.sealing import seal_all


def test_an_untouched_ledger_raises_nothing(reader: psycopg.Connection[Any], sealed: Copy) -> None:
    verdict = verifying.verify(reader)
    assert copies.wrong_with(verdict) == []
    assert verdict.size == sealed.sizes[-1]
    assert verdict.events == verdict.size + 6
    assert verdict.waiting == 6
    assert verdict.checkpoints == verdict.notes == len(sealed.sizes)
    assert verdict.anchored == len(sealed.sizes) + 1
    assert verdict.witness_lines == verdict.events - 5


def test_from_a_checkpoint_on_only_what_is_new_is_read(reader: psycopg.Connection[Any], sealed: Copy) -> None:
    for since in (*sealed.sizes, 1, 255, 256, 257, sealed.sizes[-1] - 1):
        verdict = verifying.verify(reader, since=since)
        assert copies.wrong_with(verdict) == [], since
        assert verdict.events == verdict.size - since + 6


def test_from_a_checkpoint_on_its_root_is_compared(reader: psycopg.Connection[Any], sealed: Copy) -> None:
    size = sealed.sizes[3]
    (root,) = reader.execute("SELECT root FROM audit.checkpoint WHERE size = %s", [size]).fetchone() or (b"",)
    assert copies.wrong_with(verifying.verify(reader, since=(size, bytes(root)))) == []
    verdict = verifying.verify(reader, since=(size, bytes(32)))
    assert ("root_differs", size - 1) in [(fault.kind, fault.position) for fault in verdict.faults]


def test_from_a_checkpoint_on_guards_and_what_lies_outside_are_looked_at_too(sealed: Copy) -> None:
    ways = (
        (forging.position_below, "position_beyond"),
        (forging.skip_in_search, "guard_changed"),
        (forging.add_default_partition, "month_differs"),
        (forging.move_months_names, "month_differs"),
    )
    with sealed.connect() as database:
        for way, kind in ways:
            way(forging.Intruder(database))
            assert kind in {fault.kind for fault in verifying.verify(database, since=sealed.sizes[-2]).faults}
            database.rollback()


def test_a_ledger_that_has_become_shorter_is_a_fault(reader: psycopg.Connection[Any], sealed: Copy) -> None:
    verdict = verifying.verify(reader, since=sealed.sizes[-1] + 1)
    assert [fault.kind for fault in verdict.faults] == ["ledger_shorter"]


def test_progress_is_told(reader: psycopg.Connection[Any], sealed: Copy) -> None:
    told: list[verifying.Progress] = []
    verifying.verify(reader, progress=told.append)
    assert told[0].position == 0
    assert told[-1].position == told[-1].size == sealed.sizes[-1]


def test_it_does_without_the_key_of_the_macs(reader: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("audit.keyfiles.read", lambda _name: pytest.fail("the key was asked for"))
    assert copies.wrong_with(verifying.verify(reader, mac=False)) == []


def test_it_writes_nothing(reader: psycopg.Connection[Any]) -> None:
    reader.execute("SET default_transaction_read_only = on")
    assert copies.wrong_with(verifying.verify(reader)) == []


def test_columns_written_out_again_are_the_body_in_every_shape(reader: psycopg.Connection[Any], sealed: Copy) -> None:
    alike = 0
    for row in Ledger(reader).rows(0, sealed.sizes[-1]):
        event, whole = row[6:], bytes(row[24] or b"")
        said, body = rows.said_alike(event), bodies.decode(whole)
        assert said == rows.said_by(body, bodies.microseconds(body.at))
        assert rows.has_its_marks(event, row[5])
        assert rows._marks(event) == {one.to_bytes(8, "big", signed=True) for one in facets.of(body)}
        alike += 1
    assert alike == sealed.sizes[-1]


def test_what_is_not_canonical_is_never_alike(reader: psycopg.Connection[Any]) -> None:
    row = list(Ledger(reader).rows(300, 301)[0][6:])
    body = bodies.decode(bytes(row[18] or b""))
    for name, place, text in (("subject_id", 8, "か\u3099"), ("actor_section", 6, "か\u3099")):
        changed = list(row)
        changed[place] = text.encode()
        stand_in: dict[str, Any] = {name: "X" * len(text.encode())}
        whole = bodies.encode(dataclasses.replace(body, **stand_in), bytes(32))
        whole = whole.replace(b"X" * len(text.encode()), text.encode())
        changed[18] = whole
        with pytest.raises(rows.NotAlikeError):
            rows.said_alike(changed)
        with pytest.raises(bodies.MalformedBodyError):
            bodies.decode(whole)


@pytest.mark.skipif("KYUFU_TEST_LEDGER" not in os.environ, reason="KYUFU_TEST_LEDGER=full takes some minutes")
def test_a_million_entries_raise_nothing(office: Office, django_db_setup: None, django_db_blocker: Any) -> None:
    count = 1_000_000 if os.environ["KYUFU_TEST_LEDGER"] == "full" else int(os.environ["KYUFU_TEST_LEDGER"])
    with copies.copied(office, name="million") as ledger, django_db_blocker.unblock(), ledger.here():
        with psycopg.connect(**ledger.office.superuser.as_psycopg(autocommit=True)) as superuser:
            copies.hire_clerk(superuser)
            for _step in range(count // 20_000):
                copies.write(20_000)
                seal_all(ledger.office)
            superuser.execute("ANALYZE audit.event, audit.leaf")
        with psycopg.connect(**ledger.office.app.as_psycopg(autocommit=True)) as database:
            began = time.process_time()
            verdict = verifying.verify(database)
            seconds = time.process_time() - began
            newer = verifying.verify(database, since=count - 1_000)
    print(  # noqa: T201  (asked for by hand)
        f"\n{count / verdict.seconds:,.0f} entries/s, {count / seconds:,.0f} per second of this process's work;"
        f" the last thousand in {newer.seconds:.2f} s; {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10} MiB"
    )
    assert [fault.sentence for fault in verdict.faults[:5]] == []
    assert [fault.sentence for fault in newer.faults[:5]] == []
    assert verdict.events == count
    assert newer.events == 1_000
