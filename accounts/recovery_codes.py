"""Ten codes on a sheet of paper, for the day when the telephone is broken or the key is lost.

Each has 80 bits and works once. They are shown when they are made and never again; a new sheet voids the old one.
"""

from datetime import datetime

from django.db import transaction

from accounts import actions, paper_codes
from accounts.models import RecoveryCode, RecoverySheet, User
from audit import journal

CODES = 10
GROUPS = 4
#: So few left, and the person is told to make a new sheet.
FEW = 3


@transaction.atomic
def make(user: User, *, by: User, at: datetime) -> list[str]:
    """Void the sheet that ``user`` has and return the codes of a new one. They cannot be had again."""
    User.objects.select_for_update(no_key=True).get(pk=user.pk)  # one sheet after another
    void(user)
    sheet = RecoverySheet.objects.create(user=user, name="recovery", made_at=at)
    codes = [paper_codes.draw(groups=GROUPS) for _code in range(CODES)]
    RecoveryCode.objects.bulk_create(RecoveryCode(sheet=sheet, digest=_digest(user, code)) for code in codes)
    journal.record(actions.FACTOR_ADDED, by=by, subject=user, details={"kind": "recovery", "count": len(codes)})
    return codes


def void(user: User) -> bool:
    """Take the sheet away, if there is one. The caller puts it on record, in the same transaction."""
    RecoveryCode.objects.filter(sheet__user=user).delete()
    return bool(RecoverySheet.objects.filter(user=user).delete()[0])


@transaction.atomic
def use(user: User, typed: str, *, at: datetime) -> RecoverySheet | None:
    """Use up the code that was typed and return its sheet; None when it is none of this person's unused ones.

    One statement decides, so that of two who send the same code at once one wins. It names the code's own row and
    columns only: what a join or a subquery has found is not looked at again after the wait for the other.
    """
    sheet: RecoverySheet | None = RecoverySheet.objects.filter(user=user, confirmed=True).first()
    if sheet is None:
        return None
    is_used = RecoveryCode.objects.filter(sheet=sheet, digest=_digest(user, typed), used_at__isnull=True).update(
        used_at=at
    )
    if not is_used:
        return None
    journal.record(actions.RECOVERY_USED, by=user, subject=user, details={"count": left(user)})
    return sheet


def left(user: User) -> int:
    """Return how many codes of this person's sheet are unused."""
    return RecoveryCode.objects.filter(sheet__user=user, sheet__confirmed=True, used_at__isnull=True).count()


def _digest(user: User, code: str) -> str:
    return paper_codes.digest(f"accounts.recovery|{user.pk}", code)
