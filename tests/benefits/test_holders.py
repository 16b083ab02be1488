"""V1: exactly the people whose number the law needs have a box for one, each with the basis that it is held on."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from benefits import holders
from benefits.decision import household_of
from benefits.holders import Holder, beside_the_patient, needed
from benefits.registers import number_bases
from benefits.rules.household import counted
from mynumber.vault import Kind
from tests.factories import form_data, household, my_number

CHILD: dict[str, Any] = {
    "birth_on": "H30.4.1",
    "applicant_kind": "GUARDIAN",
    "applicant_name": "見本　一郎",
    "applicant_relation": "父",
}


def member(row: int, **parts: str) -> dict[str, str]:
    parts = {"name": f"見本　{'甲乙丙丁戊己'[row]}", "insurance": "SAME", "tax": "TAXED", **parts}
    return {f"member_{row}_{part}": value for part, value in parts.items()}


def slots(**changes: Any) -> list[str]:
    return [holder.slot for holder in needed(form_data(**changes))]


def test_a_patient_who_is_insured_and_applies_alone_is_the_only_one() -> None:
    assert slots() == ["patient"]
    assert slots(**member(0)) == ["patient"]  # 被用者保険 counts the insured person alone


def test_the_insured_person_whom_the_patient_belongs_to_is_needed() -> None:
    assert slots(**household()) == ["patient", "member_0"]


def test_of_the_national_insurance_everybody_in_it_is_needed_and_nobody_else() -> None:
    rows = {**member(0), **member(1, insurance="OTHER"), **member(2)}

    assert slots(insurance_kind="KOKUHO", **rows) == ["patient", "member_0", "member_2"]


def test_nobodys_tax_is_asked_for_when_the_patient_is_on_public_assistance() -> None:
    assert slots(public_assistance="YES", **household()) == ["patient"]
    assert slots(insurance_kind="SEIHO", **household()) == ["patient"]


def test_the_guardian_who_applies_for_a_child_is_needed() -> None:
    assert slots(**CHILD) == ["patient", "guardian"]
    (holder,) = beside_the_patient(form_data(**CHILD)).values()
    assert (holder.kind, holder.name, holder.place) == (Kind.GUARDIAN, "見本　一郎", "保護者")


@pytest.mark.parametrize("changes", [{"applicant_kind": "AGENT"}, {"applicant_kind": "SELF"}, {"birth_on": "S45.4.1"}])
def test_an_agent_or_the_guardian_of_a_grown_up_brings_no_number(changes: dict[str, str]) -> None:
    assert slots(**{**CHILD, **changes}) == ["patient"]


@pytest.mark.parametrize("written", ["見本　一郎", "見本一郎", "見本 一郎"])
def test_a_guardian_who_stands_among_the_household_has_one_box(written: str) -> None:
    rows = member(0, name=written, guardian="YES", insured="YES", birth_on="S60.3.3")

    found = beside_the_patient(form_data(**{**CHILD, "insured_kind": "FAMILY", **rows}))

    assert [(slot, one.kind, one.place) for slot, one in found.items()] == [
        ("member_0", Kind.GUARDIAN, "世帯員1（保護者）")
    ]


def test_a_guardian_among_the_household_is_needed_though_their_tax_does_not_count() -> None:
    rows = member(0, name="見本　一郎", guardian="YES", insurance="OTHER")

    assert slots(**{**CHILD, **rows}) == ["patient", "member_0"]


def test_of_an_empty_form_only_the_patient_is_needed() -> None:
    assert [one.slot for one in needed({})] == ["patient"]


@given(
    form=st.dictionaries(
        st.sampled_from(
            [
                *(f"member_{row}_{part}" for row in range(6) for part in ("name", "birth_on", "insurance", "insured")),
                *("insurance_kind", "applicant_kind", "applicant_name", "birth_on", "accepted_on", "insured_kind"),
            ]
        ),
        st.text(max_size=12) | st.sampled_from(["YES", "SAME", "KOKUHO", "KUMIAI", "GUARDIAN", "S45.4.1", "R7.1.1"]),
    )
)
@settings(max_examples=200, deadline=None)
def test_however_unfinished_the_form_is_everybody_stands_somewhere_once(form: dict[str, str]) -> None:
    found = needed(form)

    assert [one.slot for one in found] == sorted({one.slot for one in found}, key=["patient", *holders.SLOTS].index)
    assert all(one.place for one in found)


@given(
    insurance=st.sampled_from(["KYOKAI", "KUMIAI", "KOKUHO", "KOKUHO_KUMIAI", "KOUKI", "SEIHO"]),
    kind=st.sampled_from(["SELF", "FAMILY"]),
    assistance=st.sampled_from(["YES", "NO"]),
    rows=st.lists(
        st.fixed_dictionaries(
            {
                "insurance": st.sampled_from(["SAME", "OTHER"]),
                "insured": st.sampled_from(["YES", "NO", ""]),
                "guardian": st.sampled_from(["YES", "NO", ""]),
                "latter_stage": st.sampled_from(["YES", "NO", ""]),
            }
        ),
        max_size=6,
    ),
)
@settings(max_examples=200, deadline=None)
def test_whose_number_is_needed_is_whose_tax_the_decision_counts(
    insurance: str, kind: str, assistance: str, rows: list[dict[str, str]]
) -> None:
    form = form_data(insurance_kind=insurance, insured_kind=kind, public_assistance=assistance)
    for row, parts in enumerate(rows):
        form |= member(row, **parts)
    cleaned = {**form, "accepted_on": "2025-09-20", "birth_on": "1970-04-01", "patient_income_levy": 0}
    household = household_of({**cleaned, **{f"member_{row}_income_levy": 0 for row in range(len(rows))}})

    expected = {
        f"member_{one.member.label}" for one in counted(household) if one.counted and not one.member.is_patient
    }

    assert set(beside_the_patient(form)) == expected


def test_spelling_of_the_name_and_the_calendar_make_nobody_another_person() -> None:
    def who(name: str, birth: str) -> tuple[Any, ...]:
        return Holder(slot="member_0", kind=Kind.MEMBER, name=name, kana="", birth=birth).who

    assert who("渡邉\U000e0110　花子", "S45.4.1") == who("渡辺花子", "1970-04-01")
    assert who("見本　花子", "S45.4.1") != who("見本　花子", "S45.4.2")
    assert who("見本　花子", "S45.4.1") != who("見本　華子", "S45.4.1")


@pytest.mark.parametrize(
    ("kind", "code"),
    [(Kind.PATIENT, "NANBYO"), (Kind.GUARDIAN, "NANBYO_GUARDIAN"), (Kind.MEMBER, "NANBYO_MEMBER")],
)
def test_each_kind_has_its_own_basis_in_law(kind: Kind, code: str) -> None:
    basis = number_bases.basis_for(kind, programme="NANBYO", on=date(2026, 11, 25))

    assert basis.code == code
    assert "別表" in basis.article
    assert number_bases.find(code) == basis
    assert basis.must_be_verified  # nobody has compared it with the text in force yet


def test_what_the_register_does_not_know_is_not_held() -> None:
    with pytest.raises(number_bases.NoBasisError):
        number_bases.basis_for(Kind.PATIENT, programme="STATISTICS", on=date(2026, 11, 25))
    with pytest.raises(number_bases.NoBasisError):
        number_bases.basis_for(Kind.PATIENT, programme="NANBYO", on=date(2015, 12, 31))
    assert number_bases.find("UNHEARD_OF") is None


def test_a_number_in_the_box_of_a_name_is_not_shown_beside_another() -> None:
    number = my_number()
    form = form_data(**household(member_0_name=f"見本{number}", member_0_birth_on=number), family_name=number)

    assert not any(number in repr(holder) for holder in needed(form))
