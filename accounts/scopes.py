"""How far a right can reach: which offices and programmes there are.

Accounts stands below the work, so the work declares its offices and programmes here when it starts.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from django.utils.functional import Promise


class Reach(NamedTuple):
    """An office and a programme that a right is limited to; "" means all of them."""

    office: str
    programme: str


@dataclass(frozen=True, slots=True)
class _Known:
    offices: dict[str, Promise | str]
    programmes: dict[str, Promise | str]


_KNOWN = _Known({}, {})


def declare(*, offices: Mapping[str, Promise | str], programmes: Mapping[str, Promise | str]) -> None:
    """Add offices and programmes (code → Japanese name). Twice changes nothing."""
    _KNOWN.offices.update(offices)
    _KNOWN.programmes.update(programmes)


def offices() -> list[tuple[str, str]]:
    """Return (code, name) of every office, as declared."""
    return [(code, str(name)) for code, name in _KNOWN.offices.items()]


def programmes() -> list[tuple[str, str]]:
    """Return (code, name) of every programme, as declared."""
    return [(code, str(name)) for code, name in _KNOWN.programmes.items()]


def office_name(code: str) -> str:
    """Return the office's name ("" for all of them); a code that nobody declares any more reads as itself."""
    return str(_KNOWN.offices.get(code, code))


def programme_name(code: str) -> str:
    """Return the programme's name ("" for all of them)."""
    return str(_KNOWN.programmes.get(code, code))
