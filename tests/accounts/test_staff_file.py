"""The file of joiners, movers and leavers as it is read: every mistake has a line, a column and a way to mend it."""

import csv
import io
from collections.abc import Mapping
from datetime import date

import pytest
from hypothesis import given, strategies as st

from accounts import spreadsheet, staff_file
from accounts.roles import Role
from accounts.staff_file import COLUMNS, Line, LineKind, RawLine, Scopes, Unreadable

SCOPES = Scopes(offices=(("CHUO", "中央保健所"), ("KITA", "北保健所")), programmes=(("NANBYO", "指定難病"),))
JOINER = {
    "区分": "採用",
    "利用者ID": "t-yamada",
    "氏名": "山田 太郎",
    "所属": "地域保健課",
    "役割": "入力担当者",
    "開始日": "R8.4.1",
    "決裁番号": "総第12号",
    "理由": "新規採用",
}
MOVER = {"区分": "異動", "利用者ID": "h-suzuki", "所属": "総務課", "役割": "", "理由": "定期異動"}
LEAVER = {"区分": "退職", "利用者ID": "k-sato", "終了日": "2026/3/31", "理由": "定年退職"}


def written(*rows: Mapping[str, str], encoding: str = "utf-8") -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode(encoding)


def understood(row: Mapping[str, str], **changes: str) -> Line:
    cells = dict.fromkeys(COLUMNS, "") | dict(row) | changes
    return staff_file.understand(RawLine(2, cells), SCOPES)


def complaints(row: Mapping[str, str], **changes: str) -> set[tuple[str, str]]:
    return {(problem.column, problem.code) for problem in understood(row, **changes).problems}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
def test_a_file_is_read_as_any_spreadsheet_saves_it(encoding: str) -> None:
    lines = staff_file.split(written(JOINER, MOVER, LEAVER, encoding=encoding))
    assert [line.number for line in lines] == [2, 3, 4]
    assert lines[0].cells["氏名"] == "山田 太郎"


def test_a_joiner_a_mover_and_a_leaver_say_what_they_mean() -> None:
    joiner = understood(
        JOINER, 役割="入力担当者・CHECKER", 保健所="中央保健所", 制度="NANBYO", ネットワーク="192.0.2.0/24"
    )
    assert not joiner.problems
    assert joiner.kind is LineKind.HIRE
    assert joiner.added == (Role.MAKER, Role.CHECKER)
    assert (joiner.office, joiner.programme, joiner.network) == ("CHUO", "NANBYO", "192.0.2.0/24")
    assert joiner.starts_on == date(2026, 4, 1)
    mover = understood(MOVER, 役割="+確認者；－入力担当者", 開始日="2026-04-01")
    assert not mover.problems
    assert (mover.added, mover.ended) == ((Role.CHECKER,), (Role.MAKER,))
    leaver = understood(LEAVER)
    assert not leaver.problems
    assert leaver.ends_on == date(2026, 3, 31)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-04-01", date(2026, 4, 1)),
        ("2026/4/1", date(2026, 4, 1)),
        ("２０２６／４／１", date(2026, 4, 1)),
        ("R8.4.1", date(2026, 4, 1)),
        ("r8.4.1", date(2026, 4, 1)),
        ("令和8年4月1日", date(2026, 4, 1)),
        ("令和元年5月1日", date(2019, 5, 1)),
        ("H31.4.30", date(2019, 4, 30)),
        ("R1.4.30", None),
        ("R0.4.1", None),
        ("2026-02-30", None),
        ("R8.13.1", None),
        ("8.4.1", None),
        ("20260401", None),
        ("46113", None),
        ("", None),
    ],
)
def test_a_day_is_read_in_both_calendars_or_not_at_all(text: str, day: date | None) -> None:
    assert staff_file.read_date(text) == day


@pytest.mark.parametrize(
    ("row", "changes", "complaint"),
    [
        (JOINER, {"区分": "転入"}, ("区分", "kind")),
        (JOINER, {"利用者ID": ""}, ("利用者ID", "required")),
        (JOINER, {"利用者ID": "山田"}, ("利用者ID", "login_id")),
        (JOINER, {"利用者ID": "Yamada"}, ("利用者ID", "login_id")),
        (JOINER, {"利用者ID": "a\x01bc"}, ("利用者ID", "control")),
        (JOINER, {"氏名": ""}, ("氏名", "required")),
        (JOINER, {"氏名": "山" * 61}, ("氏名", "too_long")),
        (JOINER, {"氏名": "山田\n太郎"}, ("氏名", "control")),
        (JOINER, {"氏名": "\u202e山田"}, ("氏名", "control")),
        (JOINER, {"氏名": '=HYPERLINK("x")'}, ("氏名", "formula")),
        (JOINER, {"所属": "@課"}, ("所属", "formula")),
        (JOINER, {"所属": ""}, ("所属", "required")),
        (JOINER, {"役割": "王様"}, ("役割", "role")),
        (JOINER, {"役割": "－入力担当者"}, ("役割", "sign")),
        (JOINER, {"役割": "入力担当者・入力担当者"}, ("役割", "twice")),
        (JOINER, {"役割": "保健所受付担当者"}, ("保健所", "required")),
        (JOINER, {"保健所": "西保健所"}, ("保健所", "unknown")),
        (JOINER, {"制度": "年金"}, ("制度", "unknown")),
        (JOINER, {"ネットワーク": "192.0.2.7/24"}, ("ネットワーク", "network")),
        (JOINER, {"開始日": "4月1日"}, ("開始日", "date")),
        (JOINER, {"開始日": ""}, ("開始日", "required")),
        (JOINER, {"終了日": "R8.3.31"}, ("終了日", "order")),
        (JOINER, {"理由": ""}, ("理由", "required")),
        (JOINER, {"決裁番号": "1234" * 3}, ("決裁番号", "long_number")),
        (MOVER, {"所属": ""}, ("役割", "nothing")),
        (MOVER, {"役割": "確認者"}, ("役割", "sign")),
        (LEAVER, {"終了日": ""}, ("終了日", "required")),
        (LEAVER, {"役割": "－確認者"}, ("役割", "unused")),
    ],
)
def test_every_mistake_names_its_column_and_its_rule(
    row: Mapping[str, str], changes: dict[str, str], complaint: tuple[str, str]
) -> None:
    assert complaint in complaints(row, **changes)
    assert all(
        problem.message.endswith(("。", "保健所")) or "：" in problem.message
        for problem in understood(row, **changes).problems
    )


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "columns"),
        (b"a,b\r\n1,2\r\n", "columns"),
        (written(), "empty"),
        (b"\x89PNG\0", "not_text"),
        ("名前".encode("utf-16"), "not_text"),
        (b"\x81 ", "not_text"),
        (written(JOINER) + b'"open', "not_csv"),
        (written(JOINER) + "採用,a,b".encode(), "cells"),
        (b"x" * (staff_file.MAX_BYTES + 1), "too_large"),
        (written(*[LEAVER] * (staff_file.MAX_LINES + 1)), "too_many"),
    ],
)
def test_what_is_no_such_file_is_refused_as_a_whole(data: bytes, code: str) -> None:
    with pytest.raises(Unreadable) as refusal:
        staff_file.split(data)
    assert refusal.value.code == code
    assert refusal.value.message.endswith("。") or "：" in refusal.value.message


def test_as_many_lines_as_are_allowed_are_read() -> None:
    assert len(staff_file.split(written(*[LEAVER] * staff_file.MAX_LINES))) == staff_file.MAX_LINES


def test_the_columns_may_stand_in_another_order_and_lines_be_empty() -> None:
    header = ",".join(reversed(COLUMNS))
    row = ",".join(JOINER.get(column, "") for column in reversed(COLUMNS))
    lines = staff_file.split(f"{header}\r\n{',' * 11}\r\n\r\n{row}\r\n".encode())
    assert [(line.number, line.cells["利用者ID"]) for line in lines] == [(4, "t-yamada")]


def test_the_template_is_a_file_whose_examples_are_skipped_and_make_sense() -> None:
    template = staff_file.template()
    assert template.startswith(b"\xef\xbb\xbf")
    with pytest.raises(Unreadable) as refusal:
        staff_file.split(template)
    assert refusal.value.code == "empty"
    examples = template.replace("#採用".encode(), "採用".encode()).replace("#異動".encode(), "異動".encode())
    lines = [
        staff_file.understand(raw, SCOPES)
        for raw in staff_file.split(examples.replace("#退職".encode(), "退職".encode()))
    ]
    assert [line.kind for line in lines] == list(LineKind)
    assert not any(line.problems for line in lines)


def test_nothing_in_the_template_is_a_formula() -> None:
    for row in csv.reader(io.StringIO(staff_file.template().decode("utf-8-sig"))):
        assert not any(spreadsheet.is_formula(cell) for cell in row)


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_a_cell_that_a_spreadsheet_would_compute_is_disarmed(cell: str) -> None:
    assert spreadsheet.disarmed(cell) == f"'{cell}"
    assert spreadsheet.disarmed("山田") == "山田"


@given(st.binary(max_size=300))
def test_no_bytes_bring_the_reader_down(data: bytes) -> None:
    try:
        lines = staff_file.split(data)
    except Unreadable:
        return
    assert all(set(line.cells) == set(COLUMNS) for line in lines)


@given(st.dictionaries(st.sampled_from(COLUMNS), st.text(max_size=30)))
def test_no_cells_bring_the_understanding_down(cells: dict[str, str]) -> None:
    line = staff_file.understand(RawLine(2, cells), SCOPES)
    assert all(problem.column in COLUMNS and problem.message for problem in line.problems)
