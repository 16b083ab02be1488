"""Whether a person may do a thing to an application, and if not, why not.

One function answers both the page (grey the button, show the reason) and the workflow
(refuse the request), so what a clerk is told and what is enforced cannot differ.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.models import User
from benefits import content, japanese_text
from benefits.choices import AcceptedOffice, Programme
from benefits.household_numbers import ClaimStanding, claims_of, standings_of
from benefits.lifecycle import DECISIONS, STEPS, Action
from benefits.models import Application, Person, Review
from benefits.models.reach import covers, offices_of


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an action is not available. ``message`` is shown to the clerk as it is."""

    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far one checker's comparison has come: what is left to tick, and how the numbers stand."""

    required: frozenset[str]
    ticked: frozenset[str]
    numbers: tuple[ClaimStanding, ...]

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
        numbers=standings_of(claims_of(application)),
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
        refusal = _why_not_approve(application, progress or progress_of(application, checker=by))
        return refusal or _why_not_close(application)
    if action is Action.WITHDRAW:
        return _why_not_close(application)
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


def _why_not_close(application: Application) -> Refusal | None:
    """Say which papers are out, missing, on their way, or asked for and not there (docs/custody.md)."""
    papers = list(application.papers.keeping_open().select_related("box").order_by("code")[:4])
    if not papers:
        return None
    shown = "、".join(f"{paper.kind_label} {paper.code}（{paper.standing}）" for paper in papers[:3])
    return Refusal(
        "paper_is_out",
        _("所在の確定しない書類があるため、申請の処理を終えられません：%s。")
        % (shown + (_("ほか") if papers[3:] else "")),
    )


def _why_not_approve(application: Application, progress: Progress) -> Refusal | None:
    if progress.missing:
        return Refusal(
            "not_compared",
            _("原本と照合していない項目が%d件あります。すべて確認してから承認してください。") % len(progress.missing),
        )
    for number in progress.numbers:
        if refusal := _why_not_use(number, application):
            return refusal
    return None


def _why_not_use(number: ClaimStanding, application: Application) -> Refusal | None:
    who = number.claim.holder.place
    if not number.is_there:
        return Refusal(
            "number_missing",
            _("%sの個人番号が入力し直されています。差し戻して、提出し直してもらってください。") % who,
        )
    if not number.is_confirmed:
        return Refusal(
            "number_not_confirmed", _("%sの個人番号がまだ一致していません。原本を見て再入力してください。") % who
        )
    if number.held is not None and number.held.confirmed_by in application.editor_ids:
        return Refusal(
            "number_confirmed_by_maker", _("%sの個人番号を再入力した人が、申請の入力にも関わっています。") % who
        )
    return None


def registered_alike(application: Application) -> QuerySet[Person]:
    """Return the registered people with the patient's name, reading and birth date: they may be the patient."""
    return registered_alike_to(content.form_of(application.content), but=application.person_id)


def registered_alike_to(form: Mapping[str, Any], *, but: UUID) -> QuerySet[Person]:
    """Return the registered people whom the values of a form may be about, ``but`` the one whom they are about."""
    if not form:
        return Person.objects.none()
    return (
        Person.objects.real()
        .filter(
            name_key=japanese_text.name_key(form["family_name"] + form["given_name"]),
            kana_key=japanese_text.kana_key(form["family_kana"] + form["given_kana"]),
            birth_on=form["birth_on"],
        )
        .exclude(pk=but)
    )


def why_not_third(application: Application, *, by: User, progress: Progress) -> Refusal | None:
    """Return the reason ``by`` is not the third person to compare this application's numbers, or None."""
    if refusal := why_not(Action.CHECK, application, by=by):
        return refusal
    waiting = [one for one in progress.numbers if one.needs_a_third()]
    if not waiting:
        return Refusal("no_third_needed", _("3人目の照合を待っている個人番号はありません。"))
    if all(by.pk in one.has_failed for one in waiting):
        return Refusal(
            "was_the_second", _("自分が再入力して一致しなかった個人番号です。3人目は、ほかの確認者が行います。")
        )
    return None
