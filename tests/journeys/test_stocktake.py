"""B: a stocktake by scanner, which is a keyboard: labels and Enter, without a mouse, and without scripts too."""

import pytest
from playwright.sync_api import Page, expect

from accounts.roles import Role
from benefits.models import StocktakeLine
from benefits.models.stocktake import Finding
from benefits.papers import codes
from tests import factories
from tests.benefits.custody import Store, held
from tests.journeys.conftest import Office


def scan(page: Page, code: str) -> None:
    """Do what a scanner does."""
    page.keyboard.type(code)
    page.keyboard.press("Enter")


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_box_is_counted_by_scanner(at_desk: Office, scripts: bool) -> None:
    maker, store = factories.staff_member(Role.MAKER), Store()
    there, gone = held(maker, store.box), held(maker, store.box)
    elsewhere, unknown = held(maker, store.cabinet), codes.code_of("P", 99_999_999)
    desk = at_desk(maker, scripts=scripts)
    page = desk.sit_down()

    # the label of the box leads to its page, from where the count begins
    page.goto("/papers/")
    scan(page, store.box.code)
    expect(page.get_by_role("heading", name=f"箱 {store.box.code}")).to_be_visible()
    page.get_by_role("button", name="棚卸しを始める").press("Enter")
    expect(page.get_by_role("heading", name="棚卸し")).to_be_visible()

    said = page.locator("[data-scan-said]")
    for code, finding in ((there.code, "あり"), (elsewhere.code, "別の場所の登録"), (unknown, "登録のない番号")):
        scan(page, code)
        expect(said).to_contain_text(f"{code}：{finding}")
    expect(said).not_to_contain_text(store.cabinet.room)
    expect(page.locator("tbody")).to_contain_text(store.cabinet.room)
    expect(page.locator("[data-scan-count=missing]")).to_have_text("1")
    expect(page.locator("[data-scan-not-yet]")).to_have_text(gone.code)

    # left and continued: what was scanned is still there, and scanning it again changes nothing
    page.goto("/stocktakes/")
    page.get_by_role("link", name="続ける").press("Enter")
    expect(page.locator("[data-scan-count=present]")).to_have_text("1")
    scan(page, there.code)
    expect(page.get_by_text("すでに読み取っています")).to_be_visible()
    page.get_by_role("button", name="完了し、結果を記録する").press("Enter")

    expect(page.locator("tbody tr").first).to_contain_text(gone.code)
    expect(page.locator("tbody tr").first).to_contain_text("見つからない")
    assert dict(StocktakeLine.objects.values_list("code", "finding")) == {
        there.code: Finding.PRESENT,
        gone.code: Finding.MISSING,
        elsewhere.code: Finding.MISPLACED,
        unknown: Finding.UNKNOWN,
    }
