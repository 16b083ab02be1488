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
HIDDEN_REQUESTED = "benefits.record.hidden_requested"
PERSON_SEARCHED = "benefits.person.searched"
PERSON_VIEWED = "benefits.person.viewed"
CERTIFICATE_OPENED = "benefits.certificate.opened"

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
    HIDDEN_REQUESTED: _("見る権限のない情報の要求"),
    PERSON_SEARCHED: _("受給者の検索"),
    PERSON_VIEWED: _("受給者の閲覧"),
    CERTIFICATE_OPENED: _("受給者証の表示"),
}
