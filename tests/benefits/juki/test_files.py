"""Files of every bad kind: each with its own message, and nothing of any of them half applied."""

import codecs
import csv
import io
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.models import User
from benefits.juki import deciding, errors, receiving
from benefits.juki.steps import Refused
from benefits.models.juki import BatchState, ErrorMode, JukiBatch, JukiRow, RowCode, RowState
from mynumber import staging, vault
from tests.benefits.juki.conftest import (
    HEADING,
    WITHOUT_NUMBER,
    applied,
    brought,
    file_of,
    lately,
    line,
    registered,
    reviewed,
    started,
    work,
)
from tests.benefits.pages import text_of
from tests.factories import approved, my_number, signed_in, submitted

pytestmark = pytest.mark.django_db(transaction=True)


def upload(client: Client, data: bytes) -> Any:
    return client.post(reverse("benefits:juki-new"), {"file": SimpleUploadedFile("x.csv", data, "text/csv")})


def nothing_is_left(batch: JukiBatch) -> bool:
    return staging.left(batch.pk) == (0, 0, False) and not JukiRow.objects.filter(batch=batch).exists()


def test_a_file_of_no_use_is_told_at_once_and_wiped(maker: User) -> None:
    client = signed_in(Client(), maker)
    for data, code, words in (
        (b"", "empty", "ファイルが空です"),
        (file_of(line()).decode("cp932").encode("utf-16"), "utf16", "UTF-16"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40, "encoding", "文字コードを判定できません"),
    ):
        answer = upload(client, data)

        assert answer.status_code == 422
        assert words in text_of(answer)
        batch = JukiBatch.objects.latest("serial")
        assert (batch.state, batch.code) == (BatchState.UNUSABLE, code)
        assert batch.wiped_at is not None
        assert nothing_is_left(batch)


def test_a_file_that_turns_out_to_be_of_no_use_is_told_on_its_page_and_wiped(maker: User) -> None:
    client = signed_in(Client(), maker)
    for data, code in (
        (file_of(), "no_lines"),
        (file_of(heading=HEADING.replace("氏名", "名前")), "heading"),
        (file_of(heading=line()), "heading"),
        (f"{HEADING}\r\n".encode("cp932") + b"x" * 300_000, "endless_line"),
    ):
        batch = started(data, by=maker)
        work()

        batch.refresh_from_db()
        assert (batch.state, batch.code) == (BatchState.UNUSABLE, code)
        assert "何も登録していません" in text_of(client.get(batch.get_absolute_url()))
        assert nothing_is_left(batch)


def test_another_encoding_than_was_chosen_makes_a_file_of_no_use_and_not_one_of_wrong_names(maker: User) -> None:
    batch = brought(file_of(line()), by=maker)
    assert batch.layout is not None
    deciding.start(
        batch.pk, by=maker, layout=batch.layout, encoding=receiving.layout.Encoding.UTF8, mode=ErrorMode.SKIP
    )
    work()

    batch.refresh_from_db()
    assert (batch.state, batch.code) == (BatchState.UNUSABLE, "heading_encoding")


def test_two_hundred_megabytes_are_dropped_as_they_come_and_the_limit_is_named(
    maker: User, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.KYUFU_JUKI_MEGABYTES = 1
    megabyte = b"x" * (1024 * 1024)
    client = signed_in(Client(), maker)

    answer = upload(client, megabyte * 3)

    assert answer.status_code == 422
    assert "上限 1メガバイト" in text_of(answer)
    # told by the length that was announced: nothing was begun
    assert not JukiBatch.objects.exists()
    monkeypatch.setattr(receiving, "_HEAD", 10 * len(megabyte))
    assert "上限 1メガバイト" in text_of(upload(client, megabyte * 3))
    batch = JukiBatch.objects.get()
    assert (batch.state, batch.code) == (BatchState.UNUSABLE, "too_large")
    assert nothing_is_left(batch)


def test_a_file_is_read_in_each_encoding_with_each_line_end_with_and_without_a_mark(
    maker: User, checker: User
) -> None:
    person = registered(maker, checker)
    for encoding, end in (("cp932", "\r\n"), ("cp932", "\n"), ("utf-8", "\n"), ("utf-8-sig", "\r\n")):
        batch = reviewed(file_of(line(), encoding=encoding, end=end), by=maker)

        row = batch.rows.get()
        assert (row.person_id, row.line) == (person.pk, 2), encoding
        deciding.cancel(batch.pk, by=maker)


def test_a_mark_at_the_end_and_empty_lines_are_no_lines_and_line_numbers_are_the_files(maker: User) -> None:
    data = f"{HEADING}\r\n\r\n{line()}\r\n".encode("cp932") + b"\x1a"

    batch = reviewed(data, by=maker)

    assert [row.line for row in batch.rows.all()] == [3]


def bad_lines() -> tuple[bytes, list[str]]:
    numbers = [my_number() for _each in range(4)]
    wrong = numbers[1][:-1] + str((int(numbers[1][-1]) + 1) % 10)
    return file_of(
        line(numbers[0], birth="19600101"),
        line(wrong),
        line(numbers[2]) + ",余分",
        line(numbers[3], name='"見本'),
        line(numbers[0], name="見本　次郎"),
    ), [*numbers, wrong]


def test_one_bad_line_stops_a_file_of_which_all_was_wanted_until_somebody_goes_on_without_it(maker: User) -> None:
    data, _numbers = bad_lines()
    batch = started(data, by=maker, mode=ErrorMode.ALL)
    work()

    batch.refresh_from_db()
    assert (batch.state, batch.lines_in, batch.with_errors, batch.rejected) == (BatchState.HALTED, 5, 5, 5)
    with pytest.raises(Refused, match="all_wrong"):
        deciding.skip_errors(batch.pk, by=maker)

    deciding.cancel(batch.pk, by=maker)
    good = started(file_of(line(), line("12")), by=maker, mode=ErrorMode.ALL)
    work()
    deciding.skip_errors(good.pk, by=maker)
    work()
    good.refresh_from_db()
    assert (good.state, good.lines_in, good.queued, good.rejected) == (BatchState.REVIEW, 2, 1, 1)


def test_errors_carry_line_column_rule_and_advice_on_screen_and_as_a_file_without_any_number(maker: User) -> None:
    data, numbers = bad_lines()
    batch = started(data, by=maker, mode=ErrorMode.ALL)
    work()
    client = signed_in(Client(), maker)

    page = text_of(client.get(batch.get_absolute_url()))
    answer = client.get(reverse("benefits:juki-errors", args=[batch.pk]))
    content = answer.getvalue()
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))

    assert [(row[0], row[1], row[2]) for row in rows[1:]] == [
        ("2", "個人番号", "twice"),
        ("3", "個人番号", "check_digit"),
        ("4", "行の全体", "columns"),
        ("5", "行の全体", "quotes"),
        ("6", "個人番号", "twice"),
    ]
    assert rows[1][3].startswith("6行目と同じ番号です")
    assert rows[5][3].startswith("2行目と同じ番号です")
    for number in numbers:
        assert number not in page
        assert number.encode() not in content
    assert len(list(errors.of(JukiBatch.objects.get(), most=2))) == 2


def test_a_number_that_stands_three_times_in_a_long_file_is_found_from_each_place(
    maker: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staging, "PART_BYTES", 1_024)
    number = my_number()
    filling = [line(name=f"{'あ' * 40}{index}") for index in range(60)]

    batch = started(file_of(line(number), *filling, line(number), *filling_again(), line(number)), by=maker)
    work()

    twice = batch.rows.filter(code=RowCode.ERROR)
    assert [row.line for row in twice.order_by("line")] == [2, 63, 124]
    batch.refresh_from_db()
    assert batch.lines_in == batch.linked + batch.queued + batch.rejected == 123


def filling_again() -> list[str]:
    return [line(name=f"{'い' * 40}{index}") for index in range(60)]


def test_two_people_with_the_same_name_and_birth_date_are_told_apart_by_their_address(
    maker: User, checker: User
) -> None:
    here = registered(maker, checker)
    registered(maker, checker, street="西町9")

    batch = reviewed(file_of(line()), by=maker)

    assert batch.rows.get().person_id == here.pk


def test_two_people_who_agree_in_everything_are_never_guessed_between(maker: User, checker: User) -> None:
    people = {registered(maker, checker).pk, registered(maker, checker).pk}

    batch = reviewed(file_of(line()), by=maker)

    row = batch.rows.get()
    assert (row.state, row.code, set(row.candidates)) == (RowState.QUEUED, RowCode.SEVERAL, people)
    with pytest.raises(Refused, match="not_linkable"):
        deciding.link(batch.pk, 2, people.pop(), by=maker, reasons={})


def test_a_line_that_differs_in_one_item_waits_for_a_person(maker: User, checker: User) -> None:
    person = registered(maker, checker)
    cases = (
        ({"address": "見本県架空市西町9"}, RowCode.DIFFERS),
        ({"name": "見本　太一"}, RowCode.DIFFERS),
        ({"name": "\ue000本　太郎"}, RowCode.DIFFERS),
        ({"sex": "2"}, RowCode.DIFFERS),
        ({"birth": "19700402"}, RowCode.NOBODY),
        ({"name": "別　人", "kana": "ベツ　ジン", "address": "見本県架空市西町9"}, RowCode.NOBODY),
    )

    batch = reviewed(file_of(*(line(**changes) for changes, _code in cases)), by=maker)

    client = signed_in(Client(), maker)
    for row, (changes, code) in zip(batch.rows.order_by("line"), cases, strict=True):
        assert (row.state, row.code, row.person_id) == (RowState.QUEUED, code, None), changes
        assert row.candidates == ([person.pk] if code == RowCode.DIFFERS else [])
        assert client.get(reverse("benefits:juki-line", args=[batch.pk, row.line])).status_code == 200


def test_two_lines_about_one_person_both_wait_whichever_comes_first(
    maker: User, checker: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    from benefits.juki import matching

    registered(maker, checker)
    monkeypatch.setattr(matching, "LINES", 1)

    batch = reviewed(file_of(line(), line(), line()), by=maker)

    assert {(row.state, row.code) for row in batch.rows.all()} == {(RowState.QUEUED, RowCode.SAME_PERSON)}


def test_an_application_without_a_number_is_matched_before_it_is_approved(maker: User, checker: User) -> None:
    application = submitted(maker, **WITHOUT_NUMBER)

    batch = applied(file_of(line()), by=maker, checker=checker)

    assert batch.applied == 1
    held = vault.standing(application.person_id)
    assert held is not None
    assert held.state is vault.State.IN_USE


def test_the_number_of_somebody_else_another_number_and_the_same_number_each_go_their_own_way(
    maker: User, checker: User
) -> None:
    somebody_elses, own, new = my_number(), my_number(), my_number()
    approved(maker, checker, number=somebody_elses, **lately(), given_name="次郎", given_kana="ジロウ")
    approved(maker, checker, number=own, **lately(), given_name="三郎", given_kana="サブロウ")
    registered(maker, checker)

    batch = reviewed(
        file_of(
            line(somebody_elses),
            line(new, name="見本　次郎", kana="ミホン　ジロウ"),
            line(own, name="見本　三郎", kana="ミホン　サブロウ"),
        ),
        by=maker,
    )

    found = {row.line: (row.state, row.code, row.verdict) for row in batch.rows.all()}
    assert found == {
        2: (RowState.QUEUED, RowCode.TAKEN, "TAKEN"),
        3: (RowState.QUEUED, RowCode.OTHER, "OTHER"),
        4: (RowState.LINKED, RowCode.EXACT, "SAME"),
    }
    client = signed_in(Client(), maker)
    pages = [text_of(client.get(reverse("benefits:juki-line", args=[batch.pk, number]))) for number in (2, 3)]
    assert "ほかの人の番号として登録されています" in pages[0]
    assert "訂正の申請" in pages[1]
    for number in (2, 3):
        deciding.reject(batch.pk, number, by=maker, reason="確認中")
    assert staging.left(batch.pk)[1] == 1


def test_a_second_file_is_refused_while_one_is_under_way_and_the_same_file_for_good(
    maker: User, checker: User
) -> None:
    registered(maker, checker)
    data = file_of(line())
    batch = brought(data, by=maker)

    client = signed_in(Client(), maker)
    assert "1度に取り込めるのは1つです" in text_of(upload(client, file_of(line())))
    deciding.cancel(batch.pk, by=maker)
    applied(data, by=maker, checker=checker)
    assert "同じファイルがすでに取り込まれています" in text_of(upload(client, data))
    assert JukiBatch.objects.exclude(state__in=["APPLIED", "CANCELLED", "UNUSABLE"]).count() == 0


def test_an_upload_that_was_cut_off_does_not_keep_its_owner_from_trying_again(maker: User) -> None:
    first = receiving.Receipt(maker)
    first.add(b"x" * staging.PART_BYTES)

    second = brought(file_of(line()), by=maker)

    cut_off = JukiBatch.objects.exclude(pk=second.pk).get()
    assert (cut_off.state, cut_off.code, nothing_is_left(cut_off)) == (BatchState.UNUSABLE, "broken", True)
    with pytest.raises(Refused, match="broken"):
        first.add(b"x" * staging.PART_BYTES)


def test_nobody_without_the_duty_or_without_a_fresh_factor_has_anything_taken_in(checker: User, maker: User) -> None:
    assert upload(signed_in(Client(), checker), file_of(line())).status_code == 403
    from accounts.models import StaffSession

    client = signed_in(Client(), maker)
    StaffSession.objects.update(factor_used_at="2020-01-01T00:00:00Z")
    assert upload(client, file_of(line())).status_code == 302
    assert upload(Client(), file_of(line())).status_code in {302, 403}
    assert not JukiBatch.objects.exists()


def test_nothing_of_a_file_lies_anywhere_in_the_clear_nor_in_the_log(
    maker: User, checker: User, superuser_connection: Any
) -> None:
    number, broken = my_number(), my_number()
    registered(maker, checker)
    client = signed_in(Client(), maker)
    upload(client, file_of(line(number), line(broken, name='"'), line(number[:-1])))
    batch = JukiBatch.objects.get()
    assert batch.layout is not None
    deciding.start(
        batch.pk, by=maker, layout=batch.layout, encoding=receiving.layout.Encoding.CP932, mode=ErrorMode.SKIP
    )
    work()

    tables = superuser_connection.execute(
        "SELECT table_schema, table_name FROM information_schema.tables"
        " WHERE table_schema IN ('public', 'vault', 'audit')"
    ).fetchall()
    assert len(tables) > 20
    for schema, table in tables:
        for wanted in (number, broken):
            found = superuser_connection.execute(
                f"SELECT count(*) FROM {schema}.{table} t WHERE t::text LIKE %s OR t::text LIKE %s",
                [f"%{wanted}%", f"%{wanted.encode().hex()}%"],
            ).fetchone()
            assert found == (0,), (schema, table)
    for path in Path(settings.KYUFU_HOME).rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert number.encode() not in content, path
            assert broken.encode() not in content, path
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    assert codecs.BOM_UTF8 not in file_of(line())
