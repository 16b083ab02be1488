"""Whom to ask the terminal about: people without a number, as a file for whoever operates it. No number is in it."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connection, transaction
from django.utils import timezone

from accounts.models import User
from accounts.spreadsheet import disarmed
from audit import journal
from benefits import events
from benefits.choices import AbsenceReason, Status
from benefits.juki import layout, matching
from benefits.juki.matching import Record
from benefits.models import Application, Person
from benefits.models.juki import DateNotation, Encoding, JukiLayout, Separator

#: How many people one file may ask about.
MOST = 5_000


@dataclass(frozen=True, slots=True)
class RequestList:
    """A file for the terminal, and how many people it asks about."""

    data: bytes
    count: int
    unwritable: int


def missing(*, most: int) -> list[Record]:
    """Return up to ``most`` people without a number: registered, or applying without one. The longest first.

    Only whose certification lasts, or who applies, has need of one: what was destroyed is not asked for again.
    Whoever did not want their number given, or has none, is not asked about.
    """
    return [*_registered(most), *_applying(most)][:most]


def unwritable(records: list[Record], kept: JukiLayout) -> list[Record]:
    """Return whom the file leaves out, since the terminal's encoding lacks a character of theirs: asked by hand."""
    return [record for record in records if _line(1, record, kept) is None]


def record_shown(records: list[Record], kept: JukiLayout | None, *, by: User) -> None:
    """Write down that the page of the list was looked at, and whose names stood on it."""
    journal.record_all(
        [
            journal.Entry(
                action=events.IMPORT_VIEWED, by=by, subject=kept, details={"kind": "REQUEST", "count": len(records)}
            ),
            *(
                journal.Entry(
                    action=events.IMPORT_VIEWED,
                    by=by,
                    subject=journal.Subject(kind="benefits.person", id=str(record.person), label=record.label),
                    person_id=record.person,
                    details={"kind": "REQUEST"},
                )
                for record in records
            ),
        ]
    )


def make(kept: JukiLayout, *, by: User) -> RequestList:
    """Return the file, recorded with its count and one entry for each person who is in it."""
    people: list[Record] = []
    found = missing(most=MOST)
    out = [_encoded([heading for _meaning, heading in kept.query_columns], kept)] if kept.has_heading else []
    for record in found:
        line = _line(len(people) + 1, record, kept)
        if line is not None:
            out.append(line)
            people.append(record)
    with transaction.atomic():
        journal.record(
            events.IMPORT_REQUESTED,
            by=by,
            subject=kept,
            details={"count": len(people), "version": kept.version},
        )
        journal.record_all(
            journal.Entry(
                action=events.IMPORT_ASKED_FOR,
                by=by,
                subject=journal.Subject(kind="benefits.person", id=str(record.person), label=record.label),
                person_id=record.person,
            )
            for record in people
        )
    return RequestList(b"".join(out), len(people), len(found) - len(people))


def _line(serial: int, record: Record, kept: JukiLayout) -> bytes | None:
    """Return a person's line, or None when a character has no place in the encoding: it is not replaced by another."""
    cells = [disarmed(_cell(meaning, serial, record, kept)) for meaning, _heading in kept.query_columns]
    try:
        return _encoded(cells, kept)
    except UnicodeEncodeError:
        return None


def _encoded(cells: list[str], kept: JukiLayout) -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=Separator(kept.separator).character, lineterminator="\r\n").writerow(cells)
    return text.getvalue().encode(layout.codec(kept.encoding or Encoding.CP932))


def _cell(meaning: str, serial: int, record: Record, kept: JukiLayout) -> str:
    match meaning:
        case "SERIAL":
            return str(serial)
        case "NAME":
            return record.name
        case "KANA":
            return record.kana
        case "BIRTH":
            return layout.write_date(record.birth_on, DateNotation(kept.date_notation))
        case "SEX":
            return record.sex
        case _:
            return record.address


def _registered(most: int) -> Iterator[Record]:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT p.id FROM benefits_person p
            WHERE p.registered_at IS NOT NULL AND NOT EXISTS (SELECT FROM vault.standing(p.id))
              AND (EXISTS (SELECT FROM benefits_certification c WHERE c.person_id = p.id AND c.valid_to >= %s)
                   OR EXISTS (SELECT FROM benefits_application a WHERE a.person_id = p.id AND a.status = 'SUBMITTED'))
              AND (SELECT a.content::jsonb -> 'number' ->> 'reason' FROM benefits_application a
                   WHERE a.person_id = p.id AND a.status = 'APPROVED' ORDER BY a.decided_at DESC LIMIT 1)
                  IS DISTINCT FROM %s
              AND (SELECT a.content::jsonb -> 'number' ->> 'reason' FROM benefits_application a
                   WHERE a.person_id = p.id AND a.status = 'APPROVED' ORDER BY a.decided_at DESC LIMIT 1)
                  IS DISTINCT FROM %s
              AND NOT EXISTS (SELECT FROM benefits_madeupperson m WHERE m.person_id = p.id AND m.outcome = 'APPROVED')
            ORDER BY p.registered_at, p.id LIMIT %s
            """,
            [timezone.localdate(), AbsenceReason.DECLINED.value, AbsenceReason.NONE_ISSUED.value, most],
        )
        ids = [row[0] for row in cursor.fetchall()]
    for person in Person.objects.filter(pk__in=ids).order_by("registered_at", "pk"):
        yield Record.of_person(person)


def _applying(most: int) -> Iterator[Record]:
    waiting = Application.objects.filter(
        status=Status.SUBMITTED, number_version__isnull=True, person__registered_at__isnull=True
    )
    seen = set()
    for application in waiting.order_by("submitted_at", "pk")[:most]:
        if f'"reason":"{AbsenceReason.LEFT_BLANK.value}"' in application.content and application.person_id not in seen:
            seen.add(application.person_id)
            yield matching.Record.of_application(application)
