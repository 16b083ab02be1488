"""What a locked screen answers: the way to the lock page, and nothing of what was asked for.

A form that arrives at a locked screen is not carried out. What was typed into it is kept, and its sender gets it
back after unlocking.
"""

import secrets
from http import HTTPStatus
from typing import cast
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.middleware.csrf import CsrfViewMiddleware
from django.urls import reverse
from django.utils import timezone

from accounts import kept_input, next_page
from accounts.http import StaffRequest
from accounts.kept_input import Kept

_PAGES_OF_ITS_OWN = ("accounts:lock", "accounts:unlock", "accounts:unlock-key", "accounts:sign-out")


def answer(request: HttpRequest) -> HttpResponse:
    """Lead to the lock page; keep what a form brought. A program is told in its own language."""
    if request.headers.get("Accept") == "application/json" or request.content_type == "application/json":
        return renew_mark(JsonResponse({"error": "locked"}, status=HTTPStatus.UNAUTHORIZED))
    here = page_of(request)
    if request.method == "POST" and _is_from_our_page(request):
        asked = cast("StaffRequest", request)
        session = asked.staff_session
        now = timezone.now()
        kept_input.keep(
            asked.user,
            Kept(path=here, fields=tuple(kept_input.fields_of(request)), is_short=bool(request.FILES)),
            at=now,
            since=session.locked_at or now,
        )
    return renew_mark(HttpResponseRedirect(address(here)))


def address(goes_to: str) -> str:
    """Return the address of the lock page that leads back to ``goes_to`` once it is open again."""
    return f"{reverse('accounts:lock')}?{urlencode({'next': goes_to})}"


def page_of(request: HttpRequest) -> str:
    """Return the path of the page that somebody is at: the one asked for, or the one whose form was sent."""
    if request.method in {"GET", "HEAD"}:
        return way_back(request, request.path)
    return way_back(request, request.headers.get("Referer") or request.path)


def way_back(request: HttpRequest, goes_to: str) -> str:
    """Return the path of ``goes_to`` when it is a page of ours that can be gone back to, else the home page's."""
    path = next_page.safe(request, goes_to)
    return reverse("benefits:home") if path in {reverse(name) for name in _PAGES_OF_ITS_OWN} else path


def renew_mark(response: HttpResponse) -> HttpResponse:
    """Change a cookie that no script sees: Chromium then drops the pages it holds ready for the Back button."""
    response.set_cookie(
        settings.SESSION_COOKIE_NAME.replace("session", "screen"),
        secrets.token_hex(8),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Strict",
    )
    return response


class _Check(CsrfViewMiddleware):
    """Django's own check, as a question: the middleware would run it only before a view."""

    def _reject(self, request: HttpRequest, reason: str) -> HttpResponse:
        return HttpResponse(status=HTTPStatus.FORBIDDEN)


def _is_from_our_page(request: HttpRequest) -> bool:
    """Say whether the form carries the token of this session."""

    def nothing(_request: HttpRequest) -> HttpResponse:
        return HttpResponse()

    return _Check(nothing).process_view(request, nothing, (), {}) is None
