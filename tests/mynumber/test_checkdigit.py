import pytest

from mynumber import checkdigit

# Payload and digit stay apart: a whole number could be somebody's.
PUBLISHED = {
    "98320567321": "4",
    "37947448445": "8",
    "45497236486": "0",
    "50795710072": "1",
}
WORKED_OUT = {
    "12345678901": "8",
    "98765432109": "3",
    "11111111111": "8",
    "00000000001": "9",
    "00000000000": "0",
    "00000000006": "0",
}
WEIGHTS = (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)


def remainder(payload: str) -> int:
    return sum(int(digit) * weight for digit, weight in zip(payload, WEIGHTS, strict=True)) % 11


@pytest.mark.parametrize(("payload", "digit"), {**PUBLISHED, **WORKED_OUT}.items())
def test_the_twelfth_digit_is_that_of_the_published_samples(payload: str, digit: str) -> None:
    assert checkdigit.check_digit(payload) == digit


@pytest.mark.parametrize(("payload", "digit"), {**PUBLISHED, **WORKED_OUT}.items())
def test_one_last_digit_is_right_and_nine_are_wrong(payload: str, digit: str) -> None:
    accepted = [last for last in "0123456789" if checkdigit.is_valid(payload + last)]

    assert accepted == [digit]


@pytest.mark.parametrize(("payload", "expected"), [("45497236486", 0), ("00000000006", 1), ("50795710072", 10)])
def test_remainders_nought_and_one_give_nought_and_ten_gives_one(payload: str, expected: int) -> None:
    assert remainder(payload) == expected
    assert checkdigit.check_digit(payload) == ("1" if expected == 10 else "0")


@pytest.mark.parametrize("payload", [*PUBLISHED, *WORKED_OUT])
def test_every_single_wrong_digit_is_found_but_between_remainders_nought_and_one(payload: str) -> None:
    last = checkdigit.check_digit(payload)
    for place in range(11):
        for digit in set("0123456789") - {payload[place]}:
            wrong = payload[:place] + digit + payload[place + 1 :]

            assert checkdigit.is_valid(wrong + last) is ({remainder(payload), remainder(wrong)} == {0, 1})


def test_what_is_not_twelve_ascii_digits_is_not_valid() -> None:
    number = "98320567321" + checkdigit.check_digit("98320567321")
    full_width = number.translate({ord("0") + value: ord("０") + value for value in range(10)})

    assert checkdigit.is_valid(number)
    for wrong in (
        full_width,
        number[:-1] + "²",
        number[:-1],
        number + "0",
        f" {number[:-1]}",
        f"{number}\n",
        "",
        "a" * 12,
    ):
        assert not checkdigit.is_valid(wrong)


@pytest.mark.parametrize("payload", ["", "9832056732", "98320567321" + "0", "9832056732x", "９８３２０５６７３２１"])
def test_no_digit_is_worked_out_for_anything_but_eleven_and_the_error_does_not_repeat_it(payload: str) -> None:
    with pytest.raises(ValueError, match="半角数字11桁") as refused:
        checkdigit.check_digit(payload)

    assert not payload or payload not in str(refused.value)
