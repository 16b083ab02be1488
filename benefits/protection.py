"""The only code that protects people, lifts that again, and lets one look at a protected person's number through.

Every step takes two people: a maker or checker proposes that somebody is protected (from then on they are) or is no
more, and a section head decides; a number viewer asks to see a protected person's number, and a section head lets it
through once, within minutes. The database holds to the same by itself (migration 0009). Every step is on record in the
same transaction; a refusal is recorded once the step is undone.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Final
from uuid import UUID

from django.db import DatabaseError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _, gettext_lazy

from accounts.models import User
from audit import history, journal
from audit.models import Result
from benefits import events
from benefits.models import NumberRelease, Person, Protection, RevealReview
from benefits.models.showing import ProtectionKind, ReleaseOutcome, TwoPersonOutcome
from benefits.policies import Refusal
from benefits.workflow import Refused
from mynumber import actions, vault
from mynumber.purposes import Purpose

PROPOSE: Final = "benefits.protect_person"
DECIDE: Final = "benefits.decide_protection"
RELEASE: Final = "mynumber.release_number"
#: How long a request waits, and how long a release is good for: the database counts the same (migration 0009).
REQUEST_WAITS: Final = timedelta(hours=1)
RELEASE_LASTS: Final = timedelta(minutes=10)

CHECK_VIOLATION: Final = "23514"
_NOT_NOW = gettext_lazy("この操作は、いまはできません。画面を開き直してください。")
_GUARDS = MappingProxyType(
    {
        "protection_is_decided_by_a_second_person": gettext_lazy("自分が申請した保護は、自分では決定できません。"),
        "protection_is_lifted_by_a_second_person": gettext_lazy("自分が申請した解除は、自分では決定できません。"),
        "protection_is_decided_once": gettext_lazy("この保護は、すでに処理されています。"),
        "release_is_given_by_a_second_person": gettext_lazy("自分の依頼は、自分では解除できません。"),
        "release_is_decided_once": gettext_lazy("この依頼は、すでに処理されています。"),
        "release_is_given_within_the_hour": gettext_lazy(
            "依頼から1時間を過ぎています。もう一度依頼してもらってください。"
        ),
    }
)


def is_protected(person: Person) -> bool:
    """Say whether ``person`` is protected today. Why is not told here."""
    return bool(protected_among([person.pk]))


def protected_among(people: Iterable[UUID]) -> frozenset[UUID]:
    """Return who of ``people`` is protected today."""
    in_force = Protection.objects.in_force(on=timezone.localdate()).filter(person__in=list(people))
    return frozenset(in_force.values_list("person_id", flat=True))


# ── protecting ───────────────────────────────────────────────────────────────────────────────────────────────────


def propose(
    person: Person, *, kind: ProtectionKind, starts_on: date, ends_on: date | None, reason: str, by: User
) -> Protection:
    """Protect ``person``, from now on and until a section head decides otherwise. Raises :class:`Refused`."""
    with _step(events.PROTECTION_REFUSED, by=by, person=person.pk):
        _may(by, PROPOSE, person)
        protection = Protection(
            person=person,
            kind=kind,
            starts_on=starts_on,
            ends_on=ends_on,
            proposed_by=by,
            proposed_at=timezone.now(),
        )
        protection.seal_reason(reason)
        protection.save(force_insert=True)
        _record(events.PROTECTION_PROPOSED, protection, by=by, reason=reason)
    return protection


def why_not_decide(protection: Protection, *, by: User) -> Refusal | None:
    """Return why ``by`` may not decide what waits, or None when they may."""
    if not _reaches(by, DECIDE, protection.person_id):
        return Refusal("not_permitted", _("保護を決定できるのは、所属長だけです。"))
    waits_for = protection.lift_proposed_by_id if protection.is_lifting_asked_for else protection.proposed_by_id
    if protection.outcome and not protection.is_lifting_asked_for:
        return Refusal("decided", _("決定を待っているものはありません。"))
    if waits_for == by.pk:
        return Refusal("own_proposal", _("自分が申請したものは、自分では決定できません。"))
    return None


def decide(protection_id: UUID, *, is_approved: bool, reason: str, by: User) -> Protection:
    """Decide what waits: the protection itself, or its lifting. Raises :class:`Refused`."""
    person = Protection.objects.values_list("person_id", flat=True).get(pk=protection_id)
    with _step(events.PROTECTION_REFUSED, by=by, person=person):
        protection = Protection.objects.select_for_update(of=("self",)).get(pk=protection_id)
        if refusal := why_not_decide(protection, by=by):
            raise Refused(refusal)
        if protection.is_lifting_asked_for:
            if is_approved:
                protection.lifted_by, protection.lifted_at = by, timezone.now()
                action = events.PROTECTION_LIFTED
            else:
                protection.lift_proposed_by = protection.lift_proposed_at = protection.sealed_lift_reason = None
                action = events.PROTECTION_LIFT_REJECTED
        else:
            protection.outcome = TwoPersonOutcome.APPROVED if is_approved else TwoPersonOutcome.REJECTED
            protection.decided_by, protection.decided_at = by, timezone.now()
            action = events.PROTECTION_APPROVED if is_approved else events.PROTECTION_REJECTED
        protection.save()
        _record(action, protection, by=by, reason=reason)
    return protection


def why_not_ask_to_lift(protection: Protection, *, by: User) -> Refusal | None:
    """Return why ``by`` may not propose that the protection ends, or None when they may."""
    if not _reaches(by, PROPOSE, protection.person_id):
        return Refusal("not_permitted", _("解除を申請する権限がありません。"))
    if protection.outcome != TwoPersonOutcome.APPROVED or protection.lifted_at or protection.is_lifting_asked_for:
        return Refusal("not_in_force", _("決定された保護だけを、1回ずつ解除の申請に回せます。"))
    return None


def ask_to_lift(protection_id: UUID, *, reason: str, by: User) -> Protection:
    """Propose that the protection ends; it goes on until a section head agrees. Raises :class:`Refused`."""
    person = Protection.objects.values_list("person_id", flat=True).get(pk=protection_id)
    with _step(events.PROTECTION_REFUSED, by=by, person=person):
        protection = Protection.objects.select_for_update(of=("self",)).get(pk=protection_id)
        if refusal := why_not_ask_to_lift(protection, by=by):
            raise Refused(refusal)
        protection.lift_proposed_by, protection.lift_proposed_at = by, timezone.now()
        protection.seal_lift_reason(reason)
        protection.save()
        _record(events.PROTECTION_LIFT_PROPOSED, protection, by=by, reason=reason)
    return protection


def withdraw(protection_id: UUID, *, by: User) -> Protection:
    """Take one's own proposal back: to protect, or to lift. Raises :class:`Refused`."""
    person = Protection.objects.values_list("person_id", flat=True).get(pk=protection_id)
    with _step(events.PROTECTION_REFUSED, by=by, person=person):
        protection = Protection.objects.select_for_update(of=("self",)).get(pk=protection_id)
        if not can_withdraw(protection, by=by):
            raise Refused(Refusal("not_the_proposer", _("取り下げられるのは、申請した人だけです。")))
        if protection.is_lifting_asked_for:
            protection.lift_proposed_by = protection.lift_proposed_at = protection.sealed_lift_reason = None
            action = events.PROTECTION_LIFT_REJECTED
        else:
            protection.outcome = TwoPersonOutcome.WITHDRAWN
            protection.decided_by, protection.decided_at = by, timezone.now()
            action = events.PROTECTION_WITHDRAWN
        protection.save()
        _record(action, protection, by=by)
    return protection


def can_withdraw(protection: Protection, *, by: User) -> bool:
    """Say whether what waits is ``by``'s own proposal."""
    if protection.is_lifting_asked_for:
        return protection.lift_proposed_by_id == by.pk
    return not protection.outcome and protection.proposed_by_id == by.pk


# ── letting one look through ─────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Standing:
    """How a viewer stands with a protected person's number: asked for, let through until when, or neither."""

    waiting: NumberRelease | None = None
    usable: NumberRelease | None = None

    @property
    def usable_until(self) -> datetime | None:
        """When the release lapses."""
        decided_at = self.usable.decided_at if self.usable else None
        return decided_at + RELEASE_LASTS if decided_at else None


def standing(person: Person, *, viewer: User) -> Standing:
    """Return what ``viewer`` has asked for and been let do with ``person``'s number."""
    now = timezone.now()
    last = (
        NumberRelease.objects.filter(
            Q(outcome="", asked_at__gt=now - REQUEST_WAITS)
            | Q(outcome=ReleaseOutcome.RELEASED, decided_at__gt=now - RELEASE_LASTS),
            person=person,
            asked_by=viewer,
        )
        .order_by("-asked_at", "-pk")
        .first()
    )
    if last is None:
        return Standing()
    if not last.outcome:
        return Standing(waiting=last)
    reveals = history.Steps(actions=[actions.REVEALED], person_id=person.pk, actor_id=viewer.pk)
    is_used = last.decided_at is not None and reveals.have_been_taken(since=last.decided_at)
    return Standing() if is_used else Standing(usable=last)


def ask(person: Person, *, purpose: Purpose, reason: str, by: User) -> NumberRelease:
    """Ask that somebody else lets ``by`` see the number of a protected person once. Raises :class:`Refused`."""
    with _step(events.RELEASE_STEP_REFUSED, by=by, person=person.pk):
        _may(by, vault.REVEAL_PERMISSION, person)
        if not is_protected(person):
            raise Refused(Refusal("not_protected", _("この人の個人番号は、解除の依頼なしに表示できます。")))
        Person.objects.select_for_update(of=("self",)).get(pk=person.pk)  # two requests at once: one waits
        if standing(person, viewer=by) != Standing():
            raise Refused(Refusal("asked_already", _("依頼は、すでに出ているか、解除されています。")))
        release = NumberRelease(person=person, purpose=purpose, asked_by=by, asked_at=timezone.now())
        release.seal_reason(reason)
        release.save(force_insert=True)
        journal.record(
            events.RELEASE_ASKED, by=by, subject=_subject(release), person_id=person.pk, purpose=purpose, reason=reason
        )
    return release


def why_not_release(release: NumberRelease, *, by: User) -> Refusal | None:
    """Return why ``by`` may not let the look through, or None when they may."""
    if not _reaches(by, RELEASE, release.person_id):
        return Refusal("not_permitted", _("個人番号の表示を解除する権限がありません。"))
    if release.asked_by_id == by.pk:
        return Refusal("own_request", _("自分の依頼は、自分では解除できません。"))
    if release.outcome:
        return Refusal("decided", _("この依頼は、すでに処理されています。"))
    if release.asked_at <= timezone.now() - REQUEST_WAITS:
        return Refusal("too_old", _("依頼から1時間を過ぎています。もう一度依頼してもらってください。"))
    return None


def has_released(shown: RevealReview, *, by: User) -> bool:
    """Say whether ``by`` let this look at a protected person's number through."""
    return NumberRelease.objects.filter(
        person_id=shown.person_id,
        asked_by_id=shown.viewer_id,
        decided_by=by,
        outcome=ReleaseOutcome.RELEASED,
        decided_at__gt=shown.shown_at - RELEASE_LASTS,
        decided_at__lte=shown.shown_at,
    ).exists()


def answer(release_id: UUID, *, is_released: bool, reason: str, by: User) -> NumberRelease:
    """Let one look at the number through, or refuse it. Raises :class:`Refused`."""
    person = NumberRelease.objects.values_list("person_id", flat=True).get(pk=release_id)
    with _step(events.RELEASE_STEP_REFUSED, by=by, person=person):
        release = NumberRelease.objects.select_for_update(of=("self",)).get(pk=release_id)
        if refusal := why_not_release(release, by=by):
            raise Refused(refusal)
        release.outcome = ReleaseOutcome.RELEASED if is_released else ReleaseOutcome.REFUSED
        release.decided_by, release.decided_at = by, timezone.now()
        release.save(update_fields=["outcome", "decided_by", "decided_at"])
        journal.record(
            events.RELEASE_GIVEN if is_released else events.RELEASE_REFUSED,
            by=by,
            subject=_subject(release),
            person_id=person,
            purpose=release.purpose,
            reason=reason,
        )
    return release


def requests_waiting(user: User, *, most: int) -> int:
    """Return how many requests wait that ``user`` may answer, counted up to ``most``."""
    waiting = NumberRelease.objects.filter(
        outcome="",
        asked_at__gt=timezone.now() - REQUEST_WAITS,
        person__in=Person.objects.within_reach(user, RELEASE),
    )
    return waiting.exclude(asked_by=user).order_by()[:most].count()


def proposals_waiting(user: User, *, most: int) -> int:
    """Return how many proposals to protect, or to lift, wait within ``user``'s reach, counted up to ``most``."""
    return Protection.objects.within_reach(user, DECIDE).waiting().order_by()[:most].count()


# ── shared ───────────────────────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def _step(refused_as: str, *, by: User, person: UUID) -> Iterator[None]:
    """Run a block as one step; what the database's own guards refuse reads like what the code refuses."""
    try:
        try:
            with transaction.atomic():
                yield
        except DatabaseError as error:
            name = next((name for name in _GUARDS if name in str(error)), "")
            if not name and getattr(error.__cause__, "sqlstate", "") != CHECK_VIOLATION:
                raise
            message = _GUARDS.get(name, _NOT_NOW)
            raise Refused(Refusal(name or "refused_by_the_database", str(message))) from error
    except Refused as refused:
        journal.record(
            refused_as, by=by, person_id=person, result=Result.REFUSED, details={"code": refused.refusal.code}
        )
        raise


def _reaches(by: User, permission: str, person: UUID) -> bool:
    return by.has_perm(permission) and Person.objects.within_reach(by, permission).filter(pk=person).exists()


def _may(by: User, permission: str, person: Person) -> None:
    if not _reaches(by, permission, person.pk):
        raise Refused(Refusal("not_permitted", _("この操作を行う権限がありません。")))


def _subject(record: Protection | NumberRelease) -> journal.Subject:
    return journal.Subject(kind=record._meta.label_lower, id=str(record.pk), label=record.person.label)


def _record(action: str, protection: Protection, *, by: User, reason: str = "") -> None:
    journal.record(
        action,
        by=by,
        subject=_subject(protection),
        person_id=protection.person_id,
        reason=reason,  # sealed; of what kind the protection is stands in no entry
    )
