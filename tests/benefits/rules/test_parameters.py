from collections import Counter
from datetime import date, timedelta

import pytest

from benefits.rules import parameters
from benefits.rules.check_digits import is_valid_payer_number
from benefits.rules.vocabulary import Column, IncomeClass, Scheme


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        (date(2015, 1, 1), 800_000),
        (date(2025, 6, 30), 800_000),
        (date(2025, 7, 1), 809_000),
        (date(2026, 11, 23), 809_000),
    ],
)
def test_a_figure_that_changed_holds_from_its_own_day(on: date, expected: int) -> None:
    assert parameters.value("income.low_1_up_to", on) == expected


def test_a_figure_is_refused_before_its_first_day_in_words_for_the_clerk() -> None:
    with pytest.raises(parameters.NoValueYet) as refused:
        parameters.value("income.low_1_up_to", date(2014, 12, 31))

    assert str(refused.value) == (
        "低所得Ⅰとなる本人収入（この額以下）は平成27年1月1日からの定めです。平成26年12月31日の値はありません。"
    )


def test_a_figure_nobody_wrote_down_is_a_mistake_of_the_program() -> None:
    with pytest.raises(KeyError, match=r"income\.typo"):
        parameters.value("income.typo", date(2026, 1, 1))


def test_no_figure_has_two_values_from_the_same_day() -> None:
    days = Counter((row.name, row.since) for row in parameters.rows())

    assert [key for key, times in days.items() if times > 1] == []


def test_every_row_says_what_it_is_and_where_it_comes_from() -> None:
    assert [row.name for row in parameters.rows() if not (row.label and row.source)] == []


def test_every_row_is_the_answer_on_its_first_day_and_not_on_the_day_before() -> None:
    for row in parameters.rows():
        assert parameters.row(row.name, row.since) is row
        try:
            before = parameters.row(row.name, row.since - timedelta(days=1))
        except parameters.NoValueYet:
            continue
        assert before.since < row.since


def test_every_cell_of_both_tables_of_caps_is_a_row() -> None:
    cells = {
        *((Scheme.NANBYO, column) for column in (Column.STANDARD, Column.LONG_HIGH, Column.VENTILATOR)),
        *(
            (Scheme.SHOMAN, column)
            for column in (Column.STANDARD, Column.SEVERE, Column.VENTILATOR, Column.HEMOPHILIA)
        ),
    }
    names = {parameters.cap_name(scheme, each, column) for scheme, column in cells for each in IncomeClass}

    kept = {row.name for row in parameters.rows() if row.name.startswith("cap.")}

    assert kept == names


@pytest.mark.parametrize(
    "name",
    [
        "payer_number.54.standard",
        "payer_number.54.public_assistance",
        "payer_number.52.standard",
        "apportionment.unit",
        "end.54.cycle",
        "end.54.next_year_from",
        "end.52.years",
    ],
)
def test_what_nobody_has_read_in_the_law_is_marked(name: str) -> None:
    assert parameters.row(name, date(2026, 1, 1)).verify


def test_every_payer_number_ends_in_the_right_digit() -> None:
    numbers = [f"{row.value:08d}" for row in parameters.rows() if row.name.startswith("payer_number.")]

    assert numbers
    assert all(is_valid_payer_number(number) for number in numbers)
