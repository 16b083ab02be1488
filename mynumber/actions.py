"""What the vault writes into the record. A number itself is never among it."""

from django.utils.translation import gettext_lazy as _

TYPED = "mynumber.number.typed"
TYPING_REFUSED = "mynumber.number.typing_refused"
COMPARED = "mynumber.number.compared"
PUT_IN_USE = "mynumber.number.put_in_use"
REMOVED = "mynumber.number.removed"
REVEALED = "mynumber.number.revealed"
REVEAL_REFUSED = "mynumber.number.reveal_refused"
REVEAL_FAILED = "mynumber.number.reveal_failed"
KEYS_VIEWED = "mynumber.keys.viewed"

ACTIONS = {
    TYPED: _("個人番号の入力"),
    TYPING_REFUSED: _("個人番号の入力の拒否"),
    COMPARED: _("個人番号の再入力による照合"),
    PUT_IN_USE: _("個人番号の確定"),
    REMOVED: _("個人番号の削除"),
    REVEALED: _("個人番号の表示"),
    REVEAL_REFUSED: _("個人番号の表示の拒否"),
    REVEAL_FAILED: _("個人番号の表示の失敗"),
    KEYS_VIEWED: _("鍵の状態の閲覧"),
}
