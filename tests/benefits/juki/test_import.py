"""A file from the terminal, from upload to wiped."""

import pytest

from accounts.models import User
from benefits.models.juki import BatchState, JukiBatch, JukiRow, RowCode, RowState
from mynumber import staging, vault
from tests.benefits.juki.conftest import applied, file_of, line, registered, reviewed

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_line_that_agrees_in_all_items_is_a_candidate_and_waits_for_a_second_person(
    maker: User, checker: User
) -> None:
    person = registered(maker, checker)

    batch = reviewed(file_of(line()), by=maker)

    row = batch.rows.get()
    assert (batch.state, batch.lines_in, batch.linked, batch.queued, batch.rejected) == (BatchState.REVIEW, 1, 1, 0, 0)
    assert (row.state, row.code, row.person_id, row.verdict) == (RowState.LINKED, RowCode.EXACT, person.pk, "FREE")
    assert vault.standing(person.pk) is None


def test_an_applied_number_is_in_use_and_nothing_of_the_file_is_left(maker: User, checker: User) -> None:
    person = registered(maker, checker)

    batch = applied(file_of(line()), by=maker, checker=checker)

    held = vault.standing(person.pk)
    assert held is not None
    assert (held.state, held.typed_by, held.confirmed_by) == (vault.State.IN_USE, maker.pk, checker.pk)
    assert (batch.state, batch.applied, batch.linked) == (BatchState.APPLIED, 1, 1)
    assert batch.wiped_at is not None
    assert staging.left(batch.pk) == (0, 0, False)
    assert not JukiRow.objects.exists()
    assert JukiBatch.objects.count() == 1
