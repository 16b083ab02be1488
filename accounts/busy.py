"""The answer when more people are proving who they are than the machine can look at."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Concatenate, ParamSpec, TypeVar, cast

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from accounts.hashers import TooBusyError

P = ParamSpec("P")
Request = TypeVar("Request", bound=HttpRequest)
View = Callable[Concatenate[Request, P], HttpResponse]

#: After how many seconds to try again.
TRY_AGAIN_AFTER = 30


def told(view: View[Request, P]) -> View[Request, P]:
    """Answer 503 and when to try again, instead of failing, when a password's turn at being hashed did not come."""

    @wraps(view)
    def answered(request: Request, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except TooBusyError:
            return answer(request)

    return cast("View[Request, P]", answered)


def answer(request: HttpRequest) -> HttpResponse:
    """Say that nothing was done, and when to try again."""
    response: HttpResponse
    if request.headers.get("Accept") == "application/json":
        response = JsonResponse({"error": "too_busy"}, status=HTTPStatus.SERVICE_UNAVAILABLE)
    else:
        response = render(request, "accounts/busy.html", status=HTTPStatus.SERVICE_UNAVAILABLE)
    response["Retry-After"] = str(TRY_AGAIN_AFTER)
    return response
