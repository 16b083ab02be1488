"""Fills a demo office: people with certificates, and applications in every other state.

The rows are made by the functions that the pages use (the form, the decision, the canonical content, the step's
entry in the record) and go through the database's guards state by state; only the statements are bulk ones. It runs
as the owner: the vault's functions that handle many numbers at once are closed to the app.
"""

import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from random import Random
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from audit import journal
from benefits import content, events, holders, workflow
from benefits.choices import Status
from benefits.decision import decide
from benefits.demo import people
from benefits.forms import EntryForm
from benefits.models import Application, Certification, Person, ReturnComment, Review
from mynumber import vault

BATCH = 500
#: Beside the recipients, this share of applications stands in each other state; at least two of each.
OTHER_STATES: Mapping[Status, float] = {
    Status.SUBMITTED: 0.03,
    Status.RETURNED: 0.01,
    Status.DRAFT: 0.01,
    Status.WITHDRAWN: 0.005,
}
RETURN_TEXTS = (
    ("insurer_number", "原本の保険者番号と1字違います。"),
    ("street", "番地が原本と違います。"),
    ("given_kana", "フリガナを原本と見比べてください。"),
)


@dataclass(slots=True)
class Case:
    """One application on its way through the states."""

    application: Application
    status: Status
    number: str | None
    form: dict[str, Any]


def fill(
    *, recipients: int, seed: int, staff: Mapping[Role, User], told: Callable[[int, int], None] = lambda done, of: None
) -> int:
    """Make people until there are ``recipients`` with certificates, and return how many applications that took.

    Applications in every other state come along. Who is made depends on the seed and on how many there are: made
    larger, an office has the people that it would have had at once.
    """
    there = Application.objects.count()
    statuses = _statuses(recipients, already=Person.objects.registered().count())
    today = timezone.localdate()
    typed = islice(people.applicants(there + len(statuses), seed=seed, today=today), there, None)
    numbers = islice(people.my_numbers(there + len(statuses), seed), there, None)
    rows = zip(range(there, there + len(statuses)), statuses, typed, numbers, strict=True)
    cases = _cases(rows, seed=seed, today=today, maker=staff[Role.MAKER])
    done = 0
    while batch := list(islice(cases, BATCH)):
        with transaction.atomic():
            _write(batch, maker=staff[Role.MAKER], checker=staff[Role.CHECKER])
        done += len(batch)
        told(done, len(statuses))
    return done


def _statuses(recipients: int, *, already: int) -> list[Status]:
    """Return the state of each application to be made."""
    missing = max(0, recipients - already)
    statuses = [Status.APPROVED] * missing
    for status, share in OTHER_STATES.items():
        at_least = 0 if already else 2
        statuses += [status] * max(at_least, round(missing * share))
    return statuses


def _cases(
    rows: Iterable[tuple[int, Status, Mapping[str, Any], str]], *, seed: int, today: date, maker: User
) -> Iterator[Case]:
    """Turn what a clerk would type into applications, ids and times from the seed."""
    form = EntryForm({}, today=today, has_number=True)
    midday = timezone.make_aware(datetime.combine(today, datetime.min.time())) + timedelta(hours=12)
    for place, status, typed, number in rows:
        beside = holders.beside_the_patient(typed)
        raw = {**typed, **{f"{slot}_number_given": "LEFT_BLANK" for slot in beside}}
        rng = Random(f"{seed}/{place}")  # noqa: S311  (made-up people, the same for the same seed)
        document = _clean(form, raw)
        is_given = raw["number_given"] == "GIVEN"
        edited_at = midday - timedelta(days=rng.randint(1, 20), minutes=rng.randint(0, 240))
        person = Person(id=_key(rng))
        application = Application(
            id=_key(rng),
            person=person,
            entry={key: value for key, value in raw.items() if value},
            content=content.compose(
                document,
                number_version=1 if is_given else None,
                absence_reason=document.get("number_absence_reason") or "",
                household={slot: {"given": False, "reason": "LEFT_BLANK"} for slot in beside},
            ),
            office=raw["accepted_office"],
            patient_name=f"{raw['family_name']}　{raw['given_name']}",
            patient_kana=f"{raw['family_kana']}　{raw['given_kana']}",
            number_version=1 if is_given else None,
            created_by=maker,
            created_at=edited_at - timedelta(minutes=9),
            edited_by=maker,
            edited_at=edited_at,
            editor_ids=[maker.pk],
        )
        yield Case(application, status, number if is_given else None, document)


def _clean(form: EntryForm, raw: Mapping[str, Any]) -> dict[str, Any]:
    """Put ``raw`` through the entry form. One form serves for all: making a hundred fields anew costs more."""
    form.data = dict(raw)
    form._errors = None  # type: ignore[attr-defined]  # what Django itself resets before cleaning
    if not form.is_valid():
        raise ValueError(f"the made-up form has mistakes in {', '.join(sorted(form.errors))}")
    return form.document()


def _key(rng: Random) -> uuid.UUID:
    return uuid.UUID(int=rng.getrandbits(128), version=4)


def _write(cases: list[Case], *, maker: User, checker: User) -> None:
    """Write one batch, each case through the states that lead to its own."""
    serials = _draw("benefits_receipt_number", len(cases))
    for case, serial in zip(cases, serials, strict=True):
        on = timezone.localdate(case.application.edited_at)
        case.application.receipt_number = workflow.receipt_number(serial, on=on)
    approved = [case for case in cases if case.status == Status.APPROVED]
    for case, serial in zip(approved, _draw("benefits_recipient_serial", len(approved)), strict=True):
        application = case.application
        application.person = workflow.register(
            application.person, case.form, by=checker, at=_decided_at(application), serial=serial
        )
    Person.objects.bulk_create([case.application.person for case in cases])
    Application.objects.bulk_create([case.application for case in cases])
    _record(events.APPLICATION_SAVED, cases, by=maker)
    journal.name_people(
        (case.application.person_id, case.application.patient_name, case.application.patient_kana) for case in cases
    )
    _keep_numbers(cases, maker=maker, checker=checker)
    _submit([case for case in cases if case.status not in (Status.DRAFT, Status.WITHDRAWN)], maker=maker)
    _return([case for case in cases if case.status == Status.RETURNED], checker=checker)
    _approve(approved, checker=checker)
    _withdraw([case for case in cases if case.status == Status.WITHDRAWN], maker=maker)


def _keep_numbers(cases: list[Case], *, maker: User, checker: User) -> None:
    given = [case for case in cases if case.number]
    confirmed = [case for case in given if case.status == Status.APPROVED]
    vault.keep_confirmed([(case.application.person_id, case.number or "", maker, checker) for case in confirmed])
    vault.keep_provisional(
        [(case.application.person_id, case.number or "", maker) for case in given if case.status != Status.APPROVED]
    )


def _submit(cases: list[Case], *, maker: User) -> None:
    _move(cases, Status.SUBMITTED, "submission = 1, submitted_by_id = %s, submitted_at = edited_at", [maker.pk])
    for case in cases:
        case.application.submission = 1
        case.application.submitted_by, case.application.submitted_at = maker, case.application.edited_at
    _record(events.APPLICATION_SUBMITTED, cases, by=maker)


def _return(cases: list[Case], *, checker: User) -> None:
    _move(cases, Status.RETURNED)
    comments = []
    for place, case in enumerate(cases):
        field, text = RETURN_TEXTS[place % len(RETURN_TEXTS)]
        comments.append(
            ReturnComment(
                application=case.application,
                submission=1,
                field=field,
                text=text,
                written_by=checker,
                written_at=case.application.edited_at + timedelta(hours=3),
            )
        )
    ReturnComment.objects.bulk_create(comments)
    _record(events.APPLICATION_RETURNED, cases, by=checker)


def _approve(cases: list[Case], *, checker: User) -> None:
    certifications = []
    for case in cases:
        application = case.application
        application.decided_by, application.decided_at = checker, _decided_at(application)
        application.approved_sha256 = content.fingerprint(application.content)
        certifications.append(workflow.certify(application, decide(case.form)))
    Certification.objects.bulk_create(certifications)
    Review.objects.bulk_create(
        Review(
            application=case.application,
            submission=1,
            checker=checker,
            ticked=sorted(content.to_be_ticked(case.application.content)),
            opened_at=case.application.edited_at + timedelta(hours=23),
            saved_at=_decided_at(case.application),
        )
        for case in cases
    )
    vault.put_all_in_use([(case.application.person_id, checker) for case in cases if case.number])
    _move(
        cases,
        Status.APPROVED,
        "decided_by_id = %s, decided_at = edited_at + interval '1 day', "
        "approved_sha256 = encode(sha256(convert_to(content, 'UTF8')), 'hex')",
        [checker.pk],
    )
    _record(events.APPLICATION_APPROVED, cases, by=checker, fingerprint=lambda one: one.approved_sha256)


def _withdraw(cases: list[Case], *, maker: User) -> None:
    for case in cases:
        vault.remove(case.application.person_id, by=maker)
    _move(cases, Status.WITHDRAWN)
    _record(events.APPLICATION_WITHDRAWN, cases, by=maker)


def _move(cases: list[Case], target: Status, columns: str = "", values: Iterable[int] = ()) -> None:
    """Move a batch to its next state with one statement; the database checks every row of it."""
    if not cases:
        return
    also = f", {columns}" if columns else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE benefits_application SET status = %s, revision = revision + 1{also} WHERE id = ANY (%s)",  # noqa: S608
            [target.value, *values, [case.application.pk for case in cases]],
        )
    for case in cases:
        case.application.status = target
        case.application.revision += 1


def _record(action: str, cases: list[Case], *, by: User, **details: Callable[[Application], object]) -> None:
    journal.record_all(
        journal.Entry(
            action=action,
            by=by,
            **workflow.step_entry(case.application, **{name: of(case.application) for name, of in details.items()}),
        )
        for case in cases
    )


def _decided_at(application: Application) -> datetime:
    return application.edited_at + timedelta(days=1)


def _draw(sequence: str, count: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(%s) FROM generate_series(1, %s)", [sequence, count])
        return [number for (number,) in cursor.fetchall()]
