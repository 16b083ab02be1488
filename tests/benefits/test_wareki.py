from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import assume, given, settings, strategies as st

from benefits import wareki
from benefits.wareki import ERAS, FIRST_DAY, Unreadable

ONE_DAY = timedelta(days=1)
DAYS = st.dates(min_value=FIRST_DAY, max_value=date(2999, 12, 31))

# First and last day of every era, written and not written out.
BOUNDARIES = [
    ("M6.1.1", "明治6年1月1日", date(1873, 1, 1)),
    ("M45.7.29", "明治45年7月29日", date(1912, 7, 29)),
    ("T1.7.30", "大正元年7月30日", date(1912, 7, 30)),
    ("T15.12.24", "大正15年12月24日", date(1926, 12, 24)),
    ("S1.12.25", "昭和元年12月25日", date(1926, 12, 25)),
    ("S64.1.7", "昭和64年1月7日", date(1989, 1, 7)),
    ("H1.1.8", "平成元年1月8日", date(1989, 1, 8)),
    ("H31.4.30", "平成31年4月30日", date(2019, 4, 30)),
    ("R1.5.1", "令和元年5月1日", date(2019, 5, 1)),
]


@pytest.mark.parametrize(("short", "long", "on"), BOUNDARIES)
def test_the_first_and_the_last_day_of_every_era_are_read_and_written(short: str, long: str, on: date) -> None:
    assert wareki.read(short) == on
    assert wareki.read(long) == on
    assert wareki.write_short(on) == short
    assert wareki.write(on) == long


@pytest.mark.parametrize(
    ("text", "message", "corrected"),
    [
        ("M45.7.30", "明治は45年7月29日までです。大正元年7月30日ではありませんか", date(1912, 7, 30)),
        ("T1.7.29", "大正は元年7月30日からです。明治45年7月29日ではありませんか", date(1912, 7, 29)),
        ("T15.12.25", "大正は15年12月24日までです。昭和元年12月25日ではありませんか", date(1926, 12, 25)),
        ("S1.12.24", "昭和は元年12月25日からです。大正15年12月24日ではありませんか", date(1926, 12, 24)),
        ("S64.1.8", "昭和は64年1月7日までです。平成元年1月8日ではありませんか", date(1989, 1, 8)),
        ("昭和65年3月4日", "昭和は64年1月7日までです。平成2年3月4日ではありませんか", date(1990, 3, 4)),
        ("S100.12.1", "昭和は64年1月7日までです。令和7年12月1日ではありませんか", date(2025, 12, 1)),
        ("H1.1.7", "平成は元年1月8日からです。昭和64年1月7日ではありませんか", date(1989, 1, 7)),
        ("H31.5.1", "平成は31年4月30日までです。令和元年5月1日ではありませんか", date(2019, 5, 1)),
        ("H310501", "平成は31年4月30日までです。令和元年5月1日ではありませんか", date(2019, 5, 1)),
        ("平成32年3月31日", "平成は31年4月30日までです。令和2年3月31日ではありませんか", date(2020, 3, 31)),
        ("R1.4.30", "令和は元年5月1日からです。平成31年4月30日ではありませんか", date(2019, 4, 30)),
    ],
)
def test_a_day_outside_its_era_is_refused_and_the_right_era_named(text: str, message: str, corrected: date) -> None:
    with pytest.raises(Unreadable) as unreadable:
        wareki.read(text)

    assert unreadable.value.code == "out_of_era"
    assert unreadable.value.message == message
    assert unreadable.value.corrected == corrected


@pytest.mark.parametrize("text", ["M5.12.2", "明治元年10月23日", "1872/12/31", "18721231", "0001/1/1", "M3.2.30"])
def test_days_before_the_gregorian_calendar_are_refused_without_a_guess(text: str) -> None:
    with pytest.raises(Unreadable) as unreadable:
        wareki.read(text)

    assert unreadable.value.code == "out_of_era"
    assert unreadable.value.corrected is None
    assert "明治6年（1873年）より前" in unreadable.value.message


@pytest.mark.parametrize(
    "text",
    [
        "R6.4.1",
        "r6.4.1",
        "r6-4-1",
        "R6/4/1",
        "R06.04.01",
        "R.6.4.1",
        "R 6. 4. 1",
        "R6 4 1",
        "R6,4,1",
        "Ｒ６．４．１",
        "ｒ６－４－１",
        "Ｒ６。４。１",
        "Ｒ６・４・１",
        "Ｒ６、４、１",
        "Ｒ６ー４ー１",
        "R6−4−1",
        "R6‐4‐1",
        "R060401",
        "Ｒ０６０４０１",
        "R 060401",
        "令和6年4月1日",
        "令和６年４月１日",
        "令和 6年 4月 1日",
        "令和\u30006\u3000年\u30004\u3000月\u30001\u3000日",
        "令和06年04月01日",
        "令和6年4月1",
        "令6/4/1",
        "令6.4.1",
        "令060401",
        "㋿6/4/1",
        "㋿6年4月1日",
        "20240401",
        "２０２４０４０１",
        "西暦20240401",
        "2024/4/1",
        "2024-4-1",
        "2024-04-01",
        "2024.04.01",
        "2024 4 1",
        "2024年4月1日",
        "西暦2024年4月1日",
        "  R6.4.1  ",
        "\u3000R6.4.1\n",
    ],
)
def test_every_way_of_typing_one_day_is_read_as_that_day(text: str) -> None:
    assert wareki.read(text) == date(2024, 4, 1)


@pytest.mark.parametrize(
    ("text", "on"),
    [
        ("令和元年5月1日", date(2019, 5, 1)),
        ("令和元.5.1", date(2019, 5, 1)),
        ("H元.1.8", date(1989, 1, 8)),
        ("平元/1/8", date(1989, 1, 8)),
        ("昭元.12.25", date(1926, 12, 25)),
        ("㍻元年1月8日", date(1989, 1, 8)),
        ("㍼45.4.1", date(1970, 4, 1)),
        ("㍽元年7月30日", date(1912, 7, 30)),
        ("㍾45年7月29日", date(1912, 7, 29)),
        ("S450401", date(1970, 4, 1)),
        ("S640107", date(1989, 1, 7)),
        ("大5.2.29", date(1916, 2, 29)),
        ("明33.2.28", date(1900, 2, 28)),
    ],
)
def test_first_years_and_signs_of_every_era_are_read(text: str, on: date) -> None:
    assert wareki.read(text) == on


@pytest.mark.parametrize(
    "text",
    [
        "R6.2.30",
        "R5.2.29",
        "H33.2.29",
        "2024/2/30",
        "20240230",
        "R060230",
        "R6.0.1",
        "R6.4.0",
        "R6.13.1",
        "R6.4.31",
        "R0.5.1",
        "S000401",
        "令和0年5月1日",
        "M33.2.29",
        "1900/2/29",
        "2024/99/99",
    ],
)
def test_a_day_that_is_not_in_the_calendar_is_impossible(text: str) -> None:
    with pytest.raises(Unreadable) as unreadable:
        wareki.read(text)

    assert unreadable.value.code == "impossible"
    assert unreadable.value.message == "暦にない日付です"
    assert unreadable.value.corrected is None


@pytest.mark.parametrize("text", ["640401", "６４０４０１", "45.4.1", "6/4/1", "元年5月1日", "元.5.1", "06-04-01"])
def test_a_date_without_era_is_ambiguous(text: str) -> None:
    with pytest.raises(Unreadable) as unreadable:
        wareki.read(text)

    assert unreadable.value.code == "ambiguous"
    assert unreadable.value.message == "元号がないため読み取れません。元号か西暦4桁を付けて入力してください"


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "きのう",
        "不詳",
        "R6",
        "R6.4",
        "令和6年4月",
        "R6.4.1.1",
        "R6.4.1 12:00",
        "R64.1",
        "R6401",
        "R64001",
        "R0604011",
        "S1970.4.1",
        "X6.4.1",
        "慶応3年1月1日",
        "970/4/1",
        "西暦70年4月1日",
        "2024",
        "202404011",
        "3450401",
        "2024/4/١",
        "R6..4.1",
        "R6年4.1年",
        "-1.4.1",
        "\x00",
        "\ud800",
        "R6.4.1" + " " * 40,
        "9" * 10_000,
        "\ufdfa" * 40,
    ],
)
def test_what_is_not_a_date_is_unreadable(text: str) -> None:
    with pytest.raises(Unreadable) as unreadable:
        wareki.read(text)

    assert unreadable.value.code == "unreadable"
    assert unreadable.value.message == "日付として読み取れません。例のように入力してください"


@pytest.mark.parametrize(
    ("text", "on"),
    [
        ("1450729", date(1912, 7, 29)),
        ("2150401", date(1926, 4, 1)),
        ("3450401", date(1970, 4, 1)),
        ("4310430", date(2019, 4, 30)),
        ("５０６０４０１", date(2024, 4, 1)),
    ],
)
def test_seven_digits_with_an_era_number_are_read_only_where_the_form_prints_them(text: str, on: date) -> None:
    assert wareki.read(text, era_numbers=True) == on
    with pytest.raises(Unreadable):
        wareki.read(text)


@pytest.mark.parametrize(
    ("text", "code"),
    [("6450401", "unreadable"), ("0450401", "unreadable"), ("3650401", "out_of_era"), ("3450231", "impossible")],
)
def test_seven_digits_are_held_to_the_same_rules(text: str, code: str) -> None:
    with pytest.raises(Unreadable) as unreadable:
        wareki.read(text, era_numbers=True)

    assert unreadable.value.code == code


def test_the_exception_never_shows_the_date_in_a_log() -> None:
    with pytest.raises(Unreadable) as unreadable:
        wareki.read("S65.3.4")

    assert str(unreadable.value) == "out_of_era"
    assert "1990" not in repr(unreadable.value)
    assert unreadable.value.__cause__ is None


@pytest.mark.parametrize(
    ("on", "today", "text"),
    [
        (date(1970, 4, 1), date(2026, 11, 23), "昭和45年4月1日（1970年・56歳）"),
        (date(1970, 4, 1), date(2026, 3, 31), "昭和45年4月1日（1970年・55歳）"),
        (date(1970, 4, 1), date(2026, 4, 1), "昭和45年4月1日（1970年・56歳）"),
        (date(2019, 5, 1), date(2019, 5, 1), "令和元年5月1日（2019年・0歳）"),
        (date(2004, 2, 29), date(2025, 2, 28), "平成16年2月29日（2004年・20歳）"),
        (date(2004, 2, 29), date(2025, 3, 1), "平成16年2月29日（2004年・21歳）"),
        (date(2027, 4, 1), date(2026, 11, 23), "令和9年4月1日（2027年）"),
    ],
)
def test_a_day_in_full_says_its_western_year_and_the_age(on: date, today: date, text: str) -> None:
    assert wareki.write_full(on, today=today) == text


def test_days_before_the_gregorian_calendar_are_not_written() -> None:
    too_early = FIRST_DAY - ONE_DAY

    for attempt in (wareki.write, wareki.write_short):
        with pytest.raises(ValueError, match="明治6年より前"):
            attempt(too_early)
    with pytest.raises(ValueError, match="明治6年より前"):
        wareki.write_full(too_early, today=date(2026, 11, 23))


def test_eras_follow_one_another_without_a_gap() -> None:
    for earlier, later in pairwise(ERAS):
        assert wareki.write(later.since).startswith(later.name)
        assert wareki.write(later.since - ONE_DAY).startswith(earlier.name)
        assert later.first_year == later.since.year
    assert [era.number for era in ERAS] == [1, 2, 3, 4, 5]
    assert "".join(era.letter for era in ERAS) == "MTSHR"


@settings(deadline=None)
@given(DAYS)
def test_every_day_is_read_back_as_it_was_written(on: date) -> None:
    assert wareki.read(wareki.write(on)) == on
    assert wareki.read(wareki.write_short(on)) == on
    assert wareki.read(on.isoformat()) == on
    assert wareki.read(f"{on:%Y%m%d}") == on


@settings(deadline=None)
@given(st.dates(min_value=FIRST_DAY, max_value=date(2100, 12, 31)), st.sampled_from(ERAS))
def test_any_era_with_any_year_gives_the_day_or_offers_it(on: date, era: wareki.Era) -> None:
    year = on.year - era.first_year + 1
    assume(year >= 1)
    text = f"{era.letter}{year}.{on.month}.{on.day}"

    result = _reading_of(text)

    if isinstance(result, Unreadable):
        assert result.code == "out_of_era"
        assert result.corrected == on
        assert wareki.write(on) in result.message
    else:
        assert result == on
        assert wareki.write_short(on) == text


@settings(deadline=None)
@given(
    st.text(alphabet=st.characters(exclude_categories=()))
    | st.text(alphabet="MTSHRmtshr令和平成昭㋿元年月日0123456789０１９./-. ー²③٣"),
    st.booleans(),
)
def test_no_text_whatever_does_anything_but_give_a_day_or_be_refused(text: str, era_numbers: bool) -> None:
    result = _reading_of(text, era_numbers=era_numbers)

    if isinstance(result, Unreadable):
        assert result.code in {"unreadable", "impossible", "out_of_era", "ambiguous"}
        assert result.message
    else:
        assert result >= FIRST_DAY


def _reading_of(text: str, *, era_numbers: bool = False) -> date | Unreadable:
    try:
        return wareki.read(text, era_numbers=era_numbers)
    except Unreadable as unreadable:
        return unreadable
