"""Staff in bulk: one brings the file, another applies all of it or nothing, and the database holds to that."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from accounts import actions, batches
from accounts.models import Proposal, RoleAssignment, StaffBatch, StaffSession, User
from accounts.models.rights import Outcome
from accounts.roles import Role
from audit.models import Event, Result
from tests.accounts.test_staff_file import written
from tests.factories import staff_member
from tests.racing import together

SECTION = "総務課"


def today() -> date:
    return timezone.localdate()


def joiner(login_id: str = "new-one", **changes: str) -> dict[str, str]:
    return {
        "区分": "採用",
        "利用者ID": login_id,
        "氏名": "新任 一郎",
        "所属": "地域保健課",
        "役割": "入力担当者",
        "開始日": today().isoformat(),
        "決裁番号": "総第12号",
        "理由": "新規採用",
    } | changes


def mover(user: User, **changes: str) -> dict[str, str]:
    row = {"区分": "異動", "利用者ID": user.login_id, "所属": "新しい課", "理由": "定期異動"}
    return row | {"開始日": today().isoformat()} | changes


def leaver(user: User, **changes: str) -> dict[str, str]:
    row = {"区分": "退職", "利用者ID": user.login_id, "理由": "定年退職"}
    return row | {"終了日": today().isoformat()} | changes


def administrator() -> User:
    return staff_member(Role.USER_ADMINISTRATOR, section=SECTION)


def brought(by: User, *rows: Mapping[str, str]) -> StaffBatch:
    return batches.upload(written(*rows), by=by, at=timezone.now())


def complaints(batch: StaffBatch) -> list[tuple[int, str, str]]:
    return [(one.line, one.column, one.code) for one in batches.plan(batch, today=today()).problems]


@pytest.fixture
def two(db: None) -> tuple[User, User]:
    """Two user administrators: who brings, who applies."""
    return administrator(), administrator()


def test_whoever_brings_a_file_changes_nothing(two: tuple[User, User]) -> None:
    batch = brought(two[0], joiner())
    assert not User.objects.filter(login_id="new-one").exists()
    assert not Proposal.objects.filter(batch=batch).exists()
    entry = Event.objects.get(action=actions.BATCH_UPLOADED)
    assert entry.details == {"batch": str(batch.pk), "count": 1, "fingerprint": batch.file_sha256}


def test_what_each_line_would_do_is_said_in_words(two: tuple[User, User]) -> None:
    moved, left = staff_member(Role.MAKER, section="前の課"), staff_member(Role.CHECKER)
    batch = brought(two[0], joiner(), mover(moved, 役割="＋確認者・－入力担当者"), leaver(left))
    plan = batches.plan(batch, today=today())
    assert plan.is_applicable
    day, day_before = today().isoformat(), (today() - timedelta(days=1)).isoformat()
    assert [planned.sentences for planned in plan.lines] == [
        ("新任 一郎（地域保健課）を利用者として登録する", f"「入力担当者」を付与する（{day}〜）"),
        (
            "変更する：所属 前の課 → 新しい課",
            f"「入力担当者」を{day_before}までで終える",
            f"「確認者」を付与する（{day}〜）",
        ),
        (f"{day}までで利用を停止する",),
    ]


def test_a_second_person_applies_every_line_and_each_step_has_two_names(two: tuple[User, User]) -> None:
    moved, left = staff_member(Role.MAKER, section="前の課"), staff_member(Role.CHECKER)
    batch = brought(two[0], joiner(), mover(moved, 役割="＋番号閲覧者・－入力担当者"), leaver(left))
    batches.apply(batch.pk, by=two[1], at=timezone.now())
    hired = User.objects.get(login_id="new-one")
    assert [given.role for given in hired.role_assignments.all()] == [Role.MAKER]
    moved.refresh_from_db()
    assert moved.section == "新しい課"
    held = {given.role for given in moved.role_assignments.all() if given.is_current(on=today())}
    assert held == {Role.NUMBER_VIEWER}  # a maker may not be one: the old duty has ended first
    left.refresh_from_db()
    assert left.valid_until == today()
    proposals = Proposal.objects.filter(batch=batch)
    assert {(one.proposed_by_id, one.decided_by_id, one.outcome) for one in proposals} == {
        (two[0].pk, two[1].pk, Outcome.APPROVED)
    }
    assert {one.decision_number for one in proposals if one.kind == "HIRE"} == {"総第12号"}
    assert batches.joiners(batch) == [hired]
    assert Event.objects.get(action=actions.BATCH_APPLIED).details["count"] == 3


def test_a_leaver_whose_last_day_is_over_is_stopped_at_once(two: tuple[User, User]) -> None:
    left = staff_member(Role.CHECKER)
    now = timezone.now()
    StaffSession.objects.create(user=left, session_key="k" * 32, last_used_at=now, factor_used_at=now)
    batch = brought(two[0], leaver(left, 終了日=(today() - timedelta(days=3)).isoformat()))
    batches.apply(batch.pk, by=two[1], at=timezone.now())
    left.refresh_from_db()
    assert not left.is_active
    assert not StaffSession.objects.filter(user=left, ended_at__isnull=True).exists()


def test_whoever_brought_the_file_cannot_apply_it(two: tuple[User, User]) -> None:
    batch = brought(two[0], joiner())
    with pytest.raises(batches.Refused) as refusal:
        batches.apply(batch.pk, by=two[0], at=timezone.now())
    assert refusal.value.code == "own"
    assert Event.objects.filter(action=actions.BATCH_REFUSED, result=Result.REFUSED, details__code="own").exists()


def test_when_one_line_fails_no_line_is_applied_and_it_is_named(two: tuple[User, User]) -> None:
    moved = staff_member(Role.MAKER)
    batch = brought(two[0], joiner(), mover(moved), mover(two[1]))
    with pytest.raises(batches.Refused) as refusal:
        batches.apply(batch.pk, by=two[1], at=timezone.now())
    assert refusal.value.line == 4
    assert "4行目" in refusal.value.message
    assert "どの行も反映していません" in refusal.value.message
    assert not User.objects.filter(login_id="new-one").exists()
    moved.refresh_from_db()
    assert moved.section == ""
    batch.refresh_from_db()
    assert batch.outcome == ""


def test_lines_are_looked_at_again_against_the_office_as_it_is_when_applied(two: tuple[User, User]) -> None:
    first, second = brought(two[0], joiner()), brought(two[0], joiner(氏名="新任 二郎"))
    assert not complaints(second)
    batches.apply(first.pk, by=two[1], at=timezone.now())
    assert complaints(second) == [(2, "利用者ID", "taken")]
    with pytest.raises(batches.Refused) as refusal:
        batches.apply(second.pk, by=two[1], at=timezone.now())
    assert refusal.value.line == 2


def test_a_file_with_mistakes_can_be_looked_at_but_not_applied(two: tuple[User, User]) -> None:
    somebody, stopped = staff_member(Role.MAKER), staff_member(Role.MAKER)
    rows = [
        joiner(login_id=somebody.login_id),
        mover(User(login_id="nobody-here")),
        mover(two[0]),
        joiner(login_id="twice"),
        joiner(login_id="twice"),
        mover(stopped, 役割="＋番号閲覧者"),
    ]
    batch = brought(two[0], *rows)
    assert complaints(batch) == [
        (2, "利用者ID", "taken"),
        (3, "利用者ID", "unknown"),
        (4, "利用者ID", "self"),
        (6, "利用者ID", "twice"),
        (7, "役割", "conflict"),
    ]
    with pytest.raises(batches.Refused) as refusal:
        batches.apply(batch.pk, by=two[1], at=timezone.now())
    assert refusal.value.code == "problems"


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"役割": "－確認者"}, ("役割", "not_held")),
        ({"役割": "＋入力担当者"}, ("役割", "held")),
        ({"役割": "＋監査担当"}, ("役割", "conflict")),
        ({"役割": "＋発行担当者", "開始日": "2020-04-01"}, ("開始日", "past")),
        ({"所属": "今の課"}, ("所属", "nothing")),
    ],
)
def test_a_mover_is_checked_against_what_they_hold(
    two: tuple[User, User], changes: dict[str, str], complaint: tuple[str, str]
) -> None:
    moved = staff_member(Role.MAKER, section="今の課")
    batch = brought(two[0], mover(moved, **changes))
    assert complaints(batch) == [(2, *complaint)]


def test_a_duty_that_has_ended_before_the_new_one_begins_does_not_stand_in_its_way(
    two: tuple[User, User], owner_connection: psycopg.Connection[Any]
) -> None:
    moved = staff_member(Role.MAKER)
    last = today() + timedelta(days=10)
    owner_connection.execute("DELETE FROM accounts_roleassignment WHERE user_id = %s", [moved.pk])
    owner_connection.execute(
        "INSERT INTO accounts_roleassignment (user_id, role, ends_on) VALUES (%s, 'MAKER', %s)", [moved.pk, last]
    )
    overlapping = brought(two[0], mover(moved, 役割="＋監査担当", 開始日=last.isoformat()))
    assert complaints(overlapping) == [(2, "役割", "conflict")]
    following = brought(two[0], mover(moved, 役割="＋監査担当", 開始日=(last + timedelta(days=1)).isoformat()))
    batches.apply(following.pk, by=two[1], at=timezone.now())
    assert RoleAssignment.objects.filter(user=moved, role=Role.AUDITOR).exists()


def test_the_same_file_is_taken_once_until_it_is_put_aside(two: tuple[User, User]) -> None:
    batch = brought(two[0], joiner())
    with pytest.raises(batches.Refused) as refusal:
        brought(two[1], joiner())
    assert refusal.value.code == "again"
    batches.reject(batch.pk, by=two[1], at=timezone.now(), reason="氏名が違います")
    again = brought(two[0], joiner())
    assert again.file_sha256 == batch.file_sha256


def test_a_rejection_has_a_reason_and_a_withdrawal_is_its_bringers(two: tuple[User, User]) -> None:
    rejected, withdrawn = brought(two[0], joiner()), brought(two[0], joiner(login_id="other"))
    with pytest.raises(batches.Refused):
        batches.reject(rejected.pk, by=two[1], at=timezone.now(), reason=" ")
    batches.reject(rejected.pk, by=two[1], at=timezone.now(), reason="誤り")
    batches.reject(withdrawn.pk, by=two[0], at=timezone.now(), reason="出し直し")
    rejected.refresh_from_db()
    withdrawn.refresh_from_db()
    assert (rejected.outcome, withdrawn.outcome) == (Outcome.REJECTED, Outcome.WITHDRAWN)
    with pytest.raises(batches.Refused) as refusal:
        batches.apply(rejected.pk, by=two[1], at=timezone.now())
    assert refusal.value.code == "decided"


def test_what_cannot_be_read_is_refused_and_recorded_without_its_content(two: tuple[User, User]) -> None:
    with pytest.raises(batches.Refused) as refusal:
        batches.upload(b"not,a,staff,file\r\n", by=two[0], at=timezone.now())
    assert refusal.value.code == "columns"
    assert Event.objects.get(action=actions.BATCH_REFUSED).details == {"code": "columns"}


@pytest.mark.django_db(transaction=True)
def test_of_two_people_who_apply_at_once_one_does() -> None:
    brings, one, other = administrator(), administrator(), administrator()
    batch = brought(brings, joiner(), joiner(login_id="new-two"))
    now = timezone.now()
    found = together(
        lambda: batches.apply(batch.pk, by=one, at=now), lambda: batches.apply(batch.pk, by=other, at=now)
    )
    assert sum(isinstance(result, StaffBatch) for result in found) == 1
    refusal = next(result for result in found if not isinstance(result, StaffBatch))
    assert isinstance(refusal, batches.Refused)
    assert refusal.code == "decided"
    assert User.objects.filter(login_id__in=["new-one", "new-two"]).count() == 2
    assert RoleAssignment.objects.filter(user__login_id__startswith="new-").count() == 2
    assert Event.objects.filter(action=actions.BATCH_APPLIED).count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_same_file_brought_by_two_people_at_once_is_taken_once() -> None:
    one, other = administrator(), administrator()
    found = together(lambda: brought(one, joiner()), lambda: brought(other, joiner()))
    assert sum(isinstance(result, StaffBatch) for result in found) == 1
    assert StaffBatch.objects.count() == 1


def refused_by_the_database(guard: str, statement: str, parameters: list[Any]) -> None:
    def attempt() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, parameters)
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")

    with pytest.raises(DatabaseError, match=guard):
        attempt()


DECIDE = "UPDATE accounts_staffbatch SET outcome = %s, decided_by_id = %s, decided_at = now() WHERE id = %s"
INSERT = (
    "INSERT INTO accounts_staffbatch (id, file_sha256, lines, proposed_by_id, outcome)"
    " VALUES (gen_random_uuid(), repeat('a', 64), '[]', %s, '')"
)


def test_raw_sql_decides_no_file_alone_twice_unrecorded_or_without_the_duty(two: tuple[User, User]) -> None:
    batch, clerk = brought(two[0], joiner()), staff_member(Role.MAKER)
    refused_by_the_database("staff_batch_is_applied_by_a_second_person", DECIDE, ["APPROVED", two[0].pk, batch.pk])
    refused_by_the_database("batch_is_decided_by_a_user_administrator", DECIDE, ["APPROVED", clerk.pk, batch.pk])
    refused_by_the_database("batch_is_withdrawn_by_whoever", DECIDE, ["WITHDRAWN", two[1].pk, batch.pk])
    refused_by_the_database("batch_is_on_record", DECIDE, ["APPROVED", two[1].pk, batch.pk])
    refused_by_the_database(
        "batch_is_not_changed", "UPDATE accounts_staffbatch SET lines = '[]' WHERE id = %s", [batch.pk]
    )
    batches.reject(batch.pk, by=two[1], at=timezone.now(), reason="誤り")
    refused_by_the_database("batch_is_decided_once", DECIDE, ["APPROVED", two[1].pk, batch.pk])


def test_raw_sql_brings_no_file_for_a_clerk_or_unrecorded(two: tuple[User, User]) -> None:
    refused_by_the_database("batch_is_brought_by_a_user_administrator", INSERT, [staff_member(Role.MAKER).pk])
    refused_by_the_database("batch_is_on_record", INSERT, [two[0].pk])


def test_raw_sql_deletes_no_file(two: tuple[User, User]) -> None:
    batch = brought(two[0], joiner())
    refused_by_the_database("permission denied", "DELETE FROM accounts_staffbatch WHERE id = %s", [batch.pk])


def test_a_hundred_lines_are_planned_with_few_questions(
    two: tuple[User, User], django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    batch = brought(two[0], *[joiner(login_id=f"new-{place}") for place in range(100)])
    with django_assert_max_num_queries(4):
        assert batches.plan(batch, today=today()).is_applicable
