"""Where people are signed in: the only code that begins, uses, locks, unlocks or ends a session.

A session's standing is a row of its own, changed by single statements, because Django's session data are overwritten
whole by whichever of two requests ends last: a lock could be lost that way.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now
from django.http import HttpRequest

from accounts import actions, kept_input
from accounts.models import KeptInput, StaffSession, User
from accounts.models.sessions import EndReason
from audit import journal, origin

#: The time of last use is written at most this often, so that reading pages does not write each time.
WRITTEN_EVERY = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Standing:
    """How long a session goes on if nobody uses it: seconds until it warns (so long before), locks, and ends."""

    seconds_to_warning: int
    seconds_to_lock: int
    seconds_to_end: int
    warning_seconds: int


@transaction.atomic
def begin(request: HttpRequest, user: User, *, factor: str, at: datetime) -> int:
    """Begin a session under the request's session key, end what is over the number allowed, and return how many."""
    if not (key := request.session.session_key):
        raise ValueError("a session begins under a key")
    User.objects.select_for_update(no_key=True).get(pk=user.pk)  # one sign-in of one person after another
    going = list(StaffSession.objects.filter(user=user, ended_at__isnull=True).order_by("began_at", "pk"))
    surplus = going[: max(0, len(going) + 1 - settings.KYUFU_SESSIONS_PER_PERSON)]
    for old in surplus:
        _end(old, EndReason.REPLACED, at=at, by=user)
    StaffSession.objects.create(
        user=user,
        session_key=key,
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
    going = StaffSession.objects.filter(session_key=key, user=request.user, ended_at__isnull=True)
    kept = KeptInput.objects.filter(user=OuterRef("user"), kept_at__gt=Now() - kept_input.KEPT_FOR)
    return going.annotate(has_kept_input=Exists(kept)).first()


def use(session: StaffSession, *, at: datetime, every: timedelta = WRITTEN_EVERY) -> None:
    """Note that a person, not a script's clock, is using the session. One that is locked or over stays as it is."""
    if at - session.last_used_at <= every:
        return
    going = StaffSession.objects.filter(pk=session.pk, locked_at__isnull=True, ended_at__isnull=True)
    if going.filter(last_used_at__lt=at).update(last_used_at=at):
        session.last_used_at = at


def standing(session: StaffSession, *, at: datetime) -> Standing:
    """Say how long the session goes on by itself, as the server will decide it."""
    idle = settings.KYUFU_IDLE_SECONDS - (at - session.last_used_at).total_seconds()
    end = settings.KYUFU_SESSION_SECONDS - (at - session.began_at).total_seconds()
    return Standing(
        seconds_to_warning=max(0, int(idle - settings.KYUFU_WARNING_SECONDS)),
        seconds_to_lock=max(0, int(idle)),
        seconds_to_end=max(0, int(end)),
        warning_seconds=settings.KYUFU_WARNING_SECONDS,
    )


def is_idle(session: StaffSession, *, at: datetime) -> bool:
    """Say whether nobody has used the session for longer than the office allows."""
    return at - session.last_used_at > timedelta(seconds=settings.KYUFU_IDLE_SECONDS)


def is_too_long(session: StaffSession, *, at: datetime) -> bool:
    """Say whether the session has lasted as long as one may, however busy."""
    return at - session.began_at > timedelta(seconds=settings.KYUFU_SESSION_SECONDS)


@transaction.atomic
def lock(session: StaffSession, *, by: User, at: datetime, is_idle: bool) -> None:
    """Lock the session; one that is locked stays as it is, and so does an idle one that has been used meanwhile.

    ``session`` says afterwards what holds.
    """
    open_now = StaffSession.objects.filter(pk=session.pk, locked_at__isnull=True, ended_at__isnull=True)
    if is_idle:
        open_now = open_now.filter(last_used_at__lt=at - timedelta(seconds=settings.KYUFU_IDLE_SECONDS))
    if open_now.update(locked_at=at):
        session.locked_at = at
        journal.record(actions.LOCKED, by=by, subject=by, details={"code": "idle" if is_idle else "by_hand"})
    else:
        session.refresh_from_db(fields=["locked_at", "last_used_at", "ended_at", "session_key"])


@transaction.atomic
def unlock(request: HttpRequest, session: StaffSession, *, by: User, at: datetime, with_factor: bool) -> bool:
    """Open the screen again, under a new session key. False when the session has ended or been opened meanwhile."""
    going = StaffSession.objects.select_for_update().filter(pk=session.pk, locked_at__isnull=False)
    if not going.exists() or not rotate_key(request, session):
        return False
    changes: dict[str, datetime | str | None] = {"locked_at": None, "last_used_at": at}
    if with_factor:
        changes |= {"factor_used_at": at, "client": origin.current().client}
    StaffSession.objects.filter(pk=session.pk).update(**changes)
    for name, value in changes.items():
        setattr(session, name, value)
    journal.record(actions.UNLOCKED, by=by, subject=by, details={"code": "with_factor" if with_factor else "password"})
    return True


def unlocking_takes_factor(session: StaffSession, *, at: datetime) -> bool:
    """Say whether a password alone does not unlock: the person was away for long, or comes from elsewhere."""
    long_away = timedelta(seconds=settings.KYUFU_UNLOCK_WITH_PASSWORD_SECONDS)
    is_elsewhere = session.client is not None and session.client != origin.current().client
    if session.locked_at is None:
        return is_elsewhere
    # an idle session is locked only when it is next heard of; its person has been away since it could have been
    idle_since = session.last_used_at + timedelta(seconds=settings.KYUFU_IDLE_SECONDS)
    return is_elsewhere or at - min(session.locked_at, idle_since) > long_away


@transaction.atomic
def confirm_factor(request: HttpRequest, session: StaffSession, *, at: datetime) -> bool:
    """Note that the person has just proved again who they are, under a new session key (ASVS 7.2.4).

    False when the session has ended meanwhile.
    """
    if not rotate_key(request, session):
        return False
    StaffSession.objects.filter(pk=session.pk).update(factor_used_at=at)
    session.factor_used_at = at
    return True


@transaction.atomic
def rotate_key(request: HttpRequest, session: StaffSession) -> bool:
    """Give the browser's session a new key; the old one opens nothing any more.

    False, and nothing is changed, when the session has ended or got another key meanwhile: a session that somebody
    ended must not come back under a new name.
    """
    going = StaffSession.objects.select_for_update().filter(
        pk=session.pk, session_key=request.session.session_key, ended_at__isnull=True
    )
    if not going.exists():
        return False
    request.session.cycle_key()
    session.session_key = str(request.session.session_key)
    StaffSession.objects.filter(pk=session.pk).update(session_key=session.session_key)
    return True


@transaction.atomic
def end(session: StaffSession, reason: EndReason, *, by: User, at: datetime) -> None:
    """End a session; whoever holds its cookie is signed out from the next request on."""
    _end(session, reason, at=at, by=by)


@transaction.atomic
def end_all(user: User, reason: EndReason, *, by: User | None, at: datetime, but: str = "") -> int:
    """End every session of ``user``, apart from the one with the session key ``but``; return how many there were.

    ``by`` is None for what no person does: a command that runs every night.
    """
    going = list(StaffSession.objects.filter(user=user, ended_at__isnull=True).exclude(session_key=but))
    for session in going:
        _end(session, reason, at=at, by=by)
    return len(going)


def why_ended(session_key: str) -> EndReason | None:
    """Return why the session with this key ended, to tell whoever still holds its cookie; None if it is unknown."""
    ended = StaffSession.objects.filter(session_key=session_key, ended_at__isnull=False).first()
    return EndReason(ended.end_reason) if ended else None


def _end(session: StaffSession, reason: EndReason, *, at: datetime, by: User | None) -> None:
    changed = StaffSession.objects.filter(pk=session.pk, ended_at__isnull=True).update(
        ended_at=at, end_reason=reason, ended_by=by
    )
    if changed:
        # the key as it is now: it may have been renewed since the row was read
        session.refresh_from_db(fields=["session_key"])
        Session.objects.filter(session_key=session.session_key).delete()
        journal.record(actions.SESSION_ENDED, by=by, subject=session.user, details={"code": reason.value})
