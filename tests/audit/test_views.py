"""Auditors read the record, nobody else does, and reading it is on record itself (A3, A5, V2)."""

import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from audit import actions, journal, vocabulary
from audit.models import Event, Result
from audit.searching import finding, labels
from tests.audit.conftest import IS_FULL, SAVED, VIEWED, happened
from tests.conftest import Office
from tests.factories import my_number, signed_in, staff_member
from tests.sealing import seal_all

pytestmark = pytest.mark.django_db

LOG = "/audit/"


def page_of(client: Client, **conditions: Any) -> Any:
    """Search as the browser does: send the conditions, then follow to the page."""
    return client.post(LOG, conditions, follow=True)


def shown(response: Any) -> list[uuid.UUID]:
    return [row.event.pk for row, *_words in response.context["rows"]]


def week() -> str:
    today = timezone.localdate()
    return f"{today - timedelta(days=6)}〜{today}（指定がないため直近7日間）"


def text(response: Any) -> str:
    return str(response.content.decode())


def test_the_first_page_is_the_last_week_and_says_so(auditors_client: Client) -> None:
    event = happened(label="2026-000001")

    response = auditors_client.get(LOG)

    assert response.status_code == 200
    assert shown(response) == [event.pk]
    assert "2026-000001" in text(response)
    assert f"期間＝{week()}" in text(response)


def test_conditions_never_stand_in_an_address(auditors_client: Client) -> None:
    response = auditors_client.post(LOG, {"person": "渡邉　花子"})

    assert response.status_code == 302
    assert response["Location"].startswith("/audit/?s=")
    assert "%" not in response["Location"]
    assert auditors_client.get(response["Location"]).context["form"].cleaned_data["person"] == ("渡邉　花子",)


def test_a_search_is_recorded_with_its_conditions_and_what_it_found(auditors_client: Client, auditor: User) -> None:
    happened(SAVED)
    happened(VIEWED)

    page_of(auditors_client, person="渡邉 花子", result="REFUSED")
    page_of(auditors_client, actions=[SAVED, VIEWED])

    entries = Event.objects.filter(action=actions.LOG_SEARCHED).order_by("at")
    assert [entry.actor_id for entry in entries] == [auditor.pk] * 2
    assert [entry.details for entry in entries] == [
        {"kind": "all", "fields": ["person", "result"], "count": 0, "page": "first"},
        {"kind": "all", "fields": ["actions", "areas"], "count": 2, "page": "first"},
    ]
    assert [entry.reason for entry in entries] == [
        "期間＝すべての期間 かつ 結果＝拒否 かつ 受給者＝渡邉 花子",
        f"期間＝{week()} かつ 操作＝申請の下書き保存または受給者の閲覧",
    ]


def test_a_name_that_was_searched_for_is_sealed_in_the_record(auditors_client: Client) -> None:
    page_of(auditors_client, person="渡邉 花子")

    with connection.cursor() as cursor:
        cursor.execute("SELECT event::text, sealed_reason FROM audit.event event")
        rows = cursor.fetchall()
    assert rows
    for row, sealed in rows:
        assert "渡邉" not in row
        assert sealed is None or "渡邉".encode() not in bytes(sealed)


def test_looking_at_an_older_page_is_recorded_too(auditors_client: Client) -> None:
    made = journal.record_all(journal.Entry(action=SAVED, by=None) for _entry in range(60))
    first = page_of(auditors_client, actions=[SAVED])
    name = first.context["name"]

    second = auditors_client.get(LOG, {"s": name, "before": first.context["page"].older})

    assert sorted(shown(first) + shown(second)) == sorted(event.pk for event in made)
    assert [entry.details["page"] for entry in Event.objects.filter(action=actions.LOG_SEARCHED).order_by("at")] == [
        "first",
        "older",
    ]


def test_opening_an_entry_shows_it_whole_and_is_recorded(auditors_client: Client, auditor: User, misaki: User) -> None:
    person = uuid.uuid4()
    journal.name_person(person, name="渡邉　花子", kana="ワタナベ　ハナコ")
    event = happened(
        VIEWED, by=misaki, label="2026-000001", person_id=person, purpose="INQUIRY", reason="電話での照会"
    )

    response = auditors_client.get(reverse("audit:entry", args=[event.pk]))

    for part in ("受給者の閲覧", "山田 美咲", "2026-000001", "渡邉　花子", "情報照会", "電話での照会", str(event.pk)):
        assert part in text(response)
    opened = Event.objects.get(action=actions.LOG_ENTRY_OPENED)
    assert (opened.actor_id, opened.subject_kind, opened.subject_id) == (auditor.pk, "entry", str(event.pk))


def test_every_kind_of_entry_can_be_opened(auditors_client: Client) -> None:
    """A short form opens every tenth, and those that are shown on a page of their own (``KYUFU_TEST_MODEL``)."""
    own = {path.stem for path in Path(settings.BASE_DIR, "templates/audit/entries").glob("*.html")}
    every = vocabulary.choices()
    opened = every if IS_FULL else [*every[::10], *(one for one in every if one[0] in own)]

    for code, name in opened:
        event = happened(code, by=None, details={"count": 1, "fields": ["a", "b"], "conditions": {"result": "DONE"}})

        response = auditors_client.get(reverse("audit:entry", args=[event.pk]))

        assert response.status_code == 200
        assert name in text(response)


@pytest.mark.django_db(transaction=True)
def test_an_entry_whose_reason_was_tampered_with_is_shown_and_says_so(
    auditors_client: Client, superuser_connection: psycopg.Connection[Any]
) -> None:
    first, second = happened(reason="一つ目の理由"), happened(reason="二つ目の理由")
    with superuser_connection.transaction():
        superuser_connection.execute("ALTER TABLE audit.event DISABLE TRIGGER event_is_never_changed")
        superuser_connection.execute(
            "UPDATE audit.event SET sealed_reason = %s WHERE id = %s", [first.sealed_reason, second.pk]
        )
        superuser_connection.execute("ALTER TABLE audit.event ENABLE ALWAYS TRIGGER event_is_never_changed")

    response = auditors_client.get(reverse("audit:entry", args=[second.pk]))

    assert response.status_code == 200
    assert "一つ目の理由" not in text(response)
    assert "復号できません" in text(response)
    assert "「理由（暗号化）」の欄が、正本と違います" in text(response)


def test_an_entry_that_is_not_there_is_not_found(auditors_client: Client) -> None:
    assert auditors_client.get(reverse("audit:entry", args=[uuid.uuid4()])).status_code == 404
    assert auditors_client.get("/audit/1/").status_code == 404


@pytest.mark.parametrize("typed", [{"person": 12}, {"actor": 12}, {"from_on": 12}, {"to_on": 12}])
def test_a_my_number_that_was_typed_is_neither_searched_for_nor_kept_nor_shown(
    typed: dict[str, int], auditors_client: Client
) -> None:
    number = my_number()
    (box,) = typed

    response = auditors_client.post(LOG, {box: number})

    assert response.status_code == 200
    assert "個人番号では検索できません" in text(response)
    assert number not in text(response)
    assert not any(number in str(session.get_decoded()) for session in Session.objects.all())
    assert not any(number in str(entry.details) for entry in Event.objects.all())


def test_a_wrong_condition_searches_for_nothing_and_keeps_what_was_typed(auditors_client: Client) -> None:
    happened()

    response = auditors_client.post(LOG, {"from_on": "きのう", "actor": "山田", "result": "DONE"})

    assert response.status_code == 200
    assert response.context["page"] is None
    for part in ("きのう", "山田", "エラー"):
        assert part in text(response)
    assert not Event.objects.filter(action=actions.LOG_SEARCHED).exists()


def test_conditions_that_no_longer_hold_are_not_quietly_dropped(
    auditors_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    happened()
    name = page_of(auditors_client, person="渡邉").context["name"]
    monkeypatch.setattr(labels, "NAMED_UP_TO", -1)

    response = auditors_client.get(LOG, {"s": name})

    assert response.context["page"] is None
    assert "続けて入力" in text(response)


@pytest.mark.parametrize("query", [{"s": "unknown"}, {"s": "x" * 3000}, {"before": "nonsense"}, {"page": "7"}])
def test_an_address_that_makes_no_sense_shows_the_last_week(query: dict[str, str], auditors_client: Client) -> None:
    event = happened()

    assert event.pk in shown(auditors_client.get(LOG, query))


def test_conditions_are_known_to_the_session_that_typed_them_only(auditors_client: Client) -> None:
    name = page_of(auditors_client, person="渡邉　花子").context["name"]
    other = signed_in(Client(), staff_member(Role.AUDITOR))

    assert other.get(LOG, {"s": name}).context["form"].cleaned_data["person"] == ()


def test_what_an_entry_says_is_text_and_never_markup(auditors_client: Client) -> None:
    happened(by=staff_member(name="<script>alert(1)</script>"), label="<b>2026</b>", details={"route": "<i>"})
    event = Event.objects.latest("at")

    for response in (auditors_client.get(LOG), auditors_client.get(reverse("audit:entry", args=[event.pk]))):
        assert "<script>alert" not in text(response)
        assert "<b>2026" not in text(response)
        assert "<i>" not in text(response)


# ── who gets in ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("role", [role for role in Role if role not in {Role.AUDITOR, Role.SECTION_HEAD}])
def test_nobody_else_reads_others_doings_and_each_attempt_is_recorded(role: Role, client: Client) -> None:
    event = happened()
    somebody = staff_member(role)
    signed_in(client, somebody)
    opened = reverse("audit:entry", args=[event.pk])

    answers = [client.get(LOG).status_code, client.get(opened).status_code, client.post(LOG, {}).status_code]

    assert answers == [403, 404, 403]
    refused = Event.objects.filter(result=Result.REFUSED).order_by("at")
    assert [(entry.actor_id, entry.action, entry.subject_id) for entry in refused] == [
        (somebody.pk, actions.PAGE_REFUSED, "audit:log"),
        (somebody.pk, actions.LOG_HIDDEN_REQUESTED, str(event.pk)),
        (somebody.pk, actions.PAGE_REFUSED, "audit:log"),
    ]
    assert not Event.objects.filter(action__in=[actions.LOG_SEARCHED, actions.LOG_ENTRY_OPENED]).exists()


def test_somebody_without_any_duty_does_not_get_in(client: Client) -> None:
    signed_in(client, staff_member())

    assert client.get(LOG).status_code == 403


def test_who_has_not_signed_in_is_asked_to(client: Client) -> None:
    event = happened()

    for address in (LOG, reverse("audit:entry", args=[event.pk])):
        response = client.get(address)

        assert response.status_code == 302
        assert response["Location"].startswith("/sign-in/")


def test_a_refusal_that_cannot_be_recorded_is_still_a_refusal(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_args: object, **_kwargs: object) -> None:
        raise RuntimeError("the record is out of reach")

    happened(label="2026-000001")
    signed_in(client, staff_member(Role.MAKER))
    monkeypatch.setattr(journal, "record", broken)
    client.raise_request_exception = False

    response = client.get(LOG)

    assert response.status_code == 500
    assert "2026-000001" not in text(response)


def test_what_cannot_be_recorded_as_read_is_not_shown(
    auditors_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_args: object, **_kwargs: object) -> None:
        raise RuntimeError("the record is out of reach")

    event = happened(label="2026-000001")
    monkeypatch.setattr(journal, "record", broken)
    auditors_client.raise_request_exception = False

    for address in (LOG, reverse("audit:entry", args=[event.pk])):
        response = auditors_client.get(address)

        assert response.status_code == 500
        assert "2026-000001" not in text(response)


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_the_record_has_no_address_that_changes_it(method: str, auditors_client: Client) -> None:
    event = happened()

    assert getattr(auditors_client, method)(LOG).status_code == 405
    assert getattr(auditors_client, method)(reverse("audit:entry", args=[event.pk])).status_code == 405
    assert auditors_client.post(reverse("audit:entry", args=[event.pk])).status_code == 405


# ── what a page says ─────────────────────────────────────────────────────────────────────────────────────────────


def test_a_search_that_takes_too_long_says_what_to_narrow_and_keeps_what_was_typed(
    auditors_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    happened(label="2026-000001")
    name = page_of(auditors_client, result="DONE").context["name"]

    def slow(*_args: object, **_kwargs: object) -> None:
        raise finding.TooSlowError

    monkeypatch.setattr(finding, "find", slow)
    response = auditors_client.get(LOG, {"s": name})

    assert response.status_code == 503
    assert "検索を打ち切りました" in text(response)
    assert "期間を1か月以内に" in text(response)
    assert response.context["form"]["result"].value() == "DONE"
    assert Event.objects.filter(action=actions.LOG_SEARCHED, result=Result.FAILED).count() == 1


def test_the_buttons_beside_the_period_search_for_it(auditors_client: Client) -> None:
    today = timezone.localdate()

    for name, first in (("today", today), ("week", today - timedelta(days=6)), ("month", today.replace(day=1))):
        form = page_of(auditors_client, span=name, result="DONE").context["form"]

        assert (form.cleaned_data["from_on"], form.cleaned_data["to_on"]) == (first, today)
        assert form.cleaned_data["result"] == "DONE"


def test_a_chip_leads_to_the_search_without_its_condition(auditors_client: Client) -> None:
    response = page_of(auditors_client, person="渡邉　花子", result="REFUSED")

    (chip, without), (_other, _address) = response.context["chips"]
    followed = auditors_client.get(without, follow=True)

    assert chip.label == "結果"
    assert "花子" not in without
    assert followed.context["form"].cleaned_data["result"] == ""
    assert followed.context["form"].cleaned_data["person"] == ("渡邉　花子",)


def test_a_link_opens_in_the_session_it_was_made_in_only(auditors_client: Client) -> None:
    link = page_of(auditors_client, person="渡邉　花子").context["chips"][0][1]
    other = signed_in(Client(), staff_member(Role.AUDITOR))

    for address in (link, LOG + "?q=AAAA", LOG + "?q=" + "あ" * 50):
        response = other.get(address, follow=True)
        assert response.status_code == 200
        assert response.context["form"].cleaned_data["person"] == ()


def test_conditions_that_a_chart_remembered_are_searched_for(auditors_client: Client, misaki: User) -> None:
    theirs = happened(VIEWED, by=misaki)
    happened(VIEWED)
    now = timezone.localtime()
    session = auditors_client.session
    session["searches_audit"] = {"chart": {"actor_id": misaki.pk, "hours": [now.hour], "weekdays": [now.weekday()]}}
    session.save()

    response = auditors_client.get(LOG, {"s": "chart"})

    assert shown(response) == [theirs.pk]
    assert "山田 美咲" in response.context["sentence"]


def test_columns_that_were_chosen_stay(auditors_client: Client) -> None:
    happened(by=staff_member(section="地域保健課"))
    assert "封印" in text(auditors_client.get(LOG))

    auditors_client.post(reverse("audit:columns"), {"columns": ["at", "section", "action", "unheard of"]})
    response = auditors_client.get(LOG)

    assert response.context["shown"] == ["at", "section", "action"]
    assert "<td>地域保健課</td>" in text(response)
    auditors_client.post(reverse("audit:columns"), {})
    assert "seal" in auditors_client.get(LOG).context["shown"]


def test_an_empty_answer_says_since_when_there_are_entries(auditors_client: Client) -> None:
    happened()

    assert f"記録は {timezone.localdate()} から" in text(page_of(auditors_client, application="2026-999999"))


def test_an_entry_leads_to_its_request_its_session_and_its_person(auditors_client: Client) -> None:
    person = uuid.uuid4()
    auditors_client.get(LOG)
    event = Event.objects.filter(action=actions.LOG_SEARCHED).latest("at")
    about = happened(VIEWED, person_id=person, label="2026-000001")

    addresses = auditors_client.get(reverse("audit:entry", args=[event.pk])).context["addresses"]
    of_request = auditors_client.get(addresses["request"], follow=True)
    addresses = auditors_client.get(reverse("audit:entry", args=[about.pk])).context["addresses"]
    of_person = auditors_client.get(addresses["person"], follow=True)

    assert shown(of_request) == [event.pk]
    assert about.pk in shown(of_person)
    assert "person_id" not in addresses["person"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("action = 'benefits.person.viewed'", "「操作」の欄が、正本と違います"),
        (
            "body = substr(body, 1, 100), leaf = sha256('\\x00'::bytea || substr(body, 1, 100))",
            "正本の形が正しくありません",
        ),
        (
            "body = overlay(body placing '\\x0000' from length(body) - 1),"
            " leaf = sha256('\\x00'::bytea || overlay(body placing '\\x0000' from length(body) - 1))",
            "認証コードが合いません",
        ),
    ],
)
def test_an_entry_that_was_changed_says_so(
    change: str, words: str, auditors_client: Client, superuser_connection: psycopg.Connection[Any], office: Office
) -> None:
    event = happened()
    seal_all(office)
    assert "正常" in text(auditors_client.get(reverse("audit:entry", args=[event.pk])))
    with superuser_connection.transaction():
        superuser_connection.execute("ALTER TABLE audit.event DISABLE TRIGGER event_is_never_changed")
        superuser_connection.execute(f"UPDATE audit.event SET {change} WHERE id = %s", [event.pk])  # type: ignore[arg-type]  # of this test
        superuser_connection.execute("ALTER TABLE audit.event ENABLE ALWAYS TRIGGER event_is_never_changed")

    response = auditors_client.get(reverse("audit:entry", args=[event.pk]))

    assert "異常" in text(response)
    assert words in text(response)
