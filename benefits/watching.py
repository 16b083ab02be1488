"""What the work tells those who watch, and the only code that writes it: contacts, relations, overtime, the made-up.

The facts are registered with ``audit.watching`` when the app starts.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from django.db import DatabaseError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from audit import history, journal
from audit.models import Result
from audit.watching import facts
from benefits import events, explanation, japanese_text
from benefits.choices import Status
from benefits.models import (
    Application,
    ContactRecord,
    DeclaredRelation,
    HouseholdPerson,
    MadeUpPerson,
    Overtime,
    Person,
    Protection,
    RelationDeclaration,
)
from benefits.models.showing import TwoPersonOutcome
from benefits.models.watching import ContactKind, ContactReason, RelationKind
from benefits.policies import Refusal
from benefits.protection import CHECK_VIOLATION
from benefits.rules.retention import fiscal_year
from benefits.workflow import Refused
from mynumber import actions, vault

#: Who may decide that a resident is made up, and know who is: whoever may change the rules. An auditor proposes.
MAKE_UP: Final = "audit.change_rule"
PROPOSE_MADE_UP: Final = "audit.view_event"
OVERSEE: Final = "audit.view_section_event"
MOST_MADE_UP: Final = 5

KINDS: Final = {
    facts.SEARCH: (events.PERSON_SEARCHED,),
    facts.WORK: (
        *explanation.STEPS,
        events.CERTIFICATE_OPENED,
        events.ACCESS_STATEMENT_PRINTED,
        events.CONTACT_RECORDED,
    ),
    facts.OPENING: (events.APPLICATION_VIEWED,),
    facts.APPROVAL: (events.APPLICATION_APPROVED,),
    facts.EXPORT: (events.HOLDINGS_EXPORTED, events.IMPORT_ERRORS_EXPORTED),
    facts.NUMBER_EXPORT: (events.IMPORT_REQUESTED,),
    facts.UNPROTECTED: (events.PROTECTION_LIFTED,),
    facts.LOOK_UP: (actions.SEARCH_ANSWERED,),
    facts.REASONED: (actions.REVEALED,),
    facts.INTEGRITY: (actions.REVEAL_FAILED, actions.REWRAP_FAILED),
}


@dataclass(frozen=True, slots=True)
class Relation:
    """Somebody whom a member of staff declares."""

    kind: RelationKind
    kana: str
    birth_on: date


def register() -> None:
    """Tell the rules what this app knows."""
    facts.declare(
        kinds=KINDS,
        protected=protected,
        related=related,
        overtime=has_overtime,
        activity=has_activity,
        canaries=made_up,
        share=share_of,
    )


def record_contact(person: Person, *, kind: ContactKind, reason: ContactReason, by: User) -> ContactRecord:
    """Write down that somebody got in touch about ``person`` just now."""
    with transaction.atomic():
        contact = ContactRecord.objects.create(person=person, kind=kind, reason=reason, made_by=by)
        journal.record(
            events.CONTACT_RECORDED,
            by=by,
            subject=journal.Subject(kind="benefits.contactrecord", id=str(contact.pk), label=person.label),
            person_id=person.pk,
            details={"kind": kind.value, "code": reason.value},
        )
    return contact


def declare_relations(
    *, kana: str, birth_on: date, postal_code: str, relations: Sequence[Relation], by: User
) -> RelationDeclaration:
    """Take down what ``by`` declares for this fiscal year; the newest declaration counts."""
    with transaction.atomic():
        declaration = RelationDeclaration.objects.create(
            user=by,
            year=fiscal_year(timezone.localdate()),
            kana_key=japanese_text.kana_key(kana),
            birth_on=birth_on,
            postal_code=postal_code,
        )
        DeclaredRelation.objects.bulk_create(
            DeclaredRelation(
                declaration=declaration,
                kind=relation.kind,
                kana_key=japanese_text.kana_key(relation.kana),
                birth_on=relation.birth_on,
            )
            for relation in relations
        )
        journal.record(
            events.RELATION_DECLARED,
            by=by,
            subject=journal.Subject(kind="benefits.relationdeclaration", id=str(declaration.pk)),
            details={"count": len(relations)},
        )
    return declaration


def has_declared(user: User, *, on: date) -> bool:
    """Say whether somebody has declared in the fiscal year of that day."""
    return RelationDeclaration.objects.filter(user=user, year=fiscal_year(on)).exists()


def why_not_overtime(user: User, *, starts_at: datetime, ends_at: datetime, by: User) -> Refusal | None:
    """Return why ``by`` may not register that, or None when they may."""
    if not by.has_perm(OVERSEE):
        return Refusal("not_permitted", _("時間外勤務を登録する権限がありません。"))
    if by.pk == user.pk:
        return Refusal("own_overtime", _("自分の時間外勤務は、自分では登録できません。"))
    if not by.section or by.section != user.section:
        return Refusal("other_section", _("ほかの所属の職員の時間外勤務は登録できません。"))
    if ends_at <= starts_at or (ends_at - starts_at).days:
        return Refusal("reversed", _("終了は、開始より後の24時間以内にしてください。"))
    if ends_at < timezone.now():
        return Refusal("past", _("過ぎた時間は登録できません。"))
    return None


def register_overtime(user: User, *, starts_at: datetime, ends_at: datetime, by: User) -> Overtime:
    """Register that ``user`` was told to work outside office hours. Raises :class:`Refused` (recorded)."""

    def step() -> Overtime:
        if refusal := why_not_overtime(user, starts_at=starts_at, ends_at=ends_at, by=by):
            raise Refused(refusal)
        overtime = Overtime.objects.create(user=user, starts_at=starts_at, ends_at=ends_at, registered_by=by)
        journal.record(
            events.OVERTIME_REGISTERED,
            by=by,
            subject=journal.Subject(kind="benefits.overtime", id=str(overtime.pk), label=user.label),
        )
        return overtime

    done: Overtime = _attempt(
        step, events.OVERTIME_REFUSED, journal.Subject(kind="accounts.user", id=str(user.pk), label=user.label), by=by
    )
    return done


def may_propose_made_up(by: User) -> bool:
    """Say whether ``by`` may propose that somebody is made up."""
    return by.has_perm(MAKE_UP) and by.has_perm(PROPOSE_MADE_UP)


def why_not_make_up(person: Person, *, by: User) -> Refusal | None:
    """Return why ``by`` may not propose that ``person`` is made up, or None when they may."""
    if not may_propose_made_up(by):
        return Refusal("not_permitted", _("架空の受給者を申請する権限がありません。"))
    if person.registered_at is None:
        return Refusal("not_registered", _("登録された受給者だけを、架空の受給者にできます。"))
    if vault.standing(person.pk) is not None:
        return Refusal("has_a_number", _("個人番号のある人は、架空の受給者にできません。"))
    if MadeUpPerson.objects.filter(person=person).exists():
        return Refusal("proposed", _("この人は、すでに申請されています。"))
    if MadeUpPerson.objects.in_use().count() >= MOST_MADE_UP:
        return Refusal("enough", _("架空の受給者は5人までです。"))
    return None


def propose_made_up_by_number(recipient_number: str, birth_on: date, *, by: User) -> MadeUpPerson:
    """Propose whoever has both, for those who may look nobody up. Raises :class:`Refused` (recorded)."""
    person = Person.objects.registered().filter(recipient_number=recipient_number, birth_on=birth_on).first()
    if person is not None and may_propose_made_up(by):
        return propose_made_up(person, by=by)
    refusal = (
        Refusal("not_found", _("受給者番号と生年月日の合う受給者は、登録されていません。"))
        if may_propose_made_up(by)
        else Refusal("not_permitted", _("架空の受給者を申請する権限がありません。"))
    )
    journal.record(events.MADE_UP_REFUSED, by=by, result=Result.REFUSED, details={"code": refusal.code})
    raise Refused(refusal)


def propose_made_up(person: Person, *, by: User) -> MadeUpPerson:
    """Propose that ``person`` does not exist. Raises :class:`Refused` (recorded)."""

    def step() -> MadeUpPerson:
        if refusal := why_not_make_up(person, by=by):
            raise Refused(refusal)
        found = MadeUpPerson.objects.create(person=person, proposed_by=by)
        journal.record(events.MADE_UP_PROPOSED, by=by, subject=_made_up_subject(person.pk))
        return found

    done: MadeUpPerson = _attempt(step, events.MADE_UP_REFUSED, _made_up_subject(person.pk), by=by)
    return done


def why_not_decide_made_up(found: MadeUpPerson, *, outcome: TwoPersonOutcome, by: User) -> Refusal | None:
    """Return why ``by`` may not take that decision, or None when they may."""
    if not by.has_perm(MAKE_UP):
        return Refusal("not_permitted", _("架空の受給者を決定する権限がありません。"))
    if found.outcome:
        return Refusal("decided", _("この申請は、すでに決定されています。"))
    if (found.proposed_by_id == by.pk) is not (outcome == TwoPersonOutcome.WITHDRAWN):
        return Refusal("own_proposal", _("決定するのはほかの人、取り下げるのは申請した人です。"))
    return None


def decide_made_up(person_id: UUID, *, outcome: TwoPersonOutcome, by: User) -> MadeUpPerson:
    """Approve, reject or withdraw. Raises :class:`Refused` (recorded)."""
    steps = {
        TwoPersonOutcome.APPROVED: events.MADE_UP_APPROVED,
        TwoPersonOutcome.REJECTED: events.MADE_UP_REJECTED,
        TwoPersonOutcome.WITHDRAWN: events.MADE_UP_WITHDRAWN,
    }

    def step() -> MadeUpPerson:
        found = MadeUpPerson.objects.select_for_update(of=("self",)).get(pk=person_id)
        if refusal := why_not_decide_made_up(found, outcome=outcome, by=by):
            raise Refused(refusal)
        found.outcome, found.decided_by, found.decided_at = outcome, by, timezone.now()
        found.save(update_fields=["outcome", "decided_by", "decided_at"])
        journal.record(steps[outcome], by=by, subject=_made_up_subject(person_id))
        return found

    done: MadeUpPerson = _attempt(step, events.MADE_UP_REFUSED, _made_up_subject(person_id), by=by)
    return done


# the facts


def protected(people: Iterable[UUID], *, on: date) -> set[UUID]:
    """Return which of ``people`` are protected, by themselves or through the application that names them."""
    wanted = set(people)
    behind = dict(HouseholdPerson.objects.filter(pk__in=wanted).values_list("pk", "application__person_id"))
    found = set(
        Protection.objects.in_force(on=on)
        .filter(person_id__in=wanted | set(behind.values()))
        .values_list("person_id", flat=True)
    )
    return {person for person in wanted if person in found or behind.get(person) in found}


def related(pairs: Iterable[facts.Pair]) -> dict[facts.Pair, str]:
    """Return which members of staff are, or know, or may well be kin to, which residents."""
    wanted = list(pairs)
    declared = {
        one.user_id: one
        for one in RelationDeclaration.objects.filter(user_id__in={actor for actor, _person in wanted})
        .order_by("user_id", "-declared_at")
        .distinct("user_id")
        .select_related("user")
        .prefetch_related("relations")
    }
    asked = [(actor, person) for actor, person in wanted if actor in declared]
    people = Person.objects.registered().in_bulk({person for _actor, person in asked})
    found = {
        (actor, person): _relation(declared[actor], people[person]) for actor, person in asked if person in people
    }
    return {pair: relation for pair, relation in found.items() if relation}


def _relation(declaration: RelationDeclaration, person: Person) -> str:
    if (declaration.kana_key, declaration.birth_on) == (person.kana_key, person.birth_on):
        return "SELF"
    known = {(relation.kana_key, relation.birth_on) for relation in declaration.relations.all()}
    if (person.kana_key, person.birth_on) in known:
        return "DECLARED"
    surname = declaration.user.display_name.split()[0] if declaration.user.display_name.split()[1:] else ""
    same_name = bool(surname) and japanese_text.name_key(surname) == japanese_text.name_key(person.family_name or "")
    return "SURNAME" if same_name and declaration.postal_code == person.postal_code else ""


def has_overtime(actor: int, at: datetime) -> bool:
    """Say whether somebody had been told to work at that time."""
    return Overtime.objects.filter(user_id=actor, starts_at__lte=at, ends_at__gte=at, registered_at__lte=at).exists()


def has_activity(person: UUID, actor: int, *, since: datetime, until: datetime) -> bool:
    """Say whether somebody took a step in a case of the resident's."""
    steps = history.Steps(actions=explanation.STEPS, actor_id=actor, person_id=person)
    return steps.have_been_taken(since=since, until=until)


def made_up() -> dict[UUID, datetime]:
    """Return the residents who are made up, and since when that was decided."""
    return {
        person: decided_at
        for person, decided_at in MadeUpPerson.objects.in_use().values_list("person_id", "decided_at")
        if decided_at is not None
    }


def share_of(case: str, *, checker: int, of: int, until: datetime) -> tuple[int, int, int] | None:
    """Return a case's maker, how many of the maker's last ``of`` approved cases ``checker`` approved, of how many."""
    maker = Application.objects.filter(pk=case).values_list("submitted_by_id", flat=True).first()
    if maker is None:
        return None
    deciders = list(
        Application.objects.filter(submitted_by_id=maker, status=Status.APPROVED, decided_at__lte=until)
        .order_by("-decided_at")
        .values_list("decided_by_id", flat=True)[:of]
    )
    return maker, deciders.count(checker), len(deciders)


def _attempt(step: Callable[[], Any], refused_as: str, subject: journal.Subject, *, by: User) -> Any:
    try:
        try:
            with transaction.atomic():
                return step()
        except DatabaseError as error:
            if getattr(error.__cause__, "sqlstate", "") != CHECK_VIOLATION:
                raise
            raise Refused(Refusal("refused_by_the_database", _("この操作は、いまはできません。"))) from error
    except Refused as refused:
        journal.record(
            refused_as, by=by, subject=subject, result=Result.REFUSED, details={"code": refused.refusal.code}
        )
        raise


def _made_up_subject(person_id: UUID) -> journal.Subject:
    """Name the row and not the person: who is made up is for the few who declared it."""
    return journal.Subject(kind="benefits.madeupperson", id=str(person_id))
