"""What the benefits app writes into the record."""

from django.utils.translation import gettext_lazy as _

APPLICATION_VIEWED = "benefits.application.viewed"
APPLICATION_LISTED = "benefits.application.listed"
APPLICATION_SAVED = "benefits.application.saved"
APPLICATION_SUBMITTED = "benefits.application.submitted"
APPLICATION_PULLED_BACK = "benefits.application.pulled_back"
APPLICATION_WITHDRAWN = "benefits.application.withdrawn"
APPLICATION_CHECKED = "benefits.application.checked"
APPLICATION_RETURNED = "benefits.application.returned"
APPLICATION_APPROVED = "benefits.application.approved"
STEP_REFUSED = "benefits.application.step_refused"
THIRD_COMPARISON_ASKED = "benefits.third_comparison.asked"
THIRD_COMPARISON_ANSWERED = "benefits.third_comparison.answered"
REGISTERED_ALIKE_ACCEPTED = "benefits.application.alike_accepted"
HIDDEN_REQUESTED = "benefits.record.hidden_requested"
PERSON_SEARCHED = "benefits.person.searched"
PERSON_VIEWED = "benefits.person.viewed"
CERTIFICATE_OPENED = "benefits.certificate.opened"
CORRECTION_LISTED = "benefits.correction.listed"
CORRECTION_VIEWED = "benefits.correction.viewed"
CORRECTION_OPENED = "benefits.correction.opened"
CORRECTION_TYPED = "benefits.correction.typed"
CORRECTION_APPROVED = "benefits.correction.approved"
CORRECTION_REJECTED = "benefits.correction.rejected"
CORRECTION_WITHDRAWN = "benefits.correction.withdrawn"
CORRECTION_REFUSED = "benefits.correction.refused"
HOLDINGS_VIEWED = "benefits.holdings.viewed"
HOLDINGS_EXPORTED = "benefits.holdings.exported"
HOLDINGS_EXPORT_ENDED = "benefits.holdings.export_ended"
RETENTION_VIEWED = "benefits.retention.viewed"
PERIOD_PROPOSED = "benefits.period.proposed"
PERIOD_APPROVED = "benefits.period.approved"
PERIOD_REJECTED = "benefits.period.rejected"
PERIOD_WITHDRAWN = "benefits.period.withdrawn"
PERIOD_REFUSED = "benefits.period.refused"
HOLD_SET = "benefits.hold.set"
HOLD_ENDED = "benefits.hold.ended"
HOLD_REFUSED = "benefits.hold.refused"
DELETION_LIST_MADE = "benefits.deletion.made"
DELETION_LIST_VIEWED = "benefits.deletion.viewed"
DELETION_LIST_READY = "benefits.deletion.ready"
DELETION_ROW_EXCLUDED = "benefits.deletion.row_excluded"
DELETION_ROW_DROPPED = "benefits.deletion.row_dropped"
DELETION_PROPOSED = "benefits.deletion.proposed"
DELETION_WITHDRAWN = "benefits.deletion.withdrawn"
DELETION_APPROVED = "benefits.deletion.approved"
DELETION_REJECTED = "benefits.deletion.rejected"
DELETION_DONE = "benefits.deletion.done"
DELETION_REFUSED = "benefits.deletion.refused"
DELETION_CERTIFICATE_OPENED = "benefits.deletion.certificate_opened"
PROTECTION_VIEWED = "benefits.protection.viewed"
PROTECTION_PROPOSED = "benefits.protection.proposed"
PROTECTION_APPROVED = "benefits.protection.approved"
PROTECTION_REJECTED = "benefits.protection.rejected"
PROTECTION_WITHDRAWN = "benefits.protection.withdrawn"
PROTECTION_LIFT_PROPOSED = "benefits.protection.lift_proposed"
PROTECTION_LIFT_REJECTED = "benefits.protection.lift_rejected"
PROTECTION_LIFTED = "benefits.protection.lifted"
PROTECTION_REFUSED = "benefits.protection.refused"
RELEASE_VIEWED = "benefits.release.viewed"
RELEASE_ASKED = "benefits.release.asked"
RELEASE_GIVEN = "benefits.release.released"
RELEASE_REFUSED = "benefits.release.refused"
RELEASE_STEP_REFUSED = "benefits.release.step_refused"
REVEAL_REVIEW_LISTED = "benefits.reveal.review_listed"
REVEAL_REVIEWED = "benefits.reveal.reviewed"
REVEAL_REVIEW_REFUSED = "benefits.reveal.review_refused"
CONTACT_RECORDED = "benefits.contact.recorded"
RELATION_DECLARED = "benefits.relation.declared"
OVERTIME_REGISTERED = "benefits.overtime.registered"
OVERTIME_REFUSED = "benefits.overtime.refused"
MADE_UP_LISTED = "benefits.made_up.listed"
MADE_UP_PROPOSED = "benefits.made_up.proposed"
MADE_UP_APPROVED = "benefits.made_up.approved"
MADE_UP_REJECTED = "benefits.made_up.rejected"
MADE_UP_WITHDRAWN = "benefits.made_up.withdrawn"
MADE_UP_REFUSED = "benefits.made_up.refused"
ACCESSES_VIEWED = "benefits.access.viewed"
ACCESS_STATEMENT_PRINTED = "benefits.access.statement_printed"
PAPERS_SEARCHED = "benefits.paper.searched"
PAPER_VIEWED = "benefits.paper.viewed"
PAPER_LISTED = "benefits.paper.listed"
PAPER_RECEIVED = "benefits.paper.received"
PAPER_NOT_NEEDED = "benefits.paper.not_needed"
PAPER_MOVED = "benefits.paper.moved"
PAPER_CONFIRMED = "benefits.paper.confirmed"
PAPER_TAKEN_BACK = "benefits.paper.taken_back"
PAPER_LENT = "benefits.paper.lent"
PAPER_RETURNED = "benefits.paper.returned"
PAPER_COPIED = "benefits.paper.copied"
PAPER_MISSING = "benefits.paper.missing"
PAPER_FOUND = "benefits.paper.found"
PAPER_DESTROYED = "benefits.paper.destroyed"
PAPER_WRITTEN_OFF = "benefits.paper.written_off"
BOX_OPENED = "benefits.box.opened"
BOX_CLOSED = "benefits.box.closed"
BOX_MOVED = "benefits.box.moved"
BOX_CONFIRMED = "benefits.box.confirmed"
BOX_TAKEN_BACK = "benefits.box.taken_back"
PLACE_OPENED = "benefits.place.opened"
PLACE_CLOSED = "benefits.place.closed"
DESTRUCTION_PROPOSED = "benefits.destruction.proposed"
DESTRUCTION_DONE = "benefits.destruction.done"
DESTRUCTION_REJECTED = "benefits.destruction.rejected"
DESTRUCTION_WITHDRAWN = "benefits.destruction.withdrawn"
STOCKTAKE_BEGUN = "benefits.stocktake.begun"
STOCKTAKE_FINISHED = "benefits.stocktake.finished"
STOCKTAKE_CANCELLED = "benefits.stocktake.cancelled"
LABELS_PRINTED = "benefits.paper.labels_printed"
CUSTODY_REFUSED = "benefits.paper.step_refused"
IMPORT_BEGUN = "benefits.import.begun"
IMPORT_RECEIVED = "benefits.import.received"
IMPORT_STARTED = "benefits.import.started"
IMPORT_ADVANCED = "benefits.import.advanced"
IMPORT_ERRORS_SKIPPED = "benefits.import.errors_skipped"
IMPORT_CANCELLED = "benefits.import.cancelled"
IMPORT_EXPIRED = "benefits.import.expired"
IMPORT_LINKED = "benefits.import.linked"
IMPORT_REJECTED = "benefits.import.rejected"
IMPORT_SAMPLE_DRAWN = "benefits.import.sample_drawn"
IMPORT_SAMPLE_ANSWERED = "benefits.import.sample_answered"
IMPORT_DISPUTED = "benefits.import.disputed"
IMPORT_APPLIED = "benefits.import.applied"
IMPORT_UNDO_PROPOSED = "benefits.import.undo_proposed"
IMPORT_UNDO_APPROVED = "benefits.import.undo_approved"
IMPORT_WIPED = "benefits.import.wiped"
IMPORT_VIEWED = "benefits.import.viewed"
IMPORT_ROW_VIEWED = "benefits.import.row_viewed"
IMPORT_ERRORS_EXPORTED = "benefits.import.errors_exported"
IMPORT_REFUSED = "benefits.import.refused"
IMPORT_REQUESTED = "benefits.import.requested"
IMPORT_ASKED_FOR = "benefits.import.asked_for"
LAYOUT_PROPOSED = "benefits.layout.proposed"
LAYOUT_DECIDED = "benefits.layout.decided"
LAYOUT_REFUSED = "benefits.layout.refused"

ACTIONS = {
    APPLICATION_VIEWED: _("申請の閲覧"),
    APPLICATION_LISTED: _("申請の一覧"),
    APPLICATION_SAVED: _("申請の下書き保存"),
    APPLICATION_SUBMITTED: _("申請の提出"),
    APPLICATION_PULLED_BACK: _("申請の引き戻し"),
    APPLICATION_WITHDRAWN: _("申請の取下げ"),
    APPLICATION_CHECKED: _("申請の照合"),
    APPLICATION_RETURNED: _("申請の差戻し"),
    APPLICATION_APPROVED: _("申請の承認"),
    STEP_REFUSED: _("申請の操作の拒否"),
    THIRD_COMPARISON_ASKED: _("3人目の照合の依頼"),
    THIRD_COMPARISON_ANSWERED: _("3人目の照合"),
    REGISTERED_ALIKE_ACCEPTED: _("同じ氏名・生年月日の受給者がいることの確認"),
    HIDDEN_REQUESTED: _("見る権限のない情報の要求"),
    PERSON_SEARCHED: _("受給者の検索"),
    PERSON_VIEWED: _("受給者の閲覧"),
    CERTIFICATE_OPENED: _("受給者証の表示"),
    CORRECTION_LISTED: _("個人番号の訂正の一覧"),
    CORRECTION_VIEWED: _("個人番号の訂正の申請の閲覧"),
    CORRECTION_OPENED: _("個人番号の訂正の申請"),
    CORRECTION_TYPED: _("訂正する個人番号の入力"),
    CORRECTION_APPROVED: _("個人番号の訂正の承認"),
    CORRECTION_REJECTED: _("個人番号の訂正の却下"),
    CORRECTION_WITHDRAWN: _("個人番号の訂正の取下げ"),
    CORRECTION_REFUSED: _("個人番号の訂正の操作の拒否"),
    HOLDINGS_VIEWED: _("個人番号の保有状況の閲覧"),
    HOLDINGS_EXPORTED: _("個人番号の保有状況の書き出し"),
    HOLDINGS_EXPORT_ENDED: _("個人番号の保有状況の書き出しの終了"),
    RETENTION_VIEWED: _("保存と削除の状況の閲覧"),
    PERIOD_PROPOSED: _("保存期間の申請"),
    PERIOD_APPROVED: _("保存期間の決定"),
    PERIOD_REJECTED: _("保存期間の却下"),
    PERIOD_WITHDRAWN: _("保存期間の申請の取下げ"),
    PERIOD_REFUSED: _("保存期間の操作の拒否"),
    HOLD_SET: _("個人番号の削除の停止"),
    HOLD_ENDED: _("個人番号の削除の停止の解除"),
    HOLD_REFUSED: _("個人番号の削除の停止の拒否"),
    DELETION_LIST_MADE: _("削除対象一覧の作成の開始"),
    DELETION_LIST_VIEWED: _("削除対象一覧の閲覧"),
    DELETION_LIST_READY: _("削除対象一覧の作成の完了"),
    DELETION_ROW_EXCLUDED: _("削除対象からの除外"),
    DELETION_ROW_DROPPED: _("削除対象でなくなったこと"),
    DELETION_PROPOSED: _("削除の申請"),
    DELETION_WITHDRAWN: _("削除の申請の取下げ"),
    DELETION_APPROVED: _("削除の承認"),
    DELETION_REJECTED: _("削除の却下"),
    DELETION_DONE: _("削除の完了"),
    DELETION_REFUSED: _("削除の操作の拒否"),
    DELETION_CERTIFICATE_OPENED: _("削除証明書の表示"),
    PROTECTION_VIEWED: _("受給者の保護の閲覧"),
    PROTECTION_PROPOSED: _("受給者の保護の申請"),
    PROTECTION_APPROVED: _("受給者の保護の決定"),
    PROTECTION_REJECTED: _("受給者の保護の却下"),
    PROTECTION_WITHDRAWN: _("受給者の保護の申請の取下げ"),
    PROTECTION_LIFT_PROPOSED: _("保護の解除の申請"),
    PROTECTION_LIFT_REJECTED: _("保護の解除の却下"),
    PROTECTION_LIFTED: _("保護の解除の決定"),
    PROTECTION_REFUSED: _("受給者の保護の操作の拒否"),
    RELEASE_VIEWED: _("個人番号の解除の依頼の閲覧"),
    RELEASE_ASKED: _("個人番号の解除の依頼"),
    RELEASE_GIVEN: _("個人番号の解除"),
    RELEASE_REFUSED: _("個人番号の解除の拒否"),
    RELEASE_STEP_REFUSED: _("個人番号の解除の操作の拒否"),
    REVEAL_REVIEW_LISTED: _("個人番号の表示の確認の一覧"),
    REVEAL_REVIEWED: _("個人番号の表示の確認"),
    REVEAL_REVIEW_REFUSED: _("個人番号の表示の確認の拒否"),
    CONTACT_RECORDED: _("窓口・電話の記録"),
    RELATION_DECLARED: _("関係のある人の届出"),
    OVERTIME_REGISTERED: _("時間外勤務の登録"),
    OVERTIME_REFUSED: _("時間外勤務の登録の拒否"),
    MADE_UP_LISTED: _("架空の受給者の一覧"),
    MADE_UP_PROPOSED: _("架空の受給者の申請"),
    MADE_UP_APPROVED: _("架空の受給者の決定"),
    MADE_UP_REJECTED: _("架空の受給者の却下"),
    MADE_UP_WITHDRAWN: _("架空の受給者の申請の取下げ"),
    MADE_UP_REFUSED: _("架空の受給者の操作の拒否"),
    ACCESSES_VIEWED: _("受給者の閲覧の記録の表示"),
    ACCESS_STATEMENT_PRINTED: _("閲覧の記録の書面の作成"),
    PAPERS_SEARCHED: _("書類の一覧"),
    PAPER_VIEWED: _("書類の閲覧"),
    PAPER_LISTED: _("書類の登録"),
    PAPER_RECEIVED: _("書類の受領"),
    PAPER_NOT_NEEDED: _("書類を不要とした"),
    PAPER_MOVED: _("書類の引渡し"),
    PAPER_CONFIRMED: _("書類の受領の確認"),
    PAPER_TAKEN_BACK: _("書類の引渡しの取りやめ"),
    PAPER_LENT: _("書類の貸出し"),
    PAPER_RETURNED: _("書類の返却"),
    PAPER_COPIED: _("書類の写しの作成"),
    PAPER_MISSING: _("書類の所在不明"),
    PAPER_FOUND: _("書類の発見"),
    PAPER_DESTROYED: _("書類の廃棄"),
    PAPER_WRITTEN_OFF: _("書類の紛失の確定"),
    BOX_OPENED: _("箱の登録"),
    BOX_CLOSED: _("箱の使用終了"),
    BOX_MOVED: _("箱の引渡し"),
    BOX_CONFIRMED: _("箱の受領の確認"),
    BOX_TAKEN_BACK: _("箱の引渡しの取りやめ"),
    PLACE_OPENED: _("保管場所の登録"),
    PLACE_CLOSED: _("保管場所の閉鎖"),
    DESTRUCTION_PROPOSED: _("書類の廃棄の提案"),
    DESTRUCTION_DONE: _("書類の廃棄の実施"),
    DESTRUCTION_REJECTED: _("書類の廃棄の却下"),
    DESTRUCTION_WITHDRAWN: _("書類の廃棄の取下げ"),
    STOCKTAKE_BEGUN: _("書類の棚卸しの開始"),
    STOCKTAKE_FINISHED: _("書類の棚卸しの完了"),
    STOCKTAKE_CANCELLED: _("書類の棚卸しの中止"),
    LABELS_PRINTED: _("書類のラベルの印刷"),
    CUSTODY_REFUSED: _("書類の操作の拒否"),
    IMPORT_BEGUN: _("住基ネットのファイルの受信"),
    IMPORT_RECEIVED: _("住基ネットのファイルの受領"),
    IMPORT_STARTED: _("住基ネットの取込みの開始"),
    IMPORT_ADVANCED: _("住基ネットの取込みの進行"),
    IMPORT_ERRORS_SKIPPED: _("誤りのある行を除いた続行"),
    IMPORT_CANCELLED: _("住基ネットの取込みの中止"),
    IMPORT_EXPIRED: _("住基ネットの取込みの期限切れ"),
    IMPORT_LINKED: _("住基ネットの行の結付け"),
    IMPORT_REJECTED: _("住基ネットの行の除外"),
    IMPORT_SAMPLE_DRAWN: _("住基ネットの抜取り"),
    IMPORT_SAMPLE_ANSWERED: _("住基ネットの抜取りの照合"),
    IMPORT_DISPUTED: _("住基ネットの抜取りの不一致"),
    IMPORT_APPLIED: _("住基ネットの取込みの適用の決定"),
    IMPORT_UNDO_PROPOSED: _("住基ネットの取込みの取消しの申請"),
    IMPORT_UNDO_APPROVED: _("住基ネットの取込みの取消しの承認"),
    IMPORT_WIPED: _("住基ネットのファイルの行の消去"),
    IMPORT_VIEWED: _("住基ネットの取込みの閲覧"),
    IMPORT_ROW_VIEWED: _("住基ネットの行の閲覧"),
    IMPORT_ERRORS_EXPORTED: _("住基ネットの誤りの一覧の出力"),
    IMPORT_REFUSED: _("住基ネットの取込みの操作の拒否"),
    IMPORT_REQUESTED: _("住基ネットへの要求一覧の出力"),
    IMPORT_ASKED_FOR: _("住基ネットへの要求"),
    LAYOUT_PROPOSED: _("住基ネットの様式の申請"),
    LAYOUT_DECIDED: _("住基ネットの様式の決定"),
    LAYOUT_REFUSED: _("住基ネットの様式の操作の拒否"),
}

#: By these somebody looks at a resident.
VIEWS = (
    PERSON_VIEWED,
    APPLICATION_VIEWED,
    CERTIFICATE_OPENED,
    CORRECTION_VIEWED,
    ACCESSES_VIEWED,
    ACCESS_STATEMENT_PRINTED,
    PAPER_VIEWED,
    PROTECTION_VIEWED,
    RELEASE_VIEWED,
    IMPORT_ROW_VIEWED,
)
