"""Why somebody looks at a resident, as far as the office's work can tell: found when they look, kept with the entry.

The first that holds, in one question to the database and without a guess: whoever doubts a code can look at the same
rows. What is seen without one (E0) is what the rules of ``audit.watching`` look at.
"""

from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django.db.models import BooleanField, Exists, Q, QuerySet, Value
from django.utils import timezone

from accounts.models import User
from audit import history, journal
from audit.models import Event
from benefits import events
from benefits.choices import EDITABLE, Status
from benefits.models import (
    Application,
    ContactRecord,
    Correction,
    HouseholdPerson,
    JukiRow,
    NumberRelease,
    Protection,
    Review,
    ThirdComparison,
)
from benefits.models.juki import RowState
from benefits.models.reach import within
from mynumber import actions

#: How long work on a case explains looking at it again, and a contact looking somebody up.
TOUCHED_WITHIN: Final = timedelta(days=30)
CONTACT_WITHIN: Final = timedelta(minutes=30)

#: Steps in a case. What is only looked at or printed is none, nor is a contact, which anybody can write down.
STEPS: Final = (
    events.APPLICATION_SAVED,
    events.APPLICATION_SUBMITTED,
    events.APPLICATION_PULLED_BACK,
    events.APPLICATION_WITHDRAWN,
    events.APPLICATION_CHECKED,
    events.APPLICATION_RETURNED,
    events.APPLICATION_APPROVED,
    events.THIRD_COMPARISON_ANSWERED,
    events.CORRECTION_OPENED,
    events.CORRECTION_TYPED,
    events.CORRECTION_APPROVED,
    events.CORRECTION_REJECTED,
    events.PROTECTION_APPROVED,
    events.PROTECTION_REJECTED,
    events.PROTECTION_LIFTED,
    events.RELEASE_GIVEN,
    events.HOLD_SET,
    events.HOLD_ENDED,
    events.IMPORT_LINKED,
    events.IMPORT_REJECTED,
    events.PAPER_RECEIVED,
    events.PAPER_MOVED,
    events.PAPER_CONFIRMED,
    events.PAPER_LENT,
    events.PAPER_RETURNED,
    actions.TYPED,
    actions.COMPARED,
)
_OPEN: Final = (*EDITABLE, Status.SUBMITTED)


def of(person_id: UUID, *, viewer: User) -> str:
    """Return the code of what explains that ``viewer`` looks at this resident now: E1 to E6, or E0.

    Somebody of a household, who is known by the id of their number, is looked at with the patient of the application.
    """
    now = timezone.now()
    conditions = {
        "E1": _own_case(person_id, viewer),
        "E2": _touched(person_id, viewer, since=now - TOUCHED_WITHIN),
        "E3": [_received_today(person_id, viewer, since=timezone.localtime(now).replace(hour=0, minute=0, second=0))],
        "E4": _waits_for(person_id, viewer),
        "E5": _stopped_import(person_id, viewer),
        "E6": [ContactRecord.objects.filter(person_id=person_id, made_at__gte=now - CONTACT_WITHIN)],
    }
    found = (
        User.objects.filter(pk=viewer.pk)
        .annotate(**{code: _any(queries) for code, queries in conditions.items()})
        .values_list(*conditions)
        .get()
    )
    return next((code for code, holds in zip(conditions, found, strict=True) if holds), "E0")


def record(action: str, *, by: User, person_id: UUID, **parts: Any) -> Event:
    """Write down that ``by`` looked at a resident, with what explains it."""
    return journal.record(action, by=by, person_id=person_id, explanation=of(person_id, viewer=by), **parts)


def _any(queries: list[QuerySet[Any]]) -> Any:
    if not queries:
        return Value(False, output_field=BooleanField())
    condition = Q(Exists(queries[0]))
    for query in queries[1:]:
        condition |= Q(Exists(query))
    return condition


def _applications(person_id: UUID) -> QuerySet[Application]:
    household = HouseholdPerson.objects.filter(pk=person_id).values("application_id")
    return Application.objects.filter(Q(person_id=person_id) | Q(pk__in=household))


def _own_case(person_id: UUID, viewer: User) -> list[QuerySet[Any]]:
    """Ask for cases that the viewer entered, or is comparing."""
    own = Q(created_by=viewer) | Q(editor_ids__contains=[viewer.pk])
    compared = Review.objects.filter(checker=viewer, application__in=_applications(person_id)).filter(
        application__status=Status.SUBMITTED
    )
    return [
        _applications(person_id).filter(own, status__in=_OPEN),
        compared,
        Correction.objects.filter(person_id=person_id, outcome="").filter(
            Q(opened_by=viewer) | Q(typist_ids__contains=[viewer.pk])
        ),
    ]


def _touched(person_id: UUID, viewer: User, *, since: Any) -> list[QuerySet[Any]]:
    """Ask what the viewer did in a case of the resident's lately."""
    steps = history.Steps(actions=STEPS, actor_id=viewer.pk, person_id=person_id).found(since=since)
    taken = (
        Q(edited_by=viewer, edited_at__gte=since)
        | Q(submitted_by=viewer, submitted_at__gte=since)
        | Q(decided_by=viewer, decided_at__gte=since)
    )
    return [_applications(person_id).filter(taken), *steps]


def _received_today(person_id: UUID, viewer: User, *, since: Any) -> QuerySet[Any]:
    """Ask for applications of today in the list that the viewer works off."""
    queue = Q(status__in=EDITABLE) & within(viewer, "benefits.enter_application")
    queue |= Q(status=Status.SUBMITTED) & within(viewer, "benefits.decide_application")
    return _applications(person_id).filter(queue, created_at__gte=since.replace(microsecond=0))


def _waits_for(person_id: UUID, viewer: User) -> list[QuerySet[Any]]:
    """Ask what waits for a decision that the viewer may take."""
    found: list[QuerySet[Any]] = []
    if viewer.has_perm("benefits.decide_application"):
        decidable = within(viewer, "benefits.decide_application")
        waiting = _applications(person_id).filter(decidable, status=Status.SUBMITTED)
        found += [
            waiting.exclude(editor_ids__contains=[viewer.pk]),
            ThirdComparison.objects.filter(application__in=waiting, outcome__isnull=True).exclude(asked_by=viewer),
            Correction.objects.filter(person_id=person_id, outcome="", version__isnull=False)
            .exclude(opened_by=viewer)
            .exclude(typist_ids__contains=[viewer.pk]),
        ]
    if viewer.has_perm("benefits.decide_protection"):
        found.append(Protection.objects.waiting().filter(person_id=person_id))
    if viewer.has_perm("mynumber.release_number"):
        found.append(NumberRelease.objects.filter(person_id=person_id, outcome="").exclude(asked_by=viewer))
    return found


def _stopped_import(person_id: UUID, viewer: User) -> list[QuerySet[Any]]:
    """Ask for lines of a file from Juki-net that wait for a decision on this resident."""
    if not (viewer.has_perm("benefits.import_numbers") or viewer.has_perm("benefits.apply_import")):
        return []
    waiting = JukiRow.objects.filter(state=RowState.QUEUED)
    # as the index has it: most lines of a file that has just come are about nobody yet
    return [
        waiting.filter(person_id=person_id),
        waiting.filter(~Q(candidates=[]), candidates__contains=[person_id]),
    ]
