"""Sets certificates of deletion in type: those of a whole list on one document, or one alone."""

import json
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any, Final

import typst
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from benefits import glyphs, wareki
from benefits.glyphs import FontsMissing
from benefits.models import DeletionCertificate
from benefits.registers import number_bases

__all__ = ["MOST", "FontsMissing", "render"]

TEMPLATE = Path(__file__).resolve().parent.parent / "templates" / "benefits" / "deletion_certificate.typ"
STANDARD: Final = "ua-1"
#: More than this on one document is asked for in parts.
MOST: Final = 5_000
#: Printed for a character that cannot be drawn, with the character's number: a certificate must not fail over a name.
GETA: Final = "〓"


def render(certificates: Sequence[DeletionCertificate]) -> bytes:
    """Return the certificates, all of one list, as a PDF/UA-1 document on A4. Raises :class:`FontsMissing`."""
    first = certificates[0]
    today = timezone.localdate()
    page = {
        "office": settings.OFFICE_NAME,
        "title": first.label if len(certificates) == 1 else f"{first.label}〜{certificates[-1].label}",
        "month": first.list_label,
        "list": str(first.list_id),
        "proposed_by": f"{first.proposed_by_name}（{_('職員番号')} {first.proposed_by}）",
        "approved_by": f"{first.approved_by_name}（{_('職員番号')} {first.approved_by}）",
        "made_on": wareki.write(today),
        "made_date": today.timetuple()[:3],
        "rows": [_row(one) for one in certificates],
        "grounds": _grounds(certificates),
    }
    return _press(glyphs.font_directories()).set(json.dumps(_printable(page), ensure_ascii=False))


def basis_in_words(code: str) -> str:
    """Return the legal basis that a number was held on: what the register calls it."""
    basis = number_bases.find(code)
    return basis.words if basis else code


def _row(one: DeletionCertificate) -> dict[str, str]:
    issued = timezone.localtime(one.issued_at)
    return {
        "number": one.label,
        "issued_at": f"{issued:%Y-%m-%d %H:%M:%S}",
        "person": str(one.person_id),
        "version": str(one.version),
        "key": "―" if one.kek_id is None else str(one.kek_id),
        "holding": str(one.get_holding_display()),
        "basis": basis_in_words(one.basis),
        "since": one.since_on.isoformat(),
        "due": one.due_on.isoformat(),
        "again": f"{timezone.localtime(one.replayed_at):%Y-%m-%d %H:%M}" if one.replayed_at else "",
    }


def _grounds(certificates: Iterable[DeletionCertificate]) -> list[str]:
    """Return on what the numbers were destroyed, and the law behind what each was held on."""
    held = [basis for code in sorted({one.basis for one in certificates}) if (basis := number_bases.find(code))]
    laws = [f"{basis.words}：{basis.law}{basis.article}" for basis in held]
    return [*sorted({one.period_basis for one in certificates}), *laws]


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
        """Set one document. One at a time: the compiler holds the inputs of the page it is setting."""
        with self._lock:
            pages = self._compiler.compile(format="pdf", sys_inputs={"deletion": data}, pdf_standards=STANDARD)
        if not isinstance(pages, bytes):
            raise TypeError("The typesetter did not return one document.")
        return pages


@lru_cache(maxsize=4)
def _press(directories: tuple[str, ...]) -> _Press:
    return _Press(directories)
