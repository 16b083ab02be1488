"""Finds what may be a My Number in a text that is to be kept where none may stand.

It errs on the side of finding too much: any twelve digits, however they are written or grouped, are taken for one.
"""

import unicodedata

LENGTH = 12

_KANJI = str.maketrans("〇零一二三四五六七八九", "00123456789")
#: Letters by their Unicode category, yet written for hyphens.
_DASHES = frozenset("ーｰ一")


def holds_number(text: str) -> bool:
    """Say whether at least twelve digits stand together in ``text``, whatever their width, script or grouping.

    Only letters part digits: spaces, line ends, hyphens and other marks between them, visible or not, do not.
    """
    return _longest(text, kanji=False) >= LENGTH or _longest(text, kanji=True) >= LENGTH


def _longest(text: str, *, kanji: bool) -> int:
    """Return how many digits the longest run has. 一 is a digit to one reader and a hyphen to another."""
    longest = run = 0
    for character in unicodedata.normalize("NFKC", text.translate(_KANJI) if kanji else text):
        if unicodedata.digit(character, None) is not None:
            run += 1
            longest = max(longest, run)
        elif not _may_stand_between(character):
            run = 0
    return longest


def _may_stand_between(character: str) -> bool:
    return character in _DASHES or unicodedata.category(character)[0] not in "LN"
