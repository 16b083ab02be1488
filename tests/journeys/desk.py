"""A member of staff at a desk: a browser window of their own, and what a hand does in it."""

import re
from typing import Any

from django.test import Client
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from accounts import one_time_codes
from accounts.models import User
from tests import factories

#: What a browser says when a page is refused on purpose; everything else that it complains of is a fault.
_REFUSED_ON_PURPOSE = re.compile(r"Failed to load resource: the server responded with a status of 4\d\d")

WHAT_IS_STORED = """async () => {
  const stored = [...Object.keys(sessionStorage), ...Object.keys(localStorage), document.cookie];
  stored.push(...(await indexedDB.databases()).map((one) => one.name));
  if (window.isSecureContext) stored.push(...await caches.keys());
  return stored.filter((one) => one);
}"""


class Desk:
    """One person's browser context. ``leave`` fails when a page complained, or put anything into the browser."""

    def __init__(
        self, browser: Browser, address: str, user: User, *, scripts: bool = True, width: int = 1366, height: int = 768
    ) -> None:
        self.address = address
        self.user = user
        self.scripts = scripts
        self.problems: list[str] = []
        self.context = browser.new_context(
            base_url=address,
            locale="ja-JP",
            timezone_id="Asia/Tokyo",
            viewport={"width": width, "height": height},
            java_script_enabled=scripts,
        )
        self.context.set_default_timeout(10_000)
        self.context.on("console", self._listen)
        self.context.on("weberror", lambda error: self.problems.append(str(error.error)))
        self.page: Page = self.context.new_page()

    def sign_in(self) -> Page:
        """Sign in as a person does: id and password, then the code that the authenticator shows."""
        self.page.goto("/sign-in/")
        self.page.get_by_label("利用者ID").fill(self.user.login_id)
        self.page.get_by_label("パスワード").fill(factories.PASSWORD)
        self.page.get_by_role("button", name="次へ").click()
        self.page.get_by_label("確認コード").fill(self.code())
        self.page.get_by_role("button", name="サインイン").click()
        expect(self.page.get_by_role("button", name="席を離れる")).to_be_visible()
        return self.page

    def sit_down(self) -> Page:
        """Take a session that was begun elsewhere, where signing in is not what a test is about."""
        cookie = factories.signed_in(Client(), self.user).cookies["kyufu-session"]
        self.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": self.address, "httpOnly": True}])
        return self.page

    def code(self) -> str:
        """Return the next one-time code that this person has not used."""
        code, wait = one_time_codes.next_usable(self.user)
        return code if wait == 0 else factories.fresh_code(self.user)

    def leave(self) -> None:
        """Close the window, and say what was wrong with it."""
        stored = [
            f"{page.url} keeps {one}"
            for page in self.context.pages
            if page.url.startswith("http")
            for one in page.evaluate(WHAT_IS_STORED)
        ]
        self.context.close()
        assert self.problems == []
        assert stored == []

    def _listen(self, line: ConsoleMessage) -> None:
        if line.type in {"error", "warning"} and not _REFUSED_ON_PURPOSE.match(line.text):
            self.problems.append(f"{line.type}: {line.text}")


def fill(page: Page, entry: dict[str, Any]) -> None:
    """Put ``entry`` into the boxes of the form on the page, whatever kind of control each one is."""
    for name, value in entry.items():
        for each in value if isinstance(value, list) else [value]:
            control = page.locator(f"[name='{name}']").first
            kind = control.evaluate("(control) => control.type")
            if kind in {"radio", "checkbox"}:
                page.locator(f"[name='{name}'][value='{each}']").check()
            elif kind.startswith("select"):
                control.select_option(each)
            else:
                control.fill(each)


def typed(page: Page) -> dict[str, list[str]]:
    """Return what stands in the boxes of the entry form, as it would be sent."""
    found: dict[str, list[str]] = page.locator("form.entry").evaluate(
        """(form) => {
          const data = new FormData(form), found = {};
          for (const name of data.keys()) found[name] = data.getAll(name);
          return found;
        }"""
    )
    return {name: values for name, values in found.items() if name not in {"csrfmiddlewaretoken", "revision"}}


def tick_everything(page: Page) -> int:
    """Tick each row of a comparison and return how many there were."""
    boxes = page.locator("input[name=checked]")
    for box in boxes.all():
        box.check()
    return boxes.count()


def digits_in(text: str) -> str:
    """Return only the digits, so that no way of grouping them hides a number."""
    return re.sub(r"\D", "", text)
