"""The families that demo applicants live in: who is insured with whom, and what tax each of them pays."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from benefits.demo.chance import Dice, Weighted
from benefits.demo.names import FAMILIES, VARIANTS, Name, given_names
from benefits.rules.household import EMPLOYEES_INSURANCE, InsuranceKind, Tax
from benefits.rules.validity import age_on
from benefits.rules.vocabulary import IncomeClass

FULL_AGE = 18  # 民法第4条
LATTER_STAGE = 75  # 高齢者の医療の確保に関する法律第50条
MOST_MEMBERS = 6  # rows of the form

# What somebody is to the patient, their age, and whether they are a man.
_Kin = tuple[str, int, bool]

_FAMILIES = Weighted(FAMILIES)
_VARIANTS = Weighted(VARIANTS)

# Percent of each class among the recipients of the whole country (衛生行政報告例, end of the fiscal year 2020),
# in tenths: 生保 3.2, 低Ⅰ 15.7, 低Ⅱ 20.7, 一般Ⅰ 32.1, 一般Ⅱ 22.1, 上位 6.2. The old have less income; the two
# rows add up to these figures in the mixture of ages that the diseases bring.
_CLASSES_BELOW_65 = Weighted(
    [
        (IncomeClass.PUBLIC_ASSISTANCE, 32),
        (IncomeClass.LOW_1, 110),
        (IncomeClass.LOW_2, 130),
        (IncomeClass.GENERAL_1, 330),
        (IncomeClass.GENERAL_2, 303),
        (IncomeClass.UPPER, 95),
    ]
)
_CLASSES_FROM_65 = Weighted(
    [
        (IncomeClass.PUBLIC_ASSISTANCE, 32),
        (IncomeClass.LOW_1, 210),
        (IncomeClass.LOW_2, 292),
        (IncomeClass.GENERAL_1, 311),
        (IncomeClass.GENERAL_2, 131),
        (IncomeClass.UPPER, 24),
    ]
)

_WELL_OFF_INSURANCE = Weighted(
    [
        (InsuranceKind.KYOKAI, 440),
        (InsuranceKind.KUMIAI, 270),
        (InsuranceKind.KYOSAI, 100),
        (InsuranceKind.SENIN, 4),
        (InsuranceKind.KOKUHO, 160),
        (InsuranceKind.KOKUHO_KUMIAI, 26),
    ]
)
_POOR_INSURANCE = Weighted(
    [
        (InsuranceKind.KYOKAI, 240),
        (InsuranceKind.KUMIAI, 40),
        (InsuranceKind.KYOSAI, 15),
        (InsuranceKind.SENIN, 1),
        (InsuranceKind.KOKUHO, 690),
        (InsuranceKind.KOKUHO_KUMIAI, 14),
    ]
)
_RETIRED_INSURANCE = Weighted(
    [
        (InsuranceKind.KYOKAI, 170),
        (InsuranceKind.KUMIAI, 70),
        (InsuranceKind.KYOSAI, 35),
        (InsuranceKind.SENIN, 1),
        (InsuranceKind.KOKUHO, 710),
        (InsuranceKind.KOKUHO_KUMIAI, 14),
    ]
)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who does not exist. ``relation`` is what they are to the patient, in the words of the form."""

    family: Name
    given: Name
    birth_on: date
    age: int
    is_male: bool
    relation: str

    @property
    def name(self) -> str:
        """Return the whole name in one field, as clerks type it."""
        return f"{self.family.kanji}　{self.given.kanji}"


@dataclass(frozen=True, slots=True)
class Taxed:
    """A person with what is known of their 市町村民税; ``levy`` is the 所得割 in yen, None when it is not known."""

    person: Person
    shares_insurance: bool
    is_insured: bool
    tax: Tax
    levy: int | None


@dataclass(frozen=True, slots=True)
class Household:
    """A patient, the people they live with, and their insurance. ``income_class`` is the one that it adds up to.

    With a tax that is not known the rules will answer a provisional 上位所得 instead.
    """

    patient: Taxed
    members: tuple[Taxed, ...]
    insurance: InsuranceKind
    income_class: IncomeClass


def draw_patient(dice: Dice, *, age: int, is_male: bool, on: date) -> Person:
    """Return a patient about ``age`` years old on the day ``on``. One in fifty writes a glyph of their own."""
    family = dice.weighted(_VARIANTS if dice.below(50) == 0 else _FAMILIES)
    return _born(dice, family=family, age=age, is_male=is_male, relation="本人", on=on)


def draw_household(dice: Dice, patient: Person, *, on: date) -> Household:
    """Return a household around the patient as it may be on the day ``on``, fit for the rules on whose tax counts.

    Under employees' insurance there is exactly one insured person, the patient or a member; a patient below eighteen
    lives with a parent; everybody from seventy-five on is in the 後期高齢者医療 and nobody below is.
    """
    income_class = dice.weighted(_CLASSES_BELOW_65 if patient.age < 65 else _CLASSES_FROM_65)
    relatives = _relatives(dice, patient, on=on)
    insurance = _insurance(dice, patient, income_class)
    insured: Person | None = None
    if insurance in EMPLOYEES_INSURANCE:
        insured = _insured(dice, patient, relatives)
    everybody = [
        Taxed(
            person=person,
            shares_insurance=_shares(dice, person, insurance, is_insured=person is insured),
            is_insured=person is insured,
            tax=Tax.EXEMPT,
            levy=0,
        )
        for person in [patient, *relatives]
    ]
    if insurance in {InsuranceKind.KOKUHO, InsuranceKind.KOKUHO_KUMIAI} and patient.age < FULL_AGE:
        everybody[1] = replace(everybody[1], shares_insurance=True)
    taxed = _with_taxes(dice, everybody, insurance, income_class)
    return Household(taxed[0], tuple(taxed[1:]), insurance, income_class)


def is_counted(taxed: Taxed, insurance: InsuranceKind) -> bool:
    """Tell whether the person's tax counts: the insured person's, or that of everybody in the insurance."""
    if insurance == InsuranceKind.SEIHO:
        return False
    return taxed.is_insured if insurance in EMPLOYEES_INSURANCE else taxed.shares_insurance


def _born(dice: Dice, *, family: Name, age: int, is_male: bool, relation: str, on: date) -> Person:
    # A year of age is 365.25 days; the day falls anywhere between two birthdays.
    birth_on = on - timedelta(days=age * 1461 // 4 + dice.between(1, 364))
    given = dice.popular(given_names(birth_on.year, is_male=is_male))
    return Person(family, given, birth_on, age_on(birth_on, on), is_male, relation)


def _relatives(dice: Dice, patient: Person, *, on: date) -> list[Person]:
    """Return the people the patient lives with, parents of a child first; none older than a hundred or unborn."""
    draw = _family_of_child if patient.age < FULL_AGE else _family_of_adult
    return [
        _born(dice, family=patient.family, age=age, is_male=is_male, relation=relation, on=on)
        for relation, age, is_male in draw(dice, patient)
        if 0 <= age <= 100
    ][:MOST_MEMBERS]


def _family_of_child(dice: Dice, patient: Person) -> list[_Kin]:
    kin: list[_Kin] = [("母", patient.age + dice.between(23, 38), False)]
    if not dice.happens(12):
        kin.insert(0, ("父", patient.age + dice.between(24, 42), True))
    for _ in range(dice.below(3)):
        is_male = dice.happens(50)
        gap = dice.between(1, 6)
        if dice.happens(50):
            kin.append(("兄" if is_male else "姉", patient.age + gap, is_male))
        else:
            kin.append(("弟" if is_male else "妹", patient.age - gap, is_male))
    if dice.happens(9):
        kin.append(("祖母", patient.age + dice.between(50, 72), False))
    return kin


def _family_of_adult(dice: Dice, patient: Person) -> list[_Kin]:
    kin: list[_Kin] = []
    if patient.age < 35 and not dice.happens(_chance_of_spouse(patient.age)):
        if dice.happens(62):
            kin.append(("父", patient.age + dice.between(24, 42), True))
            kin.append(("母", patient.age + dice.between(22, 38), False))
        return kin
    if patient.age >= 35 and not dice.happens(_chance_of_spouse(patient.age)):
        if patient.age < 66 and dice.happens(35):
            kin.append(("母", patient.age + dice.between(21, 34), False))
        elif patient.age >= 66 and dice.happens(28):
            kin.append(_grown_child(dice, patient))
        return kin
    gap = dice.between(-3, 5)
    kin.append(("妻", patient.age - gap, False) if patient.is_male else ("夫", patient.age + gap, True))
    if kin[0][1] < FULL_AGE:
        kin[0] = (kin[0][0], FULL_AGE + dice.below(4), kin[0][2])
    if patient.age < 60:
        kin.extend(_children_at_home(dice, patient))
    elif dice.happens(22):
        kin.append(_grown_child(dice, patient))
    if 40 <= patient.age < 70 and dice.happens(12):
        kin.append(("母", patient.age + dice.between(21, 34), False))
    return kin


def _children_at_home(dice: Dice, patient: Person) -> list[_Kin]:
    ages = sorted((patient.age - dice.between(22, 40) for _ in range(dice.below(4))), reverse=True)
    born = {"男": 0, "女": 0}
    kin: list[_Kin] = []
    for age in ages:
        sex = "男" if dice.happens(50) else "女"
        born[sex] += 1
        if 0 <= age < 24:
            kin.append((f"{'長次三'[born[sex] - 1]}{sex}", age, sex == "男"))
    return kin


def _chance_of_spouse(age: int) -> int:
    """Return the percentage of people of that age who live with a wife or husband."""
    for limit, percent in ((25, 6), (35, 45), (65, 68), (80, 66)):
        if age < limit:
            return percent
    return 40


def _grown_child(dice: Dice, patient: Person) -> _Kin:
    is_male = dice.happens(50)
    return "長男" if is_male else "長女", patient.age - dice.between(23, 34), is_male


def _insurance(dice: Dice, patient: Person, income_class: IncomeClass) -> InsuranceKind:
    if income_class == IncomeClass.PUBLIC_ASSISTANCE:
        return InsuranceKind.SEIHO
    if patient.age >= LATTER_STAGE:
        return InsuranceKind.KOUKI
    if patient.age >= 65:
        return dice.weighted(_RETIRED_INSURANCE)
    if income_class in {IncomeClass.LOW_1, IncomeClass.LOW_2}:
        return dice.weighted(_POOR_INSURANCE)
    return dice.weighted(_WELL_OFF_INSURANCE)


def _insured(dice: Dice, patient: Person, relatives: Sequence[Person]) -> Person:
    """Return whose employment the patient's insurance comes from."""
    earners = [person for person in relatives if 20 <= person.age < LATTER_STAGE]
    if not earners:
        return patient
    if patient.age < FULL_AGE:
        return earners[0] if len(earners) == 1 or dice.happens(78) else earners[1]
    if patient.age < 23:
        depends = 62
    elif patient.age < 65:
        depends = 10 if patient.is_male else 42
    else:
        depends = 60
    return earners[0] if dice.happens(depends) else patient


def _shares(dice: Dice, person: Person, insurance: InsuranceKind, *, is_insured: bool) -> bool:
    """Tell whether somebody of the household is in the patient's insurance; the patient always is."""
    if insurance == InsuranceKind.SEIHO or person.relation == "本人" or is_insured:
        return True
    if insurance == InsuranceKind.KOUKI:
        return person.age >= LATTER_STAGE
    if person.age >= LATTER_STAGE:
        return False
    if insurance in EMPLOYEES_INSURANCE:
        return dice.happens(92 if person.age < 20 else 38)
    return dice.happens(92 if person.age < 20 else 70)


def _with_taxes(
    dice: Dice, everybody: Sequence[Taxed], insurance: InsuranceKind, income_class: IncomeClass
) -> list[Taxed]:
    """Return the same people with taxes that put the patient in the class."""
    counted = [taxed for taxed in everybody if is_counted(taxed, insurance)]
    amounts = dict.fromkeys((id(taxed) for taxed in counted), (Tax.EXEMPT, 0))
    if income_class in {IncomeClass.GENERAL_1, IncomeClass.GENERAL_2, IncomeClass.UPPER}:
        total = _levy(dice, income_class)
        earners = [taxed for taxed in counted if taxed.person.age >= FULL_AGE]
        first = dice.pick(earners)
        others = [taxed for taxed in earners if taxed is not first]
        second = dice.pick(others) if others and total >= 10_000 and dice.happens(45) else None
        part = total * dice.between(5, 40) // 100 // 100 * 100 if second else 0
        amounts[id(first)] = (Tax.TAXED, total - part)
        if second:
            amounts[id(second)] = (Tax.TAXED, part)
    unknown = id(counted[0]) if counted and dice.below(1000) < 12 else None
    return [
        replace(taxed, tax=Tax.UNKNOWN, levy=None)
        if id(taxed) == unknown
        else _taxed(taxed, amounts.get(id(taxed)) or _uncounted_tax(dice, taxed.person, income_class))
        for taxed in everybody
    ]


def _taxed(taxed: Taxed, amount: tuple[Tax, int]) -> Taxed:
    tax, levy = amount
    return replace(taxed, tax=tax, levy=levy)


def _levy(dice: Dice, income_class: IncomeClass) -> int:
    """Return the 所得割 of a household of the class in yen, in full hundreds (地方税法第20条の4の2)."""
    if income_class == IncomeClass.GENERAL_1:
        return 0 if dice.happens(6) else dice.between(5, 709) * 100
    if income_class == IncomeClass.GENERAL_2:
        return dice.low_between(710, 2509) * 100
    return dice.low_between(2510, 9800) * 100


def _uncounted_tax(dice: Dice, person: Person, income_class: IncomeClass) -> tuple[Tax, int]:
    if income_class == IncomeClass.PUBLIC_ASSISTANCE or person.age < 20 or dice.happens(60):
        return Tax.EXEMPT, 0
    return Tax.TAXED, dice.low_between(100, 2400) * 100
