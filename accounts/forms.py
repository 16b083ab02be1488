"""What people send to sign in, to prove again who they are, and to look after their factors."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

#: What a sign-in id can look like (accounts.models.User), a My Number's twelve digits left out.
_LOGIN_ID = re.compile(r"(?!.*\d{12})[a-z][a-z0-9._-]{2,39}", re.ASCII)


class LoginIdField(forms.CharField):
    """A sign-in id. Anything else that was typed, a password or a My Number perhaps, is not drawn back."""

    def bound_data(self, data: Any, initial: Any) -> Any:
        return repeatable(super().bound_data(data, initial))


def repeatable(typed: object) -> str:
    """Return what was typed for a sign-in id, or "" when it cannot be one and may be something secret."""
    return typed if isinstance(typed, str) and _LOGIN_ID.fullmatch(typed) else ""


class CodeField(forms.CharField):
    """A one-time code. It is good for one use, so it is never drawn back, nor whatever else was typed instead."""

    def bound_data(self, data: Any, initial: Any) -> None:
        return None


class PasswordForm(forms.Form):
    """The first step. The password is never drawn back into the page."""

    login_id = LoginIdField(
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

    code = CodeField(
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


class RecoveryCodeForm(forms.Form):
    """The second step without telephone and key: one code of the sheet."""

    code = CodeField(
        label=_("回復コード"),
        max_length=60,
        help_text=_(
            "用紙にある16文字です。区切りの「-」と大文字・小文字の違いは問いません。使ったコードは線で消してください。"
        ),
        error_messages={
            "required": _("回復コードを入力してください。"),
            "max_length": _("回復コードは16文字です。"),
        },
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false", "autofocus": True}
        ),
    )


class EnrolmentCodeForm(forms.Form):
    """The second step of somebody who has no factor yet: the code on their slip."""

    slip = CodeField(
        label=_("登録コード"),
        max_length=60,
        help_text=_(
            "利用者管理者から受け取った用紙にある12文字です。区切りの「-」と大文字・小文字の違いは問いません。"
        ),
        error_messages={
            "required": _("登録コードを入力してください。"),
            "max_length": _("登録コードは12文字です。"),
        },
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false", "autofocus": True}
        ),
    )


class KeyNameForm(forms.Form):
    """What a person calls a security key of theirs."""

    use_required_attribute = False

    name = forms.CharField(
        label=_("キーの名前"),
        max_length=40,
        help_text=_("どのキーか自分でわかる名前にします（例 青いキー、予備）。"),
        error_messages={
            "required": _("キーの名前を入力してください。"),
            "max_length": _("キーの名前は40文字までです。"),
        },
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def clean_name(self) -> str:
        """Take no control characters: the name is shown in lists."""
        name: str = self.cleaned_data["name"]
        if not name.isprintable():
            raise ValidationError(_("キーの名前に使えない文字が含まれています。"))
        return name
