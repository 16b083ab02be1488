"""The demo's table of accounts: every row of it signs in, and outside a demo there is none (A2)."""

import json
import stat
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from accounts import demo_staff, passwords, staff
from accounts.models import CodeDevice, User
from accounts.roles import HANDBOOK, Role
from tests.accounts.conftest import CODE, give_code, give_password, is_signed_in

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def home(tmp_path: Path, settings: Any) -> Path:
    settings.KYUFU_HOME = tmp_path
    return tmp_path


@pytest.fixture
def hired(home: Path, as_owner: Callable[[], Any]) -> dict[Role, User]:
    """The demo's members of staff, one of each role."""
    with as_owner():
        return demo_staff.hire()


def table(*options: str) -> str:
    out = StringIO()
    call_command("demo_accounts", *options, stdout=out)
    return out.getvalue()


def test_there_is_one_member_of_staff_for_each_role(hired: dict[Role, User]) -> None:
    assert set(hired) == set(Role)
    assert {role: User.objects.get(pk=user.pk).roles for role, user in hired.items()} == {
        role: (role,) for role in Role
    }
    assert CodeDevice.objects.count() == len(demo_staff.MEMBERS)


def test_there_is_a_second_user_administrator_to_approve_what_the_first_proposes(hired: dict[Role, User]) -> None:
    administrators = [member for member in demo_staff.MEMBERS if member.role is Role.USER_ADMINISTRATOR]

    assert [member.login_id for member in administrators] == ["admin", "admin2"]
    assert all(User.objects.get(login_id=one.login_id).roles == (Role.USER_ADMINISTRATOR,) for one in administrators)


def test_the_head_answers_for_the_maker_and_the_checker(hired: dict[Role, User]) -> None:
    sections = {hired[role].section for role in (Role.SECTION_HEAD, Role.MAKER, Role.CHECKER)}

    assert len(sections) == 1
    assert sections != {""}


def test_a_duty_that_is_for_one_health_centre_is_given_for_one_that_there_is(hired: dict[Role, User]) -> None:
    given = {role: user.role_assignments.get().office for role, user in hired.items()}

    assert {role for role, office in given.items() if office} == {
        role for role, duty in HANDBOOK.items() if duty.needs_office
    }
    assert given[Role.INTAKE] == "CHUO"
    assert "保健所受付担当者（中央保健所）" in table()


def test_nobody_of_the_demo_must_change_a_password_first(hired: dict[Role, User]) -> None:
    for user in hired.values():
        assert passwords.why_to_change(User.objects.get(pk=user.pk), at=timezone.now()) == ""


def test_everybody_in_the_table_can_sign_in_with_what_it_says(hired: dict[Role, User]) -> None:
    rows = json.loads(table("--json"))

    assert [row["role"] for row in rows] == [member.role.value for member in demo_staff.MEMBERS]
    for row in rows:
        client = Client()
        assert row["wait"] == 0
        assert give_password(client, row["login_id"], row["password"])["Location"] == CODE
        assert give_code(client, row["code"])["Location"] == "/"
        assert is_signed_in(client)


def test_after_a_code_was_used_the_table_shows_another_that_works(hired: dict[Role, User]) -> None:
    first = json.loads(table("--json"))[0]
    give_password(browser := Client(), first["login_id"], first["password"])
    give_code(browser, first["code"])

    second = json.loads(table("--json"))[0]

    assert second["code"] != first["code"]
    assert second["wait"] == 0
    give_password(browser := Client(), second["login_id"], second["password"])
    assert give_code(browser, second["code"])["Location"] == "/"


def test_the_table_for_people_says_the_same_in_columns(hired: dict[Role, User]) -> None:
    rows, text = json.loads(table("--json")), table()

    for row in rows:
        for part in (row["role_label"], row["login_id"], row["password"], row["try_first"]):
            assert part in text
    assert "確認コードは30秒ごとに変わり" in text
    assert set(rows[0]) == {"role", "role_label", "login_id", "name", "password", "code", "wait", "try_first"}


def test_hiring_again_changes_nobody(hired: dict[Role, User], as_owner: Callable[[], Any]) -> None:
    before = json.loads(table("--json"))

    with as_owner():
        again = demo_staff.hire()

    assert {role: user.pk for role, user in again.items()} == {role: user.pk for role, user in hired.items()}
    assert [row["password"] for row in json.loads(table("--json"))] == [row["password"] for row in before]


def test_readable_passwords_stand_in_one_file_that_only_its_owner_reads(hired: dict[Role, User], home: Path) -> None:
    file = home / "demo" / "accounts.json"

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    written = json.loads(file.read_text(encoding="utf-8"))
    assert len(set(written.values())) == len(demo_staff.MEMBERS)
    for user in hired.values():
        assert written[user.login_id] not in user.password


def test_outside_a_demo_there_is_no_table_and_nobody_is_hired(
    hired: dict[Role, User], home: Path, settings: Any, as_owner: Callable[[], Any]
) -> None:
    settings.DEMO = False

    for options in ((), ("--json",)):
        with pytest.raises(CommandError, match="デモ環境ではない"):
            table(*options)
    with as_owner(), pytest.raises(demo_staff.NotADemoError):
        demo_staff.hire()
    with pytest.raises(demo_staff.NotADemoError):
        demo_staff.accounts()


def test_production_is_no_demo() -> None:
    import importlib

    assert importlib.import_module("config.settings.production").DEMO is False


def test_an_office_without_its_demo_staff_says_so(home: Path) -> None:
    with pytest.raises(CommandError, match="デモの利用者がいません"):
        table()
    assert json.loads(table("--json")) == []


def test_somebody_hired_by_hand_is_not_in_the_table(hired: dict[Role, User], as_owner: Callable[[], Any]) -> None:
    with as_owner():
        staff.add(login_id="by.hand", display_name="手島 優", section="", roles=[], password="x" * 20)

    assert "by.hand" not in table()
