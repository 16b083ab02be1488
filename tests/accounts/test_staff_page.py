"""Who holds which role is there to be reviewed, by those whose duty it is (A1, V2, V7)."""

import pytest
from django.test import Client

from accounts import actions
from accounts.roles import HANDBOOK, Role
from audit.models import Event, Result
from tests.factories import signed_in, staff_member

pytestmark = pytest.mark.django_db


def test_the_page_says_who_holds_which_role_and_what_each_may_do(client: Client) -> None:
    administrator, maker = staff_member(Role.USER_ADMINISTRATOR), staff_member(Role.MAKER)
    signed_in(client, administrator)

    page = client.get("/staff/").content.decode()

    for somebody in (administrator, maker):
        assert somebody.login_id in page
        assert somebody.display_name in page
    for duty in HANDBOOK.values():
        assert str(duty.label) in page
        assert str(duty.sentence) in page
    assert maker.password not in page


def test_looking_at_the_staff_is_recorded(client: Client) -> None:
    administrator = staff_member(Role.USER_ADMINISTRATOR)

    signed_in(client, administrator).get("/staff/")

    entry = Event.objects.get(action=actions.STAFF_LISTED)
    assert entry.actor_id == administrator.pk


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.USER_ADMINISTRATOR])
def test_nobody_else_sees_the_staff_and_the_attempt_is_recorded(role: Role, client: Client) -> None:
    somebody = staff_member(role)

    assert signed_in(client, somebody).get("/staff/").status_code == 403

    entry = Event.objects.get(actor_id=somebody.pk)
    assert (entry.result, entry.subject_id) == (Result.REFUSED, "/staff/")


def test_the_page_costs_the_same_however_many_people_there_are(
    client: Client, django_assert_max_num_queries: object
) -> None:
    signed_in(client, staff_member(Role.USER_ADMINISTRATOR))
    for _person in range(10):
        staff_member(Role.MAKER)

    with django_assert_max_num_queries(10):  # type: ignore[operator]
        client.get("/staff/")
