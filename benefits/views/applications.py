"""Pages where applications are typed and followed."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.db.models import Q
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.http import StaffRequest
from accounts.models import User
from audit import journal
from audit.gate import requires
from audit.models import Result
from benefits import (
    content,
    events,
    explanation,
    holders,
    household_numbers,
    policies,
    presenters,
    protection,
    workflow,
)
from benefits.choices import Status
from benefits.decision import MEMBER_ROWS, decide
from benefits.forms import MEMBER_PARTS, NUMBERS, SECTIONS, EntryForm, StepForm
from benefits.lifecycle import Action
from benefits.models import Application, ThirdComparison
from benefits.models.reach import covers, offices_of
from benefits.registers import diseases
from benefits.views import papers
from benefits.views.finding import visible
from mynumber import vault

LIST_LENGTH = 50
CORRECTION_PERMISSION = "benefits.view_person"


@dataclass(frozen=True, slots=True)
class WayOn:
    """What somebody may do next whose number was not kept."""

    words: str
    url: str


def correction_url(user: User, person: UUID) -> str:
    """Return where ``user`` asks for somebody's number to be corrected, or "" when that is not theirs to ask."""
    if not user.has_perm(CORRECTION_PERMISSION):
        return ""
    try:
        return reverse("benefits:correction-new", args=[person])
    except NoReverseMatch:
        return ""


@require_GET
@requires("benefits.view_application", "benefits.view_own_application")
def index(request: StaffRequest) -> HttpResponse:
    """List applications by status, the latest typed first, a page at a time."""
    asked = request.GET.get("status", "")
    status = asked if asked in Status.values else ""
    applications = Application.objects.visible_to(request.user).real()
    if status:
        applications = applications.filter(status=status)
    before = _cursor(request.GET.get("before", ""))
    if before is not None:
        older = Q(edited_at__lt=before.edited_at) | Q(edited_at=before.edited_at, pk__lt=before.pk)
        # the first condition lets the index begin at the cursor
        applications = applications.filter(older, edited_at__lte=before.edited_at)
    rows = list(applications.select_related("edited_by").order_by("-edited_at", "-pk")[: LIST_LENGTH + 1])
    shown, more = rows[:LIST_LENGTH], rows[LIST_LENGTH:]
    journal.record(
        events.APPLICATION_LISTED, by=request.user, details={"conditions": {"status": status}, "count": len(shown)}
    )
    return render(
        request,
        "benefits/application_list.html",
        {
            "rows": [(one, presenters.STATUS_KINDS[Status(one.status)]) for one in shown],
            "protected": protection.protected_among(one.person_id for one in shown),
            "statuses": Status.choices,
            "status": status,
            "older": f"?status={status}&before={shown[-1].pk}" if more else None,
            "is_first_page": before is None,
        },
    )


@require_GET
@requires("benefits.enter_application")
def new(request: StaffRequest) -> HttpResponse:
    """Draw the empty form. Its id is made here, so that sending it twice makes one draft."""
    return _entry_page(request, EntryForm(**_form_options(request)), application=None, application_id=uuid.uuid4())


@sensitive_post_parameters("number")
@require_http_methods(["GET", "POST"])
@requires("benefits.enter_application")
def edit(request: StaffRequest, application_id: UUID) -> HttpResponse:
    """Draw a draft again, or keep what was typed into it, and say what is still wrong with it."""
    if request.method == "POST":
        return _keep(request, application_id)
    application = visible(Application.objects.visible_to(request.user), application_id, by=request.user)
    if refusal := policies.why_not(Action.SAVE, application, by=request.user):
        return _refuse(request, application, refusal)
    # unbound: a draft that is opened again is not scolded before anybody has asked
    form = EntryForm(initial=application.entry, **_form_options(request, application))
    return _entry_page(request, form, application=application, application_id=application_id)


@sensitive_post_parameters("number")
@require_POST
@requires("benefits.enter_application")
def autosave(request: StaffRequest, application_id: UUID) -> HttpResponse:
    """Keep what has been typed so far, quietly. A My Number is never part of it."""
    application = Application.objects.filter(pk=application_id).first()
    if application is not None:
        application = visible(Application.objects.visible_to(request.user), application_id, by=request.user)
    form = EntryForm(request.POST, **_form_options(request, application))
    form.is_valid()
    now = timezone.now()
    if not form.is_safe_to_keep():
        return JsonResponse({"error": "too_long"}, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        if application is None:
            application = workflow.begin(application_id, by=request.user, at=now, entry=form.raw())
        else:
            application = workflow.save(
                application_id, by=request.user, at=now, revision=_revision(request), entry=_entry(form, application)
            )
    except workflow.Stale as stale:
        return JsonResponse({"error": "stale", "message": str(stale)}, status=HTTPStatus.CONFLICT)
    except workflow.Refused as refused:
        # a box to be mended, not an application that somebody else has changed meanwhile
        is_typed = refused.refusal.code == "other_office"
        status = HTTPStatus.UNPROCESSABLE_ENTITY if is_typed else HTTPStatus.CONFLICT
        return JsonResponse({"error": refused.refusal.code, "message": str(refused)}, status=status)
    lost = _lost_numbers(form, household_numbers.sealed(application)) if form.sealed else ()
    return JsonResponse(
        {
            "revision": application.revision,
            "saved_at": timezone.localtime(application.edited_at).strftime("%H:%M"),
            "erased": [
                *(presenters.label_of(workflow.box_of(slot)) for slot in lost),
                *([presenters.label_of("number")] if application.has_lost_import else []),
            ],
        }
    )


@sensitive_post_parameters()
@require_POST
@requires("benefits.enter_application")
def number_boxes(request: StaffRequest) -> HttpResponse:
    """Answer the entry form whose numbers are needed by what is typed now. Nothing is kept."""
    if not request.user.has_perm("mynumber.type_number"):
        return JsonResponse({"rows": []})
    # nothing is checked and nothing typed into a box for a number is read, let alone sent back
    form = EntryForm(
        initial={name: value for name, value in request.POST.items() if name not in NUMBERS}, **_form_options(request)
    )
    return JsonResponse({"rows": [(slot, holder.place) for slot, holder in form.beside_the_patient().items()]})


@require_GET
@requires("benefits.submit_application")
def confirm(request: StaffRequest, application_id: UUID) -> HttpResponse:
    """Show the whole form in words before it goes to a checker, with a way back to each part."""
    application = visible(Application.objects.visible_to(request.user), application_id, by=request.user)
    form = _complete(request, application)
    if form is None:
        return redirect("benefits:application-edit", application_id)
    _record_view(request, application)
    document, today = form.document(), timezone.localdate()
    return render(
        request,
        "benefits/application_confirm.html",
        {
            "application": application,
            "person": presenters.identity_of(application, today=today),
            "sections": presenters.sections_of(document, today=today),
            "has_number": (form.has_number and document.get("number_given") == "GIVEN") or bool(form.sealed),
            "alike": policies.registered_alike_to(document, but=application.person_id).exists(),
            "decision": (decision := decide(document)),
            "class_label": decision.income_class.label,
        },
    )


@require_POST
@requires("benefits.submit_application")
def submit(request: StaffRequest, application_id: UUID) -> HttpResponse:
    """Send the application to a checker, once every rule of the form holds."""
    application = visible(Application.objects.visible_to(request.user), application_id, by=request.user)
    revision = _revision(request)
    form = _complete(request, application) if application.is_editable else None
    if application.is_editable and form is None:
        return redirect("benefits:application-edit", application_id)
    try:
        submitted = workflow.submit(
            application_id,
            by=request.user,
            at=timezone.now(),
            revision=revision,
            form=form.document() if form else {},
            entry=application.entry,
        )
    except workflow.Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("受付番号 %s を確認者へ提出しました。") % application.receipt_number)
        _tell_of_lost_import(request, submitted)
    return redirect(application)


@require_POST
@requires("benefits.submit_application")
def pull_back(request: StaffRequest, application_id: UUID) -> HttpResponse:
    """Take a submitted application back before a checker has begun."""
    application = visible(Application.objects.visible_to(request.user), application_id, by=request.user)
    try:
        workflow.pull_back(application_id, by=request.user, revision=_revision(request))
    except workflow.Refused as refused:
        messages.error(request, str(refused))
        return redirect(application)
    messages.success(request, _("引き戻しました。直して提出し直せます。"))
    return redirect("benefits:application-edit", application_id)


@require_http_methods(["GET", "POST"])
@requires("benefits.submit_application")
def withdraw(request: StaffRequest, application_id: UUID) -> HttpResponse:
    """Ask whether an application is to end without a decision, and end it."""
    application = visible(Application.objects.visible_to(request.user), application_id, by=request.user)
    if request.method == "GET":
        _record_view(request, application)
        return render(
            request,
            "benefits/application_withdraw.html",
            {
                "application": application,
                "person": presenters.identity_of(application, today=timezone.localdate()),
            },
        )
    try:
        workflow.withdraw(application_id, by=request.user, revision=_revision(request))
    except workflow.Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("取り下げました。入力された個人番号は消去しました。"))
    return redirect(application)


@require_GET
@requires("benefits.view_application", "benefits.view_own_application")
def detail(request: StaffRequest, application_id: UUID) -> HttpResponse:
    """Show one application, how it got where it is, and the steps this person may take."""
    application = visible(
        Application.objects.visible_to(request.user).select_related(
            "created_by", "submitted_by", "decided_by", "edited_by", "person"
        ),
        application_id,
        by=request.user,
    )
    _record_view(request, application)
    today = timezone.localdate()
    form = content.form_of(application.content)
    return render(
        request,
        "benefits/application_detail.html",
        {
            "application": application,
            "person": presenters.identity_of(application, today=today),
            "sections": presenters.sections_of(form, today=today) if form else [],
            "buttons": presenters.buttons_of(application, viewer=request.user),
            "can_edit": policies.why_not(Action.SAVE, application, by=request.user) is None,
            "can_withdraw": policies.why_not(Action.WITHDRAW, application, by=request.user) is None,
            "can_check": request.user.has_perm("benefits.decide_application")
            and application.status == Status.SUBMITTED,
            "comments": [
                (presenters.label_of(one.field) if one.field in EntryForm.base_fields else _("全体"), one)
                for one in application.return_comments.select_related("written_by").order_by("-written_at", "pk")
            ],
            "numbers": presenters.number_states(application),
            "thirds": ThirdComparison.objects.filter(application=application)
            .select_related("asked_by", "answered_by")
            .order_by("-asked_at", "pk"),
            **papers.section_of(application, reader=request.user),
            "certification": getattr(application, "certification", None),
            "perms_certificate": covers(
                request.user,
                "benefits.view_certificate",
                office=application.office,
                programme=application.programme,
            ),
            "class_label": presenters.class_label(application.certification.income_class)
            if hasattr(application, "certification")
            else "",
        },
    )


@require_GET
@requires("benefits.enter_application", "benefits.view_application")
def find_disease(request: StaffRequest) -> JsonResponse:
    """Answer the disease box: numbers and names that begin with or contain what is typed."""
    found = diseases.search(request.GET.get("q", "")[:40])
    return JsonResponse([{"number": one.number, "name": one.name, "kana": one.kana} for one in found], safe=False)


# ── keeping what was typed ───────────────────────────────────────────────────────────────────────────────────────


def _keep(request: StaffRequest, application_id: UUID) -> HttpResponse:
    """Save the draft however wrong it is, seal a typed number, then go on or point out what is wrong."""
    application = Application.objects.filter(pk=application_id).first()
    if application is not None:
        application = visible(Application.objects.visible_to(request.user), application_id, by=request.user)
        if refusal := policies.why_not(Action.SAVE, application, by=request.user):
            return _refuse(request, application, refusal)
    form = EntryForm(request.POST, **_form_options(request, application))
    form.is_valid()
    now = timezone.now()
    if not form.is_safe_to_keep():
        return _entry_page(request, form, application=application, application_id=application_id)
    for slot in form.not_needed:
        _record_refusal(request, application_id, application, code=f"number_not_needed:{slot}")
    try:
        if application is None:
            application = workflow.begin(application_id, by=request.user, at=now, entry=form.raw())
        else:
            application = workflow.save(
                application_id, by=request.user, at=now, revision=_revision(request), entry=_entry(form, application)
            )
        _tell_of_lost_import(request, application)
        application, ways_on = _seal_numbers(request, form, application)
    except workflow.Stale as stale:
        form.add_error(
            None,
            _(
                "表示した後に、ほかの人がこの申請を変更しました。入力した内容は下に残っています。見比べて、もう一度保存してください。"
            ),
        )
        return _entry_page(request, form, application=stale.application, application_id=application_id)
    except workflow.Refused as refused:
        if refused.refusal.code == "other_office":
            form.add_error("accepted_office", str(refused).rstrip("。"))
            return _entry_page(request, form, application=application, application_id=application_id)
        messages.error(request, str(refused))
        return redirect("benefits:application", application_id)
    is_valid = form.is_valid()  # checked again once the numbers were sealed
    wants_review = request.POST.get("save") == "review"
    if wants_review and is_valid and request.user.has_perm("benefits.submit_application"):
        return redirect("benefits:application-confirm", application_id)
    if not wants_review and not _lost_something(form):
        messages.success(request, _("下書きを保存しました。受付番号は %s です。") % application.receipt_number)
        return redirect("benefits:application-edit", application_id)
    return _entry_page(request, form, application=application, application_id=application_id, ways_on=ways_on)


def _tell_of_lost_import(request: StaffRequest, application: Application) -> None:
    if application.has_lost_import:
        messages.warning(
            request,
            _(
                "住基ネットで照合した後に、氏名・生年月日などが変わったため、取り込んだ個人番号を消去しました。"
                "必要なら番号を入力してください。"
            ),
        )


def _seal_numbers(request: StaffRequest, form: EntryForm, application: Application) -> tuple[Application, list[WayOn]]:
    """Seal each number that was typed; say at its box why one was not kept, and what to do about it."""
    ways_on: list[WayOn] = []
    wrong: list[tuple[str, str]] = []
    for slot, number in form.typed_numbers().items():
        try:
            application = workflow.type_number(
                application.pk,
                by=request.user,
                at=timezone.now(),
                revision=application.revision,
                number=number,
                slot=slot,
            )
        except vault.NotKeptError as refused:
            other = _place_of(form, application, refused.other) if refused.other else None
            if other is None:
                wrong.append((workflow.box_of(slot), str(refused).rstrip("。")))
            else:
                message = _("この番号は%sの欄にも入力されています。原本の氏名と番号を確かめてください")
                wrong.append((workflow.box_of(slot), message % other.place))
            ways_on += _ways_on(request, refused, slot=slot, other=other)
            application = Application.objects.get(pk=application.pk)
    if "number" in form.fields:
        _check_again(request, form, household_numbers.sealed(application))
    for box, message in wrong:
        form.add_error(box, message)
    return application, ways_on


def _lost_numbers(form: EntryForm, sealed: Mapping[str, UUID]) -> list[str]:
    """Return where somebody stood whose number was erased when the form was kept: they are not on it any more."""
    return sorted(slot for slot, person in form.sealed.items() if person not in sealed.values())


def _check_again(request: StaffRequest, form: EntryForm, sealed: Mapping[str, UUID]) -> None:
    """Say once more what is wrong with the form, knowing whose numbers are sealed now that it is kept."""
    lost = _lost_numbers(form, sealed)
    form.has_number, form.sealed = holders.PATIENT in sealed, dict(sealed)
    form.full_clean()
    for slot, holder in form.beside_the_patient().items():
        if slot in lost:
            messages.warning(
                request,
                _(
                    "%sの氏名・生年月日などが変わったため、入力済みの個人番号を消去しました。必要なら入力し直してください。"
                )
                % holder.place,
            )


def _place_of(form: EntryForm, application: Application, person: UUID) -> holders.Holder | None:
    """Return where somebody of this application stands on its form."""
    slots = {one.pk: slot for slot, one in household_numbers.people_of(application).items()}
    slots[application.person_id] = holders.PATIENT
    return next((one for one in holders.needed(application.entry) if one.slot == slots.get(person)), None)


def _ways_on(
    request: StaffRequest, refused: vault.NotKeptError, *, slot: str, other: holders.Holder | None
) -> list[WayOn]:
    """Return what somebody may do whose number was not kept. Nothing here says whose number it is."""
    if other is not None:
        return [WayOn(_("%sの個人番号の欄へ移る") % other.place, f"#id_{workflow.box_of(other.slot)}")]
    ways = [WayOn(_("入力した欄に戻って、原本と見比べる"), f"#id_{workflow.box_of(slot)}")]
    if refused.code == "in_use" and (correction := correction_url(request.user, refused.person)):
        return [WayOn(_("個人番号の訂正を申請する"), correction)]
    if refused.code == "taken":
        if slot != holders.PATIENT:
            ways.append(WayOn(_("「記載なし：ほかの申請で登録済み」を選ぶ"), f"#id_{slot}_number_given"))
        if request.user.has_perm("benefits.view_person"):
            ways.append(
                WayOn(_("受給者を検索して、登録済みの人でないか確かめ、訂正を申請する"), reverse("benefits:people"))
            )
    return ways


def _record_refusal(
    request: StaffRequest, application_id: UUID, application: Application | None, *, code: str
) -> None:
    journal.record(
        events.STEP_REFUSED,
        by=request.user,
        subject=application or journal.Subject(kind="benefits.application", id=str(application_id)),
        person_id=application.person_id if application else None,
        result=Result.REFUSED,
        details={"method": str(Action.SAVE), "code": code},
    )


def _refuse(request: StaffRequest, application: Application, refusal: policies.Refusal) -> HttpResponse:
    """Say why the application cannot be typed into, record that it was tried, and show how it stands."""
    _record_refusal(request, application.pk, application, code=refusal.code)
    messages.error(request, refusal.message)
    return redirect(application)


def _lost_something(form: EntryForm) -> bool:
    """Say whether something typed was not kept: a number was refused, or a box held one and had to be emptied."""
    codes = {error.code for errors in form.errors.as_data().values() for error in errors}
    if form.not_needed or "my_number" in codes:
        return True
    return any(name in form.errors and form.data.get(name) for name in NUMBERS)


def _entry(form: EntryForm, application: Application) -> dict[str, Any]:
    """Return what was typed, with the boxes that this person does not see left as they were."""
    unseen = {key: value for key, value in application.entry.items() if key not in form.fields}
    return {**unseen, **form.raw()}


def _complete(request: StaffRequest, application: Application) -> EntryForm | None:
    """Return the draft's form when everything in it holds, or None after saying that something does not."""
    form = EntryForm(application.entry, **_form_options(request, application))
    if form.is_valid():
        return form
    messages.error(request, _("入力に直すところがあります。「内容を確認する」を押すと、直すところが表示されます。"))
    return None


def _form_options(request: StaffRequest, application: Application | None = None) -> dict[str, Any]:
    options: dict[str, Any] = {
        "today": timezone.localdate(),
        "types_number": request.user.has_perm("mynumber.type_number"),
        "offices": offices_of(request.user, "benefits.enter_application"),
    }
    if application is not None:
        if options["types_number"]:
            sealed = household_numbers.sealed(application)
            options["has_number"], options["sealed"] = holders.PATIENT in sealed, sealed
        if application.status == Status.RETURNED:
            comments = application.return_comments.filter(submission=application.submission)
            options["comments"] = {one.field: one.text for one in comments}
    return options


def _entry_page(
    request: StaffRequest,
    form: EntryForm,
    *,
    application: Application | None,
    application_id: UUID,
    ways_on: Sequence[WayOn] = (),
) -> HttpResponse:
    sections = [
        (key, title, [form[name] for name in names if name in form.fields])
        for key, title, names in SECTIONS
        if key != "number" or "number" in form.fields
    ]
    if application is not None:
        _record_view(request, application)
    today = timezone.localdate()
    overall = ""
    if application is not None and application.status == Status.RETURNED:
        comment = application.return_comments.filter(submission=application.submission, field="").first()
        overall = comment.text if comment else ""
    return render(
        request,
        "benefits/application_entry.html",
        {
            "form": form,
            "sections": sections,
            "members": [
                (row + 1, [form[f"member_{row}_{part}"] for part in MEMBER_PARTS]) for row in range(MEMBER_ROWS)
            ],
            "application": application,
            "person": presenters.identity_of(application, today=today) if application else None,
            "revision": application.revision if application else 1,
            "save_url": reverse("benefits:application-edit", args=[application_id]),
            "autosave_url": reverse("benefits:application-autosave", args=[application_id]),
            "disease_url": reverse("benefits:diseases"),
            "holders_url": reverse("benefits:application-holders") if "number" in form.fields else "",
            "holder_rows": presenters.holder_rows(form, today=today),
            "holder_models": presenters.holder_models() if "number" in form.fields else [],
            "patient": presenters.patient_beside_the_number(form, today=today),
            "ways_on": ways_on,
            "has_number": form.has_number,
            "overall_comment": overall,
            "can_submit": request.user.has_perm("benefits.submit_application"),
        },
    )


def _revision(request: StaffRequest) -> int:
    form = StepForm(request.POST)
    if not form.is_valid():
        raise BadRequest(_("画面の情報が欠けています。画面を開き直してください。"))
    revision: int = form.cleaned_data["revision"]
    return revision


def _cursor(text: str) -> Application | None:
    try:
        return Application.objects.filter(pk=UUID(text)).only("pk", "edited_at").first()
    except ValueError:
        return None


def _record_view(request: StaffRequest, application: Application) -> None:
    explanation.record(
        events.APPLICATION_VIEWED, by=request.user, subject=application, person_id=application.person_id
    )
