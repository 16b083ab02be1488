"""Sets labels in type: a QR code, the same number in words, and what it is stuck on; nothing personal.

What is on a label is for anybody to read who sees the paper lie somewhere: no name, no receipt number.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Final

import typst
from django.conf import settings
from django.utils.translation import gettext as _

from accounts import qr
from benefits import glyphs
from benefits.models import Box, Paper, Place

TEMPLATE = Path(__file__).resolve().parent.parent.parent / "templates" / "benefits" / "papers" / "labels.typ"


@dataclass(frozen=True, slots=True)
class Sheet:
    """A common label sheet on A4: how many labels it has and where they are, in millimetres."""

    code: str
    columns: int
    rows: int
    width: float
    height: float
    left: float
    top: float

    @property
    def size(self) -> int:
        """How many labels are on one sheet."""
        return self.columns * self.rows


#: The first is what a page prints unless another is chosen.
SHEETS: Final = (
    Sheet("24", columns=3, rows=8, width=70.0, height=33.9, left=0.0, top=12.9),
    Sheet("21", columns=3, rows=7, width=70.0, height=42.3, left=0.0, top=0.0),
    Sheet("12", columns=2, rows=6, width=86.4, height=42.3, left=18.6, top=21.6),
)


@dataclass(frozen=True, slots=True)
class Label:
    """What stands on one label."""

    code: str
    heading: str
    line: str
    warning: str = ""


def label_of(thing: Paper | Box | Place) -> Label:
    """Return the label of a paper, a box or a place."""
    if isinstance(thing, Paper):
        return Label(
            thing.code,
            thing.kind_label,
            _("原本") if thing.is_original else _("写し"),
            _("職員専用区域から出さない") if thing.holds_number else "",
        )
    if isinstance(thing, Box):
        return Label(thing.code, _("書類の箱"), "")
    return Label(thing.code, _("保管場所"), thing.words, "" if thing.is_staff_only else _("番号の書類は置かない"))


def sheet_called(code: str) -> Sheet:
    """Return the sheet with this code, or the usual one."""
    return next((sheet for sheet in SHEETS if sheet.code == code), SHEETS[0])


def render(labels: Sequence[Label], *, sheet: Sheet = SHEETS[0], skip: int = 0) -> bytes:
    """Return ``labels`` as a PDF for ``sheet``; ``skip`` labels of the first sheet are used up already.

    Raises :class:`benefits.glyphs.FontsMissing`.
    """
    job = {
        "title": _("書類のラベル"),
        "office": settings.OFFICE_NAME,
        "sheet": asdict(sheet),
        "skip": min(max(skip, 0), sheet.size - 1),
        "labels": [asdict(label) | {"picture": picture(label.code)} for label in labels],
    }
    return _press(glyphs.font_directories()).set(json.dumps(job, ensure_ascii=False))


def picture(code: str) -> str:
    """Return the QR code of a label number as an SVG drawing."""
    drawing = qr.draw(code)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {drawing.size} {drawing.size}">'
        f'<path fill="#000" d="{drawing.path}"/></svg>'
    )


class _Press:
    """A compiler and its typefaces, kept because reading them costs more than setting a page."""

    def __init__(self, directories: tuple[str, ...]) -> None:
        self._lock = Lock()
        self._compiler = typst.Compiler(
            TEMPLATE, root=TEMPLATE.parent, font_paths=glyphs.typefaces(directories), ignore_system_fonts=True
        )

    def set(self, data: str) -> bytes:
        """Set one job. One at a time: the compiler holds the inputs of the page it is setting."""
        with self._lock:
            pages = self._compiler.compile(format="pdf", sys_inputs={"labels": data})
        if not isinstance(pages, bytes):
            raise TypeError("The typesetter did not return one document.")
        return pages


@lru_cache(maxsize=2)
def _press(directories: tuple[str, ...]) -> _Press:
    return _Press(directories)
