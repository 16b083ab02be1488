"""What a My Number may be shown for, and what of the person is on somebody's desk when it is.

Anything else than these purposes is outside 番号法 9条1項 and has no entry here, nor in the table that ``vault.fetch``
asks (migration 0006).
"""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Purpose(models.TextChoices):
    """A statutory task for which a number viewer may see a number."""

    INQUIRY = "INQUIRY", _("情報照会（情報提供ネットワークシステム）")
    COMPARISON = "COMPARISON", _("原本との照合")
    CORRECTION = "CORRECTION", _("本人からの訂正の申出")
    INSURER = "INSURER", _("医療保険者への照会")
    DISCLOSURE = "DISCLOSURE", _("開示請求・監査への対応")


class Ground(models.TextChoices):
    """Why this number is looked at now, as the system can tell by itself, whatever the viewer says."""

    CASE = "CASE", _("処理中の申請")
    CORRECTION = "CORRECTION", _("個人番号の訂正の依頼")
    IMPORT = "IMPORT", _("住基ネットの取込みで止まった行")
    PAPERS = "PAPERS", _("書類の所在の未確認")
    NONE = "NONE", _("処理中のものなし")
