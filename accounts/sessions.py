"""Where people are signed in: the only code that begins, uses, locks, unlocks or ends a session.

A session's standing is a row of its own, changed by single statements, because Django's session data are overwritten
whole by whichever of two requests ends last: a lock could be lost that way.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import transaction
from django.http import HttpRequest

from accounts import actions
from accounts.models import StaffSession, User
from accounts.models.sessions import EndReason
from audit import journal, origin

#: The time of last use is written at most this often, so that reading pages does not write each time.
WRITTEN_EVERY = timedelta(seconds=30)


@transaction.atomic
def begin(request: HttpRequest, user: User, *, factor: str, at: datetime) -> int:
    """Begin a session under the request's session key, end what is over the number allowed, and return how many."""
    User.objects.select_for_update().get(pk=user.pk)  # one sign-in of one person after another
    going = list(StaffSession.objects.filter(user=user, ended_at__isnull=True).order_by("began_at", "pk"))
    surplus = going[: max(0, len(going) + 1 - settings.KYUFU_SESSIONS_PER_PERSON)]
    for old in surplus:
        _end(old, EndReason.REPLACED, at=at, by=user)
    StaffSession.objects.create(
        user=user,
        session_key=request.session.session_key,
        client=origin.current().client,
        factor=factor,
        began_at=at,
        last_used_at=at,
        factor_used_at=at,
    )
    return len(surplus)


def current(request: HttpRequest) -> StaffSession | None:
    """Return the session of the request, or None when it has ended or never began."""
    key = request.session.session_key
    if not key or not isinstance(request.user, User):
        return None
    return StaffSession.objects.filter(session_key=key, user=request.user, ended_at__isnull=True).first()


def use(session: StaffSession, *, at: datetime) -> None:
    """Note that a person, not a script's clock, is using the session."""
    if at - session.last_used_at > WRITTEN_EVERY:
        StaffSession.objects.filter(pk=session.pk, locked_at__isnull=True).update(last_used_at=at)


def is_idle(session: StaffSession, *, at: datetime) -> bool:
    """Say whether nobody has used the session for longer than the office allows."""
    return at - session.last_used_at > timedelta(seconds=settings.KYUFU_IDLE_SECONDS)


def is_too_long(session: StaffSession, *, at: datetime) -> bool:
    """Say whether the session has lasted as long as one may, however busy."""
    return at - session.began_at > timedelta(seconds=settings.KYUFU_SESSION_SECONDS)


@transaction.atomic
def lock(session: StaffSession, *, by: User, at: datetime, is_idle: bool) -> None:
    """Lock the session; one that is locked stays as it is."""
    if StaffSession.objects.filter(pk=session.pk, locked_at__isnull=True, ended_at__isnull=True).update(locked_at=at):
        journal.record(actions.LOCKED, by=by, subject=by, details={"code": "idle" if is_idle else "by_hand"})


@transaction.atomic
def unlock(request: HttpRequest, session: StaffSession, *, by: User, at: datetime, with_factor: bool) -> None:
    """Open the screen again, under a new session key."""
    rotate_key(request, session)
    changes: dict[str, datetime | str | None] = {"locked_at": None, "last_used_at": at}
    if with_factor:
        changes |= {"factor_used_at": at, "client": origin.current().client}
    StaffSession.objects.filter(pk=session.pk, ended_at__isnull=True).update(**changes)
    journal.record(actions.UNLOCKED, by=by, subject=by, details={"code": "with_factor" if with_factor else "password"})


def unlocking_takes_factor(session: StaffSession, *, at: datetime) -> bool:
    """Say whether a password alone does not unlock: the person was away for long, or comes from elsewhere."""
    long_away = timedelta(seconds=settings.KYUFU_UNLOCK_WITH_PASSWORD_SECONDS)
    is_elsewhere = session.client is not None and session.client != origin.current().client
    return is_elsewhere or (session.locked_at is not None and at - session.locked_at > long_away)


def confirm_factor(request: HttpRequest, session: StaffSession, *, at: datetime) -> None:
    """Note that the person has just proved again who they are, under a new session key (ASVS 7.2.4)."""
    rotate_key(request, session)
    StaffSession.objects.filter(pk=session.pk).update(factor_used_at=at)


def rotate_key(request: HttpRequest, session: StaffSession) -> None:
    """Give the browser's session a new key; the old one opens nothing any more."""
    request.session.cycle_key()
    session.session_key = str(request.session.session_key)
    StaffSession.objects.filter(pk=session.pk).update(session_key=session.session_key)


@transaction.atomic
def end(session: StaffSession, reason: EndReason, *, by: User, at: datetime) -> None:
    """End a session; whoever holds its cookie is signed out from the next request on."""
    _end(session, reason, at=at, by=by)


@transaction.atomic
def end_all(user: User, reason: EndReason, *, by: User, at: datetime, but: str = "") -> int:
    """End every session of ``user``, apart from the one with the session key ``but``; return how many there were."""
    going = list(StaffSession.objects.filter(user=user, ended_at__isnull=True).exclude(session_key=but))
    for session in going:
        _end(session, reason, at=at, by=by)
    return len(going)


def why_ended(session_key: str) -> EndReason | None:
    """Return why the session with this key ended, to tell whoever still holds its cookie; None if it is unknown."""
    ended = StaffSession.objects.filter(session_key=session_key, ended_at__isnull=False).first()
    return EndReason(ended.end_reason) if ended else None


def _end(session: StaffSession, reason: EndReason, *, at: datetime, by: User) -> None:
    changed = StaffSession.objects.filter(pk=session.pk, ended_at__isnull=True).update(
        ended_at=at, end_reason=reason, ended_by=by
    )
    if changed:
        Session.objects.filter(session_key=session.session_key).delete()
        journal.record(actions.SESSION_ENDED, by=by, subject=session.user, details={"code": reason.value})
