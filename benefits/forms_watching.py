"""What staff declare once a year about whom they know, and what their heads register of work outside office hours."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _, gettext_lazy

from accounts.models import User
from audit.forms.fields import DayField
from benefits.fields import ChoiceCodeField, DigitsField, KanaField, PostalCodeField, WarekiDateField
from benefits.models.watching import RelationKind
from benefits.watching import Relation

#: How many people one declaration has room for.
ROWS: Final = 5


class RelationsForm(forms.Form):
    """Who somebody is as a resident, and whom they are related to: reading and day of birth, receiving or not."""

    use_required_attribute = False

    kana = KanaField(
        label=gettext_lazy("あなたのフリガナ"), max_length=100, help_text=gettext_lazy("例 ヤマダ　ミサキ")
    )
    birth_on = WarekiDateField(
        label=gettext_lazy("あなたの生年月日"), not_future=True, help_text=gettext_lazy("例 H2.4.1")
    )
    postal_code = PostalCodeField(label=gettext_lazy("あなたの住所の郵便番号"), help_text=gettext_lazy("例 1000001"))

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        for row in range(ROWS):
            self.fields[f"kind_{row}"] = ChoiceCodeField(
                label=gettext_lazy("関係"), choices=RelationKind.choices, required=False
            )
            self.fields[f"kana_{row}"] = KanaField(label=gettext_lazy("フリガナ"), max_length=100, required=False)
            self.fields[f"birth_on_{row}"] = WarekiDateField(
                label=gettext_lazy("生年月日"), not_future=True, required=False
            )

    @property
    def rows(self) -> list[tuple[int, list[Any]]]:
        """The boxes of each person, with the person's place."""
        return [(row + 1, [self[f"{name}_{row}"] for name in ("kind", "kana", "birth_on")]) for row in range(ROWS)]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for row in range(ROWS):
            parts = {name: cleaned.get(f"{name}_{row}") for name in ("kind", "kana", "birth_on")}
            wrong = any(f"{name}_{row}" in self.errors for name in parts)
            if any(parts.values()) and not all(parts.values()) and not wrong:
                missing = next(name for name, value in parts.items() if not value)
                self.add_error(f"{missing}_{row}", _("関係、フリガナ、生年月日をそろえて入力してください。"))
        return cleaned

    @property
    def relations(self) -> list[Relation]:
        """The people who were declared."""
        return [
            Relation(
                kind=RelationKind(self.cleaned_data[f"kind_{row}"]),
                kana=self.cleaned_data[f"kana_{row}"],
                birth_on=self.cleaned_data[f"birth_on_{row}"],
            )
            for row in range(ROWS)
            if self.cleaned_data.get(f"kind_{row}")
        ]


class MadeUpForm(forms.Form):
    """Whom an auditor proposes as made up: by what stands on the papers, since an auditor looks nobody up."""

    use_required_attribute = False

    recipient_number = DigitsField(label=gettext_lazy("受給者番号"), lengths=(7,))
    birth_on = WarekiDateField(label=gettext_lazy("生年月日"), not_future=True, help_text=gettext_lazy("例 H2.4.1"))


class OvertimeForm(forms.Form):
    """Who was told to work outside office hours, on which day, from when to when."""

    use_required_attribute = False

    user = forms.TypedChoiceField(
        label=gettext_lazy("職員"),
        coerce=int,
        error_messages={
            "required": gettext_lazy("職員を選んでください。"),
            "invalid_choice": gettext_lazy("職員を一覧から選んでください。"),
        },
    )
    day = DayField(
        label=gettext_lazy("日"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d", "%Y/%m/%d"],
        error_messages={
            "required": gettext_lazy("日を入力してください。"),
            "invalid": gettext_lazy("日は 2026-11-23 のように入力してください。"),
        },
    )
    begins = forms.TimeField(
        label=gettext_lazy("開始"),
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        input_formats=["%H:%M"],
        error_messages={
            "required": gettext_lazy("開始の時刻を入力してください。"),
            "invalid": gettext_lazy("時刻は 18:00 のように入力してください。"),
        },
    )
    ends = forms.TimeField(
        label=gettext_lazy("終了"),
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        input_formats=["%H:%M"],
        help_text=gettext_lazy("開始より前の時刻は、翌日とします"),
        error_messages={
            "required": gettext_lazy("終了の時刻を入力してください。"),
            "invalid": gettext_lazy("時刻は 21:00 のように入力してください。"),
        },
    )

    def __init__(self, *arguments: Any, staff: Iterable[User], **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.fields["user"].choices = [  # type: ignore[attr-defined]  # a choice field
            ("", _("選んでください")),
            *((str(one.pk), one.display_name) for one in staff),
        ]

    @property
    def span(self) -> tuple[datetime, datetime]:
        """When the work begins and ends."""
        day, begins, ends = (self.cleaned_data[name] for name in ("day", "begins", "ends"))
        first = timezone.make_aware(datetime.combine(day, begins))
        last = timezone.make_aware(datetime.combine(day, ends))
        return first, last if last > first else last + timedelta(days=1)
