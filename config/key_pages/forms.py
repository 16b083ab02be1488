"""What a records keeper sends when they propose a key operation or turn one down."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from benefits import japanese_text
from mynumber.key_operations import Kek
from mynumber.rotation import REASON_LENGTH


class ReasonForm(forms.Form):
    """Why a key is worked with."""

    use_required_attribute = False

    reason = forms.CharField(
        label=_("理由"),
        max_length=REASON_LENGTH,
        widget=forms.TextInput(attrs={"autocomplete": "off", "size": "60"}),
        error_messages={
            "required": _("理由を入力してください。"),
            "max_length": _("理由は%(length)s文字以内で入力してください。") % {"length": REASON_LENGTH},
            "null_characters_not_allowed": _("使えない文字が含まれています。"),
        },
    )

    def clean_reason(self) -> str:
        typed: str = self.cleaned_data["reason"]
        if japanese_text.contains_my_number(typed):
            # not drawn back either: what was refused stands on no page
            self.data = {**dict(self.data.items()), "reason": ""}
            raise forms.ValidationError(_("理由に個人番号らしい数字があります。番号は書かないでください。"))
        return typed


class RetireForm(ReasonForm):
    """Which old key is to be destroyed, and why."""

    kek = forms.TypedChoiceField(
        label=_("破棄する鍵"),
        coerce=int,
        widget=forms.RadioSelect,
        error_messages={
            "required": _("破棄する鍵を選んでください。"),
            "invalid_choice": _("この鍵は破棄できません。選び直してください。"),
        },
    )
    field_order = ("kek", "reason")

    def __init__(self, *arguments: Any, retirable: list[Kek], **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.fields["kek"].choices = [  # type: ignore[attr-defined]  # a choice field
            (kek.id, _("鍵 %(key)d") % {"key": kek.id}) for kek in retirable
        ]
