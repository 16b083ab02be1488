"""A4, V4: the table of steps, and that the database, the pages and the record know the same one."""

import re
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.urls import reverse

from accounts.roles import HANDBOOK
from audit import vocabulary
from benefits.choices import EDITABLE, Status
from benefits.lifecycle import DECISIONS, STEPS, Action
from benefits.presenters import BUTTONS, STATUS_KINDS


def moves() -> Iterator[tuple[str, str]]:
    for step in STEPS.values():
        if step.target is not None:
            yield from ((source.value, step.target.value) for source in step.sources)


def test_every_action_is_in_the_table() -> None:
    assert set(STEPS) == set(Action)


def test_every_status_is_reached_and_the_final_ones_are_left_by_nothing() -> None:
    reached = {target for _source, target in moves()} | {Status.DRAFT}
    left = {source for step in STEPS.values() for source in step.sources}

    assert reached == set(Status)
    assert set(Status) - left == {Status.APPROVED, Status.WITHDRAWN}


def test_only_a_decision_by_a_checker_makes_an_application_final_in_its_favour() -> None:
    approving = [action for action, step in STEPS.items() if step.target == Status.APPROVED]

    assert approving == [Action.APPROVE]
    assert Action.APPROVE in DECISIONS
    assert {STEPS[action].permission for action in DECISIONS} == {"benefits.decide_application"}


def test_what_may_be_typed_into_is_what_may_be_saved() -> None:
    assert STEPS[Action.SAVE].sources == frozenset(EDITABLE)
    assert STEPS[Action.SAVE].target is None


@pytest.mark.parametrize("action", Action)
def test_every_step_has_a_name_in_the_record_and_somebody_who_may_take_it(action: Action) -> None:
    step = STEPS[action]

    assert vocabulary.label(step.event) != step.event
    assert any(step.permission in duty.permissions for duty in HANDBOOK.values())


@pytest.mark.parametrize("status", Status)
def test_every_status_has_a_colour(status: Status) -> None:
    assert STATUS_KINDS[status]


@pytest.mark.parametrize("action", BUTTONS)
def test_every_button_has_an_address_and_a_label(action: Action) -> None:
    assert reverse(f"benefits:application-{action}", args=["00000000-0000-4000-8000-00000000000a"])
    assert str(BUTTONS[action][0])


@pytest.mark.django_db
def test_the_trigger_holds_the_same_table(owner_connection: psycopg.Connection[Any]) -> None:
    row = owner_connection.execute(
        "SELECT prosrc FROM pg_proc WHERE proname = 'benefits_application_moves_by_the_table'"
    ).fetchone()
    assert row is not None

    in_the_database = re.findall(r"\('([A-Z]+)', '([A-Z]+)'\)", row[0].split("NOT IN (")[1].split("THEN")[0])

    assert sorted(in_the_database) == sorted(set(moves()))
