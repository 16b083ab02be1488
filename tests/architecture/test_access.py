"""Every address, every role, every method: who gets in stands in one table, and the gates agree with it (A1, V7)."""

from http import HTTPStatus
from http.cookies import SimpleCookie
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction
from django.test import Client
from django.urls import reverse

from accounts.models import User
from accounts.roles import HANDBOOK, Role
from audit import actions
from audit.models import Event, Result
from config.access import ACCESS
from tests.architecture.addresses import PAGES, PUBLIC, Papers
from tests.factories import signed_in, staff_member

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")


@pytest.fixture
def papers(db: None) -> Papers:
    return Papers(staff_member(Role.MAKER), staff_member(Role.CHECKER))


def test_every_address_is_in_the_table_and_every_row_is_an_address() -> None:
    assert set(PAGES) == set(ACCESS)


@pytest.mark.parametrize("name", sorted(PAGES))
def test_the_gate_at_the_view_says_what_the_table_says(name: str) -> None:
    view, access = PAGES[name][0], ACCESS[name]

    assert set(getattr(view, "required_permissions", ())) == access.permissions
    assert (getattr(view, "login_required", True) is False) is access.is_public


def test_every_permission_in_the_table_is_given_by_a_role_and_every_role_gets_in_somewhere() -> None:
    given = {permission for duty in HANDBOOK.values() for permission in duty.permissions}

    assert {permission for access in ACCESS.values() for permission in access.permissions} <= given
    for role in Role:
        assert any(access.permissions and access.lets_in(role) for access in ACCESS.values()), role


#: The status, and how many refusals the gate has recorded.
Answer = tuple[int, int]


def answers_of(somebody: User, papers: Papers, *, role: Role | None = None) -> dict[tuple[str, str], Answer]:
    """Return what every address answers; all that it does is undone.

    To every method by somebody without a duty; by a role to those methods that an address has. A method that it does
    not have is refused before anybody asks who it is, which the first shows.
    """
    client = signed_in(Client(raise_request_exception=False), somebody)
    key, found = client.cookies[settings.SESSION_COOKIE_NAME].value, {}
    before = refusals_of(somebody)
    for name in sorted(PAGES):
        address = papers.address(name)
        for method in METHODS if role is None else sorted(ACCESS[name].methods):
            # whatever the one before did to the session is undone, so its key is the first one's again
            client.cookies = SimpleCookie({settings.SESSION_COOKIE_NAME: key})
            # no block of atomic(): what a page does in a transaction of its own must stay the outermost
            start = transaction.savepoint()
            answer = client.generic(method, address)
            found[name, method] = (answer.status_code, refusals_of(somebody) - before)
            transaction.savepoint_rollback(start)
    assert refusals_of(somebody) == before
    return found


def refusals_of(somebody: User) -> int:
    return Event.objects.filter(actor_id=somebody.pk, action=actions.PAGE_REFUSED, result=Result.REFUSED).count()


def wrong_for(role: Role | None, found: dict[tuple[str, str], Answer]) -> dict[str, Answer]:
    """Return the answers that the table does not foretell."""
    wrong = {}
    for (name, method), (status, refused) in found.items():
        access = ACCESS[name]
        gets_in = access.is_public or access.is_for_all_staff if role is None else access.lets_in(role)
        if method not in access.methods:
            is_right = (status, refused) == (HTTPStatus.METHOD_NOT_ALLOWED, 0)
        elif gets_in:
            # a 403 without an entry of the gate is the page's own answer: to a security key that does not fit
            is_right = refused == 0 and status < 500 and status != HTTPStatus.METHOD_NOT_ALLOWED
        else:
            is_right = (status, refused) == (HTTPStatus.FORBIDDEN, 1)
        if not is_right:
            wrong[f"{method} {name}"] = (status, refused)
    return wrong


@pytest.mark.parametrize("role", Role)
def test_every_address_answers_every_method_for_a_role_as_the_table_says(role: Role, papers: Papers) -> None:
    office = "CHUO" if HANDBOOK[role].needs_office else ""

    assert wrong_for(role, answers_of(staff_member(role, office=office), papers, role=role)) == {}


def test_somebody_without_a_duty_gets_what_is_for_everybody_and_nothing_else(papers: Papers) -> None:
    assert wrong_for(None, answers_of(staff_member(), papers)) == {}


@pytest.mark.parametrize("method", METHODS)
def test_nobody_gets_anything_without_signing_in_whatever_the_method(method: str, papers: Papers) -> None:
    answers = {name: Client().generic(method, papers.address(name)) for name in sorted(set(PAGES) - PUBLIC)}

    let_in = {name: answer.status_code for name, answer in answers.items() if not is_sent_away(answer)}
    assert let_in == {}


def is_sent_away(answer: Any) -> bool:
    leads_to = answer.get("Location", "").startswith(reverse("accounts:sign-in"))
    return bool(answer.status_code == HTTPStatus.FOUND and leads_to) or answer.status_code == HTTPStatus.UNAUTHORIZED


@pytest.mark.parametrize("method", METHODS)
def test_what_is_public_answers_its_own_methods_only(method: str, db: None) -> None:
    for name in sorted(PUBLIC):
        status = Client().generic(method, reverse(name)).status_code
        assert (status == HTTPStatus.METHOD_NOT_ALLOWED) is (method not in ACCESS[name].methods), (name, status)
