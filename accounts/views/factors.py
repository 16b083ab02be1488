"""A person looks after what they prove who they are with. Each page asks for a factor used a moment ago."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts import actions, factors, one_time_codes, recovery_codes, security_keys, step_up
from accounts.forms import CodeForm, KeyNameForm
from accounts.http import StaffRequest
from accounts.models import CodeDevice, SecurityKey
from audit import journal
from audit.models import Result

ENROLLING = "factor_being_enrolled"


@sensitive_post_parameters("code")
@require_http_methods(["GET", "POST"])
@step_up.required
def code(request: StaffRequest) -> HttpResponse:
    """Enrol an authenticator in the place of the old one, which works until the new one's first code."""
    user = request.user
    if request.method == "POST" and "begin" in request.POST:
        request.session[ENROLLING] = one_time_codes.prepare(user, by=user).pk
        return redirect("accounts:factor-code")
    device = CodeDevice.objects.filter(pk=request.session.get(ENROLLING, 0), user=user, confirmed=False).first()
    if device is None:
        return render(request, "accounts/factor_code_begin.html", {"held": factors.of(user)})
    form = CodeForm(request.POST) if request.method == "POST" else CodeForm()
    page: dict[str, Any] = {"form": form, **factors.picture(device)}
    if request.method == "POST" and form.is_valid():
        if one_time_codes.confirm(user, device.pk, form.cleaned_data["code"], by=user) is not None:
            del request.session[ENROLLING]
            factors.go_on_with(request, user, at=timezone.now())
            messages.success(request, _("認証アプリを登録しました。前の登録のコードは使えなくなりました。"))
            return redirect("accounts:account")
        _refused(request, "code")
        page["form"] = CodeForm()
        page["refusal"] = _("確認コードが違います。認証アプリに表示されている新しいコードを入力してください。")
    return render(request, "accounts/factor_code.html", page)


@require_http_methods(["GET", "POST"])
@step_up.required
def add_key(request: StaffRequest) -> HttpResponse:
    """Show the page, tell the browser what to ask the new key, and keep the key that it made."""
    user = request.user
    if request.method == "GET":
        if request.headers.get("Accept") == "application/json":
            return JsonResponse(security_keys.begin_registration(request, user))
        page = {
            "form": KeyNameForm(initial={"name": _suggested_name(request)}),
            "keys_at": security_keys.why_unusable(request),
            "has_enough": len(security_keys.of(user)) >= security_keys.MOST,
        }
        return render(request, "accounts/factor_key.html", page)
    sent = security_keys.posted(request)
    form = KeyNameForm({"name": sent.get("name", "")})
    if not form.is_valid():
        return JsonResponse({"error": "name", "message": form.errors["name"][0]}, status=HTTPStatus.BAD_REQUEST)
    if (
        security_keys.finish_registration(request, user, sent.get("credential"), name=form.cleaned_data["name"])
        is None
    ):
        _refused(request, "key")
        words = _(
            "このセキュリティキーは登録できませんでした。登録済みのキーでないか確かめて、もう一度試してください。"
        )
        return JsonResponse({"error": "refused", "message": words}, status=HTTPStatus.BAD_REQUEST)
    messages.success(request, _("セキュリティキーを登録しました。次のサインインから使えます。"))
    return JsonResponse({"goes_to": reverse("accounts:account")})


@require_http_methods(["GET", "POST"])
@step_up.required
def remove_key(request: StaffRequest, key_id: int) -> HttpResponse:
    """Ask before one of the person's own keys is taken away, and take it; the last factor stays."""
    key = SecurityKey.objects.filter(pk=key_id, user=request.user).first()
    if key is None:
        _refused(request, "key")
        raise Http404
    if request.method == "GET":
        return render(request, "accounts/factor_key_remove.html", {"key": key, "held": factors.of(request.user)})
    try:
        factors.remove_key(request.user, key_id, by=request.user)
    except factors.LastFactorError:
        _refused(request, "key")
        messages.error(request, _("最後の確認手段は削除できません。先に別の確認手段を登録してください。"))
        return redirect("accounts:factor-key-remove", key_id=key_id)
    factors.go_on_with(request, request.user, at=timezone.now())
    messages.success(request, _("セキュリティキーを削除しました。"))
    return redirect("accounts:account")


@require_http_methods(["GET", "POST"])
@step_up.required
def recovery(request: StaffRequest) -> HttpResponse:
    """Say how many codes are left, and make a new sheet.

    The sheet is the answer to the form itself, without a redirect: to show it at another address the codes would have
    to be kept somewhere meanwhile, and they are kept nowhere.
    """
    if request.method == "GET":
        return render(request, "accounts/recovery.html", {"held": factors.of(request.user)})
    now = timezone.now()
    codes = recovery_codes.make(request.user, by=request.user, at=now)
    factors.go_on_with(request, request.user, at=now)
    return render(request, "accounts/recovery_sheet.html", {"codes": codes, "made_at": now})


def _refused(request: StaffRequest, kind: str) -> None:
    journal.record(
        actions.FACTOR_REFUSED, by=request.user, subject=request.user, result=Result.REFUSED, details={"kind": kind}
    )


def _suggested_name(request: StaffRequest) -> str:
    return _("セキュリティキー{number}").format(number=len(security_keys.of(request.user)) + 1)
