"""Auditors read the record, nobody else does, and reading it is on record itself (A3, A5, V2)."""

import re
import uuid
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.models import User
from accounts.roles import Role
from audit import actions, journal, search
from audit.models import Event, Result
from tests.audit.conftest import SAVED, VIEWED, happened
from tests.factories import my_number, signed_in, staff_member

pytestmark = pytest.mark.django_db

LOG = "/audit/"


def page_of(client: Client, **conditions: Any) -> Any:
    """Search as the browser does: send the conditions, then follow to the page."""
    return client.post(LOG, conditions, follow=True)


def shown(response: Any) -> list[uuid.UUID]:
    return [event.pk for event, _name in response.context["rows"]]


def text(response: Any) -> str:
    return str(response.content.decode())


def test_the_first_page_is_today_and_says_so(auditors_client: Client) -> None:
    event = happened(label="2026-000001")

    response = auditors_client.get(LOG)

    assert response.status_code == 200
    assert shown(response) == [event.pk]
    assert "2026-000001" in text(response)
    assert "期間＝" in text(response)


def test_conditions_never_stand_in_an_address(auditors_client: Client) -> None:
    response = auditors_client.post(LOG, {"subject": "渡邉　花子"})

    assert response.status_code == 302
    assert response["Location"].startswith("/audit/?s=")
    assert "%" not in response["Location"]
    assert auditors_client.get(response["Location"]).context["form"].cleaned_data["subject"] == "渡邉　花子"


def test_a_search_is_recorded_with_its_conditions_and_what_it_found(auditors_client: Client, auditor: User) -> None:
    happened(SAVED)
    happened(VIEWED)

    page_of(auditors_client, subject="渡邉 花子", result="REFUSED")
    page_of(auditors_client, actions=[SAVED, VIEWED])

    entries = Event.objects.filter(action=actions.LOG_SEARCHED).order_by("at")
    assert [entry.actor_id for entry in entries] == [auditor.pk] * 2
    assert [entry.details for entry in entries] == [
        {"fields": ["result", "subject"], "count": 0, "page": "first"},
        {"fields": ["actions"], "count": 2, "page": "first"},
    ]
    assert [entry.reason for entry in entries] == [
        "対象＝渡邉 花子 かつ 結果＝拒否",
        "操作＝申請の下書き保存・受給者の閲覧",
    ]


def test_a_name_that_was_searched_for_is_sealed_in_the_record(auditors_client: Client) -> None:
    page_of(auditors_client, subject="渡邉 花子")

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
    from audit import vocabulary

    for code, name in vocabulary.choices():
        event = happened(code, by=None, details={"count": 1, "fields": ["a", "b"], "conditions": {"result": "DONE"}})

        response = auditors_client.get(reverse("audit:entry", args=[event.pk]))

        assert response.status_code == 200
        assert name in text(response)


def test_an_entry_whose_reason_was_tampered_with_is_shown_and_says_so(auditors_client: Client) -> None:
    first = happened(reason="一つ目の理由")
    moved = Event(action=SAVED, sealed_reason=first.sealed_reason)
    moved.save(force_insert=True)

    response = auditors_client.get(reverse("audit:entry", args=[moved.pk]))

    assert response.status_code == 200
    assert "一つ目の理由" not in text(response)
    assert "復号できません" in text(response)


def test_an_entry_that_is_not_there_is_not_found(auditors_client: Client) -> None:
    assert auditors_client.get(reverse("audit:entry", args=[uuid.uuid4()])).status_code == 404
    assert auditors_client.get("/audit/1/").status_code == 404


@pytest.mark.parametrize("typed", [{"subject": 12}, {"actor": 12}, {"from_on": 12}, {"to_on": 12}])
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
    name = page_of(auditors_client, subject="渡邉").context["name"]
    monkeypatch.setattr(search, "PEOPLE_UP_TO", -1)

    response = auditors_client.get(LOG, {"s": name})

    assert response.context["page"] is None
    assert "続けて入力" in text(response)


@pytest.mark.parametrize("query", [{"s": "unknown"}, {"s": "x" * 3000}, {"before": "nonsense"}, {"page": "7"}])
def test_an_address_that_makes_no_sense_shows_today(query: dict[str, str], auditors_client: Client) -> None:
    event = happened()

    assert event.pk in shown(auditors_client.get(LOG, query))


def test_conditions_are_known_to_the_session_that_typed_them_only(auditors_client: Client) -> None:
    name = page_of(auditors_client, subject="渡邉　花子").context["name"]
    other = signed_in(Client(), staff_member(Role.AUDITOR))

    assert other.get(LOG, {"s": name}).context["form"].cleaned_data["subject"] == ""


def test_what_an_entry_says_is_text_and_never_markup(auditors_client: Client) -> None:
    happened(by=staff_member(name="<script>alert(1)</script>"), label="<b>2026</b>", details={"route": "<i>"})
    event = Event.objects.latest("at")

    for response in (auditors_client.get(LOG), auditors_client.get(reverse("audit:entry", args=[event.pk]))):
        assert "<script>alert" not in text(response)
        assert "<b>2026" not in text(response)
        assert "<i>" not in text(response)


# ── who gets in ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.AUDITOR])
def test_nobody_but_an_auditor_gets_in_and_each_attempt_is_recorded(role: Role, client: Client) -> None:
    event = happened()
    somebody = staff_member(role)
    signed_in(client, somebody)
    addresses = [LOG, reverse("audit:entry", args=[event.pk])]

    answers = [client.get(address).status_code for address in addresses] + [client.post(LOG, {}).status_code]

    assert answers == [403] * 3
    refused = Event.objects.filter(action=actions.PAGE_REFUSED).order_by("at")
    assert [(entry.actor_id, entry.result, entry.subject_id) for entry in refused] == [
        (somebody.pk, Result.REFUSED, re.sub(r"\d{12}", "…", address)) for address in (*addresses, LOG)
    ]
    assert [entry.details for entry in refused] == [
        {"route": "audit/", "method": "GET"},
        {"route": "audit/<uuid:event_id>/", "method": "GET"},
        {"route": "audit/", "method": "POST"},
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
