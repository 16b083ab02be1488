"""What is typed or scanned into the custody register."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _, gettext_lazy

from accounts.models import User
from benefits.fields import ChoiceCodeField, FreeTextField, LabelledField, WarekiDateField
from benefits.models import Box, Paper, Place
from benefits.papers import codes, destruction
from benefits.papers.moving import Destination
from benefits.registers import paper_kinds

ORIGINAL, COPY = "ORIGINAL", "COPY"
ORIGINAL_OR_COPY = ((ORIGINAL, gettext_lazy("原本")), (COPY, gettext_lazy("写し")))
STAFF_ONLY = (("YES", gettext_lazy("職員専用区域")), ("NO", gettext_lazy("それ以外")))


class ScanField(FreeTextField):
    """A field that a scanner types into, or a hand."""

    def usual_attrs(self) -> dict[str, str]:
        return {**super().usual_attrs(), "size": "14", "autocapitalize": "characters", "inputmode": "text"}


class SheetsField(LabelledField, forms.IntegerField):
    """How many sheets a paper has."""

    default_error_messages = {
        "invalid": gettext_lazy("%(label)sは数字で入力してください"),
        "range": gettext_lazy("%(label)sは1から999までで入力してください"),
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=forms.TextInput(attrs={"inputmode": "numeric", "size": "4"}), **kwargs)

    def to_python(self, value: Any) -> int | None:
        try:
            return super().to_python(value)
        except forms.ValidationError:
            raise self.refusal("invalid") from None

    def validate(self, value: int | None) -> None:
        super().validate(value)
        if value is not None and not 1 <= value <= 999:
            raise self.refusal("range")


class SeenForm(forms.Form):
    """A step on a paper or a box, taken on what the clerk was shown."""

    seen = forms.IntegerField(min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput)


class WhereForm(forms.Form):
    """Where something goes, or is: a place from the list, or the label of a box or a place."""

    use_required_attribute = False

    place = ChoiceCodeField(label=gettext_lazy("保管場所"), required=False, requirement="conditional")
    to_code = ScanField(
        label=gettext_lazy("箱か保管場所のラベル"),
        required=False,
        requirement="conditional",
        help_text=gettext_lazy("保管場所を選ぶか、ラベルを読み取ってください"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.places = {str(place.pk): place for place in Place.objects.open()}
        place_field = self.fields["place"]
        assert isinstance(place_field, ChoiceCodeField)  # noqa: S101  (declared just above)
        place_field.choices = [("", _("選んでください")), *((key, named(one)) for key, one in self.places.items())]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        chosen, typed = cleaned.get("place"), cleaned.get("to_code")
        if {"place", "to_code"} & set(self.errors):
            return cleaned
        if chosen and typed:
            self.add_error("to_code", _("保管場所とラベルの、どちらか1つにしてください"))
        elif chosen:
            cleaned["to"] = Destination(place=self.places[chosen])
        elif typed:
            self._read(typed, cleaned)
        else:
            self.add_error("place", _("保管場所を選ぶか、箱か保管場所のラベルを読み取ってください"))
        return cleaned

    def _read(self, typed: str, cleaned: dict[str, Any]) -> None:
        try:
            code = codes.read(typed, letters=codes.BOX + codes.PLACE)
        except codes.NotACode as error:
            self.add_error("to_code", str(error).rstrip("。"))
            return
        place = next((one for one in self.places.values() if one.code == code), None)
        box = Box.objects.filter(code=code, closed_at__isnull=True).select_related("place").first()
        if place is None and box is None:
            self.add_error("to_code", _("この番号の箱も保管場所もありません（閉鎖されたものは選べません）"))
        cleaned["to"] = Destination(place=place, box=box)


class DestinationForm(WhereForm, SeenForm):
    """Where something that was shown goes."""


class ReceiveForm(DestinationForm):
    """A paper comes in."""

    received_on = WarekiDateField(label=gettext_lazy("受領日"), not_future=True)
    is_original = ChoiceCodeField(label=gettext_lazy("原本・写し"), choices=ORIGINAL_OR_COPY)
    sheets = SheetsField(label=gettext_lazy("枚数"))
    field_order = ("received_on", "is_original", "sheets", "place", "to_code")


class ReceiveAllForm(WhereForm):
    """The ticked papers of an application come in together."""

    received_on = WarekiDateField(label=gettext_lazy("受領日"), not_future=True)
    field_order = ("received_on", "place", "to_code")


class ReceiverForm(forms.Form):
    """Who takes something over."""

    receiver = ChoiceCodeField(label=gettext_lazy("受け取る人"))

    def __init__(self, *args: Any, receivers: list[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.people = {str(one.pk): one for one in receivers}
        receiver = self.fields["receiver"]
        assert isinstance(receiver, ChoiceCodeField)  # noqa: S101  (declared just above)
        receiver.choices = [
            ("", _("選んでください")),
            *((key, f"{one.display_name}（{one.section}）") for key, one in self.people.items()),
        ]

    def clean_receiver(self) -> User:
        """Return the person."""
        return self.people[self.cleaned_data["receiver"]]


class HandOverForm(ReceiverForm, DestinationForm):
    """A paper is given to a colleague."""

    field_order = ("receiver", "place", "to_code")


class BoxHandOverForm(ReceiverForm, DestinationForm):
    """A whole box is given to a colleague, to a place."""

    field_order = ("receiver", "place", "to_code")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        to = cleaned.get("to")
        if to is not None and to.box is not None:
            self.add_error("to_code", _("箱の移動先は保管場所にしてください"))
        return cleaned


class LendForm(SeenForm):
    """A paper is lent to a reviewing doctor."""

    use_required_attribute = False
    borrower = FreeTextField(
        label=gettext_lazy("貸出先（審査会委員）"),
        max_length=60,
        help_text=gettext_lazy("所属と氏名。例：見本病院 見本 花子 委員"),
    )
    due_on = WarekiDateField(label=gettext_lazy("返却期限"))

    def clean_due_on(self) -> date | None:
        """Refuse a day that is over."""
        due_on: date | None = self.cleaned_data["due_on"]
        field = self.fields["due_on"]
        if due_on is not None and isinstance(field, WarekiDateField) and due_on < field.today():
            raise forms.ValidationError(_("返却期限は、今日かそれより後の日にしてください"))
        return due_on


class ReturnForm(DestinationForm):
    """What was lent comes back."""

    field_order = ("place", "to_code")


class CopyForm(DestinationForm):
    """A copy is made."""

    sheets = SheetsField(label=gettext_lazy("写しの枚数"))
    field_order = ("sheets", "place", "to_code")


class ReasonForm(SeenForm):
    """Why: the words are sealed in the record and stand on no page."""

    use_required_attribute = False
    reason = FreeTextField(
        label=gettext_lazy("理由・経緯"),
        max_length=200,
        help_text=gettext_lazy("操作記録に封をして残ります。書類の画面には出ません"),
    )


class FindForm(DestinationForm):
    """A missing paper is there again."""

    reason = FreeTextField(
        label=gettext_lazy("見つかった経緯"),
        max_length=200,
        help_text=gettext_lazy("操作記録に封をして残ります。書類の画面には出ません"),
    )
    field_order = ("reason", "place", "to_code")


class EnlistForm(forms.Form):
    """A paper that the form did not name."""

    use_required_attribute = False
    kind = ChoiceCodeField(label=gettext_lazy("種類"))
    is_original = ChoiceCodeField(label=gettext_lazy("原本・写し"), choices=ORIGINAL_OR_COPY)
    sheets = SheetsField(label=gettext_lazy("枚数"), initial=1)
    holds_number = forms.BooleanField(label=gettext_lazy("個人番号が記載されている"), required=False)
    is_required = forms.BooleanField(
        label=gettext_lazy("提出を求めている（届くまで、申請の処理を終えられない）"), required=False
    )

    def __init__(self, *args: Any, on: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kind = self.fields["kind"]
        assert isinstance(kind, ChoiceCodeField)  # noqa: S101  (declared just above)
        kind.choices = [
            ("", _("選んでください")),
            *((one.code, one.label) for one in paper_kinds.kinds_on(on)),
        ]


class PlaceForm(forms.Form):
    """A new place."""

    use_required_attribute = False
    site = FreeTextField(label=gettext_lazy("施設"), max_length=40)
    room = FreeTextField(label=gettext_lazy("部屋"), max_length=40)
    cabinet = FreeTextField(label=gettext_lazy("キャビネット・棚"), max_length=40)
    lock = FreeTextField(
        label=gettext_lazy("鍵"),
        max_length=40,
        required=False,
        help_text=gettext_lazy("鍵の番号や、鍵を持つ人の職名。鍵がなければ空欄"),
    )
    is_staff_only = ChoiceCodeField(
        label=gettext_lazy("区域"),
        choices=STAFF_ONLY,
        help_text=gettext_lazy("個人番号が記載された書類は、職員専用区域にしか置けません"),
    )


class DestructionForm(forms.Form):
    """A list of labels, one a line as a scanner types them, and why they are destroyed."""

    use_required_attribute = False
    basis = FreeTextField(
        label=gettext_lazy("廃棄の根拠"),
        max_length=200,
        help_text=gettext_lazy("保存期間の満了など。個人の氏名は書かないでください"),
    )
    codes = FreeTextField(
        label=gettext_lazy("廃棄する書類のラベル"),
        multiline=True,
        max_length=4_000,
        widget=forms.Textarea(attrs={"rows": "8", "cols": "16"}),
        help_text=gettext_lazy("1行に1つ。読み取り機で続けて読み取れます"),
    )

    def clean_codes(self) -> list[Paper]:
        """Return the papers that the labels are on."""
        wanted: list[str] = []
        for place, line in enumerate(self.cleaned_data["codes"].splitlines(), start=1):
            if not line.strip():
                continue
            try:
                code = codes.read(line, letters=codes.PAPER)
            except codes.NotACode as error:
                raise forms.ValidationError(
                    _("%(line)d行目：%(problem)s") % {"line": place, "problem": str(error).rstrip("。")}
                ) from None
            if code not in wanted:
                wanted.append(code)
        if len(wanted) > destruction.MOST_PAPERS:
            raise forms.ValidationError(_("1つの一覧は%d件までです。分けて提案してください") % destruction.MOST_PAPERS)
        found = {paper.code: paper for paper in Paper.objects.filter(code__in=wanted).select_related("application")}
        if unknown := [code for code in wanted if code not in found]:
            raise forms.ValidationError(_("登録のない番号です：%s") % "、".join(unknown[:5]))
        return [found[code] for code in wanted]


class StocktakeForm(WhereForm):
    """What is to be counted: a place from the list, or the label of a box or a place."""


def named(place: Place) -> str:
    """Return what a place is called in a list to choose from."""
    area = "" if place.is_staff_only else _("（職員専用区域ではない）")
    return f"{place.words} {place.code}{area}"
