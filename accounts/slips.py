"""The paper slips with which somebody who was hired or reset begins: a temporary password, an enrolment code.

Whoever approved prints the password, whoever proposed prints the code: neither alone could sign in as that person.
Each is shown once; printing again voids the earlier one, until the person has used it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _

from accounts import factors, passwords, rights, rights_policy
from accounts.models import Proposal, User
from accounts.models.rights import Outcome, ProposalKind, ResetWhat
from accounts.rights_policy import Refusal
from audit import journal


class Part(StrEnum):
    """Which half of a beginning a slip holds."""

    PASSWORD = "PASSWORD"  # noqa: S105  (the name of a choice)
    ENROLMENT = "ENROLMENT"


@dataclass(frozen=True, slots=True)
class Slip:
    """What is printed for one person, and never shown again."""

    user: User
    part: Part
    secret: str
    valid_until: datetime

    def __repr__(self) -> str:
        return f"Slip(user={self.user.pk}, part={self.part})"


def parts_of(proposal: Proposal) -> tuple[Part, ...]:
    """Return what an approved proposal lets somebody begin with."""
    if proposal.outcome != Outcome.APPROVED:
        return ()
    if proposal.kind == ProposalKind.HIRE or (proposal.kind, proposal.reset) == (ProposalKind.RESET, ResetWhat.BOTH):
        return (Part.PASSWORD, Part.ENROLMENT)
    if proposal.kind == ProposalKind.RESET:
        return (Part.PASSWORD,) if proposal.reset == ResetWhat.PASSWORD else (Part.ENROLMENT,)
    return ()


def part_for(proposal: Proposal, *, by: User) -> Part | None:
    """Return which slip of the proposal ``by`` prints, if any."""
    part = {proposal.decided_by_id: Part.PASSWORD, proposal.proposed_by_id: Part.ENROLMENT}.get(by.pk)
    return part if part in parts_of(proposal) else None


def why_not_print(proposal: Proposal, *, by: User) -> Refusal | None:
    """Say why ``by`` may not print a slip of the proposal now."""
    user = proposal.user
    if not parts_of(proposal) or user is None:
        return Refusal("no_slip", _("この申請に、発行する用紙はありません。"))
    part = part_for(proposal, by=by)
    if part is None:
        return Refusal(
            "not_yours",
            _("仮パスワードは承認した人が、登録コードは申請した人が発行します。あなたが発行する用紙はありません。"),
        )
    if not by.has_perm(rights_policy.CHANGE_RIGHTS):
        return Refusal("not_administrator", _("利用者管理者だけが行えます。"))
    if not user.may_sign_in:
        return Refusal("stopped", _("この人の利用は停止しています。"))
    later = Proposal.objects.filter(
        user=user, kind=ProposalKind.RESET, outcome=Outcome.APPROVED, decided_at__gt=proposal.decided_at
    )
    if later.exists():
        return Refusal(
            "superseded", _("この後に再設定が承認されています。用紙は、新しい申請の画面から発行してください。")
        )
    is_used = (
        not rights_policy.has_temporary_password(user) if part is Part.PASSWORD else rights_policy.has_factor(user)
    )
    if is_used:
        return Refusal("used", _("本人がすでに使ったため、発行できません。忘れたときは、再設定を申請してください。"))
    return None


def print_slip(proposal_id: UUID, *, by: User, at: datetime) -> Slip:
    """Draw the secret that is ``by``'s to print and return it, once; an earlier one is void.

    Raises ``rights.Refused``.
    """
    subject = journal.Subject(kind="accounts.proposal", id=str(proposal_id))
    with rights.step("slip", by=by, subject=subject):
        proposal, printer = rights.lock(proposal_id, by=by)
        user, refusal = proposal.user, why_not_print(proposal, by=printer)
        if refusal or user is None:
            raise rights.Refused(refusal or Refusal("no_slip", _("この申請に、発行する用紙はありません。")))
        if part_for(proposal, by=printer) is Part.PASSWORD:
            part, secret = Part.PASSWORD, passwords.set_temporary(user, by=printer, at=at)
        else:
            part, secret = Part.ENROLMENT, factors.issue_enrolment_code(user, by=printer, at=at)
    return Slip(user, part, secret, at + timedelta(days=settings.KYUFU_SLIP_DAYS))
