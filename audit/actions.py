"""What can happen to the record itself, and what a request can be refused for before any app is asked."""

from django.utils.translation import gettext_lazy as _

LOG_SEARCHED = "audit.log.searched"
LOG_ENTRY_OPENED = "audit.log.opened"
PAGE_REFUSED = "audit.page.refused"
REQUEST_REFUSED = "audit.request.refused"

ACTIONS = {
    LOG_SEARCHED: _("操作記録の検索"),
    LOG_ENTRY_OPENED: _("操作記録の明細の閲覧"),
    PAGE_REFUSED: _("権限のない画面の要求"),
    REQUEST_REFUSED: _("受け付けられない要求（改ざん・期限切れなど）"),
}
