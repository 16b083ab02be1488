"""How long entries are kept, and the months of the record that are let go after that."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit import sealed_text
from audit.models.record import REASON_KEY, opened_reason


class PruningOutcome(models.TextChoices):
    """What came of asking that a month be let go."""

    APPROVED = "APPROVED", _("承認")
    REJECTED = "REJECTED", _("却下")
    WITHDRAWN = "WITHDRAWN", _("取下げ")


class RecordRetention(models.Model):
    """For how many years entries are kept at least: one row, which only the owner's command changes."""

    id = models.SmallIntegerField(primary_key=True, default=1, editable=False)
    years = models.SmallIntegerField(_("保存する年数"))
    #: None as long as it is what the product came with, which nobody has compared with the office's own rules.
    changed_at = models.DateTimeField(_("変更日時"), null=True, blank=True)

    class Meta:
        db_table = 'audit"."record_retention'
        verbose_name = _("操作記録の保存期間")
        verbose_name_plural = _("操作記録の保存期間")
        default_permissions = ()
        constraints = [
            models.CheckConstraint(name="record_has_one_period", condition=Q(id=1)),
            models.CheckConstraint(name="record_is_kept_five_years_at_least", condition=Q(years__range=(5, 100))),
        ]

    def __str__(self) -> str:
        return f"{self.years} years"


class MonthPruning(models.Model):
    """A month whose entries one records keeper asks to let go and another decides on.

    Guards in the database (audit 0009, accounts 0009) hold who asks and decides, and that nothing is changed later.
    ``done_at`` and the numbers after it are written by ``audit.prune_month`` alone, in the transaction that lets the
    month's tables go. ``told_at`` is the time of the entry that says so: were that entry's own month let go, it is
    told again.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    month = models.DateField(_("月（1日）"))
    sealed_reason = models.BinaryField(_("理由（暗号化）"))
    asked_by_id = models.BigIntegerField(_("申請者"))
    asked_at = models.DateTimeField(_("申請日時"), default=timezone.now)
    outcome = models.CharField(_("結果"), max_length=10, choices=PruningOutcome, blank=True, default="")
    sealed_decision = models.BinaryField(_("決定の理由（暗号化）"), null=True, blank=True)
    decided_by_id = models.BigIntegerField(_("決定者"), null=True, blank=True)
    decided_at = models.DateTimeField(_("決定日時"), null=True, blank=True)
    #: The guard that stood in the way at the last try, and when that was.
    problem = models.CharField(_("問題"), max_length=60, blank=True, default="")
    tried_at = models.DateTimeField(_("最後に試みた日時"), null=True, blank=True)
    done_at = models.DateTimeField(_("削除日時"), null=True, blank=True)
    first_idx = models.BigIntegerField(_("最初の位置"), null=True, blank=True)
    last_idx = models.BigIntegerField(_("最後の位置"), null=True, blank=True)
    count = models.BigIntegerField(_("件数"), null=True, blank=True)
    told_at = models.DateTimeField(_("削除の記録の日時"), null=True, blank=True)

    class Meta:
        db_table = 'audit"."pruning'
        verbose_name = _("操作記録の月の削除")
        verbose_name_plural = _("操作記録の月の削除")
        default_permissions = ()
        indexes = [models.Index(name="pruning_by_time", fields=["-asked_at"])]
        constraints = [
            models.CheckConstraint(name="pruning_is_of_a_month", condition=Q(month__day=1)),
            models.UniqueConstraint(
                name="pruning_of_a_month_is_open_once",
                fields=["month"],
                condition=Q(outcome__in=["", PruningOutcome.APPROVED]),
            ),
            models.CheckConstraint(
                name="pruning_outcome_is_known", condition=Q(outcome__in=["", *PruningOutcome.values])
            ),
            models.CheckConstraint(
                name="pruning_decision_is_signed_and_dated",
                condition=Q(outcome="", decided_by_id__isnull=True, decided_at__isnull=True)
                | (~Q(outcome="") & Q(decided_by_id__isnull=False, decided_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="pruning_is_decided_by_a_second_person",
                condition=Q(decided_by_id__isnull=True)
                | Q(outcome=PruningOutcome.WITHDRAWN, decided_by_id=F("asked_by_id"))
                | (~Q(outcome=PruningOutcome.WITHDRAWN) & ~Q(decided_by_id=F("asked_by_id"))),
            ),
            models.CheckConstraint(
                name="pruning_is_rejected_with_a_reason",
                condition=~Q(outcome=PruningOutcome.REJECTED) | Q(sealed_decision__isnull=False),
            ),
            models.CheckConstraint(
                name="pruning_is_done_only_when_approved",
                condition=Q(
                    done_at__isnull=True,
                    told_at__isnull=True,
                    first_idx__isnull=True,
                    last_idx__isnull=True,
                    count__isnull=True,
                )
                | Q(
                    outcome=PruningOutcome.APPROVED,
                    done_at__isnull=False,
                    told_at__isnull=False,
                    first_idx__isnull=False,
                    last_idx__isnull=False,
                    count__isnull=False,
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.label} {self.outcome}"

    @property
    def label(self) -> str:
        """What the record calls it: its month."""
        return f"{self.month:%Y-%m}"

    @property
    def is_waiting(self) -> bool:
        """Say whether nobody has decided yet."""
        return not self.outcome

    @property
    def is_due(self) -> bool:
        """Say whether it is approved and not done."""
        return self.outcome == PruningOutcome.APPROVED and self.done_at is None

    def seal_reason(self, text: str) -> None:
        """Keep why it was asked, readable by nobody in the database."""
        self.sealed_reason = sealed_text.seal(text, key=REASON_KEY, bound_to=f"pruning|{self.pk}")

    def seal_decision(self, text: str) -> None:
        """Keep why it was decided so; no words keep nothing."""
        if text:
            self.sealed_decision = sealed_text.seal(text, key=REASON_KEY, bound_to=f"pruning-decision|{self.pk}")

    @property
    def reason(self) -> str:
        """Why it was asked."""
        return opened_reason(self.sealed_reason, bound_to=f"pruning|{self.pk}")

    @property
    def decision(self) -> str:
        """Why it was decided so, "" where nobody said."""
        return opened_reason(self.sealed_decision, bound_to=f"pruning-decision|{self.pk}")
