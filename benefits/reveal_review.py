"""The only code that closes the review of a reveal: by somebody else than its viewer, in words, on record.

Which reveals are to be reviewed is not chosen here: the database puts on the list every reveal for which nothing of
the person was on anybody's desk (migration 0009), in the transaction of its entry.
"""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db import DatabaseError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from audit import journal
from audit.models import Event, Result
from benefits import events, protection
from benefits.models import RevealReview
from benefits.models.showing import ReviewOutcome
from benefits.policies import Refusal
from benefits.protection import CHECK_VIOLATION
from benefits.workflow import Refused

REVIEW: Final = "audit.review_reveals"


@dataclass(frozen=True, slots=True)
class Row:
    """One reveal on the list: its entry, how many days ago it was, and why this reader may not close it."""

    review: RevealReview
    event: Event
    days: int
    refusal: Refusal | None


def waiting(*, by: User, most: int) -> int:
    """Return how many reveals in the reach of ``by`` nobody has looked at yet, counted up to ``most``."""
    return RevealReview.objects.within_reach(by, REVIEW).filter(outcome="").order_by()[:most].count()


def rows(outcome: str, *, by: User, most: int) -> list[Row]:
    """Return the reveals with that outcome, the oldest first; one more than ``most`` when there are more."""
    found = list(
        RevealReview.objects.within_reach(by, REVIEW)
        .filter(outcome=outcome)
        .order_by("shown_at", "event_id")[: most + 1]
    )
    entries = {
        (entry.pk, entry.at): entry
        for entry in Event.objects.filter(
            pk__in=[one.event_id for one in found], at__in=[one.shown_at for one in found]
        )
    }
    today = timezone.localdate()
    return [
        Row(
            one,
            entries[one.event_id, one.shown_at],
            (today - timezone.localdate(one.shown_at)).days,
            _why_not_open(one, by=by),
        )
        for one in found
    ]


def why_not_close(review: RevealReview, *, by: User) -> Refusal | None:
    """Return why ``by`` may not close this review, or None when they may."""
    if refusal := _why_not_open(review, by=by):
        return refusal
    if protection.has_released(review, by=by):
        return Refusal("own_release", _("自分が解除した表示は、自分では確認できません。"))
    return None


def _why_not_open(review: RevealReview, *, by: User) -> Refusal | None:
    if not by.has_perm(REVIEW):
        return Refusal("not_permitted", _("表示を確認する権限がありません。"))
    if review.viewer_id == by.pk:
        return Refusal("own_reveal", _("自分の表示は、自分では確認できません。"))
    if review.outcome == ReviewOutcome.EXPLAINED:
        return Refusal("closed", _("確認は終わっています。"))
    return None


def close(event_id: UUID, *, outcome: ReviewOutcome, words: str, by: User) -> RevealReview:
    """Take down what ``by`` makes of a reveal. Raises :class:`Refused` (recorded)."""
    try:
        try:
            with transaction.atomic():
                shown = RevealReview.objects.within_reach(by, REVIEW).select_for_update(of=("self",)).get(pk=event_id)
                refusal = why_not_close(shown, by=by)
                if refusal is None and shown.outcome == outcome:
                    refusal = Refusal("unchanged", _("すでに「要調査」です。"))
                if refusal:
                    raise Refused(refusal)
                shown.outcome, shown.reviewed_by, shown.reviewed_at = outcome, by, timezone.now()
                shown.seal_words(words)
                shown.save(update_fields=["outcome", "reviewed_by", "reviewed_at", "sealed_words"])
                journal.record(
                    events.REVEAL_REVIEWED,
                    by=by,
                    subject=journal.Subject(kind="benefits.revealreview", id=str(event_id)),
                    person_id=shown.person_id,
                    reason=words,
                    details={"status": outcome.value},
                )
        except DatabaseError as error:
            if getattr(error.__cause__, "sqlstate", "") != CHECK_VIOLATION:
                raise
            raise Refused(Refusal("refused_by_the_database", _("この操作は、いまはできません。"))) from error
    except Refused as refused:
        journal.record(
            events.REVEAL_REVIEW_REFUSED,
            by=by,
            subject=journal.Subject(kind="benefits.revealreview", id=str(event_id)),
            result=Result.REFUSED,
            details={"code": refused.refusal.code},
        )
        raise
    return shown
