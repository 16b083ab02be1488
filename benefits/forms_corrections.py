"""What is typed to ask for a correction of a My Number, to type it, and to decide on it."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _, gettext_lazy

from benefits.fields import ChoiceCodeField, FreeTextField
from benefits.forms import NumberField
from benefits.models.correction import CorrectionEvidence, CorrectionReason


class TypeForm(forms.Form):
    """The right number, typed blind from the paper that shows it."""

    use_required_attribute = False

    evidence = ChoiceCodeField(label=gettext_lazy("番号を確かめた書類"), choices=CorrectionEvidence.choices)
    number = NumberField(
        label=gettext_lazy("正しい個人番号（12桁）"),
        help_text=gettext_lazy("書類を見て入力してください。入力した番号は、あなたを含めてだれにも表示されません"),
    )

    def clean_number(self) -> str:
        text: str = self.cleaned_data["number"]
        if not text:
            raise forms.ValidationError(_("正しい個人番号を入力してください"))
        return text


class AgainForm(forms.Form):
    """The right number, typed a second time by somebody else, blind."""

    use_required_attribute = False

    number = NumberField(label=gettext_lazy("書類の個人番号（12桁）"))

    def clean_number(self) -> str:
        text: str = self.cleaned_data["number"]
        if not text:
            raise forms.ValidationError(_("書類の個人番号を入力してください"))
        return text


class CorrectionForm(forms.Form):
    """Why the number in use is not this person's; with the right number, from whoever types numbers."""

    use_required_attribute = False

    holder = ChoiceCodeField(label=gettext_lazy("だれの番号か"))
    reason = ChoiceCodeField(label=gettext_lazy("訂正の理由"), choices=CorrectionReason.choices)
    words = FreeTextField(
        label=gettext_lazy("具体的な内容"),
        max_length=200,
        help_text=gettext_lazy("どの書類から、なぜ誤りと分かったかを書いてください。個人番号は書かないでください"),
    )
    evidence = ChoiceCodeField(
        label=gettext_lazy("番号を確かめた書類"),
        choices=CorrectionEvidence.choices,
        required=False,
        help_text=gettext_lazy("まだ書類を見ていないときは、空けておいてください"),
    )
    number = NumberField(
        label=gettext_lazy("正しい個人番号（12桁）"),
        help_text=gettext_lazy(
            "書類が手元にあれば入力してください。空けておくと、誤りの報告だけが残り、入力を待ちます。入力した番号はだれにも表示されません"
        ),
    )

    def __init__(self, *args: Any, may_type: bool, holders: Mapping[UUID, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if len(holders) > 1:
            self.fields["holder"] = ChoiceCodeField(
                label=gettext_lazy("だれの番号か"), choices=[(str(one), words) for one, words in holders.items()]
            )
        else:
            del self.fields["holder"]
        if not may_type:
            del self.fields["number"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("number") and not cleaned.get("evidence") and "evidence" not in self.errors:
            self.add_error("evidence", _("番号を確かめた書類を選んでください"))
        return cleaned


class RejectionForm(forms.Form):
    """Why a request is turned down."""

    use_required_attribute = False

    words = FreeTextField(label=gettext_lazy("却下する理由"), max_length=200)
