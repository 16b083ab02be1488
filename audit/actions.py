"""What can happen to the record itself, and what a request can be refused for before any app is asked."""

from django.utils.translation import gettext_lazy as _

LOG_SEARCHED = "audit.log.searched"
LOG_ENTRY_OPENED = "audit.log.opened"
TRENDS_VIEWED = "audit.trends.viewed"
LOG_HIDDEN_REQUESTED = "audit.log.hidden_requested"
LOG_SEARCH_SAVED = "audit.search.saved"
LOG_SEARCH_REMOVED = "audit.search.removed"
LOG_SEARCH_DONE = "audit.search.done"
LOG_EXPORT_ASKED = "audit.export.asked"
LOG_EXPORT_CANCELLED = "audit.export.cancelled"
LOG_EXPORT_FINISHED = "audit.export.finished"
LOG_EXPORT_FAILED = "audit.export.failed"
LOG_EXPORT_TAKEN = "audit.export.taken"
LOG_EXPORT_DELETED = "audit.export.deleted"
HOLIDAYS_LOADED = "audit.holidays.loaded"
PAGE_REFUSED = "audit.page.refused"
REQUEST_REFUSED = "audit.request.refused"
LEDGER_EXPORTED = "audit.ledger.exported"
LEDGER_SHEET_PRINTED = "audit.ledger.sheet_printed"
PROOF_MADE = "audit.proof.made"
VERIFICATION_ASKED = "audit.verification.asked"
VERIFICATION_DONE = "audit.verification.done"
SEAL_FAULT = "audit.seal.fault"
SEAL_HEARTBEAT = "audit.seal.heartbeat"
SEAL_ORIGIN_RENEWED = "audit.seal.origin_renewed"
HITS_VIEWED = "audit.hit.listed"
HIT_VIEWED = "audit.hit.viewed"
HIT_RAISED = "audit.hit.raised"
HIT_ANSWERED = "audit.hit.answered"
HIT_ANSWER_REFUSED = "audit.hit.refused"
RULES_VIEWED = "audit.rule.listed"
RULE_PROPOSED = "audit.rule.proposed"
RULE_APPROVED = "audit.rule.approved"
RULE_REJECTED = "audit.rule.rejected"
RULE_WITHDRAWN = "audit.rule.withdrawn"
RULE_REFUSED = "audit.rule.refused"
RULE_SIMULATED = "audit.rule.simulated"
RULE_SIMULATION_ENDED = "audit.rule.simulation_ended"
SAMPLE_DRAWN = "audit.sample.drawn"
SAMPLE_VIEWED = "audit.sample.viewed"
SAMPLE_ANSWERED = "audit.sample.answered"
SAMPLE_REFUSED = "audit.sample.refused"
REPORT_VIEWED = "audit.report.viewed"
REPORT_SIGNED = "audit.report.signed"
REPORT_COUNTERSIGNED = "audit.report.countersigned"
REPORT_TAKEN = "audit.report.taken"
REPORT_REFUSED = "audit.report.refused"
PRUNING_VIEWED = "audit.pruning.viewed"
PRUNING_ASKED = "audit.pruning.asked"
PRUNING_APPROVED = "audit.pruning.approved"
PRUNING_REJECTED = "audit.pruning.rejected"
PRUNING_WITHDRAWN = "audit.pruning.withdrawn"
PRUNING_REFUSED = "audit.pruning.refused"
MONTH_PRUNED = "audit.month.pruned"
RETENTION_CHANGED = "audit.retention.changed"

ACTIONS = {
    LOG_SEARCHED: _("操作記録の検索"),
    LOG_ENTRY_OPENED: _("操作記録の明細の閲覧"),
    TRENDS_VIEWED: _("操作の傾向の閲覧"),
    LOG_HIDDEN_REQUESTED: _("見る権限のない操作記録の要求"),
    LOG_SEARCH_SAVED: _("操作記録の検索条件の保存"),
    LOG_SEARCH_REMOVED: _("保存した検索条件の削除"),
    LOG_SEARCH_DONE: _("保存した検索の実行（定期点検）"),
    LOG_EXPORT_ASKED: _("操作記録の書き出しの依頼"),
    LOG_EXPORT_CANCELLED: _("操作記録の書き出しの取消し"),
    LOG_EXPORT_FINISHED: _("操作記録の書き出しの完了"),
    LOG_EXPORT_FAILED: _("操作記録の書き出しの失敗"),
    LOG_EXPORT_TAKEN: _("書き出した操作記録の受取り"),
    LOG_EXPORT_DELETED: _("書き出した操作記録のファイルの削除"),
    HOLIDAYS_LOADED: _("休日の登録"),
    PAGE_REFUSED: _("権限のない画面の要求"),
    REQUEST_REFUSED: _("受け付けられない要求（改ざん・期限切れなど）"),
    LEDGER_EXPORTED: _("操作記録の台帳の書き出し（検証用）"),
    LEDGER_SHEET_PRINTED: _("操作記録の封印の控え（日報）の印刷"),
    PROOF_MADE: _("操作記録1件の証明書の作成"),
    VERIFICATION_ASKED: _("操作記録の検証の依頼"),
    VERIFICATION_DONE: _("操作記録の検証の完了"),
    SEAL_FAULT: _("操作記録の封印の異常"),
    SEAL_HEARTBEAT: _("操作記録の封印の定時確認"),
    SEAL_ORIGIN_RENEWED: _("操作記録の台帳名の更新"),
    HITS_VIEWED: _("気になる操作の一覧"),
    HIT_VIEWED: _("気になる操作の閲覧"),
    HIT_RAISED: _("気になる操作の検出"),
    HIT_ANSWERED: _("気になる操作の確認"),
    HIT_ANSWER_REFUSED: _("気になる操作の確認の拒否"),
    RULES_VIEWED: _("気になる操作の規則の閲覧"),
    RULE_PROPOSED: _("規則の変更の申請"),
    RULE_APPROVED: _("規則の変更の承認"),
    RULE_REJECTED: _("規則の変更の却下"),
    RULE_WITHDRAWN: _("規則の変更の申請の取下げ"),
    RULE_REFUSED: _("規則の変更の操作の拒否"),
    RULE_SIMULATED: _("規則の試算"),
    RULE_SIMULATION_ENDED: _("規則の試算の終わり"),
    SAMPLE_DRAWN: _("閲覧の抜取り"),
    SAMPLE_VIEWED: _("抜き取られた閲覧の表示"),
    SAMPLE_ANSWERED: _("抜き取られた閲覧の確認"),
    SAMPLE_REFUSED: _("抜き取られた閲覧の確認の拒否"),
    REPORT_VIEWED: _("月次報告の閲覧"),
    REPORT_SIGNED: _("月次報告の署名（監査担当）"),
    REPORT_COUNTERSIGNED: _("月次報告の署名（情報セキュリティ責任者）"),
    REPORT_TAKEN: _("月次報告のPDFの受取り"),
    REPORT_REFUSED: _("月次報告の署名の拒否"),
    PRUNING_VIEWED: _("操作記録の保存期間の閲覧"),
    PRUNING_ASKED: _("操作記録の月の削除の申請"),
    PRUNING_APPROVED: _("操作記録の月の削除の承認"),
    PRUNING_REJECTED: _("操作記録の月の削除の却下"),
    PRUNING_WITHDRAWN: _("操作記録の月の削除の取下げ"),
    PRUNING_REFUSED: _("操作記録の月の削除の操作の拒否"),
    MONTH_PRUNED: _("操作記録の月の削除"),
    RETENTION_CHANGED: _("操作記録の保存期間の変更"),
}
