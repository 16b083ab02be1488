"""The days off of a year, worked out from the law. No Django, no database.

国民の祝日に関する法律（昭和23年法律第178号）第2条・第3条, and the turn of the year
(地方自治法第4条の2第2項第3号, whose days an ordinance sets: 29 December to 3 January nearly everywhere). The equinoxes
are announced each February for the next year (官報); what is here is computed, and is to be compared with that.
"""

from datetime import date, timedelta

ONE_DAY = timedelta(days=1)
#: The rules below are those since 2020.
FIRST_YEAR, LAST_YEAR = 2022, 2099

_FIXED = (
    (1, 1, "元日"),
    (2, 11, "建国記念の日"),
    (2, 23, "天皇誕生日"),
    (4, 29, "昭和の日"),
    (5, 3, "憲法記念日"),
    (5, 4, "みどりの日"),
    (5, 5, "こどもの日"),
    (8, 11, "山の日"),
    (11, 3, "文化の日"),
    (11, 23, "勤労感謝の日"),
)
#: Month, which Monday, name.
_MONDAYS = ((1, 2, "成人の日"), (7, 3, "海の日"), (9, 3, "敬老の日"), (10, 2, "スポーツの日"))
_TURN_OF_THE_YEAR = ((1, 2), (1, 3), (12, 29), (12, 30), (12, 31))


def holidays(year: int) -> dict[date, str]:
    """Return the public holidays of ``year`` with their names, in order; ``ValueError`` outside 2022 to 2099."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise ValueError(year)
    own = {date(year, month, day): name for month, day, name in _FIXED}
    own |= {_monday(year, month, which): name for month, which, name in _MONDAYS}
    own |= {_equinox(year, 3, 20.8431): "春分の日", _equinox(year, 9, 23.2488): "秋分の日"}
    found = dict(own)
    for day in sorted(own):
        if day.weekday() == 6:  # Sunday: the next day that is no holiday (3条2項)
            free = day + ONE_DAY
            while free in own:
                free += ONE_DAY
            found[free] = "振替休日"
    for day in sorted(own):
        between = day + ONE_DAY
        if between + ONE_DAY in own and between not in found and between.weekday() != 6:  # 3条3項
            found[between] = "国民の休日"
    return dict(sorted(found.items()))


def days_off(year: int) -> dict[date, str]:
    """Return the public holidays and the turn of the year, with their names, in order."""
    turn = {date(year, month, day): "年末年始" for month, day in _TURN_OF_THE_YEAR}
    return dict(sorted((turn | holidays(year)).items()))


def _monday(year: int, month: int, which: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(7 - first.weekday()) % 7 + 7 * (which - 1))


def _equinox(year: int, month: int, of_1980: float) -> date:
    since = year - 1980
    return date(year, month, int(of_1980 + 0.242194 * since - since // 4))
