"""A proposal as the pages show it: one sentence, and a table of before and after."""

from typing import NamedTuple

from django.utils.translation import gettext as _

from accounts import scopes, staff_list
from accounts.models import Proposal
from accounts.models.rights import ProposalKind, ResetWhat
from accounts.roles import HANDBOOK, Role


class Line(NamedTuple):
    """One thing that changes."""

    label: str
    before: str
    after: str

    @property
    def is_changed(self) -> bool:
        """Say whether it differs."""
        return self.before != self.after


def sentence(proposal: Proposal) -> str:
    """Say what is proposed, without the person's name."""
    if proposal.kind == ProposalKind.GRANT and proposal.role in Role.__members__:
        return f"{proposal.label}：{HANDBOOK[Role(proposal.role)].label}"
    if proposal.kind == ProposalKind.END and proposal.assignment is not None:
        return f"{proposal.label}：{proposal.assignment.label}"
    if proposal.kind == ProposalKind.RESET and proposal.reset:
        return f"{proposal.label}：{ResetWhat(proposal.reset).label}"
    return proposal.label


def comparison(proposal: Proposal) -> list[Line]:
    """Return what was, or is, before the change, and what is after it."""
    nothing, user = _("なし"), proposal.user
    kind = ProposalKind(proposal.kind)
    until = proposal.ends_on.isoformat() if proposal.ends_on else _("期限なし")
    if kind is ProposalKind.HIRE:
        return [
            Line(_("利用者ID"), nothing, proposal.login_id),
            Line(_("氏名"), nothing, proposal.display_name),
            Line(_("所属"), nothing, proposal.section or nothing),
            Line(_("利用できる最後の日"), nothing, until),
        ]
    if kind is ProposalKind.GRANT:
        role = HANDBOOK[Role(proposal.role)] if proposal.role in Role.__members__ else None
        return [
            Line(_("役割"), nothing, str(role.label) if role else proposal.role),
            Line(_("保健所"), nothing, scopes.office_name(proposal.office) or _("すべて")),
            Line(_("制度"), nothing, scopes.programme_name(proposal.programme) or _("すべて")),
            Line(_("ネットワーク"), nothing, proposal.network or _("限らない")),
            Line(_("期間"), nothing, staff_list.period_of(proposal.starts_on, proposal.ends_on)),
        ]
    if kind is ProposalKind.END and proposal.assignment is not None:
        given = proposal.assignment
        scope = staff_list.scope_of(given.office, given.programme, given.network, role=given.role)
        return [
            Line(_("役割"), given.label, given.label),
            Line(_("範囲"), scope, scope),
            Line(
                _("期間"),
                staff_list.period_of(given.starts_on, given.ends_on),
                staff_list.period_of(given.starts_on, proposal.ends_on),
            ),
        ]
    if kind is ProposalKind.MOVE and user is not None:
        return [
            Line(_("氏名"), user.display_name, proposal.display_name),
            Line(_("所属"), user.section or nothing, proposal.section or nothing),
        ]
    if kind is ProposalKind.RESET:
        return [Line(str(ResetWhat(proposal.reset).label), _("いまのもの"), _("無効にし、用紙で新しく渡す"))]
    now = _("有効") if user is not None and user.is_active else _("停止")
    after = _("停止") if kind is ProposalKind.STOP and not proposal.ends_on else _("有効")
    last = user.valid_until.isoformat() if user is not None and user.valid_until else _("期限なし")
    return [Line(_("状態"), now, after), Line(_("利用できる最後の日"), last, until)]
