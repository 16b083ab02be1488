"""One entry of the record, whole."""

from http import HTTPStatus
from typing import Any, Final
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import select_template
from django.views.decorators.http import require_GET

from audit import actions, journal
from audit.gate import requires
from audit.models import Event, Result
from audit.searching import checking, columns, finding, labels, links, scopes
from audit.searching.scopes import Reach, Scope
from audit.views.reading import reader

#: What reviewers of reveals wrote of the staff is for auditors; a section's head takes part in those reviews.
_REVIEWS: Final = frozenset({"benefits.reveal.reviewed", "benefits.reveal.review_refused"})


@require_GET
@requires(scopes.ALL, scopes.SECTION, scopes.OWN)
def entry(request: HttpRequest, event_id: UUID) -> HttpResponse:
    """Show one entry whole, whether it is as it was written, and what the same person did around it."""
    scope = scopes.widest(request.user)
    try:
        event = _visible(request, event_id, scope)
    except finding.TwiceError:
        return _refused(request, event_id)
    if scope is None or event is None:
        raise Http404
    names = labels.name([event])
    person = names.get(event.person_id, "") if event.person_id and scope.names_people else ""
    journal.record(
        actions.LOG_ENTRY_OPENED,
        by=reader(request),
        subject=journal.Subject(kind="entry", id=str(event_id)),
    )
    details = select_template([f"audit/entries/{event.action}.html", "audit/entries/default.html"])
    page = "audit:own" if scope.reach is Reach.OWN else "audit:log"
    neighbours = _neighbours(event, scope)
    check = checking.check(event)
    return render(
        request,
        "audit/entry.html",
        {
            "event": event,
            "scope": scope,
            "is_own": scope.reach is Reach.OWN,
            "login_id": labels.login_ids([event.actor_id]).get(event.actor_id or 0, ""),
            "details": details.render({"event": event}, request),
            "changes": _changes(event),
            "explanation": columns.explanation(event.explanation),
            "reads_reason": scope.reach is not Reach.SECTION
            or event.action not in _REVIEWS
            or event.actor_id == reader(request).pk,
            "person_name": person,
            "neighbours": [(row, columns.seal_words(row)) for row in neighbours],
            "check": check,
            "addresses": _addresses(request, event, page=page, names_people=scope.names_people),
        },
    )


def _visible(request: HttpRequest, event_id: UUID, scope: Scope | None) -> Event | None:
    """Return the entry, or None: one that is there but hidden is recorded as asked for, and looks absent."""
    event = finding.one(event_id)
    if event is None or (scope is not None and scope.holds(event)):
        return event
    journal.record(
        actions.LOG_HIDDEN_REQUESTED,
        by=reader(request),
        subject=journal.Subject(kind="entry", id=str(event_id)),
        result=Result.REFUSED,
    )
    return None


def _refused(request: HttpRequest, event_id: UUID) -> HttpResponse:
    """Say that two entries have this number, and record it: neither is shown in the other's place."""
    journal.record(
        actions.LOG_ENTRY_OPENED,
        by=reader(request),
        subject=journal.Subject(kind="entry", id=str(event_id)),
        result=Result.FAILED,
    )
    return render(request, "audit/entry_twice.html", {"event_id": event_id}, status=HTTPStatus.CONFLICT)


def _neighbours(event: Event, scope: Scope) -> list[finding.Row]:
    try:
        return finding.around(event, scope)
    except finding.TooSlowError:
        return []


def _addresses(request: HttpRequest, event: Event, *, page: str, names_people: bool) -> dict[str, str]:
    """Return where what belongs to the entry is found: of its request, its session, its actor, its person."""
    found = {}
    if names_people:
        if event.request_id:
            found["request"] = links.address(request, page=page, request=event.request_id)
        if event.session:
            found["session"] = links.address(request, page=page, session=event.session)
        if event.actor_id is not None:
            found["actor"] = links.address(request, page=page, actor_id=event.actor_id)
        if event.person_id:
            found["person"] = links.address(request, page=page, person_id=event.person_id)
        if event.client:
            found["client"] = links.address(request, page=page, terminal=event.client)
    if event.subject_label:
        found["subject"] = links.address(request, page=page, application=event.subject_label)
    return found


def _changes(event: Event) -> list[tuple[str, Any, Any]]:
    """Return what the entry says of before and after: (name, before, after)."""
    words = dict(event.detail_rows)
    labelled = {code: label for code, (label, _value) in zip(event.details, event.detail_rows, strict=True)}
    return [
        (labelled[code], words[labelled[code]], words[labelled[f"new_{code}"]])
        for code in event.details
        if f"new_{code}" in event.details
    ]
