"""Who sits at a terminal of the server: password and a second factor, counted and recorded as at any other door."""

from django.utils import timezone

from accounts import actions, attempts, emergency, one_time_codes, recovery_codes
from accounts.backends import PasswordBackend
from accounts.models import User
from audit import journal
from audit.models import Result


def at_terminal(login_id: str, *, password: str, code: str) -> User | None:
    """Return the person whose password and code (or one of whose recovery codes) these are; None for any reason.

    A security key needs a browser: whoever has nothing else uses a code of their recovery sheet.
    """
    at = timezone.now()
    if not attempts.reserve(login_id, at=at):
        return None
    user = PasswordBackend().authenticate(None, username=login_id, password=password)
    is_let_in = user is not None and user.may_sign_in and emergency.why_not_open(user, at=at) is None
    if user is None or not is_let_in:
        known = User.objects.filter(login_id=login_id).first()
        journal.record(actions.PASSWORD_REFUSED, by=None, subject=known, result=Result.REFUSED)
        return None
    if one_time_codes.verify(user, code) is None and recovery_codes.use(user, code, at=at) is None:
        journal.record(actions.CODE_REFUSED, by=user, subject=user, result=Result.REFUSED, details={"kind": "code"})
        return None
    attempts.forget(login_id)
    journal.record(actions.CONFIRMED, by=user, subject=user, details={"kind": "code"})
    return user
