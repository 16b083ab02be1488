"""Facts outside the record that must have an entry in it: each app says where it keeps its own."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reference:
    """A kind of fact. ``function`` gives (event_id, used_at) of each without an entry; ``words`` say what is wrong."""

    words: str
    function: str


_references: dict[str, Reference] = {}


def declare(name: str, *, words: str, function: str) -> None:
    """Let verifications ask ``function`` (as SQL calls it). Twice changes nothing."""
    _references[name] = Reference(words, function)


def every() -> list[Reference]:
    """Return everything that was declared."""
    return list(_references.values())
