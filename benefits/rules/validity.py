"""From when to when a certificate holds, and the counting of months and ages that this needs."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

from benefits.rules import parameters
from benefits.rules.vocabulary import Scheme
from benefits.rules.wording import day as written

A_DAY = timedelta(days=1)


class ImpossibleDates(ValueError):
    """The dates cannot be true together. ``str()`` is fit to show the clerk."""


@dataclass(frozen=True, slots=True)
class Start:
    """The first day of validity and why it is that day."""

    on: date
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class End:
    """The last day of validity and why it is that day."""

    on: date
    reasons: tuple[str, ...]


def start_on(
    *,
    accepted_on: date,
    diagnosed_on: date,
    basis_met_on: date | None = None,
    late_reason: bool,
) -> Start:
    """Return the first day of validity of a new certification.

    The later of two days: the one on which the 指定医 found the severity reached (for 軽症高額,
    given ``basis_met_on``, the day after the criterion was met), and the one a month before the
    acceptance, or three months with an unavoidable reason. A day that the earlier month does not
    have becomes its last. Nothing goes back past 2023-10-01; what was accepted before starts on
    the day of acceptance.

    Never later than the acceptance, with the one exception the law makes: a criterion met on the
    day of acceptance itself counts from the next. Raises ``ImpossibleDates`` when the basis is
    later than the acceptance, because the diagnosis has to come with the application.

    Source: 難病法第6条第1項・第7条第5項, 児童福祉法第19条の3 (令和5年10月1日施行).
    """
    met_on = diagnosed_on if basis_met_on is None else basis_met_on
    if met_on > accepted_on:
        name = "診断年月日" if basis_met_on is None else "軽症高額の基準を満たした日"
        raise ImpossibleDates(f"{name}が収受日より後の日付です。収受日以前の日付を入力してください。")

    name = "start.months_back_with_reason" if late_reason else "start.months_back"
    rule = parameters.row(name, accepted_on)
    if rule.value == 0:
        return Start(accepted_on, ("令和5年10月1日より前の申請のため、収受日から有効です。",))

    if basis_met_on is None:
        basis_on, basis = diagnosed_on, f"指定医が病状の程度を満たすと診断した日は{written(diagnosed_on)}です。"
    else:
        basis_on = basis_met_on + A_DAY
        basis = f"軽症高額の基準を満たした日の翌日は{written(basis_on)}です。"
    why_back = "やむを得ない理由があるため、" if late_reason else ""
    earliest_on = months_before(accepted_on, rule.value)
    earliest = f"{why_back}遡れるのは収受日の{rule.value}か月前の{written(earliest_on)}までです。"
    reasons = [basis, earliest]
    if earliest_on < rule.since:
        earliest_on = rule.since
        reasons.append(f"{written(rule.since)}より前には遡れません。")
    on = max(basis_on, earliest_on)
    reasons.append(f"遅い方の{written(on)}から有効です。")
    return Start(on, tuple(reasons))


def end_on(start: date, *, scheme: Scheme, birth_on: date | None = None) -> End:
    """Return the last day of validity of a certificate that starts on ``start``.

    54: the first 31 December from ``start`` on; with ``end.54.next_year_from`` set, starts from
    that day of the year run to the next one. 52: one year, and never past the day before the
    twentieth birthday; needs ``birth_on`` and raises ``ImpossibleDates`` without it or when the
    start is past that day.

    Source: 難病法第9条, 児童福祉法第19条の4 and their ordinances; the cycles are to be verified.
    """
    if scheme == Scheme.NANBYO:
        return _nanbyo_end(start)
    if birth_on is None:
        raise ImpossibleDates("小児慢性特定疾病の有効期間には生年月日が必要です。")
    last_on = last_day_below(parameters.value("age.52.continued_below", start), birth_on=birth_on)
    if start > last_on:
        raise ImpossibleDates("有効期間の開始日に20歳に達しているため、小児慢性特定疾病の対象になりません。")
    years = parameters.value("end.52.years", start)
    full_on = _end_of_years(start, years)
    if last_on < full_on:
        return End(last_on, (f"{years}年を待たず、20歳の誕生日の前日の{written(last_on)}までです。",))
    return End(full_on, (f"開始日から{years}年の{written(full_on)}までです。",))


def _nanbyo_end(start: date) -> End:
    month, day = divmod(parameters.value("end.54.cycle", start), 100)
    carried_from = parameters.value("end.54.next_year_from", start)
    end = date(start.year, month, day)
    if end < start:
        end = end.replace(year=end.year + 1)
    if carried_from and (start.month, start.day) >= divmod(carried_from, 100):
        end = date(start.year + 1, month, day)
        return End(end, (f"新しい周期に入る時期の開始のため、翌年の{written(end)}までです。",))
    return End(end, (f"指定難病の受給者証はすべて{month}月{day}日で終わるため、{written(end)}までです。",))


def _end_of_years(start: date, years: int) -> date:
    """Return the last day of a period of whole years that begins with ``start`` (民法第143条第2項)."""
    year = start.year + years
    if start.day > monthrange(year, start.month)[1]:
        return date(year, start.month, monthrange(year, start.month)[1])
    return start.replace(year=year) - A_DAY


def months_before(day: date, months: int) -> date:
    """Return the same day ``months`` earlier, or the last day of that month when it has no such day."""
    index = day.year * 12 + day.month - 1 - months
    year, month = index // 12, index % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def birthday(birth_on: date, *, age: int) -> date:
    """Return the birthday on which someone turns ``age``: 1 March where 29 February is missing."""
    year = birth_on.year + age
    if birth_on.day > monthrange(year, birth_on.month)[1]:
        return date(year, 3, 1)
    return birth_on.replace(year=year)


def last_day_below(age: int, *, birth_on: date) -> date:
    """Return the last day before the birthday on which someone turns ``age``."""
    return birthday(birth_on, age=age) - A_DAY


def age_on(birth_on: date, day: date) -> int:
    """Return the age in whole years as documents give it: one more from each birthday on.

    年齢計算ニ関スル法律 with 民法第143条 lets a year of age be completed at the end of the day before
    the birthday; the certificates of both schemes end on that day, so the day still belongs to the
    younger age here. Raises ``ImpossibleDates`` before the birth.
    """
    if day < birth_on:
        raise ImpossibleDates("生年月日より前の日の年齢は求められません。")
    years = day.year - birth_on.year
    return years if day >= birthday(birth_on, age=years) else years - 1


def may_receive_shoman(birth_on: date, *, accepted_on: date, continuing: bool) -> bool:
    """Tell whether age lets someone have 小児慢性特定疾病医療 applied for on ``accepted_on``.

    New below eighteen; ``continuing`` without a gap, below twenty. A certificate that lapsed after
    eighteen cannot be taken up again, because the application would be a new one.

    Source: 児童福祉法第6条の2.
    """
    name = "age.52.continued_below" if continuing else "age.52.new_below"
    return age_on(birth_on, accepted_on) < parameters.value(name, accepted_on)


def guardian_applies(birth_on: date, *, accepted_on: date) -> bool:
    """Tell whether the guardian is the one to apply: the patient is under eighteen on that day."""
    return age_on(birth_on, accepted_on) < parameters.value("age.guardian_applies_below", accepted_on)


def is_continuous(*, previous_end_on: date, accepted_on: date) -> bool:
    """Tell whether an application still renews the certificate that ends on ``previous_end_on``.

    One day late makes it a new application: its start does not go back to the lapse for that
    reason alone, and 高額かつ長期 counts from nothing again.
    """
    return accepted_on <= previous_end_on


def cap_change_on(accepted_on: date) -> date:
    """Return the day a changed cap takes effect: the first of the month after the acceptance."""
    return date(accepted_on.year + accepted_on.month // 12, accepted_on.month % 12 + 1, 1)


def transfer_out_end(accepted_elsewhere_on: date) -> date:
    """Return the last day here of someone whom another prefecture or city takes over from that day."""
    return accepted_elsewhere_on - A_DAY
