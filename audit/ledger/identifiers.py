"""Ids of entries: UUIDs of version 7 (RFC 9562, 5.7), which begin with the time, so that new ones lie together."""

import os
from datetime import datetime
from uuid import UUID

from audit.ledger.body import microseconds


def of_moment(at: datetime) -> UUID:
    """Return a new id for an entry of ``at``: milliseconds, then what is left of them, then 62 random bits."""
    whole, rest = divmod(microseconds(at), 1_000)
    fraction = rest * 4_096 // 1_000
    random = int.from_bytes(os.urandom(8), "big") >> 2
    return UUID(int=(whole << 80) | (7 << 76) | (fraction << 64) | (2 << 62) | random)
