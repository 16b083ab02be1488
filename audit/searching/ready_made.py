"""Searches that are there from the first day, for what an auditor looks at every month."""

from dataclasses import dataclass
from typing import Any, Final
from uuid import NAMESPACE_URL, UUID, uuid5

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

#: By the end of an action's code: whatever leaves the system as a file or on paper.
_LEAVES: Final = (
    "benefits.holdings.exported",
    "benefits.import.errors_exported",
    "benefits.import.requested",
    "benefits.access.statement_printed",
    "benefits.certificate.opened",
    "benefits.paper.labels_printed",
    "accounts.matrix.exported",
    "accounts.review.exported",
    "accounts.slip.printed",
    "audit.export.asked",
    "audit.export.taken",
)
_RIGHTS: Final = (
    "accounts.role.granted",
    "accounts.role.ended",
    "accounts.role.suspended",
    "accounts.staff.hired",
    "accounts.staff.moved",
    "accounts.staff.stopped",
    "accounts.staff.resumed",
    "accounts.staff.reset",
    "accounts.proposal.approved",
    "accounts.batch.applied",
    "accounts.emergency.opened",
)
_SIGN_INS_REFUSED: Final = (
    "accounts.sign_in.password_refused",
    "accounts.sign_in.code_refused",
    "accounts.session.unlock_refused",
    "accounts.session.confirm_refused",
)


@dataclass(frozen=True, slots=True)
class ReadyMade:
    """A search with its name and what it is for; ``typed`` is what would be typed, ``due_day`` its day."""

    code: str
    name: Promise
    purpose: Promise
    typed: dict[str, Any]
    due_day: int | None = None

    @property
    def id(self) -> UUID:
        """What its runs are kept under."""
        return uuid5(NAMESPACE_URL, f"kyufu:audit:ready-made:{self.code}")


#: The month so far is what each looks at.
READY_MADE: Final = (
    ReadyMade(
        "reveals-off-hours",
        _("夜間・休日の個人番号表示"),
        _("業務時間外の表示に、業務上の理由があるか"),
        {"span": "month", "days": "OFF_HOURS", "actions": ["mynumber.number.revealed"]},
        due_day=10,
    ),
    ReadyMade(
        "reveals-unexplained",
        _("背景のない個人番号表示"),
        _("処理中の申請などがないのに表示していないか"),
        {"span": "month", "explanations": ["E0"], "actions": ["mynumber.number.revealed"]},
        due_day=10,
    ),
    ReadyMade(
        "sign-ins-refused",
        _("失敗の連続（サインイン・再確認）"),
        _("同じ利用者や端末に、失敗が続いていないか"),
        {"span": "month", "actions": list(_SIGN_INS_REFUSED)},
        due_day=10,
    ),
    ReadyMade(
        "refused",
        _("拒否された操作"),
        _("権限のない情報に、くり返し近づいていないか"),
        {
            "span": "month",
            "result": "REFUSED",
            "actions": ["audit.page.refused", "benefits.record.hidden_requested", "audit.log.hidden_requested"],
        },
        due_day=10,
    ),
    ReadyMade(
        "leaving",
        _("書き出し・印刷"),
        _("ファイルや紙で持ち出された情報に、心当たりがあるか"),
        {"span": "month", "actions": list(_LEAVES)},
        due_day=10,
    ),
    ReadyMade(
        "rights",
        _("権限の変更"),
        _("役割の付与・終了・再設定が、申請のとおりか"),
        {"span": "month", "actions": list(_RIGHTS)},
        due_day=10,
    ),
    ReadyMade(
        "watchers",
        _("操作記録を見た人"),
        _("監査する側の検索に、業務上の理由があるか"),
        {"span": "month", "areas": ["audit"]},
    ),
)
BY_ID: Final = {one.id: one for one in READY_MADE}
