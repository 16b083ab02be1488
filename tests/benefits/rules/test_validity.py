from datetime import date, timedelta

import pytest
from hypothesis import given, strategies as st

from benefits.rules import parameters
from benefits.rules.cost_sharing import Scheme
from benefits.rules.validity import (
    ImpossibleDates,
    age_on,
    birthday,
    cap_change_on,
    end_on,
    guardian_applies,
    is_continuous,
    last_day_below,
    may_receive_shoman,
    months_before,
    start_on,
    transfer_out_end,
)

DAYS_UNDER_THE_RULE = st.dates(date(2023, 10, 1), date(2060, 12, 31))


# Start


@pytest.mark.parametrize(
    ("accepted_on", "diagnosed_on", "normal", "with_reason"),
    [
        (date(2026, 6, 5), date(2026, 5, 20), date(2026, 5, 20), date(2026, 5, 20)),
        (date(2026, 6, 5), date(2026, 4, 1), date(2026, 5, 5), date(2026, 4, 1)),
        (date(2026, 3, 31), date(2026, 2, 10), date(2026, 2, 28), date(2026, 2, 10)),
        (date(2026, 5, 31), date(2026, 1, 1), date(2026, 4, 30), date(2026, 2, 28)),
        (date(2028, 3, 29), date(2028, 1, 15), date(2028, 2, 29), date(2028, 1, 15)),
        (date(2028, 5, 31), date(2028, 1, 1), date(2028, 4, 30), date(2028, 2, 29)),
        (date(2027, 1, 31), date(2026, 9, 1), date(2026, 12, 31), date(2026, 10, 31)),
        (date(2026, 6, 5), date(2026, 6, 5), date(2026, 6, 5), date(2026, 6, 5)),
    ],
)
def test_validity_starts_on_the_later_of_the_diagnosis_and_the_earliest_day_allowed(
    accepted_on: date, diagnosed_on: date, normal: date, with_reason: date
) -> None:
    without = start_on(accepted_on=accepted_on, diagnosed_on=diagnosed_on, late_reason=False)
    with_it = start_on(accepted_on=accepted_on, diagnosed_on=diagnosed_on, late_reason=True)

    assert without.on == normal
    assert with_it.on == with_reason


@pytest.mark.parametrize(
    ("basis_met_on", "late_reason", "expected"),
    [
        (date(2026, 5, 20), False, date(2026, 5, 21)),
        (date(2026, 5, 4), False, date(2026, 5, 5)),
        (date(2026, 5, 5), False, date(2026, 5, 6)),
        (date(2026, 4, 1), False, date(2026, 5, 5)),
        (date(2026, 4, 1), True, date(2026, 4, 2)),
        (date(2026, 6, 4), False, date(2026, 6, 5)),
    ],
)
def test_mild_high_cost_starts_the_day_after_the_criterion_was_met(
    basis_met_on: date, late_reason: bool, expected: date
) -> None:
    start = start_on(
        accepted_on=date(2026, 6, 5),
        diagnosed_on=date(2026, 1, 1),
        basis_met_on=basis_met_on,
        late_reason=late_reason,
    )

    assert start.on == expected


def test_a_criterion_met_on_the_day_of_acceptance_counts_from_the_next_day() -> None:
    day = date(2026, 6, 5)

    start = start_on(accepted_on=day, diagnosed_on=date(2026, 1, 1), basis_met_on=day, late_reason=False)

    assert start.on == date(2026, 6, 6)


@pytest.mark.parametrize("late_reason", [False, True])
@pytest.mark.parametrize("basis_met_on", [None, date(2023, 9, 30)])
def test_before_the_rule_of_october_2023_validity_starts_with_the_acceptance(
    basis_met_on: date | None, late_reason: bool
) -> None:
    accepted_on = date(2023, 9, 30)

    start = start_on(
        accepted_on=accepted_on, diagnosed_on=date(2023, 9, 1), basis_met_on=basis_met_on, late_reason=late_reason
    )

    assert start.on == accepted_on


@pytest.mark.parametrize(
    ("accepted_on", "late_reason", "expected"),
    [
        (date(2023, 10, 1), False, date(2023, 10, 1)),
        (date(2023, 10, 20), True, date(2023, 10, 1)),
        (date(2023, 11, 1), False, date(2023, 10, 1)),
        (date(2023, 11, 2), False, date(2023, 10, 2)),
        (date(2023, 12, 31), True, date(2023, 10, 1)),
        (date(2024, 1, 2), True, date(2023, 10, 2)),
    ],
)
def test_nothing_goes_back_past_the_first_of_october_2023(
    accepted_on: date, late_reason: bool, expected: date
) -> None:
    start = start_on(accepted_on=accepted_on, diagnosed_on=date(2023, 8, 1), late_reason=late_reason)

    assert start.on == expected


@pytest.mark.parametrize(
    ("diagnosed_on", "basis_met_on", "name"),
    [
        (date(2026, 6, 6), None, "診断年月日"),
        (date(2026, 1, 1), date(2026, 6, 6), "軽症高額の基準を満たした日"),
    ],
)
def test_a_basis_later_than_the_acceptance_is_refused(
    diagnosed_on: date, basis_met_on: date | None, name: str
) -> None:
    with pytest.raises(ImpossibleDates, match=f"^{name}が収受日より後"):
        start_on(accepted_on=date(2026, 6, 5), diagnosed_on=diagnosed_on, basis_met_on=basis_met_on, late_reason=False)


def test_reasons_of_a_start_name_both_days_and_the_later_one() -> None:
    start = start_on(accepted_on=date(2026, 5, 31), diagnosed_on=date(2026, 1, 1), late_reason=True)

    assert start.reasons == (
        "指定医が病状の程度を満たすと診断した日は令和8年1月1日です。",
        "やむを得ない理由があるため、遡れるのは収受日の3か月前の令和8年2月28日までです。",
        "遅い方の令和8年2月28日から有効です。",
    )


@given(DAYS_UNDER_THE_RULE, st.integers(0, 400), st.booleans())
def test_no_start_is_after_the_acceptance_nor_before_what_the_law_allows(
    accepted_on: date, days_earlier: int, late_reason: bool
) -> None:
    diagnosed_on = accepted_on - timedelta(days=days_earlier)

    start = start_on(accepted_on=accepted_on, diagnosed_on=diagnosed_on, late_reason=late_reason).on

    assert diagnosed_on <= start <= accepted_on
    assert start >= months_before(accepted_on, 3 if late_reason else 1)
    assert start >= date(2023, 10, 1)
    assert start in {diagnosed_on, months_before(accepted_on, 3 if late_reason else 1), date(2023, 10, 1)}


@given(DAYS_UNDER_THE_RULE, st.integers(0, 400))
def test_a_reason_never_makes_the_start_later(accepted_on: date, days_earlier: int) -> None:
    diagnosed_on = accepted_on - timedelta(days=days_earlier)

    without = start_on(accepted_on=accepted_on, diagnosed_on=diagnosed_on, late_reason=False)
    with_it = start_on(accepted_on=accepted_on, diagnosed_on=diagnosed_on, late_reason=True)

    assert with_it.on <= without.on


# End


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        (date(2026, 1, 1), date(2026, 12, 31)),
        (date(2026, 6, 5), date(2026, 12, 31)),
        (date(2026, 9, 30), date(2026, 12, 31)),
        (date(2026, 10, 1), date(2026, 12, 31)),
        (date(2026, 12, 31), date(2026, 12, 31)),
        (date(2028, 2, 29), date(2028, 12, 31)),
    ],
)
def test_every_certificate_of_54_ends_with_the_year(start: date, expected: date) -> None:
    assert end_on(start, scheme=Scheme.NANBYO).on == expected


def test_starts_from_october_run_to_the_end_of_next_year_once_the_prefecture_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    since = date(2027, 1, 1)
    changed = parameters.Parameter("end.54.next_year_from", 1001, since, "試験", verify=True, label="周期")
    rows = (*parameters.rows(), changed)
    monkeypatch.setattr(parameters, "rows", lambda: rows)

    assert end_on(date(2026, 10, 1), scheme=Scheme.NANBYO).on == date(2026, 12, 31)
    assert end_on(date(2027, 9, 30), scheme=Scheme.NANBYO).on == date(2027, 12, 31)
    assert end_on(date(2027, 10, 1), scheme=Scheme.NANBYO).on == date(2028, 12, 31)
    assert end_on(date(2027, 12, 31), scheme=Scheme.NANBYO).on == date(2028, 12, 31)


def test_the_cycle_may_be_moved_to_another_day(monkeypatch: pytest.MonkeyPatch) -> None:
    changed = parameters.Parameter("end.54.cycle", 930, date(2027, 1, 1), "試験", verify=True, label="周期")
    rows = (*parameters.rows(), changed)
    monkeypatch.setattr(parameters, "rows", lambda: rows)

    assert end_on(date(2027, 9, 30), scheme=Scheme.NANBYO).on == date(2027, 9, 30)
    assert end_on(date(2027, 10, 1), scheme=Scheme.NANBYO).on == date(2028, 9, 30)


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        (date(2026, 6, 5), date(2027, 6, 4)),
        (date(2026, 1, 1), date(2026, 12, 31)),
        (date(2028, 2, 29), date(2029, 2, 28)),
        (date(2027, 3, 1), date(2028, 2, 29)),
        (date(2028, 3, 1), date(2029, 2, 28)),
    ],
)
def test_a_certificate_of_52_lasts_a_year(start: date, expected: date) -> None:
    assert end_on(start, scheme=Scheme.SHOMAN, birth_on=date(2020, 1, 1)).on == expected


@pytest.mark.parametrize(
    ("birth_on", "expected"),
    [
        (date(2007, 2, 10), date(2027, 2, 9)),
        (date(2007, 6, 5), date(2027, 6, 4)),
        (date(2007, 6, 6), date(2027, 6, 4)),
        (date(2006, 6, 6), date(2026, 6, 5)),
    ],
)
def test_a_certificate_of_52_ends_the_day_before_the_twentieth_birthday_at_latest(
    birth_on: date, expected: date
) -> None:
    assert end_on(date(2026, 6, 5), scheme=Scheme.SHOMAN, birth_on=birth_on).on == expected


def test_the_twentieth_birthday_of_someone_born_on_a_leap_day_is_a_leap_day() -> None:
    assert end_on(date(2027, 6, 1), scheme=Scheme.SHOMAN, birth_on=date(2008, 2, 29)).on == date(2028, 2, 28)


def test_no_certificate_of_52_starts_on_the_twentieth_birthday() -> None:
    with pytest.raises(ImpossibleDates, match="20歳"):
        end_on(date(2026, 6, 5), scheme=Scheme.SHOMAN, birth_on=date(2006, 6, 5))


def test_the_end_of_52_is_not_guessed_without_a_birth_date() -> None:
    with pytest.raises(ImpossibleDates, match="生年月日"):
        end_on(date(2026, 6, 5), scheme=Scheme.SHOMAN)


@given(st.dates(date(2018, 1, 1), date(2090, 12, 31)), st.integers(0, 7304))
def test_no_certificate_lasts_longer_than_a_year_or_past_the_age(start: date, days_old: int) -> None:
    birth_on = start - timedelta(days=days_old)

    nanbyo = end_on(start, scheme=Scheme.NANBYO).on
    shoman = end_on(start, scheme=Scheme.SHOMAN, birth_on=birth_on).on

    assert start <= nanbyo <= start + timedelta(days=365)
    assert start <= shoman <= start + timedelta(days=365)
    assert age_on(birth_on, shoman) < 20
    assert months_before(shoman + timedelta(days=1), 12) <= start


# Months and ages


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2026, 5, 31), 1, date(2026, 4, 30)),
        (date(2026, 5, 31), 3, date(2026, 2, 28)),
        (date(2028, 3, 31), 1, date(2028, 2, 29)),
        (date(2026, 1, 15), 1, date(2025, 12, 15)),
        (date(2026, 12, 31), 12, date(2025, 12, 31)),
        (date(2026, 12, 31), 0, date(2026, 12, 31)),
        (date(2028, 2, 29), 12, date(2027, 2, 28)),
    ],
)
def test_a_day_that_the_earlier_month_lacks_becomes_its_last(day: date, months: int, expected: date) -> None:
    assert months_before(day, months) == expected


@pytest.mark.parametrize(
    ("birth_on", "day", "expected"),
    [
        (date(2008, 2, 29), date(2026, 2, 28), 17),
        (date(2008, 2, 29), date(2026, 3, 1), 18),
        (date(2008, 2, 29), date(2028, 2, 28), 19),
        (date(2008, 2, 29), date(2028, 2, 29), 20),
        (date(2000, 6, 5), date(2026, 6, 4), 25),
        (date(2000, 6, 5), date(2026, 6, 5), 26),
        (date(2026, 6, 5), date(2026, 6, 5), 0),
    ],
)
def test_age_goes_up_on_the_birthday(birth_on: date, day: date, expected: int) -> None:
    assert age_on(birth_on, day) == expected


def test_nobody_has_an_age_before_birth() -> None:
    with pytest.raises(ImpossibleDates, match="生年月日より前"):
        age_on(date(2026, 6, 5), date(2026, 6, 4))


def test_the_last_day_below_eighteen_of_someone_born_on_a_leap_day_is_the_last_of_february() -> None:
    born = date(2008, 2, 29)

    assert birthday(born, age=18) == date(2026, 3, 1)
    assert last_day_below(18, birth_on=born) == date(2026, 2, 28)
    assert last_day_below(20, birth_on=born) == date(2028, 2, 28)


@given(st.dates(date(1920, 1, 1), date(2026, 12, 31)), st.integers(0, 110))
def test_the_age_changes_exactly_on_the_birthday(birth_on: date, age: int) -> None:
    assert age_on(birth_on, birthday(birth_on, age=age)) == age
    if age:
        assert age_on(birth_on, last_day_below(age, birth_on=birth_on)) == age - 1


@pytest.mark.parametrize(
    ("accepted_on", "continuing", "expected"),
    [
        (date(2026, 6, 4), False, True),
        (date(2026, 6, 5), False, False),
        (date(2026, 6, 5), True, True),
        (date(2028, 6, 4), True, True),
        (date(2028, 6, 5), True, False),
    ],
)
def test_52_is_for_minors_and_goes_on_below_twenty_unless_it_lapsed(
    accepted_on: date, continuing: bool, expected: bool
) -> None:
    assert may_receive_shoman(date(2008, 6, 5), accepted_on=accepted_on, continuing=continuing) is expected


def test_the_guardian_applies_until_the_eighteenth_birthday() -> None:
    born = date(2008, 6, 5)

    assert guardian_applies(born, accepted_on=date(2026, 6, 4))
    assert not guardian_applies(born, accepted_on=date(2026, 6, 5))


# Lapses, changes, moves


def test_a_certificate_is_renewed_until_its_last_day_and_not_a_day_later() -> None:
    last_day = date(2026, 12, 31)

    assert is_continuous(previous_end_on=last_day, accepted_on=last_day)
    assert not is_continuous(previous_end_on=last_day, accepted_on=date(2027, 1, 1))


def test_a_new_application_after_a_lapse_does_not_start_with_the_lapse() -> None:
    start = start_on(accepted_on=date(2027, 6, 10), diagnosed_on=date(2027, 5, 30), late_reason=False)

    assert start.on == date(2027, 5, 30)


@pytest.mark.parametrize(
    ("accepted_on", "expected"),
    [
        (date(2026, 6, 1), date(2026, 7, 1)),
        (date(2026, 6, 30), date(2026, 7, 1)),
        (date(2026, 12, 31), date(2027, 1, 1)),
        (date(2026, 1, 31), date(2026, 2, 1)),
    ],
)
def test_a_changed_cap_holds_from_the_first_of_the_next_month(accepted_on: date, expected: date) -> None:
    assert cap_change_on(accepted_on) == expected


def test_someone_who_moves_away_is_ours_until_the_day_before_the_other_office_accepts_them() -> None:
    assert transfer_out_end(date(2026, 5, 10)) == date(2026, 5, 9)
