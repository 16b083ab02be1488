"""The custody register: every paper that came with an application, and every movement of it."""

import uuid
from collections.abc import Iterable
from datetime import date
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from benefits.models.application import Application
from benefits.models.destruction import DestructionList
from benefits.models.place import Box, BoxState, Place
from benefits.models.reach import within
from benefits.registers import paper_kinds


class PaperState(models.TextChoices):
    """Where a paper is, in one word."""

    EXPECTED = "EXPECTED", _("未受領")
    NOT_NEEDED = "NOT_NEEDED", _("不要")
    HELD = "HELD", _("保管中")
    HANDED_OVER = "HANDED_OVER", _("受領確認待ち")
    LENT = "LENT", _("貸出中")
    MISSING = "MISSING", _("所在不明")
    LOST = "LOST", _("紛失（確定）")
    DESTROYED = "DESTROYED", _("廃棄済み")


#: A paper in one of these is not where it belongs, and its application is not closed.
OUT = (PaperState.HANDED_OVER, PaperState.LENT, PaperState.MISSING)


class MovementKind(models.TextChoices):
    """What happened to a paper or a box."""

    RECEIVED = "RECEIVED", _("受領")
    NOT_NEEDED = "NOT_NEEDED", _("不要とした")
    MOVED = "MOVED", _("引渡し")
    CONFIRMED = "CONFIRMED", _("受領の確認")
    TAKEN_BACK = "TAKEN_BACK", _("引渡しの取りやめ")
    LENT = "LENT", _("貸出し")
    RETURNED = "RETURNED", _("返却")
    COPIED = "COPIED", _("写しの作成")
    MISSING = "MISSING", _("所在不明")
    FOUND = "FOUND", _("発見")
    DESTROYED = "DESTROYED", _("廃棄")
    WRITTEN_OFF = "WRITTEN_OFF", _("紛失の確定")


#: What a box can go through as a whole.
BOX_KINDS = (MovementKind.MOVED, MovementKind.CONFIRMED, MovementKind.TAKEN_BACK)


class PaperQuerySet(models.QuerySet["Paper"]):
    def visible_to(self, user: User) -> Self:
        """Keep the papers of applications that ``user`` may see papers of."""
        return self.within_reach(user, "benefits.view_paper")

    def within_reach(self, user: User, permission: str) -> Self:
        """Keep the papers of applications that ``permission`` of ``user`` goes for."""
        return self.filter(within(user, permission, prefix="application__"))

    def keeping_open(self) -> Self:
        """Keep the papers for which an application cannot be closed: out, on their way, or asked for and not come."""
        return self.filter(
            Q(state__in=OUT)
            | Q(state=PaperState.HELD, box__state=BoxState.HANDED_OVER)
            | Q(state=PaperState.EXPECTED, is_required=True)
        )

    def overdue(self, today: date) -> Self:
        """Keep what is lent and should have come back."""
        return self.filter(state=PaperState.LENT, due_on__lt=today)

    def at(self, place: Place) -> Self:
        """Keep what is in a place, in a box or not."""
        return self.filter(Q(place=place) | Q(box__place=place), state__in=(PaperState.HELD, PaperState.HANDED_OVER))

    def write(self, papers: Iterable["Paper"]) -> list["Paper"]:
        """Put new papers on the register."""
        return self.bulk_create(papers)


class Paper(models.Model):
    """One paper of one application. From ``state`` on, the columns follow from its movements: the database sets them.

    ``place`` or ``box`` is where it is kept, or, while it is out, where it was taken from.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    code = models.CharField(_("ラベル番号"), max_length=10, unique=True)
    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="papers")
    kind = models.CharField(_("種類"), max_length=20)
    holds_number = models.BooleanField(_("個人番号の記載"))
    is_required = models.BooleanField(_("提出を求めた書類"), default=False)
    copied_from = models.ForeignKey("self", on_delete=models.PROTECT, related_name="copies", null=True, blank=True)
    listed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    listed_at = models.DateTimeField(_("登録日時"), db_default=Now())

    state = models.CharField(_("状態"), max_length=20, choices=PaperState, default=PaperState.EXPECTED)
    is_original = models.BooleanField(_("原本"), default=True)
    sheets = models.PositiveSmallIntegerField(_("枚数"), default=1)
    received_on = models.DateField(_("受領日"), null=True, blank=True)
    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="papers", null=True, blank=True)
    box = models.ForeignKey(Box, on_delete=models.PROTECT, related_name="papers", null=True, blank=True)
    receiver = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    borrower = models.CharField(_("貸出先"), max_length=240, blank=True, default="")
    due_on = models.DateField(_("返却期限"), null=True, blank=True)
    movement_count = models.PositiveIntegerField(_("移動の回数"), default=0)
    moved_at = models.DateTimeField(_("最後の移動"), null=True, blank=True)

    objects = PaperQuerySet.as_manager()

    class Meta:
        verbose_name = _("書類")
        verbose_name_plural = _("書類")
        default_permissions = ()
        indexes = [
            models.Index(name="paper_by_state", fields=["state", "-code"]),
            models.Index(name="paper_by_place", fields=["place", "-code"]),
            models.Index(name="paper_by_box", fields=["box", "-code"]),
            models.Index(name="paper_lent", fields=["due_on", "id"], condition=Q(state=PaperState.LENT)),
            models.Index(
                name="paper_handed_over", fields=["moved_at", "id"], condition=Q(state=PaperState.HANDED_OVER)
            ),
        ]
        constraints = [
            models.CheckConstraint(name="paper_code_is_a_label", condition=Q(code__regex=r"^P[0-9]{9}$")),
            models.CheckConstraint(name="paper_state_is_known", condition=Q(state__in=PaperState.values)),
            models.CheckConstraint(name="paper_has_a_kind", condition=~Q(kind="")),
            models.CheckConstraint(
                name="paper_of_the_number_says_so",
                condition=~Q(kind__in=[kind.code for kind in paper_kinds.KINDS if kind.holds_number])
                | Q(holds_number=True),
            ),
            models.CheckConstraint(name="paper_has_sheets", condition=Q(sheets__gte=1)),
            models.CheckConstraint(
                name="paper_is_in_one_place",
                condition=Q(
                    state__in=[PaperState.EXPECTED, PaperState.NOT_NEEDED, PaperState.DESTROYED, PaperState.LOST],
                    place__isnull=True,
                    box__isnull=True,
                )
                | (
                    Q(state__in=[PaperState.HELD, *OUT])
                    & (Q(place__isnull=False, box__isnull=True) | Q(place__isnull=True, box__isnull=False))
                ),
            ),
            models.CheckConstraint(
                name="paper_on_its_way_has_a_receiver",
                condition=Q(state=PaperState.HANDED_OVER, receiver__isnull=False)
                | (~Q(state=PaperState.HANDED_OVER) & Q(receiver__isnull=True)),
            ),
            models.CheckConstraint(
                name="paper_lent_has_a_borrower_and_a_day",
                condition=Q(state=PaperState.LENT, due_on__isnull=False) & ~Q(borrower="")
                | ~Q(state=PaperState.LENT) & Q(due_on__isnull=True, borrower=""),
            ),
        ]

    def __str__(self) -> str:
        return f"paper {self.code}"

    def get_absolute_url(self) -> str:
        return reverse("benefits:paper", args=[self.pk])

    @property
    def label(self) -> str:
        """What the record calls this paper: its label, nothing personal."""
        return self.code

    @property
    def kind_label(self) -> str:
        """What kind of paper it is, in words."""
        return paper_kinds.label(self.kind)

    @property
    def standing(self) -> str:
        """Where it stands, in a word; in a box on its way, it is on its way."""
        if self.state == PaperState.HELD and self.box and self.box.state == BoxState.HANDED_OVER:
            return str(PaperState.HANDED_OVER.label)
        return str(PaperState(self.state).label)


class Movement(models.Model):
    """One thing that happened to one paper, or to one box with all that is in it. Written once, by anybody.

    A mistake is put right by a further movement. ``number`` counts the movements of the paper or box, so that two
    people cannot both make the next one.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    paper = models.ForeignKey(Paper, on_delete=models.PROTECT, related_name="movements", null=True, blank=True)
    box = models.ForeignKey(Box, on_delete=models.PROTECT, related_name="movements", null=True, blank=True)
    number = models.PositiveIntegerField(_("何回目か"))
    kind = models.CharField(_("内容"), max_length=20, choices=MovementKind)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(_("日時"), db_default=Now())
    giver = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    receiver = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    to_place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    to_box = models.ForeignKey(Box, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    borrower = models.CharField(_("貸出先"), max_length=240, blank=True, default="")
    due_on = models.DateField(_("返却期限"), null=True, blank=True)
    received_on = models.DateField(_("受領日"), null=True, blank=True)
    sheets = models.PositiveSmallIntegerField(_("枚数"), null=True, blank=True)
    is_original = models.BooleanField(_("原本"), null=True, blank=True)
    copy = models.ForeignKey(Paper, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    destruction = models.ForeignKey(
        DestructionList, on_delete=models.PROTECT, related_name="movements", null=True, blank=True
    )

    class Meta:
        verbose_name = _("書類の移動")
        verbose_name_plural = _("書類の移動")
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                name="movement_is_of_a_paper_or_a_box",
                condition=Q(paper__isnull=False, box__isnull=True)
                | Q(paper__isnull=True, box__isnull=False, kind__in=BOX_KINDS),
            ),
            models.CheckConstraint(name="movement_kind_is_known", condition=Q(kind__in=MovementKind.values)),
            models.UniqueConstraint(name="paper_moves_one_step_at_a_time", fields=["paper", "number"]),
            models.UniqueConstraint(name="box_moves_one_step_at_a_time", fields=["box", "number"]),
            models.CheckConstraint(
                name="movement_is_given_and_received_by_two",
                condition=~Q(kind=MovementKind.MOVED)
                | (Q(giver__isnull=False, receiver__isnull=False, giver=F("by")) & ~Q(giver=F("receiver"))),
            ),
            models.CheckConstraint(
                name="movement_leads_somewhere",
                condition=Q(
                    kind__in=[
                        MovementKind.RECEIVED,
                        MovementKind.MOVED,
                        MovementKind.RETURNED,
                        MovementKind.FOUND,
                    ]
                )
                & (Q(to_place__isnull=False, to_box__isnull=True) | Q(to_place__isnull=True, to_box__isnull=False))
                | ~Q(
                    kind__in=[
                        MovementKind.RECEIVED,
                        MovementKind.MOVED,
                        MovementKind.RETURNED,
                        MovementKind.FOUND,
                    ]
                )
                & Q(to_place__isnull=True, to_box__isnull=True),
            ),
            models.CheckConstraint(
                name="movement_of_a_box_leads_to_a_place", condition=Q(box__isnull=True) | Q(to_box__isnull=True)
            ),
            models.CheckConstraint(
                name="movement_lends_to_somebody_until_a_day",
                condition=Q(kind=MovementKind.LENT, due_on__isnull=False) & ~Q(borrower="")
                | ~Q(kind=MovementKind.LENT) & Q(due_on__isnull=True, borrower=""),
            ),
            models.CheckConstraint(
                name="movement_receives_on_a_day",
                condition=Q(kind=MovementKind.RECEIVED, received_on__isnull=False, sheets__gte=1)
                | ~Q(kind=MovementKind.RECEIVED)
                & Q(received_on__isnull=True, sheets__isnull=True, is_original__isnull=True),
            ),
            models.CheckConstraint(
                name="movement_of_copying_names_the_copy",
                condition=Q(kind=MovementKind.COPIED, copy__isnull=False)
                | ~Q(kind=MovementKind.COPIED) & Q(copy__isnull=True),
            ),
            models.CheckConstraint(
                name="movement_destroys_by_a_list",
                condition=Q(kind__in=[MovementKind.DESTROYED, MovementKind.WRITTEN_OFF], destruction__isnull=False)
                | ~Q(kind__in=[MovementKind.DESTROYED, MovementKind.WRITTEN_OFF]) & Q(destruction__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"movement {self.pk}"
