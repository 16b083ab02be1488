"""Twice a year: does everybody still need what they have? (棚卸し)"""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models.rights import RoleAssignment


class Answer(models.TextChoices):
    """What a section's head decides about one right of one of their people."""

    KEEP = "KEEP", _("継続")
    CHANGE = "CHANGE", _("変更")
    END = "END", _("終了")


class AccessReview(models.Model):
    """One review of all rights: when it began, until when it is to be answered, when it was closed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    title = models.CharField(_("名称"), max_length=60)
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField(_("開始日時"), db_default=Now())
    due_on = models.DateField(_("期限"))
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    closed_at = models.DateTimeField(_("確定日時"), null=True, blank=True)
    #: What the review came to, word for word as it closed: people are renamed and moved later.
    result = models.JSONField(_("結果"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("権限の棚卸し")
        verbose_name_plural = _("権限の棚卸し")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                models.Value(1), name="one_access_review_at_a_time", condition=Q(closed_at__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return f"access review {self.pk}"


class AccessAnswer(models.Model):
    """One right under review, with what was known of its use when the review began, and the head's answer."""

    review = models.ForeignKey(AccessReview, on_delete=models.PROTECT, related_name="answers")
    assignment = models.ForeignKey(RoleAssignment, on_delete=models.PROTECT, related_name="answers")
    section = models.CharField(_("所属"), max_length=60, blank=True)
    last_used_on = models.DateField(_("最終利用"), null=True, blank=True)
    reveals = models.PositiveIntegerField(_("個人番号の表示"), default=0)
    conflict = models.CharField(_("兼務の問題"), max_length=100, blank=True, default="")
    answer = models.CharField(_("回答"), max_length=10, choices=Answer, blank=True, default="")
    reason = models.CharField(_("理由"), max_length=200, blank=True, default="")
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    answered_at = models.DateTimeField(_("回答日時"), null=True, blank=True)

    class Meta:
        verbose_name = _("棚卸しの回答")
        verbose_name_plural = _("棚卸しの回答")
        default_permissions = ()
        indexes = [models.Index(name="access_answer_by_section", fields=["review", "section"])]
        constraints = [
            models.UniqueConstraint(name="right_is_reviewed_once", fields=["review", "assignment"]),
            models.CheckConstraint(
                name="access_answer_is_signed_and_dated",
                condition=Q(answer="", answered_by__isnull=True, answered_at__isnull=True)
                | (Q(answer__in=Answer.values) & Q(answered_by__isnull=False, answered_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="access_answer_but_keeping_has_a_reason", condition=Q(answer__in=["", "KEEP"]) | ~Q(reason="")
            ),
        ]

    def __str__(self) -> str:
        return f"access answer {self.pk}"
