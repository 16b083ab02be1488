"""Where papers are kept: places, which never go away, and the boxes that stand in them."""

import uuid
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from benefits.models.constraints import all_or_none


class PlaceQuerySet(models.QuerySet["Place"]):
    def open(self) -> Self:
        """Keep the places that papers may be brought to, as one walks through the building."""
        return self.filter(closed_at__isnull=True).order_by("site", "room", "cabinet", "pk")


class Place(models.Model):
    """A cabinet in a room. It stays as it was made; what changes is a new place, and the old one is closed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    code = models.CharField(_("ラベル番号"), max_length=10, unique=True)
    site = models.CharField(_("施設"), max_length=80)
    room = models.CharField(_("部屋"), max_length=80)
    cabinet = models.CharField(_("キャビネット・棚"), max_length=80)
    lock = models.CharField(_("鍵"), max_length=80, blank=True)
    is_staff_only = models.BooleanField(_("職員専用区域"))
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(_("登録日時"), db_default=Now())
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    closed_at = models.DateTimeField(_("閉鎖日時"), null=True, blank=True)

    objects = PlaceQuerySet.as_manager()

    class Meta:
        verbose_name = _("保管場所")
        verbose_name_plural = _("保管場所")
        default_permissions = ()
        constraints = [
            models.CheckConstraint(name="place_code_is_a_label", condition=Q(code__regex=r"^L[0-9]{9}$")),
            models.CheckConstraint(
                name="place_says_where_it_is", condition=~Q(site="") & ~Q(room="") & ~Q(cabinet="")
            ),
            models.CheckConstraint(
                name="place_closing_is_signed_and_dated", condition=all_or_none("closed_by", "closed_at")
            ),
            models.UniqueConstraint(
                name="place_is_there_once", fields=["site", "room", "cabinet"], condition=Q(closed_at__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return f"place {self.code}"

    def get_absolute_url(self) -> str:
        return reverse("benefits:place", args=[self.pk])

    @property
    def label(self) -> str:
        """What the record calls this place."""
        return self.code

    @property
    def words(self) -> str:
        """Say where it is, from the building down to the shelf."""
        return " ".join((self.site, self.room, self.cabinet))


class BoxState(models.TextChoices):
    """Where a box stands between two people."""

    HELD = "HELD", _("保管中")
    HANDED_OVER = "HANDED_OVER", _("受領確認待ち")


class Box(models.Model):
    """A box of papers, moved as one. The database sets ``place`` and ``state`` from its movements."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    code = models.CharField(_("ラベル番号"), max_length=10, unique=True)
    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="boxes")
    state = models.CharField(_("状態"), max_length=20, choices=BoxState, default=BoxState.HELD)
    receiver = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    movement_count = models.PositiveIntegerField(_("移動の回数"), default=0)
    moved_at = models.DateTimeField(_("最後の移動"), null=True, blank=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(_("登録日時"), db_default=Now())
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    closed_at = models.DateTimeField(_("使い終わった日時"), null=True, blank=True)

    class Meta:
        verbose_name = _("箱")
        verbose_name_plural = _("箱")
        default_permissions = ()
        indexes = [
            models.Index(name="box_handed_over", fields=["moved_at", "id"], condition=Q(state=BoxState.HANDED_OVER))
        ]
        constraints = [
            models.CheckConstraint(name="box_code_is_a_label", condition=Q(code__regex=r"^B[0-9]{9}$")),
            models.CheckConstraint(name="box_state_is_known", condition=Q(state__in=BoxState.values)),
            models.CheckConstraint(
                name="box_on_its_way_has_a_receiver",
                condition=Q(state=BoxState.HANDED_OVER, receiver__isnull=False)
                | (~Q(state=BoxState.HANDED_OVER) & Q(receiver__isnull=True)),
            ),
            models.CheckConstraint(
                name="box_closing_is_signed_and_dated", condition=all_or_none("closed_by", "closed_at")
            ),
        ]

    def __str__(self) -> str:
        return f"box {self.code}"

    def get_absolute_url(self) -> str:
        return reverse("benefits:box", args=[self.pk])

    @property
    def label(self) -> str:
        """What the record calls this box."""
        return self.code

    @property
    def is_closed(self) -> bool:
        return self.closed_at is not None
