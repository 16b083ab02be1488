"""Who may do what, since when and by whose decision, and what has been proposed to change it."""

import uuid
from datetime import date
from ipaddress import ip_address, ip_network

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.roles import HANDBOOK, Role
from audit import origin


class ProposalKind(models.TextChoices):
    """What two people can change about a member of staff."""

    HIRE = "HIRE", _("採用（利用者の登録）")
    GRANT = "GRANT", _("役割の付与")
    END = "END", _("役割の終了")
    MOVE = "MOVE", _("氏名・所属の変更")
    STOP = "STOP", _("利用の停止")
    RESUME = "RESUME", _("利用の再開")
    RESET = "RESET", _("パスワード・確認手段の再設定")


class Outcome(models.TextChoices):
    """How a proposal ended."""

    APPROVED = "APPROVED", _("承認")
    REJECTED = "REJECTED", _("却下")
    WITHDRAWN = "WITHDRAWN", _("取下げ")


class ResetWhat(models.TextChoices):
    """What a member of staff has lost."""

    PASSWORD = "PASSWORD", _("パスワード")
    FACTOR = "FACTOR", _("確認手段（認証アプリ・セキュリティキー）")
    BOTH = "BOTH", _("両方")


class StaffBatch(models.Model):
    """One file of joiners, movers and leavers, as one person uploaded it and another applied or refused it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    file_sha256 = models.CharField(_("ファイルの指紋"), max_length=64)
    lines = models.JSONField(_("行"), default=list)
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("取り込んだ人")
    )
    proposed_at = models.DateTimeField(_("取り込んだ日時"), db_default=Now())
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("反映した人"), null=True
    )
    decided_at = models.DateTimeField(_("反映した日時"), null=True, blank=True)
    outcome = models.CharField(_("結果"), max_length=20, choices=Outcome, blank=True, default="")

    class Meta:
        verbose_name = _("職員の一括登録")
        verbose_name_plural = _("職員の一括登録")
        default_permissions = ()
        indexes = [models.Index(name="staff_batch_by_time", fields=["-proposed_at"])]
        constraints = [
            models.CheckConstraint(
                name="staff_batch_is_applied_by_a_second_person",
                condition=~Q(outcome__in=["APPROVED", "REJECTED"]) | ~Q(decided_by=F("proposed_by")),
            ),
            models.CheckConstraint(
                name="staff_batch_decision_is_signed_and_dated",
                condition=Q(outcome="", decided_by__isnull=True, decided_at__isnull=True)
                | (~Q(outcome="") & Q(decided_by__isnull=False, decided_at__isnull=False)),
            ),
            models.UniqueConstraint(
                name="staff_file_is_taken_once", fields=["file_sha256"], condition=Q(outcome__in=["", "APPROVED"])
            ),
        ]

    def __str__(self) -> str:
        return f"staff batch {self.pk}"


class RoleAssignment(models.Model):
    """That a person has been given a duty: how far it reaches, for which days, and by whose decision.

    Nothing of it changes afterwards but that it ends (``ended_on``: the last day, set by an approved proposal) or is
    suspended by an access review. ``proposal`` is None for what the office was set up with.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="role_assignments", verbose_name=_("利用者")
    )
    role = models.CharField(_("役割"), max_length=30, choices=[(role.value, role.name) for role in Role])
    office = models.CharField(_("保健所"), max_length=20, blank=True, default="", db_default="")
    programme = models.CharField(_("制度"), max_length=20, blank=True, default="", db_default="")
    network = models.CharField(_("ネットワーク"), max_length=43, blank=True, default="", db_default="")
    starts_on = models.DateField(
        _("開始日"), db_default=models.Func(models.Value("Asia/Tokyo"), Now(), function="timezone")
    )
    ends_on = models.DateField(_("終了日"), null=True, blank=True)
    given_at = models.DateTimeField(_("付与日時"), db_default=Now())
    proposal = models.OneToOneField(
        "accounts.Proposal", on_delete=models.PROTECT, related_name="granted", null=True, blank=True
    )
    ended_on = models.DateField(_("終了させた日"), null=True, blank=True)
    ended_by = models.ForeignKey(
        "accounts.Proposal", on_delete=models.PROTECT, related_name="ended", null=True, blank=True
    )
    suspended_at = models.DateTimeField(_("棚卸しによる停止"), null=True, blank=True)
    last_used_on = models.DateField(_("最終利用"), null=True, blank=True)

    class Meta:
        verbose_name = _("役割の付与")
        verbose_name_plural = _("役割の付与")
        default_permissions = ()
        constraints = [
            models.CheckConstraint(name="role_is_known", condition=Q(role__in=[role.value for role in Role])),
            models.CheckConstraint(
                name="role_ends_after_it_starts", condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on"))
            ),
            models.CheckConstraint(
                name="role_is_ended_by_a_proposal",
                condition=Q(ended_on__isnull=True, ended_by__isnull=True)
                | Q(ended_on__isnull=False, ended_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.role}"

    @property
    def label(self) -> str:
        """The duty's name."""
        return str(HANDBOOK[Role(self.role)].label)

    def is_current(self, *, on: date) -> bool:
        """Say whether it holds on that day, wherever the person sits."""
        return (
            self.suspended_at is None
            and self.starts_on <= on
            and (self.ends_on is None or on <= self.ends_on)
            and (self.ended_on is None or on <= self.ended_on)
        )

    def is_in_force(self, *, on: date) -> bool:
        """Say whether it holds on that day for the request being served, from where that comes."""
        return self.is_current(on=on) and self.is_reached_from(origin.current().client)

    def is_reached_from(self, client: str | None) -> bool:
        """Say whether the duty may be done from ``client``, an address (None = no request: a command, a test)."""
        if client is None:
            return True
        limits = [[self.network]] if self.network else []
        if HANDBOOK[Role(self.role)].is_for_number_segment:
            # whatever the assignment names, never from beyond the segment
            limits.append(settings.KYUFU_NUMBER_NETWORKS)
        return all(any(ip_address(client) in ip_network(one) for one in networks) for networks in limits)


class Proposal(models.Model):
    """What one user administrator proposes to change about a member of staff, and what another made of it.

    Which columns are filled in depends on ``kind``. Only ``accounts.rights`` writes it; the database refuses a second
    voice that is the first one, anybody's own rights, and any change after the decision (migration 0004).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(_("内容"), max_length=10, choices=ProposalKind)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="proposals", null=True, blank=True
    )
    batch = models.ForeignKey(StaffBatch, on_delete=models.PROTECT, related_name="proposals", null=True, blank=True)
    # GRANT
    role = models.CharField(_("役割"), max_length=30, blank=True, default="")
    office = models.CharField(_("保健所"), max_length=20, blank=True, default="")
    programme = models.CharField(_("制度"), max_length=20, blank=True, default="")
    network = models.CharField(_("ネットワーク"), max_length=43, blank=True, default="")
    starts_on = models.DateField(_("開始日"), null=True, blank=True)
    ends_on = models.DateField(_("終了日"), null=True, blank=True)
    # END
    assignment = models.ForeignKey(
        RoleAssignment, on_delete=models.PROTECT, related_name="proposals", null=True, blank=True
    )
    # HIRE, MOVE
    login_id = models.CharField(_("利用者ID"), max_length=40, blank=True, default="")
    display_name = models.CharField(_("氏名"), max_length=60, blank=True, default="")
    section = models.CharField(_("所属"), max_length=60, blank=True, default="")
    # RESET
    reset = models.CharField(_("再設定するもの"), max_length=10, choices=ResetWhat, blank=True, default="")

    reason = models.CharField(_("理由"), max_length=200)
    decision_number = models.CharField(_("決裁番号"), max_length=40, blank=True, default="")
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(_("申請日時"), db_default=Now())
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    decided_at = models.DateTimeField(_("決定日時"), null=True, blank=True)
    outcome = models.CharField(_("結果"), max_length=20, choices=Outcome, blank=True, default="")
    decision_reason = models.CharField(_("決定の理由"), max_length=200, blank=True, default="")

    class Meta:
        verbose_name = _("権限の申請")
        verbose_name_plural = _("権限の申請")
        default_permissions = ()
        indexes = [
            models.Index(name="proposal_waiting", fields=["proposed_at", "id"], condition=Q(outcome="")),
            models.Index(name="proposal_by_time", fields=["-proposed_at", "-id"]),
        ]
        constraints = [
            models.CheckConstraint(name="proposal_kind_is_known", condition=Q(kind__in=ProposalKind.values)),
            models.CheckConstraint(
                name="proposal_is_decided_by_a_second_person",
                condition=~Q(outcome__in=["APPROVED", "REJECTED"]) | ~Q(decided_by=F("proposed_by")),
                violation_error_message=_("自分が出した申請は、自分では承認も却下もできません。"),
            ),
            models.CheckConstraint(
                name="proposal_is_withdrawn_by_its_proposer",
                condition=~Q(outcome="WITHDRAWN") | Q(decided_by=F("proposed_by")),
            ),
            models.CheckConstraint(
                name="proposal_is_not_about_its_proposer",
                condition=Q(user__isnull=True) | ~Q(user=F("proposed_by")),
                violation_error_message=_("自分の権限は、自分では変えられません。"),
            ),
            models.CheckConstraint(
                name="proposal_is_not_about_its_decider",
                condition=Q(user__isnull=True)
                | Q(decided_by__isnull=True)
                | Q(outcome="WITHDRAWN")
                | ~Q(user=F("decided_by")),
            ),
            models.CheckConstraint(
                name="proposal_decision_is_signed_and_dated",
                condition=Q(outcome="", decided_by__isnull=True, decided_at__isnull=True)
                | (Q(outcome__in=Outcome.values) & Q(decided_by__isnull=False, decided_at__isnull=False)),
            ),
            models.CheckConstraint(name="proposal_has_a_reason", condition=~Q(reason="")),
            models.CheckConstraint(
                name="proposal_says_what_its_kind_needs",
                condition=Q(kind="HIRE") & ~Q(login_id="") & ~Q(display_name="")
                | Q(kind="GRANT", user__isnull=False, starts_on__isnull=False) & ~Q(role="")
                | Q(kind="END", user__isnull=False, assignment__isnull=False, ends_on__isnull=False)
                | Q(kind="MOVE", user__isnull=False) & ~Q(display_name="")
                | Q(kind__in=["STOP", "RESUME"], user__isnull=False)
                | Q(kind="RESET", user__isnull=False, reset__in=ResetWhat.values),
            ),
        ]

    def __str__(self) -> str:
        return f"proposal {self.pk}"

    @property
    def label(self) -> str:
        """What the record calls it: its kind, nobody's name."""
        return str(ProposalKind(self.kind).label)
