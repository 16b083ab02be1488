"""Two records keepers replace the key of My Numbers, as each sees it at a desk of their own (A3, V4)."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from playwright.sync_api import Page, expect

from accounts.roles import Role
from audit import keyfiles
from mynumber import rotation, vault
from tests.factories import my_number, staff_member
from tests.journeys.conftest import Office

WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


@pytest.fixture
def keys_stay() -> Iterator[None]:
    """Take away what was made, where the service keeps its keys."""
    before = set(Path(settings.KYUFU_KEYS_DIR).iterdir())
    yield
    for made in set(Path(settings.KYUFU_KEYS_DIR).iterdir()) - before:
        made.unlink()
    keyfiles.read.cache_clear()


def check(page: Page) -> None:
    """Fail on what axe finds, and on a page that is wider than its window."""
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": WCAG}}).response["violations"]
    assert [(one["id"], [node["target"] for node in one["nodes"]]) for one in found] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 1366


def test_two_keepers_replace_the_key_and_watch_it_take_over(
    at_desk: Office, keys_stay: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    maker = staff_member(Role.MAKER)
    for _one in range(4):
        vault.keep(uuid.uuid4(), my_number(), by=maker)
    monkeypatch.setattr(rotation, "BATCH", 1)
    one, other = (
        at_desk(Role.RECORDS_KEEPER, name="申請 花子"),
        at_desk(Role.RECORDS_KEEPER, name="承認 次郎"),
    )
    first, second = one.sit_down(), other.sit_down()

    first.goto("/keys/")
    first.get_by_role("link", name="鍵の更新を申請する").click()
    first.get_by_label("理由").fill("年次の更新")
    first.get_by_role("button", name="申請する").click()
    expect(first.get_by_text("自分が出した申請は、自分では承認も却下もできません")).to_be_visible()
    expect(first.get_by_role("button", name="承認して鍵を更新する")).to_have_count(0)

    second.goto("/keys/")
    second.get_by_role("link", name="鍵 1 の更新").first.click()
    second.get_by_role("button", name="承認して鍵を更新する").click()
    expect(second.get_by_text("新しい鍵 2 で封じ始めました")).to_be_visible()
    expect(second.locator("[data-key-percent]")).to_have_text("0")
    check(second)

    # the page follows by itself
    assert rotation.work()
    expect(second.locator("[data-key-percent]")).to_have_text("25")
    expect(second.locator("[data-key-left]")).to_have_text("3")
    second.get_by_role("button", name="一時停止する").click()
    expect(second.get_by_role("button", name="再開する")).to_be_visible()
    check(second)
    assert not rotation.work()
    first.reload()
    first.get_by_role("button", name="再開する").click()
    expect(first.locator("[data-key-progress]")).to_be_visible()

    while rotation.work():
        pass
    expect(first.get_by_text("4件を新しい鍵で包み直しました")).to_be_visible()
    check(first)
    first.get_by_role("link", name="古い鍵の破棄を申請する").click()
    expect(first.get_by_label("鍵 1")).to_be_visible()
    check(first)
    first.goto("/keys/")
    expect(first.get_by_text("古い鍵で封じたものは、もう残っていません")).to_be_visible()
    expect(first.get_by_role("row", name="number-kek-2")).to_contain_text("封じている")
    check(first)


def test_without_scripts_the_page_is_asked_again_by_hand(at_desk: Office, keys_stay: None) -> None:
    vault.keep(uuid.uuid4(), my_number(), by=staff_member(Role.MAKER))
    operation_id = rotation.propose_rotation(by=staff_member(Role.RECORDS_KEEPER), reason="年次の更新")
    rotation.approve(operation_id, by=staff_member(Role.RECORDS_KEEPER))
    page = at_desk(Role.RECORDS_KEEPER, scripts=False).sit_down()
    page.goto(f"/keys/operations/{operation_id}/")
    expect(page.get_by_text("残り")).to_be_visible()

    while rotation.work():
        pass
    page.get_by_role("link", name="表示を更新する").click()

    expect(page.get_by_text("1件を新しい鍵で包み直しました")).to_be_visible()
