"""Japanese-era dates: the only place that reads them as clerks type them and writes them as documents print them."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

LONGEST_TEXT: Final = 40
"""No date is written with more characters than this; what is longer is not read at all."""


@dataclass(frozen=True, slots=True)
class Era:
    """One era: how it is written, and the first day it is used for. It lasts until the next one begins."""

    name: str
    letter: str
    number: int
    first_year: int
    since: date


# 明治 begins here with the Gregorian calendar (明治5年太政官布告第337号), not with its own first day: the
# months and days of its first five years are those of another calendar.
# Sources of the later rows: 大正元年7月30日・大正15年12月25日の改元の詔書, 昭和64年政令第1号, 平成31年政令第143号.
ERAS: Final = (
    Era("明治", "M", 1, 1868, date(1873, 1, 1)),
    Era("大正", "T", 2, 1912, date(1912, 7, 30)),
    Era("昭和", "S", 3, 1926, date(1926, 12, 25)),
    Era("平成", "H", 4, 1989, date(1989, 1, 8)),
    Era("令和", "R", 5, 2019, date(2019, 5, 1)),
)
FIRST_DAY: Final = ERAS[0].since

_ERA_BY_SIGN = {sign: era for era in ERAS for sign in (era.name, era.name[0], era.letter)}
_ERA_BY_NUMBER = {str(era.number): era for era in ERAS}

_SIGN = "|".join(sorted(_ERA_BY_SIGN, key=len, reverse=True))
# With the IME left on, the keys . , / - give 。 、 ・ ー.
_SEPARATOR = r"(?:\s*[./,。、・\-‐‑‒–—―−ー]\s*|\s+)"
_WRITTEN_OUT = re.compile(
    rf"(?:(?P<era>{_SIGN})\s*[.。・]?\s*|(?P<western>西暦)\s*)?"
    rf"(?P<year>[0-9]{{1,4}}|元)(?:\s*年\s*|{_SEPARATOR})"
    rf"(?P<month>[0-9]{{1,2}})(?:\s*月\s*|{_SEPARATOR})"
    r"(?P<day>[0-9]{1,2})\s*日?"
)
_ERA_AND_SIX_DIGITS = re.compile(
    rf"(?P<era>{_SIGN})\s*[.。・]?\s*(?P<year>[0-9]{{2}})(?P<month>[0-9]{{2}})(?P<day>[0-9]{{2}})"
)
_EIGHT_DIGITS = re.compile(r"(?:西暦\s*)?(?P<year>[0-9]{4})(?P<month>[0-9]{2})(?P<day>[0-9]{2})")
_SEVEN_DIGITS = re.compile(r"(?P<number>[1-5])(?P<year>[0-9]{2})(?P<month>[0-9]{2})(?P<day>[0-9]{2})")
_SIX_DIGITS = re.compile(r"[0-9]{6}")


class Unreadable(Exception):
    """A text was not taken for a date.

    ``code`` is one of "unreadable", "impossible" (no such day), "out_of_era" (the era had not begun or was
    over) and "ambiguous" (no era given). ``message`` is fit to show and names no field. ``corrected`` is the
    day an "out_of_era" text would be if the years were counted on into the era it belongs to: to be offered
    for confirmation, never stored unasked; None before the first day of the Gregorian calendar.
    ``str()`` gives the code alone, because a date of birth has no place in a log.
    """

    def __init__(self, code: str, message: str, *, corrected: date | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.message = message
        self.corrected = corrected


def read(text: str, *, era_numbers: bool = False) -> date:
    """Return the day that ``text`` names.

    Reads ``R6.4.1``, ``r6-4-1``, ``Ｒ６．４．１``, ``R060401``, ``令和6年4月1日``, ``令6/4/1``, ``令和元年5月1日``,
    ``㋿6/4/1``, ``2024/4/1``, ``2024年4月1日`` and ``20240401``, with spaces between the parts. ``era_numbers``
    also reads the seven digits of paper forms that print 1明 2大 3昭 4平 5令 (``3450401``). Raises
    ``Unreadable`` for everything else, for days outside the era that is written, and for days before
    明治6年1月1日, which the calendar of the time counted differently.
    """
    if len(text) > LONGEST_TEXT:
        raise _unreadable()
    plain = unicodedata.normalize("NFKC", text).strip().upper()
    if match := _WRITTEN_OUT.fullmatch(plain):
        return _read_written_out(match)
    if match := _ERA_AND_SIX_DIGITS.fullmatch(plain):
        return _in_era(_ERA_BY_SIGN[match["era"]], int(match["year"]), int(match["month"]), int(match["day"]))
    if match := _EIGHT_DIGITS.fullmatch(plain):
        return _day(int(match["year"]), int(match["month"]), int(match["day"]))
    if era_numbers and (match := _SEVEN_DIGITS.fullmatch(plain)):
        return _in_era(_ERA_BY_NUMBER[match["number"]], int(match["year"]), int(match["month"]), int(match["day"]))
    if _SIX_DIGITS.fullmatch(plain):
        raise _ambiguous()
    raise _unreadable()


def write(on: date) -> str:
    """Return the day as documents print it: ``昭和45年4月1日``, and ``令和元年5月1日`` in the first year.

    Raises ``ValueError`` before 明治6年1月1日.
    """
    era = _era_of(on)
    year = _year_in(era, on)
    return f"{era.name}{'元' if year == 1 else year}年{on.month}月{on.day}日"


def write_short(on: date) -> str:
    """Return the day as clerks type it: ``S45.4.1``, and ``R1.5.1`` in the first year.

    Raises ``ValueError`` before 明治6年1月1日.
    """
    era = _era_of(on)
    return f"{era.letter}{_year_in(era, on)}.{on.month}.{on.day}"


def write_full(on: date, *, today: date) -> str:
    """Return the day with its western year and the age reached: ``昭和45年4月1日（1970年・56歳）``.

    The age is the one people give: it rises on the birthday, and on 1 March for those born on 29 February
    in years without that day. A day after ``today`` has no age. Raises ``ValueError`` before 明治6年1月1日.
    """
    if on > today:
        return f"{write(on)}（{on.year}年）"
    age = today.year - on.year - ((today.month, today.day) < (on.month, on.day))
    return f"{write(on)}（{on.year}年・{age}歳）"


def _read_written_out(match: re.Match[str]) -> date:
    month, day = int(match["month"]), int(match["day"])
    if match["era"]:
        if len(match["year"]) == 4:
            raise _unreadable()
        year = 1 if match["year"] == "元" else int(match["year"])
        return _in_era(_ERA_BY_SIGN[match["era"]], year, month, day)
    if len(match["year"]) == 4:
        return _day(int(match["year"]), month, day)
    if match["western"] or len(match["year"]) == 3:
        raise _unreadable()
    raise _ambiguous()


def _in_era(era: Era, year: int, month: int, day: int) -> date:
    """Return the day of an era's year, refusing days on which the era had not begun or was over."""
    if year == 0:
        raise _impossible()
    on = _day(era.first_year + year - 1, month, day)
    if on < era.since:
        raise Unreadable(
            "out_of_era",
            f"{era.name}は{_without_era(era, era.since)}からです。{write(on)}ではありませんか",
            corrected=on,
        )
    last = _last_day(era)
    if on > last:
        raise Unreadable(
            "out_of_era",
            f"{era.name}は{_without_era(era, last)}までです。{write(on)}ではありませんか",
            corrected=on,
        )
    return on


def _day(year: int, month: int, day: int) -> date:
    """Return a day of the Gregorian calendar, as far back as Japan has used it."""
    if year < FIRST_DAY.year:
        raise Unreadable("out_of_era", "明治6年（1873年）より前の日付は、暦が異なるため扱えません")
    try:
        return date(year, month, day)
    except ValueError:
        raise _impossible() from None


def _era_of(on: date) -> Era:
    for era in reversed(ERAS):
        if on >= era.since:
            return era
    raise ValueError("明治6年より前の日は和暦で書き表せません。")


def _year_in(era: Era, on: date) -> int:
    return on.year - era.first_year + 1


def _without_era(era: Era, on: date) -> str:
    year = _year_in(era, on)
    return f"{'元' if year == 1 else year}年{on.month}月{on.day}日"


def _last_day(era: Era) -> date:
    later = [other.since for other in ERAS if other.since > era.since]
    return min(later) - timedelta(days=1) if later else date.max


def _unreadable() -> Unreadable:
    return Unreadable("unreadable", "日付として読み取れません。例のように入力してください")


def _impossible() -> Unreadable:
    return Unreadable("impossible", "暦にない日付です")


def _ambiguous() -> Unreadable:
    return Unreadable("ambiguous", "元号がないため読み取れません。元号か西暦4桁を付けて入力してください")
