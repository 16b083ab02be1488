"""How long is long: retention periods counted as the Civil Code counts."""

from datetime import date, timedelta

import pytest
from hypothesis import given, strategies as st

from benefits.rules.retention import end_of_fiscal_year, fiscal_year, last_day

days = st.dates(min_value=date(1990, 1, 1), max_value=date(2090, 12, 31))
years = st.integers(min_value=0, max_value=100)
months = st.integers(min_value=0, max_value=11)


@pytest.mark.parametrize(
    ("since", "years", "months", "from_fiscal_year_end", "last"),
    [
        ("2020-09-30", 5, 0, False, "2025-09-30"),
        ("2020-09-30", 5, 0, True, "2026-03-31"),
        ("2021-03-31", 5, 0, True, "2026-03-31"),  # the last day of a fiscal year belongs to it
        ("2021-04-01", 5, 0, True, "2027-03-31"),  # and the first one to the next
        ("2024-02-28", 1, 0, False, "2025-02-28"),  # from 29 February, which the year after does not have
        ("2024-02-29", 5, 0, False, "2029-02-28"),
        ("2023-02-28", 1, 0, False, "2024-02-29"),
        ("2024-01-30", 0, 1, False, "2024-02-29"),  # from the 31st: February ends with it
        ("2021-03-31", 0, 6, False, "2021-09-30"),
        ("2020-12-31", 0, 11, False, "2021-11-30"),
    ],
)
def test_a_period_ends_on_the_day_the_civil_code_says(
    since: str, years: int, months: int, from_fiscal_year_end: bool, last: str
) -> None:
    found = last_day(date.fromisoformat(since), years=years, months=months, from_fiscal_year_end=from_fiscal_year_end)
    assert found == date.fromisoformat(last)


@given(days, years, months, st.booleans())
def test_nothing_is_due_before_its_reason_has_ended(since: date, years: int, months: int, from_end: bool) -> None:
    assert last_day(since, years=years, months=months, from_fiscal_year_end=from_end) >= since


@given(days, st.integers(min_value=0, max_value=800), years, months, st.booleans())
def test_what_ends_later_is_never_due_earlier(
    since: date, later: int, years: int, months: int, from_end: bool
) -> None:
    def last(day: date) -> date:
        return last_day(day, years=years, months=months, from_fiscal_year_end=from_end)

    assert last(since) <= last(since + timedelta(days=later))


@given(days, years, months, st.booleans())
def test_a_longer_period_is_never_over_earlier(since: date, years: int, months: int, from_end: bool) -> None:
    shorter = last_day(since, years=years, months=months, from_fiscal_year_end=from_end)
    assert shorter < last_day(since, years=years + 1, months=months, from_fiscal_year_end=from_end)


@given(days)
def test_a_fiscal_year_runs_from_april_to_march(day: date) -> None:
    end = end_of_fiscal_year(day)

    assert day <= end < day + timedelta(days=366)
    assert fiscal_year(end) == fiscal_year(day)
    assert fiscal_year(end + timedelta(days=1)) == fiscal_year(day) + 1
