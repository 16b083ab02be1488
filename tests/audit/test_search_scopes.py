"""Everybody reads their own doings, a section's head their section's, auditors all; nobody gets past that (A3, A5)."""

import uuid
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from audit import actions, journal
from audit.models import Event, Result
from audit.searching import saving
from audit.searching.scopes import Reach, Scope
from tests.audit.conftest import SAVED, VIEWED, happened
from tests.factories import signed_in, staff_member

pytestmark = pytest.mark.django_db

LOG, OWN = "/audit/", "/audit/own/"


def shown(response: Any) -> set[uuid.UUID]:
    return {row.event.pk for row, *_words in response.context["rows"]}


def text(response: Any) -> str:
    return str(response.content.decode())


@pytest.fixture
def clerk() -> User:
    return staff_member(Role.MAKER, name="山田 美咲", section="地域保健課")


@pytest.fixture
def head() -> User:
    return staff_member(Role.SECTION_HEAD, name="所属 長子", section="地域保健課")


def test_a_head_sees_their_sections_entries_whatever_is_asked_for(clerk: User, head: User, client: Client) -> None:
    stranger = staff_member(Role.MAKER, name="他課 太郎", section="総務課")
    person = uuid.uuid4()
    journal.name_person(person, name="渡邉　花子", kana="ワタナベ　ハナコ")
    theirs = happened(VIEWED, by=clerk, person_id=person)
    others = [happened(VIEWED, by=stranger, person_id=person), happened(VIEWED, person_id=person)]
    signed_in(client, head)

    for asked in (
        {},
        {"person": "渡邉"},
        {"actor": "他課"},
        {"section": "総務課"},
        {"actor_id": str(stranger.pk)},
        {"person_id": str(person)},
        {"actions": [VIEWED]},
    ):
        hits = shown(client.post(LOG, asked, follow=True))

        assert not hits & {event.pk for event in others}, asked
        assert theirs.pk in hits or "actor" in asked or "actor_id" in asked, asked


def test_somebody_moved_sees_the_section_they_are_in_now(clerk: User, head: User, client: Client) -> None:
    elsewhere = staff_member(Role.SECTION_HEAD, section="総務課")
    happened(by=clerk)

    assert shown(signed_in(client, elsewhere).get(LOG)) == set()


def test_a_head_without_a_section_sees_nothing_and_is_told_why(clerk: User, client: Client) -> None:
    happened(by=clerk)
    happened(by=staff_member(Role.MAKER))

    response = signed_in(client, staff_member(Role.SECTION_HEAD)).get(LOG)

    assert shown(response) == set()
    assert "所属が登録されていない" in text(response)


def test_everybody_sees_their_own_doings_and_no_others(clerk: User, client: Client) -> None:
    person = uuid.uuid4()
    journal.name_person(person, name="渡邉　花子", kana="ワタナベ　ハナコ")
    own = happened(VIEWED, by=clerk, person_id=person, label="2026-000001")
    happened(VIEWED, by=staff_member(Role.MAKER, section="地域保健課"), person_id=person)
    signed_in(client, clerk)

    response = client.post(OWN, {"actions": [VIEWED], "actor_id": "1", "person_id": str(person)}, follow=True)

    assert shown(response) == {own.pk}
    assert "2026-000001" in text(response)
    assert "花子" not in text(response)
    assert "自分の操作記録" in text(response)


@pytest.mark.parametrize("role", list(Role))
def test_every_role_has_its_own_log(role: Role, client: Client) -> None:
    somebody = staff_member(role)
    own = happened(by=somebody)

    assert own.pk in shown(signed_in(client, somebody).get(OWN))


def test_a_hidden_entry_looks_absent_and_the_attempt_is_recorded(clerk: User, head: User, client: Client) -> None:
    stranger = staff_member(Role.MAKER, section="総務課")
    hidden = happened(by=stranger)

    for who in (clerk, head):
        signed_in(client, who)
        assert client.get(reverse("audit:entry", args=[hidden.pk])).status_code == 404
        assert client.get(reverse("audit:entry", args=[uuid.uuid4()])).status_code == 404

    refused = Event.objects.filter(action=actions.LOG_HIDDEN_REQUESTED).order_by("at")
    assert [(entry.actor_id, entry.subject_id, entry.result) for entry in refused] == [
        (clerk.pk, str(hidden.pk), Result.REFUSED),
        (head.pk, str(hidden.pk), Result.REFUSED),
    ]


def test_what_one_may_see_can_be_opened_and_only_that_stands_around_it(
    clerk: User, head: User, client: Client
) -> None:
    opened = happened(VIEWED, by=clerk, reason="電話での照会")

    for who in (clerk, head):
        response = signed_in(client, who).get(reverse("audit:entry", args=[opened.pk]))
        assert response.status_code == 200
        assert "電話での照会" in text(response)
        assert {row.event.actor_id for row, _seal in response.context["neighbours"]} == {clerk.pk}


def test_what_a_reviewer_wrote_of_a_colleague_is_not_for_the_head(head: User, client: Client) -> None:
    reviewer = staff_member(Role.AUDITOR, section="地域保健課")
    review = happened("benefits.reveal.reviewed", by=reviewer, reason="説明が食い違う")
    address = reverse("audit:entry", args=[review.pk])

    assert "説明が食い違う" not in text(signed_in(client, head).get(address))
    assert "説明が食い違う" in text(signed_in(client, staff_member(Role.AUDITOR)).get(address))


def test_a_page_token_of_a_wider_scope_leads_nowhere(clerk: User, head: User, client: Client) -> None:
    both = Role.AUDITOR, Role.SECTION_HEAD
    reader = staff_member(*both, section="地域保健課")
    journal.record_all(journal.Entry(action=SAVED, by=clerk) for _each in range(60))
    token = signed_in(client, reader).get(LOG).context["page"].older

    response = signed_in(client, head).get(LOG, {"before": token})

    assert response.context["page"].is_first


def test_searches_of_others_are_neither_listed_nor_opened(clerk: User, head: User, client: Client) -> None:
    auditor = staff_member(Role.AUDITOR)
    whole = Scope(Reach.ALL)
    own, shared = (
        saving.save(
            name=name,
            typed={"result": "DONE"},
            is_shared=is_shared,
            due_day=None,
            by=auditor,
            scope=whole,
            at=timezone.now(),
        )
        for name, is_shared in (("内緒の点検", False), ("共有の点検", True))
    )

    def sees(who: User) -> tuple[bool, bool]:
        page = text(signed_in(client, who).get(reverse("audit:searches")))
        opened = [client.get(reverse("audit:search-open", args=[row.pk])).status_code for row in (own, shared)]
        assert opened == [302 if "内緒の点検" in page else 404, 302 if "共有の点検" in page else 404]
        return "内緒の点検" in page, "共有の点検" in page

    assert sees(auditor) == (True, True)
    assert sees(staff_member(Role.AUDITOR)) == (False, True)
    assert sees(head) == (False, False)
    for name in ("search-done", "search-remove"):
        assert client.post(reverse(f"audit:{name}", args=[own.pk])).status_code == 404
    assert (
        signed_in(client, staff_member(Role.AUDITOR))
        .post(reverse("audit:search-remove", args=[shared.pk]))
        .status_code
        == 404
    )


def test_a_head_shares_no_search_and_has_none_of_the_ready_made_ones(head: User, client: Client) -> None:
    signed_in(client, head)
    name = client.post(LOG, {"result": "REFUSED"}).headers["Location"].rpartition("=")[2]

    client.post(reverse("audit:search-save", args=[name]), {"name": "所属の点検", "is_shared": "on"})
    page = text(client.get(reverse("audit:searches")))

    assert "所属の点検" in page
    assert "自分だけ" in page
    assert "夜間・休日の個人番号表示" not in page


def test_a_search_that_a_former_auditor_saved_is_asked_within_what_they_may_see_now(
    clerk: User, client: Client
) -> None:
    hidden, theirs = happened(by=staff_member(Role.MAKER, section="総務課")), happened(by=clerk)
    reader = staff_member(Role.SECTION_HEAD, section="地域保健課")
    row = saving.save(
        name="総務課",
        typed={"section": "総務課"},
        is_shared=False,
        due_day=None,
        by=reader,
        scope=Scope(Reach.ALL),
        at=timezone.now(),
    )

    response = signed_in(client, reader).get(reverse("audit:search-open", args=[row.pk]), follow=True)

    assert theirs.pk in shown(response)
    assert hidden.pk not in shown(response)
