"""What is sent to look a person up by a My Number."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _, gettext_lazy

from accounts.forms import CodeField
from benefits.fields import ChoiceCodeField, FreeTextField
from benefits.forms import NumberField
from mynumber import vault
from mynumber.purposes import Purpose


class LookupForm(forms.Form):
    """The number, drawn back never; why it is asked for; and the proof of who asks."""

    use_required_attribute = False

    number = NumberField(label=gettext_lazy("探す個人番号（12桁）"))
    purpose = ChoiceCodeField(label=gettext_lazy("探す目的"), choices=Purpose.choices)
    reason = FreeTextField(
        label=gettext_lazy("具体的な理由"),
        max_length=vault.REASON_LENGTH,
        help_text=gettext_lazy("何の事務で、なぜ番号で探す必要があるかを書いてください。監査担当が読みます"),
    )
    code = CodeField(
        label=gettext_lazy("確認コード（6桁）"),
        max_length=20,
        help_text=gettext_lazy("サインインに使ったコードは使えません。新しいコードを入力してください"),
        error_messages={
            "required": gettext_lazy("確認コードを入力してください"),
            "max_length": gettext_lazy("確認コードは6桁の数字です"),
        },
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code", "size": "8"}),
    )

    def __init__(self, *args: Any, asks_for_code: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not asks_for_code:
            del self.fields["code"]

    def clean_number(self) -> str:
        text: str = self.cleaned_data["number"]
        if not text:
            raise forms.ValidationError(_("探す個人番号を入力してください"))
        return text
