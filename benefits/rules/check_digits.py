"""The check digits of the numbers that forms, cards and claims carry, the individual number apart.

Every function takes ASCII digits only and answers False for anything else. Whether a wrong digit
refuses the entry (typed by hand) or merely warns (migrated data) is for the caller to say.
"""

LARGEST_SERIAL = 999_999


def m10w21(payload: str) -> int:
    """Return the check digit of the insurance and public-expense family of numbers.

    Modulus 10, weights 2, 1, 2, 1 … from the rightmost digit, two-digit products added digit by
    digit. Raises ``ValueError`` for an empty payload or one that is not ASCII digits.
    Source: 保険者番号・公費負担者番号・公費負担医療の受給者番号 設定要領.
    """
    if not _is_digits(payload):
        raise ValueError("検証番号は半角数字から求めます。")
    total = 0
    for place, digit in enumerate(reversed(payload)):
        product = int(digit) * (1 if place % 2 else 2)
        total += product // 10 + product % 10
    return (10 - total % 10) % 10


def recipient_number(serial: int) -> str:
    """Return the seven digits of the 受給者番号 for a serial from 1 to 999,999.

    Leading zeros belong to the number. Raises ``ValueError`` outside that range.
    """
    if not 1 <= serial <= LARGEST_SERIAL:
        raise ValueError("受給者番号の連番は1から999999までです。")
    payload = f"{serial:06d}"
    return f"{payload}{m10w21(payload)}"


def is_valid_payer_number(number: str) -> bool:
    """Tell whether ``number`` is a 公費負担者番号: eight digits, the last one right."""
    return _ends_in_m10w21(number, lengths={8})


def is_valid_recipient_number(number: str) -> bool:
    """Tell whether ``number`` is a 受給者番号: seven digits, the last one right."""
    return _ends_in_m10w21(number, lengths={7})


def is_valid_insurer_number(number: str) -> bool:
    """Tell whether ``number`` is a 保険者番号: eight digits, or six for 国民健康保険."""
    return _ends_in_m10w21(number, lengths={6, 8})


def is_valid_institution_code(number: str) -> bool:
    """Tell whether ``number`` is a 医療機関コード with its prefecture and tariff: ten digits.

    The seven digits that are printed alone cannot be checked: their last one is worked out over
    the prefecture and the tariff as well.
    """
    return _ends_in_m10w21(number, lengths={10})


def is_valid_municipality_code(number: str) -> bool:
    """Tell whether ``number`` is a 全国地方公共団体コード: six digits, the last one right.

    Modulus 11 with weights 6, 5, 4, 3, 2. Unlike the individual number, a difference of eleven or
    ten keeps its last digit: remainder 0 gives 1, remainder 1 gives 0.
    """
    if not _is_digits(number) or len(number) != 6:
        return False
    remainder = sum(int(digit) * weight for digit, weight in zip(number, (6, 5, 4, 3, 2), strict=False)) % 11
    return int(number[-1]) == (11 - remainder) % 10


def is_valid_resident_code(number: str) -> bool:
    """Tell whether ``number`` is a 住民票コード: eleven digits, the last one right.

    The formula was not read in the law: it is the individual number's (remainder 0 or 1 gives 0)
    over ten digits, and agrees with every published sample. To be verified.
    """
    if not _is_digits(number) or len(number) != 11:
        return False
    weights = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
    remainder = sum(int(digit) * weight for digit, weight in zip(number, weights, strict=False)) % 11
    return int(number[-1]) == (0 if remainder <= 1 else 11 - remainder)


def _ends_in_m10w21(number: str, *, lengths: set[int]) -> bool:
    return _is_digits(number) and len(number) in lengths and int(number[-1]) == m10w21(number[:-1])


def _is_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()
