"""Rules that watch the record, what they found, what somebody made of it, and the weekly sample.

Members of staff and residents are ids here, as in the record; what they are called is in its label tables. The tables
and their guards are made by migration 0007; who may answer and decide is held to by accounts/0008.
"""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit import sealed_text, words
from audit.models.record import REASON_KEY, opened_reason


class Severity(models.TextChoices):
    """How soon somebody has to look."""

    REVIEW = "REVIEW", _("要確認")
    HIGH = "HIGH", _("重大")


class HitState(models.TextChoices):
    """How far the looking is."""

    OPEN = "OPEN", _("未確認")
    EXPLAINED = "EXPLAINED", _("説明済み")
    TO_INVESTIGATE = "TO_INVESTIGATE", _("要調査")


class AnswerCode(models.TextChoices):
    """Why a hit is answered as it is. The first four say that the rule pointed at proper work."""

    WORK = "WORK", _("業務上の必要を確かめた")
    ASKED = "ASKED", _("上司の指示・他機関の照会による")
    TEACHING = "TEACHING", _("研修・引継ぎ")
    MISTAKE = "MISTAKE", _("操作の誤り（閉じて報告済み）")
    RULE = "RULE", _("規則が合っていない（しきい値の見直しを申請する）")
    IMPROPER = "IMPROPER", _("業務上の必要を確かめられない")
    HANDLED = "HANDLED", _("調査を終え、措置をとった")


class ChangeOutcome(models.TextChoices):
    """What came of a proposed change of a rule; "" while it waits."""

    APPROVED = "APPROVED", _("承認")
    REJECTED = "REJECTED", _("却下")
    WITHDRAWN = "WITHDRAWN", _("取下げ")


class SimulationState(models.TextChoices):
    """How far a simulation is."""

    WAITING = "WAITING", _("開始待ち")
    RUNNING = "RUNNING", _("実行中")
    DONE = "DONE", _("完了")
    FAILED = "FAILED", _("失敗")


class SampleVerdict(models.TextChoices):
    """What somebody who looked at a sampled view made of it."""

    PROPER = "PROPER", _("業務上の閲覧と確かめた")
    DOUBTFUL = "DOUBTFUL", _("業務上の必要を確かめられない")


class Rule(models.Model):
    """One thing that is watched for, how strictly, and whether at all. What it is called is in ``audit.words``.

    Changed by an approved :class:`RuleChange` alone.
    """

    code = models.CharField(_("規則"), max_length=4, primary_key=True)
    severity = models.CharField(_("重さ"), max_length=10, choices=Severity)
    thresholds = models.JSONField(_("しきい値"), default=dict)
    is_on = models.BooleanField(_("有効"), default=True)
    since = models.DateTimeField(_("いまの内容になった日時"), default=timezone.now)
    change_id = models.UUIDField(_("いまの内容にした変更"), null=True, blank=True)

    class Meta:
        db_table = 'audit"."rule'
        verbose_name = _("気になる操作の規則")
        default_permissions = ()

    def __str__(self) -> str:
        return self.code

    @property
    def name(self) -> str:
        """What the rule is called."""
        return words.name(self.code)

    @property
    def about(self) -> str:
        """What the rule watches for, in a sentence."""
        return words.about(self.code)

    @property
    def number(self) -> int:
        """The rule's place in the list."""
        return int(self.code[1:])

    @property
    def threshold_rows(self) -> list[tuple[str, str, int]]:
        """Each threshold as (key, name for the reader, value)."""
        return [(key, words.threshold(key), value) for key, value in self.thresholds.items()]


class RuleProgress(models.Model):
    """Up to which position of the record a rule has looked: the next one to be looked at."""

    rule = models.OneToOneField(Rule, on_delete=models.PROTECT, primary_key=True, related_name="progress")
    position = models.BigIntegerField(_("次の位置"), default=0)
    looked_at = models.DateTimeField(_("最後に調べた日時"), default=timezone.now)

    class Meta:
        db_table = 'audit"."rule_progress'
        verbose_name = _("規則の進み")
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.rule_id} @ {self.position}"


class Simulation(models.Model):
    """What a rule would have raised over the past weeks with given thresholds. Stores no hit."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    rule = models.ForeignKey(Rule, on_delete=models.PROTECT, related_name="simulations")
    thresholds = models.JSONField(_("しきい値"))
    weeks = models.PositiveSmallIntegerField(_("週数"))
    asked_by_id = models.BigIntegerField(_("実行した人"))
    asked_at = models.DateTimeField(_("実行日時"), default=timezone.now)
    state = models.CharField(_("状態"), max_length=10, choices=SimulationState, default=SimulationState.WAITING)
    first_position = models.BigIntegerField(_("最初の位置"), null=True, blank=True)
    next_position = models.BigIntegerField(_("次の位置"), null=True, blank=True)
    end_position = models.BigIntegerField(_("終わりの位置"), null=True, blank=True)
    #: Monday of the week (ISO date) → how many.
    per_week = models.JSONField(_("週ごとの件数"), default=dict)
    total = models.PositiveIntegerField(_("件数"), default=0)
    #: The first few, each {"at", "sentence", "actor", "person", "event"}.
    examples = models.JSONField(_("例"), default=list)
    #: The natural keys met so far, so that none counts twice.
    keys = models.JSONField(default=list)
    finished_at = models.DateTimeField(_("終了日時"), null=True, blank=True)

    class Meta:
        db_table = 'audit"."simulation'
        verbose_name = _("規則の試算")
        default_permissions = ()
        indexes = [models.Index(name="simulation_by_rule", fields=["rule", "-asked_at"])]
        constraints = [
            models.CheckConstraint(name="simulation_goes_back_a_year_at_most", condition=Q(weeks__range=(1, 53))),
            models.CheckConstraint(name="simulation_state_is_known", condition=Q(state__in=SimulationState.values)),
        ]

    def __str__(self) -> str:
        return f"{self.rule_id} {self.state}"

    @property
    def share_done(self) -> int:
        """How much of it is done, in per cent."""
        if self.state == SimulationState.DONE:
            return 100
        if self.first_position is None or self.next_position is None or self.end_position is None:
            return 0
        return 100 * (self.next_position - self.first_position) // max(self.end_position - self.first_position, 1)

    @property
    def per_week_average(self) -> float:
        """How many a week, over the weeks simulated."""
        return self.total / self.weeks

    @property
    def week_rows(self) -> list[tuple[str, int]]:
        """Each week's Monday and how many it would have raised, the oldest first."""
        return sorted(self.per_week.items())


class RuleChange(models.Model):
    """A rule's thresholds, and whether it is on, as somebody proposes them and somebody else decides."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    rule = models.ForeignKey(Rule, on_delete=models.PROTECT, related_name="changes")
    thresholds = models.JSONField(_("しきい値"))
    is_on = models.BooleanField(_("有効"))
    simulation = models.ForeignKey(
        Simulation, on_delete=models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("試算")
    )
    sealed_reason = models.BinaryField(_("理由（暗号化）"))
    proposed_by_id = models.BigIntegerField(_("申請者"))
    proposed_at = models.DateTimeField(_("申請日時"), default=timezone.now)
    outcome = models.CharField(_("結果"), max_length=10, choices=ChangeOutcome, blank=True, default="")
    decided_by_id = models.BigIntegerField(_("決定者"), null=True, blank=True)
    decided_at = models.DateTimeField(_("決定日時"), null=True, blank=True)

    class Meta:
        db_table = 'audit"."rule_change'
        verbose_name = _("規則の変更")
        default_permissions = ()
        indexes = [models.Index(name="rule_change_by_time", fields=["-proposed_at"])]
        constraints = [
            models.UniqueConstraint(name="rule_change_waits_one_at_a_time", fields=["rule"], condition=Q(outcome="")),
            models.CheckConstraint(
                name="rule_change_outcome_is_known", condition=Q(outcome__in=["", *ChangeOutcome.values])
            ),
            models.CheckConstraint(
                name="rule_change_decision_is_signed_and_dated",
                condition=Q(outcome="", decided_by_id__isnull=True, decided_at__isnull=True)
                | (~Q(outcome="") & Q(decided_by_id__isnull=False, decided_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="rule_change_is_decided_by_a_second_person",
                condition=Q(decided_by_id__isnull=True)
                | Q(outcome=ChangeOutcome.WITHDRAWN, decided_by_id=F("proposed_by_id"))
                | (~Q(outcome=ChangeOutcome.WITHDRAWN) & ~Q(decided_by_id=F("proposed_by_id"))),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rule_id} {self.outcome}"

    def seal_reason(self, text: str) -> None:
        """Keep the reason, readable by nobody in the database."""
        self.sealed_reason = sealed_text.seal(text, key=REASON_KEY, bound_to=f"rulechange|{self.pk}")

    @property
    def reason(self) -> str:
        """The reason in words."""
        return opened_reason(self.sealed_reason, bound_to=f"rulechange|{self.pk}")


class Hit(models.Model):
    """Something that a rule found: to be looked at by somebody whom it is not about.

    ``data`` holds codes and numbers for the sentence, and no name. ``key`` is what makes it the same finding: a rule
    that looks again raises nothing twice. ``state`` is what its last answer says; the database itself writes it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    rule = models.ForeignKey(Rule, on_delete=models.PROTECT, related_name="hits")
    key = models.CharField(max_length=200)
    kind = models.CharField(_("種別"), max_length=20, blank=True, default="")
    severity = models.CharField(_("重さ"), max_length=10, choices=Severity)
    actor_id = models.BigIntegerField(_("利用者番号"), null=True, blank=True)
    actor_roles = models.CharField(_("役割"), max_length=200, blank=True, default="")
    #: Everybody it is about, the actor too: none of them may answer it.
    people = ArrayField(models.BigIntegerField(), default=list)
    section = models.CharField(_("所属"), max_length=60, blank=True, default="")
    #: The watched is one of those who watch: somebody of another duty or office answers.
    is_of_watchers = models.BooleanField(default=False)
    person_id = models.UUIDField(_("受給者の識別子"), null=True, blank=True)
    happened_at = models.DateTimeField(_("操作の日時"))
    first_event = models.UUIDField(null=True, blank=True)
    first_position = models.BigIntegerField(null=True, blank=True)
    last_event = models.UUIDField(null=True, blank=True)
    last_position = models.BigIntegerField(null=True, blank=True)
    #: The entries involved, the last fifty of them.
    events = ArrayField(models.UUIDField(), default=list)
    data = models.JSONField(default=dict)
    raised_at = models.DateTimeField(_("検出日時"), default=timezone.now)
    state = models.CharField(_("状態"), max_length=20, choices=HitState, default=HitState.OPEN)

    class Meta:
        db_table = 'audit"."hit'
        verbose_name = _("気になる操作")
        default_permissions = ()
        indexes = [
            models.Index(name="hit_by_state", fields=["state", "-happened_at", "-id"]),
            models.Index(name="hit_by_section", fields=["section", "state", "-happened_at", "-id"]),
            models.Index(name="hit_by_actor", fields=["actor_id", "-happened_at"]),
            models.Index(name="hit_by_time", fields=["happened_at"]),
        ]
        constraints = [
            models.UniqueConstraint(name="hit_is_raised_once", fields=["rule", "key"]),
            models.CheckConstraint(name="hit_state_is_known", condition=Q(state__in=HitState.values)),
            models.CheckConstraint(name="hit_severity_is_known", condition=Q(severity__in=Severity.values)),
        ]

    def __str__(self) -> str:
        return f"{self.rule_id} {self.state}"

    @property
    def sentence(self) -> str:
        """What was found and what to look at, without names."""
        return words.sentence(self.rule_id, self.kind, self.data)

    @property
    def rule_name(self) -> str:
        """What the rule is called."""
        return words.name(self.rule_id)


class HitAnswer(models.Model):
    """What somebody made of a hit. Added and never changed; the last one counts."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    hit = models.ForeignKey(Hit, on_delete=models.PROTECT, related_name="answers")
    state = models.CharField(_("状態"), max_length=20, choices=HitState)
    code = models.CharField(_("理由の区分"), max_length=20, choices=AnswerCode)
    sealed_words = models.BinaryField(_("理由（暗号化）"))
    answered_by_id = models.BigIntegerField(_("確認者"))
    answered_at = models.DateTimeField(_("確認日時"), default=timezone.now)

    class Meta:
        db_table = 'audit"."hit_answer'
        verbose_name = _("気になる操作の確認")
        default_permissions = ()
        indexes = [models.Index(name="hit_answer_by_hit", fields=["hit", "answered_at"])]
        constraints = [
            models.CheckConstraint(
                name="hit_answer_settles_or_investigates",
                condition=Q(state__in=[HitState.EXPLAINED, HitState.TO_INVESTIGATE]),
            ),
            models.CheckConstraint(name="hit_answer_code_is_known", condition=Q(code__in=AnswerCode.values)),
        ]

    def __str__(self) -> str:
        return f"{self.state} {self.code}"

    def seal_words(self, text: str) -> None:
        """Keep the words, readable by nobody in the database."""
        self.sealed_words = sealed_text.seal(text, key=REASON_KEY, bound_to=f"hitanswer|{self.pk}")

    @property
    def words(self) -> str:
        """What was written, opened for this reader."""
        return opened_reason(self.sealed_words, bound_to=f"hitanswer|{self.pk}")


class Sample(models.Model):
    """One week's draw among the explained views of a section: anybody can draw it again from what is kept here."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    week = models.DateField(_("週（月曜日）"))
    section = models.CharField(_("所属"), max_length=60, blank=True, default="")
    #: Hash of the newest signed note at the draw, as hex: nobody could know it when the views were made.
    seed = models.CharField(_("抽出の種"), max_length=64)
    seed_size = models.BigIntegerField(_("種とした封印の大きさ"))
    population = models.PositiveIntegerField(_("対象の件数"))
    drawn_at = models.DateTimeField(_("抽出日時"), default=timezone.now)

    class Meta:
        db_table = 'audit"."sample'
        verbose_name = _("抜取り")
        default_permissions = ()
        constraints = [models.UniqueConstraint(name="sample_is_drawn_once", fields=["week", "section"])]

    def __str__(self) -> str:
        return f"{self.week} {self.section}"


class SampledView(models.Model):
    """One explained view that was drawn, to be looked at by somebody else than its viewer."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    sample = models.ForeignKey(Sample, on_delete=models.PROTECT, related_name="views")
    rank = models.PositiveIntegerField(_("順番"))
    event_id = models.UUIDField(_("操作記録"))
    event_at = models.DateTimeField(_("閲覧の日時"))
    actor_id = models.BigIntegerField(_("利用者番号"))
    person_id = models.UUIDField(_("受給者の識別子"), null=True, blank=True)
    explanation = models.CharField(_("閲覧の背景"), max_length=10)
    verdict = models.CharField(_("結果"), max_length=10, choices=SampleVerdict, blank=True, default="")
    sealed_words = models.BinaryField(_("所見（暗号化）"), null=True, blank=True)
    answered_by_id = models.BigIntegerField(_("確認者"), null=True, blank=True)
    answered_at = models.DateTimeField(_("確認日時"), null=True, blank=True)

    class Meta:
        db_table = 'audit"."sampled_view'
        verbose_name = _("抜き取られた閲覧")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(name="sampled_view_is_drawn_once", fields=["sample", "event_id"]),
            models.CheckConstraint(
                name="sampled_view_verdict_is_known", condition=Q(verdict__in=["", *SampleVerdict.values])
            ),
            models.CheckConstraint(
                name="sampled_view_answer_is_signed_and_dated",
                condition=Q(verdict="", answered_by_id__isnull=True, answered_at__isnull=True)
                | (~Q(verdict="") & Q(answered_by_id__isnull=False, answered_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="sampled_view_is_not_answered_by_its_viewer",
                condition=Q(answered_by_id__isnull=True) | ~Q(answered_by_id=F("actor_id")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event_id} {self.verdict}"

    def seal_words(self, text: str) -> None:
        """Keep the words, readable by nobody in the database."""
        self.sealed_words = sealed_text.seal(text, key=REASON_KEY, bound_to=f"sampledview|{self.pk}")

    @property
    def words(self) -> str:
        """What was written, opened for this reader."""
        return opened_reason(self.sealed_words, bound_to=f"sampledview|{self.pk}")

    @property
    def explanation_label(self) -> str:
        """Why the office's work explains the view, for the reader."""
        return words.explanation(self.explanation)
