"""The words of the record: every action that any app may write down, with its name for the reader.

Audit stands lowest and knows no other app, so each app declares its own actions when it starts.
"""

from collections.abc import Mapping
from types import MappingProxyType

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

#: What an entry's details may hold, and what the reader calls it. Nothing personal is on the list; free text goes
#: into an entry's reason, which is sealed.
DETAILS: Mapping[str, Promise] = MappingProxyType(
    {
        "again": _("表示の延長"),
        "answer": _("照合の結果"),
        "batch": _("一括登録"),
        "certificate": _("削除証明書"),
        "code": _("理由の区分"),
        "conditions": _("検索の条件"),
        "count": _("件数"),
        "fields": _("項目"),
        "fingerprint": _("内容の指紋（SHA-256）"),
        "ground": _("表示の背景"),
        "key": _("鍵の番号"),
        "kind": _("内容"),
        "method": _("操作"),
        "new_key": _("新しい鍵の番号"),
        "office": _("保健所"),
        "page": _("一覧の位置"),
        "programme": _("制度"),
        "revision": _("版"),
        "role": _("役割"),
        "route": _("画面"),
        "status": _("状態"),
        "submission": _("提出の回数"),
        "ticket": _("引換券の指紋（SHA-256）"),
        "version": _("個人番号の版"),
    },
)

_ACTIONS: dict[str, Promise | str] = {}
_PURPOSES: dict[str, Promise | str] = {}


class UnknownActionError(LookupError):
    """An action was to be recorded that no app has declared."""


def declare(actions: Mapping[str, Promise | str], *, purposes: Mapping[str, Promise | str] | None = None) -> None:
    """Add ``actions`` and ``purposes`` (code → Japanese name) to what may be recorded. Twice changes nothing."""
    _ACTIONS.update(actions)
    _PURPOSES.update(purposes or {})


def require(action: str) -> str:
    """Return ``action``, or raise :class:`UnknownActionError` when nobody declared it."""
    if action not in _ACTIONS:
        raise UnknownActionError(action)
    return action


def label(action: str) -> str:
    """Return the action's name for the reader; an old action that no app declares any more reads as its code."""
    return str(_ACTIONS.get(action, action))


def detail_label(key: str) -> str:
    """Return a detail's name for the reader."""
    return str(DETAILS.get(key, key))


def purpose_label(purpose: str) -> str:
    """Return a purpose's name for the reader ("" for none)."""
    return str(_PURPOSES.get(purpose, purpose))


def choices() -> list[tuple[str, str]]:
    """Return (code, name) of every action, in the order of the codes, so that an app's actions stand together."""
    return [(code, str(name)) for code, name in sorted(_ACTIONS.items())]
