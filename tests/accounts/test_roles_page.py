"""The matrix of roles and permissions, and who holds what today, on the page and as a file (A1, V7)."""

import csv
import io
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import actions, rights
from accounts.models import StaffSession, User
from accounts.models.rights import ProposalKind
from accounts.roles import HANDBOOK, PERMISSIONS, Role
from accounts.spreadsheet import disarmed
from audit.models import Event, Result
from tests.factories import signed_in, staff_member

pytestmark = pytest.mark.django_db
PAGE = "accounts:roles"
FILE = "accounts:roles-csv"
MAY = [role for role, duty in HANDBOOK.items() if "accounts.view_role" in duty.permissions]


@pytest.fixture
def auditor(db: None) -> User:
    """Who looks after what everybody may do."""
    return staff_member(Role.AUDITOR)


def rows_of(answer: Any) -> list[list[str]]:
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_the_page_shows_every_permission_by_role(client: Client, auditor: User) -> None:
    answer = signed_in(client, auditor).get(reverse(PAGE))

    page = answer.content.decode()
    for words in PERMISSIONS.values():
        assert str(words) in page
    for (_words, allowed), permission in zip(answer.context["rows"], PERMISSIONS, strict=True):
        assert allowed == [permission in duty.permissions for duty in HANDBOOK.values()]
    assert Event.objects.get(action=actions.MATRIX_VIEWED).actor_id == auditor.pk


def test_the_page_says_who_holds_what_today_how_far_and_how_long(client: Client, auditor: User) -> None:
    holder = staff_member(Role.INTAKE, office="CHUO", name="受付 春子")

    page = signed_in(client, auditor).get(reverse(PAGE)).content.decode()

    assert "受付 春子" in page
    assert "中央" in page
    assert holder.role_assignments.get().starts_on.isoformat() in page


def test_who_was_stopped_or_whose_right_has_not_begun_is_not_named(client: Client, auditor: User) -> None:
    one, other = staff_member(Role.USER_ADMINISTRATOR), staff_member(Role.USER_ADMINISTRATOR)
    gone, coming = staff_member(Role.MAKER, name="去った 人"), staff_member(name="来る 人")
    rights.stop_now(gone, by=one, at=timezone.now(), reason="退職")
    tomorrow = timezone.localdate() + timedelta(days=1)
    proposal = rights.propose(
        ProposalKind.GRANT,
        by=one,
        at=timezone.now(),
        reason="異動",
        user=coming,
        role="MAKER",
        starts_on=tomorrow,
    )
    rights.approve(proposal.pk, by=other, at=timezone.now())

    page = signed_in(client, auditor).get(reverse(PAGE)).content.decode()

    assert "去った 人" not in page
    assert "来る 人" not in page


def test_the_file_holds_the_matrix_and_the_holders_and_is_recorded(client: Client, auditor: User) -> None:
    staff_member(Role.ISSUER, name="発行 秋子", section="乙課")

    answer = signed_in(client, auditor).get(reverse(FILE))

    assert answer["Content-Type"].startswith("text/csv")
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer.content.startswith(b"\xef\xbb\xbf")
    rows = rows_of(answer)
    assert rows[0][1:] == [str(duty.label) for duty in HANDBOOK.values()]
    assert [row[0] for row in rows[1 : len(PERMISSIONS) + 1]] == [str(words) for words in PERMISSIONS.values()]
    assert any(row[2:4] == ["発行 秋子", "乙課"] for row in rows if len(row) > 4)
    assert Event.objects.get(action=actions.MATRIX_EXPORTED).details["count"] == 2


@pytest.mark.parametrize(
    "cell", ["=1+1", "+1", "-1", "@SUM(A1)", "＝1", "＋1", "－1", "＠x", "\t=1", "\r=1", " =1", "\u3000＝1"]
)
def test_no_cell_is_a_formula(cell: str, client: Client, auditor: User) -> None:
    assert disarmed(cell) == f"'{cell}"


def test_a_name_that_is_a_formula_reaches_the_file_disarmed(
    client: Client, auditor: User, superuser_connection: psycopg.Connection[Any]
) -> None:
    staff_member(Role.ISSUER, name='=HYPERLINK("http://x")', section="＝1＋1")

    rows = rows_of(signed_in(client, auditor).get(reverse(FILE)))

    (row,) = (row for row in rows if len(row) > 4 and "HYPERLINK" in row[2])
    assert row[2].startswith("'=")
    assert row[3].startswith("'＝")


@pytest.mark.parametrize("cell", ["山田", "1-2", "", "a=b"])
def test_an_ordinary_cell_stays_as_it_is(cell: str) -> None:
    assert disarmed(cell) == cell


def test_the_file_asks_for_a_factor_used_lately(client: Client, auditor: User) -> None:
    signed_in(client, auditor)
    StaffSession.objects.filter(user=auditor).update(factor_used_at=timezone.now() - timedelta(hours=1))

    assert client.get(reverse(FILE))["Location"].startswith(reverse("accounts:confirm"))
    assert client.get(reverse(PAGE)).status_code == 200
    assert not Event.objects.filter(action=actions.MATRIX_EXPORTED).exists()


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("name", [PAGE, FILE])
def test_the_page_and_the_file_are_for_those_whose_duty_it_is(name: str, role: Role, client: Client) -> None:
    somebody = staff_member(role, office="CHUO")

    answer = signed_in(client, somebody).get(reverse(name))

    assert answer.status_code == (200 if role in MAY else 403)
    assert Event.objects.filter(actor_id=somebody.pk, result=Result.REFUSED).exists() is (role not in MAY)


@pytest.mark.parametrize("name", [PAGE, FILE])
def test_the_page_and_the_file_are_read_only(name: str, client: Client, auditor: User) -> None:
    assert signed_in(client, auditor).post(reverse(name)).status_code == 405
