"""The staff, each with their rights, are there to be seen and looked after by those whose duty it is (A1, V2, V7)."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import actions, attempts, rights, staff_list
from accounts.models import Attempts, Proposal, StaffSession, User
from accounts.models.rights import ProposalKind
from accounts.roles import HANDBOOK, Role
from audit.models import Event, Result
from tests.factories import signed_in, staff_member

pytestmark = pytest.mark.django_db


@pytest.fixture
def administrator(db: None) -> User:
    """Who looks after the staff."""
    return staff_member(Role.USER_ADMINISTRATOR)


@pytest.fixture
def desk(client: Client, administrator: User) -> Client:
    """A browser in which the administrator is signed in."""
    return signed_in(client, administrator)


def page_of(desk: Client, **conditions: str) -> str:
    return desk.get(reverse("accounts:staff"), conditions).content.decode()


def test_the_page_says_who_holds_which_role_and_what_each_may_do(desk: Client, administrator: User) -> None:
    maker = staff_member(Role.MAKER)

    page = page_of(desk)

    for somebody in (administrator, maker):
        assert somebody.login_id in page
        assert somebody.display_name in page
    for duty in HANDBOOK.values():
        assert str(duty.label) in page
        assert str(duty.sentence) in page
    assert maker.password not in page


def test_looking_at_the_staff_and_at_one_of_them_is_recorded(desk: Client, administrator: User) -> None:
    somebody = staff_member(Role.MAKER)

    page_of(desk)
    desk.get(reverse("accounts:person", args=[somebody.pk]))

    assert Event.objects.get(action=actions.STAFF_LISTED).actor_id == administrator.pk
    assert Event.objects.get(action=actions.STAFF_VIEWED).subject_id == str(somebody.pk)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.USER_ADMINISTRATOR])
@pytest.mark.parametrize(
    ("name", "arguments", "method"),
    [
        ("staff", 0, "get"),
        ("staff-new", 0, "post"),
        ("person", 1, "get"),
        ("person-grant", 1, "post"),
        ("person-move", 1, "post"),
        ("person-stop", 1, "post"),
        ("person-stop-now", 1, "post"),
        ("person-resume", 1, "post"),
        ("person-reset", 1, "post"),
        ("person-let-in", 1, "post"),
        ("person-compromised", 1, "post"),
        ("person-sessions-end", 1, "post"),
        ("proposals", 0, "get"),
    ],
)
def test_nobody_else_sees_or_changes_the_staff_and_the_attempt_is_recorded(
    name: str, arguments: int, method: str, role: Role, client: Client
) -> None:
    somebody = staff_member(role, office="CHUO")
    url = reverse(f"accounts:{name}", args=[somebody.pk] * arguments)

    answer = getattr(signed_in(client, somebody), method)(url)

    assert answer.status_code == 403
    entry = Event.objects.get(actor_id=somebody.pk)
    page = " ".join([f"accounts:{name}", *[str(somebody.pk)] * arguments])
    assert (entry.action, entry.result, entry.subject_id) == ("audit.page.refused", Result.REFUSED, page)


def test_the_page_costs_the_same_however_many_people_there_are(
    desk: Client, django_assert_max_num_queries: Any
) -> None:
    for _person in range(10):
        staff_member(Role.MAKER)

    with django_assert_max_num_queries(20):
        page_of(desk)


def test_the_list_is_narrowed_down_by_section_role_and_state(desk: Client, administrator: User) -> None:
    maker = staff_member(Role.MAKER, section="甲課", login_id="aa-maker")
    checker = staff_member(Role.CHECKER, section="乙課", login_id="bb-checker")
    rights.stop_now(checker, by=administrator, at=timezone.now(), reason="退職")
    Attempts.objects.create(
        counted_for=attempts._account(maker.login_id), tries=attempts.ACCOUNT.shut_after or 0, last_at=timezone.now()
    )
    rights.propose(ProposalKind.RESUME, by=administrator, at=timezone.now(), reason="戻った", user=checker)

    def shown(**conditions: str) -> set[str]:
        page = page_of(desk, **conditions)
        return {one.login_id for one in (maker, checker) if f">{one.login_id}</a>" in page}

    assert shown() == {"aa-maker", "bb-checker"}
    assert shown(section="甲課") == {"aa-maker"}
    assert shown(role="CHECKER") == {"bb-checker"}
    assert shown(state="active") == {"aa-maker"}
    assert shown(state="stopped") == {"bb-checker"}
    assert shown(state="shut") == {"aa-maker"}
    assert shown(state="waiting") == {"bb-checker"}
    assert shown(section="甲課", state="stopped") == set()


@pytest.mark.parametrize(
    "conditions",
    [{"section": "ない課"}, {"role": "KING"}, {"state": "x"}, {"after": "x"}, {"after": "a|b|c"}],
)
def test_conditions_that_can_not_be_are_answered_in_words(conditions: dict[str, str], desk: Client) -> None:
    assert desk.get(reverse("accounts:staff"), conditions).status_code == 200


def test_a_long_list_is_read_page_by_page_and_nobody_is_left_out(
    desk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staff_list, "PAGE", 3)
    everybody = {staff_member(section=f"{number % 2}課").login_id for number in range(8)}
    seen: list[str] = []
    url = reverse("accounts:staff")

    for _page in range(5):
        answer = desk.get(url)
        seen += [row.user.login_id for row in answer.context["page"].rows]
        if not answer.context["next_url"]:
            break
        url = reverse("accounts:staff") + answer.context["next_url"]

    assert everybody < set(seen)
    assert len(seen) == len(set(seen)) == User.objects.count()


def test_with_fewer_than_two_administrators_the_page_says_what_to_do(desk: Client) -> None:
    assert "利用者管理者が2人そろっていません" in page_of(desk)

    staff_member(Role.USER_ADMINISTRATOR)

    assert "利用者管理者が2人そろっていません" not in page_of(desk)


def test_an_unknown_person_is_not_found(desk: Client) -> None:
    for name in ("person", "person-grant", "person-move", "person-stop", "person-reset", "person-stop-now"):
        assert desk.get(reverse(f"accounts:{name}", args=[10**30])).status_code == 404
    for name in ("person-let-in", "person-compromised", "person-sessions-end"):
        assert desk.post(reverse(f"accounts:{name}", args=[987654321])).status_code == 404


def test_the_person_page_shows_rights_with_scope_reason_and_who_decided(desk: Client, administrator: User) -> None:
    other, about = staff_member(Role.USER_ADMINISTRATOR), staff_member()
    proposal = rights.propose(
        ProposalKind.GRANT,
        by=administrator,
        at=timezone.now(),
        user=about,
        role="INTAKE",
        office="CHUO",
        starts_on=timezone.localdate(),
        reason="窓口の増員",
        decision_number="総第12号",
    )
    url = reverse("accounts:person", args=[about.pk])
    assert "承認待ち" in desk.get(url).content.decode()

    rights.approve(proposal.pk, by=other, at=timezone.now())
    page = desk.get(url).content.decode()

    for words in ("保健所受付担当者", "窓口の増員", "総第12号", administrator.display_name, other.display_name):
        assert words in page


def test_one_s_own_page_offers_no_change(desk: Client, administrator: User) -> None:
    page = desk.get(reverse("accounts:person", args=[administrator.pk])).content.decode()

    assert "自分の権限は、自分では変えられません" in page
    assert reverse("accounts:person-grant", args=[administrator.pk]) not in page


def test_a_grant_is_proposed_on_its_form(desk: Client, administrator: User) -> None:
    about = staff_member(Role.AUDITOR)
    url = reverse("accounts:person-grant", args=[about.pk])
    assert "「監査担当」と兼ねることができません" in desk.get(url).content.decode()

    refused = desk.post(url, {"role": "MAKER", "starts_on": timezone.localdate().isoformat(), "reason": "異動"})
    assert "1人が兼ねることができません" in refused.content.decode()
    assert not Proposal.objects.exists()

    made = desk.post(url, {"role": "SECTION_HEAD", "starts_on": "2030-04-01", "ends_on": "R13.3.31", "reason": "昇任"})

    proposal = Proposal.objects.get()
    assert made["Location"] == reverse("accounts:proposal", args=[proposal.pk])
    assert (proposal.user, proposal.role, proposal.proposed_by) == (about, "SECTION_HEAD", administrator)
    assert str(proposal.ends_on) == "2031-03-31"


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"role": "MAKER"},
        {"role": "KING", "starts_on": "2030-01-01", "reason": "x"},
        {"role": "MAKER", "starts_on": "2030-02-31", "reason": "x"},
        {"role": "MAKER", "starts_on": "9" * 400, "reason": "x"},
        {"role": "MAKER", "starts_on": "2030-01-01", "reason": "\u200b\u202e"},
        {"role": "MAKER", "starts_on": "2030-01-01", "reason": "x" * 5000},
        {"role": "MAKER", "starts_on": "2030-01-01", "reason": "x", "network": "10.0.0.1/8"},
        {"role": "MAKER", "starts_on": "2030-01-01", "reason": "x", "office": "NOWHERE"},
        {"role": "INTAKE", "starts_on": "2030-01-01", "reason": "x"},
        {"role": "MAKER", "starts_on": "2001-01-01", "reason": "x"},
    ],
)
def test_a_form_filled_in_wrongly_is_answered_in_words(sent: dict[str, str], desk: Client) -> None:
    answer = desk.post(reverse("accounts:person-grant", args=[staff_member().pk]), sent)

    assert answer.status_code == 200
    assert "エラー: " in answer.content.decode()
    assert not Proposal.objects.exists()


def test_every_form_proposes_its_own_kind(desk: Client) -> None:
    about = staff_member(Role.MAKER, section="旧課")
    given = about.role_assignments.get()
    today = timezone.localdate().isoformat()
    forms: list[tuple[str, list[int], dict[str, str], ProposalKind]] = [
        ("staff-new", [], {"login_id": "shinjin", "display_name": "新人", "section": "甲課"}, ProposalKind.HIRE),
        ("person-right-end", [about.pk, given.pk], {"ends_on": today}, ProposalKind.END),
        ("person-move", [about.pk], {"display_name": "別姓", "section": ""}, ProposalKind.MOVE),
        ("person-stop", [about.pk], {"ends_on": today}, ProposalKind.STOP),
        ("person-reset", [about.pk], {"reset": "BOTH"}, ProposalKind.RESET),
    ]
    for name, arguments, sent, kind in forms:
        url = reverse(f"accounts:{name}", args=arguments)
        assert desk.get(url).status_code == 200
        assert desk.post(url, {**sent, "reason": "必要のため"}).status_code == 302, name
        assert Proposal.objects.filter(kind=kind, outcome="").count() == 1
        assert desk.post(url, {**sent, "reason": "必要のため"}).status_code == 200, f"{name} replayed"
        assert Proposal.objects.filter(kind=kind, outcome="").count() == 1


def test_a_right_is_ended_only_under_its_own_persons_address(desk: Client) -> None:
    one, other = staff_member(Role.MAKER), staff_member(Role.MAKER)

    answer = desk.get(reverse("accounts:person-right-end", args=[one.pk, other.role_assignments.get().pk]))

    assert answer.status_code == 404


def test_somebody_is_stopped_at_once_from_the_page(desk: Client) -> None:
    about = staff_member(Role.MAKER)
    theirs = signed_in(Client(), about)
    url = reverse("accounts:person-stop-now", args=[about.pk])

    assert desk.post(url, {"reason": ""}).status_code == 200
    assert User.objects.get(pk=about.pk).is_active
    desk.post(url, {"reason": "端末の紛失"})

    assert not User.objects.get(pk=about.pk).is_active
    assert theirs.get("/")["Location"].startswith("/sign-in/")


def test_sessions_are_ended_from_the_page(desk: Client) -> None:
    about = staff_member(Role.MAKER)
    signed_in(Client(), about)

    desk.post(reverse("accounts:person-sessions-end", args=[about.pk]))

    assert StaffSession.objects.get(user=about).end_reason == "ENDED_BY_ADMINISTRATOR"


def test_a_password_that_is_known_to_others_must_be_changed(desk: Client) -> None:
    about = staff_member(Role.MAKER)
    signed_in(Client(), about)

    desk.post(reverse("accounts:person-compromised", args=[about.pk]))

    assert User.objects.get(pk=about.pk).must_change_password == "COMPROMISED"
    assert StaffSession.objects.get(user=about).ended_at is not None


def test_letting_oneself_in_is_refused_from_the_page_too(desk: Client, administrator: User) -> None:
    answer = desk.post(reverse("accounts:person-let-in", args=[administrator.pk]), follow=True)

    assert "自分については行えません" in answer.content.decode()
    assert Event.objects.get(action=actions.PROPOSAL_REFUSED).details["code"] == "own_rights"


def test_changing_rights_asks_for_a_factor_used_lately(desk: Client, administrator: User) -> None:
    StaffSession.objects.filter(user=administrator).update(factor_used_at=timezone.now() - timedelta(hours=1))
    about = staff_member()

    answer = desk.post(reverse("accounts:person-stop-now", args=[about.pk]), {"reason": "x"})

    assert answer["Location"].startswith(reverse("accounts:confirm"))
    assert User.objects.get(pk=about.pk).is_active
