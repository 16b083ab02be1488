"""Who is protected, who let a protected person's number be seen, and what came of the reveals without a case."""

import uuid
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from audit import sealed_text
from audit.models import REASON_KEY
from benefits.models.application import Application
from benefits.models.constraints import all_or_none
from benefits.models.person import Person
from benefits.models.reach import is_unlimited, within
from mynumber.purposes import Purpose


class ProtectionKind(models.TextChoices):
    """Why somebody's number is seen by two or not at all. Shown to those who handle protections, and nobody else."""

    VIOLENCE = "VIOLENCE", _("DV・ストーカー行為等の支援措置")
    STAFF = "STAFF", _("職員、またはその家族")
    OFFICIAL = "OFFICIAL", _("公職にある人、または広く知られた人")
    OTHER = "OTHER", _("その他")


class TwoPersonOutcome(models.TextChoices):
    """What came of something that one person asks for and another decides; "" while it waits."""

    APPROVED = "APPROVED", _("承認")
    REJECTED = "REJECTED", _("却下")
    WITHDRAWN = "WITHDRAWN", _("取下げ")


def _sealed(words: str, *, bound_to: str) -> bytes:
    return sealed_text.seal(words, key=REASON_KEY, bound_to=bound_to)


def _opened(sealed: bytes | memoryview | None, *, bound_to: str) -> str:
    if not sealed:
        return ""
    try:
        return sealed_text.unseal(bytes(sealed), key=REASON_KEY, bound_to=bound_to)
    except sealed_text.UnopenableError:
        return str(_("復号できません（改ざんされたか、別の鍵で封じられています）。管理者に連絡してください。"))


def _staff(label: Any) -> models.ForeignKey[User, User]:
    return models.ForeignKey(settings.AUTH_USER_MODEL, verbose_name=label, on_delete=models.PROTECT, related_name="+")


def _staff_or_nobody(label: Any) -> models.ForeignKey[User | None, User | None]:
    return models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=label,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
    )


class ProtectionQuerySet(models.QuerySet["Protection"]):
    def in_force(self, *, on: object) -> Self:
        """Keep what protects on that day. What waits for its second person protects already."""
        return self.filter(
            Q(ends_on__isnull=True) | Q(ends_on__gte=on),
            outcome__in=["", TwoPersonOutcome.APPROVED],
            starts_on__lte=on,
            lifted_at__isnull=True,
        )

    def within_reach(self, user: User, permission: str) -> Self:
        """Keep the protections of people whom ``permission`` of ``user`` goes for."""
        return self.filter(Exists(Person.objects.within_reach(user, permission).filter(pk=OuterRef("person_id"))))

    def waiting(self) -> Self:
        """Keep what a second person has to decide: to protect, or to lift."""
        return self.filter(Q(outcome="") | Q(lift_proposed_at__isnull=False, lifted_at__isnull=True))


class Protection(models.Model):
    """That somebody is protected, from when until when and why; proposed by one person and decided by another.

    The database holds to it (migration 0009): ``vault.fetch`` hands out no protected person's number unreleased.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(Person, verbose_name=_("受給者"), on_delete=models.PROTECT, related_name="protections")
    kind = models.CharField(_("区分"), max_length=20, choices=ProtectionKind)
    starts_on = models.DateField(_("開始日"))
    ends_on = models.DateField(_("終了日"), null=True, blank=True)
    sealed_reason = models.BinaryField(_("理由（暗号化）"))
    proposed_by = _staff(_("申請者"))
    proposed_at = models.DateTimeField(_("申請日時"))
    outcome = models.CharField(_("結果"), max_length=10, choices=TwoPersonOutcome, blank=True, default="")
    decided_by = _staff_or_nobody(_("決定者"))
    decided_at = models.DateTimeField(_("決定日時"), null=True, blank=True)
    sealed_lift_reason = models.BinaryField(_("解除の理由（暗号化）"), null=True, blank=True)
    lift_proposed_by = _staff_or_nobody(_("解除の申請者"))
    lift_proposed_at = models.DateTimeField(_("解除の申請日時"), null=True, blank=True)
    lifted_by = _staff_or_nobody(_("解除の決定者"))
    lifted_at = models.DateTimeField(_("解除の決定日時"), null=True, blank=True)

    objects = ProtectionQuerySet.as_manager()

    class Meta:
        verbose_name = _("保護")
        verbose_name_plural = _("保護")
        default_permissions = ()
        indexes = [
            models.Index(name="protection_by_person", fields=["person", "-proposed_at"]),
            models.Index(name="protection_by_time", fields=["-proposed_at", "-id"]),
            models.Index(
                name="protection_waiting",
                fields=["proposed_at", "id"],
                condition=Q(outcome="") | Q(lift_proposed_at__isnull=False, lifted_at__isnull=True),
            ),
        ]
        constraints = [
            models.CheckConstraint(name="protection_kind_is_known", condition=Q(kind__in=ProtectionKind.values)),
            models.CheckConstraint(
                name="protection_outcome_is_known", condition=Q(outcome__in=["", *TwoPersonOutcome.values])
            ),
            models.CheckConstraint(
                name="protection_ends_after_it_starts",
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
            ),
            models.CheckConstraint(
                name="protection_decision_is_signed_and_dated",
                condition=Q(outcome="", decided_by__isnull=True, decided_at__isnull=True)
                | (~Q(outcome="") & Q(decided_by__isnull=False, decided_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="protection_is_decided_by_a_second_person",
                condition=Q(decided_by__isnull=True)
                | Q(outcome=TwoPersonOutcome.WITHDRAWN, decided_by=F("proposed_by"))
                | (~Q(outcome=TwoPersonOutcome.WITHDRAWN) & ~Q(decided_by=F("proposed_by"))),
            ),
            models.CheckConstraint(
                name="protection_lifting_is_asked_for_whole",
                condition=all_or_none("lift_proposed_by", "lift_proposed_at", "sealed_lift_reason"),
            ),
            models.CheckConstraint(
                name="protection_lifting_is_signed_and_dated", condition=all_or_none("lifted_by", "lifted_at")
            ),
            models.CheckConstraint(
                name="protection_is_lifted_by_a_second_person",
                condition=Q(lifted_by__isnull=True)
                | (
                    Q(lift_proposed_by__isnull=False, outcome=TwoPersonOutcome.APPROVED)
                    & ~Q(lifted_by=F("lift_proposed_by"))
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"protection {self.pk}"

    @property
    def is_lifting_asked_for(self) -> bool:
        return self.lift_proposed_at is not None and self.lifted_at is None

    def seal_reason(self, words: str) -> None:
        """Keep why, unreadable in the database."""
        self.sealed_reason = _sealed(words, bound_to=f"protection|{self.pk}")

    def seal_lift_reason(self, words: str) -> None:
        """Keep why it is to end, unreadable in the database."""
        self.sealed_lift_reason = _sealed(words, bound_to=f"protection lift|{self.pk}")

    @property
    def why(self) -> str:
        """The reason, opened for whoever handles protections."""
        return _opened(self.sealed_reason, bound_to=f"protection|{self.pk}")

    @property
    def why_lifted(self) -> str:
        """The reason for ending it, opened for whoever handles protections."""
        return _opened(self.sealed_lift_reason, bound_to=f"protection lift|{self.pk}")


class ReleaseOutcome(models.TextChoices):
    """What became of a request to see a protected person's number; "" while it waits."""

    RELEASED = "RELEASED", _("解除")
    REFUSED = "REFUSED", _("拒否")
    WITHDRAWN = "WITHDRAWN", _("取下げ")


class NumberRelease(models.Model):
    """One look at one protected person's number, asked for by the viewer and let by somebody else.

    Good for one reveal within minutes (migration 0009 counts them, and keeps which were used in the vault).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(Person, verbose_name=_("受給者"), on_delete=models.PROTECT, related_name="+")
    purpose = models.CharField(_("目的"), max_length=40, choices=Purpose)
    sealed_reason = models.BinaryField(_("理由（暗号化）"))
    asked_by = _staff(_("依頼者"))
    asked_at = models.DateTimeField(_("依頼日時"))
    outcome = models.CharField(_("結果"), max_length=10, choices=ReleaseOutcome, blank=True, default="")
    decided_by = _staff_or_nobody(_("決定者"))
    decided_at = models.DateTimeField(_("決定日時"), null=True, blank=True)

    class Meta:
        verbose_name = _("保護された個人番号の解除")
        verbose_name_plural = _("保護された個人番号の解除")
        default_permissions = ()
        indexes = [
            models.Index(name="release_by_person", fields=["person", "asked_by", "-asked_at"]),
            models.Index(name="release_waiting", fields=["asked_at", "id"], condition=Q(outcome="")),
        ]
        constraints = [
            models.CheckConstraint(
                name="release_outcome_is_known", condition=Q(outcome__in=["", *ReleaseOutcome.values])
            ),
            models.CheckConstraint(name="release_purpose_is_known", condition=Q(purpose__in=Purpose.values)),
            models.CheckConstraint(
                name="release_decision_is_signed_and_dated",
                condition=Q(outcome="", decided_by__isnull=True, decided_at__isnull=True)
                | (~Q(outcome="") & Q(decided_by__isnull=False, decided_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="release_is_given_by_a_second_person",
                condition=Q(decided_by__isnull=True)
                | Q(outcome=ReleaseOutcome.WITHDRAWN, decided_by=F("asked_by"))
                | (~Q(outcome=ReleaseOutcome.WITHDRAWN) & ~Q(decided_by=F("asked_by"))),
            ),
        ]

    def __str__(self) -> str:
        return f"release {self.pk}"

    def seal_reason(self, words: str) -> None:
        """Keep why, unreadable in the database."""
        self.sealed_reason = _sealed(words, bound_to=f"release|{self.pk}")

    @property
    def why(self) -> str:
        """The viewer's words, opened for themselves and for whoever decides."""
        return _opened(self.sealed_reason, bound_to=f"release|{self.pk}")


class ReviewOutcome(models.TextChoices):
    """What a reviewer makes of a reveal without a case; "" while nobody has looked."""

    EXPLAINED = "EXPLAINED", _("説明がついた")
    INVESTIGATE = "INVESTIGATE", _("要調査")


class RevealReviewQuerySet(models.QuerySet["RevealReview"]):
    def within_reach(self, user: User, permission: str) -> Self:
        """Keep the reveals of people with an application that ``permission`` of ``user`` goes for."""
        if is_unlimited(user, permission):
            return self.all()
        reached = Application.objects.filter(within(user, permission)).filter(
            Q(person=OuterRef("person_id")) | Q(household__pk=OuterRef("person_id"))
        )
        return self.filter(Exists(reached))


class RevealReview(models.Model):
    """A reveal for which nothing of the person was on anybody's desk, and what somebody else makes of it.

    The database adds one in the transaction of the reveal's entry (migration 0009): nobody can leave it out. Ids are
    copied in, as in the record that it belongs to.
    """

    event_id = models.UUIDField(primary_key=True, editable=False)
    person_id = models.UUIDField(_("受給者の識別子"))
    viewer_id = models.BigIntegerField(_("表示した人"))
    shown_at = models.DateTimeField(_("表示日時"))
    outcome = models.CharField(_("結果"), max_length=12, choices=ReviewOutcome, blank=True, default="")
    sealed_words = models.BinaryField(_("確認の内容（暗号化）"), null=True, blank=True)
    reviewed_by = _staff_or_nobody(_("確認した人"))
    reviewed_at = models.DateTimeField(_("確認日時"), null=True, blank=True)

    objects = RevealReviewQuerySet.as_manager()

    class Meta:
        verbose_name = _("個人番号の表示の確認")
        verbose_name_plural = _("個人番号の表示の確認")
        default_permissions = ()
        indexes = [
            models.Index(name="reveal_to_be_reviewed", fields=["shown_at", "event_id"], condition=Q(outcome="")),
            models.Index(
                name="reveal_to_be_investigated",
                fields=["shown_at", "event_id"],
                condition=Q(outcome=ReviewOutcome.INVESTIGATE),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                name="reveal_review_outcome_is_known", condition=Q(outcome__in=["", *ReviewOutcome.values])
            ),
            models.CheckConstraint(
                name="reveal_review_is_signed_dated_and_explained",
                condition=Q(outcome="", reviewed_by__isnull=True, reviewed_at__isnull=True, sealed_words__isnull=True)
                | (
                    ~Q(outcome="")
                    & Q(reviewed_by__isnull=False, reviewed_at__isnull=False, sealed_words__isnull=False)
                ),
            ),
            models.CheckConstraint(
                name="reveal_is_not_reviewed_by_its_viewer",
                condition=Q(reviewed_by__isnull=True) | ~Q(reviewed_by=F("viewer_id")),
            ),
        ]

    def __str__(self) -> str:
        return f"review of reveal {self.event_id}"

    def seal_words(self, words: str) -> None:
        """Keep what was found, unreadable in the database."""
        self.sealed_words = _sealed(words, bound_to=f"reveal review|{self.event_id}")

    @property
    def words(self) -> str:
        """What was found, opened for a reviewer."""
        return _opened(self.sealed_words, bound_to=f"reveal review|{self.event_id}")
