"""Every step an application can take. What is not in the table cannot happen.

The database knows the same table (trigger ``application_moves_by_the_table``); a test holds the two together.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from benefits import events
from benefits.choices import Status


class Action(StrEnum):
    """Something a person does to an application."""

    SAVE = "save"
    SUBMIT = "submit"
    PULL_BACK = "pull-back"
    WITHDRAW = "withdraw"
    CHECK = "check"
    RETURN = "return"
    APPROVE = "approve"


@dataclass(frozen=True, slots=True)
class Step:
    """The statuses an action starts from, the one it ends in, who may take it, and what the record calls it.

    ``target`` None means that the application stays where it is.
    """

    sources: frozenset[Status]
    target: Status | None
    permission: str
    event: str


STEPS: Mapping[Action, Step] = MappingProxyType(
    {
        Action.SAVE: Step(
            sources=frozenset({Status.DRAFT, Status.RETURNED}),
            target=None,
            permission="benefits.enter_application",
            event=events.APPLICATION_SAVED,
        ),
        Action.SUBMIT: Step(
            sources=frozenset({Status.DRAFT, Status.RETURNED}),
            target=Status.SUBMITTED,
            permission="benefits.submit_application",
            event=events.APPLICATION_SUBMITTED,
        ),
        Action.PULL_BACK: Step(
            sources=frozenset({Status.SUBMITTED}),
            target=Status.DRAFT,
            permission="benefits.submit_application",
            event=events.APPLICATION_PULLED_BACK,
        ),
        Action.WITHDRAW: Step(
            sources=frozenset({Status.DRAFT, Status.RETURNED}),
            target=Status.WITHDRAWN,
            permission="benefits.submit_application",
            event=events.APPLICATION_WITHDRAWN,
        ),
        Action.CHECK: Step(
            sources=frozenset({Status.SUBMITTED}),
            target=None,
            permission="benefits.decide_application",
            event=events.APPLICATION_CHECKED,
        ),
        Action.RETURN: Step(
            sources=frozenset({Status.SUBMITTED}),
            target=Status.RETURNED,
            permission="benefits.decide_application",
            event=events.APPLICATION_RETURNED,
        ),
        Action.APPROVE: Step(
            sources=frozenset({Status.SUBMITTED}),
            target=Status.APPROVED,
            permission="benefits.decide_application",
            event=events.APPLICATION_APPROVED,
        ),
    },
)

#: What somebody who typed any part of an application may not do to it.
DECISIONS = frozenset({Action.CHECK, Action.RETURN, Action.APPROVE})
