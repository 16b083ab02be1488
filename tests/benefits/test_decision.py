"""A3: a form comes to exactly what the rules say of it (domain §1, §5)."""

from datetime import date
from itertools import product
from typing import Any

import pytest

from benefits.decision import CannotDecideError, decide, household_of
from benefits.forms import EntryForm
from benefits.rules.cost_sharing import IncomeClass
from benefits.rules.household import counted
from tests.factories import form_data

TODAY = date(2026, 11, 23)
#: Nobody taxed: what decides between the two classes is the patient's own income.
EXEMPT = {"patient_tax": "EXEMPT", "patient_income_levy": ""}
KOKUHO = {"insurance_kind": "KOKUHO", "insurer_number": "480012", "insured_kind": None}


def document(**changes: Any) -> dict[str, Any]:
    """Return the values of a whole form, as an approval decides on them."""
    form = EntryForm(form_data(**{"insurer_number": "06131239", **changes}), today=TODAY, has_number=True)
    form.full_clean()
    assert not set(form.errors) - {"insurer_number"}, form.errors
    form.cleaned_data.setdefault("insurer_number", "")
    return form.document()


def member(row: int, **parts: str) -> dict[str, str]:
    whole = {
        "name": "見本　花子",
        "relation": "妻",
        "insurance": "SAME",
        "insured": "NO",
        "tax": "TAXED",
        "income_levy": "50000",
        "number_given": "DECLINED",
    }
    return {f"member_{row}_{part}": value for part, value in {**whole, **parts}.items()}


@pytest.mark.parametrize(
    ("levy", "income_class", "cap"),
    [
        ("0", IncomeClass.GENERAL_1, 10_000),
        ("70,999", IncomeClass.GENERAL_1, 10_000),
        ("71,000", IncomeClass.GENERAL_2, 20_000),
        ("250,999", IncomeClass.GENERAL_2, 20_000),
        ("251,000", IncomeClass.UPPER, 30_000),
    ],
)
def test_the_income_levy_decides_the_class_at_the_yen(levy: str, income_class: IncomeClass, cap: int) -> None:
    decision = decide(document(patient_income_levy=levy))

    assert (decision.income_class, decision.monthly_cap) == (income_class, cap)
    assert not decision.is_provisional


@pytest.mark.parametrize(
    ("accepted_on", "income", "income_class", "cap"),
    [
        ("R7.6.30", 800_000, IncomeClass.LOW_1, 2_500),
        ("R7.6.30", 800_001, IncomeClass.LOW_2, 5_000),
        ("R7.6.30", 809_000, IncomeClass.LOW_2, 5_000),
        ("R7.7.1", 809_000, IncomeClass.LOW_1, 2_500),
        ("R7.7.1", 809_001, IncomeClass.LOW_2, 5_000),
    ],
)
def test_the_low_income_line_is_that_of_the_day_of_acceptance(
    accepted_on: str, income: int, income_class: IncomeClass, cap: int
) -> None:
    decision = decide(document(**EXEMPT, accepted_on=accepted_on, diagnosed_on="R7.6.20", pension_income=str(income)))

    assert (decision.income_class, decision.monthly_cap) == (income_class, cap)


@pytest.mark.parametrize("parts", [(809_000, 0, 0), (300_000, 309_000, 200_000), (0, 0, 809_000), (1, 808_000, 999)])
def test_the_three_incomes_of_the_patient_are_added(parts: tuple[int, int, int]) -> None:
    incomes = dict(zip(("total_income", "pension_income", "untaxed_pension"), map(str, parts), strict=True))
    over = {**incomes, "total_income": str(parts[0] + 1)}

    assert decide(document(**EXEMPT, **incomes)).income_class == IncomeClass.LOW_1
    assert decide(document(**EXEMPT, **over)).income_class == IncomeClass.LOW_2


def test_a_ventilator_lowers_the_cap_whatever_the_class() -> None:
    for levy in ("0", "71000", "251000"):
        decision = decide(document(patient_income_levy=levy, ventilator="YES"))
        assert decision.monthly_cap == 1_000


@pytest.mark.parametrize("ventilator", ["YES", "NO"])
@pytest.mark.parametrize("insurance", ["SEIHO", "KUMIAI"])
def test_public_assistance_pays_nothing_with_or_without_an_insurance(insurance: str, ventilator: str) -> None:
    decision = decide(
        document(
            insurance_kind=insurance,
            public_assistance="YES",
            patient_tax="UNKNOWN",
            patient_income_levy="",
            ventilator=ventilator,
        )
    )

    assert (decision.income_class, decision.monthly_cap) == (IncomeClass.PUBLIC_ASSISTANCE, 0)
    assert not decision.is_provisional


def test_public_assistance_has_a_payer_number_of_its_own() -> None:
    ordinary, assisted = decide(document()), decide(document(public_assistance="YES"))

    assert ordinary.payer_number != assisted.payer_number
    assert all(len(one.payer_number) == 8 and one.payer_number.isdigit() for one in (ordinary, assisted))


def test_a_tax_that_is_not_known_is_provisionally_the_upper_class_and_never_exempt() -> None:
    decision = decide(document(patient_tax="UNKNOWN", patient_income_levy=""))

    assert decision.is_provisional
    assert (decision.income_class, decision.monthly_cap) == (IncomeClass.UPPER, 30_000)
    assert any("暫定" in reason for reason in decision.reasons)


def test_with_employees_insurance_the_insured_person_alone_counts() -> None:
    wife_insured = document(
        insured_kind="FAMILY", patient_income_levy="999999", **member(0, insured="YES", income_levy="71000")
    )
    patient_insured = document(insured_kind="SELF", patient_income_levy="0", **member(0, income_levy="999999"))

    assert decide(wife_insured).income_class == IncomeClass.GENERAL_2
    assert decide(patient_insured).income_class == IncomeClass.GENERAL_1


def test_with_national_insurance_everybody_in_the_same_one_is_added() -> None:
    household = {
        **KOKUHO,
        "patient_income_levy": "70000",
        **member(0, income_levy="1000"),
        **member(1, relation="子", insurance="OTHER", income_levy="900000"),
        **member(2, relation="父", insurance="OTHER", latter_stage="YES", income_levy="900000"),
    }

    assert decide(document(**household)).income_class == IncomeClass.GENERAL_2


def test_one_unknown_tax_of_somebody_who_counts_makes_it_provisional_and_of_somebody_else_does_not() -> None:
    unknown = {"tax": "UNKNOWN", "income_levy": ""}

    assert decide(document(**KOKUHO, **member(0, **unknown))).is_provisional
    assert not decide(document(**KOKUHO, **member(0, insurance="OTHER", **unknown))).is_provisional


def test_in_the_insurance_of_the_old_the_old_of_the_household_are_added() -> None:
    old = {"insurance_kind": "KOUKI", "birth_on": "S20.4.1", "patient_income_levy": "70000"}

    with_wife = decide(document(**old, **member(0, latter_stage="YES", insurance="OTHER", income_levy="1000")))
    with_son = decide(document(**old, **member(0, relation="子", insurance="OTHER", income_levy="900000")))

    assert (with_wife.income_class, with_son.income_class) == (IncomeClass.GENERAL_2, IncomeClass.GENERAL_1)


@pytest.mark.parametrize(("birth_on", "does_count"), [("H19.9.21", True), ("H19.9.20", False)])
def test_a_guardian_in_the_insurance_of_the_old_counts_for_a_minor(birth_on: str, does_count: bool) -> None:
    guardian = member(0, relation="父", insurance="OTHER", latter_stage="YES", guardian="YES", income_levy="251000")

    decision = decide(document(**KOKUHO, birth_on=birth_on, patient_income_levy="0", **guardian))

    assert (decision.income_class == IncomeClass.UPPER) is does_count


def test_rows_without_a_name_are_nobody() -> None:
    household = household_of(document(**member(2)))

    assert [one.label for one in household.members] == ["patient", "2"]


# ── validity (domain §5.1) ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("accepted_on", "diagnosed_on", "late_reason", "valid_from", "valid_to"),
    [
        ("R7.9.20", "R7.9.1", "NONE", "2025-09-01", "2025-12-31"),
        ("R7.9.20", "R7.8.1", "NONE", "2025-08-20", "2025-12-31"),
        ("R7.9.20", "R7.8.1", "CERTIFICATE", "2025-08-01", "2025-12-31"),
        ("R7.9.20", "R7.1.1", "CONDITION", "2025-06-20", "2025-12-31"),
        ("R7.9.20", "R7.9.20", "NONE", "2025-09-20", "2025-12-31"),
        ("R7.3.31", "R7.1.1", "NONE", "2025-02-28", "2025-12-31"),
        ("R6.3.31", "R6.1.1", "NONE", "2024-02-29", "2024-12-31"),
        ("R7.5.31", "R7.1.1", "DISASTER", "2025-02-28", "2025-12-31"),
        ("R5.10.15", "R5.9.1", "NONE", "2023-10-01", "2023-12-31"),
        ("R5.9.30", "R5.9.1", "NONE", "2023-09-30", "2023-12-31"),
        ("R5.12.1", "R5.9.1", "OTHER", "2023-10-01", "2023-12-31"),
        ("R7.1.20", "R6.12.1", "NONE", "2024-12-20", "2024-12-31"),
    ],
)
def test_the_validity_begins_with_the_diagnosis_but_not_too_long_before_the_acceptance(
    accepted_on: str, diagnosed_on: str, late_reason: str, valid_from: str, valid_to: str
) -> None:
    decision = decide(document(accepted_on=accepted_on, diagnosed_on=diagnosed_on, late_reason=late_reason))

    assert (decision.valid_from.isoformat(), decision.valid_to.isoformat()) == (valid_from, valid_to)


@pytest.mark.parametrize(
    ("met_on", "valid_from"), [("R7.9.10", "2025-09-11"), ("R7.9.20", "2025-09-21"), ("R7.6.1", "2025-08-20")]
)
def test_a_mild_case_begins_the_day_after_its_costs_were_high(met_on: str, valid_from: str) -> None:
    decision = decide(document(certification_basis="MILD_HIGH_COST", mild_met_on=met_on, diagnosed_on="R7.5.1"))

    assert decision.valid_from.isoformat() == valid_from


def test_a_day_of_high_costs_counts_only_for_a_mild_case() -> None:
    severe = decide(document(mild_met_on="R7.9.10"))

    assert severe.valid_from.isoformat() == "2025-09-01"


# ── reasons and refusals ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("tax", "ventilator", "insurance"),
    list(product(["TAXED", "EXEMPT", "UNKNOWN"], ["YES", "NO"], ["KUMIAI", "KOKUHO", "KOUKI", "SEIHO"])),
)
def test_every_part_of_a_decision_has_its_reason_in_words(tax: str, ventilator: str, insurance: str) -> None:
    levy = "100000" if tax == "TAXED" else ""

    decision = decide(
        document(patient_tax=tax, patient_income_levy=levy, ventilator=ventilator, insurance_kind=insurance)
    )

    for reasons in (decision.household, decision.class_reasons, decision.cap_reasons, decision.validity_reasons):
        assert reasons
        assert all(reason.endswith("。") for reason in reasons)


def test_the_reasons_name_nobody() -> None:
    form = document(**KOKUHO, **member(0), family_name="秘匿")

    reasons = " ".join(decide(form).reasons)

    assert "秘匿" not in reasons
    assert "花子" not in reasons
    assert "世帯員1" in reasons


def test_whom_the_decision_counts_is_whom_the_rules_count() -> None:
    form = document(**KOKUHO, **member(0), **member(1, insurance="OTHER"))

    judged = counted(household_of(form))

    assert [one.counted for one in judged] == [True, True, False]
    assert len(decide(form).household) == 3


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"insured_kind": "FAMILY"}, "insured_kind"),
        ({"diagnosed_on": "2025-09-21"}, "diagnosed_on"),
        ({"certification_basis": "MILD_HIGH_COST", "mild_met_on": "2025-09-21"}, "mild_met_on"),
    ],
)
def test_what_cannot_be_decided_says_where_to_mend_it(changes: dict[str, str], field: str) -> None:
    form = {**document(), **changes}

    with pytest.raises(CannotDecideError) as error:
        decide(form)

    assert error.value.field == field
    assert str(error.value).endswith("。")
