"""A new key takes over and an old one goes, with each provider of keys (A3)."""

import uuid

import pytest

from accounts.models import User
from accounts.roles import Role
from mynumber import key_operations, keys, rotation, vault
from mynumber.key_operations import KekState, Outcome, State
from mynumber.purposes import Purpose
from tests.factories import my_number, staff_member
from tests.mynumber.conftest import Held
from tests.mynumber.keys.kits import Kit

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_key_is_replaced_held_up_by_its_provider_finished_and_the_old_one_destroyed(
    kit: Kit, in_use: Held, maker: User, viewer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rotation, "BATCH", 1)
    one, other = staff_member(Role.RECORDS_KEEPER), staff_member(Role.RECORDS_KEEPER)
    vault.keep(uuid.uuid4(), my_number(), by=maker)
    operation_id = rotation.propose_rotation(by=one, reason="年次の更新")
    if not keys.keeps_files():  # a new file can be made while an old one is away
        kit.take_away()
        with pytest.raises(rotation.Refused, match="新しい鍵を作れませんでした"):
            rotation.approve(operation_id, by=other)
        kit.bring_back()

    new = rotation.approve(operation_id, by=other).new_kek_id
    assert rotation.work()
    kit.take_away()
    assert not rotation.work()
    held_up = key_operations.operation(operation_id)
    kit.bring_back()
    while rotation.work():
        pass
    rotation.approve(rotation.propose_retirement(1, by=other, reason="更新の完了"), by=one)

    assert held_up is not None
    assert (held_up.outcome, held_up.state, held_up.done) == (Outcome.APPROVED, State.RUNNING, 1)
    assert held_up.problem != ""
    assert {kek.id: (kek.state, kek.numbers) for kek in key_operations.keks()} == {
        1: (KekState.RETIRED, 0),
        new: (KekState.CURRENT, 2),
    }
    assert [key.kek_id for key in keys.provider().versions()] == [new]
    shown = vault.reveal(in_use.person, by=viewer, purpose=Purpose.INQUIRY, reason="確認")
    assert shown.digits() == in_use.number
