"""What a person proves who they are with, beside the password."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django_otp.models import Device, ThrottlingMixin


class CodeDevice(ThrottlingMixin, Device):  # type: ignore[misc]  # django-otp ships no types
    """A person's authenticator. Its seed is sealed, and each code opens a door once.

    ``last_step`` is the 30-second step (RFC 6238) of the newest code accepted: nothing up to it is accepted
    again, whichever page asks. ``accounts.one_time_codes`` does the checking. A device that is being enrolled is
    not confirmed yet and opens nothing.
    """

    sealed_seed = models.BinaryField(_("種（暗号化）"))
    last_step = models.BigIntegerField(_("最後に使ったコードの時刻"), default=-1)

    class Meta:
        verbose_name = _("確認コードの機器")
        verbose_name_plural = _("確認コードの機器")
        default_permissions = ()
        constraints = [models.UniqueConstraint(name="person_has_one_code_device", fields=["user", "confirmed"])]

    def __str__(self) -> str:
        return f"code device {self.pk}"

    def get_throttle_factor(self) -> float:
        """Seconds to wait after the first wrong code; each further one doubles the wait."""
        return 0.25


class SecurityKey(Device):  # type: ignore[misc]  # django-otp ships no types
    """A security key or a computer's own authenticator (WebAuthn). Only its public half is here."""

    credential_id = models.BinaryField(_("認証情報の識別子"), unique=True)
    credential = models.BinaryField(_("公開鍵などの認証情報"))
    sign_count = models.BigIntegerField(_("使用の回数"), default=0)
    added_at = models.DateTimeField(_("登録日時"))
    last_used_at = models.DateTimeField(_("最終使用"), null=True, blank=True)

    class Meta:
        verbose_name = _("セキュリティキー")
        verbose_name_plural = _("セキュリティキー")
        default_permissions = ()

    def __str__(self) -> str:
        return f"security key {self.pk}"


class RecoverySheet(Device):  # type: ignore[misc]  # django-otp ships no types
    """The sheet of one-time recovery codes that a person keeps locked away; a new sheet voids the old one."""

    made_at = models.DateTimeField(_("作成日時"))

    class Meta:
        verbose_name = _("回復コードの用紙")
        verbose_name_plural = _("回復コードの用紙")
        default_permissions = ()
        constraints = [models.UniqueConstraint(name="person_has_one_recovery_sheet", fields=["user"])]

    def __str__(self) -> str:
        return f"recovery sheet {self.pk}"


class RecoveryCode(models.Model):
    """One recovery code, as a digest: it cannot be read back, and works once."""

    sheet = models.ForeignKey(RecoverySheet, on_delete=models.PROTECT, related_name="codes", verbose_name=_("用紙"))
    digest = models.CharField(_("指紋"), max_length=64)
    used_at = models.DateTimeField(_("使用日時"), null=True, blank=True)

    class Meta:
        verbose_name = _("回復コード")
        verbose_name_plural = _("回復コード")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(name="recovery_code_is_on_a_sheet_once", fields=["sheet", "digest"]),
        ]

    def __str__(self) -> str:
        return f"recovery code {self.pk}"
