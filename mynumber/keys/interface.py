"""What every provider of keys promises."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from audit.keyfiles import KeyUnavailableError

__all__ = [
    "DATA_KEY_BYTES",
    "INDEX_KEY",
    "Choice",
    "Key",
    "KeyProvider",
    "KeyUnavailableError",
    "WrongKeyError",
    "kek_name",
]

DATA_KEY_BYTES = 32
#: What the key of the blind index is called, wherever it is kept.
INDEX_KEY = "number-index"


class Choice(StrEnum):
    """The kinds of provider, as ``KYUFU_KEY_PROVIDER`` names them."""

    FILE = "file"
    VAULT = "vault"
    PKCS11 = "pkcs11"


class WrongKeyError(Exception):
    """A wrapped key was changed, its label is another, or it was wrapped under another key."""


@dataclass(frozen=True, slots=True)
class Key:
    """One key as the keys page shows it. ``kek_id`` is None for the index key; ``problem`` is "" for a sound one."""

    name: str
    kek_id: int | None
    made_at: datetime | None
    problem: str = ""


class KeyProvider(Protocol):
    """Wraps data keys and computes the index's code, without handing a key out.

    Every method raises :class:`KeyUnavailableError` when the key is missing or the provider does
    not answer; its text is Japanese, fit to show, says what to do, and holds neither a key nor a way to one.
    """

    def wrap(self, kek_id: int, data_key: bytes, *, label: bytes) -> bytes:
        """Return the 32-byte ``data_key`` wrapped under the key ``kek_id``; ``label`` is authenticated with it."""
        ...

    def unwrap(self, kek_id: int, wrapped: bytes, *, label: bytes) -> bytes:
        """Return the 32 bytes again, or raise :class:`WrongKeyError`. No other key is tried."""
        ...

    def mac(self, text: bytes) -> bytes:
        """Return the 32 bytes of HMAC-SHA256 of ``text`` under the index key."""
        ...

    def index_salt(self) -> bytes:
        """Return the 16 bytes that salt the index's slow step: the same for ever, and another in every office."""
        ...

    def versions(self) -> list[Key]:
        """Return the key-encryption keys there are, by id, untested."""
        ...

    def health(self) -> list[Key]:
        """Return every key there is, each tried out on random bytes: no number is touched.

        Of one key that cannot be used, its ``problem`` tells; only a provider that does not answer at all raises.
        """
        ...

    def make(self, kek_id: int) -> None:
        """Make the key ``kek_id``. Raises ``FileExistsError`` when there is one: none is ever overwritten."""
        ...

    def make_index(self) -> None:
        """Make the index key, which an office has once and for ever. Raises ``FileExistsError`` when there is one."""
        ...

    def destroy(self, kek_id: int) -> None:
        """Destroy the key ``kek_id`` for good; without one, do nothing."""
        ...

    def close(self) -> None:
        """Let go of connections and sessions. What is asked next makes new ones."""
        ...


def kek_name(kek_id: int) -> str:
    """Return what the key ``kek_id`` is called, wherever it is kept."""
    return f"number-kek-{kek_id}"
