"""How far a right goes, as a condition on applications: which health centres, which programmes."""

from django.db.models import Q

from accounts.models import User


def within(user: User, permission: str, *, prefix: str = "") -> Q:
    """Return the condition that keeps the applications which ``permission`` of ``user`` reaches.

    ``prefix`` leads from the model that is asked to its application (``"application__"``). Several rights add up;
    without one nothing is kept.
    """
    nothing = Q(pk__in=[])
    reached = nothing
    for office, programme in user.reach(permission):
        limits = {"office": office, "programme": programme}
        one = Q(**{f"{prefix}{name}": value for name, value in limits.items() if value})
        if not one:
            return ~nothing  # not Q(), which vanishes beside an "or"
        reached |= one
    return reached


def covers(user: User, permission: str, *, office: str, programme: str) -> bool:
    """Say whether ``permission`` of ``user`` reaches an application of that office and programme."""
    return any(reach.office in ("", office) and reach.programme in ("", programme) for reach in user.reach(permission))


def is_unlimited(user: User, permission: str) -> bool:
    """Say whether ``permission`` of ``user`` goes for every office and programme."""
    return ("", "") in user.reach(permission)


def offices_of(user: User, permission: str) -> frozenset[str] | None:
    """Return the offices that ``permission`` of ``user`` is limited to, or None when it goes for all of them."""
    offices = frozenset(reach.office for reach in user.reach(permission))
    return None if "" in offices else offices
