"""Pages where a second person compares an application with its paper and decides on it."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import BadRequest
from django.db.models import F
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _, gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from accounts.http import StaffRequest
from audit import journal
from audit.gate import requires
from audit.models import Result
from benefits import content, events, explanation, holders, japanese_text, policies, presenters, protection, workflow
from benefits.choices import Status
from benefits.decision import decide
from benefits.forms import ApprovalForm, CommentField, RetypeForm, StepForm
from benefits.lifecycle import Action
from benefits.models import Application, Person, ThirdComparison
from benefits.views.finding import visible
from mynumber import vault

QUEUE_LENGTH = 50

ANSWERS = {
    vault.Comparison.MATCH: (messages.SUCCESS, gettext_lazy("個人番号は一致しました。")),
    vault.Comparison.MISMATCH: (
        messages.ERROR,
        gettext_lazy(
            "個人番号は不一致です。原本を見て、もう一度だけ入力できます。原本が正しければ差し戻してください。"
        ),
    ),
    vault.Comparison.EXHAUSTED: (
        messages.ERROR,
        gettext_lazy(
            "個人番号は不一致です。入力できる回数を使い切りました。"
            "確認待ちの「3人目の照合」に回りました。ほかの確認者が照合します。"
        ),
    ),
    vault.Comparison.STOPPED: (
        messages.ERROR,
        gettext_lazy(
            "一致しない再入力が続いたため、あなたの個人番号の照合を1時間止めています。"
            "時間をおくか、ほかの確認者に依頼してください。このことは記録されました。"
        ),
    ),
    vault.Comparison.OWN_ENTRY: (messages.ERROR, gettext_lazy("自分が入力した個人番号は、自分では照合できません。")),
    vault.Comparison.SETTLED: (messages.SUCCESS, gettext_lazy("個人番号は一致しています。")),
    vault.Comparison.ABSENT: (messages.ERROR, gettext_lazy("照合する個人番号がありません。差し戻してください。")),
    vault.Comparison.UNAVAILABLE: (
        messages.ERROR,
        gettext_lazy(
            "鍵を使えないため、照合できませんでした。入力できる回数は減っていません。"
            "時間をおいてもう一度入力し、続くときは管理者に連絡してください。"
        ),
    ),
}


@require_GET
@requires("benefits.decide_application")
def queue(request: StaffRequest) -> HttpResponse:
    """List what waits for a decision, the longest-waiting first; one's own entries are shown but not offered."""
    waiting = Application.objects.visible_to(request.user).awaiting_decision()
    shown = list(waiting.select_related("submitted_by")[:QUEUE_LENGTH])
    journal.record(events.APPLICATION_LISTED, by=request.user, details={"count": len(shown), "page": "queue"})
    return render(
        request,
        "benefits/review_queue.html",
        {
            "third": _waiting_for_a_third(request),
            "rows": [(one, policies.why_not(Action.CHECK, one, by=request.user)) for one in shown],
            "protected": protection.protected_among(one.person_id for one in shown),
            "count": waiting.count(),
            "length": QUEUE_LENGTH,
        },
    )


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
@requires("benefits.decide_application")
def review(request: StaffRequest, application_id: UUID) -> HttpResponse:
    """Show an application box by box beside the paper; keep the ticks, compare the number, return, or go on."""
    application = visible(Application.objects.visible_to(request.user), application_id, by=request.user)
    if refusal := policies.why_not(Action.CHECK, application, by=request.user):
        return _refuse(request, application, refusal)
    if request.method == "GET":
        explanation.record(
            events.APPLICATION_VIEWED, by=request.user, subject=application, person_id=application.person_id
        )
        return _review_page(request, application)
    return _take(request, application)


@require_http_methods(["GET", "POST"])
@requires("benefits.decide_application")
def approve(request: StaffRequest, application_id: UUID) -> HttpResponse:
    """Show what the approval would decide, with its reasons; then approve exactly that, or say why not."""
    application = visible(Application.objects.visible_to(request.user), application_id, by=request.user)
    if request.method == "POST":
        form = ApprovalForm(request.POST)
        if not form.is_valid() and set(form.errors) == {"same_person_words"}:
            messages.error(request, " ".join(str(one) for one in form.errors["same_person_words"]))
            return redirect("benefits:approve", application_id)
        if not form.is_valid():
            raise BadRequest(_("画面の情報が欠けています。画面を開き直してください。"))
        try:
            workflow.approve(application_id, by=request.user, at=timezone.now(), **form.cleaned_data)
        except workflow.Refused as refused:
            messages.error(request, str(refused))
            if refused.refusal.code == "looks_registered":
                return redirect("benefits:approve", application_id)
        else:
            messages.success(request, _("承認しました。受給者証を発行できます。"))
        return redirect(application)
    if refusal := policies.why_not(Action.APPROVE, application, by=request.user):
        leads_to = "benefits:application" if refusal.code in {"own_entry", "wrong_status"} else "benefits:review"
        return _refuse(request, application, refusal, action=Action.APPROVE, leads_to=leads_to)
    explanation.record(
        events.APPLICATION_VIEWED, by=request.user, subject=application, person_id=application.person_id
    )
    decision = decide(content.form_of(application.content))
    return render(
        request,
        "benefits/approve.html",
        {
            "application": application,
            "person": presenters.identity_of(application, today=timezone.localdate()),
            "decision": decision,
            "class_label": decision.income_class.label,
            "fingerprint": content.fingerprint(application.content),
            "alike": _alike_to_see(request, application),
            "words": ApprovalForm()["same_person_words"],
        },
    )


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
@requires("benefits.decide_application")
def third(request: StaffRequest, application_id: UUID) -> HttpResponse:
    """Let a third person retype the numbers on which maker and checker do not agree, and nothing else."""
    application = visible(Application.objects.visible_to(request.user), application_id, by=request.user)
    progress = policies.progress_of(application, checker=request.user)
    if refusal := policies.why_not_third(application, by=request.user, progress=progress):
        return _refuse(request, application, refusal)
    boxes = [box for box in presenters.number_boxes(progress, checker=request.user) if box.needs_a_third]
    form = _form_of(boxes, request.POST if request.method == "POST" else None)
    if request.method == "POST":
        step = StepForm(request.POST)
        if not step.is_valid():
            raise BadRequest(_("画面の情報が欠けています。画面を開き直してください。"))
        if form.is_valid():
            try:
                is_back = _compare(request, application, form, revision=step.cleaned_data["revision"])
            except workflow.Refused as refused:
                messages.error(request, str(refused))
                is_back = True
            return redirect("benefits:review-queue") if is_back else _after_third(request, application)
    else:
        explanation.record(
            events.APPLICATION_VIEWED, by=request.user, subject=application, person_id=application.person_id
        )
    return render(
        request,
        "benefits/third_comparison.html",
        {
            "application": application,
            "person": presenters.identity_of(application, today=timezone.localdate()),
            "numbers": _with_fields(boxes, form, {}),
            "retype": form,
        },
    )


def _after_third(request: StaffRequest, application: Application) -> HttpResponse:
    """Go on with what is still to be compared, or back to the queue once nothing is."""
    progress = policies.progress_of(application, checker=request.user)
    is_done = policies.why_not_third(application, by=request.user, progress=progress) is not None
    return redirect("benefits:review-queue") if is_done else redirect("benefits:third-comparison", application.pk)


def _take(request: StaffRequest, application: Application) -> HttpResponse:
    """Do what the pressed button says. Whatever it is, the ticks are kept."""
    step = StepForm(request.POST)
    if not step.is_valid():
        raise BadRequest(_("画面の情報が欠けています。画面を開き直してください。"))
    revision, now, pressed = step.cleaned_data["revision"], timezone.now(), request.POST.get("press", "save")
    comments, wrong = _comments(request, application)
    retyped = _retype_form(application, request, request.POST) if pressed == "compare" else None
    try:
        workflow.check(
            application.pk,
            by=request.user,
            at=now,
            revision=revision,
            ticked=frozenset(request.POST.getlist("checked")),
        )
        if wrong:
            return _review_page(request, application, comments=comments, wrong=wrong)
        if retyped is not None:
            if not retyped.is_valid():
                return _review_page(request, application, comments=comments, retyped=retyped)
            if _compare(request, application, retyped, revision=revision):
                return redirect("benefits:review-queue")
            return _review_page(request, application, comments=comments)
        if pressed == "return":
            workflow.return_to_maker(application.pk, by=request.user, at=now, revision=revision, comments=comments)
            messages.success(request, _("受付番号 %s を差し戻しました。") % application.receipt_number)
            return redirect("benefits:review-queue")
    except workflow.Refused as refused:
        messages.error(request, str(refused))
        if refused.refusal.code == "no_comment":
            return _review_page(request, application, comments=comments)
        return redirect("benefits:review", application.pk)
    if pressed == "approve":
        return redirect("benefits:approve", application.pk)
    if comments:
        messages.success(
            request, _("照合の途中経過を保存しました。コメントは差し戻すときに保存されます（下に残っています）。")
        )
        return _review_page(request, application, comments=comments)
    messages.success(request, _("照合の途中経過を保存しました。"))
    return redirect("benefits:review", application.pk)


def _retype_form(application: Application, request: StaffRequest, data: QueryDict) -> RetypeForm:
    progress = policies.progress_of(application, checker=request.user)
    return _form_of(presenters.number_boxes(progress, checker=request.user), data)


def _form_of(boxes: Sequence[presenters.NumberBox], data: QueryDict | None = None) -> RetypeForm:
    """Return a box for each number that can be compared now: for no other is there one."""
    return RetypeForm(data, boxes={box.box: box.who for box in boxes if box.can_be_typed})


def _with_fields(
    boxes: Sequence[presenters.NumberBox], form: RetypeForm, comments: Mapping[str, str]
) -> list[tuple[presenters.NumberBox, forms.BoundField | None, str]]:
    """Return each person with their box, when there is one, and with what the checker wrote about their number."""
    return [
        (box, form[box.box] if box.can_be_typed and box.box in form.fields else None, comments.get(box.box, ""))
        for box in boxes
    ]


def _compare(request: StaffRequest, application: Application, form: RetypeForm, *, revision: int) -> bool:
    """Compare what was typed, person by person, and say of each whether it agrees; say whether it went back."""
    boxes = {workflow.box_of(slot): slot for slot in (holders.PATIENT, *holders.SLOTS)}
    is_of_several = bool(content.household_of(application.content))
    for box, number in form.cleaned_data.items():
        if not number:
            continue
        outcome = workflow.compare_number(
            application.pk, by=request.user, at=timezone.now(), revision=revision, number=number, slot=boxes[box]
        )
        who = str(form.fields[box].label).partition("（")[2].removesuffix("）")
        application.refresh_from_db(fields=["status"])
        if application.status == Status.RETURNED:
            messages.error(
                request,
                _("%s：3人目の再入力も一致しませんでした。受付番号 %s を入力者へ差し戻し、番号を消去しました。")
                % (who, application.receipt_number),
            )
            return True
        level, sentence = ANSWERS[outcome]
        messages.add_message(request, level, f"{who}：{sentence}" if is_of_several else sentence)
        if outcome is vault.Comparison.STOPPED:
            return False
    return False


def _waiting_for_a_third(request: StaffRequest) -> list[ThirdComparison]:
    """Return what waits for a third person and may be taken by this one, the longest-waiting first."""
    return list(
        ThirdComparison.objects.filter(
            outcome__isnull=True,
            submission=F("application__submission"),
            application__status=Status.SUBMITTED,
            application__in=Application.objects.visible_to(request.user),
        )
        .exclude(asked_by=request.user)
        .exclude(application__editor_ids__contains=[request.user.pk])
        .select_related("application", "asked_by")
        .order_by("asked_at", "pk")[:QUEUE_LENGTH]
    )


def _alike_to_see(request: StaffRequest, application: Application) -> list[tuple[Person, bool]]:
    """Return the registered people who may be the patient, and of each whether this person may open them."""
    alike = list(policies.registered_alike(application).only("pk", "recipient_number")[:5])
    if not alike:
        return []
    may_open = Person.objects.visible_to(request.user).filter(pk__in=[one.pk for one in alike])
    seen = set(may_open.values_list("pk", flat=True))
    return [(one, one.pk in seen) for one in alike]


def _comments(request: StaffRequest, application: Application) -> tuple[dict[str, str], dict[str, str]]:
    """Return the comments by field ("" = the whole), and what is wrong with those that cannot be sent."""
    numbers = ["number", *(f"{slot}_number" for slot in content.household_of(application.content))]
    keys = ["", *content.form_of(application.content), *numbers]
    comments: dict[str, str] = {}
    wrong: dict[str, str] = {}
    for key in keys:
        typed = request.POST.get(f"comment_{key}" if key else "comment", "")
        if not typed.strip():
            continue
        label = presenters.label_of(key) if key else _("全体")
        try:
            comments[key] = CommentField(label=_("%sのコメント") % label).clean(typed)
        except forms.ValidationError as error:
            wrong[key] = " ".join(error.messages)
            if not japanese_text.contains_my_number(typed):
                comments[key] = typed  # drawn back, to be mended
    return comments, wrong


def _review_page(
    request: StaffRequest,
    application: Application,
    *,
    comments: dict[str, str] | None = None,
    wrong: dict[str, str] | None = None,
    retyped: RetypeForm | None = None,
) -> HttpResponse:
    today = timezone.localdate()
    progress = policies.progress_of(application, checker=request.user)
    form = content.form_of(application.content)
    boxes = presenters.number_boxes(progress, checker=request.user)
    retyped = retyped or _form_of(boxes)
    said = comments or {}
    return render(
        request,
        "benefits/review.html",
        {
            "application": application,
            "person": presenters.identity_of(application, today=today),
            "sections": presenters.sections_of(form, today=today, ticked=progress.ticked, comments=comments),
            "blanks": presenters.blanks_of(form),
            "blanks_key": content.BLANKS,
            "blanks_ticked": content.BLANKS in progress.ticked,
            "numbers": _with_fields(boxes, retyped, said),
            "absence_reason": presenters.absence_reason(application),
            "can_retype": any(box.can_be_typed for box in boxes),
            "retype": retyped,
            "comment": said.get("", ""),
            "alike": _alike_to_see(request, application),
            "wrong": (wrong or {}).values(),
            "missing": len(progress.missing),
            "total": len(progress.required),
        },
    )


def _refuse(
    request: StaffRequest,
    application: Application,
    refusal: policies.Refusal,
    *,
    action: Action = Action.CHECK,
    leads_to: str = "benefits:application",
) -> HttpResponse:
    """Show why somebody may not take ``action`` on this application, and record that they tried."""
    journal.record(
        events.STEP_REFUSED,
        by=request.user,
        subject=application,
        person_id=application.person_id,
        result=Result.REFUSED,
        details={"method": str(action), "code": refusal.code},
    )
    messages.error(request, refusal.message)
    return redirect(leads_to, application.pk)
