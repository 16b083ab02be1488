"""A4, V4: what the database refuses to raw SQL of the role that serves, and of the owner.

Each test forges what a hole in the application could send. ``forged`` is an approval in which everything is right;
the tests leave one thing out of it, so that what is refused is that one thing.
"""

import hashlib
import uuid
from collections.abc import Callable
from itertools import product
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, IntegrityError, ProgrammingError, connection, transaction
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from audit.models import Event
from benefits import content, events, workflow
from benefits.choices import AcceptedOffice, Status
from benefits.lifecycle import STEPS
from benefits.models import Application, Certification
from mynumber import actions, vault
from tests import ledger
from tests.factories import approved, compared, draft, my_number, staff_member, submit, submitted

pytestmark = pytest.mark.django_db(transaction=True)

WITHOUT_NUMBER = {"number_given": "NOT_GIVEN", "number_absence_reason": "LEFT_BLANK"}


def sql(statement: str, *parameters: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)


def put_on_record(
    application: Application, *, by: User, action: str = events.APPLICATION_APPROVED, **details: Any
) -> None:
    """Write an entry as SQL may, not as the journal does."""
    with connection.cursor() as cursor:
        ledger.insert(
            cursor.execute,
            action=action,
            actor_id=by.pk,
            subject_kind="benefits.application",
            subject_id=str(application.pk),
            person_id=application.person_id,
            details=details,
        )


def certify(application: Application, *, by: User, **changes: Any) -> None:
    values = {
        "id": uuid.uuid4(),
        "application_id": application.pk,
        "person_id": application.person_id,
        "payer_number": "54136015",
        "disease_number": 6,
        "income_class": "LOW_1",
        "is_provisional": False,
        "monthly_cap": 0,
        "burden_column": "x",
        "reasons": ["x"],
        "valid_from": "2025-09-01",
        "valid_to": "2025-12-31",
        "decided_by_id": by.pk,
        "decided_at": timezone.now(),
        **changes,
    }
    marks = ", ".join(["%s"] * len(values))
    sql(f"INSERT INTO benefits_certification ({', '.join(values)}) VALUES ({marks})", *values.values())


def forge(
    application: Application,
    *,
    by: User,
    record: bool = True,
    certification: bool = True,
    number: bool = True,
    **changes: Any,
) -> None:
    """Approve with statements of one's own, everything right but what the arguments say."""
    at = timezone.now()
    sha = changes.get("sha256", hashlib.sha256(application.content.encode()).hexdigest())
    with transaction.atomic():
        sql(
            "UPDATE benefits_application SET status = 'APPROVED', revision = revision + 1, decided_by_id = %s,"
            " decided_at = %s, approved_sha256 = %s WHERE id = %s",
            by.pk,
            at,
            sha,
            application.pk,
        )
        if certification:
            certify(application, by=changes.get("certified_by", by), decided_at=at)
        if number and application.number_version:
            sql("SELECT vault.put_in_use(%s, %s)", application.person_id, application.number_version)
            put_on_record(application, by=by, action=changes.get("number_action", actions.PUT_IN_USE))
        if record:
            details = {"status": "APPROVED", "revision": application.revision + 1, "fingerprint": sha}
            put_on_record(
                application,
                by=changes.get("recorded_by", by),
                action=changes.get("action", events.APPLICATION_APPROVED),
                **{**details, **changes.get("details", {})},
            )


def test_an_approval_in_which_everything_is_right_passes(maker: User, checker: User) -> None:
    number = my_number()
    application = compared(submitted(maker, number=number), by=checker, number=number)

    forge(application, by=checker)

    assert Application.objects.get().status == Status.APPROVED


@pytest.mark.parametrize(
    ("refusal", "left_out"),
    [
        ("application_step_is_on_record", {"record": False}),
        ("application_step_is_on_record", {"action": events.APPLICATION_SAVED}),
        ("application_step_is_on_record", {"details": {"fingerprint": "0" * 64}}),
        ("application_step_is_on_record", {"details": {"revision": 99}}),
        ("application_step_is_on_record", {"details": {"status": "DRAFT"}}),
        ("application_approval_certifies", {"certification": False}),
        ("application_approval_matches_its_content", {"sha256": "0" * 64}),
    ],
)
def test_an_approval_that_lacks_one_thing_is_refused(
    refusal: str, left_out: dict[str, Any], maker: User, checker: User
) -> None:
    application = compared(submitted(maker, **WITHOUT_NUMBER), by=checker)

    with pytest.raises(IntegrityError, match=refusal):
        forge(application, by=checker, **left_out)

    assert Application.objects.get().status == Status.SUBMITTED
    assert not Certification.objects.exists()


def test_an_entry_of_another_transaction_does_not_stand_for_the_approval(maker: User, checker: User) -> None:
    application = submitted(maker, **WITHOUT_NUMBER)
    put_on_record(
        application,
        by=checker,
        status="APPROVED",
        revision=application.revision + 1,
        fingerprint=content.fingerprint(application.content),
    )

    with pytest.raises(IntegrityError, match="application_step_is_on_record"):
        forge(application, by=checker, record=False)


@pytest.mark.parametrize("part", ["recorded_by", "certified_by"])
def test_the_record_and_the_certification_name_whoever_decided(
    part: str, maker: User, checker: User, other_checker: User
) -> None:
    application = submitted(maker, **WITHOUT_NUMBER)

    with pytest.raises(IntegrityError, match=r"application_(step_is_on_record|approval_certifies)|certification_"):
        forge(application, by=checker, **{part: other_checker})


def test_the_submitter_does_not_approve_even_in_sql(maker: User) -> None:
    application = submitted(maker, **WITHOUT_NUMBER)

    with pytest.raises(IntegrityError, match="application_is_not_decided_by_"):
        forge(application, by=maker)


def test_nobody_who_ever_typed_a_part_approves_even_in_sql(maker: User, other_maker: User) -> None:
    application = draft(maker, **WITHOUT_NUMBER)
    application = workflow.save(
        application.pk,
        by=other_maker,
        at=timezone.now(),
        revision=application.revision,
        entry={**application.entry, "note": "直しました"},
    )
    application = submit(application, by=maker)

    with pytest.raises(IntegrityError, match="application_is_not_decided_by_anyone_who_typed_it"):
        forge(application, by=other_maker)


@pytest.mark.parametrize("left_out", ["street", "birth_on", content.BLANKS])
def test_an_approval_follows_the_comparison_of_every_box(left_out: str, maker: User, checker: User) -> None:
    application = submitted(maker, **WITHOUT_NUMBER)
    ticked = frozenset(content.to_be_ticked(application.content)) - {left_out}
    workflow.check(application.pk, by=checker, at=timezone.now(), revision=application.revision, ticked=ticked)

    with pytest.raises(IntegrityError, match="application_is_compared_before_approval"):
        forge(application, by=checker)


def test_the_comparison_by_somebody_else_or_of_an_earlier_submission_does_not_do(
    maker: User, checker: User, other_checker: User
) -> None:
    application = compared(submitted(maker, **WITHOUT_NUMBER), by=checker)
    with pytest.raises(IntegrityError, match="application_is_compared_before_approval"):
        forge(application, by=other_checker)

    application = workflow.return_to_maker(
        application.pk, by=checker, at=timezone.now(), revision=application.revision, comments={"": "直してください"}
    )
    application = submit(application, by=maker)

    with pytest.raises(IntegrityError, match="application_is_compared_before_approval"):
        forge(application, by=checker)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.CHECKER])
def test_only_a_checker_decides_even_in_sql(role: Role, maker: User) -> None:
    application, somebody = submitted(maker, **WITHOUT_NUMBER), staff_member(role)

    with pytest.raises(IntegrityError, match="application_is_decided_by_a_checker"):
        forge(application, by=somebody)


def test_a_checker_of_another_health_centre_does_not_decide_by_hand_either(maker: User) -> None:
    elsewhere = staff_member(Role.CHECKER, office=AcceptedOffice.KITA)
    application = submitted(maker, **WITHOUT_NUMBER)
    assert application.office == AcceptedOffice.CHUO

    with pytest.raises(IntegrityError, match="application_is_decided_within_reach"):
        forge(application, by=elsewhere)


def test_a_number_nobody_has_confirmed_stops_the_approval(maker: User, checker: User) -> None:
    application = compared(submitted(maker), by=checker)

    with pytest.raises(IntegrityError, match="application_number_is_confirmed_by_somebody_else"):
        forge(application, by=checker)


def test_a_confirmed_number_that_is_not_put_in_use_stops_the_approval(maker: User, checker: User) -> None:
    number = my_number()
    application = compared(submitted(maker, number=number), by=checker, number=number)

    with pytest.raises(IntegrityError, match="application_number_is_confirmed_by_somebody_else"):
        forge(application, by=checker, number=False)


def test_a_number_is_not_put_in_use_without_an_entry_of_its_own(maker: User, checker: User) -> None:
    number = my_number()
    application = compared(submitted(maker, number=number), by=checker, number=number)

    with pytest.raises(IntegrityError, match="number_change_is_on_record"):
        forge(application, by=checker, number_action=events.APPLICATION_CHECKED)


def test_a_number_confirmed_by_an_editor_stops_the_approval(maker: User, other_checker: User) -> None:
    both, number = staff_member(Role.MAKER, Role.CHECKER), my_number()
    application = compared(submitted(maker, number=number), by=both, number=number)
    application = workflow.return_to_maker(
        application.pk, by=both, at=timezone.now(), revision=application.revision, comments={"": "直してください"}
    )
    application = workflow.save(
        application.pk,
        by=both,
        at=timezone.now(),
        revision=application.revision,
        entry={**application.entry, "note": "自分で直しました"},
    )
    application = compared(submit(application, by=maker), by=other_checker)

    with pytest.raises(IntegrityError, match="application_number_is_confirmed_by_somebody_else"):
        forge(application, by=other_checker)


def test_an_approval_is_of_the_version_of_the_number_that_was_submitted(maker: User, checker: User) -> None:
    application = draft(maker)
    document = content.compose({"disease_number": 6}, number_version=None, absence_reason="LEFT_BLANK")
    with transaction.atomic():
        sql(
            "UPDATE benefits_application SET status = 'SUBMITTED', revision = revision + 1, submission = 1,"
            " content = %s, submitted_by_id = %s, submitted_at = now() WHERE id = %s",
            document,
            maker.pk,
            application.pk,
        )
        put_on_record(
            application,
            by=maker,
            action=events.APPLICATION_SUBMITTED,
            status="SUBMITTED",
            revision=application.revision + 1,
        )
    application.refresh_from_db()
    compared(application, by=checker)

    with pytest.raises(IntegrityError, match="application_number_is_the_one_submitted"):
        forge(application, by=checker)


FIXED = (
    "entry = '{}'",
    "content = content || ' '",
    "patient_name = '別人'",
    "patient_kana = 'ベツジン'",
    "number_version = 7",
    "edited_at = now()",
    "submitted_at = now()",
    "submitted_by_id = NULL",
    "office = 'KITA', entry = jsonb_set(entry, '{accepted_office}', '\"KITA\"')",
    "edited_by_id = editor_ids[1] + 1",
)


@pytest.mark.parametrize("change", FIXED)
def test_what_was_submitted_stays_as_it_was(change: str, maker: User) -> None:
    application = submitted(maker, **WITHOUT_NUMBER)

    with pytest.raises(IntegrityError, match="application_content_is_fixed_once_submitted"):
        sql(
            f"UPDATE benefits_application SET {change}, status = 'RETURNED', revision = revision + 1 WHERE id = %s",
            application.pk,
        )


@pytest.mark.parametrize("change", [*FIXED, "decided_at = now()", "approved_sha256 = NULL", "status = 'RETURNED'"])
def test_what_was_approved_stays_as_it_was(change: str, maker: User, checker: User) -> None:
    application = approved(maker, checker, **WITHOUT_NUMBER)

    with pytest.raises(IntegrityError, match="application_is_final"):
        sql(f"UPDATE benefits_application SET {change}, revision = revision + 1 WHERE id = %s", application.pk)


@pytest.fixture
def brought_to(maker: User, checker: User) -> Callable[[Status], Application]:
    """Bring a new application to a status by the steps that lead there."""

    def bring(status: Status) -> Application:
        if status == Status.APPROVED:
            return approved(maker, checker, **WITHOUT_NUMBER)
        application = draft(maker, **WITHOUT_NUMBER)
        if status == Status.WITHDRAWN:
            return workflow.withdraw(application.pk, by=maker, revision=application.revision)
        if status in {Status.SUBMITTED, Status.RETURNED}:
            application = submit(application, by=maker)
        if status == Status.RETURNED:
            application = workflow.return_to_maker(
                application.pk, by=checker, at=timezone.now(), revision=application.revision, comments={"": "直す"}
            )
        return application

    return bring


@pytest.mark.django_db(transaction=False)
@pytest.mark.parametrize(("source", "target"), [pair for pair in product(Status, Status) if pair[0] != pair[1]])
def test_the_database_lets_a_status_follow_another_exactly_when_the_table_of_steps_does(
    source: Status, target: Status, brought_to: Callable[[Status], Application], checker: User, maker: User
) -> None:
    application = brought_to(source)
    columns = {"status": target.value, "revision": application.revision + 1}
    if target == Status.SUBMITTED:
        columns |= {"submission": application.submission + 1}
        if source in {Status.DRAFT, Status.RETURNED}:
            columns |= {"content": "x", "submitted_by_id": maker.pk, "submitted_at": timezone.now()}
    if target == Status.APPROVED:
        columns |= {
            "decided_by_id": checker.pk,
            "decided_at": timezone.now(),
            "approved_sha256": hashlib.sha256(application.content.encode()).hexdigest(),
        }
    is_in_the_table = any(step.target == target and source in step.sources for step in STEPS.values())

    moved = ""
    try:
        with transaction.atomic():
            Application.objects.filter(pk=application.pk).update(**columns)
            transaction.set_rollback(True)
    except IntegrityError as error:
        moved = str(error).splitlines()[0]

    assert moved == ("" if is_in_the_table else _refusal_of(source))


def _refusal_of(source: Status) -> str:
    return (
        "application_is_final" if source in {Status.APPROVED, Status.WITHDRAWN} else "application_moves_by_the_table"
    )


@pytest.mark.parametrize("step", [0, 2, -1])
def test_every_change_counts_the_revision_by_one(step: int, maker: User) -> None:
    application = draft(maker, **WITHOUT_NUMBER)

    with pytest.raises(IntegrityError, match="application_revision_counts_every_change"):
        sql(
            "UPDATE benefits_application SET patient_name = 'x', revision = revision + %s WHERE id = %s",
            step,
            application.pk,
        )


def test_a_submission_is_counted(maker: User) -> None:
    application = draft(maker, **WITHOUT_NUMBER)

    with pytest.raises(IntegrityError, match="application_submissions_are_counted"):
        sql("UPDATE benefits_application SET submission = 5, revision = revision + 1 WHERE id = %s", application.pk)


def test_nobody_is_struck_off_the_list_of_those_who_typed(maker: User, other_maker: User) -> None:
    application = draft(maker, **WITHOUT_NUMBER)
    application = workflow.save(
        application.pk,
        by=other_maker,
        at=timezone.now(),
        revision=application.revision,
        entry={**application.entry, "note": "x"},
    )

    with pytest.raises(IntegrityError, match="application_names_everyone_who_typed_it"):
        sql(
            "UPDATE benefits_application SET editor_ids = %s, revision = revision + 1 WHERE id = %s",
            [maker.pk],
            application.pk,
        )


@pytest.mark.parametrize(
    "change",
    [
        "id = gen_random_uuid()",
        "receipt_number = 'X'",
        "created_at = now()",
        "created_by_id = %(other)s",
        "person_id = %(person)s",
    ],
)
def test_an_application_keeps_its_origin(change: str, maker: User, other_maker: User) -> None:
    application, stranger = draft(maker, **WITHOUT_NUMBER), draft(other_maker, **WITHOUT_NUMBER)

    with pytest.raises(IntegrityError, match="application_keeps_its_origin"), connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE benefits_application SET {change}, revision = revision + 1 WHERE id = %(id)s",
            {"id": application.pk, "other": other_maker.pk, "person": stranger.person_id},
        )


@pytest.mark.parametrize(
    "beginning",
    [{"status": "SUBMITTED"}, {"status": "APPROVED"}, {"status": "WITHDRAWN"}, {"revision": 2}, {"submission": 1}],
)
def test_an_application_begins_as_a_draft(beginning: dict[str, Any], maker: User) -> None:
    origin = draft(maker, **WITHOUT_NUMBER)
    begun = Application(
        receipt_number="X",
        person=origin.person,
        created_by=maker,
        edited_by=maker,
        edited_at=timezone.now(),
        editor_ids=[maker.pk],
        **beginning,
    )

    with pytest.raises(IntegrityError, match="application_begins_as_a_draft"):
        begun.save(force_insert=True)


def test_not_even_a_draft_is_made_or_changed_without_an_entry(maker: User) -> None:
    application = draft(maker, **WITHOUT_NUMBER)
    begun = Application(
        receipt_number="X",
        person=application.person,
        created_by=maker,
        edited_by=maker,
        edited_at=timezone.now(),
        editor_ids=[maker.pk],
    )

    with pytest.raises(IntegrityError, match="application_step_is_on_record"):
        begun.save(force_insert=True)
    with pytest.raises(IntegrityError, match="application_step_is_on_record"):
        sql(
            "UPDATE benefits_application SET patient_name = 'x', revision = revision + 1 WHERE id = %s", application.pk
        )


@pytest.mark.parametrize("status", [Status.DRAFT, Status.SUBMITTED, Status.RETURNED, Status.WITHDRAWN])
def test_nothing_is_certified_that_was_not_approved(
    status: Status, brought_to: Callable[[Status], Application], checker: User
) -> None:
    application = brought_to(status)

    with pytest.raises(IntegrityError, match="certification_follows_an_approval"):
        certify(application, by=checker)

    assert not Certification.objects.exists()


def test_a_registered_person_is_changed_by_nothing(maker: User, checker: User) -> None:
    approved(maker, checker, **WITHOUT_NUMBER)

    with pytest.raises(IntegrityError, match="person_is_registered_once"):
        sql("UPDATE benefits_person SET address = '別の住所'")


def test_nobody_is_registered_without_an_approval(maker: User, checker: User) -> None:
    application = submitted(maker, **WITHOUT_NUMBER)
    known = approved(maker, checker, **WITHOUT_NUMBER).person

    with pytest.raises(IntegrityError, match="person_is_registered_by_approval"):
        sql(
            "UPDATE benefits_person p SET recipient_number = '7654321', family_name = k.family_name,"
            " given_name = k.given_name, family_kana = k.family_kana, given_kana = k.given_kana, sex = k.sex,"
            " birth_on = k.birth_on, postal_code = k.postal_code, address = k.address, name_key = k.name_key,"
            " kana_key = k.kana_key, registered_at = k.registered_at, registered_by_id = k.registered_by_id"
            " FROM benefits_person k WHERE k.id = %s AND p.id = %s",
            known.pk,
            application.person_id,
        )


@pytest.mark.parametrize(
    "statement", ["UPDATE benefits_certification SET monthly_cap = 0", "DELETE FROM benefits_certification"]
)
def test_the_app_neither_changes_nor_removes_a_certification(statement: str, maker: User, checker: User) -> None:
    certification = approved(maker, checker, **WITHOUT_NUMBER).certification

    with pytest.raises(ProgrammingError, match="permission denied"):
        sql(statement)

    assert Certification.objects.get().monthly_cap == certification.monthly_cap


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM benefits_application",
        "DELETE FROM benefits_person",
        "DELETE FROM benefits_review",
        "DELETE FROM benefits_returncomment",
        "UPDATE benefits_returncomment SET text = 'x'",
        "TRUNCATE benefits_application CASCADE",
        "ALTER TABLE benefits_application DISABLE TRIGGER ALL",
        "ALTER TABLE benefits_application DROP CONSTRAINT application_is_not_decided_by_its_submitter",
        "DROP TRIGGER application_moves_by_the_table ON benefits_application",
        "SET session_replication_role = replica",
        "SET ROLE kyufu_owner",
        "CREATE TABLE public.audit_event (id integer)",
        "CREATE OR REPLACE FUNCTION benefits_application_moves_by_the_table() RETURNS trigger"
        " LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$",
    ],
)
def test_the_app_may_not_take_the_guards_away(statement: str, maker: User) -> None:
    draft(maker, **WITHOUT_NUMBER)

    with pytest.raises(DatabaseError, match=r"permission denied|must be owner|must be member"):
        sql(statement)


def test_the_guards_hold_for_the_owner_too(
    maker: User, checker: User, owner_connection: psycopg.Connection[Any]
) -> None:
    waiting, done = submitted(maker, **WITHOUT_NUMBER), approved(maker, checker, **WITHOUT_NUMBER)

    with pytest.raises(psycopg.errors.CheckViolation, match="application_step_is_on_record"):
        owner_connection.execute(
            "UPDATE benefits_application SET status = 'RETURNED', revision = revision + 1 WHERE id = %s", [waiting.pk]
        )
    with pytest.raises(psycopg.errors.CheckViolation, match="application_is_final"):
        owner_connection.execute(
            "UPDATE benefits_application SET entry = '{}', revision = revision + 1 WHERE id = %s", [done.pk]
        )
    with pytest.raises(psycopg.errors.CheckViolation, match="application_is_not_decided_by_"):
        owner_connection.execute(
            "UPDATE benefits_application SET status = 'APPROVED', revision = revision + 1, decided_by_id = %s,"
            " decided_at = now(), approved_sha256 = %s WHERE id = %s",
            [maker.pk, content.fingerprint(waiting.content), waiting.pk],
        )


def test_the_guards_do_not_sleep_when_ordinary_triggers_do(
    maker: User, superuser_connection: psycopg.Connection[Any]
) -> None:
    application = submitted(maker, **WITHOUT_NUMBER)
    superuser_connection.execute("SET session_replication_role = replica")

    with pytest.raises(psycopg.errors.CheckViolation, match="application_content_is_fixed_once_submitted"):
        superuser_connection.execute(
            "UPDATE benefits_application SET content = 'x', revision = revision + 1, status = 'RETURNED'"
            " WHERE id = %s",
            [application.pk],
        )
    with pytest.raises(psycopg.errors.CheckViolation, match="application_step_is_on_record"):
        superuser_connection.execute(
            "UPDATE benefits_application SET status = 'RETURNED', revision = revision + 1 WHERE id = %s",
            [application.pk],
        )


def test_the_step_that_is_on_record_is_not_undone_by_a_savepoint(maker: User, checker: User) -> None:
    """An entry written and rolled back inside the transaction does not count."""
    application = submitted(maker, **WITHOUT_NUMBER)

    def attempt() -> None:
        with transaction.atomic():
            sql(
                "UPDATE benefits_application SET status = 'RETURNED', revision = revision + 1 WHERE id = %s",
                application.pk,
            )
            with transaction.atomic():
                put_on_record(
                    application,
                    by=checker,
                    action=events.APPLICATION_RETURNED,
                    status="RETURNED",
                    revision=application.revision + 1,
                )
                transaction.set_rollback(True)

    with pytest.raises(IntegrityError, match="application_step_is_on_record"):
        attempt()


def test_the_vault_and_the_application_agree_after_an_approval(maker: User, checker: User) -> None:
    application = approved(maker, checker)

    held = vault.standing(application.person_id)

    assert held is not None
    assert held.state is vault.State.IN_USE
    assert (held.typed_by, held.confirmed_by) == (maker.pk, checker.pk)
    assert Event.objects.filter(action=events.APPLICATION_APPROVED).count() == 1
