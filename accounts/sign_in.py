"""Signing in and out: a password first, then a second factor, each attempt on record.

Between the two steps nobody is signed in: the session only remembers whose factor is awaited, for five minutes. Who
has no factor yet proves with the code on their paper slip that it is they who enrol the first one.
"""

import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import django_otp
from django.contrib import auth
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import transaction
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from django_otp.models import Device

from accounts import (
    actions,
    attempts,
    emergency,
    factors,
    one_time_codes,
    paper_codes,
    recovery_codes,
    security_keys,
    sessions,
)
from accounts.hashers import TooBusyError
from accounts.models import CodeDevice, StaffSession, User
from accounts.models.sessions import EndReason
from audit import journal
from audit.models import Result
from audit.origin import current, requested_from, session_mark

CODE_AWAITED_FOR = timedelta(minutes=5)
#: As long as it takes to find the authenticator, put it on a telephone and read a QR code with it.
ENROLMENT_AWAITED_FOR = timedelta(minutes=15)
PENDING_USER = "sign_in_pending_user"
PENDING_SINCE = "sign_in_pending_since"
#: The password's attempt has been counted, and the first try at the second step is part of it.
PENDING_TRY = "sign_in_pending_try"
#: A mark of the password that was given: when it is changed or reset meanwhile, the second step is void.
PENDING_MARK = "sign_in_pending_mark"
#: The digest of the slip's code that was typed, and the device that is being enrolled on the strength of it.
PENDING_SLIP = "sign_in_pending_slip"
PENDING_DEVICE = "sign_in_pending_device"
BACKEND = "accounts.backends.PasswordBackend"


@dataclass(frozen=True, slots=True)
class Arrival:
    """Somebody has signed in: how many of their sessions elsewhere ended by it, and which one was before it."""

    ended: int
    previous: StaffSession | None


def check_password(request: HttpRequest, *, login_id: str, password: str, at: datetime) -> bool:
    """Take the first step. True when the code is awaited next; False for any reason, which is never told.

    An unknown id, a wrong password, a stopped and a locked account all look alike from outside.
    """
    is_looked_at = attempts.reserve(login_id, at=at)
    # while an account waits, another password takes the same way and the same time, and can only be wrong
    tried = password if is_looked_at else secrets.token_urlsafe()
    try:
        user = auth.authenticate(request, username=login_id, password=tried)
    except TooBusyError:
        if is_looked_at:
            attempts.give_back(login_id)
        raise
    if not is_looked_at or not isinstance(user, User) or not _is_let_in(user, at=at):
        _record_refused_password(login_id)
        return False
    for left in (PENDING_SLIP, PENDING_DEVICE):
        request.session.pop(left, None)
    request.session.cycle_key()
    request.session[PENDING_USER] = user.pk
    request.session[PENDING_SINCE] = at.isoformat()
    request.session[PENDING_MARK] = user.get_session_auth_hash()
    request.session[PENDING_TRY] = True
    return True


def awaited_person(request: HttpRequest, *, at: datetime) -> User | None:
    """Return whose second step is awaited, or None when nobody's is (any more)."""
    since = request.session.get(PENDING_SINCE)
    awaited_for = ENROLMENT_AWAITED_FOR if PENDING_SLIP in request.session else CODE_AWAITED_FOR
    if since is None or at - datetime.fromisoformat(since) > awaited_for:
        return None
    user = User.objects.filter(pk=request.session.get(PENDING_USER, 0)).first()
    if user is None or not _is_let_in(user, at=at):
        return None
    is_same = constant_time_compare(request.session.get(PENDING_MARK, ""), user.get_session_auth_hash())
    return user if is_same else None


def check_code(request: HttpRequest, user: User, *, code: str, at: datetime) -> Arrival | None:
    """Take the second step: sign ``user`` in when ``code`` is right. The session gets a new key."""
    device = one_time_codes.verify(user, code) if _may_try(request, user, at=at) else None
    arrival = _arrive(request, user, device, factor="code", at=at) if device is not None else None
    return _on_record(arrival, user, "code")


def check_key(request: HttpRequest, user: User, *, answer: object, at: datetime) -> Arrival | None:
    """Take the second step with what a security key has answered."""
    key = security_keys.finish_authentication(request, user, answer) if _may_try(request, user, at=at) else None
    arrival = _arrive(request, user, key, factor="key", at=at) if key is not None else None
    return _on_record(arrival, user, "key")


def check_recovery_code(request: HttpRequest, user: User, *, code: str, at: datetime) -> Arrival | None:
    """Take the second step with a code from the person's sheet, which is used up by it."""
    arrival = None
    if _may_try(request, user, at=at):
        with transaction.atomic():
            if sheet := recovery_codes.use(user, code, at=at):
                arrival = _arrive(request, user, sheet, factor="recovery", at=at)
    return _on_record(arrival, user, "recovery")


# ── the first factor ─────────────────────────────────────────────────────────────────────────────────────────────


def check_enrolment_code(request: HttpRequest, user: User, *, code: str, at: datetime) -> bool:
    """Let ``user``, who has no factor, begin to enrol one when ``code`` is the one on their slip.

    The code is used up only by the first code of the device, so that a telephone left at home costs no new slip.
    """
    digest = paper_codes.digest(factors.ENROLMENT, code)
    if (
        not _may_try(request, user, at=at)
        or factors.of(user)
        or not factors.enrolment_code_is_good(user, digest, at=at)
    ):
        _on_record(None, user, "enrolment")
        return False
    request.session[PENDING_SINCE] = at.isoformat()
    request.session[PENDING_SLIP] = digest
    request.session[PENDING_DEVICE] = one_time_codes.prepare(user, by=user).pk
    return True


def device_being_enrolled(request: HttpRequest, user: User) -> CodeDevice | None:
    """Return the device that this browser may enrol for ``user``, or None when the slip's code is to be asked for."""
    found: CodeDevice | None = CodeDevice.objects.filter(
        pk=request.session.get(PENDING_DEVICE, 0), user=user, confirmed=False
    ).first()
    return found if PENDING_SLIP in request.session else None


def enrol(request: HttpRequest, user: User, *, code: str, at: datetime) -> Arrival | None:
    """Enrol the device when ``code`` is its own, use up the slip's code, and sign ``user`` in, all or nothing."""
    arrival = None
    slip, device_id = request.session.get(PENDING_SLIP, ""), request.session.get(PENDING_DEVICE, 0)
    if _may_try(request, user, at=at):
        with transaction.atomic():
            User.objects.select_for_update(no_key=True).get(pk=user.pk)  # one slip enrols one device
            if not factors.of(user) and factors.enrolment_code_is_good(user, slip, at=at):
                device = one_time_codes.confirm(user, device_id, code, by=user)
                if device is not None:
                    factors.use_up_enrolment_code(user)
                    arrival = _arrive(request, user, device, factor="code", at=at)
    return _on_record(arrival, user, "code")


# ── the end ──────────────────────────────────────────────────────────────────────────────────────────────────────


def sign_out(request: HttpRequest, *, at: datetime) -> None:
    """End the session at the person's wish, and record it."""
    user = request.user
    if isinstance(user, User):
        if session := sessions.current(request):
            sessions.end(session, EndReason.SIGNED_OUT, by=user, at=at)
        journal.record(actions.SIGNED_OUT, by=user, subject=user)
    auth.logout(request)


def record_expired(request: HttpRequest) -> None:
    """Record that somebody came with a session that is over."""
    if isinstance(request.user, User):
        journal.record(actions.SESSION_EXPIRED, by=request.user, subject=request.user)


def recorded_username(request: HttpRequest, credentials: dict[str, str] | None = None) -> str:
    """Return what django-axes may store for an attempt: a known id, or one name for everything else.

    People type passwords, and once in a while a My Number, into the wrong box; neither may end up in a table, nor
    may a digest of one, since all numbers are quickly tried.
    """
    given = credentials or {}
    # "username" when a password is tried, "login_id" when somebody has signed in: axes calls it both
    typed = given.get("username") or given.get("login_id") or request.POST.get("login_id", "")
    if User.objects.filter(login_id=typed).exists():
        return typed
    return "(unknown)"  # no sign-in id looks like it


def refused_message() -> str:
    """Return the one sentence for every refused password, whatever the reason."""
    return _("利用者IDまたはパスワードが違います。続けて間違えると、しばらくサインインできなくなります。")


def _is_let_in(user: User, *, at: datetime) -> bool:
    """Say whether an account whose password is right is open at all. The one place where that is decided."""
    return user.may_sign_in and emergency.why_not_open(user, at=at) is None


def _may_try(request: HttpRequest, user: User, *, at: datetime) -> bool:
    """Count a try at the second step, and say whether its proof may be looked at.

    The first one after a password is the rest of the attempt that was counted there; each further one counts anew.
    The stored session says which is the first, under its row's lock: what this request read may be older.
    """
    request.session.pop(PENDING_TRY, None)
    with transaction.atomic():
        stored = Session.objects.select_for_update().filter(session_key=request.session.session_key).first()
        if stored is None:  # another request of this browser has ended the session meanwhile
            return False
        kept = stored.get_decoded()
        if kept.pop(PENDING_TRY, False):
            stored.session_data = SessionStore().encode(kept)
            stored.save(update_fields=["session_data"])
            return True
    return attempts.reserve(user.login_id, at=at)


def _on_record(arrival: Arrival | None, user: User, kind: str) -> Arrival | None:
    """Return ``arrival``, or put on record that there is none."""
    if arrival is None:
        journal.record(actions.CODE_REFUSED, by=user, subject=user, result=Result.REFUSED, details={"kind": kind})
    return arrival


def _arrive(request: HttpRequest, user: User, device: Device, *, factor: str, at: datetime) -> Arrival | None:
    """Begin the session of somebody who has proved who they are, under a new key; all of it or nothing.

    The session in which the password was given ends by it. Of two requests that prove it at once, with the answer of
    a key that does not count say, the one that ends it arrives, and the other (None) is refused.
    """
    with transaction.atomic():
        if not Session.objects.filter(session_key=request.session.session_key).delete()[0]:
            return None
        request.session.flush()
        auth.login(request, user, backend=BACKEND)
        django_otp.login(request, device)
        request.session.save()
        previous = StaffSession.objects.filter(user=user).order_by("-began_at", "pk").first()
        ended = sessions.begin(request, user, factor=factor, at=at)
        attempts.forget(user.login_id)
        user.last_login = at
        user.save(update_fields=["last_login"])
        with requested_from(replace(current(), session=session_mark(request.session.session_key))):
            journal.record(actions.SIGNED_IN, by=user, subject=user, details={"kind": factor})
            emergency.record_opened(user)
    return Arrival(ended=ended, previous=previous)


def _record_refused_password(login_id: str) -> None:
    known = User.objects.filter(login_id=login_id).first()
    journal.record(
        actions.PASSWORD_REFUSED,
        by=None,
        subject=known or journal.Subject(kind="accounts.user", id="", label=_("登録のない利用者ID")),
        result=Result.REFUSED,
    )
