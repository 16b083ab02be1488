"""架空の受給者: the page on which two people declare that a resident does not exist, and who may know of it."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import StaffSession, User
from accounts.roles import Role
from audit.models import Event, Result
from benefits import events, watching
from benefits.models import MadeUpPerson, Person
from tests.factories import approved, signed_in, staff_member

pytestmark = pytest.mark.django_db
PAGE = "/made-up/"


@pytest.fixture
def person(maker: User, checker: User) -> Person:
    return approved(maker, checker, number_given="NOT_GIVEN", number_absence_reason="LEFT_BLANK").person


@pytest.fixture
def auditor(db: None) -> User:
    return staff_member(Role.AUDITOR, name="監査 一郎")


@pytest.fixture
def keeper(db: None) -> User:
    return staff_member(Role.RECORDS_KEEPER, name="記録 花子")


def as_(user: User) -> Client:
    return signed_in(Client(), user)


def named(person: Person, **parts: str) -> dict[str, Any]:
    return {
        "step": "PROPOSE",
        "recipient_number": person.recipient_number,
        "birth_on": f"{person.birth_on:%Y-%m-%d}",
        **parts,
    }


def test_an_auditor_proposes_and_a_keeper_decides(person: Person, auditor: User, keeper: User) -> None:
    assert as_(auditor).post(PAGE, named(person)).status_code == 302
    shown = as_(auditor).get(PAGE).text
    assert "申請を取り下げる" in shown
    assert "決定する<" not in shown
    assert watching.made_up() == {}
    shown = as_(keeper).get(PAGE).text
    assert person.name in shown
    assert "申請するのは監査担当です。" in shown

    assert as_(keeper).post(PAGE, {"step": "APPROVED", "person": str(person.pk)}).status_code == 302

    assert set(watching.made_up()) == {person.pk}
    assert "監査 一郎" in as_(keeper).get(PAGE).text


def test_no_entry_names_the_resident(person: Person, auditor: User, keeper: User) -> None:
    as_(auditor).post(PAGE, named(person))
    as_(keeper).post(PAGE, {"step": "REJECTED", "person": str(person.pk)})
    as_(keeper).get(PAGE)

    entries = list(Event.objects.filter(action__startswith="benefits.made_up."))
    assert {entry.action for entry in entries} == {
        events.MADE_UP_LISTED,
        events.MADE_UP_PROPOSED,
        events.MADE_UP_REJECTED,
    }
    for entry in entries:
        assert entry.person_id is None
        assert entry.subject_label == ""
        assert str(person.recipient_number) not in str(entry.details)


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"recipient_number": "1"}, "受給者番号は7桁で入力してください"),
        ({"birth_on": "2020-01-01"}, "受給者番号と生年月日の合う受給者は、登録されていません。"),
        ({"recipient_number": ""}, "受給者番号を入力してください"),
    ],
)
def test_only_who_is_named_right_is_proposed(person: Person, auditor: User, parts: dict[str, str], words: str) -> None:
    assert words in as_(auditor).post(PAGE, named(person, **parts)).text
    assert not MadeUpPerson.objects.exists()


def test_guessing_is_on_record(person: Person, auditor: User) -> None:
    as_(auditor).post(PAGE, named(person, birth_on="2020-01-01"))

    entry = Event.objects.get(action=events.MADE_UP_REFUSED)
    assert (entry.result, entry.actor_id, entry.details) == (Result.REFUSED, auditor.pk, {"code": "not_found"})


def test_a_keeper_proposes_nobody_and_nobody_decides_their_own(person: Person, auditor: User, keeper: User) -> None:
    assert "申請する権限がありません" in as_(keeper).post(PAGE, named(person)).text
    as_(auditor).post(PAGE, named(person))

    response = as_(auditor).post(PAGE, {"step": "APPROVED", "person": str(person.pk)}, follow=True)

    assert "決定するのはほかの人" in response.text
    assert watching.made_up() == {}


@pytest.mark.parametrize("role", [Role.MAKER, Role.SECTION_HEAD, Role.USER_ADMINISTRATOR, Role.NUMBER_VIEWER])
def test_nobody_else_knows(role: Role) -> None:
    client = as_(staff_member(role))

    assert client.get(PAGE).status_code == 403
    assert client.post(PAGE, {"step": "APPROVED"}).status_code == 403


def test_a_fresh_factor_is_asked_for(auditor: User) -> None:
    client = as_(auditor)
    StaffSession.objects.update(factor_used_at=timezone.now() - timedelta(hours=1))

    assert "/confirm/" in client.get(PAGE)["Location"]


@pytest.mark.parametrize("posted", [{}, {"step": "OTHER"}, {"step": "APPROVED"}, {"step": "APPROVED", "person": "x"}])
def test_a_form_that_is_none_of_ours_is_refused(keeper: User, posted: dict[str, str]) -> None:
    assert as_(keeper).post(PAGE, posted).status_code == 400


def test_looking_is_dated_and_counted(person: Person, auditor: User) -> None:
    before = timezone.now()
    as_(auditor).get(PAGE)

    entry = Event.objects.get(action=events.MADE_UP_LISTED)
    assert entry.at >= before
    assert entry.details == {"count": 0}
