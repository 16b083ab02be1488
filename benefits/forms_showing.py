"""What is sent around the showing of My Numbers: why, who is protected, what came of it, what the resident gets."""

from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _, gettext_lazy

from accounts.forms import CodeField
from benefits import circumstances
from benefits.circumstances import Circumstance
from benefits.fields import ChoiceCodeField, FreeTextField, WarekiDateField
from benefits.models.showing import ProtectionKind, ReviewOutcome
from mynumber import vault
from mynumber.purposes import Purpose

WORDS = 400
#: The longest period of one statement for a resident.
LONGEST_PERIOD = timedelta(days=366 * 5)


class ExplainedForm(forms.Form):
    """A purpose from the list and words; longer ones where nothing else explains the look."""

    use_required_attribute = False

    purpose = ChoiceCodeField(label=gettext_lazy("表示する目的"), choices=Purpose.choices)
    reason = FreeTextField(
        label=gettext_lazy("具体的な理由"),
        max_length=vault.REASON_LENGTH,
        help_text=gettext_lazy("何の事務で、なぜ今必要かを書いてください。監査担当が読みます"),
    )

    def __init__(self, *args: Any, circumstance: Circumstance, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.circumstance = circumstance

    def clean_reason(self) -> str:
        words: str = self.cleaned_data["reason"]
        if self.circumstance.is_glass_broken and (problem := circumstances.why_not_enough(words)):
            raise forms.ValidationError(problem, code="not_enough")
        return words


class RevealForm(ExplainedForm):
    """Why a My Number is to be shown, and the proof of who asks.

    ``has_scripts`` is filled in by the script that takes the number off the page again.
    """

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
    has_scripts = forms.BooleanField(required=False, widget=forms.HiddenInput(attrs={"data-has-scripts": ""}))
    again = forms.CharField(required=False, max_length=300, widget=forms.HiddenInput())

    def __init__(self, *args: Any, asks_for_code: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not asks_for_code:
            del self.fields["code"]


class AnswerForm(forms.Form):
    """Words to a decision."""

    use_required_attribute = False

    reason = FreeTextField(label=gettext_lazy("理由"), max_length=WORDS, multiline=True)


class ProtectionForm(forms.Form):
    """Why somebody is to be protected, and for how long."""

    use_required_attribute = False

    kind = ChoiceCodeField(label=gettext_lazy("区分"), choices=ProtectionKind.choices)
    starts_on = WarekiDateField(label=gettext_lazy("開始日"))
    ends_on = WarekiDateField(
        label=gettext_lazy("終了日"), required=False, help_text=gettext_lazy("決まっていないときは空欄")
    )
    reason = FreeTextField(
        label=gettext_lazy("理由"),
        max_length=WORDS,
        multiline=True,
        help_text=gettext_lazy("支援措置の決定通知など、根拠を書いてください。暗号化して保存します"),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        starts_on, ends_on = cleaned.get("starts_on"), cleaned.get("ends_on")
        if starts_on and ends_on and ends_on < starts_on:
            self.add_error("ends_on", _("終了日は、開始日かそれより後の日にしてください"))
        elif ends_on and ends_on < timezone.localdate():
            self.add_error("ends_on", _("終了日が過ぎています"))
        return cleaned


class ReviewForm(forms.Form):
    """What a reviewer makes of a reveal."""

    use_required_attribute = False

    outcome = ChoiceCodeField(
        label=gettext_lazy("確認の結果"), choices=ReviewOutcome.choices, widget=forms.RadioSelect
    )
    words = FreeTextField(
        label=gettext_lazy("確認した内容"),
        max_length=WORDS,
        multiline=True,
        help_text=gettext_lazy("だれに何を確かめたかを書いてください。操作記録に残ります"),
    )


class StatementForm(forms.Form):
    """The period of a statement for the resident, and whether staff are named on it."""

    use_required_attribute = False

    from_on = WarekiDateField(label=gettext_lazy("期間（から）"), not_future=True)
    to_on = WarekiDateField(label=gettext_lazy("期間（まで）"), not_future=True)
    names_staff = forms.BooleanField(
        label=gettext_lazy("職員の氏名を載せる"),
        required=False,
        help_text=gettext_lazy("付けないときは、職員の氏名の代わりに役割だけを載せます"),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        first: date | None = cleaned.get("from_on")
        last: date | None = cleaned.get("to_on")
        if first and last and last < first:
            self.add_error("to_on", _("期間（まで）は、期間（から）以後の日付にしてください"))
        elif first and last and last - first > LONGEST_PERIOD:
            self.add_error("to_on", _("期間は5年以内にしてください"))
        return cleaned
