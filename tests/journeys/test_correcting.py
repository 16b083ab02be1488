"""A3, A6, V1: a wrong number gives way to the right one, typed blind by three people; then it is found by it."""

from playwright.sync_api import Page, expect

from accounts.roles import Role
from benefits.models import Application, Correction
from mynumber import vault
from tests import factories
from tests.journeys.conftest import Office
from tests.journeys.desk import fill


def test_a_number_is_corrected_by_a_third_person_and_the_recipient_is_found_by_it(at_desk: Office) -> None:
    wrong, right = factories.my_number(), factories.my_number()
    maker = at_desk(Role.MAKER, name="入力 花子")
    checker = at_desk(Role.CHECKER, name="確認 次郎")
    third = at_desk(Role.CHECKER, name="確認 三郎")
    viewer = at_desk(Role.NUMBER_VIEWER, name="閲覧 由紀")
    application = factories.approved(maker.user, checker.user, number=wrong)

    _the_maker_asks(maker.sit_down(), application, right)
    _the_second_person_does_not_agree(checker.sit_down())
    _the_third_person_does_and_approves(third.sit_down(), right)
    viewer.sit_down()
    _the_viewer_finds_nobody_by_the_old_number(viewer.page, wrong, viewer.code())
    _the_viewer_finds_the_recipient_by_the_new_one(viewer.page, right, viewer.code(), application)

    held = vault.standing(application.person_id)
    assert held is not None
    assert (held.version, held.confirmed_by) == (2, third.user.pk)
    for desk in (maker, checker, third, viewer):
        for number in (wrong, right):
            assert number not in desk.page.content()


def _the_maker_asks(page: Page, application: Application, right: str) -> None:
    page.goto(application.person.get_absolute_url())
    page.get_by_role("link", name="番号の誤りを報告する").click()
    fill(page, {"reason": "MISTYPED", "words": "カードの番号と違う", "evidence": "CARD"})
    page.locator("#id_number").focus()
    page.keyboard.type(right)
    page.locator("#id_words").focus()
    hidden = "getComputedStyle(document.querySelector('#id_number')).webkitTextSecurity"
    assert page.evaluate(hidden) == "disc"
    page.get_by_role("button", name="訂正を申請する").click()
    expect(page.locator(".messages")).to_contain_text("訂正を申請しました")
    expect(page.locator("[data-refusal=not_permitted]")).to_be_visible()
    # back gives nothing back
    page.go_back()
    expect(page.get_by_text("すでに申請されています")).to_be_visible()
    assert right not in page.content()


def _the_second_person_does_not_agree(page: Page) -> None:
    page.goto("/corrections/")
    page.get_by_role("link", name=Correction.objects.get().person.recipient_number or "").click()
    for words in ("もう一度だけ入力できます", "使い切りました"):
        fill(page, {"number": factories.my_number()})
        page.get_by_role("button", name="照合する").click()
        expect(page.locator(".messages")).to_contain_text(words)
    expect(page.locator("#id_number")).to_have_count(0)


def _the_third_person_does_and_approves(page: Page, right: str) -> None:
    page.goto(Correction.objects.get().get_absolute_url())
    fill(page, {"number": right})
    page.get_by_role("button", name="照合する").click()
    expect(page.locator(".messages")).to_contain_text("一致しました")
    page.get_by_role("button", name="承認して番号を替える").click()
    expect(page.locator(".messages")).to_contain_text("訂正を承認しました")


def _ask(page: Page, number: str, code: str) -> None:
    page.goto("/people/by-number/")
    fill(page, {"number": number, "purpose": "INQUIRY", "reason": "照会のため", "code": code})
    page.get_by_role("button", name="探す", exact=True).click()


def _the_viewer_finds_nobody_by_the_old_number(page: Page, wrong: str, code: str) -> None:
    _ask(page, wrong, code)
    expect(page.get_by_role("status", name="結果")).to_contain_text("見つかりませんでした")
    expect(page.locator("#id_number")).to_have_value("")


def _the_viewer_finds_the_recipient_by_the_new_one(
    page: Page, right: str, code: str, application: Application
) -> None:
    _ask(page, right, code)
    expect(page.get_by_role("status", name="結果")).to_contain_text("1人見つかりました")
    page.get_by_role("link", name="の画面を開く").click()
    expect(page.get_by_role("heading", name=f"受給者 {application.person.recipient_number}")).to_be_visible()
