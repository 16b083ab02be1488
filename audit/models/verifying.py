"""Verifications of the record, each with its result."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class VerificationKind(models.TextChoices):
    """Who began a verification, and over what."""

    NEW = "NEW", _("新しい分（毎晩）")
    WHOLE = "WHOLE", _("全件（毎週）")
    ASKED = "ASKED", _("全件（画面から）")
    COMMAND = "COMMAND", _("コマンド")


class Verification(models.Model):
    """One verification: waiting, under way (``started_at``), or ended with what it found.

    Only one is open at a time. Who verifies writes how far it is as it goes; once it has ended, the database lets
    nobody change it. ``sentences`` are the first faults in words; all that is known of them is in ``audit.fault``.
    """

    kind = models.CharField(_("種類"), max_length=10, choices=VerificationKind)
    asked_by_id = models.BigIntegerField(_("始めた人"), null=True)
    asked_at = models.DateTimeField(_("依頼日時"))
    since = models.BigIntegerField(_("検証を始めた位置"), default=0)
    started_at = models.DateTimeField(_("開始"), null=True)
    beat_at = models.DateTimeField(_("最後に進んだ時刻"), null=True)
    ended_at = models.DateTimeField(_("終了"), null=True)
    position = models.BigIntegerField(_("位置"), default=0)
    size = models.BigIntegerField(_("件数"), default=0)
    root = models.BinaryField(_("根"), null=True)
    events = models.BigIntegerField(_("検証した記録"), default=0)
    faults = models.IntegerField(_("異常の数"), default=0)
    sentences = models.JSONField(_("異常（初めの分）"), default=list)
    notices = models.JSONField(_("注意"), default=list)

    class Meta:
        db_table = 'audit"."verification'
        verbose_name = _("操作記録の検証")
        verbose_name_plural = _("操作記録の検証")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                models.Value(1), name="verification_is_one_at_a_time", condition=models.Q(ended_at__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return f"verification {self.pk}"


class Fault(models.Model):
    """What the sealer or a verification found that should not be so. Written once, never changed (migration 0003)."""

    found_at = models.DateTimeField(_("見つけた日時"))
    kind = models.CharField(_("種類"), max_length=40)
    event_id = models.UUIDField(_("記録番号"), null=True)
    idx = models.BigIntegerField(_("位置"), null=True)
    words = models.TextField(_("内容"))

    class Meta:
        managed = False
        db_table = 'audit"."fault'
        verbose_name = _("操作記録の異常")
        verbose_name_plural = _("操作記録の異常")
        default_permissions = ()

    def __str__(self) -> str:
        return f"fault {self.pk}"
