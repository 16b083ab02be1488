import json
import logging
import stat
import sys
import uuid
from pathlib import Path
from urllib.parse import quote

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


DIGITS = "123456789012"
FULL_WIDTH = "１２３４５６７８９０１２"


@pytest.mark.parametrize("between", [*" -‐–—−ー－./_,+　．，／＿・", " - ", ", ", "\u200b", "\xa0"])
@pytest.mark.parametrize("group", [1, 3, 4, 6])
def test_twelve_digits_are_masked_whatever_stands_between_them(between: str, group: int) -> None:
    written = between.join(DIGITS[start : start + group] for start in range(0, 12, group))

    text = json.loads(line("Not Found: /people/%s/", written))["message"]

    assert text == f"Not Found: /people/{logs.MASK}/"


@pytest.mark.parametrize(
    "written",
    [
        quote(FULL_WIDTH),
        quote(quote(FULL_WIDTH)),
        quote("1234　5678　9012"),
        "1234%205678%209012",
        "%31%32%33%34%35%36%37%38%39%30%31%32",
        FULL_WIDTH.encode().decode("latin-1"),
        FULL_WIDTH.encode("unicode_escape").decode(),
        "1234　5678　9012".encode("unicode_escape").decode(),
        FULL_WIDTH.encode().decode("latin-1").encode("unicode_escape").decode(),
    ],
)
def test_twelve_digits_are_masked_however_an_address_encodes_them(written: str) -> None:
    text = json.loads(line("Not Found: /people/%s/", written))["message"]

    assert text == f"Not Found: /people/{logs.MASK}/"


def test_what_holds_no_number_is_written_as_it_came() -> None:
    text = json.loads(line("Not Found: /%E5%B1%B1/\\u5c0f/2026-11/123/"))["message"]

    assert text == "Not Found: /%E5%B1%B1/\\u5c0f/2026-11/123/"


def test_no_query_is_written_down() -> None:
    text = json.loads(line("Error handling request %s %s", "GET", "/people/?name=%E5%B1%B1&x='\"\x85太郎 after"))

    assert text["message"] == "Error handling request GET /people/?… after"


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("Invalid HTTP request line: 'GET /people/?name=山田 太郎 HTTP/1.1'", "Invalid HTTP request line…"),
        ('Invalid HTTP Version: "太郎 HTTP/1.1"', "Invalid HTTP Version…"),
        ("Request Line is too large (4097 > 4094)", "Request Line is too large (4097 > 4094)"),
    ],
)
def test_of_a_request_that_gunicorn_cannot_read_only_the_complaint_is_kept(said: str, kept: str) -> None:
    text = json.loads(line("Invalid request from ip=127.0.0.1: %s", said))["message"]

    assert text == f"Invalid request from ip=127.0.0.1: {kept}"


@pytest.mark.parametrize(
    "readable",
    [
        "12345678-1234-4123-8123-123456789012",
        "/people/12345678-1234-4123-8123-123456789012/number/",
        "2026-11-23T22:52:00.612345+09:00",
        "2026-11-23 22:52:00,612",
        "8000 2026-11-23T22:52+0900 2026-11-24T22:52Z 26260",
        '192.168.100.200 "GET /healthz" 200 56B 123456us 12345678-1234-4123-8123-123456789012',
    ],
)
def test_ids_times_and_the_clients_address_stay(readable: str) -> None:
    assert json.loads(line(readable))["message"] == readable


def test_a_number_beside_an_id_is_masked_all_the_same() -> None:
    request = str(uuid.uuid4())

    text = json.loads(line("%s", f"/people/{request}/1234-5678-9012/ {request} 2026-11-23T22:52:00 1234.5678.9012"))

    assert text["message"] == f"/people/{request}/{logs.MASK}/ {request} 2026-11-23T22:52:00 {logs.MASK}"


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
