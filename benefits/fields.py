"""The form fields that Japanese paper is typed into: each cleans one kind of entry and names itself in every message.

What may be typed is said by ``benefits.japanese_text`` and ``benefits.wareki``; here it is put in words for the clerk.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any, ClassVar, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.choices import BlankChoiceIterator, normalize_choices
from django.utils.translation import gettext as _, gettext_lazy

from benefits import japanese_text, wareki
from benefits.rules.check_digits import is_valid_insurer_number

LARGEST_AMOUNT: Final = 9_999_999_999
"""The largest amount of money that is taken, in yen."""

LONGEST_TEXT: Final = 2_000
"""The most code points that are looked at, in any one box: looking at more would only keep the server busy."""

# A character as a reader counts them may be several code points, but not without end.
_MOST_CODE_POINTS_TO_A_CHARACTER = 4
_GROUPED_BY_THREE = re.compile(r"[0-9]{1,3}(,[0-9]{3})+")


class LabelledField(forms.Field):
    """A field whose messages name it by its label, as it stands when the message is made.

    Messages in ``default_error_messages`` and ``error_messages`` may hold ``%(label)s``. The other arguments
    are what ``templates/django/forms/field.html`` draws beside the control (see docs/ui.md).
    """

    kind: ClassVar[str] = ""
    """What stylesheets and scripts know the field by: name, kana, date, digits, yen, or nothing."""

    default_error_messages = {
        "required": gettext_lazy("%(label)sを入力してください"),
    }

    def __init__(
        self, *, paper_box: str = "", requirement: str = "", shown_when: str = "", is_wide: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.paper_box = paper_box
        self.requirement = requirement
        self.shown_when = shown_when
        self.is_wide = is_wide

    @property
    def label_in_messages(self) -> str:
        """Return the label as messages use it."""
        return str(self.label) if self.label else _("この項目")

    def refusal(self, code: str, **params: Any) -> ValidationError:
        """Return the error for ``code``, which is a key of ``error_messages``, with the label filled in."""
        return ValidationError(
            self.error_messages[code], code=code, params={"label": self.label_in_messages, **params}
        )

    def validate(self, value: Any) -> None:
        if self.required and value in self.empty_values:
            raise self.refusal("required")
        super().validate(value)

    def run_validators(self, value: Any) -> None:
        try:
            super().run_validators(value)
        except ValidationError as error:
            for each in error.error_list:
                if "%(label)s" in str(each.message):
                    each.params = {"label": self.label_in_messages, **(each.params or {})}
            raise

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """Return what the control carries, giving way to what the form's author put on it."""
        return {name: value for name, value in self.usual_attrs().items() if name not in widget.attrs}

    def usual_attrs(self) -> dict[str, str]:
        """Return the attributes of the control where its author says nothing else."""
        return {"autocomplete": "off"}


class TypedField(LabelledField):
    """A field that is typed into. An individual number is never kept in one, nor drawn back into the page.

    A subclass says in ``read`` what becomes of the text, and may raise ``NotFit``. ``max_length`` counts
    characters as a reader does, so that a letter with its variation selector is one.
    """

    empty_value: ClassVar[str | None] = ""

    default_error_messages = {
        "character": gettext_lazy("%(label)sに%(message)s"),
        "max_length": gettext_lazy("%(label)sは%(limit)d文字以内で入力してください（入力 %(count)d文字）"),
        "my_number": gettext_lazy(
            "%(label)sに個人番号と同じ形の数字があります。"
            "個人番号は個人番号の欄だけに入力してください。この欄の内容は消しました"
        ),
    }

    def __init__(self, *, max_length: int | None = None, **kwargs: Any) -> None:
        self.max_length = max_length
        super().__init__(**kwargs)

    def usual_attrs(self) -> dict[str, str]:
        attrs = {**super().usual_attrs(), "spellcheck": "false"}
        return {**attrs, "data-kind": self.kind} if self.kind else attrs

    def read(self, text: str) -> Any:
        """Return what the text means, or raise ``NotFit`` or ``ValidationError``."""
        raise NotImplementedError

    def to_python(self, value: Any) -> Any:
        if value in self.empty_values:
            return self.empty_value
        text = str(value)
        if len(text) > LONGEST_TEXT:
            raise self.refusal("max_length", limit=self.max_length or LONGEST_TEXT, count=len(text))
        if japanese_text.contains_my_number(text):
            raise self.refusal("my_number")
        try:
            meant = self.read(text)
        except japanese_text.NotFit as not_fit:
            raise self.refusal("character", message=not_fit.message) from None
        if isinstance(meant, str):
            self._refuse_if_too_long(meant)
        return meant

    def bound_data(self, data: Any, initial: Any) -> Any:
        """Return what is drawn back into the page: what was typed, unless an individual number stands in it."""
        shown = super().bound_data(data, initial)
        if not isinstance(shown, str):
            return shown
        shown = shown[:LONGEST_TEXT]
        if japanese_text.contains_my_number(shown):
            return ""
        # Half of a surrogate pair cannot be sent to the browser.
        return shown.encode(errors="replace").decode()

    def _refuse_if_too_long(self, text: str) -> None:
        if self.max_length is None:
            return
        count = japanese_text.grapheme_length(text)
        if count <= self.max_length:
            if len(text) <= self.max_length * _MOST_CODE_POINTS_TO_A_CHARACTER:
                return
            count = len(text)
        raise self.refusal("max_length", limit=self.max_length, count=count)


class WarekiDateField(TypedField):
    """A day, typed in an era or in western years; a ``date`` when clean, None when empty.

    ``not_future`` refuses days after today, ``not_before`` days before that one. A day outside its era is
    refused with code "out_of_era" and the day it may be meant to be in ``params["corrected"]`` (None before
    the Gregorian calendar), for a page that lets the clerk confirm it. ``era_numbers`` as in ``wareki.read``.
    """

    kind = "date"
    empty_value = None

    default_error_messages = {
        "unreadable": gettext_lazy("%(label)sは%(message)s"),
        "impossible": gettext_lazy("%(label)sは%(message)s"),
        "ambiguous": gettext_lazy("%(label)sは%(message)s"),
        "out_of_era": gettext_lazy("%(label)sを確かめてください。%(message)s"),
        "future": gettext_lazy("%(label)sは今日までの日付にしてください"),
        "too_early": gettext_lazy("%(label)sは%(limit)s以後の日付にしてください"),
    }

    def __init__(
        self,
        *,
        not_future: bool = False,
        not_before: date | None = None,
        era_numbers: bool = False,
        today: Callable[[], date] = timezone.localdate,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.not_future = not_future
        self.not_before = not_before
        self.era_numbers = era_numbers
        self.today = today

    def read(self, text: str) -> date | None:
        if not text.strip():
            return None
        try:
            return wareki.read(text, era_numbers=self.era_numbers)
        except wareki.Unreadable as unreadable:
            raise self.refusal(unreadable.code, message=unreadable.message, corrected=unreadable.corrected) from None

    def to_python(self, value: Any) -> date | None:
        if isinstance(value, datetime):
            return value.date()
        if isinstance(value, date):
            return value
        on: date | None = super().to_python(value)
        return on

    def validate(self, value: date | None) -> None:
        super().validate(value)
        if value is None:
            return
        if self.not_future and value > self.today():
            raise self.refusal("future")
        if self.not_before and value < self.not_before:
            raise self.refusal("too_early", limit=wareki.write(self.not_before))

    def prepare_value(self, value: Any) -> Any:
        """Return a stored day as clerks type it, and what was typed as it is."""
        if isinstance(value, date) and not isinstance(value, datetime) and value >= wareki.FIRST_DAY:
            return wareki.write_short(value)
        return value


class DigitsField(TypedField):
    """A number that is a name, such as 12345678: ASCII digits when clean, leading zeros kept.

    ``lengths`` are the numbers of digits it may have; empty for any.
    """

    kind = "digits"

    default_error_messages = {
        "length": gettext_lazy("%(label)sは%(lengths)sで入力してください（入力 %(count)d桁）"),
    }

    def __init__(self, *, lengths: Sequence[int] = (), **kwargs: Any) -> None:
        self.lengths = tuple(sorted(lengths))
        super().__init__(**kwargs)

    def usual_attrs(self) -> dict[str, str]:
        attrs = {**super().usual_attrs(), "inputmode": "numeric"}
        if self.lengths:
            attrs["data-digits"] = ",".join(str(length) for length in self.lengths)
            attrs["size"] = str(self.lengths[-1])
        return attrs

    def read(self, text: str) -> str:
        return japanese_text.digits(text)

    def validate(self, value: str) -> None:
        super().validate(value)
        if value and self.lengths and len(value) not in self.lengths:
            raise self.refusal("length", lengths=self._lengths_in_words(), count=len(value))

    def _lengths_in_words(self) -> str:
        first, last = self.lengths[0], self.lengths[-1]
        if len(self.lengths) > 2 and last - first == len(self.lengths) - 1:
            return _("%(first)d桁から%(last)d桁") % {"first": first, "last": last}
        return _("または").join(_("%(length)d桁") % {"length": length} for length in self.lengths)


class PhoneField(DigitsField):
    """A telephone number in Japan with its area code: ten or eleven digits from 0."""

    default_error_messages = {
        "length": gettext_lazy("%(label)sは市外局番から%(lengths)sで入力してください（入力 %(count)d桁）"),
        "leading_zero": gettext_lazy("%(label)sは0から始まる番号を入力してください"),
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"lengths": (10, 11), **kwargs})

    def usual_attrs(self) -> dict[str, str]:
        return {**super().usual_attrs(), "size": "13"}

    def read(self, text: str) -> str:
        return super().read(text.translate(dict.fromkeys(map(ord, "()（）"), "")))

    def validate(self, value: str) -> None:
        super().validate(value)
        if value and not value.startswith("0"):
            raise self.refusal("leading_zero")


class PostalCodeField(DigitsField):
    """A postal code: seven digits, with or without the 〒 before them."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"lengths": (7,), **kwargs})

    def usual_attrs(self) -> dict[str, str]:
        return {**super().usual_attrs(), "size": "11"}

    def read(self, text: str) -> str:
        return super().read(text.strip().removeprefix("〒"))


class InsurerNumberField(DigitsField):
    """A 保険者番号: eight digits, or six for 国民健康保険, the last of which must be right."""

    default_error_messages = {
        "check_digit": gettext_lazy("%(label)sの検査数字が合いません。原本と見比べてください"),
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"lengths": (6, 8), **kwargs})

    def validate(self, value: str) -> None:
        super().validate(value)
        if value and not is_valid_insurer_number(value):
            raise self.refusal("check_digit")


class KanaField(TypedField):
    """A reading: full-width katakana when clean, however it was typed."""

    kind = "kana"

    def read(self, text: str) -> str:
        return japanese_text.kana(text)


class NameField(TypedField):
    """A person's name, kept to the code point; for those of offices and companies there is ``FreeTextField``.

    ``private_use_declared`` as in ``japanese_text.name``.
    """

    kind = "name"

    def __init__(self, *, private_use_declared: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.private_use_declared = private_use_declared

    def read(self, text: str) -> str:
        return japanese_text.name(text, private_use_declared=self.private_use_declared)


class AddressField(TypedField):
    """One line of an address, kept as it is typed."""

    def read(self, text: str) -> str:
        return japanese_text.address(text)


class FreeTextField(TypedField):
    """A text in words, kept as it is typed; of several lines when ``multiline``."""

    def __init__(self, *, multiline: bool = False, **kwargs: Any) -> None:
        self.multiline = multiline
        if multiline:
            kwargs.setdefault("widget", forms.Textarea(attrs={"rows": "3"}))
        super().__init__(**kwargs)

    def read(self, text: str) -> str:
        return japanese_text.free_text(text, multiline=self.multiline)


class YenField(TypedField):
    """An amount of money from nothing to 9,999,999,999 yen: an ``int`` when clean, None when empty.

    Takes ``1,234,567``, ``￥1234567`` and ``1234567円`` in any width. Commas must part threes: one out of
    place is more likely a lost digit than a habit.
    """

    kind = "yen"
    empty_value = None

    default_error_messages = {
        "not_an_amount": gettext_lazy("%(label)sは金額として読み取れません。数字で入力してください"),
        "misplaced_comma": gettext_lazy("%(label)sは桁区切りの位置が合いません。金額を確かめてください"),
        "too_large": gettext_lazy("%(label)sは%(limit)s円までの金額を入力してください"),
    }

    def usual_attrs(self) -> dict[str, str]:
        return {**super().usual_attrs(), "inputmode": "numeric", "size": "14"}

    def read(self, text: str) -> int | None:
        narrow = "".join(unicodedata.normalize("NFKC", text).split())
        if not narrow:
            return None
        # With the IME left on, the comma key gives 、; a Japanese keyboard's yen key gives a backslash.
        amount = narrow.removeprefix("¥").removeprefix("\\").removesuffix("円").replace("、", ",")
        digits = japanese_text.digits(amount.replace(",", ""))
        if not digits or not japanese_text.HYPHENS.isdisjoint(amount):
            raise self.refusal("not_an_amount")
        if "," in amount and not _GROUPED_BY_THREE.fullmatch(amount):
            raise self.refusal("misplaced_comma")
        # Python refuses to read numbers of thousands of digits, even of zeros.
        digits = digits.lstrip("0") or "0"
        if len(digits) > len(str(LARGEST_AMOUNT)):
            raise self.refusal("too_large", limit=f"{LARGEST_AMOUNT:,}")
        return int(digits)

    def prepare_value(self, value: Any) -> Any:
        """Return a stored amount with its commas, and what was typed as it is."""
        return f"{value:,}" if isinstance(value, int) else value


NOT_CHOSEN: Final = gettext_lazy("選んでください")


class ChoiceCodeField(LabelledField, forms.ChoiceField):
    """One code out of a vocabulary. A drop-down list begins with nothing chosen: no code is entered by neglect."""

    default_error_messages = {
        "required": gettext_lazy("%(label)sを選んでください"),
        "invalid_choice": gettext_lazy("%(label)sを選び直してください"),
    }

    def __init__(self, *, choices: Any = (), blank_label: Any = NOT_CHOSEN, **kwargs: Any) -> None:
        super().__init__(choices=choices, **kwargs)
        if isinstance(self.widget, forms.Select):
            self.choices = BlankChoiceIterator(normalize_choices(choices), [("", blank_label)])

    def validate(self, value: Any) -> None:
        if value and not self.valid_value(value):
            raise self.refusal("invalid_choice")
        super().validate(value)


class ChoiceCodesField(LabelledField, forms.MultipleChoiceField):
    """Any number of codes out of a vocabulary, as boxes to tick."""

    widget = forms.CheckboxSelectMultiple

    default_error_messages = {
        "required": gettext_lazy("%(label)sを選んでください"),
        "invalid_choice": gettext_lazy("%(label)sを選び直してください"),
        "invalid_list": gettext_lazy("%(label)sを選び直してください"),
    }

    def to_python(self, value: Any) -> list[str]:
        if value and not isinstance(value, (list, tuple)):
            raise self.refusal("invalid_list")
        return super().to_python(value)

    def validate(self, value: Any) -> None:
        if not all(self.valid_value(code) for code in value):
            raise self.refusal("invalid_choice")
        super().validate(value)
