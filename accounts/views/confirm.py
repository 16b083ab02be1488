"""Proving again who one is, before something that is worth it."""

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts import factors, next_page, security_keys, step_up
from accounts.forms import CodeForm
from accounts.http import StaffRequest
from accounts.views.sign_in import key_refused


@sensitive_post_parameters("code")
@require_http_methods(["GET", "POST"])
def confirm(request: StaffRequest) -> HttpResponse:
    """Ask for a code or a security key, and lead back to where the person was going."""
    goes_to = next_page.safe(request, (request.POST if request.method == "POST" else request.GET).get("next", ""))
    form = CodeForm(request.POST) if request.method == "POST" else CodeForm()
    page = {
        "form": form,
        "next": goes_to,
        "held": factors.of(request.user),
        "keys_at": security_keys.why_unusable(request),
    }
    if request.method == "POST" and form.is_valid():
        if step_up.confirm_with_code(request, form.cleaned_data["code"], at=timezone.now()):
            messages.success(request, _("本人であることを確認しました。操作を続けてください。"))
            return HttpResponseRedirect(goes_to)
        page["form"] = CodeForm()
        page["refusal"] = _(
            "確認コードが違うか、使用済みです。認証アプリに表示されている新しいコードを入力してください。"
            "続けて間違えたときは、しばらく待ってから入力してください。"
        )
    return render(request, "accounts/confirm.html", page)


@require_http_methods(["GET", "POST"])
def security_key(request: StaffRequest) -> HttpResponse:
    """Tell the browser what to ask the key, and take the key's answer: the page is the other one."""
    if request.method == "GET":
        return JsonResponse(security_keys.begin_authentication(request, request.user))
    sent = security_keys.posted(request)
    asked = sent.get("next")
    goes_to = next_page.safe(request, asked if isinstance(asked, str) else "")
    if step_up.confirm_with_key(request, sent.get("credential"), goes_to=goes_to, at=timezone.now()):
        messages.success(request, _("本人であることを確認しました。操作を続けてください。"))
        return JsonResponse({"goes_to": goes_to})
    return JsonResponse({"error": "refused", "message": key_refused()}, status=HTTPStatus.FORBIDDEN)
