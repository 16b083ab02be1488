"""規則 and 月次報告: everybody who watches sees how strictly; a change, and a report, take two people."""

import hashlib
import io
from datetime import date, timedelta
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from accounts.models import User
from accounts.roles import Role
from audit import actions, monthly_reports
from audit.models import Event, MonthlyReport, Result, Rule, RuleChange, Simulation
from audit.watching.refusals import Refused
from tests import findings
from tests.factories import my_number, signed_in, staff_member

pytestmark = pytest.mark.django_db

RULES = "/audit/watch/rules/"
REPORTS = "/audit/watch/reports/"
WORDS = "試算で週に10件を超え、確かめきれないため"


@pytest.fixture
def auditor() -> User:
    return staff_member(Role.AUDITOR, name="監査 一子")


@pytest.fixture
def keeper() -> User:
    return staff_member(Role.RECORDS_KEEPER, name="責任 二郎")


@pytest.fixture
def auditors_client(client: Client, auditor: User) -> Client:
    return signed_in(client, auditor)


@pytest.fixture
def keepers_client(keeper: User) -> Client:
    return signed_in(Client(), keeper)


def text(response: Any) -> str:
    return str(response.content.decode())


def last_month() -> date:
    return (timezone.localdate().replace(day=1) - timedelta(days=1)).replace(day=1)


def sent(**changes: str) -> dict[str, str]:
    """Return the form of W8 as it would be sent."""
    return {
        "threshold_days": "5",
        "threshold_within_days": "30",
        "is_on": "1",
        "weeks": "8",
        "words": WORDS,
        "step": "propose",
        **changes,
    }


CHANGE = f"{RULES}W8/change/"


# ── rules ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.SECTION_HEAD, Role.RECORDS_KEEPER])
def test_everybody_who_watches_sees_every_rule_and_its_thresholds(client: Client, role: Role) -> None:
    signed_in(client, staff_member(role, section="健康課"))

    page = text(client.get(RULES))

    for rule in Rule.objects.all():
        assert f"{rule.code} {rule.name}" in page
        for _key, name, value in rule.threshold_rows:
            assert f'{name}：<strong class="number">{value}</strong>' in page
    assert client.get(f"{RULES}W8/").status_code == 200
    assert client.get(f"{RULES}W99/").status_code == 404


def test_a_section_head_changes_nothing_and_sees_no_simulation(client: Client, auditor: User) -> None:
    findings.simulated("W8", {"days": 5, "within_days": 30}, by=auditor)
    signed_in(client, staff_member(Role.SECTION_HEAD, section="健康課"))

    assert "同じ受給者の記録を3日開きました。" not in text(client.get(f"{RULES}W8/"))
    assert client.get(CHANGE).status_code == 403
    assert client.post(CHANGE, sent()).status_code == 403
    assert not RuleChange.objects.exists()


def test_a_rule_is_tried_out_then_proposed_and_decided_by_another(
    auditors_client: Client, keepers_client: Client, auditor: User, keeper: User
) -> None:
    asked = auditors_client.post(CHANGE, sent(step="simulate"))
    assert asked.status_code == 302
    simulation = Simulation.objects.get()
    assert (simulation.thresholds, simulation.weeks) == ({"days": 5, "within_days": 30}, 8)
    assert "開始待ち" in text(auditors_client.get(f"{RULES}W8/"))

    too_early = auditors_client.post(CHANGE, sent())
    assert "試算を先に" in text(too_early)
    findings.simulated("W8", {"days": 5, "within_days": 30}, by=auditor, total=9)
    shown = text(auditors_client.get(f"{RULES}W8/"))
    for part in ("直近8週で9件、1週あたり1.1件", "2026-11-16", "同じ受給者の記録を3日開きました。"):
        assert part in shown

    proposed = auditors_client.post(CHANGE, sent(), follow=True)
    change = RuleChange.objects.get()
    assert "自分の申請は、自分では決定できません。" in text(proposed)
    place = reverse("watch-change", args=[change.pk])
    auditors_client.post(place, {"outcome": "APPROVED"})
    change.refresh_from_db()
    assert change.outcome == ""
    assert WORDS in text(keepers_client.get(place))
    keepers_client.post(place, {"outcome": "APPROVED"})

    change.refresh_from_db()
    assert (change.outcome, change.decided_by_id) == ("APPROVED", keeper.pk)
    assert Rule.objects.get(pk="W8").thresholds == {"days": 5, "within_days": 30}
    assert "責任 二郎" in text(auditors_client.get(f"{RULES}W8/"))
    assert Event.objects.filter(action=actions.RULE_REFUSED, result=Result.REFUSED).count() == 2


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"threshold_days": "五日"}, "整数"),
        ({"threshold_days": "-1"}, "0以上"),
        ({"threshold_days": "999999999"}, "100000以下"),
        ({"threshold_days": ""}, "数を入力"),
        ({"is_on": ""}, "有効か無効か"),
        ({"weeks": "520"}, "期間を一覧から"),
        ({"words": "短い", "is_on": "0"}, "10文字以上"),
        ({"words": "あ" * 1001}, "1000文字以内"),
    ],
)
def test_a_change_that_makes_no_sense_is_not_proposed(
    auditors_client: Client, typed: dict[str, str], said: str
) -> None:
    response = auditors_client.post(CHANGE, sent(**typed))

    assert response.status_code == 200
    assert said in text(response)
    assert not RuleChange.objects.exists()


def test_a_my_number_in_the_reason_is_refused_and_not_drawn_back(auditors_client: Client) -> None:
    number = my_number()

    response = auditors_client.post(CHANGE, sent(words=f"番号 {number} の人を除くため", is_on="0"))

    assert "個人番号らしい" in text(response)
    assert number not in text(response)


@pytest.mark.parametrize("outcome", ["", "NONSENSE", "APPROVED'"])
def test_a_decision_that_is_none_decides_nothing(
    auditors_client: Client, keepers_client: Client, outcome: str
) -> None:
    auditors_client.post(CHANGE, sent(is_on="0"))
    change = RuleChange.objects.get()

    keepers_client.post(reverse("watch-change", args=[change.pk]), {"outcome": outcome})

    change.refresh_from_db()
    assert change.outcome == ""


def test_changing_a_rule_asks_again_who_one_is(auditors_client: Client, auditor: User) -> None:
    from accounts.models import StaffSession

    StaffSession.objects.filter(user=auditor).update(factor_used_at=timezone.now() - timedelta(hours=1))

    response = auditors_client.get(CHANGE)

    assert response.status_code == 302
    assert response["Location"].startswith(reverse("accounts:confirm"))


# ── the monthly report ───────────────────────────────────────────────────────────────────────────────────────────


def report_of(month: date) -> str:
    return reverse("watch-report", args=[f"{month:%Y-%m}"])


def test_a_report_is_signed_by_two_and_the_document_is_kept_as_it_was_signed(
    auditors_client: Client, keepers_client: Client, auditor: User, keeper: User
) -> None:
    month = last_month()
    at = timezone.now() - timedelta(days=timezone.localdate().day + 3)
    findings.found(about=staff_member(section="健康課"), at=at, severity="HIGH")
    assert "気になる操作は1件、そのうち未確認は1件です。" in text(auditors_client.get(report_of(month)))

    first = auditors_client.post(report_of(month), {"step": "sign"}, follow=True)
    findings.found(about=staff_member(section="保険課"), at=at)
    again = auditors_client.post(report_of(month), {"step": "countersign"}, follow=True)
    assert "2人目の署名は、はじめに署名した人とは別の人がします。" in text(first)
    assert "2人目の署名は" in text(again)
    assert "気になる操作は1件" in text(keepers_client.get(report_of(month)))
    keepers_client.post(report_of(month), {"step": "countersign"})

    signed = MonthlyReport.objects.get()
    assert (signed.signed_by_id, signed.countersigned_by_id) == (auditor.pk, keeper.pk)
    answers = [one.get(f"{report_of(month)}pdf") for one in (auditors_client, keepers_client)]
    assert [one["Content-Type"] for one in answers] == ["application/pdf"] * 2
    assert answers[0].content == answers[1].content
    assert hashlib.sha256(answers[0].content).hexdigest() == signed.pdf_sha256
    assert signed.pdf_sha256 in text(auditors_client.get(report_of(month)))
    taken = Event.objects.filter(action=actions.REPORT_TAKEN)
    assert {entry.details["fingerprint"] for entry in taken} == {signed.pdf_sha256}
    document = PdfReader(io.BytesIO(answers[0].content))
    words = "".join(page.extract_text() for page in document.pages)
    for part in (
        f"{month.year}年{month.month}月",
        "監査 一子",
        "責任 二郎",
        "情報セキュリティ責任者",
        "健康課",
        "W16",
    ):
        assert part in words
    assert "保険課" not in words
    root: Any = document.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]


def test_a_month_that_is_not_over_is_not_signed(auditors_client: Client) -> None:
    this_month = timezone.localdate().replace(day=1)

    response = auditors_client.post(report_of(this_month), {"step": "sign"}, follow=True)

    assert "この月が終わってから署名できます。" in text(response)
    assert not MonthlyReport.objects.exists()
    assert Event.objects.filter(action=actions.REPORT_REFUSED).count() == 1


def test_the_first_signature_is_an_auditors(keepers_client: Client) -> None:
    response = keepers_client.post(report_of(last_month()), {"step": "sign"}, follow=True)

    assert "はじめの署名は、監査担当がします。" in text(response)
    assert not MonthlyReport.objects.exists()


@pytest.mark.parametrize("month", ["2026-13", "0000-01", "9999-12", "2000-01", "nonsense", "2026-1"])
def test_a_month_that_is_not_on_the_list_is_not_found(auditors_client: Client, month: str) -> None:
    assert auditors_client.get(f"{REPORTS}{month}/").status_code == 404
    assert auditors_client.get(f"{REPORTS}{month}/pdf").status_code == 404


def test_a_document_is_not_handed_out_before_both_have_signed(auditors_client: Client) -> None:
    auditors_client.post(report_of(last_month()), {"step": "sign"})

    assert auditors_client.get(f"{report_of(last_month())}pdf").status_code == 404
    assert auditors_client.post(report_of(last_month()), {"step": "nonsense"}).status_code == 404


@pytest.mark.parametrize("role", [Role.SECTION_HEAD, Role.MAKER, Role.USER_ADMINISTRATOR])
def test_nobody_else_reads_the_reports(client: Client, role: Role) -> None:
    signed_in(client, staff_member(role, section="健康課"))

    assert client.get(REPORTS).status_code == 403
    assert client.get(report_of(last_month())).status_code == 403


@pytest.mark.parametrize(
    "attempt",
    [
        "UPDATE audit.monthly_report SET figures = '{}'",
        "UPDATE audit.monthly_report SET countersigned_by_id = signed_by_id",
        "DELETE FROM audit.monthly_report",
        "TRUNCATE audit.monthly_report",
    ],
)
def test_the_serving_role_gets_past_no_guard_of_a_signed_report(auditors_client: Client, attempt: str) -> None:
    auditors_client.post(report_of(last_month()), {"step": "sign"})

    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(attempt)


def test_the_database_refuses_a_second_signature_that_is_not_as_it_should_be(auditor: User, keeper: User) -> None:
    signed = monthly_reports.sign(last_month(), by=auditor, today=timezone.localdate())
    document = b"%PDF-1.7 made up"
    sha256 = hashlib.sha256(document).hexdigest()
    maker = staff_member(Role.MAKER)
    put = (
        "UPDATE audit.monthly_report SET countersigned_by_id = %s, countersigned_at = now(), pdf = %s,"
        " pdf_sha256 = %s WHERE id = %s"
    )
    wrong = {
        "report_is_countersigned_by_another": [auditor.pk, document, sha256],
        "report_is_countersigned_by_an_auditor_or_keeper": [maker.pk, document, sha256],
        "report_names_its_document": [keeper.pk, document, "0" * 64],
    }

    for guard, values in wrong.items():
        with pytest.raises(DatabaseError, match=guard), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(put, [*values, signed.pk])


@pytest.mark.django_db(transaction=True)
def test_no_signature_is_kept_without_its_entry(superuser_connection: psycopg.Connection[Any]) -> None:
    auditor = staff_member(Role.AUDITOR)

    with pytest.raises(DatabaseError, match="report_is_on_record"), transaction.atomic():
        MonthlyReport(month=last_month(), figures={}, fingerprint="f" * 64, signed_by_id=auditor.pk).save()

    assert not MonthlyReport.objects.exists()


def test_a_document_that_cannot_be_made_is_not_signed(auditor: User, keeper: User) -> None:
    signed = monthly_reports.sign(last_month(), by=auditor, today=timezone.localdate())

    def broken(*_parts: object) -> bytes:
        raise RuntimeError("no typefaces")

    with pytest.raises(RuntimeError), transaction.atomic():
        monthly_reports.countersign(signed.pk, by=keeper, typeset=broken)
    signed.refresh_from_db()
    assert not signed.is_complete
    monthly_reports.countersign(signed.pk, by=keeper, typeset=lambda *_parts: b"%PDF")
    with pytest.raises(Refused, match="complete"):
        monthly_reports.countersign(signed.pk, by=staff_member(Role.AUDITOR), typeset=lambda *_parts: b"%PDF")


def test_the_fingerprint_does_not_depend_on_the_order_of_the_figures() -> None:
    assert monthly_reports.fingerprint({"a": 1, "b": [2]}) == monthly_reports.fingerprint({"b": [2], "a": 1})
    assert monthly_reports.fingerprint({"a": 1}) != monthly_reports.fingerprint({"a": 2})
