"""Makes the office's keys and database passwords, once, in files that only their owner reads.

A key that is lost is not replaced: what was sealed under it stays sealed, so :func:`ensure` refuses to make a
new one where there was one before. ``audit.keyfiles`` is what reads keys while serving.
"""

import os
import secrets
import stat
from collections.abc import Collection
from pathlib import Path

KEY_BYTES = 32
#: The sealing keys: My Number envelope key and blind index, authenticator seeds, reasons; Django's own; the one that
#: entries of the record are authenticated under.
KEY_FILES = (
    "django-secret.key",
    "number-kek-1.key",
    "number-index.key",
    "seed.key",
    "reason.key",
    "kept-input.key",
    "review-signing.key",
    "ledger-mac.key",
)
#: Those of the first release, whose marker did not name them.
FIRST_KEY_FILES = ("django-secret.key", "number-kek-1.key", "number-index.key", "seed.key", "reason.key")
#: Those of My Numbers, which are files only in an office that has no other provider (mynumber.keys).
NUMBER_KEY_FILES = frozenset({"number-kek-1.key", "number-index.key"})
FIRST_KEK_FILE = "number-kek-1.key"
DJANGO_KEY = "django-secret.key"
#: Says that keys were made here, so that an emptied directory is not taken for a new office.
MARKER = "keys-were-made"


class KeysMissing(Exception):
    """Keys that this office's data was sealed under are not there."""


def ensure(
    directory: Path, *, data_exists: bool, numbers_in_files: bool = True, keks: Collection[int] = ()
) -> list[str]:
    """Make the keys that a new office needs and return their file names; never overwrite one.

    ``numbers_in_files`` is false for an office whose keys of My Numbers are elsewhere: those are not made here.
    ``keks`` are those under which the database says that something is sealed; none of them is ever made anew.

    Raises :class:`KeysMissing` when some are gone although they were made before or there is data already.
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    directory.chmod(0o700)
    sealing = {f"number-kek-{kek_id}.key" for kek_id in keks} if numbers_in_files else set()
    wanted = needed(directory, numbers_in_files=numbers_in_files)
    if sealing:
        wanted = sorted({name for name in wanted if name != FIRST_KEK_FILE} | sealing)
    missing = [name for name in wanted if not (directory / name).exists()]
    marker = directory / MARKER
    had = _made_before(marker) | sealing
    # a key that a later release added was never made here, and nothing is sealed under it yet
    lost = [name for name in missing if name in had] if marker.exists() or data_exists else []
    if lost:
        names = "、".join(lost)
        message = (
            f"鍵ファイルがありません: {names}（{directory}）。この鍵で封じたデータが残っているため、"
            "新しい鍵は作りません。控えから鍵を戻してください。"
            " / Key files are missing and data sealed under them exists:"
            " restore them from your backup; new keys would not open the data."
        )
        raise KeysMissing(message)
    for name in missing:
        write_secret(directory / name, secrets.token_bytes(KEY_BYTES).hex())
    if missing or not marker.exists():
        marker.unlink(missing_ok=True)
        write_secret(marker, "\n".join(["ここにある名前の鍵は、なくなっても作り直されません。", *wanted]))
    return missing


def needed(directory: Path, *, numbers_in_files: bool) -> list[str]:
    """Return the names of the key files without which the office cannot work.

    The first key of My Numbers is not missed any more where a later one has taken its place. Whether one is gone that
    still opens numbers is known to the database alone, and ``config.checks`` asks it.
    """
    later = any(file.name != FIRST_KEK_FILE for file in directory.glob("number-kek-*.key"))
    return [
        name
        for name in KEY_FILES
        if name not in NUMBER_KEY_FILES or (numbers_in_files and not (later and name == FIRST_KEK_FILE))
    ]


def _made_before(marker: Path) -> frozenset[str]:
    """Return which keys this office has had; a marker of the first release names none, and stood for its five."""
    listed = marker.read_text(encoding="utf-8").split() if marker.exists() else []
    return frozenset(FIRST_KEY_FILES) | frozenset(listed)


def write_secret(path: Path, text: str) -> None:
    """Write a new file that only its owner can read, all of it or nothing; refuse to overwrite one."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(f"{text}\n")
            file.flush()
            os.fsync(file.fileno())
        # a link, unlike a rename, never replaces what is there
        path.hardlink_to(draft)
    finally:
        draft.unlink()


def password(directory: Path, role: str) -> str:
    """Return the password of the database role ``role``, made at the first call."""
    path = directory / f"{role}.password"
    if not path.exists():
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_secret(path, secrets.token_urlsafe(32))
    return path.read_text(encoding="utf-8").strip()


def password_if_any(directory: Path, role: str) -> str:
    """Return the password of ``role``, or "" when it was never made or this process may not read it."""
    try:
        return (directory / f"{role}.password").read_text(encoding="utf-8").strip()
    except OSError:
        return ""


def django_secret(directory: Path) -> str:
    """Return Django's signing key, or "" before the keys were made (Django then refuses to sign anything)."""
    try:
        return (directory / DJANGO_KEY).read_text(encoding="utf-8").strip()
    except OSError:
        return ""


def complaints(directory: Path, *, numbers_in_files: bool = True) -> list[str]:
    """Return a sentence for each key that is missing, malformed or open to others."""
    found = []
    if directory.is_dir() and stat.S_IMODE(directory.stat().st_mode) & 0o077:
        found.append(f"鍵の置き場 {directory.name}/ をほかの利用者が開けます。chmod 700 で直してください。")
    keks = {file.name for file in directory.glob("number-kek-*.key")} if numbers_in_files else set()
    for name in sorted(keks | set(needed(directory, numbers_in_files=numbers_in_files))):
        path = directory / name
        try:
            mode = stat.S_IMODE(path.stat().st_mode)
            key = bytes.fromhex(path.read_text(encoding="ascii").strip())
        except OSError:
            found.append(f"鍵ファイル {name} がないか、読み取れません。")
            continue
        except ValueError:
            found.append(f"鍵ファイル {name} の中身が16進数ではありません。")
            continue
        if mode & 0o077:
            found.append(f"鍵ファイル {name} をほかの利用者が読めます。chmod 600 で直してください。")
        if len(key) != KEY_BYTES:
            found.append(f"鍵ファイル {name} の長さが{KEY_BYTES}バイトではありません。")
    return found
