"""What an independent review found in the custody register: loans of number evidence, and who confirms destruction."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import StaffSession, User
from benefits.models import DestructionList, Movement
from benefits.models.paper import MovementKind, PaperState
from benefits.papers import destruction, duties, moving
from benefits.papers.steps import Refused
from benefits.registers import paper_kinds
from tests.benefits.custody import NUMBER_EVIDENCE, Store, held, paper_of, received
from tests.benefits.test_papers_guards import move
from tests.factories import signed_in, submitted

pytestmark = pytest.mark.django_db


@pytest.fixture
def store(db: None) -> Store:
    return Store()


@pytest.mark.parametrize("kind", [NUMBER_EVIDENCE, paper_kinds.FORM])
def test_a_paper_with_a_number_is_not_lent_out_of_the_staff_only_area(kind: str, maker: User, store: Store) -> None:
    paper = received(paper_of(submitted(maker), kind), store.cabinet, by=maker)
    due = timezone.localdate()

    assert "番号確認書類" in duties.why_not(MovementKind.LENT, paper, by=maker).message  # type: ignore[union-attr]  # refused
    with pytest.raises(Refused, match="番号のない写しを貸し出してください"):
        moving.lend(paper.pk, by=maker, seen=1, borrower="委員", due_on=due)
    with pytest.raises(IntegrityError, match="number_evidence_is_not_lent"), transaction.atomic():
        move(paper, "LENT", by=maker, borrower="委員", due_on=due)

    assert not Movement.objects.filter(kind=MovementKind.LENT).exists()


def test_a_paper_without_a_number_is_lent_as_before(maker: User, store: Store) -> None:
    paper = moving.lend(held(maker, store.cabinet).pk, by=maker, seen=1, borrower="委員", due_on=timezone.localdate())

    assert paper.state == PaperState.LENT


@pytest.mark.parametrize("outcome", ["DONE", "REJECTED"])
def test_whoever_confirms_that_papers_were_destroyed_proves_again_who_they_are(
    outcome: str, maker: User, store: Store
) -> None:
    paper = moving.miss(held(maker, store.cabinet).pk, by=maker, seen=1, reason="見当たらない")
    made = destruction.propose([paper], by=store.keeper, basis="満了")
    client = signed_in(Client(), store.other_keeper)
    StaffSession.objects.filter(user=store.other_keeper).update(factor_used_at=timezone.now() - timedelta(hours=1))

    answer = client.post(reverse("benefits:destruction-decide", args=[made.pk]), {"outcome": outcome})

    assert answer["Location"].startswith(reverse("accounts:confirm"))
    assert DestructionList.objects.get(pk=made.pk).outcome == ""
