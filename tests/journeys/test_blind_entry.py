"""A6, V1, V4: numbers of a child and of the guardian, typed from paper and retyped blind, up to a third person."""

import re

from playwright.sync_api import Page, expect

from accounts.roles import Role
from benefits.models import Application, HouseholdPerson
from mynumber import vault
from tests import factories
from tests.journeys.conftest import Office
from tests.journeys.desk import digits_in, fill, tick_everything

#: A child, insured through the father who applies.
CHILD = factories.form_data(
    birth_on="H30.4.1",
    applicant_kind="GUARDIAN",
    applicant_name="見本　一郎",
    applicant_relation="父",
    insured_kind="FAMILY",
    patient_tax="EXEMPT",
    patient_income_levy=None,
    member_0_name="見本　一郎",
    member_0_relation="父",
    member_0_birth_on="S60.3.3",
    member_0_insurance="SAME",
    member_0_insured="YES",
    member_0_guardian="YES",
    member_0_tax="TAXED",
    member_0_income_levy="70,999",
)


def test_two_people_and_then_a_third_type_the_numbers_of_a_child_and_the_guardian_blind(at_desk: Office) -> None:
    child, guardian = factories.my_number(), factories.my_number()
    maker = at_desk(Role.MAKER, name="入力 花子")
    second = at_desk(Role.CHECKER, name="確認 次郎")
    third = at_desk(Role.CHECKER, name="確認 三郎")

    receipt = _both_numbers_are_typed_beside_their_names(maker.sit_down(), child, guardian)
    _the_second_person_does_not_agree_on_one(second.sit_down(), receipt, child)
    _the_third_person_does(third.sit_down(), receipt, guardian)
    _the_second_person_approves(second.page, receipt)

    application = Application.objects.get(receipt_number=receipt)
    father = HouseholdPerson.objects.get(application=application)
    for person, confirmed_by in ((application.person_id, second.user.pk), (father.pk, third.user.pk)):
        held = vault.standing(person)
        assert held is not None
        assert (held.state, held.confirmed_by) == (vault.State.IN_USE, confirmed_by)


def _both_numbers_are_typed_beside_their_names(page: Page, child: str, guardian: str) -> str:
    page.goto("/applications/new/")
    row = page.locator("[data-holder=member_0]")
    expect(row).to_have_count(0)
    fill(page, CHILD)

    # the box comes as soon as the form says that the father's number is needed, and names him
    expect(row).to_be_visible()
    expect(row).to_contain_text("世帯員1（保護者）")
    expect(row).to_contain_text("見本　一郎")
    expect(row).to_contain_text("昭和60年3月3日")
    expect(page.locator("[data-holder=patient]")).to_contain_text("平成30年4月1日")
    expect(page.locator("[data-holder=member_1]")).to_have_count(0)
    fill(page, {"member_0_birth_on": "S61.4.4"})
    expect(row).to_contain_text("昭和61年4月4日")

    # one number for both is somebody's mistake, and nothing of it is kept
    fill(page, {"number": guardian, "member_0_kana": "みほん いちろう", "member_0_number_given": "GIVEN"})
    page.locator("#id_member_0_number_given").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#id_member_0_number")).to_be_focused()
    page.keyboard.type(guardian)
    page.get_by_role("button", name="内容を確認する").click()
    expect(page.get_by_role("alert")).to_contain_text(
        "この番号は世帯員1（保護者）（見本　一郎）の欄にも入力されています"
    )
    assert page.locator("#id_member_0_number").input_value() == ""
    _no_number_on(page, child, guardian)

    fill(page, {"number": child, "member_0_number": guardian})
    page.get_by_role("button", name="内容を確認する").click()
    expect(page.get_by_role("heading", name="入力内容の確認")).to_be_visible()
    _no_number_on(page, child, guardian)
    receipt = (page.locator(".identity-bar").text_content() or "").split("受付番号")[1].split()[0]
    page.get_by_role("button", name="確認者へ提出する").click()
    expect(page.get_by_role("status").filter(has_text="提出しました")).to_be_visible()
    return receipt


def _the_second_person_does_not_agree_on_one(page: Page, receipt: str, child: str) -> None:
    page.goto("/reviews/")
    page.get_by_role("link", name=f"照合する {receipt}").click()
    expect(page.locator("[data-retype=member_0_number]")).to_contain_text("見本　一郎")
    expect(page.locator("[data-retype=member_0_number]")).to_contain_text("昭和61年4月4日")
    tick_everything(page)
    fill(page, {"number": child, "member_0_number": factories.my_number()})
    page.get_by_role("button", name="照合する", exact=True).click()
    expect(page.get_by_role("status").filter(has_text="受診者：見本　太郎：個人番号は一致しました")).to_be_visible()
    expect(page.get_by_role("alert").filter(has_text="見本　一郎：個人番号は不一致です")).to_be_visible()
    expect(page.locator("[name=number]")).to_have_count(0)  # what agrees cannot be probed further

    fill(page, {"member_0_number": factories.my_number()})
    page.get_by_role("button", name="照合する", exact=True).click()
    expect(page.get_by_role("alert").filter(has_text="3人目の照合")).to_be_visible()
    expect(page.locator("[name=member_0_number]")).to_have_count(0)
    page.get_by_role("button", name="承認へ進む").click()
    expect(
        page.get_by_role("alert").filter(has_text="世帯員1（保護者）の個人番号がまだ一致していません")
    ).to_be_visible()
    page.goto("/reviews/")
    expect(page.get_by_role("link", name=re.compile("3人目の照合をする"))).to_have_count(0)  # not by the same person


def _the_third_person_does(page: Page, receipt: str, guardian: str) -> None:
    page.goto("/reviews/")
    page.get_by_role("link", name=f"3人目の照合をする {receipt}").click()
    expect(page.locator("[data-retype]")).to_have_count(1)
    fill(page, {"member_0_number": guardian})
    page.get_by_role("button", name="照合する").click()
    expect(page.get_by_role("status").filter(has_text="個人番号は一致しました")).to_be_visible()
    expect(page.get_by_role("link", name=re.compile("3人目の照合をする"))).to_have_count(0)
    _no_number_on(page, guardian)


def _the_second_person_approves(page: Page, receipt: str) -> None:
    page.get_by_role("link", name=f"照合する {receipt}").click()
    page.get_by_role("button", name="承認へ進む").click()
    page.get_by_role("button", name="承認する").click()
    expect(page.get_by_role("status").filter(has_text="承認しました")).to_be_visible()


def _no_number_on(page: Page, *numbers: str) -> None:
    page.wait_for_function("() => document.readyState === 'complete' && document.body !== null")
    inside = page.evaluate(
        "() => document.documentElement.outerHTML"
        " + [...document.querySelectorAll('input, textarea')].map((control) => control.value).join(' ')"
    )
    assert all(number not in digits_in(inside) for number in numbers)
