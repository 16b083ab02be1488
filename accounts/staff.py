"""The only code that adds a member of staff or gives somebody a duty."""

from collections.abc import Iterable

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import RoleAssignment, User
from accounts.roles import HANDBOOK, Role, conflict_within
from audit import journal


class ConflictError(ValueError):
    """Duties that one person may not hold together. The text says which."""


@transaction.atomic
def add(*, login_id: str, display_name: str, section: str, roles: Iterable[Role], password: str) -> User:
    """Add a member of staff with their duties; they sign in once a code device is enrolled.

    Raises :class:`ConflictError` when ``roles`` would let one person watch or undo their own work.
    """
    held = frozenset(roles)
    if pair := conflict_within(held):
        names = "」と「".join(str(HANDBOOK[role].label) for role in sorted(pair))
        raise ConflictError(_("「%(names)s」は1人が兼ねることができません。") % {"names": names})
    user = User(login_id=login_id, display_name=display_name, section=section)
    user.set_password(password)
    user.full_clean(exclude=["password"])
    user.save()
    RoleAssignment.objects.bulk_create([RoleAssignment(user=user, role=role) for role in held])
    journal.name_actor(user.pk, name=display_name, login_id=login_id)
    return user
