"""Pages where applications are typed and followed."""

import uuid
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.db.models import Q
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.http import StaffRequest
from audit import journal
from audit.gate import requires
from audit.models import Result
from benefits import content, events, policies, presenters, workflow
from benefits.choices import Status
from benefits.decision import MEMBER_ROWS, decide
from benefits.forms import MEMBER_PARTS, SECTIONS, EntryForm, StepForm
from benefits.lifecycle import Action
from benefits.models import Application
from benefits.models.reach import covers, offices_of
from benefits.registers import diseases
from benefits.views.finding import visible
from mynumber import vault

LIST_LENGTH = 50


@require_GET
@requires("benefits.view_application", "benefits.view_own_application")
def index(request: StaffRequest) -> HttpResponse:
    """List applications by status, the latest typed first, a page at a time."""
    asked = request.GET.get("status", "")
    status = asked if asked in Status.values else ""
    applications = Application.objects.visible_to(request.user)
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
    return JsonResponse(
        {"revision": application.revision, "saved_at": timezone.localtime(application.edited_at).strftime("%H:%M")}
    )


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
            "has_number": form.has_number and document.get("number_given") == "GIVEN",
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
        workflow.submit(
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
    is_valid, now = form.is_valid(), timezone.now()
    if not form.is_safe_to_keep():
        return _entry_page(request, form, application=application, application_id=application_id)
    number = form.typed_number()
    try:
        if application is None:
            application = workflow.begin(application_id, by=request.user, at=now, entry=form.raw())
        else:
            application = workflow.save(
                application_id, by=request.user, at=now, revision=_revision(request), entry=_entry(form, application)
            )
        if number:
            application = workflow.type_number(
                application_id, by=request.user, at=now, revision=application.revision, number=number
            )
            form.has_number = True
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
    except vault.NotKeptError as refused:
        form.add_error("number", str(refused))
        application = Application.objects.get(pk=application_id)
        is_valid = False
    wants_review = request.POST.get("save") == "review"
    if wants_review and is_valid and request.user.has_perm("benefits.submit_application"):
        return redirect("benefits:application-confirm", application_id)
    if not wants_review and not _lost_something(form):
        messages.success(request, _("下書きを保存しました。受付番号は %s です。") % application.receipt_number)
        return redirect("benefits:application-edit", application_id)
    return _entry_page(request, form, application=application, application_id=application_id)


def _refuse(request: StaffRequest, application: Application, refusal: policies.Refusal) -> HttpResponse:
    """Say why the application cannot be typed into, record that it was tried, and show how it stands."""
    journal.record(
        events.STEP_REFUSED,
        by=request.user,
        subject=application,
        person_id=application.person_id,
        result=Result.REFUSED,
        details={"method": str(Action.SAVE), "code": refusal.code},
    )
    messages.error(request, refusal.message)
    return redirect(application)


def _lost_something(form: EntryForm) -> bool:
    """Say whether something typed was not kept: a number was refused, or a box held one and had to be emptied."""
    codes = {error.code for errors in form.errors.as_data().values() for error in errors}
    return "my_number" in codes or ("number" in form.errors and bool(form.data.get("number")))


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
        options["has_number"] = application.number_version is not None
        if application.status == Status.RETURNED:
            comments = application.return_comments.filter(submission=application.submission)
            options["comments"] = {one.field: one.text for one in comments}
    return options


def _entry_page(
    request: StaffRequest, form: EntryForm, *, application: Application | None, application_id: UUID
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
    journal.record(events.APPLICATION_VIEWED, by=request.user, subject=application, person_id=application.person_id)
