import pytest
from hypothesis import given, strategies as st

from benefits.rules import check_digits
from benefits.rules.check_digits import (
    is_valid_institution_code,
    is_valid_insurer_number,
    is_valid_municipality_code,
    is_valid_payer_number,
    is_valid_recipient_number,
    is_valid_resident_code,
    m10w21,
    recipient_number,
)

EVERY_CHECK = {
    is_valid_payer_number: "54016027",
    is_valid_recipient_number: "1234566",
    is_valid_insurer_number: "33120015",
    is_valid_institution_code: "0110113719",
    is_valid_municipality_code: "270008",
    is_valid_resident_code: "24727059608",
}


def digits(length: int) -> st.SearchStrategy[str]:
    return st.text("0123456789", min_size=length, max_size=length)


@pytest.mark.parametrize(
    "number",
    [
        "54016027", "54376017", "54376025", "94376019", "54265012", "52196011", "52197019", "52198017",
        "81136244", "81137242", "88138243", "88131248", "89131247",
        "54276019", "54276027", "52276011", "52277019", "52278017", "17276015",
    ],
)  # fmt: skip
def test_published_payer_numbers_are_accepted(number: str) -> None:
    assert is_valid_payer_number(number)


@pytest.mark.parametrize(
    ("serial", "expected"),
    [
        (1, "0000018"),
        (123_456, "1234566"),
        (700_001, "7000011"),
        (999_999, "9999996"),
        (50_123, "0501239"),
    ],
)
def test_a_recipient_number_is_its_serial_and_the_check_digit(serial: int, expected: str) -> None:
    assert recipient_number(serial) == expected
    assert is_valid_recipient_number(expected)


@pytest.mark.parametrize("serial", [0, -1, 1_000_000])
def test_a_serial_that_does_not_fit_is_refused(serial: int) -> None:
    with pytest.raises(ValueError, match="1から999999まで"):
        recipient_number(serial)


@pytest.mark.parametrize("number", ["33120015", "01270016", "06131239", "39270012", "270017", "270025", "273011"])
def test_insurer_numbers_of_eight_and_of_six_digits_are_accepted(number: str) -> None:
    assert is_valid_insurer_number(number)


@given(digits(5))
def test_leading_zeros_do_not_change_a_national_insurers_digit(payload: str) -> None:
    assert m10w21(payload) == m10w21(f"00{payload}")


@pytest.mark.parametrize(
    "number", ["0110113719", "2710100013", "2710200151", "2730501232", "2741104562", "2769900016"]
)
def test_institution_codes_of_ten_digits_are_accepted(number: str) -> None:
    assert is_valid_institution_code(number)


def test_the_seven_printed_digits_of_an_institution_cannot_be_checked() -> None:
    assert not is_valid_institution_code("0113719")


@pytest.mark.parametrize("number", ["270008", "271004", "271403", "272035", "272272", "272124"])
def test_municipality_codes_are_accepted(number: str) -> None:
    assert is_valid_municipality_code(number)


@pytest.mark.parametrize(
    ("payload", "check"),
    [("00000", "1"), ("00006", "0"), ("00005", "1")],
    ids=["remainder 0 gives 1", "remainder 1 gives 0", "remainder 10 gives 1"],
)
def test_a_municipality_code_keeps_the_last_digit_of_eleven_and_of_ten(payload: str, check: str) -> None:
    accepted = [digit for digit in "0123456789" if is_valid_municipality_code(payload + digit)]

    assert accepted == [check]


@pytest.mark.parametrize(
    "number", ["24727059608", "24846016224", "25208017643", "12345678903", "98765432103", "10000000006"]
)
def test_published_resident_codes_are_accepted(number: str) -> None:
    assert is_valid_resident_code(number)


def test_a_published_dummy_resident_code_is_refused() -> None:
    assert not is_valid_resident_code("25208017644")


@pytest.mark.parametrize(("check", "number"), EVERY_CHECK.items(), ids=lambda each: getattr(each, "__name__", ""))
def test_nothing_but_ascii_digits_of_the_right_length_is_accepted(check: object, number: str) -> None:
    assert callable(check)
    full_width = number.translate({ord("0") + value: ord("０") + value for value in range(10)})
    superscript = number[:-1] + "²"

    assert check(number)
    for wrong in (full_width, superscript, f"{number} ", f" {number}", f"{number}\n", number[:-1], f"{number}0", ""):
        assert not check(wrong)


@pytest.mark.parametrize(("check", "number"), EVERY_CHECK.items(), ids=lambda each: getattr(each, "__name__", ""))
def test_exactly_one_last_digit_is_right(check: object, number: str) -> None:
    assert callable(check)
    accepted = [digit for digit in "0123456789" if check(number[:-1] + digit)]

    assert accepted == [number[-1]]


@given(digits(7), st.integers(0, 7), st.integers(1, 9))
def test_every_single_wrong_digit_of_a_payer_number_is_found(payload: str, place: int, shift: int) -> None:
    number = f"{payload}{m10w21(payload)}"
    wrong = number[:place] + str((int(number[place]) + shift) % 10) + number[place + 1 :]

    assert is_valid_payer_number(number)
    assert not is_valid_payer_number(wrong)


@given(digits(7), st.integers(0, 6))
def test_two_neighbours_exchanged_are_found_unless_they_are_nought_and_nine(payload: str, place: int) -> None:
    number = f"{payload}{m10w21(payload)}"
    pair = number[place : place + 2]
    exchanged = number[:place] + pair[::-1] + number[place + 2 :]

    assert is_valid_payer_number(exchanged) is (pair[0] == pair[1] or set(pair) == {"0", "9"})


@given(digits(10), st.integers(0, 9), st.integers(1, 9))
def test_a_wrong_digit_of_a_resident_code_passes_only_between_remainders_nought_and_one(
    payload: str, place: int, shift: int
) -> None:
    other = payload[:place] + str((int(payload[place]) + shift) % 10) + payload[place + 1 :]
    checks = [next(d for d in "0123456789" if is_valid_resident_code(each + d)) for each in (payload, other)]

    assert checks[0] != checks[1] or checks == ["0", "0"]


@pytest.mark.parametrize("payload", ["", "12a", "１２", "-1"])
def test_no_digit_is_worked_out_for_anything_but_digits(payload: str) -> None:
    with pytest.raises(ValueError, match="半角数字"):
        m10w21(payload)


def test_an_error_does_not_repeat_what_was_entered() -> None:
    with pytest.raises(ValueError, match="検証番号") as refused:
        check_digits.m10w21("5427601x")

    assert "5427601" not in str(refused.value)
