"""The two emergency accounts, for the day when fewer than two user administrators can act.

Their passwords and recovery codes lie in two sealed envelopes with two people, so that two people stand behind every
change then too. While two ordinary administrators can act they let nobody in; once used they are loud until somebody
seals them again.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import actions, attempts, factors, paper_codes, passwords, recovery_codes, sessions
from accounts.models import RoleAssignment, User
from accounts.models.sessions import EndReason
from accounts.roles import Role
from audit import history, journal

LOGIN_IDS = ("emergency-1", "emergency-2")
#: However busy, a session of an emergency account ends after this long.
SESSION_LASTS = timedelta(minutes=30)
#: Five groups of twenty bits: 100 bits.
PASSWORD_GROUPS = 5
#: As many ordinary administrators as it takes to change anything.
NEEDED = 2


@dataclass(frozen=True, slots=True)
class Envelope:
    """What is printed for one sealed envelope, once."""

    login_id: str
    password: str
    recovery_codes: tuple[str, ...]

    def __repr__(self) -> str:
        return f"Envelope({self.login_id})"


def administrators_who_can_act(*, at: datetime) -> list[User]:
    """Return the ordinary user administrators who could sign in and decide today."""
    today = timezone.localdate(at)
    holders = {
        given.user
        for given in RoleAssignment.objects.select_related("user").filter(
            role=Role.USER_ADMINISTRATOR, user__is_emergency=False, user__is_active=True
        )
        if given.is_current(on=today) and (given.user.valid_until is None or today <= given.user.valid_until)
    }
    shut = attempts.shut_accounts([holder.login_id for holder in holders])
    able = (
        holder
        for holder in holders
        if holder.login_id not in shut and holder.has_usable_password() and not passwords.is_temporary_over(holder, at)
    )
    return sorted(able, key=lambda holder: holder.login_id)


def why_not_open(user: User, *, at: datetime) -> str | None:
    """Say why an emergency account lets nobody in now; None for everybody else's account, and when it is needed."""
    if not user.is_emergency or len(administrators_who_can_act(at=at)) < NEEDED:
        return None
    return _("非常用アカウントは封印されています。利用者管理者が2人とも使えない場合にだけ開きます。")


def is_too_long(user: User, *, began_at: datetime, at: datetime) -> bool:
    """Say whether a session of an emergency account has lasted as long as one may."""
    return user.is_emergency and at - began_at > SESSION_LASTS


def record_opened(user: User) -> None:
    """Put on record that an emergency account has been signed in with; everybody is told until it is sealed again."""
    if user.is_emergency:
        journal.record(actions.EMERGENCY_OPENED, by=user, subject=user)


def is_opened() -> bool:
    """Say whether an emergency account has been used and not been sealed again since."""
    now = timezone.now()
    opened, sealed = (
        history.last([action], before=now) for action in (actions.EMERGENCY_OPENED, actions.EMERGENCY_SEALED)
    )
    return opened is not None and (sealed is None or sealed < opened)


@transaction.atomic
def seal(*, at: datetime) -> list[Envelope]:
    """Make the two accounts, or give them new secrets, and return what goes into the envelopes.

    Only the role that owns the tables can: the database takes an emergency account from nobody else.
    """
    return [_seal(login_id, name, at=at) for login_id, name in zip(LOGIN_IDS, _names(), strict=True)]


def _seal(login_id: str, name: str, *, at: datetime) -> Envelope:
    user = User.objects.filter(login_id=login_id).first() or User(
        login_id=login_id, display_name=name, is_emergency=True
    )
    if not user.is_emergency:
        raise ValueError(f"{login_id} belongs to somebody")
    password = paper_codes.draw(groups=PASSWORD_GROUPS)
    user.set_password(password)
    user.is_active, user.stopped_at, user.valid_until = True, None, None
    user.password_changed_at, user.must_change_password, user.temporary_until = at, "", None
    user.enrolment_digest, user.enrolment_until = "", None
    user.save()
    if not any(
        given.is_current(on=timezone.localdate(at))
        for given in user.role_assignments.filter(role=Role.USER_ADMINISTRATOR)
    ):
        RoleAssignment.objects.create(user=user, role=Role.USER_ADMINISTRATOR, starts_on=timezone.localdate(at))
    sessions.end_all(user, EndReason.PASSWORD, by=user, at=at)
    factors.remove_all(user, by=user)
    codes = recovery_codes.make(user, by=user, at=at)
    attempts.let_in(login_id)
    journal.record(actions.EMERGENCY_SEALED, by=None, subject=user)
    return Envelope(login_id, password, tuple(codes))


def _names() -> tuple[str, str]:
    return _("非常用アカウント1"), _("非常用アカウント2")
