"""Two records keepers let a number go, each at a desk of their own: list, approval, destruction, certificate (V3)."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from accounts.roles import Role
from benefits import deletion
from benefits.models import DeletionCertificate
from mynumber import vault
from tests import factories
from tests.benefits import letting_go
from tests.journeys.conftest import Office

WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


@pytest.fixture(autouse=True)
def file() -> Iterator[None]:
    letting_go.no_file()
    yield
    letting_go.no_file()


def check(page: Page) -> None:
    """Fail on what axe finds, and on a page that is wider than its window."""
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": WCAG}}).response["violations"]
    assert [(one["id"], [node["target"] for node in one["nodes"]]) for one in found] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 1366


def test_two_keepers_let_go_of_what_is_due_and_print_the_certificate(at_desk: Office) -> None:
    maker, checker = factories.staff_member(Role.MAKER), factories.staff_member(Role.CHECKER)
    application = letting_go.over(maker, checker)
    one, other = at_desk(Role.RECORDS_KEEPER, name="保存 花子"), at_desk(Role.RECORDS_KEEPER, name="保存 次郎")
    first, second = one.sit_down(), other.sit_down()

    # the first makes the list; the work beside the pages fills it, and the page follows by itself
    first.goto("/retention/")
    check(first)
    first.get_by_role("button", name="今日の時点で一覧を作る").click()
    expect(first.get_by_text("一覧を作成しています")).to_be_visible()
    check(first)
    while deletion.list_due():
        pass
    expect(first.get_by_role("button", name="1件の削除を申請する")).to_be_visible()
    expect(first.get_by_role("cell", name=application.person.recipient_number or "", exact=True)).to_be_visible()
    check(first)
    first.get_by_role("button", name="1件の削除を申請する").click()
    expect(first.get_by_text("自分が申請した一覧は、自分では承認も却下もできません")).to_be_visible()
    expect(first.get_by_role("button", name="承認して")).to_have_count(0)

    # the second approves, and watches
    second.goto("/retention/")
    second.get_by_role("link", name="一覧を開く").click()
    check(second)
    second.get_by_role("button", name="承認して1件を削除する").click()
    expect(second.get_by_role("heading", name="削除の進み具合")).to_be_visible()
    check(second)
    while deletion.destroy_piece():
        pass
    certificate = DeletionCertificate.objects.get()
    link = second.get_by_role("link", name=f"証明書 {certificate.label}")
    expect(link).to_be_visible()
    expect(second.get_by_text("削除済み", exact=True)).to_be_visible()
    check(second)
    assert vault.standing(application.person_id) is None

    # and the certificate is a PDF for whoever follows the link
    answer = second.request.get(str(link.get_attribute("href")))
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.body().startswith(b"%PDF")
