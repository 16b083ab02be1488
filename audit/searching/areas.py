"""The actions in groups, so that a list of hundreds can be taken in: by what they are about."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from audit import vocabulary

#: By the first part of a code. A group that is not named here is called by that part.
_NAMES: Mapping[str, Promise] = MappingProxyType(
    {
        "accounts": _("サインイン・利用者・権限"),
        "audit": _("操作記録"),
        "benefits": _("申請・受給者・書類"),
        "mynumber": _("個人番号・鍵"),
    },
)


@dataclass(frozen=True, slots=True)
class Area:
    """Actions of one kind of work: (code, name) each."""

    code: str
    name: str
    actions: tuple[tuple[str, str], ...]


def areas() -> list[Area]:
    """Return every action there is, by group."""
    grouped: dict[str, list[tuple[str, str]]] = {}
    for code, name in vocabulary.choices():
        grouped.setdefault(code.partition(".")[0], []).append((code, name))
    return [Area(area, str(_NAMES.get(area, area)), tuple(actions)) for area, actions in grouped.items()]


def choices() -> list[tuple[str, str]]:
    """Return (code, name) of every group."""
    return [(area.code, area.name) for area in areas()]


def actions_of(codes: list[str]) -> list[str]:
    """Return the actions of these groups."""
    return [action for area in areas() if area.code in codes for action, _name in area.actions]
