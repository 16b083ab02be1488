"""What is sent when somebody asks that a month of the record be let go, and when somebody else decides."""

from django import forms
from django.utils.translation import gettext_lazy as _

from audit import pruning
from audit.models import PruningOutcome
from audit.watch_pages.forms import NumberlessWords


class AskForm(forms.Form):
    """Why a month is let go, and that its entries were exported first."""

    use_required_attribute = False

    reason = NumberlessWords(
        label=_("理由"),
        min_length=pruning.SHORTEST,
        max_length=pruning.LONGEST,
        help_text=_("決裁の番号と、書き出しの保管先を書いてください（10文字以上。暗号化して保存します）"),
        error_messages={
            "required": _("理由を書いてください。"),
            "min_length": _("理由は%(limit_value)d文字以上で書いてください。"),
            "max_length": _("理由は%(limit_value)d文字以内で書いてください。"),
        },
    )
    is_exported = forms.BooleanField(
        label=_("この月の記録を書き出し（export_audit）、検証してから別の場所に保管した"),
        error_messages={"required": _("書き出しを保管してから申請してください。")},
    )


class DecisionForm(forms.Form):
    """What comes of it; a rejection says why."""

    use_required_attribute = False

    outcome = forms.ChoiceField(choices=PruningOutcome.choices)
    reason = NumberlessWords(
        label=_("却下の理由"),
        required=False,
        max_length=pruning.LONGEST,
        help_text=_("却下するときは必ず書いてください（10文字以上。暗号化して保存します）"),
        error_messages={"max_length": _("理由は%(limit_value)d文字以内で書いてください。")},
    )
