"""What a person sends to open the locked screen."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms import CodeField


class UnlockForm(forms.Form):
    """The password, and a one-time code after a longer absence. Neither is ever drawn back into the page."""

    use_required_attribute = False

    password = forms.CharField(
        label=_("パスワード"),
        max_length=256,
        strip=False,
        error_messages={"required": _("パスワードを入力してください。"), "max_length": _("パスワードが長すぎます。")},
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}, render_value=False),
    )
    code = CodeField(
        label=_("確認コード（6桁）"),
        max_length=20,
        help_text=_("席を離れていた時間が長いか、別の場所から続けるため、認証アプリのコードも必要です。"),
        error_messages={
            "required": _("確認コードを入力してください。"),
            "max_length": _("確認コードは6桁の数字です。"),
        },
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )

    def __init__(self, *args: Any, takes_factor: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not takes_factor:
            del self.fields["code"]
