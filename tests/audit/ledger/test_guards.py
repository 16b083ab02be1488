"""What the product ships of the record's guards is what its migrations make: a verification compares with it."""

from pathlib import Path
from typing import Any

import psycopg

from audit.verifying import inspections, shapes
from audit.verifying.shipped import SHIPPED
from config.grants import TRIGGERS
from tests.conftest import Office


def test_what_is_shipped_is_what_the_migrations_make(owner_connection: psycopg.Connection[Any]) -> None:
    drawn = shapes.drawn(owner_connection)
    assert drawn == dict(SHIPPED), "draw it again: manage.py draw_guards"
    text = Path(shapes.__file__).with_name("shipped.py").read_text(encoding="utf-8")
    assert text == shapes.as_module(SHIPPED), "drawn, never edited: manage.py draw_guards"


def test_every_role_sees_the_same(owner_connection: psycopg.Connection[Any], office: Office) -> None:
    with psycopg.connect(**office.app.as_psycopg()) as served:
        assert shapes.drawn(served) == shapes.drawn(owner_connection)
    owner_connection.execute("SET search_path = audit, vault, public")
    assert shapes.drawn(owner_connection) == dict(SHIPPED)


def test_the_guards_that_are_asked_for_are_all_that_are_listed() -> None:
    listed = {table.removeprefix("audit."): names for table, names in TRIGGERS.items() if table.startswith("audit.")}
    assert {table: set(guards) for table, guards in inspections.GUARDS.items()} == listed


def test_what_the_guards_call_elsewhere_is_among_it() -> None:
    names = {shapes.name_of(name) for name in inspections.FUNCTIONS}
    assert {
        "audit.search",
        "public.accounts_event_actor_is_real",
        "public.accounts_holds",
        "vault.tickets_used_without_entry",
    } <= names
