"""What the vault writes into the record. A number itself is never among it."""

from django.utils.translation import gettext_lazy as _

TYPED = "mynumber.number.typed"
TYPING_REFUSED = "mynumber.number.typing_refused"
COMPARED = "mynumber.number.compared"
PUT_IN_USE = "mynumber.number.put_in_use"
REMOVED = "mynumber.number.removed"
SUPERSEDED = "mynumber.number.superseded"
SEARCHED = "mynumber.number.searched"
SEARCH_ANSWERED = "mynumber.number.search_answered"
SEARCH_REFUSED = "mynumber.number.search_refused"
REVEALED = "mynumber.number.revealed"
REVEAL_REFUSED = "mynumber.number.reveal_refused"
REVEAL_FAILED = "mynumber.number.reveal_failed"
LIMITS_CHANGED = "mynumber.limits.changed"
KEYS_VIEWED = "mynumber.keys.viewed"
KEYS_TRIED = "mynumber.keys.tried"
KEY_PROPOSED = "mynumber.key.proposed"
KEY_APPROVED = "mynumber.key.approved"
KEY_REJECTED = "mynumber.key.rejected"
KEY_WITHDRAWN = "mynumber.key.withdrawn"
KEY_REFUSED = "mynumber.key.refused"
KEY_PAUSED = "mynumber.key.paused"
KEY_RESUMED = "mynumber.key.resumed"
KEY_ROTATED = "mynumber.key.rotated"
KEY_RETIRED = "mynumber.key.retired"
REWRAP_FAILED = "mynumber.number.rewrap_failed"
DESTROYED = "mynumber.number.destroyed"
DESTROYED_AGAIN = "mynumber.number.destroyed_again"

STAGING_BEGUN = "mynumber.staged.begun"
STAGED_OPENED = "mynumber.staged.opened"
STAGING_WIPED = "mynumber.staged.wiped"
IMPORTED = "mynumber.number.imported"
IMPORT_UNDONE = "mynumber.number.import_undone"

ACTIONS = {
    TYPED: _("個人番号の入力"),
    TYPING_REFUSED: _("個人番号の入力の拒否"),
    COMPARED: _("個人番号の再入力による照合"),
    PUT_IN_USE: _("個人番号の確定"),
    REMOVED: _("個人番号の削除"),
    SUPERSEDED: _("個人番号の訂正（前の版の使用停止）"),
    SEARCHED: _("個人番号による検索"),
    SEARCH_ANSWERED: _("個人番号による検索の結果"),
    SEARCH_REFUSED: _("個人番号による検索の拒否"),
    REVEALED: _("個人番号の表示"),
    REVEAL_REFUSED: _("個人番号の表示の拒否"),
    REVEAL_FAILED: _("個人番号の表示の失敗"),
    LIMITS_CHANGED: _("個人番号の表示・検索・照合の上限の変更"),
    KEYS_VIEWED: _("鍵の状態の閲覧"),
    KEYS_TRIED: _("鍵の毎日の試験"),
    KEY_PROPOSED: _("鍵の操作の申請"),
    KEY_APPROVED: _("鍵の操作の承認"),
    KEY_REJECTED: _("鍵の操作の却下"),
    KEY_WITHDRAWN: _("鍵の操作の申請の取下げ"),
    KEY_REFUSED: _("鍵の操作の拒否"),
    KEY_PAUSED: _("鍵の更新の一時停止"),
    KEY_RESUMED: _("鍵の更新の再開"),
    KEY_ROTATED: _("鍵の更新の完了"),
    KEY_RETIRED: _("古い鍵の破棄"),
    REWRAP_FAILED: _("個人番号を新しい鍵で包み直せない"),
    DESTROYED: _("個人番号の廃棄（保存期間の満了）"),
    DESTROYED_AGAIN: _("個人番号の廃棄の再実行（復元の後）"),
    STAGING_BEGUN: _("住基ネットのファイルの封入"),
    STAGED_OPENED: _("住基ネットのファイルの処理（一部を復号）"),
    STAGING_WIPED: _("住基ネットのファイルの消去"),
    IMPORTED: _("住基ネットからの個人番号の取込み"),
    IMPORT_UNDONE: _("住基ネットから取り込んだ個人番号の取消し"),
}
