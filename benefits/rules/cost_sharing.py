"""What a patient pays: the income class, the monthly cap, the share of a cap, the sum at the counter."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from benefits.rules import parameters
from benefits.rules.household import (
    EMPLOYEES_INSURANCE,
    Household,
    IncompleteHousehold,
    Member,
    Tax,
    counted,
    is_on_public_assistance,
)
from benefits.rules.vocabulary import Column, IncomeClass, Scheme
from benefits.rules.wording import yen

__all__ = [
    "Cap",
    "Classification",
    "Column",
    "IncomeClass",
    "IncompleteHousehold",
    "Scheme",
    "apportion",
    "classify",
    "copayment",
    "monthly_cap",
    "payer_number",
    "tax_fiscal_year",
]

LONG_HIGH_CLASSES = frozenset({IncomeClass.GENERAL_1, IncomeClass.GENERAL_2, IncomeClass.UPPER})


@dataclass(frozen=True, slots=True)
class Classification:
    """The income class of a household, and the reasons with the amounts they rest on.

    ``provisional`` means that a tax is not known yet: the class stands only once a person has
    confirmed it.
    """

    income_class: IncomeClass
    provisional: bool
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cap:
    """The most a patient pays in a calendar month, in yen, and the column it was read from."""

    yen: int
    column: str
    reasons: tuple[str, ...]


def classify(household: Household, *, on: date) -> Classification:
    """Return the income class (階層区分) with the figures in force on ``on``.

    Someone whose tax is unknown never passes for exempt: one such person among those who count
    makes the class a provisional 上位所得. 均等割 alone is taxed, so 一般所得Ⅰ. Raises
    ``IncompleteHousehold`` when the answer would rest on nobody, on two 被保険者 of one insurance,
    or on amounts that contradict each other; ``NoValueYet`` before the law was in force.

    Source: 難病法施行令第1条第1項, 児童福祉法施行令第22条第1項.
    """
    general_2_from = parameters.value("income.general_2_from", on)
    upper_from = parameters.value("income.upper_from", on)
    low_1_up_to = parameters.value("income.low_1_up_to", on)
    judged = counted(household)
    if is_on_public_assistance(household):
        return Classification(
            IncomeClass.PUBLIC_ASSISTANCE,
            provisional=False,
            reasons=("生活保護を受けているため、階層区分は生活保護です。",),
        )

    counting = tuple(each.member for each in judged if each.counted)
    _refuse_contradictions(household, counting)

    unknown = sum(member.tax == Tax.UNKNOWN for member in counting)
    if unknown:
        return Classification(
            IncomeClass.UPPER,
            provisional=True,
            reasons=(
                f"数える{len(counting)}人のうち{unknown}人の税情報が未取得のため、暫定で上位所得とします。",
                "確定には税情報の取得と確認者の確認が必要です。",
            ),
        )

    if all(member.tax == Tax.EXEMPT for member in counting):
        exempt = f"数える{len(counting)}人がすべて市町村民税非課税です。"
        income = household.patient_income
        if income <= low_1_up_to:
            reason = f"本人収入{yen(income)}は{yen(low_1_up_to)}以下のため、低所得Ⅰです。"
            return Classification(IncomeClass.LOW_1, provisional=False, reasons=(exempt, reason))
        reason = f"本人収入{yen(income)}は{yen(low_1_up_to)}を超えるため、低所得Ⅱです。"
        return Classification(IncomeClass.LOW_2, provisional=False, reasons=(exempt, reason))

    levy = sum(member.income_levy for member in counting)
    taxed = f"数える{len(counting)}人の所得割の合計は{yen(levy)}です。"
    if levy == 0:
        taxed = "均等割だけが課税されています（所得割0円）。非課税世帯には当たりません。"
    if levy < general_2_from:
        income_class, reason = IncomeClass.GENERAL_1, f"{yen(general_2_from)}未満のため、一般所得Ⅰです。"
    elif levy < upper_from:
        income_class = IncomeClass.GENERAL_2
        reason = f"{yen(general_2_from)}以上{yen(upper_from)}未満のため、一般所得Ⅱです。"
    else:
        income_class, reason = IncomeClass.UPPER, f"{yen(upper_from)}以上のため、上位所得です。"
    return Classification(income_class, provisional=False, reasons=(taxed, reason))


def _refuse_contradictions(household: Household, counting: Sequence[Member]) -> None:
    if not counting:
        raise IncompleteHousehold(
            "被保険者が世帯の欄にありません。受診者が加入する医療保険の被保険者を加えてください。",
        )
    if household.insurance in EMPLOYEES_INSURANCE and len(counting) > 1:
        raise IncompleteHousehold("被保険者が2人以上あります。受診者が加入する医療保険の被保険者は1人だけです。")
    if any(member.income_levy < 0 for member in counting) or household.patient_income < 0:
        raise IncompleteHousehold("所得割額と収入は0円以上で入力してください。")
    if any(member.tax == Tax.EXEMPT and member.income_levy for member in counting):
        raise IncompleteHousehold("非課税の世帯員に所得割額があります。課税の区分と所得割額を確認してください。")


def monthly_cap(
    scheme: Scheme,
    income_class: IncomeClass,
    *,
    on: date,
    ventilator: bool = False,
    long_high: bool = False,
    severe: bool = False,
    hemophilia: bool = False,
) -> Cap:
    """Return the monthly cap (負担上限月額) before any apportionment.

    A circumstance that the scheme or the class does not know is passed over: 高額かつ長期 is for
    54 from 一般所得Ⅰ up, 重症患者 and 血友病等 are for 52. 生活保護 pays nothing in any column.

    Source: 難病法施行令第1条第1項, 児童福祉法施行令第22条第1項.
    """
    if scheme == Scheme.SHOMAN and hemophilia:
        column, why = Column.HEMOPHILIA, "血友病等のため、自己負担はありません。"
    elif ventilator:
        column, why = Column.VENTILATOR, "人工呼吸器等装着者です。"
    elif scheme == Scheme.NANBYO and long_high and income_class in LONG_HIGH_CLASSES:
        column, why = Column.LONG_HIGH, "高額かつ長期に該当します。"
    elif scheme == Scheme.SHOMAN and severe:
        column, why = Column.SEVERE, "重症患者に該当します。"
    else:
        column, why = Column.STANDARD, "特例に該当しません。"
    amount = parameters.value(parameters.cap_name(scheme, income_class, column), on)
    reasons = [why, f"{scheme.label}の{income_class.label}・{column.label}の上限は月額{yen(amount)}です。"]
    if scheme == Scheme.NANBYO and long_high and income_class not in LONG_HIGH_CLASSES:
        reasons.insert(0, f"高額かつ長期は一般所得Ⅰ以上だけが対象で、{income_class.label}には適用されません。")
    return Cap(amount, column.label, tuple(reasons))


def apportion(caps: Sequence[int], *, on: date) -> list[int]:
    """Share the highest cap among the recipients of one insurance household (世帯内按分).

    Each pays highest × own ÷ sum, worked out exactly and rounded down to the unit in force, so the
    shares never add up to more than the highest cap. Takes caps of 54 and 52 together and keeps
    their order. Where fewer than two recipients pay anything there is nothing to share. Raises
    ``ValueError`` for a negative cap.

    Source: 難病法施行令第1条第2項, 児童福祉法施行令第22条第2項; the unit is to be verified.
    """
    if any(cap < 0 for cap in caps):
        raise ValueError("自己負担上限月額は0円以上です。")
    unit = parameters.value("apportionment.unit", on)
    if sum(cap > 0 for cap in caps) < 2:
        return list(caps)
    highest, total = max(caps), sum(caps)
    return [highest * cap // (total * unit) * unit for cap in caps]


def copayment(
    cost: int,
    *,
    insurance_rate_percent: int,
    remaining_cap: int,
    on: date | None = None,
    rounding_unit: int = 1,
) -> int:
    """Return what the patient pays, in yen, for ``cost`` yen of treatment (10割).

    The rate is the insurance's own, at most 20 %; the sum never exceeds what the month's cap has
    left. Fractions are rounded half up to ``rounding_unit``: a yen as the law reckons, or the 10 of
    ``copayment.counter_unit`` as counters collect. Without ``on`` the newest rate holds.

    Source: 難病法第5条第2項第1号, 児童福祉法第19条の2第2項第1号.
    """
    if cost < 0 or remaining_cap < 0:
        raise ValueError("医療費と上限の残額は0円以上です。")
    if not 0 <= insurance_rate_percent <= 100:
        raise ValueError("負担割合は0から100までの百分率です。")
    rate = min(insurance_rate_percent, parameters.value("copayment.rate_at_most", on or date.max))
    share = (2 * cost * rate + 100 * rounding_unit) // (200 * rounding_unit) * rounding_unit
    return min(share, remaining_cap)


def payer_number(scheme: Scheme, income_class: IncomeClass, *, on: date) -> str:
    """Return the eight digits of the 公費負担者番号 that a certificate carries.

    指定難病 has a number of its own for 生活保護. To be verified: the numbers are by analogy.
    """
    kind = "standard"
    if scheme == Scheme.NANBYO and income_class == IncomeClass.PUBLIC_ASSISTANCE:
        kind = "public_assistance"
    return f"{parameters.value(f'payer_number.{scheme}.{kind}', on):08d}"


def tax_fiscal_year(accepted_on: date) -> int:
    """Return the fiscal year whose 市町村民税 decides an application: last year's until the end of June.

    The tax of a fiscal year is that of the municipality of residence on its 1 January.
    """
    first_month = parameters.value("tax.new_from_month", accepted_on)
    return accepted_on.year if accepted_on.month >= first_month else accepted_on.year - 1
