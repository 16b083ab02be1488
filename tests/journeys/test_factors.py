"""Enrolling an authenticator, a sheet of recovery codes and a security key, in the browser (A2)."""

import base64
import time
from datetime import timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import CDPSession, Error, Page, expect

from accounts import factors, one_time_codes
from accounts.models import CodeDevice, SecurityKey, StaffSession, User
from accounts.roles import Role
from tests import factories
from tests.journeys.conftest import Office
from tests.journeys.desk import Desk, fill
from tests.journeys.test_accessibility import WCAG


@pytest.fixture
def by_name(at_desk: Office, server: str) -> Any:
    """Seat somebody at the address that has a name: a security key knows no numbers."""

    def seat(user: User) -> Desk:
        desk = at_desk(user)
        desk.address = server.replace("127.0.0.1", "localhost")
        desk.page.goto(f"{desk.address}/sign-in/")
        return desk

    return seat


def plug_in(desk: Desk, *, is_touched: bool = True) -> CDPSession:
    """Plug a security key into the terminal."""
    cdp = desk.context.new_cdp_session(desk.page)
    cdp.send("WebAuthn.enable")
    cdp.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "usb",
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": is_touched,
            }
        },
    )
    return cdp


def give_password(desk: Desk) -> Page:
    page = desk.page
    page.get_by_label("利用者ID").fill(desk.user.login_id)
    page.get_by_label("パスワード").fill(factories.PASSWORD)
    page.get_by_role("button", name="次へ").click()
    return page


def without_violations(page: Page) -> None:
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": WCAG}}).response["violations"]
    assert [(one["id"], [node["target"] for node in one["nodes"]]) for one in found] == []


def code_shown_by(secret: str) -> str:
    """Return what an authenticator shows that has been given ``secret``."""
    seed = base64.b32decode(secret.replace(" ", ""))
    return one_time_codes._code(seed, int(time.time()) // one_time_codes.STEP_SECONDS)


def test_somebody_new_enrols_with_the_slip_and_takes_a_sheet_of_recovery_codes(at_desk: Office) -> None:
    user, administrator = factories.staff_member(Role.MAKER), factories.staff_member()
    factors.remove_all(user, by=administrator)
    slip = factors.issue_enrolment_code(user, by=administrator, at=timezone.now())
    desk = at_desk(user)
    desk.page.goto("/sign-in/")
    page = give_password(desk)

    expect(page.get_by_role("heading", level=1)).to_have_text("確認手段の登録")
    without_violations(page)
    page.get_by_label("登録コード").fill(slip.lower())
    page.keyboard.press("Enter")
    expect(page.get_by_role("img", name="認証アプリに登録するQRコード")).to_be_visible()
    page.get_by_text("QRコードを読み取れないとき").click()
    without_violations(page)
    page.get_by_label("確認コード").fill(code_shown_by(page.locator("[data-secret]").inner_text()))
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_have_text("回復コード")
    without_violations(page)
    page.get_by_role("button", name="新しい用紙を作る").click()
    expect(page.locator(".recovery-codes li")).to_have_count(10)
    expect(page.get_by_role("button", name="印刷する")).to_be_visible()
    without_violations(page)
    page.emulate_media(media="print")
    expect(page.locator(".recovery-codes li").first).to_be_visible()
    expect(page.get_by_role("button", name="印刷する")).to_be_hidden()
    page.emulate_media(media="screen")

    page.goto("/")
    with pytest.raises(Error, match="ERR_CACHE_MISS"):  # the browser has kept nothing to go back to
        page.go_back()
    page.close()


def test_a_lost_telephone_is_no_end_with_the_sheet(at_desk: Office) -> None:
    user = factories.staff_member(Role.MAKER)
    sheet = factors.recovery_codes.make(user, by=user, at=timezone.now())
    desk = at_desk(user)
    desk.page.goto("/sign-in/")
    page = give_password(desk)
    without_violations(page)

    page.get_by_role("link", name="回復コードを使う").click()
    without_violations(page)
    page.get_by_label("回復コード").fill("AAAA-AAAA-AAAA-AAAA")
    page.get_by_role("button", name="サインイン").click()
    expect(page.get_by_role("alert")).to_contain_text("回復コードが違うか、使用済みです")
    without_violations(page)
    page.get_by_label("回復コード").fill(sheet[4])
    page.get_by_role("button", name="サインイン").click()

    expect(page.get_by_text("回復コードを1つ使いました。残りは9個です。")).to_be_visible()


def test_a_security_key_is_added_and_signs_in_by_keyboard_alone(by_name: Any) -> None:
    user = factories.staff_member(Role.MAKER)
    desk = by_name(user)
    plug_in(desk)
    page = give_password(desk)
    page.get_by_label("確認コード").fill(desk.code())
    page.get_by_role("button", name="サインイン").click()
    expect(page).to_have_url(f"{desk.address}/")

    page.goto(f"{desk.address}/account/keys/add/")
    without_violations(page)
    page.get_by_label("キーの名前").fill("青いキー")
    page.keyboard.press("Enter")
    page.wait_for_url("**/account/")
    assert SecurityKey.objects.get(user=user).name == "青いキー"

    page.goto(f"{desk.address}/account/keys/add/")
    page.get_by_role("button", name="キーを登録する").click()
    expect(page.locator("[data-security-key-status]")).to_contain_text("登録済みです")

    desk.context.clear_cookies()
    page.goto(f"{desk.address}/sign-in/")
    give_password(desk)
    without_violations(page)
    button = page.get_by_role("button", name="セキュリティキーを使う")
    for _step in range(8):
        page.keyboard.press("Tab")
        if button.evaluate("(button) => button === document.activeElement"):
            break
    page.keyboard.press("Enter")

    expect(page).to_have_url(f"{desk.address}/")
    assert StaffSession.objects.filter(user=user, ended_at__isnull=True).get().factor == "key"
    assert SecurityKey.objects.get(user=user).last_used_at is not None


def test_a_security_key_confirms_and_leads_back(by_name: Any) -> None:
    user = factories.staff_member(Role.MAKER)
    desk = by_name(user)
    plug_in(desk)
    page = give_password(desk)
    page.get_by_label("確認コード").fill(desk.code())
    page.get_by_role("button", name="サインイン").click()
    expect(page).to_have_url(f"{desk.address}/")
    page.goto(f"{desk.address}/account/keys/add/")
    page.get_by_role("button", name="キーを登録する").click()
    page.wait_for_url("**/account/")
    long_ago = timezone.now() - timedelta(hours=1)
    StaffSession.objects.filter(user=user).update(factor_used_at=long_ago)

    page.goto(f"{desk.address}/account/recovery/")
    expect(page.get_by_role("heading", level=1)).to_have_text("本人の確認")
    without_violations(page)
    page.get_by_role("button", name="セキュリティキーを使う").click()

    page.wait_for_url("**/account/recovery/")
    expect(page.get_by_role("heading", level=1)).to_have_text("回復コード")


def test_a_number_viewer_needs_no_code_with_a_security_key(by_name: Any) -> None:
    application = factories.approved(factories.staff_member(Role.MAKER), factories.staff_member(Role.CHECKER))
    desk = by_name(factories.staff_member(Role.NUMBER_VIEWER))
    plug_in(desk)
    page = give_password(desk)
    page.get_by_label("確認コード").fill(desk.code())
    page.get_by_role("button", name="サインイン").click()
    page.goto(f"{desk.address}/account/keys/add/")
    page.get_by_role("button", name="キーを登録する").click()
    page.wait_for_url("**/account/")

    page.goto(f"{desk.address}/people/{application.person_id}/number/")
    page.get_by_role("link", name="セキュリティキーで確認する").click()
    page.get_by_role("button", name="セキュリティキーを使う").click()
    expect(page.get_by_text("2分以内に1回だけ")).to_be_visible()
    without_violations(page)
    fill(page, {"purpose": "COMPARISON", "reason": "写しとの照合のため（窓口で本人の申出を受けた）"})
    page.get_by_role("button", name="60秒間表示する").click()

    expect(page.locator("[data-reveal-digits]")).to_be_visible()


def test_whoever_has_no_key_in_the_terminal_is_told_so(by_name: Any) -> None:
    user = factories.staff_member(Role.MAKER)
    desk = by_name(user)
    cdp = plug_in(desk)
    page = give_password(desk)
    page.get_by_label("確認コード").fill(desk.code())
    page.get_by_role("button", name="サインイン").click()
    page.goto(f"{desk.address}/account/keys/add/")
    page.get_by_role("button", name="キーを登録する").click()
    page.wait_for_url("**/account/")
    kept = SecurityKey.objects.get(user=user)
    SecurityKey.objects.filter(pk=kept.pk).update(sign_count=2**31)
    desk.context.clear_cookies()
    page.goto(f"{desk.address}/sign-in/")
    give_password(desk)

    page.get_by_role("button", name="セキュリティキーを使う").click()
    status = page.locator("[data-security-key-status]")
    expect(status).to_contain_text("このセキュリティキーでは確認できませんでした")
    without_violations(page)
    cdp.send("WebAuthn.disable")


def test_at_an_address_of_numbers_the_page_says_where_keys_work(at_desk: Office, server: str) -> None:
    user = factories.staff_member(Role.MAKER)
    desk = at_desk(user)
    desk.sit_down()

    desk.page.goto("/account/keys/add/")

    expect(desk.page.get_by_text(server.replace("127.0.0.1", "localhost"))).to_be_visible()
    without_violations(desk.page)


def test_a_new_authenticator_is_enrolled_without_scripts(at_desk: Office) -> None:
    user = factories.staff_member(Role.MAKER)
    desk = at_desk(user, scripts=False)
    page = desk.sit_down()
    page.goto("/account/code/")
    page.get_by_role("button", name="登録を始める").click()
    secret = page.locator("[data-secret]").text_content() or ""

    page.get_by_label("確認コード").fill(code_shown_by(secret))
    page.get_by_role("button", name="登録する").click()

    page.wait_for_url("**/account/")
    assert CodeDevice.objects.get(user=user).confirmed
