"""What stands in the vault about its keys: which there are, and what was proposed, decided and done with them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy
from psycopg import sql

from audit import journal

#: How long a running operation may stand still before its page says so.
STALLED_AFTER = timedelta(minutes=1)


class Kind(StrEnum):
    """What is done with a key."""

    ROTATE = "ROTATE"
    RETIRE = "RETIRE"


class State(StrEnum):
    """How far an approved operation has come; "" for one that is not approved."""

    NONE = ""
    RUNNING = "RUNNING"
    PAUSED = "PAUSED"
    DONE = "DONE"


class Outcome(StrEnum):
    """What became of a proposal; "" while it waits."""

    WAITING = ""
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    WITHDRAWN = "WITHDRAWN"


class KekState(StrEnum):
    """What a key-encryption key is for: sealing, opening what was sealed before, or nothing any more."""

    CURRENT = "CURRENT"
    OLD = "OLD"
    RETIRED = "RETIRED"


@dataclass(frozen=True, slots=True)
class Kek:
    """A key-encryption key as the database knows it: how many numbers and other things are under it."""

    id: int
    state: KekState
    made_at: datetime
    retired_at: datetime | None
    numbers: int
    elsewhere: int

    @property
    def is_used(self) -> bool:
        """Say whether anything is sealed under it."""
        return self.numbers + self.elsewhere > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One key operation, from its proposal to its end."""

    id: UUID
    kind: Kind
    kek_id: int
    new_kek_id: int | None
    reason: str
    proposed_by: int
    proposed_at: datetime
    outcome: Outcome
    decided_by: int | None
    decided_at: datetime | None
    decision_reason: str
    state: State
    total: int
    done: int
    counted_from: datetime | None
    counted_done: int
    last_progress_at: datetime | None
    finished_at: datetime | None
    problem: str

    @property
    def is_open(self) -> bool:
        """Say whether it still waits or runs: no other may be proposed meanwhile."""
        return self.outcome is Outcome.WAITING or self.state in {State.RUNNING, State.PAUSED}

    @property
    def left(self) -> int:
        """Return how many data keys are still to be wrapped anew; some may have gone with their numbers meanwhile."""
        return 0 if self.state is State.DONE else max(self.total - self.done, 0)

    @property
    def percent(self) -> int:
        """Return how much is done, rounded down: 100 only when it is over."""
        if self.state is State.DONE:
            return 100
        return min(99, 100 * self.done // self.total) if self.total else 0

    @property
    def time_left(self) -> timedelta | None:
        """Return how long the rest will take at the speed since it last began to run, or None when that is unknown."""
        if self.state is not State.RUNNING or self.counted_from is None or self.last_progress_at is None:
            return None
        done, took = self.done - self.counted_done, self.last_progress_at - self.counted_from
        if done <= 0 or took <= timedelta():
            return None
        return took / done * self.left

    @property
    def is_stalled(self) -> bool:
        """Say whether it should have come further by now: the worker does not run, or cannot."""
        since = max((at for at in (self.decided_at, self.counted_from, self.last_progress_at) if at), default=None)
        return self.state is State.RUNNING and since is not None and timezone.now() - since > STALLED_AFTER

    @property
    def subject(self) -> journal.Subject:
        """Return what the record calls it."""
        return subject_of(self.id, self.kind)


KIND_LABELS: Mapping[Kind, Promise] = MappingProxyType(
    {Kind.ROTATE: gettext_lazy("鍵の更新"), Kind.RETIRE: gettext_lazy("古い鍵の破棄")}
)


def keks() -> list[Kek]:
    """Return every key-encryption key that ever sealed anything, the newest first."""
    return [
        Kek(
            id=row["id"],
            state=KekState(row["state"]),
            made_at=row["made_at"],
            retired_at=row["retired_at"],
            numbers=row["numbers"],
            elsewhere=row["elsewhere"],
        )
        for row in rows("keks")
    ]


def operation(operation_id: UUID) -> Operation | None:
    """Return one operation, or None when there is none."""
    return next(iter(_operations("key_operation_of", operation_id)), None)


def operations(*, most: int, before: datetime | None = None) -> list[Operation]:
    """Return the operations proposed before ``before``, the newest first."""
    return _operations("key_operations", most, before)


def open_operation() -> Operation | None:
    """Return the operation that waits or runs: there is one at most."""
    return next(iter(_operations("open_key_operation")), None)


def locked(operation_id: UUID) -> Operation | None:
    """Return one operation and keep everybody else from it until the end of the transaction."""
    return next(iter(_operations("lock_key_operation", operation_id)), None)


def retirable() -> list[Kek]:
    """Return the old keys under which nothing is left."""
    return [kek for kek in keks() if kek.state is KekState.OLD and not kek.is_used]


def subject_of(operation_id: UUID, kind: Kind) -> journal.Subject:
    return journal.Subject(kind="mynumber.keyoperation", id=str(operation_id), label=str(KIND_LABELS[kind]))


def _operations(function: str, *arguments: Any) -> list[Operation]:
    return [
        Operation(
            **{name: row[name] for name in Operation.__dataclass_fields__ if name not in _CLASSES},
            **{name: kind(row[name]) for name, kind in _CLASSES.items()},
        )
        for row in rows(function, *arguments)
    ]


_CLASSES: Mapping[str, Callable[[str], Any]] = MappingProxyType({"kind": Kind, "outcome": Outcome, "state": State})


def rows(function: str, *arguments: Any) -> list[dict[str, Any]]:
    """Return what one of the vault's functions returns, row by row (names from this module only)."""
    marks = sql.SQL(", ").join(sql.Placeholder() * len(arguments))
    statement = sql.SQL("SELECT * FROM vault.{}({})").format(sql.Identifier(function), marks)
    with connection.cursor() as cursor:
        cursor.execute(statement, arguments)
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def call(function: str, *arguments: Any) -> Any:
    """Call one of the vault's functions (names from this module only, never from outside)."""
    marks = ", ".join(["%s"] * len(arguments))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT vault.{function}({marks})", arguments)
        return cursor.fetchone()[0]
