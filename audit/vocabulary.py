"""The words of the record: every action that any app may write down, with its name for the reader.

Audit stands lowest and knows no other app, so each app declares its own actions when it starts.
"""

from collections.abc import Mapping

from django.utils.functional import Promise

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


def purpose_label(purpose: str) -> str:
    """Return a purpose's name for the reader ("" for none)."""
    return str(_PURPOSES.get(purpose, purpose))


def choices() -> list[tuple[str, str]]:
    """Return (code, name) of every action, in the order of the codes, so that an app's actions stand together."""
    return [(code, str(name)) for code, name in sorted(_ACTIONS.items())]
