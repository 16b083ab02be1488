"""What people send to change their password."""

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.passwords import LONGEST_TYPED


def _box(label: object, required: object, autocomplete: str, *, autofocus: bool = False) -> forms.CharField:
    attributes: dict[str, object] = {"autocomplete": autocomplete, "autocapitalize": "none", "spellcheck": "false"}
    if autofocus:
        attributes["autofocus"] = True
    return forms.CharField(
        label=label,  # type: ignore[arg-type]  # a lazy translation
        max_length=LONGEST_TYPED,
        strip=False,
        error_messages={"required": required, "max_length": _("パスワードが長すぎます。")},  # type: ignore[dict-item]
        widget=forms.PasswordInput(attrs=attributes, render_value=False),
    )


class ChangePasswordForm(forms.Form):
    """The password as it is, and twice as it shall be. None of them is ever drawn back into the page."""

    use_required_attribute = False

    current = _box(_("今のパスワード"), _("今のパスワードを入力してください。"), "current-password", autofocus=True)
    new = _box(_("新しいパスワード"), _("新しいパスワードを入力してください。"), "new-password")
    repeat = _box(_("新しいパスワード（確認）"), _("新しいパスワードを、もう一度入力してください。"), "new-password")

    def clean(self) -> None:
        """Compare what was typed twice, without saying what it was."""
        super().clean()
        new, repeat = self.cleaned_data.get("new"), self.cleaned_data.get("repeat")
        if new and repeat and new != repeat:
            self.add_error("repeat", _("新しいパスワードと一致しません。もう一度入力してください。"))
