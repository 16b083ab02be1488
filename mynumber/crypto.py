"""How a My Number is sealed, and how two entries are compared without opening either.

Envelope encryption: every stored version has a data key of its own (AES-256-GCM, so it encrypts once and a nonce
cannot repeat), and that key is wrapped by a key-encryption key which lives outside the database, with the provider
(``mynumber.keys``). Both layers authenticate whose number it is and which version: what is moved to another person or
version does not open. The wrapped key is kept apart from what it opens, so that destroying it destroys the number.

    body = 0x01 | nonce 12 | digits + tag        wrapped = what the provider makes of the data key

Imported by ``mynumber`` alone.
"""

import os
from dataclasses import dataclass
from uuid import UUID

from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from mynumber import keys

_VERSION = b"\x01"
_NONCE = 12
_KEY = 32
_INDEX_BYTES = 32


class SealBrokenError(Exception):
    """A sealed number was changed, moved to another person or version, or its key is not this one."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A sealed number as the vault keeps it: which key wraps the data key, that wrapped key, and the ciphertext."""

    kek_id: int
    wrapped: bytes
    body: bytes


def seal(digits: str, *, person: UUID, version: int, kek_id: int) -> Sealed:
    """Return ``digits`` sealed for ``person`` and ``version`` under the key-encryption key ``kek_id``.

    Raises :class:`mynumber.keys.KeyUnavailableError`.
    """
    data_key, nonce = AESGCM.generate_key(bit_length=8 * _KEY), os.urandom(_NONCE)
    wrapped = keys.provider().wrap(kek_id, data_key, label=_wrap_label(person, version, kek_id))
    body = AESGCM(data_key).encrypt(nonce, digits.encode(), _data_label(person, version))
    return Sealed(kek_id, wrapped, _VERSION + nonce + body)


def unseal(sealed: Sealed, *, person: UUID, version: int) -> str:
    """Return the twelve digits, or raise :class:`SealBrokenError`. A wrong key is never tried and passed over.

    Raises :class:`mynumber.keys.KeyUnavailableError` when the key cannot be asked: then nothing is known to be broken.
    """
    if sealed.body[:1] != _VERSION:
        raise SealBrokenError
    nonce, body = sealed.body[1 : 1 + _NONCE], sealed.body[1 + _NONCE :]
    try:
        data_key = keys.provider().unwrap(
            sealed.kek_id, sealed.wrapped, label=_wrap_label(person, version, sealed.kek_id)
        )
        return AESGCM(data_key).decrypt(nonce, body, _data_label(person, version)).decode()
    except (InvalidTag, ValueError, keys.WrongKeyError) as error:
        raise SealBrokenError from error


def rewrap(wrapped: bytes, *, person: UUID, version: int, old: int, new: int) -> bytes:
    """Return the same data key wrapped under the key ``new`` instead of ``old``; the number stays sealed.

    The new wrapping is opened once before it is handed back, since the old one will be gone.
    Raises :class:`SealBrokenError` or :class:`mynumber.keys.KeyUnavailableError`.
    """
    provider, label = keys.provider(), _wrap_label(person, version, new)
    try:
        data_key = provider.unwrap(old, wrapped, label=_wrap_label(person, version, old))
        anew = provider.wrap(new, data_key, label=label)
        if provider.unwrap(new, anew, label=label) != data_key:
            raise SealBrokenError
    except keys.WrongKeyError as error:
        raise SealBrokenError from error
    return anew


def index(digits: str) -> bytes:
    """Return the 32-byte blind index by which equal numbers are told without opening them.

    HMAC-SHA256 under a key of its own, over Argon2id of the number: there are only 10^11 numbers, so that a
    leaked HMAC key alone would give them all away within hours; the memory-hard step makes each guess cost
    ``MYNUMBER_INDEX_MEMORY_KIB`` of memory and its time.
    """
    stretched = hash_secret_raw(
        secret=digits.encode(),
        salt=keys.provider().index_salt(),
        time_cost=settings.MYNUMBER_INDEX_PASSES,
        memory_cost=settings.MYNUMBER_INDEX_MEMORY_KIB,
        parallelism=1,
        hash_len=_INDEX_BYTES,
        type=Type.ID,
    )
    return keys.provider().mac(stretched)


def _data_label(person: UUID, version: int) -> bytes:
    return f"mn1|vault.number|{person}|{version}".encode()


def _wrap_label(person: UUID, version: int, kek_id: int) -> bytes:
    return f"kek1|{person}|{version}|{kek_id}".encode()
