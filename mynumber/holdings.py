"""What the vault holds, told without any number: for whom, as what, on what basis, from where, since when."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

#: The most that one question is answered with; the vault has the same limit.
MOST = 500
_FIRST = UUID(int=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """One sealed version of one person's number."""

    person: UUID
    version: int
    kind: str
    basis: str
    source: str
    state: str
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """How many sealed versions are alike."""

    kind: str
    basis: str
    source: str
    state: str
    count: int


def after(
    person: UUID | None,
    version: int,
    *,
    limit: int,
    kind: str = "",
    basis: str = "",
    source: str = "",
    state: str = "",
) -> list[Held]:
    """Return the next of what is held, in the order of the keys, after that version of that person's number."""
    return _held(
        "SELECT * FROM vault.held(%s, %s, %s, %s, %s, %s, %s)",
        [person or _FIRST, version, kind, basis, source, state, limit],
    )


def of(versions: Iterable[tuple[UUID, int]]) -> list[Held]:
    """Return what is still held of these versions."""
    wanted = list(versions)
    return _held(
        "SELECT * FROM vault.held_versions(%s::uuid[], %s::integer[])",
        [[person for person, _version in wanted], [version for _person, version in wanted]],
    )


def counts() -> list[Count]:
    """Count everything that is held: reads all of it, and is no work for a page."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT kind, basis, source, state, count FROM vault.count_held()")
        return [
            Count(kind=kind, basis=basis, source=source, state=state, count=count)
            for kind, basis, source, state, count in cursor.fetchall()
        ]


def _held(statement: str, parameters: list[Any]) -> list[Held]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return [
            Held(person=person, version=version, kind=kind, basis=basis, source=source, state=state, since=since)
            for person, version, kind, basis, source, state, since in cursor.fetchall()
        ]
