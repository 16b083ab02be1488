"""The days off are data that somebody loads, year by year; a search says so where they are missing."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from audit import actions
from audit.models import Event, Holiday
from audit.searching import calendar_law, holidays

pytestmark = pytest.mark.django_db

FILE = "国民の祝日・休日月日,国民の祝日・休日名称\r\n2028/1/1,元日\r\n2028/1/10,成人の日\r\n2029/1/1,元日\r\n"


def of_2028() -> dict[date, str]:
    return dict(Holiday.objects.filter(day__year=2028).values_list("day", "name"))


@pytest.mark.parametrize("encoding", ["cp932", "utf-8-sig"])
def test_the_cabinet_offices_file_replaces_the_year_that_is_named(encoding: str, tmp_path: Path, capsys: Any) -> None:
    Holiday.objects.create(day=date(2028, 6, 6), name="誤り", source="")
    path = tmp_path / "syukujitsu.csv"
    path.write_bytes(FILE.encode(encoding))

    call_command("load_holidays", str(path), year=[2028])

    assert of_2028() == {date(2028, 1, 1): "元日", date(2028, 1, 10): "成人の日"} | {
        day: "年末年始" for day, name in calendar_law.days_off(2028).items() if name == "年末年始"
    }
    assert not Holiday.objects.filter(day__year=2029).exists()
    assert Event.objects.get(action=actions.HOLIDAYS_LOADED).details == {"count": 7, "fields": ["2028"]}
    assert "7日を登録しました" in capsys.readouterr().out


def test_a_year_can_be_computed_and_says_that_it_was() -> None:
    call_command("load_holidays", year=[2028], computed=True)

    assert of_2028() == calendar_law.days_off(2028)
    assert {holiday.source for holiday in Holiday.objects.filter(day__year=2028)} == {holidays.COMPUTED}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("head\n2028/13/1,元日\n", "2行目"),
        ("head\n2028/1/1\n", "2行目"),
        ("head\n2028/1/1," + "あ" * 61 + "\n", "長すぎます"),
        ("head\n", "祝日がありません"),
        ("head\n2027/1/1,元日\n", "2028年の祝日がありません"),
    ],
)
def test_a_file_that_is_another_changes_nothing(content: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_text(content, encoding="utf-8")

    with pytest.raises(CommandError, match=words):
        call_command("load_holidays", str(path), year=[2028])
    assert of_2028() == {}


def test_a_search_for_days_off_says_which_years_are_missing(auditors_client: Client) -> None:
    Holiday.objects.filter(day__year=timezone.localdate().year).delete()

    page = auditors_client.post("/audit/", {"days": "DAYS_OFF"}, follow=True).content.decode()

    assert f"{timezone.localdate().year}年の祝日が登録されていません" in page
    assert "祝日が登録されていません" not in auditors_client.get("/audit/").content.decode()
