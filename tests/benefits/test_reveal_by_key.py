"""A security key stands in for the code on the page of one number, once, for a short while (A2, A3)."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import StaffSession, User
from accounts.roles import Role
from audit.models import Event
from mynumber import actions
from mynumber.purposes import Purpose
from tests.factories import approved, signed_in, staff_member
from tests.racing import together

pytestmark = pytest.mark.django_db(transaction=True)

WHY = {
    "purpose": Purpose.COMPARISON.value,
    "reason": "窓口に持参された写しと登録済みの番号とを照合するため",
    "has_scripts": "1",
}


@pytest.fixture
def viewer(db: None) -> User:
    return staff_member(Role.NUMBER_VIEWER)


@pytest.fixture
def page(db: None) -> str:
    """The address of somebody's number."""
    application = approved(staff_member(Role.MAKER), staff_member(Role.CHECKER))
    return reverse("benefits:number", args=[application.person_id])


def key_used(viewer: User, page: str, *, seconds_ago: int = 1) -> None:
    """Let a security key of the viewer's have answered for ``page``."""
    moment = timezone.now() - timedelta(seconds=seconds_ago)
    StaffSession.objects.filter(user=viewer).update(key_used_for=page, key_used_at=moment)


def is_shown(answer: Any) -> bool:
    return "data-reveal-digits" in answer.content.decode()


def test_a_key_used_for_the_page_shows_the_number_once_on_record(viewer: User, page: str) -> None:
    client = signed_in(Client(), viewer)
    key_used(viewer, page)
    assert 'name="code"' not in client.get(page).content.decode()

    assert is_shown(client.post(page, WHY))

    assert Event.objects.filter(action=actions.REVEALED, actor_id=viewer.pk).count() == 1
    again = client.post(page, WHY)
    assert not is_shown(again)
    assert 'name="code"' in again.content.decode()


@pytest.mark.parametrize(("other_page", "seconds_ago"), [("/people/", 1), (None, 121)])
def test_a_key_used_elsewhere_or_long_ago_shows_nothing(
    other_page: str | None, seconds_ago: int, viewer: User, page: str
) -> None:
    client = signed_in(Client(), viewer)
    key_used(viewer, other_page or page, seconds_ago=seconds_ago)

    assert not is_shown(client.post(page, WHY))
    assert not Event.objects.filter(action=actions.REVEALED).exists()


def test_a_colleagues_key_shows_nothing(viewer: User, page: str) -> None:
    colleague = staff_member(Role.NUMBER_VIEWER)
    signed_in(Client(), colleague)
    key_used(colleague, page)

    assert not is_shown(signed_in(Client(), viewer).post(page, WHY))


def test_what_is_wrong_with_the_form_uses_up_no_key(viewer: User, page: str) -> None:
    client = signed_in(Client(), viewer)
    key_used(viewer, page)

    assert not is_shown(client.post(page, {**WHY, "reason": ""}))
    assert is_shown(client.post(page, WHY))


def test_of_two_requests_with_one_use_of_a_key_one_is_shown_the_number(viewer: User, page: str) -> None:
    client = signed_in(Client(), viewer)
    key_used(viewer, page)

    def ask() -> bool:
        own = Client()
        own.cookies = client.cookies.copy()
        return is_shown(own.post(page, WHY))

    assert sorted(together(ask, ask)) == [False, True]
    assert Event.objects.filter(action=actions.REVEALED, actor_id=viewer.pk).count() == 1
