"""How passwords are hashed: Argon2id, sized for a morning when the whole office signs in at once."""

import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib.auth.hashers import Argon2PasswordHasher

#: How many passwords one process hashes at once, and how long another waits for its turn (seconds).
AT_ONCE = 2
WAITS_FOR = 10.0


class TooBusyError(Exception):
    """So many passwords are being looked at that this one's turn did not come. ``accounts.busy`` tells the person."""


_turns = threading.BoundedSemaphore(AT_ONCE)


@contextmanager
def turn() -> Iterator[None]:
    """Wait for one of the process's turns at hashing, or raise :class:`TooBusyError`."""
    if not _turns.acquire(timeout=WAITS_FOR):
        raise TooBusyError
    try:
        yield
    finally:
        _turns.release()


def composed(password: str) -> str:
    """Return the one spelling of ``password`` that is hashed: two keyboards may send 「が」 differently (NFC)."""
    return unicodedata.normalize("NFC", password)


class OfficeArgon2PasswordHasher(Argon2PasswordHasher):
    """One pass over 46 MiB in one lane, within OWASP's recommended sets: about 70 ms of one core.

    No more than ``AT_ONCE`` of them run in one process, so that however many sign in at once, two processes need
    184 MiB for it and not 46 MiB for each request.
    """

    time_cost = 1
    memory_cost = 46 * 1024
    parallelism = 1

    def encode(self, password: str, salt: str) -> str:
        """Hash the composed password when it is its turn."""
        with turn():
            return super().encode(composed(password), salt)

    def verify(self, password: str, encoded: str) -> bool:
        """Compare the composed password when it is its turn."""
        with turn():
            return super().verify(composed(password), encoded)
