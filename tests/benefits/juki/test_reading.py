"""What a file's bytes come to, line by line: each fault has its own rule, its column, and a way to mend it."""

import codecs
from datetime import date

import pytest

from benefits.juki import keys, layout, reading
from benefits.juki.layout import Layout
from benefits.models.juki import DateNotation, Encoding, Meaning
from tests.benefits.juki.conftest import HEADING, line
from tests.factories import my_number

KEPT = Layout(
    separator=",",
    has_heading=True,
    items=4,
    date_notation=DateNotation.WESTERN8,
    meanings=(
        Meaning.IGNORED,
        Meaning.NAME,
        Meaning.KANA,
        Meaning.BIRTH,
        Meaning.SEX,
        Meaning.ADDRESS,
        Meaning.NUMBER,
    ),
    headings=tuple(HEADING.split(",")),
)


def read(text: str | bytes, *, encoding: Encoding = Encoding.CP932, kept: Layout = KEPT) -> reading.Line:
    raw = text if isinstance(text, bytes) else text.encode(layout.codec(encoding))
    return reading.read_line(raw, 2, kept, encoding)


def rules(found: reading.Line) -> list[tuple[str, str]]:
    return [(problem.column, problem.rule) for problem in found.problems]


def test_a_line_says_who_it_is_about_and_which_number() -> None:
    number = my_number()

    found = read(line(number))

    assert found.problems == []
    assert (found.name, str(found.birth_on), found.sex, found.number) == ("見本　太郎", "1970-04-01", "1", number)
    assert number not in repr(found)


def wrong_check_digit() -> str:
    number = my_number()
    return number[:-1] + str((int(number[-1]) + 1) % 10)


@pytest.mark.parametrize(
    ("text", "column", "rule"),
    [
        (line(wrong_check_digit()), "個人番号", "check_digit"),
        (line("12"), "個人番号", "length"),
        (line("１２"), "個人番号", "length"),
        (line("12a"), "個人番号", "not_digits"),
        (line(""), "個人番号", "missing"),
        (line(birth="19700230"), "生年月日", "date_impossible"),
        (line(birth="S45.4.1"), "生年月日", "date_notation"),
        (line(birth=""), "生年月日", "date_notation"),
        (line(sex="3"), "性別", "sex"),
        (line(name=""), "氏名", "missing"),
        (line(address=" "), "住所", "missing"),
        (line(name="あ" * 401), "氏名", "too_long"),
        (line(name=my_number()), "氏名", "number"),
        (line(address="0" * 11), "住所", "number"),
        (line(name="見\x07本"), "氏名", "control"),
        (line() + ",", "行の全体", "columns"),
        (line().replace(",", "、", 1), "行の全体", "columns"),
        (line(name='"見本'), "行の全体", "quotes"),
        (line(name='"見"本'), "行の全体", "quotes"),
        (line(name="見\0本"), "行の全体", "nul"),
    ],
)
def test_each_fault_has_its_column_and_rule_and_no_number_in_what_is_said(text: str, column: str, rule: str) -> None:
    found = read(text)

    assert rules(found) == [(column, rule)]
    assert found.number == "" or rule != "columns"
    assert found.problems[0].advice.endswith("。")
    assert not any(run in found.problems[0].advice for run in text.split(",") if len(run) > 9 and run.isdigit())


def test_quotes_may_hold_separators_and_quotes() -> None:
    found = read(line(address='"見本県架空市本町1-2-3, ""別棟"""'))

    assert found.problems == []
    assert found.address == '見本県架空市本町1-2-3, "別棟"'


def test_characters_of_another_encoding_are_told_with_their_column() -> None:
    found = read(line().encode("cp932").replace("本町".encode("cp932"), b"\x81 "))

    assert rules(found) == [("住所", "encoding")]
    assert rules(read(line().encode("cp932"), encoding=Encoding.UTF8)) == [("氏名", "encoding")]


def test_a_private_use_character_is_kept_and_not_taken_for_any_other() -> None:
    found = read(line(name="\ue000本　太郎"))

    assert found.problems == []
    assert keys.has_private_use(found.name)
    assert found.name_key != read(line()).name_key


@pytest.mark.parametrize(
    ("data", "is_last", "expected"),
    [
        (b"a\r\nb\r\n", False, [b"a", b"b"]),
        (b"a\nb", False, [b"a"]),
        (b"a\nb", True, [b"a", b"b"]),
        (b"a\r\n\x1a", True, [b"a", b"\x1a"]),
        (b"", True, []),
    ],
)
def test_lines_are_told_apart_by_their_ends(data: bytes, is_last: bool, expected: list[bytes]) -> None:
    found = list(reading.lines_of(data, is_last=is_last))

    assert [raw for raw, _taken in found] == expected
    assert sum(taken for _raw, taken in found) == (len(data) if is_last else data.rfind(b"\n") + 1)


@pytest.mark.parametrize("is_last", [True, False])
def test_a_file_without_line_ends_is_none_of_a_terminals(is_last: bool) -> None:
    with pytest.raises(reading.Unusable) as unusable:
        list(reading.lines_of(b"x" * (reading.LONGEST_LINE + 1), is_last=is_last))

    assert unusable.value.code == "endless_line"


def test_another_heading_than_the_layouts_is_another_file() -> None:
    reading.check_heading(HEADING.encode("cp932"), KEPT, Encoding.CP932)
    for heading in (HEADING.replace("氏名", "名前"), f"{HEADING},備考", line()):
        with pytest.raises(reading.Unusable):
            reading.check_heading(heading.encode("cp932"), KEPT, Encoding.CP932)


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (f"{HEADING}\r\n".encode("cp932"), Encoding.CP932),
        (f"{HEADING}\r\n".encode(), Encoding.UTF8),
        (codecs.BOM_UTF8 + HEADING.encode(), Encoding.UTF8),
        (HEADING.encode("utf-16"), None),
        (HEADING.encode("utf-16-le"), None),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 3, None),
        (b"name,number\n", Encoding.UTF8),
        (f"{HEADING}\r\n{line()}\r\n".encode("cp932") + b"\xff\xff,1\r\n", Encoding.CP932),
    ],
)
def test_the_encoding_is_told_from_the_first_stretch(head: bytes, expected: Encoding | None) -> None:
    assert layout.detect(head) == expected


def test_the_preview_shows_no_number_wherever_it_stands() -> None:
    number, shifted = my_number(), my_number()
    data = "\r\n".join([HEADING, line(number), f"x,{line(shifted)}", line(number, name=shifted), line(name='"x')])

    shown = reading.preview(f"{data}\r\n".encode("cp932"), KEPT, Encoding.CP932)

    assert len(shown) == 5
    assert shown[0] == HEADING.split(",")
    everything = "".join(cell for cells in shown for cell in cells)
    assert number not in everything
    assert shifted not in everything


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("見本県架空市本町１丁目２番３号", "見本県架空市本町1-2-3", True),
        ("見本県架空市本町一丁目二番三号", "見本県架空市本町1－2－3", True),
        ("見本県架空市本町二十三番地の四", "見本県架空市本町23-4", True),
        ("見本県架空市本町1-2-3　コーポ101号室", "見本県架空市本町1丁目2番3号コーポ101", True),
        ("見本県架空市本町1-2-3 101", "見本県架空市本町1-2-3101", False),
        ("見本県架空市本町1-2-3", "見本県架空市本町1-2-3コーポ", False),
        ("見本県架空市本町1-2-3", "見本県架空市大字本町1-2-3", False),
        ("見本県架空市本町1-2-3", "見本県架空市本町1-2-4", False),
        ("見本県架空市一番町3", "見本県架空市一町3", False),
        ("見本県架空市渡邉町1", "見本県架空市渡辺町1", True),
        ("見本県架空市タワー12-3", "見本県架空市タワ12-3", False),
    ],
)
def test_the_key_of_an_address_forgives_notation_and_nothing_else(one: str, other: str, is_same: bool) -> None:
    assert (keys.address_key(one) == keys.address_key(other)) is is_same


@pytest.mark.parametrize("notation", list(DateNotation))
@pytest.mark.parametrize("day", ["1926-12-25", "1989-01-08", "2019-05-01", "1970-04-01"])
def test_a_day_is_read_as_it_is_written(notation: DateNotation, day: str) -> None:
    on = date.fromisoformat(day)

    assert layout.read_date(layout.write_date(on, notation), notation) == on
