"""Each week some of the explained views are drawn, by a seed nobody could know, for somebody else to look at."""

import hashlib
import uuid
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from audit import actions, journal
from audit.models import Event, Sample, SampledView
from audit.watching import samples
from audit.watching.refusals import Refused
from audit.watching.rules import start_of
from tests.audit.watching.conftest import SECTION
from tests.audit.watching.history import happened, write
from tests.audit.watching.office_of_rules import CASE_VIEW
from tests.conftest import Office
from tests.factories import staff_member
from tests.sealing import seal_all

pytestmark = pytest.mark.django_db(transaction=True)


def last_week() -> datetime:
    """Return the beginning of last week's Tuesday."""
    return start_of(samples.week_of(timezone.localdate()) - timedelta(days=6))


def views(by: User, count: int, **parts: Any) -> list[dict[str, Any]]:
    parts.setdefault("explanation", "E1")
    return [
        happened(CASE_VIEW, at=last_week() + timedelta(hours=9, minutes=step), by=by, person=uuid.uuid4(), **parts)
        for step in range(count)
    ]


def draw(office: Office, superuser: psycopg.Connection[Any], entries: list[dict[str, Any]]) -> None:
    write(superuser, entries)
    seal_all(office)
    while samples.work():
        pass


@pytest.mark.parametrize(
    ("population", "drawn"), [(0, 0), (3, 3), (10, 10), (11, 10), (1000, 10), (1001, 11), (12345, 124)]
)
def test_one_in_a_hundred_is_drawn_and_at_least_ten(population: int, drawn: int) -> None:
    assert samples.how_many(population) == drawn


def test_each_section_has_its_draw_of_explained_views_alone(
    office: Office, superuser_connection: psycopg.Connection[Any], clerk: User, auditor: User
) -> None:
    other = staff_member(Role.MAKER, section="健康増進課")
    draw(
        office,
        superuser_connection,
        [
            *views(clerk, 15),
            *views(clerk, 4, explanation="E0"),
            *views(clerk, 4, result="REFUSED"),
            *views(other, 2),
        ],
    )

    assert [(one.section, one.population, one.views.count()) for one in Sample.objects.order_by("section")] == [
        ("健康増進課", 2, 2),
        (SECTION, 15, 10),
    ]
    assert set(SampledView.objects.values_list("explanation", flat=True)) == {"E1"}
    assert Event.objects.filter(action=actions.SAMPLE_DRAWN).count() == 2
    assert samples.work() is False


def test_anybody_can_draw_again_what_was_drawn(
    office: Office, superuser_connection: psycopg.Connection[Any], clerk: User
) -> None:
    draw(office, superuser_connection, views(clerk, 30))
    sample = Sample.objects.get()

    drawn = list(sample.views.order_by("rank").values_list("event_id", flat=True))

    assert samples.draw_again(sample) == drawn
    lots = Event.objects.filter(action=CASE_VIEW).values_list("pk", flat=True)
    assert sorted(lots, key=lambda one: hashlib.sha256(bytes.fromhex(sample.seed) + one.bytes).digest())[:10] == drawn
    other = Sample(week=sample.week, section=sample.section, seed="00" * 32)
    assert samples.draw_again(other) != drawn


def test_nothing_is_drawn_before_a_note_was_signed_after_the_week(
    office: Office, superuser_connection: psycopg.Connection[Any], clerk: User
) -> None:
    write(superuser_connection, views(clerk, 3))

    assert samples.work() is False
    assert not Sample.objects.exists()


def test_a_week_without_a_view_is_drawn_once_too(office: Office, clerk: User) -> None:
    journal.record("benefits.application.saved", by=clerk)
    seal_all(office)

    assert samples.work() is True
    assert samples.work() is False
    assert list(Sample.objects.values_list("section", "population")) == [("", 0)]


def answered(view: SampledView, by: User, verdict: str = "PROPER", words: str = "") -> SampledView:
    return samples.answer(view.pk, verdict=verdict, words=words, by=by)


def test_a_section_head_or_an_auditor_answers_each_and_nobody_their_own(
    office: Office, superuser_connection: psycopg.Connection[Any], clerk: User, head: User, auditor: User
) -> None:
    draw(office, superuser_connection, [*views(clerk, 2), *views(head, 1)])
    sample = Sample.objects.get()
    assert len(samples.rows(sample, by=head)) == samples.waiting(by=head) == 2
    assert len(samples.rows(sample, by=auditor)) == 3
    first, second = [row.view for row in samples.rows(sample, by=head)]
    own = SampledView.objects.get(actor_id=head.pk)

    answered(first, head)
    answered(second, auditor, "DOUBTFUL", "担当の記録が見つからない。")

    assert [row.refusal.code if row.refusal else "" for row in samples.rows(sample, by=head)] == ["settled"] * 2
    assert SampledView.objects.get(pk=second.pk).words == "担当の記録が見つからない。"
    for view, by, code in (
        (own, head, "about_oneself"),
        (first, auditor, "settled"),
        (own, clerk, "not_permitted"),
        (own, staff_member(Role.SECTION_HEAD, section="健康増進課"), "other_section"),
    ):
        with pytest.raises(Refused) as refused:
            answered(view, by)
        assert refused.value.refusal.code == code
    assert Event.objects.filter(action=actions.SAMPLE_REFUSED).count() == 4


@pytest.mark.parametrize(
    ("verdict", "words", "code"),
    [("", "", "unknown_answer"), ("X", "", "unknown_answer"), ("DOUBTFUL", "短い", "too_few_words")],
)
def test_an_answer_about_a_sampled_view_says_something(
    office: Office,
    superuser_connection: psycopg.Connection[Any],
    clerk: User,
    head: User,
    verdict: str,
    words: str,
    code: str,
) -> None:
    draw(office, superuser_connection, views(clerk, 1))

    with pytest.raises(Refused) as refused:
        answered(SampledView.objects.get(), head, verdict, words)

    assert refused.value.refusal.code == code


def test_the_database_takes_no_other_answer_and_no_other_draw(
    office: Office, superuser_connection: psycopg.Connection[Any], clerk: User, colleague: User, head: User
) -> None:
    draw(office, superuser_connection, [*views(clerk, 1), *views(head, 1)])
    view, own = (SampledView.objects.get(actor_id=one.pk) for one in (clerk, head))

    def raw(which: SampledView, by: User) -> str:
        with pytest.raises(DatabaseError) as refused, transaction.atomic():
            SampledView.objects.filter(pk=which.pk).update(
                verdict="PROPER", answered_by_id=by.pk, answered_at=timezone.now(), sealed_words=b"x"
            )
        return str(refused.value)

    assert "sample_is_answered_by_its_watchers" in raw(view, colleague)
    assert "sampled_view_is_not_answered_by_its_viewer" in raw(own, head)
    assert "watching_is_on_record" in raw(view, head)
    answered(view, head)
    assert "sampled_view_is_answered_once" in raw(view, head)
    for statement in (
        "DELETE FROM audit.sampled_view",
        "UPDATE audit.sampled_view SET event_id = gen_random_uuid()",
        "UPDATE audit.sample SET seed = ''",
        "DELETE FROM audit.sample",
    ):
        with pytest.raises(psycopg.Error), psycopg.connect(**office.app.as_psycopg()) as app:
            app.execute(statement)
