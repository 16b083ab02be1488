"""Twice a year (棚卸し): every right that anybody holds is kept, changed or ended by a section's head, one by one.

A right that nobody answered for is suspended when the review closes. Nobody answers for themselves, an end takes a
user administrator's approval like any other, and whoever opened a review does not close it.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Count, Max, Q, QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _, gettext_lazy

from accounts import actions, rights, scopes, sessions
from accounts.models import AccessAnswer, AccessReview, Proposal, RoleAssignment, StaffSession, User
from accounts.models.access_review import Answer
from accounts.models.rights import ProposalKind
from accounts.models.sessions import EndReason
from accounts.roles import CONFLICTS, HANDBOOK, Role
from audit import history, journal
from audit.models import Result

#: Reveals of individual numbers are counted this far back; a right unused for as long as UNUSED stands out.
REVEALS_WITHIN = timedelta(days=180)
UNUSED = timedelta(days=90)
#: How many days before the end the page says so.
NOTICES = (14, 7, 1)
#: Two people take every decision on rights: with fewer user administrators there would be none any more.
ADMINISTRATORS_KEPT = 2

REVEALED = "mynumber.number.revealed"
#: An end that is on its way already needs no second proposal.
ON_ITS_WAY = frozenset({"waiting_already", "ended_already", "ends_anyway"})

GUARDS: Mapping[str, Promise] = {
    "one_access_review_at_a_time": gettext_lazy("棚卸しは1つずつ行います。いまの棚卸しを確定してから始めてください。"),
    "answer_comes_before_the_review_closes": gettext_lazy("この棚卸しは確定しました。回答は保存していません。"),
    "answer_is_not_about_oneself": gettext_lazy("自分の権限には、自分では回答できません。"),
    "answer_is_its_heads": gettext_lazy("この権限に回答できるのは、その所属の所属長です。"),
    "answer_that_was_proposed_stays": gettext_lazy("変更・終了の回答は申請になっているため、変えられません。"),
    "review_closes_once": gettext_lazy("この棚卸しは、すでに確定しています。"),
    "review_closes_when_due_or_answered": gettext_lazy("確定できるのは、期限の翌日以後か、すべて回答された後です。"),
    "review_is_closed_by_a_second_person": gettext_lazy("始めた人とは別の利用者管理者が確定してください。"),
}


class Refused(Exception):
    """The step was not taken. The text is fit to show."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one section, or the whole review, is."""

    section: str
    answered: int
    total: int
    has_head: bool = True

    @property
    def is_done(self) -> bool:
        """Say whether nothing is left to answer."""
        return self.answered == self.total


def current() -> AccessReview | None:
    """Return the review that is going on, if there is one."""
    return AccessReview.objects.filter(closed_at__isnull=True).first()


def begin(title: str, *, due_on: date, by: User, at: datetime) -> AccessReview:
    """Open a review of every right that is held today, with what is known of its use. Raises :class:`Refused`."""
    try:
        with transaction.atomic():
            return _begin(title, due_on=due_on, by=by, at=at)
    except (Refused, IntegrityError) as error:
        raise _refused(error, actions.REVIEW_OPENED, by=by, subject=None) from error


def answers_seen_by(review: AccessReview, user: User) -> QuerySet[AccessAnswer]:
    """Return what ``user`` may see of a review: user administrators all of it, a head their section but themselves."""
    answers = review.answers.select_related("assignment__user", "answered_by").order_by(
        "section", "assignment__user__login_id", "assignment_id"
    )
    if user.has_perm("accounts.change_rights"):
        return answers
    if user.has_perm("accounts.answer_review") and user.section:
        return answers.filter(section=user.section).exclude(assignment__user=user)
    return answers.none()


def why_not_answer(answer: AccessAnswer, *, by: User, heads: frozenset[int]) -> str:
    """Say why ``by`` may not answer for this right ("" = they may). ``heads``: ids of the heads there are."""
    holder = answer.assignment.user
    if answer.review.closed_at is not None:
        return str(GUARDS["answer_comes_before_the_review_closes"])
    if holder.pk == by.pk:
        return str(GUARDS["answer_is_not_about_oneself"])
    if answer.answer in {Answer.CHANGE, Answer.END}:
        return str(GUARDS["answer_that_was_proposed_stays"])
    is_head = by.has_perm("accounts.answer_review") and bool(answer.section) and by.section == answer.section
    if is_head or (by.has_perm("accounts.change_rights") and holder.pk in heads):
        return ""
    return str(GUARDS["answer_is_its_heads"])


def heads() -> frozenset[int]:
    """Return the ids of everybody who is a section's head today."""
    today = timezone.localdate()
    found = RoleAssignment.objects.filter(role=Role.SECTION_HEAD, user__is_active=True)
    return frozenset(given.user_id for given in found if given.is_current(on=today))


def give_answer(answer_id: int, choice: Answer, *, by: User, at: datetime, reason: str) -> Proposal | None:
    """Answer for one right; return the proposal that an end or a change comes to. Raises :class:`Refused`."""
    subject = journal.Subject(kind="accounts.accessanswer", id=str(answer_id))
    try:
        with transaction.atomic():
            return _give_answer(answer_id, choice, by=by, at=at, reason=reason)
    except (Refused, IntegrityError) as error:
        raise _refused(error, actions.REVIEW_ANSWERED, by=by, subject=subject) from error


def close(review_id: UUID, *, by: User | None, at: datetime) -> AccessReview:
    """Close a review that is past its due date or fully answered; suspend what nobody answered for.

    ``by`` is None for the daily command. Raises :class:`Refused`. The result is written once, as things stand now.
    """
    subject = journal.Subject(kind="accounts.accessreview", id=str(review_id))
    try:
        with transaction.atomic():
            return _close(review_id, by=by, at=at)
    except (Refused, IntegrityError) as error:
        raise _refused(error, actions.REVIEW_CLOSED, by=by, subject=subject) from error


def why_not_close(review: AccessReview, *, by: User | None, today: date) -> str:
    """Say why a review may not be closed today by ``by`` ("" = it may)."""
    if review.closed_at is not None:
        return str(GUARDS["review_closes_once"])
    if by is not None and not by.has_perm("accounts.change_rights"):
        return _("利用者管理者だけが確定できます。")
    if by is not None and by.pk == review.opened_by_id:
        return str(GUARDS["review_is_closed_by_a_second_person"])
    if today <= review.due_on and review.answers.filter(answer="").exists():
        return str(GUARDS["review_closes_when_due_or_answered"])
    return ""


def overdue(*, today: date) -> list[AccessReview]:
    """Return the reviews that the daily command is to close."""
    return list(AccessReview.objects.filter(closed_at__isnull=True, due_on__lt=today))


def progress(review: AccessReview) -> list[Progress]:
    """Return how far each section is, those with most left first."""
    today = timezone.localdate()
    headed = {
        given.user.section
        for given in RoleAssignment.objects.filter(role=Role.SECTION_HEAD, user__is_active=True).select_related("user")
        if given.is_current(on=today)
    }
    counts = review.answers.values("section").annotate(total=Count("pk"), answered=Count("pk", filter=~Q(answer="")))
    found = [
        Progress(row["section"], row["answered"], row["total"], has_head=row["section"] in headed - {""})
        for row in counts
    ]
    return sorted(found, key=lambda one: (one.answered - one.total, one.section))


def notice(review: AccessReview, *, today: date) -> str:
    """Return what the page says of the time that is left ("" while there is plenty)."""
    left = (review.due_on - today).days
    if left < 0:
        return _("期限を過ぎました。回答のない権限は、確定のときに停止します。")
    if left > max(NOTICES):
        return ""
    if left == 0:
        return _("期限は今日です。回答のない権限は、期限の後に停止します。")
    return _("期限まであと%(left)s日です。回答のない権限は、期限の後に停止します。") % {"left": left}


def is_unused(answer: AccessAnswer, *, today: date) -> bool:
    """Say whether an old right was not used for so long that it stands out."""
    since = answer.last_used_on or answer.assignment.starts_on
    return today - since >= UNUSED


def fingerprint(result: Mapping[str, Any]) -> str:
    """Return the SHA-256 of what a review came to; the record and the printed result have the same."""
    text = json.dumps(result, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _begin(title: str, *, due_on: date, by: User, at: datetime) -> AccessReview:
    if due_on <= timezone.localdate(at):
        raise Refused("due", _("期限は、明日かそれより後の日にしてください。"))
    if current() is not None:
        raise Refused("one_access_review_at_a_time", str(GUARDS["one_access_review_at_a_time"]))
    review = AccessReview.objects.create(title=title, due_on=due_on, opened_by=by, opened_at=at)
    answers = _snapshot(review, at=at)
    # before the rights are listed: the database lists none without it
    journal.record(actions.REVIEW_OPENED, by=by, subject=review, details={"count": len(answers)})
    AccessAnswer.objects.bulk_create(answers)
    return review


def _give_answer(answer_id: int, choice: Answer, *, by: User, at: datetime, reason: str) -> Proposal | None:
    person = User.objects.get(pk=by.pk)  # with the rights of this moment
    answer = (
        AccessAnswer.objects.select_for_update(of=("self",))
        .select_related("assignment__user", "review")
        .get(pk=answer_id)
    )
    if refusal := why_not_answer(answer, by=person, heads=heads()):
        raise Refused("answer", refusal)
    if choice is not Answer.KEEP and not reason.strip():
        raise Refused("reason", _("変更・終了には理由を入力してください。"))
    answer.answer, answer.reason = choice, reason.strip()
    answer.answered_by, answer.answered_at = person, at
    answer.save(update_fields=["answer", "reason", "answered_by", "answered_at"])
    journal.record(
        actions.REVIEW_ANSWERED,
        by=person,
        subject=answer,
        reason=answer.reason,
        details={"answer": choice.value, "role": answer.assignment.role},
    )
    return None if choice is Answer.KEEP else _propose_end(answer, by=person, at=at)


def _close(review_id: UUID, *, by: User | None, at: datetime) -> AccessReview:
    review = AccessReview.objects.select_for_update(of=("self",)).get(pk=review_id)
    closer = User.objects.get(pk=by.pk) if by else None
    if refusal := why_not_close(review, by=closer, today=timezone.localdate(at)):
        raise Refused("close", refusal)
    suspended, kept = _suspend_unanswered(review, by=closer, at=at)
    review.closed_by, review.closed_at = closer, at
    review.result = _result(review, suspended=suspended, kept=kept)
    review.save(update_fields=["closed_by", "closed_at", "result"])
    journal.record(
        actions.REVIEW_CLOSED,
        by=closer,
        subject=review,
        details={"count": len(suspended), "fingerprint": fingerprint(review.result)},
    )
    return review


def _snapshot(review: AccessReview, *, at: datetime) -> list[AccessAnswer]:
    today = timezone.localdate(at)
    # the sealed account for emergencies is looked after by its own procedure: no head could answer for it
    given = [
        one
        for one in RoleAssignment.objects.filter(user__is_active=True, user__is_emergency=False).select_related("user")
        if one.is_current(on=today) and (one.user.valid_until is None or one.user.valid_until >= today)
    ]
    people = {one.user_id for one in given}
    viewers = {one.user_id for one in given if one.role == Role.NUMBER_VIEWER}
    reveals = {
        person: history.Steps(actions=[REVEALED], actor_id=person).number(since=at - REVEALS_WITHIN)
        for person in viewers
    }
    sessions_used = dict(
        StaffSession.objects.filter(user_id__in=people).values_list("user_id").annotate(Max("last_used_at"))
    )
    held: dict[int, list[RoleAssignment]] = {}
    for one in given:
        held.setdefault(one.user_id, []).append(one)
    return [
        AccessAnswer(
            review=review,
            assignment=one,
            section=one.user.section,
            last_used_on=one.last_used_on or _day(sessions_used.get(one.user_id)),
            reveals=reveals.get(one.user_id, 0),
            conflict=_conflict(one, held[one.user_id])[:100],
        )
        for one in given
    ]


def _day(moment: datetime | None) -> date | None:
    return timezone.localdate(moment) if moment else None


def _conflict(given: RoleAssignment, held: Iterable[RoleAssignment]) -> str:
    """Return in words which other duty of the same person this one may not stand beside."""
    others = {Role(other.role) for other in held if frozenset({Role(other.role), Role(given.role)}) in CONFLICTS}
    names = "、".join(str(HANDBOOK[role].label) for role in sorted(others))
    return _("%(names)sと兼務できません") % {"names": names} if names else ""


def _propose_end(answer: AccessAnswer, *, by: User, at: datetime) -> Proposal | None:
    word = _("棚卸し（変更）") if answer.answer == Answer.CHANGE else _("棚卸し（終了）")
    try:
        return rights.propose(
            ProposalKind.END,
            by=by,
            at=at,
            reason=f"{word}：{answer.reason}"[:200],
            user=answer.assignment.user,
            assignment=answer.assignment,
            ends_on=timezone.localdate(at),
        )
    except rights.Refused as error:
        if error.refusal.code in ON_ITS_WAY:
            return None
        raise Refused(error.refusal.code, error.refusal.message) from error


def _suspend_unanswered(
    review: AccessReview, *, by: User | None, at: datetime
) -> tuple[list[AccessAnswer], list[AccessAnswer]]:
    """Suspend what nobody answered for; return that, and what stays since the office could not do without it."""
    today = timezone.localdate(at)
    unanswered = [
        answer
        for answer in review.answers.filter(answer="").select_related("assignment__user").order_by("pk")
        if answer.assignment.is_current(on=today)
    ]
    kept = _last_administrators(unanswered, today=today)
    suspended = [answer for answer in unanswered if answer not in kept]
    RoleAssignment.objects.filter(pk__in=[answer.assignment_id for answer in suspended]).update(suspended_at=at)
    for answer in suspended:
        journal.record(
            actions.ROLE_SUSPENDED, by=by, subject=answer.assignment.user, details={"role": answer.assignment.role}
        )
    for person in {answer.assignment.user_id: answer.assignment.user for answer in suspended}.values():
        sessions.end_all(person, EndReason.STOPPED, by=by, at=at)
    return suspended, kept


def _last_administrators(unanswered: Iterable[AccessAnswer], *, today: date) -> list[AccessAnswer]:
    """Return which unanswered rights stay: those of the user administrators, when too few others would be left."""
    going = [answer for answer in unanswered if answer.assignment.role == Role.USER_ADMINISTRATOR]
    gone = {answer.assignment_id for answer in going}
    left = {
        given.user_id
        for given in RoleAssignment.objects.filter(
            role=Role.USER_ADMINISTRATOR, user__is_active=True, user__is_emergency=False
        ).select_related("user")
        if given.pk not in gone and given.is_current(on=today) and given.user.may_sign_in and given.ended_on is None
    }
    return going if len(left) < ADMINISTRATORS_KEPT else []


def _result(
    review: AccessReview, *, suspended: Iterable[AccessAnswer], kept: Iterable[AccessAnswer]
) -> dict[str, Any]:
    """Return everything that the review came to, in words, as it is printed and signed."""
    off = {answer.pk for answer in suspended}
    stays = {answer.pk for answer in kept}
    answers = list(
        review.answers.select_related("assignment__user", "answered_by").order_by(
            "section", "assignment__user__login_id", "assignment_id"
        )
    )
    proposals = {
        proposal.assignment_id: proposal
        for proposal in Proposal.objects.filter(
            kind=ProposalKind.END,
            assignment__in=[answer.assignment_id for answer in answers],
            proposed_at__gte=review.opened_at,
        ).order_by("proposed_at")
    }
    lines = []
    for answer in answers:
        given, proposal = answer.assignment, proposals.get(answer.assignment_id)
        if answer.pk in off:
            outcome = _("停止（未回答）")
        elif answer.pk in stays:
            outcome = _("未回答（最後の利用者管理者のため停止せず）")
        elif answer.answer in {Answer.CHANGE, Answer.END}:
            outcome = (proposal.get_outcome_display() or _("承認待ち")) if proposal else _("終了の手続き済み")
        else:
            outcome = _("継続") if answer.answer else _("期間中に終了")
        lines.append(
            {
                "section": answer.section,
                "name": given.user.display_name,
                "login_id": given.user.login_id,
                "role": given.label,
                "reach": reach_of(given),
                "since": given.starts_on.isoformat(),
                "until": given.ends_on.isoformat() if given.ends_on else "",
                "last_used_on": answer.last_used_on.isoformat() if answer.last_used_on else "",
                "reveals": answer.reveals,
                "conflict": answer.conflict,
                "answer": str(Answer(answer.answer).label) if answer.answer else _("未回答"),
                "reason": answer.reason,
                "answered_by": answer.answered_by.display_name if answer.answered_by else "",
                "answered_on": _iso(answer.answered_at),
                "outcome": outcome,
            }
        )
    return {
        "office": settings.OFFICE_NAME,
        "title": review.title,
        "opened_on": _iso(review.opened_at),
        "opened_by": review.opened_by.display_name,
        "due_on": review.due_on.isoformat(),
        "closed_on": _iso(review.closed_at),
        "closed_by": review.closed_by.display_name if review.closed_by else _("（期限後の自動確定）"),
        "lines": lines,
        "answered": sum(1 for answer in answers if answer.answer),
        "suspended": len(off),
        "kept": sorted({answer.assignment.user.display_name for answer in kept}),
    }


def reach_of(given: RoleAssignment) -> str:
    """Return how far a right reaches, in words ("" = everywhere)."""
    limits = [scopes.office_name(given.office), scopes.programme_name(given.programme), given.network]
    return "・".join(limit for limit in limits if limit)


def _iso(moment: datetime | None) -> str:
    return timezone.localdate(moment).isoformat() if moment else ""


def _refused(
    error: Refused | IntegrityError, action: str, *, by: User | None, subject: journal.Subject | None
) -> Refused:
    """Put a refusal on record, once its step is undone, and return it in words."""
    if isinstance(error, Refused):
        refusal = error
    else:
        found = next((name for name in GUARDS if name in str(error)), "")
        refusal = Refused(found or "guard", str(GUARDS.get(found, _("データベースの決まりにより行えません。"))))
    journal.record(action, by=by, subject=subject, result=Result.REFUSED, details={"code": refusal.code})
    return refusal
