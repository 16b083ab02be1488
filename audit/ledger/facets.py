"""What the record is searched by: each entry has a few marks, and a search is a set of marks.

A mark is the first eight bytes of the SHA-256 of a text like ``actor:17``, as a signed integer: an array of them fits
one index for every combination of conditions. They say nothing that the entry does not say, and a verification
computes them anew from its body.
"""

import hashlib
from collections.abc import Iterable
from datetime import date, datetime
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_network
from uuid import UUID
from zoneinfo import ZoneInfo

from audit.ledger.body import Body

JAPAN = ZoneInfo("Asia/Tokyo")
#: How many leading bits of an address are marked: one terminal, its floor, its building.
NETWORKS = {4: (32, 24, 16), 6: (128, 64, 48)}


@lru_cache(maxsize=65_536)
def mark(kind: str, value: object) -> int:
    """Return the mark of ``value`` among its ``kind``."""
    return int.from_bytes(hashlib.sha256(f"{kind}:{value}".encode()).digest()[:8], "big", signed=True)


def of(body: Body) -> list[int]:
    """Return the marks of an entry, sorted, each once."""
    local = body.at.astimezone(JAPAN)
    found = {
        action(body.action),
        result(body.result),
        hour(local.hour),
        weekday(local.weekday()),
        day(local.date()),
        actor(body.actor_id),
        *(role(code) for code in body.actor_roles.split(",") if code),
    }
    texts = (
        ("section", body.actor_section),
        ("subject", body.subject_id),
        ("label", body.subject_label),
        ("purpose", body.purpose),
        ("explanation", body.explanation),
        ("session", body.session),
    )
    found.update(mark(kind, value) for kind, value in texts if value)
    if body.person_id:
        found.add(person(body.person_id))
    if body.request_id:
        found.add(mark("request", body.request_id))
    if body.client:
        found.update(_networks(body.client))
    return sorted(found)


def action(code: str) -> int:
    """Return the mark of an action."""
    return mark("action", code)


def result(code: str) -> int:
    """Return the mark of a result."""
    return mark("result", code)


def actor(actor_id: int | None) -> int:
    """Return the mark of a member of staff; None is whoever had not signed in, or the system itself."""
    return mark("actor", "" if actor_id is None else actor_id)


def role(code: str) -> int:
    """Return the mark of a role."""
    return mark("role", code)


def person(person_id: UUID) -> int:
    """Return the mark of a resident."""
    return mark("person", person_id)


def hour(number: int) -> int:
    """Return the mark of an hour of the day in Japan, 0 to 23."""
    return mark("hour", number)


def weekday(number: int) -> int:
    """Return the mark of a day of the week in Japan, Monday = 0."""
    return mark("weekday", number)


def day(on: date) -> int:
    """Return the mark of a day in Japan."""
    return mark("day", on.isoformat())


def network(text: str) -> list[int]:
    """Return the marks of which an address in the network ``text`` (10.1.2.0/24, 10.1.2.3) has one.

    Raises ``ValueError`` for what is no network, and for one wider than what can be spelled out (256 marks).
    """
    wanted = ip_network(text, strict=False)
    finer = [bits for bits in NETWORKS[wanted.version] if bits >= wanted.prefixlen]
    bits = min(finer)
    if bits - wanted.prefixlen > 8:  # 2 ** 8 marks
        raise ValueError("too wide")
    return [mark("net", one) for one in wanted.subnets(new_prefix=bits)]


def _networks(address: IPv4Address | IPv6Address) -> Iterable[int]:
    for bits in NETWORKS[address.version]:
        yield mark("net", ip_network((address, bits), strict=False))


def local_day(at: datetime) -> date:
    """Return the day in Japan on which ``at`` falls."""
    return at.astimezone(JAPAN).date()
