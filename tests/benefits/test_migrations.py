"""What was there before offices were known is filled in, decided or not, and the way back is open (A1)."""

from importlib import import_module
from typing import Any

import psycopg
import pytest

from accounts.models import User
from benefits.models import Application
from tests.architecture.addresses import WITHOUT_NUMBER
from tests.factories import approved, draft

pytestmark = pytest.mark.django_db(transaction=True)

GUARDS = import_module("benefits.migrations.0006_guards_know_offices")
FILL = import_module("benefits.migrations.0005_fill_offices").FILL


def offices(connection: psycopg.Connection[Any]) -> dict[Any, str]:
    return dict(connection.execute("SELECT id, office FROM benefits_application").fetchall())


def guards(connection: psycopg.Connection[Any]) -> set[tuple[str, str]]:
    return set(
        connection.execute(
            "SELECT tgname, tgenabled::text FROM pg_trigger"
            " WHERE tgrelid = 'benefits_application'::regclass AND NOT tgisinternal"
        ).fetchall()
    )


def test_offices_are_filled_in_from_what_was_typed_and_the_guards_stand_again(
    maker: User, checker: User, owner_connection: psycopg.Connection[Any]
) -> None:
    decided = approved(maker, checker, accepted_office="KITA", **WITHOUT_NUMBER)
    typed = draft(maker, accepted_office="CHUO", **WITHOUT_NUMBER)
    wrong = draft(maker, accepted_office="MOON", **WITHOUT_NUMBER)
    blank = draft(maker, accepted_office=None, **WITHOUT_NUMBER)
    known = {decided.pk: "KITA", typed.pk: "CHUO", wrong.pk: "", blank.pk: ""}
    before = guards(owner_connection)

    owner_connection.autocommit = False
    owner_connection.execute(GUARDS.REMOVE)
    owner_connection.execute("ALTER TABLE benefits_application DISABLE TRIGGER USER")
    owner_connection.execute("UPDATE benefits_application SET office = ''")
    assert set(offices(owner_connection).values()) == {""}
    owner_connection.execute(FILL)
    owner_connection.execute(GUARDS.INSTALL)
    filled = offices(owner_connection)
    # those that stood at the time: what stands beside them since is none of that migration's business
    guarded = {"application_moves_by_the_table", "application_step_is_on_record"}
    moving = {row for row in guards(owner_connection) if row[0] in guarded}
    owner_connection.rollback()

    assert filled == known
    assert len(moving) == len(guarded)
    assert moving <= before
    assert {state for _name, state in before} == {"A"}
    assert {one.pk: one.office for one in Application.objects.all()} == known


def test_going_back_leaves_the_guards_as_they_were_before(owner_connection: psycopg.Connection[Any]) -> None:
    owner_connection.autocommit = False
    owner_connection.execute(GUARDS.REMOVE)
    source, as_owner = owner_connection.execute(
        "SELECT prosrc, prosecdef FROM pg_proc WHERE proname = 'benefits_application_step_is_on_record'"
    ).fetchone() or ("", None)
    (moves,) = owner_connection.execute(
        "SELECT prosrc FROM pg_proc WHERE proname = 'benefits_application_moves_by_the_table'"
    ).fetchone() or ("",)
    owner_connection.rollback()

    assert as_owner is False
    assert "accounts_holds" not in source
    assert "accounts_roleassignment" in source
    assert "office" not in moves
