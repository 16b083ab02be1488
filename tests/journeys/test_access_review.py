"""An access review from its opening to the head's answers, in a browser, by keyboard where it matters."""

from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import AccessAnswer, Proposal
from accounts.roles import Role
from tests.factories import staff_member
from tests.journeys.conftest import Office

pytestmark = pytest.mark.django_db(transaction=True)
SECTION = "地域保健課"


def is_accessible(page: Page) -> bool:
    found = Axe().run(page)
    assert not found.response["violations"], found.generate_report()
    return True


def test_a_review_is_opened_and_a_head_answers_each_right_one_by_one(at_desk: Office) -> None:
    opener = staff_member(Role.USER_ADMINISTRATOR, section="総務課")
    chief = staff_member(Role.SECTION_HEAD, section=SECTION)
    worker, leaver = (staff_member(Role.MAKER, section=SECTION) for _one in range(2))
    due = timezone.localdate() + timedelta(days=7)
    office = at_desk(opener).sit_down()
    office.goto("/access-reviews/")
    assert is_accessible(office)
    office.get_by_label("名称").fill("令和8年度後期")
    office.get_by_label("回答の期限").fill(f"R{due.year - 2018}.{due.month}.{due.day}")
    office.get_by_role("button", name="棚卸しを始める").click()
    expect(office.get_by_text("回答 0/4")).to_be_visible()
    expect(office.get_by_text("期限まであと7日です")).to_be_visible()
    assert is_accessible(office)

    page = at_desk(chief).sit_down()
    page.goto("/access-reviews/")
    page.get_by_role("link", name="令和8年度後期").click()
    assert is_accessible(page)
    page.get_by_role("row").filter(has_text=worker.login_id).get_by_role("link").click()
    assert is_accessible(page)
    page.get_by_label("継続").focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="回答する").press("Enter")
    expect(page.get_by_text("回答 1/3")).to_be_visible()

    page.get_by_role("row").filter(has_text=leaver.login_id).get_by_role("link").click()
    page.get_by_label("終了").check()
    page.get_by_role("button", name="回答する").click()
    expect(page.get_by_role("link", name="変更・終了には理由を入力してください。")).to_be_visible()
    assert is_accessible(page)
    page.get_by_label("理由").fill("担当を外れた")
    page.get_by_role("button", name="回答する").click()
    expect(page.get_by_text("利用者管理者が承認すると終わります")).to_be_visible()
    assert AccessAnswer.objects.exclude(answer="").count() == 2
    assert Proposal.objects.get().user_id == leaver.pk


def test_a_file_of_staff_is_brought_with_the_template_at_hand_and_applied_by_another(at_desk: Office) -> None:
    today = timezone.localdate().isoformat()
    rows = [
        "区分,利用者ID,氏名,所属,役割,保健所,制度,ネットワーク,開始日,終了日,決裁番号,理由",
        f"採用,new-one,新任 一郎,{SECTION},入力担当者,,,,{today},,総第12号,新規採用",
    ]
    content = "\r\n".join(rows).encode("cp932")
    brings, applies = (staff_member(Role.USER_ADMINISTRATOR) for _one in range(2))
    page = at_desk(brings).sit_down()
    page.goto("/batches/")
    assert is_accessible(page)
    page.get_by_label("CSVファイル").set_input_files({"name": "staff.csv", "mimeType": "text/csv", "buffer": content})
    page.get_by_role("button", name="取り込んで確かめる").click()
    expect(page.get_by_text("新任 一郎（地域保健課）を利用者として登録する")).to_be_visible()
    expect(page.get_by_role("button", name="すべての行を反映する")).to_have_count(0)
    assert is_accessible(page)
    other = at_desk(applies).sit_down()
    other.goto(page.url)
    other.get_by_role("button", name="すべての行を反映する").click()
    expect(other.get_by_text("1行をすべて反映しました。")).to_be_visible()
    other.get_by_role("link", name="採用した人の用紙を発行する").click()
    assert is_accessible(other)
    other.get_by_role("button", name="選んだ人の用紙を発行する").click()
    expect(other.get_by_text("仮パスワード", exact=True)).to_be_visible()
    assert is_accessible(other)
