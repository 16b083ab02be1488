"""Acts on the record for which one proves again who one is; how is known to the app that knows people (accounts)."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse

P = ParamSpec("P")
Request = TypeVar("Request", bound=HttpRequest)
View = Callable[..., HttpResponse]

_asking: list[Callable[[View], View]] = []


def declare(asking: Callable[[View], View]) -> None:
    """Say what is put around a view so that it runs only for somebody who has just proved who they are."""
    _asking[:] = [asking]


def required(
    view: Callable[Concatenate[Request, P], HttpResponse],
) -> Callable[Concatenate[Request, P], HttpResponse]:
    """Let a view run only for somebody who has just proved who they are; without a way to ask, for nobody."""

    @wraps(view)
    def guarded(request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        if not _asking:
            raise ImproperlyConfigured("nobody said how people prove who they are")
        return _asking[0](cast("View", view))(request, *args, **kwargs)

    guarded.asks_for_factor = True  # type: ignore[attr-defined]  # read by a test
    return cast("Callable[Concatenate[Request, P], HttpResponse]", guarded)
