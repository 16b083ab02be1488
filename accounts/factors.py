"""What a person has to prove who they are with, beside the password; how it comes and how it goes."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import django_otp
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest

from accounts import actions, one_time_codes, paper_codes, qr, recovery_codes, security_keys, sessions
from accounts.models import CodeDevice, RecoverySheet, SecurityKey, User
from accounts.models.sessions import EndReason
from audit import journal

#: Three groups of four signs: 60 bits.
ENROLMENT_GROUPS = 3
ENROLMENT = "accounts.enrolment"


class LastFactorError(Exception):
    """Without this factor the person could not sign in any more."""


@dataclass(frozen=True, slots=True)
class Factors:
    """What one person has."""

    code: CodeDevice | None
    keys: tuple[SecurityKey, ...]
    recovery_left: int

    def __bool__(self) -> bool:
        return bool(self.code or self.keys or self.recovery_left)

    @property
    def count(self) -> int:
        """How many there are to sign in with day by day; a sheet of recovery codes is none."""
        return len(self.keys) + (self.code is not None)


def of(user: User) -> Factors:
    """Return what ``user`` can prove who they are with."""
    return Factors(
        code=CodeDevice.objects.filter(user=user, confirmed=True).first(),
        keys=tuple(security_keys.of(user)),
        recovery_left=recovery_codes.left(user),
    )


# ── the code on the paper slip, which opens nothing but the first enrolment ──────────────────────────────────────


@transaction.atomic
def issue_enrolment_code(user: User, *, by: User, at: datetime) -> str:
    """Return a new enrolment code for the slip of ``user``, on record. The one before is void."""
    code = paper_codes.draw(groups=ENROLMENT_GROUPS)
    User.objects.filter(pk=user.pk).update(
        enrolment_digest=paper_codes.digest(ENROLMENT, code),
        enrolment_until=at + timedelta(days=settings.KYUFU_SLIP_DAYS),
    )
    journal.record(actions.SLIP_PRINTED, by=by, subject=user, details={"kind": "enrolment"})
    return code


def enrolment_code_is_good(user: User, digest: str, *, at: datetime) -> bool:
    """Say whether ``digest`` is that of the code on this person's slip, and neither used nor out of date."""
    return bool(digest) and User.objects.filter(pk=user.pk, enrolment_digest=digest, enrolment_until__gt=at).exists()


def use_up_enrolment_code(user: User) -> None:
    """Let the slip's code open nothing any more. The caller holds the person's row and has just seen it to be good."""
    User.objects.filter(pk=user.pk).update(enrolment_until=None)


# ── going ────────────────────────────────────────────────────────────────────────────────────────────────────────


@transaction.atomic
def remove_key(user: User, key_id: int, *, by: User) -> bool:
    """Take one of this person's keys away; False when they have no such key.

    Raises :class:`LastFactorError` when nothing would be left to sign in with.
    """
    User.objects.select_for_update(no_key=True).get(pk=user.pk)  # two at once could each leave the other's
    key = SecurityKey.objects.filter(pk=key_id, user=user).first()
    if key is None:
        return False
    if of(user).count <= 1:
        raise LastFactorError
    key.delete()
    journal.record(actions.FACTOR_REMOVED, by=by, subject=user, details={"kind": "key"})
    return True


@transaction.atomic
def remove_all(user: User, *, by: User) -> int:
    """Take everything away, when it is lost and two administrators have agreed to begin anew; return how much it was.

    Whoever holds one of these factors gets in no more, from this transaction's end on.
    """
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    count = sum(
        (
            CodeDevice.objects.filter(user=user).delete()[0],
            SecurityKey.objects.filter(user=user).delete()[0],
            int(recovery_codes.void(user)),
        )
    )
    journal.record(actions.FACTOR_REMOVED, by=by, subject=user, details={"kind": "all", "count": count})
    return count


def go_on_with(request: HttpRequest, user: User, *, at: datetime) -> None:
    """Let this session go on after its owner's factors have changed, and end the others (ASVS 7.4.3).

    A session hangs on the factor it was begun with; the one that has just changed it may do without the old one.
    """
    held = of(user)
    if still := held.code or next(iter(held.keys), None) or RecoverySheet.objects.filter(user=user).first():
        django_otp.login(request, still)
    sessions.end_all(user, EndReason.ENDED_BY_OWNER, by=user, at=at, but=str(request.session.session_key))


def picture(device: CodeDevice) -> dict[str, object]:
    """Return what the enrolment page shows of a device that is being enrolled."""
    address = one_time_codes.address(device)
    return {"address": address, "secret": one_time_codes.secret(device), "qr": qr.draw(address)}
