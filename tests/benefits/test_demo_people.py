import hashlib
import json
import os
import re
import subprocess
import sys
import unicodedata
from collections import Counter
from datetime import date

import pytest

from benefits.demo import people
from benefits.demo.chance import Dice
from benefits.demo.households import draw_household, draw_patient, is_counted
from benefits.demo.insurers import INSURERS
from benefits.demo.names import FAMILIES, GIVEN, VARIANTS, given_names
from benefits.demo.people import Raw, applicants, my_numbers
from benefits.demo.places import MUNICIPALITIES
from benefits.registers.diseases import find
from benefits.rules.check_digits import is_valid_insurer_number
from benefits.rules.cost_sharing import classify
from benefits.rules.household import EMPLOYEES_INSURANCE, Household, InsuranceKind, Member, Tax
from benefits.rules.validity import age_on, end_on, start_on
from benefits.rules.vocabulary import IncomeClass, Scheme
from benefits.wareki import read
from mynumber import checkdigit

TODAY = date(2026, 11, 23)
MANY = 4000

MEMBER_KEYS = (
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
FIELDS = [
    *("accepted_on", "accepted_office"),
    *("family_kana", "given_kana", "family_name", "given_name", "birth_on", "sex"),
    *("postal_code", "prefecture", "city", "street", "building", "phone"),
    *("applicant_kind", "applicant_name", "applicant_relation", "applicant_phone"),
    *("insurance_kind", "insurer_number", "insurer_name"),
    *("insured_symbol", "insured_number", "insured_branch", "insured_kind", "insured_name"),
    *("disease_number", "diagnosed_on", "certification_basis", "mild_met_on", "late_reason"),
    *("physician_name", "hospital_name", "ventilator"),
    *("public_assistance", "patient_tax", "patient_income_levy", "total_income", "pension_income", "untaxed_pension"),
    *("number_given", "number_absence_reason", "documents", "number_evidence", "identity_evidence", "note"),
] + [f"member_{row}_{key}" for row in range(6) for key in MEMBER_KEYS]

CODES = {
    "accepted_office": {"CHUO", "KITA", "MINAMI", "HIGASHI", "NISHI"},
    "sex": {"1", "2"},
    "applicant_kind": {"SELF", "GUARDIAN", "AGENT"},
    "insurance_kind": {"KYOKAI", "KUMIAI", "KYOSAI", "SENIN", "KOKUHO", "KOKUHO_KUMIAI", "KOUKI", "SEIHO"},
    "insured_kind": {"SELF", "FAMILY", ""},
    "certification_basis": {"SEVERITY", "MILD_HIGH_COST"},
    "late_reason": {"NONE", "CERTIFICATE", "CONDITION", "DISASTER", "OTHER"},
    "ventilator": {"YES", "NO"},
    "public_assistance": {"YES", "NO"},
    "patient_tax": {"EXEMPT", "TAXED", "UNKNOWN"},
    "number_given": {"GIVEN", "NOT_GIVEN"},
    "number_absence_reason": {"", "LEFT_BLANK", "DECLINED", "NONE_ISSUED"},
    "number_evidence": {"", "CARD", "RESIDENT_RECORD", "NOTICE_CARD"},
    "identity_evidence": {"CARD", "LICENCE", "PASSPORT", "HANDBOOK", "TWO_DOCUMENTS"},
}


@pytest.fixture(scope="module")
def office() -> list[Raw]:
    return list(applicants(MANY, seed=20261123, today=TODAY))


def text(raw: Raw, key: str) -> str:
    value = raw[key]
    assert isinstance(value, str)
    return value


def day(raw: Raw, key: str) -> date:
    return read(text(raw, key))


def yen(raw: Raw, key: str) -> int:
    return int(unicodedata.normalize("NFKC", text(raw, key)).replace(",", "") or 0)


def rows(raw: Raw) -> list[dict[str, str]]:
    filled = [{key: text(raw, f"member_{row}_{key}") for key in MEMBER_KEYS} for row in range(6)]
    return [row for row in filled if row["name"]]


def patient_age(raw: Raw) -> int:
    return age_on(day(raw, "birth_on"), day(raw, "accepted_on"))


def is_employees(raw: Raw) -> bool:
    return InsuranceKind(text(raw, "insurance_kind")) in EMPLOYEES_INSURANCE


def household(raw: Raw) -> Household:
    patient = Member(
        label="patient",
        is_patient=True,
        is_insured_person=raw["insured_kind"] == "SELF",
        same_insurance=True,
        tax=Tax(text(raw, "patient_tax")),
        income_levy=yen(raw, "patient_income_levy"),
    )
    members = tuple(
        Member(
            label=str(number),
            is_insured_person=row["insured"] == "YES",
            is_guardian=row["guardian"] == "YES",
            is_latter_stage=row["latter_stage"] == "YES",
            same_insurance=row["insurance"] == "SAME",
            tax=Tax(row["tax"]),
            income_levy=yen(raw, f"member_{number}_income_levy"),
        )
        for number, row in enumerate(rows(raw))
    )
    income = sum(yen(raw, key) for key in ("total_income", "pension_income", "untaxed_pension"))
    return Household(
        insurance=InsuranceKind(text(raw, "insurance_kind")),
        members=(patient, *members),
        patient_income=income,
        patient_age=patient_age(raw),
        on_public_assistance=raw["public_assistance"] == "YES",
    )


def digest(drawn: list[Raw]) -> str:
    return hashlib.sha256(json.dumps(drawn, ensure_ascii=False).encode()).hexdigest()


def test_the_same_seed_gives_the_same_people_and_another_seed_others() -> None:
    first = list(applicants(50, seed=1, today=TODAY))

    assert first == list(applicants(50, seed=1, today=TODAY))
    assert first != list(applicants(50, seed=2, today=TODAY))


def test_an_applicant_is_the_same_however_many_are_asked_for(office: list[Raw]) -> None:
    assert list(applicants(200, seed=20261123, today=TODAY)) == office[:200]


@pytest.mark.parametrize("hash_seed", ["0", "4711"])
def test_the_people_do_not_depend_on_the_hashing_of_the_process(hash_seed: str) -> None:
    program = (
        "import hashlib, json; from datetime import date; from benefits.demo.people import applicants, my_numbers\n"
        "people = list(applicants(60, seed=5, today=date(2026, 11, 23)))\n"
        "print(hashlib.sha256(json.dumps(people, ensure_ascii=False).encode()).hexdigest(),"
        " hashlib.sha256(''.join(my_numbers(60, 5)).encode()).hexdigest())"
    )

    printed = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()

    numbers = hashlib.sha256("".join(my_numbers(60, 5)).encode()).hexdigest()
    assert printed == [digest(list(applicants(60, seed=5, today=TODAY))), numbers]


def test_every_applicant_has_every_field_of_the_form_but_the_individual_number(office: list[Raw]) -> None:
    assert {tuple(sorted(raw)) for raw in office} == {tuple(sorted(FIELDS))}


def test_codes_are_those_of_the_form(office: list[Raw]) -> None:
    for key, codes in CODES.items():
        assert {text(raw, key) for raw in office} <= codes, key
    documents = {"APPLICATION", "CLINICAL", "RESIDENT", "INSURANCE", "TAX", "CONSENT"}
    assert {paper for raw in office for paper in raw["documents"]} == documents
    for raw in office:
        for row in rows(raw):
            assert row["insurance"] in {"SAME", "OTHER"}
            assert {row["insured"], row["guardian"], row["latter_stage"]} <= {"YES", "NO"}
            assert row["tax"] in {"EXEMPT", "TAXED", "UNKNOWN"}


def test_no_value_contains_an_individual_number_not_even_put_together(office: list[Raw]) -> None:
    def holds_one(value: str) -> bool:
        narrow = re.sub(r"(?<=\d)[\s\-‐−ー・.,/]+(?=\d)", "", unicodedata.normalize("NFKC", value))
        return any(len(run) == 12 and checkdigit.is_valid(run) for run in re.findall(r"[0-9]+", narrow))

    number = next(my_numbers(1, 1))
    assert holds_one(f"番号 {number[:4]}-{number[4:8]} {number[8:]}")
    for raw in office:
        card = " ".join(text(raw, key) for key in ("insured_symbol", "insured_number", "insured_branch"))
        mark = f"{raw['insured_symbol']}・{raw['insured_number']}"
        values = [value for value in raw.values() if isinstance(value, str)]
        assert not any(holds_one(value) for value in [*values, card, mark])


def test_no_two_applicants_are_the_same_person(office: list[Raw]) -> None:
    persons = {(raw["family_kana"], raw["given_kana"], day(raw, "birth_on")) for raw in office}
    cards = Counter((raw["insurer_number"], raw["insured_number"]) for raw in office if raw["insurer_number"])

    assert len(persons) == MANY
    assert cards.most_common(1)[0][1] == 1


def test_a_person_drawn_a_second_time_is_drawn_again_and_the_others_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    before = list(applicants(40, seed=3, today=TODAY))
    drawn = people.Dice
    # The eleventh applicant's first draw is made the tenth's.
    monkeypatch.setattr(people, "Dice", lambda seed: drawn("3/9/0" if seed == "3/10/0" else seed))

    after = list(applicants(40, seed=3, today=TODAY))

    assert after[:10] + after[11:] == before[:10] + before[11:]
    assert (after[10]["family_kana"], after[10]["given_kana"], after[10]["birth_on"]) != (
        after[9]["family_kana"],
        after[9]["given_kana"],
        after[9]["birth_on"],
    )


@pytest.mark.parametrize("today", [TODAY, date(2026, 1, 5), date(2025, 4, 20), date(2024, 2, 29), date(2017, 1, 1)])
def test_every_disease_was_in_force_when_it_was_diagnosed_and_when_the_form_came_in(today: date) -> None:
    for raw in applicants(500, seed=8, today=today):
        number = int(text(raw, "disease_number"))

        assert find(number, on=day(raw, "diagnosed_on")) is not None
        assert find(number, on=day(raw, "accepted_on")) is not None


@pytest.mark.parametrize("today", [TODAY, date(2026, 1, 5), date(2028, 2, 29)])
def test_dates_follow_one_another_up_to_today(today: date) -> None:
    for raw in applicants(500, seed=8, today=today):
        accepted_on, diagnosed_on = day(raw, "accepted_on"), day(raw, "diagnosed_on")

        assert day(raw, "birth_on") < diagnosed_on < accepted_on <= today
        assert accepted_on.weekday() < 5
        assert all(read(row["birth_on"]) < accepted_on for row in rows(raw))
        if raw["certification_basis"] == "MILD_HIGH_COST":
            assert diagnosed_on < day(raw, "mild_met_on") < accepted_on
        else:
            assert raw["mild_met_on"] == ""


def test_certificates_that_follow_are_in_force_at_the_end_of_the_year(office: list[Raw]) -> None:
    for raw in office:
        start = start_on(
            accepted_on=day(raw, "accepted_on"),
            diagnosed_on=day(raw, "diagnosed_on"),
            basis_met_on=day(raw, "mild_met_on") if raw["mild_met_on"] else None,
            late_reason=raw["late_reason"] != "NONE",
        )

        assert end_on(start.on, scheme=Scheme.NANBYO).on >= date(2026, 12, 31)


def test_dates_are_typed_in_every_way_that_clerks_type_them(office: list[Raw]) -> None:
    ways = {
        "short": r"[SHRT]\d{1,2}\.\d{1,2}\.\d{1,2}",
        "compact": r"[SHRT]\d{6}",
        "written out": r"(大正|昭和|平成|令和)(元|\d{1,2})年\d{1,2}月\d{1,2}日",
        "western": r"\d{4}/\d{1,2}/\d{1,2}",
        "digits": r"\d{8}",
        "iso": r"\d{4}-\d{2}-\d{2}",
        "wide": r"[ＳＨＲＴ][０-９]{1,2}．[０-９]{1,2}．[０-９]{1,2}",
    }
    typed = [text(raw, "birth_on") for raw in office]

    for way, pattern in ways.items():
        found = sum(re.fullmatch(pattern, value, re.ASCII) is not None for value in typed)
        assert found > MANY // 100, way


def test_readings_are_katakana_and_names_are_not_normalised(office: list[Raw]) -> None:
    for raw in office:
        assert re.fullmatch(r"[ァ-ヴー]+", text(raw, "family_kana"))
        assert re.fullmatch(r"[ァ-ヴー]+", text(raw, "given_kana"))
    written = {raw["family_name"] for raw in office}
    assert {"\u9ad9\u6a4b", "\u5c71\ufa11"} & written
    assert any(unicodedata.normalize("NFC", name) != name for name in written)


def test_about_one_name_in_fifty_has_a_glyph_of_its_own(office: list[Raw]) -> None:
    own = {name.kanji for name, _ in VARIANTS}

    share = sum(raw["family_name"] in own for raw in office) / MANY

    assert 0.01 < share < 0.03
    for glyph in ("\u9ad9", "\ufa11", "\u9089\U000e0110", "\ufa19", "\U00020bb7", "\u845b\U000e0103"):
        assert any(glyph in name for name in own)


def test_there_are_names_enough_for_every_sex_and_age() -> None:
    assert len({name.kanji for name, _ in FAMILIES}) == len(FAMILIES) >= 300
    for _, men, women in GIVEN:
        assert len({name.kanji for name in men}) == len(men) >= 60
        assert len({name.kanji for name in women}) == len(women) >= 60
    everybody = [name for _, men, women in GIVEN for name in men + women]
    everybody += [name for name, _ in FAMILIES + VARIANTS]
    assert all(re.fullmatch(r"[ァ-ヴー]+", name.kana) for name in everybody)
    assert given_names(1930, is_male=True) != given_names(2020, is_male=True) != given_names(2020, is_male=False)


def test_insurers_have_right_check_digits_and_a_prefecture_that_does_not_exist(office: list[Raw]) -> None:
    every = [insurer for insurers in INSURERS.values() for insurer in insurers]

    assert len({insurer.number for insurer in every}) == len(every)
    assert all(is_valid_insurer_number(insurer.number) for insurer in every)
    for raw in office:
        number, kind = text(raw, "insurer_number"), text(raw, "insurance_kind")
        assert (number == "") == (kind == "SEIHO")
        assert len(number) == {"KOKUHO": 6, "KOKUHO_KUMIAI": 6, "SEIHO": 0}.get(kind, 8)
        assert number[-6:-4] in {"48", ""}


def test_telephones_and_postal_codes_lead_to_nobody(office: list[Raw]) -> None:
    for raw in office:
        phones = [text(raw, "phone"), text(raw, "applicant_phone")]
        assert all(re.fullmatch(r"0[789]0-?0000-?\d{4}|", phone, re.ASCII) for phone in phones)
        assert re.fullmatch(r"000-?\d{4}", text(raw, "postal_code"), re.ASCII)


def test_residents_apply_at_their_own_health_centre(office: list[Raw]) -> None:
    offices = {place.name: place.office for place in MUNICIPALITIES}

    assert all(offices[text(raw, "city")] == raw["accepted_office"] for raw in office)
    assert {raw["accepted_office"] for raw in office} == CODES["accepted_office"]
    local = [raw for raw in office if raw["insurance_kind"] == "KOKUHO"]
    assert all(raw["insurer_name"] == raw["city"] for raw in local)


def test_employees_insurance_has_exactly_one_insured_person(office: list[Raw]) -> None:
    for raw in filter(is_employees, office):
        insured = [row for row in rows(raw) if row["insured"] == "YES"]
        own = f"{raw['family_name']}　{raw['given_name']}"

        assert len(insured) + (raw["insured_kind"] == "SELF") == 1
        assert raw["insured_name"] == (insured[0]["name"] if insured else own)
        assert all(row["insurance"] == "SAME" for row in insured)
        assert all(age_on(read(row["birth_on"]), day(raw, "accepted_on")) >= 18 for row in insured)


def test_everybody_from_75_on_is_in_the_insurance_of_the_old_and_nobody_else_is(office: list[Raw]) -> None:
    for raw in office:
        kind = text(raw, "insurance_kind")
        if kind == "SEIHO":
            continue
        assert (kind == "KOUKI") == (patient_age(raw) >= 75)
        for row in rows(raw):
            is_old = age_on(read(row["birth_on"]), day(raw, "accepted_on")) >= 75
            assert (row["latter_stage"] == "YES") == is_old
            if kind == "KOUKI":
                assert (row["insurance"] == "SAME") == is_old
            elif is_old:
                assert row["insurance"] == "OTHER"


def test_some_households_share_national_insurance_and_some_old_couples_share_theirs(office: list[Raw]) -> None:
    sharing = Counter(raw["insurance_kind"] for raw in office if any(row["insurance"] == "SAME" for row in rows(raw)))

    assert sharing["KOKUHO"] > MANY // 50
    assert sharing["KOUKI"] > MANY // 50


def test_for_a_child_a_parent_of_the_household_applies(office: list[Raw]) -> None:
    children = [raw for raw in office if patient_age(raw) < 18]

    assert children
    for raw in children:
        parents = {row["name"]: row["relation"] for row in rows(raw) if row["relation"] in {"父", "母"}}
        assert raw["applicant_kind"] == "GUARDIAN"
        assert parents[text(raw, "applicant_name")] == raw["applicant_relation"]
        assert [row["name"] for row in rows(raw) if row["guardian"] == "YES"] == [raw["applicant_name"]]
        assert raw["applicant_phone"]
        assert raw["insured_kind"] == "FAMILY" or not is_employees(raw)


def test_adults_apply_themselves_or_through_an_agent(office: list[Raw]) -> None:
    adults = [raw for raw in office if patient_age(raw) >= 18]

    for raw in adults:
        details = [raw[key] for key in ("applicant_name", "applicant_relation", "applicant_phone")]
        assert raw["applicant_kind"] in {"SELF", "AGENT"}
        assert all(row["guardian"] == "NO" for row in rows(raw))
        assert all(details) if raw["applicant_kind"] == "AGENT" else not any(details)
    assert any(raw["applicant_kind"] == "AGENT" for raw in adults)


def test_public_assistance_has_no_insurance_and_no_tax(office: list[Raw]) -> None:
    assisted = [raw for raw in office if raw["insurance_kind"] == "SEIHO"]

    assert assisted
    for raw in assisted:
        assert not any(value for key, value in raw.items() if key.startswith(("insurer_", "insured_")))
        assert raw["public_assistance"] == "YES"
        assert raw["patient_tax"] == "EXEMPT"
        assert "INSURANCE" not in raw["documents"]


def test_the_exempt_have_no_levy_and_the_unknown_no_amount(office: list[Raw]) -> None:
    for raw in office:
        taxes = [(raw["patient_tax"], raw["patient_income_levy"], yen(raw, "patient_income_levy"))]
        taxes += [
            (row["tax"], row["income_levy"], yen(raw, f"member_{number}_income_levy"))
            for number, row in enumerate(rows(raw))
        ]
        for tax, typed, amount in taxes:
            assert tax != "EXEMPT" or amount == 0
            assert (tax == "UNKNOWN") == (typed == "")
            assert amount % 100 == 0


def test_a_number_that_was_not_given_has_a_reason_and_no_evidence(office: list[Raw]) -> None:
    for raw in office:
        is_given = raw["number_given"] == "GIVEN"
        assert bool(raw["number_evidence"]) == is_given
        assert bool(raw["number_absence_reason"]) != is_given
        assert raw["identity_evidence"]
    assert 0.03 < sum(raw["number_given"] == "NOT_GIVEN" for raw in office) / MANY < 0.1


def test_the_rules_accept_every_household_and_find_the_classes_of_the_country(office: list[Raw]) -> None:
    found = [classify(household(raw), on=day(raw, "accepted_on")) for raw in office]

    settled = Counter(each.income_class for each in found if not each.provisional)
    shares = {income_class: 100 * number / settled.total() for income_class, number in settled.items()}
    country = {
        IncomeClass.PUBLIC_ASSISTANCE: 3.2,
        IncomeClass.LOW_1: 15.7,
        IncomeClass.LOW_2: 20.7,
        IncomeClass.GENERAL_1: 32.1,
        IncomeClass.GENERAL_2: 22.1,
        IncomeClass.UPPER: 6.2,
    }
    assert shares == pytest.approx(country, abs=2.5)
    assert 0.005 < sum(each.provisional for each in found) / MANY < 0.02


@pytest.mark.parametrize("age", [1, 9, 17, 18, 24, 34, 50, 64, 65, 74, 75, 90])
def test_a_household_adds_up_to_the_class_it_was_drawn_for(age: int) -> None:
    for number in range(150):
        dice = Dice(f"household/{age}/{number}")
        patient = draw_patient(dice, age=age, is_male=number % 2 == 0, on=TODAY)
        drawn = draw_household(dice, patient, on=TODAY)
        everybody = (drawn.patient, *drawn.members)
        counted = [taxed for taxed in everybody if is_counted(taxed, drawn.insurance)]
        levy = sum(taxed.levy or 0 for taxed in counted)

        if any(taxed.tax == Tax.UNKNOWN for taxed in counted):
            continue
        assert {
            IncomeClass.PUBLIC_ASSISTANCE: not counted,
            IncomeClass.LOW_1: all(taxed.tax == Tax.EXEMPT for taxed in counted),
            IncomeClass.LOW_2: all(taxed.tax == Tax.EXEMPT for taxed in counted),
            IncomeClass.GENERAL_1: levy < 71_000 and any(taxed.tax == Tax.TAXED for taxed in counted),
            IncomeClass.GENERAL_2: 71_000 <= levy < 251_000,
            IncomeClass.UPPER: levy >= 251_000,
        }[drawn.income_class]


def test_most_adults_at_work_are_insured_themselves_and_many_wives_and_students_are_not(office: list[Raw]) -> None:
    at_work = [raw for raw in office if is_employees(raw) and 18 <= patient_age(raw) < 65]

    families = {sex: Counter(raw["insured_kind"] for raw in at_work if raw["sex"] == sex) for sex in ("1", "2")}

    assert families["1"]["FAMILY"] / families["1"].total() < 0.25
    assert 0.2 < families["2"]["FAMILY"] / families["2"].total() < 0.5


def test_papers_are_those_the_office_asks_for(office: list[Raw]) -> None:
    for raw in office:
        papers, kind = raw["documents"], raw["insurance_kind"]
        taxes = [row["tax"] for row in rows(raw) if row["insured"] == "YES"] or [raw["patient_tax"]]
        asks_tax = kind == "KOKUHO_KUMIAI" or (is_employees(raw) and taxes == ["EXEMPT"])

        assert {"APPLICATION", "CLINICAL", "RESIDENT"} <= set(papers)
        assert ("INSURANCE" in papers) == (kind != "SEIHO")
        assert ("TAX" in papers) == asks_tax
        assert ("CONSENT" in papers) == (kind == "KOKUHO_KUMIAI")


def test_a_few_diseases_make_most_of_the_work_and_rare_ones_come_too(office: list[Raw]) -> None:
    diseases = Counter(int(text(raw, "disease_number")) for raw in office)

    assert [number for number, _ in diseases.most_common(3)] == [97, 6, 49]
    assert 0.11 < diseases[97] / MANY < 0.17
    assert sum(number for _, number in diseases.most_common(30)) / MANY > 0.75
    assert len(diseases) > 200


def test_ages_suit_the_diseases(office: list[Raw]) -> None:
    def mean_age(number: int) -> float:
        ages = [patient_age(raw) for raw in office if raw["disease_number"] == str(number)]
        return sum(ages) / len(ages)

    ages = Counter(patient_age(raw) // 75 for raw in office)
    assert 70 < mean_age(6) < 80
    assert 40 < mean_age(97) < 58
    assert 0.15 < ages[1] / MANY < 0.3
    assert 0 < sum(patient_age(raw) < 18 for raw in office) / MANY < 0.03


def test_individual_numbers_are_valid_different_and_the_same_for_the_same_seed() -> None:
    numbers = list(my_numbers(3000, 9))

    assert all(checkdigit.is_valid(number) for number in numbers)
    assert len(set(numbers)) == 3000
    assert list(my_numbers(100, 9)) == numbers[:100]
    assert list(my_numbers(100, 10)) != numbers[:100]


def test_an_individual_number_that_comes_up_twice_is_given_once(monkeypatch: pytest.MonkeyPatch) -> None:
    one, two, three = my_numbers(3, 1)
    drawn = iter([one, one, two, one, three])
    monkeypatch.setattr(people, "my_number", lambda rng: next(drawn))

    assert list(my_numbers(3, 0)) == [one, two, three]


def test_a_day_before_the_register_was_filled_is_refused() -> None:
    with pytest.raises(ValueError, match="2017年"):
        next(applicants(1, seed=1, today=date(2016, 12, 31)))


@pytest.mark.parametrize("count", [0, -1])
def test_nobody_is_made_when_nobody_is_asked_for(count: int) -> None:
    assert list(applicants(count, seed=1, today=TODAY)) == []
    assert list(my_numbers(count, 1)) == []
