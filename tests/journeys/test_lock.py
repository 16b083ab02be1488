"""A4 in Chromium: the warning, the lock, what comes back after it, and what Back does not bring back."""

import os
import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from accounts.models import KeptInput, StaffSession, User
from accounts.roles import Role
from audit.models import Event
from tests import factories
from tests.journeys.conftest import Office
from tests.journeys.desk import Desk, digits_in, fill
from tests.journeys.test_factors import plug_in

WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
IDLE_SECONDS = 15 * 60


def leave_alone(page: Page, user: User, *, seconds: float) -> None:
    """Let nobody have used the person's session for that long, and the page look at the clock as on waking."""
    StaffSession.objects.filter(user=user).update(last_used_at=timezone.now() - timedelta(seconds=seconds))
    wake(page)


def wake(page: Page) -> None:
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def unlock(page: Page) -> None:
    page.get_by_label("パスワード").fill(factories.PASSWORD)
    page.get_by_role("button", name="続ける").click()


def half_filled(page: Page, number: str) -> None:
    """Begin an application, and leave it half typed."""
    page.goto("/applications/new/")
    fill(
        page,
        {
            "family_name": "見本",
            "given_name": "太郎",
            "sex": "2",
            "number_given": "GIVEN",
            "number": number,
            "documents": ["APPLICATION"],
            "street": "書きかけ町1-2-3",
        },
    )


def is_locked(user: User) -> bool:
    return StaffSession.objects.filter(user=user, locked_at__isnull=False).exists()


def wait_until(happens: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not happens():
        assert time.monotonic() < end
        time.sleep(0.05)


def violations(page: Page) -> list[str]:
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": WCAG}, "resultTypes": ["violations"]})
    return [f"{one['id']}: {[node['target'] for node in one['nodes']]}" for one in found.response["violations"]]


def test_a_half_filled_form_is_there_again_after_the_lock_and_the_number_is_not(at_desk: Office) -> None:
    desk = at_desk(Role.MAKER)
    page = desk.sit_down()
    number = factories.my_number()
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.post_data or ""))
    half_filled(page, number)
    assert not page.evaluate("document.hidden")

    page.get_by_role("button", name="席を離れる").click()

    expect(page.get_by_role("heading", name="画面をロックしました")).to_be_visible()
    expect(page.get_by_text("入力していた内容は保管されています")).to_be_visible()
    assert is_locked(desk.user)
    assert "書きかけ町" not in page.content()
    assert page.title() == "画面のロック | 給付"
    assert not any(number in digits_in(body) for body in sent)
    assert violations(page) == []

    unlock(page)

    expect(page.get_by_text("ロックする前の入力を戻しました")).to_be_visible()
    assert page.url.endswith("/applications/new/") or "/edit/" in page.url
    for name, value in {"family_name": "見本", "given_name": "太郎", "street": "書きかけ町1-2-3"}.items():
        expect(page.locator(f"[name={name}]")).to_have_value(value)
    expect(page.locator("[name=sex][value='2']")).to_be_checked()
    expect(page.locator("[name=number_given][value=GIVEN]")).to_be_checked()
    expect(page.locator("[name=documents][value=APPLICATION]")).to_be_checked()
    expect(page.locator("[name=number]")).to_have_value("")
    assert not KeptInput.objects.exists()
    assert violations(page) == []


def test_the_key_locks_at_once_wherever_the_hand_is(at_desk: Office) -> None:
    desk = at_desk(Role.MAKER)
    page = desk.sit_down()
    page.goto("/applications/new/")
    page.locator("[name=city]").press_sequentially("架空市")

    page.keyboard.press("Control+Alt+l")

    expect(page.get_by_role("heading", name="画面をロックしました")).to_be_visible()
    expect(page.get_by_label("パスワード")).to_be_focused()
    page.keyboard.type(factories.PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("[name=city]")).to_have_value("架空市")
    expect(page.locator("[name=city]")).to_be_focused()


def test_the_warning_is_answered_by_keyboard_alone(at_desk: Office) -> None:
    desk = at_desk(Role.MAKER)
    page = desk.sit_down()
    page.goto("/figures/")
    page.locator("main a, main [tabindex='0']").first.focus()
    title = page.title()

    leave_alone(page, desk.user, seconds=IDLE_SECONDS - 100)

    dialog = page.get_by_role("alertdialog", name="まもなく画面をロックします")
    expect(dialog).to_be_visible()
    expect(page.get_by_role("button", name="作業を続ける")).to_be_focused()
    expect(dialog.locator("[data-idle-left]")).to_contain_text("1分")
    assert page.title() == f"あと2分 {title}"
    assert violations(page) == []
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="今ロックする")).to_be_focused()

    with page.expect_response("**/session/use/"):
        page.keyboard.press("Escape")

    expect(dialog).to_be_hidden()
    assert page.title() == title
    assert page.evaluate("document.activeElement !== document.body")
    wait_until(lambda: StaffSession.objects.get(user=desk.user).last_used_at > timezone.now() - timedelta(seconds=20))

    leave_alone(page, desk.user, seconds=IDLE_SECONDS - 100)
    expect(page.get_by_role("button", name="作業を続ける")).to_be_focused()
    with page.expect_response("**/session/use/"):
        page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    page.wait_for_load_state("networkidle")

    leave_alone(page, desk.user, seconds=IDLE_SECONDS - 100)
    expect(dialog).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="画面をロックしました")).to_be_visible()


def test_the_warning_is_spoken_four_times_and_no_more(at_desk: Office) -> None:
    desk = at_desk(Role.MAKER)
    page = desk.sit_down()
    page.clock.install()
    page.goto("/figures/")
    page.evaluate(
        """() => {
          window.spoken = [];
          const slot = document.querySelector("[data-idle-said]");
          new MutationObserver(() => slot.textContent && window.spoken.push(slot.textContent))
            .observe(slot, { childList: true });
        }"""
    )

    page.clock.run_for((IDLE_SECONDS - 121) * 1000)
    assert page.evaluate("window.spoken") == []
    page.clock.run_for(118 * 1000)

    assert page.evaluate("window.spoken") == [
        "あと2分で画面をロックします",
        "あと1分で画面をロックします",
        "あと30秒で画面をロックします",
        "あと10秒で画面をロックします",
    ]
    assert page.title().startswith("あと1分 ")
    # the page's clock has run ahead of the server, whose word counts
    page.clock.run_for(10 * 1000)
    expect(page.get_by_role("alertdialog")).to_be_hidden()
    assert not is_locked(desk.user)


def test_nobody_at_the_desk_means_a_locked_screen_with_the_input_kept(at_desk: Office) -> None:
    desk = at_desk(Role.MAKER)
    page = desk.sit_down()
    number = factories.my_number()
    half_filled(page, number)

    leave_alone(page, desk.user, seconds=IDLE_SECONDS + 5)

    expect(page.get_by_role("heading", name="画面をロックしました")).to_be_visible()
    assert Event.objects.get(action="accounts.session.locked").details == {"code": "idle"}
    unlock(page)
    expect(page.locator("[name=street]")).to_have_value("書きかけ町1-2-3")
    expect(page.locator("[name=number]")).to_have_value("")


def test_a_draft_that_meets_a_locked_screen_loses_nothing(at_desk: Office) -> None:
    desk = at_desk(Role.MAKER)
    page = desk.sit_down()
    page.clock.install()
    half_filled(page, factories.my_number())
    StaffSession.objects.filter(user=desk.user).update(locked_at=timezone.now())

    page.clock.run_for(31_000)

    expect(page.get_by_role("heading", name="画面をロックしました")).to_be_visible()
    unlock(page)
    expect(page.locator("[name=street]")).to_have_value("書きかけ町1-2-3")


def test_all_tabs_lock_together_and_each_goes_back_to_its_page(at_desk: Office) -> None:
    desk = at_desk(Role.MAKER)
    typing = desk.sit_down()
    half_filled(typing, factories.my_number())
    other = desk.context.new_page()
    other.goto("/figures/")

    other.get_by_role("button", name="席を離れる").click()

    for tab in (typing, other):
        expect(tab.get_by_role("heading", name="画面をロックしました")).to_be_visible()
    unlock(other)
    expect(other.get_by_role("heading", name="判定に使う基準額")).to_be_visible()
    expect(typing.locator("[name=street]")).to_have_value("書きかけ町1-2-3")


def test_going_on_in_one_tab_takes_the_warning_from_the_other(at_desk: Office) -> None:
    desk = at_desk(Role.MAKER)
    first = desk.sit_down()
    first.goto("/figures/")
    other = desk.context.new_page()
    other.goto("/applications/")

    leave_alone(first, desk.user, seconds=IDLE_SECONDS - 100)

    for tab in (first, other):
        expect(tab.get_by_role("alertdialog")).to_be_visible()
    other.get_by_role("button", name="作業を続ける").click()
    for tab in (first, other):
        expect(tab.get_by_role("alertdialog")).to_be_hidden()


def test_signing_out_in_one_tab_empties_the_other(at_desk: Office) -> None:
    desk = at_desk(Role.MAKER)
    first = desk.sit_down()
    first.goto("/figures/")
    other = desk.context.new_page()
    other.goto("/applications/")

    first.get_by_role("button", name="サインアウト").click()

    expect(other.get_by_role("heading", name="サインイン")).to_be_visible()


def test_another_persons_sign_in_at_the_locked_screen_does_not_bring_the_first_ones_input(at_desk: Office) -> None:
    desk = at_desk(Role.MAKER)
    page = desk.sit_down()
    half_filled(page, factories.my_number())
    page.get_by_role("button", name="席を離れる").click()

    page.get_by_role("button", name="別の利用者でサインイン").click()

    expect(page.get_by_role("heading", name="サインイン")).to_be_visible()
    desk.user, first = factories.staff_member(Role.MAKER), desk.user
    desk.sign_in()
    page.goto("/applications/new/")
    expect(page.locator("[name=street]")).to_have_value("")
    expect(page.get_by_text("ロックする前")).to_have_count(0)
    assert KeptInput.objects.filter(user=first).exists()


def test_without_scripts_a_form_sent_too_late_can_be_typed_again_from_a_list(at_desk: Office) -> None:
    desk = at_desk(Role.MAKER, scripts=False)
    page = desk.sit_down()
    number = factories.my_number()
    half_filled(page, number)
    StaffSession.objects.filter(user=desk.user).update(last_used_at=timezone.now() - timedelta(minutes=16))

    page.get_by_role("button", name="下書き保存").click()

    expect(page.get_by_role("heading", name="画面をロックしました")).to_be_visible()
    unlock(page)
    page.get_by_role("link", name="保管した入力を見る").click()
    expect(page.get_by_text("書きかけ町1-2-3")).to_be_visible()
    assert number not in digits_in(page.content())
    page.get_by_role("button", name="保管している入力を破棄する").click()
    assert not KeptInput.objects.exists()


def test_a_server_out_of_reach_leaves_nothing_to_be_read(at_desk: Office) -> None:
    desk = at_desk(Role.MAKER)
    page = desk.sit_down()
    half_filled(page, factories.my_number())
    desk.context.set_offline(True)

    page.get_by_role("button", name="席を離れる").click()

    expect(page.get_by_role("status")).to_contain_text("通信できないため")
    assert "書きかけ町" not in page.content()
    desk.problems.clear()  # the browser complains of the missing network, as it should
    desk.context.set_offline(False)
    expect(page.get_by_role("heading", name="画面をロックしました")).to_be_visible(timeout=15_000)
    unlock(page)
    expect(page.locator("[name=street]")).to_have_value("書きかけ町1-2-3")
    desk.problems.clear()


AFTER = [("席を離れる", "画面をロックしました"), ("サインアウト", "サインイン")]


@pytest.fixture(params=["as the other tests have it", "with pages held ready for the Back button"])
def browser(request: pytest.FixtureRequest, chromium: Browser) -> Iterator[Browser]:
    """A browser; Playwright's own is told to hold no pages ready."""
    if request.param.startswith("as"):
        yield chromium
        return
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    keeping = chromium.browser_type.launch(
        executable_path="/usr/bin/chromium",
        args=[*arguments, "--enable-features=CacheControlNoStoreEnterBackForwardCache"],
        ignore_default_args=["--disable-back-forward-cache"],
    )
    yield keeping
    keeping.close()


@pytest.mark.parametrize(("press", "heading"), AFTER)
def test_back_after_a_lock_or_a_sign_out_shows_nothing(
    press: str, heading: str, browser: Browser, server: str
) -> None:
    desk = Desk(browser, server, factories.staff_member(Role.MAKER))
    application = factories.submitted(desk.user, family_name="秘密", street="かくれ町1-2-3")
    page = desk.sit_down()
    page.goto("/figures/")
    page.goto(f"/applications/{application.pk}/")
    expect(page.get_by_text("かくれ町1-2-3")).to_be_visible()
    page.goto("/applications/")
    expect(page.get_by_role("heading", name="申請", exact=True)).to_be_visible()
    page.get_by_role("button", name=press).click()
    expect(page.get_by_role("heading", name=heading)).to_be_visible()

    for _press in range(2):
        page.go_back()

        expect(page.get_by_role("heading", name=heading)).to_be_visible()
        assert "かくれ町" not in page.content()
        assert "秘密" not in page.content()
    desk.leave()


def test_a_page_is_hidden_before_the_browser_can_hold_it_ready(at_desk: Office) -> None:
    desk = at_desk(Role.MAKER)
    page = desk.sit_down()
    page.goto("/figures/")

    page.evaluate("window.dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))")

    expect(page.locator("main")).to_be_hidden()
    with page.expect_navigation():
        page.evaluate("window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    expect(page.locator("main")).to_be_visible()


def test_after_a_long_absence_a_security_key_opens_the_screen(at_desk: Office, server: str) -> None:
    desk = at_desk(Role.MAKER)
    desk.address = server.replace("127.0.0.1", "localhost")
    page = desk.sit_down()
    cdp = plug_in(desk)
    page.goto(f"{desk.address}/account/keys/add/")
    page.get_by_role("button", name="キーを登録する").click()
    page.wait_for_url("**/account/")
    page.goto(f"{desk.address}/figures/")
    page.get_by_role("button", name="席を離れる").click()
    expect(page.get_by_role("heading", name="画面をロックしました")).to_be_visible()
    StaffSession.objects.filter(user=desk.user).update(locked_at=timezone.now() - timedelta(hours=2))
    page.reload()
    with_key = page.locator("form[data-security-key]")
    expect(page.get_by_label("確認コード")).to_be_visible()
    assert violations(page) == []

    with_key.get_by_label("パスワード").fill("kumo-kaze-hoshi-mori")
    with_key.get_by_role("button", name="セキュリティキーを使う").click()
    expect(with_key.get_by_role("alert")).to_contain_text("パスワードかセキュリティキーが違うか")
    with_key.get_by_label("パスワード").fill(factories.PASSWORD)
    with_key.get_by_role("button", name="セキュリティキーを使う").click()

    expect(page.get_by_role("heading", name="判定に使う基準額")).to_be_visible()
    assert not is_locked(desk.user)
    assert Event.objects.get(action="accounts.session.unlocked").details == {"code": "with_factor"}
    cdp.send("WebAuthn.disable")


def test_the_account_page_is_for_everybody(at_desk: Office) -> None:
    desk: Desk = at_desk(Role.MAKER)
    page = desk.sit_down()
    page.goto("/figures/")

    page.get_by_role("link", name="自分のアカウント").click()

    expect(page.get_by_role("heading", name="自分のアカウント")).to_be_visible()
    assert violations(page) == []
