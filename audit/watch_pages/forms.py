"""What somebody who watches sends: which findings to list, and what they made of one."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _, gettext_lazy

from audit import words
from audit.forms.fields import DayField
from audit.models import AnswerCode, HitState, SampleVerdict, Severity
from audit.numberless import holds_number
from audit.watching import review

#: In the list of states: whatever its state.
ANY_STATE = "ALL"


class NumberlessWords(forms.CharField):
    """Words that are kept sealed, with no My Number in them; one that was typed is not drawn back into the page."""

    default_error_messages = {
        "my_number": gettext_lazy("個人番号らしい12桁の数字があります。番号は書かないでください。"),
        "null_characters_not_allowed": gettext_lazy("使えない文字が含まれています。"),
    }

    def __init__(self, **parts: Any) -> None:
        super().__init__(widget=forms.Textarea(attrs={"rows": 4, "autocomplete": "off"}), **parts)

    def clean(self, value: Any) -> Any:
        if isinstance(value, str) and holds_number(value):
            raise forms.ValidationError(self.error_messages["my_number"], code="my_number")
        return super().clean(value)

    def bound_data(self, data: Any, initial: Any) -> Any:
        shown = super().bound_data(data, initial)
        return "" if isinstance(shown, str) and holds_number(shown) else shown


class FilterForm(forms.Form):
    """Which findings to list. Whatever is not on a list counts as not chosen."""

    use_required_attribute = False

    state = forms.ChoiceField(
        label=gettext_lazy("状態"),
        required=False,
        choices=[*HitState.choices, (ANY_STATE, gettext_lazy("すべて"))],
    )
    severity = forms.ChoiceField(
        label=gettext_lazy("重さ"), required=False, choices=[("", gettext_lazy("すべて")), *Severity.choices]
    )
    rule = forms.ChoiceField(label=gettext_lazy("規則"), required=False)
    section = forms.CharField(
        label=gettext_lazy("所属"),
        required=False,
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    from_on = DayField(
        label=gettext_lazy("操作の日（から）"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d", "%Y/%m/%d"],
        error_messages={"invalid": gettext_lazy("日付は 2026-11-23 のように入力してください。")},
    )
    to_on = DayField(
        label=gettext_lazy("操作の日（まで）"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d", "%Y/%m/%d"],
        error_messages={"invalid": gettext_lazy("日付は 2026-11-23 のように入力してください。")},
    )

    def __init__(self, *arguments: Any, sees_all: bool, **options: Any) -> None:
        super().__init__(*arguments, **options)
        rules = [(code, f"{code} {words.name(code)}") for code in words.codes()]
        self.fields["rule"].choices = [("", _("すべて")), *rules]  # type: ignore[attr-defined]  # a choice field
        if not sees_all:
            del self.fields["section"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        first, last = cleaned.get("from_on"), cleaned.get("to_on")
        if first and last and last < first:
            self.add_error("to_on", _("期間の終わりは、始まり以後の日付にしてください。"))
        return cleaned

    @property
    def chosen(self) -> dict[str, Any]:
        """What is listed: what was chosen where it makes sense, what nobody has looked at yet where nothing was."""
        given = self.cleaned_data if self.is_valid() else {}
        state = given.get("state") or HitState.OPEN
        return {
            "state": "" if state == ANY_STATE else state,
            "severity": given.get("severity", ""),
            "rule": given.get("rule", ""),
            "section": given.get("section", ""),
            "first": given.get("from_on"),
            "last": given.get("to_on"),
        }


class AnswerForm(forms.Form):
    """What somebody made of a finding."""

    use_required_attribute = False

    state = forms.ChoiceField(
        label=gettext_lazy("確かめた結果"),
        choices=[
            (HitState.EXPLAINED.value, gettext_lazy("説明済み（業務上の必要を確かめた、または対応を終えた）")),
            (HitState.TO_INVESTIGATE.value, gettext_lazy("要調査（まだ確かめられない）")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("確かめた結果を選んでください。")},
    )
    code = forms.ChoiceField(
        label=gettext_lazy("理由の区分"),
        choices=[("", gettext_lazy("選んでください")), *AnswerCode.choices],
        error_messages={
            "required": gettext_lazy("理由の区分を選んでください。"),
            "invalid_choice": gettext_lazy("理由の区分を一覧から選んでください。"),
        },
    )
    words = NumberlessWords(
        label=gettext_lazy("確かめたこと"),
        max_length=review.LONGEST,
        help_text=gettext_lazy("だれに、何を、どうやって確かめたか（10文字以上。暗号化して保存します）"),
        error_messages={
            "required": gettext_lazy("確かめたことを書いてください。"),
            "max_length": gettext_lazy("確かめたことは%(limit_value)d文字以内で書いてください。"),
        },
    )


class VerdictForm(forms.Form):
    """What somebody made of a view that was drawn."""

    use_required_attribute = False

    verdict = forms.ChoiceField(
        label=gettext_lazy("確かめた結果"),
        choices=SampleVerdict.choices,
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("確かめた結果を選んでください。")},
    )
    words = NumberlessWords(
        label=gettext_lazy("確かめたこと"),
        max_length=review.LONGEST,
        required=False,
        help_text=gettext_lazy("確かめられないときは必ず書いてください（暗号化して保存します）"),
        error_messages={"max_length": gettext_lazy("確かめたことは%(limit_value)d文字以内で書いてください。")},
    )
