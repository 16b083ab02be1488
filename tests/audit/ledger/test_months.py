"""The record never runs out of months to write into, and somebody is told before it would."""

import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from typing import Any

import psycopg
import pytest
from django.db import connection

from audit.models import Event
from audit.sealing import months
from audit.sealing.sealer import Sealer
from tests.conftest import Office, point_django_at
from tests.sealing import start_over

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sealer(office: Office, db: None) -> Iterator[psycopg.Connection[Any]]:
    with closing(psycopg.connect(**office.sealer.as_psycopg(autocommit=True))) as own:
        yield own


def later(monkeypatch: pytest.MonkeyPatch, month: date) -> None:
    monkeypatch.setattr(months, "_this_month", lambda: month)


def last_month(database: psycopg.Connection[Any]) -> date:
    row = database.execute(
        "SELECT max(to_date(right(relname, 7), 'YYYY_MM')) FROM pg_class WHERE relname ~ '^event_[0-9]{4}_[0-9]{2}$'"
    ).fetchone()
    assert row is not None
    last: date = row[0]
    return last


@pytest.fixture
def few(sealer: psycopg.Connection[Any], office: Office, monkeypatch: pytest.MonkeyPatch) -> Iterator[date]:
    """A day in the last month but one that there are tables for; what is made from there on is gone afterwards."""
    last = last_month(sealer)
    later(monkeypatch, date(last.year - (last.month == 1), (last.month - 2) % 12 + 1, 1))
    yield last
    with closing(psycopg.connect(**office.superuser.as_psycopg(autocommit=True))) as superuser:
        while (month := last_month(superuser)) > last:
            superuser.execute(f"DROP TABLE audit.event_{month:%Y_%m}, audit.leaf_{month:%Y_%m}")


def test_the_sealer_makes_months_ahead(few: date, sealer: psycopg.Connection[Any]) -> None:
    assert months.ahead(sealer) == 1
    assert months.make_ahead(sealer) == months.MOST
    assert last_month(sealer) > few


def test_who_writes_for_long_is_not_waited_for(few: date, office: Office, sealer: psycopg.Connection[Any]) -> None:
    with closing(psycopg.connect(**office.superuser.as_psycopg())) as busy:
        busy.execute("LOCK TABLE audit.event IN ROW EXCLUSIVE MODE")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            months.make_ahead(sealer)
    assert months.ahead(sealer) == 1


def test_months_that_cannot_be_made_are_an_alarm(few: date, office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_database: psycopg.Connection[Any]) -> int:
        raise psycopg.errors.LockNotAvailable

    monkeypatch.setattr(months, "make_ahead", refuse)
    start_over()
    point_django_at(office.sealer)
    try:
        sealer = Sealer(threading.Event(), connection=connection)
        sealer.step()
        assert [one.details for one in Event.objects.filter(action="audit.seal.fault")] == [{"kind": "months_short"}]
        assert Event.objects.filter(action="audit.seal.heartbeat").exists()
    finally:
        point_django_at(office.app)
