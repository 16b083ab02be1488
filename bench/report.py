"""Tells what was measured: a table for people, a file for comparing."""

import json
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Any

HEAD = ("figure", "median", "spread", "unit", "peer", "ratio", "goal", "")


def write(path: Path, whole: dict[str, Any]) -> None:
    """Write everything to ``path``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(whole, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def table(whole: dict[str, Any]) -> str:
    """Return the figures as a table, then what they mean, what was left out, and how many goals are met."""
    figures, left_out = whole["figures"], whole["left_out"]
    rows = [HEAD, *map(_row, figures)]
    widths = [max(_width(row[column]) for row in rows) for column in range(len(HEAD))]
    lines = [
        "  ".join(_padded(cell, width, column) for column, (cell, width) in enumerate(zip(row, widths, strict=True)))
        for row in rows
    ]
    lines.insert(1, "  ".join("─" * width for width in widths))
    notes = [f"{one['name']}: {one['what']}" + (f" — {one['note']}" if one["note"] else "") for one in figures]
    judged = [one for one in figures if one["is_met"] is not None]
    missed = [one["name"] for one in judged if not one["is_met"]]
    return "\n".join(
        [
            *[line.rstrip() for line in lines],
            "",
            *notes,
            *[f"NOT MEASURED {one['name']}: {one['why']}" for one in left_out],
            "",
            f"{len(judged) - len(missed)} of {len(judged)} goals met"
            + (f"; missed: {', '.join(missed)}" if missed else ""),
        ]
    )


def _row(one: dict[str, Any]) -> Sequence[str]:
    low, high = one["spread"]
    return (
        one["name"],
        _number(one["value"]),
        f"{_number(low)} – {_number(high)}",
        one["unit"],
        f"{_number(one['peer_value'])} {one['peer']}" if one["peer"] else "",
        f"{one['ratio']:.2f}" if one["ratio"] is not None else "",
        one["goal"] or "",
        {True: "✓", False: "✗ missed", None: ""}[one["is_met"]],
    )


def _number(value: float) -> str:
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:,.{digits}f}"


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def _padded(text: str, width: int, column: int) -> str:
    blanks = " " * (width - _width(text))
    return blanks + text if column in {1, 5} else text + blanks
