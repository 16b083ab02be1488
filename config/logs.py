"""What is written down about the running of the system, and how personal data are kept out of it.

One JSON object per line. A message may quote what somebody typed (an address, a header), so runs of twelve digits
are masked and control characters escaped. Of an exception only its kind and where it was raised are kept: its text
may hold a row of the database, and its variables certainly do.
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
from zoneinfo import ZoneInfo

from django.http import HttpRequest
from django.views.debug import SafeExceptionReporterFilter

TOKYO = ZoneInfo("Asia/Tokyo")
MASK = "[12桁の数字]"
LONGEST_MESSAGE = 1_000

#: The id of the request being served, "" outside one.
request_id: ContextVar[str] = ContextVar("request_id", default="")

# \d also matches full-width digits, which people type.
_TWELVE_DIGITS = re.compile(r"\d{12,}|\d{4}[-‐−ー－ 　]\d{4}[-‐−ー－ 　]\d{4}")
# C0, C1, line and paragraph separators, bidirectional and invisible marks, lone surrogates
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]")


def harmless(text: str) -> str:
    """Return ``text`` without anything that looks like a My Number and without characters that could forge a line."""
    masked = _TWELVE_DIGITS.sub(MASK, text)
    return _UNPRINTABLE.sub(lambda found: f"\\u{ord(found.group()):04x}", masked)[:LONGEST_MESSAGE]


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
