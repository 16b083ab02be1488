"""What each role may do, in one readable table: the staff handbook, in code."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Role(StrEnum):
    """A duty that a member of staff can be given."""

    MAKER = "MAKER"
    CONTRACT_MAKER = "CONTRACT_MAKER"
    CHECKER = "CHECKER"
    NUMBER_VIEWER = "NUMBER_VIEWER"
    AUDITOR = "AUDITOR"
    USER_ADMINISTRATOR = "USER_ADMINISTRATOR"


@dataclass(frozen=True, slots=True)
class Duty:
    """A role's name, what it does in one sentence, what it may do, and what to try first in the demo."""

    label: Promise
    sentence: Promise
    permissions: frozenset[str]
    first_step: Promise


HANDBOOK: Mapping[Role, Duty] = MappingProxyType(
    {
        Role.MAKER: Duty(
            label=_("入力担当者"),
            sentence=_("紙の申請書を入力し、確認者へ提出します。入力した個人番号は二度と見られません。"),
            permissions=frozenset(
                {
                    "benefits.enter_application",
                    "benefits.submit_application",
                    "benefits.view_application",
                    "benefits.view_certificate",
                    "benefits.view_person",
                    "mynumber.type_number",
                },
            ),
            first_step=_("「申請の入力」で申請書を1件入力し、確認者へ提出する"),
        ),
        Role.CONTRACT_MAKER: Duty(
            label=_("委託入力担当者"),
            sentence=_("委託先の職員として申請書を下書きします。個人番号には触れず、提出もできません。"),
            permissions=frozenset({"benefits.enter_application", "benefits.view_own_application"}),
            first_step=_("「申請の入力」で下書きを作る（個人番号の欄は出ない）"),
        ),
        Role.CHECKER: Duty(
            label=_("確認者"),
            sentence=_("ほかの人が入力した申請を原本と照合し、個人番号を見ないで再入力して、承認または差し戻します。"),
            permissions=frozenset(
                {
                    "benefits.decide_application",
                    "benefits.view_application",
                    "benefits.view_certificate",
                    "benefits.view_person",
                    "mynumber.retype_number",
                },
            ),
            first_step=_("「確認待ち」から1件開き、照合して承認する"),
        ),
        Role.NUMBER_VIEWER: Duty(
            label=_("番号閲覧者"),
            sentence=_("目的を述べ、確認コードを入れたときだけ、個人番号を60秒間表示できます。"),
            permissions=frozenset({"benefits.view_person", "mynumber.reveal_number"}),
            first_step=_("「受給者」で1人を探し、目的を述べて個人番号を表示する"),
        ),
        Role.AUDITOR: Duty(
            label=_("監査担当"),
            sentence=_("だれが、いつ、だれの情報に、何をしたかを操作記録から調べます。"),
            permissions=frozenset({"audit.view_event"}),
            first_step=_("「操作記録」で今日の個人番号の表示を探す"),
        ),
        Role.USER_ADMINISTRATOR: Duty(
            label=_("利用者管理者"),
            sentence=_("だれがどの役割を持つかを確かめます。申請や受給者の情報には触れません。"),
            permissions=frozenset({"accounts.view_user"}),
            first_step=_("「利用者」で役割の一覧を見る"),
        ),
    },
)

#: Duties that one person may not hold together, since one would watch or undo the other.
CONFLICTS: frozenset[frozenset[Role]] = frozenset(
    frozenset(pair)
    for pair in (
        (Role.NUMBER_VIEWER, Role.MAKER),
        (Role.NUMBER_VIEWER, Role.CONTRACT_MAKER),
        (Role.NUMBER_VIEWER, Role.CHECKER),
        (Role.NUMBER_VIEWER, Role.AUDITOR),
        (Role.CONTRACT_MAKER, Role.MAKER),
        (Role.CONTRACT_MAKER, Role.CHECKER),
        (Role.CONTRACT_MAKER, Role.AUDITOR),
        (Role.AUDITOR, Role.MAKER),
        (Role.AUDITOR, Role.CHECKER),
        (Role.USER_ADMINISTRATOR, Role.MAKER),
        (Role.USER_ADMINISTRATOR, Role.CONTRACT_MAKER),
        (Role.USER_ADMINISTRATOR, Role.CHECKER),
        (Role.USER_ADMINISTRATOR, Role.NUMBER_VIEWER),
    )
)


def permissions_of(roles: Iterable[Role]) -> frozenset[str]:
    """Return everything that ``roles`` allow together."""
    return frozenset(name for role in roles for name in HANDBOOK[role].permissions)


def conflict_within(roles: Iterable[Role]) -> frozenset[Role] | None:
    """Return a pair among ``roles`` that nobody may hold together, or None."""
    held = frozenset(roles)
    return next((pair for pair in sorted(CONFLICTS, key=sorted) if pair <= held), None)
