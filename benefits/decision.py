"""What an application comes to: the rules put to the values of one form.

Plain: it reads a form's values and the dated rules, and neither the database nor the clock. The figures are those
in force when the health centre took the paper in, because the year of the tax and the thresholds go together.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from benefits import wareki
from benefits.registers import diseases
from benefits.rules import cost_sharing, validity, wording
from benefits.rules.cost_sharing import IncomeClass, Scheme
from benefits.rules.household import Household, IncompleteHousehold, InsuranceKind, Member, Tax, counted

MEMBER_ROWS = 6

__all__ = ["MEMBER_ROWS", "CannotDecideError", "Decision", "decide"]


class CannotDecideError(ValueError):
    """The form contradicts itself. The text is fit to show the clerk; ``field`` is where to mend it."""

    def __init__(self, message: str, *, field: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The certification an approval would make, every part with its reasons in words."""

    income_class: IncomeClass
    is_provisional: bool
    monthly_cap: int
    burden_column: str
    payer_number: str
    valid_from: date
    valid_to: date
    household: tuple[str, ...]
    class_reasons: tuple[str, ...]
    cap_reasons: tuple[str, ...]
    validity_reasons: tuple[str, ...]

    @property
    def mark(self) -> str:
        """The SHA-256 of all that is decided: what a checker was shown is what an approval makes."""
        parts = [self.income_class.value, self.is_provisional, self.monthly_cap, self.burden_column]
        parts += [self.payer_number, self.valid_from.isoformat(), self.valid_to.isoformat(), *self.reasons]
        return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()

    @property
    def monthly_cap_text(self) -> str:
        """The cap as the page shows it."""
        return wording.yen(self.monthly_cap)

    @property
    def validity_text(self) -> str:
        """The validity as the page shows it."""
        return f"{wareki.write(self.valid_from)}から{wareki.write(self.valid_to)}まで"

    @property
    def reasons(self) -> tuple[str, ...]:
        """All the reasons, in the order in which they lead to the decision."""
        return (*self.household, *self.class_reasons, *self.cap_reasons, *self.validity_reasons)


def decide(form: Mapping[str, Any]) -> Decision:
    """Return what the form's values (as :func:`benefits.content.form_of` gives them) come to.

    Raises :class:`CannotDecideError` when the household or the dates cannot be true together.
    """
    accepted_on = date.fromisoformat(form["accepted_on"])
    household = household_of(form)
    try:
        classification = cost_sharing.classify(household, on=accepted_on)
    except IncompleteHousehold as error:
        raise CannotDecideError(str(error), field="insured_kind") from error
    cap = cost_sharing.monthly_cap(
        Scheme.NANBYO, classification.income_class, on=accepted_on, ventilator=form["ventilator"] == "YES"
    )
    met_on = form.get("mild_met_on") if form["certification_basis"] == "MILD_HIGH_COST" else None
    try:
        start = validity.start_on(
            accepted_on=accepted_on,
            diagnosed_on=date.fromisoformat(form["diagnosed_on"]),
            basis_met_on=date.fromisoformat(met_on) if met_on else None,
            late_reason=form["late_reason"] != "NONE",
        )
        start = _not_before_designation(start, form, accepted_on)
        end = validity.end_on(start.on, scheme=Scheme.NANBYO)
    except validity.ImpossibleDates as error:
        raise CannotDecideError(str(error), field="mild_met_on" if met_on else "diagnosed_on") from error
    names = {"patient": "受診者"} | {str(row): f"世帯員{row + 1}" for row in range(MEMBER_ROWS)}
    return Decision(
        income_class=classification.income_class,
        is_provisional=classification.provisional,
        monthly_cap=cap.yen,
        burden_column=cap.column,
        payer_number=cost_sharing.payer_number(Scheme.NANBYO, classification.income_class, on=accepted_on),
        valid_from=start.on,
        valid_to=end.on,
        household=tuple(f"{names[one.member.label]}：{one.reason}" for one in counted(household)),
        class_reasons=classification.reasons,
        cap_reasons=cap.reasons,
        validity_reasons=(*start.reasons, *end.reasons),
    )


def _not_before_designation(start: validity.Start, form: Mapping[str, Any], accepted_on: date) -> validity.Start:
    """Let nothing begin before the disease was designated (難病法5条1項: it is no 指定難病 until then)."""
    disease = diseases.find(form["disease_number"], on=accepted_on)
    if disease is None or start.on >= disease.since:
        return start
    reason = f"この疾病が指定難病になった{wareki.write(disease.since)}より前には遡れません。"
    return validity.Start(disease.since, (*start.reasons, reason))


def household_of(form: Mapping[str, Any]) -> Household:
    """Return the form's household as the rules see it: the patient first, then the rows that are filled in."""
    accepted_on = date.fromisoformat(form["accepted_on"])
    age = validity.age_on(date.fromisoformat(form["birth_on"]), accepted_on)
    patient = Member(
        label="patient",
        is_patient=True,
        is_insured_person=form.get("insured_kind") == "SELF",
        same_insurance=True,
        tax=Tax(form["patient_tax"]),
        income_levy=form.get("patient_income_levy") or 0,
    )
    members = [
        Member(
            label=str(row),
            is_insured_person=form.get(f"member_{row}_insured") == "YES",
            same_insurance=form[f"member_{row}_insurance"] == "SAME",
            tax=Tax(form[f"member_{row}_tax"]),
            income_levy=form.get(f"member_{row}_income_levy") or 0,
            is_guardian=form.get(f"member_{row}_guardian") == "YES",
            is_latter_stage=form.get(f"member_{row}_latter_stage") == "YES",
        )
        for row in range(MEMBER_ROWS)
        if form.get(f"member_{row}_name")
    ]
    income = sum(form.get(part) or 0 for part in ("total_income", "pension_income", "untaxed_pension"))
    return Household(
        insurance=InsuranceKind(form["insurance_kind"]),
        members=(patient, *members),
        patient_income=income,
        patient_age=age,
        on_public_assistance=form.get("public_assistance") == "YES",
    )
