"""Requests to correct a person's My Number."""

import uuid
from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from benefits.models.constraints import all_or_none
from benefits.models.person import Person


class CorrectionReason(models.TextChoices):
    """Why the number in use is not this person's number."""

    CHANGED = "CHANGED", _("個人番号が変更された（番号法7条2項）")
    MISTYPED = "MISTYPED", _("入力の誤り")
    OTHER_PERSON = "OTHER_PERSON", _("別人の番号だった")


class CorrectionEvidence(models.TextChoices):
    """What showed the right number. 個人番号通知書 is not accepted and therefore not on the list."""

    CARD = "CARD", _("マイナンバーカード")
    RESIDENT_RECORD = "RESIDENT_RECORD", _("個人番号入りの住民票")
    NOTICE_CARD = "NOTICE_CARD", _("通知カード（記載事項が現在と一致するもの）")
    JUKI = "JUKI", _("住基ネットの照会結果")


class CorrectionOutcome(models.TextChoices):
    """What came of a request; "" while it is open."""

    APPROVED = "APPROVED", _("訂正済み")
    REJECTED = "REJECTED", _("却下")
    WITHDRAWN = "WITHDRAWN", _("取下げ")


class CorrectionQuerySet(models.QuerySet["Correction"]):
    def within_reach(self, user: User, permission: str) -> Self:
        """Keep the requests about people whom ``permission`` of ``user`` goes for."""
        return self.filter(Exists(Person.objects.within_reach(user, permission).filter(pk=OuterRef("person_id"))))

    def visible_to(self, user: User) -> Self:
        """Keep the requests about people whom ``user`` may see."""
        return self.within_reach(user, "benefits.view_person")

    def open(self) -> Self:
        """Keep what is not decided, the longest-waiting first."""
        return self.filter(outcome="").order_by("opened_at", "pk")

    def waiting_for_typist(self) -> Self:
        """Keep what was reported, and whose number nobody has typed yet."""
        return self.open().filter(version__isnull=True)

    def waiting_for_checker(self) -> Self:
        """Keep what waits to be typed again, and decided."""
        return self.open().filter(version__isnull=False)


class Correction(models.Model):
    """A request that one number take the place of another, from the report of the error to the decision.

    ``person`` is the recipient, ``holder_id`` what the vault calls the one whose number it is: the same, or somebody
    of their household. ``corrects`` and ``version`` are versions in the vault: the one in use when the request was
    opened, and the one typed to take its place. Whoever typed (``typist_ids``), opened the request, or had typed the
    wrong number, does not decide: the database holds to it (migration 0008). No number is in any column.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(Person, verbose_name=_("受給者"), on_delete=models.PROTECT, related_name="corrections")
    holder_id = models.UUIDField(_("番号の本人"))
    reason = models.CharField(_("理由"), max_length=20, choices=CorrectionReason)
    words = models.CharField(_("具体的な内容"), max_length=800)
    evidence = models.CharField(_("確かめた書類"), max_length=20, choices=CorrectionEvidence, blank=True, default="")
    corrects = models.PositiveIntegerField(_("訂正する版"))
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("申請者"), on_delete=models.PROTECT, related_name="+"
    )
    opened_at = models.DateTimeField(_("申請日時"))
    version = models.PositiveIntegerField(_("新しい版"), null=True, blank=True)
    typist_ids = ArrayField(models.BigIntegerField(), verbose_name=_("入力した人"), default=list)
    typed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("入力者"),
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
    )
    typed_at = models.DateTimeField(_("入力日時"), null=True, blank=True)
    outcome = models.CharField(_("結果"), max_length=10, choices=CorrectionOutcome, blank=True, default="")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("決定者"),
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
    )
    decided_at = models.DateTimeField(_("決定日時"), null=True, blank=True)
    decision_words = models.CharField(_("決定の理由"), max_length=800, blank=True, default="")

    objects = CorrectionQuerySet.as_manager()

    class Meta:
        verbose_name = _("個人番号の訂正の申請")
        verbose_name_plural = _("個人番号の訂正の申請")
        default_permissions = ()
        indexes = [
            models.Index(name="correction_open", fields=["opened_at", "id"], condition=Q(outcome="")),
            models.Index(name="correction_by_person", fields=["person", "-opened_at"]),
        ]
        constraints = [
            models.UniqueConstraint(
                name="person_has_one_open_correction", fields=["holder_id"], condition=Q(outcome="")
            ),
            models.CheckConstraint(
                name="correction_reason_is_known", condition=Q(reason__in=CorrectionReason.values) & ~Q(words="")
            ),
            models.CheckConstraint(
                name="correction_evidence_is_known", condition=Q(evidence__in=["", *CorrectionEvidence.values])
            ),
            models.CheckConstraint(
                name="correction_outcome_is_known", condition=Q(outcome__in=["", *CorrectionOutcome.values])
            ),
            models.CheckConstraint(
                name="correction_typing_is_signed_and_dated",
                condition=all_or_none("version", "typed_by", "typed_at"),
            ),
            models.CheckConstraint(
                name="correction_is_typed_from_evidence", condition=Q(version__isnull=True) | ~Q(evidence="")
            ),
            models.CheckConstraint(
                name="correction_goes_forward", condition=Q(version__isnull=True) | Q(version__gt=F("corrects"))
            ),
            models.CheckConstraint(
                name="correction_decision_is_signed_and_dated",
                condition=Q(outcome="", decided_by__isnull=True, decided_at__isnull=True)
                | (~Q(outcome="") & Q(decided_by__isnull=False, decided_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="correction_is_approved_only_when_typed",
                condition=~Q(outcome=CorrectionOutcome.APPROVED) | Q(version__isnull=False),
            ),
            models.CheckConstraint(
                name="correction_is_rejected_with_a_reason",
                condition=~Q(outcome=CorrectionOutcome.REJECTED) | ~Q(decision_words=""),
            ),
            models.CheckConstraint(
                name="correction_is_not_decided_by_its_requester",
                condition=~Q(outcome__in=[CorrectionOutcome.APPROVED, CorrectionOutcome.REJECTED])
                | ~Q(decided_by=F("opened_by")),
            ),
        ]

    def __str__(self) -> str:
        return f"correction {self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("benefits:correction", args=[self.pk])

    @property
    def label(self) -> str:
        """What the record calls it: by the person's recipient number."""
        return self.person.label

    @property
    def is_open(self) -> bool:
        return not self.outcome

    @property
    def stage_label(self) -> str:
        """Where it stands, in words."""
        if self.outcome:
            return str(CorrectionOutcome(self.outcome).label)
        return str(_("確認待ち") if self.version else _("番号の入力待ち"))

    @property
    def stage_kind(self) -> str:
        """How its word is coloured (components/status_tag.html)."""
        if self.outcome:
            return "good" if self.outcome == CorrectionOutcome.APPROVED else "neutral"
        return "waiting"
