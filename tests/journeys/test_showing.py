"""A3 in the browser: a number comes, is watched over, goes again, and two people stand behind a protected one."""

import re

from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.roles import Role
from audit.models import Event
from benefits import protection
from benefits.models import RevealReview
from benefits.models.showing import ProtectionKind
from mynumber import actions
from tests import factories
from tests.journeys.conftest import Office
from tests.journeys.desk import Desk, digits_in, fill

WHY = "健康保険組合からの照会に、本日中に文書で回答する必要があるため"


def ask(desk: Desk, address: str) -> None:
    desk.page.goto(address)
    fill(desk.page, {"purpose": "INQUIRY", "reason": WHY, "code": desk.code()})
    desk.page.get_by_role("button", name="60秒間表示する").click()


def nowhere(page: Page, number: str) -> None:
    """The digits stand neither in the page, nor in what is typed, nor in the title or address."""
    inside = page.evaluate(
        "() => document.documentElement.outerHTML + document.title + location.href"
        " + [...document.querySelectorAll('input, textarea')].map((control) => control.value).join(' ')"
    )
    assert number not in re.sub(r"\s", "", inside)


def test_a_number_with_the_glass_broken_comes_goes_and_is_reviewed_by_somebody_else(at_desk: Office) -> None:
    maker, checker = factories.staff_member(Role.MAKER), factories.staff_member(Role.CHECKER)
    number = factories.my_number()
    person = factories.approved(maker, checker, number=number).person
    viewer = at_desk(Role.NUMBER_VIEWER, name="閲覧 三郎")
    page = viewer.sit_down()
    address = f"/people/{person.pk}/number/"

    page.goto(address)
    expect(page.get_by_text("処理中のものがありません")).to_be_visible()
    fill(page, {"purpose": "INQUIRY", "reason": "照会", "code": viewer.code()})
    page.get_by_role("button", name="60秒間表示する").click()
    expect(page.locator(".error-summary")).to_contain_text("20文字以上")
    page.clock.install()
    ask(viewer, address)
    digits = page.locator("[data-reveal-digits]")
    expect(digits).to_have_text(f"{number[:4]} {number[4:8]} {number[8:]}")
    # the digits can be read through the name that lies over them
    assert page.locator("[data-reveal-watermark] span").first.inner_text().startswith("閲覧 三郎")
    expect(page.get_by_text("今日 1件目")).to_be_visible()

    # another minute is another reveal, with a code of its own
    page.get_by_label("確認コード").fill(viewer.code())
    page.get_by_role("button", name="あと60秒").click()
    expect(page.get_by_text("今日 2件目")).to_be_visible()
    assert digits_in(digits.inner_text()) == number
    page.clock.fast_forward(61_000)
    expect(digits).to_have_text("•••• •••• ••••")
    expect(page.locator("[data-reveal-watermark]")).to_have_count(0)
    nowhere(page, number)

    # neither reloading nor the history brings it back
    page.reload()
    expect(page.get_by_role("button", name="60秒間表示する")).to_be_visible()
    nowhere(page, number)
    assert Event.objects.filter(action=actions.REVEALED).count() == 2

    auditor = at_desk(Role.AUDITOR, name="監査 四郎")
    page = auditor.sit_down()
    page.goto("/")
    page.get_by_role("link", name="表示の確認").first.click()
    expect(page.locator("tbody tr")).to_have_count(2)
    for _reveal in range(2):
        page.locator("tbody tr a").first.click()
        expect(page.get_by_text(WHY)).to_be_visible()
        page.get_by_label("説明がついた").check()
        page.get_by_label("確認した内容").fill("照会文書の写しを確かめた")
        page.get_by_role("button", name="結果を記録する").click()
        expect(page.get_by_text("確認の結果を記録しました")).to_be_visible()
    assert set(RevealReview.objects.values_list("outcome", flat=True)) == {"EXPLAINED"}


def test_a_protected_persons_number_is_seen_by_two_or_not_at_all(at_desk: Office) -> None:
    maker, checker = factories.staff_member(Role.MAKER), factories.staff_member(Role.CHECKER)
    number = factories.my_number()
    person = factories.approved(maker, checker, number=number).person
    protection.propose(
        person,
        kind=ProtectionKind.VIOLENCE,
        starts_on=timezone.localdate(),
        ends_on=None,
        reason="支援措置の決定通知",
        by=maker,
    )
    viewer, head = at_desk(Role.NUMBER_VIEWER, name="閲覧 三郎"), at_desk(Role.SECTION_HEAD, name="所属 長子")
    address = f"/people/{person.pk}/number/"

    page = viewer.sit_down()
    page.goto(f"/people/{person.pk}/")
    expect(page.get_by_text("保護", exact=True)).to_be_visible()
    page.goto(address)
    fill(page, {"purpose": "INQUIRY", "reason": WHY})
    page.get_by_role("button", name="解除を依頼する").click()
    expect(page.get_by_role("heading", name="解除を待っています")).to_be_visible()

    chief = head.sit_down()
    chief.goto("/")
    chief.get_by_role("link", name="番号の解除の依頼").click()
    chief.locator("tbody tr a").first.click()
    expect(chief.get_by_text(WHY)).to_be_visible()
    chief.get_by_label("理由").fill("電話で事情を確かめた")
    chief.get_by_role("button", name="1回だけ解除する").click()
    expect(chief.get_by_text("解除しました")).to_be_visible()

    page.get_by_role("link", name="解除されたか確かめる").click()
    fill(page, {"code": viewer.code()})
    page.get_by_role("button", name="60秒間表示する").click()
    expect(page.locator("[data-reveal-digits]")).to_have_text(f"{number[:4]} {number[4:8]} {number[8:]}")
    expect(page.get_by_role("button", name="あと60秒")).to_have_count(0)
    page.get_by_role("button", name="隠す").click()
    nowhere(page, number)
    page.goto(address)
    expect(page.get_by_role("button", name="解除を依頼する")).to_be_visible()
