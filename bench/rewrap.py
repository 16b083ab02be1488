"""How long it takes to wrap the data keys of a whole prefecture under a new key, while nobody else works.

    .venv/bin/python -m bench.rewrap [numbers, 54,000 unless given]

Makes a throw-away office with a database of its own, seals made-up numbers in it, lets two keepers replace the key,
and does the worker's work in this process, batch by batch, with the durable commits of an office. The ratio tells what
of it is cryptography: the same number of wrappings in a bare loop, without a database. The promise is 60 seconds on
two cores for 54,000 with key files.
"""

import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from bench import ground
from bench.figures import Figure, Outcome, Scale, at_least

NUMBERS, QUICK_NUMBERS = 54_000, 2_000
MOST_SECONDS = 60
SEALED_AT_ONCE = 2_000


def main(count: int) -> None:
    """Open the office, measure, print, and leave nothing behind."""
    with ground.opened() as home:
        seal(home, count)
        took = rotate(count)
        bare = wrap_alone(count)
    sys.stdout.write(
        f"{count:,} data keys under a new key: {took:.1f} s ({count / took:,.0f} a second), at most {MOST_SECONDS} s\n"
        f"the cryptography alone: {bare:.1f} s, ratio {took / bare:.1f}\n"
    )


def figures(scale: Scale) -> Iterator[Outcome]:
    """Replace the key again and again; after each, the bare wrappings."""
    count = QUICK_NUMBERS if scale.is_quick else NUMBERS
    own, bare = [], []
    seal(ground.office().home, count)
    for _run in range(scale.runs):
        own.append(count / rotate(count))
        bare.append(count / wrap_alone(count))
    yield Figure(
        name="rewrap.rate",
        what=f"data keys that get a new key in a second, of {count:,}",
        unit="/s",
        samples=own,
        peer="cryptography alone",
        peer_samples=bare,
        goal=at_least(NUMBERS / MOST_SECONDS),
        note=f"{NUMBERS:,} within {MOST_SECONDS} seconds",
    )


def seal(home: Path, count: int) -> None:
    """Put sealed numbers into the tables beside the door, as whoever owns them."""
    import psycopg
    from psycopg import sql

    from config.office import databases
    from mynumber import crypto

    with closing(psycopg.connect(**databases.owner(home).as_psycopg())) as owner, owner.cursor() as cursor:
        (someone,) = cursor.execute("SELECT min(id) FROM accounts_user").fetchone() or (1,)
        cursor.execute("SELECT tgname FROM pg_trigger WHERE tgrelid = 'vault.number'::regclass AND NOT tgisinternal")
        guards = [sql.Identifier(name) for (name,) in cursor.fetchall()]
        cursor.execute("ALTER TABLE vault.number DISABLE TRIGGER USER")
        for first in range(0, count, SEALED_AT_ONCE):
            people = [uuid.uuid4() for _one in range(min(SEALED_AT_ONCE, count - first))]
            # what is sealed does not matter here: twelve characters that are no number
            seals = [crypto.seal("x" * 12, person=person, version=1, kek_id=1) for person in people]
            cursor.execute(
                "INSERT INTO vault.number (person, version, state, body, number_index, typed_by)"
                " SELECT t.person, 1, 'PROVISIONAL', t.body, sha256(uuid_send(t.person)), %s"
                " FROM unnest(%s::uuid[], %s::bytea[]) AS t (person, body)",
                [someone, people, [one.body for one in seals]],
            )
            cursor.execute(
                "INSERT INTO vault.wrapped_key (person, version, kek_id, wrapped)"
                " SELECT t.person, 1, 1, t.wrapped FROM unnest(%s::uuid[], %s::bytea[]) AS t (person, wrapped)",
                [people, [one.wrapped for one in seals]],
            )
        for guard in guards:
            cursor.execute(sql.SQL("ALTER TABLE vault.number ENABLE ALWAYS TRIGGER {}").format(guard))
        owner.commit()
        owner.autocommit = True
        cursor.execute("VACUUM ANALYZE vault.wrapped_key")


def rotate(count: int) -> float:
    """Let two keepers replace the key and return how many seconds the worker's part of it takes."""
    from accounts.models import User
    from accounts.roles import Role
    from mynumber import key_operations, rotation

    one, other = User.objects.filter(role_assignments__role=Role.RECORDS_KEEPER).order_by("pk")[:2]
    operation_id = rotation.propose_rotation(by=one, reason="計測")
    began = time.perf_counter()
    rotation.approve(operation_id, by=other)
    while rotation.work():
        pass
    took = time.perf_counter() - began
    done = key_operations.operation(operation_id)
    # the demo office has a few of its own
    if done is None or done.state is not key_operations.State.DONE or done.done < count:
        raise RuntimeError("not every data key was wrapped anew")
    return took


def wrap_alone(count: int) -> float:
    """Return how many seconds the same wrappings take without a database."""
    from mynumber import crypto

    person = uuid.uuid4()
    wrapped = crypto.seal("x" * 12, person=person, version=1, kek_id=1).wrapped
    began = time.perf_counter()
    for _one in range(count):
        crypto.rewrap(wrapped, person=person, version=1, old=1, new=2)
    return time.perf_counter() - began


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else NUMBERS)
