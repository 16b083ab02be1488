"""The only code that sets a 受給者証 in type."""

import json
import re
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

__all__ = ["STANDARD_NOTES", "CertificateText", "FontsMissing", "MissingGlyph", "render"]

TEMPLATE = Path(__file__).resolve().parent.parent / "templates" / "benefits" / "certificate.typ"
# PDF/UA-1 is asked for not only for screen readers: under it a character without a glyph is an error.
STANDARD: Final = "ua-1"
NOT_DISPLAYED = re.compile(r'the text `"(?P<text>.+)"` could not be displayed', re.DOTALL)
# How the typesetter quotes a character that it does not print as it is.
ESCAPED = re.compile(r"\\u\{(?P<code>[0-9a-f]+)\}|\\(?P<plain>.)", re.DOTALL)

STANDARD_NOTES = (
    "指定医療機関で医療を受けるときは、医療保険の資格を確認できるものと併せて、この証を窓口に提示してください。",
    "公費負担の対象となるのは、この証に記載された疾病と、これに付随して発生する傷病に関する医療に限ります。",
    "1か月の自己負担の累計は、自己負担上限額管理票に指定医療機関の記入を受けて確認してください。",
    "氏名、住所、加入する医療保険その他の記載事項に変更があったときは、速やかに保健所に届け出てください。",
    "有効期間が満了した後も引き続き医療を受けるときは、満了する日までに更新の申請をしてください。",
    "この証を破損し、汚損し、又は紛失したときは、保健所で再交付の申請をしてください。",
    "受給者でなくなったときは、この証を速やかに返還してください。",
)


class MissingGlyph(Exception):
    """A certificate was not set because one of its characters cannot be printed as it is written."""

    def __init__(self, character: str) -> None:
        self.character = character
        self.code_points = glyphs.code_points(character)
        # A character that cannot be seen, or that turns the text round, is named by its number alone.
        shown = _("「%(character)s」") % {"character": character} if character.isprintable() else ""
        super().__init__(
            _("%(shown)s（%(code_points)s）は受給者証の書体で印刷できません。この文字を確認してください。")
            % {"shown": shown, "code_points": self.code_points}
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateText:
    """Every word on one certificate, as it is to be printed.

    Dates that are read by people are written out beforehand; ``issued_date`` dates the file.
    Empty texts are printed as a dash, so that nothing can be added by hand.
    """

    payer_number: str
    recipient_number: str
    name: str
    name_kana: str
    address: str
    birth: str
    sex: str
    insurer_name: str
    insured_mark: str
    disease_names: tuple[str, ...]
    valid_from: str
    valid_to: str
    monthly_cap: str
    income_class: str
    burden_column: str
    payment_category: str
    guardian: str
    institutions: str
    issued_on: str
    issued_date: date
    issuer: str
    notes: tuple[str, ...]
    specimen: bool
    reissue: bool

    def __post_init__(self) -> None:
        for number, length in ((self.payer_number, 8), (self.recipient_number, 7)):
            if not re.fullmatch(rf"[0-9]{{{length}}}", number):
                raise ValueError(f"A number that is printed in {length} boxes must have {length} digits.")


class _Press:
    """A compiler and its typefaces, kept because reading a 40 MB typeface costs more than setting a page."""

    def __init__(self, directories: tuple[str, ...]) -> None:
        self._lock = Lock()
        self._compiler = typst.Compiler(
            TEMPLATE,
            root=TEMPLATE.parent,
            font_paths=glyphs.typefaces(directories),
            ignore_system_fonts=True,
        )

    def set(self, data: str) -> bytes:
        """Set one certificate. One at a time: the compiler holds the inputs of the page it is setting."""
        with self._lock:
            pages = self._compiler.compile(format="pdf", sys_inputs={"certificate": data}, pdf_standards=STANDARD)
        if not isinstance(pages, bytes):
            raise TypeError("The typesetter did not return one document.")
        return pages


def render(text: CertificateText) -> bytes:
    """Return the certificate as a PDF/UA-1 document on A4; the same text always gives the same bytes.

    Whatever ``text`` contains is printed and never interpreted. Long texts are set smaller and then wrapped.
    Raises MissingGlyph when a character cannot be printed exactly as written, FontsMissing when the
    typefaces are not installed.
    """
    for problem in glyphs.unprintable(_everything_on(text)):
        raise MissingGlyph(problem.character)
    press = _press(glyphs.font_directories())
    data = json.dumps(asdict(text) | {"issued_date": text.issued_date.timetuple()[:3]}, ensure_ascii=False)
    try:
        return press.set(data)
    except typst.TypstError as error:
        if found := NOT_DISPLAYED.search(error.message):
            # The message may quote more of a name than the character: it must not travel along.
            raise MissingGlyph(_first_character(found["text"])) from None
        raise


@lru_cache(maxsize=4)
def _press(directories: tuple[str, ...]) -> _Press:
    return _Press(directories)


def _everything_on(text: CertificateText) -> str:
    """Join all texts of a certificate, each on its own line so that no selector attaches to a neighbour."""
    values = asdict(text).values()
    lines = [line for value in values for line in (value if isinstance(value, tuple) else (value,))]
    return "\n".join(line for line in lines if isinstance(line, str))


def _first_character(quoted: str) -> str:
    """Undo the quoting of the typesetter and keep one character."""
    text = ESCAPED.sub(lambda found: chr(int(found["code"], 16)) if found["code"] else found["plain"], quoted)
    return next(iter(problem.character for problem in glyphs.unprintable(text)), text[0])
