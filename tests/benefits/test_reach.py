"""A right for one health centre or programme goes no further: in lists, pages, searches and steps (A1, V7)."""

import uuid
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import scopes
from accounts.models import User
from accounts.roles import HANDBOOK, Role
from audit.models import Event, Result
from benefits import events, policies, workflow
from benefits.choices import AcceptedOffice, Programme
from benefits.lifecycle import STEPS, Action
from benefits.models import Application, Certification, Person
from tests import ledger
from tests.architecture.addresses import WITHOUT_NUMBER
from tests.benefits.pages import controls_of, send, text_of
from tests.factories import approved, compared, draft, form_data, signed_in, staff_member, submitted
from tests.rights import give, suspend

pytestmark = pytest.mark.django_db

OFFICE, ELSEWHERE = "CHUO", "KITA"


@pytest.fixture
def intake() -> User:
    return staff_member(Role.INTAKE, office=OFFICE)


def receipts_in(page: HttpResponse, *applications: Application) -> list[bool]:
    return [one.receipt_number in text_of(page) for one in applications]


def assert_hidden(answer: HttpResponse, somebody: User, application: Application) -> None:
    assert answer.status_code == 404
    entry = Event.objects.filter(actor_id=somebody.pk, result=Result.REFUSED).latest("at")
    assert (entry.action, entry.person_id) == (events.HIDDEN_REQUESTED, application.person_id)
    assert application.receipt_number not in text_of(answer)


# ── what is seen ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_health_centre_sees_what_it_took_in_and_nothing_else(intake: User, maker: User) -> None:
    own = draft(maker, accepted_office=OFFICE, **WITHOUT_NUMBER)
    other = submitted(maker, accepted_office=ELSEWHERE, **WITHOUT_NUMBER)
    untyped = draft(maker, accepted_office=None, **WITHOUT_NUMBER)
    client = signed_in(Client(), intake)

    assert receipts_in(client.get(reverse("benefits:applications")), own, other, untyped) == [True, False, False]
    assert client.get(reverse("benefits:application", args=[own.pk])).status_code == 200
    assert client.get(reverse("benefits:home")).context["tiles"][-1].count == 0
    for hidden in (other, untyped):
        for name in ("application", "application-edit"):
            assert_hidden(client.get(reverse(f"benefits:{name}", args=[hidden.pk])), intake, hidden)
        answer = send(client, reverse("benefits:application-edit", args=[hidden.pk]), form_data(**WITHOUT_NUMBER))
        assert_hidden(answer, intake, hidden)
        answer = send(client, reverse("benefits:application-autosave", args=[hidden.pk]), form_data(**WITHOUT_NUMBER))
        assert_hidden(answer, intake, hidden)


def test_the_office_follows_what_is_typed(maker: User) -> None:
    application = draft(maker, accepted_office=None, **WITHOUT_NUMBER)
    assert (application.office, application.programme) == ("", Programme.NANBYO)

    for typed, office in ((OFFICE, OFFICE), ("MOON", ""), (ELSEWHERE, ELSEWHERE)):
        application = workflow.save(
            application.pk,
            by=maker,
            at=timezone.now(),
            revision=application.revision,
            entry=form_data(accepted_office=typed, **WITHOUT_NUMBER),
        )
        assert Application.objects.get().office == application.office == office


def test_a_right_for_all_reaches_all_and_rights_for_several_add_up(maker: User) -> None:
    here, there, third = (
        submitted(maker, accepted_office=code, **WITHOUT_NUMBER) for code in ("CHUO", "KITA", "NISHI")
    )
    two = give(staff_member(Role.CHECKER, office="CHUO"), Role.CHECKER, office="KITA")
    all_of_them = give(staff_member(Role.CHECKER, office="CHUO"), Role.CHECKER)

    assert set(Application.objects.visible_to(two)) == {here, there}
    assert set(Application.objects.visible_to(all_of_them)) == {here, there, third}
    assert set(Application.objects.visible_to(maker)) == {here, there, third}
    assert not Application.objects.visible_to(staff_member()).exists()


def test_a_right_for_another_programme_reaches_nothing(maker: User) -> None:
    submitted(maker, **WITHOUT_NUMBER)

    assert Application.objects.visible_to(give(staff_member(), Role.CHECKER, programme="NANBYO")).count() == 1
    assert Application.objects.visible_to(give(staff_member(), Role.CHECKER, programme="OTHER")).count() == 0
    assert (
        Application.objects.visible_to(
            give(staff_member(), Role.CHECKER, programme="OTHER", office=OFFICE),
        ).count()
        == 0
    )


def test_a_contractor_for_one_health_centre_sees_their_own_drafts_of_it(maker: User) -> None:
    contractor = staff_member(Role.CONTRACT_MAKER, office=OFFICE)
    own = draft(contractor, accepted_office=OFFICE, **WITHOUT_NUMBER)
    draft(maker, accepted_office=OFFICE, **WITHOUT_NUMBER)

    assert list(Application.objects.visible_to(contractor)) == [own]


def test_the_offices_and_programmes_are_those_that_rights_can_be_limited_to() -> None:
    assert dict(scopes.offices()) == {code: str(label) for code, label in AcceptedOffice.choices}
    assert dict(scopes.programmes()) == {code: str(label) for code, label in Programme.choices}


# ── people and certificates ──────────────────────────────────────────────────────────────────────────────────────


def test_a_person_and_their_certificate_are_hidden_where_the_right_does_not_reach(maker: User, checker: User) -> None:
    own = approved(maker, checker, accepted_office=OFFICE, **WITHOUT_NUMBER)
    other = approved(maker, checker, accepted_office=ELSEWHERE, **WITHOUT_NUMBER)
    issuer = staff_member(Role.ISSUER, office=OFFICE)
    client = signed_in(Client(), issuer)

    found = client.get(send(client, reverse("benefits:people"), {"kana": "ミホン"})["Location"])
    assert [person for person, *_rest in found.context["people"]] == [own.person]
    assert client.get(reverse("benefits:person", args=[own.person_id])).status_code == 200
    assert_hidden(client.get(reverse("benefits:person", args=[other.person_id])), issuer, other)
    assert_hidden(client.get(reverse("benefits:certificate", args=[other.certification.pk])), issuer, other)
    assert list(Certification.objects.visible_to(issuer)) == [own.certification]
    assert not Event.objects.filter(action=events.CERTIFICATE_OPENED).exists()


def test_a_person_is_found_once_however_many_of_their_applications_are_reached(maker: User, checker: User) -> None:
    person = approved(maker, checker, accepted_office=OFFICE, **WITHOUT_NUMBER).person
    issuer = give(staff_member(Role.ISSUER, office=OFFICE), Role.ISSUER, programme="NANBYO")

    assert list(Person.objects.visible_to(issuer)) == [person]


def test_a_number_viewer_for_one_health_centre_cannot_reach_for_a_number_of_another(
    maker: User, checker: User
) -> None:
    own = approved(maker, checker, accepted_office=OFFICE)
    other = approved(maker, checker, accepted_office=ELSEWHERE)
    # sees everybody as an issuer, and numbers of one health centre's people alone
    viewer = give(staff_member(Role.NUMBER_VIEWER, office=OFFICE), Role.ISSUER)
    client = signed_in(Client(), viewer)
    reveal = reverse("benefits:number", args=[other.person_id])

    assert client.get(reverse("benefits:number", args=[own.person_id])).status_code == 200
    page = client.get(reverse("benefits:person", args=[other.person_id]))
    assert page.status_code == 200
    assert reveal not in text_of(page)
    assert_hidden(client.get(reveal), viewer, other)
    assert_hidden(client.post(reveal, {"purpose": "x"}), viewer, other)


# ── what is typed ────────────────────────────────────────────────────────────────────────────────────────────────


def entry_url(name: str = "application-edit") -> str:
    return reverse(f"benefits:{name}", args=[uuid.uuid4()])


def test_the_form_offers_a_health_centre_its_own_name_alone_and_has_chosen_it(intake: User) -> None:
    page = signed_in(Client(), intake).get(reverse("benefits:application-new"))

    field = page.context["form"].fields["accepted_office"]
    assert [code for code, _label in field.choices] == [OFFICE]
    assert "中央保健所" in text_of(page)
    assert "北保健所" not in text_of(page)


def test_the_form_offers_several_health_centres_and_chooses_none() -> None:
    both = give(staff_member(Role.INTAKE, office="CHUO"), Role.INTAKE, office="NISHI")

    field = (
        signed_in(Client(), both).get(reverse("benefits:application-new")).context["form"].fields["accepted_office"]
    )

    assert [code for code, _label in field.choices] == ["", "CHUO", "NISHI"]


def test_a_health_centre_keeps_a_draft_of_its_own_and_sees_it_again(intake: User) -> None:
    client = signed_in(Client(), intake)

    answer = send(client, entry_url(), {**form_data(number_given=None), "revision": 1, "save": "draft"})

    application = Application.objects.get()
    assert answer.status_code == 302
    assert (application.office, application.created_by_id) == (OFFICE, intake.pk)
    assert client.get(answer["Location"]).status_code == 200


@pytest.mark.parametrize("typed", [ELSEWHERE, "MOON", None])
def test_a_draft_for_another_health_centre_is_refused_in_clear_words_and_on_record(
    typed: str | None, intake: User
) -> None:
    client = signed_in(Client(), intake)
    data = {**form_data(accepted_office=typed, number_given=None), "revision": 1, "save": "draft"}

    page = send(client, entry_url(), data)
    saved = send(client, entry_url("application-autosave"), data)

    assert page.status_code == 200
    assert "受付保健所は「中央保健所」を選んでください" in text_of(page)
    assert controls_of(page)["street"] == ["本町1-2-3"]
    assert (saved.status_code, saved.json()["error"]) == (422, "other_office")
    assert not Application.objects.exists()
    entries = Event.objects.filter(action=events.STEP_REFUSED, actor_id=intake.pk, result=Result.REFUSED)
    assert [entry.details["code"] for entry in entries] == ["other_office", "other_office"]


def test_a_draft_cannot_be_moved_to_another_health_centre_by_somebody_of_one(intake: User) -> None:
    application = draft(intake, **WITHOUT_NUMBER)

    with pytest.raises(workflow.Refused, match="中央保健所"):
        workflow.save(
            application.pk,
            by=intake,
            at=timezone.now(),
            revision=application.revision,
            entry=form_data(accepted_office=ELSEWHERE, **WITHOUT_NUMBER),
        )

    assert Application.objects.get().office == OFFICE
    assert Event.objects.get(action=events.STEP_REFUSED).details["code"] == "other_office"


# ── what is decided ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def sees_more() -> User:
    """Somebody who sees every application as a maker and decides on one health centre's alone."""
    return give(staff_member(Role.MAKER), Role.CHECKER, office=OFFICE)


@pytest.mark.parametrize("action", [Action.CHECK, Action.RETURN, Action.APPROVE])
def test_a_step_outside_the_reach_of_its_right_is_refused_and_inside_it_is_not(
    action: Action, sees_more: User, maker: User
) -> None:
    own = compared(submitted(maker, accepted_office=OFFICE, **WITHOUT_NUMBER), by=sees_more)
    other = submitted(maker, accepted_office=ELSEWHERE, **WITHOUT_NUMBER)

    assert policies.why_not(action, own, by=sees_more) is None
    refusal = policies.why_not(action, other, by=sees_more)
    assert refusal is not None
    assert refusal.code == "out_of_reach"


@pytest.mark.parametrize("action", list(Action))
def test_a_right_for_another_health_centre_is_none_for_any_step(action: Action, maker: User) -> None:
    role = next(role for role, duty in HANDBOOK.items() if STEPS[action].permission in duty.permissions)
    application = submitted(maker, accepted_office=ELSEWHERE, **WITHOUT_NUMBER)

    refusal = policies.why_not(action, application, by=staff_member(role, office=OFFICE))

    assert refusal is not None
    assert refusal.code == "out_of_reach"


def test_the_workflow_refuses_a_step_outside_the_reach_and_records_it(sees_more: User, maker: User) -> None:
    other = submitted(maker, accepted_office=ELSEWHERE, **WITHOUT_NUMBER)
    client = signed_in(Client(), sees_more)

    with pytest.raises(workflow.Refused, match="範囲の外"):
        workflow.check(
            other.pk, by=sees_more, at=timezone.now(), revision=other.revision, ticked=frozenset({"street"})
        )
    page = client.get(reverse("benefits:review", args=[other.pk]), follow=True)
    assert "範囲の外" in text_of(page)
    send(client, reverse("benefits:review", args=[other.pk]), {"revision": other.revision, "checked": ["street"]})

    assert not other.reviews.exists()
    codes = [entry.details["code"] for entry in Event.objects.filter(action=events.STEP_REFUSED)]
    assert codes == ["out_of_reach"] * 3


def test_the_queue_of_a_checker_for_one_health_centre_holds_its_applications(maker: User) -> None:
    own = submitted(maker, accepted_office=OFFICE, **WITHOUT_NUMBER)
    other = submitted(maker, accepted_office=ELSEWHERE, **WITHOUT_NUMBER)
    checker = staff_member(Role.CHECKER, office=OFFICE)
    client = signed_in(Client(), checker)

    assert receipts_in(client.get(reverse("benefits:review-queue")), own, other) == [True, False]
    for name in ("review", "approve"):
        assert_hidden(client.get(reverse(f"benefits:{name}", args=[other.pk])), checker, other)


# ── what the database holds ──────────────────────────────────────────────────────────────────────────────────────


def sql(statement: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


@pytest.mark.parametrize("put", [ELSEWHERE, "", "MOON"])
def test_the_office_in_the_database_is_the_one_typed(put: str, maker: User) -> None:
    application = draft(maker, accepted_office=OFFICE, **WITHOUT_NUMBER)

    with pytest.raises(IntegrityError, match="application_office_is"), transaction.atomic():
        sql(
            "UPDATE benefits_application SET office = %s, revision = revision + 1 WHERE id = %s",
            put,
            application.pk,
        )


def test_an_application_stays_in_its_programme(maker: User) -> None:
    application = draft(maker, **WITHOUT_NUMBER)

    with pytest.raises(IntegrityError, match="application_keeps_its_origin"), transaction.atomic():
        sql("UPDATE benefits_application SET programme = 'X', revision = revision + 1 WHERE id = %s", application.pk)


@transaction.atomic
def decide_in_sql(application: Application, *, by: User) -> None:
    """Approve with statements of one's own, on record; certification and comparison are asked for later."""
    sql(
        "UPDATE benefits_application SET status = 'APPROVED', revision = revision + 1, decided_by_id = %s,"
        " decided_at = now(), approved_sha256 = encode(sha256(convert_to(content, 'UTF8')), 'hex') WHERE id = %s",
        by.pk,
        application.pk,
    )
    application.refresh_from_db()
    with connection.cursor() as cursor:
        ledger.insert(
            cursor.execute,
            action=events.APPLICATION_APPROVED,
            actor_id=by.pk,
            subject_kind="benefits.application",
            subject_id=str(application.pk),
            person_id=application.person_id,
            details={
                "status": application.status,
                "revision": application.revision,
                "fingerprint": application.approved_sha256,
            },
        )


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("why", ["past", "future", "suspended"])
def test_somebody_whose_duty_does_not_hold_today_decides_nothing_even_in_the_database(
    why: str, maker: User, checker: User
) -> None:
    application = compared(submitted(maker, **WITHOUT_NUMBER), by=checker)
    today = timezone.localdate()
    periods: dict[str, dict[str, date]] = {
        "past": {"starts_on": today - timedelta(9), "ends_on": today - timedelta(1)},
        "future": {"starts_on": today + timedelta(1)},
        "suspended": {},
    }
    somebody = give(staff_member(), Role.CHECKER, **periods[why])
    if why == "suspended":
        somebody = suspend(somebody)

    assert somebody.roles == ()
    with pytest.raises(IntegrityError, match="application_is_decided_by_a_checker"):
        decide_in_sql(application, by=somebody)
