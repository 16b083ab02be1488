"""Whom a line is about: somebody registered, or somebody whose application came without a number.

All of the layout's items agree (in notation-forgiving keys) with exactly one person, or a person decides: a line is
never linked on fewer items.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db import connection, models, transaction
from django.db.models import Case, Exists, OuterRef, Q, When
from django.db.models.functions import Cast
from django.utils import timezone

from benefits import content, japanese_text
from benefits.choices import Status
from benefits.juki import keys, steps
from benefits.models import Application, Certification, Person
from benefits.models.juki import BatchState, JukiBatch, JukiRow, RowCode, RowState

#: How many lines one piece of work matches.
LINES = 1_000
#: Above this, more people who are alike would help nobody.
CANDIDATES = 10


@dataclass(frozen=True, slots=True)
class Record:
    """A person as the office knows them: registered, or as an application without a number says."""

    person: UUID
    label: str
    name: str
    kana: str
    birth_on: date
    sex: str
    address: str
    is_registered: bool

    @classmethod
    def of_person(cls, person: Person) -> "Record":
        assert person.birth_on is not None  # noqa: S101  (registered whole)
        return cls(
            person=person.pk,
            label=person.label,
            name=person.name,
            kana=person.kana,
            birth_on=person.birth_on,
            sex=person.sex or "",
            address=person.address or "",
            is_registered=True,
        )

    @classmethod
    def of_application(cls, application: Application) -> "Record":
        form = content.form_of(application.content)
        building = form.get("building") or ""
        return cls(
            person=application.person_id,
            label=application.receipt_number,
            name=f"{form['family_name']}　{form['given_name']}",
            kana=f"{form['family_kana']}　{form['given_kana']}",
            birth_on=date.fromisoformat(form["birth_on"]),
            sex=form["sex"],
            address=f"{form['prefecture']}{form['city']}{form['street']}{f'　{building}' if building else ''}",
            is_registered=False,
        )


def differing(row: JukiRow, record: Record, *, items: int) -> list[str]:
    """Return which of the layout's items do not agree: name, birth_on, sex, address."""
    agrees = {
        "name": row.name_key == japanese_text.name_key(record.name),
        "birth_on": row.birth_on == record.birth_on,
        "sex": _same_sex(row.sex, record.sex, items=items),
        "address": row.address_key == keys.address_key(record.address),
    }
    return [item for item, is_same in agrees.items() if not is_same]


def _same_sex(there: str, here: str, *, items: int) -> bool:
    # a layout of three items need not state a sex; one that is stated all the same counts
    return there == here or (items == 3 and not (there and here))


def records_of(people: Collection[UUID]) -> list[Record]:
    """Return what the office knows of people, in no order; whoever has no need of a number (any more) is left out."""
    found = {person.pk: Record.of_person(person) for person in entitled().filter(pk__in=list(people))}
    applying = _applications().filter(person__in=[person for person in people if person not in found])
    for application in applying.order_by("submitted_at", "pk"):
        found[application.person_id] = Record.of_application(application)
    return list(found.values())


def labels_of(people: Collection[UUID]) -> dict[UUID, str]:
    """Return what the record calls people, entitled or not: a recipient number, or else a receipt number."""
    labels = dict(
        Application.objects.filter(person__in=list(people)).order_by("pk").values_list("person", "receipt_number")
    )
    registered = Person.objects.registered().filter(pk__in=list(people))
    return labels | {person.pk: person.label for person in registered.only("recipient_number")}


def entitled() -> models.QuerySet[Person]:
    """Return the registered people whose number is needed: with a certification that lasts, or one applied for.

    A number is destroyed some time after the last certification has ended; nobody is to get it anew without cause.
    """
    lasting = Certification.objects.filter(person=OuterRef("pk"), valid_to__gte=timezone.localdate())
    waiting = Application.objects.filter(person=OuterRef("pk"), status=Status.SUBMITTED)
    return Person.objects.registered().real().filter(Q(Exists(lasting)) | Q(Exists(waiting)))


def exact_matches(rows: Collection[JukiRow], *, items: int) -> dict[int, list[UUID]]:
    """Return by line with whom each agrees in all items now."""
    born = _born_on({row.birth_on for row in rows if row.birth_on})
    return {
        row.line: [each.record.person for each in born.get(row.birth_on, []) if each.agrees(row, items=items)]
        for row in rows
        if row.birth_on
    }


def do_a_piece(batch: JukiBatch) -> None:
    """Match the next lines and commit what they came to."""
    with transaction.atomic():
        held = steps.lock(batch.pk)
        if held.state != BatchState.MATCHING:
            return
        rows = list(
            JukiRow.objects.filter(
                batch=held, line__gt=held.matched_to, state=RowState.QUEUED, code=RowCode.UNMATCHED
            ).order_by("line")[:LINES]
        )
        if not rows:
            steps.move(held, BatchState.CHECKING, by=None, details={"count": held.linked})
            return
        assert held.layout is not None  # noqa: S101  (a file is not begun without one)
        _save(_separated(held, _matched(rows, items=held.layout.items)))
        held.matched_to = rows[-1].line
        held.save(update_fields=["matched_to"])


def _matched(rows: Iterable[JukiRow], *, items: int) -> list[JukiRow]:
    """Decide what each line came to, without saving it."""
    rows = list(rows)
    born = _born_on({row.birth_on for row in rows if row.birth_on})
    for row in rows:
        alike = born.get(row.birth_on, []) if row.birth_on else []
        exact = [each.record.person for each in alike if each.agrees(row, items=items)]
        if len(exact) == 1:
            row.state, row.code, row.person_id, row.candidates = RowState.LINKED, RowCode.EXACT, exact[0], exact
        elif exact:
            row.code, row.candidates = RowCode.SEVERAL, exact[:CANDIDATES]
        else:
            near = [each.record.person for each in alike if each.resembles(row)]
            row.code = RowCode.DIFFERS if near else RowCode.NOBODY
            row.candidates = near[:CANDIDATES]
    return rows


def _separated(batch: JukiBatch, rows: list[JukiRow]) -> list[JukiRow]:
    """Take apart lines that are about the same person, also those matched before: nobody knows which is right."""
    claims: dict[UUID, list[JukiRow]] = defaultdict(list)
    for row in rows:
        if row.state == RowState.LINKED and row.person_id:
            claims[row.person_id].append(row)
    before = list(JukiRow.objects.filter(batch=batch, state=RowState.LINKED, person__in=list(claims)))
    before += JukiRow.objects.filter(
        batch=batch, code=RowCode.SAME_PERSON, state=RowState.QUEUED, candidates__overlap=list(claims)
    )
    for row in before:
        for person in row.candidates:
            if person in claims:
                claims[person].append(row)
    for claiming in claims.values():
        if len(claiming) > 1:
            for row in claiming:
                row.state, row.code, row.person_id = RowState.QUEUED, RowCode.SAME_PERSON, None
    return [*rows, *before]


#: What matching reads of a person.
_FIELDS = (
    "recipient_number",
    "family_name",
    "given_name",
    "family_kana",
    "given_kana",
    "birth_on",
    "sex",
    "address",
    "name_key",
    "kana_key",
)


class _Known:
    """A record with its keys, computed when they are first asked for."""

    __slots__ = ("_address_key", "kana_key", "name_key", "record")

    def __init__(self, record: Record, *, name_key: str, kana_key: str) -> None:
        self.record, self.name_key, self.kana_key = record, name_key, kana_key
        self._address_key: str | None = None

    @property
    def address_key(self) -> str:
        if self._address_key is None:
            self._address_key = keys.address_key(self.record.address)
        return self._address_key

    def agrees(self, row: JukiRow, *, items: int) -> bool:
        return (
            self.name_key == row.name_key
            and _same_sex(row.sex, self.record.sex, items=items)
            and self.address_key == row.address_key
        )

    def resembles(self, row: JukiRow) -> bool:
        return (
            self.name_key == row.name_key
            or bool(row.kana_key and self.kana_key == row.kana_key)
            or self.address_key == row.address_key
        )


def _born_on(days: set[date]) -> dict[date, list[_Known]]:
    known: dict[date, list[_Known]] = defaultdict(list)
    people = entitled().filter(birth_on__in=list(days)).only(*_FIELDS)
    for person in people.iterator(chunk_size=5_000):
        record = Record.of_person(person)
        known[record.birth_on].append(_Known(record, name_key=person.name_key or "", kana_key=person.kana_key or ""))
    for application in _born_applicants(days):
        record = Record.of_application(application)
        if all(each.record.person != record.person for each in known[record.birth_on]):
            known[record.birth_on].append(
                _Known(
                    record,
                    name_key=japanese_text.name_key(record.name),
                    kana_key=japanese_text.kana_key(record.kana),
                )
            )
    return known


def _applications() -> models.QuerySet[Application]:
    """Return the applications that wait for their decision without a number, of people not registered yet.

    What a draft says is not settled: it is matched once it has been submitted.
    """
    return Application.objects.filter(
        status=Status.SUBMITTED, number_version__isnull=True, person__registered_at__isnull=True
    )


def _born_applicants(days: set[date]) -> models.QuerySet[Application]:
    # only what is submitted is sure to have a content: the text of any other must not be taken for JSON
    said = Case(When(status=Status.SUBMITTED, then=Cast("content", models.JSONField())))
    born = _applications().annotate(said=said).filter(said__form__birth_on__in=[day.isoformat() for day in days])
    return born.order_by("submitted_at", "pk")


def _save(rows: list[JukiRow]) -> None:
    """Write what the lines came to, in one statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE benefits_jukirow r
            SET state = t.state, code = t.code, person_id = t.person, candidates = t.candidates::uuid[]
            FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::uuid[], %s::text[])
                AS t (id, state, code, person, candidates)
            WHERE r.id = t.id
            """,
            [
                [row.pk for row in rows],
                [str(row.state) for row in rows],
                [str(row.code) for row in rows],
                [row.person_id for row in rows],
                ["{" + ",".join(map(str, row.candidates)) + "}" for row in rows],
            ],
        )
