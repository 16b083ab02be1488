"""A4: what an application, a person and a certification may be, kept by the database when all code is gone round.

The triggers are switched off here, so that a constraint stands alone; tests/benefits/test_guards.py tests them.
"""

from typing import Any

import psycopg
import pytest

from accounts.models import User
from benefits.models import Application, Certification, Person, Review
from tests.benefits import constraints
from tests.factories import approved, compared, draft, submitted

pytestmark = pytest.mark.django_db(transaction=True)

APPLICATION, PERSON, CERTIFICATION = "benefits_application", "benefits_person", "benefits_certification"
#: Somebody of the household (where, as whom, with which version), and a third person's answer (by whom, when, what).
HOUSEHOLD = (
    "INSERT INTO benefits_householdperson (id, application_id, slot, kind, number_version)"
    f" SELECT gen_random_uuid(), id, {{}} FROM {APPLICATION}"
)
THIRD = (
    "INSERT INTO benefits_thirdcomparison (application_id, submission, slots, asked_by_id, asked_at, answered_by_id,"
    f" answered_at, outcome) SELECT id, 1, '{{{{}}}}', created_by_id, now(), {{}} FROM {APPLICATION}"
)


#: Constraint -> what breaks it: the state an application is in, and the statement about its row.
BROKEN_BY: dict[str, tuple[str, str]] = {
    "application_status_is_known": ("draft", f"UPDATE {APPLICATION} SET status = 'LOST'"),
    "application_submission_is_signed_and_dated": ("draft", f"UPDATE {APPLICATION} SET submitted_at = now()"),
    "application_is_whole_once_submitted": ("submitted", f"UPDATE {APPLICATION} SET content = ''"),
    "application_decision_is_signed_dated_and_sealed": (
        "approved",
        f"UPDATE {APPLICATION} SET approved_sha256 = NULL",
    ),
    "application_is_approved_only_by_decision": ("submitted", f"UPDATE {APPLICATION} SET status = 'APPROVED'"),
    "application_is_not_decided_by_its_submitter": (
        "approved",
        f"UPDATE {APPLICATION} SET submitted_by_id = decided_by_id",
    ),
    "application_is_not_decided_by_anyone_who_typed_it": (
        "approved",
        f"UPDATE {APPLICATION} SET editor_ids = editor_ids || decided_by_id",
    ),
    "application_names_everyone_who_typed_it": ("draft", f"UPDATE {APPLICATION} SET editor_ids = '{{0}}'"),
    "application_approval_matches_its_content": ("approved", f"UPDATE {APPLICATION} SET content = content || ' '"),
    "application_office_is_known": (
        "draft",
        f"UPDATE {APPLICATION} SET office = 'MOON', entry = jsonb_set(entry, '{{accepted_office}}', '\"MOON\"')",
    ),
    "application_office_is_the_one_typed": ("draft", f"UPDATE {APPLICATION} SET office = 'KITA'"),
    "application_programme_is_known": ("draft", f"UPDATE {APPLICATION} SET programme = 'OTHER'"),
    "person_is_registered_whole": ("approved", f"UPDATE {PERSON} SET address = NULL"),
    "person_recipient_number_is_seven_digits": ("approved", f"UPDATE {PERSON} SET recipient_number = '12345A7'"),
    "person_sex_is_known": ("approved", f"UPDATE {PERSON} SET sex = '9'"),
    "certification_ends_after_it_starts": ("approved", f"UPDATE {CERTIFICATION} SET valid_to = valid_from - 1"),
    "certification_class_is_known": ("approved", f"UPDATE {CERTIFICATION} SET income_class = 'RICH'"),
    "certification_disease_is_numbered": ("approved", f"UPDATE {CERTIFICATION} SET disease_number = 0"),
    "certification_payer_number_is_eight_digits": (
        "approved",
        f"UPDATE {CERTIFICATION} SET payer_number = '5413601'",
    ),
    "certification_has_reasons": ("approved", f"UPDATE {CERTIFICATION} SET reasons = '{{}}'"),
    "checker_reviews_a_submission_once": (
        "approved",
        "INSERT INTO benefits_review (application_id, submission, checker_id, ticked, saved_at)"
        " SELECT application_id, submission, checker_id, ticked, saved_at FROM benefits_review",
    ),
    "return_comment_says_something": (
        "submitted",
        "INSERT INTO benefits_returncomment (application_id, submission, field, text, written_by_id, written_at)"
        f" SELECT id, 1, '', '', created_by_id, now() FROM {APPLICATION}",
    ),
    "field_has_one_comment_a_round": (
        "submitted",
        "INSERT INTO benefits_returncomment (application_id, submission, field, text, written_by_id, written_at)"
        f" SELECT id, 1, 'street', 'x', created_by_id, now() FROM {APPLICATION}, generate_series(1, 2)",
    ),
    "household_person_kind_is_known": ("draft", HOUSEHOLD.format("'member_0', 'STRANGER', NULL")),
    "household_person_stands_where_the_form_has_a_box": ("draft", HOUSEHOLD.format("'member_6', 'MEMBER', NULL")),
    "household_person_has_a_number_only_on_the_form": ("draft", HOUSEHOLD.format("'', 'MEMBER', 1")),
    "third_comparison_is_by_somebody_else": ("draft", THIRD.format("created_by_id, now(), 'AGREED'")),
    "third_comparison_is_answered_whole": ("draft", THIRD.format("NULL, now(), 'AGREED'")),
    "third_comparison_outcome_is_known": ("draft", THIRD.format("created_by_id + 1, now(), 'PERHAPS'")),
}


@pytest.fixture
def bare(superuser_connection: psycopg.Connection[Any]) -> psycopg.Connection[Any]:
    """A connection on which the triggers of the applications sleep; what it does is undone."""
    superuser_connection.autocommit = False
    return superuser_connection


@pytest.mark.parametrize("constraint", BROKEN_BY)
def test_the_database_keeps_each_promise_about_a_row(
    constraint: str, maker: User, checker: User, bare: psycopg.Connection[Any]
) -> None:
    state, statement = BROKEN_BY[constraint]
    if state == "draft":
        draft(maker, number_given="NOT_GIVEN", number_absence_reason="LEFT_BLANK")
    elif state == "submitted":
        compared(submitted(maker, number_given="NOT_GIVEN", number_absence_reason="LEFT_BLANK"), by=checker)
    else:
        approved(maker, checker)
    for table in (APPLICATION, PERSON, CERTIFICATION, "benefits_householdperson", "benefits_thirdcomparison"):
        bare.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")

    with pytest.raises(psycopg.errors.IntegrityError) as refused:
        bare.execute(statement)
    bare.rollback()

    assert refused.value.diag.constraint_name == constraint


def test_every_named_constraint_refuses_something_and_no_check_refuses_everything(
    superuser_connection: psycopg.Connection[Any],
) -> None:
    found = constraints.named(superuser_connection)

    assert {one.name for one in found} >= set(BROKEN_BY)
    for one in found:
        if one.kind == "u":
            assert constraints.refuses_a_twin(superuser_connection, one), one.name
        elif one.name not in BROKEN_BY:
            assert constraints.answers(superuser_connection, one) == {True, False}, one.name


def test_what_can_be_printed_about_a_row_says_nothing_personal(maker: User, checker: User) -> None:
    application = approved(maker, checker)
    certification = Certification.objects.get()
    person = Person.objects.get()

    said = " ".join(
        [str(one) + repr(one) for one in (certification, application, person, Review.objects.get(), maker)]
        + [application.label, person.label]
    )

    for private in (person.family_name, person.given_name, person.family_kana, person.address, person.phone):
        assert private
        assert private not in said


def test_a_person_is_nobody_until_an_application_is_approved(maker: User, checker: User) -> None:
    submitted(maker)

    unregistered = Person.objects.get()

    assert unregistered.recipient_number is None
    assert unregistered.family_name is None
    assert not Person.objects.visible_to(checker).exists()


def test_two_people_never_share_a_recipient_number(maker: User, checker: User, bare: psycopg.Connection[Any]) -> None:
    first, second = approved(maker, checker).person, approved(maker, checker).person

    assert first.recipient_number != second.recipient_number
    bare.execute("ALTER TABLE benefits_person DISABLE TRIGGER USER")
    with pytest.raises(psycopg.errors.UniqueViolation):
        bare.execute(
            "UPDATE benefits_person SET recipient_number = %s WHERE id = %s", [first.recipient_number, second.pk]
        )


def test_a_certification_reads_as_it_is_shown(maker: User, checker: User) -> None:
    certification = approved(maker, checker).certification

    assert certification.monthly_cap_text == "10,000円"
    assert certification.validity_text == "令和7年9月1日から令和7年12月31日まで"


def test_the_contractor_sees_what_they_typed_and_others_see_by_duty(
    maker: User, checker: User, contractor: User, viewer: User
) -> None:
    own = draft(contractor, number_given="NOT_GIVEN")
    other = draft(maker, number_given="NOT_GIVEN")

    assert list(Application.objects.visible_to(contractor)) == [own]
    assert set(Application.objects.visible_to(checker)) == {own, other}
    assert not Application.objects.visible_to(viewer).exists()


def test_the_queue_gives_the_longest_waiting_first(maker: User, checker: User) -> None:
    first, second = submitted(maker), submitted(maker)
    draft(maker)

    assert list(Application.objects.visible_to(checker).awaiting_decision()) == [first, second]
