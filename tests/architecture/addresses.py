"""Every address that the product answers, with something for each to lead to."""

import uuid
from collections.abc import Iterator
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts.models import RoleAssignment, User
from accounts.roles import Role
from audit.models import Event
from config.access import ACCESS
from tests.factories import approved, staff_member, submitted


def _named(patterns: list[Any], prefix: str = "") -> Iterator[tuple[str, Any, list[str]]]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            space = f"{prefix}{pattern.namespace}:" if pattern.namespace else prefix
            yield from _named(pattern.url_patterns, space)
        elif isinstance(pattern, URLPattern):
            yield f"{prefix}{pattern.name}", pattern.callback, list(pattern.pattern.converters)


#: By name: the view and the arguments that its address takes.
PAGES = {name: (view, arguments) for name, view, arguments in _named(get_resolver().url_patterns)}

PUBLIC = {name for name, access in ACCESS.items() if access.is_public}
FOR_ALL_STAFF = {name for name, access in ACCESS.items() if access.is_for_all_staff}
ONLY_POST = {name for name, access in ACCESS.items() if "GET" not in access.methods}
GUARDED = sorted(set(ACCESS) - PUBLIC - FOR_ALL_STAFF)

WITHOUT_NUMBER = {"number_given": "NOT_GIVEN", "number_absence_reason": "LEFT_BLANK"}


class Papers:
    """One thing of each kind for addresses to lead to, and a colleague whom nothing depends on."""

    def __init__(self, maker: User, checker: User) -> None:
        self.waiting = submitted(maker, **WITHOUT_NUMBER)
        self.decided = approved(maker, checker)
        self.event = Event.objects.first()
        self.colleague = staff_member(Role.ISSUER)
        self.right = RoleAssignment.objects.get(user=self.colleague)
        self.paper = self.waiting.papers.earliest("code")

    def address(self, name: str) -> str:
        """Return the address called ``name``, of something that is there where that is the work's."""
        values = {
            "application_id": self.waiting.pk,
            "person_id": self.decided.person_id,
            "certification_id": self.decided.certification.pk,
            "event_id": self.event.pk if self.event else None,
            "user_id": self.colleague.pk,
            "assignment_id": self.right.pk,
            "paper_id": self.paper.pk,
            "name": "receive",
        }
        nothing = {
            "layout_id": 1,
            "number": 1,
            "answer_id": 1,
            "certificate_id": 1,
            "key_id": 1,
            "period_id": 1,
            "row_id": 1,
        }
        return reverse(
            name,
            kwargs={
                argument: values.get(argument, nothing.get(argument, uuid.UUID(int=1))) for argument in PAGES[name][1]
            },
        )


class Staff:
    """Somebody for each duty that is asked for, hired at the first need."""

    def __init__(self) -> None:
        self._hired: dict[Role, User] = {}

    def who_gets_in_at(self, name: str) -> User:
        """Return somebody who gets in at the address called ``name``."""
        role = next(role for role in Role if ACCESS[name].lets_in(role))
        if role not in self._hired:
            self._hired[role] = staff_member(role)
        return self._hired[role]
