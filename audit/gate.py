"""The gate before a view: who may not pass is told so, and the attempt is on record."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar, cast
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from audit import actions, journal
from audit.models import Result

#: Nine digits at most.
SMALL = 10**9
P = ParamSpec("P")
Request = TypeVar("Request", bound=HttpRequest)


def requires(
    *permissions: str,
) -> Callable[[Callable[Concatenate[Request, P], HttpResponse]], Callable[Concatenate[Request, P], HttpResponse]]:
    """Let a view run only for somebody with one of ``permissions``; record everyone else's attempt and answer 403.

    The permissions are kept on the view as ``required_permissions``, where a test reads them.
    """

    def decorate(
        view: Callable[Concatenate[Request, P], HttpResponse],
    ) -> Callable[Concatenate[Request, P], HttpResponse]:
        @wraps(view)
        def guarded(request: Request, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            user: Any = request.user
            if not any(user.has_perm(permission) for permission in permissions):
                journal.record(
                    actions.PAGE_REFUSED,
                    by=user,
                    subject=journal.Subject(kind="page", id=page_of(request)),
                    person_id=_person_in(kwargs),
                    result=Result.REFUSED,
                    details={
                        "route": request.resolver_match.route if request.resolver_match else "",
                        "method": request.method,
                    },
                )
                raise PermissionDenied
            return view(request, *args, **kwargs)

        guarded.required_permissions = permissions  # type: ignore[attr-defined]
        return cast("Callable[Concatenate[Request, P], HttpResponse]", guarded)

    return decorate


def page_of(request: HttpRequest) -> str:
    """Return which page was asked for: its name and the ids in its address, never words or numbers typed there."""
    match = request.resolver_match
    if match is None:
        return ""
    ids = [str(value) for value in match.kwargs.values() if isinstance(value, UUID) or _is_a_small_number(value)]
    return " ".join([match.view_name, *ids])[:100]


def _is_a_small_number(value: object) -> bool:
    """Say whether it is the number of one of the office's own things: shorter than any that is somebody's."""
    return isinstance(value, int) and abs(value) < SMALL


def _person_in(arguments: Mapping[str, object]) -> UUID | None:
    """Return whose page was asked for, when the address says it."""
    person = arguments.get("person_id")
    return person if isinstance(person, UUID) else None
