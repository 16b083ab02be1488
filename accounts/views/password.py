"""Changing one's own password: at will, when it has grown old, or because nothing else is possible before."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts import busy, passwords
from accounts.forms_password import ChangePasswordForm
from accounts.http import StaffRequest


@sensitive_post_parameters("current", "new", "repeat")
@require_http_methods(["GET", "POST"])
@busy.told
def change(request: StaffRequest) -> HttpResponse:
    """Show what a new password must be, and take it. What is wrong is said at its field."""
    now = timezone.now()
    form = ChangePasswordForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        given = form.cleaned_data
        try:
            passwords.change(request, request.user, current=given["current"], new=given["new"], at=now)
        except passwords.WrongPasswordError:
            form.add_error(
                "current",
                _("今のパスワードが違います。続けて間違えたときは、しばらく待ってから、もう一度入力してください。"),
            )
        except passwords.RefusedPasswordError as refusal:
            form.add_error("new", refusal.reasons)
        except passwords.ChangedMeanwhileError:
            messages.warning(
                request,
                _("別の画面で、先に変更されたか、サインインが終了したため、今回の変更は行われていません。"),
            )
            return redirect("accounts:change-password")
        else:
            messages.success(request, _("パスワードを変更しました。ほかの端末でのサインインは、すべて終了しました。"))
            return redirect("benefits:home")
    why = passwords.why_to_change(request.user, at=now)
    context = {"form": form, "why": passwords.told_why(why), "conditions": passwords.conditions()}
    return render(request, "accounts/change_password.html", context)
