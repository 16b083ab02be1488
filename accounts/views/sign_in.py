"""Signing in and out, and who holds which role."""

from urllib.parse import urlsplit

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import Resolver404, resolve, reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import actions, sign_in
from accounts.forms import CodeForm, PasswordForm, repeatable
from accounts.http import StaffRequest
from accounts.models import User
from accounts.roles import HANDBOOK
from audit import journal
from audit.gate import requires

NEXT = "sign_in_next"


@login_not_required
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def password(request: HttpRequest) -> HttpResponse:
    """Ask for id and password. Right or wrong, nothing is told about which part was wrong."""
    if isinstance(request.user, User):
        return redirect("benefits:home")
    if request.method == "GET":
        if goes_to := request.GET.get("next"):
            request.session[NEXT] = _safe(request, goes_to)
        return password_page(request)
    form = PasswordForm(request.POST)
    if not form.is_valid():
        return render(request, "accounts/password.html", {"form": form})
    if sign_in.check_password(request, **form.cleaned_data, at=timezone.now()):
        return redirect("accounts:code")
    return password_page(request, refused=True)


def password_page(request: HttpRequest, *, refused: bool = False) -> HttpResponse:
    """Draw the first step; after a refusal the id is kept and the password is not."""
    form = PasswordForm(initial={"login_id": repeatable(request.POST.get("login_id", ""))} if refused else None)
    refusal = sign_in.refused_message() if refused else ""
    return render(request, "accounts/password.html", {"form": form, "refusal": refusal})


@login_not_required
@sensitive_post_parameters("code")
@require_http_methods(["GET", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    """Ask for the one-time code of whoever gave the right password a moment ago."""
    now = timezone.now()
    user = sign_in.awaited_person(request, at=now)
    if user is None:
        return redirect("accounts:sign-in")
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        goes_to = request.session.get(NEXT, "")
        if sign_in.check_code(request, user, code=form.cleaned_data["code"], at=now):
            return redirect(_safe(request, goes_to))
        form = CodeForm()
        refusal = _("確認コードが違うか、使用済みです。認証アプリに表示されている新しいコードを入力してください。")
        return render(request, "accounts/code.html", {"form": form, "refusal": refusal})
    return render(request, "accounts/code.html", {"form": form})


@login_not_required
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session and clear what the browser kept of it."""
    sign_in.sign_out(request, at=timezone.now())
    response = redirect("accounts:sign-in")
    response["Clear-Site-Data"] = '"cache", "storage"'
    return response


def security_key(request: HttpRequest) -> HttpResponse:
    return HttpResponse(status=501)


def recovery(request: HttpRequest) -> HttpResponse:
    return HttpResponse(status=501)


def enrol(request: HttpRequest) -> HttpResponse:
    return HttpResponse(status=501)


def _safe(request: HttpRequest, goes_to: str) -> str:
    """Return the path of ``goes_to`` when it is a page of this site, else of the home page.

    What follows the path is left out: a new session knows none of it, and it could hold anything.
    """
    path = urlsplit(goes_to).path if _is_ours(request, goes_to) else ""
    try:
        resolve(path)
    except Resolver404:
        return reverse("benefits:home")
    return path


def _is_ours(request: HttpRequest, goes_to: str) -> bool:
    return url_has_allowed_host_and_scheme(goes_to, {request.get_host()}, require_https=request.is_secure())
