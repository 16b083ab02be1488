"""Whose doings somebody may watch: the whole office's, or those of their own section."""

import hashlib
from collections.abc import Callable, Collection
from typing import Any, Final

#: Who has it reads the whole record; everybody else who watches sees their own section.
SEES_ALL: Final = "audit.view_event"


def _nobody(_section: str) -> Collection[int]:
    return ()


_staff_of: Callable[[str], Collection[int]] = _nobody


def declare(staff_of: Callable[[str], Collection[int]]) -> None:
    """Say who belongs to a section (their ids): audit knows no staff, so the app that does says so when it starts."""
    global _staff_of
    _staff_of = staff_of


def staff_of(section: str) -> Collection[int]:
    """Return the ids of those who belong to ``section`` today."""
    return _staff_of(section) if section else ()


def sees_all(watcher: Any) -> bool:
    """Say whether ``watcher`` may watch every section."""
    return bool(watcher.has_perm(SEES_ALL))


def code_of(section: str) -> str:
    """Return a short name for ``section`` that an address can carry, always the same."""
    return hashlib.sha256(section.encode()).hexdigest()[:8]
