"""What the record asks of those above it: audit stands lowest, so they register the answers when they start."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from uuid import UUID

PeopleFinder = Callable[[str], Iterable[UUID]]
SectionLister = Callable[[], Iterable[str]]


@dataclass(slots=True)
class _Registered:
    people: list[PeopleFinder] = field(default_factory=list)
    sections: list[SectionLister] = field(default_factory=list)


_REGISTERED = _Registered()


def declare(*, people: PeopleFinder | None = None, sections: SectionLister | None = None) -> None:
    """Add a way to find people by a number of the office's, and one to list its sections. Twice changes nothing."""
    if people is not None and people not in _REGISTERED.people:
        _REGISTERED.people.append(people)
    if sections is not None and sections not in _REGISTERED.sections:
        _REGISTERED.sections.append(sections)


def people_numbered(number: str) -> set[UUID]:
    """Return who has the office's number ``number``."""
    return {person for find in _REGISTERED.people for person in find(number)}


def sections() -> list[str]:
    """Return the sections there are, sorted."""
    return sorted({section for listed in _REGISTERED.sections for section in listed() if section})
