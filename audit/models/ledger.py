"""The ledger's own tables as far as questions are put to them. Only the sealer writes them (migration 0003)."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _


class Leaf(models.Model):
    """An entry's place in the ledger, with the marks that it is found by (``audit.ledger.facets``)."""

    event_id = models.UUIDField(primary_key=True)
    event_at = models.DateTimeField(_("日時"))
    idx = models.BigIntegerField(_("台帳の位置"))
    facets = ArrayField(models.BigIntegerField(), verbose_name=_("目印"))

    class Meta:
        managed = False
        db_table = 'audit"."leaf'
        verbose_name = _("台帳の位置")
        default_permissions = ()

    def __str__(self) -> str:
        return f"position {self.idx}"


class Pending(models.Model):
    """An entry that waits for its place."""

    id = models.UUIDField(primary_key=True)
    at = models.DateTimeField(_("日時"))

    class Meta:
        managed = False
        db_table = 'audit"."pending'
        verbose_name = _("封印待ちの記録")
        default_permissions = ()

    def __str__(self) -> str:
        return f"waiting {self.pk}"
