"""Lists of papers that two people destroy together."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from benefits.models.constraints import all_or_none


class DestructionOutcome(models.TextChoices):
    """What became of a list."""

    DONE = "DONE", _("廃棄済み")
    REJECTED = "REJECTED", _("却下")
    WITHDRAWN = "WITHDRAWN", _("取下げ")


class DestructionList(models.Model):
    """Papers that one records keeper proposes to destroy and another destroys with them. Decided once."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    code = models.CharField(_("廃棄一覧の番号"), max_length=10, unique=True)
    basis = models.CharField(_("廃棄の根拠"), max_length=800)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(_("提案日時"), db_default=Now())
    outcome = models.CharField(_("結果"), max_length=20, choices=DestructionOutcome, blank=True, default="")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    decided_at = models.DateTimeField(_("決定日時"), null=True, blank=True)

    class Meta:
        verbose_name = _("廃棄一覧")
        verbose_name_plural = _("廃棄一覧")
        default_permissions = ()
        indexes = [models.Index(name="destruction_by_time", fields=["-proposed_at", "-id"])]
        constraints = [
            models.CheckConstraint(name="destruction_code_is_a_label", condition=Q(code__regex=r"^D[0-9]{9}$")),
            models.CheckConstraint(name="destruction_says_why", condition=~Q(basis="")),
            models.CheckConstraint(
                name="destruction_outcome_is_known", condition=Q(outcome__in=["", *DestructionOutcome.values])
            ),
            models.CheckConstraint(
                name="destruction_decision_is_signed_and_dated",
                condition=all_or_none("decided_by", "decided_at")
                & (Q(outcome="", decided_by__isnull=True) | ~Q(outcome="") & Q(decided_by__isnull=False)),
            ),
            models.CheckConstraint(
                name="destruction_takes_two",
                condition=~Q(outcome__in=[DestructionOutcome.DONE, DestructionOutcome.REJECTED])
                | ~Q(decided_by=F("proposed_by")),
            ),
            models.CheckConstraint(
                name="destruction_is_withdrawn_by_its_proposer",
                condition=~Q(outcome=DestructionOutcome.WITHDRAWN) | Q(decided_by=F("proposed_by")),
            ),
        ]

    def __str__(self) -> str:
        return f"destruction list {self.code}"

    def get_absolute_url(self) -> str:
        return reverse("benefits:destruction", args=[self.pk])

    @property
    def label(self) -> str:
        """What the record calls this list."""
        return self.code


class DestructionItem(models.Model):
    """A paper on a list. Written with the list, and never changed."""

    destruction = models.ForeignKey(DestructionList, on_delete=models.PROTECT, related_name="items")
    paper = models.ForeignKey("benefits.Paper", on_delete=models.PROTECT, related_name="destruction_items")

    class Meta:
        verbose_name = _("廃棄する書類")
        verbose_name_plural = _("廃棄する書類")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(name="paper_is_on_a_list_once", fields=["destruction", "paper"]),
        ]

    def __str__(self) -> str:
        return f"destruction item {self.pk}"
