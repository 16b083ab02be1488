"""Letting go: what is listed, who decides, what is destroyed and what is left of it (V3)."""

import os
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from importlib import import_module
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import psycopg
import pytest
from django.db import DatabaseError, IntegrityError, connection, connections, transaction
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from audit import journal
from audit.models import Event
from benefits import deletion, events, retention
from benefits.models import (
    DeletionCertificate,
    DeletionHold,
    DeletionList,
    DeletionRow,
    HouseholdPerson,
    RetentionPeriod,
)
from benefits.models.retention import HoldingKind, ListState, PeriodOutcome, RowOutcome
from mynumber import actions, deletion_journal, vault
from tests import factories
from tests.benefits import letting_go
from tests.factories import staff_member
from tests.racing import together

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def file() -> Iterator[None]:
    letting_go.no_file()
    yield
    letting_go.no_file()


@pytest.fixture
def keeper(db: None) -> User:
    return staff_member(Role.RECORDS_KEEPER)


@pytest.fixture
def other_keeper(db: None) -> User:
    return staff_member(Role.RECORDS_KEEPER)


def test_a_number_whose_time_is_over_is_listed_and_one_whose_is_not_is_not(
    maker: User, checker: User, keeper: User
) -> None:
    old, new = letting_go.over(maker, checker), factories.approved(maker, checker)

    held = letting_go.made(keeper)

    assert held.state == ListState.DRAFT
    row = held.rows.get()
    assert (row.person_id, row.holding) == (old.person_id, HoldingKind.PATIENT)
    assert row.recipient_number == old.person.recipient_number
    assert row.due_on < timezone.localdate()
    due = retention.due_on([old.person_id, new.person_id])
    assert due[old.person_id] == row.due_on
    assert due[new.person_id] is not None
    assert due[new.person_id] >= timezone.localdate()  # type: ignore[operator]  # not None, as asked above


def test_a_month_without_anything_due_has_an_empty_list_and_the_labour_begins_it_by_itself(
    maker: User, checker: User
) -> None:
    factories.approved(maker, checker)

    while deletion.list_due():
        pass

    held = DeletionList.objects.get()
    assert (held.state, held.made_by) == (ListState.EMPTY, None)


def test_two_keepers_let_a_number_go_and_a_certificate_remains(
    maker: User, checker: User, keeper: User, other_keeper: User, superuser_connection: psycopg.Connection[Any]
) -> None:
    number = factories.my_number()
    application = letting_go.over(maker, checker, number=number)
    person = application.person_id

    held = letting_go.destroyed(keeper, other_keeper)

    assert held.state == ListState.DONE
    assert vault.standing(person) is None
    found = superuser_connection.execute(
        "SELECT state, body, number_index FROM vault.number WHERE person = %s", [person]
    ).fetchall()
    assert found == [("DESTROYED", None, None)]
    assert superuser_connection.execute("SELECT count(*) FROM vault.wrapped_key").fetchone() == (0,)
    certificate = DeletionCertificate.objects.get()
    assert (certificate.person_id, certificate.version, certificate.kek_id) == (person, 1, 1)
    assert (certificate.proposed_by, certificate.approved_by) == (keeper.pk, other_keeper.pk)
    entry = Event.objects.get(action=actions.DESTROYED)
    assert entry.details == {"version": 1, "certificate": certificate.label, "key": 1}
    assert entry.person_id == person
    assert [line.kind.value for line in deletion_journal.read().lines] == ["INTENT", "DONE"]
    assert deletion.compare_with_file().agrees
    # and no table of the office holds the number in any other place
    assert number not in _everything(superuser_connection)
    assert number not in deletion_journal.path().read_text(encoding="utf-8")


def test_the_same_number_can_be_typed_anew_once_it_was_destroyed(
    maker: User, checker: User, keeper: User, other_keeper: User
) -> None:
    number = factories.my_number()
    letting_go.over(maker, checker, number=number)
    letting_go.destroyed(keeper, other_keeper)

    again = factories.approved(maker, checker, number=number)

    assert vault.standing(again.person_id) is not None


def test_certificates_are_numbered_without_a_gap_within_their_fiscal_year(
    maker: User, checker: User, keeper: User, other_keeper: User
) -> None:
    for _count in range(3):
        letting_go.over(maker, checker)
    held = letting_go.approved(keeper, other_keeper)

    full = patch.object(deletion_journal, "append", side_effect=deletion_journal.JournalTrouble("disk full"))
    with full, pytest.raises(deletion_journal.JournalTrouble):
        deletion.destroy_piece()
    assert not DeletionCertificate.objects.exists()
    while deletion.destroy_piece():
        pass

    assert sorted(DeletionCertificate.objects.values_list("serial", flat=True)) == [1, 2, 3]
    assert held.rows.filter(outcome=RowOutcome.DESTROYED).count() == 3


def test_a_number_that_never_came_into_use_is_destroyed_with_a_certificate_too(
    maker: User, checker: User, keeper: User, other_keeper: User, superuser_connection: psycopg.Connection[Any]
) -> None:
    application = factories.draft(maker)
    _as_of(superuser_connection, "UPDATE benefits_application SET edited_at = '2015-01-01'", "benefits_application")

    held = letting_go.destroyed(keeper, other_keeper)

    assert held.rows.get().holding == HoldingKind.NOT_APPROVED
    assert DeletionCertificate.objects.get().person_id == application.person_id
    assert vault.standing(application.person_id) is None


def test_what_is_renewed_or_put_on_hold_since_drops_off_by_itself(
    maker: User, checker: User, keeper: User, other_keeper: User
) -> None:
    lasting, appealing, going = (letting_go.over(maker, checker) for _count in range(3))
    held = letting_go.approved(keeper, other_keeper)
    letting_go.renewed(lasting.person, maker, checker)
    deletion.set_hold(appealing.person, by=checker, reason="APPEAL", words="令和8年第1号")

    while deletion.destroy_piece():
        pass

    outcomes = dict(held.rows.values_list("person_id", "outcome"))
    assert outcomes == {
        lasting.person_id: RowOutcome.DROPPED,
        appealing.person_id: RowOutcome.DROPPED,
        going.person_id: RowOutcome.DESTROYED,
    }
    assert vault.standing(lasting.person_id) is not None
    assert vault.standing(appealing.person_id) is not None


def test_a_number_on_hold_is_not_listed_until_somebody_else_has_ended_the_hold(
    maker: User, checker: User, keeper: User
) -> None:
    application = letting_go.over(maker, checker)
    hold = deletion.set_hold(application.person, by=keeper, reason="LAWSUIT", words="令和8年(行ウ)第1号")
    assert letting_go.made(keeper).state == ListState.EMPTY

    with pytest.raises(deletion.Refused, match="自分が行った停止"):
        deletion.end_hold(hold.pk, by=keeper, at=timezone.now(), words="終結")
    deletion.end_hold(hold.pk, by=checker, at=timezone.now(), words="終結")

    assert letting_go.made(keeper).rows.get().person_id == application.person_id
    assert Event.objects.filter(action=events.HOLD_REFUSED).count() == 1


def test_the_numbers_of_a_household_go_with_their_application_and_are_kept_with_the_patients_hold(
    maker: User, checker: User, keeper: User, other_keeper: User
) -> None:
    application = letting_go.over(maker, checker, numbers={"member_0": factories.my_number()}, **factories.household())
    mother = HouseholdPerson.objects.get(application=application).pk
    hold = deletion.set_hold(application.person, by=checker, reason="DISCLOSURE", words="開示請求 第5号")
    assert letting_go.made(keeper).state == ListState.EMPTY
    deletion.end_hold(hold.pk, by=keeper, at=timezone.now(), words="開示済み")

    held = letting_go.approved(keeper, other_keeper)
    deletion.set_hold(application.person, by=checker, reason="DISCLOSURE", words="再度の請求")
    row = letting_go.row_of(mother)
    query = "SELECT vault.destroy(%s, 1, %s)"
    assert "number_on_hold" in _refusal(query, mother, held.pk, **_destruction(row, other_keeper))
    deletion.end_hold(DeletionHold.objects.get(ended_at=None).pk, by=keeper, at=timezone.now(), words="済み")
    while deletion.destroy_piece():
        pass

    assert {row.holding for row in held.rows.all()} == {HoldingKind.PATIENT, HoldingKind.MEMBER}
    assert set(held.rows.values_list("outcome", flat=True)) == {RowOutcome.DESTROYED}
    assert vault.standing(mother) is None


def test_a_corrected_version_goes_alone_and_the_one_in_use_stays(
    maker: User, checker: User, keeper: User, other_keeper: User, superuser_connection: psycopg.Connection[Any]
) -> None:
    application = factories.approved(maker, checker)
    _as_of(
        superuser_connection,
        "INSERT INTO vault.number (person, version, state, body, number_index, typed_by, confirmed_by, confirmed_at)"
        " SELECT person, 2, 'SUPERSEDED', body, number_index, typed_by, confirmed_by, confirmed_at FROM vault.number;"
        "INSERT INTO vault.wrapped_key SELECT person, 2, kek_id, wrapped FROM vault.wrapped_key;"
        "UPDATE vault.number SET state_since = '2019-05-01' WHERE version = 2",
        "vault.number",
    )

    held = letting_go.destroyed(keeper, other_keeper)

    row = held.rows.get()
    assert (row.version, row.holding, row.outcome) == (2, HoldingKind.SUPERSEDED, RowOutcome.DESTROYED)
    standing = vault.standing(application.person_id)
    assert standing is not None
    assert standing.version == 1


def test_nobody_approves_what_they_proposed_and_a_list_that_changed_is_not_approved_unseen(
    maker: User, checker: User, keeper: User, other_keeper: User
) -> None:
    letting_go.over(maker, checker)
    letting_go.over(maker, checker)
    held = letting_go.proposed(keeper)

    with pytest.raises(deletion.Refused, match="自分が申請した一覧"):
        deletion.approve(held.pk, by=keeper, at=timezone.now(), revision=held.revision)
    with pytest.raises(deletion.Refused, match="権限がありません"):
        deletion.approve(held.pk, by=checker, at=timezone.now(), revision=held.revision)
    deletion.withdraw(held.pk, by=keeper)
    row = held.rows.order_by("pk").first()
    assert row is not None
    deletion.exclude(row.pk, by=keeper, reason="照会中")
    again = DeletionList.objects.get(pk=held.pk)
    deletion.propose(held.pk, by=keeper, at=timezone.now(), revision=again.revision)
    with pytest.raises(deletion.Refused, match="表示した後に"):
        deletion.approve(held.pk, by=other_keeper, at=timezone.now(), revision=held.revision)
    with pytest.raises(deletion.Refused, match="対象は変えられません"):
        deletion.exclude(held.rows.exclude(pk=row.pk).get().pk, by=keeper, reason="遅い")

    assert Event.objects.filter(action=events.DELETION_REFUSED).count() == 4


def test_a_rejected_list_destroys_nothing_and_can_be_made_again(
    maker: User, checker: User, keeper: User, other_keeper: User
) -> None:
    application = letting_go.over(maker, checker)
    held = letting_go.proposed(keeper)

    deletion.reject(held.pk, by=other_keeper, at=timezone.now(), reason="根拠を確かめてください")
    while deletion.destroy_piece():
        pass

    assert vault.standing(application.person_id) is not None
    assert letting_go.made(other_keeper).rows.get().person_id == application.person_id


def test_a_period_is_proposed_by_one_keeper_and_decided_by_another(keeper: User, other_keeper: User) -> None:
    values = {"years": 3, "months": 0, "counted_from": "DAY", "basis": "規程 別表", "valid_from": timezone.localdate()}
    period = deletion.propose_period(by=keeper, values=values)

    with pytest.raises(deletion.Refused, match="自分では決定できません"):
        deletion.decide_period(period.pk, PeriodOutcome.APPROVED, by=keeper, at=timezone.now())
    deletion.decide_period(period.pk, PeriodOutcome.APPROVED, by=other_keeper, at=timezone.now())

    in_force = retention.Periods(on=timezone.localdate()).for_holding(HoldingKind.PATIENT, programme="NANBYO")
    assert in_force is not None
    assert in_force.pk == period.pk
    with pytest.raises(deletion.Refused, match="過ぎた日"):
        deletion.propose_period(by=keeper, values=values | {"valid_from": letting_go.day("2020-01-01")})


# ── guards, by going round the code as the role that serves ──────────────────────────────────────────────────────


def _refusal(query: str, *parameters: Any, **entry: Any) -> str:
    """Return what the database says to ``query``, committed together with an entry of the record."""
    try:
        with transaction.atomic():
            if entry:
                journal.record(**entry)
            with connection.cursor() as cursor:
                cursor.execute(query, parameters)
    except DatabaseError as refused:
        return str(refused)
    return ""


def _forged_approval(by: User, list_id: Any) -> None:
    subject = journal.Subject(kind="benefits.deletionlist", id=str(list_id))
    journal.record_committed(events.DELETION_APPROVED, by=by, subject=subject)


def _destruction(row: DeletionRow, by: User) -> dict[str, Any]:
    return {"action": actions.DESTROYED, "by": by, "person_id": row.person_id, "details": {"version": row.version}}


def test_nothing_is_destroyed_without_an_approved_list(
    maker: User, checker: User, keeper: User, other_keeper: User
) -> None:
    application = letting_go.over(maker, checker)
    person, nowhere = application.person_id, uuid4()
    query = "SELECT vault.destroy(%s, 1, %s)"

    assert "no approval on record" in _refusal(query, person, nowhere)
    _forged_approval(keeper, nowhere)
    assert "number_is_destroyed_by_an_approved_list" in _refusal(query, person, nowhere)
    held = letting_go.proposed(keeper)
    row = held.rows.get()
    _forged_approval(other_keeper, held.pk)
    assert "number_is_destroyed_by_an_approved_list" in _refusal(query, person, held.pk, **_destruction(row, keeper))
    for closed in ("vault.destroy_again(%s, 1, now())", "vault.erase(%s, 1, 'DESTROYED')"):
        assert "permission denied" in _refusal(f"SELECT {closed}", person)

    assert vault.standing(person) is not None


def test_an_approved_list_does_not_destroy_what_is_on_hold_or_of_a_recipient(
    maker: User, checker: User, keeper: User, other_keeper: User
) -> None:
    appealing, lasting = letting_go.over(maker, checker), letting_go.over(maker, checker)
    held = letting_go.approved(keeper, other_keeper)
    deletion.set_hold(appealing.person, by=checker, reason="AUDIT", words="会計検査")
    letting_go.renewed(lasting.person, maker, checker)
    query = "SELECT vault.destroy(%s, 1, %s)"

    row = letting_go.row_of(appealing.person_id)
    refusal = _refusal(query, row.person_id, held.pk, **_destruction(row, other_keeper))
    assert "number_on_hold_is_not_destroyed" in refusal
    row = letting_go.row_of(lasting.person_id)
    refusal = _refusal(query, row.person_id, held.pk, **_destruction(row, other_keeper))
    assert "number_of_a_recipient_is_not_destroyed" in refusal


def test_nothing_is_destroyed_without_its_certificate_and_no_certificate_without_its_destruction(
    maker: User, checker: User, keeper: User, other_keeper: User
) -> None:
    letting_go.over(maker, checker)
    held = letting_go.approved(keeper, other_keeper)
    row = held.rows.get()

    refusal = _refusal("SELECT vault.destroy(%s, 1, %s)", row.person_id, held.pk, **_destruction(row, other_keeper))
    assert "number_destruction_is_certified" in refusal
    with pytest.raises(IntegrityError, match="certificate_names_what_is_erased"), transaction.atomic():
        deletion._certify(row, kek_id=1)
    with pytest.raises(IntegrityError, match="deletions_are_replayed_by_the_owner"), transaction.atomic():
        _copy(row, replayed_at=timezone.now()).save(force_insert=True)
    with pytest.raises(IntegrityError, match="row_is_destroyed_with_a_certificate"), transaction.atomic():
        DeletionRow.objects.filter(pk=row.pk).update(outcome=RowOutcome.DESTROYED)

    assert vault.standing(row.person_id) is not None


def test_a_certificate_is_never_changed_by_anybody(
    maker: User,
    checker: User,
    keeper: User,
    other_keeper: User,
    owner_connection: psycopg.Connection[Any],
    superuser_connection: psycopg.Connection[Any],
) -> None:
    letting_go.over(maker, checker)
    letting_go.destroyed(keeper, other_keeper)

    for query in (
        "UPDATE benefits_deletioncertificate SET serial = 9",
        "DELETE FROM benefits_deletioncertificate",
        "TRUNCATE benefits_deletioncertificate",
    ):
        assert "permission denied" in _refusal(query)
        for anybody in (owner_connection, superuser_connection):
            with pytest.raises(psycopg.errors.RestrictViolation, match="certificate_is_never_changed"):
                anybody.execute(query)


def test_one_person_is_not_two_and_only_keepers_decide(
    maker: User, checker: User, keeper: User, other_keeper: User
) -> None:
    letting_go.over(maker, checker)
    held = letting_go.proposed(keeper)
    query = "UPDATE benefits_deletionlist SET state = 'APPROVED', decided_by_id = %s, decided_at = now() WHERE id = %s"

    def entry(by: User) -> dict[str, Any]:
        return {"action": events.DELETION_APPROVED, "by": by, "subject": held}

    assert "list_is_decided_by_a_second_person" in _refusal(query, keeper.pk, held.pk, **entry(keeper))
    assert "list_is_decided_by_a_keeper" in _refusal(query, checker.pk, held.pk, **entry(checker))
    assert "list_is_on_record" in _refusal(query, other_keeper.pk, held.pk)
    assert "list_is_on_record" in _refusal(query, other_keeper.pk, held.pk, **entry(keeper))
    query = "UPDATE benefits_deletionlist SET proposed_by_id = %s WHERE id = %s"
    assert "list_moves_by_the_table" in _refusal(query, other_keeper.pk, held.pk)
    assert "list_begins_empty" in _refusal(
        "INSERT INTO benefits_deletionlist (id, month, as_of, state, revision, decision_reason)"
        " VALUES (%s, '2030-01-01', '2020-01-01', 'DRAFT', 1, '')",
        uuid4(),
    )
    assert "permission denied" in _refusal("DELETE FROM benefits_deletionlist")


def test_rows_are_fixed_once_their_list_is_proposed(
    maker: User, checker: User, keeper: User, other_keeper: User
) -> None:
    letting_go.over(maker, checker)
    held = letting_go.proposed(keeper)
    row = held.rows.get()

    with pytest.raises(IntegrityError, match="row_is_fixed_once_proposed"), transaction.atomic():
        DeletionRow.objects.filter(pk=row.pk).update(outcome="EXCLUDED", outcome_words="x", excluded_by=keeper)
    with pytest.raises(IntegrityError, match="row_is_not_changed"), transaction.atomic():
        DeletionRow.objects.filter(pk=row.pk).update(person_id=uuid4())
    row.pk, row.person_id = None, uuid4()
    with pytest.raises(IntegrityError, match="row_is_listed_while_the_list_is_made"), transaction.atomic():
        row.save(force_insert=True)
    assert held.rows.count() == 1


def test_a_row_does_not_say_what_no_clock_could_say(maker: User, checker: User, keeper: User) -> None:
    application = factories.approved(maker, checker)
    held = deletion.make_list(by=keeper, at=timezone.now())
    valid_to = application.certification.valid_to

    def row(**changes: Any) -> DeletionRow:
        values = {
            "deletion_list": held,
            "person_id": application.person_id,
            "version": 1,
            "holding": HoldingKind.PATIENT,
            "basis": "NANBYO",
            "period": RetentionPeriod.objects.get(),
            "since_on": valid_to,
            "due_on": held.as_of - timedelta(days=1),
            "why": "",
        }
        return DeletionRow(**(values | changes))

    early = letting_go.day("2019-03-31")
    for wrong in (
        {},  # its period has not passed since
        {"since_on": early},  # its certification ended later
        {"since_on": early, "holding": HoldingKind.NOT_APPROVED},
        {"since_on": early, "holding": HoldingKind.SUPERSEDED},
        {"since_on": early, "version": 2},
        {"since_on": early, "person_id": uuid4()},
    ):
        with pytest.raises(IntegrityError, match="row_says_what_its_clock_says"), transaction.atomic():
            row(**wrong).save()
    with pytest.raises(IntegrityError, match="row_is_listed_once_it_is_due"), transaction.atomic():
        row(due_on=held.as_of).save()


def test_a_hold_and_a_period_are_changed_only_as_their_rules_say(
    maker: User, checker: User, keeper: User, other_keeper: User, issuer: User
) -> None:
    person = factories.approved(maker, checker).person
    hold = deletion.set_hold(person, by=keeper, reason="AUDIT", words="検査")
    end = "UPDATE benefits_deletionhold SET ended_by_id = %s, ended_at = now(), ended_words = 'x'"

    assert "hold_is_ended_by_somebody_else" in _refusal(end, keeper.pk)
    assert "hold_is_ended_by_a_checker_or_keeper" in _refusal(end, issuer.pk)
    assert "hold_is_on_record" in _refusal(end, other_keeper.pk)
    assert "hold_is_ended_and_never_changed" in _refusal("UPDATE benefits_deletionhold SET words = 'y'")
    with pytest.raises(IntegrityError, match="hold_is_set_by_a_checker_or_keeper"), transaction.atomic():
        DeletionHold.objects.create(person=person, reason="AUDIT", words="x", set_by=issuer)
    assert not DeletionHold.objects.get(pk=hold.pk).ended_at
    shipped = RetentionPeriod.objects.get()
    assert "period_is_decided_once" in _refusal(
        "UPDATE benefits_retentionperiod SET years = 1 WHERE id = %s", shipped.pk
    )
    own = deletion.propose_period(
        by=keeper,
        values={"years": 1, "months": 0, "counted_from": "DAY", "basis": "x", "valid_from": timezone.localdate()},
    )
    decide = "UPDATE benefits_retentionperiod SET outcome = 'APPROVED', decided_by_id = %s WHERE id = %s"
    assert "period_is_decided_by_a_second_person" in _refusal(decide, keeper.pk, own.pk)
    assert "period_is_decided_by_a_keeper" in _refusal(decide, checker.pk, own.pk)
    assert "period_is_on_record" in _refusal(decide, other_keeper.pk, own.pk)
    change = "UPDATE benefits_retentionperiod SET years = 2 WHERE id = %s"
    assert "period_is_followed_and_never_changed" in _refusal(change, own.pk)


def test_the_way_back_is_open_while_nothing_was_destroyed(owner_connection: psycopg.Connection[Any]) -> None:
    lists, own = (
        import_module(name) for name in ("benefits.migrations.0010_letting_go", "mynumber.migrations.0007_letting_go")
    )

    def guards() -> set[Any]:
        return set(
            owner_connection.execute(
                "SELECT tgrelid::regclass::text, tgname, tgenabled::text FROM pg_trigger WHERE NOT tgisinternal"
            ).fetchall()
        )

    before = guards()
    owner_connection.autocommit = False
    owner_connection.execute(lists.REMOVE)
    owner_connection.execute(own.REMOVE)
    assert not {name for _table, name, _state in guards() if name.startswith(("row_", "hold_", "certificate_"))}
    owner_connection.execute(own.INSTALL + own.CLOSE)
    owner_connection.execute(lists.INSTALL)
    after = guards()
    owner_connection.rollback()

    assert after == before


# ── races, and a kill at the worst moment ────────────────────────────────────────────────────────────────────────


def test_a_hold_that_is_set_while_the_list_is_carried_out_is_either_in_time_or_too_late(
    maker: User, checker: User, keeper: User, other_keeper: User
) -> None:
    application = letting_go.over(maker, checker)
    letting_go.approved(keeper, other_keeper)

    results = together(
        deletion.destroy_piece,
        lambda: deletion.set_hold(application.person, by=checker, reason="APPEAL", words="第2号"),
    )

    assert not [one for one in results if isinstance(one, Exception)]
    row = letting_go.row_of(application.person_id)
    is_gone = vault.standing(application.person_id) is None
    assert (row.outcome == RowOutcome.DESTROYED) == is_gone == DeletionCertificate.objects.exists()
    assert row.outcome in {RowOutcome.DESTROYED, RowOutcome.DROPPED}


def test_two_workers_destroy_nothing_twice(maker: User, checker: User, keeper: User, other_keeper: User) -> None:
    for _count in range(4):
        letting_go.over(maker, checker)
    held = letting_go.approved(keeper, other_keeper)

    def everything() -> int:
        pieces = 0
        while deletion.destroy_piece():
            pieces += 1
        return pieces

    results = together(everything, everything)

    assert all(isinstance(one, int) for one in results), results
    while deletion.destroy_piece():
        pass
    assert DeletionCertificate.objects.count() == 4
    assert held.rows.filter(outcome=RowOutcome.DESTROYED).count() == 4
    assert deletion.compare_with_file().agrees


@pytest.mark.parametrize("moment", ["before the commit", "after the commit"])
def test_a_worker_that_is_killed_between_file_and_database_leaves_nothing_half_done(
    maker: User, checker: User, keeper: User, other_keeper: User, moment: str
) -> None:
    application = letting_go.over(maker, checker)
    letting_go.approved(keeper, other_keeper)

    _killed(moment)

    is_gone = moment == "after the commit"
    assert (vault.standing(application.person_id) is None) == is_gone
    assert DeletionCertificate.objects.exists() == is_gone
    assert deletion.compare_with_file().agrees  # its list is still being worked on
    while deletion.destroy_piece():
        pass
    assert vault.standing(application.person_id) is None
    assert DeletionCertificate.objects.get().serial == 1
    kinds = [line.kind.value for line in deletion_journal.read().lines]
    assert kinds == (["INTENT", "DONE"] if is_gone else ["INTENT", "VOID", "INTENT", "DONE"])
    assert deletion.compare_with_file().agrees


def _killed(moment: str) -> None:
    """Let a process of its own destroy a piece, and end without a word once its intent is on the disk."""
    connections.close_all()
    child = os.fork()
    if child == 0:
        append = deletion_journal.append

        def then_die(lines: Any) -> None:
            said = list(lines)
            if said[0].kind is deletion_journal.Kind.INTENT:
                append(said)
                if moment == "before the commit":
                    os._exit(9)
                return
            os._exit(9)

        with patch.object(deletion_journal, "append", then_die):
            deletion.destroy_piece()
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9


@pytest.fixture
def issuer(db: None) -> User:
    return staff_member(Role.ISSUER)


def _copy(row: DeletionRow, **changes: Any) -> DeletionCertificate:
    values: dict[str, Any] = {
        "fiscal_year": 2026,
        "serial": 7,
        "issued_at": timezone.now(),
        "list_id": row.deletion_list_id,
        "person_id": row.person_id,
        "version": row.version,
        "holding": row.holding,
        "basis": row.basis,
        "since_on": row.since_on,
        "due_on": row.due_on,
        "proposed_by": 1,
        "approved_by": 2,
    }
    return DeletionCertificate(**(values | changes))


def _everything(superuser: psycopg.Connection[Any]) -> str:
    """Return every row of every table as text."""
    tables = superuser.execute(
        "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname IN ('public', 'audit', 'vault')"
    ).fetchall()
    return "".join(
        str(superuser.execute(f"SELECT string_agg(t::text, '|') FROM {table} t").fetchone()) for (table,) in tables
    )


def _as_of(superuser: psycopg.Connection[Any], query: str, table: str) -> None:
    """Change a row as an intruder would, with its guards asleep."""
    with closing(superuser.cursor()) as cursor:
        triggers = cursor.execute(
            "SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND NOT tgisinternal", [table]
        ).fetchall()
        for (name,) in triggers:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {name}")
        cursor.execute(query)
        for (name,) in triggers:
            cursor.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}")
