"""An auditor's month of watching: from the heat map to the entries, a sign-off, a sample, a report signed by two."""

import hashlib
from datetime import timedelta
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from accounts.roles import Role
from audit.models import HitState, MonthlyReport
from audit.trends.sentences import WEEKDAYS
from tests import factories, findings
from tests.conftest import Office as Database
from tests.journeys.conftest import Office
from tests.journeys.desk import fill
from tests.journeys.test_accessibility import WCAG
from tests.sealing import seal_all


def finds_nothing_wrong(page: Page) -> None:
    """Let axe look at the page, as tall as it is."""
    page.set_viewport_size({"width": 1366, "height": max(768, page.evaluate("document.body.scrollHeight"))})
    options = {"runOnly": {"type": "tag", "values": WCAG}, "resultTypes": ["violations"]}
    found = Axe().run(page, options=options).response["violations"]
    page.set_viewport_size({"width": 1366, "height": 768})
    assert [(one["id"], [node["target"] for node in one["nodes"]]) for one in found] == []


def follow(page: Page, link: Locator) -> None:
    """Click and wait for the page that comes: axe would look at the one that is just being left."""
    with page.expect_navigation():
        link.click()


def test_from_the_heat_map_to_the_second_signature(at_desk: Office, office: Database, tmp_path: Path) -> None:
    misaki = factories.staff_member(Role.MAKER, name="山田 美咲", section="健康課")
    keeper = factories.staff_member(Role.RECORDS_KEEPER, name="責任 二郎")
    events = [findings.viewed(misaki) for _view in range(7)]
    hit = findings.found(about=misaki, events=events[:3])
    findings.drawn(factories.staff_member(Role.MAKER, name="佐藤 次郎", section="健康課"))
    month = (timezone.localdate().replace(day=1) - timedelta(days=1)).replace(day=1)
    old = findings.found(
        "W5",
        about=misaki,
        events=events[3:],
        at=timezone.now() - timedelta(days=timezone.localdate().day + 2),
        kind="DAY",
        people=40,
        limit=20,
    )
    seal_all(office)
    desk = at_desk(Role.AUDITOR, name="監査 一子")
    page = desk.sit_down()

    # the heat map, by keyboard, and through a cell to the entries
    page.goto("/audit/trends/")
    at = timezone.localtime(events[0].at)
    cell = page.get_by_role("link", name=f"{WEEKDAYS[at.weekday()]}{at.hour}時台", exact=False)
    expect(page.get_by_role("img", name="曜日と時間帯ごとの閲覧の件数")).to_be_visible()
    finds_nothing_wrong(page)
    cell.first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="操作記録", exact=True)).to_be_visible()
    expect(page.get_by_role("table").locator("tbody tr")).to_have_count(8)
    assert "%" not in page.url
    finds_nothing_wrong(page)

    # what a rule found, and what somebody made of it
    follow(page, page.get_by_role("link", name="気になる操作", exact=False).first)
    expect(page.locator("tbody tr")).to_have_count(2)
    finds_nothing_wrong(page)
    follow(page, page.locator(f"a[href='/audit/watch/{hit.pk}/']"))
    expect(page.get_by_role("heading", name="もとになった操作")).to_be_visible()
    finds_nothing_wrong(page)
    fill(page, {"state": "EXPLAINED", "code": "WORK", "words": "本人に聞き、住所の照会への回答だったと確かめた"})
    follow(page, page.get_by_role("button", name="説明を記録"))
    expect(page.get_by_role("status")).to_contain_text("確かめたことを記録しました。")
    finds_nothing_wrong(page)

    # the weekly sample
    follow(page, page.get_by_role("link", name="気になる操作", exact=True).first)
    follow(page, page.get_by_role("link", name="閲覧の抜取り"))
    finds_nothing_wrong(page)
    follow(page, page.locator("tbody tr a").first)
    finds_nothing_wrong(page)
    fill(page, {"verdict": "PROPER"})
    follow(page, page.get_by_role("button", name="記録して次へ"))
    expect(page.get_by_text("あなたが確かめるものは、この抜取りには残っていません。")).to_be_visible()

    # the monthly report: one signs …
    page.goto("/audit/watch/")
    follow(page, page.get_by_role("link", name="月次報告", exact=True))
    finds_nothing_wrong(page)
    follow(page, page.get_by_role("link", name=f"{month.year}年{month.month}月"))
    expect(page.get_by_text("気になる操作は1件、そのうち未確認は1件です。")).to_be_visible()
    finds_nothing_wrong(page)
    follow(page, page.get_by_role("button", name="数値を確定して署名する"))
    expect(page.get_by_text("2人目の署名は、はじめに署名した人とは別の人がします。")).to_be_visible()

    # … and another countersigns
    window = at_desk(keeper).sit_down()
    window.goto("/keys/")
    follow(window, window.get_by_role("link", name="操作記録", exact=True))
    finds_nothing_wrong(window)
    follow(window, window.get_by_role("link", name="月次報告", exact=True))
    follow(window, window.get_by_role("link", name=f"{month.year}年{month.month}月"))
    follow(window, window.get_by_role("button", name="情報セキュリティ責任者として署名する"))
    finds_nothing_wrong(window)
    with window.expect_download() as download:
        window.get_by_role("link", name="PDFを受け取る").click()
    download.value.save_as(tmp_path / "report.pdf")

    document = (tmp_path / "report.pdf").read_bytes()
    signed = MonthlyReport.objects.get()
    assert signed.month == month
    assert hashlib.sha256(document).hexdigest() == signed.pdf_sha256
    assert window.get_by_text(signed.pdf_sha256).count() == 1
    hit.refresh_from_db()
    old.refresh_from_db()
    assert (hit.state, old.state) == (HitState.EXPLAINED, HitState.OPEN)
