"""Who may take which step on whom: questions without side effects, asked by the pages and, under lock, by the steps.

Each function answers with a :class:`Refusal`, or None when nothing stands in the way.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, timedelta
from ipaddress import ip_network

from django.db.models import Q
from django.utils.translation import gettext as _

from accounts import scopes
from accounts.models import AccessAnswer, CodeDevice, Proposal, RoleAssignment, SecurityKey, User
from accounts.models.access_review import Answer
from accounts.models.people import MustChange
from accounts.models.rights import Outcome, ProposalKind, ResetWhat
from accounts.roles import CONFLICTS, HANDBOOK, Role

CHANGE_RIGHTS = "accounts.change_rights"
_LOGIN_ID = re.compile(r"[a-z][a-z0-9._-]{2,39}", re.ASCII)
_TWELVE_DIGITS = re.compile(r"\d(?:[\s\-‐−ー.・]?\d){11}")


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a step is not taken: a code for the record, and words fit to show."""

    code: str
    message: str


def why_not_propose(
    kind: ProposalKind, *, by: User, about: User | None, assignment: RoleAssignment | None
) -> Refusal | None:
    """Say why ``by`` may not propose a change of that kind about that person."""
    if about is not None and about.pk == by.pk:
        return Refusal(
            "own_rights", _("自分の権限は、自分では変えられません。ほかの利用者管理者に申請してもらってください。")
        )
    if not by.has_perm(CHANGE_RIGHTS) and not _ends_after_review(kind, by, assignment):
        return Refusal("not_administrator", _("利用者管理者だけが行えます。"))
    if about is not None and about.is_emergency:
        return Refusal(
            "emergency",
            _("非常用アカウントは、画面からは変えられません。封印し直す手順（運用手順書）によってください。"),
        )
    return None


def why_not_decide(proposal: Proposal, *, by: User) -> Refusal | None:
    """Say why ``by`` may neither approve nor reject the proposal."""
    if proposal.outcome:
        return Refusal(
            "decided", _("この申請は、すでに処理されています（%(outcome)s）。") % {"outcome": outcome_label(proposal)}
        )
    if proposal.proposed_by_id == by.pk:
        return Refusal(
            "own_proposal", _("自分が出した申請は、自分では承認も却下もできません。もう1人の利用者管理者が行います。")
        )
    if proposal.user_id is not None and proposal.user_id == by.pk:
        return Refusal("own_rights", _("自分の権限についての申請は、自分では承認も却下もできません。"))
    if not by.has_perm(CHANGE_RIGHTS):
        return Refusal("not_administrator", _("利用者管理者だけが行えます。"))
    return None


def why_not_withdraw(proposal: Proposal, *, by: User) -> Refusal | None:
    """Say why ``by`` may not take the proposal back."""
    if proposal.outcome:
        return Refusal(
            "decided", _("この申請は、すでに処理されています（%(outcome)s）。") % {"outcome": outcome_label(proposal)}
        )
    if proposal.proposed_by_id != by.pk:
        return Refusal("not_proposer", _("取り下げられるのは、申請した人だけです。"))
    return None


def why_not_change(proposal: Proposal, *, today: date) -> Refusal | None:
    """Say why what is proposed cannot be carried out as things stand. Asked when proposing and when approving."""
    kind = ProposalKind(proposal.kind)
    user = proposal.user
    if kind is ProposalKind.HIRE:
        return _why_not_hire(proposal)
    if user is None:
        return Refusal("nobody", _("対象の利用者を選んでください。"))
    checks = {
        ProposalKind.GRANT: lambda: _why_not_grant(proposal, user),
        ProposalKind.END: lambda: _why_not_end(proposal, user, today=today),
        ProposalKind.MOVE: lambda: _why_not_move(proposal, user),
        ProposalKind.STOP: lambda: _why_not_stop(proposal, user),
        ProposalKind.RESUME: lambda: _why_not_resume(proposal, user, today=today),
        ProposalKind.RESET: lambda: _why_not_reset(proposal, user),
    }
    return checks[kind]()


def why_not_dated(proposal: Proposal, *, today: date) -> Refusal | None:
    """Say why the dates cannot be proposed today: nothing is dated back."""
    kind = ProposalKind(proposal.kind)
    if kind is ProposalKind.GRANT and (proposal.starts_on is None or proposal.starts_on < today):
        return Refusal("dated_back", _("開始日は、今日かそれより後の日にしてください。"))
    if (
        kind is ProposalKind.GRANT
        and proposal.ends_on
        and proposal.starts_on
        and proposal.ends_on < proposal.starts_on
    ):
        return Refusal("ends_before_start", _("終了日は、開始日かそれより後の日にしてください。"))
    if kind is ProposalKind.END and (proposal.ends_on is None or proposal.ends_on < today - timedelta(days=1)):
        return Refusal("dated_back", _("最後の日は、昨日（承認のときに直ちに終了）か、それより後の日にしてください。"))
    if (
        kind in {ProposalKind.STOP, ProposalKind.HIRE, ProposalKind.RESUME}
        and proposal.ends_on
        and proposal.ends_on < today
    ):
        return Refusal("dated_back", _("利用できる最後の日は、今日かそれより後の日にしてください。"))
    return None


def why_not_written(proposal: Proposal) -> Refusal | None:
    """Say what is wrong with the words and codes of a proposal."""
    for text in (
        proposal.reason,
        proposal.decision_number,
        proposal.login_id,
        proposal.display_name,
        proposal.section,
    ):
        if any(unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co"} for character in text):
            return Refusal("control_character", _("使えない文字（制御文字など）が含まれています。"))
        if _TWELVE_DIGITS.search(unicodedata.normalize("NFKC", text)):
            return Refusal("twelve_digits", _("個人番号のような12桁の数字は書けません。"))
    if not proposal.reason:
        return Refusal("no_reason", _("理由を入力してください。"))
    if proposal.kind == ProposalKind.GRANT:
        return _why_not_scoped(proposal)
    return None


def conflicts_of(user: User, role: Role, *, starts_on: date, ends_on: date | None) -> list[RoleAssignment]:
    """Return what ``user`` holds, in those days, that nobody may hold together with ``role``."""
    return [
        given
        for given in user.role_assignments.filter(suspended_at__isnull=True)
        if frozenset((Role(given.role), role)) in CONFLICTS and _overlaps(given, starts_on, ends_on)
    ]


def outcome_label(proposal: Proposal) -> str:
    """Return what became of a proposal ("" while it waits)."""
    return str(Outcome(proposal.outcome).label) if proposal.outcome else ""


def conflict_refusal(one: Role, other: Role) -> Refusal:
    """Return the refusal that names two duties which one person may not hold together."""
    return Refusal(
        "conflict",
        _(
            "「%(one)s」と「%(other)s」は、1人が兼ねることができません。一方がもう一方を見張る、または取り消せるためです。"
        )
        % {"one": HANDBOOK[one].label, "other": HANDBOOK[other].label},
    )


def has_factor(user: User) -> bool:
    """Say whether the person can prove themselves with something beside the password."""
    return any(kind.objects.filter(user=user, confirmed=True).exists() for kind in (CodeDevice, SecurityKey))


def has_temporary_password(user: User) -> bool:
    """Say whether the person has not yet made a password of their own since being hired or reset."""
    return user.temporary_until is not None or user.must_change_password in {MustChange.FIRST, MustChange.RESET}


def _ends_after_review(kind: ProposalKind, by: User, assignment: RoleAssignment | None) -> bool:
    """Say whether a section's head proposes the end that they answered an access review with."""
    return (
        kind is ProposalKind.END
        and assignment is not None
        and by.has_perm("accounts.answer_review")
        and AccessAnswer.objects.filter(
            assignment=assignment, answered_by=by, answer__in=[Answer.END, Answer.CHANGE]
        ).exists()
    )


def _why_not_scoped(proposal: Proposal) -> Refusal | None:
    if proposal.role not in Role.__members__:
        return Refusal("unknown_role", _("役割を選んでください。"))
    duty = HANDBOOK[Role(proposal.role)]
    if duty.needs_office and not proposal.office:
        return Refusal("needs_office", _("「%(role)s」には、保健所を選んでください。") % {"role": duty.label})
    if proposal.office and proposal.office not in dict(scopes.offices()):
        return Refusal("unknown_office", _("保健所を一覧から選んでください。"))
    if proposal.programme and proposal.programme not in dict(scopes.programmes()):
        return Refusal("unknown_programme", _("制度を一覧から選んでください。"))
    if proposal.network:
        try:
            ip_network(proposal.network)
        except ValueError:
            return Refusal(
                "unknown_network", _("ネットワークは「10.1.2.0/24」の形で入力してください（端末の部分は0）。")
            )
    return None


def _why_not_hire(proposal: Proposal) -> Refusal | None:
    if not _LOGIN_ID.fullmatch(proposal.login_id):
        return Refusal(
            "login_id", _("利用者IDは、半角の英小文字で始まる3〜40文字（英小文字・数字・. _ -）にしてください。")
        )
    if not proposal.display_name:
        return Refusal("no_name", _("氏名を入力してください。"))
    if User.objects.filter(login_id=proposal.login_id).exists():
        return Refusal(
            "login_id_taken", _("この利用者IDは、すでに使われています。停止した人のIDも、ほかの人には使えません。")
        )
    if _waiting_like(proposal, login_id=proposal.login_id):
        return Refusal("waiting_already", _("この利用者IDの登録は、すでに申請中です。"))
    return None


def _why_not_grant(proposal: Proposal, user: User) -> Refusal | None:
    if refusal := _why_not_scoped(proposal):
        return refusal
    if not user.is_active:
        return Refusal("stopped", _("停止している人には、役割を付与できません。先に利用を再開してください。"))
    role, starts_on = Role(proposal.role), proposal.starts_on
    if starts_on is None:
        return Refusal("no_start", _("開始日を入力してください。"))
    if found := conflicts_of(user, role, starts_on=starts_on, ends_on=proposal.ends_on):
        return conflict_refusal(role, Role(found[0].role))
    scope = {
        "role": role.value,
        "office": proposal.office,
        "programme": proposal.programme,
        "network": proposal.network,
    }
    if any(
        _overlaps(given, starts_on, proposal.ends_on)
        for given in user.role_assignments.filter(suspended_at__isnull=True, **scope)
    ):
        return Refusal("given_already", _("この役割は、同じ範囲で、重なる期間にすでに付与されています。"))
    if _waiting_like(proposal, user=user, **scope):
        return Refusal("waiting_already", _("同じ役割の付与が、すでに申請中です。"))
    return None


def _why_not_end(proposal: Proposal, user: User, *, today: date) -> Refusal | None:
    given = proposal.assignment
    if given is None or given.user_id != user.pk:
        return Refusal("no_right", _("終了する役割を選んでください。"))
    if given.ended_on is not None:
        return Refusal("ended_already", _("この役割には、すでに終了の手続きがとられています。"))
    if given.ends_on is not None and (
        given.ends_on < today or (proposal.ends_on and proposal.ends_on >= given.ends_on)
    ):
        return Refusal("ends_anyway", _("この役割は、その日より前に期間が終わります。"))
    if _waiting_like(proposal, assignment=given):
        return Refusal("waiting_already", _("この役割の終了は、すでに申請中です。"))
    return None


def _why_not_move(proposal: Proposal, user: User) -> Refusal | None:
    if not proposal.display_name:
        return Refusal("no_name", _("氏名を入力してください。"))
    if (proposal.display_name, proposal.section) == (user.display_name, user.section):
        return Refusal("no_change", _("氏名も所属も変わっていません。"))
    return _waiting_already(proposal, user)


def _why_not_stop(proposal: Proposal, user: User) -> Refusal | None:
    if not user.is_active:
        return Refusal("stopped", _("この人の利用は、すでに停止しています。"))
    if proposal.ends_on and user.valid_until and proposal.ends_on >= user.valid_until:
        return Refusal(
            "ends_anyway", _("この人の利用は、その日までに終わります。延ばすには、利用の再開を申請してください。")
        )
    return _waiting_already(proposal, user)


def _why_not_resume(proposal: Proposal, user: User, *, today: date) -> Refusal | None:
    if user.is_active and user.valid_until is None:
        return Refusal("not_stopped", _("この人の利用は、停止していません。"))
    return _waiting_already(proposal, user)


def _why_not_reset(proposal: Proposal, user: User) -> Refusal | None:
    if proposal.reset not in ResetWhat.values:
        return Refusal("reset_what", _("再設定するものを選んでください。"))
    if not user.is_active:
        return Refusal("stopped", _("停止している人の再設定はできません。先に利用を再開してください。"))
    # Otherwise whoever printed the other half of an unused pair of slips could print this half too.
    if proposal.reset == ResetWhat.PASSWORD and not has_factor(user):
        return Refusal("reset_both", _("確認手段がまだ登録されていないため、「両方」を選んでください。"))
    if proposal.reset == ResetWhat.FACTOR and has_temporary_password(user):
        return Refusal("reset_both", _("仮パスワードがまだ使われていないため、「両方」を選んでください。"))
    return _waiting_already(proposal, user)


def _waiting_already(proposal: Proposal, user: User) -> Refusal | None:
    if _waiting_like(proposal, user=user):
        return Refusal(
            "waiting_already",
            _("この人についての同じ申請（%(kind)s）が、すでに承認を待っています。") % {"kind": proposal.label},
        )
    return None


def _waiting_like(proposal: Proposal, **same: object) -> bool:
    waiting = Proposal.objects.filter(Q(**same), kind=proposal.kind, outcome="").exclude(pk=proposal.pk)
    return bool(waiting.exists())


def _overlaps(given: RoleAssignment, starts_on: date, ends_on: date | None) -> bool:
    last = min((day for day in (given.ends_on, given.ended_on) if day is not None), default=date.max)
    return given.starts_on <= last and given.starts_on <= (ends_on or date.max) and starts_on <= last
