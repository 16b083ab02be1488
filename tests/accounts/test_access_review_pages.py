"""The pages of the access review."""

import hashlib
import io
from collections.abc import Callable
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from accounts import access_review, access_review_pdf, actions
from accounts.models import AccessReview, Proposal, RoleAssignment, StaffSession, User
from accounts.models.access_review import Answer
from accounts.roles import HANDBOOK, Role
from audit.models import Event, Result
from tests.accounts.test_access_review import (
    OTHER,
    SECTION,
    administrator,
    answer,
    begun,
    clerk,
    head,
    past_due,
    right_of,
    today,
)
from tests.accounts.test_access_review_pdf import verified
from tests.factories import signed_in, staff_member

__all__ = ["past_due"]  # the fixture

LIST = "/access-reviews/"


def page_of(review: AccessReview, name: str = "access-review") -> str:
    return reverse(f"accounts:{name}", args=[review.pk])


def answer_page(review: AccessReview, user: User) -> str:
    return reverse("accounts:access-review-answer", args=[review.pk, right_of(review, user).pk])


def words(client: Client, page: str) -> str:
    return client.get(page).content.decode()


@pytest.mark.usefixtures("db")
def test_an_administrator_opens_a_review_with_its_due_date_in_either_calendar(client: Client) -> None:
    due = today() + timedelta(days=20)
    signed_in(client, administrator())
    given = client.post(LIST, {"title": "令和8年度後期", "due_on": f"R{due.year - 2018}.{due.month}.{due.day}"})
    review = AccessReview.objects.get()
    assert given.headers["Location"] == page_of(review)
    assert (review.title, review.due_on) == ("令和8年度後期", due)
    assert "棚卸しを始める" not in words(client, LIST)


@pytest.mark.parametrize(
    ("typed", "complaint"),
    [
        ({"title": "", "due_on": "R8.10.30"}, "名称を入力してください。"),
        ({"title": "後期", "due_on": ""}, "期限を入力してください。"),
        ({"title": "後期", "due_on": "10月"}, "日付を読み取れません。"),
        ({"title": "後期", "due_on": "2020-01-01"}, "明日かそれより後の日"),
        ({"title": "後" * 61, "due_on": "R30.10.30"}, "60文字以内"),
    ],
)
@pytest.mark.usefixtures("db")
def test_what_was_mistyped_is_said_in_words(client: Client, typed: dict[str, str], complaint: str) -> None:
    signed_in(client, administrator())
    assert complaint in client.post(LIST, typed).content.decode()
    assert not AccessReview.objects.exists()


@pytest.mark.usefixtures("db")
def test_a_second_review_at_a_time_is_refused_in_words(client: Client) -> None:
    opener = administrator()
    begun(opener)
    given = signed_in(client, opener).post(LIST, {"title": "二つ目", "due_on": "R30.1.1"})
    assert "棚卸しは1つずつ行います" in given.content.decode()


@pytest.mark.usefixtures("db")
def test_a_head_answers_their_people_one_by_one_and_there_is_no_button_for_all(client: Client) -> None:
    opener, chief, worker, stranger = administrator(), head(), clerk(), clerk(section=OTHER)
    second = clerk()
    review = begun(opener)
    page = words(signed_in(client, chief), page_of(review))
    assert worker.login_id in page
    assert stranger.login_id not in page
    assert OTHER not in page
    assert "回答 0/3" in page  # their own right counts, and another answers for it
    assert page.count("<form") == page.count('action="/sign-out/"') + page.count('action="/lock/"')
    given = client.post(answer_page(review, worker), {"answer": "KEEP", "reason": ""})
    assert given.headers["Location"].startswith(page_of(review))
    assert "回答 1/3" in words(client, page_of(review))
    assert right_of(review, second).answer == ""


@pytest.mark.usefixtures("db")
def test_an_end_from_the_page_becomes_a_proposal(client: Client) -> None:
    opener, chief, worker = administrator(), head(), clerk()
    review = begun(opener)
    signed_in(client, chief)
    asked = client.post(answer_page(review, worker), {"answer": "END", "reason": ""}).content.decode()
    assert "変更・終了には理由を入力してください。" in asked
    done = client.post(answer_page(review, worker), {"answer": "END", "reason": "異動"}, follow=True)
    assert "利用者管理者が承認すると終わります" in done.content.decode()
    assert Proposal.objects.get().proposed_by_id == chief.pk


@pytest.mark.parametrize("typed", [{}, {"answer": "ALL"}, {"answer": "KEEP", "reason": "あ" * 151}])
@pytest.mark.usefixtures("db")
def test_a_crooked_answer_is_refused_in_words(client: Client, typed: dict[str, str]) -> None:
    opener, chief, worker = administrator(), head(), clerk()
    review = begun(opener)
    given = signed_in(client, chief).post(answer_page(review, worker), typed)
    assert given.status_code == HTTPStatus.OK
    assert "エラー" in given.content.decode()
    assert right_of(review, worker).answer == ""


@pytest.mark.usefixtures("db")
def test_a_right_of_another_section_or_ones_own_answers_404_and_is_on_record(client: Client) -> None:
    opener, chief, stranger = administrator(), head(), clerk(section=OTHER)
    review = begun(opener)
    signed_in(client, chief)
    for whose in (stranger, chief):
        assert client.get(answer_page(review, whose)).status_code == HTTPStatus.NOT_FOUND
        assert client.post(answer_page(review, whose), {"answer": "KEEP"}).status_code == HTTPStatus.NOT_FOUND
    refused = Event.objects.filter(action=actions.REVIEW_VIEWED, result=Result.REFUSED, actor_id=chief.pk)
    pages = {f"accounts:access-review-answer {review.pk} {right_of(review, one).pk}" for one in (stranger, chief)}
    assert refused.count() == 4
    assert {entry.subject_id for entry in refused} == pages


@pytest.mark.usefixtures("db")
def test_a_head_can_neither_open_nor_close_a_review_nor_take_its_result(client: Client) -> None:
    opener, chief = administrator(), head()
    signed_in(client, chief)
    assert client.post(LIST, {"title": "後期", "due_on": "R30.1.1"}).status_code == HTTPStatus.NOT_FOUND
    review = begun(opener)
    assert client.post(page_of(review, "access-review-close")).status_code == HTTPStatus.FORBIDDEN
    assert client.get(page_of(review, "access-review-result")).status_code == HTTPStatus.FORBIDDEN


@pytest.mark.usefixtures("db")
def test_an_administrator_sees_every_section_who_is_late_and_answers_only_for_heads(client: Client) -> None:
    opener, chief, worker = administrator(), head(), clerk()
    review = begun(opener, days=7)
    page = words(signed_in(client, opener), page_of(review))
    assert "期限まであと7日です" in page
    assert SECTION in page
    assert "所属長がいません" in page  # the administrators' own section has none
    assert answer_page(review, chief) in page
    assert answer_page(review, worker) not in page
    client.post(answer_page(review, worker), {"answer": "KEEP"})
    assert right_of(review, worker).answer == ""
    only = words(client, f"{page_of(review)}?section={OTHER}")
    assert worker.login_id not in only


@pytest.mark.usefixtures("db")
def test_an_old_right_that_nobody_uses_stands_out(client: Client) -> None:
    opener, chief, worker = administrator(), head(), clerk()
    RoleAssignment.objects.filter(user=worker).update(last_used_on=today() - timedelta(days=91))
    review = begun(opener)
    signed_in(client, chief)
    assert "90日以上使われていません" in words(client, page_of(review))
    assert "90日以上使われていません" in words(client, answer_page(review, worker))


def test_a_review_is_closed_on_the_page_and_its_result_is_a_signed_file_on_record(
    client: Client, past_due: Callable[[AccessReview], None]
) -> None:
    opener, closer, worker = administrator(), administrator(), clerk()
    review = begun(opener)
    past_due(review)
    assert page_of(review, "access-review-close") not in words(signed_in(Client(), opener), page_of(review))
    signed_in(client, closer)
    page = words(client, page_of(review))
    assert "期限を過ぎています" in page
    done = client.post(page_of(review, "access-review-close"), follow=True).content.decode()
    assert "回答のない権限1件を停止しました。" in done
    assert closer.display_name in done  # a last user administrator who stays is named
    assert access_review_pdf.in_groups(access_review_pdf.certificate_fingerprint()) in done
    result = client.get(page_of(review, "access-review-result"))
    assert result.headers["Content-Type"] == "application/pdf"
    pdf = result.content
    status = verified(pdf)
    assert status.intact
    assert status.valid
    entry = Event.objects.get(action=actions.REVIEW_EXPORTED)
    assert entry.details == {"fingerprint": hashlib.sha256(pdf).hexdigest()}
    text = "".join(one.extract_text() for one in PdfReader(io.BytesIO(pdf)).pages).replace("\n", "")
    assert access_review.fingerprint(AccessReview.objects.get().result or {}) in text.replace(" ", "")
    assert worker.login_id in text.replace("\u200b", "")


def test_a_result_that_cannot_be_set_is_explained_and_on_record(
    client: Client, past_due: Callable[[AccessReview], None], settings: Any, tmp_path: Path
) -> None:
    opener, closer = administrator(), administrator()
    review = begun(opener)
    past_due(review)
    access_review.close(review.pk, by=closer, at=timezone.now())
    settings.KYUFU_FONT_DIRS = [tmp_path]
    given = signed_in(client, closer).get(page_of(review, "access-review-result"))
    assert given.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert "fonts-ipaexfont" in given.content.decode()
    assert Event.objects.get(action=actions.REVIEW_EXPORTED).result == Result.FAILED


@pytest.mark.usefixtures("db")
def test_closing_early_is_refused_in_words_and_there_is_no_result_yet(client: Client) -> None:
    opener, closer = administrator(), administrator()
    review = begun(opener)
    signed_in(client, closer)
    refused = client.post(page_of(review, "access-review-close"), follow=True).content.decode()
    assert "期限の翌日以後か、すべて回答された後" in refused
    assert client.get(page_of(review, "access-review-result")).status_code == HTTPStatus.NOT_FOUND


@pytest.mark.usefixtures("db")
def test_answering_and_closing_ask_for_a_factor_when_it_is_not_fresh(client: Client) -> None:
    opener, chief, worker = administrator(), head(), clerk()
    review = begun(opener)
    signed_in(client, chief)
    StaffSession.objects.filter(user=chief).update(factor_used_at=timezone.now() - timedelta(hours=2))
    given = client.post(answer_page(review, worker), {"answer": "KEEP"})
    assert given.headers["Location"].startswith(reverse("accounts:confirm"))
    assert right_of(review, worker).answer == ""


@pytest.mark.usefixtures("db")
def test_a_reason_is_drawn_as_text(client: Client) -> None:
    opener, chief, worker = administrator(), head(), clerk()
    review = begun(opener)
    answer(review, worker, Answer.END, by=chief, reason="<img src=x>")
    assert "<img src=x>" not in words(signed_in(client, opener), page_of(review))


ALLOWED = {Role.SECTION_HEAD, Role.USER_ADMINISTRATOR}


@pytest.mark.parametrize("role", [role for role in HANDBOOK if role not in ALLOWED])
@pytest.mark.usefixtures("db")
def test_nobody_else_reaches_any_of_these_pages(client: Client, role: Role) -> None:
    opener, worker = administrator(), clerk()
    review = begun(opener)
    signed_in(client, staff_member(role, section=SECTION, office="CHUO" if HANDBOOK[role].needs_office else ""))
    pages = [LIST, page_of(review), answer_page(review, worker), page_of(review, "access-review-result")]
    assert [client.get(page).status_code for page in pages] == [HTTPStatus.FORBIDDEN] * 4
    posts = [LIST, answer_page(review, worker), page_of(review, "access-review-close")]
    assert [client.post(page).status_code for page in posts] == [HTTPStatus.FORBIDDEN] * 3
