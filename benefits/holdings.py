"""What My Numbers are held, why, and which of them should be looked at again.

A page reads one screenful by its key, and never counts: a labour (``review``) walks over everything that is held in
small committed steps, notes what it finds, and counts when it is through. The page says as of when that is.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _, gettext_lazy

from accounts.models import User
from benefits import retention
from benefits.choices import HolderKind, Status
from benefits.models import Application, HoldingFinding, HoldingReview, HouseholdPerson, Person
from benefits.models.holding import Finding
from benefits.models.reach import is_unlimited
from benefits.registers import number_bases
from mynumber import deletion, holdings as sealed
from mynumber.holdings import Held
from mynumber.vault import Kind, Source

PERMISSION = "mynumber.view_holdings"
REVIEW_EVERY = timedelta(hours=1)
#: How many one step of the review, one page, and one piece of an export take.
STEP, PAGE, PIECE = 500, 50, 200

KINDS: dict[str, Promise | str] = {
    Kind.PATIENT.value: gettext_lazy("受診者"),
    Kind.GUARDIAN.value: HolderKind.GUARDIAN.label,
    Kind.MEMBER.value: HolderKind.MEMBER.label,
}
SOURCES: dict[str, Promise | str] = {
    Source.PAPER.value: gettext_lazy("紙の書類"),
    Source.JUKI.value: gettext_lazy("住基ネット"),
}
STATES: dict[str, Promise | str] = {
    "PROVISIONAL": gettext_lazy("照合前"),
    "CONFIRMED": gettext_lazy("照合済み（承認前）"),
    "IN_USE": gettext_lazy("使用中"),
    "SUPERSEDED": gettext_lazy("訂正前（使用停止）"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """What of the holdings is asked for; "" asks for everything."""

    kind: str = ""
    basis: str = ""
    source: str = ""
    state: str = ""
    finding: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One holding as the report shows it; what is not for the reader's eyes is empty."""

    held: Held
    person: UUID | None
    recipient_number: str
    name: str
    kind: str
    basis: str
    source: str
    state: str
    until: date | None
    findings: tuple[str, ...] = field(default=())

    @property
    def key(self) -> str:
        """Where a next page goes on: an internal id and a version."""
        return f"{self.held.person}.{self.held.version}"


def review() -> bool:
    """Do one step of the review of what is held, and return whether there was one to do. A labour of the worker's."""
    now = timezone.now()
    with transaction.atomic():
        current = HoldingReview.objects.select_for_update(skip_locked=True).filter(finished_at__isnull=True).first()
        if current is not None:
            _look_at_some(current, at=now)
            return True
    newest = HoldingReview.objects.order_by("-began_at").first()
    if newest is not None and (newest.finished_at is None or now - newest.began_at < REVIEW_EVERY):
        return False
    try:
        with transaction.atomic():
            HoldingReview.objects.create(began_at=now)
    except IntegrityError:  # another worker has just begun
        return False
    return True


def last_review() -> HoldingReview | None:
    """Return the review whose result stands, or None when none has been finished yet."""
    return HoldingReview.objects.filter(finished_at__isnull=False).order_by("-finished_at").first()


def page(
    conditions: Conditions, *, after: tuple[UUID, int] | None, by: User, size: int = PAGE
) -> tuple[list[Row], bool]:
    """Return one page of the report, and whether more follows. Reads by key, however much is held."""
    person, version = after or (None, 0)
    if conditions.finding:
        found = HoldingFinding.objects.filter(review=last_review(), finding=conditions.finding)
        if person is not None:
            found = found.filter(person_id__gte=person).exclude(person_id=person, version__lte=version)
        keys = list(found.order_by("person_id", "version").values_list("person_id", "version")[: size + 1])
        held, has_more = sealed.of(keys[:size]), len(keys) > size
    else:
        held = sealed.after(
            person,
            version,
            limit=size + 1,
            kind=conditions.kind,
            basis=conditions.basis,
            source=conditions.source,
            state=conditions.state,
        )
        held, has_more = held[:size], len(held) > size
    return rows(held, by=by), has_more


def everything(conditions: Conditions, *, by: User) -> Iterator[Row]:
    """Yield the whole report, read in pieces: it is never in memory as a whole."""
    after: tuple[UUID, int] | None = None
    while True:
        piece, has_more = page(conditions, after=after, by=by, size=PIECE)
        yield from piece
        if not has_more or not piece:
            return
        after = (piece[-1].held.person, piece[-1].held.version)


def rows(held: Sequence[Held], *, by: User) -> list[Row]:
    """Return the holdings as the report shows them to ``by``: names only to those whose duty it is to see people."""
    ids = [one.person for one in held]
    behind = _recipients(ids)
    reached = None
    if not is_unlimited(by, PERMISSION):
        people = Person.objects.within_reach(by, "mynumber.view_holdings").filter(pk__in=set(behind.values()))
        reached = set(people.values_list("pk", flat=True))
    people_by_id = Person.objects.in_bulk(set(behind.values()))
    named = set()
    if by.has_perm("benefits.view_person"):
        named = set(Person.objects.visible_to(by).filter(pk__in=people_by_id).values_list("pk", flat=True))
    until = _due_on(held, today=timezone.localdate())
    found = _found(held)
    shown = []
    for one in held:
        recipient = people_by_id.get(behind.get(one.person, one.person))
        is_reached = recipient is not None and (reached is None or recipient.pk in reached)
        basis = number_bases.find(one.basis)
        shown.append(
            Row(
                held=one,
                person=recipient.pk if recipient is not None and recipient.pk in named else None,
                recipient_number=(recipient.recipient_number or "") if recipient is not None and is_reached else "",
                name=recipient.name if recipient is not None and recipient.pk in named else "",
                kind=str(KINDS.get(one.kind, one.kind)),
                basis=basis.words if basis else one.basis,
                source=str(SOURCES.get(one.source, one.source)),
                state=str(STATES.get(one.state, one.state)),
                until=until.get((one.person, one.version)),
                findings=tuple(str(Finding(each).label) for each in found.get((one.person, one.version), ())),
            )
        )
    return shown


def summary(review_: HoldingReview) -> list[dict[str, Any]]:
    """Return how many were held when the review was finished, by kind, basis and state, in words."""
    added: dict[tuple[str, str, str], int] = {}
    for one in review_.counts:
        key = (one["kind"], one["basis"], one["state"])
        added[key] = added.get(key, 0) + one["count"]
    shown = []
    for (kind, basis, state), count in sorted(added.items()):
        register = number_bases.find(basis)
        shown.append(
            {
                "kind": str(KINDS.get(kind, kind)),
                "basis": register.words if register else basis,
                "law": f"{register.law} {register.article}" if register else _("根拠の表にありません"),
                "state": str(STATES.get(state, state)),
                "count": count,
            }
        )
    return shown


def findings(review_: HoldingReview) -> list[tuple[str, str, int]]:
    """Return (code, words, how many) of everything that is looked at again, as counted by the review."""
    counted = {one["finding"]: one["count"] for one in review_.found}
    return [(code, str(label), counted.get(code, 0)) for code, label in Finding.choices]


def _look_at_some(current: HoldingReview, *, at: datetime) -> None:
    held = sealed.after(current.reached_person, current.reached_version, limit=STEP)
    found = judge(held, today=timezone.localdate(at))
    HoldingFinding.objects.bulk_create(
        [
            HoldingFinding(review=current, finding=finding, person_id=person, version=version)
            for (person, version), some in found.items()
            for finding in some
        ],
        ignore_conflicts=True,
    )
    tally = {one["finding"]: one["count"] for one in current.found}
    for some in found.values():
        for finding in some:
            tally[finding.value] = tally.get(finding.value, 0) + 1
    current.found = [{"finding": finding, "count": count} for finding, count in sorted(tally.items())]
    current.seen += len(held)
    if held:
        current.reached_person, current.reached_version = held[-1].person, held[-1].version
    if len(held) < STEP:
        current.counts = [
            {"kind": one.kind, "basis": one.basis, "source": one.source, "state": one.state, "count": one.count}
            for one in sealed.counts()
        ]
        current.finished_at = at
        HoldingFinding.objects.exclude(review=current).delete()
        HoldingReview.objects.exclude(pk=current.pk).delete()
    current.save()


def judge(held: Sequence[Held], *, today: date) -> dict[tuple[UUID, int], list[Finding]]:
    """Return what about these holdings is to be looked at again."""
    ids = {one.person for one in held}
    until = _due_on(held, today=today)
    stands = _application_statuses(ids)
    found: dict[tuple[UUID, int], list[Finding]] = {}
    for one in held:
        basis, statuses = number_bases.find(one.basis), stands.get(one.person, set())
        is_under_way = one.state in {"PROVISIONAL", "CONFIRMED"} and bool(
            statuses & {Status.DRAFT, Status.SUBMITTED, Status.RETURNED}
        )
        due = until.get((one.person, one.version))
        reasons = (
            (Finding.BASIS_ENDED, basis is None or not basis.holds_on(today)),
            (Finding.NO_APPROVAL, Status.APPROVED not in statuses and not is_under_way),
            (Finding.PAST_RETENTION, due is not None and due < today),
            (Finding.SUPERSEDED, one.state == "SUPERSEDED"),
        )
        some = [finding for finding, is_so in reasons if is_so]
        if some:
            found[one.person, one.version] = some
    return found


def _application_statuses(ids: set[UUID]) -> dict[UUID, set[str]]:
    """Return how the applications stand that these people's numbers came with."""
    stands: dict[UUID, set[str]] = {}
    own = Application.objects.filter(person_id__in=ids).values_list("person_id", "status")
    household = HouseholdPerson.objects.filter(pk__in=ids).values_list("pk", "application__status")
    for person, status in (*own, *household):
        stands.setdefault(person, set()).add(status)
    return stands


def _recipients(ids: Sequence[UUID]) -> dict[UUID, UUID]:
    """Return the recipient behind each number: the person, or the patient whose household they are of."""
    household = HouseholdPerson.objects.filter(pk__in=ids).values_list("pk", "application__person_id")
    return {one: one for one in ids} | dict(household)


def _found(held: Sequence[Held]) -> dict[tuple[UUID, int], list[str]]:
    """Return what the last review found about these holdings."""
    found: dict[tuple[UUID, int], list[str]] = {}
    noted = HoldingFinding.objects.filter(review=last_review(), person_id__in={one.person for one in held})
    for person, version, finding in noted.order_by("finding").values_list("person_id", "version", "finding"):
        found.setdefault((person, version), []).append(finding)
    return found


def _due_on(held: Sequence[Held], *, today: date) -> dict[tuple[UUID, int], date | None]:
    """Return until when each version is kept; None where that is not settled."""
    clocks = retention.clocks(deletion.sealed_of({one.person for one in held}), on=today)
    return {(clock.sealed.person, clock.sealed.version): clock.due_on for clock in clocks}
