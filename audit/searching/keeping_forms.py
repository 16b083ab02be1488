"""What is typed to keep a search, and to make a file of entries."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from audit.forms.fields import TextField
from audit.models.searching import LAST_DUE_DAY
from audit.searching import columns


class SaveForm(forms.Form):
    """A search's name, for whom it is, and by when it is to be done."""

    name = TextField(
        label=gettext_lazy("名前"),
        max_length=40,
        help_text=gettext_lazy("何を調べる検索か分かる名前（個人の氏名は入れない）"),
        error_messages={
            "required": gettext_lazy("名前を入力してください。"),
            "max_length": gettext_lazy("名前は40文字以内で入力してください。"),
        },
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    is_shared = forms.BooleanField(label=gettext_lazy("監査担当で共有する"), required=False)
    due_day = forms.TypedChoiceField(
        label=gettext_lazy("毎月の期限"),
        required=False,
        coerce=int,
        empty_value=None,
        choices=[("", gettext_lazy("なし")), *((str(day), f"{day}日") for day in range(1, LAST_DUE_DAY + 1))],
        error_messages={"invalid_choice": gettext_lazy("期限を一覧から選んでください。")},
    )

    def __init__(self, *args: Any, can_share: bool, **parts: Any) -> None:
        super().__init__(*args, **parts)
        if not can_share:
            del self.fields["is_shared"]


class ExportForm(forms.Form):
    """Which columns a file holds, how it begins, and what it is for."""

    columns = forms.MultipleChoiceField(
        label=gettext_lazy("列"),
        choices=[(name, label) for name, (label, _value) in columns.IN_FILE.items()],
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": gettext_lazy("列を1つ以上選んでください。"),
            "invalid_choice": gettext_lazy("列を一覧から選んでください。"),
        },
    )
    has_bom = forms.BooleanField(
        label=gettext_lazy("Excelで開く（BOMを付ける）"),
        required=False,
        help_text=gettext_lazy("ほかのプログラムで読むときは外します"),
    )
    reason = TextField(
        label=gettext_lazy("書き出す理由"),
        min_length=5,
        max_length=200,
        help_text=gettext_lazy("操作記録に残ります（5文字以上）"),
        error_messages={
            "required": gettext_lazy("書き出す理由を入力してください。"),
            "min_length": gettext_lazy("書き出す理由は5文字以上で入力してください。"),
            "max_length": gettext_lazy("書き出す理由は200文字以内で入力してください。"),
            "my_number": gettext_lazy("個人番号のような12桁の数字は書けません。"),
        },
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
