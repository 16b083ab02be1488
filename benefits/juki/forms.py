"""What people fill in about files from Juki-net and their layouts."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from benefits.fields import ChoiceCodeField, FreeTextField, WarekiDateField
from benefits.juki import layout
from benefits.juki.deciding import REASON_LENGTH
from benefits.models.juki import DateNotation, Encoding, ErrorMode, JukiLayout, Separator

LINE_NUMBERS = 10_000_000


class UploadForm(forms.Form):
    """The box for the file. What is wrong with one is found where it is sealed (``benefits.juki.receiving``)."""

    use_required_attribute = False

    file = forms.FileField(
        label=_("端末から出力したファイル"),
        required=False,
        help_text=_("端末の出力のまま選んでください。表計算ソフトで開いて保存し直すと、番号の先頭の0などが失われます"),
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,text/csv,text/plain"}),
    )

    def __init__(self, *args: Any, most_bytes: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].widget.attrs["data-most-bytes"] = str(most_bytes)


class StartForm(forms.Form):
    """How a file is read, chosen on sight of its first lines."""

    use_required_attribute = False

    layout = forms.ModelChoiceField(label=_("様式"), queryset=JukiLayout.objects.none(), empty_label=None)
    encoding = ChoiceCodeField(label=_("文字コード"), choices=Encoding.choices, widget=forms.RadioSelect)
    mode = ChoiceCodeField(label=_("誤りのある行"), choices=ErrorMode.choices, widget=forms.RadioSelect)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["layout"]
        confirmed = JukiLayout.objects.filter(outcome="CONFIRMED", valid_from__lte=timezone.localdate())
        field.queryset = confirmed.order_by("name", "-version")
        field.label_from_instance = lambda kept: f"{kept.name}　第{kept.version}版"


class ReasonForm(forms.Form):
    """Why something is left out, disputed or taken back."""

    use_required_attribute = False

    reason = FreeTextField(label=_("理由"), max_length=REASON_LENGTH)


class LayoutForm(forms.Form):
    """A new version of a layout."""

    use_required_attribute = False

    name = FreeTextField(label=_("様式の名前"), max_length=60, help_text=_("同じ名前にすると、その次の版になります"))
    valid_from = WarekiDateField(label=_("使い始める日"))
    encoding = ChoiceCodeField(
        label=_("文字コード"), choices=Encoding.choices, required=False, blank_label=_("自動で判定する")
    )
    separator = ChoiceCodeField(label=_("区切り"), choices=Separator.choices, widget=forms.RadioSelect)
    has_heading = forms.BooleanField(label=_("1行目は見出し"), required=False)
    items = forms.TypedChoiceField(
        label=_("照合する情報"),
        coerce=int,
        choices=[(4, _("4情報（氏名・生年月日・性別・住所）")), (3, _("3情報（氏名・生年月日・住所）"))],
        widget=forms.RadioSelect,
    )
    date_notation = ChoiceCodeField(label=_("生年月日の表記"), choices=DateNotation.choices, widget=forms.RadioSelect)
    columns = FreeTextField(
        label=_("列"),
        multiline=True,
        max_length=2_000,
        help_text=_("ファイルの順に1行に1つ「意味,見出し」。意味は NAME KANA BIRTH SEX ADDRESS NUMBER IGNORED"),
    )
    query_columns = FreeTextField(
        label=_("要求一覧の列"),
        multiline=True,
        max_length=2_000,
        help_text=_("同じ書き方。意味は SERIAL NAME KANA BIRTH SEX ADDRESS（個人番号は入れられません）"),
    )
    note = FreeTextField(
        label=_("備考"), max_length=400, required=False, help_text=_("根拠にした手引きの名前と版など")
    )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for name in ("columns", "query_columns"):
            if name in cleaned:
                cleaned[name] = read_columns(cleaned[name])
        if "columns" in cleaned and "query_columns" in cleaned:
            found = layout.faults(cleaned["columns"], cleaned["query_columns"], items=cleaned.get("items") or 4)
            for fault in found:
                self.add_error("columns", fault)
        return cleaned


def read_columns(text: str) -> list[list[str]]:
    """Return the columns that were typed one a line as ``MEANING,heading``."""
    return [[part.strip() for part in line.split(",", 1)] for line in text.splitlines() if line.strip()]


def write_columns(columns: list[list[str]]) -> str:
    """Return columns as they are typed."""
    return "\n".join(",".join(each) for each in columns)


def line_number(text: str) -> int:
    """Return a line number from an address (0 for anything else)."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < len(str(LINE_NUMBERS)) else 0
