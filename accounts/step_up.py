"""What is worth proving again who one is: changing rights, exporting, looking after one's own factors.

A session in which a factor was used within the last minutes (a setting) passes; any other is first asked for one.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from http import HTTPStatus
from typing import Concatenate, ParamSpec, TypeVar, cast
from urllib.parse import urlencode

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils import timezone

from accounts import actions, attempts, next_page, one_time_codes, security_keys, sessions
from accounts.http import StaffRequest
from accounts.models import StaffSession
from audit import journal
from audit.models import Result

#: How long a security key's answer stands in for a code on the page that it was given for.
KEY_IS_GOOD_FOR = timedelta(minutes=2)

P = ParamSpec("P")
Request = TypeVar("Request", bound=HttpRequest)


def is_fresh(request: HttpRequest, at: datetime) -> bool:
    """Say whether a factor was used in the request's session so lately that none is asked for again."""
    session = getattr(request, "staff_session", None)
    if not isinstance(session, StaffSession):
        return False
    return at - session.factor_used_at <= timedelta(seconds=settings.KYUFU_STEP_UP_SECONDS)


def confirm_with_code(request: StaffRequest, code: str, *, at: datetime) -> bool:
    """Let the session count as confirmed from ``at`` on when ``code`` is right; the attempt is counted first."""
    is_right = attempts.reserve(request.user.login_id, at=at) and one_time_codes.verify(request.user, code) is not None
    return _confirmed(request, is_right, kind="code", at=at)


def confirm_with_key(request: StaffRequest, answer: object, *, goes_to: str, at: datetime) -> bool:
    """Let the session count as confirmed when a security key of this person's has given ``answer``.

    For the page at ``goes_to`` it also counts as a factor given there, once (:func:`use_key_for`).
    """
    is_right = (
        attempts.reserve(request.user.login_id, at=at)
        and security_keys.finish_authentication(request, request.user, answer) is not None
    )
    if not _confirmed(request, is_right, kind="key", at=at):
        return False
    StaffSession.objects.filter(pk=request.staff_session.pk).update(key_used_for=goes_to[:200], key_used_at=at)
    return True


def is_key_used_for(request: StaffRequest, page: str, *, at: datetime) -> bool:
    """Say whether a security key was used for ``page`` a moment ago, and that use is not taken yet."""
    return _key_used_for(request, page, at=at).exists()


def use_key_for(request: StaffRequest, page: str, *, at: datetime) -> bool:
    """Take the one use of a security key for ``page``; of two requests at once, one gets it."""
    return _key_used_for(request, page, at=at).update(key_used_for="", key_used_at=None) == 1


def _key_used_for(request: StaffRequest, page: str, *, at: datetime) -> QuerySet[StaffSession]:
    return StaffSession.objects.filter(
        pk=request.staff_session.pk, key_used_for=page, key_used_at__gt=at - KEY_IS_GOOD_FOR, ended_at__isnull=True
    )


def required(
    view: Callable[Concatenate[Request, P], HttpResponse],
) -> Callable[Concatenate[Request, P], HttpResponse]:
    """Let a view run only for somebody who has just proved who they are; everybody else is asked, then sent back.

    A form that was sent is not sent again by itself: its sender comes back to the page it stood on.
    """

    @wraps(view)
    def guarded(request: Request, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if is_fresh(request, timezone.now()):
            return view(request, *args, **kwargs)
        if request.headers.get("Accept") == "application/json" or request.content_type == "application/json":
            return JsonResponse({"error": "confirm"}, status=HTTPStatus.FORBIDDEN)
        is_page = request.method in {"GET", "HEAD"}
        goes_to = request.path if is_page else next_page.safe(request, request.headers.get("Referer", ""))
        return HttpResponseRedirect(f"{reverse('accounts:confirm')}?{urlencode({'next': goes_to})}")

    guarded.asks_for_factor = True  # type: ignore[attr-defined]  # read by a test
    return cast("Callable[Concatenate[Request, P], HttpResponse]", guarded)


def _confirmed(request: StaffRequest, is_right: bool, *, kind: str, at: datetime) -> bool:
    user, session = request.user, request.staff_session
    if not is_right:
        journal.record(actions.CONFIRM_REFUSED, by=user, subject=user, result=Result.REFUSED, details={"kind": kind})
        return False
    with transaction.atomic():
        if not sessions.confirm_factor(request, session, at=at):
            return False  # ended meanwhile: the next request is told
        session.factor_used_at = at
        attempts.give_back(user.login_id)  # a factor alone is a part of the proof
        journal.record(actions.CONFIRMED, by=user, subject=user, details={"kind": kind})
    return True
