"""What user administrators send when they propose a change, and how they narrow down the list of the staff."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts import scopes, staff_file
from accounts.models import User
from accounts.models.rights import ResetWhat
from accounts.roles import HANDBOOK


class DayField(forms.CharField):
    """A day, typed as R8.4.1 or as 2026-04-01; its echo says what was understood."""

    kind = "date"

    def __init__(self, **options: Any) -> None:
        attrs = {"autocomplete": "off", "spellcheck": "false", "size": "14"}
        super().__init__(max_length=20, widget=forms.TextInput(attrs=attrs), **options)
        self.error_messages["invalid"] = _("%(label)sは R8.4.1 か 2026-04-01 のように入力してください。") % {
            "label": self.label
        }
        self.error_messages["max_length"] = self.error_messages["invalid"]
        self.error_messages.setdefault("required", "")

    def to_python(self, value: Any) -> Any:
        """Return the day, or None when nothing was typed."""
        text = super().to_python(value)
        if not text:
            return None
        day = staff_file.read_date(text)
        if day is None:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return day

    def run_validators(self, value: Any) -> None:
        """Look at nothing more: a day has no length."""

    def validate(self, value: Any) -> None:
        if self.required and value is None:
            raise forms.ValidationError(_("%(label)sを入力してください。") % {"label": self.label}, code="required")

    def prepare_value(self, value: Any) -> Any:
        return value.isoformat() if isinstance(value, date) else value


def _text(label: Any, *, longest: int, required: bool = True, size: str = "40", **options: Any) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=required,
        max_length=longest,
        error_messages={
            "required": _("%(label)sを入力してください。") % {"label": label},
            "max_length": _("%(label)sは%(longest)s文字以内で入力してください。")
            % {"label": label, "longest": longest},
            "null_characters_not_allowed": _("使えない文字が含まれています。"),
        },
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "size": size}),
        **options,
    )


class ReasonForm(forms.Form):
    """Why: every step that needs words asks for them."""

    use_required_attribute = False
    reason = _text(_("理由"), longest=200, size="60")


class RejectForm(forms.Form):
    """Why not."""

    use_required_attribute = False
    reason = _text(_("却下の理由"), longest=200, size="60")


class ProposalForm(ReasonForm):
    """What every proposal has."""

    decision_number = _text(_("決裁番号"), longest=40, required=False, size="20")
    field_order: Any = None

    def proposed(self) -> dict[str, Any]:
        """Return the arguments of ``accounts.rights.propose``; an empty choice or day is left out."""
        return {name: value for name, value in self.cleaned_data.items() if value not in ("", None)}


class HireForm(ProposalForm):
    """Somebody new."""

    login_id = _text(_("利用者ID"), longest=40, size="24", help_text=_("半角の英小文字で始まる3〜40文字"))
    display_name = _text(_("氏名"), longest=60, size="24")
    section = _text(_("所属"), longest=60, required=False, size="30")
    ends_on = DayField(label=_("利用できる最後の日"), required=False, help_text=_("任期がある人だけ"))
    field_order = ("login_id", "display_name", "section", "ends_on", "reason", "decision_number")


class GrantForm(ProposalForm):
    """A duty, and how far it reaches."""

    role = forms.ChoiceField(
        label=_("役割"),
        widget=forms.RadioSelect,
        error_messages={"required": _("役割を選んでください。"), "invalid_choice": _("役割を選んでください。")},
    )
    office = forms.ChoiceField(
        label=_("保健所"), required=False, error_messages={"invalid_choice": _("保健所を一覧から選んでください。")}
    )
    programme = forms.ChoiceField(
        label=_("制度"), required=False, error_messages={"invalid_choice": _("制度を一覧から選んでください。")}
    )
    network = _text(
        _("ネットワーク"), longest=43, required=False, size="20", help_text=_("端末を限るときだけ。例 10.1.2.0/24")
    )
    starts_on = DayField(label=_("開始日"))
    ends_on = DayField(label=_("終了日"), required=False)
    field_order = (
        "role",
        "office",
        "programme",
        "network",
        "starts_on",
        "ends_on",
        "reason",
        "decision_number",
    )

    def __init__(self, *args: Any, hints: dict[str, str] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        hints = hints or {}
        self.fields["role"].choices = [  # type: ignore[attr-defined]  # a ChoiceField
            (role.value, f"{duty.label}{hints.get(role.value, '')}") for role, duty in HANDBOOK.items()
        ]
        self.fields["role"].is_wide = True  # type: ignore[attr-defined]  # read by the field's template
        self.fields["office"].choices = [("", _("すべて")), *scopes.offices()]  # type: ignore[attr-defined]
        self.fields["programme"].choices = [("", _("すべて")), *scopes.programmes()]  # type: ignore[attr-defined]


class EndForm(ProposalForm):
    """The last day of a duty."""

    ends_on = DayField(label=_("最後の日"), help_text=_("昨日の日付なら、承認されしだい終了します"))
    field_order = ("ends_on", "reason", "decision_number")


class MoveForm(ProposalForm):
    """Another name or section."""

    display_name = _text(_("氏名"), longest=60, size="24")
    section = _text(_("所属"), longest=60, required=False, size="30")
    field_order = ("display_name", "section", "reason", "decision_number")


class StopForm(ProposalForm):
    """A leaver."""

    ends_on = DayField(
        label=_("利用できる最後の日"), required=False, help_text=_("空欄なら、承認されしだい停止します")
    )
    field_order = ("ends_on", "reason", "decision_number")


class ResumeForm(ProposalForm):
    """Somebody who is back."""

    ends_on = DayField(label=_("利用できる最後の日"), required=False, help_text=_("任期がある人だけ"))
    field_order = ("ends_on", "reason", "decision_number")


class ResetForm(ProposalForm):
    """What was lost."""

    reset = forms.ChoiceField(
        label=_("再設定するもの"),
        choices=ResetWhat.choices,
        widget=forms.RadioSelect,
        error_messages={
            "required": _("再設定するものを選んでください。"),
            "invalid_choice": _("再設定するものを選んでください。"),
        },
    )
    field_order = ("reset", "reason", "decision_number")


class StaffFilter(forms.Form):
    """Which of the staff to list. What cannot be understood is told, and lists nobody."""

    use_required_attribute = False
    section = forms.ChoiceField(
        label=_("所属"), required=False, error_messages={"invalid_choice": _("所属を一覧から選んでください。")}
    )
    role = forms.ChoiceField(
        label=_("役割"), required=False, error_messages={"invalid_choice": _("役割を一覧から選んでください。")}
    )
    state = forms.ChoiceField(
        label=_("状態"),
        required=False,
        choices=[
            ("", _("すべて")),
            ("active", _("有効")),
            ("stopped", _("停止")),
            ("shut", _("ロック")),
            ("waiting", _("申請中")),
        ],
        error_messages={"invalid_choice": _("状態を一覧から選んでください。")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sections = User.objects.exclude(section="").order_by("section").values_list("section", flat=True).distinct()
        self.fields["section"].choices = [("", _("すべて")), *((name, name) for name in sections)]  # type: ignore[attr-defined]
        self.fields["role"].choices = [  # type: ignore[attr-defined]
            ("", _("すべて")),
            *((role.value, str(duty.label)) for role, duty in HANDBOOK.items()),
        ]
