import pytest

from benefits.rules.household import Household, IncompleteHousehold, InsuranceKind, counted
from tests.benefits.rules.households import household, member, patient

EMPLOYEES = [InsuranceKind.KYOKAI, InsuranceKind.KUMIAI, InsuranceKind.KYOSAI, InsuranceKind.SENIN]
NATIONAL = [InsuranceKind.KOKUHO, InsuranceKind.KOKUHO_KUMIAI]


def labels_counted(of: Household) -> list[str]:
    return [each.member.label for each in counted(of) if each.counted]


@pytest.mark.parametrize("insurance", EMPLOYEES)
def test_under_an_employees_insurance_only_the_insured_parent_counts(insurance: InsuranceKind) -> None:
    family = household(
        patient(),
        member("母", is_insured_person=True),
        member("父", same_insurance=False, is_insured_person=True),
        member("兄"),
        insurance=insurance,
        patient_age=10,
    )

    assert labels_counted(family) == ["母"]


@pytest.mark.parametrize("insurance", EMPLOYEES)
def test_under_an_employees_insurance_of_their_own_only_the_patient_counts(insurance: InsuranceKind) -> None:
    family = household(patient(is_insured_person=True), member("配偶者"), insurance=insurance)

    assert labels_counted(family) == ["受診者"]


@pytest.mark.parametrize("insurance", NATIONAL)
def test_under_national_health_insurance_all_five_of_a_family_count(insurance: InsuranceKind) -> None:
    family = household(patient(), *(member(label) for label in ("夫", "父", "母", "子")), insurance=insurance)

    assert labels_counted(family) == ["受診者", "夫", "父", "母", "子"]


@pytest.mark.parametrize("insurance", NATIONAL)
def test_under_national_health_insurance_nobody_of_another_insurance_counts(insurance: InsuranceKind) -> None:
    family = household(
        patient(),
        member("夫", same_insurance=False, is_insured_person=True),
        member("祖父", same_insurance=False, is_latter_stage=True),
        insurance=insurance,
    )

    assert labels_counted(family) == ["受診者"]


@pytest.mark.parametrize(
    ("patient_age", "is_guardian", "expected"),
    [
        (17, True, ["受診者", "祖母"]),
        (18, True, ["受診者"]),
        (17, False, ["受診者"]),
    ],
)
@pytest.mark.parametrize("insurance", NATIONAL)
def test_a_guardian_in_the_latter_stage_scheme_counts_for_a_minor_only(
    insurance: InsuranceKind, patient_age: int, is_guardian: bool, expected: list[str]
) -> None:
    grandmother = member("祖母", same_insurance=False, is_latter_stage=True, is_guardian=is_guardian)
    family = household(patient(), grandmother, insurance=insurance, patient_age=patient_age)

    assert labels_counted(family) == expected


def test_a_guardian_in_an_employees_insurance_does_not_count_for_a_minor_on_national_insurance() -> None:
    father = member("父", same_insurance=False, is_insured_person=True, is_guardian=True)
    family = household(patient(), father, patient_age=10)

    assert labels_counted(family) == ["受診者"]


def test_of_a_couple_in_the_latter_stage_scheme_both_count_and_their_son_does_not() -> None:
    family = household(
        patient(is_latter_stage=True),
        member("妻", is_latter_stage=True),
        member("弟", same_insurance=False, is_latter_stage=True),
        member("長男", same_insurance=False),
        insurance=InsuranceKind.KOUKI,
        patient_age=80,
    )

    assert labels_counted(family) == ["受診者", "妻", "弟"]


def test_on_public_assistance_nobody_counts() -> None:
    by_kind = household(patient(), member("妻"), insurance=InsuranceKind.SEIHO)
    with_insurance = household(
        patient(is_insured_person=True), insurance=InsuranceKind.KYOKAI, on_public_assistance=True
    )

    assert labels_counted(by_kind) == []
    assert labels_counted(with_insurance) == []


def test_three_generations_under_one_roof_are_three_households() -> None:
    child = patient()
    mother = member("母", is_insured_person=True)
    father = member("父", same_insurance=False)
    grandfather = member("祖父", same_insurance=False, is_latter_stage=True)

    family = household(child, mother, father, grandfather, insurance=InsuranceKind.KYOKAI, patient_age=5)

    assert labels_counted(family) == ["母"]


@pytest.mark.parametrize("insurance", InsuranceKind)
def test_every_member_is_answered_in_order_with_a_reason_that_names_nobody(insurance: InsuranceKind) -> None:
    family = household(
        patient(),
        member("母", is_insured_person=True),
        member("父", same_insurance=False),
        member("祖母", same_insurance=False, is_latter_stage=True, is_guardian=True),
        insurance=insurance,
        patient_age=10,
    )

    answers = counted(family)

    assert [each.member for each in answers] == list(family.members)
    for each in answers:
        assert each.reason.endswith(("数えます。", "数えません。", "用いません。"))
        assert not each.counted or each.reason.endswith("数えます。")
        assert each.member.label not in each.reason.replace("受診者", "")


@pytest.mark.parametrize("patients", [0, 2])
def test_a_household_without_exactly_one_patient_is_not_judged(patients: int) -> None:
    family = household(*(patient() for _ in range(patients)), member("妻"))

    with pytest.raises(IncompleteHousehold, match="受診者がちょうど1人必要です"):
        counted(family)
