"""What is written down about the running of the system, and how personal data are kept out of it.

One JSON object per line. A message may quote what somebody typed (an address, a header), so queries are cut off,
runs of twelve digits are masked however they are grouped or encoded, and control characters are escaped. Of an
exception only its kind and where it was raised are kept: its text may hold a row of the database, and its variables
certainly do.
"""

import json
import logging
import os
import re
import traceback
from collections.abc import ItemsView
from contextvars import ContextVar
from datetime import datetime
from io import TextIOWrapper
from logging.handlers import WatchedFileHandler
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from zoneinfo import ZoneInfo

from django.http import HttpRequest
from django.views.debug import SafeExceptionReporterFilter

TOKYO = ZoneInfo("Asia/Tokyo")
MASK = "[12桁の数字]"
LONGEST_MESSAGE = 1_000

#: The id of the request being served, "" outside one.
request_id: ContextVar[str] = ContextVar("request_id", default="")

# What people put between digits, and what a blank becomes in an address. No colon: times of day have those.
_BETWEEN = r"[\s\-‐‑‒–—―−ー－﹣ｰ.．。｡・･·/／\\＼_＿,，、､+＋\u200b-\u200f\u2060-\u2064\ufeff]{0,3}"
# \d also matches full-width digits, which people type.
_NUMBER = re.compile(rf"\d(?:{_BETWEEN}\d){{11,}}")
# Long, and wanted: the address with which gunicorn begins a line, ids, times.
_KEPT = re.compile(
    "("
    r"^(?:\d{1,3}\.){3}\d{1,3}(?= \")"
    r"|(?<![0-9a-f-])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![0-9a-f-])"
    r"|(?<!\d)(?:19|20)\d\d-[01]\d-[0-3]\d[T ][0-2]\d:[0-5]\d"
    r"(?::[0-6]\d(?:[.,]\d{1,6})?)?(?:Z|[+-][01]\d:?[0-5]\d)?(?!\d)"
    ")",
    re.ASCII,
)
_QUERY = re.compile(r"\?[^ ]+")
# gunicorn quotes what it could not read: for example a whole line of the request
_UNREAD = re.compile(r"(Invalid request from ip=\S+: [^'\":]*)['\":].*", re.DOTALL)
# WSGI gives an address's bytes as Latin-1 characters; Django writes it with Python's escapes
_BYTES = re.compile("[\x80-\xff]{2,}")
_ESCAPE = re.compile(r"\\+(?:x([0-9a-f]{2})|u([0-9a-f]{4}))")
# C0, C1, line and paragraph separators, bidirectional and invisible marks, lone surrogates
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]")


def harmless(text: str) -> str:
    """Return ``text`` without queries, without anything that looks like a My Number and without forged lines.

    A number is also found when it is escaped or percent-encoded, up to three times; the text is then given decoded.
    """
    masked = decoded = _masked(_QUERY.sub("?…", _UNREAD.sub(r"\1…", text)))
    for _ in range(3):
        decoded = _decoded(decoded)
        without = _masked(decoded)
        if without != decoded:
            masked = decoded = without
    return _UNPRINTABLE.sub(lambda found: f"\\u{ord(found.group()):04x}", masked)[:LONGEST_MESSAGE]


def _masked(text: str) -> str:
    # what is kept stands at the odd places
    parts = _KEPT.split(text)
    return "".join(part if place % 2 else _NUMBER.sub(MASK, part) for place, part in enumerate(parts))


def _decoded(text: str) -> str:
    """Return ``text`` with one layer of encoding taken off."""
    text = _ESCAPE.sub(lambda found: chr(int(found[1] or found[2], 16)), text)
    text = _BYTES.sub(lambda found: found.group().encode("latin-1").decode("utf-8", "replace"), text)
    return unquote(text, errors="replace")


class JsonLines(logging.Formatter):
    """One line per event: when, how grave, who says so, what, and the request it belongs to."""

    def format(self, record: logging.LogRecord) -> str:
        request = getattr(record, "request", None)
        entry: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, TOKYO).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": harmless(record.getMessage()),
        }
        known_id = request_id.get() or str(getattr(request, "id", ""))
        if known_id:
            entry["request_id"] = known_id
        status = getattr(record, "status_code", None)
        if isinstance(status, int):
            entry["status"] = status
        if record.exc_info and record.exc_info[1] is not None:
            entry["exception"] = described(record.exc_info[1])
        return json.dumps(entry, ensure_ascii=False)


def described(error: BaseException) -> dict[str, Any]:
    """Return an exception's kind, the database's name for it and the places it passed: no text, no variables."""
    description: dict[str, Any] = {"type": type(error).__qualname__}
    diagnosis = getattr(error.__cause__ or error, "diag", None)
    if diagnosis is not None:
        description["sqlstate"] = getattr(diagnosis, "sqlstate", None)
        description["constraint"] = getattr(diagnosis, "constraint_name", None)
    description["at"] = [
        f"{Path(frame.filename).name}:{frame.lineno} {frame.name}"
        for frame in traceback.extract_tb(error.__traceback__, limit=-12)
    ]
    return description


class OwnerOnlyFile(WatchedFileHandler):
    """A log file that only its owner reads, opened at the first line and again after a rotation."""

    def _open(self) -> TextIOWrapper:
        path = Path(self.baseFilename)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        return TextIOWrapper(os.fdopen(handle, "ab", buffering=0), encoding="utf-8", write_through=True)


class NothingToReport(SafeExceptionReporterFilter):
    """Keeps settings, variables and form data out of every error report, whatever they are called."""

    hidden_settings = re.compile("", re.IGNORECASE)

    def is_active(self, request: HttpRequest | None) -> bool:
        return True

    def get_post_parameters(self, request: HttpRequest | None) -> dict[str, Any]:
        return {}

    def get_traceback_frame_variables(self, request: HttpRequest | None, tb_frame: Any) -> ItemsView[str, Any]:
        return {}.items()


def configuration(file: Path, *, to_terminal: bool = True) -> dict[str, Any]:
    """Return the logging configuration: everything into ``file``, errors also on the terminal."""
    handlers: dict[str, Any] = {
        "file": {"class": "config.logs.OwnerOnlyFile", "formatter": "json", "filename": str(file), "delay": True},
    }
    if to_terminal:
        handlers["terminal"] = {"class": "logging.StreamHandler", "formatter": "json", "level": "ERROR"}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": "config.logs.JsonLines"}},
        "handlers": handlers,
        "root": {"handlers": list(handlers), "level": "INFO"},
        "loggers": {
            # Django's own handlers print for developers and mail administrators: here everything goes one way
            "django": {"handlers": [], "level": "INFO", "propagate": True},
            "django.server": {"handlers": [], "propagate": True},
            "django.db.backends": {"handlers": [], "level": "ERROR", "propagate": False},
            "axes": {"handlers": [], "level": "WARNING", "propagate": True},
            "fontTools": {"handlers": [], "level": "ERROR", "propagate": True},
        },
    }
