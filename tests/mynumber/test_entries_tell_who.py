"""An entry about a number stands for the act that it names, by whoever did it, and for no other (A3, A6)."""

import uuid
from contextlib import closing
from typing import Any

import psycopg
import psycopg.types.json
import pytest

from accounts.models import User
from accounts.roles import Role
from mynumber import crypto, vault
from tests import ledger
from tests.conftest import Office
from tests.factories import my_number, staff_member

pytestmark = pytest.mark.django_db(transaction=True)


class Intruder:
    """Raw SQL in the name of the role that serves, with the keys of the process that it serves from."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection, self.person, self.number = connection, uuid.uuid4(), my_number()
        self.index = crypto.index(self.number)

    def writes(self, action: str, actor: User | None, *, result: str = "DONE") -> None:
        ledger.insert(
            self.connection.execute,
            action=action,
            result=result,
            actor_id=actor.pk if actor else None,
            person_id=self.person,
            details={"version": 1},
        )

    def keeps(self, typed_by: int) -> None:
        kek = self.connection.execute("SELECT vault.current_kek()").fetchone()
        assert kek is not None
        sealed = crypto.seal(self.number, person=self.person, version=1, kek_id=kek[0])
        self.connection.execute(
            "SELECT vault.keep(%s, 1, %s, %s, %s, %s, %s, 'PATIENT', 'NANBYO', 'PAPER')",
            [self.person, kek[0], sealed.wrapped, sealed.body, self.index, typed_by],
        )

    def compares(self, typed_by: int) -> None:
        self.connection.execute("SELECT vault.compare(%s, 1, %s, %s)", [self.person, self.index, typed_by])

    def put_in_use(self) -> None:
        self.connection.execute("SELECT vault.put_in_use(%s, 1)", [self.person])


@pytest.fixture
def intruder(office: Office, db: None) -> Any:
    with closing(psycopg.connect(**office.app.as_psycopg(autocommit=True))) as connection:
        yield Intruder(connection)


def test_somebody_elses_entry_does_not_stand_for_a_typed_number(intruder: Intruder, viewer: User, maker: User) -> None:
    other = staff_member(Role.MAKER)

    def keep_after(action: str, actor: User, result: str) -> None:
        with intruder.connection.transaction():
            intruder.writes(action, actor, result=result)
            intruder.keeps(other.pk)

    for action, actor, result in (
        ("mynumber.number.reveal_refused", viewer, "REFUSED"),
        ("mynumber.number.typed", maker, "DONE"),
        ("mynumber.number.typed", other, "REFUSED"),
    ):
        with pytest.raises(psycopg.errors.CheckViolation, match="number_change_is_on_record"):
            keep_after(action, actor, result)

    assert vault.standing(intruder.person) is None


def test_a_second_entry_is_on_record_as_that_of_whoever_retyped(
    intruder: Intruder, maker: User, checker: User
) -> None:
    with intruder.connection.transaction():
        intruder.writes("mynumber.number.typed", maker)
        intruder.keeps(maker.pk)

    def compare(named: User, typist: User) -> None:
        with intruder.connection.transaction():
            intruder.writes("mynumber.number.compared", named)
            intruder.compares(typist.pk)

    with pytest.raises(psycopg.errors.CheckViolation, match="number_change_is_on_record"):
        compare(checker, staff_member(Role.CHECKER))

    compare(checker, checker)
    standing = vault.standing(intruder.person)
    assert standing is not None
    assert standing.confirmed_by == checker.pk


@pytest.mark.parametrize(
    ("action", "role"),
    [
        ("mynumber.number.typed", Role.CHECKER),
        ("mynumber.number.compared", Role.MAKER),
        ("mynumber.number.searched", Role.ISSUER),
    ],
)
def test_nobody_is_named_for_what_is_not_their_duty(action: str, role: Role, intruder: Intruder) -> None:
    with pytest.raises(psycopg.errors.CheckViolation, match="event_of_a_number_is_by_whose_duty_it_is"):
        intruder.writes(action, staff_member(role))

    intruder.writes(action, staff_member(role), result="REFUSED")
