"""Every address asks for a duty, and every duty leads somewhere."""

import ast
from typing import Any

import pytest

from accounts.roles import HANDBOOK
from config.access import ACCESS
from config.menu import ENTRIES
from tests.architecture.addresses import PAGES
from tests.architecture.sources import modules

GIVEN = {permission for duty in HANDBOOK.values() for permission in duty.permissions}


#: Addresses that may be asked for without a duty. A new one is not on it by mistake.
WITHOUT_A_DUTY = {
    "healthz",
    "accounts:sign-in",
    "accounts:code",
    "accounts:sign-in-key",
    "accounts:sign-in-recovery",
    "accounts:sign-in-enrol",
    "accounts:sign-out",
    "accounts:lock",
    "accounts:unlock",
    "accounts:unlock-key",
    "accounts:session-state",
    "accounts:session-use",
    "accounts:kept-input",
    "accounts:confirm",
    "accounts:confirm-key",
    "accounts:account",
    "accounts:session-end",
    "accounts:change-password",
    "accounts:factor-code",
    "accounts:factor-key-add",
    "accounts:factor-key-remove",
    "accounts:factor-recovery",
    "benefits:home",
    "benefits:relations",
}


def test_every_view_requires_a_permission_or_is_on_the_short_list() -> None:
    assert {name for name, access in ACCESS.items() if not access.permissions} == WITHOUT_A_DUTY


#: How the code asks whether somebody may: at all, and for what.
QUESTIONS = {"has_perm", "within_reach"}


def asked_for() -> set[str]:
    """Return every permission that the code names, whether for a view, a step or a question."""
    apps = ("benefits.", "accounts.", "mynumber.", "audit.")
    found = {
        permission for view, _arguments in PAGES.values() for permission in getattr(view, "required_permissions", ())
    }
    for tree in modules().values():
        for node in ast.walk(tree):
            is_question = (
                isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in QUESTIONS
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
    return found | {permission for entry in ENTRIES for permission in entry.permissions}


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

    assert set(entry.permissions) <= set(getattr(view, "required_permissions", entry.permissions))
    assert set(entry.section) <= set(PAGES)
