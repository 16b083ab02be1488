"""What the accounts app writes into the record."""

from django.utils.translation import gettext_lazy as _

SIGNED_IN = "accounts.sign_in.done"
PASSWORD_REFUSED = "accounts.sign_in.password_refused"  # noqa: S105  (the name of an action)
CODE_REFUSED = "accounts.sign_in.code_refused"
SIGNED_OUT = "accounts.sign_out.done"
SESSION_EXPIRED = "accounts.session.expired"
STAFF_LISTED = "accounts.staff.listed"

ACTIONS = {
    SIGNED_IN: _("サインイン"),
    PASSWORD_REFUSED: _("サインインの拒否（利用者ID・パスワード）"),
    CODE_REFUSED: _("サインインの拒否（確認コード）"),
    SIGNED_OUT: _("サインアウト"),
    SESSION_EXPIRED: _("時間切れによる終了"),
    STAFF_LISTED: _("利用者一覧の閲覧"),
}
