"""What is sent around letting numbers go: periods, holds, and words to a decision."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _, gettext_lazy

from benefits import japanese_text
from benefits.choices import Programme
from benefits.fields import ChoiceCodeField, FreeTextField, WarekiDateField
from benefits.models.retention import CountedFrom, HoldingKind, HoldReason

WORDS = 200
ALL = gettext_lazy("すべて")


class PeriodForm(forms.Form):
    """A retention period as it is proposed."""

    use_required_attribute = False

    programme = ChoiceCodeField(label=gettext_lazy("制度"), choices=Programme.choices, blank_label=ALL, required=False)
    holding = ChoiceCodeField(
        label=gettext_lazy("番号の種類"), choices=HoldingKind.choices, blank_label=ALL, required=False
    )
    years = forms.IntegerField(
        label=gettext_lazy("年"),
        min_value=0,
        max_value=100,
        initial=5,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "size": "4"}),
        error_messages={
            "required": gettext_lazy("年を入力してください"),
            "invalid": gettext_lazy("年は0から100までの数字です"),
            "min_value": gettext_lazy("年は0から100までの数字です"),
            "max_value": gettext_lazy("年は0から100までの数字です"),
        },
    )
    months = forms.IntegerField(
        label=gettext_lazy("か月"),
        min_value=0,
        max_value=11,
        initial=0,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "size": "4"}),
        error_messages={
            "required": gettext_lazy("か月を入力してください"),
            "invalid": gettext_lazy("か月は0から11までの数字です"),
            "min_value": gettext_lazy("か月は0から11までの数字です"),
            "max_value": gettext_lazy("か月は0から11までの数字です"),
        },
    )
    counted_from = ChoiceCodeField(label=gettext_lazy("起算"), choices=CountedFrom.choices)
    basis = FreeTextField(
        label=gettext_lazy("根拠"),
        max_length=WORDS,
        help_text=gettext_lazy("文書管理規程の条や別表、法令の条"),
    )
    valid_from = WarekiDateField(
        label=gettext_lazy("適用開始日"),
        help_text=gettext_lazy("今日かそれより後の日。前の期間は、その日から置き換わります"),
    )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("years") == 0 and cleaned.get("months") == 0:
            self.add_error("years", ValidationError(_("期間は1か月以上にしてください"), code="nothing"))
        return cleaned


class LabelField(FreeTextField):
    """A recipient or receipt number, in any width."""

    def read(self, text: str) -> str:
        return japanese_text.free_text(text).translate(_NARROW).replace(" ", "").replace("‐", "-")


_NARROW = {ord("０") + digit: str(digit) for digit in range(10)} | {ord("－"): "-", ord("ー"): "-", ord("−"): "-"}


class HoldForm(forms.Form):
    """Whose numbers are kept, and why."""

    use_required_attribute = False

    label = LabelField(
        label=gettext_lazy("受給者番号または受付番号"),
        max_length=20,
        help_text=gettext_lazy("氏名は表示しません。世帯の人の番号も、一緒に停止します"),
    )
    reason = ChoiceCodeField(label=gettext_lazy("理由"), choices=HoldReason.choices)
    words = FreeTextField(
        label=gettext_lazy("事由"),
        max_length=WORDS,
        help_text=gettext_lazy("事件番号、文書番号など。氏名は書きません"),
    )


class WordsForm(forms.Form):
    """Words to a step: why a row is left out, why a list is turned down, why a hold ends."""

    use_required_attribute = False

    words = FreeTextField(label=gettext_lazy("理由"), max_length=WORDS)
