"""The record is searched by every condition there is, alone and together, and no entry is lost between pages (A5)."""

import random
import uuid
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from ipaddress import ip_address, ip_network
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings, strategies

from accounts.models import User
from accounts.roles import Role
from audit import journal
from audit.models import Event, Holiday, Result
from audit.searching import calendar_law, finding, labels
from audit.searching.conditions import NIGHT
from audit.searching.finding import Page
from audit.searching.form import MANY, SearchForm
from audit.searching.scopes import Reach, Scope
from audit.searching.sentences import chips, sentence, without
from tests import ledger
from tests.audit.conftest import IS_FULL, SAVED, SUBMITTED, VIEWED, happened
from tests.conftest import Office
from tests.factories import my_number, staff_member
from tests.racing import together
from tests.sealing import seal_all

TOKYO = ZoneInfo("Asia/Tokyo")
FULL_WIDTH = {ord("0") + value: chr(ord("０") + value) for value in range(10)}
ALL = Scope(Reach.ALL)


def asked(scope: Scope = ALL, **conditions: Any) -> SearchForm:
    """Return the form as it is after ``conditions`` were typed into it."""
    form = SearchForm({key: value for key, value in conditions.items() if value not in (None, "", [])}, scope=scope)
    assert form.is_valid(), form.errors
    return form


def page(scope: Scope = ALL, token: str | None = None, **conditions: Any) -> Page:
    return finding.find(asked(scope, **conditions).conditions, scope, reader_id=1, token=token)


def found(scope: Scope = ALL, **conditions: Any) -> list[Event]:
    return [row.event for row in page(scope, **conditions).rows]


def refusal(**conditions: Any) -> dict[str, list[str]]:
    form = SearchForm(conditions, scope=ALL)
    assert not form.is_valid()
    return {name: list(errors) for name, errors in form.errors.items()}


@pytest.fixture
def kenichi(misaki: User) -> User:
    """A colleague; both are known to the record by name."""
    return staff_member(Role.CHECKER, login_id="sato", name="佐藤 健一")


# ── one condition ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.django_db
@pytest.mark.parametrize("typed", ["山田 美咲", "山田", "美咲", "yamada", "鈴木、山田"])
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

    assert found(person=typed) == theirs[::-1]


@pytest.mark.django_db
@pytest.mark.parametrize("typed", ["花子", "渡辺", "%", "渡_", "渡邉　花子　様", "ハナコ"])
def test_a_name_that_nobody_has_finds_nothing(typed: str) -> None:
    person = uuid.uuid4()
    journal.name_person(person, name="渡邉　花子", kana="ワタナベ　ハナコ")
    happened(VIEWED, person_id=person)

    assert found(person=typed) == []


@pytest.mark.django_db
def test_by_receipt_number() -> None:
    theirs = happened(label="2026-000123")
    other = happened(label="2026-000124")

    assert found(application="2026-000123") == [theirs]
    assert found(application=" ２０２６－０００１２３ ") == [theirs]
    assert found(application="2026-000123、2026-000124") == [other, theirs]
    assert found(application="2026-0001") == []


@pytest.mark.django_db
def test_a_recipient_number_finds_what_names_it_and_what_is_of_its_person(monkeypatch: pytest.MonkeyPatch) -> None:
    from audit.searching import registered

    person = uuid.uuid4()
    monkeypatch.setattr(registered, "people_numbered", lambda number: {person} if number == "1234567" else set())
    theirs = [happened(label="1234567"), happened(label="2026-000001", person_id=person)]
    happened(label="2026-000002")

    assert found(person="１２３４５６７") == theirs[::-1]


@pytest.mark.django_db
def test_by_one_action_by_several_and_by_a_whole_group() -> None:
    saved, submitted = happened(SAVED), happened(SUBMITTED)
    signed_in = happened("accounts.sign_in.done")

    assert found(actions=[SAVED]) == [saved]
    assert found(actions=[SAVED, SUBMITTED]) == [submitted, saved]
    assert found(areas=["benefits"]) == [submitted, saved]
    assert found(areas=["accounts"], actions=[SAVED]) == [signed_in, saved]


@pytest.mark.django_db
def test_by_result() -> None:
    events = {one: happened(result=one) for one in Result}

    for result in Result:
        assert found(result=result.value) == [events[result]]
    assert found(result="NOT_DONE") == [events[Result.FAILED], events[Result.REFUSED]]


@pytest.mark.django_db(transaction=True)
def test_by_period_with_both_days_whole_in_the_offices_time(superuser_connection: psycopg.Connection[Any]) -> None:
    at = {
        "before": datetime(2026, 4, 30, 23, 59, 59, 999_999, TOKYO),
        "first": datetime(2026, 5, 1, 0, 0, 0, 0, TOKYO),
        "last": datetime(2026, 5, 31, 23, 59, 59, 999_999, TOKYO),
        "after": datetime(2026, 6, 1, 0, 0, 0, 0, TOKYO),
    }
    events = {name: ledger.insert_earlier(superuser_connection, at=moment) for name, moment in at.items()}

    def names(**period: str) -> set[str]:
        hits = {event.pk for event in found(**period)}
        return {name for name, event in events.items() if event in hits}

    assert names(from_on="2026-05-01", to_on="2026-05-31") == {"first", "last"}
    assert names(from_on="2026-05-01") == {"first", "last", "after"}
    assert names(from_on="2026/04/01", to_on="2026/05/31") == {"before", "first", "last"}
    assert names(from_on="2026-05-31", to_on="2026-05-31") == {"last"}


@pytest.mark.django_db(transaction=True)
def test_without_a_period_the_last_week_is_shown_and_all_years_of_somebody(
    superuser_connection: psycopg.Connection[Any],
) -> None:
    now, person = timezone.now(), uuid.uuid4()
    old = ledger.insert_earlier(superuser_connection, at=now - timedelta(days=700), person_id=person)
    lately = ledger.insert_earlier(superuser_connection, at=now - timedelta(days=5), person_id=person)

    assert [event.pk for event in found()] == [lately]
    assert [event.pk for event in found(result="DONE")] == [lately]
    assert [event.pk for event in found(person_id=str(person))] == [lately, old]


@pytest.mark.django_db
@pytest.mark.parametrize("period", [("0001-01-01", "9999-12-31"), ("9999-12-31", ""), ("", "0001-01-01")])
def test_the_first_and_the_last_day_there_are_can_be_asked_for(period: tuple[str, str]) -> None:
    event = happened(label="2026-000001")

    hits = found(from_on=period[0], to_on=period[1], application="2026-000001")

    assert hits == ([event] if all(period) else [])


def test_a_longer_period_than_thirteen_months_needs_somebody_or_something(db: None) -> None:
    words = "13か月"

    assert words in refusal(from_on="2025-01-01", to_on="2026-11-01")["from_on"][0]
    assert words in refusal(from_on="1926-01-01", to_on="2026-11-01", result="REFUSED")["from_on"][0]
    assert words in refusal(to_on="2026-11-01")["from_on"][0]
    for one in ({"actor": "山田"}, {"person": "渡邉"}, {"application": "2026-000001"}):
        assert asked(from_on="1926-01-01", to_on="2026-11-01", **one)
    assert asked(from_on="2025-10-20", to_on="2026-11-19")


# ── every combination ────────────────────────────────────────────────────────────────────────────────────────────

OFFICES = ("地域保健課", "総務課", "")
ACTORS = (None, 901, 902, 903)
ACTIONS = (SAVED, SUBMITTED, VIEWED, "mynumber.number.revealed", "accounts.sign_in.done")
ADDRESSES = (None, "10.1.2.3", "10.1.2.200", "10.1.9.4", "192.168.0.7", "2001:db8:1:2::9")
PEOPLE = tuple(uuid.UUID(int=number) for number in range(1, 5))


def written(maker: random.Random) -> dict[str, Any]:
    """Return an entry of some moment of the last half a year."""
    return ledger.columns(
        at=datetime.now(UTC) - timedelta(minutes=maker.randrange(1, 260_000)),
        action=maker.choice(ACTIONS),
        result=maker.choice(["DONE", "DONE", "DONE", "REFUSED", "FAILED"]),
        actor_id=maker.choice(ACTORS),
        actor_roles=maker.choice(["", "MAKER", "CHECKER", "AUDITOR,MAKER"]),
        actor_section=maker.choice(OFFICES),
        person_id=maker.choice([None, *PEOPLE]),
        subject_label=maker.choice(["", "2026-000001", "2026-000002", "1234567"]),
        purpose=maker.choice(["", "INQUIRY", "CORRECTION"]),
        explanation=maker.choice(["", "E0", "E1"]),
        client=maker.choice(ADDRESSES),
        session=maker.choice(["", "0123456789abcdef", "fedcba9876543210"]),
        request_id=maker.choice([None, *PEOPLE[:2]]),
    )


def put_down(superuser: psycopg.Connection[Any], rows: Iterable[dict[str, Any]]) -> None:
    with superuser.transaction():
        superuser.execute("SELECT audit.make_months((now() - interval '7 months')::date, 8)")
        superuser.execute("ALTER TABLE audit.event DISABLE TRIGGER event_is_queued")
        for row in rows:
            ledger.insert(superuser.execute, **row)
            superuser.execute(
                "INSERT INTO audit.pending (id, at, leaf) VALUES (%s, %s, %s)", [row["id"], row["at"], row["leaf"]]
            )
        superuser.execute("ALTER TABLE audit.event ENABLE ALWAYS TRIGGER event_is_queued")


def drawn(maker: random.Random) -> tuple[dict[str, Any], Callable[[dict[str, Any]], bool]]:
    """Return conditions as they are typed, and what they mean in plain words of Python."""
    today = timezone.localdate()
    first, last = sorted(today - timedelta(days=maker.randrange(200)) for _end in range(2))
    begins, ends = maker.sample(range(24), 2)
    off = {holiday.day for holiday in Holiday.objects.all()}
    hours = set(range(begins, ends)) if begins < ends else {*range(begins, 24), *range(ends)}
    some_actions = maker.sample(ACTIONS, 2)
    network = maker.choice(
        ["10.1.2.3", "10.1.2.0/24", "10.1.0.0/16", "10.0.0.0/8", "10.1.2.128/25", "2001:db8:1::/48"]
    )
    person, weekdays = maker.choice(PEOPLE), maker.sample(range(7), 3)
    section, actor, purpose = maker.choice(OFFICES[:2]), maker.choice(ACTORS[1:]), maker.choice(["INQUIRY"])

    def local(row: dict[str, Any]) -> datetime:
        moment: datetime = row["at"]
        return moment.astimezone(TOKYO)

    def is_off(row: dict[str, Any]) -> bool:
        return local(row).weekday() >= 5 or local(row).date() in off

    known: list[tuple[dict[str, Any], Callable[[dict[str, Any]], bool]]] = [
        ({"actor_id": str(actor)}, lambda row: row["actor_id"] == actor),
        ({"section": section}, lambda row: row["actor_section"] == section),
        ({"roles": ["MAKER"]}, lambda row: "MAKER" in row["actor_roles"].split(",")),
        (
            {"roles": ["CHECKER", "AUDITOR"]},
            lambda row: bool({"CHECKER", "AUDITOR"} & {*row["actor_roles"].split(",")}),
        ),
        ({"actions": some_actions}, lambda row: row["action"] in some_actions),
        ({"result": "NOT_DONE"}, lambda row: row["result"] != "DONE"),
        ({"result": "DONE"}, lambda row: row["result"] == "DONE"),
        ({"person_id": str(person)}, lambda row: row["person_id"] == person),
        ({"application": "2026-000001"}, lambda row: row["subject_label"] == "2026-000001"),
        ({"purposes": [purpose]}, lambda row: row["purpose"] == purpose),
        ({"explanations": ["E0"]}, lambda row: row["explanation"] == "E0"),
        (
            {"terminal": network},
            lambda row: bool(row["client"]) and ip_address(row["client"]) in ip_network(network, strict=False),
        ),
        (
            {"hour_from": str(begins), "hour_to": str(ends or 24)},
            lambda row: local(row).hour in (hours if ends else set(range(begins, 24))),
        ),
        ({"weekdays": [str(one) for one in weekdays]}, lambda row: local(row).weekday() in weekdays),
        ({"days": "WORKDAYS"}, lambda row: not is_off(row)),
        ({"days": "DAYS_OFF"}, is_off),
        ({"days": "OFF_HOURS"}, lambda row: is_off(row) or local(row).hour in NIGHT),
        ({"session": "0123456789abcdef"}, lambda row: row["session"] == "0123456789abcdef"),
        ({"request": str(PEOPLE[0])}, lambda row: row["request_id"] == PEOPLE[0]),
    ]
    chosen = maker.sample(known, maker.choice([0, 1, 1, 2, 2, 3, 4]))
    typed = {"from_on": first.isoformat(), "to_on": last.isoformat()}
    # of two conditions in one box the later is what is typed
    tests = {next(iter(typed_in)): test for typed_in, test in chosen}
    for typed_in, _test in chosen:
        typed |= typed_in
    return typed, lambda row: first <= local(row).date() <= last and all(test(row) for test in tests.values())


@pytest.fixture(params=["by months", "by days"])
def way(request: pytest.FixtureRequest, owner_connection: psycopg.Connection[Any]) -> Iterator[str]:
    """Both ways in which the database looks for marks, whatever it would choose."""
    row = owner_connection.execute(
        "SELECT pg_get_functiondef(oid) FROM pg_proc WHERE proname = 'search' AND pronamespace = 'audit'::regnamespace"
    ).fetchone()
    assert row is not None
    assert "integer := 4000" in row[0]
    if request.param == "by days":
        owner_connection.execute(row[0].replace("integer := 4000", "integer := -1"))
    yield request.param
    owner_connection.execute(row[0])


@pytest.mark.django_db(transaction=True)
def test_any_conditions_find_what_they_say_sealed_or_not(
    way: str, office: Office, superuser_connection: psycopg.Connection[Any]
) -> None:
    maker = random.Random(way)  # noqa: S311  (the same entries in every run)
    sealed, waiting = [written(maker) for _each in range(300)], [written(maker) for _each in range(80)]
    put_down(superuser_connection, sealed)
    seal_all(office)
    put_down(superuser_connection, waiting)
    rows = sorted([*sealed, *waiting], key=lambda row: (row["at"], row["id"]), reverse=True)
    scopes = [ALL, Scope(Reach.SECTION, section="総務課"), Scope(Reach.OWN, actor_id=902), Scope(Reach.SECTION)]
    holds: dict[Scope, Callable[[dict[str, Any]], bool]] = {
        scopes[0]: lambda _row: True,
        scopes[1]: lambda row: row["actor_section"] == "総務課",
        scopes[2]: lambda row: row["actor_id"] == 902,
        scopes[3]: lambda _row: False,
    }
    seen = 0

    for _round in range(300 if IS_FULL else 45):
        typed, means = drawn(maker)
        scope = maker.choice([ALL, ALL, ALL, *scopes])
        form = SearchForm(typed, scope=scope)
        assert form.is_valid(), form.errors
        if scope is not ALL:
            ignored = set(typed) - set(form.fields)
            if ignored:
                continue
        expected = [row["id"] for row in rows if means(row) and holds[scope](row)]

        hits, token = [], None
        while True:
            part = finding.find(form.conditions, scope, reader_id=1, token=token)
            hits += [row.event.pk for row in part.rows]
            if part.older is None:
                break
            token = part.older

        assert hits == expected, typed
        seen += len(hits)
    assert seen > 200


# ── pages ────────────────────────────────────────────────────────────────────────────────────────────────────────


def walked(*, between: Any = lambda: None) -> list[uuid.UUID]:
    """Return the ids of every entry, page by page, with something happening between one page and the next."""
    seen, token = [], None
    while True:
        part = page(token=token)
        assert len(part.rows) <= finding.PAGE
        seen += [row.event.pk for row in part.rows]
        if part.older is None:
            return seen
        token = part.older
        between()


@pytest.mark.django_db
@pytest.mark.parametrize("count", [0, 1, 50, 51, 101])
def test_the_pages_together_hold_every_entry_once(count: int) -> None:
    events = journal.record_all(journal.Entry(action=SAVED, by=None) for _entry in range(count))

    seen = walked()

    assert len(seen) == count
    assert set(seen) == {event.pk for event in events}


@pytest.mark.django_db(transaction=True)
def test_entries_of_the_same_moment_are_neither_lost_nor_shown_twice(
    office: Office, superuser_connection: psycopg.Connection[Any]
) -> None:
    moment = timezone.now() - timedelta(hours=2)
    put_down(superuser_connection, [ledger.columns(at=moment) for _each in range(70)])
    seal_all(office)
    put_down(superuser_connection, [ledger.columns(at=moment) for _each in range(50)])

    seen = walked()

    assert len(seen) == len(set(seen)) == 120


@pytest.mark.django_db(transaction=True)
def test_entries_written_and_sealed_meanwhile_move_nothing(office: Office) -> None:
    events = journal.record_all(journal.Entry(action=SAVED, by=None) for _entry in range(120))

    def others_go_on() -> None:
        together(*[lambda: [happened() for _entry in range(5)]] * 3)
        seal_all(office)

    seen = walked(between=others_go_on)

    assert seen == [event.pk for event in sorted(events, key=lambda event: (event.at, event.pk), reverse=True)]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "token",
    ["x", "_", "２" * 40, "-" * 5000, "'; DROP TABLE audit.event --", "W10:abc", "eyJhIjoxfQ:x", "\ud800"],
)
def test_a_token_that_was_not_given_out_is_the_first_page(token: str) -> None:
    event = happened()

    assert [row.event for row in page(token=token).rows] == [event]


@pytest.mark.django_db
def test_a_token_of_other_conditions_another_reader_or_a_wider_scope_is_the_first_page(misaki: User) -> None:
    journal.record_all(journal.Entry(action=SAVED, by=misaki) for _entry in range(60))
    token = page().older
    own, nothing = Scope(Reach.OWN, actor_id=misaki.pk), asked().conditions

    assert not page(token=token).is_first
    assert page(token=token, result="DONE").is_first
    assert finding.find(nothing, own, reader_id=1, token=token).is_first
    assert finding.find(nothing, ALL, reader_id=2, token=token).is_first


@pytest.mark.django_db
def test_what_is_found_is_counted_to_a_thousand_and_then_called_more() -> None:
    journal.record_all(journal.Entry(action=SAVED, by=None) for _entry in range(finding.COUNTED_UP_TO))
    exactly = page()
    happened()
    more = page()

    assert (exactly.count, more.count) == (1000, None)
    assert page(actions=[VIEWED]).count == 0
    assert page(token=exactly.older).is_first is False
    assert page(token=exactly.older).count == 1000


@pytest.mark.django_db
def test_a_page_takes_the_same_queries_however_much_there_is_and_however_far_back() -> None:
    person = uuid.uuid4()
    journal.name_person(person, name="渡邉　花子", kana="ワタナベ　ハナコ")
    journal.record_all(journal.Entry(action=SAVED, by=None, person_id=person) for _entry in range(160))
    counts, token = set(), None

    for _page in range(3):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            part = page(token=token)
        assert {row.person_name for row in part.rows} == {"渡邉　花子"}
        counts.add(len(queries))
        token = part.older
    # with a transaction around and its limit of time, set and taken back: what is found, the entries, the signed size,
    # what people are called
    assert counts == {8}


@pytest.mark.django_db
def test_names_that_take_too_long_are_refused_with_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(_texts: Any) -> list[Any]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(5)")
        return []

    monkeypatch.setattr("audit.searching.form._MOST_MILLISECONDS", 20)
    for box, lookup in (("actor", "staff_called"), ("person", "people_called")):
        monkeypatch.setattr(f"audit.searching.labels.{lookup}", slow)
        form = SearchForm({box: "佐藤"}, scope=Scope(Reach.ALL))
        assert not form.is_valid()
        assert "時間がかかりすぎました" in str(form.errors)
    assert SearchForm({"result": "DONE"}, scope=Scope(Reach.ALL)).is_valid()


@pytest.mark.django_db
def test_a_long_name_is_looked_for_in_a_few_ways_only() -> None:
    with CaptureQueriesContext(connection) as asked:
        labels.people_called(["あ" * 59])
    assert asked[0]["sql"].count("LIKE") <= 22


@pytest.mark.django_db
def test_a_question_that_takes_too_long_is_broken_off_and_the_connection_goes_on() -> None:
    def limit() -> Any:
        with connection.cursor() as cursor:
            cursor.execute("SHOW statement_timeout")
            return cursor.fetchone()

    usual = limit()
    with pytest.raises(finding.TooSlowError), finding.limited(50), connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(5)")

    assert found() == []
    assert limit() == usual


@pytest.mark.django_db(transaction=True)
def test_each_row_says_how_far_it_is_sealed(office: Office) -> None:
    sealed = happened()
    seal_all(office)
    waiting = happened()

    rows = {row.event.pk: row for row in page().rows}

    assert (rows[sealed.pk].seal, rows[sealed.pk].position) == ("SIGNED", 0)
    assert (rows[waiting.pk].seal, rows[waiting.pk].position) == ("WAITING", None)


@pytest.mark.django_db(transaction=True)
def test_around_an_entry_stands_what_the_same_person_did_within_half_an_hour(
    office: Office, superuser_connection: psycopg.Connection[Any]
) -> None:
    now = timezone.now() - timedelta(hours=3)
    rows = {
        name: ledger.columns(at=now + timedelta(minutes=minutes), actor_id=actor)
        for name, minutes, actor in (
            ("middle", 0, 901),
            ("before", -30, 901),
            ("after", 30, 901),
            ("long before", -31, 901),
            ("another's", 1, 902),
        )
    }
    put_down(superuser_connection, rows.values())
    middle = Event.objects.get(pk=rows["middle"]["id"])

    def around() -> list[uuid.UUID]:
        return [row.event.pk for row in finding.around(middle, ALL)]

    expected = [rows[name]["id"] for name in ("after", "middle", "before")]
    assert around() == expected
    seal_all(office)
    assert around() == expected


# ── what may not be asked ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.django_db
@pytest.mark.parametrize(
    "box", ["actor", "person", "application", "section", "terminal", "session", "request", "to_on"]
)
@pytest.mark.parametrize(
    "typed",
    [
        str,
        lambda number: f"{number[:4]}-{number[4:8]}-{number[8:]}",
        lambda number: f"{number[:4]} {number[4:8]}　{number[8:]}",
        lambda number: f"{number[:4]},{number[4:8]}、{number[8:]}",
        lambda number: number.translate(FULL_WIDTH),
        lambda number: f"渡邉{number}",
        lambda number: "・".join(number),
    ],
)
def test_a_my_number_is_no_condition_and_is_not_drawn_back(box: str, typed: Any) -> None:
    number = typed(my_number())
    form = SearchForm({box: number}, scope=ALL)

    assert not form.is_valid()
    assert "個人番号では検索できません" in form.errors[box][0]
    assert number not in str(form)
    assert number not in str(form[box])


@pytest.mark.django_db
@pytest.mark.parametrize(
    "conditions",
    [
        {"application": "2026-000001,2026-000002、2026-000003"},
        {"person": "1234567、7654321"},
        {"terminal": "192.168.100.200"},
        {"terminal": "10.100.100.100/24、10.200.200.200/32"},
        {"session": "1" * 16},
        {"request": str(uuid.UUID(int=10**30))},
    ],
)
def test_the_offices_own_numbers_are_not_taken_for_one(conditions: dict[str, str]) -> None:
    assert asked(**conditions)


@pytest.mark.django_db
def test_ten_thousand_ids_at_once_are_refused_with_the_limit_and_kept_in_the_box() -> None:
    for box, pasted in (
        ("application", "\n".join(f"2026-{number:06}" for number in range(10_000))),
        ("person", "、".join(f"氏名{chr(0x4E00 + number)}" for number in range(10_000))),
    ):
        form = SearchForm({box: pasted}, scope=ALL)

        assert form.errors[box] == [
            "一度に指定できるのは20件までです（10,000件の入力があります）。分けて検索してください。"
        ]
        assert pasted[:30].replace("\n", " ")[:11] in str(form[box])


@pytest.mark.django_db
def test_a_name_that_fits_too_many_people_has_to_be_typed_further(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(labels, "NAMED_UP_TO", 2)
    for called in ("花子", "太郎", "次郎"):
        person = uuid.uuid4()
        journal.name_person(person, name=f"渡邉　{called}", kana="ワタナベ　")
        happened(VIEWED, person_id=person)

    assert refusal(person="渡邉") == {"person": ["当てはまる受給者が2人を超えます。氏名を続けて入力してください。"]}
    assert len(found(person="渡邉花子")) == 1


@pytest.mark.django_db
def test_a_name_that_fits_too_many_users_has_to_be_typed_further(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(labels, "NAMED_UP_TO", 1)
    for name in ("田中 一", "田中 二"):
        staff_member(Role.MAKER, name=name)

    assert "actor" in refusal(actor="田中")
    assert found(actor="田中 一") == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("conditions", "box", "words"),
    [
        ({"from_on": "昨日"}, "from_on", "期間（から） は 2026-11-23 のように"),
        ({"to_on": "2026-02-30"}, "to_on", "2026-11-23 のように"),
        ({"from_on": "2026-05-02", "to_on": "2026-05-01"}, "to_on", "以後の日付"),
        ({"actions": ["unheard.of"]}, "actions", "一覧から選んで"),
        ({"result": "MAYBE"}, "result", "一覧から選んで"),
        ({"hour_from": "9", "hour_to": "9"}, "hour_to", "違う時刻"),
        ({"hour_from": "25"}, "hour_from", "一覧から"),
        ({"terminal": "テレビ"}, "terminal", "10.1.2.3"),
        ({"terminal": "10.0.0.0/7"}, "terminal", "広すぎます"),
        ({"terminal": "::/0"}, "terminal", "広すぎます"),
        ({"session": "abc"}, "session", "16桁"),
        ({"request": "abc"}, "request", "英数字とハイフン"),
        ({"actor": "あ" * 61}, "actor", "60文字以内"),
        ({"person": "あ" * 61}, "person", "60文字以内"),
        ({"person": "山田\x00"}, "person", "使えない文字"),
        ({"person": "山\x1b田"}, "person", "使えない文字"),
        ({"actor": "山\ud800田"}, "actor", "使えない文字"),
        ({"section": "課\x7f"}, "section", "使えない文字"),
    ],
)
def test_a_condition_that_cannot_be_is_named(conditions: dict[str, Any], box: str, words: str) -> None:
    errors = refusal(**conditions)

    assert list(errors) == [box]
    assert words in errors[box][0]


@pytest.mark.django_db
def test_whoever_reads_less_has_fewer_boxes() -> None:
    section, own = (
        SearchForm(scope=Scope(Reach.SECTION, section="総務課")),
        SearchForm(scope=Scope(Reach.OWN, actor_id=1)),
    )

    assert "section" not in section.fields
    assert "actor" in section.fields
    assert not {"actor", "actor_id", "person", "person_id", "section", "roles", "terminal"} & set(own.fields)


@pytest.mark.django_db
@settings(
    max_examples=200 if IS_FULL else 20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=strategies.data())
def test_whatever_is_typed_is_an_answer_or_a_message(data: strategies.DataObject) -> None:
    anything = strategies.text(max_size=40) | strategies.sampled_from(
        [
            "%",
            "_",
            "\\",
            "' OR 1=1 --",
            "0001-01-01",
            "9999-12-31",
            "-1",
            "10.1.2.0/24",
            "::/0",
            "\ud800",
            "\x00",
            "1e400",
        ]
    )
    boxes = data.draw(strategies.sets(strategies.sampled_from(list(SearchForm.base_fields)), max_size=6))
    typed: dict[str, Any] = {box: data.draw(strategies.lists(anything) if box in MANY else anything) for box in boxes}
    form = SearchForm(typed, scope=data.draw(strategies.sampled_from([ALL, Scope(Reach.OWN, actor_id=1)])))

    assert str(form)
    if form.is_valid():
        finding.find(form.conditions, form.scope, reader_id=1)
        assert sentence(form.conditions, today=timezone.localdate())


# ── written back ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.django_db
def test_the_conditions_are_said_in_one_sentence() -> None:
    today = date(2026, 11, 25)

    assert sentence(asked().conditions, today=today) == "期間＝2026-11-19〜2026-11-25（指定がないため直近7日間）"
    said = sentence(
        asked(
            from_on="2026-11-01",
            to_on="2026-11-25",
            actor="山田、佐藤",
            actions=[SAVED, VIEWED],
            result="NOT_DONE",
            hour_from="22",
            hour_to="6",
            days="OFF_HOURS",
        ).conditions,
        today=today,
    )
    assert said == (
        "期間＝2026-11-01〜2026-11-25 かつ 利用者＝山田または佐藤 かつ 操作＝申請の下書き保存または受給者の閲覧"
        " かつ 結果＝拒否または失敗 かつ 時刻＝22:00〜6:00 かつ 日・時間帯＝夜間（20時から7時）または休日"
    )
    assert sentence(asked(areas=["mynumber"]).conditions, today=today).endswith("操作＝個人番号・鍵（すべて）")
    assert sentence(asked(application="2026-000001").conditions, today=today).startswith("期間＝すべての期間 かつ")


@pytest.mark.django_db
def test_each_condition_is_a_chip_that_can_be_taken_away() -> None:
    typed = {"from_on": "2026-11-01", "to_on": "2026-11-25", "actor": "山田", "actions": [SAVED], "areas": ["audit"]}
    form = asked(**typed)

    found_chips = chips(form.conditions)

    assert [chip.label for chip in found_chips] == ["期間", "利用者", "操作"]
    left = without(typed, found_chips[2])
    assert left == {"from_on": "2026-11-01", "to_on": "2026-11-25", "actor": "山田"}


# ── days off ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("day", "name"),
    [
        ("2025-02-24", "振替休日"),
        ("2025-05-06", "振替休日"),
        ("2025-11-24", "振替休日"),
        ("2026-01-12", "成人の日"),
        ("2026-03-20", "春分の日"),
        ("2026-05-06", "振替休日"),
        ("2026-09-21", "敬老の日"),
        ("2026-09-22", "国民の休日"),
        ("2026-09-23", "秋分の日"),
        ("2027-03-22", "振替休日"),
        ("2027-10-11", "スポーツの日"),
        ("2026-12-29", "年末年始"),
    ],
)
def test_days_off_follow_the_law(day: str, name: str) -> None:
    on = date.fromisoformat(day)

    assert calendar_law.days_off(on.year)[on] == name


@pytest.mark.parametrize(("year", "count"), [(2022, 16), (2023, 17), (2024, 21), (2025, 19), (2026, 18), (2027, 17)])
def test_a_year_has_as_many_holidays_as_the_cabinet_office_lists(year: int, count: int) -> None:
    assert len(calendar_law.holidays(year)) == count


@pytest.mark.django_db
def test_the_calendar_that_comes_with_the_product_is_that_of_the_law() -> None:
    known = {holiday.day: holiday.name for holiday in Holiday.objects.all()}

    assert known == {day: name for year in (2025, 2026, 2027) for day, name in calendar_law.days_off(year).items()}
    assert all("要確認" in holiday.source for holiday in Holiday.objects.all())
