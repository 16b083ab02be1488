"""Whoever is watched does not sign off on it: another answers, of the right office, and it is on record."""

import uuid
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from audit import actions, journal
from audit.models import AnswerCode, Event, Hit, HitAnswer, HitState, Result, Rule
from audit.watching import review
from audit.watching.refusals import Refused
from tests.audit.watching.conftest import SECTION
from tests.factories import staff_member

pytestmark = pytest.mark.django_db(transaction=True)
WORDS = "窓口の来庁者の記録と照らし合わせ、業務と確かめた。"


def found(*people: User, rule: str = "W5", **parts: Any) -> Hit:
    """Raise a hit about ``people``, the first of them its actor."""
    parts.setdefault("is_of_watchers", False)
    with transaction.atomic():
        hit = Hit.objects.create(
            rule=Rule.objects.get(pk=rule),
            key=str(uuid.uuid4()),
            kind="DAY",
            severity="REVIEW",
            actor_id=people[0].pk,
            actor_roles=people[0].role_codes,
            people=[one.pk for one in people],
            section=people[0].section,
            happened_at=timezone.now(),
            data={"people": 21, "limit": 20},
            **parts,
        )
        journal.record(actions.HIT_RAISED, by=None, subject=journal.Subject(kind="audit.hit", id=str(hit.pk)))
    return hit


def explain(hit: Hit, by: User, *, state: str = "EXPLAINED", code: str = "WORK", words: str = WORDS) -> Hit:
    return review.answer(hit.pk, state=state, code=code, words=words, by=by)


def why(hit: Hit, by: User, **parts: str) -> str:
    with pytest.raises(Refused) as refused:
        explain(hit, by, **parts)
    return refused.value.refusal.code


def test_a_section_head_explains_what_is_found_in_the_section(clerk: User, head: User) -> None:
    hit = explain(found(clerk), head)

    assert hit.state == HitState.EXPLAINED
    ((answer, who),) = review.answers(hit)
    assert (answer.code, answer.words, who) == ("WORK", WORDS, head.display_name)
    entry = Event.objects.get(action=actions.HIT_ANSWERED)
    assert (entry.actor_id, entry.reason, entry.details["status"]) == (head.pk, WORDS, "EXPLAINED")


def test_what_is_to_be_investigated_can_be_settled_later_and_each_step_stays(
    clerk: User, head: User, auditor: User
) -> None:
    hit = explain(found(clerk), head, state="TO_INVESTIGATE", code="IMPROPER")
    assert hit.state == HitState.TO_INVESTIGATE
    assert why(hit, auditor, state="TO_INVESTIGATE", code="IMPROPER") == "unchanged"

    hit = explain(hit, auditor, code="HANDLED")

    assert hit.state == HitState.EXPLAINED
    assert [answer.code for answer, _who in review.answers(hit)] == ["IMPROPER", "HANDLED"]
    assert why(hit, head) == "settled"


def test_nobody_sees_or_answers_what_is_about_themselves(clerk: User, head: User, auditor: User) -> None:
    about_head = found(clerk, head)

    assert review.page(by=head).rows == []
    with pytest.raises(Hit.DoesNotExist):
        explain(about_head, head)
    assert [row.hit for row in review.page(by=auditor).rows] == [about_head]


def test_a_section_head_sees_only_their_section(clerk: User, auditor: User) -> None:
    elsewhere = staff_member(Role.SECTION_HEAD, section="健康増進課")
    nowhere = staff_member(Role.SECTION_HEAD)
    hit = found(clerk)
    sectionless = found(staff_member(Role.MAKER))

    for stranger in (elsewhere, nowhere):
        assert review.page(by=stranger).rows == []
        with pytest.raises(Hit.DoesNotExist):
            explain(hit, stranger)
    assert {row.hit.pk for row in review.page(by=auditor).rows} == {hit.pk, sectionless.pk}
    assert review.waiting(by=auditor) == 2
    assert review.counts(by=auditor) == {("OPEN", "REVIEW"): 2}


def test_whoever_may_not_watch_sees_nothing(clerk: User, colleague: User, keeper: User) -> None:
    found(clerk)

    assert [review.page(by=one).rows for one in (colleague, keeper)] == [[], []]


def test_what_is_about_those_who_watch_goes_to_another_duty_or_another_office(head: User, auditor: User) -> None:
    same_office = staff_member(Role.AUDITOR, section=auditor.section)
    hit = found(auditor, rule="W13", is_of_watchers=True)

    assert why(hit, same_office) == "same_office"
    assert review.one(hit.pk, by=head).refusal is None
    assert explain(hit, head).state == HitState.EXPLAINED


def test_an_auditor_elsewhere_answers_about_an_auditor_and_about_a_section_head(head: User, auditor: User) -> None:
    elsewhere = staff_member(Role.AUDITOR, section="本庁監査室")

    assert explain(found(auditor, rule="W13", is_of_watchers=True), elsewhere).state == HitState.EXPLAINED
    assert explain(found(head, is_of_watchers=True), auditor).state == HitState.EXPLAINED


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ({"state": "OPEN"}, "unknown_answer"),
        ({"state": "GONE"}, "unknown_answer"),
        ({"code": "NONSENSE"}, "unknown_answer"),
        ({"code": "IMPROPER"}, "unknown_answer"),
        ({"state": "TO_INVESTIGATE", "code": "WORK"}, "unknown_answer"),
        ({"words": "　短い　"}, "too_few_words"),
        ({"words": "あ" * 1001}, "too_many_words"),
    ],
)
def test_an_answer_says_something(clerk: User, head: User, parts: dict[str, str], code: str) -> None:
    hit = found(clerk)

    assert why(hit, head, **parts) == code
    refusal = Event.objects.get(action=actions.HIT_ANSWER_REFUSED)
    assert (refusal.result, refusal.details) == (Result.REFUSED, {"code": code})
    assert not HitAnswer.objects.exists()


def test_the_words_of_an_answer_cannot_be_read_in_the_database(clerk: User, head: User) -> None:
    explain(found(clerk), head)

    assert WORDS.encode() not in bytes(HitAnswer.objects.get().sealed_words)


@pytest.mark.parametrize(
    ("who", "guard"),
    [
        ("clerk", "hit_is_answered_by_another"),
        ("colleague", "hit_is_answered_by_its_watchers"),
        ("elsewhere", "hit_is_answered_by_its_watchers"),
        ("keeper", "hit_is_answered_by_its_watchers"),
    ],
)
def test_the_database_refuses_the_answer_of_anybody_else(
    request: pytest.FixtureRequest, clerk: User, who: str, guard: str
) -> None:
    by = staff_member(Role.SECTION_HEAD, section="健康増進課") if who == "elsewhere" else request.getfixturevalue(who)

    assert guard in refused_raw(found(clerk), by)


def test_the_database_refuses_an_answer_of_the_same_office_about_those_who_watch(auditor: User) -> None:
    same_office = staff_member(Role.AUDITOR, section=auditor.section)

    assert "watchers_are_watched_from_another_office" in refused_raw(
        found(auditor, rule="W13", is_of_watchers=True), same_office
    )


def test_the_database_refuses_an_answer_that_is_not_on_record(clerk: User, head: User) -> None:
    assert "watching_is_on_record" in refused_raw(found(clerk), head)


def test_the_database_settles_nothing_twice_and_changes_no_answer(clerk: User, head: User, auditor: User) -> None:
    hit = explain(found(clerk), head)

    assert "hit_is_settled_once" in refused_raw(hit, auditor)
    for change in ({"code": "RULE"}, {"answered_by_id": auditor.pk}):
        with pytest.raises(DatabaseError):
            HitAnswer.objects.update(**change)
    with pytest.raises(DatabaseError):
        HitAnswer.objects.all()._raw_delete("default")


def refused_raw(hit: Hit, by: User) -> str:
    """Answer with plain SQL and return what the database says to it."""
    with pytest.raises(DatabaseError) as refused, transaction.atomic():
        HitAnswer(hit=hit, state="EXPLAINED", code=AnswerCode.WORK, sealed_words=b"x", answered_by_id=by.pk).save(
            force_insert=True
        )
    return str(refused.value)


def test_pages_go_on_where_the_last_ended_and_take_any_cursor(clerk: User, auditor: User) -> None:
    hits = [found(clerk) for _ in range(5)]

    first = review.page(by=auditor, size=3)
    rest = review.page(by=auditor, size=3, before=first.older)

    assert [row.hit for row in (*first.rows, *rest.rows)] == hits[::-1]
    assert rest.older is None
    for cursor in ("", "x", "2026-01-01_y", "2026-01-01T00:00:00_" + str(uuid.uuid4())):
        assert len(review.page(by=auditor, before=cursor).rows) == 5
    assert review.page(by=auditor, rule="W1").rows == []
    assert len(review.page(by=auditor, state="OPEN", severity="REVIEW", section=SECTION).rows) == 5


def test_what_was_erased_keeps_no_page_from_being_shown(
    clerk: User, auditor: User, superuser_connection: psycopg.Connection[Any]
) -> None:
    found(clerk, person_id=uuid.uuid4())

    (row,) = review.page(by=auditor).rows

    assert (row.person, row.sentence[:8]) == ("", "1日に21人の記")
