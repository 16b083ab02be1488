"""One row of the record against its body and its leaf, as the database hands them over in binary. No database.

A body repeats the columns in one fixed order, so a row whose columns, written out again, are the very bytes that
stand in its body says what the body says: nothing is taken apart. Only what differs is looked at closely.
"""

import hmac
import json
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from hashlib import sha256
from ipaddress import ip_address, ip_network
from typing import Any
from unicodedata import is_normalized
from uuid import UUID

from audit.ledger import facets
from audit.ledger.body import MOST_BYTES, Body, MalformedBodyError, canonical_details, decode

#: Columns as they are asked for: those of the leaf, then those of the entry in the order in which a body repeats them.
LEAF_COLUMNS = ("idx", "event_id", "event_at", "hash", "xid", "facets")
EVENT_COLUMNS = (
    "id", "at", "action", "result", "actor_id", "actor_roles", "actor_section", "subject_kind", "subject_id",
    "subject_label", "person_id", "purpose", "explanation", "sealed_reason", "details", "client", "session",
    "request_id", "body", "leaf", "xid",
)  # fmt: skip

Row = Sequence[bytes | None]

#: PostgreSQL counts from 2000, a body from 1970.
PG_EPOCH_MICROSECONDS = 946_684_800_000_000
_JAPAN_MICROSECONDS = 9 * 3_600_000_000
_HOUR = 3_600_000_000

_INTEGER = struct.Struct(">q")
_HEAD = struct.Struct(">BH").pack
_ID, _AT, _WRITER, _WRITER_N, _PREVIOUS = (_HEAD(1, 16), _HEAD(2, 8), _HEAD(3, 16), _HEAD(4, 8), _HEAD(5, 32))
_SEEN_SIZE, _SEEN_ROOT = _HEAD(8, 8), _HEAD(9, 8)
_ACTOR, _PERSON, _REASON, _REQUEST = _HEAD(22, 8), _HEAD(28, 16), _HEAD(31, 32), _HEAD(35, 16)
_SALT, _MAC = _HEAD(250, 16), _HEAD(255, 32)
_MOST_FIELD = 0xFFFF
_END = len(_SALT) + 16 + len(_MAC) + 32
_CHAIN_AT, _FIELDS_AT = 31, 96
_NO_DETAILS = b"\x01{}"
#: Of a ``bigint[]`` in binary: its first value, after what says how many there are; each has its length before it.
_FIRST_ELEMENT = 24


@dataclass(frozen=True, slots=True)
class Said:
    """What of a body a verification goes on with, under the names of ``body.Body``; the id and the time are raw."""

    id: bytes
    at: int
    writer: UUID
    writer_n: int
    previous: bytes
    uncertain_writer: UUID | None
    uncertain_n: int | None
    seen_size: int | None
    seen_root: bytes | None


class NotAlikeError(Exception):
    """The columns, written out, are not what stands in the body; or the body is in no canonical form."""


def moment(value: bytes) -> int:
    """Return a ``timestamptz`` in microseconds since 1970."""
    (since_2000,) = _INTEGER.unpack(value)
    return int(since_2000) + PG_EPOCH_MICROSECONDS


def number(value: bytes) -> int:
    """Return a ``bigint``."""
    return int(_INTEGER.unpack(value)[0])


def leaf_of(body: bytes) -> bytes:
    """Return the leaf hash of a body."""
    return sha256(b"\x00" + body).digest()


def is_authentic(body: bytes, key: bytes) -> bool:
    """Say whether the last field is the MAC of everything before it."""
    return hmac.digest(key, body[:-35], "sha256") == body[-32:]


def said_alike(event: Row) -> Said:
    """Return what the body of a row says, once it is sure that the columns say the same.

    ``event`` has the values of :data:`EVENT_COLUMNS`. Raises :class:`NotAlikeError` where that cannot be seen at once.
    """
    (
        event_id, at, action, result, actor_id, roles, section, kind, subject, label, person, purpose, explanation,
        sealed_reason, details, client, session, request, body,
    ) = event[:19]  # fmt: skip
    if event_id is None or at is None or body is None or len(body) > MOST_BYTES or len(body) < _FIELDS_AT + _END:
        raise NotAlikeError
    micros = moment(at)
    if body[:_CHAIN_AT] != b"\x01" + _ID + event_id + _AT + _INTEGER.pack(micros):
        raise NotAlikeError
    parts = [_text(20, action), _text(21, result)]
    if actor_id is not None:
        parts.append(_ACTOR + actor_id)
    parts += (_text(23, roles), _text(24, section), _text(25, kind), _own_text(26, subject), _own_text(27, label))
    if person is not None:
        parts.append(_PERSON + person)
    parts += (_text(29, purpose), _text(30, explanation))
    if sealed_reason is not None:
        parts.append(_REASON + sha256(sealed_reason).digest())
    if details != _NO_DETAILS:
        parts.append(_details(details or b""))
    if client is not None:
        parts.append(_address(client))
    parts.append(_own_text(34, session))
    if request is not None:
        parts.append(_REQUEST + request)
    place, size, mark = _FIELDS_AT, None, None
    if body[place : place + 3] == _SEEN_SIZE:
        size = number(body[place + 3 : place + 11])
        place += 11
        if body[place : place + 3] != _SEEN_ROOT:
            raise NotAlikeError
        mark = body[place + 3 : place + 11]
        place += 11
    end = len(body) - _END
    is_alike = (
        body[place:end] == b"".join(parts)
        and body[31:34] == _WRITER
        and body[50:53] == _WRITER_N
        and body[61:64] == _PREVIOUS
        and body[end : end + 3] == _SALT
        and body[end + 19 : end + 22] == _MAC
    )
    if not is_alike:
        raise NotAlikeError
    return Said(event_id, micros, _writer(body[34:50]), number(body[53:61]), body[64:96], None, None, size, mark)


def said_by(body: Body, micros: int) -> Said:
    """Return the same of a body that was taken apart."""
    return Said(
        body.id.bytes,
        micros,
        body.writer,
        body.writer_n,
        body.previous,
        body.uncertain_writer,
        body.uncertain_n,
        body.seen_size,
        body.seen_root,
    )


def details_of(body: bytes) -> dict[str, Any]:
    """Return the details in a body, nothing when it is malformed."""
    try:
        return dict(decode(body).details)
    except (MalformedBodyError, ValueError, RecursionError):
        return {}


def done_by(body: bytes) -> tuple[bool, int | None]:
    """Return whether what a body says was done, and by whom."""
    try:
        said = decode(body)
    except (MalformedBodyError, ValueError, RecursionError):
        return False, None
    return said.result == "DONE", said.actor_id


def has_its_marks(event: Row, marks: bytes | None) -> bool:
    """Say whether a leaf's marks are those of its entry, whose columns say what its body says."""
    marks = marks or b""
    there = {marks[at : at + 8] for at in range(_FIRST_ELEMENT, len(marks), 12)}
    if len(there) * 12 != max(0, len(marks) - _FIRST_ELEMENT + 4):
        return False  # one stands there twice
    if there == _marks(event):
        return True
    try:
        return there == {_INTEGER.pack(one) for one in facets.of(decode(event[18] or b""))}
    except (MalformedBodyError, ValueError, OverflowError):
        return False


def _marks(event: Row) -> set[bytes]:
    """Return what ``facets.of`` returns, as the database stores it, without taking the body apart."""
    local = moment(event[1] or b"") + _JAPAN_MICROSECONDS
    found = {*_marks_of_hour(local // _HOUR), _mark_of_actor(event[4]), _sha_mark(b"session:", event[16] or b"")}
    for kind, place in _MARKED:
        if value := event[place]:
            found.add(_mark_of_text(kind, value))
    for prefix, place in _MARKED_ALONE:
        if value := event[place]:
            found.add(sha256(prefix + value).digest()[:8])
    if roles := event[5]:
        found.update(_marks_of_roles(roles))
    if (person := event[10]) is not None:
        found.add(sha256(b"person:" + _hyphenated(person)).digest()[:8])
    if (request := event[17]) is not None:
        found.add(_mark_of_request(request))
    if (client := event[15]) is not None:
        found.update(_marks_of_address(client))
    if not event[16]:
        found.discard(_NO_SESSION)
    return found


_MARKED = (("action", 2), ("result", 3), ("section", 6), ("purpose", 11), ("explanation", 12))
_MARKED_ALONE = ((b"subject:", 8), (b"label:", 9))


@lru_cache(maxsize=4_096)
def _sha_mark(kind: bytes, value: bytes) -> bytes:
    return sha256(kind + value).digest()[:8]


_NO_SESSION = _sha_mark(b"session:", b"")


def _hyphenated(value: bytes) -> bytes:
    text = value.hex().encode("ascii")
    return b"%b-%b-%b-%b-%b" % (text[:8], text[8:12], text[12:16], text[16:20], text[20:])


@lru_cache(maxsize=4_096)
def _mark_of_request(value: bytes) -> bytes:
    return sha256(b"request:" + _hyphenated(value)).digest()[:8]


@lru_cache(maxsize=4_096)
def _marks_of_hour(hours: int) -> tuple[bytes, ...]:
    day, hour = divmod(hours, 24)
    on = date(1970, 1, 1) + timedelta(days=day)
    return tuple(map(_INTEGER.pack, (facets.day(on), facets.weekday(on.weekday()), facets.hour(hour))))


@lru_cache(maxsize=65_536)
def _mark_of_actor(actor: bytes | None) -> bytes:
    return _INTEGER.pack(facets.actor(None if actor is None else number(actor)))


@lru_cache(maxsize=65_536)
def _mark_of_text(kind: str, value: bytes) -> bytes:
    return _INTEGER.pack(facets.mark(kind, value.decode("utf-8", "replace")))


@lru_cache(maxsize=4_096)
def _marks_of_roles(value: bytes) -> tuple[bytes, ...]:
    return tuple(_INTEGER.pack(facets.role(code)) for code in value.decode("utf-8", "replace").split(",") if code)


@lru_cache(maxsize=65_536)
def _marks_of_address(client: bytes) -> tuple[bytes, ...]:
    address = ip_address(client[4:])
    return tuple(
        _INTEGER.pack(facets.mark("net", ip_network((address, bits), strict=False)))
        for bits in facets.NETWORKS[address.version]
    )


@lru_cache(maxsize=4_096)
def _writer(value: bytes) -> UUID:
    return UUID(bytes=value)


@lru_cache(maxsize=65_536)
def _text(tag: int, value: bytes | None) -> bytes:
    """Return a field that few values stand in."""
    return _own_text(tag, value)


def _own_text(tag: int, value: bytes | None) -> bytes:
    if not value:
        return b""
    if not value.isascii() and not is_normalized("NFC", value.decode("utf-8", "replace")):
        raise NotAlikeError
    if len(value) > _MOST_FIELD:
        raise NotAlikeError
    return _HEAD(tag, len(value)) + value


@lru_cache(maxsize=16_384)
def _details(value: bytes) -> bytes:
    try:
        canonical = canonical_details(json.loads(value[1:])).encode()
    except (ValueError, RecursionError):
        raise NotAlikeError from None
    if len(canonical) > _MOST_FIELD:
        raise NotAlikeError
    return _HEAD(32, len(canonical)) + canonical if canonical != b"{}" else b""


@lru_cache(maxsize=65_536)
def _address(value: bytes) -> bytes:
    """Return the field for an ``inet``: family, bits, whether a network, length, address."""
    if len(value) not in (8, 20) or value[1] != 8 * value[3] or value[2]:
        raise NotAlikeError
    return _HEAD(33, value[3]) + value[4:]
