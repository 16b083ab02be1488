"""An auditor's monthly checks: kept sealed under a name, due on a day, noted when done."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from audit import actions, vocabulary
from audit.models import Event, SavedSearch, SavedSearchRun
from audit.searching import saving
from audit.searching.form import SearchForm
from audit.searching.ready_made import READY_MADE
from audit.searching.scopes import Reach, Scope
from tests.audit.conftest import SAVED, happened
from tests.factories import my_number, signed_in, staff_member

pytestmark = pytest.mark.django_db

LOG, SEARCHES = "/audit/", "/audit/searches/"
ALL = Scope(Reach.ALL)


def text(response: Any) -> str:
    return str(response.content.decode())


def searched(client: Client, **conditions: Any) -> str:
    """Search, and return the name that the session knows the conditions by."""
    return str(client.post(LOG, conditions).headers["Location"].rpartition("=")[2])


def kept(
    client: Client, *, name: str = "花子の点検", due_day: str = "", is_shared: bool = False, **typed: Any
) -> SavedSearch:
    client.post(
        reverse("audit:search-save", args=[searched(client, **(typed or {"person": "渡邉　花子"}))]),
        {"name": name, "due_day": due_day, **({"is_shared": "on"} if is_shared else {})},
    )
    return SavedSearch.objects.latest("made_at")


def test_a_search_is_kept_opened_done_and_let_go(auditors_client: Client, auditor: User) -> None:
    happened(SAVED)
    row = kept(auditors_client, name="下書きの点検", actions=[SAVED])

    opened = auditors_client.get(reverse("audit:search-open", args=[row.pk]), follow=True)
    assert [one.event.action for one, *_words in opened.context["rows"]] == [SAVED]
    assert "保存した検索「下書きの点検」です" in text(opened)

    auditors_client.post(reverse("audit:search-done", args=[row.pk]))
    run = SavedSearchRun.objects.get()
    assert (run.search_id, run.run_by, run.found, run.is_more) == (row.pk, auditor.pk, 1, False)
    assert "（1件）" in text(auditors_client.get(SEARCHES)).replace("\n", "").replace(" ", "")

    auditors_client.post(reverse("audit:search-remove", args=[row.pk]))
    assert "下書きの点検" not in text(auditors_client.get(SEARCHES)).replace("「下書きの点検」", "")
    assert auditors_client.get(reverse("audit:search-open", args=[row.pk])).status_code == 404
    written = Event.objects.filter(subject_id=str(row.pk)).order_by("at").values_list("action", flat=True)
    assert list(written) == [actions.LOG_SEARCH_SAVED, actions.LOG_SEARCH_DONE, actions.LOG_SEARCH_REMOVED]


def test_what_was_changed_since_is_not_the_saved_search_any_more(auditors_client: Client) -> None:
    row = kept(auditors_client, result="REFUSED", actions=[SAVED])
    opened = auditors_client.get(reverse("audit:search-open", args=[row.pk]), follow=True)

    changed = auditors_client.get(opened.context["chips"][0][1], follow=True)

    assert "この検索を実行した" in text(opened)
    assert "この検索を実行した" not in text(changed)


def test_a_period_of_a_button_moves_with_the_day(auditors_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    today = timezone.localdate()
    pressed = auditors_client.post(LOG, {"span": "week", "result": "REFUSED"}, follow=True)
    # another condition, typed while the days of the button stand in their boxes
    boxes = {"from_on": f"{today - timedelta(days=6)}", "to_on": f"{today}", "moving": pressed.context["moving"]}
    row = kept(auditors_client, **boxes, result="DONE")
    fixed = kept(auditors_client, **{**boxes, "from_on": f"{today}"}, result="DONE")
    assert "「7日」として保存します" in text(
        auditors_client.get(reverse("audit:search-save", args=[searched(auditors_client, span="week", result="DONE")]))
    )

    def days(one: SavedSearch) -> tuple[date, date]:
        page = auditors_client.get(reverse("audit:search-open", args=[one.pk]), follow=True)
        form = page.context["form"]
        return form.cleaned_data["from_on"], form.cleaned_data["to_on"]

    assert (days(row), days(fixed)) == ((today - timedelta(days=6), today), (today, today))
    later = today + timedelta(days=10)
    of_moment = timezone.localdate
    monkeypatch.setattr(timezone, "localdate", lambda value=None: of_moment(value) if value else later)
    assert (days(row), days(fixed)) == ((later - timedelta(days=6), later), (today, today))
    # without its days it is a search of no period
    page = auditors_client.get(reverse("audit:search-open", args=[row.pk]), follow=True)
    less = auditors_client.get(page.context["chips"][0][1], follow=True)
    assert (less.context["form"].cleaned_data["from_on"], less.context["moving"]) == (None, "")


def test_names_among_the_conditions_are_sealed_in_the_database(auditors_client: Client) -> None:
    kept(auditors_client)

    with connection.cursor() as cursor:
        cursor.execute("SELECT s::text, s.sealed FROM audit.saved_search s")
        ((row, sealed),) = cursor.fetchall()
        cursor.execute("SELECT e::text FROM audit.event e")
        entries = cursor.fetchall()
    assert "花子" not in row
    assert "花子".encode() not in bytes(sealed)
    assert not any("花子" in entry for (entry,) in entries)


def test_a_search_that_was_tampered_with_says_so_and_asks_nothing_of_its_own(auditors_client: Client) -> None:
    first, second = kept(auditors_client, name="一つ目"), kept(auditors_client, name="二つ目")
    SavedSearch.objects.filter(pk=second.pk).update(sealed=first.sealed)

    page = text(auditors_client.get(SEARCHES))

    assert "復号できません" in page
    assert page.count("一つ目") == text(auditors_client.get(SEARCHES)).count("一つ目")
    opened = auditors_client.get(reverse("audit:search-open", args=[second.pk]), follow=True)
    assert opened.context["form"].cleaned_data["person"] == ()


@pytest.mark.parametrize(
    ("due_day", "last_run", "since", "today", "due"),
    [
        (10, None, "2026-11-05", "2026-11-06", "2026-11-10"),
        (10, None, "2026-11-12", "2026-11-12", "2026-12-10"),
        (10, None, "2026-09-05", "2026-11-06", "2026-09-10"),
        (10, "2026-11-02", "2026-09-05", "2026-11-20", "2026-12-10"),
        (10, "2026-10-31", "2026-09-05", "2026-11-20", "2026-11-10"),
        (28, "2027-01-31", "2026-09-05", "2027-02-01", "2027-02-28"),
        (10, "2026-12-31", "2026-09-05", "2026-12-31", "2027-01-10"),
        (10, None, None, "2026-11-26", "2026-11-10"),
    ],
)
def test_a_monthly_search_falls_due(
    due_day: int, last_run: str | None, since: str | None, today: str, due: str
) -> None:
    def day(value: str | None) -> date | None:
        return date.fromisoformat(value) if value else None

    found = saving.due_on(due_day, last_run=day(last_run), since=day(since), today=date.fromisoformat(today))

    assert found == date.fromisoformat(due)


def test_an_overdue_search_is_told_of_until_it_is_done(auditors_client: Client, auditor: User) -> None:
    long_ago = timezone.now() - timedelta(days=70)
    row = saving.save(
        name="月次点検", typed={"result": "REFUSED"}, is_shared=True, due_day=1, by=auditor, scope=ALL, at=long_ago
    )
    today = timezone.localdate()

    def standing() -> saving.Kept:
        found = saving.one(row.pk, ALL, auditor.pk, today=today)
        assert found is not None
        return found

    assert standing().is_overdue
    assert "期限を過ぎた検索が" in text(auditors_client.get(SEARCHES))
    auditors_client.post(reverse("audit:search-done", args=[row.pk]))
    assert not standing().is_overdue
    assert standing().due_on == (today.replace(day=1) + timedelta(days=32)).replace(day=1)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"name": ""}, "名前を入力"),
        ({"name": "あ" * 41}, "40文字以内"),
        ({"name": "月次\x07"}, "使えない文字"),
        ({"name": "月次", "due_day": "31"}, "期限を一覧から"),
    ],
)
def test_a_name_that_cannot_be_is_refused_and_nothing_is_kept(
    typed: dict[str, str], words: str, auditors_client: Client
) -> None:
    response = auditors_client.post(
        reverse("audit:search-save", args=[searched(auditors_client, result="DONE")]), typed
    )

    assert words in text(response)
    assert not SavedSearch.objects.exists()


def test_a_my_number_is_no_name(auditors_client: Client) -> None:
    number = my_number()
    address = reverse("audit:search-save", args=[searched(auditors_client, result="DONE")])

    response = auditors_client.post(address, {"name": f"点検{number}"})

    assert number not in text(response)
    assert not SavedSearch.objects.exists()


def test_there_is_an_end_to_how_many_one_keeps(auditors_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saving, "MOST", 1)
    kept(auditors_client)

    response = auditors_client.post(
        reverse("audit:search-save", args=[searched(auditors_client, result="DONE")]), {"name": "もう1つ"}
    )

    assert "1件までです" in text(response)
    assert SavedSearch.objects.count() == 1


def test_without_conditions_there_is_nothing_to_keep(auditors_client: Client) -> None:
    response = auditors_client.get(reverse("audit:search-save", args=["recent"]), follow=True)

    assert "保存する条件がありません" in text(response)


@pytest.mark.parametrize("one", READY_MADE, ids=lambda one: one.code)
def test_every_ready_made_search_finds_what_it_is_for(one: Any) -> None:
    typed = saving.conditions_of(saving.Kept(id=one.id, name="", typed=one.typed))
    form = SearchForm(typed, scope=ALL)

    assert form.is_valid(), form.errors
    assert set(form.conditions.actions) <= {code for code, _name in vocabulary.choices()}
    assert form.conditions.first == timezone.localdate().replace(day=1)


def test_a_run_stays_as_it_is(auditors_client: Client) -> None:
    from django.db import DatabaseError, transaction

    row = kept(auditors_client, result="DONE")
    auditors_client.post(reverse("audit:search-done", args=[row.pk]))

    for change in ("UPDATE audit.saved_search_run SET found = 0", "DELETE FROM audit.saved_search_run"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(change)


def test_opening_a_shared_search_is_recorded_as_any_search(client: Client) -> None:
    row = kept(signed_in(Client(), staff_member(Role.AUDITOR)), is_shared=True, result="DONE")
    reader = staff_member(Role.AUDITOR)

    signed_in(client, reader).get(reverse("audit:search-open", args=[row.pk]), follow=True)

    assert Event.objects.filter(action=actions.LOG_SEARCHED, actor_id=reader.pk).count() == 1
