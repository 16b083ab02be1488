"""What a layout says, ready for reading: columns by their meaning, and how characters, dates and sexes are written."""

import codecs
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from django.utils.translation import gettext as _

from benefits import wareki
from benefits.choices import Sex
from benefits.models.juki import DateNotation, Encoding, JukiLayout, Meaning, Separator

UTF8_MARK = codecs.BOM_UTF8
_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
#: A query list says who is asked for; the number itself has no place in it.
QUERY_MEANINGS = ("SERIAL", "NAME", "KANA", "BIRTH", "SEX", "ADDRESS")

_CODECS: Mapping[str, str] = MappingProxyType({Encoding.CP932: "cp932", Encoding.UTF8: "utf-8"})
#: CP932 takes most bytes for something, UTF-8 few: it is asked first.
_BY_LIKELIHOOD = (Encoding.UTF8, Encoding.CP932)
_SEXES: Mapping[str, str] = MappingProxyType(
    {"1": Sex.MALE, "男": Sex.MALE, "M": Sex.MALE, "2": Sex.FEMALE, "女": Sex.FEMALE, "F": Sex.FEMALE}
)
_EIGHT = re.compile("[0-9]{8}")
_SEVEN = re.compile("[1-5][0-9]{6}")


@dataclass(frozen=True, slots=True)
class Layout:
    """A layout as reading needs it."""

    separator: str
    has_heading: bool
    items: int
    date_notation: DateNotation
    meanings: tuple[Meaning, ...]
    headings: tuple[str, ...]

    @classmethod
    def of(cls, kept: JukiLayout) -> "Layout":
        """Return what a kept layout says."""
        return cls(
            separator=Separator(kept.separator).character,
            has_heading=kept.has_heading,
            items=kept.items,
            date_notation=DateNotation(kept.date_notation),
            meanings=tuple(Meaning(meaning) for meaning, _heading in kept.columns),
            headings=tuple(heading for _meaning, heading in kept.columns),
        )

    def column(self, meaning: Meaning) -> int | None:
        """Return where a meaning stands, or None when the file does not have it."""
        return self.meanings.index(meaning) if meaning in self.meanings else None

    def heading(self, meaning: Meaning) -> str:
        """Return what the file calls the column of a meaning."""
        where = self.column(meaning)
        return self.headings[where] if where is not None else str(meaning.label)


def codec(encoding: str) -> str:
    """Return Python's name of an encoding."""
    return _CODECS[encoding]


def detect(head: bytes) -> Encoding | None:
    """Return how the first stretch of a file seems to be written, or None for neither (UTF-16, a picture, …).

    The stretch may end inside a character, and a few lines may be broken: they are told one by one when it is read.
    """
    if head.startswith(UTF8_MARK):
        return Encoding.UTF8
    if is_utf16(head):
        return None
    lines = head.split(b"\n")
    if len(lines) > 1:
        lines.pop()  # it may be cut
    readable = {encoding: sum(_is_readable(line, encoding) for line in lines) for encoding in _BY_LIKELIHOOD}
    best = max(_BY_LIKELIHOOD, key=lambda encoding: readable[encoding])
    return best if readable[best] * 2 > len(lines) else None


def _is_readable(line: bytes, encoding: Encoding) -> bool:
    try:
        line.decode(_CODECS[encoding])
    except UnicodeDecodeError:
        return False
    return b"\0" not in line


def is_utf16(head: bytes) -> bool:
    """Say whether a file seems to be UTF-16, which spreadsheets call Unicode text."""
    return head.startswith(_UTF16_MARKS) or head[:200].count(0) * 4 > len(head[:200]) > 0


def read_date(text: str, notation: DateNotation) -> date:
    """Return the day, or raise :class:`benefits.wareki.Unreadable`, also for another notation than the layout's."""
    plain = unicodedata.normalize("NFKC", text).strip()
    if notation is DateNotation.WESTERN8 and not _EIGHT.fullmatch(plain):
        raise wareki.Unreadable("notation", _("西暦の8桁（例 19700401）ではありません"))
    if notation is DateNotation.ERA7 and not _SEVEN.fullmatch(plain):
        raise wareki.Unreadable("notation", _("元号の番号と6桁（例 3450401）ではありません"))
    return wareki.read(plain, era_numbers=notation is DateNotation.ERA7)


def write_date(on: date, notation: DateNotation) -> str:
    """Return the day as the layout writes it."""
    if notation is DateNotation.WESTERN8:
        return f"{on:%Y%m%d}"
    if notation is DateNotation.ERA7:
        era = next(each for each in reversed(wareki.ERAS) if on >= each.since)
        return f"{era.number}{on.year - era.first_year + 1:02d}{on:%m%d}"
    return wareki.write(on)


def read_sex(text: str) -> str:
    """Return the sex as it is kept, or "" for a notation that is not known."""
    return _SEXES.get(unicodedata.normalize("NFKC", text).strip().upper(), "")


def faults(columns: object, query_columns: object, *, items: int) -> list[str]:
    """Return what is wrong with the columns of a proposed layout, each fit to show."""
    if not _are_columns(columns, {each.value for each in Meaning}):
        return [_("列は「意味,見出し」を1行に1つずつ書いてください。")]
    if not _are_columns(query_columns, set(QUERY_MEANINGS)):
        return [_("要求一覧の列は「意味,見出し」を1行に1つずつ書いてください。個人番号は入れられません。")]
    meanings = [meaning for meaning, _heading in columns]  # type: ignore[attr-defined]  # just looked at
    needed = [Meaning.NAME, Meaning.BIRTH, Meaning.ADDRESS, Meaning.NUMBER]
    if items == 4:
        needed.append(Meaning.SEX)
    found = [
        _("列に「%(meaning)s」がありません。") % {"meaning": each.label} for each in needed if each not in meanings
    ]
    found += [
        _("「%(meaning)s」の列が2つ以上あります。") % {"meaning": each.label}
        for each in Meaning
        if each is not Meaning.IGNORED and meanings.count(each) > 1
    ]
    return found


def _are_columns(columns: object, known: set[str]) -> bool:
    return (
        isinstance(columns, list)
        and bool(columns)
        and all(
            isinstance(each, list) and len(each) == 2 and each[0] in known and isinstance(each[1], str)
            for each in columns
        )
    )
