import re

from playwright.sync_api import Page, expect


def test_the_front_door_opens_in_a_browser_under_the_strict_policy(page: Page) -> None:
    page.goto("/")

    expect(page).to_have_url(re.compile("/sign-in/"))
    expect(page.locator("h1")).to_be_visible()
