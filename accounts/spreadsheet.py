"""What a spreadsheet takes for a formula, and how a cell is written so that it does not."""

#: The first character that makes a formula of a cell; a Japanese spreadsheet reads the full-width forms alike.
FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")


def disarmed(cell: str) -> str:
    """Return ``cell`` so that no spreadsheet takes it for a formula."""
    return f"'{cell}" if is_formula(cell) else cell


def is_formula(cell: str) -> bool:
    """Say whether a spreadsheet would compute ``cell``."""
    return cell.lstrip(" \u3000").startswith(FORMULA)
