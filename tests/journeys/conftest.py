"""Desks for the journeys, each cleared when its test is over."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser

from accounts.models import User
from accounts.roles import Role
from tests import factories
from tests.journeys.desk import Desk

Office = Callable[..., Desk]


@pytest.fixture
def at_desk(chromium: Browser, server: str) -> Iterator[Office]:
    """Seat somebody at a desk: ``at_desk(Role.MAKER)``, or a person who is there already."""
    desks: list[Desk] = []

    def seat(who: User | Role, *, name: str | None = None, scripts: bool = True, width: int = 1366) -> Desk:
        user = who if isinstance(who, User) else factories.staff_member(who, name=name)
        desks.append(Desk(chromium, server, user, scripts=scripts, width=width))
        return desks[-1]

    yield seat
    for desk in desks:
        desk.leave()
