"""Two user administrators take somebody on, as each sees it at a desk of their own (A1, A2, V4)."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from accounts.models import User
from accounts.roles import Role
from tests.factories import staff_member
from tests.journeys.conftest import Office

WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


def check(page: Page) -> None:
    """Fail on what axe finds, and on a page that is wider than its window."""
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": WCAG}}).response["violations"]
    assert [(one["id"], [node["target"] for node in one["nodes"]]) for one in found] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 1366


def test_two_take_somebody_on_and_give_them_a_duty(at_desk: Office) -> None:
    one, other = at_desk(Role.USER_ADMINISTRATOR, name="申請 花子"), at_desk(Role.USER_ADMINISTRATOR, name="承認 次郎")
    first, second = one.sit_down(), other.sit_down()

    # the first proposes
    first.goto("/staff/")
    check(first)
    first.get_by_role("link", name="利用者の登録を申請する").click()
    check(first)
    first.get_by_role("button", name="申請する").click()
    expect(first.get_by_role("alert")).to_contain_text("利用者IDを入力してください")
    check(first)
    first.get_by_label("利用者ID").fill("shinjin")
    first.get_by_label("氏名").fill("新人 一郎")
    first.get_by_label("所属").fill("地域保健課")
    first.get_by_label("理由").fill("新規採用")
    first.get_by_role("button", name="申請する").click()
    expect(first.get_by_text("自分が出した申請は、自分では承認も却下もできません")).to_be_visible()
    expect(first.get_by_role("button", name="承認して変更する")).to_have_count(0)
    check(first)

    # the second approves and prints the password
    second.goto("/proposals/")
    check(second)
    second.get_by_role("link", name="採用（利用者の登録）").click()
    expect(second.get_by_role("cell", name="新人 一郎")).to_be_visible()
    check(second)
    second.get_by_role("button", name="承認して変更する").click()
    expect(second.get_by_text("承認しました")).to_be_visible()
    second.get_by_role("button", name="仮パスワードの用紙を発行する").click()
    password = second.locator("[data-slip-secret]").inner_text()
    check(second)

    # the first prints the code, and neither has both
    first.reload()
    first.get_by_role("button", name="登録コードの用紙を発行する").click()
    code = first.locator("[data-slip-secret]").inner_text()
    check(first)
    user = User.objects.get(login_id="shinjin")
    assert user.check_password(password)
    assert not user.check_password(code)
    first.get_by_role("link", name="申請へ戻る").click()
    expect(first.locator("[data-slip-secret]")).to_have_count(0)

    # a duty, by keyboard alone
    first.goto(f"/staff/{user.pk}/grant/")
    check(first)
    first.get_by_label("受付担当者").focus()
    first.keyboard.press("Space")
    first.get_by_label("理由").focus()
    first.keyboard.type("窓口の増員")
    first.get_by_role("button", name="申請する").focus()
    first.keyboard.press("Enter")
    expect(first.get_by_role("alert")).to_contain_text("保健所を選んでください")
    first.locator("select[name=office]").select_option("CHUO")
    first.get_by_role("button", name="申請する").click()
    expect(first.get_by_text("申請しました")).to_be_visible()
    second.goto(first.url)
    second.get_by_role("button", name="承認して変更する").focus()
    second.keyboard.press("Enter")
    expect(second.get_by_text("承認しました")).to_be_visible()
    assert User.objects.get(pk=user.pk).roles == (Role.INTAKE,)

    second.goto(f"/staff/{user.pk}/")
    expect(second.get_by_role("cell", name="窓口の増員")).to_be_visible()
    check(second)
    second.goto("/roles/")
    expect(second.get_by_text("新人 一郎")).to_be_visible()
    check(second)


@pytest.mark.parametrize("step", ["move", "stop", "stop-now", "resume", "reset"])
def test_every_form_is_readable_by_everybody(step: str, at_desk: Office) -> None:
    desk = at_desk(Role.USER_ADMINISTRATOR)
    page = desk.sit_down()

    page.goto(f"/staff/{staff_member(Role.MAKER).pk}/{step}/")

    expect(page.get_by_label("理由")).to_be_visible()
    check(page)


def test_a_leaver_at_work_is_out_with_the_next_click(at_desk: Office) -> None:
    leaver = staff_member(Role.MAKER)
    desk, administrator = at_desk(leaver), at_desk(Role.USER_ADMINISTRATOR)
    at_work, page = desk.sit_down(), administrator.sit_down()
    at_work.goto("/")

    page.goto(f"/staff/{leaver.pk}/")
    page.get_by_role("link", name="いますぐ停止する").click()
    page.get_by_label("理由").fill("退職")
    page.get_by_role("button", name="いますぐ停止する").click()
    expect(page.get_by_text("利用を停止し")).to_be_visible()

    at_work.reload()
    expect(at_work.get_by_label("パスワード")).to_be_visible()
