"""What each role may do, in one readable table: the staff handbook, in code."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Role(StrEnum):
    """A duty that a member of staff can be given."""

    INTAKE = "INTAKE"
    MAKER = "MAKER"
    CONTRACT_MAKER = "CONTRACT_MAKER"
    CHECKER = "CHECKER"
    ISSUER = "ISSUER"
    NUMBER_VIEWER = "NUMBER_VIEWER"
    AUDITOR = "AUDITOR"
    SECTION_HEAD = "SECTION_HEAD"
    USER_ADMINISTRATOR = "USER_ADMINISTRATOR"
    RECORDS_KEEPER = "RECORDS_KEEPER"


@dataclass(frozen=True, slots=True)
class Duty:
    """A role's name, what it does in one sentence, what it may do, and what to try first in the demo.

    ``needs_office`` roles are given for one health centre only; ``is_for_number_segment`` ones can be used only from
    the networks in ``KYUFU_NUMBER_NETWORKS``, or from what of them the assignment names.
    """

    label: Promise
    sentence: Promise
    permissions: frozenset[str]
    first_step: Promise
    needs_office: bool = False
    is_for_number_segment: bool = False


#: Everything that can be permitted, in the words of the matrix page. In the order of a case's way through the office.
PERMISSIONS: Mapping[str, Promise] = MappingProxyType(
    {
        "benefits.enter_application": _("申請書を入力する"),
        "benefits.submit_application": _("申請を確認者へ提出する、引き戻す、取り下げる"),
        "benefits.view_own_application": _("自分が作った下書きを見る"),
        "benefits.view_application": _("申請を見る"),
        "benefits.decide_application": _("申請を照合し、承認または差し戻す"),
        "benefits.view_person": _("受給者を探し、見る（個人番号を除く）"),
        "benefits.view_certificate": _("受給者証を開く"),
        "benefits.print_access_statement": _("受給者に渡す、閲覧の記録の書面を作る"),
        "benefits.protect_person": _("受給者の保護（DV等の支援措置など）と、その解除を申請する"),
        "benefits.decide_protection": _("受給者の保護と、その解除を決定する"),
        "benefits.view_paper": _("書類の所在を見る"),
        "benefits.move_paper": _("書類の受領・引渡し・貸出し・返却・棚卸しを登録する"),
        "benefits.keep_places": _("書類の保管場所と箱を登録し、閉じる"),
        "benefits.destroy_paper": _("書類の廃棄を提案し、ほかの人の提案を実施する"),
        "benefits.import_numbers": _("住基ネットのファイルを取り込み、要確認の行を判断し、要求一覧を作る"),
        "benefits.apply_import": _("ほかの人が取り込んだ住基ネットのファイルを抜き取って照合し、適用する"),
        "benefits.keep_import_layouts": _("住基ネットのファイルの様式を申請し、ほかの人の申請を確定する"),
        "mynumber.type_number": _("個人番号を入力する（二度と見えない）"),
        "mynumber.retype_number": _("個人番号を見ないで再入力し、照合する"),
        "mynumber.correct_number": _("訂正する個人番号を入力する（二度と見えない）"),
        "mynumber.reveal_number": _("個人番号を表示する（目的を述べ、60秒間）"),
        "mynumber.find_number": _("個人番号で受給者を探す（目的を述べ、1回ずつ）"),
        "mynumber.view_holdings": _("個人番号の保有状況を見る（番号は見えない）"),
        "mynumber.release_number": _("保護された受給者の個人番号の表示を、1回ずつ解除する"),
        "audit.review_reveals": _("処理中の申請がないのに表示された個人番号を、1件ずつ確認する"),
        "audit.view_event": _("操作記録をすべて調べる"),
        "audit.view_section_event": _("自分の所属の操作記録を調べる"),
        "audit.view_own_event": _("自分の操作記録を見る"),
        "audit.export_event": _("操作記録をファイルに書き出す"),
        "audit.watch": _("操作の傾向と気になる操作を見て、確認する"),
        "audit.change_rule": _("気になる操作の規則の変更を申請し、ほかの人の申請を承認する"),
        "audit.view_ledger": _("操作記録の封印と検証の状態を見る"),
        "audit.prune_event": _("保存期間を過ぎた操作記録の削除を申請し、ほかの人の申請を承認する"),
        "accounts.view_user": _("利用者と、その役割を見る"),
        "accounts.view_role": _("役割と権限の一覧表を見る"),
        "accounts.change_rights": _("利用者と役割の変更を申請し、ほかの人の申請を承認する"),
        "accounts.answer_review": _("権限の棚卸しで、所属の職員の権限に回答する"),
        "mynumber.view_keys": _("鍵の状態を見る"),
        "mynumber.work_keys": _("鍵の更新と破棄を申請し、ほかの人の申請を承認する"),
        "benefits.view_retention": _("個人番号の保存期間、削除の停止、削除対象一覧と証明書を見る"),
        "benefits.hold_deletion": _("個人番号の削除を停止し、ほかの人の停止を解除する"),
        "mynumber.delete_numbers": _("保存期間と個人番号の削除を申請し、ほかの人の申請を承認する"),
    },
)


HANDBOOK: Mapping[Role, Duty] = MappingProxyType(
    {
        Role.INTAKE: Duty(
            label=_("保健所受付担当者"),
            sentence=_("保健所で受け付けた申請書を下書きします。見られるのは、その保健所が受け付けた申請だけです。"),
            permissions=frozenset(
                {
                    "audit.view_own_event",
                    "benefits.enter_application",
                    "benefits.view_application",
                    "benefits.view_paper",
                    "benefits.move_paper",
                },
            ),
            first_step=_("「申請」で、その保健所が受け付けた申請だけが出ることを見る"),
            needs_office=True,
        ),
        Role.MAKER: Duty(
            label=_("入力担当者"),
            sentence=_("紙の申請書を入力し、確認者へ提出します。入力した個人番号は二度と見られません。"),
            permissions=frozenset(
                {
                    "audit.view_own_event",
                    "benefits.import_numbers",
                    "benefits.enter_application",
                    "benefits.submit_application",
                    "benefits.view_application",
                    "benefits.view_certificate",
                    "benefits.view_person",
                    "benefits.protect_person",
                    "benefits.view_paper",
                    "benefits.move_paper",
                    "mynumber.type_number",
                    "mynumber.correct_number",
                },
            ),
            first_step=_("「申請の入力」で申請書を1件入力し、確認者へ提出する"),
        ),
        Role.CONTRACT_MAKER: Duty(
            label=_("委託入力担当者"),
            sentence=_("委託先の職員として申請書を下書きします。個人番号には触れず、提出もできません。"),
            permissions=frozenset(
                {"audit.view_own_event", "benefits.enter_application", "benefits.view_own_application"}
            ),
            first_step=_("「申請の入力」で下書きを作る（個人番号の欄は出ない）"),
        ),
        Role.CHECKER: Duty(
            label=_("確認者"),
            sentence=_("ほかの人が入力した申請を原本と照合し、個人番号を見ないで再入力して、承認または差し戻します。"),
            permissions=frozenset(
                {
                    "audit.view_own_event",
                    "benefits.apply_import",
                    "benefits.keep_import_layouts",
                    "benefits.decide_application",
                    "benefits.view_application",
                    "benefits.view_certificate",
                    "benefits.view_person",
                    "benefits.protect_person",
                    "benefits.print_access_statement",
                    "benefits.view_paper",
                    "benefits.move_paper",
                    "benefits.hold_deletion",
                    "mynumber.retype_number",
                },
            ),
            first_step=_("「確認待ち」から1件開き、照合して承認する"),
        ),
        Role.ISSUER: Duty(
            label=_("発行担当者"),
            sentence=_("承認された支給認定の受給者証を開き、印刷します。申請の入力や承認はしません。"),
            permissions=frozenset({"audit.view_own_event", "benefits.view_certificate", "benefits.view_person"}),
            first_step=_("「受給者」で1人を探し、受給者証を開く"),
        ),
        Role.NUMBER_VIEWER: Duty(
            label=_("番号閲覧者"),
            sentence=_("目的を述べ、確認コードを入れたときだけ、個人番号を60秒間表示できます。"),
            permissions=frozenset(
                {"audit.view_own_event", "benefits.view_person", "mynumber.reveal_number", "mynumber.find_number"}
            ),
            first_step=_("「受給者」で1人を探し、目的を述べて個人番号を表示する"),
            is_for_number_segment=True,
        ),
        Role.AUDITOR: Duty(
            label=_("監査担当"),
            sentence=_("だれが、いつ、だれの情報に、何をしたかを操作記録から調べます。"),
            permissions=frozenset(
                {
                    "audit.view_own_event",
                    "audit.view_event",
                    "audit.export_event",
                    "audit.watch",
                    "audit.change_rule",
                    "audit.view_ledger",
                    "audit.review_reveals",
                    "accounts.view_role",
                    "mynumber.view_holdings",
                }
            ),
            first_step=_("「操作記録」で今日の個人番号の表示を探す"),
        ),
        Role.SECTION_HEAD: Duty(
            label=_("所属長"),
            sentence=_(
                "年に2回の棚卸しで、所属の職員の権限を1つずつ確かめ、継続・変更・終了を答えます。"
                "受給者の保護を決定し、保護された人の個人番号の表示を1回ずつ解除します。"
            ),
            permissions=frozenset(
                {
                    "audit.view_section_event",
                    "audit.watch",
                    "audit.view_own_event",
                    "accounts.answer_review",
                    "accounts.view_role",
                    "benefits.decide_protection",
                    "mynumber.release_number",
                    "audit.review_reveals",
                }
            ),
            first_step=_("「権限の棚卸し」で、所属の職員の権限に回答する"),
        ),
        Role.USER_ADMINISTRATOR: Duty(
            label=_("利用者管理者"),
            sentence=_(
                "利用者の登録、役割の付与と終了、再設定を、2人で（1人が申請し、もう1人が承認して）行います。"
                "自分の権限は変えられません。申請や受給者の情報には触れません。"
            ),
            permissions=frozenset(
                {"audit.view_own_event", "accounts.view_user", "accounts.view_role", "accounts.change_rights"}
            ),
            first_step=_("「利用者」で1人を開き、役割の付与を申請する（もう1人の利用者管理者が承認する）"),
        ),
        Role.RECORDS_KEEPER: Duty(
            label=_("保存・鍵管理者"),
            sentence=_("保存期間と鍵、書類の保管場所と廃棄を管理します。個人番号も、申請や受給者の情報も見ません。"),
            permissions=frozenset(
                {
                    "audit.view_ledger",
                    "audit.prune_event",
                    "audit.change_rule",
                    "audit.view_own_event",
                    "benefits.keep_import_layouts",
                    "benefits.view_retention",
                    "benefits.hold_deletion",
                    "mynumber.delete_numbers",
                    "mynumber.view_keys",
                    "mynumber.work_keys",
                    "mynumber.view_holdings",
                    "accounts.view_role",
                    "benefits.view_paper",
                    "benefits.keep_places",
                    "benefits.destroy_paper",
                }
            ),
            first_step=_("「鍵」で、鍵の状態を確かめる"),
        ),
    },
)

#: Reports that name nobody: reading one makes no casework of a duty.
_NAMES_NOBODY = frozenset({"mynumber.view_holdings"})

#: Duties whose holders meet cases: what a user administrator must keep away from.
CASEWORK = frozenset(
    role
    for role, duty in HANDBOOK.items()
    if any(permission.startswith(("benefits.", "mynumber.")) for permission in duty.permissions - _NAMES_NOBODY)
)

#: Duties that one person may not hold together, since one would watch or undo the other.
CONFLICTS: frozenset[frozenset[Role]] = frozenset(
    frozenset(pair)
    for pair in (
        # whoever may see a number neither types, compares nor decides on it, nor watches who sees it
        (Role.NUMBER_VIEWER, Role.INTAKE),
        (Role.NUMBER_VIEWER, Role.MAKER),
        (Role.NUMBER_VIEWER, Role.CONTRACT_MAKER),
        (Role.NUMBER_VIEWER, Role.CHECKER),
        (Role.NUMBER_VIEWER, Role.AUDITOR),
        # a section head protects people, releases protected numbers and reviews reveals
        (Role.NUMBER_VIEWER, Role.SECTION_HEAD),
        # the keeper of the keys does not see what they open
        (Role.NUMBER_VIEWER, Role.RECORDS_KEEPER),
        # a contractor's staff are that and nothing else in the casework, and do not watch it
        (Role.CONTRACT_MAKER, Role.INTAKE),
        (Role.CONTRACT_MAKER, Role.MAKER),
        (Role.CONTRACT_MAKER, Role.CHECKER),
        (Role.CONTRACT_MAKER, Role.ISSUER),
        (Role.CONTRACT_MAKER, Role.AUDITOR),
        (Role.CONTRACT_MAKER, Role.SECTION_HEAD),
        # nobody audits their own work
        (Role.AUDITOR, Role.INTAKE),
        (Role.AUDITOR, Role.MAKER),
        (Role.AUDITOR, Role.CHECKER),
        # whoever gives rights touches no case
        *((Role.USER_ADMINISTRATOR, role) for role in sorted(CASEWORK)),
    )
)


def permissions_of(roles: Iterable[Role]) -> frozenset[str]:
    """Return everything that ``roles`` allow together."""
    return frozenset(name for role in roles for name in HANDBOOK[role].permissions)


def conflict_within(roles: Iterable[Role]) -> frozenset[Role] | None:
    """Return a pair among ``roles`` that nobody may hold together, or None."""
    held = frozenset(roles)
    return next((pair for pair in sorted(CONFLICTS, key=sorted) if pair <= held), None)
