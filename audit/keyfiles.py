"""Keys that live in files beside the data, never in it. The only code that reads a key from disk.

A key file holds 32 bytes as hex. It is refused when anybody but its owner may read it, since a key that a
neighbour can copy protects nothing.
"""

import stat
from functools import lru_cache
from pathlib import Path

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
