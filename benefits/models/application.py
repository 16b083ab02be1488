"""Applications: the paper form as data, and where it stands."""

import uuid
from typing import Self

from django.apps import apps
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from benefits.choices import EDITABLE, AcceptedOffice, Programme, Status
from benefits.models.constraints import all_or_none
from benefits.models.person import Person
from benefits.models.reach import within


class ApplicationQuerySet(models.QuerySet["Application"]):
    def visible_to(self, user: User) -> Self:
        """Keep only what ``user`` may see: whose, and of which offices and programmes. Every view starts here."""
        own = Q(created_by=user) & within(user, "benefits.view_own_application")
        return self.filter(within(user, "benefits.view_application") | own)

    def within_reach(self, user: User, permission: str) -> Self:
        """Keep only what ``permission`` of ``user`` goes for."""
        return self.filter(within(user, permission))

    def real(self) -> Self:
        """Keep the applications of people who exist."""
        made_up = apps.get_model("benefits", "MadeUpPerson")._default_manager
        return self.exclude(Exists(made_up.filter(person=OuterRef("person_id"), outcome="APPROVED")))

    def editable(self) -> Self:
        """Keep drafts and what was returned, the newest first."""
        return self.filter(status__in=EDITABLE).order_by("-edited_at", "-pk")

    def awaiting_decision(self) -> Self:
        """Keep submitted applications, the longest-waiting first."""
        return self.filter(status=Status.SUBMITTED).order_by("submitted_at", "pk")


class Application(models.Model):
    """One person's request for one benefit, from draft to decision.

    ``entry`` is the paper form as typed, key by key, however wrong; ``content`` is the same once every rule
    holds, in one canonical text (``benefits.content``), and that text is what is approved. The columns and
    constraints say what an application may be, ``benefits.lifecycle`` how it may change, and only
    ``benefits.workflow`` changes it. A My Number is in none of the columns.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    receipt_number = models.CharField(_("受付番号"), max_length=20, unique=True)
    person = models.ForeignKey(Person, verbose_name=_("受診者"), on_delete=models.PROTECT, related_name="applications")
    status = models.CharField(_("状態"), max_length=20, choices=Status, default=Status.DRAFT)
    revision = models.PositiveIntegerField(_("版"), default=1)
    submission = models.PositiveIntegerField(_("提出の回数"), default=0)

    entry = models.JSONField(_("入力のまま"), default=dict)
    content = models.TextField(_("申請の内容"), blank=True, default="")
    #: The health centre as typed ("" until it is), and the benefit: how far rights reach is asked of these two.
    office = models.CharField(
        _("受付保健所"), max_length=20, choices=AcceptedOffice, blank=True, default="", db_default=""
    )
    programme = models.CharField(
        _("制度"), max_length=20, choices=Programme, default=Programme.NANBYO, db_default=Programme.NANBYO.value
    )
    patient_name = models.CharField(_("受診者氏名"), max_length=400, blank=True)
    patient_kana = models.CharField(_("フリガナ"), max_length=400, blank=True)
    number_version = models.PositiveIntegerField(_("個人番号の版"), null=True, blank=True)

    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("作成者"),
        on_delete=models.PROTECT,
        related_name="created_applications",
    )
    created_at = models.DateTimeField(_("作成日時"), db_default=Now())
    edited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("最後の入力者"), on_delete=models.PROTECT, related_name="+"
    )
    edited_at = models.DateTimeField(_("最後の入力日時"))
    editor_ids = ArrayField(models.BigIntegerField(), verbose_name=_("入力に関わった人"))
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("提出者"),
        on_delete=models.PROTECT,
        related_name="submitted_applications",
        null=True,
        blank=True,
    )
    submitted_at = models.DateTimeField(_("提出日時"), null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("承認者"),
        on_delete=models.PROTECT,
        related_name="decided_applications",
        null=True,
        blank=True,
    )
    decided_at = models.DateTimeField(_("承認日時"), null=True, blank=True)
    approved_sha256 = models.CharField(_("承認した内容の指紋"), max_length=64, null=True, blank=True)

    #: Whether the step just taken erased a number that had come by a file (``benefits.imported_numbers``); not kept.
    has_lost_import = False

    objects = ApplicationQuerySet.as_manager()

    class Meta:
        verbose_name = _("申請")
        verbose_name_plural = _("申請")
        default_permissions = ()
        indexes = [
            models.Index(
                name="application_waiting", fields=["submitted_at", "id"], condition=Q(status=Status.SUBMITTED)
            ),
            models.Index(
                name="application_editable",
                fields=["-edited_at", "-id"],
                condition=Q(status__in=[Status.DRAFT, Status.RETURNED]),
            ),
            models.Index(name="application_by_edit", fields=["-edited_at", "-id"]),
            models.Index(name="application_by_status", fields=["status", "-edited_at", "-id"]),
            models.Index(name="application_by_office", fields=["office", "-edited_at", "-id"]),
        ]
        constraints = [
            models.CheckConstraint(name="application_status_is_known", condition=Q(status__in=Status.values)),
            models.CheckConstraint(
                name="application_office_is_known", condition=Q(office__in=["", *AcceptedOffice.values])
            ),
            models.CheckConstraint(name="application_programme_is_known", condition=Q(programme__in=Programme.values)),
            models.CheckConstraint(
                name="application_submission_is_signed_and_dated",
                condition=all_or_none("submitted_by", "submitted_at"),
            ),
            models.CheckConstraint(
                name="application_is_whole_once_submitted",
                condition=~Q(status__in=[Status.SUBMITTED, Status.APPROVED])
                | (Q(submitted_by__isnull=False) & ~Q(content="") & Q(submission__gt=0)),
            ),
            models.CheckConstraint(
                name="application_decision_is_signed_dated_and_sealed",
                condition=all_or_none("decided_by", "decided_at", "approved_sha256"),
            ),
            models.CheckConstraint(
                name="application_is_approved_only_by_decision",
                condition=Q(status=Status.APPROVED, decided_at__isnull=False)
                | (~Q(status=Status.APPROVED) & Q(decided_at__isnull=True)),
            ),
            models.CheckConstraint(
                name="application_is_not_decided_by_its_submitter",
                condition=~Q(decided_by=F("submitted_by")),
                violation_error_message=_("自分が提出した申請は承認できません。"),
            ),
        ]

    def __str__(self) -> str:
        return f"application {self.receipt_number}"

    def get_absolute_url(self) -> str:
        return reverse("benefits:application", args=[self.pk])

    @property
    def label(self) -> str:
        """What the record calls this application: its receipt number, nothing personal."""
        return self.receipt_number

    @property
    def is_editable(self) -> bool:
        return self.status in EDITABLE
