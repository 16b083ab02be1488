"""A2, A4: the pages of the checker. What is compared counts, what is typed is not lost, what is decided was shown."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from audit.models import Event, Result
from benefits import content, events, workflow
from benefits.choices import Status
from benefits.models import Application, Certification, ReturnComment, Review
from benefits.presenters import label_of
from mynumber import actions, vault
from tests.benefits.pages import controls_of, ids_on, links_on, send, text_of
from tests.factories import (
    approved,
    compared,
    draft,
    household,
    my_number,
    signed_in,
    staff_member,
    submit,
    submitted,
)

pytestmark = pytest.mark.django_db

WITHOUT_NUMBER = {"number_given": "NOT_GIVEN", "number_absence_reason": "LEFT_BLANK"}


@pytest.fixture
def desk(checker: User) -> Client:
    return signed_in(Client(), checker)


def review(application: Application) -> str:
    return reverse("benefits:review", args=[application.pk])


def approval(application: Application) -> str:
    return reverse("benefits:approve", args=[application.pk])


def press(desk: Client, application: Application, button: str, *, follow: bool = False, **typed: Any) -> Any:
    ticks = typed.pop("checked", content.to_be_ticked(application.content))
    return send(
        desk,
        review(application),
        {"revision": application.revision, "press": button, "checked": ticks, **typed},
        follow=follow,
    )


# ── the queue ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_queue_holds_what_waits_the_longest_waiting_first_and_is_on_record(
    desk: Client, maker: User, checker: User
) -> None:
    first, second, unsent = submitted(maker), submitted(maker), draft(maker)

    page = text_of(desk.get(reverse("benefits:review-queue")))

    assert page.index(first.receipt_number) < page.index(second.receipt_number)
    assert unsent.receipt_number not in page
    assert Event.objects.filter(action=events.APPLICATION_LISTED, actor_id=checker.pk).count() == 1


def test_ones_own_entry_is_shown_in_the_queue_and_not_offered() -> None:
    both = staff_member(Role.MAKER, Role.CHECKER)
    application = submitted(both, **WITHOUT_NUMBER)

    page = signed_in(Client(), both).get(reverse("benefits:review-queue"))

    assert application.receipt_number in text_of(page)
    assert review(application) not in links_on(page)
    assert "自分の入力のため確認できません" in text_of(page)


# ── comparing ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_page_shows_every_filled_box_and_names_every_empty_one(desk: Client, maker: User) -> None:
    application = submitted(maker, **WITHOUT_NUMBER)
    form = content.form_of(application.content)

    page = desk.get(review(application))

    rows = {one.removeprefix("row-") for one in ids_on(page) if one.startswith("row-")}
    assert rows == {name for name, value in form.items() if value not in ("", None, [])} | {"blanks"}
    blanks = text_of(page).split('id="row-blanks"')[1].split("</li>")[0]
    for name, value in form.items():
        if value in ("", None, []) and not name.startswith("member_"):
            assert label_of(name) in blanks
    assert "世帯員1以降" in blanks


def test_a_half_filled_row_of_the_household_names_its_own_empty_boxes(desk: Client, maker: User) -> None:
    application = submitted(
        maker,
        **WITHOUT_NUMBER,
        member_0_name="見本　花子",
        member_0_relation="妻",
        member_0_insurance="OTHER",
        member_0_tax="EXEMPT",
    )

    page = text_of(desk.get(review(application)))

    blanks = page.split('id="row-blanks"')[1].split("</li>")[0]
    assert "世帯員1 生年月日" in blanks
    assert "世帯員2以降" in blanks


def test_opening_the_page_is_on_record(desk: Client, maker: User, checker: User) -> None:
    application = submitted(maker, **WITHOUT_NUMBER)

    desk.get(review(application))

    assert Event.objects.filter(
        action=events.APPLICATION_VIEWED, actor_id=checker.pk, subject_id=str(application.pk)
    ).exists()


def test_ticks_are_kept_and_drawn_again(desk: Client, maker: User) -> None:
    application = submitted(maker, **WITHOUT_NUMBER)

    press(desk, application, "save", checked=["street", "birth_on", content.BLANKS])
    page = desk.get(review(application))

    assert sorted(controls_of(page)["checked"]) == sorted(["street", "birth_on", content.BLANKS])
    count = len(content.to_be_ticked(application.content))
    assert f"全{count}件のうち未確認 {count - 3}件" in text_of(page)


def test_a_tick_that_is_taken_away_is_gone(desk: Client, maker: User) -> None:
    application = submitted(maker, **WITHOUT_NUMBER)
    press(desk, application, "save")

    press(desk, application, "save", checked=["street"])

    assert Review.objects.get().ticked == ["street"]


def test_the_way_to_the_approval_is_closed_until_everything_is_ticked(desk: Client, maker: User) -> None:
    application = submitted(maker, **WITHOUT_NUMBER)
    required = content.to_be_ticked(application.content)

    partly = press(desk, application, "approve", checked=required[1:], follow=True)

    assert partly.redirect_chain[-1][0] == review(application)
    assert "照合していない項目が1件あります" in text_of(partly)
    assert Event.objects.filter(action=events.STEP_REFUSED, details__code="not_compared").exists()
    wholly = press(desk, application, "approve", follow=True)
    assert wholly.redirect_chain[-1][0] == approval(application)
    assert "この内容で承認しますか" in text_of(wholly)


# ── the blind number ─────────────────────────────────────────────────────────────────────────────────────────────


def test_the_answers_are_only_whether_the_numbers_agree(desk: Client, maker: User) -> None:
    number, other = my_number(), my_number()
    application = submitted(maker, number=number)

    wrong = press(desk, application, "compare", number=other)
    assert "個人番号は不一致です" in text_of(wrong)
    right = press(desk, application, "compare", number=number)

    assert "個人番号は一致しました" in text_of(right)
    for page in (wrong, right, desk.get(review(application))):
        assert number not in text_of(page)
        assert other not in text_of(page)
    held = vault.standing(application.person_id)
    assert held is not None
    assert held.state is vault.State.CONFIRMED


def test_two_wrong_tries_close_the_box(desk: Client, maker: User) -> None:
    application = submitted(maker)

    first = press(desk, application, "compare", number=my_number())
    second = press(desk, application, "compare", number=my_number())

    assert "あと1回" in text_of(first)
    assert "number" not in controls_of(second)
    assert "使い切りました" in text_of(second)
    assert Event.objects.filter(action=actions.COMPARED, result=Result.REFUSED).count() == 2


@pytest.mark.parametrize("typed", ["", "123", "文字"])
def test_what_is_no_number_costs_no_try_and_is_said_at_the_box(typed: str, desk: Client, maker: User) -> None:
    application = submitted(maker)

    page = press(desk, application, "compare", number=typed)

    assert page.status_code == 200
    assert "id_number_error" in ids_on(page)
    assert "あと2回" in text_of(page)


def test_ticks_and_comments_survive_the_comparison(desk: Client, maker: User) -> None:
    application = submitted(maker)

    page = press(
        desk,
        application,
        "compare",
        number=my_number(),
        checked=["street"],
        comment_street="番地を確認",
        comment="全体の覚え",
    )

    assert controls_of(page)["checked"] == ["street"]
    assert controls_of(page)["comment_street"] == ["番地を確認"]
    assert controls_of(page)["comment"] == ["全体の覚え"]


# ── returning ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_return_keeps_its_comments_at_their_boxes(desk: Client, maker: User, checker: User) -> None:
    application = submitted(maker)

    answer = press(
        desk,
        application,
        "return",
        comment_street="番地が違います",
        comment_number="番号が読めません",
        comment="全体に薄いです",
        comment_building="空欄への指摘",
    )

    assert answer["Location"] == reverse("benefits:review-queue")
    assert Application.objects.get().status == Status.RETURNED
    assert dict(ReturnComment.objects.values_list("field", "text")) == {
        "": "全体に薄いです",
        "street": "番地が違います",
        "number": "番号が読めません",
        "building": "空欄への指摘",
    }


def test_a_return_without_a_reason_is_refused_and_the_ticks_stay(desk: Client, maker: User) -> None:
    application = submitted(maker, **WITHOUT_NUMBER)

    page = press(desk, application, "return", checked=["street"], comment_street="  ")

    assert page.status_code == 200
    assert "差し戻す理由を" in text_of(page)
    assert controls_of(page)["checked"] == ["street"]
    assert Application.objects.get().status == Status.SUBMITTED


@pytest.mark.parametrize("button", ["return", "compare", "save", "approve"])
def test_a_comment_that_is_too_long_is_said_and_not_lost(button: str, desk: Client, maker: User) -> None:
    application, long = submitted(maker), "長" * 201

    page = press(desk, application, button, comment_street=long, comment="残る", checked=["street"])

    assert page.status_code == 200
    assert "200文字以内" in text_of(page)
    assert controls_of(page)["comment_street"] == [long]
    assert controls_of(page)["comment"] == ["残る"]
    assert controls_of(page)["checked"] == ["street"]
    assert Application.objects.get().status == Status.SUBMITTED


@pytest.mark.parametrize("box", ["comment", "comment_street", "comment_number"])
def test_a_number_in_a_comment_is_refused_emptied_and_kept_nowhere(box: str, desk: Client, maker: User) -> None:
    application, number = submitted(maker), my_number()

    page = press(desk, application, "return", **{box: f"正しくは{number}です"})

    assert page.status_code == 200
    assert number not in text_of(page)
    assert not ReturnComment.objects.exists()
    assert number not in str(list(Event.objects.values()))


def test_comments_are_not_lost_when_the_ticks_are_saved(desk: Client, maker: User) -> None:
    application = submitted(maker, **WITHOUT_NUMBER)

    page = press(desk, application, "save", follow=True, checked=["street"], comment_street="番地を確認")

    assert controls_of(page)["comment_street"] == ["番地を確認"]
    assert controls_of(page)["checked"] == ["street"]


def test_a_comment_on_a_box_that_is_not_on_the_form_is_none(desk: Client, maker: User) -> None:
    application = submitted(maker, **WITHOUT_NUMBER)

    page = press(desk, application, "return", comment_no_such_box="x", comment_status="APPROVED")

    assert page.status_code == 200
    assert Application.objects.get().status == Status.SUBMITTED


# ── approving ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_is_shown_is_what_is_decided(desk: Client, maker: User, checker: User) -> None:
    application = compared(submitted(maker, **WITHOUT_NUMBER, ventilator="YES"), by=checker)

    page = desk.get(approval(application))
    for words in ("1,000円", "一般所得Ⅰ", "人工呼吸器", "令和7年9月1日から令和7年12月31日まで"):
        assert words in text_of(page)
    answer = send(desk, approval(application), controls_of(page), follow=True)

    assert "承認しました" in text_of(answer)
    certification = Certification.objects.get()
    assert (certification.monthly_cap, certification.decided_by) == (1_000, checker)
    assert all(reason in text_of(page) for reason in certification.reasons)


def test_a_decision_that_would_come_out_otherwise_by_now_is_not_made(
    desk: Client, maker: User, checker: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    application = compared(submitted(maker, **WITHOUT_NUMBER), by=checker)
    shown = controls_of(desk.get(approval(application)))
    monkeypatch.setattr("benefits.rules.cost_sharing.yen", lambda amount: f"{amount} yen")  # another wording

    answer = send(desk, approval(application), shown, follow=True)

    assert "承認しました" not in text_of(answer)
    assert Application.objects.get().status == Status.SUBMITTED
    assert not Certification.objects.exists()


def test_a_provisional_class_is_pointed_out_before_it_is_approved(desk: Client, maker: User, checker: User) -> None:
    application = compared(
        submitted(maker, **WITHOUT_NUMBER, patient_tax="UNKNOWN", patient_income_levy=""), by=checker
    )

    page = desk.get(approval(application))

    assert "暫定の上位所得です" in text_of(page)


def test_the_page_is_not_opened_before_everything_is_compared(desk: Client, maker: User) -> None:
    application = submitted(maker, **WITHOUT_NUMBER)

    answer = desk.get(approval(application))

    assert answer["Location"] == review(application)
    assert Event.objects.filter(action=events.STEP_REFUSED, details__code="not_compared").count() == 1


@pytest.mark.parametrize(
    "tamper",
    [
        {"fingerprint": "0" * 64},
        {"decision_mark": "0" * 64},
        {"revision": "1"},
        {"revision": "999"},
    ],
)
def test_a_tampered_approval_decides_nothing_and_is_on_record(
    tamper: dict[str, str], desk: Client, maker: User, checker: User
) -> None:
    application = compared(submitted(maker, **WITHOUT_NUMBER), by=checker)
    shown = controls_of(desk.get(approval(application)))

    answer = send(desk, approval(application), {**shown, **tamper}, follow=True)

    assert answer.status_code == 200
    assert "もう一度確認してください" in text_of(answer)
    assert not Certification.objects.exists()
    assert Event.objects.filter(action=events.STEP_REFUSED, details__code="stale").count() == 1


@pytest.mark.parametrize("missing", ["fingerprint", "decision_mark", "revision"])
def test_an_approval_that_does_not_say_of_what_is_no_request(
    missing: str, desk: Client, maker: User, checker: User
) -> None:
    application = compared(submitted(maker, **WITHOUT_NUMBER), by=checker)
    shown = controls_of(desk.get(approval(application)))
    del shown[missing]

    answer = send(desk, approval(application), shown)

    assert answer.status_code == 400
    assert not Certification.objects.exists()


def test_the_approval_of_another_application_is_not_made_with_this_ones_page(
    desk: Client, maker: User, checker: User
) -> None:
    seen = compared(submitted(maker, **WITHOUT_NUMBER), by=checker)
    unseen = compared(submitted(maker, **WITHOUT_NUMBER, street="別の番地"), by=checker)
    shown = controls_of(desk.get(approval(seen)))

    send(desk, approval(unseen), shown)

    assert not Certification.objects.exists()


def test_the_maker_approving_their_own_is_refused_and_on_record(maker: User) -> None:
    both = staff_member(Role.MAKER, Role.CHECKER)
    own = submitted(both, **WITHOUT_NUMBER)
    makers, boths = signed_in(Client(), maker), signed_in(Client(), both)
    forged = {
        "revision": own.revision,
        "fingerprint": content.fingerprint(own.content),
        "decision_mark": "0" * 64,
    }

    assert makers.get(approval(own)).status_code == 403
    assert send(makers, approval(own), forged).status_code == 403
    answer = send(boths, approval(own), forged, follow=True)

    assert "自分が入力または提出した申請は、確認も承認もできません" in text_of(answer)
    assert not Certification.objects.exists()
    assert Event.objects.filter(result=Result.REFUSED, actor_id=maker.pk).count() == 2
    assert Event.objects.filter(action=events.STEP_REFUSED, actor_id=both.pk, details__code="own_entry").exists()


@pytest.mark.parametrize("address", [review, approval])
def test_ones_own_entry_is_not_even_opened_for_checking(address: Any) -> None:
    both = staff_member(Role.MAKER, Role.CHECKER)
    application = submitted(both, **WITHOUT_NUMBER)

    answer = signed_in(Client(), both).get(address(application), follow=True)

    assert "自分が入力または提出した申請は、確認も承認もできません" in text_of(answer)
    assert Event.objects.filter(action=events.STEP_REFUSED, actor_id=both.pk).count() == 1


def test_the_slower_checker_is_told(desk: Client, maker: User, checker: User, other_checker: User) -> None:
    application = compared(compared(submitted(maker, **WITHOUT_NUMBER), by=checker), by=other_checker)
    shown = controls_of(desk.get(approval(application)))
    workflow.approve(
        application.pk,
        by=other_checker,
        at=timezone.now(),
        revision=application.revision,
        fingerprint=content.fingerprint(application.content),
    )

    answer = send(desk, approval(application), shown, follow=True)

    assert "表示した後に、ほかの人が内容を変更しました" in text_of(answer)
    assert Certification.objects.get().decided_by == other_checker


def test_a_page_left_open_over_a_return_ticks_and_decides_nothing(desk: Client, maker: User, checker: User) -> None:
    application = submitted(maker, **WITHOUT_NUMBER)
    old = application.revision
    application = workflow.return_to_maker(
        application.pk, by=checker, at=timezone.now(), revision=old, comments={"": "直す"}
    )
    application = submit(application, by=maker)

    answer = send(
        desk,
        review(application),
        {"revision": old, "press": "approve", "checked": content.to_be_ticked(application.content)},
        follow=True,
    )

    assert "もう一度確認してください" in text_of(answer)
    assert not Review.objects.filter(submission=2).exists()


@pytest.mark.parametrize("status", [Status.DRAFT, Status.APPROVED])
def test_what_does_not_wait_is_not_checked(
    status: Status, desk: Client, maker: User, checker: User, other_checker: User
) -> None:
    application = draft(maker, **WITHOUT_NUMBER)
    if status == Status.APPROVED:
        application = compared(submit(application, by=maker), by=other_checker)
        workflow.approve(
            application.pk,
            by=other_checker,
            at=timezone.now(),
            revision=application.revision,
            fingerprint=content.fingerprint(application.content),
        )

    for address in (review(application), approval(application)):
        answer = desk.get(address, follow=True)
        assert str(status.label) in text_of(answer)
    assert Event.objects.filter(action=events.STEP_REFUSED, details__code="wrong_status").count() == 2


def test_the_longest_comment_that_is_taken_is_held(desk: Client, maker: User) -> None:
    application, longest = submitted(maker, **WITHOUT_NUMBER), "e\u0302\u0301\u0300" * 200

    answer = press(desk, application, "return", comment_street=longest)

    assert answer.status_code == 302
    assert ReturnComment.objects.get().text == longest


# ── the numbers of the household, and the third person ───────────────────────────────────────────────────────────


def third(application: Application) -> str:
    return reverse("benefits:third-comparison", args=[application.pk])


def retype(desk: Client, application: Application, *, follow: bool = True, **typed: str) -> Any:
    return send(desk, third(application), {"revision": application.revision, **typed}, follow=follow)


def test_each_person_has_a_box_of_their_own_beside_their_name(desk: Client, maker: User) -> None:
    application = submitted(maker, numbers={"member_0": my_number()}, **household())

    page = desk.get(review(application))

    assert {"number", "member_0_number"} <= set(controls_of(page))
    row = text_of(page).split('data-retype="member_0_number"')[1].split("</tr>")[0]
    for part in ("世帯員1", "見本　花子", "ミホン ハナコ", "昭和20年5月5日"):
        assert part in row


def test_of_each_person_only_match_or_no_match_is_told(desk: Client, maker: User) -> None:
    number, other = my_number(), my_number()
    application = submitted(maker, number=number, numbers={"member_0": other}, **household())

    answer = press(desk, application, "compare", number=number, member_0_number=my_number())

    said = text_of(answer)
    assert "受診者：見本　太郎：個人番号は一致しました" in said
    assert "世帯員1：見本　花子：個人番号は不一致です" in said
    assert number not in said
    assert other not in said
    assert "member_0_number" in controls_of(answer)
    assert "number" not in controls_of(answer)


def test_a_number_for_a_person_without_a_box_is_not_compared(desk: Client, maker: User) -> None:
    application = submitted(maker, numbers={"member_0": my_number()}, **household())

    press(desk, application, "compare", member_3_number=my_number(), guardian_number=my_number())

    assert not Event.objects.filter(action=actions.COMPARED).exists()


def test_a_checker_who_failed_twice_leaves_it_to_a_third_person(
    desk: Client, maker: User, other_checker: User
) -> None:
    number = my_number()
    application = submitted(maker, numbers={"member_0": number}, **household())
    press(desk, application, "compare", member_0_number=my_number())
    answer = press(desk, application, "compare", member_0_number=my_number())
    assert "3人目の照合" in text_of(answer)
    assert "member_0_number" not in controls_of(answer)
    assert third(application) not in links_on(desk.get(reverse("benefits:review-queue")))
    refused = desk.get(third(application), follow=True)
    assert "自分が再入力して一致しなかった個人番号です" in text_of(refused)

    others = signed_in(Client(), other_checker)
    assert third(application) in links_on(others.get(reverse("benefits:review-queue")))
    page = others.get(third(application))
    assert set(controls_of(page)) >= {"member_0_number"}
    assert "number" not in controls_of(page)
    done = retype(others, application, member_0_number=number)

    assert "個人番号は一致しました" in text_of(done)
    assert third(application) not in links_on(done)
    entry = Event.objects.get(action=events.THIRD_COMPARISON_ANSWERED)
    assert (entry.actor_id, entry.details["answer"]) == (other_checker.pk, "AGREED")


def test_when_the_third_does_not_agree_it_goes_back_to_be_typed_anew(
    desk: Client, maker: User, other_checker: User
) -> None:
    application = submitted(maker, numbers={"member_0": my_number()}, **household())
    for _try in range(2):
        press(desk, application, "compare", member_0_number=my_number())
    others = signed_in(Client(), other_checker)

    first = retype(others, application, member_0_number=my_number())
    assert "不一致です" in text_of(first)
    last = retype(others, application, member_0_number=my_number())

    assert "入力者へ差し戻し、番号を消去しました" in text_of(last)
    application.refresh_from_db()
    assert application.status == Status.RETURNED
    makers = signed_in(Client(), maker)
    page = text_of(makers.get(reverse("benefits:application-edit", args=[application.pk])))
    row = page.split('data-holder="member_0"')[1].split("</tr>")[0]
    assert "どちらも一致しませんでした" in row
    assert "入力済み" not in row


def test_nobody_is_third_where_nobody_has_failed_or_to_what_they_typed(desk: Client, maker: User) -> None:
    application = submitted(maker, numbers={"member_0": my_number()}, **household())
    both = staff_member(Role.MAKER, Role.CHECKER)
    own = submitted(both, given_name="自分")

    assert "3人目の照合を待っている個人番号はありません" in text_of(desk.get(third(application), follow=True))
    answer = retype(signed_in(Client(), both), own, number=my_number())
    assert "自分が入力または提出した申請" in text_of(answer)
    assert not Event.objects.filter(action=actions.COMPARED).exists()


def test_a_checker_who_is_wrong_too_often_is_stopped_with_words(desk: Client, maker: User) -> None:
    applications = [submitted(maker, given_name=f"続{'一二三四五六'[place]}") for place in range(6)]
    for application in applications[:5]:
        for _try in range(2):
            press(desk, application, "compare", number=my_number())

    answer = press(desk, applications[5], "compare", number=my_number())

    assert "1時間止めています" in text_of(answer)
    assert Event.objects.filter(action=actions.COMPARED).latest("at").details["answer"] == "STOPPED"


def test_an_approval_of_somebody_who_looks_registered_asks_for_words_and_keeps_them(
    desk: Client, maker: User, checker: User
) -> None:
    first = approved(maker, checker, **WITHOUT_NUMBER)
    application = compared(submitted(maker, **WITHOUT_NUMBER), by=checker)
    page = desk.get(approval(application))
    assert reverse("benefits:person", args=[first.person_id]) in links_on(page)
    typed = {name: controls_of(page)[name][0] for name in ("revision", "fingerprint", "decision_mark")}

    refused = send(desk, approval(application), typed, follow=True)
    assert "同じ人でないことを確かめた方法を入力してください" in text_of(refused)
    number = my_number()
    refused = send(desk, approval(application), {**typed, "same_person_words": number}, follow=True)
    assert "個人番号と同じ形の数字" in text_of(refused)
    assert number not in text_of(refused)
    application.refresh_from_db()
    assert application.status == Status.SUBMITTED
    send(desk, approval(application), {**typed, "same_person_words": "住所と本籍が異なる"})

    application.refresh_from_db()
    assert application.status == Status.APPROVED
    entry = Event.objects.get(action=events.REGISTERED_ALIKE_ACCEPTED, subject_id=str(application.pk))
    assert entry.actor_id == checker.pk
    assert "本籍" not in str(entry.details)


@pytest.mark.parametrize("page", ["review", "third-comparison"])
def test_the_pages_ask_the_database_no_more_for_a_larger_household(
    page: str, desk: Client, maker: User, other_checker: User
) -> None:
    counts = []
    for members in (1, 3):
        rows: dict[str, Any] = {"insurance_kind": "KOKUHO", "insured_kind": None}
        for row in range(members):
            rows |= {
                f"member_{row}_{part}": value
                for part, value in {
                    "name": f"見本　{'甲乙丙'[row]}",
                    "relation": "兄弟",
                    "birth_on": "S42.2.2",
                    "insurance": "SAME",
                    "tax": "EXEMPT",
                    "kana": "ミホン コウ",
                    "number_given": "GIVEN",
                }.items()
            }
        numbers = {f"member_{row}": my_number() for row in range(members)}
        application = submitted(maker, numbers=numbers, **rows)
        for slot in numbers:
            for _try in range(2 if page == "third-comparison" else 0):
                workflow.compare_number(
                    application.pk,
                    by=other_checker,
                    at=timezone.now(),
                    revision=application.revision,
                    number=my_number(),
                    slot=slot,
                )
        address = reverse(f"benefits:{page}", args=[application.pk])
        assert desk.get(address).status_code == 200  # what is asked once a session is asked now
        with CaptureQueriesContext(connection) as queries:
            desk.get(address)
        counts.append(len(queries))

    assert counts[0] == counts[1]
