"""A checker's comparison of an application with its paper."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from benefits.models.application import Application


class Review(models.Model):
    """What one checker has compared with the paper so far, for one submission of an application."""

    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="reviews")
    submission = models.PositiveIntegerField(_("提出の回数"))
    checker = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="reviews")
    ticked = ArrayField(models.CharField(max_length=60), verbose_name=_("確認した項目"), default=list)
    opened_at = models.DateTimeField(_("開始日時"), db_default=Now())
    saved_at = models.DateTimeField(_("保存日時"))

    class Meta:
        verbose_name = _("照合")
        verbose_name_plural = _("照合")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                name="checker_reviews_a_submission_once", fields=["application", "submission", "checker"]
            ),
        ]

    def __str__(self) -> str:
        return f"review {self.pk}"


class ReturnComment(models.Model):
    """Why an application went back to its maker, pinned to the field that is wrong ("" = the whole form)."""

    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="return_comments")
    submission = models.PositiveIntegerField(_("提出の回数"))
    field = models.CharField(_("項目"), max_length=60, blank=True)
    text = models.CharField(_("コメント"), max_length=800)
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField(_("日時"))

    class Meta:
        verbose_name = _("差戻しコメント")
        verbose_name_plural = _("差戻しコメント")
        default_permissions = ()
        constraints = [
            models.CheckConstraint(name="return_comment_says_something", condition=~Q(text="")),
            models.UniqueConstraint(
                name="field_has_one_comment_a_round", fields=["application", "submission", "field"]
            ),
        ]

    def __str__(self) -> str:
        return f"return comment {self.pk}"
