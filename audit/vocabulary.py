"""The words of the record: every action that any app may write down, with its name for the reader.

Audit stands lowest and knows no other app, so each app declares its own actions when it starts.
"""

from collections.abc import Collection, Mapping
from types import MappingProxyType

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

#: What an entry's details may hold, and what the reader calls it. Nothing personal is on the list; free text goes
#: into an entry's reason, which is sealed.
DETAILS: Mapping[str, Promise] = MappingProxyType(
    {
        "after_origin": _("前の台帳名"),
        "after_root": _("前のチェックポイントの根"),
        "after_size": _("前のチェックポイントの件数"),
        "again": _("表示の延長"),
        "answer": _("照合の結果"),
        "batch": _("一括登録"),
        "certificate": _("削除証明書"),
        "code": _("理由の区分"),
        "conditions": _("検索の条件"),
        "count": _("件数"),
        "fields": _("項目"),
        "fingerprint": _("内容の指紋（SHA-256）"),
        "first": _("最初の位置"),
        "ground": _("表示の背景"),
        "key": _("鍵の番号"),
        "kind": _("内容"),
        "last": _("最後の位置"),
        "method": _("操作"),
        "month": _("月"),
        "new_key": _("新しい鍵の番号"),
        "office": _("保健所"),
        "origin": _("台帳名"),
        "page": _("一覧の位置"),
        "position": _("台帳の位置"),
        "programme": _("制度"),
        "revision": _("版"),
        "role": _("役割"),
        "route": _("画面"),
        "rule": _("規則"),
        "severity": _("重さ"),
        "size": _("台帳の件数"),
        "status": _("状態"),
        "submission": _("提出の回数"),
        "ticket": _("引換券の指紋（SHA-256）"),
        "version": _("個人番号の版"),
        "week": _("週"),
    },
)

_ACTIONS: dict[str, Promise | str] = {}
_PURPOSES: dict[str, Promise | str] = {}
_ROLES: dict[str, Promise | str] = {}
_VIEWS: set[str] = set()
_REVEALS: set[str] = set()


class UnknownActionError(LookupError):
    """An action was to be recorded that no app has declared."""


def declare(
    actions: Mapping[str, Promise | str],
    *,
    purposes: Mapping[str, Promise | str] | None = None,
    roles: Mapping[str, Promise | str] | None = None,
    views: Collection[str] = (),
    reveals: Collection[str] = (),
) -> None:
    """Add ``actions``, ``purposes`` and ``roles`` (code → Japanese name) to what may be recorded.

    ``views`` are those of the actions by which somebody looks at a resident, ``reveals`` those that show a My Number.
    Twice changes nothing.
    """
    _ACTIONS.update(actions)
    _PURPOSES.update(purposes or {})
    _ROLES.update(roles or {})
    _VIEWS.update(require(action) for action in views)
    _REVEALS.update(require(action) for action in reveals)


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


def role_label(code: str) -> str:
    """Return a role's name for the reader; entries of before the ledger hold the name itself."""
    return str(_ROLES.get(code, code))


def roles() -> list[tuple[str, str]]:
    """Return (code, name) of every role."""
    return [(code, str(name)) for code, name in _ROLES.items()]


def purposes() -> list[tuple[str, str]]:
    """Return (code, name) of every purpose."""
    return [(code, str(name)) for code, name in _PURPOSES.items()]


def views() -> list[str]:
    """Return the actions by which somebody looks at a resident."""
    return sorted(_VIEWS)


def reveals() -> list[str]:
    """Return the actions that show a My Number."""
    return sorted(_REVEALS)


def choices() -> list[tuple[str, str]]:
    """Return (code, name) of every action, in the order of the codes, so that an app's actions stand together."""
    return [(code, str(name)) for code, name in sorted(_ACTIONS.items())]
