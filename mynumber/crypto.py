"""How a My Number is sealed, and how two entries are compared without opening either.

Envelope encryption: every stored version has a data key of its own (AES-256-GCM, so it encrypts once and a nonce
cannot repeat), and that key is wrapped by a key-encryption key which lives in a file outside the database. Both
layers authenticate whose number it is and which version: a blob moved to another person or version does not open.

    blob = 0x01 | kek id (2) | nonce 12 + wrapped data key 48 | nonce 12 | digits + tag

Imported by ``mynumber.vault`` and nothing else.
"""

import hashlib
import hmac
import os
from uuid import UUID

from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from audit import keyfiles

_VERSION = b"\x01"
_NONCE = 12
_TAG = 16
_KEY = 32
_KEK_ID = 2
_WRAPPED = _NONCE + _KEY + _TAG
_HEADER = len(_VERSION) + _KEK_ID
_INDEX_BYTES = 32


class SealBrokenError(Exception):
    """A sealed number was changed, moved to another person or version, or its key is not this one."""


def seal(digits: str, *, person: UUID, version: int) -> bytes:
    """Return ``digits`` sealed for ``person`` and ``version`` under the newest key-encryption key."""
    kek_id = settings.MYNUMBER_KEK_ID
    data_key = AESGCM.generate_key(bit_length=8 * _KEY)
    wrap_nonce, nonce = os.urandom(_NONCE), os.urandom(_NONCE)
    wrapped = AESGCM(_kek(kek_id)).encrypt(wrap_nonce, data_key, _wrap_label(person, version, kek_id))
    body = AESGCM(data_key).encrypt(nonce, digits.encode(), _data_label(person, version))
    return _VERSION + kek_id.to_bytes(_KEK_ID, "big") + wrap_nonce + wrapped + nonce + body


def unseal(blob: bytes, *, person: UUID, version: int) -> str:
    """Return the twelve digits, or raise :class:`SealBrokenError`. A wrong key is never tried and passed over."""
    if blob[:1] != _VERSION or len(blob) <= _HEADER + _WRAPPED + _NONCE:
        raise SealBrokenError
    kek_id = int.from_bytes(blob[1:_HEADER], "big")
    wrapped, rest = blob[_HEADER : _HEADER + _WRAPPED], blob[_HEADER + _WRAPPED :]
    try:
        data_key = AESGCM(_kek(kek_id)).decrypt(
            wrapped[:_NONCE], wrapped[_NONCE:], _wrap_label(person, version, kek_id)
        )
        return AESGCM(data_key).decrypt(rest[:_NONCE], rest[_NONCE:], _data_label(person, version)).decode()
    except (InvalidTag, keyfiles.KeyUnavailableError) as error:
        raise SealBrokenError from error


def index(digits: str) -> bytes:
    """Return the 32-byte blind index by which equal numbers are told without opening them.

    HMAC-SHA256 under a key of its own, over Argon2id of the number: there are only 10^11 numbers, so that a
    leaked HMAC key alone would give them all away within hours; the memory-hard step makes each guess cost
    ``MYNUMBER_INDEX_MEMORY_KIB`` of memory and its time.
    """
    key = keyfiles.read("number-index")
    stretched = hash_secret_raw(
        secret=digits.encode(),
        salt=hashlib.sha256(b"kyufu index salt" + key).digest()[:16],
        time_cost=settings.MYNUMBER_INDEX_PASSES,
        memory_cost=settings.MYNUMBER_INDEX_MEMORY_KIB,
        parallelism=1,
        hash_len=_INDEX_BYTES,
        type=Type.ID,
    )
    return hmac.digest(key, stretched, "sha256")


def try_out(key_name: str) -> None:
    """Wrap a random data key under ``key_name`` as the file is now, and unwrap it again.

    Raises :class:`audit.keyfiles.KeyUnavailableError` when the file cannot be used, :class:`SealBrokenError` when
    what was wrapped does not come back, or when the file is not the key that this process works with.
    """
    key = keyfiles.read.__wrapped__(key_name)  # past the cache: what the file says now
    data_key, nonce = AESGCM.generate_key(bit_length=8 * _KEY), os.urandom(_NONCE)
    label = b"try1|" + key_name.encode()
    wrapped = AESGCM(key).encrypt(nonce, data_key, label)
    try:
        is_sound = AESGCM(keyfiles.read(key_name)).decrypt(nonce, wrapped, label) == data_key
    except InvalidTag as error:
        raise SealBrokenError from error
    if not is_sound:
        raise SealBrokenError


def _kek(kek_id: int) -> bytes:
    return keyfiles.read(f"number-kek-{kek_id}")


def _data_label(person: UUID, version: int) -> bytes:
    return f"mn1|vault.number|{person}|{version}".encode()


def _wrap_label(person: UUID, version: int, kek_id: int) -> bytes:
    return f"kek1|{person}|{version}|{kek_id}".encode()
