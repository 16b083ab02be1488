import re
from dataclasses import FrozenInstanceError
from datetime import date, timedelta

import pytest

from benefits.registers.diseases import all_diseases, find, search

TODAY = date(2026, 11, 23)

WAVES = [
    (1, 110, date(2015, 1, 1)),
    (111, 306, date(2015, 7, 1)),
    (307, 330, date(2017, 4, 1)),
    (331, 331, date(2018, 4, 1)),
    (332, 333, date(2019, 7, 1)),
    (334, 338, date(2021, 11, 1)),
    (339, 341, date(2024, 4, 1)),
    (342, 348, date(2025, 4, 1)),
]


def test_the_register_holds_the_numbers_1_to_348_once_each_in_order() -> None:
    numbers = [disease.number for disease in all_diseases()]

    assert numbers == list(range(1, 349))


def test_no_two_diseases_share_a_name_or_a_reading() -> None:
    diseases = all_diseases()

    assert len({disease.name for disease in diseases}) == 348
    assert len({disease.kana for disease in diseases}) == 348


def test_every_reading_is_katakana() -> None:
    unfit = [disease.number for disease in all_diseases() if not re.fullmatch(r"[ァ-ヴー・]+", disease.kana)]

    assert unfit == []


def test_every_name_is_spelled_one_way_in_width_and_composition() -> None:
    odd = re.compile(r"[Ａ-Ｚａ-ｚ０-９()/ 　－―−\u3099\u309a]")

    assert [disease.number for disease in all_diseases() if odd.search(disease.name)] == []


@pytest.mark.parametrize(("first", "last", "since"), WAVES)
def test_a_number_is_found_from_the_day_it_came_into_force_and_not_before(first: int, last: int, since: date) -> None:
    for number in (first, last):
        assert find(number, on=since - timedelta(days=1)) is None

        found = find(number, on=since)

        assert found is not None
        assert (found.number, found.since) == (number, since)


@pytest.mark.parametrize("number", [-1, 0, 349, 10**12])
def test_a_number_outside_the_notice_is_not_found(number: int) -> None:
    assert find(number, on=TODAY) is None


@pytest.mark.parametrize(
    ("number", "name"),
    [
        (6, "パーキンソン病"),
        (18, "脊髄小脳変性症（多系統萎縮症を除く。）"),
        (49, "全身性エリテマトーデス"),
        (54, "成人発症スチル病"),
        (63, "免疫性血小板減少症"),
        (79, "家族性高コレステロール血症（ホモ接合体）"),
        (97, "潰瘍性大腸炎"),
        (113, "筋ジストロフィー"),
        (123, "HTRA1関連脳小血管病"),
        (154, "睡眠時棘徐波活性化を示す発達性てんかん性脳症及びてんかん性脳症"),
        (162, "類天疱瘡（後天性表皮水疱症を含む。）"),
        (231, "α1-アンチトリプシン欠乏症"),
        (234, "ペルオキシソーム病（副腎白質ジストロフィーを除く。）"),
        (291, "ヒルシュスプルング病（全結腸型又は小腸型）"),
        (327, "特発性血栓症（遺伝性血栓性素因によるものに限る。）"),
        (348, "ロウ症候群"),
    ],
)
def test_the_name_is_the_one_of_the_notice(number: int, name: str) -> None:
    disease = find(number, on=TODAY)

    assert disease is not None
    assert disease.name == name


def test_a_number_finds_itself_first_and_then_the_numbers_it_begins() -> None:
    numbers = [disease.number for disease in search("34")]

    assert numbers == [34, 340, 341, 342, 343, 344, 345, 346, 347, 348]


@pytest.mark.parametrize("text", ["９７", " 97 ", "097"])
def test_a_number_is_understood_in_any_width_and_with_zeros_before_it(text: str) -> None:
    assert search(text)[0].number == 97


@pytest.mark.parametrize(
    "text",
    ["潰瘍性", "潰瘍性大腸炎", "かいようせい", "カイヨウセイダイ", "ｶｲﾖｳｾｲﾀﾞｲﾁｮｳｴﾝ", "かいようせい だいちょうえん"],
)
def test_a_name_is_found_by_its_beginning_in_kanji_or_any_kana(text: str) -> None:
    assert search(text)[0].number == 97


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("igg4", 300),
        ("ＩｇＧ４", 300),
        ("HTLV1", 26),
        ("１ｐ３６", 197),
        ("ビタミンＤ依存性くる病/骨軟化症", 239),
        ("脊髄小脳変性症(多系統萎縮症を除く。)", 18),
        ("ﾊﾟｰｷﾝｿﾝ", 6),
        ("シャルコーマリー", 10),
    ],
)
def test_widths_cases_hyphens_and_brackets_do_not_matter(text: str, number: int) -> None:
    assert search(text)[0].number == number


def test_names_that_begin_with_the_words_come_before_names_that_contain_them() -> None:
    found = search("多発性", limit=100)

    beginnings = [disease.name.startswith("多発性") for disease in found]
    assert beginnings == sorted(beginnings, reverse=True)
    assert True in beginnings
    assert False in beginnings


@pytest.mark.parametrize("text", ["", "  ", "　", "・", "該当のない病名", "999", "\ud800", "\x00"])
def test_what_means_no_disease_finds_none(text: str) -> None:
    assert search(text) == []


def test_no_more_are_returned_than_asked_for() -> None:
    assert len(search("症")) == 20
    assert len(search("症", limit=3)) == 3
    assert search("症", limit=0) == []


def test_an_entry_of_the_register_cannot_be_changed() -> None:
    disease = all_diseases()[0]

    with pytest.raises(FrozenInstanceError):
        disease.number = 2  # type: ignore[misc]


def test_the_register_is_read_once() -> None:
    assert all_diseases()[0] is all_diseases()[0]
    assert find(1, on=TODAY) is all_diseases()[0]
