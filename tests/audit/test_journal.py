"""What is written down, how, and that nothing happens which cannot be (A3, A5)."""

import uuid
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction
from django.test import RequestFactory
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from audit import actions, journal, origin, sealed_text, vocabulary
from audit.models import REASON_KEY, ActorLabel, Event, PersonLabel, Result
from benefits import workflow
from benefits.models import Application, Person
from mynumber import vault
from tests.audit.conftest import SAVED, VIEWED, happened
from tests.factories import my_number, staff_member


class Broken(Exception):
    pass


@pytest.mark.django_db
def test_an_entry_says_who_did_what_to_what_whose_and_why(misaki: User) -> None:
    person = uuid.uuid4()

    written = happened(
        VIEWED,
        by=misaki,
        label="2026-000123",
        person_id=person,
        result=Result.REFUSED,
        purpose="INQUIRY",
        reason="窓口での照会",
        details={"count": 3, "status": "DRAFT"},
    )

    entry = Event.objects.get(pk=written.pk)
    assert (entry.action, entry.action_label, entry.result) == (VIEWED, "受給者の閲覧", "REFUSED")
    assert (entry.actor_id, entry.actor_name, entry.actor_roles) == (misaki.pk, "山田 美咲", "MAKER")
    assert (entry.subject_kind, entry.subject_label) == ("benefits.application", "2026-000123")
    assert (entry.person_id, entry.purpose, entry.reason) == (person, "INQUIRY", "窓口での照会")
    assert entry.purpose_label == "情報照会（情報提供ネットワークシステム）"
    assert entry.details == {"count": 3, "status": "DRAFT"}
    assert timezone.now() - entry.at < timedelta(minutes=1)


@pytest.mark.django_db
def test_a_thing_in_the_database_is_named_by_its_kind_its_id_and_its_label() -> None:
    somebody = staff_member(Role.MAKER)

    entry = Event.objects.get(pk=journal.record(SAVED, by=somebody, subject=somebody).pk)

    assert (entry.subject_kind, entry.subject_id) == ("accounts.user", str(somebody.pk))
    assert entry.subject_label == somebody.login_id
    assert entry.actor_name == somebody.display_name
    assert entry.role_labels == "入力担当者"


@pytest.mark.django_db
def test_an_entry_before_anybody_has_signed_in_names_nobody() -> None:
    entry = Event.objects.get(pk=happened(by=None).pk)

    assert (entry.actor_id, entry.actor_name, entry.actor_roles) == (None, "", "")


@pytest.mark.django_db
@pytest.mark.parametrize("action", ["", "benefits.application.burned", "mynumber.number.REVEALED", SAVED + " "])
def test_an_action_that_no_app_declares_cannot_be_written(action: str) -> None:
    with pytest.raises(vocabulary.UnknownActionError):
        happened(action)

    assert not Event.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["name", "number", "reason", "my_number", "note", "Status", ""])
def test_details_that_are_not_on_the_list_cannot_be_written(key: str) -> None:
    with pytest.raises(ValueError, match="not on the list") as refused:
        happened(details={"status": "DRAFT", key: "渡邉花子"})

    assert "渡邉" not in str(refused.value)
    assert not Event.objects.exists()


@pytest.mark.django_db
def test_one_bad_entry_among_many_keeps_all_of_them_from_being_written() -> None:
    entries = [journal.Entry(action=SAVED, by=None), journal.Entry(action="unheard.of", by=None)]

    with pytest.raises(vocabulary.UnknownActionError):
        journal.record_all(entries)

    assert not Event.objects.exists()


# ── reasons ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.django_db(transaction=True)
def test_a_reason_in_words_is_not_readable_in_the_table(superuser_connection: psycopg.Connection[Any]) -> None:
    event = happened(reason="渡邉さんの照会")

    row = superuser_connection.execute(
        "SELECT sealed_reason, event::text FROM audit.event WHERE id = %s", [event.pk]
    ).fetchone()

    assert row is not None
    for part in ("渡邉さんの照会", "渡邉", "照会"):
        assert part.encode() not in row[0]
        assert part not in row[1]


@pytest.mark.django_db
def test_the_same_reason_twice_looks_different() -> None:
    first, second = happened(reason="同じ理由"), happened(reason="同じ理由")

    assert bytes(first.sealed_reason or b"") != bytes(second.sealed_reason or b"")


@pytest.mark.django_db
def test_an_entry_without_a_reason_holds_none() -> None:
    entry = Event.objects.get(pk=happened().pk)

    assert (entry.sealed_reason, entry.reason) == (None, "")


@pytest.mark.django_db
def test_a_reason_opens_in_its_own_entry_only() -> None:
    first, second = happened(reason="一つ目"), happened(reason="二つ目")

    second.sealed_reason = first.sealed_reason

    with pytest.raises(sealed_text.UnopenableError):
        _ = second.reason


def test_a_sealed_text_that_was_changed_anywhere_does_not_open() -> None:
    sealed = sealed_text.seal("理由", key=REASON_KEY, bound_to="event|1")
    assert sealed_text.unseal(sealed, key=REASON_KEY, bound_to="event|1") == "理由"

    for place in range(len(sealed)):
        changed = bytearray(sealed)
        changed[place] ^= 0x01
        with pytest.raises(sealed_text.UnopenableError):
            sealed_text.unseal(bytes(changed), key=REASON_KEY, bound_to="event|1")
    for broken in (b"", *(sealed[:length] for length in range(1, len(sealed))), sealed + b"\0"):
        with pytest.raises(sealed_text.UnopenableError):
            sealed_text.unseal(broken, key=REASON_KEY, bound_to="event|1")


def test_a_sealed_text_opens_under_its_own_key_and_binding_only() -> None:
    sealed = sealed_text.seal("理由", key=REASON_KEY, bound_to="event|1")

    for key, bound_to in (("seed", "event|1"), (REASON_KEY, "event|2"), (REASON_KEY, "seed|1")):
        with pytest.raises(sealed_text.UnopenableError):
            sealed_text.unseal(sealed, key=key, bound_to=bound_to)


# ── together with what happened, or not at all ───────────────────────────────────────────────────────────────────


@pytest.mark.django_db(transaction=True)
def test_what_must_be_on_record_first_is_committed_on_return(superuser_connection: psycopg.Connection[Any]) -> None:
    event = journal.record_committed(VIEWED, by=None)

    assert superuser_connection.execute("SELECT count(*) FROM audit.event WHERE id = %s", [event.pk]).fetchone() == (
        1,
    )


@pytest.mark.django_db(transaction=True)
def test_what_must_be_on_record_first_is_refused_inside_a_transaction() -> None:
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        journal.record_committed(VIEWED, by=None)

    assert not Event.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_an_entry_goes_when_the_change_that_it_records_is_undone() -> None:
    person = uuid.uuid4()

    @transaction.atomic
    def change_and_fail() -> None:
        Person.objects.create(pk=person)
        happened(person_id=person)
        raise Broken

    with pytest.raises(Broken):
        change_and_fail()

    assert not Event.objects.exists()
    assert not Person.objects.filter(pk=person).exists()


@pytest.mark.django_db(transaction=True)
def test_no_change_is_made_that_is_not_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    maker, checker = staff_member(Role.MAKER), staff_member(Role.CHECKER)
    now = timezone.now()
    application = workflow.begin(uuid.uuid4(), by=maker, at=now, entry={"note": "はじめ"})
    person, number = uuid.uuid4(), my_number()
    version = vault.keep(person, number, by=maker)
    vault.compare(person, version, number, by=checker)
    tables = ("benefits_application", "benefits_person", "audit.event", "audit.person_label")

    def state() -> list[object]:
        found: list[object] = [vault.standing(person)]
        with connection.cursor() as cursor:
            for table in tables:
                cursor.execute(f"SELECT t::text FROM {table} t ORDER BY 1")
                found.append(cursor.fetchall())
        return found

    before = state()
    latest = Application.objects.get(pk=application.pk).revision

    def broken(*_args: object, **_kwargs: object) -> None:
        raise Broken

    monkeypatch.setattr(journal, "record_all", broken)
    for change in (
        lambda: workflow.begin(uuid.uuid4(), by=maker, at=now, entry={}),
        lambda: workflow.save(application.pk, by=maker, at=now, revision=latest, entry={"note": "つぎ"}),
        lambda: workflow.type_number(application.pk, by=maker, at=now, revision=latest, number=my_number()),
        lambda: workflow.withdraw(application.pk, by=maker, revision=latest),
        lambda: vault.keep(person, my_number(), by=maker),
        lambda: vault.remove(person, by=maker),
    ):
        with pytest.raises(Broken):
            change()  # type: ignore[no-untyped-call]

        assert state() == before


# ── where it came from ───────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.django_db
def test_an_entry_carries_the_request_it_was_written_in() -> None:
    request = RequestFactory().get("/", REMOTE_ADDR="192.0.2.7")
    request.id = str(uuid.uuid4())  # type: ignore[attr-defined]

    class Session:
        session_key = "a-key-that-opens-the-session"

    request.session = Session()  # type: ignore[assignment]
    written: list[Event] = []

    origin.OriginMiddleware(lambda _request: written.append(happened()))(request)  # type: ignore[arg-type, return-value, func-returns-value]

    entry = Event.objects.get(pk=written[0].pk)
    assert (entry.client, str(entry.request_id)) == ("192.0.2.7", request.id)  # type: ignore[attr-defined]
    assert len(entry.session) == 16
    assert entry.session not in Session.session_key
    assert origin.current() == origin.Origin()


@pytest.mark.django_db
def test_a_page_and_its_entry_carry_the_same_request_number(auditors_client: Any) -> None:
    response = auditors_client.get("/audit/")

    entry = Event.objects.get(action=actions.LOG_SEARCHED)
    assert str(entry.request_id) == response["X-Request-Id"]
    assert entry.client == "127.0.0.1"
    assert entry.session == origin.session_mark(auditors_client.session.session_key)


# ── what people are called ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.django_db
def test_what_a_person_is_called_is_kept_apart_from_the_record_and_can_be_mended() -> None:
    person = uuid.uuid4()
    journal.name_person(person, name="渡辺　花子", kana="ワタナベ　ハナコ")
    event = happened(person_id=person)

    journal.name_person(person, name="渡邉　花子", kana="ワタナベ　ハナコ")

    label = PersonLabel.objects.get(pk=person)
    assert (label.name, label.kana) == ("渡邉　花子", "ワタナベ　ハナコ")
    with connection.cursor() as cursor:
        cursor.execute("SELECT event::text FROM audit.event WHERE id = %s", [event.pk])
        row = cursor.fetchone()[0]
    assert "渡" not in row
    assert "花子" not in str(label)


@pytest.mark.django_db
def test_an_entry_in_hand_does_not_show_whose_it_is(misaki: User) -> None:
    event = Event.objects.get(pk=happened(by=misaki, reason="渡邉さん").pk)

    assert not set("山田渡邉") & set(f"{event!s} {event!r}")


@pytest.mark.django_db
def test_what_a_member_of_staff_is_called_is_kept_where_the_office_cannot_write(misaki: User) -> None:
    label = ActorLabel.objects.get(pk=misaki.pk)
    assert label.name == "山田 美咲"
    assert "山田" not in str(label)
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        ActorLabel.objects.create(actor_id=0, name="nobody", login_id="nobody")
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        ActorLabel.objects.update(name="somebody else")
