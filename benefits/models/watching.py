"""What the work tells those who watch: contacts, declared relations, overtime, and residents who are made up."""

import uuid
from typing import Self

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from benefits.models.person import Person
from benefits.models.showing import TwoPersonOutcome


class ContactKind(models.TextChoices):
    """How somebody got in touch about a resident."""

    COUNTER = "COUNTER", _("窓口")
    TELEPHONE = "TELEPHONE", _("電話")
    POST = "POST", _("郵便")
    OFFICE = "OFFICE", _("他機関からの照会")


class ContactReason(models.TextChoices):
    """What it was about. No words: what was said is not kept here."""

    APPLYING = "APPLYING", _("申請・更新の相談")
    CERTIFICATE = "CERTIFICATE", _("受給者証の記載・再交付")
    CHANGE = "CHANGE", _("住所・保険などの変更")
    PROGRESS = "PROGRESS", _("審査の進み具合")
    PAYMENT = "PAYMENT", _("自己負担・払戻し")
    ENQUIRY = "ENQUIRY", _("照会への回答")
    OTHER = "OTHER", _("その他")


class ContactRecord(models.Model):
    """That a resident, or somebody about them, got in touch. Dated by the database and never changed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(Person, verbose_name=_("受給者"), on_delete=models.PROTECT, related_name="contacts")
    kind = models.CharField(_("方法"), max_length=10, choices=ContactKind)
    reason = models.CharField(_("用件"), max_length=20, choices=ContactReason)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("記録者"), on_delete=models.PROTECT, related_name="+"
    )
    made_at = models.DateTimeField(_("日時"), db_default=Now())

    class Meta:
        verbose_name = _("窓口・電話の記録")
        verbose_name_plural = _("窓口・電話の記録")
        default_permissions = ()
        indexes = [models.Index(name="contact_by_person", fields=["person", "-made_at"])]
        constraints = [
            models.CheckConstraint(name="contact_kind_is_known", condition=Q(kind__in=ContactKind.values)),
            models.CheckConstraint(name="contact_reason_is_known", condition=Q(reason__in=ContactReason.values)),
        ]

    def __str__(self) -> str:
        return f"contact {self.pk}"


class RelationKind(models.TextChoices):
    """How somebody on the staff is related to whom they declare."""

    FAMILY = "FAMILY", _("同居の家族")
    RELATIVE = "RELATIVE", _("親族")
    OTHER = "OTHER", _("その他の関係（友人、取引先など）")


class RelationDeclaration(models.Model):
    """What a member of staff declares once in a fiscal year: who they are as a resident, and whom they know.

    Declared by reading and day of birth, so that nobody learns from declaring whether somebody receives benefits.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("職員"), on_delete=models.PROTECT, related_name="+"
    )
    year = models.PositiveSmallIntegerField(_("年度"))
    kana_key = models.CharField(_("フリガナ"), max_length=400)
    birth_on = models.DateField(_("生年月日"))
    postal_code = models.CharField(
        _("郵便番号"), max_length=7, validators=[RegexValidator(r"\A[0-9]{7}\Z", _("7桁の数字で入力してください。"))]
    )
    declared_at = models.DateTimeField(_("届出日時"), db_default=Now())

    class Meta:
        verbose_name = _("関係の届出")
        verbose_name_plural = _("関係の届出")
        default_permissions = ()
        indexes = [models.Index(name="relation_declaration_by_user", fields=["user", "-declared_at"])]
        constraints = [
            models.CheckConstraint(
                name="relation_declaration_names_a_postal_code", condition=Q(postal_code__regex=r"^[0-9]{7}$")
            ),
        ]

    def __str__(self) -> str:
        return f"declaration {self.pk}"


class DeclaredRelation(models.Model):
    """One person whom a member of staff is related to, receiving benefits or not."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    declaration = models.ForeignKey(RelationDeclaration, on_delete=models.PROTECT, related_name="relations")
    kind = models.CharField(_("関係"), max_length=10, choices=RelationKind)
    kana_key = models.CharField(_("フリガナ"), max_length=400)
    birth_on = models.DateField(_("生年月日"))

    class Meta:
        verbose_name = _("届け出た関係")
        verbose_name_plural = _("届け出た関係")
        default_permissions = ()
        constraints = [
            models.CheckConstraint(name="declared_relation_kind_is_known", condition=Q(kind__in=RelationKind.values)),
        ]

    def __str__(self) -> str:
        return f"relation {self.pk}"


class Overtime(models.Model):
    """That somebody was told to work outside office hours; registered by somebody else, before or on the day."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("職員"), on_delete=models.PROTECT, related_name="+"
    )
    starts_at = models.DateTimeField(_("開始"))
    ends_at = models.DateTimeField(_("終了"))
    registered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("登録者"), on_delete=models.PROTECT, related_name="+"
    )
    registered_at = models.DateTimeField(_("登録日時"), db_default=Now())

    class Meta:
        verbose_name = _("時間外勤務")
        verbose_name_plural = _("時間外勤務")
        default_permissions = ()
        indexes = [models.Index(name="overtime_by_user", fields=["user", "starts_at"])]
        constraints = [
            models.CheckConstraint(name="overtime_ends_after_it_starts", condition=Q(ends_at__gt=F("starts_at"))),
            models.CheckConstraint(name="overtime_is_registered_by_another", condition=~Q(registered_by=F("user"))),
        ]

    def __str__(self) -> str:
        return f"overtime {self.pk}"


class MadeUpPersonQuerySet(models.QuerySet["MadeUpPerson"]):
    def in_use(self) -> Self:
        """Keep those that two people agreed on."""
        return self.filter(outcome=TwoPersonOutcome.APPROVED)


class MadeUpPerson(models.Model):
    """A resident who does not exist, and whom no work ever touches: whoever opens them was looking around.

    Entered and approved like anybody by two people, and declared made up by two others. In no list, report or
    count; found by searching and shown like anybody.
    """

    person = models.OneToOneField(Person, on_delete=models.PROTECT, primary_key=True, related_name="made_up")
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("申請者"), on_delete=models.PROTECT, related_name="+"
    )
    proposed_at = models.DateTimeField(_("申請日時"), db_default=Now())
    outcome = models.CharField(_("結果"), max_length=10, choices=TwoPersonOutcome, blank=True, default="")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("決定者"),
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
    )
    decided_at = models.DateTimeField(_("決定日時"), null=True, blank=True)

    objects = MadeUpPersonQuerySet.as_manager()

    class Meta:
        verbose_name = _("架空の受給者")
        verbose_name_plural = _("架空の受給者")
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                name="made_up_person_outcome_is_known", condition=Q(outcome__in=["", *TwoPersonOutcome.values])
            ),
            models.CheckConstraint(
                name="made_up_person_decision_is_signed_and_dated",
                condition=Q(outcome="", decided_by__isnull=True, decided_at__isnull=True)
                | (~Q(outcome="") & Q(decided_by__isnull=False, decided_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="made_up_person_is_decided_by_a_second_person",
                condition=Q(decided_by__isnull=True)
                | Q(outcome=TwoPersonOutcome.WITHDRAWN, decided_by=F("proposed_by"))
                | (~Q(outcome=TwoPersonOutcome.WITHDRAWN) & ~Q(decided_by=F("proposed_by"))),
            ),
        ]

    def __str__(self) -> str:
        return f"made up {self.pk}"
