"""V4: no violation of WCAG 2.2 AA that axe-core finds, on any screen in any state, and no page wider than a phone."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import connections
from playwright.sync_api import Page

from accounts.roles import Role
from tests import conftest, factories
from tests.journeys.conftest import Office
from tests.journeys.screens import NOT_SCREENS, SCREENS, Papers, named_addresses
from tests.sweeping import Sweeper

WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
REFLOW = {"width": 320, "height": 640}  # 1280 pixels at 400 %
DESK = {"width": 1366, "height": 768}


@pytest.fixture(scope="module")
def filled(
    office: conftest.Office, django_db_setup: None, django_db_blocker: Any, gunicorn: str
) -> Iterator[tuple[Papers, Sweeper]]:
    """An office with papers in every state, made once, and what brings it back to that."""
    with (
        django_db_blocker.unblock(),
        closing(Sweeper(office.superuser)) as empty,
        closing(Sweeper(office.superuser)) as full,
    ):
        empty.remember()
        papers = Papers(factories.staff_member(Role.MAKER), factories.staff_member(Role.CHECKER))
        factories.everybody_stays()
        full.remember()
        yield papers, full
        connections.close_all()
        empty.sweep()


@pytest.fixture
def papers(filled: tuple[Papers, Sweeper]) -> Iterator[Papers]:
    """The papers as they were made, whatever was done with them for the role before."""
    papers, full = filled
    yield papers
    connections.close_all()
    full.sweep()


@pytest.fixture
def server(papers: Papers, gunicorn: str) -> str:
    """The address of the served product, in which the papers are."""
    return gunicorn


def test_every_address_is_a_screen_here_or_known_not_to_be_one() -> None:
    visited = {screen.address for screen in SCREENS}

    assert named_addresses() - visited - NOT_SCREENS == set()
    assert named_addresses() >= NOT_SCREENS


@pytest.mark.parametrize("role", [None, *Role], ids=lambda role: role or "nobody")
def test_every_screen_is_for_everybody(at_desk: Office, papers: Papers, role: Role | None) -> None:
    user = {Role.MAKER: papers.maker, Role.CHECKER: papers.checker}.get(role) if role else None
    desk = at_desk(user or role or Role.MAKER)
    if role:
        desk.sit_down()
    wrong: list[str] = []
    titles: dict[str, set[str]] = defaultdict(set)

    for screen in (one for one in SCREENS if one.role == role):
        desk.page.set_viewport_size(DESK)
        screen.show(desk, papers)
        titles[desk.page.title().removeprefix("エラー: ")].add(screen.address)
        wrong += [f"{screen}: {one}" for one in _violations(desk.page)]
        desk.page.set_viewport_size(REFLOW)
        wrong += [f"{screen}: {one}" for one in _too_wide(desk.page)]
        has_errors = desk.page.locator(".error-summary").count() > 0
        if has_errors != desk.page.title().startswith("エラー: "):
            wrong.append(f"{screen}: the title does not say whether something is wrong")

    assert not wrong, "\n" + "\n".join(wrong)
    assert {title: addresses for title, addresses in titles.items() if len(addresses) > 1} == {}


def _violations(page: Page) -> list[str]:
    # as tall as it is: what the bar at the foot of the window covers for now is not what is asked
    page.set_viewport_size({**DESK, "height": max(DESK["height"], page.evaluate("document.body.scrollHeight"))})
    options = {"runOnly": {"type": "tag", "values": WCAG}, "resultTypes": ["violations"]}
    found = Axe().run(page, options=options).response["violations"]
    return [
        f"{violation['id']} ({violation['help']}) at {node['target']}: {node['failureSummary']}"
        for violation in found
        for node in violation["nodes"][:3]
    ]


def _too_wide(page: Page) -> list[str]:
    """Return what sticks out when the page is 320 pixels wide; a table may scroll in its own frame."""
    width = page.evaluate("document.documentElement.scrollWidth")
    if width <= REFLOW["width"]:
        return []
    culprits = page.evaluate(
        """() => [...document.querySelectorAll("body *")]
          .filter((one) => one.getBoundingClientRect().right > 321 && !one.closest(".table-frame, .visually-hidden"))
          .slice(0, 3).map((one) => one.tagName + "." + one.className)"""
    )
    return [f"{width} pixels wide: {culprits}"]
