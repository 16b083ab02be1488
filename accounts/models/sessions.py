"""Where people are signed in, and what stood in their forms when the screen was locked."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class EndReason(models.TextChoices):
    """How a session ended."""

    SIGNED_OUT = "SIGNED_OUT", _("サインアウト")
    REPLACED = "REPLACED", _("別の端末でのサインイン")
    TOO_LONG = "TOO_LONG", _("1回のサインインで使える時間の上限")
    ENDED_BY_OWNER = "ENDED_BY_OWNER", _("本人による終了")
    ENDED_BY_ADMINISTRATOR = "ENDED_BY_ADMINISTRATOR", _("利用者管理者による終了")
    STOPPED = "STOPPED", _("利用の停止")
    PASSWORD = "PASSWORD", _("パスワードの変更・再設定")


class StaffSession(models.Model):
    """One stay of one person at one terminal, from signing in to the end, kept afterwards for its owner to see.

    The times that decide are here and not in Django's session data, which two requests at once overwrite.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="staff_sessions")
    session_key = models.CharField(_("セッションの鍵"), max_length=40, unique=True)
    client = models.GenericIPAddressField(_("端末"), null=True, blank=True)
    factor = models.CharField(_("確認手段"), max_length=20, blank=True, default="")
    began_at = models.DateTimeField(_("サインイン"), db_default=Now())
    last_used_at = models.DateTimeField(_("最終操作"))
    factor_used_at = models.DateTimeField(_("最後の本人確認"))
    #: A security key's answer is good once, for the page it was given for, for a short while (accounts.step_up).
    key_used_for = models.CharField(_("キーで確認した画面"), max_length=200, blank=True, default="", db_default="")
    key_used_at = models.DateTimeField(_("キーで確認した日時"), null=True, blank=True)
    locked_at = models.DateTimeField(_("ロック"), null=True, blank=True)
    ended_at = models.DateTimeField(_("終了"), null=True, blank=True)
    end_reason = models.CharField(_("終了の理由"), max_length=30, choices=EndReason, blank=True, default="")
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )

    class Meta:
        verbose_name = _("サインイン")
        verbose_name_plural = _("サインイン")
        default_permissions = ()
        indexes = [models.Index(name="session_by_person", fields=["user", "-began_at"])]
        constraints = [
            models.CheckConstraint(
                name="session_end_is_dated_and_explained",
                condition=Q(ended_at__isnull=True, end_reason="") | (Q(ended_at__isnull=False) & ~Q(end_reason="")),
            ),
        ]

    def __str__(self) -> str:
        return f"session {self.pk}"


class KeptInput(models.Model):
    """What one person had typed when their screen was locked: sealed, for them alone, until they are back."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, primary_key=True, related_name="kept_input"
    )
    sealed = models.BinaryField(_("入力（暗号化）"))
    kept_at = models.DateTimeField(_("保管日時"))

    class Meta:
        verbose_name = _("ロック中の入力")
        verbose_name_plural = _("ロック中の入力")
        default_permissions = ()

    def __str__(self) -> str:
        return f"kept input {self.pk}"
