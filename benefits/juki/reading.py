"""A stretch of the file's bytes → its lines → what each says, or what is wrong with it and how to mend it.

A physical line is a record: a terminal writes no line breaks inside a value, and a quote that is never closed must not
swallow the rest of the file. Line ends and separators have the same bytes in CP932 and UTF-8 and are part of no
character of either, so that lines are told apart before they are decoded.
"""

import csv
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date

from django.utils.translation import gettext as _

from benefits import japanese_text, wareki
from benefits.juki import keys, layout
from benefits.juki.layout import Layout
from benefits.models.juki import Meaning
from mynumber import staging

#: Nothing that a terminal writes is longer; a file without line ends is none of its files.
LONGEST_LINE = 8 * 1024
_DIGITS_OF_A_NUMBER = 12
#: A number as long as this stands in no name and no address: columns are shifted, and it may be somebody's.
_LONG_NUMBER = re.compile("[0-9０-９]{10,}")
_END_OF_FILE = b"\x1a"  # what DOS programs write at the end
_LIMITS = {Meaning.NAME: 400, Meaning.KANA: 400, Meaning.ADDRESS: 1_100}


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one value: the column's heading, the rule's code, and how to mend it. Holds no number."""

    column: str
    rule: str
    advice: str


@dataclass(slots=True)
class Line:
    """One line of the file, understood. ``number`` is the My Number, or "" for a line that cannot be used."""

    line: int
    name: str = ""
    kana: str = ""
    birth_on: date | None = None
    sex: str = ""
    address: str = ""
    number: str = field(default="", repr=False)
    problems: list[Problem] = field(default_factory=list)
    #: Whether it is kept what is wrong: of the first some thousands of lines it is.
    is_explained: bool = True

    @property
    def name_key(self) -> str:
        return japanese_text.name_key(self.name)[: _LIMITS[Meaning.NAME]]  # some characters come to many

    @property
    def kana_key(self) -> str:
        return japanese_text.kana_key(self.kana)[: _LIMITS[Meaning.KANA]]

    @property
    def address_key(self) -> str:
        return keys.address_key(self.address)[: _LIMITS[Meaning.ADDRESS]]


class Unusable(Exception):
    """The file as a whole cannot be used. ``code`` names why (``benefits.juki.words``)."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def lines_of(data: bytes, *, is_last: bool) -> Iterator[tuple[bytes, int]]:
    """Yield each whole line of a stretch without its end, and how many bytes it takes.

    What stands after the last line end is a line only when the file ends there. Raises :class:`Unusable` for a line
    that no terminal writes.
    """
    start = 0
    while start < len(data):
        end = data.find(b"\n", start)
        if end < 0:
            if not is_last:
                if len(data) - start > LONGEST_LINE:
                    raise Unusable("endless_line")
                return
            end = len(data)
        taken = min(end + 1, len(data)) - start
        if end - start > LONGEST_LINE:
            raise Unusable("endless_line")
        yield data[start:end].removesuffix(b"\r"), taken
        start += taken


def is_blank(raw: bytes) -> bool:
    """Say whether a line says nothing: empty, or the mark that ends a DOS file."""
    return raw.strip() in (b"", _END_OF_FILE)


def check_heading(raw: bytes, kept: Layout, encoding: str) -> None:
    """Raise :class:`Unusable` unless the first line is the heading that the layout foretells."""
    try:
        cells = _cells(raw.decode(layout.codec(encoding)), kept)
    except UnicodeDecodeError as error:
        raise Unusable("heading_encoding") from error
    except csv.Error as error:
        raise Unusable("heading") from error
    if [_plain(cell) for cell in cells] != [_plain(heading) for heading in kept.headings]:
        raise Unusable("heading")


def read_line(raw: bytes, line: int, kept: Layout, encoding: str) -> Line:
    """Return what a line says, with everything that is wrong with it."""
    found = Line(line)
    whole = str(_("行の全体"))
    if b"\0" in raw:
        found.problems.append(
            Problem(whole, "nul", _("使えない文字（NUL）があります。端末からファイルを出力し直してください。"))
        )
        return found
    try:
        text = raw.decode(layout.codec(encoding))
    except UnicodeDecodeError as error:
        found.problems.append(
            Problem(
                _column_of(raw[: error.start], kept),
                "encoding",
                _("文字コードの違う文字があります。文字コードの選択を確かめるか、端末から出力し直してください。"),
            )
        )
        return found
    try:
        cells = _cells(text, kept)
    except csv.Error:
        found.problems.append(
            Problem(
                whole,
                "quotes",
                _('引用符（"）の対応が合いません。値の中の引用符は2つ重ね、値の途中で改行しないでください。'),
            )
        )
        return found
    if len(cells) != len(kept.meanings):
        found.problems.append(
            Problem(
                whole,
                "columns",
                _("列が%(found)s個あります（様式では%(wanted)s個）。区切りの過不足を確かめてください。")
                % {"found": len(cells), "wanted": len(kept.meanings)},
            )
        )
        return found
    _understand(found, cells, kept)
    return found


def preview(data: bytes, kept: Layout, encoding: str, *, most: int = 5) -> list[list[str]]:
    """Return the first lines as cells for the eye; the number's column says only that there is something."""
    shown: list[list[str]] = []
    number = kept.column(Meaning.NUMBER)
    for raw, _taken in lines_of(data.removeprefix(layout.UTF8_MARK), is_last=False):
        if len(shown) == most:
            break
        if is_blank(raw):
            continue
        text = raw.replace(b"\0", b"").decode(layout.codec(encoding), errors="replace")
        try:
            cells = _cells(text, kept)
        except csv.Error:
            shown.append([str(_("（引用符の対応が合わない行）"))])
            continue
        if len(cells) != len(kept.meanings):
            # which of them is the number is not known, so none is shown
            shown.append([_("（列が%(count)s個の行）") % {"count": len(cells)}])
            continue
        shown.append(
            [
                str(_("（表示しません）")) if place == number and cell.strip() != kept.headings[place] else hide(cell)
                for place, cell in enumerate(cells)
            ]
        )
    return shown


def hide(text: str) -> str:
    """Return a value without any My Number that stands in it, wherever the file has put it."""
    return _LONG_NUMBER.sub("…", japanese_text.mask_my_numbers(text))[:60]


def _understand(found: Line, cells: list[str], kept: Layout) -> None:
    values = dict(zip(kept.meanings, cells, strict=True))

    def wrong(meaning: Meaning, rule: str, advice: str) -> None:
        found.problems.append(Problem(kept.heading(meaning), rule, advice))

    for meaning in (Meaning.NAME, Meaning.KANA, Meaning.ADDRESS):
        if meaning not in values:
            continue
        text = values[meaning].strip(" \u3000\t")
        if not text:
            if meaning is not Meaning.KANA:
                wrong(meaning, "missing", _("値がありません。端末の記録を確かめてください。"))
        elif len(text) > _LIMITS[meaning]:
            wrong(meaning, "too_long", _("長すぎます。列の対応を確かめてください。"))
        elif japanese_text.contains_my_number(text) or _LONG_NUMBER.search(text):
            wrong(meaning, "number", _("個人番号と思われる数字があります。列の対応を確かめてください。"))
        elif any(unicodedata.category(character) in {"Cc", "Cs"} for character in text):
            wrong(meaning, "control", _("制御文字があります。端末から出力し直してください。"))
        elif meaning is Meaning.NAME:
            found.name = text
        elif meaning is Meaning.KANA:
            found.kana = unicodedata.normalize("NFKC", text)[: _LIMITS[meaning]]
        else:
            found.address = text
    try:
        found.birth_on = layout.read_date(values.get(Meaning.BIRTH, ""), kept.date_notation)
    except wareki.Unreadable as error:
        wrong(Meaning.BIRTH, f"date_{error.code}", _("%(message)s。") % {"message": error.message})
    found.sex = layout.read_sex(values.get(Meaning.SEX, ""))
    if kept.items == 4 and not found.sex:
        wrong(Meaning.SEX, "sex", _("性別は 1（男）か 2（女）です。端末の出力の設定を確かめてください。"))
    _read_number(found, values[Meaning.NUMBER], wrong)


def _read_number(found: Line, cell: str, wrong: Callable[[Meaning, str, str], None]) -> None:
    digits = unicodedata.normalize("NFKC", cell).strip()
    if not digits:
        wrong(Meaning.NUMBER, "missing", _("個人番号がありません。端末で番号を取得し直してください。"))
    elif not (digits.isascii() and digits.isdigit()):
        wrong(Meaning.NUMBER, "not_digits", _("数字でない文字があります。端末から出力し直してください。"))
    elif len(digits) != _DIGITS_OF_A_NUMBER:
        wrong(
            Meaning.NUMBER,
            "length",
            _(
                "12桁ではありません（%(count)s桁）。先頭の0が落ちていないか、表計算ソフトで開いていないか確かめてください。"
            )
            % {"count": len(digits)},
        )
    elif not staging.is_number(digits):
        wrong(
            Meaning.NUMBER, "check_digit", _("検査数字が合いません。端末の画面で番号を確かめ、出力し直してください。")
        )
    else:
        found.number = digits


def _cells(text: str, kept: Layout) -> list[str]:
    if "\r" in text:
        raise csv.Error
    rows = list(csv.reader([text], delimiter=kept.separator, strict=True))
    return rows[0] if rows else []


def _column_of(before: bytes, kept: Layout) -> str:
    """Return the heading of the column that a byte stands in, counted by the separators before it."""
    place = before.count(kept.separator.encode())
    return kept.headings[place] if place < len(kept.headings) else str(_("行の全体"))


def _plain(heading: str) -> str:
    return unicodedata.normalize("NFKC", heading).strip()
