"""Numbers are shown only to somebody whose right holds today, and who sits in the number-use network (A1, A3)."""

from datetime import timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import RoleAssignment, User
from accounts.roles import Role
from audit import actions as audit_actions, origin
from audit.models import Event, Result
from mynumber import actions
from tests.factories import approved, fresh_code, my_number, signed_in, staff_member
from tests.rights import give, suspend

pytestmark = pytest.mark.django_db

SEGMENT, OUTSIDE = "10.20.30.40", "203.0.113.9"


@pytest.fixture(autouse=True)
def networks(settings: Any) -> None:
    settings.KYUFU_NUMBER_NETWORKS = ("10.20.0.0/16", "2001:db8:20::/48")


@pytest.fixture
def address() -> str:
    """The page that shows the number of somebody who has one."""
    person = approved(staff_member(Role.MAKER), staff_member(Role.CHECKER), number=my_number()).person_id
    return reverse("benefits:number", args=[person])


def page_at(address: str) -> str:
    """Return what the record calls the page: its name and whose it is."""
    return f"benefits:number {address.split('/')[2]}"


def ask(viewer: User, address: str, client: str = SEGMENT, **headers: Any) -> HttpResponse:
    browser = signed_in(Client(REMOTE_ADDR=client), viewer)
    return browser.get(address, headers=headers)  # type: ignore[return-value]


def refusals_of(viewer: User) -> list[tuple[str | None, str]]:
    """Return from where the gate turned ``viewer`` away, and from what."""
    entries = Event.objects.filter(actor_id=viewer.pk, action=audit_actions.PAGE_REFUSED, result=Result.REFUSED)
    return [(entry.client, entry.subject_id) for entry in entries]


@pytest.mark.parametrize("client", [SEGMENT, "10.20.255.255", "2001:db8:20::7"])
def test_a_viewer_in_the_number_use_network_gets_the_page(client: str, address: str) -> None:
    viewer = staff_member(Role.NUMBER_VIEWER)

    assert ask(viewer, address, client).status_code == 200
    assert refusals_of(viewer) == []


@pytest.mark.parametrize("client", [OUTSIDE, "10.21.0.1", "127.0.0.1", "2001:db8:21::7", "::ffff:10.20.30.40"])
def test_a_viewer_elsewhere_is_refused_and_the_attempt_is_on_record(client: str, address: str) -> None:
    viewer = staff_member(Role.NUMBER_VIEWER)

    answer = ask(viewer, address, client)

    assert answer.status_code == 403
    ((where, what),) = refusals_of(viewer)
    assert what == page_at(address)
    assert where == client or client.startswith("::ffff")


def test_a_viewer_elsewhere_has_none_of_the_duty_while_other_duties_go_on(address: str) -> None:
    viewer = give(staff_member(Role.NUMBER_VIEWER), Role.ISSUER)
    browser = signed_in(Client(REMOTE_ADDR=OUTSIDE), viewer)

    page = browser.get(address.removesuffix("number/"))

    assert page.status_code == 200
    assert address not in page.content.decode()
    assert browser.get(address).status_code == 403


def test_a_page_that_was_opened_inside_shows_nothing_when_it_is_sent_from_outside(address: str) -> None:
    viewer = staff_member(Role.NUMBER_VIEWER)
    browser = signed_in(Client(), viewer)
    assert browser.get(address, REMOTE_ADDR=SEGMENT).status_code == 200
    typed = {"purpose": "APPLICATION_REVIEW", "reason": "照会への回答のため", "code": fresh_code(viewer)}

    answer = browser.post(address, typed, REMOTE_ADDR=OUTSIDE)

    assert answer.status_code == 403
    assert not Event.objects.filter(action=actions.REVEALED).exists()
    assert refusals_of(viewer) == [(OUTSIDE, page_at(address))]


# ── behind a proxy ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("proxies", "passed", "is_inside"),
    [
        (1, SEGMENT, True),
        (1, OUTSIDE, False),
        # what stands further left was written by whoever sent the request
        (1, f"{SEGMENT}, {OUTSIDE}", False),
        (1, f"{SEGMENT}, {SEGMENT}, {OUTSIDE}", False),
        (1, f"{OUTSIDE}, {SEGMENT}", True),
        (2, f"{OUTSIDE}, {SEGMENT}, 10.0.0.1", True),
        (2, f"{SEGMENT}, {OUTSIDE}, {SEGMENT}", False),
        # past the proxies, or fewer of them than there are
        (1, "", False),
        (2, SEGMENT, False),
        (1, "unknown", False),
        (1, f"{SEGMENT}:443", False),
    ],
)
def test_behind_proxies_the_address_that_the_outermost_of_ours_saw_counts(
    proxies: int, passed: str, is_inside: bool, address: str, settings: Any
) -> None:
    settings.KYUFU_PROXIES = proxies
    viewer = staff_member(Role.NUMBER_VIEWER)

    answer = ask(viewer, address, "10.20.0.1", **({"X-Forwarded-For": passed} if passed else {}))

    assert (answer.status_code == 200) is is_inside
    assert answer.status_code in {200, 403}
    assert len(refusals_of(viewer)) == (0 if is_inside else 1)


def test_without_proxies_nobody_writes_where_they_come_from(address: str) -> None:
    viewer = staff_member(Role.NUMBER_VIEWER)

    assert ask(viewer, address, OUTSIDE, **{"X-Forwarded-For": SEGMENT}).status_code == 403
    assert refusals_of(viewer) == [(OUTSIDE, page_at(address))]


# ── a right that does not hold ───────────────────────────────────────────────────────────────────────────────────


def test_a_right_for_a_narrower_network_holds_there_alone(address: str) -> None:
    viewer = staff_member(Role.NUMBER_VIEWER, network="10.20.30.0/24")

    assert ask(viewer, address, SEGMENT).status_code == 200
    assert ask(viewer, address, "10.20.31.1").status_code == 403


def test_another_duty_can_be_limited_to_a_network_too() -> None:
    maker = staff_member(Role.MAKER, network="192.0.2.0/24")

    assert ask(maker, reverse("benefits:applications"), "192.0.2.1").status_code == 200
    assert ask(maker, reverse("benefits:applications"), SEGMENT).status_code == 403


@pytest.mark.parametrize(
    ("starts", "ends", "holds"), [(-1, None, True), (0, 0, True), (1, None, False), (-9, -1, False)]
)
def test_a_right_holds_from_its_first_to_its_last_day(
    starts: int, ends: int | None, holds: bool, address: str
) -> None:
    today = timezone.localdate()
    viewer = give(
        staff_member(),
        Role.NUMBER_VIEWER,
        starts_on=today + timedelta(starts),
        ends_on=None if ends is None else today + timedelta(ends),
    )

    assert ask(viewer, address).status_code == (200 if holds else 403)
    assert len(refusals_of(viewer)) == (0 if holds else 1)


def test_a_suspended_right_is_none(address: str) -> None:
    viewer = suspend(staff_member(Role.NUMBER_VIEWER))

    assert ask(viewer, address).status_code == 403
    assert len(refusals_of(viewer)) == 1


@pytest.mark.parametrize(("ended", "holds"), [(-1, False), (0, True), (1, True)])
def test_a_right_that_was_ended_holds_until_the_end_of_its_last_day(ended: int, holds: bool) -> None:
    today = timezone.localdate()
    given = RoleAssignment(role=Role.NUMBER_VIEWER, starts_on=today - timedelta(9), ended_on=today + timedelta(ended))

    assert given.is_current(on=today) is holds


def test_a_command_that_serves_nobody_has_no_address_to_ask_for() -> None:
    given = RoleAssignment(role=Role.NUMBER_VIEWER, starts_on=timezone.localdate())

    assert given.is_in_force(on=timezone.localdate())
    with origin.requested_from(origin.Origin(client=origin.UNKNOWN)):
        assert not given.is_in_force(on=timezone.localdate())
