"""A person's own account: they see where they are signed in, and end what they do not know."""

import uuid
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts import actions
from accounts.models import StaffSession, User
from accounts.models.sessions import EndReason
from accounts.roles import Role
from audit.models import Event, Result
from tests.factories import signed_in, staff_member

pytestmark = pytest.mark.django_db

ACCOUNT = "/account/"


@pytest.fixture
def maker() -> User:
    return staff_member(Role.MAKER, name="見本 花子", office="CHUO", section="地域保健課")


@pytest.fixture
def desk(client: Client, maker: User) -> Client:
    return signed_in(client, maker)


def past(user: User, *, hours: int, client: str = "192.0.2.1", ended: bool = True) -> StaffSession:
    began = timezone.now() - timedelta(hours=hours)
    return StaffSession.objects.create(
        user=user,
        session_key=uuid.uuid4().hex,
        client=client,
        factor="codedevice",
        began_at=began,
        last_used_at=began,
        factor_used_at=began,
        ended_at=began + timedelta(hours=1) if ended else None,
        end_reason=EndReason.SIGNED_OUT if ended else "",
    )


def test_a_person_sees_who_they_are_and_how_far_their_duties_reach(desk: Client, maker: User) -> None:
    page = desk.get(ACCOUNT).content.decode()

    for word in ("見本 花子", maker.login_id, "地域保健課", maker.role_labels, "で受け付けたもの"):
        assert word in page
    for address in ("/account/password/", "/account/code/", "/account/keys/add/", "/account/recovery/"):
        assert f'href="{address}"' in page


def test_anybody_signed_in_has_the_page_and_nobody_else(client: Client) -> None:
    assert client.get(ACCOUNT)["Location"].startswith("/sign-in/")
    assert signed_in(client, staff_member()).get(ACCOUNT).status_code == 200


def test_a_person_sees_their_last_sign_ins_twenty_at_a_time(desk: Client, maker: User) -> None:
    for hours in range(2, 27):
        past(maker, hours=hours, client=f"192.0.2.{hours}")
    stranger = past(staff_member(), hours=1, client="198.51.100.9")

    first, second = desk.get(ACCOUNT).content.decode(), desk.get(f"{ACCOUNT}?page=2").content.decode()

    assert "192.0.2.20<" in first
    assert "192.0.2.26<" not in first
    assert "192.0.2.26<" in second
    assert "認証アプリの確認コード" in first
    assert "サインアウト" in first
    assert str(stranger.client) not in first + second


@pytest.mark.parametrize("page", ["0", "-1", "999999999", "x", "１", ""])
def test_a_page_that_is_not_there_is_no_error(page: str, desk: Client) -> None:
    assert desk.get(ACCOUNT, {"page": page}).status_code == 200


def test_a_person_ends_another_session_of_their_own(desk: Client, maker: User) -> None:
    elsewhere = signed_in(Client(), maker)
    other = StaffSession.objects.get(session_key=elsewhere.session.session_key)
    assert f"/account/sessions/{other.pk}/end/" in desk.get(ACCOUNT).content.decode()

    answer = desk.post(f"/account/sessions/{other.pk}/end/", follow=True)

    assert "ほかの端末のサインインを終了しました" in answer.content.decode()
    other.refresh_from_db()
    assert (other.end_reason, other.ended_by_id) == (EndReason.ENDED_BY_OWNER, maker.pk)
    assert "ほかの端末から、こちらのサインインを終了しました" in elsewhere.get("/", follow=True).content.decode()


def test_this_session_has_no_button_and_ending_it_is_signing_out(desk: Client) -> None:
    own = StaffSession.objects.get(session_key=desk.session.session_key)
    assert f"/account/sessions/{own.pk}/end/" not in desk.get(ACCOUNT).content.decode()

    desk.post(f"/account/sessions/{own.pk}/end/")

    assert desk.get("/figures/")["Location"].startswith("/sign-in/")


def test_a_session_that_is_over_is_left_as_it_is(desk: Client, maker: User) -> None:
    over = past(maker, hours=3)

    answer = desk.post(f"/account/sessions/{over.pk}/end/", follow=True)

    assert "すでに終了しています" in answer.content.decode()
    assert StaffSession.objects.get(pk=over.pk).end_reason == EndReason.SIGNED_OUT


@pytest.mark.parametrize("is_there", [True, False])
def test_another_persons_session_is_not_there_and_the_try_is_recorded(
    is_there: bool, desk: Client, maker: User
) -> None:
    theirs = past(staff_member(), hours=1, ended=False)
    wanted = theirs.pk if is_there else uuid.uuid4()

    answer = desk.post(f"/account/sessions/{wanted}/end/")

    assert answer.status_code == 404
    assert StaffSession.objects.get(pk=theirs.pk).ended_at is None
    entry = Event.objects.get(action=actions.SESSION_ENDED, result=Result.REFUSED)
    assert (entry.actor_id, entry.subject_id) == (maker.pk, str(wanted))


def test_ending_takes_a_post(desk: Client, maker: User) -> None:
    other = past(maker, hours=1, ended=False)

    assert desk.get(f"/account/sessions/{other.pk}/end/").status_code == 405


def test_whoever_has_one_factor_only_is_told_to_add_another(desk: Client) -> None:
    assert "確認手段が1つしかありません" in desk.get(ACCOUNT).content.decode()
