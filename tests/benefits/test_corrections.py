"""A number in use gives way to another one: asked for, typed blind twice, and decided by a second person (issue 4)."""

import uuid
from importlib import import_module
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from audit import journal
from audit.models import Event, Result
from benefits import corrections, events, workflow
from benefits.models import Application, Correction
from mynumber import actions, corrections as numbers, vault
from mynumber.purposes import Purpose
from mynumber.secret import Secret
from tests.factories import approved, household, my_number, staff_member, submitted
from tests.racing import together

pytestmark = pytest.mark.django_db(transaction=True)

VAULT = import_module("mynumber.migrations.0005_corrections")
REQUESTS = import_module("benefits.migrations.0008_corrections")


@pytest.fixture
def wrong() -> str:
    return my_number()


@pytest.fixture
def application(maker: User, checker: User, wrong: str) -> Application:
    return approved(maker, checker, number=wrong)


def ask(application: Application, by: User, **changes: Any) -> Correction:
    parts = {"reason": "MISTYPED", "words": "カードと違う", "evidence": "CARD", "number": my_number()} | changes
    return corrections.open_request(application.person_id, by=by, at=timezone.now(), **parts)


def approve(correction: Correction, number: str, *, by: User) -> Correction:
    assert correction.version is not None
    assert corrections.compare(correction.pk, by=by, version=correction.version, number=number) == "MATCH"
    return corrections.approve(correction.pk, by=by, at=timezone.now(), version=correction.version)


def state_of(superuser: psycopg.Connection[Any], application: Application) -> list[tuple[int, str, bool]]:
    """Return (version, state, whether something is sealed) of everything the vault knows of the person."""
    rows = superuser.execute(
        "SELECT version, state, body IS NOT NULL FROM vault.number WHERE person = %s ORDER BY version",
        [application.person_id],
    )
    return [(version, state, is_sealed) for version, state, is_sealed in rows.fetchall()]


def refusal(code: str) -> Any:
    return pytest.raises(corrections.Refused, check=lambda refused: refused.refusal.code == code)


def test_a_number_gives_way_to_the_one_that_two_people_typed_alike(
    application: Application,
    maker: User,
    other_checker: User,
    superuser_connection: psycopg.Connection[Any],
) -> None:
    right = my_number()
    correction = ask(application, maker, number=right)
    approve(correction, right, by=other_checker)

    assert state_of(superuser_connection, application) == [(1, "SUPERSEDED", True), (2, "IN_USE", True)]
    viewer = staff_member(Role.NUMBER_VIEWER)
    shown = vault.reveal(application.person_id, by=viewer, purpose=Purpose.INQUIRY, reason="照会")
    assert shown.digits() == right
    done = Event.objects.filter(person_id=application.person_id, result=Result.DONE).order_by("at")
    assert list(done.values_list("action", flat=True))[-8:] == [
        events.CORRECTION_OPENED,
        actions.TYPED,
        events.CORRECTION_TYPED,
        actions.COMPARED,
        events.CORRECTION_APPROVED,
        actions.SUPERSEDED,
        actions.PUT_IN_USE,
        actions.REVEALED,
    ]


def test_whoever_had_only_typed_the_wrong_number_again_may_decide(
    application: Application, maker: User, checker: User
) -> None:
    right = my_number()
    assert approve(ask(application, maker, number=right), right, by=checker).outcome == "APPROVED"


def test_until_it_is_approved_the_old_number_is_in_use_and_the_new_one_is_not_shown(
    application: Application, maker: User, other_checker: User, wrong: str
) -> None:
    right = my_number()
    correction = ask(application, maker, number=right)
    assert corrections.compare(correction.pk, by=other_checker, version=2, number=right) == "MATCH"

    viewer = staff_member(Role.NUMBER_VIEWER)
    shown = vault.reveal(application.person_id, by=viewer, purpose=Purpose.INQUIRY, reason="照会")
    assert shown.digits() == wrong


@pytest.mark.parametrize("ends", ["reject", "withdraw"])
def test_what_was_typed_for_a_correction_that_is_not_made_is_erased(
    ends: str,
    application: Application,
    maker: User,
    other_checker: User,
    superuser_connection: psycopg.Connection[Any],
) -> None:
    correction = ask(application, maker)
    if ends == "reject":
        corrections.reject(correction.pk, by=other_checker, at=timezone.now(), words="書類が古い")
    else:
        corrections.withdraw(correction.pk, by=maker, at=timezone.now())

    assert state_of(superuser_connection, application) == [(1, "IN_USE", True), (2, "REPLACED", False)]
    keys = superuser_connection.execute(
        "SELECT version FROM vault.wrapped_key WHERE person = %s", [application.person_id]
    ).fetchall()
    assert keys == [(1,)]
    ask(application, maker)  # and it can be asked for anew


def test_whoever_types_no_numbers_reports_an_error_and_somebody_else_types(
    application: Application, maker: User, checker: User, other_checker: User
) -> None:
    with refusal("not_permitted"):
        ask(application, checker)
    correction = ask(application, checker, number="", evidence="")
    assert (correction.version, correction.typist_ids) == (None, [])
    with refusal("not_typed"):
        corrections.approve(correction.pk, by=other_checker, at=timezone.now(), version=None)  # type: ignore[arg-type]
    with refusal("no_evidence"):
        corrections.type_number(correction.pk, by=maker, at=timezone.now(), evidence="", number=my_number())

    right = my_number()
    correction = corrections.type_number(
        correction.pk, by=maker, at=timezone.now(), evidence="RESIDENT_RECORD", number=right
    )
    with refusal("own_request"):  # who reported it does not decide
        corrections.compare(correction.pk, by=checker, version=2, number=right)
    assert approve(correction, right, by=other_checker).outcome == "APPROVED"


def test_whoever_may_show_numbers_reports_an_error_but_types_none(application: Application) -> None:
    viewer = staff_member(Role.NUMBER_VIEWER)
    assert ask(application, viewer, number="", evidence="").is_open
    other = approved(staff_member(Role.MAKER), staff_member(Role.CHECKER))
    with refusal("not_permitted"):
        ask(other, viewer)
    assert not Correction.objects.filter(person_id=other.person_id).exists()


def test_nobody_decides_who_asked_typed_or_erred(application: Application, maker: User) -> None:
    both = staff_member(Role.MAKER, Role.CHECKER)
    right = my_number()
    correction = ask(application, both, number=right)
    with refusal("own_request"):
        corrections.compare(correction.pk, by=both, version=2, number=right)
    with refusal("own_request"):
        corrections.reject(correction.pk, by=both, at=timezone.now(), words="やめる")
    corrections.withdraw(correction.pk, by=both, at=timezone.now())

    erring = approved(both, staff_member(Role.CHECKER))
    correction = ask(erring, maker, number=right)
    with refusal("erred"):
        corrections.compare(correction.pk, by=both, version=2, number=right)


def test_two_tries_and_then_a_third_person(
    application: Application, maker: User, checker: User, other_checker: User
) -> None:
    right = my_number()
    correction = ask(application, maker, number=right)
    answers = [corrections.compare(correction.pk, by=checker, version=2, number=my_number()) for _try in range(3)]
    assert answers == ["MISMATCH", "EXHAUSTED", "EXHAUSTED"]
    with refusal("number_not_confirmed"):
        corrections.approve(correction.pk, by=checker, at=timezone.now(), version=2)
    assert approve(correction, right, by=other_checker).outcome == "APPROVED"


def test_whoever_typed_it_again_approves_and_nobody_else(
    application: Application, maker: User, checker: User, other_checker: User
) -> None:
    right = my_number()
    correction = ask(application, maker, number=right)
    assert corrections.compare(correction.pk, by=checker, version=2, number=right) == "MATCH"
    with refusal("confirmed_by_another"):
        corrections.approve(correction.pk, by=other_checker, at=timezone.now(), version=2)
    with refusal("settled"):  # and what agrees is not typed over
        corrections.type_number(correction.pk, by=maker, at=timezone.now(), evidence="CARD", number=my_number())


def test_a_number_typed_anew_replaces_the_first_and_the_page_that_was_looking_at_that_is_told(
    application: Application,
    maker: User,
    other_checker: User,
    superuser_connection: psycopg.Connection[Any],
) -> None:
    slip, right = my_number(), my_number()
    correction = ask(application, maker, number=slip)
    corrections.type_number(correction.pk, by=maker, at=timezone.now(), evidence="CARD", number=right)
    assert state_of(superuser_connection, application)[1:] == [(2, "REPLACED", False), (3, "PROVISIONAL", True)]
    with refusal("stale"):
        corrections.compare(correction.pk, by=other_checker, version=2, number=slip)

    corrections.type_number(correction.pk, by=maker, at=timezone.now(), evidence="CARD", number=right)
    with refusal("typed_too_often"):
        corrections.type_number(correction.pk, by=maker, at=timezone.now(), evidence="CARD", number=right)


def test_the_same_number_and_another_persons_are_refused_each_in_its_own_words(
    application: Application, maker: User, checker: User, wrong: str
) -> None:
    taken = my_number()
    approved(maker, checker, number=taken)
    with pytest.raises(vault.NotKeptError, match="いま登録されている番号と同じ"):
        ask(application, maker, number=wrong)
    with pytest.raises(vault.NotKeptError, match="ほかの人の番号"):
        ask(application, maker, number=taken)
    assert not Correction.objects.exists()  # nothing is asked for either
    refused = Event.objects.filter(action=actions.TYPING_REFUSED).order_by("at")
    assert [one.details["code"] for one in refused] == ["same", "taken"]


def test_typing_numbers_that_are_held_is_stopped_after_five(application: Application, maker: User, wrong: str) -> None:
    for _try in range(5):
        with pytest.raises(vault.NotKeptError, match="同じ"):
            ask(application, maker, number=wrong)
    with pytest.raises(vault.NotKeptError, match="止めています"):
        ask(application, maker)


def test_one_number_has_one_open_request(application: Application, maker: User, other_maker: User) -> None:
    ask(application, maker)
    with refusal("already_open"):
        ask(application, other_maker)
    refused = Event.objects.get(action=events.CORRECTION_REFUSED)
    assert (refused.person_id, refused.details) == (
        application.person_id,
        {"method": "open", "code": "already_open"},
    )


def test_a_number_that_is_not_in_use_is_not_corrected(maker: User) -> None:
    waiting = submitted(maker)
    with pytest.raises(waiting.person.DoesNotExist):  # nobody is registered yet
        ask(waiting, maker)


def under_way(application: Application, *, by: User) -> Application:
    """Return a further application of the same person that carries the number in use."""
    with transaction.atomic():
        further = Application.objects.create(
            receipt_number=f"X-{uuid.uuid4().hex[:8]}",
            person_id=application.person_id,
            entry={},
            number_version=1,
            created_by=by,
            edited_by=by,
            edited_at=timezone.now(),
            editor_ids=[by.pk],
        )
        journal.record(
            events.APPLICATION_SAVED,
            by=by,
            subject=further,
            person_id=further.person_id,
            details={"revision": 1, "status": "DRAFT"},
        )
    return further


def test_a_correction_waits_for_an_application_that_carries_the_number(
    application: Application, maker: User, other_checker: User
) -> None:
    further = under_way(application, by=maker)
    right = my_number()
    correction = ask(application, maker, number=right)
    with refusal("application_under_way"):
        approve(correction, right, by=other_checker)

    workflow.withdraw(further.pk, by=maker, revision=1)
    waiting = numbers.standing(application.person_id)
    assert waiting is not None  # the application's end erased nothing of the correction's
    assert corrections.approve(correction.pk, by=other_checker, at=timezone.now(), version=2).outcome == "APPROVED"


def codes(outcomes: list[Any]) -> list[str]:
    for outcome in outcomes:
        assert not isinstance(outcome, Exception) or isinstance(outcome, corrections.Refused), repr(outcome)
    return sorted(one.refusal.code if isinstance(one, corrections.Refused) else "" for one in outcomes)


def test_of_two_approvals_at_once_one_changes_the_number(
    application: Application, maker: User, checker: User, superuser_connection: psycopg.Connection[Any]
) -> None:
    right = my_number()
    correction = ask(application, maker, number=right)
    corrections.compare(correction.pk, by=checker, version=2, number=right)
    outcomes = together(
        *[lambda: corrections.approve(correction.pk, by=checker, at=timezone.now(), version=2) for _press in range(3)]
    )
    assert codes(outcomes) == ["", "decided", "decided"]
    assert state_of(superuser_connection, application) == [(1, "SUPERSEDED", True), (2, "IN_USE", True)]


def test_of_an_approval_and_a_withdrawal_at_once_one_happens(
    application: Application, maker: User, checker: User, superuser_connection: psycopg.Connection[Any]
) -> None:
    right = my_number()
    correction = ask(application, maker, number=right)
    corrections.compare(correction.pk, by=checker, version=2, number=right)
    outcomes = together(
        lambda: corrections.approve(correction.pk, by=checker, at=timezone.now(), version=2),
        lambda: corrections.withdraw(correction.pk, by=maker, at=timezone.now()),
    )
    assert codes(outcomes) == ["", "decided"]
    assert state_of(superuser_connection, application) in (
        [(1, "SUPERSEDED", True), (2, "IN_USE", True)],
        [(1, "IN_USE", True), (2, "REPLACED", False)],
    )


def test_a_number_looked_at_while_it_is_corrected_is_the_one_or_the_other_with_its_entry(
    application: Application, maker: User, checker: User, wrong: str
) -> None:
    viewers, right = [staff_member(Role.NUMBER_VIEWER) for _viewer in range(3)], my_number()
    correction = ask(application, maker, number=right)
    corrections.compare(correction.pk, by=checker, version=2, number=right)
    _approved, *shown = together(
        lambda: corrections.approve(correction.pk, by=checker, at=timezone.now(), version=2),
        *(
            lambda by=by: vault.reveal(application.person_id, by=by, purpose=Purpose.INQUIRY, reason="照会")
            for by in viewers
        ),
    )
    assert all(isinstance(one, (Secret, vault.RefusedError)) for one in shown), shown
    digits = [one.digits() for one in shown if isinstance(one, Secret)]
    assert set(digits) <= {wrong, right}
    assert Event.objects.filter(action=actions.REVEALED, result=Result.DONE).count() >= len(digits)
    last = vault.reveal(application.person_id, by=viewers[0], purpose=Purpose.INQUIRY, reason="照会")
    assert last.digits() == right


def test_of_two_requests_at_once_one_is_opened(application: Application, maker: User, other_maker: User) -> None:
    outcomes = together(*(lambda by=by: ask(application, by) for by in (maker, other_maker)))
    assert codes(outcomes)[0] == ""
    assert codes(outcomes)[1] in {"already_open", "person_has_one_open_correction"}
    assert Correction.objects.count() == 1


def test_the_number_of_somebody_in_the_household_is_corrected_on_its_own(
    maker: User, checker: User, superuser_connection: psycopg.Connection[Any]
) -> None:
    application = approved(maker, checker, numbers={"member_0": my_number()}, **household())
    holders = corrections.holders_of(application.person)
    assert list(holders.values()) == ["受診者（見本　太郎）", "世帯員1（見本　花子）"]
    mother, right = list(holders)[1], my_number()
    correction = ask(application, maker, number=right, holder_id=mother)
    ask(application, maker)  # the patient's own is another request
    approve(correction, right, by=checker)

    held = vault.standings([application.person_id, mother])
    assert (held[application.person_id].version, held[mother].version) == (1, 2)
    with refusal("not_in_use"):
        ask(application, maker, holder_id=uuid.uuid4())
    kind = superuser_connection.execute(
        "SELECT kind, basis, corrects FROM vault.number WHERE person = %s AND version = 2", [mother]
    ).fetchone()
    assert kind == ("MEMBER", "NANBYO_MEMBER", 1)


# Past the service: raw SQL as the role that serves.


def run(statement: str, *parameters: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)


@pytest.fixture
def typed(application: Application, maker: User) -> Correction:
    return ask(application, maker)


def entry(action: str, correction: Correction, by: User, **details: object) -> None:
    journal.record(
        action,
        by=by,
        subject=journal.Subject(kind="benefits.correction", id=str(correction.pk)),
        person_id=correction.holder_id,
        details=details,
    )


def refused_by(guard: str) -> Any:
    return pytest.raises(DatabaseError, match=guard)


def test_the_database_lets_nobody_decide_who_may_not(
    typed: Correction, maker: User, checker: User, other_checker: User
) -> None:
    decide = (
        "UPDATE benefits_correction SET outcome = 'REJECTED', decision_words = 'x', decided_by_id = %s,"
        " decided_at = now() WHERE id = %s"
    )
    with refused_by("correction_is_not_decided_by|correction_is_decided_by_a_checker"):
        run(decide, maker.pk, typed.pk)
    with refused_by("correction_is_decided_by_a_checker"):
        run(decide, staff_member(Role.ISSUER).pk, typed.pk)
    with refused_by("correction_is_on_record"), transaction.atomic():
        run(decide, other_checker.pk, typed.pk)
    with refused_by("correction_that_is_not_made_leaves_nothing"), transaction.atomic():
        entry(events.CORRECTION_REJECTED, typed, other_checker)
        run(decide, other_checker.pk, typed.pk)
    with refused_by("correction_is_withdrawn_by_whoever_asked_for_it"), transaction.atomic():
        run(
            "UPDATE benefits_correction SET outcome = 'WITHDRAWN', decided_by_id = %s, decided_at = now()"
            " WHERE id = %s",
            checker.pk,
            typed.pk,
        )


def test_the_vault_applies_nothing_that_is_not_confirmed(
    typed: Correction, superuser_connection: psycopg.Connection[Any]
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT vault.apply_correction(%s, 2), vault.apply_correction(%s, 1)", [typed.holder_id] * 2)
        assert cursor.fetchone() == (False, False)
    row = superuser_connection.execute(
        "SELECT state FROM vault.number WHERE person = %s AND version = 1", [typed.holder_id]
    ).fetchone()
    assert row == ("IN_USE",)


def test_the_database_wants_the_request_behind_a_confirmed_correction(
    application: Application, maker: User, checker: User, superuser_connection: psycopg.Connection[Any]
) -> None:
    right = my_number()
    correction = ask(application, maker, number=right)
    corrections.compare(correction.pk, by=checker, version=2, number=right)
    for approving in (False, True):
        with (
            refused_by("correction_is_in_use_by_approval|number_is_corrected_on_request|number_change_is_on_record"),
            transaction.atomic(),
        ):
            if approving:  # an entry alone does not do either
                entry(events.CORRECTION_APPROVED, correction, checker, version=2)
                journal.record(actions.PUT_IN_USE, by=checker, person_id=correction.holder_id, details={"version": 2})
            run("SELECT vault.apply_correction(%s, 2)", correction.holder_id)
    with refused_by("correction_is_in_use_by_approval|number_is_corrected_on_request|unique"), transaction.atomic():
        journal.record(events.APPLICATION_APPROVED, by=checker, person_id=correction.holder_id)
        run("SELECT vault.put_in_use(%s, 2)", correction.holder_id)
    assert state_of(superuser_connection, application) == [(1, "IN_USE", True), (2, "CONFIRMED", True)]


def test_the_database_lets_no_number_wait_without_a_request(application: Application, maker: User) -> None:
    with refused_by("number_is_corrected_on_request"):
        numbers.keep(application.person_id, my_number(), by=maker)


def test_the_database_lets_nobody_retype_who_asked(application: Application, checker: User, maker: User) -> None:
    correction = ask(application, checker, number="", evidence="")
    right = my_number()
    corrections.type_number(correction.pk, by=maker, at=timezone.now(), evidence="CARD", number=right)
    with refused_by("number_is_corrected_on_request"):  # the vault alone would have let them
        vault.compare(application.person_id, 2, right, by=checker)


def test_the_database_keeps_the_origin_of_a_request(typed: Correction, other_maker: User) -> None:
    for change in ("corrects = 7", "reason = 'CHANGED'", "words = 'x'", f"opened_by_id = {other_maker.pk}"):
        with refused_by("correction_keeps_its_origin|correction_goes_forward"):
            run(f"UPDATE benefits_correction SET {change} WHERE id = %s", typed.pk)
    with refused_by("correction_is_typed_by_itself"):
        run("UPDATE benefits_correction SET typist_ids = '{}' WHERE id = %s", typed.pk)
    with refused_by("permission denied"):
        run("DELETE FROM benefits_correction")


def test_a_corrected_version_does_not_come_back(
    application: Application,
    maker: User,
    checker: User,
    superuser_connection: psycopg.Connection[Any],
) -> None:
    right = my_number()
    approve(ask(application, maker, number=right), right, by=checker)
    with pytest.raises(psycopg.Error, match="number_is_superseded_once"):
        superuser_connection.execute(
            "UPDATE vault.number SET state = 'IN_USE' WHERE person = %s AND version = 1", [application.person_id]
        )
    with connection.cursor() as cursor:
        cursor.execute("SELECT vault.put_in_use(%s, 1)", [application.person_id])
        assert cursor.fetchone() == (False,)


def test_a_number_that_was_somebody_elses_can_be_typed_for_them_once_it_is_corrected(
    application: Application, maker: User, checker: User, wrong: str
) -> None:
    right = my_number()
    approve(ask(application, maker, number=right), right, by=checker)
    assert vault.keep(uuid.uuid4(), wrong, by=maker) == 1


def test_the_way_back_and_forth_leaves_the_guards_as_they_were(owner_connection: psycopg.Connection[Any]) -> None:
    def guards() -> list[tuple[str, str, str]]:
        rows = owner_connection.execute(
            "SELECT c.relname::text, t.tgname::text, t.tgenabled::text"
            " FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
            " WHERE NOT t.tgisinternal AND c.relname IN ('number', 'search_limit', 'benefits_correction')"
            " ORDER BY 1, 2"
        )
        return list(rows.fetchall())

    before = guards()
    owner_connection.autocommit = False
    owner_connection.execute(REQUESTS.REMOVE)
    owner_connection.execute(VAULT.REMOVE)
    without = {name for _table, name, _state in guards()}
    owner_connection.execute(VAULT.CORRECTING + VAULT.FINDING + VAULT.TELLING + VAULT.CLOSE)
    owner_connection.execute(REQUESTS.INSTALL)
    again = guards()
    owner_connection.rollback()

    assert without.isdisjoint(
        {"correction_is_in_use_by_approval", "number_is_superseded_once", "correction_takes_two"}
    )
    assert "number_is_in_use_by_approval" in without
    assert again == before
    assert {state for _table, _name, state in before} == {"A"}
