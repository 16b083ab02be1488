"""B: what the database refuses of the custody register to raw SQL of the role that serves, and of the owner."""

import uuid
from importlib import import_module
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, IntegrityError, ProgrammingError, connection, transaction
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from benefits import content, workflow
from benefits.models import DestructionList, Movement, Paper, Place
from benefits.models.paper import PaperState
from benefits.papers import destruction, moving, places, stocktake
from benefits.papers.duties import STARTS
from tests import ledger
from tests.benefits.custody import NUMBER_EVIDENCE, WITHOUT_NUMBER, Store, held, paper_of, received, to
from tests.factories import approved, compared, staff_member, submitted

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def store(transactional_db: None) -> Store:
    return Store()


def sql(statement: str, *parameters: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)


def put_on_record(thing: Any, action: str, *, by: User) -> None:
    """Write an entry as SQL may, not as the journal does."""
    with connection.cursor() as cursor:
        ledger.insert(
            cursor.execute,
            action=action,
            actor_id=by.pk,
            subject_kind=thing._meta.label_lower,
            subject_id=str(thing.pk),
        )


def move(
    paper: Any, kind: str, *, by: User, record: bool = True, recorded_by: User | None = None, **columns: Any
) -> None:
    """Move a paper or a box with statements of one's own, everything right but what the arguments say."""
    subject = "paper" if isinstance(paper, Paper) else "box"
    values = {
        "id": uuid.uuid4(),
        f"{subject}_id": paper.pk,
        "number": paper.movement_count + 1,
        "kind": kind,
        "by_id": by.pk,
        "borrower": "",
        **columns,
    }
    marks = ", ".join(["%s"] * len(values))
    with transaction.atomic():
        sql(f"INSERT INTO benefits_movement ({', '.join(values)}) VALUES ({marks})", *values.values())
        if record:
            put_on_record(paper, f"benefits.{subject}.{kind.lower()}", by=recorded_by or by)


def test_a_movement_in_which_everything_is_right_passes(maker: User, checker: User, store: Store) -> None:
    paper = held(maker, store.cabinet)

    move(paper, "MOVED", by=maker, giver_id=maker.pk, receiver_id=checker.pk, to_box_id=store.box.pk)

    paper.refresh_from_db()
    assert (paper.state, paper.receiver) == (PaperState.HANDED_OVER, checker)


def test_no_movement_without_its_entry_in_the_mover_s_name(maker: User, checker: User, store: Store) -> None:
    paper = held(maker, store.cabinet)
    handed = {"giver_id": maker.pk, "receiver_id": checker.pk, "to_box_id": store.box.pk}

    with pytest.raises(IntegrityError, match="custody_is_on_record"):
        move(paper, "MOVED", by=maker, record=False, **handed)
    with pytest.raises(IntegrityError, match="custody_is_on_record"):
        move(paper, "MOVED", by=maker, recorded_by=checker, **handed)

    paper.refresh_from_db()
    assert paper.state == PaperState.HELD


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE benefits_movement SET to_place_id = NULL",
        "UPDATE benefits_movement SET by_id = by_id",
        "DELETE FROM benefits_movement",
        "TRUNCATE benefits_movement CASCADE",
        "UPDATE benefits_paper SET place_id = NULL, state = 'EXPECTED'",
        "UPDATE benefits_paper SET holds_number = false",
        "DELETE FROM benefits_paper",
        "UPDATE benefits_box SET place_id = place_id",
        "DELETE FROM benefits_box",
        "UPDATE benefits_place SET is_staff_only = false",
        "DELETE FROM benefits_place",
        "DELETE FROM benefits_destructionitem",
        "UPDATE benefits_stocktakeline SET finding = 'PRESENT'",
        "DELETE FROM benefits_stocktake",
    ],
)
def test_nothing_of_the_register_is_rewritten(
    statement: str, maker: User, checker: User, store: Store, owner_connection: psycopg.Connection[Any]
) -> None:
    held(maker, store.box)
    count = stocktake.begin(store.box, by=maker)
    stocktake.scan(count.pk, Paper.objects.get(state="HELD").code, by=maker)
    paper = received(paper_of(approved(maker, checker, documents=["CLINICAL"], **WITHOUT_NUMBER)), store.box, by=maker)
    destruction.propose([paper], by=store.keeper, basis="満了")

    with pytest.raises(ProgrammingError, match="permission denied"):
        sql(statement)
    with pytest.raises(psycopg.DatabaseError, match=r"custody_is_append_only|_moves_by_movements|never_changed"):
        owner_connection.execute(statement)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["RECEIVED", "MOVED", "FOUND"])
def test_number_evidence_goes_to_no_open_place_by_hand_either(
    kind: str, maker: User, checker: User, store: Store
) -> None:
    evidence = paper_of(submitted(maker), NUMBER_EVIDENCE)
    extra: dict[str, Any] = {}
    if kind == "RECEIVED":
        extra = {"received_on": timezone.localdate(), "sheets": 1}
    else:
        evidence = received(evidence, store.cabinet, by=maker)
    if kind == "MOVED":
        extra = {"giver_id": maker.pk, "receiver_id": checker.pk}
    if kind == "FOUND":
        evidence = moving.miss(evidence.pk, by=maker, seen=1, reason="ない")

    with pytest.raises(IntegrityError, match="number_evidence_stays_in_staff_only_places"):
        move(evidence, kind, by=maker, to_place_id=store.counter.pk, **extra)


def test_number_evidence_is_not_declared_to_be_none(maker: User, store: Store) -> None:
    application = submitted(maker)
    original = received(paper_of(application, NUMBER_EVIDENCE), store.cabinet, by=maker)
    columns = (
        "INSERT INTO benefits_paper (id, code, application_id, kind, holds_number, is_required, copied_from_id,"
        " listed_by_id, state, is_original, sheets, borrower, movement_count)"
        " VALUES (%s, 'P999999990', %s, %s, false, false, %s, %s, 'EXPECTED', true, 1, '', 0)"
    )

    with pytest.raises(IntegrityError, match="paper_of_the_number_says_so"):
        sql(columns, uuid.uuid4(), application.pk, NUMBER_EVIDENCE, None, maker.pk)
    with pytest.raises(IntegrityError, match="copy_is_of_its_original"):
        sql(columns, uuid.uuid4(), application.pk, "OTHER", original.pk, maker.pk)


def test_a_paper_does_not_begin_somewhere(maker: User, store: Store) -> None:
    application = submitted(maker)

    with pytest.raises(IntegrityError, match="paper_begins_as_expected"):
        sql(
            "INSERT INTO benefits_paper (id, code, application_id, kind, holds_number, is_required, listed_by_id,"
            " state, is_original, sheets, borrower, movement_count, place_id)"
            " VALUES (%s, 'P999999990', %s, 'OTHER', false, false, %s, 'HELD', true, 1, '', 0, %s)",
            uuid.uuid4(),
            application.pk,
            maker.pk,
            store.counter.pk,
        )


def test_nobody_hands_over_to_themselves_or_in_another_s_name(maker: User, checker: User, store: Store) -> None:
    paper = held(maker, store.cabinet)

    for giver, receiver in ((maker, maker), (checker, maker)):
        with pytest.raises(IntegrityError, match="movement_is_given_and_received_by_two"):
            move(paper, "MOVED", by=maker, giver_id=giver.pk, receiver_id=receiver.pk, to_box_id=store.box.pk)
    outsider = staff_member(Role.ISSUER)
    with pytest.raises(IntegrityError, match="movement_is_received_by_somebody_who_may"):
        move(paper, "MOVED", by=maker, giver_id=maker.pk, receiver_id=outsider.pk, to_box_id=store.box.pk)
    with pytest.raises(IntegrityError, match="movement_is_made_by_somebody_who_may"):
        move(paper, "MOVED", by=outsider, giver_id=outsider.pk, receiver_id=maker.pk, to_box_id=store.box.pk)


def test_nobody_confirms_their_own_hand_over_or_somebody_else_s(
    maker: User, checker: User, other_checker: User, store: Store
) -> None:
    paper = moving.hand_over(held(maker, store.cabinet).pk, by=maker, seen=1, to=to(store.box), receiver=checker)

    for somebody in (maker, other_checker, store.keeper):
        with pytest.raises(IntegrityError, match="hand_over_is_confirmed_by_its_receiver"):
            move(paper, "CONFIRMED", by=somebody)
    with pytest.raises(IntegrityError, match="hand_over_is_taken_back_by_its_people"):
        move(paper, "TAKEN_BACK", by=other_checker)
    move(paper, "CONFIRMED", by=checker)


def test_a_paper_moves_by_the_table_and_one_step_at_a_time(maker: User, store: Store) -> None:
    paper = held(maker, store.cabinet)

    with pytest.raises(IntegrityError, match="paper_moves_by_the_table"):
        move(paper, "RETURNED", by=maker, to_place_id=store.cabinet.pk)
    for number in (1, 3):
        with pytest.raises(IntegrityError, match=r"movement_follows_the_last_one|paper_moves_one_step_at_a_time"):
            move(paper, "MISSING", by=maker, number=number)
    with pytest.raises(IntegrityError, match="movement_leads_somewhere"):
        move(paper, "MISSING", by=maker, to_place_id=store.counter.pk)
    with pytest.raises(IntegrityError, match="movement_lends_to_somebody_until_a_day"):
        move(paper, "LENT", by=maker)
    with pytest.raises(IntegrityError, match="loan_is_due_in_the_future"):
        move(paper, "LENT", by=maker, borrower="委員", due_on="2020-01-01")
    with pytest.raises(IntegrityError, match="movement_is_of_a_paper_or_a_box"):
        move(store.box, "MISSING", by=maker)


def test_the_table_in_the_code_is_the_table_in_the_database() -> None:
    """The trigger's list of (kind, state) pairs is read out of the migration as it is installed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT prosrc FROM pg_proc WHERE proname = 'benefits_movement_moves'")
        source = cursor.fetchone()[0]
    part = source.split("(NEW.kind, paper.state) NOT IN (")[1].split("THEN")[0]

    pairs = {tuple(pair.strip(" '") for pair in one.split(",")) for one in part.split("(") if one.strip()}
    pairs = {(kind.strip("' "), state.strip("') \n")) for kind, state, *_rest in pairs}

    assert pairs == {(kind.value, state.value) for kind, states in STARTS.items() for state in states}


def test_a_movement_is_dated_by_the_database(maker: User, store: Store) -> None:
    paper = held(maker, store.cabinet)

    move(paper, "MISSING", by=maker, at="2020-01-01T00:00:00Z")

    assert Movement.objects.get(kind="MISSING").at.year > 2020


def test_an_application_is_not_closed_while_a_paper_is_out_even_in_sql(
    maker: User, checker: User, store: Store
) -> None:
    paper = held(maker, store.box)
    application = compared(paper.application, by=checker)
    moving.lend(paper.pk, by=maker, seen=1, borrower="委員", due_on=timezone.localdate())

    with pytest.raises(IntegrityError, match="application_closes_with_its_papers_in_place"):
        sql(
            "UPDATE benefits_application SET status = 'APPROVED', revision = revision + 1, decided_by_id = %s,"
            " decided_at = now(), approved_sha256 = %s WHERE id = %s",
            checker.pk,
            content.fingerprint(application.content),
            application.pk,
        )


@transaction.atomic
def carry_out(made: DestructionList, *, by: User) -> None:
    """Decide a list and do nothing else."""
    sql(
        "UPDATE benefits_destructionlist SET outcome = 'DONE', decided_by_id = %s, decided_at = now() WHERE id = %s",
        by.pk,
        made.pk,
    )
    put_on_record(made, "benefits.destruction.done", by=by)


@transaction.atomic
def destroy_at_once(paper: Paper, made: uuid.UUID, store: Store) -> None:
    """Write a list, decide it and destroy its paper in one go, in the names of two keepers."""
    sql(
        "INSERT INTO benefits_destructionlist (id, code, basis, proposed_by_id, outcome)"
        " VALUES (%s, 'D999999990', '満了', %s, '')",
        made,
        store.keeper.pk,
    )
    sql("INSERT INTO benefits_destructionitem (destruction_id, paper_id) VALUES (%s, %s)", made, paper.pk)
    sql(
        "UPDATE benefits_destructionlist SET outcome = 'DONE', decided_by_id = %s, decided_at = now()",
        store.other_keeper.pk,
    )
    move(paper, "DESTROYED", by=store.other_keeper, destruction_id=made)


@transaction.atomic
def move_in_the_past(paper: Paper, *, by: User) -> None:
    """Move a paper in a transaction that does not see what others do meanwhile."""
    sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    move(paper, "MISSING", by=by)


def test_a_paper_is_not_destroyed_alone(maker: User, checker: User, store: Store) -> None:
    paper = received(paper_of(approved(maker, checker, documents=["CLINICAL"], **WITHOUT_NUMBER)), store.box, by=maker)
    made = destruction.propose([paper], by=store.keeper, basis="満了")

    with pytest.raises(IntegrityError, match="movement_destroys_by_a_list"):
        move(paper, "DESTROYED", by=store.keeper)
    for somebody in (store.keeper, store.other_keeper):
        with pytest.raises(IntegrityError, match="paper_is_destroyed_by_a_list_of_two"):
            move(paper, "DESTROYED", by=somebody, destruction_id=made.pk)
    with pytest.raises(IntegrityError, match="destruction_takes_two"):
        sql(
            "UPDATE benefits_destructionlist SET outcome = 'DONE', decided_by_id = %s, decided_at = now()",
            store.keeper.pk,
        )
    with pytest.raises(IntegrityError, match="destruction_is_by_records_keepers"):
        sql("UPDATE benefits_destructionlist SET outcome = 'DONE', decided_by_id = %s, decided_at = now()", maker.pk)
    with pytest.raises(IntegrityError, match="destruction_list_is_fixed"):
        sql(
            "INSERT INTO benefits_destructionitem (destruction_id, paper_id) VALUES (%s, %s)",
            made.pk,
            paper_of(paper.application, "APPLICATION").pk,
        )


def test_a_list_is_carried_out_whole_or_not_at_all(maker: User, checker: User, store: Store) -> None:
    paper = received(paper_of(approved(maker, checker, documents=["CLINICAL"], **WITHOUT_NUMBER)), store.box, by=maker)
    made = destruction.propose([paper], by=store.keeper, basis="満了")

    with pytest.raises(IntegrityError, match="destruction_takes_the_whole_list"):
        carry_out(made, by=store.other_keeper)

    assert DestructionList.objects.get().outcome == ""


def test_a_paper_of_an_open_application_is_not_destroyed_even_with_a_list(maker: User, store: Store) -> None:
    paper = held(maker, store.box)
    made = uuid.uuid4()

    with pytest.raises(IntegrityError, match="paper_is_kept_while_its_application_is_open"):
        destroy_at_once(paper, made, store)


def test_places_are_kept_by_a_records_keeper_even_in_sql(maker: User, store: Store) -> None:
    with pytest.raises(IntegrityError, match="place_is_kept_by_a_records_keeper"):
        sql(
            "INSERT INTO benefits_place (id, code, site, room, cabinet, lock, is_staff_only, made_by_id)"
            " VALUES (%s, 'L999999990', 'a', 'b', 'c', '', true, %s)",
            uuid.uuid4(),
            maker.pk,
        )
    with pytest.raises(IntegrityError, match="place_is_empty_when_closed"):
        sql(
            "UPDATE benefits_place SET closed_by_id = %s, closed_at = now() WHERE id = %s",
            store.keeper.pk,
            store.cabinet.pk,
        )
    with pytest.raises(IntegrityError, match="custody_is_on_record"):
        sql(
            "UPDATE benefits_place SET closed_by_id = %s, closed_at = now() WHERE id = %s",
            store.keeper.pk,
            store.counter.pk,
        )
    places.close_place(store.counter.pk, by=store.keeper)
    with pytest.raises(IntegrityError, match="place_is_closed_and_never_changed"):
        sql("UPDATE benefits_place SET closed_by_id = NULL, closed_at = NULL WHERE id = %s", store.counter.pk)
    assert Place.objects.count() == 2


def test_an_ended_stocktake_takes_no_more_scans(maker: User, store: Store) -> None:
    paper = held(maker, store.box)
    count = stocktake.begin(store.box, by=maker)
    with pytest.raises(IntegrityError, match="box_is_counted_once_at_a_time"):
        sql(
            "INSERT INTO benefits_stocktake (id, box_id, begun_by_id, outcome) VALUES (%s, %s, %s, '')",
            uuid.uuid4(),
            store.box.pk,
            maker.pk,
        )
    stocktake.finish(count.pk, by=maker)

    with pytest.raises(IntegrityError, match="stocktake_ends_once"):
        sql(
            "INSERT INTO benefits_stocktakeline (stocktake_id, code, finding, by_id) VALUES (%s, %s, 'PRESENT', %s)",
            count.pk,
            f"{paper.code}x",
            maker.pk,
        )
    with pytest.raises(DatabaseError, match="stocktake_ends_once"):
        sql("UPDATE benefits_stocktake SET outcome = 'CANCELLED'")


def test_a_transaction_that_sees_the_world_as_it_was_moves_nothing(maker: User, store: Store) -> None:
    paper = held(maker, store.cabinet)

    with pytest.raises(IntegrityError, match="papers_move_in_read_committed"):
        move_in_the_past(paper, by=maker)


def test_an_application_whose_papers_are_in_place_is_closed(maker: User, checker: User, store: Store) -> None:
    application = compared(held(maker, store.box).application, by=checker)

    workflow.approve(
        application.pk,
        by=checker,
        at=timezone.now(),
        revision=application.revision,
        fingerprint=content.fingerprint(application.content),
    )


def test_the_way_back_is_open(maker: User, store: Store, owner_connection: psycopg.Connection[Any]) -> None:
    """The guards are taken away and put up again as the migration does it, around papers that are there."""
    guards = import_module("benefits.migrations.0011_papers")
    held(maker, store.box)
    standing = (
        "SELECT tgname FROM pg_trigger WHERE tgname ~ '^(paper|box|movement|place|stocktake|destruction)' ORDER BY 1"
    )
    before = owner_connection.execute(standing).fetchall()

    owner_connection.autocommit = False
    owner_connection.execute(guards.REMOVE)
    owner_connection.execute(guards.INSTALL)
    after = owner_connection.execute(standing).fetchall()
    owner_connection.rollback()

    assert after == before
    assert len(before) > 30
