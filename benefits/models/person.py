"""The people who apply for and receive benefits."""

import uuid
from typing import Self

from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from benefits.choices import Sex
from benefits.models.constraints import all_or_none
from benefits.models.reach import is_unlimited, within


class PersonQuerySet(models.QuerySet["Person"]):
    def visible_to(self, user: User) -> Self:
        """Keep only whom ``user`` may see: registered people, for those whose duty it is."""
        return self.registered().within_reach(user, "benefits.view_person")

    def within_reach(self, user: User, permission: str) -> Self:
        """Keep the people with an application that ``permission`` of ``user`` goes for."""
        if is_unlimited(user, permission):  # the table of applications need not be asked
            return self.all()
        applications = apps.get_model("benefits", "Application")._default_manager
        return self.filter(Exists(applications.filter(within(user, permission), person=OuterRef("pk"))))

    def registered(self) -> Self:
        """Keep the people for whom an application has been approved."""
        return self.filter(registered_at__isnull=False)

    def real(self) -> Self:
        """Keep those who exist: what works on many people at once begins here (``models.watching.MadeUpPerson``)."""
        made_up = apps.get_model("benefits", "MadeUpPerson")._default_manager
        return self.exclude(Exists(made_up.filter(person=OuterRef("pk"), outcome="APPROVED")))


class Person(models.Model):
    """One human being, from the first application on.

    Until an application is approved there is only the id, to which the vault ties the My Number; approval
    registers the details. Nothing here is a My Number, nor says what it is.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    created_at = models.DateTimeField(_("作成日時"), db_default=Now())
    recipient_number = models.CharField(_("受給者番号"), max_length=7, null=True, blank=True, unique=True)
    family_name = models.CharField(_("氏"), max_length=160, null=True, blank=True)
    given_name = models.CharField(_("名"), max_length=160, null=True, blank=True)
    family_kana = models.CharField(_("フリガナ（氏）"), max_length=160, null=True, blank=True)
    given_kana = models.CharField(_("フリガナ（名）"), max_length=160, null=True, blank=True)
    birth_on = models.DateField(_("生年月日"), null=True, blank=True)
    sex = models.CharField(_("性別"), max_length=1, choices=Sex, null=True, blank=True)
    postal_code = models.CharField(_("郵便番号"), max_length=7, null=True, blank=True)
    address = models.CharField(_("住所"), max_length=1_100, null=True, blank=True)
    phone = models.CharField(_("電話番号"), max_length=20, blank=True)
    name_key = models.CharField(_("氏名の検索キー"), max_length=400, null=True, blank=True)
    kana_key = models.CharField(_("フリガナの検索キー"), max_length=400, null=True, blank=True)
    registered_at = models.DateTimeField(_("登録日時"), null=True, blank=True)
    registered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("登録者"),
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
    )

    objects = PersonQuerySet.as_manager()

    class Meta:
        verbose_name = _("受給者")
        verbose_name_plural = _("受給者")
        default_permissions = ()
        indexes = [
            models.Index(name="person_by_kana", fields=["kana_key"], opclasses=["varchar_pattern_ops"]),
            models.Index(name="person_by_name", fields=["name_key"], opclasses=["varchar_pattern_ops"]),
            models.Index(name="person_by_birth", fields=["birth_on"]),
        ]
        constraints = [
            models.CheckConstraint(
                name="person_is_registered_whole",
                condition=all_or_none(
                    "recipient_number",
                    "family_name",
                    "given_name",
                    "family_kana",
                    "given_kana",
                    "birth_on",
                    "sex",
                    "postal_code",
                    "address",
                    "name_key",
                    "kana_key",
                    "registered_at",
                    "registered_by",
                ),
            ),
            models.CheckConstraint(
                name="person_recipient_number_is_seven_digits",
                condition=Q(recipient_number__isnull=True) | Q(recipient_number__regex=r"^[0-9]{7}$"),
            ),
            models.CheckConstraint(name="person_sex_is_known", condition=Q(sex__isnull=True) | Q(sex__in=Sex.values)),
        ]

    def __str__(self) -> str:
        return f"person {self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("benefits:person", args=[self.pk])

    @property
    def label(self) -> str:
        """What the record calls this person without naming them."""
        return self.recipient_number or ""

    @property
    def name(self) -> str:
        """Family and given name as registered, exactly."""
        return f"{self.family_name}　{self.given_name}"

    @property
    def kana(self) -> str:
        """The reading as registered."""
        return f"{self.family_kana}　{self.given_kana}"
