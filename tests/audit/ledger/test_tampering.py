"""The tamper kit: whatever somebody does who owns the database is found, and named.

Each way is done on the real database with a superuser's rights, in a transaction that is undone; the verification
inside it runs with the rights of the role that serves.
"""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from psycopg import sql

from audit.verifying import checking as verifying, rows
from tests.audit.ledger import copies, forging
from tests.audit.ledger.copies import Copy
from tests.audit.ledger.forging import WAYS, Intruder, Place


@pytest.fixture
def intruder(sealed: Copy) -> Iterator[Intruder]:
    with sealed.connect() as database:
        yield Intruder(database)
        database.rollback()


def verdict_of(intruder: Intruder, sealed: Copy) -> verifying.Verdict:
    """Verify with the rights of the role that serves, seeing what the intruder did."""
    intruder.database.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(sealed.office.app.user)))
    verdict = verifying.verify(intruder.database)
    intruder.database.execute("RESET ROLE")
    return verdict


def is_named(fault: verifying.Fault, place: Place) -> bool:
    """Say whether a fault's sentence says where the damage is."""
    if isinstance(place, UUID):
        return fault.event_id == place and str(place) in fault.sentence
    if isinstance(place, int):
        return fault.position == place and str(place) in fault.sentence
    return place is None or place in fault.sentence


def test_an_untouched_ledger_raises_nothing(intruder: Intruder, sealed: Copy) -> None:
    assert copies.wrong_with(verdict_of(intruder, sealed)) == []


@pytest.mark.parametrize(("way", "kinds"), [way[1:] for way in WAYS], ids=[way[0] for way in WAYS])
def test_is_found_and_named(way: Any, kinds: set[str], intruder: Intruder, sealed: Copy) -> None:
    place = way(intruder)
    faults = verdict_of(intruder, sealed).faults
    found = {fault.kind for fault in faults if is_named(fault, place)}
    assert found >= kinds, [(fault.kind, fault.sentence) for fault in faults[:20]]


def test_every_column_of_the_record_is_tried(intruder: Intruder) -> None:
    columns = {
        name
        for (name,) in intruder.ask(
            "SELECT attname FROM pg_attribute"
            " WHERE attrelid = 'audit.event'::regclass AND attnum > 0 AND NOT attisdropped"
        )
    }
    assert columns == set(forging.OTHERWISE) == set(rows.EVENT_COLUMNS)


def test_every_field_of_a_body_is_held_by_its_leaf(intruder: Intruder, sealed: Copy) -> None:
    event = intruder.at(forging.VICTIM)
    (whole,) = intruder.ask("SELECT body FROM audit.event WHERE id = %s", (event,))[0]
    for at in forging.every_byte(intruder)[::4]:
        changed = bytearray(whole)
        changed[at] ^= 1
        intruder.do("UPDATE audit.event SET body = %s WHERE id = %s", (bytes(changed), event), table="event")
        kinds = {one.kind for one in verdict_of(intruder, sealed).faults if one.position == forging.VICTIM}
        assert "body_differs" in kinds, at


def test_there_are_more_than_forty_ways() -> None:
    assert len(WAYS) > 40


def test_labels_are_no_evidence(intruder: Intruder, sealed: Copy) -> None:
    intruder.database.execute("INSERT INTO audit.actor_label VALUES (17, '別人', 'x') ON CONFLICT DO NOTHING")
    intruder.database.execute("DELETE FROM audit.person_label")
    assert copies.wrong_with(verdict_of(intruder, sealed)) == []
