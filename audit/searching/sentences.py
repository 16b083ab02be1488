"""What was asked, written back: one sentence with かつ, and chips that can be taken away one by one."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.utils.translation import gettext as _

from audit import vocabulary
from audit.models import Result
from audit.searching import areas, labels
from audit.searching.conditions import Conditions, DayKind, Outcome, Period, period_of
from audit.words import EXPLANATIONS

WEEKDAYS: Final = "月火水木金土日"
#: So many actions are named; of more it is said how many there are.
_NAMED: Final = 5


@dataclass(frozen=True, slots=True)
class Chip:
    """A condition that is asked for, and the boxes of the form that it came from."""

    label: str
    value: str
    boxes: tuple[str, ...]


def sentence(conditions: Conditions, *, today: date) -> str:
    """Return the conditions as one sentence, so that everybody sees what was asked."""
    period = period_of(conditions, today=today)
    parts = [f"{chip.label}＝{chip.value}" for chip in chips(conditions)]
    if not period.is_given:
        said = _("すべての期間") if period.first is None else _("%s（指定がないため直近7日間）") % _days(period)
        parts.insert(0, f"{_('期間')}＝{said}")
    return _(" かつ ").join(parts)


def chips(conditions: Conditions) -> list[Chip]:
    """Return what is asked, condition by condition."""
    found = [(label, list(values), boxes) for label, values, boxes in _parts(conditions)]
    return [Chip(label, _any_of(values), boxes) for label, values, boxes in found if values]


def without(typed: Mapping[str, Any], chip: Chip) -> dict[str, Any]:
    """Return what was typed, less a condition."""
    # the name of a period goes with its days
    gone = {*chip.boxes, "span"} if "from_on" in chip.boxes else chip.boxes
    return {name: value for name, value in typed.items() if name not in gone}


def _parts(asked: Conditions) -> Iterable[tuple[str, Iterable[str], tuple[str, ...]]]:
    if asked.has_period:
        yield _("期間"), [_days(Period(asked.first, asked.last, is_given=True))], ("from_on", "to_on")
    yield _("利用者"), asked.users, ("actor",)
    names = labels.actor_names(asked.actor_ids)
    yield _("利用者"), [names.get(one) or _("番号%d") % one for one in asked.actor_ids], ("actor_id",)
    yield _("所属"), asked.sections, ("section",)
    yield _("役割"), map(vocabulary.role_label, asked.roles), ("roles",)
    yield _("操作"), _actions(asked.actions), ("actions", "areas")
    yield _("結果"), [_outcome(asked.outcome)] if asked.outcome else [], ("result",)
    yield _("受給者"), asked.people, ("person",)
    called = labels.people_names(asked.person_ids)
    yield _("受給者"), [called.get(one) or _("氏名の登録なし") for one in asked.person_ids], ("person_id",)
    yield _("受付番号など"), asked.applications, ("application",)
    yield _("目的"), map(vocabulary.purpose_label, asked.purposes), ("purposes",)
    yield _("閲覧の背景"), [str(EXPLANATIONS.get(one, one)) for one in asked.explanations], ("explanations",)
    yield _("端末"), asked.networks, ("terminal",)
    if asked.hour_from is not None or asked.hour_to is not None:
        ends = 24 if asked.hour_to is None else asked.hour_to
        yield _("時刻"), [f"{asked.hour_from or 0}:00〜{ends}:00"], ("hour_from", "hour_to")
    else:
        yield _("時刻"), [_("%d時台") % hour for hour in asked.single_hours], ("hours",)
    yield _("日・時間帯"), [str(DayKind(asked.days).label)] if asked.days else [], ("days",)
    yield _("曜日"), [WEEKDAYS[one] for one in asked.weekdays], ("weekdays",)
    yield _("セッション"), asked.sessions, ("session",)
    yield _("要求番号"), map(str, asked.requests), ("request",)


def _any_of(values: Iterable[str]) -> str:
    return _("または").join(values)


def _days(period: Period) -> str:
    if period.first is not None and period.first == period.last:
        return period.first.isoformat()
    return f"{period.first or ''}〜{period.last or ''}"


def _outcome(code: str) -> str:
    return _("拒否または失敗") if code == Outcome.NOT_DONE else str(Result(code).label)


def _actions(codes: tuple[str, ...]) -> list[str]:
    """Return the actions' names; a whole group goes by its name, and of many it is said how many more there are."""
    left, said = set(codes), []
    for area in areas.areas():
        own = {code for code, _name in area.actions}
        if own <= left and len(own) > 1:
            left -= own
            said.append(_("%s（すべて）") % area.name)
    said += [vocabulary.label(code) for code in codes if code in left]
    return said if len(said) <= _NAMED else [*said[:_NAMED], _("ほか%d種") % (len(said) - _NAMED)]
