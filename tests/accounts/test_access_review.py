"""The access review: every right is answered for by somebody else, or suspended when the review closes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from io import StringIO
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from accounts import access_review, actions, rights
from accounts.models import AccessAnswer, AccessReview, Proposal, RoleAssignment, StaffSession, User
from accounts.models.access_review import Answer
from accounts.models.rights import ProposalKind
from accounts.roles import Role
from audit import journal
from audit.models import Event, Result
from tests.factories import staff_member
from tests.racing import together

SECTION = "地域保健課"
OTHER = "総務課"


def today() -> date:
    return timezone.localdate()


def administrator(section: str = OTHER) -> User:
    return staff_member(Role.USER_ADMINISTRATOR, section=section)


def head(section: str = SECTION) -> User:
    return staff_member(Role.SECTION_HEAD, section=section)


def clerk(section: str = SECTION) -> User:
    return staff_member(Role.MAKER, section=section)


def begun(by: User, *, days: int = 10) -> AccessReview:
    return access_review.begin("令和8年度後期", due_on=today() + timedelta(days=days), by=by, at=timezone.now())


def right_of(review: AccessReview, user: User) -> AccessAnswer:
    return AccessAnswer.objects.get(review=review, assignment__user=user)


def answer(review: AccessReview, user: User, choice: Answer, *, by: User, reason: str = "") -> Proposal | None:
    return access_review.give_answer(right_of(review, user).pk, choice, by=by, at=timezone.now(), reason=reason)


@contextmanager
def guard_of_reviews_lifted(superuser: psycopg.Connection[Any]) -> Iterator[None]:
    superuser.execute("ALTER TABLE accounts_accessreview DISABLE TRIGGER review_closes_once")
    superuser.execute("ALTER TABLE accounts_accessreview DISABLE TRIGGER review_is_on_record")
    try:
        yield
    finally:
        superuser.execute("ALTER TABLE accounts_accessreview ENABLE ALWAYS TRIGGER review_closes_once")
        superuser.execute("ALTER TABLE accounts_accessreview ENABLE ALWAYS TRIGGER review_is_on_record")


@pytest.fixture
def past_due(transactional_db: None, superuser_connection: psycopg.Connection[Any]) -> Callable[[AccessReview], None]:
    """What lets the due date of a review go by, as only the calendar can."""

    def gone_by(review: AccessReview) -> None:
        with guard_of_reviews_lifted(superuser_connection):
            superuser_connection.execute(
                "UPDATE accounts_accessreview SET due_on = %s WHERE id = %s", [today() - timedelta(days=1), review.pk]
            )
        review.refresh_from_db()

    return gone_by


# ── opening ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.usefixtures("db")
def test_a_review_lists_every_right_that_is_held_today_and_no_other(
    owner_connection: psycopg.Connection[Any],
) -> None:
    opener, worker, gone = administrator(), clerk(), clerk()
    owner_connection.execute("UPDATE accounts_user SET is_active = false WHERE id = %s", [gone.pk])
    owner_connection.execute(
        "INSERT INTO accounts_roleassignment (user_id, role, starts_on) VALUES (%s, 'ISSUER', %s)",
        [worker.pk, today() + timedelta(days=30)],
    )
    review = begun(opener)
    assert {(one.assignment.user_id, one.assignment.role) for one in review.answers.select_related("assignment")} == {
        (opener.pk, Role.USER_ADMINISTRATOR),
        (worker.pk, Role.MAKER),
    }
    assert Event.objects.get(action=actions.REVIEW_OPENED).details == {"count": 2}


@pytest.mark.usefixtures("db")
def test_each_right_has_its_last_use_reveals_and_conflicts_beside_it(
    owner_connection: psycopg.Connection[Any],
) -> None:
    opener, worker, viewer = administrator(), clerk(), staff_member(Role.NUMBER_VIEWER, section=SECTION)
    used = timezone.now() - timedelta(days=3)
    StaffSession.objects.create(user=worker, session_key="w" * 32, last_used_at=used, factor_used_at=used)
    RoleAssignment.objects.filter(user=viewer).update(last_used_on=today() - timedelta(days=100))
    for _time in range(2):
        journal.record(access_review.REVEALED, by=viewer)
    journal.record(access_review.REVEALED, by=viewer, result=Result.REFUSED)
    review = begun(opener)
    of_worker, of_viewer = right_of(review, worker), right_of(review, viewer)
    assert of_worker.last_used_on == timezone.localdate(used)
    assert of_viewer.last_used_on == today() - timedelta(days=100)
    assert (of_worker.reveals, of_viewer.reveals) == (0, 2)
    assert access_review.is_unused(of_viewer, today=today())
    assert not access_review.is_unused(of_worker, today=today())
    assert of_worker.conflict == ""


def test_two_duties_that_exclude_each_other_are_named() -> None:
    held = [RoleAssignment(role=Role.MAKER), RoleAssignment(role=Role.AUDITOR)]
    assert access_review._conflict(held[1], held) == "入力担当者と兼務できません"


@pytest.mark.usefixtures("db")
def test_there_is_one_review_at_a_time_and_it_is_due_later() -> None:
    opener = administrator()
    with pytest.raises(access_review.Refused) as early:
        begun(opener, days=0)
    assert early.value.code == "due"
    begun(opener)
    with pytest.raises(access_review.Refused) as second:
        begun(opener)
    assert second.value.code == "one_access_review_at_a_time"
    assert Event.objects.filter(action=actions.REVIEW_OPENED, result=Result.REFUSED).count() == 2


@pytest.mark.django_db(transaction=True)
def test_of_two_who_open_a_review_at_once_one_does() -> None:
    one, other = administrator(), administrator()
    found = together(lambda: begun(one), lambda: begun(other))
    assert sum(isinstance(result, AccessReview) for result in found) == 1
    assert sum(isinstance(result, access_review.Refused) for result in found) == 1


# ── answering ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.usefixtures("db")
def test_a_head_sees_the_rights_of_their_section_but_not_their_own() -> None:
    opener, chief, worker = administrator(), head(), clerk()
    stranger, nowhere = clerk(section=OTHER), head(section="")
    review = begun(opener)
    seen = {one.assignment.user_id for one in access_review.answers_seen_by(review, chief)}
    assert seen == {worker.pk}
    assert {one.assignment.user_id for one in access_review.answers_seen_by(review, opener)} == {
        opener.pk,
        chief.pk,
        worker.pk,
        stranger.pk,
        nowhere.pk,
    }
    assert not access_review.answers_seen_by(review, worker).exists()
    assert not access_review.answers_seen_by(review, nowhere).exists()


@pytest.mark.usefixtures("db")
def test_keeping_needs_no_reason_and_changes_nothing() -> None:
    opener, chief, worker = administrator(), head(), clerk()
    review = begun(opener)
    assert answer(review, worker, Answer.KEEP, by=chief) is None
    given = right_of(review, worker)
    assert (given.answer, given.answered_by_id) == (Answer.KEEP, chief.pk)
    entry = Event.objects.get(action=actions.REVIEW_ANSWERED)
    assert (entry.actor_id, entry.details) == (chief.pk, {"answer": "KEEP", "role": "MAKER"})


@pytest.mark.parametrize("choice", [Answer.END, Answer.CHANGE])
@pytest.mark.usefixtures("db")
def test_an_end_is_proposed_by_the_head_and_ends_when_an_administrator_approves(choice: Answer) -> None:
    opener, chief, worker = administrator(), head(), clerk()
    review = begun(opener)
    proposal = answer(review, worker, choice, by=chief, reason="担当を外れた")
    assert proposal is not None
    assert (proposal.kind, proposal.proposed_by_id, proposal.outcome) == ("END", chief.pk, "")
    assert "担当を外れた" in proposal.reason
    rights.approve(proposal.pk, by=opener, at=timezone.now())
    assert RoleAssignment.objects.get(user=worker).ended_on == today()


@pytest.mark.parametrize("choice", [Answer.END, Answer.CHANGE])
@pytest.mark.usefixtures("db")
def test_an_end_without_a_reason_is_refused(choice: Answer) -> None:
    opener, chief, worker = administrator(), head(), clerk()
    review = begun(opener)
    with pytest.raises(access_review.Refused) as refusal:
        answer(review, worker, choice, by=chief, reason="  ")
    assert refusal.value.code == "reason"
    assert right_of(review, worker).answer == ""


@pytest.mark.usefixtures("db")
def test_an_answer_that_became_a_proposal_stays_and_a_kept_right_may_be_thought_over() -> None:
    opener, chief, worker = administrator(), head(), clerk()
    review = begun(opener)
    answer(review, worker, Answer.KEEP, by=chief)
    answer(review, worker, Answer.END, by=chief, reason="やはり不要")
    with pytest.raises(access_review.Refused):
        answer(review, worker, Answer.KEEP, by=chief)
    assert right_of(review, worker).answer == Answer.END


@pytest.mark.usefixtures("db")
def test_an_end_that_is_on_its_way_already_is_not_proposed_twice() -> None:
    opener, chief, worker = administrator(), head(), clerk()
    review = begun(opener)
    given = RoleAssignment.objects.get(user=worker)
    rights.propose(
        ProposalKind.END,
        by=opener,
        at=timezone.now(),
        reason="異動",
        user=worker,
        assignment=given,
        ends_on=today(),
    )
    assert answer(review, worker, Answer.END, by=chief, reason="異動した") is None
    assert right_of(review, worker).answer == Answer.END


@pytest.mark.usefixtures("db")
def test_nobody_answers_for_themselves_or_outside_their_section() -> None:
    opener, chief, worker, stranger = administrator(), head(), clerk(), clerk(section=OTHER)
    review = begun(opener)
    for whose, by in ((chief, chief), (stranger, chief), (worker, worker), (opener, opener)):
        with pytest.raises(access_review.Refused):
            answer(review, whose, Answer.KEEP, by=by)
    assert not review.answers.exclude(answer="").exists()
    assert Event.objects.filter(action=actions.REVIEW_ANSWERED, result=Result.REFUSED).count() == 4


@pytest.mark.usefixtures("db")
def test_a_heads_own_right_is_answered_by_another_head_or_an_administrator_who_answers_no_others() -> None:
    opener, chief, deputy, worker = administrator(), head(), head(), clerk()
    review = begun(opener)
    answer(review, chief, Answer.KEEP, by=deputy)
    answer(review, deputy, Answer.KEEP, by=opener)
    with pytest.raises(access_review.Refused):
        answer(review, worker, Answer.KEEP, by=opener)


@pytest.mark.usefixtures("db")
def test_progress_says_how_far_each_section_is_and_where_there_is_no_head() -> None:
    opener, chief, first, _second = administrator(), head(), clerk(), clerk()
    review = begun(opener)
    answer(review, first, Answer.KEEP, by=chief)
    found = {one.section: (one.answered, one.total, one.has_head) for one in access_review.progress(review)}
    assert found == {SECTION: (1, 3, True), OTHER: (0, 1, False)}


@pytest.mark.parametrize(
    ("left", "words"), [(20, ""), (15, ""), (14, "14日"), (7, "7日"), (1, "1日"), (0, "今日"), (-1, "過ぎました")]
)
def test_the_time_that_is_left_is_said_from_two_weeks_on(left: int, words: str) -> None:
    review = AccessReview(due_on=date(2026, 10, 30))
    notice = access_review.notice(review, today=date(2026, 10, 30) - timedelta(days=left))
    assert words in notice
    assert bool(notice) == bool(words)


# ── closing ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.usefixtures("db")
def test_a_review_closes_before_it_is_due_only_when_all_is_answered_and_by_a_second_person() -> None:
    opener, other, chief, deputy, worker = administrator(), administrator(), head(), head(), clerk()
    chief_of_all = head(section=OTHER)
    review = begun(opener)
    with pytest.raises(access_review.Refused):
        access_review.close(review.pk, by=other, at=timezone.now())
    for whose, by in (
        (worker, chief),
        (chief, deputy),
        (deputy, chief),
        (opener, chief_of_all),
        (other, chief_of_all),
        (chief_of_all, opener),
    ):
        answer(review, whose, Answer.KEEP, by=by)
    with pytest.raises(access_review.Refused) as own:
        access_review.close(review.pk, by=opener, at=timezone.now())
    assert "始めた人とは別" in own.value.message
    with pytest.raises(access_review.Refused):
        access_review.close(review.pk, by=chief, at=timezone.now())
    closed = access_review.close(review.pk, by=other, at=timezone.now())
    assert closed.closed_by_id == other.pk
    assert closed.result is not None
    assert (closed.result["answered"], closed.result["suspended"]) == (6, 0)
    entry = Event.objects.get(action=actions.REVIEW_CLOSED, result=Result.DONE)
    assert entry.details["fingerprint"] == access_review.fingerprint(AccessReview.objects.get().result or {})
    with pytest.raises(access_review.Refused):
        access_review.close(review.pk, by=other, at=timezone.now())


def test_what_nobody_answered_for_is_suspended_and_its_holder_signed_out(
    past_due: Callable[[AccessReview], None],
) -> None:
    opener, chief, kept, forgotten = administrator(), head(), clerk(), clerk()
    administrator()
    review = begun(opener)
    answer(review, kept, Answer.KEEP, by=chief)
    now = timezone.now()
    StaffSession.objects.create(user=forgotten, session_key="f" * 32, last_used_at=now, factor_used_at=now)
    past_due(review)
    out = StringIO()
    call_command("close_access_reviews", stdout=out)
    assert RoleAssignment.objects.get(user=forgotten).suspended_at is not None
    assert RoleAssignment.objects.get(user=kept).suspended_at is None
    assert not User.objects.get(pk=forgotten.pk).has_perm("benefits.enter_application")
    assert not StaffSession.objects.filter(user=forgotten, ended_at__isnull=True).exists()
    suspended = Event.objects.filter(action=actions.ROLE_SUSPENDED)
    assert {entry.subject_id for entry in suspended} == {str(forgotten.pk), str(chief.pk)}
    review.refresh_from_db()
    assert review.closed_by is None
    assert "停止した権限 2件" in out.getvalue()
    assert forgotten.display_name not in out.getvalue()


def test_the_last_user_administrators_stay_and_are_named(past_due: Callable[[AccessReview], None]) -> None:
    opener, other = administrator(), administrator()
    review = begun(opener)
    past_due(review)
    closed = access_review.close(review.pk, by=other, at=timezone.now())
    assert closed.result is not None
    assert closed.result["kept"] == sorted([opener.display_name, other.display_name])
    assert not RoleAssignment.objects.filter(suspended_at__isnull=False).exists()


def test_user_administrators_beyond_the_two_who_are_needed_are_suspended_like_everybody(
    past_due: Callable[[AccessReview], None],
) -> None:
    opener, other, third, chief = administrator(), administrator(), administrator(), head(section=OTHER)
    review = begun(opener)
    for one in (opener, other):
        answer(review, one, Answer.KEEP, by=chief)
    past_due(review)
    access_review.close(review.pk, by=other, at=timezone.now())
    assert RoleAssignment.objects.get(user=third).suspended_at is not None


def test_the_daily_command_leaves_a_review_that_is_not_due(db: None) -> None:
    review = begun(administrator())
    out = StringIO()
    call_command("close_access_reviews", stdout=out)
    review.refresh_from_db()
    assert review.closed_at is None
    assert "ありません" in out.getvalue()


def test_the_result_says_what_came_of_each_right_and_stays_when_people_move_on(
    past_due: Callable[[AccessReview], None], owner_connection: psycopg.Connection[Any]
) -> None:
    opener, other, chief, ended, forgotten = administrator(), administrator(), head(), clerk(), clerk()
    review = begun(opener)
    proposal = answer(review, ended, Answer.END, by=chief, reason="担当を外れた")
    assert proposal is not None
    rights.approve(proposal.pk, by=other, at=timezone.now())
    past_due(review)
    access_review.close(review.pk, by=other, at=timezone.now())
    owner_connection.execute("UPDATE accounts_user SET display_name = '改姓 後子' WHERE id = %s", [ended.pk])
    result = AccessReview.objects.get(pk=review.pk).result
    assert result is not None
    lines = {line["login_id"]: line for line in result["lines"]}
    assert (lines[ended.login_id]["outcome"], lines[ended.login_id]["reason"]) == ("承認", "担当を外れた")
    assert lines[ended.login_id]["name"] == ended.display_name
    assert lines[ended.login_id]["answered_by"] == chief.display_name
    assert lines[forgotten.login_id]["outcome"] == "停止（未回答）"


def test_of_two_who_close_a_review_at_once_one_does(past_due: Callable[[AccessReview], None]) -> None:
    opener, one, other = administrator(), administrator(), administrator()
    clerk()
    review = begun(opener)
    past_due(review)
    now = timezone.now()
    found = together(
        lambda: access_review.close(review.pk, by=one, at=now),
        lambda: access_review.close(review.pk, by=other, at=now),
    )
    assert sum(isinstance(result, AccessReview) for result in found) == 1
    assert sum(isinstance(result, access_review.Refused) for result in found) == 1
    assert Event.objects.filter(action=actions.ROLE_SUSPENDED).count() == 1


def test_an_answer_given_while_the_review_closes_counts_or_is_refused(
    past_due: Callable[[AccessReview], None],
) -> None:
    opener, closer, chief, worker = administrator(), administrator(), head(), clerk()
    review = begun(opener)
    past_due(review)
    _closed, given = together(
        lambda: access_review.close(review.pk, by=closer, at=timezone.now()),
        lambda: answer(review, worker, Answer.KEEP, by=chief),
    )
    is_suspended = RoleAssignment.objects.get(user=worker).suspended_at is not None
    assert is_suspended == isinstance(given, access_review.Refused)
    assert (right_of(review, worker).answer == "") == is_suspended


# ── raw SQL ──────────────────────────────────────────────────────────────────────────────────────────────────────


def refused_by_the_database(guard: str, statement: str, parameters: list[Any]) -> None:
    def attempt() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, parameters)
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")

    with pytest.raises(DatabaseError, match=guard):
        attempt()


ANSWER = "UPDATE accounts_accessanswer SET answer = 'KEEP', answered_by_id = %s, answered_at = now() WHERE id = %s"
CLOSE = "UPDATE accounts_accessreview SET closed_by_id = %s, closed_at = now(), result = '{}' WHERE id = %s"
SUSPEND = "UPDATE accounts_roleassignment SET suspended_at = now() WHERE user_id = %s"


@pytest.mark.usefixtures("db")
def test_raw_sql_answers_for_nobody_outside_the_rules() -> None:
    opener, chief, worker, stranger = administrator(), head(), clerk(), clerk(section=OTHER)
    review = begun(opener)
    of_worker, of_chief, of_stranger = (right_of(review, one).pk for one in (worker, chief, stranger))
    refused_by_the_database("answer_is_its_heads", ANSWER, [chief.pk, of_stranger])
    refused_by_the_database("answer_is_not_about_oneself", ANSWER, [chief.pk, of_chief])
    refused_by_the_database("answer_is_its_heads", ANSWER, [stranger.pk, of_worker])
    refused_by_the_database("answer_is_its_heads", ANSWER, [opener.pk, of_worker])
    refused_by_the_database("answer_is_on_record", ANSWER, [chief.pk, of_worker])
    refused_by_the_database(
        "answer_keeps_its_evidence",
        "UPDATE accounts_accessanswer SET reveals = 0, section = 'x' WHERE id = %s",
        [of_worker],
    )
    answer(review, worker, Answer.END, by=chief, reason="不要")
    refused_by_the_database("answer_that_was_proposed_stays", ANSWER, [chief.pk, of_worker])
    refused_by_the_database("permission denied", "DELETE FROM accounts_accessanswer WHERE id = %s", [of_worker])


@pytest.mark.usefixtures("db")
def test_raw_sql_adds_no_right_to_a_review_afterwards() -> None:
    opener = administrator()
    review, late = begun(opener), clerk()
    given = RoleAssignment.objects.get(user=late)
    insert = (
        "INSERT INTO accounts_accessanswer (review_id, assignment_id, section, reveals, conflict, answer, reason)"
        " VALUES (%s, %s, '', 0, '', %s, '')"
    )
    refused_by_the_database("answer_begins_open", insert, [review.pk, given.pk, "KEEP"])
    refused_by_the_database("answer_is_listed_under_its_own_section", insert, [review.pk, given.pk, ""])


def test_raw_sql_lists_no_right_in_a_later_transaction(transactional_db: None) -> None:
    opener = administrator()
    review, late = begun(opener), clerk()
    given = RoleAssignment.objects.get(user=late)
    refused_by_the_database(
        "rights_are_listed_when_a_review_opens",
        "INSERT INTO accounts_accessanswer (review_id, assignment_id, section, reveals, conflict, answer, reason)"
        " VALUES (%s, %s, '', 0, '', '', '')",
        [review.pk, given.pk],
    )


@pytest.mark.usefixtures("db")
def test_raw_sql_opens_and_closes_no_review_outside_the_rules() -> None:
    opener, other, worker = administrator(), administrator(), clerk()
    insert = (
        "INSERT INTO accounts_accessreview (id, title, opened_by_id, due_on) VALUES (gen_random_uuid(), 'x', %s, %s)"
    )
    refused_by_the_database("review_is_opened_by_a_user_administrator", insert, [worker.pk, today()])
    refused_by_the_database("review_is_due_later", insert, [opener.pk, today() - timedelta(days=1)])
    refused_by_the_database("review_is_on_record", insert, [opener.pk, today() + timedelta(days=1)])
    review = begun(opener)
    refused_by_the_database("review_closes_when_due_or_answered", CLOSE, [other.pk, review.pk])
    refused_by_the_database(
        "review_is_not_changed", "UPDATE accounts_accessreview SET due_on = %s WHERE id = %s", [today(), review.pk]
    )
    refused_by_the_database("right_is_suspended_by_an_unanswered_review", SUSPEND, [worker.pk])


def test_raw_sql_closes_no_review_alone_twice_or_unrecorded(past_due: Callable[[AccessReview], None]) -> None:
    opener, other, worker, chief = administrator(), administrator(), clerk(), head()
    review = begun(opener)
    past_due(review)
    refused_by_the_database("review_is_closed_by_a_second_person", CLOSE, [opener.pk, review.pk])
    refused_by_the_database("review_is_closed_by_a_second_person", CLOSE, [worker.pk, review.pk])
    refused_by_the_database("review_is_on_record", CLOSE, [other.pk, review.pk])
    of_worker = right_of(review, worker).pk
    access_review.close(review.pk, by=other, at=timezone.now())
    refused_by_the_database("review_closes_once", CLOSE, [other.pk, review.pk])
    refused_by_the_database("answer_comes_before_the_review_closes", ANSWER, [chief.pk, of_worker])


def test_raw_sql_suspends_nobody_but_by_the_closing_of_a_review(past_due: Callable[[AccessReview], None]) -> None:
    opener, worker = administrator(), clerk()
    past_due(begun(opener))

    refused_by_the_database("right_suspension_is_on_record", SUSPEND, [worker.pk])


def test_raw_sql_closes_no_review_that_suspends_nobody(past_due: Callable[[AccessReview], None]) -> None:
    opener, other = administrator(), administrator()
    clerk()
    review = begun(opener)
    past_due(review)

    with transaction.atomic():
        journal.record(actions.REVIEW_CLOSED, by=other, subject=review)
        refused_by_the_database("review_suspends_what_is_unanswered", CLOSE, [other.pk, review.pk])
