"""The day's checkpoint on paper: size and root to be read and typed in, stamped by two, out of reach of computers."""

import json
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from threading import Lock

import segno
import typst
from django.conf import settings
from django.utils.translation import gettext as _

from audit.ledger import facets, notes

TEMPLATE = Path(__file__).resolve().parents[2] / "templates" / "audit" / "anchor_sheet.typ"
TYPEFACES = ("IPAexMincho", "IPAexGothic")
#: How many letters of the root stand together, and how many such groups in a line.
GROUP = 4
GROUPS_IN_A_LINE = 8


class FontsMissing(Exception):
    """The typefaces are not installed. The text says which, and what to do."""


def render(note: str, *, key: notes.VerifierKey, signed_at: datetime) -> bytes:
    """Return the sheet of a signed checkpoint as PDF. Raises :class:`FontsMissing`, or what :mod:`notes` raises."""
    checkpoint = notes.open_checkpoint(note, [key])
    local = signed_at.astimezone(facets.JAPAN)
    page = {
        "office": settings.OFFICE_NAME,
        "environment": settings.ENVIRONMENT_LABEL,
        "date": local.timetuple()[:3],
        "signed": f"{local:%Y年%m月%d日 %H時%M分%S秒}",
        "origin": checkpoint.origin,
        "key_id": key.key_id.hex(),
        "vkey": str(key),
        "size": f"{checkpoint.size:,}",
        "root": in_lines(checkpoint.root),
        "note": note,
        "qr": segno.make(note, error="m", micro=False).svg_inline(border=4),
    }
    return _press(tuple(map(str, settings.KYUFU_FONT_DIRS))).set(json.dumps(page, ensure_ascii=False))


def in_lines(root: bytes) -> list[str]:
    """Return the root as people read it out to each other: hex in groups of four, eight groups in a line."""
    text = root.hex()
    groups = [text[at : at + GROUP] for at in range(0, len(text), GROUP)]
    return [" ".join(groups[at : at + GROUPS_IN_A_LINE]) for at in range(0, len(groups), GROUPS_IN_A_LINE)]


class _Press:
    """A compiler and its typefaces, kept because reading them costs more than setting a page."""

    def __init__(self, directories: tuple[str, ...]) -> None:
        fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=list(directories))
        if missing := [name for name in TYPEFACES if name not in fonts.families()]:
            raise FontsMissing(
                _(
                    "書体（%(names)s）が見つかりません。Debianのパッケージ fonts-ipaexfont をインストールし、"
                    "設定 KYUFU_FONT_DIRS を確認してください。"
                )
                % {"names": "、".join(missing)}
            )
        self._lock = Lock()
        self._compiler = typst.Compiler(TEMPLATE, root=TEMPLATE.parent, font_paths=fonts, ignore_system_fonts=True)

    def set(self, data: str) -> bytes:
        """Set one sheet. One at a time: the compiler holds the inputs of the page it is setting."""
        with self._lock:
            pages = self._compiler.compile(format="pdf", sys_inputs={"sheet": data})
        if not isinstance(pages, bytes):
            raise TypeError("The typesetter did not return one document.")
        return pages


@lru_cache(maxsize=4)
def _press(directories: tuple[str, ...]) -> _Press:
    return _Press(directories)
