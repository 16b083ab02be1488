"""A2: what pages show of a form, in words."""

from datetime import date
from typing import Any

import pytest

from accounts.models import User
from benefits import content, policies, presenters
from benefits.forms import SECTIONS, EntryForm
from benefits.lifecycle import Action
from mynumber import vault
from tests.factories import approved, compared, draft, form_data, household, my_number, submit, submitted

TODAY = date(2026, 11, 23)
WITHOUT_NUMBER = {"number_given": "NOT_GIVEN", "number_absence_reason": "LEFT_BLANK"}


def document(**changes: Any) -> dict[str, Any]:
    form = EntryForm(form_data(**changes), today=TODAY, has_number=True)
    assert form.is_valid(), form.errors
    return form.document()


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("accepted_on", "2025-09-20", "令和7年9月20日"),
        ("birth_on", "1970-04-01", "昭和45年4月1日（1970年・56歳）"),
        ("member_0_birth_on", "2019-05-01", "令和元年5月1日（2019年・7歳）"),
        ("sex", "1", "男"),
        ("insurance_kind", "KOUKI", "後期高齢者医療"),
        ("patient_income_levy", 1_234_567, "1,234,567円"),
        ("patient_income_levy", 0, "0円"),
        ("documents", ["APPLICATION", "CONSENT"], "支給認定申請書、同意書"),
        ("disease_number", 6, "6 パーキンソン病"),
        ("postal_code", "1000001", "〒100-0001"),
        ("family_name", "渡邉\U000e0110", "渡邉\U000e0110"),
        ("number_absence_reason", "DECLINED", "本人が記載を希望しない"),
    ],
)
def test_a_value_is_shown_in_words(name: str, value: Any, words: str) -> None:
    shown = presenters.display(name, value, today=TODAY)

    assert shown == words or (name.endswith("birth_on") and shown.startswith(words.split("（")[0]))


def test_a_code_that_no_vocabulary_knows_is_shown_as_it_is() -> None:
    assert presenters.display("sex", "9", today=TODAY) == "9"
    assert presenters.display("disease_number", 999, today=TODAY) == "999"


def test_every_filled_box_is_in_exactly_one_part() -> None:
    form = document(
        member_0_name="見本　花子", member_0_relation="妻", member_0_insurance="OTHER", member_0_tax="EXEMPT"
    )

    sections = presenters.sections_of(form, today=TODAY)

    keys = [row.key for section in sections for row in section.rows]
    assert sorted(keys) == sorted(key for key, value in form.items() if value not in ("", None, []))
    assert [section.key for section in sections] == [
        key for key, _title, _names in SECTIONS if key in {one.key for one in sections}
    ]


def test_what_is_shown_to_be_ticked_is_what_has_to_be_ticked() -> None:
    form = document()
    text = content.compose(form, number_version=1, absence_reason="")

    rows = {row.key for section in presenters.sections_of(form, today=TODAY) for row in section.rows}

    assert rows | {content.BLANKS} == set(content.to_be_ticked(text))


def test_a_row_of_the_household_is_named_by_its_number() -> None:
    assert presenters.label_of("member_2_tax") == "世帯員3 市町村民税"
    assert presenters.label_of("street") == "町名・番地"


def test_the_blanks_are_named_once() -> None:
    named = presenters.blanks_of(document()).split("、")

    assert "建物名" in named
    assert named[-1] == "世帯員1以降"
    assert len(named) == len(set(named))
    assert not any("世帯員1 " in name for name in named)


@pytest.mark.django_db
def test_a_button_that_may_not_be_pressed_says_why(maker: User, checker: User) -> None:
    application = compared(submitted(maker, **WITHOUT_NUMBER), by=checker)

    (button,) = presenters.buttons_of(application, viewer=maker)

    assert str(button.label) == "引き戻す"
    assert button.refusal is not None
    assert button.refusal == policies.why_not(Action.PULL_BACK, application, by=maker)
    assert presenters.buttons_of(application, viewer=checker) == []


@pytest.mark.django_db
def test_buttons_follow_the_state(maker: User, checker: User) -> None:
    def labels(application: Any) -> list[str]:
        return [button.label for button in presenters.buttons_of(application, viewer=maker)]

    assert labels(draft(maker, **WITHOUT_NUMBER)) == []
    assert labels(submitted(maker, **WITHOUT_NUMBER)) == ["引き戻す"]
    assert labels(approved(maker, checker, **WITHOUT_NUMBER)) == []


@pytest.mark.django_db
def test_the_number_is_described_and_never_part_of_what_is_shown(maker: User, checker: User) -> None:
    number = my_number()
    application = submitted(maker, number=number)

    def box(who: User) -> presenters.NumberBox:
        (one,) = presenters.number_boxes(policies.progress_of(application, checker=who), checker=who)
        return one

    assert (box(checker).can_be_typed, box(checker).is_confirmed, box(checker).tries_left) == (True, False, 2)
    assert (box(checker).who, box(checker).kana) == ("受診者：見本　太郎", "ミホン　タロウ")
    assert box(checker).born.startswith("昭和45年4月1日")
    assert box(maker).is_own_entry
    assert not box(maker).can_be_typed
    compared(application, by=checker, number=number)
    assert box(checker).is_confirmed
    assert number not in repr(box(checker))


@pytest.mark.django_db
def test_a_form_without_a_number_shows_the_reason(maker: User, checker: User) -> None:
    application = submitted(maker, **WITHOUT_NUMBER)

    assert presenters.number_boxes(policies.progress_of(application, checker=checker), checker=checker) == []
    assert "住基ネット" in presenters.absence_reason(application)


@pytest.mark.django_db
def test_the_certificate_says_what_the_certification_says(maker: User, checker: User) -> None:
    certification = approved(
        maker, checker, family_name="渡邉\U000e0110", building="見本ビル", ventilator="YES"
    ).certification

    text = presenters.certificate_text(certification)

    assert text.name == "渡邉\U000e0110　太郎"
    assert text.address == "見本県架空市本町1-2-3　見本ビル"
    assert (text.monthly_cap, text.income_class) == ("1,000円", "一般所得Ⅰ")
    assert (text.valid_from, text.valid_to) == ("令和7年9月1日", "令和7年12月31日")
    assert text.recipient_number == certification.person.recipient_number
    assert text.disease_names == ("パーキンソン病",)
    assert "12" in text.insured_mark
    assert "345678" in text.insured_mark
    assert text.guardian == ""


@pytest.mark.django_db
def test_a_guardian_stands_on_the_certificate_and_an_agent_does_not(maker: User, checker: User) -> None:
    who = {"applicant_name": "見本　父郎", "applicant_relation": "父"}

    guarded = approved(maker, checker, **WITHOUT_NUMBER, applicant_kind="GUARDIAN", **who).certification
    helped = approved(maker, checker, **WITHOUT_NUMBER, applicant_kind="AGENT", **who).certification

    assert presenters.certificate_text(guarded).guardian == "見本　父郎"
    assert presenters.certificate_text(helped).guardian == ""


@pytest.mark.django_db
def test_the_bar_above_a_page_names_the_patient_once_the_form_is_whole(maker: User) -> None:
    typed, sent = draft(maker, **WITHOUT_NUMBER, birth_on="S65"), submitted(maker, **WITHOUT_NUMBER)

    assert presenters.identity_of(typed, today=TODAY).born == ""
    assert presenters.identity_of(sent, today=TODAY).born.startswith("昭和45年4月1日")
    assert presenters.identity_of(sent, today=TODAY).receipt_number == sent.receipt_number
    assert vault.standing(sent.person_id) is None


@pytest.mark.django_db
def test_of_each_number_it_is_told_how_far_it_has_come_and_on_what_basis_it_is_held(
    maker: User, checker: User
) -> None:
    number, numbers = my_number(), {"member_0": my_number()}
    application = draft(maker, number=number, numbers=numbers, **household())
    assert presenters.number_states(application) == []

    application = submit(application, by=maker)
    compared(application, by=checker, number=number)
    patient, member = presenters.number_states(application)

    assert (patient.place, patient.state) == ("受診者", "照合済み（承認まで使えません）")
    assert (member.place, member.name, member.state) == ("世帯員1", "見本　花子", "未照合（使えません）")
    assert "支給認定基準世帯員" in member.basis
    for _try in range(2):
        compared(application, by=checker, numbers={"member_0": my_number()})
    assert presenters.number_states(application)[1].state == "不一致（3人目の照合待ち）"
    assert not any(number in repr(one) for one in presenters.number_states(application))
