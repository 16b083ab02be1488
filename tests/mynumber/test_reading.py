"""What may be typed for a My Number, and what is said when it cannot be one (A6, V4)."""

import re

import pytest

from mynumber import checkdigit, vault
from tests.factories import my_number

FULL_WIDTH = {ord("0") + value: chr(ord("０") + value) for value in range(10)}
HYPHENS = "-‐‑‒–—―−ー－ｰ"


def wrong_check_digit(number: str) -> str:
    return number[:11] + str((int(number[11]) + 1) % 10)


def test_twelve_digits_are_read_as_they_are() -> None:
    number = my_number()

    assert vault.read(number) == number


@pytest.mark.parametrize("separator", [*HYPHENS, " ", "　", "\t", " - ", "\u00a0"])
def test_groups_may_be_parted_in_every_way_that_people_part_them(separator: str) -> None:
    number = my_number()
    typed = f" {number[:4]}{separator}{number[4:8]}{separator}{number[8:]}\n"

    assert vault.read(typed) == number
    assert vault.read(typed.translate(FULL_WIDTH)) == number


def test_full_width_digits_are_read_as_digits() -> None:
    number = my_number()

    assert vault.read(number.translate(FULL_WIDTH)) == number


@pytest.mark.parametrize("length", [1, 4, 11, 13, 24])
def test_another_count_of_digits_is_told_with_the_count(length: int) -> None:
    typed = (my_number() * 2)[:length]

    with pytest.raises(vault.InvalidNumberError) as refused:
        vault.read(typed)

    assert str(refused.value) == f"個人番号は12桁で入力してください（入力 {length}桁）。"


@pytest.mark.parametrize("change", [wrong_check_digit, lambda number: wrong_check_digit(number).translate(FULL_WIDTH)])
def test_a_wrong_check_digit_is_told_without_repeating_the_number(change: object) -> None:
    typed = change(my_number())  # type: ignore[operator]

    with pytest.raises(vault.InvalidNumberError, match="検査数字が合いません") as refused:
        vault.read(typed)

    assert not re.search(r"\d", str(refused.value))


def test_all_nine_other_last_digits_are_refused() -> None:
    number = my_number()

    for last in set("0123456789") - {checkdigit.check_digit(number[:11])}:
        with pytest.raises(vault.InvalidNumberError):
            vault.read(number[:11] + last)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        " ",
        "-",
        "なし",
        "abcdefghijkl",
        "1234567890a2",
        "十二万三千",
        "٠١٢٣٤٥٦٧٨٩٠١",
        "1234.5678.9012",
        "12345678901O",
    ],
)
def test_anything_but_digits_is_told_to_be_typed_in_digits_and_is_not_repeated(typed: str) -> None:
    with pytest.raises(vault.InvalidNumberError) as refused:
        vault.read(typed)

    assert str(refused.value) == "個人番号は数字で入力してください。"


def test_no_error_carries_the_number_beneath_it() -> None:
    for typed in (wrong_check_digit(my_number()), my_number() + "1", my_number() + "a"):
        with pytest.raises(vault.InvalidNumberError) as refused:
            vault.read(typed)

        assert refused.value.__cause__ is None
        assert refused.value.__context__ is None
