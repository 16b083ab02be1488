"""Sets the statement in type that a resident gets of who opened their record and their number."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Final

import typst
from django.utils.translation import gettext as _

from benefits import glyphs
from benefits.glyphs import FontsMissing

__all__ = ["FontsMissing", "Line", "MissingGlyph", "Statement", "render"]

TEMPLATE = Path(__file__).resolve().parent.parent / "templates" / "benefits" / "access_statement.typ"
STANDARD: Final = "ua-1"
#: A longer statement is asked for in parts.
MOST_LINES: Final = 2_000


class MissingGlyph(Exception):
    """A character of a name cannot be printed as it is written. The text names it."""


@dataclass(frozen=True, slots=True)
class Line:
    """One access: when, what was opened, what for, and by whom (a name, or the role alone)."""

    at: str
    action: str
    purpose: str
    who: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """Every word on the statement. Empty texts are printed as a dash."""

    office: str
    name: str
    recipient_number: str
    period: str
    made_on: str
    made_date: date
    names_staff: bool
    lines: Sequence[Line]


def render(statement: Statement) -> bytes:
    """Return the statement as a PDF/UA-1 document on A4.

    Raises :class:`MissingGlyph` and :class:`FontsMissing`.
    """
    words = [statement.office, statement.name, statement.period]
    words += [part for line in statement.lines for part in asdict(line).values()]
    for problem in glyphs.unprintable("\n".join(words)):
        raise MissingGlyph(_("「%s」は印刷できません。この文字を確認してください。") % problem.code_points)
    data = asdict(statement) | {"made_date": statement.made_date.timetuple()[:3]}
    return _press(glyphs.font_directories()).set(json.dumps(data, ensure_ascii=False))


class _Press:
    """A compiler and its typefaces, kept because reading them costs more than setting a page."""

    def __init__(self, directories: tuple[str, ...]) -> None:
        self._lock = Lock()
        self._compiler = typst.Compiler(
            TEMPLATE, root=TEMPLATE.parent, font_paths=glyphs.typefaces(directories), ignore_system_fonts=True
        )

    def set(self, data: str) -> bytes:
        """Set one statement. One at a time: the compiler holds the inputs of the page it is setting."""
        with self._lock:
            pages = self._compiler.compile(format="pdf", sys_inputs={"statement": data}, pdf_standards=STANDARD)
        if not isinstance(pages, bytes):
            raise TypeError("The typesetter did not return one document.")
        return pages


@lru_cache(maxsize=4)
def _press(directories: tuple[str, ...]) -> _Press:
    return _Press(directories)
