"""Keys that live in files beside the data, never in it. The only code that reads a key from disk.

A key file holds 32 bytes as hex. It is refused when anybody but its owner may read it, since a key that a
neighbour can copy protects nothing.
"""

import os
import secrets
import stat
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

KEY_BYTES = 32


class KeyUnavailableError(Exception):
    """A key is missing, malformed or readable by others. Nothing that needs it may go on."""


@lru_cache(maxsize=32)
def read(name: str) -> bytes:
    """Return the 32 bytes of the key called ``name`` (file ``<KYUFU_KEYS_DIR>/<name>.key``).

    Raises :class:`KeyUnavailableError`, whose text names the file and what to do, never the key.
    """
    path = Path(settings.KYUFU_KEYS_DIR) / f"{name}.key"
    try:
        mode = path.stat().st_mode
        text = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        message = f"鍵ファイル {path.name} を読み取れません。KYUFU_HOME/keys を確認してください。"
        raise KeyUnavailableError(message) from error
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        message = f"鍵ファイル {path.name} がほかの利用者にも読める状態です。chmod 600 で直してください。"
        raise KeyUnavailableError(message)
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        message = f"鍵ファイル {path.name} の中身が鍵ではありません（32バイトの16進数）。"
        raise KeyUnavailableError(message)
    return key


def is_sound(name: str) -> bool:
    """Seal random bytes under the key file as it is now, and tell whether the key this process works with opens them.

    Raises :class:`KeyUnavailableError` when the file cannot be used.
    """
    key = read.__wrapped__(name)  # past the cache: what the file says now
    text, nonce = secrets.token_bytes(KEY_BYTES), secrets.token_bytes(12)
    label = b"try1|" + name.encode()
    try:
        return AESGCM(read(name)).decrypt(nonce, AESGCM(key).encrypt(nonce, text, label), label) == text
    except InvalidTag:
        return False


def make(name: str) -> None:
    """Write a new random key called ``name``, for its owner alone. Raises ``FileExistsError`` when there is one.

    On return the file survives a power cut: something is about to be sealed under it. Killed on the way, this leaves
    a whole key or none.
    """
    path = Path(settings.KYUFU_KEYS_DIR) / f"{name}.key"
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(f"{secrets.token_bytes(KEY_BYTES).hex()}\n")
            file.flush()
            os.fsync(file.fileno())
        # a link, unlike a rename, never replaces what is there
        path.hardlink_to(draft)
    finally:
        draft.unlink()
    _keep_names(path.parent)


def destroy(name: str) -> None:
    """Overwrite the key called ``name`` and remove its file; without one, do nothing."""
    path = Path(settings.KYUFU_KEYS_DIR) / f"{name}.key"
    try:
        with path.open("r+", encoding="ascii") as file:
            # another key, so that a kill before the next line leaves no file that is found malformed
            file.write(f"{secrets.token_bytes(KEY_BYTES).hex()}\n")
            file.truncate()
            file.flush()
            os.fsync(file.fileno())
        path.unlink()
        _keep_names(path.parent)
    except FileNotFoundError:
        pass
    finally:
        read.cache_clear()


def _keep_names(directory: Path) -> None:
    """Make what was added to or taken from the directory survive a power cut."""
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
