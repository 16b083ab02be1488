"""Signing in, step by step, and signing out."""

from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts import busy, factors, next_page, recovery_codes, security_keys, sign_in
from accounts.forms import CodeForm, EnrolmentCodeForm, PasswordForm, RecoveryCodeForm, repeatable
from accounts.models import User

NEXT = "sign_in_next"


@login_not_required
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
@busy.told
def password(request: HttpRequest) -> HttpResponse:
    """Ask for id and password. Right or wrong, nothing is told about which part was wrong."""
    if isinstance(request.user, User):
        return redirect("benefits:home")
    if request.method == "GET":
        if goes_to := request.GET.get("next"):
            request.session[NEXT] = next_page.safe(request, goes_to)
        return password_page(request)
    form = PasswordForm(request.POST)
    if not form.is_valid():
        return render(request, "accounts/password.html", {"form": form, "idle_minutes": _idle_minutes()})
    if sign_in.check_password(request, **form.cleaned_data, at=timezone.now()):
        return redirect("accounts:code")
    return password_page(request, refused=True)


def password_page(request: HttpRequest, *, refused: bool = False) -> HttpResponse:
    """Draw the first step; after a refusal the id is kept and the password is not."""
    form = PasswordForm(initial={"login_id": repeatable(request.POST.get("login_id", ""))} if refused else None)
    refusal = sign_in.refused_message() if refused else ""
    page = {"form": form, "refusal": refusal, "idle_minutes": _idle_minutes()}
    return render(request, "accounts/password.html", page)


@login_not_required
@sensitive_post_parameters("code")
@require_http_methods(["GET", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    """Ask whoever gave the right password a moment ago for a second factor that they have: first for a code."""
    now = timezone.now()
    user = sign_in.awaited_person(request, at=now)
    if user is None:
        return redirect("accounts:sign-in")
    held = factors.of(user)
    if not held:
        return redirect("accounts:sign-in-enrol")
    page: dict[str, Any] = {"form": CodeForm(), "held": held, "keys_at": security_keys.why_unusable(request)}
    if request.method == "POST":
        form = CodeForm(request.POST)
        page["form"] = form
        if form.is_valid():
            goes_to = request.session.get(NEXT, "")
            if arrival := sign_in.check_code(request, user, code=form.cleaned_data["code"], at=now):
                return _welcome(request, arrival, goes_to)
            page["form"] = CodeForm()
            page["refusal"] = _(
                "確認コードが違うか、使用済みです。認証アプリに表示されている新しいコードを入力してください。"
                "続けて間違えたときは、しばらく待ってから入力してください。"
            )
    return render(request, "accounts/code.html", page)


@login_not_required
@require_http_methods(["GET", "POST"])
def security_key(request: HttpRequest) -> HttpResponse:
    """Tell the browser what to ask the key, and take the key's answer: the page is the code's."""
    now = timezone.now()
    user = sign_in.awaited_person(request, at=now)
    if user is None:
        if _is_page(request):
            return redirect("accounts:sign-in")
        return JsonResponse({"error": "start_again", "message": _start_again()}, status=HTTPStatus.FORBIDDEN)
    if request.method == "GET":
        if _is_page(request):
            return redirect("accounts:code")
        return JsonResponse(security_keys.begin_authentication(request, user))
    goes_to = request.session.get(NEXT, "")
    answer = security_keys.posted(request).get("credential")
    if arrival := sign_in.check_key(request, user, answer=answer, at=now):
        return JsonResponse({"goes_to": _welcome(request, arrival, goes_to)["Location"]})
    return JsonResponse({"error": "refused", "message": key_refused()}, status=HTTPStatus.FORBIDDEN)


@login_not_required
@sensitive_post_parameters("code")
@require_http_methods(["GET", "POST"])
def recovery(request: HttpRequest) -> HttpResponse:
    """Take a code from the person's sheet instead of a factor that is lost, and say how many are left."""
    now = timezone.now()
    user = sign_in.awaited_person(request, at=now)
    if user is None:
        return redirect("accounts:sign-in")
    page: dict[str, Any] = {"form": RecoveryCodeForm()}
    if request.method == "POST":
        form = RecoveryCodeForm(request.POST)
        page["form"] = form
        if form.is_valid():
            goes_to = request.session.get(NEXT, "")
            if arrival := sign_in.check_recovery_code(request, user, code=form.cleaned_data["code"], at=now):
                left = recovery_codes.left(user)
                words = _("回復コードを1つ使いました。残りは{count}個です。").format(count=left)
                if left <= recovery_codes.FEW:
                    words += _("新しい用紙を作ってください。")
                messages.warning(request, words)
                return _welcome(request, arrival, goes_to)
            page["form"] = RecoveryCodeForm()
            page["refusal"] = _(
                "回復コードが違うか、使用済みです。用紙の、線で消していないコードを入力してください。"
                "続けて間違えたときは、しばらく待ってから入力してください。"
            )
    return render(request, "accounts/recovery_sign_in.html", page)


@login_not_required
@sensitive_post_parameters("code", "slip")
@require_http_methods(["GET", "POST"])
def enrol(request: HttpRequest) -> HttpResponse:
    """Let somebody without a factor enrol the first one: the code on the slip, then the device's own first code."""
    now = timezone.now()
    user = sign_in.awaited_person(request, at=now)
    if user is None:
        return redirect("accounts:sign-in")
    if factors.of(user):
        return redirect("accounts:code")
    device = sign_in.device_being_enrolled(request, user)
    if device is None:
        return _ask_for_slip(request, user)
    form = CodeForm(request.POST) if request.method == "POST" else CodeForm()
    page: dict[str, Any] = {"form": form, **factors.picture(device)}
    if request.method == "POST" and form.is_valid():
        if arrival := sign_in.enrol(request, user, code=form.cleaned_data["code"], at=now):
            messages.success(
                request,
                _(
                    "認証アプリを登録しました。スマートフォンが使えなくなったときのために、回復コードの用紙も作ってください。"
                ),
            )
            _welcome(request, arrival, "")
            return redirect("accounts:factor-recovery")
        page["form"] = CodeForm()
        page["refusal"] = _(
            "確認コードが違います。認証アプリに表示されている新しいコードを入力してください。"
            "続けて間違えたときは、しばらく待ってから入力してください。"
        )
    return render(request, "accounts/enrol.html", page)


@login_not_required
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session and clear what the browser kept of it."""
    sign_in.sign_out(request, at=timezone.now())
    response = redirect("accounts:sign-in")
    response["Clear-Site-Data"] = '"cache", "storage"'
    return response


def key_refused() -> str:
    """Return the one sentence for every refused security key."""
    return _("このセキュリティキーでは確認できませんでした。登録したキーで、もう一度試してください。")


def _ask_for_slip(request: HttpRequest, user: User) -> HttpResponse:
    form = EnrolmentCodeForm(request.POST) if request.method == "POST" else EnrolmentCodeForm()
    page: dict[str, Any] = {"form": form}
    if request.method == "POST" and form.is_valid():
        if sign_in.check_enrolment_code(request, user, code=form.cleaned_data["slip"], at=timezone.now()):
            return redirect("accounts:sign-in-enrol")
        page["form"] = EnrolmentCodeForm()
        page["refusal"] = _(
            "登録コードが違うか、使用済みか、期限が過ぎています。用紙を確かめてください。"
            "使えないときは、利用者管理者に新しい用紙を頼んでください。"
        )
    return render(request, "accounts/enrol_slip.html", page)


def _welcome(request: HttpRequest, arrival: sign_in.Arrival, goes_to: str) -> HttpResponse:
    """Say what has ended elsewhere and when this person was here last, so that a stranger's visit is noticed."""
    if arrival.ended:
        messages.warning(request, _("別の端末のサインインを終了しました。"))
    if last := arrival.previous:
        when = date_format(timezone.localtime(last.began_at), "Y年n月j日 H:i")
        where = _("（端末 {client}）").format(client=last.client) if last.client else ""
        messages.info(request, _("前回のサインイン {when}{where}").format(when=when, where=where))
    return redirect(next_page.safe(request, goes_to))


def _is_page(request: HttpRequest) -> bool:
    """Say whether somebody opened the address themselves, instead of the page's script."""
    return request.method == "GET" and request.headers.get("Accept") != "application/json"


def _start_again() -> str:
    return _("時間がたったため、はじめからやり直してください。")


def _idle_minutes() -> int:
    return settings.KYUFU_IDLE_SECONDS // 60
