"""The pages on which two keepers replace a key: what each may do there, and what the page says (A3, A2)."""

import shutil
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as office_settings
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import StaffSession, User
from accounts.roles import Role
from audit import keyfiles
from config.key_pages import words
from mynumber import key_operations, keys, rotation, vault
from mynumber.key_operations import KekState, Operation, Outcome, State
from tests.factories import my_number, signed_in, staff_member

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_keys(tmp_path: Path, settings: Any) -> Iterator[Path]:
    """A copy of the office's keys for one test."""
    copied = tmp_path / "keys"
    shutil.copytree(office_settings.KYUFU_KEYS_DIR, copied)
    settings.KYUFU_KEYS_DIR = copied
    keyfiles.read.cache_clear()
    yield copied
    keyfiles.read.cache_clear()


@pytest.fixture
def keeper() -> User:
    return staff_member(Role.RECORDS_KEEPER, name="申請 花子")


@pytest.fixture
def other() -> User:
    return staff_member(Role.RECORDS_KEEPER, name="承認 次郎")


def at(user: User) -> Client:
    return signed_in(Client(), user)


def send(client: Client, name: str, operation_id: uuid.UUID | None = None, **data: object) -> HttpResponse:
    """Send a form and follow where it leads."""
    arguments = [operation_id] if operation_id else []
    answer: Any = client.post(reverse(name, args=arguments), data, follow=True)
    assert answer.status_code == 200
    return answer


def text_of(answer: HttpResponse) -> str:
    return answer.content.decode()


def only() -> Operation:
    (one,) = key_operations.operations(most=2)
    return one


def proposed(keeper: User) -> uuid.UUID:
    return rotation.propose_rotation(by=keeper, reason="年次の更新")


def finished() -> None:
    while rotation.work():
        pass


def test_one_proposes_a_rotation_and_is_told_that_another_approves(keeper: User) -> None:
    client = at(keeper)
    assert "鍵の更新を申請する" in text_of(client.get(reverse("keys")))

    answer = text_of(send(client, "keys-rotate", reason="年次の更新"))

    assert only().reason == "年次の更新"
    assert "ほかの保存・鍵管理者が承認すると始まります" in answer
    assert "自分が出した申請は、自分では承認も却下もできません" in answer
    assert "承認して鍵を更新する" not in answer
    assert "申請を取り下げる" in answer
    assert "鍵 1 の更新" in text_of(client.get(reverse("keys")))


@pytest.mark.parametrize("reason", ["", "   ", "あ" * 201])
def test_a_proposal_needs_a_reason_of_a_fitting_length(reason: str, keeper: User) -> None:
    answer = text_of(send(at(keeper), "keys-rotate", reason=reason))

    assert "エラー: 鍵の更新の申請" in answer
    assert key_operations.open_operation() is None


def test_a_second_proposal_is_refused_on_the_page_while_one_is_open(keeper: User, other: User) -> None:
    proposed(keeper)

    answer = text_of(send(at(other), "keys-rotate", reason="もう1つ"))

    assert "承認待ちか進行中です" in answer
    assert only().proposed_by == keeper.pk


def test_another_approves_and_sees_how_far_it_is(keeper: User, other: User) -> None:
    maker = staff_member(Role.MAKER)
    vault.keep(uuid.uuid4(), my_number(), by=maker)
    operation_id = proposed(keeper)
    client = at(other)
    assert "承認して鍵を更新する" in text_of(client.get(reverse("keys-operation", args=[operation_id])))

    answer = text_of(send(client, "keys-operation-approve", operation_id))

    assert "新しい鍵 2 で封じ始めました" in answer
    assert "data-key-progress" in answer
    progress = client.get(reverse("keys-operation-progress", args=[operation_id])).json()
    assert progress == {
        "state": "RUNNING",
        "percent": 0,
        "done": 0,
        "total": 1,
        "left": 1,
        "time_left": "",
        "problem": "",
    }
    finished()
    answer = text_of(client.get(reverse("keys-operation", args=[operation_id])))
    assert "1件を新しい鍵で包み直しました" in answer
    assert "古い鍵の破棄を申請する" in answer
    assert "data-key-progress" not in answer


def test_what_went_wrong_stands_on_the_page_in_words(
    keeper: User, other: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def out(*_arguments: object, **_labels: object) -> None:
        raise keys.KeyUnavailableError("鍵サーバーが応答しません。")

    vault.keep(uuid.uuid4(), my_number(), by=staff_member(Role.MAKER))
    operation_id = proposed(keeper)
    with monkeypatch.context() as down:
        down.setattr(type(keys.provider()), "make", out)
        answer = text_of(send(at(other), "keys-operation-approve", operation_id))
    assert "新しい鍵を作れませんでした。鍵サーバーが応答しません。" in answer
    assert only().outcome is Outcome.WAITING

    send(at(other), "keys-operation-approve", operation_id)
    with monkeypatch.context() as down:
        down.setattr(type(keys.provider()), "unwrap", out)
        rotation.work()
    assert "鍵サーバーが応答しません" in text_of(at(other).get(reverse("keys-operation", args=[operation_id])))


def test_a_proposal_is_rejected_with_a_reason_and_withdrawn_by_its_proposer(keeper: User, other: User) -> None:
    first = proposed(keeper)
    answer = text_of(send(at(other), "keys-operation-reject", first, reason=""))
    assert "理由を入力してください" in answer
    answer = text_of(send(at(other), "keys-operation-reject", first, reason="年度末に行う"))
    assert "却下しました" in answer
    assert "年度末に行う" in answer
    second = proposed(keeper)
    assert "取り下げられるのは、申請した人だけです" in text_of(send(at(other), "keys-operation-withdraw", second))
    assert "申請を取り下げました" in text_of(send(at(keeper), "keys-operation-withdraw", second))

    history = text_of(at(keeper).get(reverse("keys")))
    assert "却下" in history
    assert "取下げ" in history


def test_a_rotation_is_held_up_and_goes_on_from_the_page(keeper: User, other: User) -> None:
    vault.keep(uuid.uuid4(), my_number(), by=staff_member(Role.MAKER))
    operation_id = proposed(keeper)
    send(at(other), "keys-operation-approve", operation_id)

    answer = text_of(send(at(keeper), "keys-operation-pause", operation_id))
    assert "一時停止しました" in answer
    assert "再開する" in answer
    assert only().state is State.PAUSED
    assert "再開しました" in text_of(send(at(other), "keys-operation-resume", operation_id))
    assert "いまの状態では" in text_of(send(at(other), "keys-operation-resume", operation_id))


def test_an_operation_that_stands_still_is_said_to(keeper: User, other: User, monkeypatch: pytest.MonkeyPatch) -> None:
    vault.keep(uuid.uuid4(), my_number(), by=staff_member(Role.MAKER))
    operation_id = proposed(keeper)
    send(at(other), "keys-operation-approve", operation_id)
    assert "しばらく進んでいません" not in text_of(at(keeper).get(reverse("keys-operation", args=[operation_id])))

    monkeypatch.setattr(key_operations, "STALLED_AFTER", timedelta(0))

    assert "しばらく進んでいません" in text_of(at(keeper).get(reverse("keys-operation", args=[operation_id])))


def test_an_old_key_is_chosen_and_destroyed_by_two(keeper: User, other: User, own_keys: Path) -> None:
    assert "破棄できる鍵はありません" in text_of(at(keeper).get(reverse("keys-retire")))
    rotation.approve(proposed(keeper), by=other)
    finished()

    assert "破棄する鍵を選んでください" in text_of(send(at(keeper), "keys-retire", reason="更新の完了"))
    assert "この鍵は破棄できません" in text_of(send(at(keeper), "keys-retire", kek="2", reason="更新の完了"))
    send(at(keeper), "keys-retire", kek="1", reason="更新の完了")
    one = key_operations.open_operation()
    assert one is not None
    answer = text_of(send(at(other), "keys-operation-approve", one.id))

    assert "鍵 1 を破棄しました" in answer
    assert not (own_keys / "number-kek-1.key").exists()
    assert {kek.id: kek.state for kek in key_operations.keks()} == {1: KekState.RETIRED, 2: KekState.CURRENT}
    assert "破棄した鍵" in text_of(at(keeper).get(reverse("keys")))


@pytest.mark.parametrize(
    "name",
    [
        "keys-rotate",
        "keys-retire",
        "keys-operation",
        "keys-operation-approve",
        "keys-operation-reject",
        "keys-operation-withdraw",
        "keys-operation-pause",
        "keys-operation-resume",
    ],
)
def test_every_act_asks_for_a_factor_given_lately(name: str, keeper: User, other: User) -> None:
    operation_id = proposed(other)
    client = at(keeper)
    StaffSession.objects.filter(user=keeper).update(factor_used_at=timezone.now() - timedelta(hours=2))
    arguments = [] if name in {"keys-rotate", "keys-retire"} else [operation_id]
    send_or_look = client.get if name == "keys-operation" else client.post

    answer: Any = send_or_look(reverse(name, args=arguments), {"reason": "理由"})

    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("accounts:confirm"))
    assert only().outcome is Outcome.WAITING


def test_an_operation_that_is_not_there_is_not_found(keeper: User) -> None:
    client = at(keeper)

    for name in ("keys-operation", "keys-operation-progress"):
        assert client.get(reverse(name, args=[uuid.uuid4()])).status_code == 404
    for name in ("approve", "reject", "withdraw", "pause", "resume"):
        assert client.post(reverse(f"keys-operation-{name}", args=[uuid.uuid4()])).status_code == 404


def test_asking_how_far_it_is_does_not_keep_a_session_in_use(keeper: User) -> None:
    operation_id = proposed(keeper)
    client = at(keeper)
    before = timezone.now() - timedelta(minutes=5)
    StaffSession.objects.filter(user=keeper).update(last_used_at=before)

    assert client.get(reverse("keys-operation-progress", args=[operation_id])).status_code == 200

    assert StaffSession.objects.get(user=keeper).last_used_at == before


def test_older_operations_are_a_page_further(keeper: User, other: User, monkeypatch: pytest.MonkeyPatch) -> None:
    for reason in ("一", "二", "三"):
        rotation.withdraw(rotation.propose_rotation(by=keeper, reason=reason), by=keeper)
    monkeypatch.setattr("config.key_pages.overview.PAGE", 2)
    client = at(keeper)

    first: Any = client.get(reverse("keys"))
    second: Any = client.get(reverse("keys"), {"before": first.context["older"]})

    assert [[row[0].reason for row in page.context["history"]] for page in (first, second)] == [["三", "二"], ["一"]]
    assert second.context["older"] == ""
    assert client.get(reverse("keys"), {"before": "somewhen"}).status_code == 200


@pytest.mark.parametrize(
    ("done", "took", "said"),
    [(0, 10, ""), (500, 1, "1分未満"), (500, 60, "約8分"), (500, 3600, "約7時間45分"), (4373, 60, "1分未満")],
)
def test_the_rest_of_the_time_is_said_in_round_words(done: int, took: int, said: str) -> None:
    began = timezone.now()
    one = Operation(
        id=uuid.uuid4(),
        kind=key_operations.Kind.ROTATE,
        kek_id=1,
        new_kek_id=2,
        reason="更新",
        proposed_by=1,
        proposed_at=began,
        outcome=Outcome.APPROVED,
        decided_by=2,
        decided_at=began,
        decision_reason="",
        state=State.RUNNING,
        total=4375,
        done=done,
        counted_from=began,
        counted_done=0,
        last_progress_at=began + timedelta(seconds=took),
        finished_at=None,
        problem="",
    )

    assert words.time_left(one) == said
