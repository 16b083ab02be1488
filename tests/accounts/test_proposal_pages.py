"""What one proposes the other decides on a page that says what would change, and each prints one slip (A1, A2)."""

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import actions, one_time_codes, rights, slips
from accounts.models import Proposal, User
from accounts.models.rights import ProposalKind
from accounts.roles import Role
from audit import journal
from audit.models import Event, Result
from tests.factories import signed_in, staff_member

pytestmark = pytest.mark.django_db


@pytest.fixture
def one(db: None) -> User:
    """Who proposes."""
    return staff_member(Role.USER_ADMINISTRATOR, name="申請 花子")


@pytest.fixture
def other(db: None) -> User:
    """Who decides."""
    return staff_member(Role.USER_ADMINISTRATOR, name="承認 次郎")


@pytest.fixture
def grant(one: User) -> Proposal:
    """A duty that waits to be given."""
    return propose(
        ProposalKind.GRANT, one, user=staff_member(name="対象 三郎"), role="MAKER", starts_on=timezone.localdate()
    )


def propose(kind: ProposalKind, by: User, **parts: Any) -> Proposal:
    return rights.propose(kind, by=by, at=timezone.now(), reason="人事異動のため", **parts)


def at(user: User) -> Client:
    return signed_in(Client(), user)


def url(name: str, proposal: Proposal) -> str:
    return reverse(f"accounts:{name}", args=[proposal.pk])


def text(answer: Any) -> str:
    return str(answer.content.decode())


def test_the_list_and_the_page_say_what_would_change_and_who_may_decide(
    grant: Proposal, one: User, other: User
) -> None:
    for desk, decides in ((at(one), False), (at(other), True)):
        listed, page = text(desk.get(reverse("accounts:proposals"))), text(desk.get(url("proposal", grant)))
        assert "対象 三郎" in listed
        assert "役割の付与：入力担当者" in listed
        for words in ("対象 三郎", "申請 花子", "人事異動のため", "変更前", "変更後", "入力担当者"):
            assert words in page
        assert (url("proposal-approve", grant) in page) is decides
        assert (url("proposal-reject", grant) in page) is decides
        assert (url("proposal-withdraw", grant) in page) is not decides
    assert "自分が出した申請は、自分では承認も却下もできません" in text(at(one).get(url("proposal", grant)))


def test_with_nothing_proposed_the_list_says_so(one: User) -> None:
    assert "承認を待っている申請はありません" in text(at(one).get(reverse("accounts:proposals")))


def test_a_proposal_is_approved_once_and_its_form_sent_again_changes_nothing(grant: Proposal, other: User) -> None:
    desk = at(other)

    assert desk.post(url("proposal-approve", grant))["Location"] == url("proposal", grant)
    again = desk.post(url("proposal-approve", grant), follow=True)

    assert "すでに処理されています" in text(again)
    assert grant.user is not None
    assert grant.user.role_assignments.count() == 1
    assert Event.objects.filter(action=actions.PROPOSAL_REFUSED, result=Result.REFUSED).count() == 1


def test_a_hidden_field_does_not_change_what_is_approved(grant: Proposal, other: User) -> None:
    at(other).post(url("proposal-approve", grant), {"role": "NUMBER_VIEWER", "user": other.pk, "kind": "STOP"})

    assert grant.user is not None
    assert [given.role for given in grant.user.role_assignments.all()] == ["MAKER"]


def test_one_s_own_proposal_is_not_approved_by_a_form_that_was_made_up(grant: Proposal, one: User) -> None:
    answer = at(one).post(url("proposal-approve", grant), follow=True)

    assert "自分では承認も却下もできません" in text(answer)
    assert Proposal.objects.get(pk=grant.pk).outcome == ""


def test_a_rejection_needs_its_reason(grant: Proposal, other: User) -> None:
    desk = at(other)

    assert "理由を入力してください" in text(desk.post(url("proposal-reject", grant), {"reason": ""}))
    desk.post(url("proposal-reject", grant), {"reason": "決裁がない"})

    assert "決裁がない" in text(desk.get(url("proposal", grant)))
    assert Proposal.objects.get(pk=grant.pk).outcome == "REJECTED"


def test_the_proposer_withdraws(grant: Proposal, one: User) -> None:
    at(one).post(url("proposal-withdraw", grant))

    assert Proposal.objects.get(pk=grant.pk).outcome == "WITHDRAWN"


@pytest.mark.parametrize("name", ["approve", "reject", "withdraw", "slip"])
def test_an_unknown_proposal_is_not_found(name: str, one: User) -> None:
    answer = at(one).post(reverse(f"accounts:proposal-{name}", args=[uuid4()]), {"reason": "x"})

    assert answer.status_code == 404
    assert at(one).get(reverse("accounts:proposal", args=[uuid4()])).status_code == 404


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.USER_ADMINISTRATOR])
def test_nobody_else_sees_or_decides_a_proposal_and_the_attempt_is_recorded(role: Role, grant: Proposal) -> None:
    somebody = staff_member(role, office="CHUO")
    desk = at(somebody)

    assert desk.get(url("proposal", grant)).status_code == 403
    for name in ("approve", "reject", "withdraw", "slip"):
        assert desk.post(url(f"proposal-{name}", grant), {"reason": "x"}).status_code == 403
    assert Event.objects.filter(actor_id=somebody.pk, result=Result.REFUSED).count() == 5
    assert Proposal.objects.get(pk=grant.pk).outcome == ""


def test_what_came_between_is_told_before_approving(one: User, other: User) -> None:
    about = staff_member()
    first = propose(ProposalKind.GRANT, one, user=about, role="MAKER", starts_on=timezone.localdate())
    second = propose(ProposalKind.GRANT, one, user=about, role="AUDITOR", starts_on=timezone.localdate())
    rights.approve(first.pk, by=other, at=timezone.now())
    desk = at(other)

    page = text(desk.get(url("proposal", second)))
    assert "このままでは承認できません" in page
    assert url("proposal-approve", second) not in page

    assert "1人が兼ねることができません" in text(desk.post(url("proposal-approve", second), follow=True))
    assert Proposal.objects.get(pk=second.pk).outcome == ""


@pytest.mark.parametrize("kind", list(ProposalKind))
def test_every_kind_has_its_page(kind: ProposalKind, one: User, other: User) -> None:
    about = staff_member(Role.MAKER, section="甲課")
    if kind is ProposalKind.RESUME:
        rights.stop_now(about, by=one, at=timezone.now(), reason="休職")
    parts: dict[ProposalKind, dict[str, Any]] = {
        ProposalKind.HIRE: {"login_id": "shinjin", "display_name": "新人"},
        ProposalKind.GRANT: {"user": about, "role": "CHECKER", "starts_on": timezone.localdate()},
        ProposalKind.END: {
            "user": about,
            "assignment": about.role_assignments.get(),
            "ends_on": timezone.localdate(),
        },
        ProposalKind.MOVE: {"user": about, "display_name": "別姓", "section": "乙課"},
        ProposalKind.STOP: {"user": about},
        ProposalKind.RESUME: {"user": about},
        ProposalKind.RESET: {"user": about, "reset": "BOTH"},
    }
    proposal = propose(kind, one, **parts[kind])
    desk = at(other)

    assert str(kind.label) in text(desk.get(url("proposal", proposal)))
    desk.post(url("proposal-approve", proposal))
    assert "承認" in text(desk.get(url("proposal", proposal)))
    assert Proposal.objects.get(pk=proposal.pk).outcome == "APPROVED"
    assert str(kind.label) in text(desk.get(reverse("accounts:proposals")))


# ── slips ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def hire(one: User, other: User) -> Proposal:
    """Somebody hired a moment ago."""
    proposal = propose(ProposalKind.HIRE, one, login_id="shinjin", display_name="新人 一郎")
    return rights.approve(proposal.pk, by=other, at=timezone.now())


def secret_on(page: str) -> str:
    return page.split("data-slip-secret>")[1].split("<")[0]


def test_the_decider_prints_the_password_and_the_proposer_the_code(hire: Proposal, one: User, other: User) -> None:
    password, code = (text(at(somebody).post(url("proposal-slip", hire))) for somebody in (other, one))

    assert "仮パスワード" in password
    assert "登録コードの用紙" in code
    hired = User.objects.get(login_id="shinjin")
    assert hired.check_password(secret_on(password))
    assert not hired.check_password(secret_on(code))
    assert hired.enrolment_digest
    assert Event.objects.filter(action=actions.SLIP_PRINTED, subject_id=str(hired.pk)).count() == 2


def test_a_secret_is_neither_on_the_record_nor_on_the_page_afterwards(hire: Proposal, other: User) -> None:
    desk = at(other)
    secret = secret_on(text(desk.post(url("proposal-slip", hire))))

    assert secret not in text(desk.get(url("proposal", hire)))
    assert not [event for event in Event.objects.all() if secret in str(event.details)]


def test_printing_again_voids_the_earlier_slip(hire: Proposal, other: User) -> None:
    first, second = (secret_on(text(at(other).post(url("proposal-slip", hire)))) for _time in range(2))

    hired = User.objects.get(login_id="shinjin")
    assert first != second
    assert (hired.check_password(first), hired.check_password(second)) == (False, True)


def test_a_third_administrator_prints_nothing(hire: Proposal) -> None:
    answer = at(staff_member(Role.USER_ADMINISTRATOR)).post(url("proposal-slip", hire), follow=True)

    assert "あなたが発行する用紙はありません" in text(answer)
    assert Event.objects.get(action=actions.PROPOSAL_REFUSED).details == {"method": "slip", "code": "not_yours"}


def test_nothing_is_printed_once_the_person_has_used_it(hire: Proposal, one: User, other: User) -> None:
    at(other).post(url("proposal-slip", hire))
    proposal = Proposal.objects.get(pk=hire.pk)
    assert proposal.user is not None
    assert slips.why_not_print(proposal, by=other) is None

    # what changing the password and enrolling leave behind
    proposal.user.must_change_password, proposal.user.temporary_until = "", None
    one_time_codes.enrol(proposal.user)
    journal.record(actions.FACTOR_ADDED, by=proposal.user, subject=proposal.user)

    for printer in (one, other):
        refusal = slips.why_not_print(proposal, by=printer)
        assert refusal is not None
        assert refusal.code == "used"


def test_a_later_reset_takes_the_place_of_earlier_slips(hire: Proposal, one: User, other: User) -> None:
    reset = propose(ProposalKind.RESET, other, user=hire.user, reset="BOTH")
    rights.approve(reset.pk, by=one, at=timezone.now())

    assert "この後に再設定が承認されています" in text(at(other).post(url("proposal-slip", hire), follow=True))
    assert "仮パスワードの用紙" in text(at(one).post(url("proposal-slip", reset)))


def test_no_slip_before_the_approval_and_none_for_other_kinds(grant: Proposal, one: User) -> None:
    assert "発行する用紙はありません" in text(at(one).post(url("proposal-slip", grant), follow=True))


def test_a_slip_says_nothing_of_its_secret_when_printed_by_a_program(hire: Proposal, other: User) -> None:
    slip = slips.print_slip(hire.pk, by=other, at=timezone.now())

    assert slip.secret not in repr(slip)
