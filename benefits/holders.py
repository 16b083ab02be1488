"""Whose My Number an application needs: exactly these people have a box for one, and nobody else does.

Worked out from what is typed, however unfinished. The patient always; the guardian who applies for a child; and
those of the household whose tax counts (``benefits.rules.household``). An agent acts with the patient's own number
and brings none. Somebody who is both the applying guardian and a counted member is one person and has one box.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.utils.translation import gettext as _

from benefits import japanese_text, wareki
from benefits.choices import ApplicantKind, InsuranceChoice
from benefits.decision import MEMBER_ROWS
from benefits.rules import parameters, validity
from benefits.rules.household import Household, InsuranceKind, Member, Tax, counted
from mynumber.vault import Kind

PATIENT: Final = "patient"
GUARDIAN: Final = "guardian"
#: Where somebody besides the patient may stand on the form.
SLOTS: Final = (GUARDIAN, *(f"member_{row}" for row in range(MEMBER_ROWS)))
#: What a household member's number is asked for with; "GIVEN", or why there is none.
GIVEN: Final = "GIVEN"
#: The longest text that is looked at in any one box.
LONGEST: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Somebody whose number the application needs, as they stand on the form."""

    slot: str
    kind: Kind
    name: str
    kana: str
    birth: str

    @property
    def birth_on(self) -> date | None:
        """The birth date, as far as it can be read."""
        return _day(self.birth)

    @property
    def place(self) -> str:
        """What the form calls this place: the patient, the guardian, household member 1."""
        if self.slot == PATIENT:
            return _("受診者")
        if self.slot == GUARDIAN:
            return _("保護者")
        where = _("世帯員%d") % (int(self.slot.removeprefix("member_")) + 1)
        return _("%s（保護者）") % where if self.kind is Kind.GUARDIAN else where

    @property
    def who(self) -> tuple[Kind, str, str]:
        """By what the person is told from others: a number that was typed stays only while this stays."""
        born = self.birth_on
        return self.kind, japanese_text.name_key(self.name), born.isoformat() if born else self.birth.strip()


def needed(form: Mapping[str, Any]) -> tuple[Holder, ...]:
    """Return everybody whose number ``form`` (typed or cleaned values) needs, in the order of the paper."""
    patient = Holder(
        slot=PATIENT,
        kind=Kind.PATIENT,
        name=_shown(_joined(form, "family_name", "given_name")),
        kana=_shown(_joined(form, "family_kana", "given_kana")),
        birth=_shown(_text(form, "birth_on")),
    )
    counting = _counting(form)
    guardian = _guardian(form)
    if guardian is not None and guardian != GUARDIAN:
        counting |= {guardian}
    members = [
        Holder(
            slot=slot,
            kind=Kind.GUARDIAN if slot == guardian else Kind.MEMBER,
            name=_shown(_text(form, f"{slot}_name")),
            kana=_shown(_text(form, f"{slot}_kana")),
            birth=_shown(_text(form, f"{slot}_birth_on")),
        )
        for slot in SLOTS[1:]
        if slot in counting
    ]
    if guardian != GUARDIAN:
        return (patient, *members)
    alone = Holder(
        slot=GUARDIAN,
        kind=Kind.GUARDIAN,
        name=_shown(_text(form, "applicant_name")),
        kana=_shown(_text(form, "guardian_kana")),
        birth=_shown(_text(form, "guardian_birth_on")),
    )
    return (patient, alone, *members)


def beside_the_patient(form: Mapping[str, Any]) -> dict[str, Holder]:
    """Return the others whose number is needed, by where they stand."""
    return {holder.slot: holder for holder in needed(form) if holder.slot != PATIENT}


def _guardian(form: Mapping[str, Any]) -> str | None:
    """Return where the guardian who applies stands: among the household when the same name is marked there."""
    if form.get("applicant_kind") != ApplicantKind.GUARDIAN or not _text(form, "applicant_name"):
        return None
    age = _age(form)
    if age is not None and age >= _grown_up_at():
        return None
    name = japanese_text.name_key(_text(form, "applicant_name"))
    for slot in SLOTS[1:]:
        if form.get(f"{slot}_guardian") == "YES" and japanese_text.name_key(_text(form, f"{slot}_name")) == name:
            return slot
    return GUARDIAN


def _counting(form: Mapping[str, Any]) -> frozenset[str]:
    """Return the rows whose tax counts, by the rules that the decision is made by."""
    if form.get("insurance_kind") not in InsuranceChoice.values:
        return frozenset()
    age = _age(form)
    members = [
        Member(
            label=slot,
            is_insured_person=form.get(f"{slot}_insured") == "YES",
            same_insurance=form.get(f"{slot}_insurance") == "SAME",
            tax=Tax.UNKNOWN,  # whether somebody counts does not hang on how much they pay
            is_guardian=form.get(f"{slot}_guardian") == "YES",
            is_latter_stage=form.get(f"{slot}_latter_stage") == "YES",
        )
        for slot in SLOTS[1:]
        if _text(form, f"{slot}_name")
    ]
    patient = Member(
        label=PATIENT,
        is_patient=True,
        is_insured_person=form.get("insured_kind") == "SELF",
        same_insurance=True,
        tax=Tax.UNKNOWN,
    )
    household = Household(
        insurance=InsuranceKind(form["insurance_kind"]),
        members=(patient, *members),
        patient_income=0,
        patient_age=age if age is not None else _grown_up_at(),
        on_public_assistance=form.get("public_assistance") == "YES",
    )
    return frozenset(one.member.label for one in counted(household) if one.counted) - {PATIENT}


def _age(form: Mapping[str, Any]) -> int | None:
    born, accepted = _day(_text(form, "birth_on")), _day(_text(form, "accepted_on"))
    return validity.age_on(born, accepted) if born and accepted and born <= accepted else None


def _grown_up_at() -> int:
    return int(parameters.value("age.guardian_counts_below", date.max))


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        pass
    try:
        return wareki.read(text)
    except wareki.Unreadable:
        return None


def _text(form: Mapping[str, Any], name: str) -> str:
    value = form.get(name)
    return "" if value is None else str(value).strip()[:LONGEST]


def _shown(text: str) -> str:
    """Return what was typed as pages may show it: a My Number in the wrong box is not drawn back from here either."""
    # half of a surrogate pair cannot be sent to a browser
    return japanese_text.mask_my_numbers(text).encode(errors="replace").decode()


def _joined(form: Mapping[str, Any], *names: str) -> str:
    return "　".join(part for part in (_text(form, name) for name in names) if part)
