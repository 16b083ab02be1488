"""Passwords that were, and how often one has been tried."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class FormerPassword(models.Model):
    """The hash of a password that a person had before, so that it is not taken up again."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="former_passwords")
    password = models.CharField(_("パスワードのハッシュ"), max_length=128)
    replaced_at = models.DateTimeField(_("変更日時"))

    class Meta:
        verbose_name = _("以前のパスワード")
        verbose_name_plural = _("以前のパスワード")
        default_permissions = ()
        indexes = [models.Index(name="former_password_by_person", fields=["user", "-replaced_at"])]

    def __str__(self) -> str:
        return f"former password {self.pk}"


class Attempts(models.Model):
    """How often somebody has tried to prove who they are since it last succeeded (``accounts.attempts``).

    ``counted_for`` is the keyed digest of a sign-in id or of a network address: it cannot be read, nor tried out.
    """

    counted_for = models.CharField(_("利用者IDまたは端末の指紋"), max_length=64, primary_key=True)
    tries = models.PositiveIntegerField(_("試行の回数"))
    last_at = models.DateTimeField(_("最後の試行"))
    waits_until = models.DateTimeField(_("待つ期限"), null=True, blank=True)

    class Meta:
        verbose_name = _("試行")
        verbose_name_plural = _("試行")
        default_permissions = ()
        indexes = [models.Index(name="attempts_by_time", fields=["last_at"])]
        constraints = [models.CheckConstraint(name="attempts_are_counted", condition=Q(tries__gte=0))]

    def __str__(self) -> str:
        return f"attempts {self.counted_for[:8]}"
