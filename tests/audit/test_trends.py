"""傾向: what the charts show is what the sealer counted, in words, in numbers and as links to the entries."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from xml.etree import ElementTree

import psycopg
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from audit import actions
from audit.models import Event, Result
from audit.trends import counts, drawing, reach, rows, sentences
from audit.trends.counts import Day, Viewer
from tests.audit.conftest import VIEWED
from tests.factories import signed_in, staff_member
from tests.journeys.desk import digits_in

REVEALED = "mynumber.number.revealed"
TRENDS = "/audit/trends/"
SVG = "{http://www.w3.org/2000/svg}"
Tally = Callable[..., None]

committed = pytest.mark.django_db(transaction=True)


@pytest.fixture
def tally(superuser_connection: psycopg.Connection[Any]) -> Tally:
    """Count as the sealer would: so many of an action on a day in an hour, by somebody of a section."""

    def count(
        on: date, hour: int, n: int, *, section: str = "健康課", action: str = VIEWED, by: User | None = None
    ) -> None:
        superuser_connection.execute(
            "INSERT INTO audit.tally_hour (day, hour, section, action, n) VALUES (%s, %s, %s, %s, %s)",
            [on, hour, section, action, n],
        )
        if by is not None:
            superuser_connection.execute(
                "INSERT INTO audit.tally_actor (day, actor_id, action, n) VALUES (%s, %s, %s, %s)"
                " ON CONFLICT (day, actor_id, action) DO UPDATE SET n = audit.tally_actor.n + excluded.n",
                [on, by.pk, action, n],
            )

    return count


@pytest.fixture
def auditors_client(client: Client, db: None) -> Client:
    return signed_in(client, staff_member(Role.AUDITOR))


def last(weekday: int, *, weeks_ago: int = 0) -> date:
    """Return the last day before today that was such a weekday."""
    today = timezone.localdate()
    return today - timedelta(days=(today.weekday() - weekday - 1) % 7 + 1, weeks=weeks_ago)


def pictures(response: Any) -> list[ElementTree.Element]:
    """Return the charts of a page."""
    found = re.findall(r"<svg class=\"chart.*?</svg>", response.content.decode(), flags=re.DOTALL)
    return [ElementTree.fromstring(one) for one in found if 'role="img"' in one]  # noqa: S314  (our own)


def links_of(picture: ElementTree.Element) -> dict[str, str]:
    return {one.attrib["href"]: one.attrib["aria-label"] for one in picture.iter(f"{SVG}a")}


# ── what is shown ────────────────────────────────────────────────────────────────────────────────────────────────


@committed
def test_the_heat_map_its_sentence_and_its_table_say_what_was_counted(auditors_client: Client, tally: Tally) -> None:
    tuesday = last(1)
    tally(tuesday, 14, 55)
    tally(tuesday - timedelta(weeks=1), 14, 5)
    tally(last(5), 2, 12)
    tally(last(0), 9, 3, section="保険課")
    tally(last(0), 9, 999, action="benefits.application.saved")

    response = auditors_client.get(TRENDS)

    heat, *_others = pictures(response)
    assert links_of(heat) == {
        "8/h9/": "月9時台3件",
        "8/h38/": "火14時台60件",
        "8/h122/": "土2時台12件",
    }
    drawn = [one.text for one in heat.iter(f"{SVG}text")]
    assert [text for text in drawn if text and text.isdigit()] == ["3", "60", "12"]
    sentence = "火曜の14時台が最も多く60件、平日の8〜17時台を除く時間は12件（16％）です。"
    image = heat.find(f"{SVG}g[@role='img']")
    assert image is not None
    assert (image.findtext(f"{SVG}title"), image.findtext(f"{SVG}desc")) == ("曜日と時間帯ごとの閲覧の件数", sentence)
    page = response.content.decode()
    assert page.count(sentence) == 2
    (table,) = re.findall(r"<table class=\"dense dense--narrow\">.*?</table>", page, flags=re.DOTALL)
    shown = [[digits_in(cell) for cell in re.findall(r">(\d+)<", row)] for row in table.split("<tr>")[2:]]
    assert shown == [[str(n) for n in row] for row in response.context["trends"].hours]
    assert sum(int(n) for row in shown for n in row) == 75


@committed
def test_days_are_compared_with_the_same_day_of_the_eight_weeks_before(auditors_client: Client, tally: Tally) -> None:
    tuesday = last(1)
    tally(tuesday, 10, 50)
    for week, n in enumerate((10, 20, 30, 40, 12, 14, 16, 18), start=1):
        tally(tuesday - timedelta(weeks=week), 10, n)

    response = auditors_client.get(TRENDS, {"weeks": "4"})

    day = next(day for day in response.context["trends"].days if day.on == tuesday)
    assert (day.views, day.usual) == (50, 17.0)
    words = sentences.day_in_words(tuesday)
    said = (
        f"閲覧は合わせて{50 + 10 + 20 + 30}件、最も多かったのは{words}の50件で、"
        "同じ曜日のふだん（前8週の中央値17件）の2.9倍です。"
    )
    assert said in response.content.decode()
    _heat, bars, *_others = pictures(response)
    assert links_of(bars)[f"4/d{tuesday.isoformat()}/"] == f"{words} 50件"
    assert len(list(bars.iter(f"{SVG}a"))) == 4
    assert response.context["trends"].began_on == tuesday - timedelta(weeks=8)


def test_what_was_never_counted_is_not_taken_for_nothing() -> None:
    views = {date(2026, 11, 10): 4, date(2026, 11, 17): 8}

    assert counts._usual(views, date(2026, 11, 24), None) is None
    assert counts._usual(views, date(2026, 11, 24), date(2026, 11, 10)) == 6.0
    assert counts._usual(views, date(2026, 11, 24), date(2026, 11, 3)) == 4.0
    assert counts._usual(views, date(2026, 11, 3), date(2026, 11, 3)) is None


@committed
def test_who_looked_most_is_named_and_reveals_are_counted_apart(auditors_client: Client, tally: Tally) -> None:
    misaki, jiro = staff_member(Role.MAKER, name="山田 美咲"), staff_member(Role.NUMBER_VIEWER, name="佐藤 次郎")
    yesterday = timezone.localdate() - timedelta(days=1)
    tally(yesterday, 9, 30, by=misaki)
    tally(yesterday, 10, 7, by=jiro)
    tally(yesterday, 11, 2, by=jiro, action=REVEALED)

    response = auditors_client.get(TRENDS)

    *_others, viewers, reveals = pictures(response)
    assert links_of(viewers) == {f"8/a{misaki.pk}/": "山田 美咲 30件", f"8/a{jiro.pk}/": "佐藤 次郎 7件"}
    assert "最も多いのは山田 美咲さんの30件です。" in response.content.decode()
    assert "個人番号の表示は合わせて2件" in response.content.decode()
    assert [bar.n for bar in response.context["reveal_bars"].bars if bar.n] == [2]
    assert list(links_of(reveals).values()) == [
        f"{sentences.day_in_words(response.context['trends'].days[49].on)}からの1週 2件"
    ]


@committed
def test_a_full_heat_map_is_small_and_no_chart_has_a_style_or_a_colour_of_its_own(
    auditors_client: Client, superuser_connection: psycopg.Connection[Any]
) -> None:
    superuser_connection.execute(
        "INSERT INTO audit.tally_hour SELECT current_date - day, hour, '健康課', %s, 300 + day * 7 + hour"
        " FROM generate_series(1, 14) day, generate_series(0, 23) hour",
        [VIEWED],
    )

    response = auditors_client.get(TRENDS)

    page = response.content.decode()
    (heat,) = re.findall(r"<svg class=\"chart chart--heat\".*?</svg>", page, flags=re.DOTALL)
    assert heat.count("<a ") == 168
    assert len(heat.encode()) <= 25_000
    assert "style=" not in page
    assert not re.search(r"fill=|#[0-9a-f]{6}", heat)
    assert (
        len({one.attrib["id"] for picture in pictures(response) for one in picture.iter() if "id" in one.attrib}) == 4
    )


@pytest.mark.django_db
def test_nothing_counted_is_said_and_breaks_nothing(auditors_client: Client) -> None:
    response = auditors_client.get(TRENDS)

    assert response.status_code == 200
    page = response.content.decode()
    assert "この期間に、受給者や申請の閲覧はありません。" in page
    assert "この期間に閲覧した人はいません。" in page
    assert "この期間に、個人番号の表示はありません。" in page


@pytest.mark.django_db
@pytest.mark.parametrize("typed", [{"weeks": "0"}, {"weeks": "9999"}, {"weeks": "八"}, {"weeks": "8' OR 1=1"}, {}])
def test_a_period_that_is_not_offered_is_the_usual_one(auditors_client: Client, typed: dict[str, str]) -> None:
    assert auditors_client.get(TRENDS, typed).context["choice"].weeks == 8


@committed
def test_a_page_asks_the_tallies_a_few_questions_and_the_record_none(auditors_client: Client, tally: Tally) -> None:
    tally(last(1), 14, 55, by=staff_member())
    auditors_client.get(TRENDS)

    with CaptureQueriesContext(
        connection,
    ) as asked:
        auditors_client.get(TRENDS, {"section": reach.code_of("健康課"), "weeks": "13"})

    tallied = [one["sql"] for one in asked if "tally_" in one["sql"]]
    assert len(tallied) == 3
    assert not [one["sql"] for one in asked if re.search(r"(FROM|JOIN) audit\W+event", one["sql"])]
    assert len(asked) <= 22


# ── drawing ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("n", "step"), [(0, 0), (1, 1), (25, 1), (26, 2), (75, 3), (76, 4), (100, 4)])
def test_a_cell_is_as_dark_as_its_share_of_the_highest(n: int, step: int) -> None:
    hours = [[0] * 24 for _day in range(7)]
    hours[6][23], hours[0][0] = 100, n

    drawn = drawing.heat_map(hours)

    assert drawn.rows[0].cells[0].step == step
    assert drawn.legend == [(0, "0件"), (1, "1〜25件"), (2, "26〜50件"), (3, "51〜75件"), (4, "76〜100件")]


def test_the_legend_of_small_numbers_leaves_out_what_no_number_has() -> None:
    hours = [[0] * 24 for _day in range(7)]
    hours[0][0] = 2

    assert drawing.heat_map(hours).legend == [(0, "0件"), (2, "1件"), (4, "2件")]


def test_the_frame_holds_the_hours_of_work_and_crosses_no_number() -> None:
    drawn = drawing.heat_map([[0] * 24 for _day in range(7)])

    cells = drawn.rows[0].cells
    assert drawn.frame == (
        cells[8].column * drawing.CELL + drawing.LEFT,
        drawing.TOP,
        10 * drawing.CELL,
        5 * drawing.CELL,
    )
    assert [hour for hour in range(24) if counts.is_working_hour(0, hour)] == list(range(8, 18))
    assert not counts.is_working_hour(5, 10)


@pytest.mark.parametrize(("highest", "top"), [(0, 2), (1, 2), (3, 4), (7, 10), (11, 20), (399, 400), (601, 1000)])
def test_a_scale_ends_with_a_round_number(highest: int, top: int) -> None:
    days = [Day(on=date(2026, 11, 1) + timedelta(days=step), views=0, reveals=0, usual=None) for step in range(28)]
    days[3] = Day(on=days[3].on, views=highest, reveals=0, usual=None)

    chart = drawing.days(days)

    assert chart.scale[-1][0] == str(top)
    assert all(float(bar.y) >= drawing.TOP for bar in chart.bars)


def test_bars_of_people_are_as_long_as_their_share_of_the_longest() -> None:
    chart = drawing.viewers([Viewer(actor_id=1, name="甲", views=80), Viewer(actor_id=2, name="", views=20)])

    assert [(line.label, line.width) for line in chart.lines] == [("甲", drawing.LONGEST), ("2", drawing.LONGEST / 4)]


# ── the way to the entries ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "place", ["h168", "h999", "h", "d2026-02-30", "d2026-13-01", "x1", "a", "a-1", "hw", "d2026-11-24ww", "ｈ3"]
)
def test_a_place_that_is_on_no_chart_leads_nowhere(place: str) -> None:
    assert rows.conditions(place, rows.Choice(8, ""), section=None, today=date(2026, 11, 25)) is None


@pytest.mark.parametrize("name", ["", "8-", "7", "8-xyz", "8-" + "a" * 9, "99999", "8-ABCDEF01"])
def test_a_choice_that_no_page_offers_is_none(name: str) -> None:
    assert rows.choice_named(name) is None


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["9/h38/", "8/h168/", "8-00000000/h38/", "8/nonsense/"])
def test_a_forged_link_is_not_found(auditors_client: Client, address: str) -> None:
    assert auditors_client.get(f"{TRENDS}{address}").status_code == 404


@pytest.mark.django_db
def test_what_is_typed_into_an_address_stays_in_no_entry(auditors_client: Client) -> None:
    auditors_client.get(f"{TRENDS}8-00000000/yamada-hanako/")

    entry = Event.objects.get(action=actions.TRENDS_VIEWED, result=Result.REFUSED)
    assert entry.subject_id == "audit:trend-rows"


# ── who sees what ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def heads_client(db: None) -> Client:
    return signed_in(Client(), staff_member(Role.SECTION_HEAD, section="健康課"))


@committed
def test_a_section_head_sees_their_section_and_nothing_else_however_they_ask(
    heads_client: Client, tally: Tally
) -> None:
    own, other = staff_member(name="健康 一子", section="健康課"), staff_member(name="保険 二郎", section="保険課")
    tally(last(1), 14, 5, by=own)
    tally(last(1), 15, 700, section="保険課", by=other)
    tally(last(1), 16, 900, section="", by=staff_member())

    shown = heads_client.get(TRENDS)
    asked = [
        heads_client.get(TRENDS, {"section": reach.code_of(section)}).status_code
        for section in ("保険課", "", "健康課")
    ]
    rows_asked = [
        heads_client.get(f"{TRENDS}8-{reach.code_of(section)}/h39/").status_code for section in ("保険課", "健康課")
    ]

    assert shown.context["trends"].views == 5
    assert [viewer.actor_id for viewer in shown.context["trends"].viewers] == [own.pk]
    assert "保険課" not in shown.content.decode()
    assert asked == [404, 404, 200]
    assert rows_asked == [404, 302]
    refused = Event.objects.filter(action=actions.TRENDS_VIEWED, result=Result.REFUSED)
    assert refused.count() == 3


@committed
def test_who_heads_no_section_sees_nothing(tally: Tally) -> None:
    tally(last(1), 16, 900, section="", by=staff_member())
    client = signed_in(Client(), staff_member(Role.SECTION_HEAD))

    response = client.get(TRENDS)

    assert response.context["trends"].views == 0
    assert response.context["trends"].viewers == []
    assert "所属が登録されていない" in response.content.decode()


@committed
def test_an_auditor_chooses_a_section_and_it_is_recorded(auditors_client: Client, tally: Tally) -> None:
    own, other = staff_member(section="健康課"), staff_member(section="保険課")
    tally(last(1), 14, 5, by=own)
    tally(last(1), 15, 7, section="保険課", by=other)

    everything = auditors_client.get(TRENDS)
    one = auditors_client.get(TRENDS, {"section": reach.code_of("保険課")})

    assert everything.context["trends"].views == 12
    assert (one.context["trends"].views, one.context["trends"].section) == (7, "保険課")
    assert [viewer.actor_id for viewer in one.context["trends"].viewers] == [other.pk]
    assert [section for _code, section in one.context["sections"]] == ["保険課", "健康課"]
    details = [event.details for event in Event.objects.filter(action=actions.TRENDS_VIEWED).order_by("at")]
    assert details == [
        {"conditions": {"weeks": 8, "section": ""}, "count": 12},
        {"conditions": {"weeks": 8, "section": "保険課"}, "count": 7},
    ]


@pytest.mark.django_db
@pytest.mark.parametrize("role", [Role.MAKER, Role.RECORDS_KEEPER, Role.USER_ADMINISTRATOR])
def test_nobody_else_gets_in(role: Role) -> None:
    client = signed_in(Client(), staff_member(role))

    assert client.get(TRENDS).status_code == 403
    assert client.get(reverse("audit:trend-rows", args=["8", "h38"])).status_code == 403
