"""A line for each committed entry in a file out of the database's reach: who deletes an entry there, leaves it here.

The lines hold no personal data: time, chain, count and hash. Each process appends to a file of its own day, in
``KYUFU_WITNESS_DIR``, which may be another machine's.
"""

import logging
import os
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol
from uuid import UUID

from django.conf import settings

logger = logging.getLogger(__name__)

#: The leaf that each thread wrote down last.
_last = threading.local()
#: Lines of threads do not mix, also where one is written in parts.
_alone = threading.Lock()
#: The file whose end is known to be that of a line.
_whole = ""


def _begin_anew() -> None:
    global _alone
    _alone = threading.Lock()


os.register_at_fork(after_in_child=_begin_anew)


class Committed(Protocol):
    """An entry that the database has confirmed."""

    @property
    def at(self) -> datetime: ...
    @property
    def n(self) -> int: ...
    @property
    def leaf(self) -> bytes: ...


def write(writer: UUID, entries: Sequence[Committed]) -> bool:
    """Append a line per entry and return whether that worked; one that fails is told to the log."""
    text = "".join(f"{one.at.astimezone(UTC).isoformat()} {writer.hex} {one.n} {one.leaf.hex()}\n" for one in entries)
    try:
        with _alone:
            _append(text.encode("ascii"))
    except OSError:
        logger.exception("the witness could not be written")
        return False
    _last.leaf = entries[-1].leaf
    return True


def has_seen(leaf: bytes) -> bool:
    """Tell whether the last line that this thread wrote is that of the entry with this leaf hash."""
    return getattr(_last, "leaf", None) == leaf


def _append(lines: bytes) -> None:
    """Write all of it: whole lines, also after one that a full disk or a killed process has cut off."""
    global _whole
    path, handle = _open()
    try:
        if path != _whole and not _ends_with_a_line(handle):
            lines = b"\n" + lines
        _whole = ""
        while lines:
            lines = lines[os.write(handle, lines) :]
        if settings.KYUFU_RECORD_STRICT:
            os.fsync(handle)
        _whole = path
    finally:
        os.close(handle)


def _ends_with_a_line(handle: int) -> bool:
    size = os.fstat(handle).st_size
    return size == 0 or os.pread(handle, 1, size - 1) == b"\n"


def _open() -> tuple[str, int]:
    """Open today's file anew each time: one that was taken away meanwhile is missed, not written into unseen."""
    path, how = (
        f"{settings.KYUFU_WITNESS_DIR}/{datetime.now(UTC):%Y-%m-%d}.{os.getpid()}.log",
        os.O_APPEND | os.O_CREAT | os.O_RDWR,
    )
    try:
        return path, os.open(path, how, 0o600)
    except FileNotFoundError:
        Path(settings.KYUFU_WITNESS_DIR).mkdir(mode=0o700, parents=True, exist_ok=True)
        return path, os.open(path, how, 0o600)
