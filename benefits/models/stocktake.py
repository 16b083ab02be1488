"""Stocktakes: what a place or a box should hold, compared with what a scanner found there."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from benefits.models.constraints import all_or_none
from benefits.models.paper import Paper
from benefits.models.place import Box, Place


class StocktakeOutcome(models.TextChoices):
    """How a stocktake ended."""

    FINISHED = "FINISHED", _("完了")
    CANCELLED = "CANCELLED", _("中止")


class Finding(models.TextChoices):
    """What a scan, or the lack of one, says."""

    PRESENT = "PRESENT", _("あり")
    MISPLACED = "MISPLACED", _("別の場所の登録")
    UNKNOWN = "UNKNOWN", _("登録のない番号")
    MISSING = "MISSING", _("見つからない")


class Stocktake(models.Model):
    """One count of one place or one box: one at a time, and it can be left and continued."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="stocktakes", null=True, blank=True)
    box = models.ForeignKey(Box, on_delete=models.PROTECT, related_name="stocktakes", null=True, blank=True)
    begun_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    begun_at = models.DateTimeField(_("開始日時"), db_default=Now())
    outcome = models.CharField(_("結果"), max_length=20, choices=StocktakeOutcome, blank=True, default="")
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    ended_at = models.DateTimeField(_("終了日時"), null=True, blank=True)

    class Meta:
        verbose_name = _("書類の棚卸し")
        verbose_name_plural = _("書類の棚卸し")
        default_permissions = ()
        indexes = [models.Index(name="stocktake_by_time", fields=["-begun_at", "-id"])]
        constraints = [
            models.CheckConstraint(
                name="stocktake_is_of_a_place_or_a_box",
                condition=Q(place__isnull=False, box__isnull=True) | Q(place__isnull=True, box__isnull=False),
            ),
            models.CheckConstraint(
                name="stocktake_outcome_is_known", condition=Q(outcome__in=["", *StocktakeOutcome.values])
            ),
            models.CheckConstraint(
                name="stocktake_end_is_signed_and_dated",
                condition=all_or_none("ended_by", "ended_at")
                & (Q(outcome="", ended_by__isnull=True) | ~Q(outcome="") & Q(ended_by__isnull=False)),
            ),
            models.UniqueConstraint(name="place_is_counted_once_at_a_time", fields=["place"], condition=Q(outcome="")),
            models.UniqueConstraint(name="box_is_counted_once_at_a_time", fields=["box"], condition=Q(outcome="")),
        ]

    def __str__(self) -> str:
        return f"stocktake {self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("benefits:stocktake", args=[self.pk])

    @property
    def label(self) -> str:
        """What the record calls this stocktake: the label of what is counted."""
        return self.counted.code

    @property
    def counted(self) -> Place | Box:
        """The place or the box that is counted."""
        counted = self.place or self.box
        assert counted is not None  # noqa: S101  (stocktake_is_of_a_place_or_a_box)
        return counted


class StocktakeLine(models.Model):
    """One code that was scanned, or, once the count is finished, one that was not. Never changed."""

    stocktake = models.ForeignKey(Stocktake, on_delete=models.PROTECT, related_name="lines")
    code = models.CharField(_("番号"), max_length=40)
    finding = models.CharField(_("結果"), max_length=20, choices=Finding)
    paper = models.ForeignKey(Paper, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    box = models.ForeignKey(Box, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(_("日時"), db_default=Now())

    class Meta:
        verbose_name = _("棚卸しの明細")
        verbose_name_plural = _("棚卸しの明細")
        default_permissions = ()
        constraints = [
            models.CheckConstraint(name="stocktake_finding_is_known", condition=Q(finding__in=Finding.values)),
            models.UniqueConstraint(name="code_is_counted_once", fields=["stocktake", "code"]),
        ]

    def __str__(self) -> str:
        return f"stocktake line {self.pk}"
