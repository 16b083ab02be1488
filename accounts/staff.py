"""Adds members of staff when an office is set up: by the role that owns the tables, which needs no proposal.

Everybody who comes later is proposed by one user administrator and approved by another (``accounts.rights``).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import actions, factors, paper_codes
from accounts.models import RoleAssignment, User
from accounts.models.people import MustChange
from accounts.roles import HANDBOOK, Role, conflict_within
from audit import journal

#: Five groups of twenty bits.
PASSWORD_GROUPS = 5


class ConflictError(ValueError):
    """Duties that one person may not hold together. The text says which."""


class NotTheFirstError(RuntimeError):
    """The office has user administrators already: they take on everybody else."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """What one of the first user administrators begins with; shown once."""

    login_id: str
    password: str
    enrolment_code: str
    valid_until: datetime

    def __repr__(self) -> str:
        return f"Sheet({self.login_id})"


@transaction.atomic
def add(
    *, login_id: str, display_name: str, section: str, roles: Iterable[Role], password: str, office: str = ""
) -> User:
    """Add a member of staff with their duties, limited to ``office`` if one is named; they sign in once enrolled.

    Raises :class:`ConflictError` when ``roles`` would let one person watch or undo their own work.
    """
    held = frozenset(roles)
    if pair := conflict_within(held):
        names = "」と「".join(str(HANDBOOK[role].label) for role in sorted(pair))
        raise ConflictError(_("「%(names)s」は1人が兼ねることができません。") % {"names": names})
    user = User(login_id=login_id, display_name=display_name, section=section, password_changed_at=timezone.now())
    user.set_password(password)
    user.full_clean(exclude=["password"])
    user.save()
    RoleAssignment.objects.bulk_create([RoleAssignment(user=user, role=role, office=office) for role in held])
    return user


@transaction.atomic
def hire_first_administrators(people: Sequence[tuple[str, str, str]], *, at: datetime) -> list[Sheet]:
    """Take on the first user administrators (sign-in id, name, section) and return what each begins with.

    Raises :class:`NotTheFirstError` when somebody holds that duty, and ValidationError for an id that cannot be one.
    """
    if RoleAssignment.objects.filter(role=Role.USER_ADMINISTRATOR, user__is_emergency=False).exists():
        raise NotTheFirstError(
            _("利用者管理者が、すでに登録されています。利用者の登録は、利用者管理者2人で画面から行ってください。")
        )
    until = at + timedelta(days=settings.KYUFU_SLIP_DAYS)
    sheets = []
    for login_id, display_name, section in people:
        password = paper_codes.draw(groups=PASSWORD_GROUPS)
        user = add(
            login_id=login_id,
            display_name=display_name,
            section=section,
            roles=[Role.USER_ADMINISTRATOR],
            password=password,
        )
        User.objects.filter(pk=user.pk).update(must_change_password=MustChange.FIRST, temporary_until=until)
        journal.record(actions.STAFF_HIRED, by=None, subject=user)
        sheets.append(Sheet(login_id, password, factors.issue_enrolment_code(user, by=user, at=at), until))
    return sheets
