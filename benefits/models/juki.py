"""Files from the Juki-net terminal (住基ネット統合端末): their layouts, the files, and their lines while they wait."""

import uuid
from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from benefits.choices import Sex
from benefits.models.constraints import all_or_none
from benefits.models.person import Person
from benefits.models.reach import is_unlimited


class Meaning(models.TextChoices):
    """What a column of a layout holds."""

    NAME = "NAME", _("氏名")
    KANA = "KANA", _("フリガナ")
    BIRTH = "BIRTH", _("生年月日")
    SEX = "SEX", _("性別")
    ADDRESS = "ADDRESS", _("住所")
    NUMBER = "NUMBER", _("個人番号")
    IGNORED = "IGNORED", _("使わない列")


class Encoding(models.TextChoices):
    """How a file's characters are written."""

    CP932 = "CP932", _("Shift_JIS（CP932）")
    UTF8 = "UTF8", _("UTF-8")


class Separator(models.TextChoices):
    """What parts one column from the next."""

    COMMA = "COMMA", _("コンマ")
    TAB = "TAB", _("タブ")

    @property
    def character(self) -> str:
        return "\t" if self is Separator.TAB else ","


class DateNotation(models.TextChoices):
    """How dates of birth are written."""

    WESTERN8 = "WESTERN8", _("西暦8桁（19700401）")
    ERA7 = "ERA7", _("元号の番号と6桁（3450401）")
    WRITTEN = "WRITTEN", _("書いたとおり（昭和45年4月1日、S45.4.1、1970/4/1）")


class LayoutOutcome(models.TextChoices):
    """How the proposal of a layout ended."""

    CONFIRMED = "CONFIRMED", _("確定")
    REJECTED = "REJECTED", _("却下")


class JukiLayout(models.Model):
    """One version of how a terminal writes its file, as data: each terminal's output differs.

    A version is never changed. A new one is proposed by one person and confirmed by another; the one that comes with
    the product (``proposed_by`` empty) is for the demonstration and is to be compared with the terminal's own manual.
    """

    name = models.CharField(_("様式の名前"), max_length=60)
    version = models.PositiveIntegerField(_("版"), default=1)
    valid_from = models.DateField(_("使い始める日"))
    encoding = models.CharField(
        _("文字コード"), max_length=10, choices=Encoding, blank=True, default="", help_text=_("空なら自動で判定します")
    )
    separator = models.CharField(_("区切り"), max_length=10, choices=Separator, default=Separator.COMMA)
    has_heading = models.BooleanField(_("1行目は見出し"), default=True)
    items = models.PositiveSmallIntegerField(_("照合する情報の数"), default=4)
    date_notation = models.CharField(
        _("生年月日の表記"), max_length=10, choices=DateNotation, default=DateNotation.WESTERN8
    )
    #: In the order of the file: [meaning, heading] each.
    columns = models.JSONField(_("列"))
    #: What a request list holds, in its order: [meaning, heading] each.
    query_columns = models.JSONField(_("要求一覧の列"), default=list)
    note = models.CharField(_("備考"), max_length=400, blank=True)
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("申請者"), on_delete=models.PROTECT, related_name="+", null=True
    )
    proposed_at = models.DateTimeField(_("申請日時"), db_default=Now())
    outcome = models.CharField(_("結果"), max_length=10, choices=LayoutOutcome, blank=True, default="")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("決定者"), on_delete=models.PROTECT, related_name="+", null=True
    )
    decided_at = models.DateTimeField(_("決定日時"), null=True)

    class Meta:
        verbose_name = _("住基ネットの様式")
        verbose_name_plural = _("住基ネットの様式")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(name="layout_version_is_one", fields=["name", "version"]),
            models.CheckConstraint(name="layout_matches_on_four_or_three", condition=Q(items__in=[3, 4])),
            models.CheckConstraint(name="layout_encoding_is_known", condition=Q(encoding__in=["", *Encoding.values])),
            models.CheckConstraint(name="layout_separator_is_known", condition=Q(separator__in=Separator.values)),
            models.CheckConstraint(name="layout_dates_are_known", condition=Q(date_notation__in=DateNotation.values)),
            models.CheckConstraint(
                name="layout_is_not_decided_by_its_proposer", condition=~Q(decided_by=F("proposed_by"))
            ),
            models.CheckConstraint(
                name="layout_decision_is_signed_and_dated",
                condition=Q(outcome="", decided_by__isnull=True, decided_at__isnull=True)
                | Q(outcome__in=LayoutOutcome.values, decided_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"layout {self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("benefits:juki-layout", args=[self.pk])

    @property
    def label(self) -> str:
        """What the record calls it."""
        return f"layout {self.pk} v{self.version}"


class BatchState(models.TextChoices):
    """Where a file stands. Only ``benefits.juki`` moves it."""

    UPLOADING = "UPLOADING", _("受信中")
    UPLOADED = "UPLOADED", _("開始待ち")
    STAGING = "STAGING", _("読取り中")
    HALTED = "HALTED", _("誤りのため停止")
    MATCHING = "MATCHING", _("照合中")
    CHECKING = "CHECKING", _("番号の確認中")
    REVIEW = "REVIEW", _("確認待ち")
    APPLYING = "APPLYING", _("適用中")
    APPLIED = "APPLIED", _("適用済み")
    UNDOING = "UNDOING", _("取消し中")
    UNDONE = "UNDONE", _("取消し済み")
    CANCELLED = "CANCELLED", _("中止")
    EXPIRED = "EXPIRED", _("期限切れ")
    UNUSABLE = "UNUSABLE", _("使えないファイル")


#: Nothing more comes of these: file, numbers and lines are wiped.
ENDED = (
    BatchState.APPLIED,
    BatchState.UNDONE,
    BatchState.CANCELLED,
    BatchState.EXPIRED,
    BatchState.UNUSABLE,
)
#: The worker has something to do.
WORKING = (
    BatchState.STAGING,
    BatchState.MATCHING,
    BatchState.CHECKING,
    BatchState.APPLYING,
    BatchState.UNDOING,
)
#: Before anything has been applied, and while no machine is about to apply it, a file can be cancelled.
CANCELLABLE = (
    BatchState.UPLOADED,
    BatchState.STAGING,
    BatchState.HALTED,
    BatchState.MATCHING,
    BatchState.CHECKING,
    BatchState.REVIEW,
)


class ErrorMode(models.TextChoices):
    """What becomes of a file with lines that cannot be used."""

    ALL = "ALL", _("1行でも誤りがあれば、どの行も取り込まない")
    SKIP = "SKIP", _("誤りのある行を除いて取り込む")


def goes_for_all(user: User, permission: str) -> bool:
    """Say whether ``user`` holds ``permission`` for the whole office: a file is about all of it."""
    return user.has_perm(permission) and is_unlimited(user, permission)


class JukiBatchQuerySet(models.QuerySet["JukiBatch"]):
    def visible_to(self, user: User, *permissions: str) -> Self:
        """Keep the files that one of ``permissions`` shows ``user``: those that the page at hand asks for."""
        return self.all() if any(goes_for_all(user, each) for each in permissions) else self.none()

    def going_on(self) -> Self:
        """Keep the file that has not ended; the database lets there be one."""
        return self.exclude(state__in=ENDED)


class JukiBatch(models.Model):
    """One file from the terminal, from upload to wiped.

    The counts are the database's own: a trigger keeps them with every line written, and a constraint lets no line get
    lost between linked, queued and rejected. They stay when the lines are wiped.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    serial = models.PositiveIntegerField(_("取込番号"), unique=True)
    state = models.CharField(_("状態"), max_length=12, choices=BatchState, default=BatchState.UPLOADING)
    code = models.CharField(_("理由の区分"), max_length=20, blank=True, default="")
    file_digest = models.BinaryField(_("ファイルの鍵つき指紋"), null=True)
    size = models.BigIntegerField(_("大きさ"), default=0)
    layout = models.ForeignKey(JukiLayout, verbose_name=_("様式"), on_delete=models.PROTECT, null=True)
    encoding = models.CharField(_("文字コード"), max_length=10, choices=Encoding, blank=True, default="")
    mode = models.CharField(_("誤りのある行"), max_length=4, choices=ErrorMode, default=ErrorMode.ALL)
    #: How far reading has got: the next byte, and the line that begins there.
    next_byte = models.BigIntegerField(default=0)
    next_line = models.PositiveIntegerField(default=1)
    #: How far matching has got.
    matched_to = models.PositiveIntegerField(default=0)

    lines_in = models.PositiveIntegerField(_("行"), default=0)
    linked = models.PositiveIntegerField(_("結付け"), default=0)
    queued = models.PositiveIntegerField(_("要確認"), default=0)
    rejected = models.PositiveIntegerField(_("除外"), default=0)
    with_errors = models.PositiveIntegerField(_("誤り"), default=0)
    judged = models.PositiveIntegerField(_("番号の確認済み"), default=0)
    applied = models.PositiveIntegerField(_("適用"), default=0)

    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("取り込んだ人"), on_delete=models.PROTECT, related_name="+"
    )
    uploaded_at = models.DateTimeField(_("取込み日時"), db_default=Now())
    #: When the present state began: the time that is left is worked out from it.
    since = models.DateTimeField(_("今の状態の始まり"), db_default=Now())
    applied_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("適用した人"), on_delete=models.PROTECT, related_name="+", null=True
    )
    applied_at = models.DateTimeField(_("適用の決定日時"), null=True)
    sample_size = models.PositiveIntegerField(_("抜取り"), default=0)
    undo_proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("取消しの申請者"),
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
    )
    undo_proposed_at = models.DateTimeField(_("取消しの申請日時"), null=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("取消しの承認者"),
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
    )
    undone_at = models.DateTimeField(_("取消しの承認日時"), null=True)
    undone = models.PositiveIntegerField(_("取消し"), default=0)
    wiped_at = models.DateTimeField(_("消去日時"), null=True)

    objects = JukiBatchQuerySet.as_manager()

    class Meta:
        verbose_name = _("住基ネットのファイル")
        verbose_name_plural = _("住基ネットのファイル")
        default_permissions = ()
        constraints = [
            models.CheckConstraint(name="juki_state_is_known", condition=Q(state__in=BatchState.values)),
            models.CheckConstraint(name="juki_mode_is_known", condition=Q(mode__in=ErrorMode.values)),
            models.CheckConstraint(
                name="juki_counts_add_up", condition=Q(lines_in=F("linked") + F("queued") + F("rejected"))
            ),
            models.CheckConstraint(
                name="juki_file_is_not_applied_by_whoever_brought_it", condition=~Q(applied_by=F("uploaded_by"))
            ),
            models.CheckConstraint(
                name="juki_application_is_signed_and_dated", condition=all_or_none("applied_by", "applied_at")
            ),
            models.CheckConstraint(
                name="juki_file_is_applied_only_by_decision",
                condition=Q(applied_by__isnull=False)
                | ~Q(state__in=[BatchState.APPLYING, BatchState.APPLIED, BatchState.UNDOING, BatchState.UNDONE]),
            ),
            models.CheckConstraint(
                name="juki_undo_proposal_is_signed_and_dated",
                condition=all_or_none("undo_proposed_by", "undo_proposed_at"),
            ),
            models.CheckConstraint(name="juki_undo_takes_two", condition=~Q(undone_by=F("undo_proposed_by"))),
            models.CheckConstraint(
                name="juki_undo_is_signed_and_dated", condition=all_or_none("undone_by", "undone_at")
            ),
            models.UniqueConstraint(
                name="juki_file_is_taken_once",
                fields=["file_digest"],
                condition=~Q(state__in=["UNDONE", "CANCELLED", "EXPIRED", "UNUSABLE"]),
            ),
        ]

    def __str__(self) -> str:
        return f"juki batch {self.serial}"

    def get_absolute_url(self) -> str:
        return reverse("benefits:juki-batch", args=[self.pk])

    @property
    def label(self) -> str:
        """What the record and the pages call this file: its number, nothing of what it says."""
        return f"J-{self.serial:04d}"

    @property
    def is_cancellable(self) -> bool:
        """Say whether it can still be cancelled."""
        return self.state in CANCELLABLE


class RowState(models.TextChoices):
    """What became of a line."""

    QUEUED = "QUEUED", _("要確認")
    LINKED = "LINKED", _("結付け")
    REJECTED = "REJECTED", _("除外")


class RowCode(models.TextChoices):
    """Why a line is where it is."""

    UNMATCHED = "UNMATCHED", _("照合前")
    EXACT = "EXACT", _("すべて一致")
    BY_HAND = "BY_HAND", _("表記の違いを確かめて結付け")
    NOBODY = "NOBODY", _("該当する人がいない")
    DIFFERS = "DIFFERS", _("似た人はいるが、一致しない")
    SEVERAL = "SEVERAL", _("一致する人が2人以上いる")
    SAME_PERSON = "SAME_PERSON", _("ほかの行と同じ人に当たる")
    OTHER = "OTHER", _("この人は別の個人番号を登録済み")
    TAKEN = "TAKEN", _("番号はほかの人のものとして登録済み")
    DISPUTED = "DISPUTED", _("抜取りの照合で一致しなかった")
    ERROR = "ERROR", _("行の誤り")
    REFUSED = "REFUSED", _("人が除外")
    CHANGED = "CHANGED", _("確認の後に変わったため除外")


class JukiRow(models.Model):
    """One line of a file while it waits, without its number: that is in the vault. Wiped when the file has ended."""

    batch = models.ForeignKey(JukiBatch, on_delete=models.PROTECT, related_name="rows")
    line = models.PositiveIntegerField(_("行"))
    state = models.CharField(_("結果"), max_length=10, choices=RowState)
    code = models.CharField(_("理由"), max_length=12, choices=RowCode)
    name = models.CharField(_("氏名"), max_length=400, blank=True)
    kana = models.CharField(_("フリガナ"), max_length=400, blank=True)
    birth_on = models.DateField(_("生年月日"), null=True)
    sex = models.CharField(_("性別"), max_length=1, choices=Sex, blank=True)
    address = models.CharField(_("住所"), max_length=1_100, blank=True)
    name_key = models.CharField(max_length=400, blank=True)
    kana_key = models.CharField(max_length=400, blank=True)
    address_key = models.CharField(max_length=1_100, blank=True)
    #: [column, rule, how to mend it] each; the number column's value is never in it.
    problems = models.JSONField(_("誤り"), default=list)
    #: Whom the line may be about, for the eyes of whoever decides.
    candidates = ArrayField(models.UUIDField(), default=list)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", null=True)
    verdict = models.CharField(_("番号の確認"), max_length=6, blank=True, default="")
    #: Item -> why it is only a difference of notation.
    link_reasons = models.JSONField(_("表記の違いの理由"), default=dict)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True)
    decided_at = models.DateTimeField(null=True)
    reason = models.CharField(_("除外の理由"), max_length=200, blank=True)
    is_applied = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("住基ネットのファイルの行")
        verbose_name_plural = _("住基ネットのファイルの行")
        default_permissions = ()
        indexes = [
            models.Index(name="juki_row_by_state", fields=["batch", "state", "code", "line"]),
            # asked whenever somebody looks at a resident (benefits.explanation)
            GinIndex(
                name="juki_row_by_candidate",
                fields=["candidates"],
                condition=Q(state="QUEUED") & ~Q(candidates=[]),
            ),
        ]
        constraints = [
            models.UniqueConstraint(name="juki_line_stands_once", fields=["batch", "line"]),
            models.CheckConstraint(name="juki_row_state_is_known", condition=Q(state__in=RowState.values)),
            models.CheckConstraint(
                name="juki_link_is_to_somebody", condition=~Q(state="LINKED") | Q(person__isnull=False)
            ),
            models.UniqueConstraint(
                name="juki_person_is_linked_once", fields=["batch", "person"], condition=Q(state="LINKED")
            ),
            models.CheckConstraint(
                name="juki_hand_link_says_why",
                condition=~Q(state="LINKED", code="BY_HAND")
                | (Q(decided_by__isnull=False, decided_at__isnull=False) & ~Q(link_reasons={})),
            ),
            models.CheckConstraint(
                name="juki_refusal_says_why",
                condition=~Q(code="REFUSED") | (Q(decided_by__isnull=False, decided_at__isnull=False) & ~Q(reason="")),
            ),
            models.CheckConstraint(
                name="juki_row_is_applied_once_judged",
                condition=Q(is_applied=False) | Q(state="LINKED", verdict__in=["FREE", "SAME"]),
            ),
        ]

    def __str__(self) -> str:
        return f"juki row {self.pk}"


class JukiSample(models.Model):
    """One line that the second person has to open and compare before the file is applied. Drawn by the database."""

    batch = models.ForeignKey(JukiBatch, on_delete=models.PROTECT, related_name="sample")
    line = models.PositiveIntegerField(_("行"))
    drawn_at = models.DateTimeField(db_default=Now())
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True)
    opened_at = models.DateTimeField(null=True)
    agrees = models.BooleanField(_("一致"), null=True)

    class Meta:
        verbose_name = _("抜取り")
        verbose_name_plural = _("抜取り")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(name="juki_line_is_drawn_once", fields=["batch", "line"]),
            models.CheckConstraint(
                name="juki_answer_is_signed",
                condition=Q(agrees__isnull=True) | Q(opened_by__isnull=False, opened_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"juki sample {self.pk}"
