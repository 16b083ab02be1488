"""What somebody can do to the ledger who owns the database: each way with what must be said about it.

A way is a function that tampers inside an open transaction of a superuser, with every guard put back afterwards, and
returns where the damage is: the position or the entry that a verification has to name.
"""

import dataclasses
import os
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock
from uuid import UUID

import psycopg
from django.conf import settings
from psycopg.types.json import Jsonb

from audit import keyfiles
from audit.ledger import body as bodies, facets, merkle, notes, tiles
from audit.sealing import origins
from audit.verifying import reading
from tests import ledger

Place = int | UUID | str | None
"""A position, an entry, words that the sentence must hold, or nothing in particular."""

#: Tables of the ledger whose guards are put to sleep while it is tampered with.
TABLES = ("event", "leaf", "tile", "checkpoint", "note", "origin", "pending", "remembered")


@dataclass(slots=True)
class Intruder:
    """A superuser inside a transaction."""

    database: psycopg.Connection[Any]

    @contextmanager
    def unguarded(self, *tables: str) -> Iterator[None]:
        """Put the guards to sleep for a moment."""
        guards = [
            (table, name)
            for table, name in self.ask(
                "SELECT c.relname, t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
                " WHERE c.relnamespace = 'audit'::regnamespace AND NOT t.tgisinternal AND c.relname = ANY(%s)",
                (list(tables or TABLES),),
            )
        ]
        for table, name in guards:
            self.database.execute(f"ALTER TABLE audit.{table} DISABLE TRIGGER {name}")
        yield
        for table, name in guards:
            self.database.execute(f"ALTER TABLE audit.{table} ENABLE ALWAYS TRIGGER {name}")

    def do(self, query: str, values: Sequence[Any] = (), *, table: str) -> int:
        """Change rows of a table past its guards; return how many."""
        with self.unguarded(table):
            return self.database.execute(query, values).rowcount

    def ask(self, query: str, values: Sequence[Any] = ()) -> list[Any]:
        """Return rows."""
        return self.database.execute(query, values).fetchall()

    def at(self, position: int) -> UUID:
        """Return the entry at a position."""
        event: UUID = self.ask("SELECT event_id FROM audit.leaf WHERE idx = %s", (position,))[0][0]
        return event

    def size(self) -> int:
        """Return how many entries have a position."""
        return int(self.ask("SELECT max(size) FROM audit.checkpoint")[0][0])

    def waiting(self) -> list[UUID]:
        """Return the entries that wait, in the order in which they were written."""
        return [row[0] for row in self.ask("SELECT id FROM audit.pending ORDER BY at, id")]

    def body_of(self, event: UUID) -> bodies.Body:
        """Return what an entry says."""
        return bodies.decode(bytes(self.ask("SELECT body FROM audit.event WHERE id = %s", (event,))[0][0]))

    def write_body(self, event: UUID, whole: bytes) -> None:
        """Put other bytes in, with their leaf."""
        self.do(
            "UPDATE audit.event SET body = %s, leaf = %s WHERE id = %s",
            (whole, bodies.leaf_hash(whole), event),
            table="event",
        )


# ── the forger's whole work ──────────────────────────────────────────────────────────────────────────────────────


def rebuild(one: Intruder, *, seed: bytes | None = None) -> None:
    """Compute leaves, tiles and checkpoints anew from the bodies; sign them with the ``seed`` of the sealer's key."""
    rows = one.ask(
        "SELECT l.idx, e.id, e.body FROM audit.leaf l JOIN audit.event e ON e.id = l.event_id AND e.at = l.event_at"
        " ORDER BY l.idx"
    )
    leaves = [bodies.leaf_hash(bytes(row[2])) for row in rows]
    with one.unguarded():
        one.database.execute("CREATE TEMP TABLE forged (idx bigint PRIMARY KEY, hash bytea) ON COMMIT DROP")
        with one.database.cursor().copy("COPY forged FROM STDIN") as copy:
            for idx, leaf in enumerate(leaves):
                copy.write_row((idx, leaf))
        one.database.execute("UPDATE audit.leaf l SET hash = f.hash FROM forged f WHERE f.idx = l.idx")
        one.database.execute(
            "UPDATE audit.event e SET leaf = l.hash FROM audit.leaf l WHERE l.event_id = e.id AND l.event_at = e.at"
        )
        one.database.execute("DROP TABLE forged")
        one.database.execute("DELETE FROM audit.tile")
        made = tiles.grown(tiles.from_mapping({}), 0, leaves)
        one.database.cursor().executemany(
            "INSERT INTO audit.tile (level, n, hashes) VALUES (%s, %s, %s)",
            [(level, n, hashes) for (level, n), hashes in made.items()],
        )
        for (size,) in one.ask("SELECT size FROM audit.checkpoint"):
            root = merkle.root_of(leaves[:size])
            one.database.execute("UPDATE audit.checkpoint SET root = %s WHERE size = %s", (root, size))
        if seed is not None:
            for name, size in one.ask("SELECT origin, size FROM audit.note"):
                checkpoint = notes.Checkpoint(name, size, merkle.root_of(leaves[:size]))
                text = notes.sign(checkpoint.text(), notes.SigningKey(name, seed))
                one.database.execute("UPDATE audit.note SET text = %s WHERE size = %s", (text, size))


def rewrite_everything(one: Intruder) -> Place:
    """Change an old entry, and with both stolen keys everything after it that would show it: chains, roots, notes."""
    key, seed = keyfiles.read("ledger-mac"), origins.read_seed(Path(settings.KYUFU_SEALER_DIR))
    victim = one.at(100)
    rows = one.ask(
        "SELECT e.id, e.body, l.idx FROM audit.event e"
        " LEFT JOIN audit.leaf l ON l.event_id = e.id AND l.event_at = e.at ORDER BY l.idx NULLS LAST, e.at, e.id"
    )
    last: dict[UUID, bytes] = {}
    leaves: list[bytes] = []
    sizes = [row[0] for row in one.ask("SELECT size FROM audit.checkpoint ORDER BY size")]
    said = {row[0]: bodies.decode(bytes(row[1])) for row in rows}
    order = sorted(rows, key=lambda row: (row[2] is None, row[2] or 0, said[row[0]].writer_n))
    with one.unguarded():
        for event, _body, idx in order:
            body = said[event]
            changes: dict[str, Any] = {"previous": last.get(body.writer, bodies.NO_LEAF)}
            if body.seen_size in sizes:
                changes["seen_root"] = merkle.root_of(leaves[: body.seen_size])[:8]
            if event == victim:
                changes["actor_id"] = 99
                one.database.execute("UPDATE audit.event SET actor_id = 99 WHERE id = %s", (event,))
                marks = facets.of(dataclasses.replace(body, actor_id=99))
                one.database.execute("UPDATE audit.leaf SET facets = %s WHERE event_id = %s", (marks, event))
            whole = bodies.encode(dataclasses.replace(body, **changes), key)
            leaf = bodies.leaf_hash(whole)
            last[body.writer] = leaf
            if idx is not None:
                leaves.append(leaf)
            one.database.execute("UPDATE audit.event SET body = %s, leaf = %s WHERE id = %s", (whole, leaf, event))
            if idx is None:
                one.database.execute("UPDATE audit.pending SET leaf = %s WHERE id = %s", (leaf, event))
        one.database.execute("DELETE FROM audit.tally_actor")
        one.database.execute(
            "INSERT INTO audit.tally_actor"
            " SELECT (e.at AT TIME ZONE 'Asia/Tokyo')::date, e.actor_id, e.action, count(*)"
            " FROM audit.event e JOIN audit.leaf l ON l.event_id = e.id AND l.event_at = e.at"
            " WHERE e.actor_id IS NOT NULL GROUP BY 1, 2, 3"
        )
    rebuild(one, seed=seed)
    return None


def restore_backup(one: Intruder) -> Place:
    """Bring back what the database held two seals ago, every table alike."""
    size = one.ask("SELECT size FROM audit.checkpoint ORDER BY size DESC OFFSET 2 LIMIT 1")[0][0]
    read = reading.Ledger(one.database)
    leaves = [bytes(row[0]) for row in read.ask("SELECT hash FROM audit.leaf ORDER BY idx")][:size]
    with one.unguarded():
        one.database.execute("DELETE FROM audit.pending")
        one.database.execute(
            "DELETE FROM audit.event e"
            " WHERE NOT EXISTS (SELECT FROM audit.leaf l WHERE l.event_id = e.id AND idx < %s)",
            (size,),
        )
        one.database.execute("DELETE FROM audit.leaf WHERE idx >= %s", (size,))
        one.database.execute("DELETE FROM audit.checkpoint WHERE size > %s", (size,))
        one.database.execute("DELETE FROM audit.note WHERE size > %s", (size,))
        one.database.execute("DELETE FROM audit.tile")
        for (level, n), hashes in tiles.grown(tiles.from_mapping({}), 0, leaves).items():
            one.database.execute("INSERT INTO audit.tile VALUES (%s, %s, %s)", (level, n, hashes))
        for table, columns, chosen in (
            ("tally_hour", "day, hour, section, action", "1, 2, 3, 4"),
            ("tally_actor", "day, actor_id, action", "1, 2, 3"),
        ):
            one.database.execute(f"DELETE FROM audit.{table}")
            picked = {
                "day": "(at AT TIME ZONE 'Asia/Tokyo')::date",
                "hour": "extract(hour FROM at AT TIME ZONE 'Asia/Tokyo')",
                "section": "actor_section",
            }
            selected = ", ".join(picked.get(name, name) for name in columns.split(", "))
            condition = "WHERE actor_id IS NOT NULL" if table == "tally_actor" else ""
            one.database.execute(
                f"INSERT INTO audit.{table} SELECT {selected}, count(*) FROM audit.event {condition} GROUP BY {chosen}"
            )
    return "古い状態に戻されています"


# ── single ways ──────────────────────────────────────────────────────────────────────────────────────────────────

#: An entry with something in nearly every column: position 304 has an actor, a person, a purpose or a reason.
VICTIM = 304

#: What a column is changed to.
OTHERWISE: dict[str, str] = {
    "id": "gen_random_uuid()",
    "at": "at + interval '1 second'",
    "action": "'benefits.certificate.printed'",
    "result": "'REFUSED'",
    "actor_id": "coalesce(actor_id, 0) + 1",
    "actor_roles": "'AUDITOR'",
    "actor_section": "'別の課'",
    "subject_kind": "'benefits.person'",
    "subject_id": "'00000000-0000-4000-8000-0000000000ab'",
    "subject_label": "'R8-99999'",
    "person_id": "gen_random_uuid()",
    "purpose": "'OTHER'",
    "explanation": "'E6'",
    "sealed_reason": "'\\x010203'::bytea",
    "details": "'{\"count\": 1000}'::jsonb",
    "client": "'10.9.9.9'::inet",
    "session": "'ffffffffffffffff'",
    "request_id": "gen_random_uuid()",
    "body": "set_byte(body, 200, get_byte(body, 200) # 1)",
    "leaf": "set_byte(leaf, 0, get_byte(leaf, 0) # 1)",
    "xid": "(xid::text::bigint + 1)::text::xid8",
}


def change_column(name: str) -> Callable[[Intruder], Place]:
    """Change one column of a sealed entry."""

    def way(one: Intruder) -> Place:
        event = one.at(VICTIM)
        one.do(f"UPDATE audit.event SET {name} = {OTHERWISE[name]} WHERE id = %s", (event,), table="event")
        return VICTIM

    return way


def empty_column(name: str) -> Callable[[Intruder], Place]:
    """Take away what one column says of a sealed entry."""

    def way(one: Intruder) -> Place:
        value = {"details": "'{}'"}.get(name, "NULL")
        (position,) = one.ask(
            "SELECT l.idx FROM audit.leaf l JOIN audit.event e ON e.id = l.event_id"
            f" WHERE e.{name} IS DISTINCT FROM {value} ORDER BY 1 DESC LIMIT 1"
        )[0]
        one.do(f"UPDATE audit.event SET {name} = {value} WHERE id = %s", (one.at(position),), table="event")
        return int(position)

    return way


def change_table(table: str, assignment: str, condition: str, place: Place) -> Callable[[Intruder], Place]:
    """Change one row of another table."""

    def way(one: Intruder) -> Place:
        assert one.do(f"UPDATE audit.{table} SET {assignment} WHERE {condition}", table=table) == 1
        return place

    return way


def every_byte(one: Intruder) -> list[int]:
    """Return where each field of the victim's body begins, and its last byte."""
    whole = bytes(one.ask("SELECT body FROM audit.event WHERE id = %s", (one.at(VICTIM),))[0][0])
    places, at = [0], 1
    while at < len(whole):
        places += [at, at + 3]
        at += 3 + int.from_bytes(whole[at + 1 : at + 3], "big")
    return [*places, len(whole) - 1]


def change_reason_beyond_its_hash(one: Intruder) -> Place:
    """Replace a sealed reason by another."""
    (position,) = one.ask(
        "SELECT l.idx FROM audit.leaf l JOIN audit.event e ON e.id = l.event_id WHERE e.sealed_reason IS NOT NULL"
        " ORDER BY 1 DESC LIMIT 1"
    )[0]
    one.do(
        "UPDATE audit.event SET sealed_reason = set_byte(sealed_reason, 9, get_byte(sealed_reason, 9) # 1)"
        " WHERE id = %s",
        (one.at(position),),
        table="event",
    )
    return int(position)


def body_with_its_leaf(one: Intruder) -> Place:
    """Write another body, with a MAC under a key of one's own, and its leaf in the row."""
    event = one.at(VICTIM)
    one.write_body(event, bodies.encode(dataclasses.replace(one.body_of(event), actor_id=5), os.urandom(32)))
    one.do("UPDATE audit.event SET actor_id = 5 WHERE id = %s", (event,), table="event")
    return VICTIM


def body_with_its_leaf_everywhere(one: Intruder) -> Place:
    """The same, and the leaf in the position's row and in the tile."""
    body_with_its_leaf(one)
    leaf = bytes(one.ask("SELECT leaf FROM audit.event WHERE id = %s", (one.at(VICTIM),))[0][0])
    one.do("UPDATE audit.leaf SET hash = %s WHERE idx = %s", (leaf, VICTIM), table="leaf")
    n, at = divmod(VICTIM, 256)
    one.do(
        "UPDATE audit.tile SET hashes = overlay(hashes PLACING %s FROM %s FOR 32) WHERE level = 0 AND n = %s",
        (leaf, at * 32 + 1, n),
        table="tile",
    )
    return VICTIM


def rebuilt_without_keys(one: Intruder) -> Place:
    """Change an entry and compute the whole tree anew, without either key."""
    body_with_its_leaf(one)
    rebuild(one)
    return VICTIM


def swap_bodies(one: Intruder) -> Place:
    """Let two entries change places."""
    first, second = one.at(VICTIM), one.at(VICTIM + 1)
    (one_body, other_body) = (
        bytes(one.ask("SELECT body FROM audit.event WHERE id = %s", (event,))[0][0]) for event in (first, second)
    )
    one.write_body(first, other_body)
    one.write_body(second, one_body)
    return VICTIM


def swap_positions(one: Intruder) -> Place:
    """Let two entries change their positions."""
    one.do(
        "UPDATE audit.leaf SET idx = CASE idx WHEN %s THEN %s ELSE %s END WHERE idx IN (%s, %s)",
        (VICTIM, VICTIM + 1, VICTIM, VICTIM, VICTIM + 1),
        table="leaf",
    )
    return VICTIM


_COLUMNS = (
    "at, action, result, actor_id, actor_roles, actor_section, subject_kind, subject_id, subject_label, person_id,"
    " purpose, explanation, sealed_reason, details, client, session, request_id, body, leaf, xid"
)


def clone_row(one: Intruder) -> Place:
    """Put an entry in a second time under a new id, past the queue."""
    (clone,) = one.ask("SELECT gen_random_uuid()")[0]
    one.do(
        f"INSERT INTO audit.event (id, {_COLUMNS}) SELECT %s, {_COLUMNS} FROM audit.event WHERE id = %s",
        (clone, one.at(VICTIM)),
        table="event",
    )
    return UUID(str(clone))


def clone_row_queued(one: Intruder) -> Place:
    """The same, queued."""
    clone = clone_row(one)
    one.database.execute("INSERT INTO audit.pending SELECT id, at, leaf FROM audit.event WHERE id = %s", (clone,))
    return clone


def write(one: Intruder, *, key: bytes | None = None, **given: Any) -> UUID:
    """Write an entry past the guards, of a chain of its own, queued; with a MAC under ``key`` or the application's."""
    values = ledger.columns(**given)
    if key is not None:
        values["body"] = bodies.encode(bodies.decode(values["body"]), key)
        values["leaf"] = bodies.leaf_hash(values["body"])
    names = ", ".join(values)
    with one.unguarded("event"):
        one.database.execute(
            f"INSERT INTO audit.event ({names}) VALUES ({', '.join(['%s'] * len(values))})",
            [Jsonb(value) if isinstance(value, dict) else value for value in values.values()],
        )
    one.database.execute(
        "INSERT INTO audit.pending (id, at, leaf) VALUES (%s, %s, %s)", (values["id"], values["at"], values["leaf"])
    )
    return UUID(str(values["id"]))


def _seal(one: Intruder) -> None:
    from audit.sealing import batches, telling

    # what the sealer says of it is asked in test_sealing.py; here it is to be found afterwards
    with one.database.transaction(), mock.patch.object(telling, "recorder", mock.Mock()):
        batches.seal_batch(one.database)


def insert_framing_entry(one: Intruder) -> Place:
    """Put in an entry that says a colleague did something, with everything right but the MAC."""
    return write(one, key=os.urandom(32), actor_id=17)


def insert_backdated_with_the_key(one: Intruder) -> Place:
    """Put in an entry of two weeks ago, authenticated with the stolen key, and let the sealer seal it."""
    one.database.execute("SELECT audit.make_months((now() - interval '14 days')::date, 1)")
    event = write(one, at=datetime.now(UTC) - timedelta(days=14), actor_id=17)
    _seal(one)
    (position,) = one.ask("SELECT idx FROM audit.leaf WHERE event_id = %s", (event,))[0]
    return int(position)


def delete(position: int | None, *, leaf: bool) -> Callable[[Intruder], Place]:
    """Delete a sealed entry; with its position's row, or without."""

    def way(one: Intruder) -> Place:
        at = one.size() - 1 if position is None else position
        event = one.at(at)
        one.do("DELETE FROM audit.event WHERE id = %s", (event,), table="event")
        if leaf:
            one.do("DELETE FROM audit.leaf WHERE event_id = %s", (event,), table="leaf")
        return at

    return way


def delete_and_close_the_gap(one: Intruder) -> Place:
    """Delete a sealed entry and move everything after it up, with a tree computed anew."""
    event = one.at(VICTIM)
    one.do("DELETE FROM audit.event WHERE id = %s", (event,), table="event")
    one.do("DELETE FROM audit.leaf WHERE event_id = %s", (event,), table="leaf")
    one.do("UPDATE audit.leaf SET idx = idx - 1 WHERE idx > %s", (VICTIM,), table="leaf")
    with one.unguarded():
        one.database.execute("UPDATE audit.checkpoint SET size = size - 1 WHERE size > %s", (VICTIM,))
    rebuild(one)
    return "書込み系列"


def delete_waiting(which: int, *tables: str) -> Callable[[Intruder], Place]:
    """Delete an entry that has no position yet: the entry, its row in the queue, or both."""

    def way(one: Intruder) -> Place:
        event = one.waiting()[which]
        leaf = one.ask("SELECT leaf FROM audit.event WHERE id = %s", (event,))[0][0]
        for table in tables:
            one.do(f"DELETE FROM audit.{table} WHERE id = %s", (event,), table=table)
        del leaf
        return event if len(tables) == 1 else "書込み系列"

    return way


def delete_newest_waiting(one: Intruder) -> Place:
    """Delete the very last entries of a writer, which nothing follows."""
    for event in one.waiting():
        for table in ("event", "pending"):
            one.do(f"DELETE FROM audit.{table} WHERE id = %s", (event,), table=table)
    return "証人"


def _month(one: Intruder, which: int) -> str:
    """Return the suffix of a month that has entries."""
    return str(
        one.ask("SELECT DISTINCT to_char(event_at AT TIME ZONE 'Asia/Tokyo', 'YYYY_MM') FROM audit.leaf ORDER BY 1")[
            which
        ][0]
    )


def drop_partition(one: Intruder) -> Place:
    """Drop a month of entries."""
    month = _month(one, 0)
    one.database.execute(f"DROP TABLE audit.event_{month}")
    return month.replace("_", "-")


def drop_both_partitions(one: Intruder) -> Place:
    """Drop a month of entries with their positions."""
    month = _month(one, 0)
    one.database.execute(f"DROP TABLE audit.event_{month}")
    one.database.execute(f"DROP TABLE audit.leaf_{month}")
    return 0


def detach_partition(one: Intruder) -> Place:
    """Take a month out of the record, leaving the table."""
    month = _month(one, 1)
    one.database.execute(f"ALTER TABLE audit.event DETACH PARTITION audit.event_{month}")
    return month.replace("_", "-")


def truncate_tail(one: Intruder) -> Place:
    """Cut off what was sealed last: positions, checkpoints and notes, and put the entries nowhere."""
    size = one.ask("SELECT size FROM audit.checkpoint ORDER BY size DESC OFFSET 1 LIMIT 1")[0][0]
    with one.unguarded():
        one.database.execute("DELETE FROM audit.leaf WHERE idx >= %s", (size,))
        one.database.execute("DELETE FROM audit.checkpoint WHERE size > %s", (size,))
        one.database.execute("DELETE FROM audit.note WHERE size > %s", (size,))
    return "署名した"


def renumber_chain(one: Intruder) -> Place:
    """Delete a waiting entry and renumber those that follow it in its chain, with the stolen key."""
    key = keyfiles.read("ledger-mac")
    waiting = one.waiting()
    gone, following = waiting[2], waiting[3:]
    for table in ("event", "pending"):
        one.do(f"DELETE FROM audit.{table} WHERE id = %s", (gone,), table=table)
    for event in following:
        body = one.body_of(event)
        whole = bodies.encode(dataclasses.replace(body, writer_n=body.writer_n - 1), key)
        one.write_body(event, whole)
        one.database.execute("UPDATE audit.pending SET leaf = %s WHERE id = %s", (bodies.leaf_hash(whole), event))
    return following[0]


def other_key(one: Intruder) -> Place:
    """Register another key for the name and sign everything anew with it."""
    (name,) = one.ask("SELECT origin FROM audit.origin")[0]
    seed = os.urandom(32)
    one.do("UPDATE audit.origin SET vkey = %s", (str(notes.SigningKey(name, seed).verifier),), table="origin")
    rebuild(one, seed=seed)
    return "保管先 1"


def disable(table: str, trigger: str) -> Callable[[Intruder], Place]:
    """Put a guard to sleep."""

    def way(one: Intruder) -> Place:
        one.database.execute(f"ALTER TABLE audit.{table} DISABLE TRIGGER {trigger}")
        return trigger

    return way


def disable_on_a_partition(one: Intruder) -> Place:
    """Put a guard to sleep on one month alone."""
    month = _month(one, 1)
    one.database.execute(f"ALTER TABLE audit.event_{month} DISABLE TRIGGER event_is_never_changed")
    return f"event_{month}"


def remember(one: Intruder) -> UUID:
    """Seal an entry of a kind that guards look back on, with the stolen key, and return its id."""
    event = write(one, action="benefits.deletion.approved", subject_id="a list")
    _seal(one)
    return event


def forget(one: Intruder) -> Place:
    """Take what guards look back on away from them; the entry stays."""
    event = remember(one)
    one.do("DELETE FROM audit.remembered WHERE id = %s", (event,), table="remembered")
    return event


def remember_otherwise(one: Intruder) -> Place:
    """Let guards find an approval of another list."""
    event = remember(one)
    one.do("UPDATE audit.remembered SET subject_id = 'another' WHERE id = %s", (event,), table="remembered")
    return event


def remember_what_never_was(one: Intruder, at: str = "at") -> Place:
    """Let guards find an approval that nobody gave."""
    event = uuid.uuid4()
    one.do(
        f"INSERT INTO audit.remembered SELECT %s, {at}, 'benefits.deletion.approved', 'DONE', actor_id, 'list',"
        " 'a list', NULL, '', '{}', xid FROM audit.event WHERE id = %s",
        (event, one.at(VICTIM)),
        table="remembered",
    )
    return event


def drop_guard(one: Intruder) -> Place:
    """Remove a guard."""
    one.database.execute("DROP TRIGGER leaf_is_never_changed ON audit.leaf")
    return "leaf_is_never_changed"


def drop_check(one: Intruder) -> Place:
    """Let a position hold something else than a hash."""
    one.database.execute("ALTER TABLE audit.leaf DROP CONSTRAINT leaf_is_a_hash")
    return "leaf_is_a_hash"


def add_rule(one: Intruder) -> Place:
    """Let the queue swallow what is written."""
    one.database.execute("CREATE RULE swallow AS ON INSERT TO audit.pending DO INSTEAD NOTHING")
    return "pending"


def hide_rows(one: Intruder) -> Place:
    """Hide an entry from everybody but the superuser."""
    month = _month(one, 1)
    one.database.execute("ALTER TABLE audit.event ENABLE ROW LEVEL SECURITY")
    one.database.execute(f"CREATE POLICY hidden ON audit.event FOR SELECT USING (id <> '{one.at(VICTIM)}')")
    del month
    return VICTIM


def change_tally(table: str) -> Callable[[Intruder], Place]:
    """Change what the charts are drawn from."""

    def way(one: Intruder) -> Place:
        (day,) = one.ask(f"SELECT max(day)::text FROM audit.{table}")[0]
        one.database.execute(f"UPDATE audit.{table} SET n = n - 1 WHERE day = %s", (day,))
        return str(day)

    return way


def use_ticket(one: Intruder) -> Place:
    """Open the vault with an entry that is not there any more."""
    event = uuid.uuid4()
    one.database.execute("ALTER TABLE vault.ticket_use DISABLE TRIGGER USER")
    one.database.execute("INSERT INTO vault.ticket_use (event_id, actor_id) VALUES (%s, 17)", (event,))
    one.database.execute("ALTER TABLE vault.ticket_use ENABLE ALWAYS TRIGGER number_of_a_protected_person_is_released")
    return event


def queue_again(one: Intruder) -> Place:
    """Queue a sealed entry a second time."""
    one.database.execute("INSERT INTO audit.pending SELECT id, at, leaf FROM audit.event WHERE id = %s", (one.at(9),))
    return one.at(9)


def second_position(one: Intruder) -> Place:
    """Give a position twice."""
    one.do("UPDATE audit.leaf SET idx = %s WHERE idx = %s", (VICTIM, VICTIM + 1), table="leaf")
    return VICTIM


def position_beyond(one: Intruder) -> Place:
    """Give an entry that waits a position past the sealer."""
    event = one.waiting()[0]
    one.do(
        "INSERT INTO audit.leaf SELECT %s, id, at, leaf, xid, '{}' FROM audit.event WHERE id = %s",
        (one.size(), event),
        table="leaf",
    )
    return one.size()


def position_below(one: Intruder) -> Place:
    """Add an entry below the first position, where no walk comes, with everything else in order."""
    one.database.execute("ALTER TABLE audit.leaf DROP CONSTRAINT leaf_position_counts_from_zero")
    event = _past_the_queue(one)
    one.do(
        "INSERT INTO audit.leaf SELECT -1, id, at, leaf, xid, '{}' FROM audit.event WHERE id = %s",
        (event,),
        table="leaf",
    )
    with_its_tallies(one, event)
    return event


def position_below_with_its_check(one: Intruder) -> Place:
    """The same, and the check put back as one that says nothing."""
    position_below(one)
    one.database.execute("ALTER TABLE audit.leaf ADD CONSTRAINT leaf_position_counts_from_zero CHECK (idx >= -1)")
    return "leaf_position_counts_from_zero"


def _past_the_queue(one: Intruder, at: datetime | None = None) -> UUID:
    """Write an entry that nothing waits for."""
    event = write(one, at=at or datetime.now(UTC), actor_id=17)
    one.do("DELETE FROM audit.pending WHERE id = %s", (event,), table="pending")
    return event


def with_its_tallies(one: Intruder, event: UUID) -> None:
    """Count an entry where the charts are drawn from."""
    for table, columns, selected in (
        (
            "tally_hour",
            "day, hour, section, action",
            "extract(hour FROM at AT TIME ZONE 'Asia/Tokyo'), actor_section, action",
        ),
        ("tally_actor", "day, actor_id, action", "actor_id, action"),
    ):
        one.database.execute(
            f"INSERT INTO audit.{table} AS t SELECT (at AT TIME ZONE 'Asia/Tokyo')::date, {selected}, 1"
            f" FROM audit.event WHERE id = %s ON CONFLICT ({columns}) DO UPDATE SET n = t.n + 1",
            (event,),
        )


def move_months_names(one: Intruder) -> Place:
    """Let two months of positions change their names, so that a search looks in the wrong one."""
    first, second = _month(one, 0), _month(one, 1)
    for old, new in ((first, "aside"), (second, first), ("aside", second)):
        one.database.execute(f"ALTER TABLE audit.leaf_{old} RENAME TO leaf_{new}")
    return f"leaf_{first}"


def hide_in_a_far_month(one: Intruder) -> Place:
    """Keep entries where no month's name leads: in a table of another time, past the queue."""
    one.database.execute(
        "CREATE TABLE audit.event_2019_01 PARTITION OF audit.event"
        " FOR VALUES FROM ('2001-01-01 00:00+09') TO ('2001-02-01 00:00+09')"
    )
    return _past_the_queue(one, datetime(2001, 1, 5, tzinfo=UTC))


def add_default_partition(one: Intruder) -> Place:
    """Let the record take what is of no month."""
    one.database.execute("CREATE TABLE audit.event_default PARTITION OF audit.event DEFAULT")
    return "event_default"


def replace_function(signature: str, body: str) -> Callable[[Intruder], Place]:
    """Let a guard's function do something else, or nothing."""

    def way(one: Intruder) -> Place:
        (text,) = one.ask("SELECT pg_get_functiondef(%s::regprocedure)", (signature,))[0]
        head = text[: text.index("AS $function$")]
        one.database.execute(f"{head} AS $function${body}$function$")
        return signature.split("(", maxsplit=1)[0]

    return way


def skip_in_search(one: Intruder) -> Place:
    """Let searches pass over one position."""
    (text,) = one.ask("SELECT pg_get_functiondef(p.oid) FROM pg_proc p WHERE proname = 'search' AND prosecdef")[0]
    one.database.execute(text.replace("FROM %s l WHERE %s%s", "FROM %s l WHERE l.idx <> 304 AND %s%s"))
    return "audit.search"


def let_anybody_find_another_function(one: Intruder) -> Place:
    """Let a guard look for what it calls in a schema of the intruder's."""
    one.database.execute("ALTER FUNCTION audit.event_is_queued() SET search_path = public, pg_catalog")
    return "audit.event_is_queued()"


def guard_only_some(one: Intruder) -> Place:
    """Put a guard back that looks like the old one and minds only some rows."""
    one.database.execute("DROP TRIGGER leaf_is_never_changed ON audit.leaf")
    one.database.execute(
        "CREATE TRIGGER leaf_is_never_changed BEFORE UPDATE OR DELETE ON audit.leaf FOR EACH ROW"
        " WHEN (OLD.idx < 0) EXECUTE FUNCTION audit.event_refuses_change()"
    )
    one.database.execute("ALTER TABLE audit.leaf ENABLE ALWAYS TRIGGER leaf_is_never_changed")
    return "leaf_is_never_changed"


def add_swallowing_guard(one: Intruder) -> Place:
    """Add a guard that swallows what somebody writes."""
    one.database.execute(
        "CREATE FUNCTION public.swallow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'"
    )
    one.database.execute(
        "CREATE TRIGGER a_first BEFORE INSERT ON audit.event FOR EACH ROW WHEN (NEW.actor_id = 17)"
        " EXECUTE FUNCTION public.swallow()"
    )
    one.database.execute("ALTER TABLE audit.event ENABLE ALWAYS TRIGGER a_first")
    return "a_first"


def drop_guard_of_a_month(one: Intruder) -> Place:
    """Take a guard from one month alone."""
    month = _month(one, 1)
    one.database.execute(f"DROP TRIGGER event_is_never_truncated ON audit.event_{month}")
    return f"event_{month}"


def drop_trigger(table: str, name: str) -> Callable[[Intruder], Place]:
    """Take a guard away."""

    def way(one: Intruder) -> Place:
        one.database.execute(f"DROP TRIGGER {name} ON audit.{table}")
        return name

    return way


def drop_constraint(table: str, name: str) -> Callable[[Intruder], Place]:
    """Take a check away."""

    def way(one: Intruder) -> Place:
        one.database.execute(f"ALTER TABLE audit.{table} DROP CONSTRAINT {name}")
        return f"audit.{table}"

    return way


def let_columns_be_empty(one: Intruder) -> Place:
    """Let a position be none."""
    one.database.execute("ALTER TABLE audit.leaf ALTER idx DROP NOT NULL")
    return "audit.leaf"


def mix_in_another_table(one: Intruder) -> Place:
    """Let rows of another table be read as notes."""
    one.database.execute("CREATE TABLE public.more_notes () INHERITS (audit.note)")
    return "more_notes"


def stumbling_block(assignment: str) -> Callable[[Intruder], Place]:
    """Write values into an entry that whoever reads them stumbles over."""

    def way(one: Intruder) -> Place:
        one.do(f"UPDATE audit.event SET {assignment} WHERE id = %s", (one.at(VICTIM),), table="event")
        return VICTIM

    return way


def same_id_twice(one: Intruder) -> Place:
    """Seal an entry under the id of another one, with the stolen key."""
    event = write(one, id=one.at(VICTIM))
    _seal(one)
    return event


def prune_more_than_the_month(one: Intruder) -> Place:
    """Say that a month was let go, and take entries of another month with it."""
    one.database.execute("SELECT audit.make_months((now() - interval '120 days')::date, 1)")
    gone = datetime.now(UTC) - timedelta(days=120)
    details = {"month": f"{gone + timedelta(hours=9):%Y-%m}", "first": 300, "last": 340, "count": 2}
    write(one, action="audit.month.pruned", details=details)
    for position in (300, 340):
        event = one.at(position)
        one.do("DELETE FROM audit.event WHERE id = %s", (event,), table="event")
        one.do("DELETE FROM audit.leaf WHERE event_id = %s", (event,), table="leaf")
    return str(details["month"])


def forget_notes(one: Intruder) -> Place:
    """Delete every signature."""
    one.do("DELETE FROM audit.note", table="note")
    return "なくなっています"


Way = tuple[str, Callable[[Intruder], Place], set[str]]

WAYS: list[Way] = [
    *(
        (f"the column {name} changed", change_column(name), kinds)
        for name, kinds in (
            ("id", {"event_missing"}),
            ("at", {"event_missing"}),
            *((name, {"columns_differ"}) for name in OTHERWISE if name not in {"id", "at", "body", "leaf", "xid"}),
            ("body", {"body_differs"}),
            ("leaf", {"leaf_differs"}),
            ("xid", {"xid_differs"}),
        )
    ),
    *(
        (f"the column {name} emptied", empty_column(name), {"columns_differ"})
        for name in ("actor_id", "person_id", "sealed_reason", "details", "client", "request_id")
    ),
    ("a sealed reason changed by a byte", change_reason_beyond_its_hash, {"columns_differ"}),
    ("a body with its leaf", body_with_its_leaf, {"not_authentic"}),
    ("a body with its leaf, seen in the tree", body_with_its_leaf, {"body_differs"}),
    ("a body with its leaf everywhere", body_with_its_leaf_everywhere, {"not_authentic"}),
    ("the whole tree without keys", rebuilt_without_keys, {"not_authentic"}),
    ("leaf.hash changed", change_table("leaf", "hash = sha256('x')", f"idx = {VICTIM}", VICTIM), {"leaf_row_differs"}),
    ("leaf.idx changed", change_table("leaf", "idx = 100000", f"idx = {VICTIM}", VICTIM), {"position_missing"}),
    (
        "leaf.facets changed",
        change_table("leaf", "facets = facets[2:]", f"idx = {VICTIM}", VICTIM),
        {"marks_differ"},
    ),
    (
        "leaf.facets emptied",
        change_table("leaf", "facets = '{}'", f"idx = {VICTIM}", VICTIM),
        {"marks_differ"},
    ),
    ("leaf.xid changed", change_table("leaf", "xid = '5'", f"idx = {VICTIM}", VICTIM), {"xid_differs"}),
    (
        "leaf.event_id changed",
        change_table("leaf", "event_id = gen_random_uuid()", f"idx = {VICTIM}", VICTIM),
        {"event_missing"},
    ),
    (
        "leaf.event_at changed",
        change_table("leaf", "event_at = event_at + interval '1 second'", f"idx = {VICTIM}", VICTIM),
        {"event_missing"},
    ),
    (
        "a leaf in a full tile of level 0",
        change_table("tile", "hashes = set_byte(hashes, 320, get_byte(hashes, 320) # 1)", "level = 0 AND n = 1", 266),
        {"tile_differs"},
    ),
    (
        "a leaf in the growing tile of level 0",
        change_table("tile", "hashes = set_byte(hashes, 0, get_byte(hashes, 0) # 1)", "level = 0 AND n = 2", 512),
        {"tile_differs"},
    ),
    (
        "a hash in a tile of level 1",
        change_table("tile", "hashes = set_byte(hashes, 40, get_byte(hashes, 40) # 1)", "level = 1 AND n = 0", 256),
        {"tile_differs"},
    ),
    (
        "a tile cut short",
        change_table("tile", "hashes = substr(hashes, 1, 64)", "level = 0 AND n = 1", 258),
        {"tile_differs"},
    ),
    ("a checkpoint's root", change_table("checkpoint", "root = sha256('x')", "size = 264", 263), {"root_differs"}),
    ("a checkpoint's size", change_table("checkpoint", "size = 263", "size = 264", 262), {"root_differs"}),
    (
        "a note's text",
        change_table("note", "text = replace(text, E'\\n264\\n', E'\\n265\\n')", "size = 264", 263),
        {"note_unsigned"},
    ),
    (
        "a note's signature",
        change_table(
            "note",
            "text = overlay(text PLACING CASE substr(text, length(text) - 9, 1)"
            " WHEN 'A' THEN 'B' ELSE 'A' END FROM length(text) - 9 FOR 1)",
            "size = 264",
            263,
        ),
        {"note_unsigned"},
    ),
    ("a note of another size", change_table("note", "size = 300", "size = 264", 299), {"note_differs"}),
    (
        "a note of another name",
        change_table("note", "origin = 'kyufu/other'", "size = 264", 263),
        {"note_unsigned"},
    ),
    ("another signing key", other_key, {"anchor_differs"}),
    ("two bodies swapped", swap_bodies, {"columns_differ"}),
    ("two positions swapped", swap_positions, {"tile_differs"}),
    ("a row cloned", clone_row, {"unqueued"}),
    ("a row cloned and queued", clone_row_queued, {"columns_differ"}),
    ("an entry that frames somebody", insert_framing_entry, {"not_authentic"}),
    ("an entry back-dated with the stolen key", insert_backdated_with_the_key, {"inserted_late"}),
    ("the first entry deleted", delete(0, leaf=False), {"event_missing"}),
    ("the first entry deleted with its position", delete(0, leaf=True), {"position_missing"}),
    ("an entry in the middle deleted", delete(VICTIM, leaf=False), {"event_missing"}),
    ("an entry in the middle deleted with its position", delete(VICTIM, leaf=True), {"position_missing"}),
    ("the last sealed entry deleted", delete(None, leaf=False), {"event_missing"}),
    ("the last sealed entry deleted with its position", delete(None, leaf=True), {"position_missing"}),
    ("an entry deleted and the gap closed", delete_and_close_the_gap, {"chain_broken"}),
    ("a waiting entry deleted", delete_waiting(3, "event"), {"event_missing"}),
    ("a waiting entry taken out of the queue", delete_waiting(3, "pending"), {"unqueued"}),
    ("a waiting entry deleted with its row in the queue", delete_waiting(3, "event", "pending"), {"chain_broken"}),
    ("the same, seen by the witness", delete_waiting(3, "event", "pending"), {"witnessed_gone"}),
    ("everything that waits deleted", delete_newest_waiting, {"witnessed_gone"}),
    ("a chain renumbered with the stolen key", renumber_chain, {"chain_broken"}),
    ("a month dropped", drop_partition, {"month_missing"}),
    ("a month dropped with its positions", drop_both_partitions, {"position_missing"}),
    ("a month detached", detach_partition, {"month_missing"}),
    ("the tail cut off", truncate_tail, {"anchor_differs"}),
    ("a backup restored", restore_backup, {"anchor_differs"}),
    ("a backup restored, seen by the signer", restore_backup, {"last_signed_differs"}),
    ("everything rewritten with both stolen keys", rewrite_everything, {"anchor_differs"}),
    ("everything rewritten, seen by the signer", rewrite_everything, {"last_signed_differs"}),
    ("everything rewritten, seen by the witness", rewrite_everything, {"witnessed_gone"}),
    ("a tally by the hour", change_tally("tally_hour"), {"tally_differs"}),
    ("a tally by the actor", change_tally("tally_actor"), {"tally_differs"}),
    ("a guard asleep", disable("event", "event_is_never_changed"), {"guard_asleep"}),
    ("the guard of the queue asleep", disable("event", "event_is_queued"), {"guard_asleep"}),
    ("a guard asleep on one month", disable_on_a_partition, {"guard_asleep"}),
    ("a guard removed", drop_guard, {"guard_missing"}),
    ("a check removed", drop_check, {"guard_missing"}),
    ("a rule that swallows", add_rule, {"guard_bypassed"}),
    ("a row hidden", hide_rows, {"event_missing"}),
    ("what guards look back on, forgotten", forget, {"remembered_differs"}),
    ("what guards look back on, said of somebody else", remember_otherwise, {"remembered_differs"}),
    ("what guards look back on, made up", remember_what_never_was, {"remembered_differs"}),
    (
        "what guards look back on, made up where no month is",
        lambda one: remember_what_never_was(one, "timestamptz '-infinity'"),
        {"remembered_differs"},
    ),
    ("a ticket without its entry", use_ticket, {"entry_missing"}),
    ("a sealed entry queued again", queue_again, {"queued_twice"}),
    ("a position given twice", second_position, {"position_twice"}),
    ("a position past the sealer", position_beyond, {"position_beyond"}),
    ("a position below the first", position_below, {"position_beyond"}),
    ("a position below the first, its check gone", position_below_with_its_check, {"guard_changed"}),
    ("two months' names changed", move_months_names, {"month_differs"}),
    ("an entry in a month of another name", hide_in_a_far_month, {"unqueued"}),
    ("a table for what is of no month", add_default_partition, {"month_differs"}),
    (
        "a guard that does nothing",
        replace_function("audit.event_refuses_change()", "BEGIN RETURN coalesce(NEW, OLD); END"),
        {"guard_changed"},
    ),
    (
        "a queue that takes nothing",
        replace_function("audit.event_is_queued()", "BEGIN RETURN NEW; END"),
        {"guard_changed"},
    ),
    ("a search that passes over an entry", skip_in_search, {"guard_changed"}),
    (
        "a guard of another schema that believes everybody",
        replace_function("public.accounts_event_actor_is_real()", "BEGIN RETURN NULL; END"),
        {"guard_changed"},
    ),
    (
        "what asks for tickets without an entry",
        replace_function("vault.tickets_used_without_entry()", "SELECT NULL::uuid, NULL::timestamptz WHERE false"),
        {"guard_changed"},
    ),
    ("a guard with another search path", let_anybody_find_another_function, {"guard_changed"}),
    ("a guard for some rows only", guard_only_some, {"guard_changed"}),
    ("a guard that swallows", add_swallowing_guard, {"guard_bypassed"}),
    ("a guard of one month removed", drop_guard_of_a_month, {"guard_missing"}),
    (
        "the guard of verifications removed",
        drop_trigger("verification", "verification_is_never_removed"),
        {"guard_missing"},
    ),
    ("the guard of prunes removed", drop_trigger("pruning", "pruning_is_on_record"), {"guard_missing"}),
    ("the guard of hits asleep", disable("hit", "hit_is_never_removed"), {"guard_asleep"}),
    ("a check of the tree removed", drop_constraint("tile", "tile_holds_hashes"), {"guard_missing"}),
    ("a key removed", drop_constraint("checkpoint", "checkpoint_pkey"), {"guard_missing"}),
    ("a position that may be none", let_columns_be_empty, {"guard_changed"}),
    ("rows of another table among the notes", mix_in_another_table, {"guard_bypassed"}),
    (
        "details too long for a body",
        stumbling_block("details = jsonb_build_object('fields', repeat('あ', 30000))"),
        {"columns_differ"},
    ),
    (
        "details nested too deeply",
        stumbling_block("details = (repeat('[', 3000) || repeat(']', 3000))::jsonb"),
        {"columns_differ"},
    ),
    ("a body too long", stumbling_block("body = decode(repeat('00', 70000), 'hex')"), {"body_malformed"}),
    ("a body of nothing", stumbling_block("body = ''"), {"body_malformed"}),
    ("an address that is a network", stumbling_block("client = '10.0.0.0/8'"), {"columns_differ"}),
    ("an id used twice", same_id_twice, {"id_twice"}),
    ("an id of another time", same_id_twice, {"id_differs"}),
    ("a prune that took more than its month", prune_more_than_the_month, {"pruned_differs"}),
    ("every signature deleted, seen by the anchors", forget_notes, {"anchor_differs"}),
]
