from datetime import date
from fractions import Fraction
from itertools import pairwise, product

import pytest
from hypothesis import given, strategies as st

from benefits.rules import parameters
from benefits.rules.cost_sharing import (
    Cap,
    IncomeClass,
    IncompleteHousehold,
    Scheme,
    apportion,
    classify,
    copayment,
    monthly_cap,
    payer_number,
    tax_fiscal_year,
)
from benefits.rules.household import InsuranceKind, Tax
from tests.benefits.rules.households import household, member, patient

TODAY = date(2026, 11, 23)
FLAGS = ("ventilator", "long_high", "severe", "hemophilia")
EVERY_COMBINATION = [dict(zip(FLAGS, values, strict=True)) for values in product([False, True], repeat=len(FLAGS))]


# Income classes


@pytest.mark.parametrize(
    ("levy", "expected"),
    [
        (0, IncomeClass.GENERAL_1),
        (1, IncomeClass.GENERAL_1),
        (70_999, IncomeClass.GENERAL_1),
        (71_000, IncomeClass.GENERAL_2),
        (250_999, IncomeClass.GENERAL_2),
        (251_000, IncomeClass.UPPER),
    ],
)
def test_the_levy_decides_the_class_of_a_taxed_household(levy: int, expected: IncomeClass) -> None:
    classification = classify(household(patient(income_levy=levy)), on=TODAY)

    assert classification.income_class == expected
    assert not classification.provisional


@pytest.mark.parametrize(
    ("income", "on", "expected"),
    [
        (800_000, date(2025, 6, 30), IncomeClass.LOW_1),
        (800_001, date(2025, 6, 30), IncomeClass.LOW_2),
        (809_000, date(2025, 6, 30), IncomeClass.LOW_2),
        (809_000, date(2025, 7, 1), IncomeClass.LOW_1),
        (809_001, date(2025, 7, 1), IncomeClass.LOW_2),
        (0, TODAY, IncomeClass.LOW_1),
    ],
)
def test_the_patients_income_decides_the_class_of_an_exempt_household(
    income: int, on: date, expected: IncomeClass
) -> None:
    exempt = household(patient(tax=Tax.EXEMPT), patient_income=income)

    assert classify(exempt, on=on).income_class == expected


def test_the_levies_of_all_who_count_are_added() -> None:
    family = household(patient(income_levy=40_000), member("夫", income_levy=31_000))

    assert classify(family, on=TODAY).income_class == IncomeClass.GENERAL_2


def test_the_levy_of_someone_who_does_not_count_is_left_out() -> None:
    family = household(
        patient(tax=Tax.EXEMPT),
        member("母", is_insured_person=True, income_levy=70_999),
        member("父", same_insurance=False, income_levy=900_000),
        insurance=InsuranceKind.KYOKAI,
    )

    assert classify(family, on=TODAY).income_class == IncomeClass.GENERAL_1


def test_one_taxed_member_among_exempt_ones_makes_the_household_taxed() -> None:
    family = household(patient(tax=Tax.EXEMPT), member("夫", income_levy=0))

    assert classify(family, on=TODAY).income_class == IncomeClass.GENERAL_1


@pytest.mark.parametrize("others_tax", [Tax.EXEMPT, Tax.TAXED])
def test_one_unknown_tax_makes_a_provisional_upper_class(others_tax: Tax) -> None:
    family = household(patient(tax=others_tax), member("夫", tax=Tax.UNKNOWN))

    classification = classify(family, on=TODAY)

    assert classification.income_class == IncomeClass.UPPER
    assert classification.provisional
    assert "数える2人のうち1人の税情報が未取得" in classification.reasons[0]


def test_an_unknown_tax_of_someone_who_does_not_count_changes_nothing() -> None:
    family = household(patient(income_levy=1), member("父", same_insurance=False, tax=Tax.UNKNOWN))

    classification = classify(family, on=TODAY)

    assert (classification.income_class, classification.provisional) == (IncomeClass.GENERAL_1, False)


@pytest.mark.parametrize("tax", Tax)
def test_public_assistance_is_a_class_of_its_own_whatever_the_tax(tax: Tax) -> None:
    by_kind = household(patient(tax=tax), insurance=InsuranceKind.SEIHO)
    with_insurance = household(patient(tax=tax), on_public_assistance=True)

    for assisted in (by_kind, with_insurance):
        classification = classify(assisted, on=TODAY)
        assert (classification.income_class, classification.provisional) == (IncomeClass.PUBLIC_ASSISTANCE, False)


def test_reasons_give_the_amounts_and_the_boundary_they_were_held_against() -> None:
    classification = classify(household(patient(income_levy=70_999)), on=TODAY)

    assert classification.reasons == (
        "数える1人の所得割の合計は70,999円です。",
        "71,000円未満のため、一般所得Ⅰです。",
    )


def test_reasons_say_when_only_the_per_capita_levy_is_due() -> None:
    assert "均等割だけ" in classify(household(patient(income_levy=0)), on=TODAY).reasons[0]


@pytest.mark.parametrize(
    ("family", "message"),
    [
        (household(patient(), member("父"), insurance=InsuranceKind.KYOKAI), "被保険者が世帯の欄にありません"),
        (
            household(patient(is_insured_person=True), member("父", is_insured_person=True), insurance="KUMIAI"),  # type: ignore[arg-type]
            "被保険者が2人以上",
        ),
        (household(patient(tax=Tax.EXEMPT, income_levy=1)), "非課税の世帯員に所得割額"),
        (household(patient(income_levy=-1)), "0円以上"),
        (household(patient(), patient_income=-1), "0円以上"),
        (household(member("父")), "受診者がちょうど1人"),
    ],
)
def test_a_household_that_cannot_be_judged_is_refused_in_words_for_the_clerk(family: object, message: str) -> None:
    with pytest.raises(IncompleteHousehold, match=message):
        classify(family, on=TODAY)  # type: ignore[arg-type]


def test_no_class_is_found_before_the_law_was_in_force() -> None:
    with pytest.raises(parameters.NoValueYet):
        classify(household(patient()), on=date(2014, 12, 31))


@given(st.lists(st.integers(0, 400_000), min_size=1, max_size=6), st.integers(0, 400_000))
def test_more_levy_never_means_a_lower_class(levies: list[int], more: int) -> None:
    order = list(IncomeClass)
    others = [member(f"{place}", income_levy=levy) for place, levy in enumerate(levies)]

    before = classify(household(patient(income_levy=0), *others), on=TODAY)
    after = classify(household(patient(income_levy=more), *others), on=TODAY)

    assert order.index(before.income_class) <= order.index(after.income_class)


# Caps

PRINTED_54 = {
    IncomeClass.PUBLIC_ASSISTANCE: (0, 0, 0),
    IncomeClass.LOW_1: (2_500, 2_500, 1_000),
    IncomeClass.LOW_2: (5_000, 5_000, 1_000),
    IncomeClass.GENERAL_1: (10_000, 5_000, 1_000),
    IncomeClass.GENERAL_2: (20_000, 10_000, 1_000),
    IncomeClass.UPPER: (30_000, 20_000, 1_000),
}
PRINTED_52 = {
    IncomeClass.PUBLIC_ASSISTANCE: (0, 0, 0),
    IncomeClass.LOW_1: (1_250, 1_250, 500),
    IncomeClass.LOW_2: (2_500, 2_500, 500),
    IncomeClass.GENERAL_1: (5_000, 2_500, 500),
    IncomeClass.GENERAL_2: (10_000, 5_000, 500),
    IncomeClass.UPPER: (15_000, 10_000, 500),
}


@pytest.mark.parametrize(("income_class", "printed"), PRINTED_54.items())
def test_caps_of_54_are_those_printed(income_class: IncomeClass, printed: tuple[int, int, int]) -> None:
    amounts = (
        monthly_cap(Scheme.NANBYO, income_class, on=TODAY).yen,
        monthly_cap(Scheme.NANBYO, income_class, on=TODAY, long_high=True).yen,
        monthly_cap(Scheme.NANBYO, income_class, on=TODAY, ventilator=True).yen,
    )

    assert amounts == printed


@pytest.mark.parametrize(("income_class", "printed"), PRINTED_52.items())
def test_caps_of_52_are_those_printed(income_class: IncomeClass, printed: tuple[int, int, int]) -> None:
    amounts = (
        monthly_cap(Scheme.SHOMAN, income_class, on=TODAY).yen,
        monthly_cap(Scheme.SHOMAN, income_class, on=TODAY, severe=True).yen,
        monthly_cap(Scheme.SHOMAN, income_class, on=TODAY, ventilator=True).yen,
    )

    assert amounts == printed


@pytest.mark.parametrize("flags", EVERY_COMBINATION)
@pytest.mark.parametrize("income_class", IncomeClass)
@pytest.mark.parametrize("scheme", Scheme)
def test_circumstances_are_weighed_in_the_order_of_the_law(
    scheme: Scheme, income_class: IncomeClass, flags: dict[str, bool]
) -> None:
    table = PRINTED_54 if scheme == Scheme.NANBYO else PRINTED_52
    standard, lowered, ventilator = table[income_class]
    if scheme == Scheme.SHOMAN and flags["hemophilia"]:
        expected = (0, "血友病等")
    elif flags["ventilator"]:
        expected = (ventilator, "人工呼吸器等装着者")
    elif scheme == Scheme.NANBYO and flags["long_high"] and standard >= 10_000:
        expected = (lowered, "高額かつ長期")
    elif scheme == Scheme.SHOMAN and flags["severe"]:
        expected = (lowered, "重症患者")
    else:
        expected = (standard, "一般")

    cap = monthly_cap(scheme, income_class, on=TODAY, **flags)

    assert (cap.yen, cap.column) == expected
    assert f"{cap.yen:,}円" in cap.reasons[-1]


def test_long_and_high_cost_is_no_column_for_low_incomes_and_the_reasons_say_so() -> None:
    cap = monthly_cap(Scheme.NANBYO, IncomeClass.LOW_2, on=TODAY, long_high=True)

    assert cap == Cap(
        5_000,
        "一般",
        (
            "高額かつ長期は一般所得Ⅰ以上だけが対象で、低所得Ⅱには適用されません。",
            "特例に該当しません。",
            "指定難病の低所得Ⅱ・一般の上限は月額5,000円です。",
        ),
    )


@pytest.mark.parametrize("flags", EVERY_COMBINATION)
@pytest.mark.parametrize("scheme", Scheme)
def test_a_higher_class_never_pays_less(scheme: Scheme, flags: dict[str, bool]) -> None:
    caps = [monthly_cap(scheme, each, on=TODAY, **flags).yen for each in IncomeClass]

    assert all(lower <= higher for lower, higher in pairwise(caps))


@pytest.mark.parametrize("flags", EVERY_COMBINATION)
@pytest.mark.parametrize("income_class", IncomeClass)
@pytest.mark.parametrize("scheme", Scheme)
def test_a_ventilator_never_makes_anything_dearer(
    scheme: Scheme, income_class: IncomeClass, flags: dict[str, bool]
) -> None:
    without = monthly_cap(scheme, income_class, on=TODAY, **{**flags, "ventilator": False})
    with_it = monthly_cap(scheme, income_class, on=TODAY, **{**flags, "ventilator": True})

    assert with_it.yen <= without.yen


def test_no_cap_is_found_before_the_law_was_in_force() -> None:
    with pytest.raises(parameters.NoValueYet):
        monthly_cap(Scheme.NANBYO, IncomeClass.UPPER, on=date(2014, 12, 31))


def test_labels_are_those_that_certificates_print() -> None:
    assert [each.label for each in IncomeClass] == [
        "生活保護",
        "低所得Ⅰ",
        "低所得Ⅱ",
        "一般所得Ⅰ",
        "一般所得Ⅱ",
        "上位所得",
    ]


# Apportionment


@pytest.mark.parametrize(
    ("caps", "shares"),
    [
        ([30_000, 10_000], [22_500, 7_500]),
        ([20_000, 10_000], [13_330, 6_660]),
        ([20_000, 20_000, 20_000], [6_660, 6_660, 6_660]),
        ([5_000, 5_000, 5_000], [1_660, 1_660, 1_660]),
        ([20_000, 1_000], [19_040, 950]),
        ([20_000, 500], [19_510, 480]),
        ([10_000, 5_000, 2_500], [5_710, 2_850, 1_420]),
        ([30_000, 0], [30_000, 0]),
        ([0, 0], [0, 0]),
        ([1_255], [1_255]),
        ([1_255, 0], [1_255, 0]),
        ([], []),
    ],
)
def test_the_highest_cap_is_shared_in_proportion(caps: list[int], shares: list[int]) -> None:
    assert apportion(caps, on=TODAY) == shares


def test_the_one_who_remains_pays_their_own_cap_again() -> None:
    together, alone = apportion([20_000, 10_000], on=TODAY), apportion([10_000], on=TODAY)

    assert together[1] == 6_660
    assert alone == [10_000]


def test_shares_follow_the_unit_in_force(monkeypatch: pytest.MonkeyPatch) -> None:
    since = date(2027, 1, 1)
    changed = parameters.Parameter("apportionment.unit", 1, since, "試験", verify=True, label="単位")
    rows = (*parameters.rows(), changed)
    monkeypatch.setattr(parameters, "rows", lambda: rows)

    assert apportion([20_000, 10_000], on=date(2026, 12, 31)) == [13_330, 6_660]
    assert apportion([20_000, 10_000], on=since) == [13_333, 6_666]
    assert apportion([20_000, 500], on=since) == [19_512, 487]


def test_a_negative_cap_is_not_shared() -> None:
    with pytest.raises(ValueError, match="0円以上"):
        apportion([10_000, -1], on=TODAY)


@given(st.lists(st.sampled_from([0, 500, 1_000, 1_250, 2_500, 5_000, 10_000, 15_000, 20_000, 30_000]), max_size=8))
def test_shares_never_add_up_to_more_than_the_highest_cap(caps: list[int]) -> None:
    shares = apportion(caps, on=TODAY)

    assert len(shares) == len(caps)
    assert sum(shares) <= max(caps, default=0)
    for cap, share in zip(caps, shares, strict=True):
        exact = Fraction(max(caps) * cap, sum(caps)) if cap else Fraction(0)
        assert 0 <= share <= exact < share + 10


# At the counter


@pytest.mark.parametrize(
    ("cost", "rate", "remaining", "expected"),
    [
        (60_000, 30, 20_000, 12_000),
        (30_000, 30, 8_000, 6_000),
        (20_000, 30, 2_000, 2_000),
        (25_000, 30, 0, 0),
        (100_000, 10, 20_000, 10_000),
        (300_000, 20, 20_000, 20_000),
        (12_340, 30, 20_000, 2_468),
        (0, 30, 20_000, 0),
    ],
)
def test_the_patient_pays_at_most_twenty_per_cent_and_at_most_what_the_cap_has_left(
    cost: int, rate: int, remaining: int, expected: int
) -> None:
    assert copayment(cost, insurance_rate_percent=rate, remaining_cap=remaining) == expected


@pytest.mark.parametrize(("cost", "expected"), [(12_320, 2_460), (12_325, 2_470), (12_370, 2_470), (12_380, 2_480)])
def test_a_counter_rounds_half_up_to_ten_yen(cost: int, expected: int) -> None:
    unit = parameters.value("copayment.counter_unit", TODAY)

    assert copayment(cost, insurance_rate_percent=30, remaining_cap=20_000, rounding_unit=unit) == expected


@pytest.mark.parametrize(("cost", "rate", "remaining"), [(-1, 30, 0), (0, 30, -1), (0, -1, 0), (0, 101, 0)])
def test_amounts_that_cannot_be_are_refused(cost: int, rate: int, remaining: int) -> None:
    with pytest.raises(ValueError, match="です。"):
        copayment(cost, insurance_rate_percent=rate, remaining_cap=remaining)


@given(st.lists(st.integers(0, 2_000_000), max_size=12), st.integers(0, 30_000), st.sampled_from([10, 20, 30]))
def test_a_month_never_costs_more_than_its_cap(costs: list[int], cap: int, rate: int) -> None:
    remaining = cap
    for cost in costs:
        remaining -= copayment(cost, insurance_rate_percent=rate, remaining_cap=remaining)

    assert 0 <= remaining <= cap


# Numbers and years


@pytest.mark.parametrize(
    ("scheme", "income_class", "expected"),
    [
        (Scheme.NANBYO, IncomeClass.UPPER, "54276019"),
        (Scheme.NANBYO, IncomeClass.PUBLIC_ASSISTANCE, "54276027"),
        (Scheme.SHOMAN, IncomeClass.LOW_1, "52276011"),
        (Scheme.SHOMAN, IncomeClass.PUBLIC_ASSISTANCE, "52276011"),
    ],
)
def test_the_payer_number_follows_the_scheme_and_public_assistance(
    scheme: Scheme, income_class: IncomeClass, expected: str
) -> None:
    assert payer_number(scheme, income_class, on=TODAY) == expected


@pytest.mark.parametrize(
    ("accepted_on", "expected"),
    [
        (date(2026, 1, 1), 2025),
        (date(2026, 6, 30), 2025),
        (date(2026, 7, 1), 2026),
        (date(2026, 12, 31), 2026),
    ],
)
def test_the_tax_of_the_new_fiscal_year_decides_from_july(accepted_on: date, expected: int) -> None:
    assert tax_fiscal_year(accepted_on) == expected
