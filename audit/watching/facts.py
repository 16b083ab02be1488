"""What those above tell the rules: which actions are what, and what only the work and the staff register know.

Audit stands lowest and knows no other app, so each app registers its part when it starts. Whatever nobody registered
is answered with "no".
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final, Protocol
from uuid import UUID

from audit import actions, vocabulary

#: What actions can be, beside the views and reveals that ``audit.vocabulary`` knows.
SEARCH: Final = "search"  # looking for a resident by name
WORK: Final = "work"  # something was done: written, printed, approved
OPENING: Final = "opening"  # a case was opened for a decision
APPROVAL: Final = "approval"  # a case was approved
EXPORT: Final = "export"  # rows left as a file
NUMBER_EXPORT: Final = "number_export"  # a file for or from the network of My Numbers left
LOOK_UP: Final = "look_up"  # the answer to a search by My Number
REASONED: Final = "reasoned"  # asks for a reason in words
UNPROTECTED: Final = "unprotected"  # a protection was lifted
SIGN_IN: Final = "sign_in"
INTEGRITY: Final = "integrity"  # something that must never happen by itself

_OWN: Final[Mapping[str, tuple[str, ...]]] = {
    "log_search": (actions.LOG_SEARCHED,),
    "rule_change": (actions.RULE_APPROVED,),
    EXPORT: (actions.LOG_EXPORT_TAKEN,),
}

Pair = tuple[int, UUID]


class Protected(Protocol):
    """Tell which of ``people`` are protected on a day."""

    def __call__(self, people: Iterable[UUID], *, on: date) -> set[UUID]: ...


class Related(Protocol):
    """Tell how members of staff are related to residents: SELF, DECLARED or SURNAME, where they are."""

    def __call__(self, pairs: Iterable[Pair]) -> dict[Pair, str]: ...


class Overtime(Protocol):
    """Tell whether somebody had been told to work at that time."""

    def __call__(self, actor: int, at: datetime) -> bool: ...


class Activity(Protocol):
    """Tell whether somebody worked on a case of a resident."""

    def __call__(self, person: UUID, actor: int, *, since: datetime, until: datetime) -> bool: ...


class Leaving(Protocol):
    """Tell the day on which somebody is known to leave or be moved, from a day on."""

    def __call__(self, actor: int, *, since: date) -> date | None: ...


class Team(Protocol):
    """Tell who sits in a section."""

    def __call__(self, section: str) -> list[int]: ...


class Canaries(Protocol):
    """Tell the residents who are made up, and since when."""

    def __call__(self) -> dict[UUID, datetime]: ...


class Share(Protocol):
    """Tell a case's maker, how many of the maker's last ``of`` decided cases ``checker`` approved, and of how many."""

    def __call__(self, case: str, *, checker: int, of: int, until: datetime) -> tuple[int, int, int] | None: ...


@dataclass(slots=True)
class Registry:
    """What is registered. Each has an answer that raises nothing when it is not."""

    kinds: dict[str, set[str]] = field(default_factory=dict)
    protected: Protected = field(default=lambda people, *, on: set())
    related: Related = field(default=lambda pairs: {})
    overtime: Overtime = field(default=lambda actor, at: False)
    activity: Activity = field(default=lambda person, actor, *, since, until: False)
    leaving: Leaving = field(default=lambda actor, *, since: None)
    team: Team = field(default=lambda section: [])
    canaries: Canaries = field(default=dict)
    share: Share = field(default=lambda case, *, checker, of, until: None)

    def of_kind(self, *kinds: str) -> frozenset[str]:
        """Return the actions that are one of ``kinds``."""
        return frozenset(action for kind in kinds for action in (*self.kinds.get(kind, ()), *_OWN.get(kind, ())))

    @property
    def looked(self) -> frozenset[str]:
        """Return the actions by which somebody looks at a resident or at their number."""
        return frozenset({*vocabulary.views(), *vocabulary.reveals()})

    @property
    def reveals(self) -> frozenset[str]:
        """Return the actions that show a My Number."""
        return frozenset(vocabulary.reveals())


REGISTRY: Final = Registry()


def declare(*, kinds: Mapping[str, Iterable[str]] | None = None, **facts: Callable[..., object]) -> None:
    """Add what actions are (kind → actions), and set facts by their names in :class:`Registry`."""
    for kind, of_it in (kinds or {}).items():
        REGISTRY.kinds.setdefault(kind, set()).update(of_it)
    for name, fact in facts.items():
        if name not in Registry.__slots__ or name == "kinds":
            raise LookupError(name)
        setattr(REGISTRY, name, fact)
