"""What is sent when a rule is tried out, when its change is proposed, and when one is decided."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from audit import words
from audit.models import ChangeOutcome, Rule
from audit.watch_pages.forms import NumberlessWords
from audit.watching import changes

#: Before the name of a threshold in the form.
THRESHOLD = "threshold_"
#: How far back a rule can be tried out, in weeks.
WEEKS = (4, 8, 13, 26, 52)
#: The two things that the form is sent for.
SIMULATE, PROPOSE = "simulate", "propose"


class RuleForm(forms.Form):
    """A rule as somebody would like it: its thresholds, whether it is on; the reason when it is proposed."""

    use_required_attribute = False

    is_on = forms.TypedChoiceField(
        label=_("この規則"),
        coerce=lambda typed: typed == "1",
        choices=[("1", _("有効にする")), ("0", _("無効にする"))],
        widget=forms.RadioSelect,
        error_messages={"required": _("有効か無効かを選んでください。")},
    )
    weeks = forms.TypedChoiceField(
        label=_("試算する期間"),
        coerce=int,
        choices=[(str(weeks), _("直近%d週") % weeks) for weeks in WEEKS],
        error_messages={"invalid_choice": _("期間を一覧から選んでください。")},
    )
    words = NumberlessWords(
        label=_("変更の理由"),
        required=False,
        max_length=changes.LONGEST,
        help_text=_("申請するときは必ず書いてください（10文字以上。暗号化して保存します）"),
        error_messages={"max_length": _("理由は%(limit_value)d文字以内で書いてください。")},
    )

    def __init__(self, *arguments: Any, rule: Rule, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.rule = rule
        for key in rule.thresholds:
            self.fields[f"{THRESHOLD}{key}"] = forms.IntegerField(
                label=words.threshold(key),
                min_value=0,
                max_value=changes.LARGEST,
                widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "size": "8"}),
                error_messages={
                    "required": _("数を入力してください。"),
                    "invalid": _("しきい値は整数で入力してください。"),
                    "min_value": _("しきい値は0以上で入力してください。"),
                    "max_value": _("しきい値は%(limit_value)d以下で入力してください。"),
                },
            )
        self.order_fields([*(f"{THRESHOLD}{key}" for key in rule.thresholds), "is_on", "weeks", "words"])

    @property
    def thresholds(self) -> dict[str, int]:
        """The thresholds that were typed."""
        return {key: self.cleaned_data[f"{THRESHOLD}{key}"] for key in self.rule.thresholds}

    @property
    def threshold_fields(self) -> list[Any]:
        """The boxes of the thresholds."""
        return [self[f"{THRESHOLD}{key}"] for key in self.rule.thresholds]

    @staticmethod
    def initial_of(rule: Rule) -> dict[str, Any]:
        """Return the rule as it is now."""
        return {
            "is_on": "1" if rule.is_on else "0",
            "weeks": str(WEEKS[1]),
            **{f"{THRESHOLD}{key}": value for key, value in rule.thresholds.items()},
        }


class DecisionForm(forms.Form):
    """What comes of a proposal."""

    outcome = forms.ChoiceField(choices=ChangeOutcome.choices)
