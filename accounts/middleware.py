"""Ends a session that nobody has used for a while, on the server, whatever the page in the browser thinks."""

from collections.abc import Callable
from datetime import datetime, timedelta
from http import HTTPStatus
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import sign_in
from accounts.models import User

#: The time of last use is written at most this often, so that reading pages does not write to the session each time.
WRITTEN_EVERY = timedelta(seconds=30)


class SessionTimeMiddleware:
    """Sign out whoever has been idle longer than ``KYUFU_IDLE_SECONDS`` or signed in longer than the absolute limit.

    Also ends a session in which no one-time code was given: there is no way to get one, and if there were,
    it should not work.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if isinstance(request.user, User):
            now = timezone.now()
            if self._is_over(request, now):
                return self._sign_in_again(request)
            if now - self._moment(request, sign_in.LAST_USED_AT) > WRITTEN_EVERY:
                request.session[sign_in.LAST_USED_AT] = now.isoformat()
        return self.get_response(request)

    def _is_over(self, request: HttpRequest, now: datetime) -> bool:
        idle = now - self._moment(request, sign_in.LAST_USED_AT)
        age = now - self._moment(request, sign_in.SIGNED_IN_AT)
        return (
            idle > timedelta(seconds=settings.KYUFU_IDLE_SECONDS)
            or age > timedelta(seconds=settings.KYUFU_SESSION_SECONDS)
            or not request.user.is_verified()  # type: ignore[union-attr]  # set by django-otp's middleware
        )

    @staticmethod
    def _moment(request: HttpRequest, name: str) -> datetime:
        """Return a time kept in the session; a session without one is as old as can be."""
        kept = request.session.get(name)
        return datetime.fromisoformat(kept) if kept else datetime.min.replace(tzinfo=timezone.get_current_timezone())

    @staticmethod
    def _sign_in_again(request: HttpRequest) -> HttpResponse:
        sign_in.sign_out(request, expired=True)
        if request.headers.get("Accept") == "application/json":
            return JsonResponse({"error": "session_expired"}, status=HTTPStatus.UNAUTHORIZED)
        messages.warning(
            request, _("しばらく操作がなかったため、サインアウトしました。もう一度サインインしてください。")
        )
        # Only a page can be gone back to; a form that was sent is not sent again by itself.
        query = {"next": request.path} if request.method == "GET" else {}
        return HttpResponseRedirect(
            f"{reverse('accounts:sign-in')}?{urlencode(query)}" if query else reverse("accounts:sign-in")
        )
