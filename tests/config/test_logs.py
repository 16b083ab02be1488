import json
import logging
import stat
import sys
import uuid
from pathlib import Path

import pytest
from django.db import IntegrityError

from audit.models import PersonLabel
from config import logs


def line(message: str, *arguments: object, error: BaseException | None = None) -> str:
    """One line as it would stand in the log."""
    raised = (type(error), error, error.__traceback__) if error else None
    return logs.JsonLines().format(
        logging.LogRecord("kyufu", logging.ERROR, __file__, 1, message, arguments, raised),
    )


@pytest.mark.parametrize(
    "written",
    [
        "1234{}6789 0",
        "1234-5678-{}012",
        "1234 5678 {}012",
        "１２３４５６７８{}０１２",
        "１２３４－５６７８－{}０１２",
        "x1234567{}89012345",
    ],
)
def test_runs_of_twelve_digits_are_masked_in_any_width_and_grouping(written: str) -> None:
    number = written.format("9") if "-" in written or " 5" in written or "－" in written else written.format("5" * 4)

    text = line("typed %s", number)

    assert number not in text
    assert logs.MASK in text


def test_dates_and_short_numbers_stay() -> None:
    text = json.loads(line("2026-11-23 12:00 receipt 2026000123 took 12345ms"))["message"]

    assert text == "2026-11-23 12:00 receipt 2026000123 took 12345ms"


def test_nothing_that_is_typed_can_forge_a_line() -> None:
    text = line("path %s", 'a\nb\r{"level": "INFO"}\x1b[2J\u2028\u202e\x00')

    assert "\n" not in text
    assert "\x1b" not in text
    assert "\u2028" not in text
    assert "\u202e" not in text
    assert json.loads(text)["level"] == "ERROR"


def test_of_an_exception_only_the_kind_and_the_places_are_kept() -> None:
    try:
        int("山田太郎")
    except ValueError as error:
        text = line("it broke", error=error)

    assert "山田" not in text
    assert json.loads(text)["exception"]["type"] == "ValueError"
    assert json.loads(text)["exception"]["at"][-1].startswith("test_logs.py:")


def test_a_refusal_of_the_database_is_named_without_the_row(db: None) -> None:
    person = PersonLabel(person_id=uuid.uuid4(), name="山田太郎", kana="ヤマダタロウ")
    person.save(force_insert=True)
    try:
        person.save(force_insert=True)
    except IntegrityError as error:
        text = line("it broke", error=error)
    else:
        pytest.fail("the database took a second row with the same key")

    assert str(person.person_id) not in text
    assert "山田" not in text
    assert json.loads(text)["exception"]["sqlstate"] == "23505"
    assert json.loads(text)["exception"]["constraint"] == "person_label_pkey"


def test_the_log_is_its_owners_alone(tmp_path: Path) -> None:
    handler = logs.OwnerOnlyFile(tmp_path / "logs" / "kyufu.log", delay=True)

    handler.emit(logging.LogRecord("kyufu", logging.INFO, __file__, 1, "始まり", (), None))
    handler.close()

    assert stat.S_IMODE((tmp_path / "logs" / "kyufu.log").stat().st_mode) == 0o600
    assert "始まり" in (tmp_path / "logs" / "kyufu.log").read_text(encoding="utf-8")


def test_error_reports_show_no_variable_no_form_and_no_setting() -> None:
    report = logs.NothingToReport()

    assert list(report.get_traceback_frame_variables(None, sys._getframe())) == []
    assert report.get_post_parameters(None) == {}
    assert report.cleanse_setting("DATABASES", {"HOST": "db.example.jp"}) == report.cleansed_substitute
