"""Searching the record by conditions that combine, a page at a time, the newest first.

Pages go by key (``at``, ``id``), never by offset, so that the last page costs what the first does.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _, gettext_lazy

from audit import vocabulary
from audit.models import ActorLabel, Event, PersonLabel, Result

PAGE = 50
#: Counting stops here: beyond it the page says "more than", which costs the same however long the record grows.
COUNTED_UP_TO = 1_000
#: A name that fits more people than this has to be typed further: entries are never left out without a word.
PEOPLE_UP_TO = 500
_KATAKANA = {place: place + 0x60 for place in range(ord("ぁ"), ord("ゖ") + 1)}


class NumberlessField(forms.Field):
    """A condition that never holds a My Number, nor draws one back into the page: conditions are recorded."""

    default_error_messages = {
        "my_number": gettext_lazy(
            "個人番号では検索できません。氏名、フリガナ、受付番号、受給者番号で検索してください。"
        ),
    }

    def clean(self, value: Any) -> Any:
        if _may_hold_a_number(value):
            raise forms.ValidationError(self.error_messages["my_number"], code="my_number")
        return super().clean(value)

    def bound_data(self, data: Any, initial: Any) -> Any:
        shown = super().bound_data(data, initial)
        return "" if _may_hold_a_number(shown) else shown


class DayField(NumberlessField, forms.DateField):
    """A day, as the browser sends it or typed with slashes."""


class TextField(NumberlessField, forms.CharField):
    """A name, a reading or one of the office's own numbers."""


class SearchForm(forms.Form):
    """The conditions. Everything may stay empty; what is filled in must all hold."""

    from_on = DayField(
        label=gettext_lazy("期間（から）"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d", "%Y/%m/%d"],
        error_messages={"invalid": gettext_lazy("期間（から）は 2026-11-23 のように入力してください。")},
    )
    to_on = DayField(
        label=gettext_lazy("期間（まで）"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d", "%Y/%m/%d"],
        error_messages={"invalid": gettext_lazy("期間（まで）は 2026-11-23 のように入力してください。")},
    )
    actor = TextField(
        label=gettext_lazy("利用者"),
        required=False,
        max_length=60,
        help_text=gettext_lazy("氏名の一部、または利用者ID"),
        error_messages={"max_length": gettext_lazy("利用者は60文字以内で入力してください。")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    subject = TextField(
        label=gettext_lazy("対象"),
        required=False,
        max_length=60,
        help_text=gettext_lazy("受給者の氏名かフリガナの先頭、受付番号、受給者番号"),
        error_messages={"max_length": gettext_lazy("対象は60文字以内で入力してください。")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    actions = forms.MultipleChoiceField(
        label=gettext_lazy("操作"),
        required=False,
        choices=vocabulary.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": gettext_lazy("操作を一覧から選んでください。")},
    )
    result = forms.ChoiceField(
        label=gettext_lazy("結果"),
        required=False,
        choices=[("", gettext_lazy("すべて")), *Result.choices],
        error_messages={"invalid_choice": gettext_lazy("結果を一覧から選んでください。")},
    )

    def clean_actor(self) -> str:
        text: str = self.cleaned_data["actor"]
        if text and len(_staff_called(text)) > PEOPLE_UP_TO:
            raise forms.ValidationError(
                _("当てはまる利用者が%d人を超えます。氏名を続けて入力してください。") % PEOPLE_UP_TO
            )
        return text

    def clean_subject(self) -> str:
        text: str = self.cleaned_data["subject"]
        if text and len(_people_called(text)) > PEOPLE_UP_TO:
            raise forms.ValidationError(
                _("当てはまる受給者が%d人を超えます。氏名を続けて入力してください。") % PEOPLE_UP_TO
            )
        return text

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        first, last = cleaned.get("from_on"), cleaned.get("to_on")
        if first and last and last < first:
            self.add_error("to_on", _("期間（まで）は、期間（から）以後の日付にしてください。"))
        return cleaned


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page of entries, how many there are in all (None = more than counted), and where the next begins."""

    events: list[Event]
    count: int | None
    older: str | None
    names: Mapping[UUID, str]


def find(conditions: Mapping[str, Any], *, before: str | None = None) -> Page:
    """Return the entries that meet ``conditions`` (a valid form's data), from the cursor ``before`` on."""
    matching = _matching(conditions)
    rows = list(_from(matching, before).order_by(F("at").desc(), F("id").desc())[: PAGE + 1])
    events, more = rows[:PAGE], rows[PAGE:]
    counted = matching.order_by()[: COUNTED_UP_TO + 1].count()
    return Page(
        events=events,
        count=counted if counted <= COUNTED_UP_TO else None,
        older=_cursor(events[-1]) if more else None,
        names=_names(events),
    )


def sentence(conditions: Mapping[str, Any]) -> str:
    """Return the conditions as one sentence, so that everybody sees what was asked."""
    parts = [f"{label}＝{value}" for label, value in chips(conditions)]
    return _("すべての記録") if not parts else _(" かつ ").join(parts)


def chips(conditions: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what is asked, condition by condition (label, value)."""
    found: list[tuple[str, str]] = []
    first, last = conditions.get("from_on"), conditions.get("to_on")
    if first or last:
        found.append((_("期間"), f"{first or ''}〜{last or ''}"))
    if conditions.get("actor"):
        found.append((_("利用者"), conditions["actor"]))
    if conditions.get("subject"):
        found.append((_("対象"), conditions["subject"]))
    if conditions.get("actions"):
        found.append((_("操作"), "・".join(vocabulary.label(action) for action in conditions["actions"])))
    if conditions.get("result"):
        found.append((_("結果"), str(Result(conditions["result"]).label)))
    return found


def around(event: Event, *, minutes: int = 30) -> QuerySet[Event]:
    """Return what the same person did from half an hour before to half an hour after ``event``."""
    span = timedelta(minutes=minutes)
    return Event.objects.filter(actor_id=event.actor_id, at__gte=event.at - span, at__lte=event.at + span).order_by(
        "-at", "-id"
    )[:PAGE]


def names_of(events: list[Event]) -> Mapping[UUID, str]:
    """Return what the people in ``events`` are called, by id."""
    return _names(events)


def _matching(conditions: Mapping[str, Any]) -> QuerySet[Event]:
    events = Event.objects.all()
    if first := conditions.get("from_on"):
        events = events.filter(at__gte=timezone.make_aware(datetime.combine(first, time.min)))
    if last := conditions.get("to_on"):
        events = events.filter(at__lte=timezone.make_aware(datetime.combine(last, time.max)))
    if actor := conditions.get("actor"):
        events = events.filter(actor_id__in=_staff_called(actor))
    if chosen := conditions.get("actions"):
        events = events.filter(action__in=chosen)
    if result := conditions.get("result"):
        events = events.filter(result=result)
    if subject := conditions.get("subject"):
        events = events.filter(Q(subject_label=subject) | Q(person_id__in=_people_called(subject)))
    return events


def _staff_called(text: str) -> list[int]:
    called = ActorLabel.objects.filter(Q(name__contains=text) | Q(login_id=text))
    return list(called.order_by("pk").values_list("pk", flat=True)[: PEOPLE_UP_TO + 1])


def _people_called(text: str) -> list[UUID]:
    """Return who is called so, by the beginning of the name or of its reading, in either kana."""
    kana = unicodedata.normalize("NFKC", text).translate(_KATAKANA)
    called = Q()
    for name in _spaced(text):
        called |= Q(name__startswith=name)
    for reading in _spaced(kana):
        called |= Q(kana__startswith=reading)
    people = PersonLabel.objects.filter(called)
    return list(people.order_by("pk").values_list("pk", flat=True)[: PEOPLE_UP_TO + 1])


def _spaced(text: str) -> list[str]:
    """Return how ``text`` may stand in a label, where a full-width space parts the names: people leave it out."""
    words = text.split()
    if len(words) > 1:
        return ["　".join(words)]
    return [text, *(f"{text[:place]}　{text[place:]}" for place in range(1, len(text)))]


def _names(events: list[Event]) -> Mapping[UUID, str]:
    people = {event.person_id for event in events if event.person_id}
    return dict(PersonLabel.objects.filter(pk__in=people).values_list("pk", "name"))


def _cursor(event: Event) -> str:
    return f"{event.at.isoformat()}_{event.pk}"


def _from(events: QuerySet[Event], cursor: str | None) -> QuerySet[Event]:
    """Keep what is older than the cursor; one that is not ours is the first page."""
    if not cursor:
        return events
    try:
        moment, _separator, key = cursor.partition("_")
        at, pk = datetime.fromisoformat(moment), UUID(key)
    except ValueError:
        return events
    if at.utcoffset() != timedelta(0):  # ours are in UTC; another offset may be more than the database can take
        return events
    # the first condition lets the index begin at the cursor
    return events.filter(Q(at__lt=at) | Q(at=at, pk__lt=pk), at__lte=at)


def _may_hold_a_number(value: Any) -> bool:
    """Say whether twelve digits or more stand in what was typed, in whatever groups."""
    return isinstance(value, str) and sum(character.isdigit() for character in value) >= 12  # as long as a My Number
