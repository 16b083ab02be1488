"""The words that the figures and the rules share: schemes, income classes, columns of the cap tables."""

from enum import StrEnum


class Scheme(StrEnum):
    """A benefit, by the two digits (法別番号) that open its payer numbers."""

    NANBYO = "54"
    SHOMAN = "52"

    @property
    def label(self) -> str:
        return {Scheme.NANBYO: "指定難病", Scheme.SHOMAN: "小児慢性特定疾病"}[self]


class IncomeClass(StrEnum):
    """階層区分, from the class that pays nothing to the one that pays most."""

    PUBLIC_ASSISTANCE = "PUBLIC_ASSISTANCE"
    LOW_1 = "LOW_1"
    LOW_2 = "LOW_2"
    GENERAL_1 = "GENERAL_1"
    GENERAL_2 = "GENERAL_2"
    UPPER = "UPPER"

    @property
    def label(self) -> str:
        return {
            IncomeClass.PUBLIC_ASSISTANCE: "生活保護",
            IncomeClass.LOW_1: "低所得Ⅰ",
            IncomeClass.LOW_2: "低所得Ⅱ",
            IncomeClass.GENERAL_1: "一般所得Ⅰ",
            IncomeClass.GENERAL_2: "一般所得Ⅱ",
            IncomeClass.UPPER: "上位所得",
        }[self]


class Column(StrEnum):
    """A column of the cap tables: the circumstances that lower a cap within a class."""

    STANDARD = "STANDARD"
    LONG_HIGH = "LONG_HIGH"
    SEVERE = "SEVERE"
    VENTILATOR = "VENTILATOR"
    HEMOPHILIA = "HEMOPHILIA"

    @property
    def label(self) -> str:
        return {
            Column.STANDARD: "一般",
            Column.LONG_HIGH: "高額かつ長期",
            Column.SEVERE: "重症患者",
            Column.VENTILATOR: "人工呼吸器等装着者",
            Column.HEMOPHILIA: "血友病等",
        }[self]
