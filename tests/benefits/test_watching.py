"""What the work tells the rules: who is protected, related, told to stay late or made up; each written by two."""

import uuid
from datetime import date, datetime, timedelta
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import watching as staff_facts
from accounts.models import User
from accounts.roles import Role
from audit.models import Event, Hit, Result
from audit.watching import facts
from benefits import events, policies, protection, watching
from benefits.demo import watching as demo_watching
from benefits.juki import matching, requests
from benefits.models import DeclaredRelation, MadeUpPerson, Overtime, Person, RelationDeclaration
from benefits.models.showing import ProtectionKind, TwoPersonOutcome
from benefits.models.watching import RelationKind
from benefits.watching import Relation
from benefits.workflow import Refused
from tests.audit.watching.history import look
from tests.benefits.juki.conftest import registered
from tests.benefits.pages import text_of
from tests.conftest import Office
from tests.factories import approved, household, my_number, signed_in, staff_member, submitted

pytestmark = pytest.mark.django_db(transaction=True)
SECTION = "地域保健課"


@pytest.fixture
def person(maker: User, checker: User) -> Person:
    return registered(maker, checker)


@pytest.fixture
def auditor(db: None) -> User:
    return staff_member(Role.AUDITOR)


@pytest.fixture
def keeper(db: None) -> User:
    return staff_member(Role.RECORDS_KEEPER)


def why_not(step: Any, *args: Any, **parts: Any) -> str:
    with pytest.raises(Refused) as refused:
        step(*args, **parts)
    return refused.value.refusal.code


def test_the_rules_are_told_what_this_office_knows() -> None:
    registry = facts.REGISTRY

    assert registry.protected is watching.protected
    assert registry.related is watching.related
    assert registry.overtime is watching.has_overtime
    assert registry.activity is watching.has_activity
    assert registry.canaries is watching.made_up
    assert registry.share is watching.share_of
    assert registry.leaving is staff_facts.leaves_on
    assert registry.team is staff_facts.team
    every = (
        facts.SEARCH, facts.WORK, facts.OPENING, facts.APPROVAL, facts.EXPORT, facts.NUMBER_EXPORT, facts.LOOK_UP,
        facts.REASONED, facts.UNPROTECTED, facts.SIGN_IN, facts.INTEGRITY,
    )  # fmt: skip
    assert all(registry.of_kind(kind) for kind in every)
    with pytest.raises(LookupError):
        facts.declare(nonsense=lambda: None)


def test_a_protected_persons_household_is_protected_too(maker: User, checker: User) -> None:
    application = approved(maker, checker, numbers={"member_0": my_number()}, **household())
    relative = application.household.get()
    today = timezone.localdate()
    assert watching.protected({application.person_id, relative.pk}, on=today) == set()

    protection.propose(
        application.person, kind=ProtectionKind.VIOLENCE, starts_on=today, ends_on=None, reason="支援措置", by=maker
    )

    assert watching.protected({application.person_id, relative.pk, uuid.uuid4()}, on=today) == {
        application.person_id,
        relative.pk,
    }


# relations


def declare(by: User, *relations: Relation, **own: Any) -> RelationDeclaration:
    parts = {"kana": "ホケン　ハナコ", "birth_on": date(1980, 1, 1), "postal_code": "9999999", **own}
    return watching.declare_relations(**parts, relations=relations, by=by)


def relation_to(person: Person, user: User) -> str:
    return watching.related({(user.pk, person.pk)}).get((user.pk, person.pk), "")


def test_oneself_family_and_neighbours_of_the_same_name_are_known(person: Person) -> None:
    assert person.birth_on is not None
    clerk = staff_member(Role.ISSUER, name=f"{person.family_name} 美咲")
    assert relation_to(person, clerk) == ""
    declare(clerk)
    assert relation_to(person, clerk) == ""
    declare(clerk, postal_code=person.postal_code)
    assert relation_to(person, clerk) == "SURNAME"
    declare(clerk, Relation(RelationKind.FAMILY, "みほん たろう", person.birth_on), postal_code=person.postal_code)
    assert relation_to(person, clerk) == "DECLARED"
    declare(clerk, kana="ﾐﾎﾝ ﾀﾛｳ", birth_on=person.birth_on)
    assert relation_to(person, clerk) == "SELF"
    assert watching.related({(clerk.pk, uuid.uuid4())}) == {}


def test_a_neighbour_of_another_name_is_nobody(person: Person) -> None:
    clerk = staff_member(Role.ISSUER, name="山田 美咲")
    declare(clerk, postal_code=person.postal_code)

    assert relation_to(person, clerk) == ""


def test_declaring_is_yearly_on_record_and_never_changed(person: Person, maker: User) -> None:
    declaration = declare(maker, Relation(RelationKind.OTHER, "ミホン　タロウ", date(1970, 4, 1)))

    assert watching.has_declared(maker, on=timezone.localdate())
    assert not watching.has_declared(maker, on=timezone.localdate() + timedelta(days=366))
    entry = Event.objects.get(action=events.RELATION_DECLARED)
    assert (entry.actor_id, entry.details) == (maker.pk, {"count": 1})
    for model in (RelationDeclaration, DeclaredRelation):
        with pytest.raises(DatabaseError):
            model.objects.update(birth_on=date(2000, 1, 1))
    with pytest.raises(DatabaseError, match="relation_comes_with_its_declaration"):
        DeclaredRelation.objects.create(
            declaration=declaration, kind="FAMILY", kana_key="x", birth_on=date(2000, 1, 1)
        )
    with pytest.raises(DatabaseError, match="watching_is_on_record"):
        RelationDeclaration.objects.create(
            user=maker, year=2026, kana_key="x", birth_on=date(2000, 1, 1), postal_code="1000001"
        )


# overtime


def tonight() -> tuple[datetime, datetime]:
    begins = timezone.now() + timedelta(hours=1)
    return begins, begins + timedelta(hours=3)


def test_overtime_is_registered_by_the_head_of_the_section_beforehand() -> None:
    clerk, head = staff_member(Role.MAKER, section=SECTION), staff_member(Role.SECTION_HEAD, section=SECTION)
    begins, ends = tonight()

    watching.register_overtime(clerk, starts_at=begins, ends_at=ends, by=head)

    assert watching.has_overtime(clerk.pk, begins + timedelta(minutes=1))
    assert not watching.has_overtime(clerk.pk, ends + timedelta(minutes=1))
    assert not watching.has_overtime(head.pk, begins + timedelta(minutes=1))
    assert Event.objects.get(action=events.OVERTIME_REGISTERED).actor_id == head.pk


def test_overtime_is_neither_ones_own_nor_of_others_nor_of_yesterday() -> None:
    clerk, head = staff_member(Role.MAKER, section=SECTION), staff_member(Role.SECTION_HEAD, section=SECTION)
    begins, ends = tonight()
    elsewhere = staff_member(Role.SECTION_HEAD, section="健康増進課")
    day = timedelta(days=1)

    for user, by, starts_at, ends_at, code in (
        (head, head, begins, ends, "own_overtime"),
        (clerk, elsewhere, begins, ends, "other_section"),
        (clerk, clerk, begins, ends, "not_permitted"),
        (clerk, head, ends, begins, "reversed"),
        (clerk, head, begins, begins + day, "reversed"),
        (clerk, head, begins - day, ends - day, "past"),
    ):
        assert why_not(watching.register_overtime, user, starts_at=starts_at, ends_at=ends_at, by=by) == code
    assert Event.objects.filter(action=events.OVERTIME_REFUSED, result=Result.REFUSED).count() == 6


def test_the_database_holds_to_it_too() -> None:
    clerk, head = staff_member(Role.MAKER, section=SECTION), staff_member(Role.SECTION_HEAD, section=SECTION)
    begins, ends = tonight()
    day = timedelta(days=1)
    for user, by, starts_at, ends_at, guard in (
        (head, head, begins, ends, "overtime_is_registered_by_another"),
        (head, clerk, begins, ends, "overtime_is_registered_by_a_section_head"),
        (clerk, head, begins - day, ends - day, "overtime_is_told_before"),
        (clerk, head, begins, ends, "watching_is_on_record"),
    ):
        with pytest.raises(DatabaseError, match=guard), transaction.atomic():
            Overtime.objects.create(user=user, starts_at=starts_at, ends_at=ends_at, registered_by=by)


# people who are made up


def make_up(person: Person, auditor: User, keeper: User) -> MadeUpPerson:
    watching.propose_made_up(person, by=auditor)
    return watching.decide_made_up(person.pk, outcome=TwoPersonOutcome.APPROVED, by=keeper)


def test_two_people_declare_somebody_made_up(person: Person, auditor: User, keeper: User, maker: User) -> None:
    for nobody in (maker, keeper):
        assert why_not(watching.propose_made_up, person, by=nobody) == "not_permitted"
    watching.propose_made_up(person, by=auditor)
    assert watching.made_up() == {}
    assert why_not(watching.propose_made_up, person, by=auditor) == "proposed"
    approve = TwoPersonOutcome.APPROVED
    assert why_not(watching.decide_made_up, person.pk, outcome=approve, by=auditor) == "own_proposal"
    assert why_not(watching.decide_made_up, person.pk, outcome=TwoPersonOutcome.WITHDRAWN, by=keeper) == "own_proposal"

    watching.decide_made_up(person.pk, outcome=approve, by=keeper)

    assert set(watching.made_up()) == {person.pk}
    assert why_not(watching.decide_made_up, person.pk, outcome=approve, by=keeper) == "decided"
    assert not Event.objects.filter(action=events.MADE_UP_APPROVED, person_id__isnull=False).exists()


def test_nobody_with_a_number_and_nobody_unregistered_is_made_up(maker: User, checker: User, auditor: User) -> None:
    with_number = approved(maker, checker, number=my_number()).person
    unregistered = submitted(maker, given_name="次郎").person

    assert why_not(watching.propose_made_up, with_number, by=auditor) == "has_a_number"
    assert why_not(watching.propose_made_up, unregistered, by=auditor) == "not_registered"


def test_the_database_wants_two_who_keep_the_record(person: Person, auditor: User, keeper: User, maker: User) -> None:
    for nobody in (maker, keeper):
        with pytest.raises(DatabaseError, match="made_up_is_proposed_by_an_auditor"), transaction.atomic():
            MadeUpPerson.objects.create(person=person, proposed_by=nobody)
    with pytest.raises(DatabaseError, match="watching_is_on_record"), transaction.atomic():
        MadeUpPerson.objects.create(person=person, proposed_by=auditor)
    watching.propose_made_up(person, by=auditor)
    for by, guard in ((auditor, "made_up_person_is_decided_by_a_second_person"), (maker, "made_up_is_decided_by_an")):
        with pytest.raises(DatabaseError, match=guard), transaction.atomic():
            MadeUpPerson.objects.update(outcome="APPROVED", decided_by=by, decided_at=timezone.now())
    with pytest.raises(DatabaseError):
        MadeUpPerson.objects.all()._raw_delete("default")


def test_whoever_is_made_up_stands_in_no_list_and_is_found_like_anybody(
    person: Person, auditor: User, keeper: User, maker: User, checker: User
) -> None:
    desk = signed_in(Client(), maker)
    receipt = person.applications.get().receipt_number

    def is_listed() -> tuple[bool, ...]:
        return (
            receipt in text_of(desk.get(reverse("benefits:applications"))),
            person.pk in {one.pk for one in matching.entitled()},
            person.pk in {record.person for record in requests.missing(most=100)},
            policies.registered_alike(submitted(maker)).filter(pk=person.pk).exists(),
        )

    assert is_listed() == (True, True, True, True)
    make_up(person, auditor, keeper)
    assert is_listed() == (False, False, False, False)
    found = desk.post(reverse("benefits:people"), {"recipient_number": person.recipient_number}, follow=True)
    assert person.get_absolute_url() in found.content.decode()
    assert desk.get(person.get_absolute_url()).status_code == 200


def test_a_demo_office_has_some_who_are_made_up(person: Person, maker: User, checker: User) -> None:
    with_number = approved(maker, checker, number=my_number(), given_name="花子").person
    staff = {role: staff_member(role) for role in (Role.AUDITOR, Role.RECORDS_KEEPER)}

    assert demo_watching.fill(staff=staff) == 1
    assert demo_watching.fill(staff=staff) == 0
    assert set(watching.made_up()) == {person.pk} != {with_number.pk}


def test_opening_somebody_who_is_made_up_is_raised_at_once(
    office: Office, person: Person, auditor: User, keeper: User, maker: User
) -> None:
    make_up(person, auditor, keeper)

    signed_in(Client(), maker).get(person.get_absolute_url())

    hit = next(hit for hit in look(office) if hit.rule_id == "W16")
    assert (hit.actor_id, hit.person_id, hit.severity) == (maker.pk, person.pk, "HIGH")
    assert Hit.objects.filter(rule="W16").count() == 1


# the staff register


def test_who_leaves_is_known_in_advance(owner_connection: psycopg.Connection[Any]) -> None:
    clerk = staff_member(Role.MAKER, section=SECTION)
    today = timezone.localdate()
    assert staff_facts.leaves_on(clerk.pk, since=today) is None
    owner_connection.execute(
        "UPDATE accounts_user SET valid_until = %s WHERE id = %s", [today + timedelta(days=9), clerk.pk]
    )

    assert staff_facts.leaves_on(clerk.pk, since=today) == today + timedelta(days=9)
    assert staff_facts.leaves_on(clerk.pk, since=today + timedelta(days=10)) is None
    assert clerk.pk in staff_facts.team(SECTION)


def test_a_makers_cases_and_their_checkers_are_counted(maker: User, checker: User, other_checker: User) -> None:
    cases = [
        approved(maker, by, given_name=name, number=my_number())
        for by, name in ((checker, "一郎"), (checker, "二郎"), (other_checker, "三郎"))
    ]
    now = timezone.now()

    assert watching.share_of(str(cases[0].pk), checker=checker.pk, of=50, until=now) == (maker.pk, 2, 3)
    assert watching.share_of(str(cases[0].pk), checker=checker.pk, of=1, until=now) == (maker.pk, 0, 1)
    assert watching.share_of(str(uuid.uuid4()), checker=checker.pk, of=50, until=now) is None
