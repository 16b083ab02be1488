"""Reads the token or PIN with which a provider of keys is asked: from a file, never from a command line."""

import os
import stat
from pathlib import Path

from django.utils.translation import gettext as _

from mynumber.keys.interface import KeyUnavailableError

_MOST_BYTES = 4096


def read(path: Path) -> str:
    """Return what the file holds, as it is now: it may be renewed while the office is open.

    Raises :class:`KeyUnavailableError`, whose text names the file and what to do, never what is in it.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        with os.fdopen(handle, "rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            text = file.read(_MOST_BYTES).decode("ascii").strip()
    except (OSError, UnicodeDecodeError):
        text, mode = "", 0
    if not text or not text.isprintable():
        message = _("%(file)s を読み取れません。トークンまたは PIN だけを1行で書き、所有者を確かめてください。")
        raise KeyUnavailableError(message % {"file": path.name})
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        message = _("%(file)s がほかの利用者にも読める状態です。chmod 600 で直してください。")
        raise KeyUnavailableError(message % {"file": path.name})
    return text
