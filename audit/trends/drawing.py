"""Where on a chart what is drawn: numbers for the templates, which write the SVG. No colours here but their steps."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil
from typing import ClassVar, Final

from django.utils.translation import gettext as _

from audit.trends.counts import CLOSES, OPENS, Day, Viewer
from audit.trends.sentences import WEEKDAYS, amount, day_in_words

#: A cell of the heat map, wide enough to be hit (WCAG 2.5.8 asks for 24).
CELL: Final = 27
#: What stands left of and above the cells.
LEFT, TOP = 36, 22
#: Steps of colour, the first of them white.
STEPS: Final = 5

#: The chart of days.
HEIGHT: Final = 150
MARGIN: Final = 44
WIDTH: Final = 1240
#: A bar of the chart of viewers, with the room for a name before it and a number after it.
ROW, NAME, LONGEST = 28, 220, 560


@dataclass(frozen=True, slots=True)
class Cell:
    """An hour of a weekday: how often, in which step of colour, where, and what a screen reader calls it."""

    name: str
    n: int
    step: int
    x: int
    column: int
    line: int

    @property
    def key(self) -> int:
        """What a link calls it: the hour of the week."""
        return self.line * 24 + self.column

    @property
    def is_dark(self) -> bool:
        """Say whether its number has to be white to be read."""
        return self.step == STEPS - 1

    @property
    def path(self) -> str:
        """Its square, in units of a cell."""
        return f"M{self.column} {self.line}h1v1h-1z"


@dataclass(frozen=True, slots=True)
class Row:
    """A day of the week in the heat map."""

    label: str
    y: int
    cells: Sequence[Cell]


@dataclass(frozen=True, slots=True)
class HeatMap:
    """Seven days of twenty-four hours. ``paths`` fill the cells of each step, ``frame`` is around the hours of work.

    Squares are drawn in units of a cell, which ``scaled`` turns into pixels: that keeps 168 links short.
    """

    scaled: ClassVar[str] = f"translate({LEFT} {TOP}) scale({CELL})"

    width: int
    height: int
    rows: Sequence[Row]
    hours: Sequence[tuple[str, int]]
    paths: Sequence[tuple[int, str]]
    frame: tuple[int, int, int, int]
    legend: Sequence[tuple[int, str]]

    @property
    def links(self) -> list[Cell]:
        """The cells in which there is something to look at."""
        return [cell for row in self.rows for cell in row.cells if cell.n]


@dataclass(frozen=True, slots=True)
class Bar:
    """A day or a week as a bar; ``usual`` is the height of its mark (None: nothing to compare with)."""

    name: str
    key: str
    x: str
    y: str
    width: str
    height: str
    n: int
    usual: str | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """Somebody as a bar: a name before it, a number after it. ``base`` is where their letters stand."""

    name: str
    key: str
    label: str
    n: int
    top: int
    base: int
    width: int
    end: int


@dataclass(frozen=True, slots=True)
class BarChart:
    """Bars with their scale. ``hits`` are what can be followed: each day, or each week where days are too narrow."""

    width: int
    height: int
    base: int
    bars: Sequence[Bar]
    hits: Sequence[Bar]
    scale: Sequence[tuple[str, int]]
    ticks: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class LineChart:
    """Bars one under the other."""

    width: int
    height: int
    lines: Sequence[Line]


def heat_map(hours: Sequence[Sequence[int]]) -> HeatMap:
    """Lay out views by the day of the week and the hour."""
    highest = max(max(row) for row in hours)
    cell_name = _("%(weekday)s%(hour)d時台%(n)d件")
    rows = [
        Row(
            label=str(WEEKDAYS[weekday]),
            y=TOP + weekday * CELL + 18,
            cells=[
                Cell(
                    name=cell_name % {"weekday": WEEKDAYS[weekday], "hour": hour, "n": n},
                    n=n,
                    step=_step(n, highest),
                    x=LEFT + hour * CELL,
                    column=hour,
                    line=weekday,
                )
                for hour, n in enumerate(row)
            ],
        )
        for weekday, row in enumerate(hours)
    ]
    cells = [cell for row in rows for cell in row.cells]
    return HeatMap(
        width=LEFT + 24 * CELL + 2,
        height=TOP + 7 * CELL + 2,
        rows=rows,
        hours=[(_("%d時") % hour, LEFT + hour * CELL) for hour in range(0, 24, 3)],
        paths=[(step, _squares(cell for cell in cells if cell.step == step)) for step in range(STEPS)],
        frame=(LEFT + OPENS * CELL, TOP, (CLOSES - OPENS) * CELL, 5 * CELL),
        legend=_legend(highest),
    )


def days(found: Sequence[Day], *, of_reveals: bool = False) -> BarChart:
    """Lay out how much there was on each day, views with their usual or reveals without."""
    amounts = [day.reveals if of_reveals else day.views for day in found]
    usual = [None if of_reveals else day.usual for day in found]
    top = _nice(max([*amounts, *(one for one in usual if one is not None), 1]))
    pitch = (WIDTH - MARGIN) / len(found)
    kind = "r" if of_reveals else "d"
    bars = [
        Bar(
            name=_named(day, n, one),
            key=f"{kind}{day.on.isoformat()}",
            x=_short(MARGIN + place * pitch + pitch * 0.15),
            y=_short(TOP + HEIGHT - HEIGHT * n / top),
            width=_short(pitch * 0.7),
            height=_short(HEIGHT * n / top),
            n=n,
            usual=None if one is None else _short(TOP + HEIGHT - HEIGHT * one / top),
        )
        for place, (day, n, one) in enumerate(zip(found, amounts, usual, strict=True))
    ]
    return BarChart(
        width=WIDTH,
        height=TOP + HEIGHT + 26,
        base=TOP + HEIGHT,
        bars=bars,
        hits=_hits(found, amounts, pitch, kind),
        scale=[(amount(top * share), round(TOP + HEIGHT - HEIGHT * share)) for share in (0.0, 0.5, 1.0)],
        ticks=[
            (f"{day.on.month}/{day.on.day}", _short(MARGIN + place * pitch))
            for place, day in enumerate(found)
            if place % 7 == 0
        ],
    )


def viewers(found: Sequence[Viewer]) -> LineChart:
    """Lay out who looked at most, one under the other."""
    most = max((one.views for one in found), default=1)
    lines = []
    for place, one in enumerate(found):
        width = round(LONGEST * one.views / most)
        lines.append(
            Line(
                name=_("%(name)s %(n)d件") % {"name": one.name or one.actor_id, "n": one.views},
                key=f"a{one.actor_id}",
                label=one.name or str(one.actor_id),
                n=one.views,
                top=place * ROW,
                base=place * ROW + 19,
                width=width,
                end=NAME + width + 8,
            )
        )
    return LineChart(width=NAME + LONGEST + 80, height=max(1, len(found)) * ROW, lines=lines)


def _hits(found: Sequence[Day], amounts: Sequence[int], pitch: float, kind: str) -> list[Bar]:
    """Return what can be followed: a day where it is as wide as a target must be, else its week."""
    step = 1 if pitch >= 24 else 7
    hits = []
    for place in range(0, len(found), step):
        n = sum(amounts[place : place + step])
        if not n:
            continue
        day = found[place].on
        name = _("%(day)s %(n)d件") if step == 1 else _("%(day)sからの1週 %(n)d件")
        hits.append(
            Bar(
                name=name % {"day": day_in_words(day), "n": n},
                key=f"{kind}{day.isoformat()}" if step == 1 else f"{kind}{day.isoformat()}w",
                x=_short(MARGIN + place * pitch),
                y=str(TOP),
                width=_short(pitch * step),
                height=str(HEIGHT),
                n=n,
            )
        )
    return hits


def _step(n: int, highest: int) -> int:
    return ceil((STEPS - 1) * n / highest) if n else 0


def _legend(highest: int) -> list[tuple[int, str]]:
    """Return what each step of colour stands for."""
    found = [(0, _("0件"))]
    for step in range(1, STEPS):
        low, high = (step - 1) * highest // (STEPS - 1) + 1, step * highest // (STEPS - 1)
        if low <= high:
            words = _("%(high)d件") if low == high else _("%(low)d〜%(high)d件")
            found.append((step, words % {"low": low, "high": high}))
    return found


def _squares(cells: Iterable[Cell]) -> str:
    return "".join(cell.path for cell in cells)


def _named(day: Day, n: int, usual: float | None) -> str:
    said = {"day": day_in_words(day.on), "n": n}
    if usual is None:
        return _("%(day)s %(n)d件") % said
    return _("%(day)s %(n)d件（ふだん%(usual)s件）") % {**said, "usual": amount(usual)}


def _nice(highest: float) -> int:
    """Return the round number that a scale ends with."""
    unit = 1
    while True:
        for step in (2, 4, 6, 10):
            if highest <= step * unit:
                return step * unit
        unit *= 10


def _short(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")
