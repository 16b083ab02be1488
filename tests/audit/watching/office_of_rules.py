"""Entries and answers for the rules, made without a database."""

import itertools
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from importlib import import_module
from typing import Any

from audit.watching import facts
from audit.watching.facts import Registry
from audit.watching.rules import JAPAN, LOGIC, Around, Finding, Seen

VIEW = "benefits.person.viewed"
CASE_VIEW = "benefits.application.viewed"
REVEAL = "mynumber.number.revealed"
SEARCH = "benefits.person.searched"
SAVED = "benefits.application.saved"
APPROVED = "benefits.application.approved"
EXPORTED = "benefits.holdings.exported"
LOOKED_UP = "mynumber.number.search_answered"
SIGNED_IN = "accounts.sign_in.done"

#: What the rules begin with (audit/migrations/0007).
THRESHOLDS: dict[str, dict[str, int]] = {
    code: thresholds for code, _severity, thresholds, _on in import_module("audit.migrations.0007_watching").RULES
}
#: A Wednesday at ten.
MORNING = datetime(2026, 11, 4, 10, 0, tzinfo=JAPAN)
_position = itertools.count(1)


@dataclass
class Answers:
    """Answers as a test sets them."""

    protected: set[uuid.UUID] = field(default_factory=set)
    relations: dict[tuple[int, uuid.UUID], str] = field(default_factory=dict)
    canaries: set[uuid.UUID] = field(default_factory=set)
    holidays: set[date] = field(default_factory=set)
    overtime: set[int] = field(default_factory=set)
    active: set[tuple[uuid.UUID, int]] = field(default_factory=set)
    leaving: dict[int, date] = field(default_factory=dict)
    usual: float = 0
    team: float = 0
    revealed_before: datetime | None = None
    new_terminal: bool = False
    shares: tuple[int, int, int] | None = None
    said: dict[uuid.UUID, str] = field(default_factory=dict)

    def is_protected(self, person: uuid.UUID, *, on: date) -> bool:
        return person in self.protected

    def relation(self, actor: int, person: uuid.UUID) -> str:
        return self.relations.get((actor, person), "")

    def is_canary(self, person: uuid.UUID, *, at: datetime) -> bool:
        return person in self.canaries

    def is_closed(self, on: date) -> bool:
        return on in self.holidays

    def has_overtime(self, actor: int, at: datetime) -> bool:
        return actor in self.overtime

    def has_activity(self, person: uuid.UUID, actor: int, *, since: datetime, until: datetime) -> bool:
        return (person, actor) in self.active

    def leaves_on(self, actor: int, *, since: date) -> date | None:
        return self.leaving.get(actor)

    def usual_views(self, actor: int, *, before: date) -> float:
        return self.usual

    def team_views(self, section: str, *, before: date) -> float:
        return self.team

    def last_reveal(self, event: Seen) -> datetime | None:
        return self.revealed_before

    def is_new_terminal(self, event: Seen, *, since: datetime) -> bool:
        return self.new_terminal

    def share(self, case: str, *, checker: int, of: int, until: datetime) -> tuple[int, int, int] | None:
        return self.shares

    def words(self, event: Seen) -> str:
        return self.said.get(event.id, "")


def seen(action: str = VIEW, *, at: datetime = MORNING, actor: int | None = 1, **parts: Any) -> Seen:
    """Return an entry; its resident is somebody new unless given."""
    parts.setdefault("person_id", uuid.uuid4())
    parts.setdefault("explanation", "E0")
    parts.setdefault("section", "地域保健課")
    return Seen(id=uuid.uuid4(), position=next(_position), at=at, action=action, actor_id=actor, **parts)


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


def findings(code: str, events: Sequence[Seen], answers: Answers | None = None, **thresholds: int) -> list[Finding]:
    """Return what a rule finds going through ``events``, the window made as ``audit.watching.reading`` makes it."""
    logic, limits = LOGIC[code], {**THRESHOLDS[code], **thresholds}
    registry: Registry = facts.REGISTRY

    def same(one: Seen, other: Seen) -> bool:
        keys = {"actor": ["actor_id"], "person": ["person_id"], "pair": ["actor_id", "person_id"], "": []}[logic.by]
        return bool(keys) and all(getattr(one, key) == getattr(other, key) for key in keys)

    company = [event for event in events if event.action in logic.company(registry)]
    found: dict[str, Finding] = {}
    for event in events:
        if event.action not in logic.at(registry):
            continue
        around = Around(
            before=[
                one
                for one in company
                if same(one, event) and one.position < event.position and one.at >= event.at - logic.back(limits)
            ],
            after=[one for one in company if same(one, event) and one.position > event.position],
        )
        for finding in logic.judge(event, around, limits, answers or Answers(), registry):
            found.setdefault(finding.key, finding)
    return list(found.values())
