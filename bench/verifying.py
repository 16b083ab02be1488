"""How fast the whole ledger is verified, beside reading the same bodies with COPY and hashing them, and no more."""

import hashlib
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from bench import ground, sealing
from bench.figures import Figure, LeftOut, Outcome, Scale

if TYPE_CHECKING:
    import psycopg

COPY = "COPY (SELECT body FROM audit.event) TO STDOUT (FORMAT binary)"


def figures(scale: Scale) -> Iterator[Outcome]:
    """Fill the ledger up to what is verified, then verify it and hash it in turn."""
    from audit.sealing.batches import last_checkpoint, seal_batch
    from audit.verifying.checking import verify

    office = ground.office()
    with office.as_sealer() as sealer:
        while seal_batch(sealer):
            pass
        sealing.write(scale.verified - last_checkpoint(sealer)[0])
        while seal_batch(sealer):
            pass
    own, bare = [], []
    with office.as_owner() as owner:
        owner.execute("VACUUM ANALYZE audit.event, audit.leaf")
        for _run in range(scale.runs):
            began = time.perf_counter()
            verdict = verify(owner)
            own.append(verdict.events / (time.perf_counter() - began))
            began = time.perf_counter()
            bare.append(_hash_alone(owner) / (time.perf_counter() - began))
    yield Figure(
        name="verifying.rate",
        what=f"entries verified in a second, of {verdict.events:,}: body, columns, leaf, tiles, signatures, chain",
        unit="/s",
        samples=own,
        peer="COPY + SHA-256",
        peer_samples=bare,
    )
    if not verdict.is_good:
        found = sorted({fault.kind for fault in verdict.faults})
        yield LeftOut("verifying.verdict", f"{verdict.fault_count} faults in a ledger that nobody touched: {found}")


def _hash_alone(owner: "psycopg.Connection[Any]") -> int:
    """Read every body and hash it as a leaf; return how many there were."""
    count = 0
    with owner.cursor() as cursor, cursor.copy(COPY) as copy:
        copy.set_types(["bytea"])
        for (body,) in copy.rows():
            hashlib.sha256(b"\0" + body).digest()
            count += 1
    return count
