from playwright.sync_api import Page, expect


def test_the_door_opens_in_a_browser(page: Page) -> None:
    page.goto("/sign-in/")

    expect(page.locator("h1")).to_be_visible()
