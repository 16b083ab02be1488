"""What an approval decided: class, monthly cap, validity."""

import uuid
from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from benefits import wareki
from benefits.models.application import Application
from benefits.models.person import Person
from benefits.models.reach import within
from benefits.rules import wording
from benefits.rules.cost_sharing import IncomeClass


class CertificationQuerySet(models.QuerySet["Certification"]):
    def visible_to(self, user: User) -> Self:
        """Keep the certifications whose certificate ``user`` may open."""
        return self.within_reach(user, "benefits.view_certificate")

    def within_reach(self, user: User, permission: str) -> Self:
        """Keep the certifications of applications that ``permission`` of ``user`` goes for."""
        return self.filter(within(user, permission, prefix="application__"))


class Certification(models.Model):
    """The benefit as granted by one approved application (支給認定, 難病法 7条). Written once, never changed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    application = models.OneToOneField(Application, on_delete=models.PROTECT, related_name="certification")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="certifications")
    payer_number = models.CharField(_("公費負担者番号"), max_length=8)
    disease_number = models.PositiveSmallIntegerField(_("告示番号"))
    income_class = models.CharField(_("階層区分"), max_length=20, choices=[(c.value, c.label) for c in IncomeClass])
    is_provisional = models.BooleanField(_("暫定"), default=False)
    monthly_cap = models.PositiveIntegerField(_("自己負担上限月額（円）"))
    burden_column = models.CharField(_("負担の区分"), max_length=40)
    reasons = ArrayField(models.TextField(), verbose_name=_("決定の理由"))
    valid_from = models.DateField(_("有効期間の開始日"))
    valid_to = models.DateField(_("有効期間の終了日"))
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(_("決定日時"))

    objects = CertificationQuerySet.as_manager()

    class Meta:
        verbose_name = _("支給認定")
        verbose_name_plural = _("支給認定")
        default_permissions = ()
        indexes = [models.Index(name="certification_by_person", fields=["person", "-valid_from"])]
        constraints = [
            models.CheckConstraint(
                name="certification_ends_after_it_starts", condition=Q(valid_from__lte=F("valid_to"))
            ),
            models.CheckConstraint(
                name="certification_class_is_known",
                condition=Q(income_class__in=[c.value for c in IncomeClass]),
            ),
            models.CheckConstraint(name="certification_disease_is_numbered", condition=Q(disease_number__gte=1)),
            models.CheckConstraint(
                name="certification_payer_number_is_eight_digits", condition=Q(payer_number__regex=r"^[0-9]{8}$")
            ),
            models.CheckConstraint(name="certification_has_reasons", condition=Q(reasons__len__gt=0)),
        ]

    def __str__(self) -> str:
        return f"certification {self.pk}"

    @property
    def monthly_cap_text(self) -> str:
        """The cap as the page shows it."""
        return wording.yen(self.monthly_cap)

    @property
    def validity_text(self) -> str:
        """The validity as the page shows it."""
        return f"{wareki.write(self.valid_from)}から{wareki.write(self.valid_to)}まで"
