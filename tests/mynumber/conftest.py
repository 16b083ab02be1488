"""Numbers in the vault, as far as a test needs them to have come."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from django.db import DatabaseError, connection, transaction

from accounts.models import User
from accounts.roles import Role
from audit import journal
from benefits import events
from mynumber import vault
from tests.factories import my_number, staff_member


@dataclass(frozen=True)
class Held:
    """A person's number as the test knows it; the product does not."""

    person: uuid.UUID
    number: str
    version: int


@pytest.fixture
def maker(db: None) -> User:
    return staff_member(Role.MAKER)


@pytest.fixture
def checker(db: None) -> User:
    return staff_member(Role.CHECKER)


@pytest.fixture
def viewer(db: None) -> User:
    return staff_member(Role.NUMBER_VIEWER)


@pytest.fixture
def provisional(maker: User) -> Held:
    """A number that one person has typed."""
    person, number = uuid.uuid4(), my_number()
    return Held(person, number, vault.keep(person, number, by=maker))


@pytest.fixture
def confirmed(provisional: Held, checker: User) -> Held:
    """A number that two people have typed alike."""
    assert vault.compare(provisional.person, provisional.version, provisional.number, by=checker) == "MATCH"
    return provisional


@pytest.fixture
def in_use(confirmed: Held, checker: User) -> Held:
    """A number that may be shown."""
    put_in_use(confirmed.person, confirmed.version, by=checker)
    return confirmed


def put_in_use(person: uuid.UUID, version: int, *, by: User) -> None:
    """Put a confirmed number in use as the approval of its application does."""
    with transaction.atomic():
        journal.record(events.APPLICATION_APPROVED, by=by, person_id=person)
        vault.put_in_use(person, version, by=by)


@contextmanager
def refused_by_the_database(sqlstate: str) -> Iterator[None]:
    """Expect the database to refuse what the block asks for, with this SQLSTATE and no other."""
    with pytest.raises(DatabaseError) as refused, transaction.atomic():
        yield
    assert getattr(refused.value.__cause__, "sqlstate", None) == sqlstate


def run(statement: str, *parameters: object) -> list[tuple[object, ...]]:
    """Run a statement as the role that serves, and return its rows."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters or None)
        return cursor.fetchall() if cursor.description else []
