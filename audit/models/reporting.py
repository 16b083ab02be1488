"""The monthly report of the watching, as it was signed."""

import uuid
from datetime import date

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class MonthlyReport(models.Model):
    """A month's figures, frozen by the auditor who signs first, and the document once a second person has signed.

    Signed once and never changed: the tables' guards are made by migration 0010, who may sign is held to by
    accounts/0010.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    month = models.DateField(_("月（1日）"), unique=True)
    #: What ``audit.watching.report`` said when it was signed, as data.
    figures = models.JSONField(_("数値"))
    fingerprint = models.CharField(_("数値の指紋（SHA-256）"), max_length=64)
    signed_by_id = models.BigIntegerField(_("監査担当"))
    signed_at = models.DateTimeField(_("監査担当の署名日時"), default=timezone.now)
    countersigned_by_id = models.BigIntegerField(_("情報セキュリティ責任者"), null=True, blank=True)
    countersigned_at = models.DateTimeField(_("情報セキュリティ責任者の署名日時"), null=True, blank=True)
    pdf = models.BinaryField(_("報告書"), null=True, blank=True)
    pdf_sha256 = models.CharField(_("報告書の指紋（SHA-256）"), max_length=64, blank=True, default="")

    class Meta:
        db_table = 'audit"."monthly_report'
        verbose_name = _("月次報告")
        verbose_name_plural = _("月次報告")
        default_permissions = ()
        constraints = [
            models.CheckConstraint(name="report_is_of_a_month", condition=Q(month__day=1)),
            models.CheckConstraint(
                name="report_is_countersigned_whole",
                condition=Q(
                    countersigned_by_id__isnull=True,
                    countersigned_at__isnull=True,
                    pdf__isnull=True,
                    pdf_sha256="",
                )
                | (
                    Q(countersigned_by_id__isnull=False, countersigned_at__isnull=False, pdf__isnull=False)
                    & ~Q(pdf_sha256="")
                ),
            ),
            models.CheckConstraint(
                name="report_is_countersigned_by_another",
                condition=Q(countersigned_by_id__isnull=True) | ~Q(countersigned_by_id=F("signed_by_id")),
            ),
        ]

    def __str__(self) -> str:
        return f"report of {self.month}"

    @property
    def label(self) -> str:
        """What the record calls it: its month."""
        return f"{self.month:%Y-%m}"

    @property
    def is_complete(self) -> bool:
        """Say whether both have signed."""
        return self.countersigned_by_id is not None


def first_of(day: date) -> date:
    """Return the first day of the month of ``day``."""
    return day.replace(day=1)
