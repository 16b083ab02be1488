"""The append-only record of who did what to what, and when."""

from functools import cached_property
from typing import Any, NoReturn

from django.db import models
from django.utils.translation import gettext_lazy as _

from audit import sealed_text, vocabulary

REASON_KEY = "reason"


class Result(models.TextChoices):
    """How an attempt ended."""

    DONE = "DONE", _("実行")
    REFUSED = "REFUSED", _("拒否")
    FAILED = "FAILED", _("失敗")


class Event(models.Model):
    """One thing that happened, or was refused.

    There are no foreign keys: an entry outlives everything it mentions, so ids and labels are copied in as they were,
    and names are not (they are in the two label tables, where they can be mended or erased). Only ``audit.journal``
    writes entries. ``body`` is the evidence: the canonical bytes that say all of it, whose hash ``leaf`` is sealed;
    the other columns repeat it for searching. The table, its months and its guards are made by migration 0003.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    at = models.DateTimeField(_("日時"))
    action = models.CharField(_("操作"), max_length=60)
    result = models.CharField(_("結果"), max_length=10, choices=Result, default=Result.DONE)
    actor_id = models.BigIntegerField(_("利用者番号"), null=True, blank=True)
    actor_roles = models.CharField(_("役割"), max_length=200, blank=True)
    actor_section = models.CharField(_("所属"), max_length=60, blank=True)
    subject_kind = models.CharField(_("対象の種類"), max_length=40, blank=True)
    subject_id = models.CharField(_("対象の識別子"), max_length=100, blank=True)
    subject_label = models.CharField(_("対象"), max_length=60, blank=True)
    person_id = models.UUIDField(_("受給者の識別子"), null=True, blank=True)
    purpose = models.CharField(_("目的"), max_length=40, blank=True)
    explanation = models.CharField(_("閲覧の背景"), max_length=10, blank=True)
    sealed_reason = models.BinaryField(_("理由（暗号化）"), null=True, blank=True)
    details = models.JSONField(_("詳細"), default=dict, blank=True)
    client = models.GenericIPAddressField(_("端末"), null=True, blank=True)
    session = models.CharField(_("セッション"), max_length=16, blank=True)
    request_id = models.UUIDField(_("要求番号"), null=True, blank=True)
    body = models.BinaryField(_("正本"))
    leaf = models.BinaryField(_("正本のハッシュ"))

    class Meta:
        managed = False
        db_table = 'audit"."event'
        verbose_name = _("操作記録")
        verbose_name_plural = _("操作記録")
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.action} {self.subject_id}"

    def save(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError("audit entries are written by audit.journal and never changed")

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError("audit entries are never deleted")

    @property
    def action_label(self) -> str:
        """The action's name for the reader."""
        return vocabulary.label(self.action)

    @cached_property
    def actor_name(self) -> str:
        """What the actor is called now ("" for nobody, or somebody whose name was erased)."""
        if self.actor_id is None:
            return ""
        return ActorLabel.objects.filter(pk=self.actor_id).values_list("name", flat=True).first() or ""

    @property
    def role_labels(self) -> str:
        """The actor's roles at the time, for the reader."""
        return "・".join(vocabulary.role_label(code) for code in self.actor_roles.split(",") if code)

    @property
    def purpose_label(self) -> str:
        """The purpose's name for the reader ("" when none was stated)."""
        return vocabulary.purpose_label(self.purpose)

    @property
    def detail_rows(self) -> list[tuple[str, str]]:
        """What else is known of it, as (name, value) for the reader."""
        return [(vocabulary.detail_label(key), _in_words(value)) for key, value in self.details.items()]

    @property
    def reason(self) -> str:
        """The reason given in words, opened for this reader ("" when none was given)."""
        if not self.sealed_reason:
            return ""
        return sealed_text.unseal(bytes(self.sealed_reason), key=REASON_KEY, bound_to=f"event|{self.pk}")

    @property
    def reason_shown(self) -> str:
        """The reason as a page shows it: one that was tampered with is told of, and hides nothing else."""
        return opened_reason(self.sealed_reason, bound_to=f"event|{self.pk}")


def opened_reason(sealed: bytes | memoryview | None, *, bound_to: str) -> str:
    """Return words that were sealed with whatever they are ``bound_to``, as a page shows them ("" for none)."""
    if not sealed:
        return ""
    try:
        return sealed_text.unseal(bytes(sealed), key=REASON_KEY, bound_to=bound_to)
    except sealed_text.UnopenableError:
        return str(_("復号できません（改ざんされたか、別の鍵で封じられています）。管理者に連絡してください。"))


def _in_words(value: object) -> str:
    """Return a detail's value as one line."""
    if isinstance(value, dict):
        return "、".join(f"{key}＝{part}" for key, part in value.items() if part)
    if isinstance(value, list):
        return "、".join(str(part) for part in value)
    return str(value)


class ActorLabel(models.Model):
    """What a member of staff is called, so that the record can be searched by name without reading all of it."""

    actor_id = models.BigIntegerField(primary_key=True)
    name = models.CharField(_("氏名"), max_length=120)
    login_id = models.CharField(_("利用者ID"), max_length=40)

    class Meta:
        db_table = 'audit"."actor_label'
        verbose_name = _("利用者の呼び名")
        default_permissions = ()

    def __str__(self) -> str:
        return f"actor {self.actor_id}"


class PersonLabel(models.Model):
    """What a person is called, so that the record can be searched by name.

    Kept apart from the record on purpose: names can be mended or erased here without touching the evidence.
    """

    person_id = models.UUIDField(primary_key=True)
    name = models.CharField(_("氏名"), max_length=400)
    kana = models.CharField(_("フリガナ"), max_length=400)

    class Meta:
        db_table = 'audit"."person_label'
        verbose_name = _("受給者の呼び名")
        default_permissions = ()
        indexes = [
            models.Index(name="person_label_by_name", fields=["name"], opclasses=["varchar_pattern_ops"]),
            models.Index(name="person_label_by_kana", fields=["kana"], opclasses=["varchar_pattern_ops"]),
        ]

    def __str__(self) -> str:
        return f"person {self.person_id}"
