"""Under which name and key the ledger is signed, and how a name follows another.

A name belongs to one office's one database: a copy for training or for tests has another, so that nothing it signs can
be taken for the office's. A name that can go on no longer, since the database was restored or its key is lost, is
followed by a new one that says where it goes on from (``manage.py renew_origin``). Names are never changed.
"""

import os
import secrets
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings

from audit.ledger import notes

KEY_FILE = "sealer.key"
#: A key that was replaced as planned: it signs once more beside its successor, and is then destroyed.
FORMER_KEY_FILE = "former.key"
#: The advisory lock of whoever begins a name.
LOCK = 0x6B79_7566_6F72_6967  # "kyuforig"
_COLUMNS = "origin, vkey, began_at, after_origin, after_size, after_root"


class KeyUnavailableError(Exception):
    """The signing key is missing, malformed or readable by others. The text names the file and what to do."""


@dataclass(frozen=True, slots=True)
class Origin:
    """A name that the ledger is signed under, with its public key and where it goes on from."""

    name: str
    vkey: str
    began_at: datetime
    after_origin: str | None
    after_size: int | None
    after_root: bytes | None

    @property
    def key(self) -> notes.VerifierKey:
        """The public key."""
        return notes.VerifierKey.parse(self.vkey)


def every(database: psycopg.Connection[Any]) -> list[Origin]:
    """Return all names, in the order in which they began."""
    rows: Sequence[Any] = database.execute(f"SELECT {_COLUMNS} FROM audit.origin ORDER BY began_at, origin").fetchall()  # noqa: S608  (the constant above)
    return [
        Origin(name, vkey, began_at, after_origin, after_size, bytes(after_root) if after_root is not None else None)
        for name, vkey, began_at, after_origin, after_size, after_root in rows
    ]


def current(database: psycopg.Connection[Any]) -> Origin | None:
    """Return the name that is signed under now: the one that no other follows."""
    known = every(database)
    followed = {one.after_origin for one in known}
    last = [one for one in known if one.name not in followed]
    return last[-1] if last else None


def begin(
    database: psycopg.Connection[Any],
    name: str,
    seed: bytes,
    *,
    after: tuple[str, int, bytes] | None = None,
) -> Origin:
    """Write down that the ledger is signed under ``name`` from now on, going on ``after`` a name's checkpoint."""
    key = notes.SigningKey(name, seed).verifier
    database.execute(
        "INSERT INTO audit.origin (origin, vkey, after_origin, after_size, after_root) VALUES (%s, %s, %s, %s, %s)",
        [name, str(key), *(after or (None, None, None))],
    )
    began = current(database)
    if began is None or began.name != name:
        message = "the name that was begun is not the last one"
        raise AssertionError(message)
    return began


def new_name(office: str, *, is_demo: bool) -> str:
    """Return a name that no other log has: the office's, without blanks, and something random. No machine's name."""
    said = "".join(one for one in office if not one.isspace() and one not in "+/")[:60]
    return f"{'kyufu-demo' if is_demo else 'kyufu'}/{said}/{secrets.token_hex(5)}"


def ensure(database: psycopg.Connection[Any], directory: Path) -> Origin:
    """Return the present name; make the first one, and its key, when there is none yet.

    Raises :class:`KeyUnavailableError` when a name is there and its key is not: a new key is made by two people.
    """
    with database.transaction():
        if current(database) is None:
            # two at once would each begin a name
            database.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        return _ensured(database, directory)


def _ensured(database: psycopg.Connection[Any], directory: Path) -> Origin:
    known = current(database)
    if known is not None:
        read_seed(directory)
        return known
    if not (directory / KEY_FILE).exists():
        make_seed(directory)
    return begin(database, new_name(settings.OFFICE_NAME, is_demo=settings.DEMO), read_seed(directory))


def read_seed(directory: Path, name: str = KEY_FILE) -> bytes:
    """Return the 32 bytes of the signing key. Raises :class:`KeyUnavailableError`."""
    path = directory / name
    try:
        mode = path.stat().st_mode
        text = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        message = f"署名鍵 {name} を読み取れません。KYUFU_SEALER_DIR（{directory}）を確認してください。"
        raise KeyUnavailableError(message) from error
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise KeyUnavailableError(f"署名鍵 {name} がほかの利用者にも読める状態です。chmod 600 で直してください。")
    try:
        seed = bytes.fromhex(text)
    except ValueError:
        seed = b""
    if len(seed) != notes.SEED_BYTES:
        raise KeyUnavailableError(f"署名鍵 {name} の中身が鍵ではありません（32バイトの16進数）。")
    return seed


def make_seed(directory: Path) -> None:
    """Write a new signing key, for its owner alone. Raises ``FileExistsError`` when there is one."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_durably(directory / KEY_FILE, f"{secrets.token_bytes(notes.SEED_BYTES).hex()}\n", replace=False)


def retire_seed(directory: Path, *, signs_once_more: bool) -> None:
    """Take the signing key out of use: kept to sign once more beside its successor, or overwritten and gone."""
    path = directory / KEY_FILE
    if signs_once_more:
        path.rename(directory / FORMER_KEY_FILE)
        _keep_names(directory)
    elif path.exists():
        destroy_seed(directory, KEY_FILE)


def destroy_seed(directory: Path, name: str) -> None:
    """Overwrite a key file and remove it."""
    path = directory / name
    write_durably(path, f"{secrets.token_bytes(notes.SEED_BYTES).hex()}\n")
    path.unlink()
    _keep_names(directory)


def write_durably(path: Path, text: str, *, replace: bool = True) -> None:
    """Write a small file for its owner alone, whole or not at all; on return it survives a power cut."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if replace:
            draft.replace(path)
        else:
            # a link, unlike a rename, never replaces what is there
            path.hardlink_to(draft)
    finally:
        draft.unlink(missing_ok=True)
    _keep_names(path.parent)


def _keep_names(directory: Path) -> None:
    """Make what was added to or taken from the directory survive a power cut."""
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
