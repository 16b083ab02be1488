"""The conditions of a search as they are typed. Everything may stay empty; what is filled in must all hold."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

from django import forms
from django.http import QueryDict
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext as _, gettext_lazy

from audit import vocabulary
from audit.forms.fields import (
    DayField,
    ListField,
    identifier,
    is_id,
    is_network,
    is_office_number,
    is_session_mark,
    session_mark,
    too_wide,
)
from audit.ledger import facets
from audit.models import Result
from audit.searching import areas, finding, labels
from audit.searching.conditions import MOST_DAYS, Conditions, DayKind, Outcome, is_too_long
from audit.searching.scopes import Reach, Scope
from audit.words import EXPLANATIONS

WEEKDAYS: Final = tuple(enumerate("月火水木金土日"))
#: What one may narrow down by, by how much one may read: names of others only where others' doings are read.
_OTHERS = ("actor", "roles", "person", "explanations", "terminal", "session", "request")
_EVERYBODYS = ("section",)

#: Names are looked for before anything is searched; together both must not take longer than a page may.
_MOST_MILLISECONDS: Final = 1_000

_INVALID_DAY = gettext_lazy("{day} は 2026-11-23 のように入力してください。")


def _day(label: Any) -> DayField:
    return DayField(
        label=label,
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d", "%Y/%m/%d"],
        error_messages={"invalid": format_lazy(_INVALID_DAY, day=label)},
    )


def _listed(label: Any, help_text: Any = "", **parts: Any) -> ListField:
    return ListField(
        label=label,
        help_text=help_text,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        **parts,
    )


def _chosen(label: Any, choices: Any) -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        label=label,
        required=False,
        choices=choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": gettext_lazy("一覧から選んでください。")},
    )


class SearchForm(forms.Form):
    """The conditions, for somebody who may read ``scope``."""

    from_on = _day(gettext_lazy("期間（から）"))
    to_on = _day(gettext_lazy("期間（まで）"))
    actor = _listed(gettext_lazy("利用者"), gettext_lazy("氏名の一部、または利用者ID（「、」で複数）"))
    section = _listed(gettext_lazy("所属"), gettext_lazy("所属名のとおりに（「、」で複数）"))
    person = _listed(
        gettext_lazy("受給者"),
        gettext_lazy("氏名かフリガナの先頭、受給者番号（「、」で複数）"),
        knows=is_office_number,
    )
    application = _listed(
        gettext_lazy("受付番号など"),
        gettext_lazy("2026-000123、書類番号など（「、」で複数）"),
        knows=is_office_number,
        reads=labels.narrow,
    )
    result = forms.ChoiceField(
        label=gettext_lazy("結果"),
        required=False,
        choices=[
            ("", gettext_lazy("すべて")),
            *Result.choices,
            (Outcome.NOT_DONE.value, gettext_lazy("拒否または失敗")),
        ],
        error_messages={"invalid_choice": gettext_lazy("結果を一覧から選んでください。")},
    )
    days = forms.ChoiceField(
        label=gettext_lazy("日・時間帯"),
        required=False,
        choices=[("", gettext_lazy("すべて")), *DayKind.choices],
        error_messages={"invalid_choice": gettext_lazy("一覧から選んでください。")},
    )
    hour_from = forms.TypedChoiceField(
        label=gettext_lazy("時刻（から）"),
        required=False,
        coerce=int,
        empty_value=None,
        choices=[("", "―"), *((str(hour), f"{hour}:00") for hour in range(24))],
        error_messages={"invalid_choice": gettext_lazy("時刻を一覧から選んでください。")},
    )
    hour_to = forms.TypedChoiceField(
        label=gettext_lazy("時刻（まで）"),
        required=False,
        coerce=int,
        empty_value=None,
        choices=[("", "―"), *((str(hour), f"{hour}:00") for hour in range(1, 25))],
        error_messages={"invalid_choice": gettext_lazy("時刻を一覧から選んでください。")},
    )
    terminal = _listed(
        gettext_lazy("端末・ネットワーク"),
        gettext_lazy("10.1.2.3、10.1.2.0/24 など"),
        knows=is_network,
        longest=49,
    )
    purposes = _chosen(gettext_lazy("目的"), vocabulary.purposes)
    explanations = _chosen(gettext_lazy("閲覧の背景"), EXPLANATIONS.items)
    roles = _chosen(gettext_lazy("役割"), vocabulary.roles)
    weekdays = forms.TypedMultipleChoiceField(
        label=gettext_lazy("曜日"),
        required=False,
        coerce=int,
        choices=[(str(number), name) for number, name in WEEKDAYS],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": gettext_lazy("一覧から選んでください。")},
    )
    areas = _chosen(gettext_lazy("操作のまとまり"), areas.choices)
    actions = _chosen(gettext_lazy("操作"), vocabulary.choices)
    session = _listed(
        gettext_lazy("セッション"),
        gettext_lazy("明細にある16桁"),
        knows=is_session_mark,
        reads=session_mark,
        error_messages={"unreadable": gettext_lazy("セッションは、明細にある16桁の英数字です。")},
    )
    request = _listed(
        gettext_lazy("要求番号"),
        gettext_lazy("明細にある番号"),
        knows=is_id,
        reads=identifier,
        error_messages={"unreadable": gettext_lazy("要求番号は、明細にある英数字とハイフンの番号です。")},
    )
    # what links bring: nobody types these
    actor_id = _listed("", reads=int, longest=18)
    person_id = _listed("", reads=identifier, knows=is_id)
    hours = forms.TypedMultipleChoiceField(
        required=False, coerce=int, choices=[(str(hour), "") for hour in range(24)], widget=forms.MultipleHiddenInput
    )

    def __init__(self, data: Mapping[str, Any] | QueryDict | None = None, *, scope: Scope) -> None:
        super().__init__(data)
        self.scope = scope
        self.fields["actor_id"].widget = forms.HiddenInput()
        self.fields["person_id"].widget = forms.HiddenInput()
        if scope.reach is not Reach.ALL:
            for name in _EVERYBODYS:
                del self.fields[name]
        if scope.reach is Reach.OWN:
            for name in (*_OTHERS, "actor_id", "person_id"):
                del self.fields[name]

    def clean_actor(self) -> tuple[str, ...]:
        texts: tuple[str, ...] = self.cleaned_data["actor"]
        if _counted(labels.staff_called, texts) > labels.NAMED_UP_TO:
            raise forms.ValidationError(
                _("当てはまる利用者が%d人を超えます。氏名を続けて入力してください。") % labels.NAMED_UP_TO
            )
        return texts

    def clean_person(self) -> tuple[str, ...]:
        texts: tuple[str, ...] = self.cleaned_data["person"]
        if _counted(labels.people_called, texts) > labels.NAMED_UP_TO:
            raise forms.ValidationError(
                _("当てはまる受給者が%d人を超えます。氏名を続けて入力してください。") % labels.NAMED_UP_TO
            )
        return texts

    def clean_terminal(self) -> tuple[str, ...]:
        texts: tuple[str, ...] = self.cleaned_data["terminal"]
        for text in texts:
            if not is_network(text):
                raise forms.ValidationError(_("端末は 10.1.2.3、範囲は 10.1.2.0/24 のように入力してください。"))
            try:
                facets.network(text)
            except ValueError:
                raise forms.ValidationError(too_wide()) from None
        return texts

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        first, last = cleaned.get("from_on"), cleaned.get("to_on")
        if first and last and last < first:
            self.add_error("to_on", _("期間（まで）は、期間（から）以後の日付にしてください。"))
        hours = cleaned.get("hour_from"), cleaned.get("hour_to")
        if hours[0] is not None and hours[0] == hours[1]:
            self.add_error("hour_to", _("時刻（まで）は、時刻（から）と違う時刻にしてください。"))
        if not self.errors and is_too_long(self.conditions, today=timezone.localdate()):
            self.add_error(
                "from_on",
                _(
                    "13か月（%d日）を超える期間は、利用者、受給者、受付番号のどれかを指定したときだけ検索できます。"
                    "期間を短くするか、条件を加えてください。"
                )
                % MOST_DAYS,
            )
        return cleaned

    @property
    def conditions(self) -> Conditions:
        """What is asked, once it is known to be sound."""
        given = self.cleaned_data
        chosen = dict.fromkeys([*given.get("actions", ()), *areas.actions_of(given.get("areas", []))])
        return Conditions(
            first=given.get("from_on"),
            last=given.get("to_on"),
            users=given.get("actor", ()),
            actor_ids=given.get("actor_id", ()),
            sections=given.get("section", ()),
            roles=tuple(given.get("roles", ())),
            actions=tuple(sorted(chosen)),
            outcome=given.get("result", ""),
            people=given.get("person", ()),
            person_ids=given.get("person_id", ()),
            applications=given.get("application", ()),
            purposes=tuple(given.get("purposes", ())),
            explanations=tuple(given.get("explanations", ())),
            networks=given.get("terminal", ()),
            hour_from=given.get("hour_from"),
            hour_to=given.get("hour_to"),
            single_hours=tuple(given.get("hours", ())),
            days=given.get("days", ""),
            weekdays=tuple(given.get("weekdays", ())),
            sessions=given.get("session", ()),
            requests=given.get("request", ()),
        )


def _counted(called: Callable[[Sequence[str]], Sequence[Any]], texts: Sequence[str]) -> int:
    """Return how many are called so. What takes too long is refused, like what is not understood."""
    if not texts:
        return 0
    try:
        with finding.limited(_MOST_MILLISECONDS):
            return len(called(texts))
    except finding.TooSlowError:
        raise forms.ValidationError(
            _("氏名を調べるのに時間がかかりすぎました。氏名の数を減らすか、続けて入力してください。")
        ) from None


#: Boxes of several values.
MANY: Final = ("purposes", "explanations", "roles", "weekdays", "areas", "actions", "hours")
ONE: Final = tuple(name for name in SearchForm.base_fields if name not in MANY)


def typed(posted: QueryDict) -> dict[str, Any]:
    """Return what was typed into the form, as it is kept: what is empty is left out."""
    found: dict[str, Any] = {name: posted.get(name, "") for name in ONE} | {
        name: posted.getlist(name) for name in MANY
    }
    return {name: value for name, value in found.items() if value} | _of_button(posted)


def _of_button(posted: QueryDict) -> dict[str, str]:
    """Return the days and the name of the button that was pressed: now, or before, if its days still stand there."""
    before = span(posted.get("moving", ""))
    is_as_before = before and all(posted.get(box) == before[box] for box in ("from_on", "to_on"))
    return span(posted.get("span", "")) or (before if is_as_before else {})


#: 今日, 7日 and 今月, as the buttons say them.
SPANS: Final = {"today": gettext_lazy("今日"), "week": gettext_lazy("7日"), "month": gettext_lazy("今月")}


def span(name: str) -> dict[str, str]:
    """Return the two days of 今日, 7日 or 今月 as they are now, with the name itself; nothing for another name."""
    today = timezone.localdate()
    first: date | None = {
        "today": today,
        "week": today - timedelta(days=6),
        "month": today.replace(day=1),
    }.get(name)
    return {"from_on": first.isoformat(), "to_on": today.isoformat(), "span": name} if first else {}
