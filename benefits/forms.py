"""What clerks may send: the paper form, the comparison with it, and the searches.

The entry form follows the paper, box by box. It checks; it never saves, and it never gives a My Number back.
"""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any, cast

from django import forms
from django.db.models import TextChoices
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _, gettext_lazy

from benefits import choices, holders, japanese_text
from benefits.decision import MEMBER_ROWS, CannotDecideError, decide
from benefits.fields import (
    NOT_CHOSEN,
    AddressField,
    ChoiceCodeField,
    ChoiceCodesField,
    DigitsField,
    FreeTextField,
    InsurerNumberField,
    KanaField,
    NameField,
    PhoneField,
    PostalCodeField,
    WarekiDateField,
    YenField,
)
from benefits.registers import diseases
from mynumber import vault

#: The longest text that a draft keeps for one box. Beyond it the box is marked and the draft is not saved.
RAW_LIMIT = 1_000

#: The paper's parts in its order: (key, heading, boxes).
SECTIONS: tuple[tuple[str, Any, tuple[str, ...]], ...] = (
    ("acceptance", gettext_lazy("受付"), ("accepted_on", "accepted_office")),
    (
        "patient",
        gettext_lazy("受診者"),
        (
            "family_kana",
            "given_kana",
            "family_name",
            "given_name",
            "birth_on",
            "sex",
            "postal_code",
            "prefecture",
            "city",
            "street",
            "building",
            "phone",
        ),
    ),
    (
        "number",
        gettext_lazy("個人番号"),
        ("number_given", "number", "number_absence_reason", "number_evidence", "identity_evidence"),
    ),
    (
        "applicant",
        gettext_lazy("申請者"),
        ("applicant_kind", "applicant_name", "applicant_relation", "applicant_phone"),
    ),
    (
        "insurance",
        gettext_lazy("医療保険"),
        (
            "insurance_kind",
            "insurer_number",
            "insurer_name",
            "insured_symbol",
            "insured_number",
            "insured_branch",
            "insured_kind",
            "insured_name",
        ),
    ),
    (
        "disease",
        gettext_lazy("疾病"),
        (
            "disease_number",
            "diagnosed_on",
            "certification_basis",
            "mild_met_on",
            "late_reason",
            "ventilator",
            "physician_name",
            "hospital_name",
        ),
    ),
    (
        "income",
        gettext_lazy("所得"),
        (
            "public_assistance",
            "patient_tax",
            "patient_income_levy",
            "total_income",
            "pension_income",
            "untaxed_pension",
        ),
    ),
    ("household", gettext_lazy("世帯員"), ()),
    ("documents", gettext_lazy("提出書類"), ("documents", "note")),
)

MEMBER_PARTS = (
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
#: Typed into the vault, never kept with the rest nor drawn again: the patient's, and everybody else's.
NUMBER = "number"
HOLDER_NUMBERS = {f"{slot}_number": slot for slot in holders.SLOTS}
NUMBERS = frozenset({NUMBER, *HOLDER_NUMBERS})
#: What is asked of somebody beside the patient whose number is needed. Of nobody else it is kept or even drawn.
HOLDER_PARTS = {
    slot: (f"{slot}_kana", *(("guardian_birth_on",) if slot == holders.GUARDIAN else ()), f"{slot}_number_given")
    for slot in holders.SLOTS
}
#: Parts of the form that somebody who never meets a My Number does not see.
NUMBER_SECTION = "number"


class NumberInput(forms.TextInput):
    """The box for a My Number: always drawn empty, whatever was typed."""

    def __init__(self) -> None:
        super().__init__(
            attrs={
                "inputmode": "numeric",
                "autocomplete": "off",
                "spellcheck": "false",
                "size": "16",
                "maxlength": "40",
                "data-my-number": True,
                "data-never-autosave": True,
            },
        )

    def format_value(self, value: object) -> None:
        return None


class NumberField(forms.CharField):
    """A My Number typed from paper. The cleaned value is the twelve digits; the vault seals them."""

    requirement = "conditional"
    shown_when = ""

    def __init__(self, **kwargs: Any) -> None:
        self.shown_when = kwargs.pop("shown_when", "")
        super().__init__(widget=NumberInput(), required=False, max_length=40, strip=True, **kwargs)
        self.error_messages["max_length"] = _("個人番号は12桁で入力してください")

    def clean(self, value: Any) -> str:
        text: str = super().clean(value)
        if not text:
            return ""
        try:
            return vault.read(text)
        except vault.InvalidNumberError as error:
            raise forms.ValidationError(str(error).rstrip("。"), code="number") from None


class DiseaseNumberField(DigitsField):
    """The 告示番号 of a designated disease, 1 to 348 today; whether it was in force is asked with the date."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(lengths=(1, 2, 3), **kwargs)
        self.widget.attrs.update({"size": "5", "inputmode": "text"})  # a name may be typed to look the number up


def _choice(label: Any, vocabulary: type[TextChoices], **kwargs: Any) -> ChoiceCodeField:
    return ChoiceCodeField(label=label, choices=vocabulary.choices, **kwargs)


def _radio(label: Any, vocabulary: type[TextChoices], **kwargs: Any) -> ChoiceCodeField:
    """Return a choice among two or three, all in view."""
    return _choice(label, vocabulary, widget=forms.RadioSelect, **kwargs)


class EntryForm(forms.Form):
    """The application for 特定医療費（指定難病）支給認定, from acceptance to documents."""

    use_required_attribute = False

    accepted_on = WarekiDateField(label=gettext_lazy("収受日"), not_future=True, help_text=gettext_lazy("例 R8.11.20"))
    accepted_office = _choice(gettext_lazy("受付保健所"), choices.AcceptedOffice)

    family_kana = KanaField(label=gettext_lazy("フリガナ（氏）"), max_length=40)
    given_kana = KanaField(label=gettext_lazy("フリガナ（名）"), max_length=40)
    family_name = NameField(label=gettext_lazy("氏"), max_length=40)
    given_name = NameField(label=gettext_lazy("名"), max_length=40)
    birth_on = WarekiDateField(
        label=gettext_lazy("生年月日"), not_future=True, help_text=gettext_lazy("例 S45.4.1、S450401、1970/4/1")
    )
    sex = _radio(gettext_lazy("性別"), choices.Sex)
    postal_code = PostalCodeField(label=gettext_lazy("郵便番号"))
    prefecture = AddressField(label=gettext_lazy("都道府県"), max_length=10)
    city = AddressField(label=gettext_lazy("市区町村"), max_length=40)
    street = AddressField(label=gettext_lazy("町名・番地"), max_length=100)
    building = AddressField(label=gettext_lazy("建物名"), max_length=100, required=False)
    phone = PhoneField(label=gettext_lazy("電話番号"), required=False)

    number_given = _radio(gettext_lazy("個人番号の記載"), choices.NumberGiven)
    number = NumberField(
        label=gettext_lazy("個人番号"),
        help_text=gettext_lazy("原本を見て入力。入力後は隠れ、二度と表示されません"),
        shown_when="number_given=GIVEN",
    )
    number_absence_reason = _choice(
        gettext_lazy("記載がない理由"),
        choices.AbsenceReason,
        required=False,
        requirement="conditional",
        shown_when="number_given=NOT_GIVEN",
    )
    number_evidence = _choice(
        gettext_lazy("番号確認書類"),
        choices.NumberEvidence,
        required=False,
        requirement="conditional",
        shown_when="number_given=GIVEN",
    )
    identity_evidence = _choice(
        gettext_lazy("身元確認書類"),
        choices.IdentityEvidence,
        required=False,
        requirement="conditional",
        shown_when="number_given=GIVEN",
    )

    applicant_kind = _radio(gettext_lazy("申請者"), choices.ApplicantKind)
    applicant_name = NameField(
        label=gettext_lazy("申請者氏名"),
        max_length=60,
        required=False,
        requirement="conditional",
        shown_when="applicant_kind=GUARDIAN,AGENT",
    )
    applicant_relation = FreeTextField(
        label=gettext_lazy("続柄"),
        max_length=20,
        required=False,
        requirement="conditional",
        shown_when="applicant_kind=GUARDIAN,AGENT",
    )
    applicant_phone = PhoneField(
        label=gettext_lazy("申請者電話番号"), required=False, shown_when="applicant_kind=GUARDIAN,AGENT"
    )

    insurance_kind = _choice(gettext_lazy("保険種別"), choices.InsuranceChoice)
    insurer_number = InsurerNumberField(label=gettext_lazy("保険者番号"), required=False, requirement="conditional")
    insurer_name = FreeTextField(
        label=gettext_lazy("保険者名"), max_length=60, required=False, requirement="conditional"
    )
    insured_symbol = FreeTextField(label=gettext_lazy("記号"), max_length=20, required=False)
    insured_number = FreeTextField(
        label=gettext_lazy("番号"), max_length=20, required=False, requirement="conditional"
    )
    insured_branch = DigitsField(label=gettext_lazy("枝番"), lengths=(2,), required=False)
    insured_kind = _radio(gettext_lazy("本人・家族"), choices.InsuredKind, required=False, requirement="conditional")
    insured_name = NameField(label=gettext_lazy("被保険者氏名"), max_length=60, required=False)

    disease_number = DiseaseNumberField(
        label=gettext_lazy("疾病（告示番号）"), help_text=gettext_lazy("番号、病名の一部、かなで探せます")
    )
    diagnosed_on = WarekiDateField(
        label=gettext_lazy("診断年月日"), not_future=True, help_text=gettext_lazy("臨床調査個人票の診断年月日")
    )
    certification_basis = _radio(gettext_lazy("認定の基準"), choices.Basis)
    mild_met_on = WarekiDateField(
        label=gettext_lazy("軽症高額の基準を満たした日"),
        not_future=True,
        required=False,
        requirement="conditional",
        shown_when="certification_basis=MILD_HIGH_COST",
    )
    late_reason = _choice(gettext_lazy("1か月以内に申請しなかった理由"), choices.LateReason)
    ventilator = _radio(gettext_lazy("人工呼吸器等装着"), choices.YesNo)
    physician_name = NameField(label=gettext_lazy("指定医氏名"), max_length=60, required=False)
    hospital_name = FreeTextField(label=gettext_lazy("医療機関名"), max_length=80, required=False)

    public_assistance = _radio(gettext_lazy("生活保護の受給"), choices.YesNo)
    patient_tax = _radio(gettext_lazy("受診者の市町村民税"), choices.TaxChoice)
    patient_income_levy = YenField(
        label=gettext_lazy("受診者の所得割額"),
        required=False,
        requirement="conditional",
        shown_when="patient_tax=TAXED",
    )
    total_income = YenField(label=gettext_lazy("合計所得金額"), required=False)
    pension_income = YenField(label=gettext_lazy("公的年金等収入"), required=False)
    untaxed_pension = YenField(label=gettext_lazy("非課税年金・手当"), required=False)

    documents = ChoiceCodesField(label=gettext_lazy("提出された書類"), choices=choices.Document.choices)
    note = FreeTextField(label=gettext_lazy("備考"), max_length=400, multiline=True, required=False)

    def __init__(
        self,
        data: Mapping[str, Any] | QueryDict | None = None,
        *,
        today: date,
        types_number: bool = True,
        has_number: bool = False,
        sealed: Collection[str] = (),
        comments: Mapping[str, str] | None = None,
        initial: Mapping[str, Any] | None = None,
        offices: Collection[str] | None = None,
    ) -> None:
        """Draw or check the form as of ``today``.

        ``initial`` is a draft that is opened again, not checked; ``has_number`` says that the patient's number is
        sealed already, ``sealed`` whose else's is (by where they stand on the form); ``comments`` are the
        checker's, by field; ``offices`` are the health centres that may be chosen (None = every one), and a single
        one is chosen already.
        """
        self.today = today
        self.has_number = has_number
        #: with the person's id where that is known: whoever moves to another row takes their number along
        self.sealed: dict[str, Any] = dict(sealed) if isinstance(sealed, Mapping) else dict.fromkeys(sealed)
        #: whose number was sent although the application does not need it
        self.not_needed: list[str] = []
        self._not_asked: frozenset[str] = frozenset()
        super().__init__(data, initial=dict(initial) if initial is not None else None)
        self.fields["disease_number"].widget.attrs["data-disease-lookup"] = reverse("benefits:diseases")
        for field in self.fields.values():
            if isinstance(field, WarekiDateField):
                field.today = lambda: today
        if not types_number:
            for name in next(names for key, _title, names in SECTIONS if key == NUMBER_SECTION):
                del self.fields[name]
            for name in (*HOLDER_NUMBERS, *(part for parts in HOLDER_PARTS.values() for part in parts)):
                del self.fields[name]
        if offices is not None:
            known = [(code, label) for code, label in choices.AcceptedOffice.choices if code in offices]
            office = cast("ChoiceCodeField", self.fields["accepted_office"])
            office.choices = known if len(known) == 1 else [("", NOT_CHOSEN), *known]
        for name, comment in (comments or {}).items():
            if name in self.fields:
                self.fields[name].returned_comment = comment  # type: ignore[attr-defined]

    # ── what was typed ───────────────────────────────────────────────────────────────────────────────────────────

    def raw(self) -> dict[str, Any]:
        """Return what was typed, key by key, without the My Number and without what looks like one elsewhere."""
        typed: dict[str, Any] = {}
        for name, field in self.fields.items():
            if name in NUMBERS:
                continue
            value = field.widget.value_from_datadict(self.data, self.files, self.add_prefix(name))
            if isinstance(field, ChoiceCodesField):
                # boxes are ticked, not typed into: anything else did not come from the form
                typed[name] = [code for code in value or () if field.valid_value(code)]
            elif value:
                # one character more than may be kept says that it was too long
                typed[name] = japanese_text.mask_my_numbers(str(value)[: RAW_LIMIT + 1])
        return typed

    def is_safe_to_keep(self) -> bool:
        """Say whether a draft may hold what was typed: nothing endless. Other mistakes may wait until submission."""
        too_long = [name for name, text in self.raw().items() if isinstance(text, str) and len(text) > RAW_LIMIT]
        for name in too_long:
            if name not in self.errors:
                self.add_error(
                    name,
                    _("%(label)sが長すぎます。%(limit)d文字以内にしてください")
                    % {"label": self.fields[name].label, "limit": RAW_LIMIT},
                )
        return not too_long

    def typed_numbers(self) -> dict[str, str]:
        """Return the My Numbers to be sealed, by whose they are, as far as they were typed and can be one."""
        boxes = {NUMBER: holders.PATIENT, **HOLDER_NUMBERS}
        return {slot: number for name, slot in boxes.items() if (number := self.cleaned_data.get(name))}

    def beside_the_patient(self) -> dict[str, holders.Holder]:
        """Return the others whose number is needed by what is on the form now, by where they stand."""
        if HOLDER_PARTS[holders.GUARDIAN][0] not in self.fields:
            return {}
        return holders.beside_the_patient(self.data if self.is_bound else self.initial)

    def document(self) -> dict[str, Any]:
        """Return the cleaned values as JSON has them: dates in ISO 8601, amounts as whole numbers."""
        values: dict[str, Any] = {}
        for name, value in self.cleaned_data.items():
            if name not in NUMBERS and name not in self._not_asked:
                values[name] = value.isoformat() if isinstance(value, date) else value
        values["disease_number"] = int(values["disease_number"])
        return values

    # ── what must agree ──────────────────────────────────────────────────────────────────────────────────────────

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        self._clean_dates(cleaned)
        self._clean_number(cleaned)
        self._clean_applicant(cleaned)
        self._clean_insurance(cleaned)
        self._clean_disease(cleaned)
        self._clean_income(cleaned)
        self._clean_members(cleaned)
        self._clean_holders(cleaned)
        if not self.errors:
            self._clean_decision()
        return self.cleaned_data

    def _need(self, cleaned: Mapping[str, Any], name: str, when: str) -> None:
        """Ask for a box that is needed only in a case, and say which case."""
        if name in self.fields and name not in self.errors and cleaned.get(name) in (None, "", []):
            verb = _("選んで") if isinstance(self.fields[name], ChoiceCodeField) else _("入力して")
            self.add_error(name, f"{when}{self.fields[name].label}を{verb}ください")

    def _clean_dates(self, cleaned: Mapping[str, Any]) -> None:
        accepted, born, diagnosed = (cleaned.get(name) for name in ("accepted_on", "birth_on", "diagnosed_on"))
        if accepted and born and born > accepted:
            self.add_error("birth_on", _("生年月日は収受日より後にはできません"))
        if accepted and diagnosed and diagnosed > accepted:
            self.add_error("diagnosed_on", _("診断年月日は収受日より後にはできません"))
        if born and diagnosed and diagnosed < born:
            self.add_error("diagnosed_on", _("診断年月日は生年月日より前にはできません"))

    def _clean_number(self, cleaned: Mapping[str, Any]) -> None:
        if NUMBER not in self.fields:
            return
        given = cleaned.get("number_given")
        if given == choices.NumberGiven.GIVEN:
            if not self.has_number and not cleaned.get(NUMBER) and NUMBER not in self.errors:
                self.add_error(
                    NUMBER, _("個人番号を入力してください。申請書に記載がないときは「記載なし」を選んでください")
                )
            for name in ("number_evidence", "identity_evidence"):
                self._need(cleaned, name, _("個人番号の記載があるときは、"))
        elif given == choices.NumberGiven.NOT_GIVEN:
            self._need(cleaned, "number_absence_reason", _("個人番号の記載がないときは、"))
            if cleaned.get(NUMBER):
                self.add_error("number_given", _("個人番号が入力されていますが、「記載なし」が選ばれています"))

    def _clean_applicant(self, cleaned: Mapping[str, Any]) -> None:
        if cleaned.get("applicant_kind") in (choices.ApplicantKind.GUARDIAN, choices.ApplicantKind.AGENT):
            for name in ("applicant_name", "applicant_relation"):
                self._need(cleaned, name, _("申請者が本人でないときは、"))

    def _clean_insurance(self, cleaned: Mapping[str, Any]) -> None:
        kind = cleaned.get("insurance_kind")
        if not kind or kind == choices.InsuranceChoice.SEIHO:
            return
        for name in ("insurer_number", "insurer_name", "insured_number"):
            self._need(cleaned, name, _("医療保険に加入しているときは、"))
        if kind in choices.EMPLOYEE_INSURANCE:
            self._need(cleaned, "insured_kind", _("被用者保険のときは、"))

    def _clean_disease(self, cleaned: Mapping[str, Any]) -> None:
        number, accepted = cleaned.get("disease_number"), cleaned.get("accepted_on")
        if number and "disease_number" not in self.errors:
            found = diseases.find(int(number), on=accepted or self.today)
            if found is None:
                self.add_error(
                    "disease_number",
                    _("告示番号%sの指定難病はありません（収受日の時点）。番号か病名を確かめてください") % int(number),
                )
        if cleaned.get("certification_basis") == choices.Basis.MILD_HIGH_COST:
            self._need(cleaned, "mild_met_on", _("軽症高額で認定するときは、"))

    def _clean_income(self, cleaned: Mapping[str, Any]) -> None:
        if cleaned.get("patient_tax") == choices.TaxChoice.TAXED:
            self._need(cleaned, "patient_income_levy", _("課税のときは（均等割だけなら0と入力）、"))
        if cleaned.get("patient_tax") == choices.TaxChoice.EXEMPT and cleaned.get("patient_income_levy"):
            self.add_error(
                "patient_income_levy", _("非課税なのに所得割額が入力されています。どちらかを直してください")
            )

    def _clean_members(self, cleaned: dict[str, Any]) -> None:
        for row in range(MEMBER_ROWS):
            part = {name: cleaned.get(f"member_{row}_{name}") for name in MEMBER_PARTS}
            if not any(part.values()) and not any(f"member_{row}_{name}" in self.errors for name in MEMBER_PARTS):
                continue
            where = _("世帯員%dの") % (row + 1)
            for name in ("name", "relation", "insurance", "tax"):
                self._need(cleaned, f"member_{row}_{name}", where)
            if part["tax"] == choices.TaxChoice.TAXED:
                self._need(cleaned, f"member_{row}_income_levy", where)
            if part["tax"] == choices.TaxChoice.EXEMPT and part["income_levy"]:
                self.add_error(f"member_{row}_income_levy", where + _("所得割額が入力されていますが、非課税です"))
            born = part["birth_on"]
            if born and cleaned.get("accepted_on") and born > cleaned["accepted_on"]:
                self.add_error(f"member_{row}_birth_on", where + _("生年月日は収受日より後にはできません"))

    def _clean_holders(self, cleaned: dict[str, Any]) -> None:
        """Ask for the number of everybody whose number is needed, and take nobody else's."""
        self.not_needed = []
        needed = self.beside_the_patient()
        self._not_asked = frozenset(
            part for slot in holders.SLOTS if slot not in needed for part in HOLDER_PARTS[slot]
        )
        for slot in holders.SLOTS:
            if f"{slot}_number" not in self.fields:
                continue
            if slot in needed:
                self._clean_holder(cleaned, needed[slot])
            else:
                self._refuse_number(cleaned, slot)
        self._refuse_one_number_for_two(cleaned, needed)

    def _clean_holder(self, cleaned: Mapping[str, Any], holder: holders.Holder) -> None:
        slot, where = holder.slot, _("%sの") % holder.place
        self._need(cleaned, f"{slot}_number_given", where)
        given, number = cleaned.get(f"{slot}_number_given"), cleaned.get(f"{slot}_number")
        if given == choices.HolderNumber.GIVEN:
            self._need(cleaned, f"{slot}_kana", where)
            self._need(cleaned, f"{slot}_birth_on", where)
            if slot not in self.sealed:
                self._need(cleaned, f"{slot}_number", where)
        elif given and number:
            message = _("個人番号が入力されていますが、「記載なし」が選ばれています")
            self.add_error(f"{slot}_number_given", where + message)

    def _refuse_number(self, cleaned: dict[str, Any], slot: str) -> None:
        """Take nothing of somebody whose number the application does not need: no box of theirs was drawn."""
        if cleaned.get(f"{slot}_number") or f"{slot}_number" in self.errors:
            self.not_needed.append(slot)
            where = _("保護者") if slot == holders.GUARDIAN else _("世帯員%d") % (int(slot[-1]) + 1)
            message = _("%sの個人番号は、この申請では必要ありません。入力された番号は保存していません") % where
            self.add_error(None, message)
        for name in (f"{slot}_number", *HOLDER_PARTS[slot]):
            self.errors.pop(name, None)
            cleaned.pop(name, None)
            self.cleaned_data.pop(name, None)

    def _refuse_one_number_for_two(self, cleaned: Mapping[str, Any], needed: Mapping[str, holders.Holder]) -> None:
        """Keep nothing of a number that stands in two people's boxes: which of them it belongs to, the paper says."""
        boxes = {NUMBER: _("受診者")}
        boxes |= {f"{slot}_number": _("%s（%s）") % (one.place, one.name) for slot, one in needed.items()}
        typed = [(name, who, cleaned[name]) for name, who in boxes.items() if cleaned.get(name)]
        for name, _who, number in typed:
            others = [who for other, who, same in typed if same == number and other != name]
            if others:
                message = _(
                    "この番号は%sの欄にも入力されています。原本の氏名と番号を確かめて、両方を入力し直してください"
                )
                self.add_error(name, message % "、".join(others))

    def _clean_decision(self) -> None:
        """Put the rules to the form, so that what cannot be decided is said while the paper is at hand."""
        try:
            decide(self.document())
        except CannotDecideError as error:
            self.add_error(error.field, str(error))


def member_fields(row: int) -> dict[str, forms.Field]:
    """Return the boxes of one household member (``row`` 0 is the first)."""
    return {
        f"member_{row}_name": NameField(label=gettext_lazy("氏名"), max_length=60, required=False),
        f"member_{row}_relation": FreeTextField(label=gettext_lazy("続柄"), max_length=20, required=False),
        f"member_{row}_birth_on": WarekiDateField(label=gettext_lazy("生年月日"), not_future=True, required=False),
        f"member_{row}_insurance": ChoiceCodeField(
            label=gettext_lazy("受診者と同じ保険"),
            choices=choices.MemberInsurance.choices,
            required=False,
            blank_label="―",
        ),
        f"member_{row}_insured": ChoiceCodeField(
            label=gettext_lazy("被保険者"), choices=choices.YesNo.choices, required=False, blank_label="―"
        ),
        f"member_{row}_guardian": ChoiceCodeField(
            label=gettext_lazy("保護者"), choices=choices.YesNo.choices, required=False, blank_label="―"
        ),
        f"member_{row}_latter_stage": ChoiceCodeField(
            label=gettext_lazy("後期高齢"), choices=choices.YesNo.choices, required=False, blank_label="―"
        ),
        f"member_{row}_tax": ChoiceCodeField(
            label=gettext_lazy("市町村民税"), choices=choices.TaxChoice.choices, required=False, blank_label="―"
        ),
        f"member_{row}_income_levy": YenField(label=gettext_lazy("所得割額（円）"), required=False),
    }


def holder_fields(slot: str) -> dict[str, forms.Field]:
    """Return what is asked of somebody beside the patient whose number is needed."""
    fields: dict[str, forms.Field] = {
        f"{slot}_kana": KanaField(label=gettext_lazy("フリガナ"), max_length=60, required=False),
        f"{slot}_number_given": ChoiceCodeField(
            label=gettext_lazy("個人番号の記載"), choices=choices.HolderNumber.choices, required=False, blank_label="―"
        ),
        f"{slot}_number": NumberField(label=gettext_lazy("個人番号")),
    }
    if slot == holders.GUARDIAN:
        fields["guardian_birth_on"] = WarekiDateField(label=gettext_lazy("生年月日"), not_future=True, required=False)
    return fields


for _row in range(MEMBER_ROWS):
    EntryForm.base_fields.update(member_fields(_row))
for _slot in holders.SLOTS:
    EntryForm.base_fields.update(holder_fields(_slot))


class HolderModelForm(forms.Form):
    """The boxes of the guardian and of the first member, empty: a script makes everybody else's of them."""

    use_required_attribute = False


for _slot in (holders.GUARDIAN, "member_0"):
    HolderModelForm.base_fields.update(holder_fields(_slot))


class StepForm(forms.Form):
    """A step in the lifecycle, taken on the revision the clerk was shown."""

    revision = forms.IntegerField(min_value=1, max_value=2**31 - 1, widget=forms.HiddenInput)


class ApprovalForm(StepForm):
    """An approval of exactly the content and the decision that the checker was shown."""

    fingerprint = forms.RegexField(regex=r"\A[0-9a-f]{64}\Z", widget=forms.HiddenInput)
    decision_mark = forms.RegexField(regex=r"\A[0-9a-f]{64}\Z", widget=forms.HiddenInput)
    same_person_words = FreeTextField(
        label=gettext_lazy("同じ人でないことを確かめた方法"), max_length=200, required=False, requirement="required"
    )


class RetypeForm(forms.Form):
    """My Numbers typed a second time, blind: a box for each person whose number can be compared now."""

    use_required_attribute = False

    def __init__(self, data: Mapping[str, Any] | QueryDict | None = None, *, boxes: Mapping[str, Any]) -> None:
        """``boxes`` are the names of the boxes, each with the words for whose it is."""
        super().__init__(data)
        for name, who in boxes.items():
            self.fields[name] = NumberField(label=_("原本の個人番号（%s）") % who)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.fields and not self.errors and not any(cleaned.values()):
            self.add_error(next(iter(self.fields)), _("原本の個人番号を入力してください"))
        return cleaned


class CommentField(FreeTextField):
    """What a checker writes to the maker."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=200, required=False, **kwargs)


class PersonSearchForm(forms.Form):
    """The conditions to find a recipient by. One of them must be telling enough."""

    use_required_attribute = False

    kana = KanaField(label=gettext_lazy("フリガナ"), max_length=60, required=False)
    name = NameField(label=gettext_lazy("氏名"), max_length=60, required=False)
    birth_on = WarekiDateField(label=gettext_lazy("生年月日"), required=False)
    recipient_number = DigitsField(label=gettext_lazy("受給者番号"), lengths=(7,), required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        # the keys that are searched by: a row of long-vowel marks asks for nothing
        kana = japanese_text.kana_key(cleaned.get("kana") or "")
        name = japanese_text.name_key(cleaned.get("name") or "")
        enough = 2
        telling = cleaned.get("recipient_number") or cleaned.get("birth_on") or max(len(kana), len(name)) >= enough
        if not self.errors and not telling:
            raise forms.ValidationError(
                _("受給者番号、生年月日、または2文字以上のフリガナか氏名を入力してください。広すぎる検索はできません"),
            )
        return cleaned
