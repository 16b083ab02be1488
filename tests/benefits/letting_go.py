"""Puts numbers whose time is over where a test needs them, and takes a list through its steps."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any
from unittest.mock import patch
from uuid import UUID

from django.utils import timezone

from accounts.models import User
from benefits import deletion, wareki
from benefits.models import Application, DeletionList, DeletionRow, Person
from mynumber import deletion_journal
from tests import factories

#: Accepted so long ago that the number's time is over: the certification ended in fiscal 2020.
LONG_AGO = {"accepted_on": "R2.1.10", "diagnosed_on": "R2.1.1"}


def no_file() -> None:
    """Forget what an earlier test has destroyed: its database is gone, and the file would name it."""
    shutil.rmtree(deletion_journal.path().parent, ignore_errors=True)


def over(maker: User, checker: User, **changes: Any) -> Application:
    """Return an application that was approved so long ago that its number's time is over."""
    return factories.approved(maker, checker, **(LONG_AGO | changes))


def renewed(person: Person, maker: User, checker: User) -> Application:
    """Let the person of an old application be certified again, from the other day on; the rest of them stays."""
    lately = wareki.write(timezone.localdate() - timedelta(days=30))
    with same_person(person), patch.object(Person, "save"):
        return factories.approved(
            maker,
            checker,
            accepted_on=lately,
            diagnosed_on=lately,
            number_given="NOT_GIVEN",
            number_absence_reason="DECLINED",
            number_evidence=None,
        )


@contextmanager
def same_person(person: Person) -> Iterator[None]:
    """Let the next application be this person's: the product does not renew yet."""
    with patch.object(Person.objects, "create", return_value=person):
        yield


def made(by: User) -> DeletionList:
    """Return this month's list with everything that is due."""
    held = deletion.make_list(by=by, at=timezone.now())
    while deletion.list_due():
        pass
    return DeletionList.objects.get(pk=held.pk)


def proposed(by: User) -> DeletionList:
    """Return this month's list, made and proposed by ``by``."""
    held = made(by)
    deletion.propose(held.pk, by=by, at=timezone.now(), revision=held.revision)
    return DeletionList.objects.get(pk=held.pk)


def approved(one: User, other: User) -> DeletionList:
    """Return this month's list, proposed by one keeper and approved by the other."""
    held = proposed(one)
    deletion.approve(held.pk, by=other, at=timezone.now(), revision=held.revision)
    return DeletionList.objects.get(pk=held.pk)


def destroyed(one: User, other: User) -> DeletionList:
    """Return this month's list after everything on it was destroyed."""
    held = approved(one, other)
    while deletion.destroy_piece():
        pass
    return DeletionList.objects.get(pk=held.pk)


def row_of(person: UUID) -> DeletionRow:
    """Return the one row of a person."""
    return DeletionRow.objects.get(person_id=person)


def day(text: str) -> date:
    """Return a date as ISO 8601 writes it."""
    return date.fromisoformat(text)
