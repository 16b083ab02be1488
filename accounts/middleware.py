"""Holds every request of a signed-in person to their session: that it goes on, is not locked, and may go on.

The server decides, whatever the page in the browser thinks.
"""

from collections.abc import Callable
from http import HTTPStatus
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import auth, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import Resolver404, resolve, reverse
from django.utils import timezone
from django.utils.translation import gettext as _, gettext_lazy

from accounts import emergency, lock_screen, passwords, sessions, sign_in
from accounts.models import StaffSession, User
from accounts.models.sessions import EndReason

GetResponse = Callable[[HttpRequest], HttpResponse]

#: What may be asked for while the screen is locked, and while the password must be changed first.
WHILE_LOCKED = frozenset({"accounts:lock", "accounts:unlock", "accounts:unlock-key", "accounts:sign-out", "healthz"})
WHILE_TO_BE_CHANGED = WHILE_LOCKED | {"accounts:change-password", "accounts:session-state"}
#: What a page's script asks for every so often, whether anybody sits there or not.
ASKED_BY_SCRIPTS = frozenset(
    {
        "accounts:session-state",
        "keys-operation-progress",
        "benefits:deletion-list-progress",
        "benefits:juki-progress",
    }
)

TOLD = {
    EndReason.REPLACED: gettext_lazy("別の端末でサインインしたため、こちらのサインインは終了しました。"),
    EndReason.ENDED_BY_OWNER: gettext_lazy("ほかの端末から、こちらのサインインを終了しました。"),
    EndReason.ENDED_BY_ADMINISTRATOR: gettext_lazy("利用者管理者が、こちらのサインインを終了しました。"),
    EndReason.PASSWORD: gettext_lazy("パスワードが変更または再設定されたため、サインインし直してください。"),
    EndReason.TOO_LONG: gettext_lazy(
        "サインインしてから長い時間がたったため、終了しました。もう一度サインインしてください。"
    ),
}


class StaffSessionMiddleware:
    """End, lock or hold up a request, before any view runs.

    Sets ``request.staff_session`` for the views behind it. A session in which no second factor was given is none.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not isinstance(request.user, User):
            self._end_if_stopped(request)
            self._tell_why(request)
            return self.get_response(request)
        now = timezone.now()
        session = sessions.current(request)
        page = _page(request)
        if session is None or not request.user.may_sign_in or not request.user.is_verified():  # type: ignore[attr-defined]  # set by django-otp's middleware
            return self._sign_in_again(request, session)
        is_over = emergency.is_too_long(request.user, began_at=session.began_at, at=now)
        if is_over or sessions.is_too_long(session, at=now):
            sessions.end(session, EndReason.TOO_LONG, by=request.user, at=now)
            return self._sign_in_again(request, None, told=str(TOLD[EndReason.TOO_LONG]))
        request.staff_session = session  # type: ignore[attr-defined]  # accounts.http.StaffRequest names it
        if session.locked_at is None and sessions.is_idle(session, at=now):
            sessions.lock(session, by=request.user, at=now, is_idle=True)
            if session.ended_at is not None:
                return self._sign_in_again(request, None)
        if session.locked_at is not None and page not in WHILE_LOCKED:
            return lock_screen.answer(request)
        if page not in WHILE_TO_BE_CHANGED and (why := passwords.why_to_change(request.user, at=now)):
            return passwords.answer_to_be_changed(request, why)
        if _is_by_hand(request, page):
            sessions.use(session, at=now)
        request.standing = sessions.standing(session, at=now)  # type: ignore[attr-defined]  # for the page's clock
        return self.get_response(request)

    @staticmethod
    def _end_if_stopped(request: HttpRequest) -> None:
        """End the session of somebody whose account was stopped: it must not go on when that is lifted again."""
        if key := request.session.session_key:
            session = (
                StaffSession.objects.filter(session_key=key, ended_at__isnull=True).select_related("user").first()
            )
            if session is not None and not session.user.may_sign_in:
                sessions.end(session, EndReason.STOPPED, by=session.user, at=timezone.now())
                request.session.flush()

    @staticmethod
    def _tell_why(request: HttpRequest) -> None:
        """Say once to whoever still holds the cookie of an ended session why it ended."""
        key = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
        if key and request.session.session_key is None and (reason := sessions.why_ended(key)) and reason in TOLD:
            messages.warning(request, TOLD[reason])

    @staticmethod
    def _sign_in_again(request: HttpRequest, session: StaffSession | None, *, told: str = "") -> HttpResponse:
        if session is not None and isinstance(request.user, User):
            sessions.end(session, EndReason.STOPPED, by=request.user, at=timezone.now())
        elif not told:
            sign_in.record_expired(request)
        auth.logout(request)
        if request.headers.get("Accept") == "application/json":
            return JsonResponse({"error": "session_expired"}, status=HTTPStatus.UNAUTHORIZED)
        messages.warning(request, told or _("サインインは終了しています。もう一度サインインしてください。"))
        # Only a page can be gone back to; a form that was sent is not sent again by itself.
        query = f"?{urlencode({'next': request.path})}" if request.method == "GET" else ""
        return HttpResponseRedirect(f"{reverse('accounts:sign-in')}{query}")


def _page(request: HttpRequest) -> str:
    """Return the name of the address that is asked for ("" when it leads nowhere)."""
    try:
        return resolve(request.path_info).view_name
    except Resolver404:
        return ""


def _is_by_hand(request: HttpRequest, page: str) -> bool:
    """Say whether a person does this. A script that asks every so often does not keep a session in use."""
    return page not in ASKED_BY_SCRIPTS
