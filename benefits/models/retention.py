"""How long numbers are kept, what stops their deletion, and what became of each list of those whose time is over."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from benefits.choices import Programme
from benefits.models.constraints import all_or_none
from benefits.models.person import Person


class HoldingKind(models.TextChoices):
    """What a period is for: a number held for somebody, or one that is kept for another reason."""

    PATIENT = "PATIENT", _("受診者の番号")
    GUARDIAN = "GUARDIAN", _("保護者の番号")
    MEMBER = "MEMBER", _("世帯員の番号")
    NOT_APPROVED = "NOT_APPROVED", _("認定に至らなかった番号")
    SUPERSEDED = "SUPERSEDED", _("訂正前の番号")


class CountedFrom(models.TextChoices):
    """From when a period runs."""

    DAY = "DAY", _("その日の翌日から")
    FISCAL_YEAR_END = "FISCAL_YEAR_END", _("その日の属する年度の翌年度の初日から")


class PeriodOutcome(models.TextChoices):
    """What became of a proposed period."""

    APPROVED = "APPROVED", _("承認")
    REJECTED = "REJECTED", _("却下")
    WITHDRAWN = "WITHDRAWN", _("取下げ")


class HoldReason(models.TextChoices):
    """Why a number is not deleted although its time is over."""

    APPEAL = "APPEAL", _("不服申立て（審査請求）")
    LAWSUIT = "LAWSUIT", _("訴訟")
    AUDIT = "AUDIT", _("監査・検査")
    DISCLOSURE = "DISCLOSURE", _("開示請求")


class ListState(models.TextChoices):
    """How far a list has come. Nothing is destroyed before APPROVED."""

    MAKING = "MAKING", _("作成中")
    DRAFT = "DRAFT", _("確認中")
    PROPOSED = "PROPOSED", _("承認待ち")
    APPROVED = "APPROVED", _("削除中")
    DONE = "DONE", _("削除済み")
    REJECTED = "REJECTED", _("却下")
    EMPTY = "EMPTY", _("該当なし")


#: States in which a list still stands in its month's place.
OPEN_STATES = (ListState.MAKING, ListState.DRAFT, ListState.PROPOSED, ListState.APPROVED)


class RowOutcome(models.TextChoices):
    """What became of one number on a list ("" = it waits)."""

    EXCLUDED = "EXCLUDED", _("除外")
    DROPPED = "DROPPED", _("対象外になった")
    DESTROYED = "DESTROYED", _("削除済み")


class RetentionPeriod(models.Model):
    """How long numbers of one kind are kept after their reason has ended, and on what basis. Never changed: followed.

    The one in force on a day is the approved one for that programme and kind, or for all of them ("" says so), that
    began last. The row that the product ships has no proposer.
    """

    programme = models.CharField(_("制度"), max_length=20, choices=Programme, blank=True, default="")
    holding = models.CharField(_("番号の種類"), max_length=20, choices=HoldingKind, blank=True, default="")
    years = models.PositiveSmallIntegerField(_("年"), default=0)
    months = models.PositiveSmallIntegerField(_("月"), default=0)
    counted_from = models.CharField(_("起算"), max_length=20, choices=CountedFrom)
    basis = models.CharField(_("根拠"), max_length=200)
    valid_from = models.DateField(_("適用開始日"))
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("申請した人"),
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
    )
    proposed_at = models.DateTimeField(_("申請日時"), db_default=Now())
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("決定した人"),
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
    )
    decided_at = models.DateTimeField(_("決定日時"), null=True, blank=True)
    outcome = models.CharField(_("結果"), max_length=20, choices=PeriodOutcome, blank=True, default="")

    class Meta:
        verbose_name = _("保存期間")
        verbose_name_plural = _("保存期間")
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                name="period_is_for_a_known_kind", condition=Q(holding__in=["", *HoldingKind.values])
            ),
            models.CheckConstraint(
                name="period_is_for_a_known_programme", condition=Q(programme__in=["", *Programme.values])
            ),
            models.CheckConstraint(
                name="period_is_some_time",
                condition=(Q(years__gt=0) | Q(months__gt=0)) & Q(years__lte=100, months__lte=11),
            ),
            models.CheckConstraint(
                name="period_counts_from_something", condition=Q(counted_from__in=CountedFrom.values)
            ),
            models.CheckConstraint(name="period_has_a_legal_basis", condition=~Q(basis="")),
            models.CheckConstraint(
                name="period_outcome_is_known", condition=Q(outcome__in=["", *PeriodOutcome.values])
            ),
            models.CheckConstraint(
                name="period_decision_is_dated", condition=Q(outcome="") ^ Q(decided_at__isnull=False)
            ),
            models.CheckConstraint(
                name="period_is_decided_by_a_second_person",
                condition=Q(proposed_by__isnull=True)
                | Q(outcome="", decided_by__isnull=True)
                | (Q(outcome="WITHDRAWN") & Q(decided_by=F("proposed_by")))
                | (
                    Q(outcome__in=["APPROVED", "REJECTED"], decided_by__isnull=False) & ~Q(decided_by=F("proposed_by"))
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"retention period {self.pk}"

    @property
    def label(self) -> str:
        """What the record calls this period: years and months."""
        return f"{self.years}-{self.months}"

    @property
    def is_shipped(self) -> bool:
        """Whether it came with the product, so that the office has yet to verify it."""
        return self.proposed_by_id is None

    @property
    def length_text(self) -> str:
        """The length as the pages say it."""
        parts = [f"{self.years}年" if self.years else "", f"{self.months}か月" if self.months else ""]
        return "".join(parts)

    @property
    def reach_text(self) -> str:
        """Whose numbers it is for, in words."""
        programme = str(self.get_programme_display()) if self.programme else str(_("すべての制度"))
        holding = str(self.get_holding_display()) if self.holding else str(_("すべての番号"))
        return f"{programme}・{holding}"


class DeletionHold(models.Model):
    """A person whose numbers are not deleted until somebody else has ended the hold, whatever their clocks say."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(Person, verbose_name=_("対象"), on_delete=models.PROTECT, related_name="deletion_holds")
    reason = models.CharField(_("理由"), max_length=20, choices=HoldReason)
    words = models.CharField(_("事由"), max_length=200)
    set_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("停止した人"), on_delete=models.PROTECT, related_name="+"
    )
    set_at = models.DateTimeField(_("停止日時"), db_default=Now())
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("解除した人"),
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
    )
    ended_at = models.DateTimeField(_("解除日時"), null=True, blank=True)
    ended_words = models.CharField(_("解除の事由"), max_length=200, blank=True, default="")

    class Meta:
        verbose_name = _("削除の停止")
        verbose_name_plural = _("削除の停止")
        default_permissions = ()
        indexes = [
            models.Index(name="hold_in_force", fields=["person"], condition=Q(ended_at__isnull=True)),
            models.Index(name="hold_by_time", fields=["-set_at", "-id"]),
        ]
        constraints = [
            models.CheckConstraint(name="hold_has_a_known_reason", condition=Q(reason__in=HoldReason.values)),
            models.CheckConstraint(name="hold_says_why", condition=~Q(words="")),
            models.CheckConstraint(name="hold_end_is_signed_and_dated", condition=all_or_none("ended_by", "ended_at")),
            models.CheckConstraint(
                name="hold_end_says_why", condition=Q(ended_at__isnull=True, ended_words="") | ~Q(ended_words="")
            ),
            models.CheckConstraint(
                name="hold_is_ended_by_somebody_else",
                condition=Q(ended_by__isnull=True) | ~Q(ended_by=F("set_by")),
            ),
        ]

    def __str__(self) -> str:
        return f"deletion hold {self.pk}"

    @property
    def label(self) -> str:
        """What the record calls this hold."""
        return self.person.recipient_number or ""


class DeletionList(models.Model):
    """The numbers of one month whose time is over: made by the clocks, proposed by one keeper, approved by another."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    month = models.DateField(_("対象月"))
    as_of = models.DateField(_("基準日"))
    state = models.CharField(_("状態"), max_length=20, choices=ListState, default=ListState.MAKING)
    revision = models.PositiveIntegerField(_("版"), default=1)
    looked_until = models.UUIDField(null=True, blank=True, editable=False)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("作成した人"),
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
    )
    made_at = models.DateTimeField(_("作成日時"), db_default=Now())
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("申請した人"),
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
    )
    proposed_at = models.DateTimeField(_("申請日時"), null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("決定した人"),
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
    )
    decided_at = models.DateTimeField(_("決定日時"), null=True, blank=True)
    decision_reason = models.CharField(_("却下の理由"), max_length=200, blank=True, default="")
    finished_at = models.DateTimeField(_("完了日時"), null=True, blank=True)

    class Meta:
        verbose_name = _("削除対象一覧")
        verbose_name_plural = _("削除対象一覧")
        default_permissions = ()
        indexes = [models.Index(name="deletion_list_by_month", fields=["-month", "-made_at", "-id"])]
        constraints = [
            models.CheckConstraint(name="list_state_is_known", condition=Q(state__in=ListState.values)),
            models.CheckConstraint(
                name="list_proposal_is_signed_and_dated", condition=all_or_none("proposed_by", "proposed_at")
            ),
            models.CheckConstraint(
                name="list_decision_is_signed_and_dated", condition=all_or_none("decided_by", "decided_at")
            ),
            models.CheckConstraint(
                name="list_is_proposed_before_it_is_decided",
                condition=Q(state__in=["MAKING", "DRAFT", "EMPTY"], proposed_by__isnull=True, decided_by__isnull=True)
                | Q(state="PROPOSED", proposed_by__isnull=False, decided_by__isnull=True)
                | Q(state__in=["APPROVED", "DONE", "REJECTED"], proposed_by__isnull=False, decided_by__isnull=False),
            ),
            models.CheckConstraint(
                name="list_is_decided_by_a_second_person",
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("proposed_by")),
                violation_error_message=_("自分が申請した一覧は、自分では承認も却下もできません。"),
            ),
            models.CheckConstraint(
                name="list_rejection_says_why", condition=~Q(state="REJECTED") | ~Q(decision_reason="")
            ),
            models.UniqueConstraint(
                name="one_deletion_list_at_a_time",
                fields=["month"],
                condition=Q(state__in=[s.value for s in OPEN_STATES]),
            ),
        ]

    def __str__(self) -> str:
        return f"deletion list {self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("benefits:deletion-list", args=[self.pk])

    @property
    def label(self) -> str:
        """What the record calls this list."""
        return f"{self.month:%Y-%m}"


class DeletionRow(models.Model):
    """One sealed version of one person's number on a list, and why it is there. No name, no number."""

    deletion_list = models.ForeignKey(DeletionList, on_delete=models.PROTECT, related_name="rows")
    person_id = models.UUIDField(_("内部ID"))
    version = models.PositiveIntegerField(_("版"))
    recipient_number = models.CharField(_("受給者番号（または受付番号）"), max_length=20, blank=True)
    holding = models.CharField(_("番号の種類"), max_length=20, choices=HoldingKind)
    basis = models.CharField(_("保有の根拠"), max_length=200)
    period = models.ForeignKey(RetentionPeriod, verbose_name=_("保存期間"), on_delete=models.PROTECT, related_name="+")
    since_on = models.DateField(_("起算の日"))
    due_on = models.DateField(_("保存期限"))
    why = models.CharField(_("理由"), max_length=300)
    outcome = models.CharField(_("結果"), max_length=20, choices=RowOutcome, blank=True, default="")
    outcome_words = models.CharField(_("除外・対象外の理由"), max_length=200, blank=True, default="")
    excluded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("除外した人"),
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
    )

    class Meta:
        verbose_name = _("削除対象")
        verbose_name_plural = _("削除対象")
        default_permissions = ()
        indexes = [
            models.Index(name="deletion_row_waiting", fields=["deletion_list", "id"], condition=Q(outcome="")),
            models.Index(name="deletion_row_by_list", fields=["deletion_list", "id"]),
            models.Index(name="deletion_row_by_number", fields=["person_id", "version"], condition=Q(outcome="")),
        ]
        constraints = [
            models.UniqueConstraint(name="number_is_listed_once", fields=["deletion_list", "person_id", "version"]),
            models.CheckConstraint(name="row_outcome_is_known", condition=Q(outcome__in=["", *RowOutcome.values])),
            models.CheckConstraint(name="row_is_of_a_known_kind", condition=Q(holding__in=HoldingKind.values)),
            models.CheckConstraint(name="row_is_not_due_before_it_begins", condition=Q(since_on__lte=F("due_on"))),
            models.CheckConstraint(
                name="row_exclusion_is_signed",
                condition=Q(outcome="EXCLUDED", excluded_by__isnull=False)
                | (~Q(outcome="EXCLUDED") & Q(excluded_by__isnull=True)),
            ),
            models.CheckConstraint(
                name="row_left_out_says_why",
                condition=(Q(outcome__in=["EXCLUDED", "DROPPED"]) & ~Q(outcome_words=""))
                | (Q(outcome__in=["", "DESTROYED"]) & Q(outcome_words="")),
            ),
        ]

    def __str__(self) -> str:
        return f"deletion row {self.pk}"


class DeletionCertificate(models.Model):
    """That one sealed version was destroyed: a gapless number in its fiscal year, and who, when, on what basis.

    Points at nothing: it stands alone, also in a database that was restored from before its list was made.
    """

    fiscal_year = models.PositiveSmallIntegerField(_("年度"))
    serial = models.PositiveIntegerField(_("番号"))
    issued_at = models.DateTimeField(_("削除日時"))
    list_id = models.UUIDField(_("一覧"))
    list_label = models.CharField(_("対象月"), max_length=20)
    person_id = models.UUIDField(_("内部ID"))
    version = models.PositiveIntegerField(_("版"))
    kek_id = models.PositiveIntegerField(_("鍵の番号"), null=True)
    holding = models.CharField(_("番号の種類"), max_length=20, choices=HoldingKind)
    basis = models.CharField(_("保有の根拠"), max_length=200)
    period_basis = models.CharField(_("削除の根拠"), max_length=200)
    since_on = models.DateField(_("起算の日"))
    due_on = models.DateField(_("保存期限"))
    proposed_by = models.BigIntegerField(_("申請した人"))
    proposed_by_name = models.CharField(_("申請した人の氏名"), max_length=160)
    approved_by = models.BigIntegerField(_("承認した人"))
    approved_by_name = models.CharField(_("承認した人の氏名"), max_length=160)
    replayed_at = models.DateTimeField(_("復元後の再実行"), null=True, blank=True)

    class Meta:
        verbose_name = _("削除証明書")
        verbose_name_plural = _("削除証明書")
        default_permissions = ()
        indexes = [models.Index(name="certificate_by_list", fields=["list_id", "fiscal_year", "serial"])]
        constraints = [
            models.UniqueConstraint(name="certificate_number_is_given_once", fields=["fiscal_year", "serial"]),
            # a replayed one may stand beside that of a number which was given the version before the replay
            models.UniqueConstraint(
                name="number_is_destroyed_once", fields=["person_id", "version"], condition=Q(replayed_at__isnull=True)
            ),
            models.CheckConstraint(name="certificate_numbers_count_from_one", condition=Q(serial__gte=1)),
            models.CheckConstraint(name="certificate_names_two_people", condition=~Q(proposed_by=F("approved_by"))),
        ]

    def __str__(self) -> str:
        return f"deletion certificate {self.label}"

    @property
    def label(self) -> str:
        """The certificate's number, e.g. 2026-000012."""
        return f"{self.fiscal_year}-{self.serial:06d}"
