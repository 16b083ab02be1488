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
from benefits import content, policies, wareki
from benefits.certificate import STANDARD_NOTES, CertificateText
from benefits.choices import Status
from benefits.decision import MEMBER_ROWS
from benefits.fields import WarekiDateField, YenField
from benefits.forms import MEMBER_PARTS, SECTIONS, EntryForm
from benefits.lifecycle import STEPS, Action
from benefits.models import Application, Certification, Person
from benefits.policies import Refusal
from benefits.registers import diseases
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
    """How the My Number of an application stands for one checker. The number is not among it."""

    is_given: bool
    is_confirmed: bool
    is_own_entry: bool
    tries_left: int
    absence_reason: str


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
    )


def identity_of_person(person: Person, *, today: date) -> Identity:
    """Return the bar above a page about a registered person."""
    assert person.birth_on is not None  # noqa: S101  (registered people have one: person_is_registered_whole)
    return Identity(
        name=person.name, kana=person.kana, born=wareki.write_full(person.birth_on, today=today), scheme=str(SCHEME)
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
        keys = names if key != "household" else _member_keys()
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
    return label


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


def number_box(application: Application, progress: policies.Progress, *, checker: User) -> NumberBox:
    """Return how the My Number stands for ``checker``."""
    held, version = progress.number, application.number_version
    reason = content.form_of(application.content).get("number_absence_reason", "")
    return NumberBox(
        is_given=version is not None,
        is_confirmed=held is not None and held.state is not vault.State.PROVISIONAL,
        is_own_entry=held is not None and held.typed_by == checker.pk,
        tries_left=vault.tries_left(application.person_id, version, by=checker) if version else 0,
        absence_reason=display("number_absence_reason", reason, today=timezone.localdate()) if reason else "",
    )


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


def _member_keys() -> tuple[str, ...]:
    return tuple(f"member_{row}_{part}" for row in range(MEMBER_ROWS) for part in MEMBER_PARTS)
