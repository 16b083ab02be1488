"""An auditor's search: conditions, chips, a saved search, an entry with what is around it, a file; and the others'."""

import csv
import io
import json
import zipfile
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from accounts.roles import Role
from audit import journal
from tests import factories
from tests.conftest import Office as Ground
from tests.journeys.conftest import Office
from tests.journeys.test_accessibility import WCAG
from tests.sealing import seal_all

VIEWED = "benefits.person.viewed"


def has_no_violation(page: Page) -> bool:
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": WCAG}}).response["violations"]
    assert found == [], [one["id"] for one in found]
    assert page.evaluate("document.documentElement.scrollWidth") <= 1366
    return True


def test_an_auditor_searches_saves_opens_and_takes_a_file_and_others_see_their_part(
    at_desk: Office, office: Ground, tmp_path: Path
) -> None:
    misaki = factories.staff_member(Role.MAKER, name="山田 美咲", section="地域保健課")
    stranger = factories.staff_member(Role.MAKER, name="他課 太郎", section="総務課")
    subject = journal.Subject(kind="benefits.application", id="1", label="2026-000123")
    journal.record_all(journal.Entry(action=VIEWED, by=misaki, subject=subject) for _each in range(60))
    journal.record(VIEWED, by=stranger)
    seal_all(office)
    journal.record(VIEWED, by=misaki, subject=subject)

    page = at_desk(Role.AUDITOR).sit_down()
    page.goto("/audit/")
    expect(page.get_by_text("指定がないため直近7日間")).to_be_visible()
    page.get_by_label("利用者", exact=False).first.fill("美咲")
    page.get_by_text("操作の種類を選ぶ").click()
    page.get_by_label("操作の名前で絞る").fill("受給者の閲覧")
    expect(page.get_by_label("サインアウト", exact=True)).to_be_hidden()
    page.get_by_label("受給者の閲覧", exact=True).check()
    page.get_by_role("button", name="今日").click()
    expect(page.get_by_text("61件の記録")).to_be_visible()
    expect(page.get_by_role("cell", name="未封印")).to_have_count(1)
    expect(page.get_by_role("cell", name="署名済み").first).to_be_visible()
    assert "美咲" not in page.url
    has_no_violation(page)

    # older, by the keyboard; back to the first by its link
    page.get_by_role("link", name="古い方へ →").press("Enter")
    expect(page.get_by_text("この画面に11件")).to_be_visible()
    expect(page.get_by_text("61件の記録")).to_be_visible()
    page.get_by_role("link", name="← 最も新しい記録へ").click()

    # a condition is taken away by its chip
    page.locator(".chip", has_text="利用者 美咲").click()
    expect(page.get_by_text("62件の記録")).to_be_visible()
    page.get_by_text("列の表示").click()
    page.get_by_role("group", name="表示する列").get_by_label("所属").check()
    page.get_by_role("button", name="この列にする").click()
    expect(page.get_by_role("cell", name="総務課")).to_be_visible()

    # kept under a name, opened from the list, noted as done
    page.get_by_role("link", name="条件を保存…").click()
    page.get_by_label("名前", exact=False).fill("受給者の閲覧の月次点検")
    page.get_by_label("監査担当で共有する").check()
    page.get_by_label("毎月の期限").select_option("10")
    page.get_by_role("button", name="保存する").click()
    expect(page.get_by_text("検索条件を保存しました")).to_be_visible()
    has_no_violation(page)
    page.get_by_role("link", name="受給者の閲覧の月次点検").click()
    page.get_by_role("button", name="この検索を実行した").click()
    expect(page.get_by_text("を実行したことを記録しました")).to_be_visible()
    expect(page.get_by_role("row", name="受給者の閲覧の月次点検")).to_contain_text("62件")

    # one entry: whole, sound, with the half hour around it
    page.get_by_role("link", name="受給者の閲覧の月次点検").click()
    page.get_by_role("row", name="2026-000123").nth(3).get_by_role("link").press("Enter")
    expect(page.get_by_role("heading", name="連鎖検査")).to_be_visible()
    expect(page.get_by_text("正常")).to_be_visible()
    expect(page.get_by_role("heading", name="この前後30分の同じ利用者の操作")).to_be_visible()
    has_no_violation(page)
    page.get_by_role("link", name="この対象の記録").click()
    expect(page.get_by_text("61件の記録")).to_be_visible()

    # a file of it
    page.get_by_role("link", name="CSV出力…").click()
    page.get_by_label("書き出す理由", exact=False).fill("月次点検のため")
    has_no_violation(page)
    page.get_by_role("button", name="書き出す").click()
    with page.expect_download() as coming:
        page.get_by_role("link", name="受け取る（zip）").click()
    assert coming.value.suggested_filename.startswith("audit-2")
    coming.value.save_as(tmp_path / "audit.zip")
    with zipfile.ZipFile(tmp_path / "audit.zip") as bundle:
        manifest = json.loads(bundle.read("manifest.json"))
        rows = list(csv.reader(io.StringIO(bundle.read(manifest["file"]["name"]).decode("utf-8-sig"))))
    assert (manifest["rows"], len(rows)) == (61, 62)
    assert manifest["checkpoint"]["size"] >= 61

    # a section's head sees the section's part, without scripts too
    desk = at_desk(factories.staff_member(Role.SECTION_HEAD, section="総務課"), scripts=False)
    theirs = desk.sit_down()
    theirs.goto("/audit/")
    expect(theirs.get_by_text("所属「総務課」の職員の操作だけ")).to_be_visible()
    theirs.get_by_text("操作の種類を選ぶ").click()
    theirs.get_by_label("申請・受給者・書類のすべて").check()
    theirs.get_by_role("button", name="検索").click()
    expect(theirs.get_by_role("cell", name="他課 太郎")).to_have_count(1)
    expect(theirs.get_by_role("cell", name="山田 美咲")).to_have_count(0)

    # and everybody their own, from their account
    own = at_desk(misaki).sit_down()
    own.goto("/account/")
    own.get_by_role("link", name="自分の操作記録を見る").click()
    expect(own.get_by_text("61件の記録")).to_be_visible()
    has_no_violation(own)
