"""The people beside the patient whose numbers an application brings, and the third person who compares a number."""

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from benefits.choices import HolderKind, ThirdOutcome
from benefits.models.application import Application
from benefits.models.constraints import all_or_none


class HouseholdPerson(models.Model):
    """A guardian or household member whose number was typed with an application. The number is not here.

    ``id`` is what the vault calls the person. ``slot`` says where they stand on the form; once they stand there no
    more it is empty, and their number, which was never used, is erased. What they are called stands in the form.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="household")
    slot = models.CharField(_("記入欄"), max_length=20, blank=True)
    kind = models.CharField(_("区分"), max_length=10, choices=HolderKind)
    number_version = models.PositiveIntegerField(_("個人番号の版"), null=True, blank=True)
    created_at = models.DateTimeField(_("登録日時"), db_default=Now())

    class Meta:
        verbose_name = _("世帯の人")
        verbose_name_plural = _("世帯の人")
        default_permissions = ()
        constraints = [
            models.CheckConstraint(name="household_person_kind_is_known", condition=Q(kind__in=HolderKind.values)),
            models.CheckConstraint(
                name="household_person_stands_where_the_form_has_a_box",
                condition=Q(slot__in=["", "guardian", *(f"member_{row}" for row in range(6))]),
            ),
            models.CheckConstraint(
                name="household_person_has_a_number_only_on_the_form",
                condition=~Q(slot="") | Q(number_version__isnull=True),
            ),
            models.UniqueConstraint(
                name="one_household_person_stands_in_one_box",
                fields=["application", "slot"],
                condition=~Q(slot=""),
            ),
        ]

    def __str__(self) -> str:
        return f"household person {self.pk}"

    @property
    def label(self) -> str:
        """What the record calls this person without naming them: the receipt number of the application."""
        return self.application.receipt_number


class ThirdComparison(models.Model):
    """A number on which maker and checker do not agree, waiting for a third person to compare it."""

    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="third_comparisons")
    submission = models.PositiveIntegerField(_("提出の回数"))
    slots = ArrayField(models.CharField(max_length=20), verbose_name=_("記入欄"))
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(_("依頼日時"))
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    answered_at = models.DateTimeField(_("照合日時"), null=True, blank=True)
    outcome = models.CharField(_("結果"), max_length=10, choices=ThirdOutcome, null=True, blank=True)

    class Meta:
        verbose_name = _("3人目の照合")
        verbose_name_plural = _("3人目の照合")
        default_permissions = ()
        indexes = [
            models.Index(name="third_comparison_open", fields=["asked_at", "id"], condition=Q(outcome__isnull=True)),
        ]
        constraints = [
            models.CheckConstraint(
                name="third_comparison_is_by_somebody_else",
                condition=Q(answered_by__isnull=True) | ~Q(answered_by=F("asked_by")),
            ),
            models.CheckConstraint(
                name="third_comparison_is_answered_whole",
                condition=all_or_none("answered_by", "answered_at", "outcome"),
            ),
            models.CheckConstraint(
                name="third_comparison_outcome_is_known",
                condition=Q(outcome__isnull=True) | Q(outcome__in=ThirdOutcome.values),
            ),
            models.UniqueConstraint(
                name="one_third_comparison_is_open",
                fields=["application", "submission"],
                condition=Q(outcome__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"third comparison {self.pk}"
