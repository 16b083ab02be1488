"""The keeper of the keys sees that each one works, and never a key (V6, V7)."""

import os
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
from audit import actions as audit_actions, keyfiles
from audit.models import Event, Result
from config import key_trials
from config.office import keys
from mynumber import actions, keys as number_keys, rotation, vault
from tests.factories import my_number, signed_in, staff_member

pytestmark = pytest.mark.django_db


@pytest.fixture
def directory(tmp_path: Path, settings: Any) -> Iterator[Path]:
    """A copy of the office's keys, to be spoilt. What this process has read so far, it has read from the originals."""
    for name in keys.KEY_FILES:
        keyfiles.read(name.removesuffix(".key"))
    copied = tmp_path / "keys"
    shutil.copytree(office_settings.KYUFU_KEYS_DIR, copied)
    settings.KYUFU_KEYS_DIR = copied
    yield copied
    keyfiles.read.cache_clear()


@pytest.fixture
def keeper() -> User:
    return staff_member(Role.RECORDS_KEEPER)


@pytest.fixture
def other() -> User:
    return staff_member(Role.RECORDS_KEEPER)


def page_for(keeper: User) -> HttpResponse:
    return signed_in(Client(), keeper).get(reverse("keys"))  # type: ignore[return-value]


def problems_on(page: Any) -> dict[str, str]:
    return {key.name: key.problem for key in page.context["keys"] if key.problem}


def test_every_key_of_the_office_is_listed_and_works(directory: Path, keeper: User) -> None:
    page: Any = page_for(keeper)

    assert page.status_code == 200
    assert {f"{key.name}.key" for key in page.context["keys"]} == set(keys.KEY_FILES)
    assert problems_on(page) == {}
    assert "すべての鍵が使えます" in page.content.decode()
    entry = Event.objects.get(action=actions.KEYS_VIEWED)
    assert (entry.actor_id, entry.details) == (keeper.pk, {"count": len(keys.KEY_FILES), "code": "sound"})


def test_no_key_is_on_the_page_nor_any_part_of_one(directory: Path, keeper: User) -> None:
    text = page_for(keeper).content.decode()

    for file in directory.glob("*.key"):
        key = file.read_text(encoding="ascii").strip()
        assert all(key[at : at + 8] not in text for at in range(0, len(key), 8))


def test_the_page_says_which_key_seals_how_old_each_is_and_what_is_under_it(
    directory: Path, keeper: User, other: User, maker: User
) -> None:
    vault.keep(uuid.uuid4(), my_number(), by=maker)
    rotation.approve(rotation.propose_rotation(by=keeper, reason="年次の更新"), by=other)
    vault.keep(uuid.uuid4(), my_number(), by=maker)
    vault.keep(uuid.uuid4(), my_number(), by=maker)
    os.utime(directory / "number-kek-1.key", (0, 1_700_000_000))

    page: Any = page_for(keeper)

    found = {key.name: key for key in page.context["keys"]}
    assert "これから入力される番号" in found["number-kek-2"].purpose
    assert "以前に封じた番号" in found["number-kek-1"].purpose
    assert {key.kek_id: key.kek.numbers for key in found.values() if key.kek} == {1: 1, 2: 2}
    assert (found["number-kek-2"].days, found["number-kek-2"].is_too_old) == (0, False)
    assert found["number-kek-1"].days > 700
    assert not found["number-kek-1"].is_too_old  # it seals no more
    assert "2023-11-15 07:13" in page.content.decode()
    assert page.context["operation"].kek_id == 1


@pytest.mark.parametrize(("most", "is_too_old"), [(0, False), (100, True), (3000, False)])
def test_a_key_that_seals_for_too_long_is_pointed_out(
    most: int, is_too_old: bool, directory: Path, keeper: User, settings: Any
) -> None:
    settings.KYUFU_KEK_DAYS = most
    os.utime(directory / "number-kek-1.key", (0, 1_700_000_000))

    text = page_for(keeper).content.decode()

    assert ("更新の時期です" in text) is is_too_old
    assert (f"{most}日より古くなっています" in text) is is_too_old


def test_the_page_says_what_came_of_the_trial_before(directory: Path, keeper: User) -> None:
    text = page_for(keeper).content.decode()
    assert "合格" not in text

    (directory / "seed.key").chmod(0o644)
    assert "合格" in page_for(keeper).content.decode()
    (directory / "seed.key").chmod(0o600)

    page: Any = page_for(keeper)
    earlier = {key.name: trial for key, trial in page.context["other_keys"]}
    assert "chmod 600" in earlier["seed"].problem
    assert earlier["reason"].problem == ""
    assert timezone.now() - earlier["seed"].at < timedelta(minutes=1)


def test_every_key_is_tried_once_a_day_without_anybody_looking(directory: Path) -> None:
    (directory / "seed.key").chmod(0o644)

    assert key_trials.try_daily()
    assert not key_trials.try_daily()

    entry = Event.objects.get(action=actions.KEYS_TRIED)
    assert (entry.actor_id, entry.result, entry.details) == (None, Result.FAILED, {"count": 1, "code": "trouble"})


def test_a_key_that_never_sealed_and_one_that_came_back_from_a_copy_are_called_so(
    directory: Path, keeper: User, other: User
) -> None:
    keys.write_secret(directory / "number-kek-7.key", "ab" * 32)
    rotation.approve(rotation.propose_rotation(by=keeper, reason="年次の更新"), by=other)
    while rotation.work():
        pass
    copy = (directory / "number-kek-1.key").read_text().strip()
    rotation.approve(rotation.propose_retirement(1, by=keeper, reason="更新の完了"), by=other)
    keys.write_secret(directory / "number-kek-1.key", copy)

    page: Any = page_for(keeper)

    found = {key.name: key for key in page.context["keys"]}
    assert "使っていない鍵" in found["number-kek-7"].purpose
    assert "破棄したはずの鍵" in found["number-kek-1"].purpose
    assert "これから入力される番号" in found["number-kek-8"].purpose
    assert "破棄した鍵" in page.content.decode()


def test_a_provider_that_does_not_answer_is_every_keys_problem(
    directory: Path, keeper: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def out(*_arguments: object) -> None:
        raise keyfiles.KeyUnavailableError("鍵サーバーが応答しません。")

    monkeypatch.setattr(type(number_keys.provider()), "health", out)

    page: Any = page_for(keeper)

    assert problems_on(page) == dict.fromkeys(("number-kek-1", "number-index"), "鍵サーバーが応答しません。")


def test_a_key_that_is_gone_open_to_others_or_no_key_is_pointed_out(directory: Path, keeper: User) -> None:
    (directory / "number-kek-1.key").unlink()
    (directory / "seed.key").chmod(0o644)
    (directory / "reason.key").write_text("zz", encoding="ascii")

    page: Any = page_for(keeper)

    assert page.status_code == 200
    assert set(problems_on(page)) == {"number-kek-1", "seed", "reason"}
    assert "使えない鍵があります" in page.content.decode()
    assert Event.objects.get(action=actions.KEYS_VIEWED).details["code"] == "trouble"


def test_a_key_that_was_exchanged_while_the_service_ran_does_not_open_what_it_seals(directory: Path) -> None:
    (directory / "number-index.key").unlink()
    keys.write_secret(directory / "number-index.key", "cd" * 32)

    assert not keyfiles.is_sound("number-index")
    assert keyfiles.is_sound("number-kek-1")


def test_a_stale_sign_in_is_asked_for_a_factor_first(directory: Path, keeper: User) -> None:
    client = signed_in(Client(), keeper)
    StaffSession.objects.filter(user=keeper).update(factor_used_at=timezone.now() - timedelta(hours=2))

    answer = client.get(reverse("keys"))

    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("accounts:confirm"))
    assert not Event.objects.filter(action=actions.KEYS_VIEWED).exists()


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.RECORDS_KEEPER])
def test_nobody_else_sees_the_keys_and_the_attempt_is_on_record(role: Role) -> None:
    somebody = staff_member(role)

    assert page_for(somebody).status_code == 403
    assert Event.objects.get(actor_id=somebody.pk, action=audit_actions.PAGE_REFUSED).result == Result.REFUSED


def test_the_keeper_finds_the_keys_in_the_menu(directory: Path, keeper: User) -> None:
    page: Any = page_for(keeper)

    assert [entry.url for entry in page.context["menu"] if entry.is_current] == [reverse("keys")]
