"""An office with people to match, files of every kind, and a hand that turns the worker's crank."""

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from benefits import wareki
from benefits.juki import deciding, labour, receiving
from benefits.models import Person
from benefits.models.juki import BatchState, Encoding, ErrorMode, JukiBatch, JukiLayout, JukiRow
from tests.factories import approved, my_number, staff_member

HEADING = "整理番号,氏名,フリガナ,生年月日,性別,住所,個人番号"
WITHOUT_NUMBER = {
    "number_given": "NOT_GIVEN",
    "number_absence_reason": "LEFT_BLANK",
    "number_evidence": None,
    "identity_evidence": None,
}


@pytest.fixture
def maker(transactional_db: None) -> User:
    return staff_member(Role.MAKER)


@pytest.fixture
def checker(transactional_db: None) -> User:
    return staff_member(Role.CHECKER)


@pytest.fixture
def other_checker(transactional_db: None) -> User:
    return staff_member(Role.CHECKER)


def registered(maker: User, checker: User, **changes: Any) -> Person:
    """Return somebody registered without a number, whose certification lasts."""
    return Person.objects.get(pk=approved(maker, checker, **{**WITHOUT_NUMBER, **lately(), **changes}).person_id)


def lately() -> dict[str, str]:
    """Return the days of an application whose certification lasts: it came today."""
    today = wareki.write_short(timezone.localdate())
    return {"accepted_on": today, "diagnosed_on": today}


def line(number: str | None = None, **changes: str) -> str:
    """Return a line about 見本 太郎 as the demo layout writes it, with a number of its own unless given."""
    values = {
        "serial": "1",
        "name": "見本　太郎",
        "kana": "ミホン　タロウ",
        "birth": "19700401",
        "sex": "1",
        "address": "見本県架空市本町１丁目２番３号",
        "number": my_number() if number is None else number,
        **changes,
    }
    return ",".join(values.values())


def file_of(*lines: str, encoding: str = "cp932", heading: str = HEADING, end: str = "\r\n") -> bytes:
    """Return a file of these lines."""
    return "".join(f"{each}{end}" for each in (heading, *lines)).encode(encoding)


def brought(data: bytes, *, by: User, chunk: int = 64 * 1024) -> JukiBatch:
    """Bring a file as the upload's handler does."""
    receipt = receiving.Receipt(by)
    for start in range(0, len(data), chunk):
        receipt.add(data[start : start + chunk])
    return receipt.finish()


def started(data: bytes, *, by: User, mode: ErrorMode = ErrorMode.SKIP, layout: JukiLayout | None = None) -> JukiBatch:
    """Bring a file and let the worker begin with it."""
    batch = brought(data, by=by)
    kept = layout or batch.layout
    assert kept is not None
    deciding.start(batch.pk, by=by, layout=kept, encoding=Encoding(batch.encoding), mode=mode)
    return batch


def work(*, until: Callable[[], bool] | None = None) -> int:
    """Let the worker work until it has nothing to do, and return in how many pieces."""
    pieces = 0
    while not (until and until()) and labour.work():
        pieces += 1
        assert pieces < 500
    return pieces


def reviewed(data: bytes, *, by: User, **how: Any) -> JukiBatch:
    """Bring a file and let it be worked on until people have to decide."""
    batch = started(data, by=by, **how)
    work()
    batch.refresh_from_db()
    return batch


def applied(data: bytes, *, by: User, checker: User) -> JukiBatch:
    """Bring a file all the way into use."""
    batch = reviewed(data, by=by)
    assert batch.state == BatchState.REVIEW
    compare_all(batch, by=checker)
    deciding.apply(batch.pk, by=checker)
    work()
    batch.refresh_from_db()
    return batch


def compare_all(batch: JukiBatch, *, by: User) -> None:
    """Open every drawn line, as its page does, and find that it agrees."""
    for drawn in deciding.draw(batch.pk, by=by):
        row = JukiRow.objects.get(batch=batch, line=drawn.line)
        deciding.record_opening(batch, row, [row.person_id] if row.person_id else [], by=by)
        deciding.answer(batch.pk, drawn.line, by=by, agrees=True)
