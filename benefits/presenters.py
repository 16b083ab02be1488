"""What pages show, worked out before the template is reached."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _, gettext_lazy

from accounts.models import User
from benefits import content, holders, household_numbers, policies, protection, wareki, workflow
from benefits.certificate import STANDARD_NOTES, CertificateText
from benefits.choices import Status
from benefits.decision import MEMBER_ROWS
from benefits.fields import WarekiDateField, YenField
from benefits.forms import HOLDER_PARTS, MEMBER_PARTS, SECTIONS, EntryForm, HolderModelForm
from benefits.lifecycle import STEPS, Action
from benefits.models import Application, Certification, Person
from benefits.policies import Refusal
from benefits.registers import diseases, number_bases
from benefits.rules.cost_sharing import IncomeClass
from mynumber import vault

SCHEME = gettext_lazy("特定医療費（指定難病）")

STATUS_KINDS = {
    Status.DRAFT: "neutral",
    Status.SUBMITTED: "waiting",
    Status.RETURNED: "returned",
    Status.APPROVED: "good",
    Status.WITHDRAWN: "neutral",
}

NUMBER_STATES: Mapping[vault.State, Promise] = {
    vault.State.PROVISIONAL: gettext_lazy("未照合（使えません）"),
    vault.State.CONFIRMED: gettext_lazy("照合済み（承認まで使えません）"),
    vault.State.IN_USE: gettext_lazy("確定"),
}

BUTTONS: Mapping[Action, tuple[Promise, str]] = {
    Action.PULL_BACK: (gettext_lazy("引き戻す"), "secondary"),
}


@dataclass(frozen=True, slots=True)
class Button:
    """A step on offer, greyed out with its reason when it may not be taken."""

    label: str
    url: str
    refusal: Refusal | None
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Whose record a page is about."""

    name: str
    kana: str = ""
    born: str = ""
    receipt_number: str = ""
    scheme: str = ""
    status_label: str = ""
    status_kind: str = ""
    is_protected: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One box of the form as it is read: its key, name, value in words, and how far it has been compared."""

    key: str
    label: str
    value: str
    kind: str = ""
    ticked: bool = False
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the form and its rows."""

    key: str
    title: str
    rows: Sequence[Row]


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberBox:
    """How somebody's My Number stands for one checker, and whose it is. The number is not among it."""

    box: str
    place: str
    name: str
    kana: str
    born: str
    is_there: bool
    is_confirmed: bool
    is_own_entry: bool
    has_failed: bool
    needs_a_third: bool
    tries_left: int

    @property
    def can_be_typed(self) -> bool:
        """Say whether this checker may retype it now."""
        return self.is_there and not (self.is_confirmed or self.is_own_entry) and self.tries_left > 0

    @property
    def who(self) -> str:
        """The person in words, as messages name them."""
        return f"{self.place}：{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberState:
    """What may be told of a number that an application brought."""

    place: str
    name: str
    state: str
    basis: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HolderRow:
    """Somebody beside the patient whose number the entry form asks for, with their boxes."""

    slot: str
    place: str
    name: str
    born: str
    kana: forms.BoundField
    birth: forms.BoundField | None
    given: forms.BoundField
    number: forms.BoundField
    is_sealed: bool


def identity_of(application: Application, *, today: date) -> Identity:
    """Return the bar above a page about ``application``."""
    form = content.form_of(application.content)
    born = ""
    if form and not application.is_editable:
        born = wareki.write_full(date.fromisoformat(form["birth_on"]), today=today)
    return Identity(
        name=application.patient_name,
        kana=application.patient_kana,
        born=born,
        receipt_number=application.receipt_number,
        scheme=str(SCHEME),
        status_label=application.get_status_display(),
        status_kind=STATUS_KINDS[Status(application.status)],
        is_protected=bool(protection.protected_among([application.person_id])),
    )


def identity_of_person(person: Person, *, today: date) -> Identity:
    """Return the bar above a page about a registered person."""
    assert person.birth_on is not None  # noqa: S101  (registered people have one: person_is_registered_whole)
    return Identity(
        name=person.name,
        kana=person.kana,
        born=wareki.write_full(person.birth_on, today=today),
        scheme=str(SCHEME),
        is_protected=protection.is_protected(person),
    )


def born(person: Person) -> str:
    """Return a registered person's birth date as the papers write it."""
    return wareki.write(person.birth_on) if person.birth_on else ""


def sections_of(
    form: Mapping[str, Any],
    *,
    today: date,
    ticked: frozenset[str] = frozenset(),
    comments: Mapping[str, str] | None = None,
) -> list[Section]:
    """Return a submitted form's filled-in boxes in the paper's order, in words."""
    said = comments or {}
    found = []
    for key, title, names in SECTIONS:
        keys = names if key != "household" else (*_member_keys(), *_holder_keys())
        rows = [
            Row(
                key=name,
                label=label_of(name),
                value=display(name, form[name], today=today),
                kind=getattr(EntryForm.base_fields[name], "kind", ""),
                ticked=name in ticked,
                comment=said.get(name, ""),
            )
            for name in keys
            if form.get(name) not in ("", None, [])
        ]
        if rows:
            found.append(Section(key, str(title), rows))
    return found


def blanks_of(form: Mapping[str, Any]) -> str:
    """Return the names of the boxes that are empty, for comparing that they are empty on paper too."""
    rows = {
        name.split("_")[1] for name, value in form.items() if name.startswith("member_") and value not in ("", None)
    }
    names = [
        label_of(name)
        for name, value in form.items()
        if value in ("", None, []) and not (name.startswith("member_") and name.split("_")[1] not in rows)
    ]
    if len(rows) < MEMBER_ROWS:
        names.append(_("世帯員%d以降") % (len(rows) + 1))
    return "、".join(names)


def label_of(name: str) -> str:
    """Return what a box is called; a household member's box names its row."""
    label = str(EntryForm.base_fields[name].label)
    if name.startswith("member_"):
        return _("世帯員%(row)d %(label)s") % {"row": int(name.split("_")[1]) + 1, "label": label}
    return _("保護者 %s") % label if name.startswith("guardian_") else label


def display(name: str, value: Any, *, today: date) -> str:
    """Return a cleaned value in words: dates in wareki with the age, codes by their labels, yen with commas."""
    field = EntryForm.base_fields[name]
    if isinstance(field, WarekiDateField):
        on = date.fromisoformat(value)
        return wareki.write_full(on, today=today) if name.endswith("birth_on") else wareki.write(on)
    if isinstance(field, YenField):
        return f"{value:,}円"
    if name == "disease_number":
        disease = diseases.find(value, on=today)
        return f"{value} {disease.name}" if disease else str(value)
    if isinstance(field, forms.MultipleChoiceField):
        labels = dict(_pairs(field))
        return "、".join(str(labels.get(one, one)) for one in value)
    if isinstance(field, forms.ChoiceField):
        return str(dict(_pairs(field)).get(value, value))
    if name == "postal_code":
        return f"〒{value[:3]}-{value[3:]}"
    return str(value)


def number_boxes(progress: policies.Progress, *, checker: User) -> list[NumberBox]:
    """Return how the My Numbers that came with an application stand for ``checker``, in the paper's order."""
    today = timezone.localdate()
    return [
        NumberBox(
            box=workflow.box_of(one.claim.slot),
            place=one.claim.holder.place,
            name=one.claim.holder.name,
            kana=one.claim.holder.kana,
            born=wareki.write_full(on, today=today) if (on := one.claim.holder.birth_on) else "",
            is_there=one.is_there,
            is_confirmed=one.is_confirmed,
            is_own_entry=one.held is not None and one.held.typed_by == checker.pk,
            has_failed=checker.pk in one.has_failed,
            needs_a_third=one.needs_a_third(),
            tries_left=one.tries_left(checker),
        )
        for one in progress.numbers
    ]


def number_states(application: Application) -> list[NumberState]:
    """Return in words for whom an application brought a number, how far each has come and on what basis it is held."""
    if application.is_editable or application.status == Status.WITHDRAWN:
        return []
    found = []
    for one in household_numbers.standings_of(household_numbers.claims_of(application)):
        holder = one.claim.holder
        if not one.is_there or one.held is None:
            state = _("訂正または削除により、この版は使われていません")
        elif one.needs_a_third():
            state = _("不一致（3人目の照合待ち）")
        else:
            state = str(NUMBER_STATES[one.held.state])
        try:
            basis = number_bases.basis_for(
                holder.kind, programme=application.programme, on=timezone.localdate(application.edited_at)
            ).words
        except number_bases.NoBasisError:
            basis = ""
        found.append(NumberState(place=holder.place, name=holder.name, state=state, basis=basis))
    return found


def absence_reason(application: Application) -> str:
    """Return in words why the patient gave no number, or "" when they did."""
    reason = content.form_of(application.content).get("number_absence_reason", "")
    return display("number_absence_reason", reason, today=timezone.localdate()) if reason else ""


def holder_rows(form: EntryForm, *, today: date) -> list[HolderRow]:
    """Return the boxes of everybody beside the patient whose number is needed by what the form says now."""
    return [
        HolderRow(
            slot=slot,
            place=holder.place,
            name=holder.name,
            born=_born_in_words(holder, today=today),
            kana=form[f"{slot}_kana"],
            birth=form["guardian_birth_on"] if slot == holders.GUARDIAN else None,
            given=form[f"{slot}_number_given"],
            number=form[f"{slot}_number"],
            is_sealed=slot in form.sealed,
        )
        for slot, holder in form.beside_the_patient().items()
    ]


def holder_models() -> list[HolderRow]:
    """Return the empty boxes that the page makes further rows from: those of the guardian and of the first member."""
    form = HolderModelForm()
    return [
        HolderRow(
            slot=slot,
            place=place,
            name="",
            born="",
            kana=form[f"{slot}_kana"],
            birth=form["guardian_birth_on"] if slot == holders.GUARDIAN else None,
            given=form[f"{slot}_number_given"],
            number=form[f"{slot}_number"],
            is_sealed=False,
        )
        for slot, place in ((holders.GUARDIAN, _("保護者")), ("member_0", _("世帯員1")))
    ]


def patient_beside_the_number(form: EntryForm, *, today: date) -> dict[str, str]:
    """Return who stands beside the box of the patient's number."""
    patient = holders.needed(form.data if form.is_bound else form.initial)[0]
    return {"name": patient.name, "kana": patient.kana, "born": _born_in_words(patient, today=today)}


def _born_in_words(holder: holders.Holder, *, today: date) -> str:
    return wareki.write_full(on, today=today) if (on := holder.birth_on) else holder.birth


def buttons_of(application: Application, *, viewer: User) -> list[Button]:
    """Return the steps that belong to the viewer's duty and to where the application stands."""
    return [
        Button(
            label=str(label),
            url=reverse(f"benefits:application-{action}", args=[application.pk]),
            refusal=policies.why_not(action, application, by=viewer),
            kind=kind,
        )
        for action, (label, kind) in BUTTONS.items()
        if viewer.has_perm(STEPS[action].permission) and application.status in STEPS[action].sources
    ]


def class_label(code: str) -> str:
    """Return what an income class (階層区分) is called."""
    return IncomeClass(code).label


def certificate_text(certification: Certification, *, specimen: bool = False) -> CertificateText:
    """Return what the certificate (受給者証) says."""
    person, form = certification.person, content.form_of(certification.application.content)
    issued = timezone.localdate(certification.decided_at)
    disease = diseases.find(certification.disease_number, on=issued)
    mark = "・".join(part for part in (form.get("insured_symbol"), form.get("insured_number")) if part)
    if form.get("insured_branch"):
        mark += f"（{form['insured_branch']}）"
    assert person.birth_on is not None  # noqa: S101  (registered people have one: person_is_registered_whole)
    is_guardian = form.get("applicant_kind") == "GUARDIAN"
    return CertificateText(
        payer_number=certification.payer_number,
        recipient_number=person.recipient_number or "",
        name=person.name,
        name_kana=person.kana,
        address=person.address or "",
        birth=wareki.write(person.birth_on),
        sex=person.get_sex_display() or "",
        insurer_name=form.get("insurer_name") or _("（保険なし）"),
        insured_mark=mark,
        disease_names=(disease.name if disease else str(certification.disease_number),),
        valid_from=wareki.write(certification.valid_from),
        valid_to=wareki.write(certification.valid_to),
        monthly_cap=f"{certification.monthly_cap:,}円",
        income_class=class_label(certification.income_class),
        burden_column=certification.burden_column,
        payment_category="",
        guardian=form.get("applicant_name", "") if is_guardian else "",
        institutions=_("全国の指定医療機関"),
        issued_on=wareki.write(issued),
        issued_date=issued,
        issuer=_("見本県知事"),
        notes=STANDARD_NOTES,
        specimen=specimen,
        reissue=False,
    )


def _pairs(field: forms.ChoiceField) -> list[tuple[str, str]]:
    """Return a field's codes and labels."""
    return [(str(code), str(label)) for code, label in field.choices]  # type: ignore[union-attr,misc]  # our choices are flat pairs


def _holder_keys() -> tuple[str, ...]:
    return tuple(part for slot in holders.SLOTS for part in HOLDER_PARTS[slot])


def _member_keys() -> tuple[str, ...]:
    return tuple(f"member_{row}_{part}" for row in range(MEMBER_ROWS) for part in MEMBER_PARTS)
