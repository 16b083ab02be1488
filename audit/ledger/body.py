"""The canonical bytes of an entry: what is hashed, sealed and shown as evidence. No Django, no database.

Version 1 is one byte 0x01, then fields in the order of their tags, each as tag (1 byte), length (2 bytes, big-endian)
and value. A field without a value is left out: an empty text is never written. The last field is the HMAC-SHA256 of
everything before it, under a key that only the application has: whoever owns the database cannot make up an entry.

Integers are 8 bytes big-endian with sign, moments are microseconds since 1970 UTC, texts are UTF-8 in NFC, details are
JSON with sorted keys, without blanks and without fractions. ``docs/ledger-format.md`` says the same for others.
"""

import hashlib
import hmac
import json
import struct
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address
from operator import attrgetter
from typing import Any
from uuid import UUID

VERSION = b"\x01"
LEAF_PREFIX = b"\x00"
SALT_BYTES = 16
HASH_BYTES = 32
ROOT_MARK_BYTES = 8
#: An entry bundle holds entries shorter than 64 KiB (C2SP tlog-tiles); some room is left for later fields.
MOST_BYTES = 60_000
NO_LEAF = bytes(HASH_BYTES)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_HEAD = struct.Struct(">BH")
_INTEGER = struct.Struct(">q")
_MAC_TAG = 255
_MAC_HEAD = _HEAD.pack(_MAC_TAG, HASH_BYTES)


class MalformedBodyError(ValueError):
    """The bytes are not an entry's canonical form. The text says which rule they break, never what stands in them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """What an entry says.

    ``writer`` is the chain that wrote it, ``writer_n`` its place there (from 1) and ``previous`` the leaf hash of the
    one before. A chain that begins because it is unknown whether another's last entry was committed names that one
    (``uncertain_writer``, ``uncertain_n``). ``seen_size`` and ``seen_root`` (its first bytes) are the newest
    checkpoint the writer knew of: the entry is younger than it. ``reason_hash`` is the SHA-256 of the reason as it was
    sealed.
    """

    id: UUID
    at: datetime
    writer: UUID
    writer_n: int
    previous: bytes
    uncertain_writer: UUID | None = None
    uncertain_n: int | None = None
    seen_size: int | None = None
    seen_root: bytes | None = None
    action: str
    result: str
    actor_id: int | None = None
    actor_roles: str = ""
    actor_section: str = ""
    subject_kind: str = ""
    subject_id: str = ""
    subject_label: str = ""
    person_id: UUID | None = None
    purpose: str = ""
    explanation: str = ""
    reason_hash: bytes | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    client: IPv4Address | IPv6Address | None = None
    session: str = ""
    request_id: UUID | None = None
    salt: bytes


def encode(body: Body, key: bytes) -> bytes:
    """Return the canonical bytes of ``body``, authenticated under ``key`` (32 bytes).

    Raises :class:`MalformedBodyError` for what has no canonical form: a fraction among the details, more than 60,000
    bytes.
    """
    parts = [VERSION]
    for value, (name, tag, write, _read) in zip(_values(body), _FIELDS, strict=True):
        if value is None or not (written := write(value)):
            continue
        if len(written) > MOST_BYTES:
            raise MalformedBodyError(f"{name} is too long")
        parts += (_HEAD.pack(tag, len(written)), written)
    said = b"".join(parts)
    whole = said + _MAC_HEAD + hmac.digest(key, said, "sha256")
    if len(whole) > MOST_BYTES:
        raise MalformedBodyError("the entry is too long")
    return whole


def decode(whole: bytes) -> Body:
    """Return what the bytes say. Raises :class:`MalformedBodyError` unless :func:`encode` writes exactly these.

    The MAC is not looked at: see :func:`is_authentic`.
    """
    values: dict[str, Any] = {}
    for tag, value in _parts(whole).items():
        name, read = _BY_TAG[tag]
        try:
            values[name] = read(value)
        except (ValueError, struct.error, OverflowError, RecursionError):
            raise MalformedBodyError(f"{name} is not in its canonical form") from None
    if missing := [name for name in _NEEDED if name not in values]:
        raise MalformedBodyError(f"{missing[0]} is missing")
    return Body(**values)


def is_authentic(whole: bytes, key: bytes) -> bool:
    """Say whether the last field is the MAC of everything before it under ``key``, its tag and length included."""
    rest, mac = whole[:-HASH_BYTES], whole[-HASH_BYTES:]
    said = rest[: -len(_MAC_HEAD)]
    return rest.endswith(_MAC_HEAD) and hmac.compare_digest(hmac.digest(key, said, "sha256"), mac)


def leaf_hash(whole: bytes) -> bytes:
    """Return the entry's leaf hash in the tree (RFC 6962, 2.1)."""
    return hashlib.sha256(LEAF_PREFIX + whole).digest()


def canonical_details(details: Mapping[str, Any]) -> str:
    """Return ``details`` as the one JSON text that stands for them; :class:`MalformedBodyError` for fractions."""
    _refuse_fractions(details)
    return json.dumps(details, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def microseconds(moment: datetime) -> int:
    """Return ``moment`` in microseconds since 1970 UTC."""
    return (moment - _EPOCH) // _MICROSECOND


def canonical_text(text: str) -> str:
    """Return ``text`` as it is written in a body."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def _parts(whole: bytes) -> dict[int, bytes]:
    """Return the fields but the MAC by tag, in the order they stand."""
    if len(whole) > MOST_BYTES or whole[:1] != VERSION:
        raise MalformedBodyError("not an entry of a known version")
    found: dict[int, bytes] = {}
    place, last = 1, 0
    while place < len(whole):
        if place + _HEAD.size > len(whole):
            raise MalformedBodyError("cut off")
        tag, length = _HEAD.unpack_from(whole, place)
        place += _HEAD.size
        if place + length > len(whole):
            raise MalformedBodyError("cut off")
        if tag <= last or not length or (tag not in _BY_TAG and tag != _MAC_TAG):
            raise MalformedBodyError("a field is unknown, empty or out of its place")
        found[tag] = whole[place : place + length]
        place, last = place + length, tag
    if len(found.pop(_MAC_TAG, b"")) != HASH_BYTES:
        raise MalformedBodyError("not authenticated")
    return found


def _refuse_fractions(value: Any) -> None:
    if value is None or isinstance(value, str | bool | int):
        return
    if isinstance(value, Mapping):
        if not all(isinstance(key, str) for key in value):
            raise MalformedBodyError("details are named by texts")
        for part in value.values():
            _refuse_fractions(part)
    elif isinstance(value, list | tuple):
        for part in value:
            _refuse_fractions(part)
    else:
        raise MalformedBodyError("details hold texts and whole numbers only")


def _write_text(text: str) -> bytes:
    try:
        return canonical_text(text).encode()
    except UnicodeEncodeError:
        raise MalformedBodyError("a text is not Unicode") from None


def _read_text(value: bytes) -> str:
    text = value.decode()
    if canonical_text(text) != text:
        raise ValueError
    return text


def _write_details(details: Mapping[str, Any]) -> bytes:
    return canonical_details(details).encode() if details else b""


def _read_details(value: bytes) -> dict[str, Any]:
    details = json.loads(value)
    if not isinstance(details, dict) or _write_details(details) != value:
        raise ValueError
    return details


def _write_moment(moment: datetime) -> bytes:
    return _INTEGER.pack(microseconds(moment))


def _read_moment(value: bytes) -> datetime:
    return _EPOCH + timedelta(microseconds=_read_integer(value))


def _read_integer(value: bytes) -> int:
    (number,) = _INTEGER.unpack(value)
    return int(number)


def _read_address(value: bytes) -> IPv4Address | IPv6Address:
    return ip_address(value)


def _exactly(length: int) -> Callable[[bytes], bytes]:
    def check(value: bytes) -> bytes:
        if len(value) != length:
            raise ValueError
        return value

    return check


def _write_id(value: UUID) -> bytes:
    return value.bytes


def _read_id(value: bytes) -> UUID:
    return UUID(bytes=value)


_ID = (_write_id, _read_id)
_NUMBER = (_INTEGER.pack, _read_integer)
_TEXT = (_write_text, _read_text)
_HASH = (_exactly(HASH_BYTES), _exactly(HASH_BYTES))

#: Name, tag, how it is written, how it is read. A tag is never used again for something else.
_FIELDS: tuple[tuple[str, int, Callable[[Any], bytes], Callable[[bytes], Any]], ...] = (
    ("id", 1, *_ID),
    ("at", 2, _write_moment, _read_moment),
    ("writer", 3, *_ID),
    ("writer_n", 4, *_NUMBER),
    ("previous", 5, *_HASH),
    ("uncertain_writer", 6, *_ID),
    ("uncertain_n", 7, *_NUMBER),
    ("seen_size", 8, *_NUMBER),
    ("seen_root", 9, _exactly(ROOT_MARK_BYTES), _exactly(ROOT_MARK_BYTES)),
    ("action", 20, *_TEXT),
    ("result", 21, *_TEXT),
    ("actor_id", 22, *_NUMBER),
    ("actor_roles", 23, *_TEXT),
    ("actor_section", 24, *_TEXT),
    ("subject_kind", 25, *_TEXT),
    ("subject_id", 26, *_TEXT),
    ("subject_label", 27, *_TEXT),
    ("person_id", 28, *_ID),
    ("purpose", 29, *_TEXT),
    ("explanation", 30, *_TEXT),
    ("reason_hash", 31, *_HASH),
    ("details", 32, _write_details, _read_details),
    ("client", 33, lambda address: address.packed, _read_address),
    ("session", 34, *_TEXT),
    ("request_id", 35, *_ID),
    ("salt", 250, _exactly(SALT_BYTES), _exactly(SALT_BYTES)),
)
_values = attrgetter(*(name for name, *_rest in _FIELDS))
_BY_TAG = {tag: (name, read) for name, tag, _write, read in _FIELDS}
_NEEDED = ("id", "at", "writer", "writer_n", "previous", "action", "result", "salt")
assert [name for name, *_rest in _FIELDS] == [one.name for one in fields(Body)]  # noqa: S101  (this file's two lists)
