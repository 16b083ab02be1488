from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, strategies as st

from benefits.rules.cost_sharing import IncomeClass, Scheme
from benefits.rules.special_classes import Cost, Finding, long_high, look_back, mild_high_cost, severe_by_cost
from benefits.rules.validity import months_before, start_on

APPLIED_ON = date(2026, 6, 15)
LONG_CERTIFIED = date(2020, 1, 1)


def monthly(amount: int, months: int, *, last: date = date(2026, 5, 10), scheme: Scheme = Scheme.NANBYO) -> list[Cost]:
    """``amount`` in each of ``months`` months in a row, the last of them at ``last``."""
    return [Cost(months_before(last, back), amount, scheme) for back in range(months)]


def lowered(costs: list[Cost], **changes: object) -> Finding:
    facts = {"applied_on": APPLIED_ON, "certified_on": LONG_CERTIFIED, "income_class": IncomeClass.GENERAL_1}
    return long_high(costs, **{**facts, **changes})  # type: ignore[arg-type]


# The window


def test_the_window_is_the_month_of_application_up_to_the_day_and_the_eleven_before() -> None:
    window = look_back(APPLIED_ON)

    assert (window.first_on, window.last_on) == (date(2025, 7, 1), APPLIED_ON)
    assert len(window.months) == 12
    assert (window.months[0], window.months[-1]) == (date(2025, 7, 1), date(2026, 6, 1))


def test_the_window_begins_with_the_month_of_onset_when_that_is_later() -> None:
    window = look_back(APPLIED_ON, not_before=date(2026, 2, 20))

    assert window.first_on == date(2026, 2, 1)
    assert len(window.months) == 5


def test_the_window_is_not_longer_for_an_early_onset() -> None:
    assert look_back(APPLIED_ON, not_before=date(2019, 1, 1)) == look_back(APPLIED_ON)


def test_an_onset_after_the_application_is_refused() -> None:
    with pytest.raises(ValueError, match="発症月"):
        look_back(APPLIED_ON, not_before=date(2026, 6, 16))


@given(st.dates(date(2016, 1, 1), date(2060, 12, 31)))
def test_the_months_of_a_window_follow_one_another(applied_on: date) -> None:
    months = look_back(applied_on).months

    assert len(set(months)) == 12
    assert all(months_before(later, 1) == earlier for earlier, later in pairwise(months))


# 軽症高額


@pytest.mark.parametrize(
    ("amount", "months", "met"), [(33_330, 3, False), (33_331, 3, True), (33_331, 2, False), (33_330, 12, False)]
)
def test_mild_high_cost_needs_more_than_33330_yen_in_three_months(amount: int, months: int, met: bool) -> None:
    assert mild_high_cost(monthly(amount, months), applied_on=APPLIED_ON).met is met


def test_treatments_of_one_month_are_added() -> None:
    halves = [cost for day in (5, 20) for cost in monthly(16_665, 3, last=date(2026, 5, day))]

    finding = mild_high_cost([*halves, Cost(date(2026, 5, 21), 1)], applied_on=APPLIED_ON)

    assert finding.months == (date(2026, 5, 1),)
    assert not finding.met


def test_a_month_counts_whether_or_not_the_others_are_in_a_row() -> None:
    costs = [Cost(day, 40_000) for day in (date(2025, 7, 1), date(2025, 12, 31), date(2026, 6, 15))]

    finding = mild_high_cost(costs, applied_on=APPLIED_ON)

    assert finding.met
    assert finding.met_on == APPLIED_ON


@pytest.mark.parametrize("outside", [date(2025, 6, 30), date(2026, 6, 16)])
def test_costs_outside_the_window_do_not_count(outside: date) -> None:
    costs = [*monthly(40_000, 2), Cost(outside, 40_000)]

    assert not mild_high_cost(costs, applied_on=APPLIED_ON).met


def test_months_before_the_onset_do_not_count() -> None:
    costs = monthly(40_000, 3)

    assert mild_high_cost(costs, applied_on=APPLIED_ON, onset_on=date(2026, 3, 31)).met
    assert not mild_high_cost(costs, applied_on=APPLIED_ON, onset_on=date(2026, 4, 1)).met


def test_costs_of_the_childrens_scheme_do_not_make_mild_high_cost() -> None:
    assert not mild_high_cost(monthly(40_000, 12, scheme=Scheme.SHOMAN), applied_on=APPLIED_ON).met


def test_the_criterion_is_met_on_the_day_the_third_month_goes_over() -> None:
    costs = [*monthly(40_000, 2, last=date(2026, 4, 10)), Cost(date(2026, 5, 3), 33_330), Cost(date(2026, 5, 7), 1)]

    finding = mild_high_cost(costs, applied_on=APPLIED_ON)
    start = start_on(
        accepted_on=APPLIED_ON, diagnosed_on=date(2026, 1, 1), basis_met_on=finding.met_on, late_reason=True
    )

    assert finding.met_on == date(2026, 5, 7)
    assert start.on == date(2026, 5, 8)


def test_later_months_do_not_move_the_day_the_criterion_was_met() -> None:
    finding = mild_high_cost(monthly(40_000, 9), applied_on=APPLIED_ON)

    assert finding.met_on == date(2025, 11, 10)


def test_the_order_in_which_costs_are_entered_does_not_matter() -> None:
    costs = [*monthly(40_000, 2), Cost(date(2026, 6, 1), 33_000), Cost(date(2026, 6, 2), 331)]

    in_order, backwards = (mild_high_cost(each, applied_on=APPLIED_ON) for each in (costs, reversed(costs)))

    assert in_order == backwards
    assert in_order.met_on == date(2026, 6, 2)


def test_reasons_give_the_window_the_amount_and_the_months_found() -> None:
    finding = mild_high_cost(monthly(40_000, 2), applied_on=APPLIED_ON)

    assert finding.reasons == (
        "令和7年7月1日から令和8年6月15日までに、医療費総額が33,330円を超えた月は2か月です（3か月以上で該当）。",
    )


def test_a_negative_cost_is_refused() -> None:
    with pytest.raises(ValueError, match="0円以上"):
        mild_high_cost([Cost(APPLIED_ON, -1)], applied_on=APPLIED_ON)


@given(
    st.lists(st.tuples(st.integers(-30, 420), st.integers(0, 60_000)), max_size=30),
    st.integers(0, 60_000),
    st.integers(0, 330),
)
def test_another_treatment_never_undoes_mild_high_cost(
    treatments: list[tuple[int, int]], amount: int, days: int
) -> None:
    costs = [Cost(APPLIED_ON - timedelta(days=back), yen) for back, yen in treatments]
    more = [*costs, Cost(APPLIED_ON - timedelta(days=days), amount)]

    before, after = (mild_high_cost(each, applied_on=APPLIED_ON) for each in (costs, more))

    assert after.met or not before.met
    assert set(before.months) <= set(after.months)


# 高額かつ長期


@pytest.mark.parametrize(
    ("amount", "months", "met"), [(50_000, 6, False), (50_001, 6, True), (50_001, 5, False), (50_000, 12, False)]
)
def test_long_and_high_cost_needs_more_than_50000_yen_in_six_months(amount: int, months: int, met: bool) -> None:
    assert lowered(monthly(amount, months)).met is met


@pytest.mark.parametrize("income_class", IncomeClass)
def test_long_and_high_cost_is_for_the_taxed_classes_only(income_class: IncomeClass) -> None:
    finding = lowered(monthly(60_000, 12), income_class=income_class)

    assert finding.met is (income_class in {IncomeClass.GENERAL_1, IncomeClass.GENERAL_2, IncomeClass.UPPER})


def test_the_lower_cap_begins_with_the_month_after_the_application() -> None:
    assert lowered(monthly(60_000, 6)).effective_on == date(2026, 7, 1)
    assert lowered(monthly(60_000, 5)).effective_on is None


def test_costs_before_the_certification_do_not_count() -> None:
    costs = monthly(60_000, 6, last=date(2026, 5, 10))

    assert lowered(costs, certified_on=date(2025, 12, 10)).met
    assert not lowered(costs, certified_on=date(2025, 12, 11)).met
    assert not lowered(costs, certified_on=None).met


def test_after_a_lapse_the_count_begins_again() -> None:
    costs = monthly(60_000, 12)

    assert lowered(costs).met
    assert not lowered(costs, certified_on=date(2026, 1, 2)).met


def test_costs_of_the_childrens_scheme_count_besides() -> None:
    as_child = monthly(60_000, 4, last=date(2026, 2, 10), scheme=Scheme.SHOMAN)
    since = monthly(60_000, 2, last=date(2026, 5, 10))

    assert lowered([*as_child, *since], certified_on=date(2026, 4, 1)).met
    assert not lowered(since, certified_on=date(2026, 4, 1)).met


@pytest.mark.parametrize(("applied_on", "met"), [(date(2022, 8, 1), False), (date(2022, 8, 2), True)])
def test_costs_of_the_childrens_scheme_count_from_august_2022(applied_on: date, met: bool) -> None:
    as_child = monthly(60_000, 6, last=date(2022, 7, 10), scheme=Scheme.SHOMAN)

    assert lowered(as_child, applied_on=applied_on, certified_on=date(2022, 7, 1)).met is met


def test_costs_of_both_schemes_in_one_month_are_added() -> None:
    both = [*monthly(30_000, 6), *monthly(20_001, 6, scheme=Scheme.SHOMAN)]

    assert lowered(both).met


# 重症患者


@pytest.mark.parametrize(("amount", "months", "met"), [(50_000, 6, False), (50_001, 6, True), (50_001, 5, False)])
def test_a_child_is_severe_by_cost_with_more_than_50000_yen_in_six_months(amount: int, months: int, met: bool) -> None:
    assert severe_by_cost(monthly(amount, months, scheme=Scheme.SHOMAN), applied_on=APPLIED_ON).met is met


def test_costs_of_54_do_not_make_a_child_severe() -> None:
    assert not severe_by_cost(monthly(60_000, 12), applied_on=APPLIED_ON).met
