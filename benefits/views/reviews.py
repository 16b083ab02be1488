"""Pages where a second person compares an application with its paper and decides on it."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _, gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from accounts.http import StaffRequest
from audit import journal
from audit.gate import requires
from audit.models import Result
from benefits import content, events, japanese_text, policies, presenters, workflow
from benefits.decision import decide
from benefits.forms import ApprovalForm, CommentField, RetypeForm, StepForm
from benefits.lifecycle import Action
from benefits.models import Application
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
            "個人番号は不一致です。入力できる回数を使い切りました。差し戻すか、ほかの確認者に依頼してください。"
        ),
    ),
    vault.Comparison.OWN_ENTRY: (messages.ERROR, gettext_lazy("自分が入力した個人番号は、自分では照合できません。")),
    vault.Comparison.SETTLED: (messages.SUCCESS, gettext_lazy("個人番号は一致しています。")),
    vault.Comparison.ABSENT: (messages.ERROR, gettext_lazy("照合する個人番号がありません。差し戻してください。")),
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
            "rows": [(one, policies.why_not(Action.CHECK, one, by=request.user)) for one in shown],
            "count": waiting.count(),
            "length": QUEUE_LENGTH,
        },
    )


@sensitive_post_parameters("number")
@require_http_methods(["GET", "POST"])
@requires("benefits.decide_application")
def review(request: StaffRequest, application_id: UUID) -> HttpResponse:
    """Show an application box by box beside the paper; keep the ticks, compare the number, return, or go on."""
    application = visible(Application.objects.visible_to(request.user), application_id, by=request.user)
    if refusal := policies.why_not(Action.CHECK, application, by=request.user):
        return _refuse(request, application, refusal)
    if request.method == "GET":
        journal.record(
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
        if not form.is_valid():
            raise BadRequest(_("画面の情報が欠けています。画面を開き直してください。"))
        try:
            workflow.approve(application_id, by=request.user, at=timezone.now(), **form.cleaned_data)
        except workflow.Refused as refused:
            messages.error(request, str(refused))
        else:
            messages.success(request, _("承認しました。受給者証を発行できます。"))
        return redirect(application)
    if refusal := policies.why_not(Action.APPROVE, application, by=request.user):
        leads_to = "benefits:application" if refusal.code in {"own_entry", "wrong_status"} else "benefits:review"
        return _refuse(request, application, refusal, action=Action.APPROVE, leads_to=leads_to)
    journal.record(events.APPLICATION_VIEWED, by=request.user, subject=application, person_id=application.person_id)
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
        },
    )


def _take(request: StaffRequest, application: Application) -> HttpResponse:
    """Do what the pressed button says. Whatever it is, the ticks are kept."""
    step = StepForm(request.POST)
    if not step.is_valid():
        raise BadRequest(_("画面の情報が欠けています。画面を開き直してください。"))
    revision, now, pressed = step.cleaned_data["revision"], timezone.now(), request.POST.get("press", "save")
    comments, wrong = _comments(request, application)
    retyped = RetypeForm(request.POST) if pressed == "compare" else None
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
            outcome = workflow.compare_number(
                application.pk, by=request.user, at=now, revision=revision, number=retyped.cleaned_data["number"]
            )
            level, sentence = ANSWERS[outcome]
            messages.add_message(request, level, sentence)
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


def _comments(request: StaffRequest, application: Application) -> tuple[dict[str, str], dict[str, str]]:
    """Return the comments by field ("" = the whole), and what is wrong with those that cannot be sent."""
    keys = ["", *content.form_of(application.content), "number"]
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
            "number": presenters.number_box(application, progress, checker=request.user),
            "retype": retyped or RetypeForm(),
            "comment": (comments or {}).get("", ""),
            "number_comment": (comments or {}).get("number", ""),
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
