"""Whether every character of a name can be printed on a certificate, asked before anybody tries to print it.

A typeface that lacks a variant of a character draws the ordinary form without saying a word, and a
certificate with the wrong character of a name is a wrong certificate. So the typeface's own tables are
read here, at data entry as well as on print day.
"""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import typst
from django.conf import settings
from django.utils.translation import gettext as _
from fontTools.ttLib import TTFont

BODY_TYPEFACE = "IPAmjMincho"
LABEL_TYPEFACE = "IPAexGothic"

# cmap subtable formats: characters outside the basic plane, and (base, selector) pairs.
CHARACTERS = 12
VARIATIONS = 14

PRIVATE_USE = "Co"
# Controls, invisible formatting (among them the characters that turn the reading direction round),
# halves of surrogate pairs, line and paragraph separators.
INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
LINE_BREAK = "\n"


class FontsMissing(Exception):
    """The directories of KYUFU_FONT_DIRS do not hold every typeface a certificate is set in."""

    def __init__(self, names: tuple[str, ...]) -> None:
        super().__init__(
            _(
                "受給者証の書体（%(names)s）が見つかりません。"
                "Debianのパッケージ fonts-ipaexfont と fonts-ipamj-mincho をインストールし、"
                "設定 KYUFU_FONT_DIRS にその書体のあるディレクトリを指定してください。"
            )
            % {"names": "、".join(names)}
        )
        self.names = names


@dataclass(frozen=True, slots=True)
class Unprintable:
    """One character that cannot be printed. ``why`` is shown to the clerk as it is."""

    character: str
    code_points: str
    why: str


@dataclass(frozen=True, slots=True)
class _Coverage:
    """What the typeface of names can draw."""

    characters: frozenset[int]
    variations: dict[int, frozenset[int]]


def unprintable(text: str) -> tuple[Unprintable, ...]:
    """Return each character of ``text`` that a certificate cannot show as written, once, in order of appearance.

    A base character and its variation selector are one character. A line feed is allowed: it breaks the line.
    Raises FontsMissing when the typefaces are not installed.
    """
    coverage = _coverage(font_directories())
    return tuple(
        Unprintable(character, code_points(character), why)
        for character in dict.fromkeys(_characters(text))
        if (why := _why_not(character, coverage))
    )


def code_points(character: str) -> str:
    """Name the code points of ``character``: ``U+845B U+E0103``."""
    return " ".join(f"U+{ord(code):04X}" for code in character)


def font_directories() -> tuple[str, ...]:
    """Return the directories in which the deployment keeps the typefaces."""
    return tuple(str(directory) for directory in settings.KYUFU_FONT_DIRS)


@lru_cache(maxsize=4)
def typefaces(directories: tuple[str, ...]) -> typst.Fonts:
    """Find the typefaces below ``directories``, and nowhere else, once per process.

    Raises FontsMissing when one is absent: the typesetter itself would leave its text out and report success.
    """
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=list(directories))
    missing = tuple(name for name in (BODY_TYPEFACE, LABEL_TYPEFACE) if name not in fonts.families())
    if missing:
        raise FontsMissing(missing)
    return fonts


@lru_cache(maxsize=4)
def _coverage(directories: tuple[str, ...]) -> _Coverage:
    """Read the tables of the very file the typesetter will print with."""
    path = next(
        Path(font.path) for font in typefaces(directories).fonts() if font.family == BODY_TYPEFACE and font.path
    )
    with TTFont(path, lazy=True) as font:
        tables = {table.format: table for table in font["cmap"].tables}
        return _Coverage(
            characters=frozenset(tables[CHARACTERS].cmap),
            variations={
                selector: frozenset(base for base, _glyph in pairs)
                for selector, pairs in tables[VARIATIONS].uvsDict.items()
            },
        )


def _characters(text: str) -> Iterator[str]:
    """Split ``text`` into base characters, each with the variation selector that follows it."""
    character = ""
    for code in text:
        if character and _is_selector(code) and not _is_selector(character[-1]):
            character += code
            continue
        if character:
            yield character
        character = code
    if character:
        yield character


def _why_not(character: str, coverage: _Coverage) -> str:
    """Say why ``character`` cannot be printed, or nothing when it can."""
    base, selector = character[0], character[1:]
    category = unicodedata.category(base)
    if _is_selector(base):
        return _("異体字セレクタだけがあり、もとの文字がありません。入力し直してください。")
    if category == PRIVATE_USE:
        return _("外字（私用領域の文字）は印刷できません。標準の文字に置き換えてください。")
    if category in INVISIBLE and character != LINE_BREAK:
        return _("目に見えない制御文字です。削除してください。")
    if base != LINE_BREAK and ord(base) not in coverage.characters:
        return _("受給者証の書体（IPAmj明朝）にない文字です。")
    if selector and ord(base) not in coverage.variations.get(ord(selector), frozenset()):
        return _("指定された異体字が受給者証の書体（IPAmj明朝）にありません。このままでは別の字形で印刷されます。")
    return ""


def _is_selector(code: str) -> bool:
    return "\ufe00" <= code <= "\ufe0f" or "\U000e0100" <= code <= "\U000e01ef"
