"""The deletions of this office in a file beside the data, so that a restored database learns what was destroyed since.

Every line is JSON: an INTENT before the transaction that destroys may commit, DONE after it has, VOID when it turned
out that it had not. Each is on the disk before anything goes on, and carries the code of the line before it under a
key made from the record's, so that a line that is changed, taken out or added is noticed. No name and no number is in
it: an internal id, a version, and the certificate's facts.

``KYUFU_HOME/deletions/deletions.jsonl``. It must not be restored with the database; docs/retention.md says why.
"""

import fcntl
import hmac
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.utils.translation import gettext as _

from audit import keyfiles

KEY: Final = "reason"
BEGINNING: Final = "0" * 64


class JournalTrouble(Exception):
    """The file is missing, was changed or cannot be written. Nothing is destroyed meanwhile. Fit to show."""


class Kind(StrEnum):
    """What a line says of a deletion."""

    INTENT = "INTENT"
    DONE = "DONE"
    VOID = "VOID"


@dataclass(frozen=True, slots=True)
class Line:
    """One line: what it says, of which deletion, and the facts (of an intent alone)."""

    kind: Kind
    deletion: str
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Journal:
    """Everything that the file says, verified. ``exists`` is False where no number was ever destroyed."""

    exists: bool
    lines: Sequence[Line]

    def deletions(self) -> dict[str, Line]:
        """Return the intents that were not taken back, by their deletion, in the order of the file."""
        found = {line.deletion: line for line in self.lines if line.kind is Kind.INTENT}
        for line in self.lines:
            if line.kind is Kind.VOID:
                found.pop(line.deletion, None)
        return found

    def open(self) -> dict[str, Line]:
        """Return the intents of which it is not written whether they came about."""
        closed = {line.deletion for line in self.lines if line.kind is not Kind.INTENT}
        return {deletion: line for deletion, line in self.deletions().items() if deletion not in closed}


def path() -> Path:
    """Return where the file is."""
    return Path(settings.KYUFU_HOME) / "deletions" / "deletions.jsonl"


def read() -> Journal:
    """Return what the file says. Raises :class:`JournalTrouble` when a line is not as it was written.

    A last line without its end was being written when the machine stopped: what it was to say did not happen yet.
    """
    try:
        content = path().read_bytes()
    except FileNotFoundError:
        return Journal(exists=False, lines=())
    except OSError as error:
        raise JournalTrouble(_("削除の記録ファイル %s を読み取れません。") % path()) from error
    whole = content.rpartition(b"\n")[0]
    return Journal(exists=True, lines=tuple(line for line, _code in _verified(whole)))


def append(lines: Iterable[Line]) -> None:
    """Write ``lines`` after what is there, and return once they are on the disk. Raises :class:`JournalTrouble`."""
    try:
        with _held() as file:
            content = file.read()
            whole, end, _torn = content.rpartition(b"\n")
            before = [BEGINNING, *(code for _line, code in _verified(whole))][-1]
            kept = len(whole) + len(end)
            if kept != len(content):
                file.truncate(kept)
            file.seek(kept)
            for line in lines:
                text, before = _written(line, before)
                file.write(text)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise JournalTrouble(_("削除の記録ファイル %s に書き込めません。") % path()) from error


@contextmanager
def _held() -> Iterator[Any]:
    """Open the file for one writer at a time; a new one is on the disk with its directory."""
    place = path()
    place.parent.mkdir(mode=0o700, exist_ok=True)
    is_new = not place.exists()
    with os.fdopen(os.open(place, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        if is_new:
            for directory in (place.parent, place.parent.parent):
                handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
                try:
                    os.fsync(handle)
                finally:
                    os.close(handle)
        yield file


def _verified(content: bytes) -> Iterator[tuple[Line, str]]:
    before = BEGINNING
    for count, text in enumerate(content.split(b"\n") if content else (), start=1):
        try:
            said = json.loads(text)
            line = Line(Kind(said["kind"]), said["deletion"], said["facts"])
            code = said["code"]
            is_whole = said["before"] == before and hmac.compare_digest(code, _code(line, before))
        except (ValueError, KeyError, TypeError):
            is_whole = False
        if not is_whole:
            message = _(
                "削除の記録ファイル %(path)s の%(count)d行目が、書かれたときのままではありません"
                "（改ざん、欠落、または鍵の違い）。"
            )
            raise JournalTrouble(message % {"path": path(), "count": count})
        yield line, code
        before = code


def _written(line: Line, before: str) -> tuple[bytes, str]:
    code = _code(line, before)
    said = {
        "kind": line.kind.value,
        "deletion": line.deletion,
        "facts": dict(line.facts),
        "before": before,
        "code": code,
    }
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode() + b"\n", code


def _code(line: Line, before: str) -> str:
    said = json.dumps(
        [before, line.kind.value, line.deletion, line.facts], ensure_ascii=False, sort_keys=True, separators=(",", ":")
    )
    return hmac.digest(_key(keyfiles.read(KEY)), said.encode(), "sha256").hex()


@lru_cache(maxsize=4)
def _key(secret: bytes) -> bytes:
    """Return the key of the codes: made from the record's, and of no use for anything that one seals."""
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"kyufu deletion journal").derive(secret)
