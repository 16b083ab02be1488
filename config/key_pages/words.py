"""What the pages of the keys say of a key and of an operation."""

from collections.abc import Iterable
from datetime import timedelta

from django.utils.translation import gettext as _

from accounts.models import User
from config.key_trials import Key
from mynumber.key_operations import KekState, Kind, Operation, Outcome, State


def sentence(one: Operation) -> str:
    """Return what an operation is about."""
    if one.kind is Kind.RETIRE:
        return _("鍵 %(key)d の破棄") % {"key": one.kek_id}
    if one.new_kek_id is None:
        return _("鍵 %(key)d の更新") % {"key": one.kek_id}
    return _("鍵 %(key)d から鍵 %(new)d への更新") % {"key": one.kek_id, "new": one.new_kek_id}


def status(one: Operation) -> str:
    """Return where an operation stands."""
    match one.outcome, one.state:
        case Outcome.WAITING, _state:
            return _("承認待ち")
        case Outcome.REJECTED, _state:
            return _("却下")
        case Outcome.WITHDRAWN, _state:
            return _("取下げ")
        case _outcome, State.PAUSED:
            return _("一時停止中")
        case _outcome, State.DONE:
            return _("完了")
        case _:
            return _("進行中")


def time_left(one: Operation) -> str:
    """Return about how long the rest will take, "" when that cannot be said."""
    left = one.time_left
    if left is None or one.left == 0:
        return ""
    if left < timedelta(minutes=1):
        return _("1分未満")
    minutes = round(left.total_seconds() / 60)
    if minutes < 60:
        return _("約%(minutes)d分") % {"minutes": minutes}
    return _("約%(hours)d時間%(minutes)d分") % {"hours": minutes // 60, "minutes": minutes % 60}


def kek_state(key: Key) -> tuple[str, str]:
    """Return what a key-encryption key is doing, and the colour of its tag."""
    if key.kek is None:
        return _("未使用"), "neutral"
    return {
        KekState.CURRENT: (_("封じている"), "good"),
        KekState.OLD: (_("以前の鍵"), "waiting"),
        KekState.RETIRED: (_("破棄済み"), "bad"),
    }[key.kek.state]


def names_of(operations: Iterable[Operation]) -> dict[int, str]:
    """Return what those who proposed and decided are called, by their ids."""
    ids = {pk for one in operations for pk in (one.proposed_by, one.decided_by) if pk is not None}
    return dict(User.objects.filter(pk__in=ids).values_list("pk", "display_name"))
