"""The pages for bringing and applying a file of staff."""

import csv
import io
import re
import uuid
from datetime import timedelta
from http import HTTPStatus
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import batches
from accounts.models import Proposal, StaffBatch, StaffSession, User
from accounts.models.rights import Outcome
from accounts.roles import HANDBOOK, Role
from audit.models import Event, Result
from tests.accounts.test_batches import administrator, brought, joiner
from tests.accounts.test_staff_file import written
from tests.factories import signed_in, staff_member

LIST = "/batches/"


@pytest.fixture
def two(db: None) -> tuple[User, User]:
    return administrator(), administrator()


def page_of(batch: StaffBatch, name: str = "batch") -> str:
    return reverse(f"accounts:{name}", args=[batch.pk])


def upload(client: Client, data: bytes) -> Any:
    return client.post(LIST, {"file": SimpleUploadedFile("staff.csv", data)})


def words(response: Any) -> str:
    return str(response.content.decode())


def test_a_file_is_brought_looked_at_and_applied_by_another(client: Client, two: tuple[User, User]) -> None:
    answer = upload(signed_in(client, two[0]), written(joiner()))
    batch = StaffBatch.objects.get()
    assert answer["Location"] == page_of(batch)
    own_page = words(client.get(page_of(batch)))
    assert "新任 一郎（地域保健課）を利用者として登録する" in own_page
    assert page_of(batch, "batch-apply") not in own_page
    other = signed_in(Client(), two[1])
    assert page_of(batch, "batch-apply") in words(other.get(page_of(batch)))
    done = other.post(page_of(batch, "batch-apply"), follow=True)
    assert "1行をすべて反映しました。" in words(done)
    assert User.objects.filter(login_id="new-one").exists()
    assert "反映済み" in words(other.get(LIST))


def test_whoever_brought_a_file_and_posts_to_apply_it_is_refused(client: Client, two: tuple[User, User]) -> None:
    batch = brought(two[0], joiner())
    answer = signed_in(client, two[0]).post(page_of(batch, "batch-apply"), follow=True)
    assert "自分では反映できません" in words(answer)
    assert not User.objects.filter(login_id="new-one").exists()


def test_mistakes_are_listed_with_line_column_and_a_way_to_mend_them(client: Client, two: tuple[User, User]) -> None:
    batch = brought(two[0], joiner(開始日="4月1日"), joiner(login_id="other", 役割="王様"))
    page = words(signed_in(client, two[1]).get(page_of(batch)))
    assert "直すところが2か所あります" in page
    assert "日付を読み取れません。" in page
    assert "「王様」という役割はありません。" in page
    assert page_of(batch, "batch-apply") not in page
    refused = client.post(page_of(batch, "batch-apply"), follow=True)
    assert "2行目（開始日）" in words(refused)


@pytest.mark.parametrize(
    ("data", "words_of_refusal"),
    [
        (b"", "ファイルが空です。"),
        (b"\x00\x01", "CSVファイルではありません"),
        (b"a,b\r\n", "1行目の見出しがひな形と違います"),
    ],
)
def test_what_cannot_be_read_is_refused_in_words(
    client: Client, two: tuple[User, User], data: bytes, words_of_refusal: str
) -> None:
    answer = upload(signed_in(client, two[0]), data)
    assert answer.status_code == HTTPStatus.OK
    assert words_of_refusal in words(answer)
    assert not StaffBatch.objects.exists()


def test_a_file_that_is_larger_than_anything_a_page_takes_is_refused(client: Client, two: tuple[User, User]) -> None:
    answer = upload(signed_in(client, two[0]), b"x" * 2_000_000)
    assert answer.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    assert "大きすぎます" in words(answer)
    assert not StaffBatch.objects.exists()


def test_the_same_file_twice_is_refused_in_words(client: Client, two: tuple[User, User]) -> None:
    signed_in(client, two[0])
    upload(client, written(joiner()))
    assert "同じファイルがすでに取り込まれています" in words(upload(client, written(joiner())))


def test_no_file_at_all_is_asked_for(client: Client, two: tuple[User, User]) -> None:
    assert "ファイルを選んでください。" in words(signed_in(client, two[0]).post(LIST))


def test_a_rejection_asks_for_its_reason(client: Client, two: tuple[User, User]) -> None:
    batch = brought(two[0], joiner())
    signed_in(client, two[1])
    assert "理由を入力してください。" in words(client.post(page_of(batch, "batch-reject"), {"reason": ""}))
    client.post(page_of(batch, "batch-reject"), {"reason": "氏名が違います"})
    batch.refresh_from_db()
    assert batch.outcome == Outcome.REJECTED


def test_the_template_comes_as_a_csv_without_formulas(client: Client, two: tuple[User, User]) -> None:
    answer = signed_in(client, two[0]).get(LIST + "template.csv")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    for row in csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))):
        assert not any(cell.startswith(("=", "+", "-", "@")) for cell in row)


def test_what_stands_in_a_file_is_drawn_as_text(client: Client, two: tuple[User, User]) -> None:
    batch = brought(two[0], joiner(氏名="<script>alert(1)</script>"))
    assert "<script>alert" not in words(signed_in(client, two[1]).get(page_of(batch)))


def secrets_on(page: str) -> list[str]:
    return re.findall(r'<dd class="code">([^<]+)</dd>', page)[1::2]


def test_the_applier_prints_the_passwords_and_the_bringer_the_codes(client: Client, two: tuple[User, User]) -> None:
    batch = brought(two[0], joiner(), joiner(login_id="new-two"))
    batches.apply(batch.pk, by=two[1], at=timezone.now())
    chosen = {"proposal": [str(one.pk) for one in Proposal.objects.filter(batch=batch, kind="HIRE")]}
    slips = page_of(batch, "batch-slips")
    brings, applies, third = (signed_in(Client(), one) for one in (*two, administrator()))
    passwords = applies.post(slips, chosen)
    assert "no-store" in passwords["Cache-Control"]
    assert "登録コード" not in words(passwords)
    found = secrets_on(words(passwords))
    assert len(set(found)) == 2
    for name, password in zip(["new-one", "new-two"], found, strict=True):
        assert User.objects.get(login_id=name).check_password(password)
    codes = brings.post(slips, chosen)
    assert "仮パスワード" not in words(codes)
    assert len(set(secrets_on(words(codes)))) == 2
    nothing = third.post(slips, chosen, follow=True)
    assert secrets_on(words(nothing)) == []
    assert "選んでください" in words(nothing)
    assert not any(one in words(applies.get(slips)) for one in found)


def test_slips_of_a_file_that_was_not_applied_are_not_there(client: Client, two: tuple[User, User]) -> None:
    batch = brought(two[0], joiner())
    assert signed_in(client, two[1]).get(page_of(batch, "batch-slips")).status_code == HTTPStatus.NOT_FOUND


@pytest.mark.parametrize("role", [role for role in HANDBOOK if role is not Role.USER_ADMINISTRATOR])
def test_nobody_else_reaches_any_of_these_pages(client: Client, two: tuple[User, User], role: Role) -> None:
    batch = brought(two[0], joiner())
    signed_in(client, staff_member(role, office="CHUO" if HANDBOOK[role].needs_office else ""))
    pages = [LIST, LIST + "template.csv", page_of(batch), page_of(batch, "batch-slips")]
    assert [client.get(page).status_code for page in pages] == [HTTPStatus.FORBIDDEN] * 4
    posts = [LIST, page_of(batch, "batch-apply"), page_of(batch, "batch-reject"), page_of(batch, "batch-slips")]
    assert [client.post(page).status_code for page in posts] == [HTTPStatus.FORBIDDEN] * 4
    assert Event.objects.filter(result=Result.REFUSED).count() == 8


def test_bringing_and_applying_ask_for_a_factor_when_it_is_not_fresh(client: Client, two: tuple[User, User]) -> None:
    batch = brought(two[0], joiner())
    signed_in(client, two[1])
    StaffSession.objects.filter(user=two[1]).update(factor_used_at=timezone.now() - timedelta(hours=2))
    for page in (LIST, page_of(batch, "batch-apply"), page_of(batch, "batch-reject"), page_of(batch, "batch-slips")):
        assert client.post(page)["Location"].startswith(reverse("accounts:confirm")), page
    batch.refresh_from_db()
    assert batch.outcome == ""


def test_a_file_that_does_not_exist_answers_404(client: Client, two: tuple[User, User]) -> None:
    missing = uuid.uuid4()
    signed_in(client, two[0])
    assert client.get(f"{LIST}{missing}/").status_code == HTTPStatus.NOT_FOUND
    assert client.post(f"{LIST}{missing}/apply/").status_code == HTTPStatus.NOT_FOUND
