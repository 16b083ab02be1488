"""Where the numbers of a Juki-net file wait until it is applied: the second door to My Numbers, beside the vault.

A file and each number in it are sealed under one data key, which goes when the file is wiped. Nothing here returns
digits but :func:`open_parts`, which returns the file itself to whoever stages it, against an entry that is committed
first; and nothing here is told whose name goes with a number.
"""

import hmac
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import IntegrityError, connection, transaction

from audit import journal
from mynumber import actions, checkdigit, crypto, keys, vault

#: How much of a file one sealed part holds, and how many parts and numbers one entry of the record opens.
PART_BYTES = 128 * 1024
PARTS_AT_ONCE = 8
NUMBERS_AT_ONCE = 500
#: The index is slow on purpose and runs without Python's lock.
THREADS = 2

_NONCE = 12
_TWIN_BYTES = 16
_KIND = "mynumber.staging"


class StagedBrokenError(Exception):
    """What was staged was changed or moved, or its key is not the one it was sealed under."""


class Verdict(StrEnum):
    """How a number of the file stands to the person it was matched with."""

    FREE = "FREE"
    SAME = "SAME"
    OTHER = "OTHER"
    TAKEN = "TAKEN"


@dataclass(frozen=True, slots=True, repr=False)
class FileKey:
    """The data key of one file, in the memory of whoever works on it."""

    batch: UUID
    secret: bytes

    def seal(self, data: bytes, place: str) -> bytes:
        """Return ``data`` sealed for one place of the file."""
        nonce = os.urandom(_NONCE)
        return nonce + AESGCM(self.secret).encrypt(nonce, data, self._label(place))

    def unseal(self, body: bytes, place: str) -> bytes:
        """Return what was sealed for that place, or raise :class:`StagedBrokenError`."""
        try:
            return AESGCM(self.secret).decrypt(body[:_NONCE], body[_NONCE:], self._label(place))
        except InvalidTag as error:
            raise StagedBrokenError from error

    def twin(self, digits: str) -> bytes:
        """Return the digest by which equal numbers of this file are told; without the key it says nothing."""
        return hmac.digest(self.secret, b"twin|" + digits.encode(), "sha256")[:_TWIN_BYTES]

    def _label(self, place: str) -> bytes:
        return f"staged1|{self.batch}|{place}".encode()


def begin(batch: UUID, *, by: journal.Actor) -> FileKey:
    """Make the key of a file that is about to come, inside the transaction that takes it in."""
    key = FileKey(batch, AESGCM.generate_key(bit_length=256))
    kek_id: int = _value("vault.hold_current_kek")
    wrapped = keys.provider().wrap(kek_id, key.secret, label=_wrap_label(batch, kek_id))
    _value("vault.stage_begin", batch, kek_id, wrapped, by.pk)
    journal.record(actions.STAGING_BEGUN, by=by, subject=_subject(batch))
    return key


def keep_part(key: FileKey, part: int, data: bytes) -> None:
    """Seal the next part of the file."""
    _value("vault.stage_part", key.batch, part, key.seal(data, f"file|{part}"))


def close(batch: UUID) -> int:
    """Say that the file is here whole, and return how many parts it has."""
    parts: int = _value("vault.stage_close", batch)
    return parts


def file_digest(sha256_of_file: bytes) -> bytes:
    """Return the keyed digest by which the same file is known again.

    A plain one would give a short file away: its few numbers could be guessed until the digest fits.
    """
    return keys.provider().mac(b"juki file|" + sha256_of_file)


def open_parts(batch: UUID, first: int, count: int, *, by: journal.Actor) -> tuple[FileKey, bytes]:
    """Return a stretch of the file, on record first. Raises ``RuntimeError`` inside another transaction."""
    entry, ticket = _record_opening(batch, "FILE", count, first, f"{first}+{count}", by=by)
    rows = _rows("vault.staged_parts", entry, ticket, first, count)
    key = _key(batch, rows)
    return key, b"".join(key.unseal(bytes(body), f"file|{part}") for _kek, _wrapped, part, body in rows)


def stage(key: FileKey, numbers: Mapping[int, str]) -> dict[int, int]:
    """Seal numbers by their line, inside the caller's transaction; return line -> another line with the same one.

    The caller has checked the digits (:func:`is_number`).
    """
    if not numbers:
        return {}
    lines = list(numbers)
    found = _rows(
        "vault.stage",
        key.batch,
        lines,
        [key.seal(numbers[line].encode(), f"line|{line}") for line in lines],
        [key.twin(numbers[line]) for line in lines],
    )
    return dict(found)


def is_number(digits: str) -> bool:
    """Say whether twelve ASCII digits pass the check digit."""
    return checkdigit.is_valid(digits)


def index(batch: UUID, lines: Sequence[int], *, by: journal.Actor) -> dict[int, bytes]:
    """Return the blind index of each line's number, computed slowly in threads, on record first."""
    numbers = dict(_open_numbers(batch, lines, by=by))
    with ThreadPoolExecutor(THREADS) as pool:
        return dict(zip(numbers, pool.map(crypto.index, numbers.values()), strict=True))


def judge(batch: UUID, line: int, person: UUID, number_index: bytes | None) -> Verdict:
    """Say how the line's number stands to ``person``; without an index the one computed before is used."""
    return Verdict(_value("vault.judge_staged", batch, line, person, number_index))


def open_numbers(batch: UUID, lines: Sequence[int], *, by: journal.Actor, basis: str) -> "Opened":
    """Open the numbers of a few lines, on record first, ready for :meth:`Opened.put`."""
    return Opened(batch, dict(_open_numbers(batch, lines, by=by)), by, basis)


class Opened:
    """A few opened numbers on their way to the people they belong to. Prints as nothing."""

    __slots__ = ("_numbers", "basis", "batch", "by")

    def __init__(self, batch: UUID, numbers: dict[int, str], by: journal.Actor, basis: str) -> None:
        self.batch, self._numbers, self.by, self.basis = batch, numbers, by, basis

    def __contains__(self, line: int) -> bool:
        return line in self._numbers

    def put(self, line: int, person: UUID, *, label: str = "") -> Verdict:
        """Put one number into use in the caller's transaction, and record it. Other verdicts than FREE change nothing.

        ``label`` is what the record calls the person, a recipient or receipt number.
        """
        version: int = _value("vault.next_version", person)
        kek_id: int = _value("vault.hold_current_kek")
        sealed = crypto.seal(self._numbers[line], person=person, version=version, kek_id=kek_id)
        try:
            with transaction.atomic():
                verdict = Verdict(
                    _value(
                        "vault.import_staged",
                        self.batch,
                        line,
                        person,
                        version,
                        kek_id,
                        sealed.wrapped,
                        sealed.body,
                        self.by.pk,
                        self.basis,
                    )
                )
                if verdict is Verdict.FREE:
                    journal.record(
                        actions.IMPORTED,
                        by=self.by,
                        subject=journal.Subject(kind="mynumber.number", id=str(person), label=label),
                        person_id=person,
                        details={"version": version, "batch": str(self.batch)},
                    )
        except IntegrityError:  # somebody got this number, or this person another, at the same moment
            return Verdict.TAKEN
        return verdict


def forget(batch: UUID, lines: Iterable[int]) -> None:
    """Erase the numbers of lines that were rejected."""
    _value("vault.forget_staged", batch, list(lines))


def wipe(batch: UUID, *, by: journal.Actor | None) -> int:
    """Erase the file, its numbers and its key in the caller's transaction; return how many numbers there were."""
    gone: int = _value("vault.wipe_staging", batch)
    journal.record(actions.STAGING_WIPED, by=by, subject=_subject(batch), details={"count": gone})
    return gone


def left(batch: UUID) -> tuple[int, int, bool]:
    """Return how many parts and numbers of a file are still here, and whether its key is."""
    parts, numbers, has_key = _rows("vault.staged_left", batch)[0]
    return parts, numbers, has_key


def blockers(batch: UUID) -> list[tuple[UUID, str]]:
    """Return whose imported number cannot be taken back, and why (USED, CHANGED, HELD)."""
    return [(person, code) for person, code in _rows("vault.import_blockers", batch)]


def imported_people(batch: UUID, *, most: int, after: UUID | None = None) -> list[UUID]:
    """Return up to ``most`` people whose numbers came by this file and stand, by their ids, past ``after``."""
    arguments = (batch, most) if after is None else (batch, after, most)
    return [person for person, _version in _rows("vault.imported_people", *arguments)]


def undo(batch: UUID, person: UUID, *, by: journal.Actor, label: str = "") -> str:
    """Take one imported number back in the caller's transaction; return UNDONE, ABSENT, or what it is built on."""
    outcome: str = _value("vault.undo_import", batch, person)
    if outcome == "UNDONE":
        journal.record(
            actions.IMPORT_UNDONE,
            by=by,
            subject=journal.Subject(kind="mynumber.number", id=str(person), label=label),
            person_id=person,
            details={"batch": str(batch)},
        )
    return outcome


def give_up(person: UUID, *, by: journal.Actor, label: str = "") -> bool:
    """Take back, in the caller's transaction, what came by a file for an applicant who is somebody else by now.

    Says whether there was anything. The database lets it pass only beside the step of the application that made it so.
    """
    batch: UUID | None = _value("vault.give_up_import", person)
    if batch is None:
        return False
    journal.record(
        actions.IMPORT_UNDONE,
        by=by,
        subject=journal.Subject(kind="mynumber.number", id=str(person), label=label),
        person_id=person,
        details={"batch": str(batch)},
    )
    return True


def _open_numbers(batch: UUID, lines: Sequence[int], *, by: journal.Actor) -> Iterator[tuple[int, str]]:
    if not lines:
        return
    entry, ticket = _record_opening(batch, "NUMBERS", len(lines), lines[0], ",".join(map(str, lines)), by=by)
    rows = _rows("vault.staged_numbers", entry, ticket, list(lines))
    key = _key(batch, rows)
    for _kek, _wrapped, line, body in rows:
        yield line, key.unseal(bytes(body), f"line|{line}").decode()


def _record_opening(
    batch: UUID, kind: str, count: int, first: int, slice_: str, *, by: journal.Actor
) -> tuple[UUID, UUID]:
    """Write down that a slice is opened, committed before anything is handed out; return the entry and its ticket."""
    ticket = uuid4()
    digest = vault.ticket_digest(ticket, bound_to=f"{kind}{slice_}".encode())
    entry = journal.record_committed(
        actions.STAGED_OPENED,
        by=by,
        subject=_subject(batch),
        details={"kind": kind, "count": count, "page": str(first), "ticket": digest},
    )
    return entry.pk, ticket


def _key(batch: UUID, rows: Sequence[tuple[Any, ...]]) -> FileKey:
    if not rows:
        raise StagedBrokenError
    kek_id, wrapped = rows[0][0], bytes(rows[0][1])
    try:
        return FileKey(batch, keys.provider().unwrap(kek_id, wrapped, label=_wrap_label(batch, kek_id)))
    except keys.WrongKeyError as error:
        raise StagedBrokenError from error


def _wrap_label(batch: UUID, kek_id: int) -> bytes:
    return f"kek1|staging|{batch}|{kek_id}".encode()


def _subject(batch: UUID) -> journal.Subject:
    return journal.Subject(kind=_KIND, id=str(batch))


def _rows(function: str, *arguments: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {function}({_marks(arguments)})", arguments)  # noqa: S608  (names from here)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _value(function: str, *arguments: Any) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}({_marks(arguments)})", arguments)
        return cursor.fetchone()[0]


def _marks(arguments: Sequence[Any]) -> str:
    return ", ".join(["%s"] * len(arguments))
