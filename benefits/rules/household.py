"""Whose tax counts (支給認定基準世帯員): the insurance household, which is not the one on the 住民票.

Source: 難病法施行令第1条, 同施行規則（支給認定基準世帯員）; the same rule holds for 小児慢性特定疾病.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from benefits.rules import parameters


class InsuranceKind(StrEnum):
    """保険種別, as the application form stores it."""

    KYOKAI = "KYOKAI"
    KUMIAI = "KUMIAI"
    KYOSAI = "KYOSAI"
    SENIN = "SENIN"
    KOKUHO = "KOKUHO"
    KOKUHO_KUMIAI = "KOKUHO_KUMIAI"
    KOUKI = "KOUKI"
    SEIHO = "SEIHO"


EMPLOYEES_INSURANCE = frozenset(
    {InsuranceKind.KYOKAI, InsuranceKind.KUMIAI, InsuranceKind.KYOSAI, InsuranceKind.SENIN},
)
NATIONAL_HEALTH_INSURANCE = frozenset({InsuranceKind.KOKUHO, InsuranceKind.KOKUHO_KUMIAI})


class Tax(StrEnum):
    """What is known of a person's 市町村民税. 均等割 alone is TAXED."""

    EXEMPT = "EXEMPT"
    TAXED = "TAXED"
    UNKNOWN = "UNKNOWN"


class IncompleteHousehold(ValueError):
    """The household as entered cannot be judged. ``str()`` is fit to show the clerk."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One person of the household as entered.

    ``label`` is the caller's own handle and is never written into a reason. ``same_insurance``
    compares with the patient's insurance and is not looked at for the patient. ``income_levy`` is
    the 所得割 in yen, before 住宅ローン控除 and 寄附金税額控除 and at the 6 % rate.
    """

    label: str
    is_patient: bool = False
    is_insured_person: bool = False
    same_insurance: bool
    tax: Tax
    income_levy: int = 0
    is_guardian: bool = False
    is_latter_stage: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Household:
    """The patient and the people living with them, at the time of the decision.

    ``patient_income`` is the yearly sum for the 低所得 test in yen: 合計所得金額, 公的年金等収入 and
    untaxed pensions and allowances of the patient, or of the guardian when the patient is a child.
    ``on_public_assistance`` is for a person on 生活保護 who has a medical insurance all the same.
    """

    insurance: InsuranceKind
    members: tuple[Member, ...]
    patient_income: int
    patient_age: int
    on_public_assistance: bool = False


@dataclass(frozen=True, slots=True)
class Counted:
    """Whether a member's tax counts, and why, in words for the clerk and the checker."""

    member: Member
    counted: bool
    reason: str


def counted(household: Household) -> tuple[Counted, ...]:
    """Say of every member, in the order given, whether their tax counts and why.

    Raises ``IncompleteHousehold`` when the household has not exactly one patient.
    """
    if sum(member.is_patient for member in household.members) != 1:
        raise IncompleteHousehold("世帯には受診者がちょうど1人必要です。世帯の欄を確認してください。")
    return tuple(Counted(member, *_judge(member, household)) for member in household.members)


def is_on_public_assistance(household: Household) -> bool:
    """Tell whether the patient is on 生活保護, so that nobody's tax is asked for."""
    return household.on_public_assistance or household.insurance == InsuranceKind.SEIHO


def _judge(member: Member, household: Household) -> tuple[bool, str]:
    if is_on_public_assistance(household):
        return False, "生活保護を受けているため、世帯の税額は用いません。"
    if household.insurance in EMPLOYEES_INSURANCE:
        return _judge_employees_insurance(member)
    if household.insurance in NATIONAL_HEALTH_INSURANCE:
        return _judge_national_health_insurance(member, patient_age=household.patient_age)
    return _judge_latter_stage(member)


def _judge_employees_insurance(member: Member) -> tuple[bool, str]:
    if not (member.is_patient or member.same_insurance):
        return False, "受診者と異なる医療保険に加入しているため、数えません。"
    if member.is_insured_person:
        return True, "受診者が加入する被用者保険の被保険者であるため、数えます。"
    if member.is_patient:
        return False, "受診者は被扶養者です。被用者保険では被保険者の税額だけを数えます。"
    return False, "被扶養者です。被用者保険では被保険者の税額だけを数えます。"


def _judge_national_health_insurance(member: Member, *, patient_age: int) -> tuple[bool, str]:
    if member.is_patient:
        return True, "受診者本人であるため、数えます。"
    if member.is_latter_stage:
        if member.is_guardian and patient_age < _guardian_counts_below():
            return (
                True,
                f"{_guardian_counts_below()}歳未満の受診者の保護者であるため、後期高齢者医療の加入者でも数えます。",
            )
        return False, "後期高齢者医療の加入者で、受診者と医療保険が異なるため、数えません。"
    if member.same_insurance:
        return True, "受診者と同じ国民健康保険に加入しているため、数えます。"
    return False, "受診者と異なる医療保険に加入しているため、数えません。"


def _judge_latter_stage(member: Member) -> tuple[bool, str]:
    if member.is_patient:
        return True, "受診者本人であるため、数えます。"
    if member.same_insurance or member.is_latter_stage:
        return True, "同じ世帯の後期高齢者医療の加入者であるため、数えます。"
    return False, "後期高齢者医療の加入者でないため、数えません。"


def _guardian_counts_below() -> int:
    """Return the newest figure: ``counted`` is asked about people, not about a day."""
    return parameters.value("age.guardian_counts_below", date.max)
