"""Sets the monthly report in type: the figures as they were signed, who signed them, and room for two stamps."""

import json
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any, Final

import typst
from django.conf import settings
from django.utils import timezone

from audit.models import MonthlyReport
from benefits import glyphs

TEMPLATE = Path(__file__).resolve().parent.parent.parent / "templates" / "audit" / "monthly_report.typ"
STANDARD: Final = "ua-1"
#: Printed for a character that cannot be drawn, with the character's number.
GETA: Final = "〓"


def render(signed: MonthlyReport, *, signed_by: str, countersigned_by: str, countersigned_at: datetime) -> bytes:
    """Return the report as a PDF/UA-1 document on A4. Raises ``glyphs.FontsMissing``."""
    today = timezone.localdate(countersigned_at)
    page = {
        "office": settings.OFFICE_NAME,
        "month": f"{signed.month.year}年{signed.month.month}月",
        "figures": signed.figures,
        "fingerprint": signed.fingerprint,
        "signed_by": signed_by,
        "signed_at": _moment(signed.signed_at),
        "countersigned_by": countersigned_by,
        "countersigned_at": _moment(countersigned_at),
        "made_date": today.timetuple()[:3],
    }
    return _press(glyphs.font_directories()).set(json.dumps(_printable(page), ensure_ascii=False))


def _moment(at: datetime) -> str:
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M}"


def _printable(value: Any) -> Any:
    if isinstance(value, str):
        cannot = {problem.character for problem in glyphs.unprintable(value)}
        return "".join(f"{GETA}[U+{ord(one):04X}]" if one in cannot else one for one in value)
    if isinstance(value, dict):
        return {key: _printable(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_printable(part) for part in value]
    return value


class _Press:
    """A compiler and its typefaces, kept because reading them costs more than setting a page."""

    def __init__(self, directories: tuple[str, ...]) -> None:
        self._lock = Lock()
        self._compiler = typst.Compiler(
            TEMPLATE, root=TEMPLATE.parent, font_paths=glyphs.typefaces(directories), ignore_system_fonts=True
        )

    def set(self, data: str) -> bytes:
        """Set one report. One at a time: the compiler holds the inputs of the page it is setting."""
        with self._lock:
            pages = self._compiler.compile(format="pdf", sys_inputs={"report": data}, pdf_standards=STANDARD)
        if not isinstance(pages, bytes):
            raise TypeError("The typesetter did not return one document.")
        return pages


@lru_cache(maxsize=4)
def _press(directories: tuple[str, ...]) -> _Press:
    return _Press(directories)
