from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core import checks
from django.db import connection, connections

from config import checks as ours, grants
from tests.conftest import Office, point_django_at


def ids(messages: Sequence[checks.CheckMessage]) -> set[str | None]:
    return {message.id for message in messages}


def test_missing_keys_are_an_error(settings: Any, tmp_path: Path) -> None:
    settings.KYUFU_KEYS_DIR = tmp_path

    assert ids(ours.keys_are_ready(None)) == {"config.E001"}


def test_keys_in_order_are_none(settings: Any) -> None:
    assert ours.keys_are_ready(None) == []


def test_debugging_is_an_error(settings: Any) -> None:
    settings.DEBUG = True

    assert ids(ours.debugging_is_off(None)) == {"config.E002"}


def test_a_sound_database_passes(db: None) -> None:
    found = ours.database_is_sound(None, databases=["default"])

    # but for the haste of the suite's server; tests/config/test_start.py asks an office's own
    assert ids(found) <= {"config.W013"}
    assert not any("synchronous_commit" in message.msg for message in found)


def test_nothing_is_asked_of_a_database_that_was_not_named() -> None:
    assert ours.database_is_sound(None, databases=None) == []


def test_serving_as_a_superuser_is_an_error(office: Office, transactional_db: None) -> None:
    point_django_at(office.superuser)

    try:
        found = ours.database_is_sound(None, databases=["default"])
    finally:
        point_django_at(office.app)

    assert "config.E011" in ids(found)


GUARDS = sorted((table, trigger) for table, triggers in grants.TRIGGERS.items() for trigger in triggers)


@pytest.mark.parametrize("how", ["DISABLE TRIGGER", "ENABLE TRIGGER", "ENABLE REPLICA TRIGGER"])
def test_a_guard_that_can_be_put_to_sleep_is_an_error(how: str, office: Office, transactional_db: None) -> None:
    with closing(psycopg.connect(**office.superuser.as_psycopg(autocommit=True))) as intruder:
        for table, trigger in GUARDS:
            intruder.execute(f"ALTER TABLE {table} {how} {trigger}")  # type: ignore[call-overload]

            try:
                found = ours.database_is_sound(None, databases=["default"])
            finally:
                awake = f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {trigger}"
                intruder.execute(awake)  # type: ignore[call-overload]

            told = [message.id for message in found if trigger in message.msg]
            assert told == ["config.E012"], (table, trigger)
    connections.close_all()


def test_a_server_that_may_forget_a_commit_is_warned_of(db: None) -> None:
    connection.ensure_connection()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off")

    [caution] = ours.database_is_sound(None, databases=["default"])

    assert caution.id == "config.W013"
    assert "synchronous_commit" in caution.msg
