"""The only way to write down what happened.

An entry that cannot be written raises, and what it would have recorded does not happen: callers write the
entry in the transaction of the change, or, before showing something, in a committed transaction of its own.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID, uuid4

from django.db import models, transaction

from audit import origin, sealed_text, vocabulary
from audit.models import REASON_KEY, ActorLabel, Event, PersonLabel, Result


class Actor(Protocol):
    """Somebody who can be held to what they did: any member of staff."""

    @property
    def pk(self) -> int | None: ...

    @property
    def display_name(self) -> str: ...

    @property
    def role_labels(self) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What was acted on: its kind, its id, and a label without personal data (a receipt number)."""

    kind: str
    id: str
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry to be written. See :func:`record` for what each part means."""

    action: str
    by: Actor | None
    subject: Subject | models.Model | None = None
    person_id: UUID | None = None
    result: Result = Result.DONE
    purpose: str = ""
    reason: str = ""
    details: Mapping[str, object] = field(default_factory=dict)


def record(
    action: str,
    *,
    by: Actor | None,
    subject: Subject | models.Model | None = None,
    person_id: UUID | None = None,
    result: Result = Result.DONE,
    purpose: str = "",
    reason: str = "",
    details: Mapping[str, object] | None = None,
) -> Event:
    """Write down that ``by`` did ``action`` to ``subject``, or was refused it.

    The entry joins the transaction that is open, so that neither it nor the change can be saved without the
    other; with none open it is committed on return. ``person_id`` is the resident concerned, ``purpose`` a
    code, ``reason`` words (kept sealed), ``details`` only what :data:`audit.vocabulary.DETAILS` lists.
    """
    return record_all(
        [
            Entry(
                action=action,
                by=by,
                subject=subject,
                person_id=person_id,
                result=result,
                purpose=purpose,
                reason=reason,
                details=details or {},
            ),
        ],
    )[0]


def record_all(entries: Iterable[Entry]) -> list[Event]:
    """Write several entries in one statement, for work that concerns many things at once."""
    return Event.objects.bulk_create([_event(entry) for entry in entries])


def record_committed(action: str, *, by: Actor | None, **parts: object) -> Event:
    """Write an entry and commit it before returning, or raise.

    For what must be on record before it happens, a reveal above all. Raises ``RuntimeError`` inside another
    transaction, where a rollback could take the entry away again.
    """
    with transaction.atomic(durable=True):
        return record(action, by=by, **parts)  # type: ignore[arg-type]  # the same keywords, checked there


def name_actor(actor_id: int, *, name: str, login_id: str) -> None:
    """Remember what a member of staff is called, for searching the record by name; the first name kept stays."""
    ActorLabel.objects.bulk_create(
        [ActorLabel(actor_id=actor_id, name=name, login_id=login_id)], ignore_conflicts=True
    )


def name_person(person_id: UUID, *, name: str, kana: str) -> None:
    """Remember what a person is called, for searching the record by name."""
    name_people([(person_id, name, kana)])


def name_people(people: Iterable[tuple[UUID, str, str]]) -> None:
    """Remember what several people (id, name, kana) are called."""
    PersonLabel.objects.bulk_create(
        [PersonLabel(person_id=person_id, name=name, kana=kana) for person_id, name, kana in people],
        update_conflicts=True,
        unique_fields=["person_id"],
        update_fields=["name", "kana"],
    )


def _event(entry: Entry) -> Event:
    if unknown := set(entry.details) - set(vocabulary.DETAILS):
        raise ValueError(f"not on the list of details: {', '.join(sorted(unknown))}")
    subject = entry.subject
    if isinstance(subject, models.Model):
        subject = Subject(kind=subject._meta.label_lower, id=str(subject.pk), label=getattr(subject, "label", ""))
    where = origin.current()
    event_id = uuid4()
    return Event(
        id=event_id,
        action=vocabulary.require(entry.action),
        result=entry.result,
        actor_id=entry.by.pk if entry.by else None,
        actor_name=entry.by.display_name if entry.by else "",
        actor_roles=entry.by.role_labels if entry.by else "",
        subject_kind=subject.kind if subject else "",
        subject_id=subject.id if subject else "",
        subject_label=subject.label if subject else "",
        person_id=entry.person_id,
        purpose=entry.purpose,
        sealed_reason=(
            sealed_text.seal(entry.reason, key=REASON_KEY, bound_to=f"event|{event_id}") if entry.reason else None
        ),
        details=dict(entry.details),
        client=where.client,
        session=where.session,
        request_id=where.request_id,
    )
