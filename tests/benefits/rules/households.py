"""Households to judge, named by who lives in them."""

from benefits.rules.household import Household, InsuranceKind, Member, Tax


def member(label: str, **changes: object) -> Member:
    """A taxed member of the patient's insurance, unless ``changes`` say otherwise."""
    return Member(**{"label": label, "same_insurance": True, "tax": Tax.TAXED, **changes})  # type: ignore[arg-type]


def patient(**changes: object) -> Member:
    return member("受診者", is_patient=True, **changes)


def household(
    *members: Member,
    insurance: InsuranceKind = InsuranceKind.KOKUHO,
    patient_income: int = 0,
    patient_age: int = 50,
    on_public_assistance: bool = False,
) -> Household:
    return Household(
        insurance=insurance,
        members=members,
        patient_income=patient_income,
        patient_age=patient_age,
        on_public_assistance=on_public_assistance,
    )
