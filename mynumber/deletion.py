"""Letting numbers go: what is sealed since when, destroying a version for good, and once more after a restore.

The vault refuses to destroy what no approved list names; nothing here can pass that by. No digits come this way.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

#: Before every person: where a walk through the whole vault begins.
NOBODY = UUID(int=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """One sealed version of somebody's number, as a clock has to know it. ``state_since`` dates its state."""

    person: UUID
    version: int
    state: str
    kind: str
    basis: str
    state_since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Destroyed:
    """What became of a version, and the id of the key-encryption key that its data key was wrapped with."""

    state: str
    kek_id: int | None


def sealed_of(people: Iterable[UUID]) -> list[Sealed]:
    """Return every sealed version that is held of ``people``, by person and version."""
    return _sealed("SELECT * FROM vault.sealed_of(%s)", [list(people)])


def sealed_after(person: UUID, *, limit: int) -> list[Sealed]:
    """Return the sealed versions of the next ``limit`` people after ``person`` (:data:`NOBODY` to begin)."""
    return _sealed("SELECT * FROM vault.sealed_after(%s, %s)", [person, limit])


def hold_people(people: Iterable[UUID]) -> None:
    """Lock the numbers of ``people`` until the transaction ends; whoever sets a hold waits meanwhile."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT vault.hold_people(%s)", [list(people)])


def destroy(person: UUID, version: int, *, for_list: UUID) -> Destroyed:
    """Destroy ciphertext, wrapped key and index of one version, which the approved list ``for_list`` names.

    The caller writes the certificate and the entry of the record in the same transaction; without either the
    database undoes it. Raises ``DatabaseError`` where a guard refuses.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT state, kek_id FROM vault.destroy(%s, %s, %s)", [person, version, for_list])
        state, kek_id = cursor.fetchone()
    return Destroyed(state=state, kek_id=kek_id)


def destroy_again(person: UUID, version: int, *, destroyed_at: datetime) -> bool:
    """Destroy what a restored backup brought back, and say whether there was anything. For the owner role alone.

    A number typed after ``destroyed_at`` is another one and stays. Where the backup did not know the version, it
    counts as given from now on.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT vault.destroy_again(%s, %s, %s)", [person, version, destroyed_at])
        return bool(cursor.fetchone()[0])


def still_sealed(versions: Sequence[tuple[UUID, int, datetime]]) -> set[tuple[UUID, int]]:
    """Return which of the named versions, each with the moment of its destruction, this database holds from before."""
    with connection.cursor() as cursor:
        people, numbers, moments = map(list, zip(*versions, strict=True))
        cursor.execute("SELECT person, version FROM vault.still_sealed(%s, %s, %s)", [people, numbers, moments])
        return {(person, version) for person, version in cursor.fetchall()}


def _sealed(query: str, parameters: list[Any]) -> list[Sealed]:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return [
            Sealed(person=person, version=version, state=state, kind=kind, basis=basis, state_since=since)
            for person, version, state, kind, basis, since in cursor.fetchall()
        ]
