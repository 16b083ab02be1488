"""Why somebody looks at a resident is found when they look, from the office's work alone, and kept with the entry."""

import ast
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from audit import vocabulary
from audit.models import Event
from benefits import corrections, events, explanation, protection, watching
from benefits.models import ContactRecord, Person
from benefits.models.correction import CorrectionReason
from benefits.models.showing import ProtectionKind
from benefits.models.watching import ContactKind, ContactReason
from mynumber import actions
from tests.architecture.sources import modules
from tests.benefits.juki.conftest import file_of, line, registered, reviewed
from tests.factories import approved, draft, household, my_number, signed_in, staff_member, submitted

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def stranger(db: None) -> User:
    """Somebody who may see residents, and whose work nothing is."""
    return staff_member(Role.ISSUER)


@pytest.fixture
def person(maker: User, checker: User) -> Person:
    return approved(maker, checker, number=my_number()).person


def in_days(monkeypatch: pytest.MonkeyPatch, days: float) -> None:
    later = timezone.now() + timedelta(days=days)
    monkeypatch.setattr(explanation.timezone, "now", lambda: later)


def test_nothing_explains_a_look_by_somebody_without_a_case(person: Person, stranger: User) -> None:
    assert explanation.of(person.pk, viewer=stranger) == "E0"


def test_an_own_draft_and_an_own_submission_are_ones_own_case(maker: User, other_maker: User) -> None:
    for application in (draft(maker), submitted(maker, given_name="花子")):
        assert explanation.of(application.person_id, viewer=maker) == "E1"
        assert explanation.of(application.person_id, viewer=other_maker) != "E1"


def test_a_step_of_the_last_thirty_days_explains_and_an_older_one_does_not(
    person: Person, maker: User, checker: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert [explanation.of(person.pk, viewer=one) for one in (maker, checker)] == ["E2", "E2"]
    in_days(monkeypatch, 29.9)
    assert explanation.of(person.pk, viewer=checker) == "E2"
    in_days(monkeypatch, 30.1)
    assert [explanation.of(person.pk, viewer=one) for one in (maker, checker)] == ["E0", "E0"]


def test_what_came_today_explains_for_whoever_works_off_the_list(
    maker: User, other_maker: User, stranger: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    application = draft(maker)

    assert explanation.of(application.person_id, viewer=other_maker) == "E3"
    assert explanation.of(application.person_id, viewer=stranger) == "E0"
    in_days(monkeypatch, 1.01)
    assert explanation.of(application.person_id, viewer=other_maker) == "E0"


def test_what_waits_for_a_decision_explains_for_whoever_may_take_it(
    maker: User, checker: User, stranger: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    application = submitted(maker)
    in_days(monkeypatch, 1.01)

    assert explanation.of(application.person_id, viewer=checker) == "E4"
    assert explanation.of(application.person_id, viewer=stranger) == "E0"


def test_a_protection_explains_for_the_head_who_decides_it(person: Person, maker: User) -> None:
    head, other = staff_member(Role.SECTION_HEAD), staff_member(Role.AUDITOR)
    protection.propose(
        person,
        kind=ProtectionKind.OTHER,
        starts_on=timezone.localdate(),
        ends_on=None,
        reason="本人の申出による",
        by=maker,
    )

    assert explanation.of(person.pk, viewer=head) == "E4"
    assert explanation.of(person.pk, viewer=other) == "E0"


def test_a_correction_is_the_case_of_whoever_opened_it(person: Person, other_maker: User) -> None:
    assert explanation.of(person.pk, viewer=other_maker) == "E0"

    corrections.open_request(
        person.pk,
        holder_id=person.pk,
        reason=CorrectionReason.MISTYPED,
        words="受付後に本人から届出があった",
        by=other_maker,
        at=timezone.now(),
    )

    assert explanation.of(person.pk, viewer=other_maker) == "E1"


def test_a_line_of_a_file_that_waits_explains_for_whoever_takes_files_in(
    maker: User, checker: User, other_maker: User, stranger: User
) -> None:
    person = registered(maker, checker)
    reviewed(file_of(line(name="見本　太朗")), by=maker)

    assert explanation.of(person.pk, viewer=other_maker) == "E5"
    assert explanation.of(person.pk, viewer=stranger) == "E0"


def test_a_contact_explains_for_half_an_hour(person: Person, stranger: User, monkeypatch: pytest.MonkeyPatch) -> None:
    watching.record_contact(person, kind=ContactKind.TELEPHONE, reason=ContactReason.PROGRESS, by=stranger)

    assert explanation.of(person.pk, viewer=stranger) == "E6"
    in_days(monkeypatch, 31 / (24 * 60))
    assert explanation.of(person.pk, viewer=stranger) == "E0"


def test_somebody_of_the_household_is_explained_with_the_patient(maker: User, stranger: User) -> None:
    application = draft(maker, numbers={"member_0": my_number()}, **household())
    relative = application.household.first()
    assert relative is not None

    assert explanation.of(relative.pk, viewer=maker) == "E1"
    assert explanation.of(relative.pk, viewer=stranger) == "E0"


def test_it_takes_one_question_to_the_database(person: Person, checker: User, stranger: User) -> None:
    for viewer in (checker, stranger, staff_member(Role.SECTION_HEAD)):
        assert viewer.rights is not None  # a page has asked for them before it looks at anybody
        with CaptureQueriesContext(
            connection,
        ) as asked:
            explanation.of(person.pk, viewer=viewer)
        assert len(asked) == 1


# kept with the entries


def last(action: str, by: User) -> str:
    return Event.objects.filter(action=action, actor_id=by.pk).order_by("-at").values_list("explanation", flat=True)[0]


def test_the_pages_about_a_person_keep_it(person: Person, checker: User, stranger: User) -> None:
    certification = person.certifications.get()
    for viewer, code in ((checker, "E2"), (stranger, "E0")):
        client = signed_in(Client(), viewer)
        assert client.get(person.get_absolute_url()).status_code == 200
        assert last(events.PERSON_VIEWED, viewer) == code
        assert client.get(reverse("benefits:person-accesses", args=[person.pk])).status_code == 200
        assert last(events.ACCESSES_VIEWED, viewer) == code
        client.get(reverse("benefits:certificate", args=[certification.pk]))
        assert last(events.CERTIFICATE_OPENED, viewer) == code
    client = signed_in(Client(), checker)
    assert client.get(certification.application.get_absolute_url()).status_code == 200
    assert last(events.APPLICATION_VIEWED, checker) == "E2"


def test_every_action_that_is_a_view_of_a_person_is_written_with_what_explains_it() -> None:
    names = {name for name in vars(events) if name.isupper() and getattr(events, name) in events.VIEWS}
    assert {getattr(events, name) for name in names} == set(events.VIEWS)
    assert set(events.VIEWS) <= set(vocabulary.views())
    for path, tree in modules().items():
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            called = ast.unparse(call.func)
            if not called.endswith((".record", ".record_committed", "Entry")):
                continue
            given = [ast.unparse(one) for one in (*call.args, *(word.value for word in call.keywords))]
            words = {word.arg for word in call.keywords}
            is_view = any(f"events.{name}" in given for name in names) or "actions.REVEALED" in given
            if is_view and "person_id" in words:
                assert called == "explanation.record" or "explanation" in words, f"{path}:{call.lineno}"
    assert actions.REVEALED in vocabulary.reveals()


# contacts


def test_a_contact_is_written_down_on_the_persons_page(person: Person, stranger: User) -> None:
    client = signed_in(Client(), stranger)
    address = reverse("benefits:contact-record", args=[person.pk])

    assert client.post(address, {"kind": "COUNTER", "reason": "CHANGE"}).status_code == 302

    contact = ContactRecord.objects.get()
    assert (contact.person, contact.made_by, contact.kind, contact.reason) == (person, stranger, "COUNTER", "CHANGE")
    assert "窓口「住所・保険などの変更」" in client.get(person.get_absolute_url()).content.decode()
    entry = Event.objects.get(action=events.CONTACT_RECORDED)
    assert (entry.person_id, entry.details) == (person.pk, {"kind": "COUNTER", "code": "CHANGE"})
    for sent in ({}, {"kind": "COUNTER"}, {"kind": "X", "reason": "CHANGE"}, {"kind": "COUNTER", "reason": "x" * 99}):
        assert client.post(address, sent).status_code == 400
    assert signed_in(Client(), staff_member(Role.AUDITOR)).post(address).status_code == 403


def test_a_contact_is_dated_by_the_database_on_record_and_stays(person: Person, stranger: User) -> None:
    contact = watching.record_contact(person, kind=ContactKind.COUNTER, reason=ContactReason.OTHER, by=stranger)

    contact.refresh_from_db()
    assert abs(contact.made_at - timezone.now()) < timedelta(minutes=1)
    with pytest.raises(DatabaseError, match="watching_is_on_record"):
        ContactRecord.objects.create(person=person, kind="COUNTER", reason="OTHER", made_by=stranger)
    for change in (ContactRecord.objects.update, lambda **_none: ContactRecord.objects.all()._raw_delete("default")):
        with pytest.raises(DatabaseError):
            change(kind="POST")


def test_the_owner_cannot_change_a_contact_either(
    person: Person, stranger: User, owner_connection: psycopg.Connection[Any]
) -> None:
    watching.record_contact(person, kind=ContactKind.COUNTER, reason=ContactReason.OTHER, by=stranger)

    with pytest.raises(psycopg.errors.CheckViolation):
        owner_connection.execute("UPDATE benefits_contactrecord SET made_at = now() - interval '1 day'")
