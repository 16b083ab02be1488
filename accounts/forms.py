"""What people send to sign in."""

from django import forms
from django.utils.translation import gettext_lazy as _


class PasswordForm(forms.Form):
    """The first step. The password is never drawn back into the page."""

    login_id = forms.CharField(
        label=_("利用者ID"),
        max_length=40,
        error_messages={"required": _("利用者IDを入力してください。"), "max_length": _("利用者IDが長すぎます。")},
        widget=forms.TextInput(
            attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false", "autofocus": True}
        ),
    )
    password = forms.CharField(
        label=_("パスワード"),
        max_length=256,
        strip=False,
        error_messages={"required": _("パスワードを入力してください。"), "max_length": _("パスワードが長すぎます。")},
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}, render_value=False),
    )


class CodeForm(forms.Form):
    """The second step: the six digits that the person's authenticator shows."""

    code = forms.CharField(
        label=_("確認コード（6桁）"),
        max_length=20,
        help_text=_(
            "認証アプリに表示されている6桁の数字を入力してください。コードは30秒ごとに変わり、1回だけ使えます。"
        ),
        error_messages={
            "required": _("確認コードを入力してください。"),
            "max_length": _("確認コードは6桁の数字です。"),
        },
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True}),
    )
