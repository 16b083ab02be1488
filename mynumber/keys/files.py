"""Keys in files beside the data (``KYUFU_HOME/keys``), refused when anybody but their owner may read them."""

import hashlib
import hmac
import os
import re
from datetime import datetime
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from audit import keyfiles
from mynumber.keys.interface import INDEX_KEY, Key, KeyUnavailableError, WrongKeyError, kek_name

_NONCE = 12
_KEK_FILE = re.compile(r"number-kek-([1-9][0-9]{0,4})")


class FileKeys:
    """AES-256-GCM and HMAC-SHA256 with keys that this process reads. See :class:`mynumber.keys.KeyProvider`.

    A file is looked at each time its key is used, so that a key that was destroyed, opened to others or exchanged is
    of no use any more at once, in every process.
    """

    def __init__(self) -> None:
        self._seen: dict[str, tuple[int, ...]] = {}

    def wrap(self, kek_id: int, data_key: bytes, *, label: bytes) -> bytes:
        """Return nonce (12) and ciphertext with tag (48)."""
        nonce = os.urandom(_NONCE)
        return nonce + AESGCM(self._key(kek_name(kek_id))).encrypt(nonce, data_key, label)

    def unwrap(self, kek_id: int, wrapped: bytes, *, label: bytes) -> bytes:
        """Return the data key, or raise :class:`WrongKeyError`."""
        try:
            return AESGCM(self._key(kek_name(kek_id))).decrypt(wrapped[:_NONCE], wrapped[_NONCE:], label)
        except (InvalidTag, ValueError) as error:
            raise WrongKeyError from error

    def mac(self, text: bytes) -> bytes:
        """Return HMAC-SHA256 of ``text`` under the index key."""
        return hmac.digest(self._key(INDEX_KEY), text, "sha256")

    def index_salt(self) -> bytes:
        """Return sixteen bytes made from the index key."""
        return hashlib.sha256(b"kyufu index salt" + self._key(INDEX_KEY)).digest()[:16]

    def versions(self) -> list[Key]:
        """Return the key-encryption keys whose files lie there."""
        matches = (_KEK_FILE.fullmatch(path.stem) for path in Path(settings.KYUFU_KEYS_DIR).glob("number-kek-*.key"))
        ids = sorted(int(match[1]) for match in matches if match)
        return [Key(kek_name(kek_id), kek_id, _made_at(kek_name(kek_id))) for kek_id in ids]

    def health(self) -> list[Key]:
        """Try every key as its file is now: one that was replaced since it was read is told of."""
        kept = [*self.versions(), Key(INDEX_KEY, None, _made_at(INDEX_KEY))]
        return [Key(key.name, key.kek_id, key.made_at, _problem(key.name)) for key in kept]

    def make(self, kek_id: int) -> None:
        """Write a new key file that only its owner reads."""
        self._make(kek_name(kek_id))

    def make_index(self) -> None:
        """Write the index key's file."""
        self._make(INDEX_KEY)

    def destroy(self, kek_id: int) -> None:
        """Overwrite and remove the key's file. What a disk or a copy of it still holds is beyond this."""
        keyfiles.destroy(kek_name(kek_id))

    def close(self) -> None:
        """Do nothing: there is nothing to let go of."""

    def _make(self, name: str) -> None:
        try:
            keyfiles.make(name)
        except FileExistsError:
            raise
        except OSError as error:
            message = _("鍵ファイル %(file)s を作れません。KYUFU_HOME/keys を確認してください。")
            raise KeyUnavailableError(message % {"file": f"{name}.key"}) from error

    def _key(self, name: str) -> bytes:
        """Return the key as it was first read, as long as the file still holds it for its owner alone."""
        try:
            status = (Path(settings.KYUFU_KEYS_DIR) / f"{name}.key").stat()
            look: tuple[int, ...] = (status.st_dev, status.st_ino, status.st_mode, status.st_size, status.st_ctime_ns)
        except OSError:
            look = ()
        if not look or self._seen.get(name) != look:
            now = keyfiles.read.__wrapped__(name)  # past the cache: what the file says now
            if not hmac.compare_digest(now, keyfiles.read(name)):
                message = _(
                    "鍵ファイル %(file)s が、動いている間に別の鍵に替わりました。控えから元の鍵を戻してください。"
                )
                raise KeyUnavailableError(message % {"file": f"{name}.key"})
            self._seen[name] = look
        return keyfiles.read(name)


def _made_at(name: str) -> datetime | None:
    try:
        modified = (Path(settings.KYUFU_KEYS_DIR) / f"{name}.key").stat().st_mtime
    except OSError:
        return None
    return datetime.fromtimestamp(modified, tz=timezone.get_current_timezone())


def _problem(name: str) -> str:
    try:
        return "" if keyfiles.is_sound(name) else _("試しに封じたものが開きません。")
    except KeyUnavailableError as unavailable:
        return str(unavailable)
