"""A record that is not being sealed is told of, and in the strict mode no My Number is shown meanwhile (A3)."""

import json
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import connection
from django.test import Client, override_settings

from accounts.models import User
from accounts.roles import Role
from audit import journal
from audit.ledger import witness
from audit.models import Event
from audit.sealing import batches as sealing, watch
from audit.sealing.sealer import Sealer
from mynumber import lookup, vault
from mynumber.purposes import Purpose
from tests import ledger
from tests.conftest import Office, point_django_at
from tests.factories import signed_in, staff_member
from tests.mynumber.conftest import Held, checker, confirmed, in_use, maker, provisional, viewer
from tests.sealing import seal_all, start_over

__all__ = ["checker", "confirmed", "in_use", "maker", "provisional", "viewer"]  # fixtures

pytestmark = pytest.mark.django_db(transaction=True)

Superuser = psycopg.Connection[Any]


@pytest.fixture
def late(superuser_connection: Superuser) -> None:
    """An entry that has waited for the sealer for an hour."""
    ledger.insert_earlier(superuser_connection, at=datetime.now(UTC) - timedelta(hours=1))


@pytest.fixture
def as_sealer(office: Office, db: None) -> Iterator[None]:
    """Let this process be the sealer's."""
    start_over()
    point_django_at(office.sealer)
    yield
    point_django_at(office.app)


def test_a_record_that_is_sealed_and_signed_troubles_nobody(office: Office) -> None:
    journal.record("audit.seal.origin_renewed", by=None)
    assert watch.trouble() == []
    seal_all(office)
    assert watch.trouble() == []


def test_entries_that_wait_too_long_are_told(late: None) -> None:
    (sentence,) = watch.trouble()
    assert "封印" in sentence
    assert "60 分" in sentence


def test_what_is_sealed_and_not_signed_is_told(office: Office, superuser_connection: Superuser) -> None:
    journal.record("audit.seal.origin_renewed", by=None)
    with closing(psycopg.connect(**office.sealer.as_psycopg(autocommit=True))) as sealer:
        sealing.seal_batch(sealer)
    superuser_connection.execute("ALTER TABLE audit.checkpoint DISABLE TRIGGER USER")
    superuser_connection.execute("UPDATE audit.checkpoint SET sealed_at = now() - interval '10 minutes'")
    (sentence,) = watch.trouble()
    assert "署名がありません" in sentence
    superuser_connection.execute("UPDATE audit.checkpoint SET sealed_at = now() - interval '3 hours'")
    seal_all(office)
    (sentence,) = watch.trouble()
    assert "定時確認" in sentence
    for guard in ("checkpoint_is_never_changed", "checkpoint_is_never_truncated"):
        superuser_connection.execute(f"ALTER TABLE audit.checkpoint ENABLE ALWAYS TRIGGER {guard}")


def test_what_was_found_wrong_is_told_for_a_week(office: Office, superuser_connection: Superuser) -> None:
    journal.record("audit.seal.origin_renewed", by=None)
    superuser_connection.execute("UPDATE audit.pending SET leaf = sha256('another')")
    seal_all(office)
    assert ["1 件" in sentence for sentence in watch.trouble()] == [True]


@pytest.mark.parametrize(("role", "is_told"), [(Role.AUDITOR, True), (Role.RECORDS_KEEPER, True), (Role.MAKER, False)])
def test_those_who_look_after_the_record_are_told_on_their_pages(
    role: Role, is_told: bool, late: None, client: Client
) -> None:
    signed_in(client, staff_member(role))
    page = client.get("/account/")
    assert page.status_code == 200
    assert ("操作記録の封印が" in page.text) is is_told


def test_the_worker_raises_an_alarm_when_the_sealer_cannot(late: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "_next_look", 0.0)
    assert watch.look() is False
    assert [one.details for one in Event.objects.filter(action="audit.seal.fault")] == [{"kind": "sealing_late"}]
    for _time in range(2):
        monkeypatch.setattr(watch, "_next_look", 0.0)
        watch.look()
    assert Event.objects.filter(action="audit.seal.fault").count() == 1


def test_health_tells_that_the_record_is_late_and_stays_well(late: None, client: Client) -> None:
    response = client.get("/healthz")
    assert response.status_code == 200
    assert json.loads(response.text)["sealing"] == "late"


@override_settings(KYUFU_RECORD_STRICT=True)
def test_in_the_strict_mode_no_number_is_shown_or_looked_for_while_nothing_is_sealed(
    in_use: Held, viewer: User, late: None
) -> None:
    with pytest.raises(vault.RefusedError, match="封印が止まっている"):
        vault.reveal(in_use.person, by=viewer, purpose=Purpose.INQUIRY, reason="照会")
    with pytest.raises(vault.RefusedError, match="封印が止まっている"):
        lookup.find(in_use.number, by=viewer, purpose=Purpose.INQUIRY, reason="照会")
    refused = Event.objects.filter(details__code="record_late").values_list("action", "result")
    assert sorted(refused) == [
        ("mynumber.number.reveal_refused", "REFUSED"),
        ("mynumber.number.search_refused", "REFUSED"),
    ]
    assert not Event.objects.filter(action__in=["mynumber.number.revealed", "mynumber.number.searched"]).exists()


def test_otherwise_the_number_is_shown_and_an_alarm_is_raised_once(in_use: Held, viewer: User, late: None) -> None:
    for _time in range(2):
        shown = vault.reveal(in_use.person, by=viewer, purpose=Purpose.INQUIRY, reason="照会")
        assert shown.digits() == in_use.number
    alarm = Event.objects.get(action="audit.seal.fault")
    assert alarm.details == {"kind": "reveal_while_late"}


@pytest.fixture
def no_witness(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr(settings, "KYUFU_WITNESS_DIR", tmp_path / "file")


@override_settings(KYUFU_RECORD_STRICT=True)
def test_in_the_strict_mode_no_number_is_shown_without_a_witness(in_use: Held, viewer: User, no_witness: None) -> None:
    with pytest.raises(vault.RefusedError, match="証人"):
        vault.reveal(in_use.person, by=viewer, purpose=Purpose.INQUIRY, reason="照会")
    assert Event.objects.filter(action="mynumber.number.reveal_refused", details__code="record_unwitnessed").exists()


def test_otherwise_a_missing_witness_raises_an_alarm(in_use: Held, viewer: User, no_witness: None) -> None:
    shown = vault.reveal(in_use.person, by=viewer, purpose=Purpose.INQUIRY, reason="照会")
    assert shown.digits() == in_use.number
    assert Event.objects.get(action="audit.seal.fault").details == {"kind": "witness_unwritable"}


def test_a_witness_has_seen_what_its_own_thread_wrote_last() -> None:
    event = journal.record("audit.seal.origin_renewed", by=None)
    assert witness.has_seen(bytes(event.leaf))
    other = journal.record("audit.seal.origin_renewed", by=None)
    assert not witness.has_seen(bytes(event.leaf))
    seen = []
    thread = threading.Thread(target=lambda: seen.append(witness.has_seen(bytes(other.leaf))))
    thread.start()
    thread.join()
    assert seen == [False]


def test_the_sealer_says_that_it_lives_and_signs_when_it_is_told_to_stop(
    as_sealer: None, superuser_connection: Superuser
) -> None:
    stop = threading.Event()
    sealer = Sealer(stop, connection=connection)
    assert sealer.step() > 0
    beats = Event.objects.filter(action="audit.seal.heartbeat")
    assert [beat.details for beat in beats] == [{"size": 0, "count": 0}]
    journal.record("audit.seal.origin_renewed", by=None)
    sealer.step()
    assert beats.all().count() == 1
    sealer._heartbeat_due = 0.0
    sealer.step()
    assert beats.all().count() == 2
    assert sorted(beat.details["count"] for beat in beats.all()) == [0, 2]
    sealer.finish()
    row = superuser_connection.execute(
        "SELECT (SELECT count(*) FROM audit.pending), (SELECT max(size) FROM audit.note)"
    ).fetchone()
    assert row == (0, 3)
    stop.set()
    sealer.run()


def test_a_second_sealer_waits_until_the_first_is_gone(
    as_sealer: None, office: Office, superuser_connection: Superuser
) -> None:
    with closing(psycopg.connect(**office.sealer.as_psycopg(autocommit=True))) as first:
        first.execute("SELECT pg_advisory_lock(%s)", [sealing.LOCK])
        spare = Sealer(threading.Event(), connection=connection)
        journal.record("audit.seal.origin_renewed", by=None)
        assert spare.lead() is False
        spare.step()
        assert superuser_connection.execute("SELECT count(*) FROM audit.pending").fetchone() == (1,)
    while not spare.lead():
        pass
    spare.step()
    row = superuser_connection.execute("SELECT max(size) >= 1 FROM audit.checkpoint").fetchone()
    assert row == (True,)


def test_what_the_sealer_cannot_do_is_put_on_record_once_an_hour(as_sealer: None, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for _process in range(2):
        sealer = Sealer(threading.Event(), connection=connection, anchored_at=[tmp_path / "file"])
        sealer.lead()
        journal.record("audit.seal.origin_renewed", by=None)
        sealer.seal()
        sealer.sign()
    kinds = [event.details["kind"] for event in Event.objects.filter(action="audit.seal.fault")]
    assert kinds == ["anchor_unwritable"]
    connection.close()


def test_a_refusal_to_sign_keeps_nothing_from_being_sealed(
    as_sealer: None, office: Office, superuser_connection: Superuser
) -> None:
    sealer = Sealer(threading.Event(), connection=connection)
    sealer.step()
    sealer.finish()
    (Path(settings.KYUFU_SEALER_DIR) / "last-signed").unlink()
    journal.record("audit.seal.origin_renewed", by=None)
    sealer.finish()
    assert superuser_connection.execute("SELECT kind FROM audit.fault").fetchall() == [("signing_state_missing",)]
    sealer.finish()
    row = superuser_connection.execute("SELECT (SELECT count(*) FROM audit.pending)").fetchone()
    assert row == (0,)
    point_django_at(office.app)  # the sealer does not ask
    assert any("異常" in sentence for sentence in watch.trouble())
