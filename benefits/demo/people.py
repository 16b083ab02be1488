"""The applications of people who do not exist, typed as a clerk would type them.

Each applicant is drawn from the seed and their own place in the row, so the thousandth is the same whether a thousand
or fifty thousand are asked for, and on every machine.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache
from random import Random

from benefits.demo.chance import Dice, Weighted
from benefits.demo.frequency import FREQUENCIES, Ages
from benefits.demo.households import (
    FULL_AGE,
    LATTER_STAGE,
    MOST_MEMBERS,
    Household,
    Person,
    Taxed,
    draw_household,
    draw_patient,
    is_counted,
)
from benefits.demo.insurers import INSURERS
from benefits.demo.names import FAMILIES, given_names
from benefits.demo.places import BUILDINGS, HOSPITALS, MUNICIPALITIES, PREFECTURE, Municipality, postal_code
from benefits.registers.diseases import Disease, all_diseases
from benefits.rules.household import EMPLOYEES_INSURANCE, InsuranceKind, Tax
from benefits.rules.validity import guardian_applies, months_before
from benefits.rules.vocabulary import IncomeClass
from benefits.wareki import write, write_short
from mynumber.checkdigit import check_digit

Raw = dict[str, str | list[str]]
"""What the entry form posts: text by field, and a list where several boxes may be ticked."""

FIRST_TODAY = date(2017, 1, 1)
"""Before this day there were too few diseases in the register for everybody to have had one for a year."""

_MUNICIPALITIES = Weighted((place, place.people) for place in MUNICIPALITIES)
_VENTILATED = {2: 12, 3: 14, 17: 3, 23: 4, 24: 20, 111: 8, 113: 12, 230: 25, 256: 3}
_PHYSICIANS = FAMILIES[:120]
_MEMBER_FIELDS = tuple(
    f"member_{row}_{key}"
    for row in range(MOST_MEMBERS)
    for key in (
        "name",
        "relation",
        "birth_on",
        "insurance",
        "insured",
        "guardian",
        "latter_stage",
        "tax",
        "income_levy",
    )
)
_PAPERS = (*["CARD"] * 5, *["LICENCE"] * 2, "HANDBOOK", "TWO_DOCUMENTS", "PASSPORT")
_PAPERS_OF_THE_OLD = (*["CARD"] * 5, "LICENCE", "HANDBOOK", *["TWO_DOCUMENTS"] * 2)


def applicants(count: int, *, seed: int, today: date) -> Iterator[Raw]:
    """Yield the raw form data of ``count`` applicants, accepted on working days of this year up to ``today``.

    Every key of the entry form is there but ``number``: the individual number is drawn apart (``my_numbers``) and is
    never kept with the rest. What does not apply is an empty string. No two applicants share the reading of
    their name and the date of birth. Working days are Monday to Friday; early in the year they reach back ninety
    days. Raises ``ValueError`` for a ``today`` before 2017.
    """
    if today < FIRST_TODAY:
        raise ValueError("見本の申請者は2017年より前の日付では作れません。")
    seen: set[tuple[str, str, date]] = set()
    # Insured numbers step through ten million without repeating; the seed says where they begin.
    first_number = Dice(f"insured/{seed}").below(10_000_000)
    for index in range(count):
        attempt = 0
        while True:
            applicant = _Applicant(Dice(f"{seed}/{index}/{attempt}"), today=today)
            if applicant.identity not in seen:
                break
            attempt += 1
        seen.add(applicant.identity)
        yield applicant.raw(insured_number=f"{(first_number + index * 7_368_787) % 10_000_000:07d}")


def my_numbers(count: int, seed: int) -> Iterator[str]:
    """Yield ``count`` individual numbers, none of them twice; the thousandth is the same for every ``count``.

    They are well formed and may be somebody's: they exist while the program runs and belong in no file.
    """
    rng = Random(f"individual/{seed}")  # noqa: S311 - must come out the same for the same seed
    seen: set[str] = set()
    while len(seen) < count:
        number = my_number(rng)
        if number not in seen:
            seen.add(number)
            yield number


def my_number(rng: Random) -> str:
    """Return twelve digits drawn from ``rng`` that pass the check of an individual number."""
    payload = f"{int(rng.random() * 100_000_000_000):011d}"
    return payload + check_digit(payload)


class _Applicant:
    """One application, drawn at once; ``raw`` types it."""

    def __init__(self, dice: Dice, *, today: date) -> None:
        self.dice = dice
        self.accepted_on = _working_day(today - timedelta(days=dice.below(_days_open(today))))
        self.is_mild = dice.happens(14)
        # A mild patient needs three costly months after the diagnosis; the others apply with a fresh certificate.
        days_ago = dice.between(100, 180) if self.is_mild else dice.low_between(3, 120)
        self.diagnosed_on = self.accepted_on - timedelta(days=days_ago)
        self.disease = dice.weighted(_diseases(self.diagnosed_on))
        frequency = FREQUENCIES[self.disease.number]
        self.patient = draw_patient(
            dice,
            age=_age(dice, frequency.ages),
            is_male=not dice.happens(frequency.women),
            on=self.accepted_on,
        )
        self.household = draw_household(dice, self.patient, on=self.accepted_on)
        self.guardian: Person | None = None
        if guardian_applies(self.patient.birth_on, accepted_on=self.accepted_on):
            relatives = (member.person for member in self.household.members)
            self.guardian = dice.pick([person for person in relatives if person.relation in {"父", "母"}])
        self.municipality = dice.weighted(_MUNICIPALITIES)

    @property
    def identity(self) -> tuple[str, str, date]:
        return self.patient.family.kana, self.patient.given.kana, self.patient.birth_on

    def raw(self, *, insured_number: str) -> Raw:
        phone = _phone(self.dice)
        return {
            "accepted_on": _typed(self.dice, self.accepted_on),
            "accepted_office": self.municipality.office,
            "family_kana": self.patient.family.kana,
            "given_kana": self.patient.given.kana,
            "family_name": self.patient.family.kanji,
            "given_name": self.patient.given.kanji,
            "birth_on": _typed(self.dice, self.patient.birth_on),
            "sex": "1" if self.patient.is_male else "2",
            **_address(self.dice, self.municipality),
            "phone": phone,
            **self._applying(phone),
            **_insurance(self.dice, self.household, self.municipality, insured_number),
            **self._illness(),
            **_income(self.dice, self.household),
            **_members(self.dice, self.household, self.guardian),
            **_individual_number(self.dice, self.household),
            "documents": _documents(self.household),
            "note": _note(self.dice),
        }

    def _applying(self, phone: str) -> Raw:
        """Return who applies: the guardian of a minor, now and then an agent, else the patient."""
        if self.guardian:
            return _applied_by("GUARDIAN", self.guardian.name, self.guardian.relation, phone)
        relatives = [member.person for member in self.household.members if member.person.age >= FULL_AGE]
        if relatives and self.dice.happens(14 if self.patient.age >= 75 else 3):
            agent = self.dice.pick(relatives)
            return _applied_by("AGENT", agent.name, agent.relation, _phone(self.dice))
        return _applied_by("SELF", "", "", "")

    def _illness(self) -> Raw:
        met_on = ""
        if self.is_mild:
            met_on = _typed(self.dice, self.accepted_on - timedelta(days=self.dice.between(2, 60)))
        reason = "NONE"
        is_late = self.diagnosed_on < months_before(self.accepted_on, 1)
        # With a reason the start goes back three months, but not into a year whose certificates are over.
        if is_late and months_before(self.accepted_on, 3).year == self.accepted_on.year and self.dice.happens(45):
            reason = self.dice.pick(("CERTIFICATE", "CERTIFICATE", "CERTIFICATE", "CONDITION", "CONDITION", "OTHER"))
        return {
            "disease_number": str(self.disease.number),
            "diagnosed_on": _typed(self.dice, self.diagnosed_on),
            "certification_basis": "MILD_HIGH_COST" if self.is_mild else "SEVERITY",
            "mild_met_on": met_on,
            "late_reason": reason,
            "physician_name": _physician(self.dice),
            "hospital_name": self.dice.pick(HOSPITALS),
            "ventilator": "YES" if self.dice.happens(_VENTILATED.get(self.disease.number, 0)) else "NO",
        }


def _days_open(today: date) -> int:
    """Return how many days back applications were accepted: since early February, and ninety at least.

    What is accepted in January may start in December, and such a certificate is over before it is made. From the
    3rd, because a weekend falls back on its Friday.
    """
    return max((today - date(today.year, 2, 3)).days + 1, 90)


def _working_day(on: date) -> date:
    """Return the day itself, or the Friday before a weekend."""
    return on - timedelta(days=max(on.weekday() - 4, 0))


@lru_cache(maxsize=1000)
def _diseases(on: date) -> Weighted[Disease]:
    """Return the diseases in force on a day, each by the number of people who have it."""
    return Weighted((disease, FREQUENCIES[disease.number].people) for disease in all_diseases() if disease.since <= on)


def _age(dice: Dice, ages: Ages) -> int:
    spans: tuple[int, ...] = ages.value
    return spans[0] + sum(dice.below(span) for span in spans[1:])


def _typed(dice: Dice, on: date) -> str:
    """Return a day in one of the ways in which clerks type days."""
    way = dice.below(100)
    short = write_short(on)
    if way < 42:
        return short
    if way < 60:
        year, month, day = short[1:].split(".")
        return f"{short[0]}{int(year):02d}{int(month):02d}{int(day):02d}"
    if way < 76:
        return write(on)
    if way < 90:
        return f"{on.year}/{on.month}/{on.day}"
    if way < 94:
        return on.isoformat()
    if way < 97:
        return f"{on:%Y%m%d}"
    return short.translate(_WIDE)


_WIDE = str.maketrans("0123456789.SHRT", "０１２３４５６７８９．ＳＨＲＴ")


def _yen(dice: Dice, amount: int) -> str:
    """Return an amount as clerks type it: bare, with commas, or full-width."""
    way = dice.below(100)
    if way < 86:
        return str(amount)
    return f"{amount:,}" if way < 97 else str(amount).translate(_WIDE)


def _address(dice: Dice, municipality: Municipality) -> Raw:
    quarter = dice.pick(municipality.quarters)
    code = postal_code(municipality, quarter)
    block, plot, house = dice.between(1, 6), dice.between(1, 28), dice.between(1, 40)
    if quarter.startswith("大字"):
        street = f"{quarter}{dice.between(1, 2400)}番地"
    else:
        street = f"{quarter}{block}丁目{plot}番{house}号" if dice.happens(55) else f"{quarter}{block}-{plot}-{house}"
    building = ""
    if dice.happens(34):
        building = f"{dice.pick(BUILDINGS)}{dice.between(1, 9)}{dice.between(1, 12):02d}号室"
    return {
        "postal_code": f"{code[:3]}-{code[3:]}" if dice.happens(70) else code,
        "prefecture": PREFECTURE,
        "city": municipality.name,
        "street": street,
        "building": building,
    }


def _phone(dice: Dice) -> str:
    """Return a mobile number of the block after the prefix that the numbering plan gives to nobody (0A0-0…)."""
    prefix, last = dice.pick(("090", "080", "070")), f"{dice.below(10_000):04d}"
    return f"{prefix}-0000-{last}" if dice.happens(85) else f"{prefix}0000{last}"


def _applied_by(kind: str, name: str, relation: str, phone: str) -> Raw:
    return {
        "applicant_kind": kind,
        "applicant_name": name,
        "applicant_relation": relation,
        "applicant_phone": phone,
    }


def _insurance(dice: Dice, household: Household, municipality: Municipality, number: str) -> Raw:
    kind = household.insurance
    if kind == InsuranceKind.SEIHO:
        names = ("insurer_number", "insurer_name", "insured_symbol", "insured_number", "insured_branch",
                 "insured_kind", "insured_name")  # fmt: skip
        return {"insurance_kind": kind.value, **dict.fromkeys(names, "")}
    insurers = INSURERS[kind.value]
    local = kind in {InsuranceKind.KOKUHO, InsuranceKind.KOUKI}
    insurer = insurers[municipality.number - 1] if local else dice.pick(insurers)
    insured = next((taxed.person for taxed in household.members if taxed.is_insured), household.patient.person)
    is_own = insured is household.patient.person
    return {
        "insurance_kind": kind.value,
        "insurer_number": insurer.number,
        "insurer_name": insurer.name,
        "insured_symbol": _symbol(dice, kind),
        "insured_number": f"0{number}" if kind == InsuranceKind.KOUKI else number,
        "insured_branch": "" if kind == InsuranceKind.KOUKI else "00" if is_own else f"{dice.between(1, 5):02d}",
        "insured_kind": "SELF" if is_own else "FAMILY",
        "insured_name": insured.name,
    }


def _symbol(dice: Dice, kind: InsuranceKind) -> str:
    """Return the 記号 of a card. None has the length that, with number and branch, would make twelve digits."""
    digits = {InsuranceKind.KYOKAI: 8, InsuranceKind.KYOSAI: 6, InsuranceKind.SENIN: 6, InsuranceKind.KOUKI: 0}
    length = digits.get(kind, 4)
    return str(dice.between(10 ** (length - 1), 10**length - 1)) if length else ""


def _income(dice: Dice, household: Household) -> Raw:
    """Return the patient's tax, and the incomes that divide the exempt households into two classes."""
    counted = [taxed for taxed in (household.patient, *household.members) if is_counted(taxed, household.insurance)]
    total = pension = untaxed = ""
    if all(taxed.tax == Tax.EXEMPT for taxed in counted):
        amounts = _incomes(dice, household.income_class, age=household.patient.person.age)
        total, pension, untaxed = (_yen(dice, amount) for amount in amounts)
    return {
        "public_assistance": "YES" if household.insurance == InsuranceKind.SEIHO else "NO",
        "patient_tax": household.patient.tax.value,
        "patient_income_levy": _levy(dice, household.patient),
        "total_income": total,
        "pension_income": pension,
        "untaxed_pension": untaxed,
    }


def _incomes(dice: Dice, income_class: IncomeClass, *, age: int) -> tuple[int, int, int]:
    """Return 合計所得金額, 公的年金等収入 and untaxed pensions whose sum is clearly on one side of the boundary.

    The boundary is 800,000 yen or, since 2025-07-01, 809,000; amounts between 790,000 and 850,000 are left out.
    """
    if income_class == IncomeClass.PUBLIC_ASSISTANCE:
        return 0, 0, 0
    if income_class == IncomeClass.LOW_1:
        if dice.happens(24):
            return 0, 0, 0
        if age >= 65:
            return 0, dice.between(280_000, 790_000), 0
        return (dice.between(60_000, 430_000), 0, 0) if dice.happens(60) else (0, 0, dice.between(340_000, 780_000))
    if age >= 65:
        pension = dice.between(850_000, 1_520_000)
        return max(pension - 1_100_000, 0), pension, 0
    return dice.between(0, 430_000), 0, dice.between(850_000, 1_060_000)


def _levy(dice: Dice, taxed: Taxed) -> str:
    return "" if taxed.levy is None else _yen(dice, taxed.levy)


def _members(dice: Dice, household: Household, guardian: Person | None) -> Raw:
    has_insurance = household.insurance != InsuranceKind.SEIHO
    rows: Raw = dict.fromkeys(_MEMBER_FIELDS, "")
    for row, member in enumerate(household.members):
        person = member.person
        rows[f"member_{row}_name"] = person.name
        rows[f"member_{row}_relation"] = person.relation
        rows[f"member_{row}_birth_on"] = _typed(dice, person.birth_on)
        rows[f"member_{row}_insurance"] = "SAME" if member.shares_insurance else "OTHER"
        rows[f"member_{row}_insured"] = "YES" if member.is_insured else "NO"
        rows[f"member_{row}_guardian"] = "YES" if person is guardian else "NO"
        rows[f"member_{row}_latter_stage"] = "YES" if has_insurance and person.age >= LATTER_STAGE else "NO"
        rows[f"member_{row}_tax"] = member.tax.value
        rows[f"member_{row}_income_levy"] = _levy(dice, member)
    return rows


def _individual_number(dice: Dice, household: Household) -> Raw:
    """Return whether a number was written, and what was shown; an empty box is no fault (番号法第14条第2項)."""
    identity = dice.pick(_PAPERS_OF_THE_OLD if household.patient.person.age >= 80 else _PAPERS)
    if dice.happens(6):
        return {
            "number_given": "NOT_GIVEN",
            "number_absence_reason": "DECLINED" if dice.happens(15) else "LEFT_BLANK",
            "number_evidence": "",
            "identity_evidence": identity,
        }
    others = ("RESIDENT_RECORD", "RESIDENT_RECORD", "NOTICE_CARD")
    return {
        "number_given": "GIVEN",
        "number_absence_reason": "",
        "number_evidence": "CARD" if identity == "CARD" else dice.pick(others),
        "identity_evidence": identity,
    }


def _documents(household: Household) -> list[str]:
    """Return the papers that come with the form: the tax certificate and the consent only where they are asked for."""
    documents = ["APPLICATION", "CLINICAL", "RESIDENT"]
    if household.insurance == InsuranceKind.SEIHO:
        return documents
    documents.append("INSURANCE")
    insured = [taxed for taxed in (household.patient, *household.members) if taxed.is_insured]
    is_exempt = household.insurance in EMPLOYEES_INSURANCE and all(taxed.tax == Tax.EXEMPT for taxed in insured)
    if is_exempt or household.insurance == InsuranceKind.KOKUHO_KUMIAI:
        documents.append("TAX")
    if household.insurance == InsuranceKind.KOKUHO_KUMIAI:
        documents.append("CONSENT")
    return documents


def _physician(dice: Dice) -> str:
    family, _ = dice.pick(_PHYSICIANS)
    given = dice.popular(given_names(dice.between(1958, 1992), is_male=dice.happens(70)))
    return f"{family.kanji}　{given.kanji}"


def _note(dice: Dice) -> str:
    if not dice.happens(7):
        return ""
    return dice.pick(
        (
            "窓口で本人から聞き取り済み。", "郵送（簡易書留）で収受。", "受給者証の送付先は住所に同じ。",
            "日中の連絡は午後を希望。", "点字の案内を希望。", "前住所は県外。", "家族が窓口に来所。",
        )
    )  # fmt: skip
