from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core import checks
from django.db import connections

from config import checks as ours
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
    assert ours.database_is_sound(None, databases=["default"]) == []


def test_nothing_is_asked_of_a_database_that_was_not_named() -> None:
    assert ours.database_is_sound(None, databases=None) == []


def test_serving_as_a_superuser_is_an_error(office: Office, transactional_db: None) -> None:
    point_django_at(office.superuser)

    try:
        found = ours.database_is_sound(None, databases=["default"])
    finally:
        point_django_at(office.app)

    assert "config.E011" in ids(found)


@pytest.mark.parametrize("how", ["DISABLE TRIGGER", "ENABLE TRIGGER", "ENABLE REPLICA TRIGGER"])
@pytest.mark.parametrize("trigger", sorted(ours.TRIGGERS))
def test_a_record_that_could_be_changed_is_an_error(
    how: str, trigger: str, office: Office, transactional_db: None
) -> None:
    with closing(psycopg.connect(**office.superuser.as_psycopg(autocommit=True))) as intruder:
        intruder.execute(f"ALTER TABLE audit.event {how} {trigger}")  # type: ignore[call-overload]

        try:
            found = ours.database_is_sound(None, databases=["default"])
        finally:
            intruder.execute(f"ALTER TABLE audit.event ENABLE ALWAYS TRIGGER {trigger}")  # type: ignore[call-overload]

    assert [message for message in found if trigger in message.msg]
    connections.close_all()
