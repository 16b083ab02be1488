"""A1, A2: the pages of the maker. Nothing typed is lost, and the number is never seen again."""

import json
import uuid
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from audit.models import Event, Result
from benefits import events, household_numbers, workflow
from benefits.choices import Status
from benefits.forms import HOLDER_NUMBERS, HOLDER_PARTS, RAW_LIMIT, EntryForm
from benefits.models import Application, HouseholdPerson
from mynumber import actions, vault
from tests.benefits.pages import controls_of, ids_on, links_on, send, shows, text_of
from tests.factories import approved, compared, draft, form_data, household, my_number, signed_in, submit, submitted

pytestmark = pytest.mark.django_db

WITHOUT_NUMBER = {"number_given": "NOT_GIVEN", "number_absence_reason": "LEFT_BLANK"}
#: Nobody's boxes beside the patient's are drawn before the form says that their number is needed.
BOXES = {
    name: field
    for name, field in EntryForm.base_fields.items()
    if name not in HOLDER_NUMBERS and not any(name in parts for parts in HOLDER_PARTS.values())
}
#: Something in every box, most of it wrong.
MESS: dict[str, Any] = {
    **{name: f"誤り<&\"'>{place}" for place, name in enumerate(BOXES)},
    **{
        name: field.choices[-1][0]  # type: ignore[attr-defined]
        for name, field in BOXES.items()
        if hasattr(field, "choices")
    },
    "documents": ["APPLICATION", "CONSENT"],
    "number": "誤り",
    "note": "\n二行目から始まる\n備考 ",
}


@pytest.fixture
def desk(maker: User) -> Client:
    return signed_in(Client(), maker)


def edit(application: Application | uuid.UUID) -> str:
    key = application.pk if isinstance(application, Application) else application
    return reverse("benefits:application-edit", args=[key])


def shown(response: Any) -> dict[str, Any]:
    """Return what the boxes of the form show, without the empty ones."""
    return {
        name: values if name == "documents" else values[-1]
        for name, values in controls_of(response).items()
        if name in EntryForm.base_fields and any(values)
    }


# ── typing ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_new_form_is_empty_and_its_address_is_that_of_one_draft(desk: Client) -> None:
    page = desk.get(reverse("benefits:application-new"))

    assert page.status_code == 200
    assert shown(page) == {}
    assert not Application.objects.exists()  # nothing is made by looking


def test_a_right_form_leads_to_the_page_that_asks_for_a_last_look(desk: Client, maker: User) -> None:
    key, number = uuid.uuid4(), my_number()

    answer = send(desk, edit(key), {**form_data(), "number": number, "revision": 1, "save": "review"})

    assert answer.status_code == 302
    assert answer["Location"] == reverse("benefits:application-confirm", args=[key])
    application = Application.objects.get()
    assert (application.pk, application.created_by, application.number_version) == (key, maker, 1)


def test_a_draft_is_left_and_continued_as_it_was(desk: Client) -> None:
    key = uuid.uuid4()
    typed = form_data(**WITHOUT_NUMBER, birth_on="昭和65年4月", street="", note="一行目\n二行目")

    answer = send(desk, edit(key), {**typed, "revision": 1, "save": "draft"}, follow=True)
    again = desk.get(edit(key))

    assert "下書きを保存しました" in text_of(answer)
    assert shown(again) == {name: value for name, value in typed.items() if value}
    assert "エラー" not in text_of(again)  # nobody has asked for a verdict yet


def test_nothing_that_was_typed_is_lost_when_it_is_wrong(desk: Client) -> None:
    answer = send(desk, edit(uuid.uuid4()), {**MESS, "revision": 1, "save": "review"})

    assert answer.status_code == 200
    expected = {name: value for name, value in MESS.items() if name != "number"}
    assert shown(answer) == expected


def test_what_is_wrong_is_kept_as_a_draft_all_the_same(desk: Client) -> None:
    key = uuid.uuid4()
    send(desk, edit(key), {**MESS, "revision": 1, "save": "review"})

    again = desk.get(edit(key))

    assert shown(again) == {name: value for name, value in MESS.items() if name != "number"}


def test_every_mistake_is_in_the_summary_and_leads_to_its_box(desk: Client) -> None:
    typed = form_data(**WITHOUT_NUMBER, birth_on="S65.1.1", street="", disease_number="999", postal_code="12")

    answer = send(desk, edit(uuid.uuid4()), {**typed, "revision": 1, "save": "review"})

    for name in ("birth_on", "street", "disease_number", "postal_code"):
        assert f"#id_{name}" in links_on(answer)
        assert f"id_{name}" in ids_on(answer)
        assert f"id_{name}_error" in ids_on(answer)
    assert "町名・番地を入力してください" in text_of(answer)


def test_every_link_of_the_summary_leads_somewhere(desk: Client) -> None:
    answer = send(desk, edit(uuid.uuid4()), {"revision": 1, "save": "review"})

    anchors = [link[1:] for link in links_on(answer) if link.startswith("#")]

    assert len(anchors) > 20
    assert set(anchors) <= ids_on(answer)


def test_an_endless_text_is_neither_kept_nor_lost(desk: Client) -> None:
    key, endless = uuid.uuid4(), "見" * (RAW_LIMIT + 1)

    answer = send(desk, edit(key), {**form_data(street=endless), "revision": 1, "save": "draft"})

    assert answer.status_code == 200
    assert shown(answer)["street"] == endless
    assert f"{RAW_LIMIT + 1}文字" in text_of(answer)
    assert not Application.objects.exists()


@pytest.mark.parametrize("kind", ["draft", "review"])
def test_the_draft_of_somebody_who_was_slower_is_shown_beside_the_news(
    kind: str, desk: Client, maker: User, other_maker: User
) -> None:
    application = draft(maker, **WITHOUT_NUMBER)
    workflow.save(
        application.pk,
        by=other_maker,
        at=timezone.now(),
        revision=application.revision,
        entry={**application.entry, "street": "先に直した番地"},
    )
    typed = form_data(**WITHOUT_NUMBER, street="後から直した番地")

    answer = send(desk, edit(application), {**typed, "revision": application.revision, "save": kind})

    assert answer.status_code == 200
    assert shown(answer)["street"] == "後から直した番地"
    assert "ほかの人がこの申請を変更しました" in text_of(answer)
    assert Application.objects.get().entry["street"] == "先に直した番地"
    # the page now stands on the present revision: sending it again is a decision, not an accident
    assert controls_of(answer)["revision"] == [str(application.revision + 1)]


def test_a_maker_opens_what_a_colleague_began_and_both_are_on_record(
    desk: Client, maker: User, other_maker: User
) -> None:
    application = draft(other_maker, **WITHOUT_NUMBER)

    desk.get(edit(application))

    assert Event.objects.filter(action=events.APPLICATION_VIEWED, actor_id=maker.pk).count() == 1


# ── the number ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_number_stands_on_no_page_after_it_was_typed(desk: Client, maker: User, checker: User) -> None:
    key, number = uuid.uuid4(), my_number()
    checkers = signed_in(Client(), checker)
    wrong = {**form_data(birth_on="S65.1.1"), "number": number, "revision": 1, "save": "review"}
    pages = [send(desk, edit(key), wrong)]

    application = Application.objects.get()
    pages.append(desk.get(edit(key)))
    right = {**form_data(), "revision": application.revision, "save": "review"}
    pages.append(send(desk, edit(key), right, follow=True))
    application.refresh_from_db()
    pages += [
        send(
            desk, reverse("benefits:application-submit", args=[key]), {"revision": application.revision}, follow=True
        ),
        desk.get(reverse("benefits:application", args=[key])),
        desk.get(reverse("benefits:home")),
        desk.get(reverse("benefits:applications")),
        checkers.get(reverse("benefits:review", args=[key])),
    ]
    application.refresh_from_db()
    for retyped in (my_number(), number):
        pages.append(
            send(
                checkers,
                reverse("benefits:review", args=[key]),
                {"revision": application.revision, "press": "compare", "number": retyped},
            )
        )
    compared(application, by=checker)
    approve = reverse("benefits:approve", args=[key])
    pages.append(checkers.get(approve))
    pages.append(
        send(checkers, approve, {name: values[0] for name, values in controls_of(pages[-1]).items()}, follow=True)
    )

    assert Application.objects.get().status == Status.APPROVED
    assert {page.status_code for page in pages} == {200}
    assert not any(shows(page, number) for page in pages)
    assert number not in str([list(store.values()) for store in (desk.session, checkers.session)])


def test_a_page_with_a_number_says_that_there_is_one_and_no_more(desk: Client, maker: User) -> None:
    application = draft(maker)

    page = desk.get(edit(application))

    assert "個人番号は入力済みです" in text_of(page)
    assert controls_of(page)["number"] == [""]


@pytest.mark.parametrize(
    "spoilt",
    [
        lambda number: number[:11],
        lambda number: f"{number}0",
        lambda number: number[:11] + str((int(number[11]) + 1) % 10),
    ],
)
def test_a_number_that_cannot_be_one_is_not_shown_again_either(spoilt: Any, desk: Client) -> None:
    typed = spoilt(my_number())

    answer = send(desk, edit(uuid.uuid4()), {**form_data(), "number": typed, "revision": 1, "save": "draft"})

    assert answer.status_code == 200
    assert "id_number_error" in ids_on(answer)
    assert typed not in text_of(answer)
    assert Application.objects.get().number_version is None


def test_a_number_of_somebody_else_is_said_at_its_box_and_the_rest_is_kept(desk: Client, maker: User) -> None:
    number = my_number()
    draft(maker, number=number)
    key = uuid.uuid4()

    answer = send(desk, edit(key), {**form_data(note="残る備考"), "number": number, "revision": 1, "save": "review"})

    assert answer.status_code == 200
    assert "ほかの人の番号として登録されています" in text_of(answer)
    assert shown(answer)["note"] == "残る備考"
    assert Application.objects.get(pk=key).entry["note"] == "残る備考"
    assert Event.objects.filter(action=actions.TYPING_REFUSED, result=Result.REFUSED).count() == 1
    assert number not in text_of(answer)


@pytest.mark.parametrize(
    "name", ["note", "street", "family_name", "insured_number", "phone", "birth_on", "member_0_name"]
)
def test_a_number_in_another_box_is_pointed_out_and_not_kept_even_as_a_draft(name: str, desk: Client) -> None:
    number = my_number()

    answer = send(
        desk, edit(uuid.uuid4()), {**form_data(**WITHOUT_NUMBER, **{name: number}), "revision": 1, "save": "draft"}
    )

    assert answer.status_code == 200  # not simply confirmed: a box was emptied
    assert "個人番号の欄だけに入力してください" in text_of(answer)
    assert number not in text_of(answer)
    assert number not in str(Application.objects.values())
    assert number not in str(list(Event.objects.values()))


def test_the_number_can_be_typed_again_before_submission(desk: Client, maker: User) -> None:
    application = draft(maker)

    send(
        desk,
        edit(application),
        {**form_data(), "number": my_number(), "revision": application.revision, "save": "draft"},
    )

    held = vault.standing(application.person_id)
    assert held is not None
    assert held.version == 2
    assert Application.objects.get().number_version == 2


# ── autosave ─────────────────────────────────────────────────────────────────────────────────────────────────────


def autosave(key: uuid.UUID) -> str:
    return reverse("benefits:application-autosave", args=[key])


def test_an_autosave_makes_the_draft_and_then_keeps_it_up_to_date(desk: Client) -> None:
    key = uuid.uuid4()

    first = send(desk, autosave(key), {**form_data(street="途中"), "revision": 1})
    second = send(desk, autosave(key), {**form_data(street="途中まで"), "revision": first.json()["revision"]})

    assert (first.status_code, second.status_code) == (200, 200)
    assert second.json()["revision"] == first.json()["revision"] + 1
    assert Application.objects.get().entry["street"] == "途中まで"


def test_an_autosave_never_takes_the_number(desk: Client) -> None:
    key, number = uuid.uuid4(), my_number()

    answer = send(desk, autosave(key), {**form_data(), "number": number, "revision": 1})

    application = Application.objects.get()
    assert answer.status_code == 200
    assert number not in answer.content.decode()
    assert number not in str(application.entry)
    assert application.number_version is None
    assert vault.standing(application.person_id) is None


def test_an_autosave_on_an_old_revision_is_told_and_changes_nothing(
    desk: Client, maker: User, other_maker: User
) -> None:
    application = draft(maker, **WITHOUT_NUMBER)
    workflow.save(
        application.pk,
        by=other_maker,
        at=timezone.now(),
        revision=application.revision,
        entry={**application.entry, "street": "先に直した番地"},
    )

    answer = send(desk, autosave(application.pk), {**form_data(street="古い"), "revision": application.revision})

    assert answer.status_code == 409
    assert answer.json()["error"] == "stale"
    assert Application.objects.get().entry["street"] == "先に直した番地"


def test_an_autosave_of_something_endless_is_told(desk: Client) -> None:
    answer = send(desk, autosave(uuid.uuid4()), {**form_data(note="長" * (RAW_LIMIT + 1)), "revision": 1})

    assert answer.status_code == 422
    assert not Application.objects.exists()


def test_an_autosave_after_the_submission_is_refused(desk: Client, maker: User) -> None:
    application = submitted(maker, **WITHOUT_NUMBER)

    answer = send(desk, autosave(application.pk), {**form_data(street="後から"), "revision": application.revision})

    assert answer.status_code == 409
    assert answer.json()["error"] == "wrong_status"


# ── confirming, submitting, taking back ──────────────────────────────────────────────────────────────────────────


def test_the_last_look_shows_the_form_in_words_and_what_it_would_come_to(desk: Client, maker: User) -> None:
    application = draft(maker)

    page = desk.get(reverse("benefits:application-confirm", args=[application.pk]))

    for words in (
        "見本　太郎",
        "昭和45年4月1日",
        "健康保険組合",
        "パーキンソン病",
        "一般所得Ⅰ",
        "10,000円",
        "70,999円",
    ):
        assert words in text_of(page)


def test_a_form_with_mistakes_has_no_last_look_and_is_not_submitted(desk: Client, maker: User) -> None:
    application = draft(maker, **WITHOUT_NUMBER, birth_on="S65.1.1")

    looked = desk.get(reverse("benefits:application-confirm", args=[application.pk]))
    sent = send(
        desk, reverse("benefits:application-submit", args=[application.pk]), {"revision": application.revision}
    )

    assert looked["Location"] == sent["Location"] == edit(application)
    assert Application.objects.get().status == Status.DRAFT


def test_a_submitted_application_says_so_and_offers_no_editing(desk: Client, maker: User) -> None:
    application = draft(maker, **WITHOUT_NUMBER)

    answer = send(
        desk,
        reverse("benefits:application-submit", args=[application.pk]),
        {"revision": application.revision},
        follow=True,
    )

    assert f"受付番号 {application.receipt_number} を確認者へ提出しました" in text_of(answer)
    assert edit(application) not in links_on(answer)
    assert desk.get(edit(application)).status_code == 302


def test_submitting_twice_is_told_and_counts_once(desk: Client, maker: User) -> None:
    application = draft(maker, **WITHOUT_NUMBER)
    address = reverse("benefits:application-submit", args=[application.pk])

    answers = [send(desk, address, {"revision": application.revision}, follow=True) for _click in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert Application.objects.get().submission == 1
    assert Event.objects.filter(action=events.APPLICATION_SUBMITTED).count() == 1


def test_a_maker_pulls_back_and_goes_on_typing(desk: Client, maker: User) -> None:
    application = submitted(maker, **WITHOUT_NUMBER)

    answer = send(
        desk, reverse("benefits:application-pull-back", args=[application.pk]), {"revision": application.revision}
    )

    assert answer["Location"] == edit(application)
    assert Application.objects.get().status == Status.DRAFT


def test_a_refused_pull_back_gives_its_reason(desk: Client, maker: User, checker: User) -> None:
    application = compared(submitted(maker, **WITHOUT_NUMBER), by=checker)

    answer = send(
        desk,
        reverse("benefits:application-pull-back", args=[application.pk]),
        {"revision": application.revision},
        follow=True,
    )

    assert "確認者が照合を始めたため" in text_of(answer)
    assert Application.objects.get().status == Status.SUBMITTED


def test_withdrawing_is_asked_about_first(desk: Client, maker: User) -> None:
    application = draft(maker)
    address = reverse("benefits:application-withdraw", args=[application.pk])

    asked = desk.get(address)
    assert asked.status_code == 200
    assert Application.objects.get().status == Status.DRAFT
    answer = send(desk, address, {"revision": application.revision}, follow=True)

    assert "取り下げました" in text_of(answer)
    assert Application.objects.get().status == Status.WITHDRAWN
    assert vault.standing(application.person_id) is None
    assert Event.objects.filter(action=events.APPLICATION_VIEWED).exists()  # the question names the patient


def test_a_returned_form_shows_the_comment_at_its_box(desk: Client, maker: User, checker: User) -> None:
    application = submitted(maker, **WITHOUT_NUMBER)
    workflow.return_to_maker(
        application.pk,
        by=checker,
        at=timezone.now(),
        revision=application.revision,
        comments={"street": "番地が原本と違います", "": "全体に薄くて読めません"},
    )

    page = desk.get(edit(application))

    assert "番地が原本と違います" in text_of(page)
    assert "全体に薄くて読めません" in text_of(page)
    assert "id_street_returned" in ids_on(page)
    assert shown(page) == application.entry


def test_a_comment_of_an_earlier_round_is_not_shown_at_the_box_again(desk: Client, maker: User, checker: User) -> None:
    application = submitted(maker, **WITHOUT_NUMBER)
    for text in ("一度目の指摘", "二度目の指摘"):
        application = workflow.return_to_maker(
            application.pk, by=checker, at=timezone.now(), revision=application.revision, comments={"street": text}
        )
        if text.startswith("一"):
            application = submit(application, by=maker)

    page = desk.get(edit(application))

    assert "二度目の指摘" in text_of(page)
    assert "一度目の指摘" not in text_of(page)


# ── the contractor ───────────────────────────────────────────────────────────────────────────────────────────────


def test_the_contractor_types_everything_but_the_number_and_does_not_submit(contractor: User) -> None:
    desk, key, number = signed_in(Client(), contractor), uuid.uuid4(), my_number()

    page = desk.get(reverse("benefits:application-new"))
    answer = send(desk, edit(key), {**form_data(), "number": number, "revision": 1, "save": "review"})
    application = Application.objects.get()
    submission = send(desk, reverse("benefits:application-submit", args=[key]), {"revision": application.revision})

    assert "number" not in controls_of(page)
    assert "個人番号" not in "".join(text_of(page).split('<form class="entry')[1].split("action-bar")[0])
    assert answer.status_code == 200
    assert "number_given" not in application.entry
    assert application.number_version is None
    assert number not in text_of(answer) + str(application.entry)
    assert submission.status_code == 403
    assert Application.objects.get().status == Status.DRAFT


def test_what_the_contractor_may_not_see_stays_when_the_contractor_saves(contractor: User, maker: User) -> None:
    application = draft(contractor, **WITHOUT_NUMBER)
    application = workflow.save(
        application.pk,
        by=maker,
        at=timezone.now(),
        revision=application.revision,
        entry={**application.entry, "number_given": "NOT_GIVEN", "number_absence_reason": "DECLINED"},
    )
    typed = {name: value for name, value in form_data(street="直した番地").items() if not name.startswith("number")}

    send(
        signed_in(Client(), contractor),
        edit(application),
        {**typed, "revision": application.revision, "save": "draft"},
    )

    entry = Application.objects.get().entry
    assert entry["street"] == "直した番地"
    assert (entry["number_given"], entry["number_absence_reason"]) == ("NOT_GIVEN", "DECLINED")


# ── looking ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_every_look_at_an_application_is_on_record(desk: Client, maker: User, checker: User) -> None:
    application = approved(maker, checker, **WITHOUT_NUMBER)

    desk.get(reverse("benefits:application", args=[application.pk]))

    entry = Event.objects.filter(action=events.APPLICATION_VIEWED).get()
    assert (entry.actor_id, entry.subject_id, entry.person_id) == (
        maker.pk,
        str(application.pk),
        application.person_id,
    )


def test_a_decided_application_shows_what_was_decided_and_why(desk: Client, maker: User, checker: User) -> None:
    application = approved(maker, checker)

    page = text_of(desk.get(reverse("benefits:application", args=[application.pk])))

    for words in (
        "10,000円",
        "一般所得Ⅰ",
        application.person.recipient_number,
        "令和7年12月31日",
        checker.display_name,
    ):
        assert words in page
    assert all(reason in page for reason in application.certification.reasons)


@pytest.mark.parametrize("status", [*Status.values, "", "NONSENSE"])
def test_lists_show_one_status_and_are_on_record(status: str, desk: Client, maker: User, checker: User) -> None:
    applications = [draft(maker, **WITHOUT_NUMBER), submitted(maker, **WITHOUT_NUMBER), approved(maker, checker)]

    page = desk.get(reverse("benefits:applications"), {"status": status})

    for one in applications:
        is_listed = status not in Status.values or one.status == status
        assert (one.receipt_number in text_of(page)) is is_listed
    assert Event.objects.filter(action=events.APPLICATION_LISTED, actor_id=maker.pk).exists()


def test_a_long_list_is_read_to_its_end_page_by_page(
    desk: Client, maker: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("benefits.views.applications.LIST_LENGTH", 2)
    made = {draft(maker, **WITHOUT_NUMBER).receipt_number for _paper in range(5)}
    address, found = reverse("benefits:applications"), []

    while address:
        page = desk.get(address)
        found += [number for number in made if number in text_of(page)]
        older = [link for link in links_on(page) if "before=" in link]
        address = reverse("benefits:applications") + older[0] if older else ""

    assert sorted(found) == sorted(made)


@pytest.mark.parametrize("before", ["x", "", str(uuid.UUID(int=7)), "\u3042"])
def test_a_cursor_that_is_none_shows_the_first_page(before: str, desk: Client, maker: User) -> None:
    number = draft(maker, **WITHOUT_NUMBER).receipt_number

    assert number in text_of(desk.get(reverse("benefits:applications"), {"before": before}))


@pytest.mark.parametrize(("typed", "number"), [("パーキ", 6), ("ぱーき", 6), ("6", 6), ("６", 6)])
def test_a_disease_is_found_by_its_name_its_reading_and_its_number(typed: str, number: int, desk: Client) -> None:
    answer = desk.get(reverse("benefits:diseases"), {"q": typed})

    assert answer.status_code == 200
    assert number in [one["number"] for one in answer.json()]


@pytest.mark.parametrize("typed", ["", "ん" * 500, "%", "\\", "'", "<script>", "999999"])
def test_a_disease_that_is_not_there_is_an_empty_list(typed: str, desk: Client) -> None:
    answer = desk.get(reverse("benefits:diseases"), {"q": typed})

    assert answer.status_code == 200
    assert isinstance(answer.json(), list)


def test_todays_work_shows_the_makers_own_and_is_on_record(desk: Client, maker: User, other_maker: User) -> None:
    own, other = draft(maker, **WITHOUT_NUMBER), draft(other_maker, **WITHOUT_NUMBER)

    page = desk.get(reverse("benefits:home"))

    assert own.receipt_number in text_of(page)
    assert other.receipt_number not in text_of(page)
    assert Event.objects.filter(action=events.APPLICATION_LISTED, actor_id=maker.pk).count() == 1  # it names people


def test_the_figures_are_shown_with_what_they_rest_on(desk: Client) -> None:
    page = text_of(desk.get(reverse("benefits:figures")))

    for words in ("71,000", "251,000", "809,000"):
        assert words in page


# ── the numbers of the household ─────────────────────────────────────────────────────────────────────────────────


def boxes_on(page: Any) -> set[str]:
    return {name for name in controls_of(page) if name.endswith("number") and name in {"number", *HOLDER_NUMBERS}}


def test_only_whose_number_is_needed_has_a_box_and_it_stands_beside_them(desk: Client, maker: User) -> None:
    alone, family = draft(maker, **WITHOUT_NUMBER), draft(maker, **WITHOUT_NUMBER, **household())

    assert boxes_on(desk.get(edit(alone))) == {"number"}
    page = desk.get(edit(family))
    assert boxes_on(page) == {"number", "member_0_number"}
    row = text_of(page).split('data-holder="member_0"')[1].split("</tr>")[0]
    assert "見本　花子" in row
    assert "昭和20年5月5日" in row
    assert controls_of(page)["member_0_kana"] == ["ミホン ハナコ"]


@pytest.mark.parametrize("slot", ["guardian", "member_1", "member_5"])
def test_a_forged_box_for_anybody_else_is_refused_and_on_record(slot: str, desk: Client) -> None:
    key, number, forged = uuid.uuid4(), my_number(), my_number()
    typed = {
        **form_data(**household()),
        "number": number,
        "member_0_number": my_number(),
        f"{slot}_number": forged,
        f"{slot}_number_given": "GIVEN",
        f"{slot}_kana": "ミホン",
    }

    answer = send(desk, edit(key), {**typed, "revision": 1, "save": "review"})

    assert answer.status_code == 200
    assert "この申請では必要ありません" in text_of(answer)
    assert forged not in text_of(answer)
    assert set(HouseholdPerson.objects.values_list("slot", flat=True)) == {"member_0"}
    entry = Event.objects.get(action=events.STEP_REFUSED)
    assert entry.details["code"] == f"number_not_needed:{slot}"


def test_a_box_that_was_never_sent_is_no_way_round_the_check_digit_or_the_reason(desk: Client) -> None:
    typed = form_data(**WITHOUT_NUMBER, **household(member_0_number_given=None))

    answer = send(desk, edit(uuid.uuid4()), {**typed, "revision": 1, "save": "review"})
    assert "世帯員1の個人番号の記載を選んでください" in text_of(answer)

    typed["member_0_number_given"] = "GIVEN"
    typed["member_0_number"] = my_number()[:-1] + "x"
    answer = send(desk, edit(uuid.uuid4()), {**typed, "revision": 1, "save": "review"})
    assert "個人番号は数字で入力してください" in text_of(answer)
    assert not HouseholdPerson.objects.exists()


@pytest.mark.parametrize("reason", ["LEFT_BLANK", "DECLINED", "NONE_ISSUED", "HELD_ALREADY"])
def test_a_member_may_give_no_number_with_a_reason(reason: str, desk: Client) -> None:
    key = uuid.uuid4()
    typed = form_data(**WITHOUT_NUMBER, **household(member_0_number_given=reason, kana=""))

    answer = send(desk, edit(key), {**typed, "revision": 1, "save": "review"})

    assert answer["Location"] == reverse("benefits:application-confirm", args=[key])


def test_one_number_in_two_boxes_is_kept_in_neither(desk: Client) -> None:
    key, number = uuid.uuid4(), my_number()
    typed = {**form_data(**household()), "number": number, "member_0_number": number}

    answer = send(desk, edit(key), {**typed, "revision": 1, "save": "draft"})

    assert answer.status_code == 200
    assert "この番号は受診者の欄にも入力されています" in text_of(answer)
    assert "この番号は世帯員1（見本　花子）の欄にも入力されています" in text_of(answer)
    assert number not in text_of(answer)
    application = Application.objects.get(pk=key)
    assert (application.number_version, vault.standing(application.person_id)) == (None, None)
    assert not HouseholdPerson.objects.exists()


def test_a_number_typed_before_for_another_place_of_the_form_leads_there(desk: Client, maker: User) -> None:
    number = my_number()
    application = draft(maker, number=number, **household())

    typed = {**form_data(**household()), "member_0_number": number, "revision": application.revision, "save": "draft"}
    answer = send(desk, edit(application), typed)

    assert "この番号は受診者の欄にも入力されています" in text_of(answer)
    assert "受診者の個人番号の欄へ移る" in text_of(answer)
    assert "#id_number" in links_on(answer)
    assert Event.objects.get(action=actions.TYPING_REFUSED).details == {"code": "same_household"}


def test_a_strangers_number_leads_to_the_search_and_says_nothing_of_them(desk: Client, maker: User) -> None:
    number = my_number()
    stranger = draft(maker, number=number, family_name="別家")
    application = draft(maker, **household())

    typed = {**form_data(**household()), "member_0_number": number, "revision": application.revision, "save": "draft"}
    answer = send(desk, edit(application), typed)

    said = text_of(answer)
    assert "ほかの人の番号として登録されています" in said
    assert reverse("benefits:people") in links_on(answer)
    assert "#id_member_0_number_given" in links_on(answer)
    for secret in (number, stranger.receipt_number, "別家", str(stranger.person_id)):
        assert secret not in said


def test_the_other_number_is_kept_when_one_is_refused(desk: Client, maker: User) -> None:
    taken = my_number()
    draft(maker, number=taken)
    key = uuid.uuid4()

    typed = {**form_data(**household()), "number": taken, "member_0_number": my_number()}
    send(desk, edit(key), {**typed, "revision": 1, "save": "draft"})

    application = Application.objects.get(pk=key)
    assert household_numbers.sealed_slots(application) == {"member_0"}


def test_a_member_who_became_somebody_else_has_their_number_typed_anew(desk: Client, maker: User) -> None:
    application = draft(maker, numbers={"member_0": my_number()}, **household())
    typed = form_data(**household(member_0_birth_on="S20.5.6"))

    answer = send(desk, edit(application), {**typed, "revision": application.revision, "save": "review"})

    said = text_of(answer)
    assert "世帯員1の氏名・生年月日などが変わったため、入力済みの個人番号を消去しました" in said
    assert "世帯員1の個人番号を入力してください" in said
    assert household_numbers.sealed_slots(Application.objects.get()) == {"patient"}


def test_a_member_who_moves_to_another_row_brings_their_number(desk: Client, maker: User) -> None:
    application = draft(maker, numbers={"member_0": my_number()}, **household())
    moved = {key.replace("member_0", "member_2"): value for key, value in form_data(**household()).items()}

    autosaved = send(
        desk,
        reverse("benefits:application-autosave", args=[application.pk]),
        {**moved, "revision": application.revision},
    )
    assert autosaved.json()["erased"] == []
    answer = send(
        desk, edit(application), {**moved, "revision": application.revision + 1, "save": "review"}, follow=True
    )

    assert "消去しました" not in text_of(answer)
    assert "入力内容の確認" in text_of(answer)
    assert household_numbers.sealed_slots(Application.objects.get()) == {"patient", "member_2"}


def test_autosave_keeps_nobodys_number_and_says_nothing_of_it(desk: Client) -> None:
    key, number = uuid.uuid4(), my_number()
    url = reverse("benefits:application-autosave", args=[key])

    answer = send(desk, url, {**form_data(**household()), "member_0_number": number, "revision": 1})

    assert answer.status_code == 200
    assert number not in json.dumps(Application.objects.get().entry)
    assert not HouseholdPerson.objects.exists()


def test_the_form_is_told_whose_number_is_needed_and_nothing_is_kept(desk: Client, maker: User) -> None:
    number = my_number()

    answer = send(desk, reverse("benefits:application-holders"), {**form_data(**household()), "number": number})

    assert answer.json() == {"rows": [["member_0", "世帯員1"]]}
    assert not Application.objects.exists()
    assert number not in text_of(answer)


def test_somebody_who_never_meets_a_number_has_no_box_for_anybody(contractor: User, maker: User) -> None:
    desk = signed_in(Client(), contractor)
    application = draft(contractor, number_given=None, number_evidence=None, identity_evidence=None, **household())
    number = my_number()

    assert boxes_on(desk.get(edit(application))) == set()
    assert send(desk, reverse("benefits:application-holders"), form_data(**household())).json() == {"rows": []}
    typed = {**form_data(**household()), "member_0_number": number, "revision": application.revision, "save": "draft"}
    send(desk, edit(application), typed)
    assert not HouseholdPerson.objects.exists()
    # and what a maker typed for it stays when the contractor saves
    assert Application.objects.get().entry["member_0_number_given"] == "GIVEN"


def test_the_maker_is_told_that_somebody_like_the_patient_is_registered(
    desk: Client, maker: User, checker: User
) -> None:
    approved(maker, checker, **WITHOUT_NUMBER)
    application = draft(maker, **WITHOUT_NUMBER)

    page = desk.get(reverse("benefits:application-confirm", args=[application.pk]))

    assert "同じ氏名・フリガナ・生年月日の受給者が登録されています" in text_of(page)


def test_autosave_says_whose_number_went_with_a_change_of_the_name(desk: Client, maker: User) -> None:
    application = draft(maker, numbers={"member_0": my_number()}, **household())
    url = reverse("benefits:application-autosave", args=[application.pk])
    typed = {**form_data(**household(member_0_name="見本　別人")), "revision": application.revision}

    assert send(desk, url, typed).json()["erased"] == ["世帯員1 個人番号"]

    application.refresh_from_db()
    assert send(desk, url, {**typed, "note": "備考", "revision": application.revision}).json()["erased"] == []
