"""What two notations of the same thing have in common: the keys that names and addresses are matched by.

A key forgives notation and nothing else: width, kana, variant glyphs, 丁目・番・号 against hyphens. Whatever is said
in one address and not in the other (a building, a room, a 大字) keeps them apart, for a person to look at.
"""

import re
import unicodedata

from benefits import japanese_text

_KANJI = {"〇": 0, "零": 0, "一": 1, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
_NUMERALS = "〇零一二三四五六七八九十百"
_COUNTED = re.compile(f"([{_NUMERALS}]+)(?=丁目|番地|番|号)")
_COUNTED_AFTER = re.compile(f"(?:(?<=番地の)|(?<=番地)|(?<=丁目)|(?<=番))([{_NUMERALS}]+)(?!町)")
# what stands between the numbers of an address
_MARKS = re.compile("(?<=[0-9])(?:丁目|番地の|番地|番(?!町)|号室|号|の|ノ)")
_DASHES = "".join(re.escape(each) for each in sorted(japanese_text.HYPHENS))
_BETWEEN = re.compile(f"(?<=[0-9])[{_DASHES}](?=[0-9])")
_SPACED = re.compile(r"(?<=[0-9])\s+(?=[0-9])")
_RUNS = re.compile("-+")
_AT_DIGITS = re.compile("(?<=[0-9])-(?![0-9])|(?<![0-9])-(?=[0-9])")


def address_key(text: str) -> str:
    """Return what two notations of one address have in common. Takes any text and never raises."""
    # a space between two numbers keeps them apart: 3 101 is not 3101
    spaced = _SPACED.sub("-", unicodedata.normalize("NFKC", text))
    plain = japanese_text.name_key(spaced)
    for counted in (_COUNTED, _COUNTED_AFTER):
        plain = counted.sub(lambda match: str(_counted(match[1])), plain)
    numbered = _MARKS.sub("-", _BETWEEN.sub("-", plain))
    return _AT_DIGITS.sub("", _RUNS.sub("-", numbered)).strip("-")


def has_private_use(text: str) -> bool:
    """Say whether a text has a character of somebody's own font (外字), which says nothing here."""
    return any(unicodedata.category(character) == "Co" for character in text)


def _counted(numerals: str) -> int:
    """Return the number that kanji numerals below a thousand write."""
    if not any(each in numerals for each in "十百"):
        return int("".join(str(_KANJI[each]) for each in numerals))
    total = digit = 0
    for each in numerals:
        if each in "十百":
            total += (digit or 1) * (10 if each == "十" else 100)
            digit = 0
        else:
            digit = _KANJI[each]
    return total + digit
