"""A password past its age: nothing goes on until there is a new one, in the browser and by keyboard alone (A2)."""

from contextlib import closing

import psycopg
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from accounts import actions
from accounts.roles import Role
from audit.models import Event
from tests import factories
from tests.journeys.conftest import Office
from tests.journeys.desk import fill
from tests.journeys.test_accessibility import WCAG

NEW = "totemo-nagai-aikotoba-kumo-to-tsuki"


def grow_old(login_id: str) -> None:
    """Let more than a year pass since the password was changed."""
    assert factories.owner is not None
    with closing(psycopg.connect(**factories.owner.as_psycopg(autocommit=True))) as own:
        own.execute(
            "UPDATE accounts_user SET password_changed_at = now() - interval '400 days' WHERE login_id = %s",
            [login_id],
        )


def test_a_password_past_its_age_is_changed_before_anything_else(at_desk: Office) -> None:
    desk = at_desk(Role.MAKER)
    page = desk.sit_down()
    page.goto("/applications/new/")
    fill(page, {"family_name": "見本"})
    grow_old(desk.user.login_id)

    # what was on its way is held up too, and nothing of it happens
    page.get_by_role("button", name="下書き保存").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("パスワード")
    page.goto("/applications/")
    expect(page).to_have_url(f"{desk.address}/account/password/")
    assert Axe().run(page, options={"runOnly": {"type": "tag", "values": WCAG}}).response["violations"] == []

    page.locator("[name=current]").focus()
    for typed in (factories.PASSWORD, "kyufu-kyufu-2026", "kyufu-kyufu-2026"):
        page.keyboard.insert_text(typed)
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".error-summary")).to_be_visible()
    for name, typed in (("current", factories.PASSWORD), ("new", NEW), ("repeat", NEW)):
        page.locator(f"[name={name}]").fill(typed)
    page.keyboard.press("Enter")

    expect(page.locator(".messages .banner")).to_be_visible()
    page.goto("/applications/")
    expect(page).to_have_url(f"{desk.address}/applications/")
    assert Event.objects.filter(action=actions.PASSWORD_CHANGED, actor_id=desk.user.pk).count() == 1
