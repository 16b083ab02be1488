"""Every address asks for a duty, and every duty leads somewhere."""

import ast
from typing import Any

import pytest

from accounts.roles import HANDBOOK
from config.menu import ENTRIES
from tests.architecture.sources import modules
from tests.benefits.test_views_access import FOR_ALL_STAFF, PAGES, PUBLIC

GIVEN = {permission for duty in HANDBOOK.values() for permission in duty.permissions}


@pytest.mark.parametrize("name", sorted(PAGES))
def test_every_view_requires_a_permission_or_is_on_the_short_list(name: str) -> None:
    view: Any = PAGES[name][0]
    required = getattr(view, "required_permissions", ())

    assert bool(required) is not (name in PUBLIC | FOR_ALL_STAFF)
    assert (getattr(view, "login_required", True) is False) is (name in PUBLIC)


def test_the_short_lists_hold_nothing_that_is_not_there() -> None:
    assert set(PAGES) >= PUBLIC | FOR_ALL_STAFF


def asked_for() -> set[str]:
    """Return every permission that the code names, whether for a view, a step or a question."""
    apps = ("benefits.", "accounts.", "mynumber.", "audit.")
    found = {
        permission for view, _arguments in PAGES.values() for permission in getattr(view, "required_permissions", ())
    }
    for tree in modules().values():
        for node in ast.walk(tree):
            is_question = (
                isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "has_perm"
            )
            values = (
                node.args
                if is_question
                else [node.value]
                if isinstance(node, ast.keyword) and node.arg == "permission"
                else []
            )  # type: ignore[attr-defined]
            found |= {
                value.value
                for value in values
                if isinstance(value, ast.Constant) and isinstance(value.value, str) and value.value.startswith(apps)
            }
    return found | {entry.permission for entry in ENTRIES}


def test_every_permission_that_is_asked_for_is_given_by_a_role() -> None:
    assert asked_for() - GIVEN == set()


def test_every_permission_that_a_role_gives_is_asked_for() -> None:
    constants = {
        node.value
        for tree in modules().values()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }

    assert asked_for() | constants >= GIVEN
    assert len(asked_for()) > 5


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.url_name)
def test_every_line_of_the_menu_asks_for_what_its_page_asks_for(entry: Any) -> None:
    view = PAGES[entry.url_name][0]

    assert entry.permission in getattr(view, "required_permissions", (entry.permission,))
    assert set(entry.section) <= set(PAGES)
