"""How much of the record somebody may read: all of it, their section's part, or their own doings.

The scope is a part of every question that is put to the record (:mod:`audit.searching.pieces`), never a filter over
answers, and never anything that a request says.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext as _

from audit.models import Event

ALL = "audit.view_event"
SECTION = "audit.view_section_event"
OWN = "audit.view_own_event"


class Reach(StrEnum):
    """Whose doings are read."""

    ALL = "ALL"
    SECTION = "SECTION"
    OWN = "OWN"


@dataclass(frozen=True, slots=True)
class Scope:
    """What somebody may read. ``section`` and ``actor_id`` say which part, where it is one."""

    reach: Reach
    section: str = ""
    actor_id: int | None = None

    def holds(self, event: Event) -> bool:
        """Say whether ``event`` lies within."""
        if self.reach is Reach.ALL:
            return True
        if self.reach is Reach.SECTION:
            return bool(self.section) and event.actor_section == self.section
        return self.actor_id is not None and event.actor_id == self.actor_id

    @property
    def sentence(self) -> str:
        """Whose doings are shown, for the head of a page ("" for everybody's)."""
        if self.reach is Reach.ALL:
            return ""
        if self.reach is Reach.SECTION:
            return _("所属「%s」の職員の操作だけを表示しています。") % self.section
        return _("あなたの操作だけを表示しています。")

    @property
    def names_people(self) -> bool:
        """Say whether residents are named: not to those who only look at their own doings."""
        return self.reach is not Reach.OWN


#: For pages that show a part of the record to whoever may see what it is about, under that page's own rules.
EVERYBODYS = Scope(Reach.ALL)


def widest(user: Any) -> Scope | None:
    """Return all that ``user`` may read, or None."""
    return everybodys(user) or own(user)


def everybodys(user: Any) -> Scope | None:
    """Return what ``user`` may read of others' doings, or None: auditors all, section heads their section's part."""
    if user.has_perm(ALL):
        return Scope(Reach.ALL)
    if user.has_perm(SECTION):
        return Scope(Reach.SECTION, section=user.section)
    return None


def own(user: Any) -> Scope | None:
    """Return what ``user`` has done, or None."""
    return Scope(Reach.OWN, actor_id=user.pk) if user.has_perm(OWN) else None
