"""What the pages share: which conditions a request means, who reads, and what a reader may see."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from audit import remembered
from audit.searching import scopes
from audit.searching.links import KIND

#: What stands for no conditions at all in an address.
NOTHING = "recent"
#: Among what is remembered: the saved search that the conditions are of.
SAVED = "saved"


@dataclass(frozen=True, slots=True)
class Asked:
    """The conditions of a request as they were typed, and the name that this session knows them by."""

    name: str
    typed: dict[str, Any]

    @property
    def saved(self) -> UUID | None:
        """The saved search that they are of, unchanged, or None."""
        try:
            return UUID(str(self.typed.get(SAVED, "")))
        except ValueError:
            return None


def reader(request: HttpRequest) -> Any:
    """Return the signed-in person: the gate has turned away everyone else."""
    return request.user


def everybodys_scope(request: HttpRequest) -> scopes.Scope:
    """Return what the reader may see of others' doings; the gate has turned away who may see nothing of it."""
    found = scopes.everybodys(request.user)
    if found is None:
        raise PermissionDenied
    return found


def asked_by(request: HttpRequest, name: str, *, kind: str = KIND) -> Asked:
    """Return the conditions called ``name``; ones that this session does not know are none."""
    typed = remembered.recall(request, kind, name) if name and name != NOTHING else {}
    return Asked(name, {box: _typed(value) for box, value in typed.items()}) if typed else Asked(NOTHING, {})


def _typed(value: Any) -> str | list[str]:
    """Return a value as it would be typed: what remembers conditions for a link may have numbers."""
    return [str(one) for one in value] if isinstance(value, list) else str(value)
