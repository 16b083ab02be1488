"""Whether a person may do a thing to an application, and if not, why not.

One function answers both the page (grey the button, show the reason) and the workflow
(refuse the request), so what a clerk is told and what is enforced cannot differ.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import User
from benefits import content
from benefits.choices import AcceptedOffice, Programme
from benefits.lifecycle import DECISIONS, STEPS, Action
from benefits.models import Application, Review
from benefits.models.reach import covers, offices_of
from mynumber import vault


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an action is not available. ``message`` is shown to the clerk as it is."""

    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far one checker's comparison has come: what is left to tick, and how the number stands."""

    required: frozenset[str]
    ticked: frozenset[str]
    number: vault.Standing | None

    @property
    def missing(self) -> frozenset[str]:
        """What has not been compared with the paper yet."""
        return self.required - self.ticked


def progress_of(application: Application, *, checker: User) -> Progress:
    """Return what ``checker`` has compared of the present submission."""
    review = Review.objects.filter(application=application, submission=application.submission, checker=checker).first()
    return Progress(
        required=frozenset(content.to_be_ticked(application.content)),
        ticked=frozenset(review.ticked if review else ()),
        number=vault.standing(application.person_id) if application.number_version else None,
    )


def why_not(action: Action, application: Application, *, by: User, progress: Progress | None = None) -> Refusal | None:
    """Return the reason ``by`` may not take ``action`` now, or None when they may."""
    step = STEPS[action]
    if not by.has_perm(step.permission):
        return Refusal("not_permitted", _("この操作を行う権限がありません。"))
    if not covers(by, step.permission, office=application.office, programme=application.programme):
        return Refusal("out_of_reach", _("この申請の受付保健所・制度は、あなたの役割の範囲の外です。"))
    if application.status not in step.sources:
        return Refusal(
            "wrong_status", _("現在の状態（%s）ではこの操作はできません。") % application.get_status_display()
        )
    if action in DECISIONS and by.pk in application.editor_ids:
        return Refusal(
            "own_entry", _("自分が入力または提出した申請は、確認も承認もできません。ほかの確認者が行います。")
        )
    if action is Action.PULL_BACK:
        return _why_not_pull_back(application, by=by)
    if action is Action.APPROVE:
        return _why_not_approve(application, progress or progress_of(application, checker=by))
    return None


def why_not_keep(entry: Mapping[str, Any], *, by: User, programme: str = Programme.NANBYO) -> Refusal | None:
    """Return the reason ``by`` may not keep a draft that says what ``entry`` says, or None when they may.

    Somebody whose right is for one health centre types what that health centre took in, and cannot put an
    application where they would not see it again.
    """
    permission = STEPS[Action.SAVE].permission
    if not by.has_perm(permission):
        return Refusal("not_permitted", _("この操作を行う権限がありません。"))
    if covers(by, permission, office=office_of(entry), programme=programme):
        return None
    names = "、".join(str(AcceptedOffice(code).label) for code in sorted(offices_of(by, permission) or ()))
    return Refusal(
        "other_office",
        _("受付保健所は「%s」を選んでください。あなたが入力できるのは、そこで受け付けた申請だけです。") % names,
    )


def office_of(entry: Mapping[str, Any]) -> str:
    """Return the health centre that an entry names, or "" while it names none."""
    typed = entry.get("accepted_office", "")
    return typed if typed in AcceptedOffice.values else ""


def _why_not_pull_back(application: Application, *, by: User) -> Refusal | None:
    if application.submitted_by_id != by.pk:
        return Refusal("not_the_submitter", _("引き戻せるのは、提出した人だけです。"))
    if application.reviews.filter(submission=application.submission).exists():
        return Refusal("being_checked", _("確認者が照合を始めたため、引き戻せません。差戻しを依頼してください。"))
    return None


def _why_not_approve(application: Application, progress: Progress) -> Refusal | None:
    if progress.missing:
        return Refusal(
            "not_compared",
            _("原本と照合していない項目が%d件あります。すべて確認してから承認してください。") % len(progress.missing),
        )
    if application.number_version is None:
        return None
    held = progress.number
    if held is None or held.version != application.number_version:
        return Refusal(
            "number_missing", _("個人番号が入力し直されています。差し戻して、提出し直してもらってください。")
        )
    if held.state is vault.State.PROVISIONAL:
        return Refusal("number_not_confirmed", _("個人番号がまだ一致していません。原本を見て再入力してください。"))
    if held.confirmed_by in application.editor_ids:
        return Refusal("number_confirmed_by_maker", _("個人番号を再入力した人が、申請の入力にも関わっています。"))
    return None
