"""What a My Number may be shown for. Anything else is outside 番号法 9条1項 and has no entry here."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Purpose(models.TextChoices):
    """A statutory task for which a number viewer may see a number."""

    INQUIRY = "INQUIRY", _("情報照会（情報提供ネットワークシステム）")
    COMPARISON = "COMPARISON", _("原本との照合")
    CORRECTION = "CORRECTION", _("本人からの訂正の申出")
    INSURER = "INSURER", _("医療保険者への照会")
    DISCLOSURE = "DISCLOSURE", _("開示請求・監査への対応")
