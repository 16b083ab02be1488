"""What a spreadsheet takes for a formula: the record's files are written with the same care (audit)."""

from audit.spreadsheet_cells import disarmed, is_formula

__all__ = ["disarmed", "is_formula"]
