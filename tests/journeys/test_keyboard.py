"""A1, V4: the entry form by keyboard alone, as clerks know it from their software; and everything without scripts."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from accounts.roles import Role
from benefits.choices import Status
from benefits.models import Application
from mynumber.purposes import Purpose
from tests import factories
from tests.journeys.conftest import Office
from tests.journeys.desk import digits_in, fill, tick_everything

FOCUSED = """() => {
  const one = document.activeElement;
  return {name: one.name || "", type: one.type || one.tagName, value: one.value || "", text: one.textContent.trim()};
}"""

#: Whether the focus can be seen: an outline or a ring of two pixels at least, and nothing lying on top.
SEEN = """() => {
  const one = document.activeElement, style = getComputedStyle(one), box = one.getBoundingClientRect();
  const ring = (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2) || style.boxShadow !== "none";
  const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
  const isOnTop = top !== null && (one.contains(top) || top.contains(one) || top.closest("label")?.control === one);
  return ring && isOnTop;
}"""

#: The groups of fields as the eye meets them: by section, then line by line from left to right.
AS_SEEN = """() => [...document.querySelectorAll("form.entry section")].flatMap((section) => {
  const groups = [...section.querySelectorAll("[data-field]")].filter((group) => group.checkVisibility());
  return groups.map((group) => ({name: group.dataset.field, ...group.getBoundingClientRect().toJSON()}))
    .sort((one, other) => Math.abs(one.top - other.top) < 12 ? one.left - other.left : one.top - other.top)
    .map((group) => group.name);
})"""


def test_a_whole_application_is_typed_without_a_mouse(at_desk: Office) -> None:
    page = at_desk(Role.MAKER).sit_down()
    page.goto("/applications/new/")
    address = page.url
    entry = {**factories.form_data(), "number": factories.my_number()}
    _tab_to(page, "accepted_on")
    visited: list[str] = []

    while True:
        focused = page.evaluate(FOCUSED)
        if not focused["name"] or focused["type"] == "submit":
            break
        if focused["name"] not in visited:
            visited.append(focused["name"])
        _answer(page, focused, entry)
        assert page.url == address
        page.keyboard.press("Tab" if focused["type"] == "textarea" else "Enter")

    # Enter has visited every field, and has not sent anything by itself
    assert set(entry) <= set(visited)
    assert page.locator(".messages").count() == 0
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("heading", name="入力内容の確認")).to_be_visible()
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("status").filter(has_text="提出しました")).to_be_visible()
    assert Application.objects.get().status == Status.SUBMITTED


def test_tab_goes_the_way_the_eye_goes_and_the_focus_is_always_seen(at_desk: Office) -> None:
    desk = at_desk(Role.MAKER)
    full = factories.draft(desk.user, applicant_kind="AGENT", certification_basis="MILD_HIGH_COST")
    page = desk.sit_down()
    page.goto(f"/applications/{full.pk}/edit/")
    as_seen = page.evaluate(AS_SEEN)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="本文へ移動")).to_be_focused()
    page.keyboard.press("Enter")
    tabbed: list[str] = []
    unseen: list[str] = []

    for _press in range(300):
        page.keyboard.press("Tab")
        focused = page.evaluate(FOCUSED)
        if not page.evaluate(SEEN):
            unseen.append(focused["name"] or focused["text"])
        if focused["type"] == "submit":
            break
        group = page.evaluate("document.activeElement.closest('[data-field]')?.dataset.field")
        if group and group not in tabbed[-1:]:
            tabbed.append(group)

    assert tabbed == as_seen
    assert len(tabbed) > 80
    assert unseen == []


def test_enter_goes_on_and_shift_enter_goes_back(at_desk: Office) -> None:
    page = at_desk(Role.MAKER).sit_down()
    page.goto("/applications/new/")
    page.locator("#id_birth_on").focus()

    page.keyboard.press("Enter")
    assert page.evaluate(FOCUSED)["name"] == "sex"
    page.keyboard.press("Enter")  # a group of choices is one stop
    expect(page.locator("#id_postal_code")).to_be_focused()
    page.keyboard.press("Shift+Enter")
    page.keyboard.press("Shift+Enter")
    expect(page.locator("#id_birth_on")).to_be_focused()


def test_the_enter_that_ends_a_conversion_stays_in_the_field(at_desk: Office) -> None:
    page = at_desk(Role.MAKER).sit_down()
    page.goto("/applications/new/")
    name = page.locator("#id_family_name")
    name.focus()
    keyboard = page.context.new_cdp_session(page)
    keyboard.send("Input.imeSetComposition", {"text": "みほん", "selectionStart": 3, "selectionEnd": 3})
    expect(name).to_have_value("みほん")

    # an IME takes the key: the page hears it go down, and no character follows
    enter = {"type": "rawKeyDown", "key": "Enter", "code": "Enter"}
    keyboard.send("Input.dispatchKeyEvent", {**enter, "windowsVirtualKeyCode": 13})

    expect(name).to_be_focused()
    keyboard.send("Input.insertText", {"text": "見本"})
    expect(name).to_have_value("見本")
    # some say so only by the code of the key, when the conversion is over already
    keyboard.send("Input.dispatchKeyEvent", {**enter, "windowsVirtualKeyCode": 229})
    expect(name).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#id_given_name")).to_be_focused()
    assert not Application.objects.exists()


@pytest.mark.parametrize("form", ["/applications/new/", "review"])
def test_enter_in_the_last_field_sends_nothing(at_desk: Office, form: str) -> None:
    desk = at_desk(Role.MAKER if form != "review" else Role.CHECKER)
    if form == "review":
        application = factories.submitted(factories.staff_member(Role.MAKER))
        form = f"/reviews/{application.pk}/"
    page = desk.sit_down()
    page.goto(form)
    address = page.url
    last = page.locator("form.entry, form.review").locator("input:visible, select:visible").last
    last.focus()

    page.keyboard.press("Enter")
    page.wait_for_timeout(200)

    assert page.url == address
    assert page.locator(".messages").count() == 0
    assert not Application.objects.filter(status=Status.RETURNED).exists()


def test_shortcuts_save_and_walk_through_the_sections(at_desk: Office) -> None:
    page = at_desk(Role.MAKER).sit_down()
    page.goto("/applications/new/")
    page.locator("#id_family_name").fill("見本")

    page.keyboard.press("Alt+ArrowDown")
    assert page.evaluate(FOCUSED)["name"] == "number_given"
    page.keyboard.press("Alt+ArrowUp")
    expect(page.locator("#id_family_kana")).to_be_focused()
    page.keyboard.press("Control+s")

    expect(page.get_by_role("status").filter(has_text="下書きを保存しました")).to_be_visible()
    assert Application.objects.get().entry["family_name"] == "見本"


def test_a_checker_walks_from_row_to_row(at_desk: Office) -> None:
    application = factories.submitted(factories.staff_member(Role.MAKER))
    page = at_desk(Role.CHECKER).sit_down()
    page.goto(f"/reviews/{application.pk}/")
    left = page.locator("[data-review-status]")
    rows = page.locator("input[name=checked]").count()

    for _row in range(rows):
        page.keyboard.press("Alt+ArrowDown")
        page.keyboard.press("Space")

    expect(left).to_contain_text(f"全{rows}件を確認しました")
    page.keyboard.press("Control+s")
    expect(page.get_by_role("status").filter(has_text="保存しました")).to_be_visible()
    assert page.locator("input[name=checked]:checked").count() == rows


def test_the_whole_job_is_done_without_scripts(at_desk: Office) -> None:
    number = factories.my_number()
    maker, checker = at_desk(Role.MAKER, scripts=False), at_desk(Role.CHECKER, scripts=False)
    viewer = at_desk(Role.NUMBER_VIEWER, scripts=False)

    page = maker.sign_in()
    page.get_by_role("link", name="申請を入力する").click()
    fill(page, {**factories.form_data(city=None), "number": number})
    page.get_by_role("button", name="内容を確認する").click()
    expect(page.get_by_role("alert")).to_contain_text("市区町村を入力してください")
    page.get_by_role("link", name="市区町村を入力してください").click()
    assert page.url.endswith("#id_city")
    fill(page, {"city": "架空市"})
    page.keyboard.press("Enter")  # in a plain form the first button, which only saves
    expect(page.get_by_role("status").filter(has_text="下書きを保存しました")).to_be_visible()
    page.get_by_role("button", name="内容を確認する").click()
    page.get_by_role("button", name="確認者へ提出する").click()
    expect(page.get_by_role("status").filter(has_text="提出しました")).to_be_visible()

    page = checker.sign_in()
    page.get_by_role("link", name=re.compile("^照合する")).first.click()
    tick_everything(page)
    page.locator("[name=number]").fill(number)
    page.get_by_role("button", name="照合する").click()
    expect(page.get_by_text("個人番号は一致しました")).to_be_visible()
    page.get_by_role("button", name="承認へ進む").click()
    page.get_by_role("button", name="承認する").click()
    expect(page.get_by_role("status").filter(has_text="承認しました")).to_be_visible()

    page = viewer.sign_in()
    person = Application.objects.get().person
    fill(page, {"recipient_number": person.recipient_number})
    page.get_by_role("button", name="検索").click()
    page.get_by_role("link", name=str(person.recipient_number)).click()
    page.get_by_role("link", name="表示する…").click()
    expect(page.get_by_text("スクリプトが動かないため")).to_be_visible()
    reason = "写しとの照合のため（窓口で本人の申出を受けた）"
    fill(page, {"purpose": Purpose.COMPARISON, "reason": reason, "code": viewer.code()})
    page.get_by_role("button", name="60秒間表示する").click()
    # nothing here could take it off the page again
    expect(page.get_by_text("自動で消せないためです").first).to_be_visible()
    assert number not in digits_in(page.content())


def _tab_to(page: Page, name: str) -> None:
    for _press in range(60):
        page.keyboard.press("Tab")
        if page.evaluate(FOCUSED)["name"] == name:
            return
    pytest.fail(f"Tab does not lead to {name}")


def _answer(page: Page, focused: dict[str, Any], entry: dict[str, Any]) -> None:
    """Give the focused field its answer, by keys alone."""
    wanted = entry.get(focused["name"])
    if wanted is None:
        return
    if focused["type"] == "radio":
        page.keyboard.press("Space")
        for _press in range(6):
            if page.evaluate(FOCUSED)["value"] == wanted:
                return
            page.keyboard.press("ArrowRight")
        pytest.fail(f"no key chooses {wanted} for {focused['name']}")
    elif focused["type"] == "select-one":
        for _press in range(12):
            if page.evaluate(FOCUSED)["value"] == wanted:
                return
            page.keyboard.press("ArrowDown")
        pytest.fail(f"no key chooses {wanted} for {focused['name']}")
    elif focused["type"] == "checkbox":
        if focused["value"] in wanted:
            page.keyboard.press("Space")
    else:
        page.keyboard.type(wanted)
