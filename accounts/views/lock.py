"""Stepping away: the locked screen, opening it again, and what the page's own clock asks the server."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.contrib.auth.hashers import make_password
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import (
    actions,
    attempts,
    busy,
    factors,
    kept_input as keeping,
    lock_screen,
    one_time_codes,
    security_keys,
    sessions,
)
from accounts.hashers import TooBusyError
from accounts.http import StaffRequest
from accounts.kept_input import Kept
from accounts.unlock_form import UnlockForm
from audit import journal
from audit.models import Result

LONGEST_PATH = 300
MOST_FIELDS = 2_000


@require_http_methods(["GET", "POST"])
def lock(request: StaffRequest) -> HttpResponse:
    """Show the locked screen; by POST lock it at once, keeping what the page's script sends of a form."""
    if request.method == "GET":
        goes_to = lock_screen.way_back(request, request.GET.get("next", ""))
        if request.staff_session.locked_at is None:
            return redirect(goes_to)
        return _page(request, UnlockForm(takes_factor=_takes_factor(request)), goes_to=goes_to)
    now = timezone.now()
    sessions.lock(request.staff_session, by=request.user, at=now, is_idle=False)
    if request.content_type != "application/json":
        return _closed(HttpResponseRedirect(lock_screen.address(lock_screen.page_of(request))))
    sent = _sent(request)
    if sent is None:
        return _closed(JsonResponse({"error": "unreadable"}, status=HTTPStatus.BAD_REQUEST))
    keeping.keep(request.user, sent, at=now, since=request.staff_session.locked_at or now)
    return _closed(JsonResponse({"goes_to": lock_screen.address(sent.path)}))


@sensitive_post_parameters("password", "code")
@require_POST
@busy.told
def unlock(request: StaffRequest) -> HttpResponse:
    """Open the screen again for whoever proves to be its owner, and lead back to where they were.

    A try is counted before the password is looked at, together with those at signing in; whatever is wrong is
    answered with the same words.
    """
    goes_to = lock_screen.way_back(request, request.POST.get("next", ""))
    session = request.staff_session
    if session.locked_at is None:
        return redirect(goes_to)
    takes_factor = _takes_factor(request)
    form = UnlockForm(request.POST, takes_factor=takes_factor)
    if not form.is_valid():
        return _page(request, form, goes_to=goes_to)
    now = timezone.now()
    code = form.cleaned_data.get("code", "")
    is_right = _is_owner(
        request,
        form.cleaned_data["password"],
        lambda: not takes_factor or one_time_codes.verify(request.user, code) is not None,
        at=now,
    )
    if not is_right:
        return _page(request, UnlockForm(takes_factor=takes_factor), goes_to=goes_to, refusal=_refusal(takes_factor))
    return _opened(request, redirect(goes_to), at=now, with_factor=takes_factor)


@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
@busy.told
def unlock_key(request: StaffRequest) -> HttpResponse:
    """Tell the browser what to ask a security key, and open the screen by password and the key's answer."""
    if request.method == "GET":
        return JsonResponse(security_keys.begin_authentication(request, request.user))
    sent = security_keys.posted(request)
    goes_to = lock_screen.way_back(request, _text(sent.get("next")))
    if request.staff_session.locked_at is None:
        return JsonResponse({"goes_to": goes_to})
    form = UnlockForm({"password": _text(sent.get("password"))}, takes_factor=False)
    if not form.is_valid():
        return _said(str(form.errors["password"][0]))
    now = timezone.now()
    is_right = _is_owner(
        request,
        form.cleaned_data["password"],
        lambda: security_keys.finish_authentication(request, request.user, sent.get("credential")) is not None,
        at=now,
    )
    if not is_right:
        return _said(_("パスワードかセキュリティキーが違うか、続けて間違えたため待ち時間中です。"))
    return _opened(request, JsonResponse({"goes_to": goes_to}), at=now, with_factor=True)


@require_GET
def state(request: StaffRequest) -> HttpResponse:
    """Tell the page's clock how long the session goes on. Asking does not count as use."""
    return _state(request)


@require_POST
def use(request: StaffRequest) -> HttpResponse:
    """Go on: a person has said so, or has been typing."""
    now = timezone.now()
    session = request.staff_session
    sessions.use(session, at=now, every=timedelta(0))
    session.refresh_from_db(fields=["locked_at", "last_used_at"])
    if session.locked_at is not None:  # in another tab, a moment ago
        return lock_screen.answer(request)
    return _state(request)


@require_http_methods(["GET", "POST"])
def kept_input(request: StaffRequest) -> HttpResponse:
    """List what was kept, to be typed again; by POST give it to the page's script, once, or throw it away."""
    now = timezone.now()
    if request.method == "GET":
        return render(request, "accounts/kept_input.html", {"kept": keeping.read(request.user, at=now)})
    if request.headers.get("Accept") != "application/json":
        keeping.discard(request.user)
        messages.success(request, _("保管していた入力を破棄しました。"))
        return redirect("benefits:home")
    kept = keeping.give_back(request.user, path=request.POST.get("path", ""), at=now)
    if kept is None:
        return JsonResponse({"fields": None})
    return JsonResponse({"fields": kept.fields, "focus": kept.focus, "is_short": kept.is_short})


def _state(request: StaffRequest) -> JsonResponse:
    standing = sessions.standing(request.staff_session, at=timezone.now())
    return JsonResponse(
        {
            "locked": False,  # a locked session is answered before this view is reached
            "seconds_to_warning": standing.seconds_to_warning,
            "seconds_to_lock": standing.seconds_to_lock,
            "seconds_to_end": standing.seconds_to_end,
        }
    )


def _is_owner(request: StaffRequest, password: str, has_factor: Callable[[], bool], *, at: datetime) -> bool:
    """Say whether this is the person whose screen it is; a refusal is recorded, and nothing tells why."""
    user = request.user
    if attempts.reserve(user.login_id, at=at):
        try:
            is_right = user.check_password(password)
        except TooBusyError:
            attempts.give_back(user.login_id)
            raise
        # a code or a key's answer is used up by looking at it: only behind the right password
        if is_right and has_factor():
            return True
    else:
        make_password(password)  # as long as a look at the password takes
    journal.record(actions.UNLOCK_REFUSED, by=user, subject=user, result=Result.REFUSED)
    return False


def _opened(request: StaffRequest, response: HttpResponse, *, at: datetime, with_factor: bool) -> HttpResponse:
    """Open the screen. When it was ended or opened elsewhere meanwhile, the next request finds out which."""
    if sessions.unlock(request, request.staff_session, by=request.user, at=at, with_factor=with_factor):
        # the session was begun with a factor, and a device counts wrong codes by itself
        attempts.forget(request.user.login_id)
    return lock_screen.renew_mark(response)


def _refusal(takes_factor: bool) -> str:
    """Return the one sentence for every refusal, whatever the reason."""
    if takes_factor:
        return _(
            "パスワードか確認コードが違うか、続けて間違えたため待ち時間中です。しばらくしてからもう一度試してください。"
        )
    return _("パスワードが違うか、続けて間違えたため待ち時間中です。しばらくしてからもう一度試してください。")


def _said(message: str) -> JsonResponse:
    return JsonResponse({"error": "refused", "message": message}, status=HTTPStatus.FORBIDDEN)


def _text(value: object) -> str:
    """Return a text that can be hashed: half of a surrogate pair can stand in JSON and nowhere else."""
    return value if isinstance(value, str) and not any("\ud800" <= one <= "\udfff" for one in value) else ""


def _takes_factor(request: StaffRequest) -> bool:
    return sessions.unlocking_takes_factor(request.staff_session, at=timezone.now())


def _page(request: StaffRequest, form: UnlockForm, *, goes_to: str, refusal: str = "") -> HttpResponse:
    kept = keeping.is_there(request.user, at=timezone.now())
    page: dict[str, Any] = {"form": form, "goes_to": goes_to, "refusal": refusal, "is_input_kept": kept}
    if "code" in form.fields:
        held = factors.of(request.user)
        page |= {
            "has_keys": bool(held.keys),
            "has_code_or_nothing": bool(held.code) or not held.keys,
            "key_form": UnlockForm(auto_id="key_%s", takes_factor=False),
            "keys_at": security_keys.why_unusable(request),
        }
    else:
        page["has_code_or_nothing"] = True
    return render(request, "accounts/lock.html", page)


def _closed(response: HttpResponse) -> HttpResponse:
    """Let the browser drop what it holds of the pages that were open."""
    response["Clear-Site-Data"] = '"cache"'
    return lock_screen.renew_mark(response)


def _sent(request: StaffRequest) -> Kept | None:
    """Return what the page's script sent, or None when it is not what the script sends."""
    try:
        body: Any = json.loads(request.body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(body, dict):
        return None
    path, fields, focus = body.get("path"), body.get("fields", []), body.get("focus", "")
    if not isinstance(path, str) or len(path) > LONGEST_PATH or not isinstance(focus, str):
        return None
    if not isinstance(fields, list) or len(fields) > MOST_FIELDS or not all(_is_field(field) for field in fields):
        return None
    return Kept(
        path=lock_screen.way_back(request, path),
        fields=tuple((name, value) for name, value in fields),
        focus=focus,
        is_short=body.get("is_short") is True,
    )


def _is_field(field: Any) -> bool:
    return isinstance(field, list) and len(field) == 2 and all(isinstance(part, str) for part in field)
