"""関係の申告 and 時間外の登録: what staff and their heads tell the rules beforehand."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from audit.models import Event
from benefits import events, watching
from benefits.models.watching import DeclaredRelation, Overtime, RelationDeclaration
from tests.factories import my_number, signed_in, staff_member

pytestmark = pytest.mark.django_db

RELATIONS, OVERTIME = "/relations/", "/overtime/"
OWN = {"kana": "ヤマダ ミサキ", "birth_on": "H2.4.1", "postal_code": "1000001"}


@pytest.fixture
def misaki() -> User:
    return staff_member(Role.MAKER, section="健康課", name="山田 美咲")


@pytest.fixture
def head() -> User:
    return staff_member(Role.SECTION_HEAD, section="健康課", name="課長 太郎")


def text(response: Any) -> str:
    return str(response.content.decode())


def tomorrow() -> str:
    return (timezone.localdate() + timedelta(days=1)).isoformat()


@pytest.mark.parametrize("role", [Role.MAKER, Role.NUMBER_VIEWER, Role.USER_ADMINISTRATOR, None])
def test_everybody_declares_whom_they_know_once_a_year(client: Client, role: Role | None) -> None:
    user = staff_member(*([role] if role else []))
    signed_in(client, user)
    assert "今年度はまだ申告していません。" in text(client.get(RELATIONS))
    assert RELATIONS in text(client.get("/account/"))

    response = client.post(RELATIONS, {**OWN, "kind_0": "FAMILY", "kana_0": "ヤマダ　ハナコ", "birth_on_0": "S40.1.2"})

    assert response.status_code == 302
    declaration = RelationDeclaration.objects.get(user=user)
    assert [one.kind for one in DeclaredRelation.objects.filter(declaration=declaration)] == ["FAMILY"]
    assert watching.has_declared(user, on=timezone.localdate())
    entry = Event.objects.get(action=events.RELATION_DECLARED)
    assert entry.details == {"count": 1}
    shown = text(client.get(RELATIONS))
    assert "申告しています" in shown
    assert "ヤマダ" not in shown.split('<form method="post"')[1].split("</form>")[0].replace("例 ヤマダ　ミサキ", "")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"kana": ""}, "フリガナを入力してください"),
        ({"birth_on": "きのう"}, "生年月日"),
        ({"birth_on": "R99.1.1"}, "生年月日"),
        ({"postal_code": "12"}, "郵便番号"),
        ({"kind_0": "FAMILY"}, "そろえて入力してください"),
        ({"kana_2": "ヤマダ"}, "そろえて入力してください"),
        ({"kind_0": "NONSENSE", "kana_0": "ヤマダ", "birth_on_0": "S40.1.2"}, "関係"),
    ],
)
def test_a_declaration_that_says_half_is_asked_for_again(
    client: Client, misaki: User, typed: dict[str, str], said: str
) -> None:
    signed_in(client, misaki)

    response = client.post(RELATIONS, {**OWN, **typed})

    assert response.status_code == 200
    assert "エラー: " in text(response)
    assert said in text(response)
    assert not RelationDeclaration.objects.exists()


def test_a_my_number_in_a_reading_is_refused(client: Client, misaki: User) -> None:
    number = my_number()
    signed_in(client, misaki)

    response = client.post(RELATIONS, {**OWN, "kana": number})

    assert number not in text(response)
    assert not RelationDeclaration.objects.exists()


def test_a_section_head_registers_overtime_of_their_own_staff_alone(client: Client, head: User, misaki: User) -> None:
    other = staff_member(Role.MAKER, section="保険課", name="保険 二郎")
    signed_in(client, head)
    sent = {"day": tomorrow(), "begins": "18:00", "ends": "21:30"}

    page = text(client.get(OVERTIME))
    answers = [client.post(OVERTIME, {**sent, "user": str(user.pk)}).status_code for user in (misaki, other, head)]

    assert answers == [302, 200, 200]
    assert "保険 二郎" not in page
    overtime = Overtime.objects.get()
    assert (overtime.user_id, overtime.registered_by_id) == (misaki.pk, head.pk)
    assert overtime.ends_at - overtime.starts_at == timedelta(hours=3, minutes=30)
    assert "山田 美咲" in text(client.get(OVERTIME))


def test_work_past_midnight_ends_on_the_next_day(client: Client, head: User, misaki: User) -> None:
    signed_in(client, head)

    client.post(OVERTIME, {"user": str(misaki.pk), "day": tomorrow(), "begins": "22:00", "ends": "01:00"})

    overtime = Overtime.objects.get()
    assert overtime.ends_at - overtime.starts_at == timedelta(hours=3)


@pytest.mark.parametrize(
    "typed",
    [
        {"user": ""},
        {"user": "999999999"},
        {"day": "きのう"},
        {"day": "2020-01-01"},
        {"begins": "25:00"},
        {"ends": ""},
    ],
)
def test_overtime_that_makes_no_sense_is_not_registered(
    client: Client, head: User, misaki: User, typed: dict[str, str]
) -> None:
    signed_in(client, head)
    sent = {"user": str(misaki.pk), "day": tomorrow(), "begins": "18:00", "ends": "21:30", **typed}

    response = client.post(OVERTIME, sent)

    assert response.status_code == 200
    assert "エラー: " in text(response)
    assert not Overtime.objects.exists()


def test_who_heads_no_section_registers_nothing(client: Client) -> None:
    staff_member(section="")
    signed_in(client, staff_member(Role.SECTION_HEAD))

    response = client.get(OVERTIME)

    assert "所属が登録されていないため" in text(response)
    assert [value for value, _name in response.context["form"].fields["user"].choices] == [""]


@pytest.mark.parametrize("role", [Role.MAKER, Role.AUDITOR, Role.USER_ADMINISTRATOR])
def test_nobody_else_registers_overtime(client: Client, misaki: User, role: Role) -> None:
    signed_in(client, staff_member(role, section="健康課"))

    assert client.get(OVERTIME).status_code == 403
    assert client.post(OVERTIME, {"user": str(misaki.pk)}).status_code == 403
