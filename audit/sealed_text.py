"""Short texts that are kept but not readable in the database: reasons in words, authenticator seeds.

AES-256-GCM (NIST SP 800-38D) under a key from a file; ``bound_to`` is authenticated with the text, so that a
sealed text copied to another row does not open there.
"""

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from audit import keyfiles

_VERSION = b"\x01"
_NONCE_BYTES = 12


class UnopenableError(Exception):
    """A sealed text was changed, moved, or sealed under another key."""


def seal(text: str, *, key: str, bound_to: str) -> bytes:
    """Return ``text`` sealed under the key file ``key``; it opens only with the same ``bound_to``."""
    nonce = os.urandom(_NONCE_BYTES)
    return _VERSION + nonce + AESGCM(keyfiles.read(key)).encrypt(nonce, text.encode(), bound_to.encode())


def unseal(sealed: bytes, *, key: str, bound_to: str) -> str:
    """Return the text, or raise :class:`UnopenableError`. There is no other answer: never the ciphertext."""
    blob = bytes(sealed)
    if blob[:1] != _VERSION:
        raise UnopenableError
    nonce, body = blob[1 : 1 + _NONCE_BYTES], blob[1 + _NONCE_BYTES :]
    try:
        return AESGCM(keyfiles.read(key)).decrypt(nonce, body, bound_to.encode()).decode()
    except (InvalidTag, ValueError) as error:
        raise UnopenableError from error
