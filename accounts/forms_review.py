"""What people send to bring staff in bulk and to review rights."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts import staff_file
from accounts.models.access_review import Answer
from accounts.staff_file import read_date

_TEXT = {"autocomplete": "off", "spellcheck": "false"}


class DayField(forms.CharField):
    """A day, as people write it: 2026-04-01, 2026/4/1 or R8.4.1."""

    kind = "date"

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        day = read_date(text)
        if text and day is None:
            raise forms.ValidationError(_("日付を読み取れません。R8.4.1や2026-04-01のように入力してください。"))
        return day


class StaffFileForm(forms.Form):
    """The file of joiners, movers and leavers. Its content is read by ``accounts.staff_file``."""

    use_required_attribute = False

    file = forms.FileField(
        label=_("CSVファイル"),
        max_length=200,
        help_text=_("UTF-8またはShift_JIS、1MB・2,000行まで"),
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,text/csv"}),
        error_messages={
            "required": _("ファイルを選んでください。"),
            "empty": _("ファイルが空です。"),
            "invalid": _("ファイルを選んでください。"),
            "missing": _("ファイルを選んでください。"),
            "max_length": _("ファイル名が長すぎます。"),
        },
    )

    def clean_file(self) -> bytes:
        """Return the file's bytes, and no more of a large one than it takes to see that it is too large."""
        data: bytes = self.cleaned_data["file"].read(staff_file.MAX_BYTES + 1)
        return data


class ReasonForm(forms.Form):
    """Why something is put aside."""

    use_required_attribute = False

    reason = forms.CharField(
        label=_("理由"),
        max_length=200,
        error_messages={"required": _("理由を入力してください。"), "max_length": _("200文字以内で入力してください。")},
        widget=forms.TextInput(attrs=_TEXT),
    )


class OpenReviewForm(forms.Form):
    """What a new access review is called and until when it is to be answered."""

    use_required_attribute = False

    title = forms.CharField(
        label=_("名称"),
        max_length=60,
        help_text=_("例：令和8年度後期"),
        error_messages={"required": _("名称を入力してください。"), "max_length": _("60文字以内で入力してください。")},
        widget=forms.TextInput(attrs=_TEXT),
    )
    due_on = DayField(
        label=_("回答の期限"),
        max_length=20,
        help_text=_("例：R8.10.30"),
        error_messages={"required": _("期限を入力してください。"), "max_length": _("日付を読み取れません。")},
        widget=forms.TextInput(attrs={**_TEXT, "size": "12"}),
    )


class AnswerForm(forms.Form):
    """A head's answer for one right; an end or a change says why."""

    use_required_attribute = False

    answer = forms.ChoiceField(
        label=_("回答"),
        choices=Answer.choices,
        error_messages={
            "required": _("継続・変更・終了のどれかを選んでください。"),
            "invalid_choice": _("継続・変更・終了のどれかを選んでください。"),
        },
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(
        label=_("理由"),
        max_length=150,
        required=False,
        help_text=_("変更・終了では必ず"),
        error_messages={"max_length": _("150文字以内で入力してください。")},
        widget=forms.TextInput(attrs=_TEXT),
    )

    def clean(self) -> dict[str, Any]:
        """Ask for a reason wherever something is to change."""
        cleaned = super().clean() or {}
        if cleaned.get("answer") in {Answer.CHANGE, Answer.END} and not cleaned.get("reason"):
            self.add_error("reason", _("変更・終了には理由を入力してください。"))
        return cleaned
