"""Label numbers: what is printed on papers, boxes and places, and what a scanner types. Nothing personal is in one."""

import unicodedata

from django.db import connection
from django.utils.translation import gettext as _

from benefits.rules.check_digits import m10w21

PAPER, BOX, PLACE, DESTRUCTION = "P", "B", "L", "D"
#: A letter, eight digits of a serial number, and a check digit.
LENGTH = 10


class NotACode(ValueError):
    """What was scanned or typed is no label number. The text is fit to show."""


def draw(letter: str, count: int) -> list[str]:
    """Return ``count`` label numbers that nobody has had before."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('benefits_label') FROM generate_series(1, %s)", [count])
        return [code_of(letter, serial) for (serial,) in cursor.fetchall()]


def code_of(letter: str, serial: int) -> str:
    """Return the label number of a serial number."""
    payload = f"{serial:08d}"
    return f"{letter}{payload}{m10w21(payload)}"


def read(typed: str, *, letters: str = PAPER + BOX + PLACE) -> str:
    """Return the label number that was scanned or typed, in any width and case. Raises :class:`NotACode`."""
    code = "".join(unicodedata.normalize("NFKC", typed[:100]).split()).replace("-", "").upper()
    if not code:
        raise NotACode(_("ラベルを読み取るか、番号を入力してください。"))
    digits = code[1:]
    if len(code) != LENGTH or code[0] not in letters or not (digits.isascii() and digits.isdigit()):
        raise NotACode(_("ラベルの番号は、%(letters)sのあとに数字9桁です。") % {"letters": _or(letters)})
    if int(digits[-1]) != m10w21(digits[:-1]):
        raise NotACode(_("ラベルの番号の検査数字が合いません。読み取り直すか、番号を確かめてください。"))
    return code


def _or(letters: str) -> str:
    return "・".join(letters)
