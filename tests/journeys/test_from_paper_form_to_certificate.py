"""A1, A2, A3, A4, A6, V1: the main job in a browser, from a paper form to a decision with every step on record."""

import io
import re
from collections.abc import Callable, Iterable

from playwright.sync_api import Locator, Page, expect
from pypdf import PdfReader

from accounts.roles import Role
from benefits.models import Application
from tests import factories
from tests.journeys.conftest import Office
from tests.journeys.desk import digits_in, fill, tick_everything, typed

#: 邉 with the selector of one of its variants: what is on the certificate is this, to the code point.
FAMILY_NAME = "渡邉\U000e0110"
PURPOSE, REASON = "原本との照合", "番号確認書類の写しと、登録された番号とを照らすため"


def test_a_paper_form_becomes_a_checked_decision_and_every_view_of_the_number_is_on_record(at_desk: Office) -> None:
    number = factories.my_number()
    maker = at_desk(Role.MAKER, name="入力 花子")
    checker = at_desk(Role.CHECKER, name="確認 次郎")
    viewer = at_desk(Role.NUMBER_VIEWER, name="閲覧 三郎")
    auditor = at_desk(Role.AUDITOR, name="監査 四郎")

    receipt = _a_maker_types_the_form(maker.sign_in(), number)
    _a_checker_sends_it_back(checker.sign_in(), receipt, number)
    _the_maker_mends_it(maker.page, receipt, number)
    recipient = _the_checker_approves(checker.page, receipt, number)
    _a_viewer_sees_the_number_for_a_minute(viewer.sign_in(), viewer.code, recipient, number)
    _nobody_else_can(checker.page, recipient, number)
    _an_auditor_finds_every_step(auditor.sign_in(), receipt, recipient)


def _a_maker_types_the_form(page: Page, number: str) -> str:
    """With mistakes first, and in two sittings. Returns the receipt number."""
    page.get_by_role("link", name="申請を入力する").click()
    wrong = factories.form_data(
        family_name=FAMILY_NAME, family_kana="ﾜﾀﾅﾍﾞ", birth_on="昭和65年1月1日", disease_number="999"
    )
    fill(page, {**wrong, "number": number[:-1] + str((int(number[-1]) + 1) % 10)})
    before = typed(page)
    page.get_by_role("button", name="内容を確認する").click()

    # mistakes are pointed out in words, with links into the fields, and nothing typed is lost
    summary = page.get_by_role("alert")
    expect(summary).to_be_focused()
    expect(page).to_have_title(re.compile(r"^エラー: "))
    expect(summary).to_contain_text("昭和は64年1月7日まで")
    expect(summary).to_contain_text("検査数字")
    summary.get_by_role("link").filter(has_text="昭和").click()
    expect(page.locator("#id_birth_on")).to_be_focused()
    assert page.locator("#id_birth_on").get_attribute("aria-invalid") == "true"
    described_by = (page.locator("#id_birth_on").get_attribute("aria-describedby") or "").split()
    assert described_by[0] == "id_birth_on_error"
    assert typed(page) == {**before, "number": [""]}

    # what is right now is sealed at once; the rest may wait
    fill(page, {"birth_on": "S45.4.1", "number": f"{number[:4]}－{number[4:8]}－{number[8:]}"})
    page.get_by_role("button", name="下書き保存").click()
    expect(page.get_by_role("status").filter(has_text="下書きを保存しました")).to_be_visible()
    receipt = (page.locator(".identity-bar").text_content() or "").split("受付番号")[1].split()[0]
    _the_number_is_nowhere_on(page, number)

    # left alone and continued
    page.goto("/")
    page.get_by_role("link", name=f"続ける {receipt}").click()
    assert page.locator("[name=number]").input_value() == ""
    assert page.locator("[name=family_name]").input_value() == FAMILY_NAME
    expect(page.locator("#section-number")).to_contain_text("個人番号は入力済みです")
    fill(page, {"disease_number": "6"})
    page.get_by_role("button", name="内容を確認する").click()

    expect(page.get_by_role("heading", name="入力内容の確認")).to_be_visible()
    _the_number_is_nowhere_on(page, number)
    page.get_by_role("button", name="確認者へ提出する").click()
    expect(page.get_by_role("status").filter(has_text=f"受付番号 {receipt} を確認者へ提出しました")).to_be_visible()
    _the_number_is_nowhere_on(page, number)
    return receipt


def _a_checker_sends_it_back(page: Page, receipt: str, number: str) -> None:
    """After a first blind entry that does not agree, with a comment pinned to a field."""
    page.get_by_role("link", name=f"照合する {receipt}").click()
    expect(page.get_by_role("button", name="照合する")).to_be_visible()
    _the_number_is_nowhere_on(page, number)
    page.locator("[name=number]").fill(factories.my_number())
    page.get_by_role("button", name="照合する").click()
    expect(page.get_by_role("alert").filter(has_text="個人番号は不一致です")).to_be_visible()
    _the_number_is_nowhere_on(page, number)

    # a decision needs every box ticked
    page.get_by_role("button", name="承認へ進む").click()
    expect(page.get_by_role("alert").filter(has_text="照合していない項目")).to_be_visible()

    page.locator("[data-review-row]", has_text="町名・番地").get_by_text("差戻し").click()
    page.get_by_role("textbox", name="町名・番地の差戻しコメント").fill("原本は「本町1-2-4」です")
    page.get_by_role("button", name="差し戻す").click()
    expect(page.get_by_role("status").filter(has_text="差し戻しました")).to_be_visible()


def _the_maker_mends_it(page: Page, receipt: str, number: str) -> None:
    page.goto("/")
    page.get_by_role("link", name=f"続ける {receipt}").click()
    expect(page.locator("[data-field=street]")).to_contain_text("原本は「本町1-2-4」です")
    _the_number_is_nowhere_on(page, number)
    fill(page, {"street": "本町1-2-4"})
    page.get_by_role("button", name="内容を確認する").click()
    page.get_by_role("button", name="確認者へ提出する").click()
    expect(page.get_by_role("status").filter(has_text="提出しました")).to_be_visible()


def _the_checker_approves(page: Page, receipt: str, number: str) -> str:
    """Every box compared, the number typed alike, the decision read before it is made. Returns who received."""
    page.goto("/reviews/")
    page.get_by_role("link", name=f"照合する {receipt}").click()
    expect(page.get_by_text("本町1-2-4")).to_be_visible()
    assert tick_everything(page) > 25
    page.locator("[name=number]").fill(number)
    page.get_by_role("button", name="照合する").click()
    expect(page.get_by_text("個人番号は一致しました")).to_be_visible()
    _the_number_is_nowhere_on(page, number)
    page.get_by_role("button", name="承認へ進む").click()

    expect(page.get_by_role("heading", name="この内容で承認しますか")).to_be_visible()
    expect(page.locator(".decision__amount")).to_contain_text("10,000円")
    expect(page.locator(".decision__reasons li").first).to_be_visible()
    page.get_by_role("button", name="承認する").click()

    expect(page.get_by_role("status").filter(has_text="承認しました")).to_be_visible()
    facts = page.locator(".decision .summary-list").inner_text()
    assert "一般所得" in facts
    assert "から" in facts
    recipient = page.locator(".decision dd.code").first.inner_text()
    assert re.fullmatch(r"\d{7}", recipient)
    link = page.get_by_role("link", name="受給者証（PDF）を開く")
    answer = page.request.get(str(link.get_attribute("href")))
    assert answer.headers["content-type"] == "application/pdf"
    text = "".join(PdfReader(io.BytesIO(answer.body())).pages[0].extract_text().split())
    assert FAMILY_NAME + "太郎" in text
    assert recipient in text
    assert "10,000円" in text
    assert number not in digits_in(text)
    return recipient


def _a_viewer_sees_the_number_for_a_minute(page: Page, code: Callable[[], str], recipient: str, number: str) -> None:
    page.clock.install()
    page.get_by_label("受給者番号").fill(recipient)
    page.get_by_role("button", name="検索").click()
    page.get_by_role("link", name=recipient).click()
    expect(page.get_by_role("link", name="表示する…")).to_be_visible()
    _the_number_is_nowhere_on(page, number)
    person = page.url

    # until its time is over
    digits = _reveal(page, code(), number)
    page.clock.run_for(59_000)
    expect(digits).to_contain_text(number[:4])
    page.clock.run_for(1_500)
    expect(digits).to_have_text("•••• •••• ••••")
    expect(page.locator("[data-reveal-status]")).to_contain_text("時間になった")
    _the_number_is_nowhere_on(page, number)

    # until it is hidden by hand
    page.goto(person)
    _reveal(page, code(), number)
    page.get_by_role("button", name="隠す").click()
    _the_number_is_nowhere_on(page, number)

    # until nobody looks
    page.goto(person)
    _reveal(page, code(), number)
    page.evaluate("Object.defineProperty(document, 'hidden', {get: () => true, configurable: true})")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    _the_number_is_nowhere_on(page, number)

    # never on paper
    page.goto(person)
    digits = _reveal(page, code(), number)
    page.emulate_media(media="print")
    expect(digits).to_be_hidden()
    printed = "".join(one.extract_text() for one in PdfReader(io.BytesIO(page.pdf())).pages)
    assert number not in digits_in(printed)
    page.emulate_media(media="screen")

    # neither in an address nor in what the browser goes back to
    page.goto(person)
    _reveal(page, code(), number)
    assert number not in digits_in(page.url)
    page.get_by_role("link", name="受給者の画面に戻る").click()
    expect(page.get_by_role("link", name="表示する…")).to_be_visible()
    _the_number_is_nowhere_on(page, number)
    page.evaluate("void setTimeout(() => history.back())")  # answered before the page goes
    expect(page.get_by_role("link", name="表示する…")).to_have_count(0)  # the answer to a POST is not kept
    _the_number_is_nowhere_on(page, number)
    page.goto(person)


def _reveal(page: Page, code: str, number: str) -> Locator:
    page.get_by_role("link", name="表示する…").click()
    page.get_by_label("表示する目的").select_option(label=PURPOSE)
    page.get_by_label("具体的な理由").fill(REASON)
    page.get_by_label("確認コード").fill(code)
    page.get_by_role("button", name="60秒間表示する").click()
    digits = page.locator("[data-reveal-digits]")
    expect(digits).to_have_text(f"{number[:4]} {number[4:8]} {number[8:]}")
    return digits


def _nobody_else_can(page: Page, recipient: str, number: str) -> None:
    """The checker who typed it opens the person: no number, no way to it, and a direct address is refused."""
    page.goto("/people/")
    page.get_by_label("受給者番号").fill(recipient)
    page.get_by_role("button", name="検索").click()
    page.get_by_role("link", name=recipient).click()
    expect(page.get_by_role("link", name="表示する…")).to_have_count(0)
    _the_number_is_nowhere_on(page, number)

    answer = page.goto(f"{page.url}number/")

    assert answer is not None
    assert answer.status == 403
    page.goto("/")


def _an_auditor_finds_every_step(page: Page, receipt: str, recipient: str) -> None:
    def actions_found(
        receipt: str = "", person: str = "", actor: str = "", result: str = "", actions: Iterable[str] = ()
    ) -> list[str]:
        page.goto("/audit/")
        page.get_by_role("textbox", name="受付番号など").fill(receipt)
        page.get_by_role("textbox", name="受給者", exact=True).fill(person)
        page.get_by_role("textbox", name="利用者").fill(actor)
        page.get_by_role("combobox", name="結果").select_option(label=result or "すべて")
        if actions:
            page.get_by_text("操作の種類を選ぶ").click()
        for action in actions:
            page.get_by_role("checkbox", name=action, exact=True).check()
        page.get_by_role("button", name="検索", exact=True).click()
        page.wait_for_url("**/audit/?s=*")
        return page.locator("tbody tr td:nth-child(3)").all_inner_texts()

    steps = {"申請の下書き保存", "申請の提出", "申請の差戻し", "申請の承認", "受給者証の表示"}
    assert set(actions_found(receipt=receipt, actions=steps)) == steps
    assert {"申請の閲覧", "申請の照合"} <= set(actions_found(receipt=receipt, actions=["申請の閲覧", "申請の照合"]))
    of_the_number = {"個人番号の入力", "個人番号の再入力による照合", "個人番号の確定", "個人番号の表示"}
    assert set(actions_found(person=FAMILY_NAME, actions=of_the_number)) == of_the_number
    assert actions_found(actor="閲覧 三郎", actions=["個人番号の表示"]) == ["個人番号の表示"] * 5
    refused = set(actions_found(person=FAMILY_NAME, result="拒否"))
    assert {"個人番号の再入力による照合", "申請の操作の拒否"} <= refused
    assert "権限のない画面の要求" in actions_found(actor="確認 次郎", result="拒否")
    assert "申請の操作の拒否" in actions_found(receipt=receipt, result="拒否")
    assert {"サインイン"} <= set(actions_found(actor="入力 花子"))
    assert actions_found(actor="監査 四郎", actions=["操作記録の検索"])

    # the reveal, with its purpose and the reason in words
    actions_found(actor="閲覧 三郎", actions=["個人番号の表示"])
    expect(page.locator("tbody tr").first).to_contain_text(PURPOSE)
    page.locator("tbody tr a").first.click()
    expect(page.get_by_text(REASON)).to_be_visible()
    assert Application.objects.get(receipt_number=receipt).person.recipient_number == recipient


def _the_number_is_nowhere_on(page: Page, number: str) -> None:
    """Neither in the page nor in what is typed into it, nor in the address.

    A page that is just being left has no document yet; it is looked at once it stands.
    """
    page.wait_for_function("() => document.readyState === 'complete' && document.body !== null")
    inside = page.evaluate(
        "() => document.documentElement.outerHTML"
        " + [...document.querySelectorAll('input, textarea')].map((control) => control.value).join(' ')"
    )
    assert number not in re.sub(r"[\s－-]", "", inside)
    assert number not in digits_in(page.url)
