"""The page 「記録の封印と検証」, and an entry's certificate from its page."""

import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser, expect
from psycopg.types.json import Jsonb

from accounts.models import User
from accounts.roles import Role
from audit import ledger_pages
from audit.ledger.findings import Fault as FoundFault
from audit.models import Event, Fault
from audit.verifying import nightly, proving
from tests import ledger
from tests.audit.conftest import happened
from tests.conftest import Office
from tests.factories import signed_in, staff_member
from tests.journeys.desk import Desk
from tests.journeys.test_accessibility import WCAG
from tests.sealing import seal_all

LEDGER = "audit:ledger"


@pytest.fixture(autouse=True)
def own_places(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.KYUFU_SEALER_DIR = tmp_path / "sealer"
    settings.KYUFU_ANCHORS = [tmp_path / "anchors"]
    settings.KYUFU_WITNESS_DIR = tmp_path / "witness"
    monkeypatch.setattr(nightly, "is_due", lambda _now: None)


@pytest.fixture
def keeper(db: None) -> User:
    return staff_member(Role.RECORDS_KEEPER)


def shown(client: Client) -> str:
    response = client.get(reverse(LEDGER))
    assert response.status_code == 200
    return response.content.decode()


def test_an_empty_ledger_says_so(client: Client, keeper: User) -> None:
    page = shown(signed_in(client, keeper))
    for words in (
        "まだ封印した記録がありません",
        "まだ検証していません",
        "見つかった異常はありません",
        "まだありません",
    ):
        assert words in page


def test_others_are_turned_away(client: Client, db: None) -> None:
    assert signed_in(client, staff_member(Role.MAKER)).get(reverse(LEDGER)).status_code == 403


@pytest.mark.django_db(transaction=True)
def test_it_shows_how_far_the_record_is_sealed_and_where_that_is_kept(client: Client, office: Office) -> None:
    auditor = staff_member(Role.AUDITOR)
    happened()
    signed_in(client, auditor)
    size = seal_all(office)
    page = shown(client)
    assert f"{size:,}件" in page
    assert "保管先" in page
    assert str(proving.keys_of(connection)[0]) in page


@pytest.mark.django_db(transaction=True)
def test_a_verification_is_asked_for_done_and_shown(client: Client, office: Office) -> None:
    auditor = staff_member(Role.AUDITOR)
    signed_in(client, auditor)
    seal_all(office)
    client.post(reverse("audit:ledger-verify"))
    assert "検証中" in shown(client)
    assert client.get(reverse("audit:ledger-progress")).json()["state"] == "WRITING"
    assert "すでに始まっています" in client.post(reverse("audit:ledger-verify"), follow=True).content.decode()
    while nightly.verify_nightly():
        pass
    page = shown(client)
    assert "異常なし" in page
    assert auditor.display_name in page
    assert client.get(reverse("audit:ledger-progress")).json()["state"] == "ENDED"


@pytest.mark.django_db(transaction=True)
def test_faults_lead_to_their_entries(client: Client, superuser_connection: psycopg.Connection[Any]) -> None:
    event = happened()
    nightly.keep([FoundFault("columns_differ", "列 actor_section が本文と違います", 7, event.pk)])
    ledger.verified(superuser_connection, faults=1, sentences=Jsonb(["位置 7：列 actor_section が本文と違います"]))
    page = shown(signed_in(client, staff_member(Role.AUDITOR)))
    assert reverse("audit:entry", args=[event.pk]) in page
    assert "異常 1 件" in page
    assert "異常が 1 件見つかりました" in page
    # whoever keeps records may not read entries
    page = shown(signed_in(client, staff_member(Role.RECORDS_KEEPER)))
    assert reverse("audit:entry", args=[event.pk]) not in page


@pytest.mark.django_db(transaction=True)
def test_one_that_stands_still_is_said_to(client: Client, superuser_connection: psycopg.Connection[Any]) -> None:
    long_ago = timezone.now() - 2 * ledger_pages.STALLED_AFTER
    ledger.verified(superuser_connection, asked_at=long_ago, started_at=long_ago, beat_at=long_ago, ended_at=None)
    assert "しばらく進んでいません" in shown(signed_in(client, staff_member(Role.RECORDS_KEEPER)))


@pytest.mark.django_db(transaction=True)
def test_the_sheet_is_a_pdf_of_the_newest_signature_and_on_record(client: Client, office: Office) -> None:
    auditor = staff_member(Role.AUDITOR)
    signed_in(client, auditor)
    assert client.get(reverse("audit:ledger-sheet")).status_code == 302  # nothing is signed yet
    happened()
    size = seal_all(office)
    response = client.get(reverse("audit:ledger-sheet"))
    assert response["Content-Type"] == "application/pdf"
    assert response.content.startswith(b"%PDF-")
    assert Event.objects.get(action="audit.ledger.sheet_printed").details == {"size": size}


@pytest.mark.django_db(transaction=True)
def test_an_entrys_certificate_is_good_and_its_making_on_record(client: Client, office: Office) -> None:
    auditor = staff_member(Role.AUDITOR)
    signed_in(client, auditor)
    event = happened(label="R8-00001")
    address = reverse("audit:proof", args=[event.pk])
    waiting = client.get(address)
    assert waiting.status_code == 409
    assert "まだ封印されていません" in waiting.content.decode()
    seal_all(office)
    assert address in client.get(reverse("audit:entry", args=[event.pk])).content.decode()
    response = client.get(address)
    assert "attachment" in response["Content-Disposition"]
    proven, _said = proving.verify(response.content, proving.keys_of(connection))
    made = Event.objects.get(action="audit.proof.made")
    assert (made.subject_id, made.details["position"]) == (str(event.pk), proven.index)
    assert client.get(reverse("audit:proof", args=[uuid.uuid4()])).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_of_two_entries_with_one_number_neither_is_shown_nor_proved(
    client: Client, office: Office, superuser_connection: psycopg.Connection[Any]
) -> None:
    event = happened()
    seal_all(office)
    ledger.insert_earlier(superuser_connection, at=event.at - timedelta(hours=1), id=event.pk)
    seal_all(office)
    signed_in(client, staff_member(Role.AUDITOR))
    for name, action in (("audit:entry", "audit.log.opened"), ("audit:proof", "audit.proof.made")):
        response = client.get(reverse(name, args=[event.pk]))
        assert response.status_code == 409
        assert "同じ番号の記録が2件ある" in response.content.decode()
        assert Event.objects.get(action=action, subject_id=str(event.pk)).result == "FAILED"
    # a list shows both, each with its own time and place
    rows = client.get(reverse("audit:log")).context["rows"]
    both = [row for row, *_words in rows if row.event.pk == event.pk]
    assert len({row.event.at for row in both}) == len({row.position for row in both}) == 2


def test_faults_are_written_by_nobody_a_second_time(db: None, owner_connection: psycopg.Connection[Any]) -> None:
    for _time in range(2):
        nightly.keep([FoundFault("tally_differs", "2026-11-01 の集計")])
    assert Fault.objects.count() == 1


def test_an_auditor_verifies_and_prints(chromium: Browser, server: str, office: Office) -> None:
    auditor = staff_member(Role.AUDITOR)
    happened()
    seal_all(office)
    desk = Desk(chromium, server, auditor)
    page = desk.sit_down()
    page.goto(reverse(LEDGER))
    expect(page.get_by_role("heading", name="記録の封印と検証")).to_be_visible()
    page.get_by_role("button", name="全件を検証する").click()
    expect(page.get_by_text("検証中")).to_be_visible()
    while nightly.verify_nightly():
        pass
    # the page looks by itself
    expect(page.get_by_text("異常なし")).to_be_visible(timeout=10_000)
    assert Axe().run(page, options={"runOnly": {"type": "tag", "values": WCAG}}).response["violations"] == []
    for width in (1366, 320):
        page.set_viewport_size({"width": width, "height": 768})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.set_viewport_size({"width": 1366, "height": 768})
    with page.expect_download() as download:
        page.get_by_role("link", name="控えを印刷する（PDF）").click()
    assert download.value.suggested_filename.startswith("ledger-")
    desk.leave()
