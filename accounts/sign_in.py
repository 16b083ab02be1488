"""Signing in and out: a password first, then a one-time code, each attempt on record.

Between the two steps nobody is signed in: the session only remembers whose code is awaited, for five minutes.
"""

from dataclasses import replace
from datetime import datetime, timedelta

import django_otp
from django.contrib import auth
from django.contrib.auth.hashers import make_password
from django.http import HttpRequest
from django.utils.translation import gettext as _

from accounts import actions, attempts, one_time_codes, sessions
from accounts.models.sessions import EndReason
from accounts.models import User
from audit import journal
from audit.models import Result
from audit.origin import current, requested_from, session_mark

CODE_AWAITED_FOR = timedelta(minutes=5)
PENDING_USER = "sign_in_pending_user"
PENDING_SINCE = "sign_in_pending_since"
BACKEND = "accounts.backends.PasswordBackend"


def check_password(request: HttpRequest, *, login_id: str, password: str, at: datetime) -> bool:
    """Take the first step. True when the code is awaited next; False for any reason, which is never told.

    An unknown id, a wrong password, a stopped and a locked account all look alike from outside.
    """
    if attempts.reserve(login_id, at=at):
        user = auth.authenticate(request, username=login_id, password=password)
    else:
        make_password(password)  # as long as a look at the password takes
        user = None
    if not isinstance(user, User):
        _record_refused_password(login_id)
        return False
    request.session.cycle_key()
    request.session[PENDING_USER] = user.pk
    request.session[PENDING_SINCE] = at.isoformat()
    return True


def awaited_person(request: HttpRequest, *, at: datetime) -> User | None:
    """Return whose code is awaited, or None when nobody's is (any more)."""
    since = request.session.get(PENDING_SINCE)
    if since is None or at - datetime.fromisoformat(since) > CODE_AWAITED_FOR:
        return None
    return User.objects.filter(pk=request.session.get(PENDING_USER, 0), is_active=True).first()


def check_code(request: HttpRequest, user: User, *, code: str, at: datetime) -> bool:
    """Take the second step: sign ``user`` in when ``code`` is right. The session gets a new key."""
    device = one_time_codes.verify(user, code)
    if device is None:
        journal.record(actions.CODE_REFUSED, by=user, subject=user, result=Result.REFUSED)
        return False
    request.session.flush()
    auth.login(request, user, backend=BACKEND)
    django_otp.login(request, device)
    request.session.save()
    sessions.begin(request, user, factor=device.persistent_id.split("/")[0].rsplit(".", 1)[-1], at=at)
    attempts.forget(user.login_id)
    user.last_login = at
    user.save(update_fields=["last_login"])
    journal.name_actor(user.pk, name=user.display_name, login_id=user.login_id)
    with requested_from(replace(current(), session=session_mark(request.session.session_key))):
        journal.record(actions.SIGNED_IN, by=user, subject=user)
    return True


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


def _record_refused_password(login_id: str) -> None:
    known = User.objects.filter(login_id=login_id).first()
    journal.record(
        actions.PASSWORD_REFUSED,
        by=None,
        subject=known or journal.Subject(kind="accounts.user", id="", label=_("登録のない利用者ID")),
        result=Result.REFUSED,
    )
