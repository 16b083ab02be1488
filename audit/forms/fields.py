"""Boxes that never hold a My Number, nor draw one back into the page: conditions are recorded."""

import re
import unicodedata
from collections.abc import Callable
from ipaddress import ip_network
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _, gettext_lazy

from audit.numberless import holds_number

#: What parts the items of a list. Neither a blank nor a hyphen: they stand inside names and numbers.
_BETWEEN = re.compile(r"[,、，;；\r\n\t]+")
#: The office's own numbers: a receipt number, a recipient number.
_OFFICE_NUMBER = re.compile(r"[0-9]{4}-[0-9]{6}|[0-9]{7}")


class NumberlessField(forms.Field):
    """A condition that never holds a My Number, nor draws one back into the page: conditions are recorded."""

    default_error_messages = {
        "my_number": gettext_lazy(
            "個人番号では検索できません。氏名、フリガナ、受付番号、受給者番号で検索してください。"
        ),
    }

    def clean(self, value: Any) -> Any:
        if self.may_hold_a_number(value):
            raise forms.ValidationError(self.error_messages["my_number"], code="my_number")
        return super().clean(value)

    def bound_data(self, data: Any, initial: Any) -> Any:
        shown = super().bound_data(data, initial)
        return "" if self.may_hold_a_number(shown) else shown

    def may_hold_a_number(self, value: Any) -> bool:
        """Say whether twelve digits or more stand together in what was typed."""
        return isinstance(value, str) and holds_number(value)


class DayField(NumberlessField, forms.DateField):
    """A day, as the browser sends it or typed with slashes."""


class TextField(NumberlessField, forms.CharField):
    """One line: a name, a note."""

    default_error_messages = {
        "unwritable": gettext_lazy("使えない文字（制御文字など）が含まれています。入力し直してください。"),
    }

    def to_python(self, value: Any) -> str:
        text = super().to_python(value) or ""
        if any(not _can_be_written(character) for character in text):
            raise forms.ValidationError(self.error_messages["unwritable"], code="unwritable")
        return unicodedata.normalize("NFC", text)


class ListField(TextField):
    """Several of a kind, parted by commas or lines; as many as ``most``.

    ``reads`` turns an item into what is searched for and raises ``ValueError`` for what is none. ``knows`` says of an
    item that it is one of the kind, so that digits in a row are no My Number (addresses, receipt numbers, ids).
    """

    default_error_messages = {
        "too_many": gettext_lazy(
            "一度に指定できるのは%(most)d件までです（%(given)s件の入力があります）。分けて検索してください。"
        ),
        "too_long": gettext_lazy("1件は%(longest)d文字以内で入力してください。"),
        "unreadable": gettext_lazy("入力の形が正しくありません。"),
    }

    def __init__(
        self,
        *,
        most: int = 20,
        longest: int = 60,
        reads: Callable[[str], Any] = str,
        knows: Callable[[str], bool] = lambda _item: False,
        **parts: Any,
    ) -> None:
        self.most, self.longest, self.reads, self.knows = most, longest, reads, knows
        super().__init__(**parts)

    def clean(self, value: Any) -> Any:
        # first of all: whoever pasted a whole list is told of the limit, whatever stands in it
        if (given := len(items(value))) > self.most:
            raise forms.ValidationError(
                self.error_messages["too_many"], code="too_many", params={"most": self.most, "given": f"{given:,}"}
            )
        return super().clean(value)

    def to_python(self, value: Any) -> Any:
        found = items(value)
        if any(len(item) > self.longest for item in found):
            raise forms.ValidationError(
                self.error_messages["too_long"], code="too_long", params={"longest": self.longest}
            )
        checked = [super(ListField, self).to_python(item) for item in found]
        try:
            return tuple(dict.fromkeys(self.reads(item) for item in checked))
        except ValueError:
            raise forms.ValidationError(self.error_messages["unreadable"], code="unreadable") from None

    def may_hold_a_number(self, value: Any) -> bool:
        return isinstance(value, str) and not self._knows_all(value) and holds_number(value)

    def _knows_all(self, value: str) -> bool:
        found = items(value)
        return bool(found) and all(self.knows(item) for item in found)

    def validate(self, value: Any) -> None:
        if self.required and not value:
            raise forms.ValidationError(self.error_messages["required"], code="required")

    def run_validators(self, value: Any) -> None:
        """Each item has been looked at already."""


def items(value: Any) -> list[str]:
    """Return the items of a list as typed, without what is around them."""
    return [item for one in _BETWEEN.split(value) if (item := one.strip())] if isinstance(value, str) else []


def is_office_number(item: str) -> bool:
    """Say whether ``item`` is a receipt number or a recipient number."""
    return bool(_OFFICE_NUMBER.fullmatch(unicodedata.normalize("NFKC", item)))


def is_network(item: str) -> bool:
    """Say whether ``item`` is an address or a network."""
    try:
        ip_network(item, strict=False)
    except ValueError:
        return False
    # "167772161" would be read as one
    return "." in item or ":" in item


def is_id(item: str) -> bool:
    """Say whether ``item`` is an id (a UUID) written out."""
    try:
        return str(UUID(item)) == item.lower()
    except ValueError:
        return False


def is_session_mark(item: str) -> bool:
    """Say whether ``item`` is what the record calls a session."""
    return bool(re.fullmatch(r"[0-9a-f]{16}", item))


def session_mark(item: str) -> str:
    """Return ``item``, or raise ``ValueError`` when it is no session's mark."""
    if not is_session_mark(item):
        raise ValueError
    return item


def identifier(item: str) -> UUID:
    """Return the id, or raise ``ValueError`` when ``item`` is none."""
    if not is_id(item):
        raise ValueError
    return UUID(item)


def _can_be_written(character: str) -> bool:
    return unicodedata.category(character) not in {"Cc", "Cs"}


def too_wide() -> str:
    """Say how wide a network may be."""
    return _("範囲が広すぎます。IPv4は /8、IPv6は /40 より狭い範囲を、10.1.2.0/24 のように入力してください。")
