"""The only place where a figure of the law is written down, each from the day it came into force.

A figure that changes gets one more row; no row is ever edited, so a decision taken last year can
be worked out again with last year's figures. ``verify`` marks a figure that nobody has yet read
in the law or in the prefecture's own rules: pages show the mark beside the figure.
"""

from dataclasses import dataclass
from datetime import date

from benefits.rules import wording
from benefits.rules.vocabulary import Column, IncomeClass, Scheme

LAW_IN_FORCE = date(2015, 1, 1)
EARLIER_START_IN_FORCE = date(2023, 10, 1)
ONE_YEARLY_CYCLE = date(2018, 1, 1)

_NANBYO_CAPS = "難病法施行令（平成26年政令第358号）第1条第1項"
_SHOMAN_CAPS = "児童福祉法施行令第22条第1項"
_START = "難病法第7条第5項、同施行令／児童福祉法第19条の3"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One figure from one day on, until a later row of the same name replaces it."""

    name: str
    value: int
    since: date
    source: str
    verify: bool
    label: str = ""
    unit: str = "円"

    @property
    def text(self) -> str:
        """The figure with its unit, as the page shows it."""
        return f"{self.value:,}{self.unit}"


class NoValueYet(LookupError):
    """The figure was not yet in force on that day. ``str()`` is fit to show the clerk."""

    def __init__(self, first: Parameter, on: date) -> None:
        super().__init__(
            f"{first.label}は{wording.day(first.since)}からの定めです。{wording.day(on)}の値はありません。",
        )
        self.name = first.name
        self.on = on


def cap_name(scheme: Scheme, income_class: IncomeClass, column: Column) -> str:
    """Return the name under which a cell of the cap tables is kept."""
    return f"cap.{scheme}.{income_class}.{column}"


def _caps(
    scheme: Scheme,
    source: str,
    columns: tuple[Column, ...],
    table: dict[IncomeClass, tuple[int, ...]],
) -> list[Parameter]:
    """Turn a printed table of caps into rows, a row to a cell."""
    return [
        Parameter(
            cap_name(scheme, income_class, column),
            amount,
            LAW_IN_FORCE,
            source,
            verify=False,
            label=f"自己負担上限月額（{scheme.label}・{income_class.label}・{column.label}）",
        )
        for income_class, amounts in table.items()
        for column, amount in zip(columns, amounts, strict=True)
    ]


_ROWS: tuple[Parameter, ...] = (
    # Income classes.
    Parameter(
        "income.general_2_from",
        71_000,
        LAW_IN_FORCE,
        _NANBYO_CAPS,
        verify=False,
        label="一般所得Ⅱとなる所得割の合計（この額以上）",
    ),
    Parameter(
        "income.upper_from",
        251_000,
        LAW_IN_FORCE,
        _NANBYO_CAPS,
        verify=False,
        label="上位所得となる所得割の合計（この額以上）",
    ),
    Parameter(
        "income.low_1_up_to",
        800_000,
        LAW_IN_FORCE,
        _NANBYO_CAPS,
        verify=False,
        label="低所得Ⅰとなる本人収入（この額以下）",
    ),
    Parameter(
        "income.low_1_up_to",
        809_000,
        date(2025, 7, 1),
        "厚生労働省の通知（令和7年7月からの所得基準）",
        verify=False,
        label="低所得Ⅰとなる本人収入（この額以下）",
    ),
    # Caps, yen a month.
    *_caps(
        Scheme.NANBYO,
        _NANBYO_CAPS,
        (Column.STANDARD, Column.LONG_HIGH, Column.VENTILATOR),
        {
            IncomeClass.PUBLIC_ASSISTANCE: (0, 0, 0),
            IncomeClass.LOW_1: (2_500, 2_500, 1_000),
            IncomeClass.LOW_2: (5_000, 5_000, 1_000),
            IncomeClass.GENERAL_1: (10_000, 5_000, 1_000),
            IncomeClass.GENERAL_2: (20_000, 10_000, 1_000),
            IncomeClass.UPPER: (30_000, 20_000, 1_000),
        },
    ),
    *_caps(
        Scheme.SHOMAN,
        _SHOMAN_CAPS,
        (Column.STANDARD, Column.SEVERE, Column.VENTILATOR, Column.HEMOPHILIA),
        {
            IncomeClass.PUBLIC_ASSISTANCE: (0, 0, 0, 0),
            IncomeClass.LOW_1: (1_250, 1_250, 500, 0),
            IncomeClass.LOW_2: (2_500, 2_500, 500, 0),
            IncomeClass.GENERAL_1: (5_000, 2_500, 500, 0),
            IncomeClass.GENERAL_2: (10_000, 5_000, 500, 0),
            IncomeClass.UPPER: (15_000, 10_000, 500, 0),
        },
    ),
    # Sharing of one cap by several recipients of one insurance household.
    Parameter(
        "apportionment.unit",
        10,
        LAW_IN_FORCE,
        "世帯内按分の端数（切捨ての単位）。府県の取扱いを要確認",
        verify=True,
        label="世帯内按分の切捨て単位",
    ),
    # What the patient pays at the counter.
    Parameter(
        "copayment.rate_at_most",
        20,
        LAW_IN_FORCE,
        "難病法第5条第2項／児童福祉法第19条の2第2項",
        verify=False,
        label="患者負担割合の上限",
        unit="%",
    ),
    Parameter(
        "copayment.counter_unit",
        10,
        LAW_IN_FORCE,
        "窓口での10円未満の四捨五入（健康保険法第75条の例）",
        verify=True,
        label="窓口で四捨五入する単位",
    ),
    # Special classes.
    Parameter(
        "mild_high_cost.over",
        33_330,
        LAW_IN_FORCE,
        "難病法施行令第2条",
        verify=False,
        label="軽症高額：1か月の医療費総額（この額を超える）",
    ),
    Parameter(
        "mild_high_cost.months",
        3,
        LAW_IN_FORCE,
        "難病法施行令第2条",
        verify=False,
        label="軽症高額：必要な月数（以上）",
        unit="か月",
    ),
    Parameter(
        "long_high.over",
        50_000,
        LAW_IN_FORCE,
        _NANBYO_CAPS,
        verify=False,
        label="高額かつ長期：1か月の医療費総額（この額を超える）",
    ),
    Parameter(
        "long_high.months",
        6,
        LAW_IN_FORCE,
        _NANBYO_CAPS,
        verify=False,
        label="高額かつ長期：必要な月数（以上）",
        unit="か月",
    ),
    Parameter(
        "long_high.counts_shoman",
        0,
        LAW_IN_FORCE,
        _NANBYO_CAPS,
        verify=False,
        label="高額かつ長期：小児慢性の医療費を数えるか（1＝数える）",
        unit="",
    ),
    Parameter(
        "long_high.counts_shoman",
        1,
        date(2022, 8, 2),
        "令和4年8月2日以降に該当する者からの取扱い",
        verify=False,
        label="高額かつ長期：小児慢性の医療費を数えるか（1＝数える）",
        unit="",
    ),
    Parameter(
        "severe_by_cost.over",
        50_000,
        LAW_IN_FORCE,
        "平成26年厚生労働省告示第462号",
        verify=False,
        label="小児慢性の重症患者（高額治療継続）：1か月の医療費総額（この額を超える）",
    ),
    Parameter(
        "severe_by_cost.months",
        6,
        LAW_IN_FORCE,
        "平成26年厚生労働省告示第462号",
        verify=False,
        label="小児慢性の重症患者（高額治療継続）：必要な月数（以上）",
        unit="か月",
    ),
    Parameter(
        "look_back.months",
        12,
        LAW_IN_FORCE,
        "難病法施行令第1条・第2条",
        verify=False,
        label="医療費を振り返る月数（申請月を含む）",
        unit="か月",
    ),
    # First day of validity. Zero months back: the day of acceptance itself.
    Parameter(
        "start.months_back",
        0,
        LAW_IN_FORCE,
        "改正前の難病法第7条第5項（申請日から）",
        verify=False,
        label="開始日を遡れる月数（通常）",
        unit="か月",
    ),
    Parameter(
        "start.months_back",
        1,
        EARLIER_START_IN_FORCE,
        _START,
        verify=False,
        label="開始日を遡れる月数（通常）",
        unit="か月",
    ),
    Parameter(
        "start.months_back_with_reason",
        0,
        LAW_IN_FORCE,
        "改正前の難病法第7条第5項（申請日から）",
        verify=False,
        label="開始日を遡れる月数（やむを得ない理由があるとき）",
        unit="か月",
    ),
    Parameter(
        "start.months_back_with_reason",
        3,
        EARLIER_START_IN_FORCE,
        _START,
        verify=False,
        label="開始日を遡れる月数（やむを得ない理由があるとき）",
        unit="か月",
    ),
    # Last day of validity. Month and day as MMDD.
    Parameter(
        "end.54.cycle",
        1231,
        ONE_YEARLY_CYCLE,
        "府の更新案内（すべて12月31日まで）",
        verify=True,
        label="指定難病の有効期間の末日（月日）",
        unit="",
    ),
    Parameter(
        "end.54.next_year_from",
        0,
        ONE_YEARLY_CYCLE,
        "この月日以後に始まる者は翌年の末日まで（1001＝10月1日。0＝行わない）。府の取扱いを要確認",
        verify=True,
        label="指定難病で翌年の末日までとする開始月日",
        unit="",
    ),
    Parameter(
        "end.52.years",
        1,
        LAW_IN_FORCE,
        "児童福祉法施行規則（1年以内）。府の末日のそろえ方を要確認",
        verify=True,
        label="小児慢性の有効期間",
        unit="年",
    ),
    Parameter(
        "age.52.new_below",
        18,
        LAW_IN_FORCE,
        "児童福祉法第6条の2",
        verify=False,
        label="小児慢性を新規に申請できる年齢（未満）",
        unit="歳",
    ),
    Parameter(
        "age.52.continued_below",
        20,
        LAW_IN_FORCE,
        "児童福祉法第6条の2",
        verify=False,
        label="小児慢性を継続できる年齢（未満）",
        unit="歳",
    ),
    Parameter(
        "age.guardian_applies_below",
        18,
        LAW_IN_FORCE,
        "難病法第6条第1項、難病法に係るQ&A",
        verify=False,
        label="保護者が申請する年齢（未満）",
        unit="歳",
    ),
    Parameter(
        "age.guardian_counts_below",
        18,
        LAW_IN_FORCE,
        "難病法施行規則（支給認定基準世帯員）。条文を要確認",
        verify=True,
        label="後期高齢者医療の保護者を数える受診者の年齢（未満）",
        unit="歳",
    ),
    Parameter(
        "tax.new_from_month",
        7,
        LAW_IN_FORCE,
        "申請の月による課税年度の切替え。府の取扱いを要確認",
        verify=True,
        label="当年度の市町村民税を用いる最初の月",
        unit="月",
    ),
    # Numbers of the paying body: worked out by analogy with other prefectures.
    Parameter(
        "payer_number.54.standard",
        54_276_019,
        LAW_IN_FORCE,
        "公費負担者番号（実施機関601）",
        verify=True,
        label="公費負担者番号（指定難病）",
        unit="",
    ),
    Parameter(
        "payer_number.54.public_assistance",
        54_276_027,
        LAW_IN_FORCE,
        "公費負担者番号（実施機関602）",
        verify=True,
        label="公費負担者番号（指定難病・生活保護等）",
        unit="",
    ),
    Parameter(
        "payer_number.52.standard",
        52_276_011,
        LAW_IN_FORCE,
        "公費負担者番号（実施機関601）",
        verify=True,
        label="公費負担者番号（小児慢性）",
        unit="",
    ),
)


def rows() -> tuple[Parameter, ...]:
    """Return every row in the order of this module, for a page that shows them all."""
    return _ROWS


def row(name: str, on: date) -> Parameter:
    """Return the row of ``name`` in force on ``on``.

    Raises ``NoValueYet`` before the first row and ``KeyError`` for a name that does not exist.
    """
    named = sorted((each for each in rows() if each.name == name), key=lambda each: each.since)
    if not named:
        raise KeyError(name)
    in_force = [each for each in named if each.since <= on]
    if not in_force:
        raise NoValueYet(named[0], on)
    return in_force[-1]


def value(name: str, on: date) -> int:
    """Return the figure ``name`` on ``on``; raises as ``row`` does."""
    return row(name, on).value
