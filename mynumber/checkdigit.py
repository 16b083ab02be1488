"""The check digit of an individual number (個人番号): it catches slips of the finger and proves nothing else.

Source: 平成26年総務省令第85号 第5条.
"""

_WEIGHTS = (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)


def check_digit(payload11: str) -> str:
    """Return the twelfth digit for the eleven that come before it.

    Raises ``ValueError`` for anything but eleven ASCII digits; the message never repeats them.
    """
    if not _is_digits(payload11, length=11):
        raise ValueError("個人番号の検査用数字は、半角数字11桁から求めます。")
    remainder = sum(int(digit) * weight for digit, weight in zip(payload11, _WEIGHTS, strict=True)) % 11
    return str(0 if remainder <= 1 else 11 - remainder)


def is_valid(number12: str) -> bool:
    """Tell whether ``number12`` is twelve ASCII digits ending in the right check digit.

    Full-width digits are refused: whoever takes them from a form narrows them first.
    """
    return _is_digits(number12, length=12) and number12[-1] == check_digit(number12[:-1])


def _is_digits(text: str, *, length: int) -> bool:
    return len(text) == length and text.isascii() and text.isdigit()
