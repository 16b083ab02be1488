"""The tests on past medical costs: 軽症高額, 高額かつ長期 and, for children, 重症患者 by cost."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from benefits.rules import parameters
from benefits.rules.cost_sharing import LONG_HIGH_CLASSES
from benefits.rules.validity import cap_change_on, months_before
from benefits.rules.vocabulary import IncomeClass, Scheme
from benefits.rules.wording import day as written, yen


@dataclass(frozen=True, slots=True)
class Cost:
    """One treatment of the certified disease: its whole cost (10割) in yen, without the meals."""

    on: date
    yen: int
    scheme: Scheme = Scheme.NANBYO


@dataclass(frozen=True, slots=True)
class Window:
    """The days that are looked back on, and the calendar months they touch, each as its first day."""

    first_on: date
    last_on: date
    months: tuple[date, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """Whether a test on costs is met, since when, and which months made it so.

    ``met_on`` is the day on which the last month needed went over the amount. ``effective_on`` is
    the day a lowered cap begins; a test that decides eligibility leaves it None.
    """

    met: bool
    met_on: date | None
    effective_on: date | None
    months: tuple[date, ...]
    reasons: tuple[str, ...]


def look_back(applied_on: date, *, not_before: date | None = None) -> Window:
    """Return the window of an application: its own month up to the day, and the eleven before.

    ``not_before`` drops whole months before its own, so the month of onset counts in full.

    Source: 難病法施行令第1条第1項第2号・第2条.
    """
    span = parameters.value("look_back.months", applied_on)
    this_month = applied_on.replace(day=1)
    months = tuple(months_before(this_month, back) for back in range(span - 1, -1, -1))
    if not_before is not None:
        if not_before > applied_on:
            raise ValueError("発症月が申請日より後です。")
        months = tuple(month for month in months if month >= not_before.replace(day=1))
    return Window(months[0], applied_on, months)


def mild_high_cost(costs: Iterable[Cost], *, applied_on: date, onset_on: date | None = None) -> Finding:
    """Test 軽症高額該当: more than 33,330 yen in three months or more of the window.

    ``onset_on`` is the onset that the 指定医 recognised; earlier months do not count. ``met_on``
    goes into ``validity.start_on`` as ``basis_met_on``.

    Source: 難病法第7条第1項第2号, 同施行令第2条.
    """
    window = look_back(applied_on, not_before=onset_on)
    counting = [cost for cost in costs if cost.scheme == Scheme.NANBYO]
    return _test("mild_high_cost", counting, window=window, effective_on=None)


def long_high(
    costs: Iterable[Cost],
    *,
    applied_on: date,
    certified_on: date | None,
    income_class: IncomeClass,
) -> Finding:
    """Test 高額かつ長期: more than 50,000 yen in six months or more, from 一般所得Ⅰ up.

    Costs of 54 count from ``certified_on``, the first day of the certification that has run
    without a gap since (None: not certified yet). Costs under 小児慢性 count besides for whoever
    meets the test on or after 2022-08-02. The lower cap begins with the month after the
    application, never before.

    Source: 難病法施行令第1条第1項第2号.
    """
    if income_class not in LONG_HIGH_CLASSES:
        reason = f"高額かつ長期は一般所得Ⅰ以上だけが対象で、{income_class.label}には適用されません。"
        return Finding(met=False, met_on=None, effective_on=None, months=(), reasons=(reason,))
    counts_shoman = bool(parameters.value("long_high.counts_shoman", applied_on))
    counting = [
        cost
        for cost in costs
        if (cost.scheme == Scheme.NANBYO and certified_on is not None and cost.on >= certified_on)
        or (cost.scheme == Scheme.SHOMAN and counts_shoman)
    ]
    return _test("long_high", counting, window=look_back(applied_on), effective_on=cap_change_on(applied_on))


def severe_by_cost(costs: Iterable[Cost], *, applied_on: date) -> Finding:
    """Test 重症患者（高額治療継続） of 52: more than 50,000 yen in six months or more of the window.

    Source: 平成26年厚生労働省告示第462号.
    """
    counting = [cost for cost in costs if cost.scheme == Scheme.SHOMAN]
    return _test("severe_by_cost", counting, window=look_back(applied_on), effective_on=cap_change_on(applied_on))


def _test(name: str, costs: Sequence[Cost], *, window: Window, effective_on: date | None) -> Finding:
    over = parameters.value(f"{name}.over", window.last_on)
    needed = parameters.value(f"{name}.months", window.last_on)
    totals: dict[date, int] = defaultdict(int)
    passed_on: dict[date, date] = {}
    for cost in sorted(costs, key=lambda each: each.on):
        if cost.yen < 0:
            raise ValueError("医療費は0円以上です。")
        month = cost.on.replace(day=1)
        if not window.first_on <= cost.on <= window.last_on:
            continue
        totals[month] += cost.yen
        if totals[month] > over:
            passed_on.setdefault(month, cost.on)
    months = tuple(sorted(passed_on))
    met = len(months) >= needed
    met_on = sorted(passed_on.values())[needed - 1] if met else None
    reason = (
        f"{written(window.first_on)}から{written(window.last_on)}までに、医療費総額が{yen(over)}を超えた月は"
        f"{len(months)}か月です（{needed}か月以上で該当）。"
    )
    return Finding(
        met=met, met_on=met_on, effective_on=effective_on if met else None, months=months, reasons=(reason,)
    )
