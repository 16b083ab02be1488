"""B: two people at the same paper, list or place in the same moment: one of them is told."""

from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from benefits import content, workflow
from benefits.choices import Status
from benefits.models import DestructionList, Movement, Paper, Place, Stocktake
from benefits.models.paper import OUT, PaperState
from benefits.papers import destruction, moving, places, stocktake
from benefits.papers.steps import Refused
from tests.benefits.custody import WITHOUT_NUMBER, Store, held, paper_of, received, to
from tests.factories import approved, compared, staff_member
from tests.racing import together

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def store(transactional_db: None) -> Store:
    return Store()


def refused(outcomes: list[Any]) -> int:
    """Return how many were told, and let through nothing but refusals."""
    told = [one for one in outcomes if isinstance(one, Refused | workflow.Refused)]
    assert [one for one in outcomes if isinstance(one, Exception) and one not in told] == []
    return len(told)


@pytest.mark.parametrize("_round", range(2))
def test_of_two_people_who_move_the_same_paper_one_does(
    _round: int, maker: User, checker: User, other_checker: User, store: Store
) -> None:
    paper = held(maker, store.cabinet)

    outcomes = together(
        lambda: moving.hand_over(paper.pk, by=maker, seen=1, to=to(store.box), receiver=checker),
        lambda: moving.lend(paper.pk, by=other_checker, seen=1, borrower="委員", due_on=timezone.localdate()),
    )

    assert refused(outcomes) == 1
    assert Movement.objects.filter(paper=paper).count() == 2


@pytest.mark.parametrize("_round", range(2))
def test_of_confirming_and_taking_back_one_happens(_round: int, maker: User, checker: User, store: Store) -> None:
    paper = held(maker, store.cabinet)
    moving.hand_over(paper.pk, by=maker, seen=1, to=to(store.box), receiver=checker)

    outcomes = together(
        lambda: moving.confirm(paper.pk, by=checker, seen=2), lambda: moving.take_back(paper.pk, by=maker, seen=2)
    )

    assert refused(outcomes) == 1
    paper.refresh_from_db()
    assert (paper.box == store.box) is isinstance(outcomes[0], Paper)


@pytest.mark.parametrize("_round", range(2))
def test_of_two_who_carry_out_the_same_list_one_does(_round: int, maker: User, checker: User, store: Store) -> None:
    third = staff_member(Role.RECORDS_KEEPER)
    paper = received(paper_of(approved(maker, checker, documents=["CLINICAL"], **WITHOUT_NUMBER)), store.box, by=maker)
    made = destruction.propose([paper], by=store.keeper, basis="満了")

    outcomes = together(
        lambda: destruction.carry_out(made.pk, by=store.other_keeper), lambda: destruction.carry_out(made.pk, by=third)
    )

    assert refused(outcomes) == 1
    assert Movement.objects.filter(paper=paper, kind="DESTROYED").count() == 1


@pytest.mark.parametrize("_round", range(2))
def test_of_destroying_and_lending_the_same_paper_one_happens(
    _round: int, maker: User, checker: User, store: Store
) -> None:
    paper = received(paper_of(approved(maker, checker, documents=["CLINICAL"], **WITHOUT_NUMBER)), store.box, by=maker)
    made = destruction.propose([paper], by=store.keeper, basis="満了")

    outcomes = together(
        lambda: destruction.carry_out(made.pk, by=store.other_keeper),
        lambda: moving.lend(paper.pk, by=maker, seen=1, borrower="委員", due_on=timezone.localdate()),
    )

    assert refused(outcomes) == 1
    paper.refresh_from_db()
    assert (paper.state == PaperState.DESTROYED) is (DestructionList.objects.get().outcome == "DONE")


@pytest.mark.parametrize("_round", range(2))
def test_an_application_is_not_closed_at_the_moment_a_paper_goes_out(
    _round: int, maker: User, checker: User, other_maker: User, store: Store
) -> None:
    paper = held(maker, store.box)
    application = compared(paper.application, by=checker)

    outcomes = together(
        lambda: workflow.approve(
            application.pk,
            by=checker,
            at=timezone.now(),
            revision=application.revision,
            fingerprint=content.fingerprint(application.content),
        ),
        lambda: moving.lend(paper.pk, by=other_maker, seen=1, borrower="委員", due_on=timezone.localdate()),
    )

    # lent first: not closed; closed first: lent from a closed application, which is no harm
    paper.refresh_from_db()
    application.refresh_from_db()
    if isinstance(outcomes[0], Exception):
        assert application.status == Status.SUBMITTED
        assert paper.state in OUT
    else:
        assert application.status == Status.APPROVED
        lent = Movement.objects.filter(paper=paper, kind="LENT").first()
        assert lent is None or lent.at >= application.decided_at


@pytest.mark.parametrize("_round", range(2))
def test_a_place_is_not_closed_at_the_moment_a_paper_comes(_round: int, maker: User, store: Store) -> None:
    shelf = store.place("書庫", "B")
    paper = Paper.objects.get(pk=held(maker, store.cabinet).pk)
    paper = moving.miss(paper.pk, by=maker, seen=1, reason="ない")

    outcomes = together(
        lambda: places.close_place(shelf.pk, by=store.keeper),
        lambda: moving.find(paper.pk, by=maker, seen=2, to=to(shelf), reason="あった"),
    )

    assert refused(outcomes) == 1
    shelf.refresh_from_db()
    assert (shelf.closed_at is None) is (Paper.objects.get(pk=paper.pk).place == shelf)


@pytest.mark.parametrize("_round", range(2))
def test_two_people_do_not_count_one_place_at_once(_round: int, maker: User, checker: User, store: Store) -> None:
    outcomes = together(*(lambda by=by: stocktake.begin(store.cabinet, by=by) for by in (maker, checker)))

    assert refused(outcomes) == 1
    assert Stocktake.objects.count() == 1


def test_one_label_scanned_by_two_at_once_is_counted_once(maker: User, checker: User, store: Store) -> None:
    paper = held(maker, store.box)
    count = stocktake.begin(store.box, by=maker)

    outcomes = together(*(lambda by=by: stocktake.scan(count.pk, paper.code, by=by) for by in (maker, checker)))

    assert refused(outcomes) == 0
    assert sorted(is_new for _line, is_new in outcomes) == [False, True]
    assert count.lines.count() == 1


def test_two_keepers_do_not_make_the_same_place(store: Store) -> None:
    outcomes = together(*(lambda: store.place("書庫", "Z") for _each in range(2)))

    assert refused(outcomes) == 1
    assert Place.objects.filter(cabinet="Z").count() == 1
