"""What a spreadsheet takes for a formula, and how a cell is written so that it does not."""

import unicodedata

#: The first character that makes a formula of a cell; a Japanese spreadsheet reads the full-width forms alike.
FORMULA = frozenset("=+-@\t\r\n")
#: What a spreadsheet may pass over before it looks.
_PASSED_OVER = " \u00a0\u3000\u200b\u2060\ufeff"


def disarmed(cell: str) -> str:
    """Return ``cell`` so that no spreadsheet takes it for a formula."""
    return f"'{cell}" if is_formula(cell) else cell


def is_formula(cell: str) -> bool:
    """Say whether a spreadsheet would compute ``cell``."""
    first = cell.lstrip(_PASSED_OVER)[:1]
    # ＝, ﹦ and the like are other widths of the same; − (U+2212) is a minus to everybody
    return bool(first) and (unicodedata.normalize("NFKC", first) in FORMULA or first == "\u2212")
