"""QR codes, drawn on the server: no other service learns what is in one."""

from dataclasses import dataclass

import segno


@dataclass(frozen=True, slots=True)
class Drawing:
    """The dark parts of a QR code as one SVG path, and how wide and high it is with its margin."""

    path: str
    size: int


def draw(text: str) -> Drawing:
    """Return the QR code of ``text`` with the margin that readers need (ISO/IEC 18004: four modules)."""
    rows = [list(row) for row in segno.make(text, error="m", micro=False).matrix_iter(border=4)]
    steps: list[str] = []
    for y, row in enumerate(rows):
        steps += [f"M{x} {y}h1v1h-1z" for x, is_dark in enumerate(row) if is_dark]
    return Drawing(path="".join(steps), size=len(rows))
