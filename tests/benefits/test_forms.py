"""A1, A2: what the entry form refuses, in which words and at which box, and what it never keeps or gives back."""

from collections.abc import Collection
from datetime import date, timedelta
from typing import Any

import pytest
from django.http import QueryDict
from django.utils import timezone

from benefits import forms as the_forms
from benefits.circumstances import Circumstance
from benefits.forms import (
    HOLDER_NUMBERS,
    HOLDER_PARTS,
    MEMBER_PARTS,
    RAW_LIMIT,
    SECTIONS,
    ApprovalForm,
    CommentField,
    EntryForm,
    PersonSearchForm,
    RetypeForm,
    StepForm,
)
from benefits.forms_showing import RevealForm
from benefits.holders import SLOTS
from mynumber.checkdigit import check_digit
from mynumber.purposes import Ground
from tests.factories import form_data, my_number

TODAY = date(2026, 11, 23)
FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")

#: A member of the household that has everything.
WIFE = {
    "member_0_name": "見本　花子",
    "member_0_relation": "妻",
    "member_0_birth_on": "S46.5.6",
    "member_0_insurance": "SAME",
    "member_0_insured": "YES",
    "member_0_tax": "TAXED",
    "member_0_income_levy": "120000",
    "member_0_number_given": "LEFT_BLANK",
}
#: The boxes that every form has: those of the others' numbers are there for whose number is needed.
BOXES = {
    name: field
    for name, field in EntryForm.base_fields.items()
    if name not in HOLDER_NUMBERS and not any(name in parts for parts in HOLDER_PARTS.values())
}
#: A child of a household in the national insurance, where the guardian stands apart and six members count.
EVERYBODY = {
    "birth_on": "H30.4.1",
    "applicant_kind": "GUARDIAN",
    "applicant_name": "見本　一郎",
    "applicant_relation": "父",
    "insurance_kind": "KOKUHO",
    "insured_kind": "",
    "guardian_kana": "ミホン イチロウ",
    "guardian_birth_on": "S60.3.3",
    "guardian_number_given": "GIVEN",
    **{
        f"member_{row}_{part}": value
        for row in range(6)
        for part, value in {
            "name": f"見本　{'甲乙丙丁戊己'[row]}",
            "relation": "兄弟",
            "birth_on": "H20.2.2",
            "insurance": "SAME",
            "tax": "EXEMPT",
            "kana": "ミホン コウ",
            "number_given": "GIVEN",
        }.items()
    },
}


def entered(
    has_number: bool = True, types_number: bool = True, sealed: Collection[str] = (), **changes: Any
) -> EntryForm:
    return EntryForm(
        form_data(**changes), today=TODAY, has_number=has_number, types_number=types_number, sealed=sealed
    )


def complaints(has_number: bool = True, **changes: Any) -> dict[str, list[str]]:
    return {name: list(errors) for name, errors in entered(has_number, **changes).errors.items()}


def wrong_check_digit(number: str) -> str:
    return number[:11] + str((int(number[11]) + 1) % 10)


def test_a_whole_and_right_form_has_nothing_to_complain_about() -> None:
    assert complaints() == {}


def test_every_box_stands_in_one_part_of_the_paper() -> None:
    placed = [name for _key, _title, names in SECTIONS for name in names]
    members = [f"member_{row}_{part}" for row in range(6) for part in MEMBER_PARTS]

    beside = [*HOLDER_NUMBERS, *(name for parts in HOLDER_PARTS.values() for name in parts)]

    assert sorted(placed + members + beside) == sorted(EntryForm.base_fields)


# ── the My Number ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("length", "message"),
    [
        (11, "個人番号は12桁で入力してください（入力 11桁）"),
        (13, "個人番号は12桁で入力してください（入力 13桁）"),
    ],
)
def test_a_number_of_another_length_is_named_by_its_length(length: int, message: str) -> None:
    number = (my_number() + "0")[:length]

    found = complaints(has_number=False, number=number)

    assert found == {"number": [message]}


def test_a_wrong_check_digit_is_named_without_the_digits() -> None:
    number = wrong_check_digit(my_number())

    found = complaints(has_number=False, number=number)

    assert found == {"number": ["個人番号の検査数字が合いません。原本と見比べて、もう一度入力してください"]}


def test_letters_are_no_number() -> None:
    assert complaints(has_number=False, number="1234ABCD5678") == {"number": ["個人番号は数字で入力してください"]}


@pytest.mark.parametrize(
    "typed",
    [
        lambda number: number.translate(FULL_WIDTH),
        lambda number: f"{number[:4]}-{number[4:8]}-{number[8:]}",
        lambda number: f" {number[:4]}　{number[4:8]} {number[8:]} ",
        lambda number: f"{number[:4]}ー{number[4:8]}ー{number[8:]}".translate(FULL_WIDTH),
    ],
)
def test_a_number_is_taken_in_any_width_and_grouping(typed: Any) -> None:
    number = my_number()

    form = entered(has_number=False, number=typed(number))

    assert form.is_valid(), form.errors
    assert form.typed_numbers() == {"patient": number}


def test_the_box_for_the_number_is_drawn_empty_whatever_was_typed() -> None:
    for number in (my_number(), wrong_check_digit(my_number()), my_number()[:11]):
        form = entered(number=number, birth_on="S65.1.1")
        form.is_valid()

        assert number not in str(form)
        assert number not in str(form["number"])
        assert number not in str(form.errors)


@pytest.mark.parametrize("spoilt", [str, wrong_check_digit, lambda number: number[:11]])
def test_the_number_is_in_nothing_that_is_kept_however_it_was_mistyped(spoilt: Any) -> None:
    typed = spoilt(my_number())

    form = entered(number=typed)
    form.is_valid()

    assert "number" not in form.raw()
    assert typed not in str(form.raw())


def test_the_number_is_not_in_the_document_that_is_approved() -> None:
    number = my_number()

    form = entered(number=number)

    assert form.is_valid()
    assert number not in str(form.document())


@pytest.mark.parametrize(
    "name",
    [
        name
        for name, field in BOXES.items()
        if name != "number" and not isinstance(field, the_forms.ChoiceCodeField | the_forms.ChoiceCodesField)
    ],
)
@pytest.mark.parametrize(
    "spell",
    [str, lambda number: number.translate(FULL_WIDTH), lambda number: f"{number[:4]} {number[4:8]}-{number[8:]}"],
)
def test_a_number_in_another_box_is_refused_emptied_and_kept_nowhere(name: str, spell: Any) -> None:
    typed = spell(my_number())

    form = entered(**{name: typed})

    assert any("個人番号" in message for message in form.errors[name]), form.errors
    assert any(error.code == "my_number" for error in form.errors.as_data()[name])
    assert typed not in str(form[name])
    assert typed not in str(form.raw())


def test_a_number_inside_a_note_is_masked_and_the_rest_of_the_note_stays() -> None:
    number = my_number()

    form = entered(note=f"電話で確認。番号は{number}とのこと。")

    assert form.raw()["note"].startswith("電話で確認。番号は")
    assert form.raw()["note"].endswith("とのこと。")
    assert number not in form.raw()["note"]


def test_twelve_digits_that_are_no_number_may_stand_in_a_note() -> None:
    form = entered(note=f"整理番号 {wrong_check_digit(my_number())}")

    assert form.is_valid(), form.errors


def test_an_application_needs_a_number_or_the_reason_why_there_is_none() -> None:
    assert list(complaints(has_number=False)) == ["number"]
    assert list(complaints(has_number=False, number_given="NOT_GIVEN")) == ["number_absence_reason"]
    assert complaints(has_number=False, number_given="NOT_GIVEN", number_absence_reason="DECLINED") == {}


def test_a_number_and_the_word_that_there_is_none_contradict_each_other() -> None:
    found = complaints(number=my_number(), number_given="NOT_GIVEN", number_absence_reason="DECLINED")

    assert list(found) == ["number_given"]


def test_a_given_number_needs_what_showed_it_and_what_showed_who() -> None:
    assert set(complaints(number_evidence=None, identity_evidence=None)) == {"number_evidence", "identity_evidence"}


def test_the_contractor_has_no_box_for_the_number_nor_for_anything_about_it() -> None:
    number = my_number()

    form = entered(types_number=False, number=number)

    assert form.is_valid(), form.errors
    assert form.typed_numbers() == {}
    assert not any(name in form.fields for name in ("number", "number_given", "number_evidence"))
    assert number not in str(form.raw())


# ── the numbers of the others ────────────────────────────────────────────────────────────────────────────────────


def test_everybody_whose_number_is_needed_has_one_or_a_reason() -> None:
    numbers = {f"{slot}_number": my_number() for slot in SLOTS}

    form = entered(**EVERYBODY, **numbers)
    assert form.is_valid(), form.errors
    assert form.typed_numbers() == {slot: numbers[f"{slot}_number"] for slot in SLOTS}
    missing = entered(**EVERYBODY)
    assert set(missing.errors) == set(numbers)
    assert entered(sealed=SLOTS, **EVERYBODY).is_valid()
    assert entered(**{**EVERYBODY, **{f"{slot}_number_given": "DECLINED" for slot in SLOTS}}).is_valid()


def test_no_number_of_anybody_is_among_what_is_kept_or_submitted() -> None:
    numbers = {f"{slot}_number": my_number() for slot in SLOTS}
    form = entered(**EVERYBODY, **numbers)
    assert form.is_valid(), form.errors

    for kept in (str(form.raw()), str(form.document()), str(form)):
        assert not any(number in kept for number in numbers.values())
    assert {name for name in form.document() if "number_given" in name} == {
        "number_given",
        *(f"{slot}_number_given" for slot in SLOTS),
    }


def test_of_somebody_whose_number_is_not_needed_nothing_is_submitted() -> None:
    form = entered(member_0_kana="ミホン", member_0_number_given="GIVEN", guardian_birth_on="S60.3.3")

    assert form.is_valid(), form.errors
    assert not any(name in form.document() for parts in HOLDER_PARTS.values() for name in parts)


@pytest.mark.parametrize("typed", [my_number()[:11], "x" * 12, "１" * 30])
def test_a_number_of_nobody_who_needs_one_is_refused_whatever_it_is(typed: str) -> None:
    form = entered(guardian_number=typed)

    assert not form.is_valid()
    assert list(form.errors) == ["__all__"]
    assert form.not_needed == ["guardian"]
    assert form.typed_numbers() == {}


def test_what_is_asked_of_somebody_whose_number_is_needed_is_checked_like_everything_else() -> None:
    for slot in SLOTS:
        found = complaints(sealed=SLOTS, **{**EVERYBODY, f"{slot}_kana": "漢字", f"{slot}_number_given": "NO_SUCH"})
        assert set(found) == {f"{slot}_kana", f"{slot}_number_given"}
        found = complaints(sealed=SLOTS, **{**EVERYBODY, f"{slot}_kana": "", f"{slot}_birth_on": ""})
        assert set(found) == {f"{slot}_kana", f"{slot}_birth_on"}
        found = complaints(**{**EVERYBODY, f"{slot}_number": my_number(), f"{slot}_number_given": "DECLINED"})
        assert f"{slot}_number_given" in found


def test_one_number_in_several_boxes_is_kept_in_none_and_each_names_the_others() -> None:
    number = my_number()
    form = entered(**EVERYBODY, number=number, guardian_number=number, member_4_number=number)

    assert not form.is_valid()
    assert form.typed_numbers() == {}
    assert "保護者（見本　一郎）、世帯員5（見本　戊）" in form.errors["number"][0]
    assert number not in str(form.errors)


# ── dates ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("昭和65年1月1日", "昭和は64年1月7日まで"),
        ("S65.1.1", "昭和は64年1月7日まで"),
        ("R8年2月30日", "2月30日"),
        ("H15.2.29", "2月29日"),
        ("R8.11.24", "生年月日は今日までの日付にしてください"),
        ("2030/1/1", "生年月日は今日までの日付にしてください"),
        ("さくら", "生年月日"),
        ("", "生年月日を入力してください"),
    ],
)
def test_a_day_that_cannot_be_is_refused_in_words(typed: str, words: str) -> None:
    found = complaints(birth_on=typed)

    assert list(found) == ["birth_on"]
    assert words in found["birth_on"][0] or "生年月日" in found["birth_on"][0]
    assert len(found["birth_on"]) == 1


def test_each_wrong_day_has_a_message_of_its_own() -> None:
    messages = [
        complaints(birth_on=typed)["birth_on"][0] for typed in ("昭和65年1月1日", "R8.2.30", "R9.1.1", "さくら")
    ]

    assert len(set(messages)) == len(messages)


@pytest.mark.parametrize("name", ["accepted_on", "birth_on", "diagnosed_on"])
def test_no_day_of_the_form_lies_in_the_future(name: str) -> None:
    tomorrow = (TODAY + timedelta(days=1)).isoformat()

    assert name in complaints(**{name: tomorrow})


@pytest.mark.parametrize(
    ("changes", "box"),
    [
        ({"birth_on": "R7.9.21", "diagnosed_on": ""}, "birth_on"),
        ({"diagnosed_on": "R7.9.21"}, "diagnosed_on"),
        ({"diagnosed_on": "S45.3.31"}, "diagnosed_on"),
        ({"certification_basis": "MILD_HIGH_COST", "mild_met_on": "R7.9.21"}, "mild_met_on"),
        ({**WIFE, "insured_kind": "FAMILY", "member_0_birth_on": "R7.9.21"}, "member_0_birth_on"),
    ],
)
def test_days_that_contradict_one_another_are_pointed_out_at_the_later_one(changes: dict[str, str], box: str) -> None:
    found = complaints(**changes)

    assert set(found) == {box, *(name for name, value in changes.items() if not value)}
    assert "日" in found[box][0]


def test_days_on_the_same_day_do_not_contradict() -> None:
    assert complaints(birth_on="R7.9.20", diagnosed_on="R7.9.20") == {}


# ── the disease ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("typed", ["349", "999", "0"])
def test_a_disease_that_is_not_in_the_register_is_refused_by_its_number(typed: str) -> None:
    found = complaints(disease_number=typed)

    assert found == {
        "disease_number": [f"告示番号{int(typed)}の指定難病はありません（収受日の時点）。番号か病名を確かめてください"]
    }


def test_a_disease_counts_from_the_day_on_which_it_was_designated() -> None:
    early = {"accepted_on": "R7.3.31", "diagnosed_on": "R7.3.1"}
    late = {"accepted_on": "R7.4.1", "diagnosed_on": "R7.3.1"}

    assert list(complaints(disease_number="342", **early)) == ["disease_number"]
    assert complaints(disease_number="342", **late) == {}


@pytest.mark.parametrize("typed", ["ア", "1234", "六", "6/5"])
def test_a_disease_number_is_one_to_three_digits(typed: str) -> None:
    assert list(complaints(disease_number=typed)) == ["disease_number"]


def test_a_disease_number_is_taken_in_full_width() -> None:
    form = entered(disease_number="００６")

    assert form.is_valid()
    assert form.document()["disease_number"] == 6


# ── what is needed only in a case ────────────────────────────────────────────────────────────────────────────────

CONDITIONAL: list[tuple[dict[str, Any], set[str]]] = [
    ({"applicant_kind": "GUARDIAN"}, {"applicant_name", "applicant_relation"}),
    ({"applicant_kind": "AGENT", "applicant_name": "見本　次郎"}, {"applicant_relation"}),
    (
        {"insurer_number": "", "insurer_name": "", "insured_number": ""},
        {"insurer_number", "insurer_name", "insured_number"},
    ),
    ({"insured_kind": None}, {"insured_kind"}),
    ({"insurance_kind": "KOKUHO", "insured_kind": None}, set()),
    (
        {
            "insurance_kind": "SEIHO",
            "public_assistance": "YES",
            "insurer_number": "",
            "insurer_name": "",
            "insured_number": "",
            "insured_kind": None,
        },
        set(),
    ),
    ({"certification_basis": "MILD_HIGH_COST"}, {"mild_met_on"}),
    ({"patient_tax": "TAXED", "patient_income_levy": ""}, {"patient_income_levy"}),
    ({"patient_tax": "TAXED", "patient_income_levy": "0"}, set()),
    ({"patient_tax": "EXEMPT", "patient_income_levy": "1"}, {"patient_income_levy"}),
    ({"patient_tax": "UNKNOWN", "patient_income_levy": ""}, set()),
    ({"member_3_name": "見本　三郎"}, {"member_3_relation", "member_3_insurance", "member_3_tax"}),
    ({"member_3_tax": "EXEMPT"}, {"member_3_name", "member_3_relation", "member_3_insurance"}),
    ({**WIFE, "member_0_insured": "NO", "member_0_income_levy": ""}, {"member_0_income_levy"}),
    ({**WIFE, "member_0_insured": "NO", "member_0_tax": "EXEMPT"}, {"member_0_income_levy"}),
]


@pytest.mark.parametrize(("changes", "boxes"), CONDITIONAL)
def test_a_box_is_asked_for_exactly_when_its_case_holds(changes: dict[str, Any], boxes: set[str]) -> None:
    assert set(complaints(**changes)) == boxes


def test_a_box_that_is_wrong_is_not_also_called_missing() -> None:
    found = complaints(patient_income_levy="1,00")

    assert found == {"patient_income_levy": ["受診者の所得割額は桁区切りの位置が合いません。金額を確かめてください"]}


@pytest.mark.parametrize(
    "name", [name for name, field in EntryForm.base_fields.items() if field.required and name != "number"]
)
def test_every_required_box_that_is_empty_is_named(name: str) -> None:
    form = entered(**{name: None})

    assert str(EntryForm.base_fields[name].label) in form.errors[name][0]


# ── the household ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"insured_kind": "FAMILY"}, "被保険者が世帯の欄にありません"),
        ({**WIFE, "insured_kind": "SELF"}, "被保険者が2人以上あります"),
        (
            {
                **WIFE,
                **{name.replace("_0_", "_1_"): value for name, value in WIFE.items()},
                "insured_kind": "FAMILY",
            },
            "被保険者が2人以上あります",
        ),
    ],
)
def test_a_household_that_cannot_be_is_pointed_out_where_it_is_mended(changes: dict[str, str], words: str) -> None:
    found = complaints(**changes)

    assert list(found) == ["insured_kind"]
    assert words in found["insured_kind"][0]


def test_a_wife_who_is_insured_makes_the_patients_household_whole() -> None:
    assert complaints(**WIFE, insured_kind="FAMILY") == {}


# ── too much, and not of the form ────────────────────────────────────────────────────────────────────────────────

TEXTS = {
    name: field.max_length for name, field in BOXES.items() if getattr(field, "max_length", None) and name != "number"
}


@pytest.mark.parametrize("name", TEXTS)
def test_a_text_twice_as_long_as_allowed_is_refused_with_both_lengths(name: str) -> None:
    letter = "ア" if "kana" in name else "見"
    typed = letter * (2 * TEXTS[name])

    found = complaints(**{name: typed})

    assert any(f"{TEXTS[name]}文字以内" in message and str(2 * TEXTS[name]) in message for message in found[name])


@pytest.mark.parametrize("name", TEXTS)
def test_a_text_as_long_as_allowed_is_taken(name: str) -> None:
    letter = "ア" if "kana" in name else "見"

    assert not any("文字以内" in message for message in complaints(**{name: letter * TEXTS[name]}).get(name, []))


def test_a_draft_keeps_what_is_too_long_for_the_form_but_not_what_is_endless() -> None:
    long, endless = entered(street="見" * RAW_LIMIT), entered(street="見" * (RAW_LIMIT + 1))

    assert long.is_safe_to_keep()
    assert not endless.is_safe_to_keep()
    assert f"{RAW_LIMIT + 1}文字" in " ".join(endless.errors["street"])


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        (name, typed)
        for name, field in BOXES.items()
        if isinstance(field, the_forms.ChoiceCodeField | the_forms.ChoiceCodesField)
        for typed in ("NO_SUCH_CODE", "<script>", "' OR 1=1")
    ],
)
def test_a_code_that_was_not_offered_is_refused(name: str, typed: str) -> None:
    sent: Any = [typed] if name == "documents" else typed

    assert name in complaints(**{name: sent})


def test_a_tick_that_was_not_offered_is_not_kept_whatever_it_says() -> None:
    number = my_number()

    form = entered(documents=["CLINICAL", f"{'x' * 989}{number}", number, "APPLICATION"])

    assert form.raw()["documents"] == ["CLINICAL", "APPLICATION"]
    assert entered(documents=None).raw()["documents"] == []
    assert number[:11] not in str(form.raw())


def test_what_is_not_on_the_form_is_not_kept() -> None:
    form = entered(status="APPROVED", decided_by="1", editor_ids="[]", csrfmiddlewaretoken="x")

    assert not {"status", "decided_by", "editor_ids", "csrfmiddlewaretoken"} & set(form.raw())


def test_a_box_sent_twice_counts_once() -> None:
    data = QueryDict(mutable=True)
    for name, value in form_data().items():
        data.setlist(name, value if isinstance(value, list) else [value])
    data.appendlist("street", "別の番地")

    form = EntryForm(data, today=TODAY, has_number=True)

    assert form.is_valid()
    assert form.raw()["street"] == "別の番地"


def test_names_are_kept_to_the_code_point() -> None:
    name = "渡邉\U000e0110"

    form = entered(family_name=name)

    assert form.is_valid(), form.errors
    assert form.document()["family_name"] == name


def test_the_document_is_json_with_dates_in_iso_and_amounts_as_numbers() -> None:
    form = entered()
    assert form.is_valid()

    document = form.document()

    assert (document["accepted_on"], document["birth_on"]) == ("2025-09-20", "1970-04-01")
    assert document["patient_income_levy"] == 70_999
    assert document["documents"] == ["APPLICATION"]
    assert document["building"] == ""


def test_a_returned_comment_stands_at_its_box() -> None:
    form = EntryForm(form_data(), today=TODAY, comments={"street": "番地が違います", "no_such_box": "x"})

    assert "番地が違います" in str(form["street"].as_field_group())


# ── the smaller forms ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "sent", [{}, {"revision": ""}, {"revision": "0"}, {"revision": "x"}, {"revision": str(2**31)}]
)
def test_a_step_is_taken_on_a_revision(sent: dict[str, str]) -> None:
    assert not StepForm(sent).is_valid()
    assert StepForm({"revision": "1"}).is_valid()


@pytest.mark.parametrize("name", ["fingerprint", "decision_mark"])
@pytest.mark.parametrize("typed", ["", "0" * 63, "0" * 65, "G" * 64, "A" * 64, "0" * 64 + "\n"])
def test_an_approval_names_the_content_and_the_decision_that_were_shown(name: str, typed: str) -> None:
    sent = {"revision": "1", "fingerprint": "0" * 64, "decision_mark": "1" * 64}

    assert ApprovalForm(sent).is_valid()
    assert list(ApprovalForm({**sent, name: typed}).errors) == [name]


def test_the_blind_box_asks_for_a_number_and_gives_none_back() -> None:
    number = my_number()

    boxes = {"number": "受診者", "member_0_number": "世帯員1"}
    assert not RetypeForm({"number": ""}, boxes=boxes).is_valid()
    form = RetypeForm({"number": number, "member_3_number": number}, boxes=boxes)
    assert form.is_valid()
    assert form.cleaned_data == {"number": number, "member_0_number": ""}
    assert number not in str(form)


def test_a_comment_holds_no_number_and_no_novel() -> None:
    field = CommentField(label="全体")

    assert field.clean(" 番地が違います ")
    for typed in (my_number(), "見" * 201):
        with pytest.raises(the_forms.forms.ValidationError):
            field.clean(typed)


@pytest.mark.parametrize(
    ("sent", "is_enough"),
    [
        ({}, False),
        ({"kana": "ミ"}, False),
        ({"name": "見"}, False),
        ({"kana": "ミ", "name": "見"}, False),
        ({"kana": "ミホ"}, True),
        ({"name": "見本"}, True),
        ({"birth_on": "S45.4.1"}, True),
        ({"recipient_number": "1234567"}, True),
        ({"recipient_number": "123456"}, False),
        ({"birth_on": "S65.4.1"}, False),
        ({"kana": "  ミ  "}, False),
    ],
)
def test_a_search_needs_a_telling_condition(sent: dict[str, str], is_enough: bool) -> None:
    assert PersonSearchForm(sent).is_valid() is is_enough


@pytest.mark.parametrize("name", ["kana", "name", "birth_on", "recipient_number"])
def test_nobody_is_searched_by_their_number(name: str) -> None:
    number = my_number()

    form = PersonSearchForm({name: number})

    assert not form.is_valid()
    assert number not in str(form)


def test_a_reveal_states_a_purpose_a_reason_and_a_code() -> None:
    def form(**typed: str) -> RevealForm:
        return RevealForm(typed, circumstance=Circumstance(Ground.CASE))

    assert set(form().errors) == {"purpose", "reason", "code"}
    assert form(purpose="INQUIRY", reason="x", code="000000").is_valid()
    assert not form(purpose="CURIOSITY", reason="x", code="000000").is_valid()
    assert not form(purpose="INQUIRY", reason=my_number(), code="000000").is_valid()


def test_the_dates_on_the_form_are_judged_by_the_day_it_is_given() -> None:
    yesterday = timezone.localdate() - timedelta(days=1)

    form = EntryForm(form_data(), today=date(2025, 9, 19), has_number=True)

    assert "accepted_on" in form.errors
    assert yesterday != form.today


def test_the_check_digit_of_the_tests_is_that_of_the_product() -> None:
    number = my_number()

    assert number[11] == check_digit(number[:11])
    assert wrong_check_digit(number)[11] != check_digit(number[:11])
