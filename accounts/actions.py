"""What the accounts app writes into the record."""

from django.utils.translation import gettext_lazy as _

SIGNED_IN = "accounts.sign_in.done"
PASSWORD_REFUSED = "accounts.sign_in.password_refused"  # noqa: S105  (the name of an action)
CODE_REFUSED = "accounts.sign_in.code_refused"
SIGNED_OUT = "accounts.sign_out.done"
SESSION_EXPIRED = "accounts.session.expired"
SESSION_ENDED = "accounts.session.ended"
LOCKED = "accounts.session.locked"
UNLOCKED = "accounts.session.unlocked"
UNLOCK_REFUSED = "accounts.session.unlock_refused"
CONFIRMED = "accounts.session.confirmed"
CONFIRM_REFUSED = "accounts.session.confirm_refused"
EMERGENCY_OPENED = "accounts.emergency.opened"
EMERGENCY_SEALED = "accounts.emergency.sealed"
STAFF_LISTED = "accounts.staff.listed"
STAFF_VIEWED = "accounts.staff.viewed"
STAFF_HIRED = "accounts.staff.hired"
STAFF_MOVED = "accounts.staff.moved"
STAFF_STOPPED = "accounts.staff.stopped"
STAFF_RESUMED = "accounts.staff.resumed"
STAFF_RESET = "accounts.staff.reset"
STAFF_LET_IN = "accounts.staff.let_in"
ROLE_GRANTED = "accounts.role.granted"
ROLE_ENDED = "accounts.role.ended"
ROLE_SUSPENDED = "accounts.role.suspended"
MATRIX_VIEWED = "accounts.matrix.viewed"
MATRIX_EXPORTED = "accounts.matrix.exported"
PROPOSAL_MADE = "accounts.proposal.made"
PROPOSAL_APPROVED = "accounts.proposal.approved"
PROPOSAL_REJECTED = "accounts.proposal.rejected"
PROPOSAL_WITHDRAWN = "accounts.proposal.withdrawn"
PROPOSAL_REFUSED = "accounts.proposal.refused"
PROPOSAL_LISTED = "accounts.proposal.listed"
SLIP_PRINTED = "accounts.slip.printed"
BATCH_UPLOADED = "accounts.batch.uploaded"
BATCH_APPLIED = "accounts.batch.applied"
BATCH_REJECTED = "accounts.batch.rejected"
BATCH_REFUSED = "accounts.batch.refused"
PASSWORD_CHANGED = "accounts.password.changed"  # noqa: S105  (the name of an action)
PASSWORD_CHANGE_REFUSED = "accounts.password.refused"  # noqa: S105  (the name of an action)
PASSWORD_COMPROMISED = "accounts.password.compromised"  # noqa: S105  (the name of an action)
FACTOR_ADDED = "accounts.factor.added"
FACTOR_REMOVED = "accounts.factor.removed"
FACTOR_REFUSED = "accounts.factor.refused"
FACTOR_PREPARED = "accounts.factor.prepared"
RECOVERY_USED = "accounts.recovery.used"
REVIEW_OPENED = "accounts.review.opened"
REVIEW_VIEWED = "accounts.review.viewed"
REVIEW_ANSWERED = "accounts.review.answered"
REVIEW_CLOSED = "accounts.review.closed"
REVIEW_EXPORTED = "accounts.review.exported"

ACTIONS = {
    SIGNED_IN: _("サインイン"),
    PASSWORD_REFUSED: _("サインインの拒否（利用者ID・パスワード）"),
    CODE_REFUSED: _("サインインの拒否（確認コード）"),
    SIGNED_OUT: _("サインアウト"),
    SESSION_EXPIRED: _("時間切れによる終了"),
    SESSION_ENDED: _("サインインの終了（ほかの操作による）"),
    LOCKED: _("画面のロック"),
    UNLOCKED: _("画面のロックの解除"),
    UNLOCK_REFUSED: _("画面のロックの解除の拒否"),
    CONFIRMED: _("本人の再確認"),
    CONFIRM_REFUSED: _("本人の再確認の拒否"),
    EMERGENCY_OPENED: _("非常用アカウントの使用"),
    EMERGENCY_SEALED: _("非常用アカウントの封印"),
    STAFF_LISTED: _("利用者一覧の閲覧"),
    STAFF_VIEWED: _("利用者の閲覧"),
    STAFF_HIRED: _("利用者の登録"),
    STAFF_MOVED: _("利用者の氏名・所属の変更"),
    STAFF_STOPPED: _("利用者の停止"),
    STAFF_RESUMED: _("利用者の再開"),
    STAFF_RESET: _("パスワード・確認手段の再設定"),
    STAFF_LET_IN: _("ロックされた利用者の解除"),
    ROLE_GRANTED: _("役割の付与"),
    ROLE_ENDED: _("役割の終了"),
    ROLE_SUSPENDED: _("役割の停止（棚卸しの未回答）"),
    MATRIX_VIEWED: _("役割と権限の一覧表の閲覧"),
    MATRIX_EXPORTED: _("役割と権限の一覧表の書き出し"),
    PROPOSAL_MADE: _("権限の変更の申請"),
    PROPOSAL_APPROVED: _("権限の変更の承認"),
    PROPOSAL_REJECTED: _("権限の変更の却下"),
    PROPOSAL_WITHDRAWN: _("権限の変更の申請の取下げ"),
    PROPOSAL_REFUSED: _("権限の変更の操作の拒否"),
    PROPOSAL_LISTED: _("権限の変更の申請の閲覧"),
    SLIP_PRINTED: _("仮パスワード・登録コードの用紙の発行"),
    BATCH_UPLOADED: _("職員の一括登録の取込み"),
    BATCH_APPLIED: _("職員の一括登録の反映"),
    BATCH_REJECTED: _("職員の一括登録の却下"),
    BATCH_REFUSED: _("職員の一括登録の拒否"),
    PASSWORD_CHANGED: _("パスワードの変更"),
    PASSWORD_CHANGE_REFUSED: _("パスワードの変更の拒否"),
    PASSWORD_COMPROMISED: _("パスワードの漏えいの届け"),
    FACTOR_ADDED: _("確認手段の登録"),
    FACTOR_REMOVED: _("確認手段の削除"),
    FACTOR_REFUSED: _("確認手段の登録の拒否"),
    FACTOR_PREPARED: _("確認手段の登録の開始"),
    RECOVERY_USED: _("回復コードの使用"),
    REVIEW_OPENED: _("権限の棚卸しの開始"),
    REVIEW_VIEWED: _("権限の棚卸しの閲覧"),
    REVIEW_ANSWERED: _("権限の棚卸しの回答"),
    REVIEW_CLOSED: _("権限の棚卸しの確定"),
    REVIEW_EXPORTED: _("権限の棚卸しの結果の書き出し"),
}
