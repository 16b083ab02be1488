"""The record is searched by every condition there is, alone and together, and no entry is lost between pages (A5)."""

import itertools
import uuid
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from audit import journal, search
from audit.models import Event, Result
from tests.audit.conftest import SAVED, SUBMITTED, VIEWED, happened, set_time
from tests.factories import my_number, staff_member
from tests.racing import together

TOKYO = ZoneInfo("Asia/Tokyo")
FULL_WIDTH = {ord("0") + value: chr(ord("０") + value) for value in range(10)}


def found(**conditions: Any) -> list[Event]:
    """Return what the search finds for what is typed into its form."""
    form = search.SearchForm({key: value for key, value in conditions.items() if value})
    assert form.is_valid(), form.errors
    return search.find(form.cleaned_data).events


def refusal(**conditions: Any) -> dict[str, list[str]]:
    form = search.SearchForm(conditions)
    assert not form.is_valid()
    return {name: list(errors) for name, errors in form.errors.items()}


@pytest.fixture
def kenichi(misaki: User) -> User:
    """A colleague; both are known to the record by name."""
    colleague = staff_member(Role.CHECKER, login_id="sato", name="佐藤 健一")
    for somebody in (misaki, colleague):
        journal.name_actor(somebody.pk, name=somebody.display_name, login_id=somebody.login_id)
    return colleague


@pytest.mark.django_db
@pytest.mark.parametrize("typed", ["山田 美咲", "山田", "美咲", "yamada"])
def test_by_user(typed: str, misaki: User, kenichi: User) -> None:
    theirs = happened(by=misaki)
    happened(by=kenichi)
    happened(by=None)

    assert found(actor=typed) == [theirs]


@pytest.mark.django_db
@pytest.mark.parametrize("typed", ["鈴木", "%", "_", "yama", "YAMADA", "山田%", "' OR 1=1 --"])
def test_a_user_who_is_not_there_has_done_nothing(typed: str, misaki: User, kenichi: User) -> None:
    happened(by=misaki)

    assert found(actor=typed) == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    "typed",
    [
        "渡邉　花子",
        "渡邉 花子",
        "渡邉花子",
        "渡邉",
        "渡邉花",
        "ワタナベ　ハナコ",
        "ワタナベ ハナコ",
        "ワタナベハナコ",
        "ワタ",
        "わたなべ",
        "わたなべ はなこ",
        "ﾜﾀﾅﾍﾞﾊﾅｺ",
    ],
)
def test_by_the_name_of_a_person_in_every_way_it_is_typed(typed: str) -> None:
    person, other = uuid.uuid4(), uuid.uuid4()
    journal.name_person(person, name="渡邉　花子", kana="ワタナベ　ハナコ")
    journal.name_person(other, name="和田　太郎", kana="ワダ　タロウ")
    theirs = [happened(VIEWED, person_id=person), happened(SAVED, person_id=person)]
    happened(VIEWED, person_id=other)
    happened(VIEWED)

    assert set(found(subject=typed)) == set(theirs)


@pytest.mark.django_db
@pytest.mark.parametrize("typed", ["花子", "渡辺", "%", "渡_", "渡邉　花子　様", "ハナコ"])
def test_a_name_that_nobody_has_finds_nothing(typed: str) -> None:
    person = uuid.uuid4()
    journal.name_person(person, name="渡邉　花子", kana="ワタナベ　ハナコ")
    happened(VIEWED, person_id=person)

    assert found(subject=typed) == []


@pytest.mark.django_db
def test_by_receipt_number() -> None:
    theirs = happened(label="2026-000123")
    happened(label="2026-000124")

    assert found(subject="2026-000123") == [theirs]
    assert found(subject=" 2026-000123 ") == [theirs]
    assert found(subject="2026-0001") == []


@pytest.mark.django_db
def test_by_one_action_and_by_several() -> None:
    saved, submitted = happened(SAVED), happened(SUBMITTED)
    happened(VIEWED)

    assert found(actions=[SAVED]) == [saved]
    assert set(found(actions=[SAVED, SUBMITTED])) == {saved, submitted}


@pytest.mark.django_db
@pytest.mark.parametrize("result", list(Result))
def test_by_result(result: Result) -> None:
    events = {one: happened(result=one) for one in Result}

    assert found(result=result.value) == [events[result]]


@pytest.mark.django_db(transaction=True)
def test_by_period_with_both_days_whole_in_the_offices_time(superuser_connection: psycopg.Connection[Any]) -> None:
    at = {
        "before": datetime(2026, 4, 30, 23, 59, 59, 999_999, TOKYO),
        "first": datetime(2026, 5, 1, 0, 0, 0, 0, TOKYO),
        "last": datetime(2026, 5, 31, 23, 59, 59, 999_999, TOKYO),
        "after": datetime(2026, 6, 1, 0, 0, 0, 0, TOKYO),
    }
    events = {name: happened() for name in at}
    for name, moment in at.items():
        set_time(superuser_connection, events[name], moment)

    def names(**period: str) -> set[str]:
        hits = {event.pk for event in found(**period)}
        return {name for name, event in events.items() if event.pk in hits}

    assert names(from_on="2026-05-01", to_on="2026-05-31") == {"first", "last"}
    assert names(from_on="2026-05-01") == {"first", "last", "after"}
    assert names(to_on="2026/05/31") == {"before", "first", "last"}
    assert names(from_on="2026-05-31", to_on="2026-05-31") == {"last"}
    assert names() == set(at)


@pytest.mark.django_db
@pytest.mark.parametrize("period", [("0001-01-01", "9999-12-31"), ("9999-12-31", ""), ("", "0001-01-01")])
def test_the_first_and_the_last_day_there_are_can_be_asked_for(period: tuple[str, str]) -> None:
    event = happened()

    assert found(from_on=period[0], to_on=period[1]) == ([event] if all(period) else [])


@pytest.mark.django_db
def test_every_combination_of_conditions_means_all_of_them(misaki: User, kenichi: User) -> None:
    person = uuid.uuid4()
    journal.name_person(person, name="渡邉　花子", kana="ワタナベ　ハナコ")
    choices = {
        "by": (misaki, kenichi),
        "action": (SAVED, VIEWED),
        "result": (Result.DONE, Result.REFUSED),
        "person_id": (person, None),
    }
    made = {
        combination: happened(combination[1], by=combination[0], result=combination[2], person_id=combination[3])
        for combination in itertools.product(*choices.values())
    }
    asked = {
        "actor": (lambda kind: kind[0] is misaki, "山田"),
        "actions": (lambda kind: kind[1] == SAVED, [SAVED]),
        "result": (lambda kind: kind[2] == Result.REFUSED, "REFUSED"),
        "subject": (lambda kind: kind[3] == person, "ワタナベ"),
        "from_on": (lambda _kind: True, timezone.localdate().isoformat()),
        "to_on": (lambda _kind: False, (timezone.localdate() - timedelta(days=1)).isoformat()),
    }

    for count in range(len(asked) + 1):
        for names in itertools.combinations(asked, count):
            if {"from_on", "to_on"} <= set(names):
                continue
            expected = {event.pk for kind, event in made.items() if all(asked[name][0](kind) for name in names)}
            hits = {event.pk for event in found(**{name: asked[name][1] for name in names})}
            assert hits == expected, names


@pytest.mark.django_db
def test_the_newest_entry_comes_first() -> None:
    events = [happened() for _entry in range(5)]

    assert found() == events[::-1]


# ── pages ────────────────────────────────────────────────────────────────────────────────────────────────────────


def walked(*, between: Any = lambda: None) -> list[uuid.UUID]:
    """Return the ids of every entry, page by page, with something happening between one page and the next."""
    seen, before = [], None
    while True:
        page = search.find({}, before=before)
        assert len(page.events) <= search.PAGE
        seen += [event.pk for event in page.events]
        if page.older is None:
            return seen
        before = page.older
        between()


@pytest.mark.django_db
@pytest.mark.parametrize("count", [0, 1, 49, 50, 51, 100, 101])
def test_the_pages_together_hold_every_entry_once(count: int) -> None:
    events = journal.record_all(journal.Entry(action=SAVED, by=None) for _entry in range(count))

    seen = walked()

    assert len(seen) == count
    assert set(seen) == {event.pk for event in events}


@pytest.mark.django_db(transaction=True)
def test_entries_of_the_same_moment_are_neither_lost_nor_shown_twice(
    superuser_connection: psycopg.Connection[Any],
) -> None:
    events = [happened() for _entry in range(120)]
    moment = timezone.now()
    for event in events:
        set_time(superuser_connection, event, moment)

    seen = walked()

    assert len(seen) == 120
    assert set(seen) == {event.pk for event in events}


@pytest.mark.django_db(transaction=True)
def test_entries_written_meanwhile_by_others_move_nothing() -> None:
    events = journal.record_all(journal.Entry(action=SAVED, by=None) for _entry in range(170))

    def others_go_on() -> None:
        together(*[lambda: [happened() for _entry in range(10)]] * 3)

    seen = walked(between=others_go_on)

    assert seen == [
        event.pk for event in sorted(events, key=lambda event: (times()[event.pk], event.pk), reverse=True)
    ]
    assert Event.objects.count() == 170 + 3 * 30


def times() -> dict[uuid.UUID, datetime]:
    return dict(Event.objects.values_list("pk", "at"))


@pytest.mark.django_db
@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "_",
        "2026-11-23",
        "2026-11-23T10:00:00_",
        "2026-11-23T10:00:00_00000000-0000-4000-8000-00000000000a",
        "2026-11-23T10:00:00+09:00_not-a-key",
        "_00000000-0000-4000-8000-00000000000a",
        "'; DROP TABLE audit.event --_x",
        "９" * 40,
        "-" * 5000,
        "2026-13-45T99:00:00+09:00_00000000-0000-4000-8000-00000000000a",
    ],
)
def test_a_cursor_that_is_not_ours_is_the_first_page(cursor: str) -> None:
    event = happened()

    assert search.find({}, before=cursor).events == [event]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "moment", ["0001-01-01T00:00:00+23:59", "0001-01-01T00:00:00+00:00", "9999-12-31T23:59:59.999999-23:59"]
)
def test_a_cursor_at_the_end_of_time_is_no_error(moment: str) -> None:
    event = happened()

    shown = search.find({}, before=f"{moment}_00000000-0000-4000-8000-00000000000a").events

    assert shown == ([] if moment.endswith("+00:00") else [event])


@pytest.mark.django_db
def test_what_is_found_is_counted_to_a_thousand_and_then_called_more() -> None:
    journal.record_all(journal.Entry(action=SAVED, by=None) for _entry in range(search.COUNTED_UP_TO))
    exactly = search.find({}).count
    happened()

    assert (exactly, search.find({}).count) == (1000, None)
    assert search.find({"actions": [VIEWED]}).count == 0


@pytest.mark.django_db
def test_a_page_costs_the_same_however_far_back_it_is(django_assert_num_queries: Any) -> None:
    person = uuid.uuid4()
    journal.name_person(person, name="渡邉　花子", kana="ワタナベ　ハナコ")
    journal.record_all(journal.Entry(action=SAVED, by=None, person_id=person) for _entry in range(160))
    before = None

    for _page in range(3):
        with django_assert_num_queries(3):  # the entries, their count, what the people are called
            page = search.find({}, before=before)
        assert page.names == {person: "渡邉　花子"}
        before = page.older


# ── what may not be asked ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.django_db
@pytest.mark.parametrize("box", ["actor", "subject", "from_on", "to_on"])
@pytest.mark.parametrize(
    "written",
    [
        str,
        lambda number: f"{number[:4]}-{number[4:8]}-{number[8:]}",
        lambda number: f"{number[:4]} {number[4:8]}　{number[8:]}",
        lambda number: number.translate(FULL_WIDTH),
        lambda number: f"渡邉{number}",
        lambda number: "・".join(number),
    ],
)
def test_a_my_number_is_no_condition_and_is_not_drawn_back(box: str, written: Any) -> None:
    typed = written(my_number())
    form = search.SearchForm({box: typed})

    assert not form.is_valid()
    assert "個人番号では検索できません" in form.errors[box][0]
    assert typed not in str(form)
    assert typed not in str(form[box])


@pytest.mark.django_db
def test_a_name_that_fits_too_many_people_has_to_be_typed_further(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "PEOPLE_UP_TO", 2)
    for given in ("花子", "太郎", "次郎"):
        person = uuid.uuid4()
        journal.name_person(person, name=f"渡邉　{given}", kana="ワタナベ　")
        happened(VIEWED, person_id=person)

    assert refusal(subject="渡邉") == {"subject": ["当てはまる受給者が2人を超えます。氏名を続けて入力してください。"]}
    assert len(found(subject="渡邉花子")) == 1


@pytest.mark.django_db
def test_a_name_that_fits_too_many_users_has_to_be_typed_further(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "PEOPLE_UP_TO", 1)
    for key in (201, 202):
        journal.name_actor(key, name=f"田中 {key}", login_id=f"tanaka{key}")

    assert "actor" in refusal(actor="田中")
    assert found(actor="田中 201") == []


@pytest.mark.parametrize(
    ("conditions", "box", "words"),
    [
        ({"from_on": "昨日"}, "from_on", "2026-11-23 のように"),
        ({"to_on": "2026-02-30"}, "to_on", "2026-11-23 のように"),
        ({"from_on": "2026-05-02", "to_on": "2026-05-01"}, "to_on", "以後の日付"),
        ({"actions": ["unheard.of"]}, "actions", "一覧から選んで"),
        ({"result": "MAYBE"}, "result", "一覧から選んで"),
        ({"actor": "あ" * 61}, "actor", "60文字以内"),
        ({"subject": "あ" * 61}, "subject", "60文字以内"),
    ],
)
def test_a_condition_that_cannot_be_is_named(conditions: dict[str, Any], box: str, words: str) -> None:
    errors = refusal(**conditions)

    assert list(errors) == [box]
    assert words in errors[box][0]


def test_the_conditions_are_said_in_one_sentence() -> None:
    assert search.sentence({}) == "すべての記録"
    assert (
        search.sentence(
            {"from_on": date(2026, 5, 1), "to_on": None, "actor": "山田", "actions": [SAVED], "result": "REFUSED"}
        )
        == "期間＝2026-05-01〜 かつ 利用者＝山田 かつ 操作＝申請の下書き保存 かつ 結果＝拒否"
    )


@pytest.mark.django_db(transaction=True)
def test_around_an_entry_stands_what_the_same_person_did_within_half_an_hour(
    misaki: User, kenichi: User, superuser_connection: psycopg.Connection[Any]
) -> None:
    middle, before, after, long_before, anothers = (
        happened(by=by) for by in (misaki, misaki, misaki, misaki, kenichi)
    )
    now = timezone.now()
    for event, minutes in ((middle, 0), (before, -29), (after, 29), (long_before, -31), (anothers, 1)):
        set_time(superuser_connection, event, now + timedelta(minutes=minutes))
    middle.refresh_from_db()

    assert list(search.around(middle)) == [after, middle, before]
