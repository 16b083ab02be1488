"""What the review of the holdings found: kept apart from the vault, and without any number."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Finding(models.TextChoices):
    """Why a holding is looked at again."""

    BASIS_ENDED = "BASIS_ENDED", _("根拠が現在有効でない")
    NO_APPROVAL = "NO_APPROVAL", _("承認された申請がない")
    PAST_RETENTION = "PAST_RETENTION", _("保存期間が過ぎている")
    SUPERSEDED = "SUPERSEDED", _("訂正前の番号が残っている")


class HoldingReview(models.Model):
    """One walk over everything that is held, in small steps, and what it came to once it is finished."""

    began_at = models.DateTimeField(_("開始日時"))
    finished_at = models.DateTimeField(_("終了日時"), null=True, blank=True)
    reached_person = models.UUIDField(_("ここまで（人）"), null=True, blank=True)
    reached_version = models.PositiveIntegerField(_("ここまで（版）"), default=0)
    seen = models.PositiveIntegerField(_("見た件数"), default=0)
    counts = models.JSONField(_("内訳"), default=list)
    found = models.JSONField(_("指摘の件数"), default=list)

    class Meta:
        verbose_name = _("保有状況の点検")
        verbose_name_plural = _("保有状況の点検")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                name="one_holding_review_at_a_time",
                fields=["finished_at"],
                condition=Q(finished_at__isnull=True),
                nulls_distinct=False,
            ),
        ]

    def __str__(self) -> str:
        return f"holding review {self.pk}"


class HoldingFinding(models.Model):
    """That one version of one person's number was found to be looked at again."""

    review = models.ForeignKey(HoldingReview, on_delete=models.PROTECT, related_name="findings")
    finding = models.CharField(_("指摘"), max_length=20, choices=Finding)
    person_id = models.UUIDField(_("人"))
    version = models.PositiveIntegerField(_("版"))

    class Meta:
        verbose_name = _("保有状況の指摘")
        verbose_name_plural = _("保有状況の指摘")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                name="holding_is_found_once", fields=["review", "finding", "person_id", "version"]
            ),
            models.CheckConstraint(name="holding_finding_is_known", condition=Q(finding__in=Finding.values)),
        ]

    def __str__(self) -> str:
        return f"holding finding {self.pk}"
