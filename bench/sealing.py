"""How soon an entry has its place in the tree while others are being written, and how many a second get one."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from bench import ground, writing
from bench.figures import Figure, Outcome, Scale, at_least, at_most, percentile

#: A busy hundred times what an office of 200 writes in its working hours.
PACE = 200
#: How long an entry may wait, at the 99th percentile.
MOST_SECONDS = 2.0
#: An office's day of 20,000 entries within twenty seconds.
FEWEST_PER_SECOND = 1_000
BACKLOG = 2_048
PACED_THREADS = 4

WAITED = """
    SELECT extract(epoch FROM first.sealed_at - l.event_at)::float8
    FROM audit.leaf l CROSS JOIN LATERAL (
        SELECT c.sealed_at FROM audit.checkpoint c WHERE c.size > l.idx ORDER BY c.size LIMIT 1
    ) first
    WHERE l.event_at >= %s AND l.event_at < %s
"""


def figures(scale: Scale) -> Iterator[Outcome]:
    """Measure the sealer by itself, then beside writers."""
    office = ground.office()
    yield backlog(office, scale)
    with _sealing(office):
        _wait_until_sealed(office)
        yield _lag(office, scale, pace=PACE)
        yield _lag(office, scale, pace=None)
        _wait_until_sealed(office)


def backlog(office: ground.Office, scale: Scale) -> Figure:
    """Seal what waits in whole batches, with nobody else there."""
    from audit.sealing import batches as sealing

    samples = []
    with office.as_sealer() as sealer:
        while sealing.seal_batch(sealer):
            pass
        for _run in range(scale.runs):
            write(BACKLOG)
            began = time.perf_counter()
            taken = sealing.seal_batch(sealer)
            samples.append(taken / (time.perf_counter() - began))
    return Figure(
        name="sealing.rate",
        what=f"entries read again, checked and sealed in a batch of {BACKLOG:,}",
        unit="/s",
        samples=samples,
        goal=at_least(FEWEST_PER_SECOND),
    )


def _lag(office: ground.Office, scale: Scale, *, pace: int | None) -> Figure:
    """Write at a pace, or as fast as one thread can, and ask how long each entry waited."""
    seconds = max(1.0, scale.seconds * 2)
    samples, written = [], 0
    with office.as_owner() as owner:
        for _run in range(scale.runs):
            (since,) = owner.execute("SELECT clock_timestamp()").fetchone() or (None,)
            written += _write_paced(pace, seconds) if pace else _write_flat_out(seconds)
            (until,) = owner.execute("SELECT clock_timestamp()").fetchone() or (None,)
            _wait_until_sealed(office)
            waited = [row[0] for row in owner.execute(WAITED, [since, until]).fetchall()]
            samples.append(percentile(waited, 0.99))
    load = written / (scale.runs * seconds)
    return Figure(
        name="sealing.lag_p99" + ("" if pace else ".flat_out"),
        what="the 99th percentile of the time from an entry's own moment to its checkpoint, "
        + (f"at {load:.0f} entries a second" if pace else f"one thread writing as fast as it can ({load:.0f}/s)"),
        unit="s",
        samples=samples,
        goal=at_most(MOST_SECONDS),
    )


def write(count: int) -> None:
    """Write ``count`` entries as fast as the journal takes them."""
    from audit import journal
    from benefits import events

    entries = [
        journal.Entry(
            action=events.APPLICATION_VIEWED,
            by=writing.staff()[number % writing.STAFF],
            purpose="CASE",
            explanation="E1",
        )
        for number in range(journal.MOST_AT_ONCE)
    ]
    while count > 0:
        journal.record_all(entries[:count])
        count -= len(entries)


def _write_paced(pace: int, seconds: float) -> int:
    from django.db import connection

    def work(thread: int) -> int:
        for number in range(share):
            writing.record(number * PACED_THREADS + thread)
            due = began + (number + 1) * PACED_THREADS / pace
            time.sleep(max(0.0, due - time.perf_counter()))
        connection.close()
        return share

    share, began = int(pace * seconds / PACED_THREADS), time.perf_counter()
    with ThreadPoolExecutor(PACED_THREADS) as threads:
        return sum(threads.map(work, range(PACED_THREADS)))


def _write_flat_out(seconds: float) -> int:
    ends, count = time.perf_counter() + seconds, 0
    while time.perf_counter() < ends:
        writing.record(count)
        count += 1
    return count


@contextmanager
def _sealing(office: ground.Office) -> Iterator[None]:
    """Let the product's sealer run, as ``manage.py start`` runs it."""
    with subprocess.Popen(
        [sys.executable, "manage.py", "seal"], env=os.environ, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    ) as process:
        try:
            yield
        finally:
            process.terminate()


def _wait_until_sealed(office: ground.Office) -> None:
    with office.as_owner() as owner:
        ends = time.monotonic() + 120
        while (owner.execute("SELECT count(*) FROM audit.pending").fetchone() or (0,))[0]:
            if time.monotonic() > ends:
                raise TimeoutError("the sealer does not seal")
            time.sleep(0.1)
