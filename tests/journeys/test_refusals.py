"""A2, A4, V2: what must not happen does not, by the page, by its address, by a forged form or by two hands at once."""

import re
import time
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import APIResponse, Page, Route, expect

from accounts import one_time_codes
from accounts.models import CodeDevice, StaffSession, User
from accounts.roles import Role
from audit.models import Event, Result
from benefits import content
from benefits.choices import Status
from benefits.decision import decide
from benefits.models import Application, Certification
from mynumber import vault
from mynumber.purposes import Purpose
from tests import factories
from tests.journeys.conftest import Office
from tests.journeys.desk import fill, tick_everything


def test_a_maker_cannot_approve_by_address_nor_by_forged_form(at_desk: Office) -> None:
    maker = at_desk(Role.MAKER)
    application = factories.submitted(maker.user)
    page = maker.sit_down()

    for step in (f"/reviews/{application.pk}/", f"/reviews/{application.pk}/approve/"):
        assert _status(page, step) == 403
        forged = _post(page, step, revision=application.revision, fingerprint=content.fingerprint(application.content))
        assert forged.status == 403

    application.refresh_from_db()
    assert application.status == Status.SUBMITTED
    refused = Event.objects.filter(actor_id=maker.user.pk, action="audit.page.refused", result=Result.REFUSED)
    assert refused.count() == 4


def test_somebody_who_is_both_maker_and_checker_decides_nothing_they_typed(at_desk: Office) -> None:
    both = factories.staff_member(Role.MAKER, Role.CHECKER)
    number = factories.my_number()
    application = factories.submitted(both, number=number)
    page = at_desk(both).sit_down()
    page.goto("/reviews/")
    expect(page.get_by_text("自分の入力のため確認できません")).to_be_visible()

    page.goto(f"/reviews/{application.pk}/")

    expect(page.get_by_role("alert").filter(has_text="自分が入力または提出した申請")).to_be_visible()
    fingerprint, mark = content.fingerprint(application.content), _mark(application)
    for step, form in (
        ("", {"press": "compare", "number": number, "checked": content.to_be_ticked(application.content)[0]}),
        ("approve/", {"fingerprint": fingerprint, "decision_mark": mark}),
    ):
        _post(page, f"/reviews/{application.pk}/{step}", revision=application.revision, **form)
    application.refresh_from_db()
    held = vault.standing(application.person_id)
    assert application.status == Status.SUBMITTED
    assert held is not None
    assert held.state is vault.State.PROVISIONAL
    codes = Event.objects.filter(actor_id=both.pk, result=Result.REFUSED).values_list("details__code", flat=True)
    assert set(codes) == {"own_entry"}


@pytest.mark.parametrize(
    "role", [Role.MAKER, Role.CHECKER, Role.CONTRACT_MAKER, Role.AUDITOR, Role.USER_ADMINISTRATOR]
)
def test_nobody_but_a_number_viewer_reveals(at_desk: Office, role: Role) -> None:
    number = factories.my_number()
    application = factories.approved(
        factories.staff_member(Role.MAKER), factories.staff_member(Role.CHECKER), number=number
    )
    desk = at_desk(role)
    page = desk.sit_down()
    address = f"/people/{application.person_id}/number/"

    assert _status(page, address) == 403
    forged = _post(page, address, purpose=Purpose.COMPARISON, reason="照合のため", code=desk.code())

    assert forged.status == 403
    assert number[:4] not in forged.text()
    assert not Event.objects.filter(action="mynumber.number.revealed").exists()


def test_a_wrong_and_a_used_code_show_no_number(at_desk: Office) -> None:
    application = factories.approved(factories.staff_member(Role.MAKER), factories.staff_member(Role.CHECKER))
    viewer = at_desk(Role.NUMBER_VIEWER)
    page = viewer.sign_in()
    used = _last_code(viewer.user)
    wrong = f"{(int(used) + 1) % 10**6:06d}"

    for code in (wrong, used):
        CodeDevice.objects.update(throttling_failure_count=0)  # not the wait after a wrong code, but the code itself
        page.goto(f"/people/{application.person_id}/number/")
        page.get_by_label("表示する目的").select_option(Purpose.COMPARISON)
        page.get_by_label("具体的な理由").fill("写しとの照合のため（窓口で本人の申出を受けた）")
        page.get_by_label("確認コード").fill(code)
        page.get_by_role("button", name="60秒間表示する").click()
        expect(page.get_by_role("alert")).to_contain_text("確認コードが違うか、使用済みです")
        assert page.get_by_label("具体的な理由").input_value() == "写しとの照合のため（窓口で本人の申出を受けた）"
        assert page.get_by_label("確認コード").input_value() == ""

    refused = Event.objects.filter(action="mynumber.number.reveal_refused", person_id=application.person_id)
    assert list(refused.values_list("details__code", "purpose")) == [("wrong_code", Purpose.COMPARISON)] * 2
    assert not Event.objects.filter(action="mynumber.number.revealed").exists()


def test_a_wrong_code_does_not_sign_in(at_desk: Office) -> None:
    desk = at_desk(Role.MAKER)
    page = desk.page
    page.goto("/sign-in/")
    page.get_by_label("利用者ID").fill(desk.user.login_id)
    page.get_by_label("パスワード").fill(factories.PASSWORD)
    page.get_by_role("button", name="次へ").click()

    page.get_by_label("確認コード").fill(f"{(int(desk.code()) + 1) % 10**6:06d}")
    page.get_by_role("button", name="サインイン").click()

    expect(page.get_by_role("alert")).to_contain_text("確認コードが違うか、使用済みです")
    page.goto("/")
    expect(page).to_have_url(re.compile(r"/sign-in/"))
    assert Event.objects.filter(action="accounts.sign_in.code_refused", actor_id=desk.user.pk).count() == 1


def test_an_expired_session_asks_to_sign_in_and_leads_back(at_desk: Office) -> None:
    desk = at_desk(Role.MAKER)
    page = desk.sign_in()
    _let_the_session_expire(desk.user)

    page.goto("/figures/")

    expect(page.get_by_text("サインインしてから長い時間がたったため、終了しました")).to_be_visible()
    assert Event.objects.get(action="accounts.session.ended", actor_id=desk.user.pk).details == {"code": "TOO_LONG"}
    page.get_by_label("利用者ID").fill(desk.user.login_id)
    page.get_by_label("パスワード").fill(factories.PASSWORD)
    page.get_by_role("button", name="次へ").click()
    page.get_by_label("確認コード").fill(desk.code())
    page.get_by_role("button", name="サインイン").click()
    expect(page.get_by_role("heading", name="判定に使う基準額")).to_be_visible()


def test_a_session_that_expires_while_a_form_is_open_loses_nothing(at_desk: Office) -> None:
    desk = at_desk(Role.MAKER)
    page = desk.sign_in()
    page.clock.install()
    page.goto("/applications/new/")
    number = factories.my_number()
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.post_data or "") if "autosave" in request.url else None)
    fill(page, {"family_name": "見本", "given_name": "太郎", "number_given": "GIVEN", "number": number})
    page.clock.run_for(31_000)
    _wait_until(lambda: Application.objects.filter(entry__number_given="GIVEN").exists())
    saved = Application.objects.get()
    assert {key for key, value in saved.entry.items() if value} == {"family_name", "given_name", "number_given"}
    assert vault.standing(saved.person_id) is None
    _let_the_session_expire(desk.user)

    fill(page, {"city": "架空市"})
    page.clock.run_for(31_000)

    assert len(sent) > 1
    assert all("family_name=" in draft and number not in draft for draft in sent)
    # the page stays, and says what to do
    expect(page.locator("[data-autosave-status]")).to_contain_text("別のタブでサインインし直してください")
    assert page.locator("[name=city]").input_value() == "架空市"
    other = desk.context.new_page()
    other.goto("/sign-in/")
    other.get_by_label("利用者ID").fill(desk.user.login_id)
    other.get_by_label("パスワード").fill(factories.PASSWORD)
    other.get_by_role("button", name="次へ").click()
    other.get_by_label("確認コード").fill(desk.code())
    other.get_by_role("button", name="サインイン").click()
    expect(other.get_by_role("button", name="席を離れる")).to_be_visible()
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    _wait_until(lambda: Application.objects.filter(entry__city="架空市").exists())

    # and can be sent as it stands, with the number that was never in a draft
    page.get_by_role("button", name="下書き保存").click()
    expect(page.get_by_role("status").filter(has_text="下書きを保存しました")).to_be_visible()
    assert vault.standing(saved.person_id) is not None


def test_a_draft_saved_by_itself_does_not_refuse_the_save_pressed_meanwhile(at_desk: Office) -> None:
    page = at_desk(Role.MAKER).sit_down()
    page.goto("/applications/new/")
    address = page.url
    held: list[tuple[Route, APIResponse]] = []
    page.route("**/autosave/", lambda route: held.append((route, route.fetch())))
    fill(page, {"family_name": "見本"})
    page.locator("[name=insurer_name]").focus()  # leaving a section saves it
    page.wait_for_timeout(100)
    _wait_until(lambda: page.evaluate("1") == 1 and bool(held))

    page.get_by_role("button", name="下書き保存").click()

    page.wait_for_timeout(200)
    assert page.url == address
    for route, answer in held:
        route.fulfill(response=answer)
    expect(page.get_by_role("status").filter(has_text="下書きを保存しました")).to_be_visible()
    assert Application.objects.get().revision == 1


def test_a_tampered_approval_is_refused(at_desk: Office) -> None:
    number = factories.my_number()
    checker = at_desk(Role.CHECKER)
    maker = factories.staff_member(Role.MAKER)
    application = factories.compared(factories.submitted(maker, number=number), by=checker.user, number=number)
    other = factories.submitted(maker, street="別の町9-9")
    page = checker.sit_down()
    address, right = f"/reviews/{application.pk}/approve/", content.fingerprint(application.content)

    as_drawn = {"revision": application.revision, "fingerprint": right, "decision_mark": _mark(application)}
    for changes, status in (
        ({"fingerprint": content.fingerprint(other.content)}, 200),
        ({"decision_mark": "0" * 64}, 200),
        ({"revision": application.revision + 1}, 200),
        ({"revision": application.revision - 1}, 200),
        ({"fingerprint": ""}, 400),
        ({"decision_mark": ""}, 400),
        ({"revision": "１２abc"}, 400),
        ({"revision": 2**40}, 400),
        ({"fingerprint": right.upper() + "0"}, 400),
    ):
        assert _post(page, address, **{**as_drawn, **changes}).status == status, changes
    # another application under the same form: what it holds was never compared
    assert (
        _post(
            page,
            f"/reviews/{other.pk}/approve/",
            revision=other.revision,
            fingerprint=content.fingerprint(other.content),
            decision_mark=_mark(other),
        ).status
        == 200
    )
    assert _post(page, f"/reviews/{uuid.uuid4()}/approve/", **as_drawn).status == 404

    assert not Certification.objects.exists()
    refused = Event.objects.filter(action="benefits.application.step_refused", actor_id=checker.user.pk)
    assert sorted(refused.values_list("details__code", flat=True)) == ["not_compared", *["stale"] * 4]


def test_a_tampered_entry_form_is_refused_in_words(at_desk: Office) -> None:
    desk = at_desk(Role.MAKER)
    page = desk.sit_down()
    page.goto("/applications/new/")
    fill(page, {"family_name": "見本", "accepted_office": "CHUO", "sex": "1"})
    page.evaluate(
        """() => {
          document.querySelector("[name=accepted_office] option:checked").value = "MOON";
          document.querySelector("[name=sex]:checked").value = "9";
          document.querySelector("[name=revision]").value = "999";
          for (const [name, value] of [["status", "APPROVED"], ["number_version", "1"], ["submitted_by", "1"]]) {
            const extra = document.createElement("input");
            extra.name = name; extra.value = value;
            document.querySelector("form.entry").append(extra);
          }
        }"""
    )

    page.get_by_role("button", name="内容を確認する").click()

    summary = page.get_by_role("alert")
    expect(summary).to_contain_text("受付保健所を選び直してください")
    expect(summary).to_contain_text("性別を選び直してください")
    assert page.locator("[name=family_name]").input_value() == "見本"
    application = Application.objects.get()
    assert (application.status, application.revision, application.number_version) == (Status.DRAFT, 1, None)
    assert application.submitted_by is None


def test_a_form_under_another_persons_draft_is_refused(at_desk: Office) -> None:
    """A contract maker who sends a form to the address of a draft that is not theirs changes nothing."""
    application = factories.draft(factories.staff_member(Role.MAKER))
    page = at_desk(Role.CONTRACT_MAKER).sit_down()
    page.goto("/applications/new/")

    for step in ("edit/", "autosave/"):
        answer = _post(
            page, f"/applications/{application.pk}/{step}", revision=application.revision, street="よその町"
        )
        assert answer.status == 404

    before = application.entry
    application.refresh_from_db()
    assert application.entry == before
    assert Event.objects.filter(action="benefits.record.hidden_requested", result=Result.REFUSED).count() == 2


def test_of_two_checkers_at_once_one_decides_and_the_other_is_told(at_desk: Office) -> None:
    number = factories.my_number()
    desks = [at_desk(Role.CHECKER), at_desk(Role.CHECKER)]
    application = factories.submitted(factories.staff_member(Role.MAKER), number=number)
    for desk in desks:
        page = desk.sit_down()
        page.goto(f"/reviews/{application.pk}/")
        tick_everything(page)
        page.get_by_role("button", name="途中経過を保存").click()
        expect(page.get_by_role("status").filter(has_text="保存しました")).to_be_visible()
    factories.compared(application, by=desks[0].user, number=number)
    for desk in desks:
        desk.page.goto(f"/reviews/{application.pk}/approve/")

    for desk in desks:  # both presses are on their way before either is answered
        desk.page.evaluate("setTimeout(() => document.querySelector('main form').requestSubmit(), 50)")
    for desk in desks:
        desk.page.wait_for_url(f"**/applications/{application.pk}/")

    said = sorted(desk.page.locator(".messages").inner_text() for desk in desks)
    assert sum("承認しました" in text for text in said) == 1
    assert sum("ほかの人が内容を変更しました" in text for text in said) == 1
    assert Certification.objects.count() == 1
    assert Event.objects.filter(action="benefits.application.approved").count() == 1
    assert Event.objects.filter(action="benefits.application.step_refused", details__code="stale").count() == 1


@pytest.mark.parametrize("scripts", [True, False])
def test_a_double_click_approves_once(at_desk: Office, scripts: bool) -> None:
    number = factories.my_number()
    checker = at_desk(Role.CHECKER, scripts=scripts)
    application = factories.submitted(factories.staff_member(Role.MAKER), number=number)
    factories.compared(application, by=checker.user, number=number)
    page = checker.sit_down()
    page.goto(f"/reviews/{application.pk}/approve/")

    page.get_by_role("button", name="承認する").dblclick(no_wait_after=True)
    page.wait_for_url(f"**/applications/{application.pk}/")

    expect(page.get_by_text("承認済み").first).to_be_visible()
    assert Certification.objects.count() == 1
    assert Event.objects.filter(action="benefits.application.approved").count() == 1


def test_the_back_button_after_signing_out_shows_nothing(at_desk: Office) -> None:
    desk = at_desk(Role.MAKER)
    application = factories.submitted(desk.user, family_name="秘密", street="かくれ町1-2-3")
    page = desk.sit_down()
    answer = page.goto(f"/applications/{application.pk}/")
    assert answer is not None
    assert answer.headers["cache-control"] == "no-store, private"
    expect(page.get_by_text("かくれ町1-2-3")).to_be_visible()
    page.get_by_role("button", name="サインアウト").click()
    expect(page.get_by_role("heading", name="サインイン")).to_be_visible()

    page.go_back()

    expect(page.get_by_role("heading", name="サインイン")).to_be_visible()
    assert "かくれ町" not in page.content()
    assert "秘密" not in page.content()


def test_a_session_ended_on_the_server_is_over_in_every_tab(at_desk: Office) -> None:
    desk = at_desk(Role.MAKER)
    page = desk.sit_down()
    page.goto("/")
    other = desk.context.new_page()
    other.goto("/applications/")
    cookie = desk.context.cookies()

    page.get_by_role("button", name="サインアウト").click()
    expect(page.get_by_role("heading", name="サインイン")).to_be_visible()

    desk.context.add_cookies(cookie)  # the old key, kept by whoever copied it
    other.reload()
    expect(other.get_by_role("heading", name="サインイン")).to_be_visible()


def _wait_until(happens: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not happens():
        assert time.monotonic() < end
        time.sleep(0.05)


def _mark(application: Application) -> str:
    """Return the mark of the decision that the page of an approval carries."""
    return decide(content.form_of(application.content)).mark


def _status(page: Page, address: str) -> int:
    answer = page.goto(address)
    assert answer is not None
    return answer.status


def _post(page: Page, address: str, **form: Any) -> APIResponse:
    """Send a form that no page offered, with everything that makes it look like one of ours."""
    page.goto("/sign-in/")  # leads a signed-in person to their first page
    token = page.locator("[name=csrfmiddlewaretoken]").first.get_attribute("value") or ""
    fields = {name: str(value) for name, value in form.items()}
    return page.request.post(address, form={"csrfmiddlewaretoken": token, **fields})


def _last_code(user: User) -> str:
    """Return the code that this person used last."""
    device = CodeDevice.objects.get(user=user)
    return one_time_codes._code(one_time_codes._seed(device), device.last_step)


def _let_the_session_expire(user: User) -> None:
    """Let the person's sessions have begun longer ago than one may last."""
    StaffSession.objects.filter(user=user).update(began_at=timezone.now() - timedelta(hours=13))
