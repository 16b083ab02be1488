"""What searching the record keeps: searches under a name, the files that were made of it, and the days off."""

import uuid
from typing import Final

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

#: A saved search falls due on a day that every month has.
LAST_DUE_DAY: Final = 28


class Holiday(models.Model):
    """A day on which the office is closed, beside Saturdays and Sundays."""

    LONGEST_NAME: Final = 60

    day = models.DateField(_("日"), primary_key=True)
    name = models.CharField(_("名称"), max_length=LONGEST_NAME)
    source = models.CharField(_("出典"), max_length=120)

    class Meta:
        db_table = 'audit"."holiday'
        verbose_name = _("休日")
        default_permissions = ()

    def __str__(self) -> str:
        return f"day off {self.day}"


class SavedSearch(models.Model):
    """Conditions under a name. They are sealed, since names of people may be among them, and so is the name.

    One that ``is_shared`` is seen by whoever reads the whole record; any other by its owner alone.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner_id = models.BigIntegerField(_("作成者"))
    is_shared = models.BooleanField(_("監査担当で共有する"), default=False)
    sealed = models.BinaryField(_("名前と条件（暗号化）"))
    due_day = models.PositiveSmallIntegerField(_("毎月の期限"), null=True, blank=True)
    made_at = models.DateTimeField(_("作成日時"))
    removed_at = models.DateTimeField(_("削除日時"), null=True, blank=True)

    class Meta:
        db_table = 'audit"."saved_search'
        verbose_name = _("保存した検索")
        default_permissions = ()
        indexes = [models.Index(name="saved_search_by_owner", fields=["owner_id"])]
        constraints = [
            models.CheckConstraint(
                name="saved_search_is_due_on_a_day_of_every_month",
                condition=Q(due_day__isnull=True) | Q(due_day__range=(1, LAST_DUE_DAY)),
            ),
        ]

    def __str__(self) -> str:
        return f"saved search {self.pk}"


class SavedSearchRun(models.Model):
    """That a saved search, or a ready-made one, was done: by whom, when, and how much was found."""

    id = models.BigAutoField(primary_key=True)
    search_id = models.UUIDField(_("検索"))
    run_at = models.DateTimeField(_("実行日時"))
    run_by = models.BigIntegerField(_("実行者"))
    found = models.PositiveIntegerField(_("件数"))
    is_more = models.BooleanField(_("件数を超える"), default=False)

    class Meta:
        db_table = 'audit"."saved_search_run'
        verbose_name = _("保存した検索の実行")
        default_permissions = ()
        indexes = [models.Index(name="saved_search_run_by_search", fields=["search_id", "run_at"])]

    def __str__(self) -> str:
        return f"run of {self.search_id}"


class ExportState(models.TextChoices):
    """How far a file is."""

    WAITING = "WAITING", _("作成待ち")
    WRITING = "WRITING", _("作成中")
    READY = "READY", _("作成済み")
    CANCELLED = "CANCELLED", _("取消し")
    FAILED = "FAILED", _("作成できませんでした")
    GONE = "GONE", _("削除済み")


#: Nothing more happens to these by itself but their deletion.
UNDER_WAY: Final = (ExportState.WAITING, ExportState.WRITING)


class Export(models.Model):
    """A file of entries: what was asked for (sealed), how far it is, and what came of it.

    The file is sealed piece by piece under a key of its own, which is sealed in ``sealed``: without the row nobody
    opens it. ``bytes`` of it are finished; what stands behind them was cut off by a kill.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    asked_by = models.BigIntegerField(_("作成者"))
    asked_at = models.DateTimeField(_("依頼日時"))
    sealed = models.BinaryField(_("条件（暗号化）"))
    state = models.CharField(_("状態"), max_length=10, choices=ExportState, default=ExportState.WAITING)
    code = models.CharField(_("理由の区分"), max_length=20, blank=True)
    expected = models.PositiveIntegerField(_("見込みの件数"), null=True, blank=True)
    rows = models.PositiveIntegerField(_("件数"), default=0)
    pieces = models.PositiveIntegerField(_("区切りの数"), default=0)
    bytes = models.PositiveBigIntegerField(_("大きさ"), default=0)
    last_at = models.DateTimeField(_("最後の記録の日時"), null=True, blank=True)
    last_id = models.UUIDField(_("最後の記録の番号"), null=True, blank=True)
    lowest = models.BigIntegerField(_("最初の位置"), null=True, blank=True)
    highest = models.BigIntegerField(_("最後の位置"), null=True, blank=True)
    unsealed = models.PositiveIntegerField(_("未封印の件数"), default=0)
    digest = models.CharField(_("CSVのSHA-256"), max_length=64, blank=True)
    finished_at = models.DateTimeField(_("完了日時"), null=True, blank=True)
    downloads = models.PositiveIntegerField(_("受取りの回数"), default=0)

    class Meta:
        db_table = 'audit"."export'
        verbose_name = _("操作記録の書き出し")
        default_permissions = ()
        indexes = [
            models.Index(name="export_by_person", fields=["asked_by", "asked_at"]),
            models.Index(name="export_by_state", fields=["state", "asked_at"]),
        ]
        constraints = [
            models.CheckConstraint(
                name="export_state_is_known", condition=Q(state__in=[state.value for state in ExportState])
            ),
            models.CheckConstraint(
                name="export_ready_has_a_digest", condition=~Q(state="READY") | Q(digest__regex=r"^[0-9a-f]{64}$")
            ),
        ]

    def __str__(self) -> str:
        return f"export {self.pk}"
