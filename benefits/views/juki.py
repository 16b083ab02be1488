"""Pages of a file from the Juki-net terminal: bringing it, seeing it read, and letting it be applied or taken back."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import step_up
from accounts.http import StaffRequest
from audit import journal
from audit.gate import requires
from audit.models import Result
from benefits import events
from benefits.juki import deciding, errors, progress, reading, receiving, undoing
from benefits.juki.forms import ReasonForm, StartForm, UploadForm
from benefits.juki.layout import Layout
from benefits.juki.steps import Refused
from benefits.juki.words import BLOCKERS, CLOSED, UNUSABLE
from benefits.models.juki import (
    BatchState,
    Encoding,
    ErrorMode,
    JukiBatch,
    JukiLayout,
    JukiRow,
    RowCode,
    RowState,
    goes_for_all,
)
from mynumber import staging

BRINGS = "benefits.import_numbers"
APPLIES = "benefits.apply_import"
LISTED = 30
BLOCKED_SHOWN = 100


@require_GET
@requires(BRINGS, APPLIES)
def index(request: StaffRequest) -> HttpResponse:
    """List the latest files and what became of them."""
    batches = JukiBatch.objects.visible_to(request.user, BRINGS, APPLIES).select_related("uploaded_by", "applied_by")
    journal.record(events.IMPORT_VIEWED, by=request.user)
    return render(
        request,
        "benefits/juki/batches.html",
        {
            "batches": batches.order_by("-serial")[:LISTED],
            "brings": receiving.may_bring(request.user),
            "going_on": batches.going_on().first(),
        },
    )


@require_http_methods(["GET", "POST"])
@requires(BRINGS)
@step_up.required
def new(request: StaffRequest) -> HttpResponse:
    """Take a file in. It is sealed while it comes; nothing is read of it before somebody says how."""
    refusal = ""
    if not receiving.may_bring(request.user):
        refusal = _("取込みは全所が対象です。保健所を限った権限では取り込めません。")
    elif request.method == "POST":
        brought: Any = request.FILES.get("file")
        try:
            return redirect(receiving.receive(brought))
        except Refused as refused:
            refusal = refused.message
            journal.record(
                events.IMPORT_REFUSED, by=request.user, result=Result.REFUSED, details={"code": refused.code}
            )
    form = UploadForm({} if refusal else None, most_bytes=receiving.most_bytes())
    if refusal:
        form.add_error("file", refusal)
    return render(
        request,
        "benefits/juki/new.html",
        {
            "form": form,
            "most": receiving.most_bytes() // (1024 * 1024),
            "going_on": JukiBatch.objects.visible_to(request.user, BRINGS).going_on().first(),
        },
        status=HTTPStatus.UNPROCESSABLE_ENTITY if refusal else HTTPStatus.OK,
    )


@require_GET
@requires(BRINGS, APPLIES)
def detail(request: StaffRequest, batch_id: UUID) -> HttpResponse:
    """Show where a file stands, and what can be done with it from there."""
    batch = visible_batch(request, batch_id, BRINGS, APPLIES)
    journal.record(events.IMPORT_VIEWED, by=request.user, subject=batch, details={"status": batch.state})
    return _page(request, batch, ReasonForm())


@require_GET
@requires(BRINGS, APPLIES)
def how_far(request: StaffRequest, batch_id: UUID) -> HttpResponse:
    """Say how far the worker is, for the page that shows it."""
    batch = visible_batch(request, batch_id, BRINGS, APPLIES)
    now = progress.of(batch, now=timezone.now())
    return JsonResponse(
        {
            "state": batch.state,
            "percent": now.percent if now else 0,
            "said": now.said if now else "",
            "left": now.left if now else "",
        }
    )


@require_POST
@requires(BRINGS)
def start(request: StaffRequest, batch_id: UUID) -> HttpResponse:
    """Let the worker read the file in the way that was chosen."""
    batch = visible_batch(request, batch_id, BRINGS)
    form = StartForm(request.POST)
    if form.is_valid():
        chosen = form.cleaned_data
        try:
            deciding.start(
                batch.pk,
                by=request.user,
                layout=chosen["layout"],
                encoding=Encoding(chosen["encoding"]),
                mode=ErrorMode(chosen["mode"]),
            )
        except Refused as refusal:
            messages.error(request, refusal.message)
    else:
        messages.error(request, _("様式、文字コード、誤りのある行の扱いを選んでください。"))
    return redirect(batch)


@require_POST
@requires(BRINGS)
def skip_errors(request: StaffRequest, batch_id: UUID) -> HttpResponse:
    """Go on without the lines that have errors."""
    return _do(request, batch_id, deciding.skip_errors, _("誤りのある行を除いて、照合を始めました。"), BRINGS)


@require_POST
@requires(BRINGS, APPLIES)
def cancel(request: StaffRequest, batch_id: UUID) -> HttpResponse:
    """Give a file up before anything of it was applied."""
    done = _("取込みを中止し、ファイルと行を消去しました。何も登録していません。")
    return _do(request, batch_id, deciding.cancel, done, BRINGS, APPLIES)


@require_GET
@requires(BRINGS)
def errors_csv(request: StaffRequest, batch_id: UUID) -> HttpResponse:
    """Hand out what is wrong with the lines. The number's column is named there, its values never."""
    batch = visible_batch(request, batch_id, BRINGS)
    journal.record(events.IMPORT_ERRORS_EXPORTED, by=request.user, subject=batch, details={"count": batch.with_errors})
    answer = StreamingHttpResponse(errors.as_csv(batch), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{batch.label}-errors.csv"'
    return answer  # type: ignore[return-value]  # streamed: a response like any other to the gates


@require_POST
@requires(APPLIES)
@step_up.required
def apply(request: StaffRequest, batch_id: UUID) -> HttpResponse:
    """Let the worker put the numbers into use, as somebody else than who brought the file."""
    return _do(request, batch_id, deciding.apply, _("適用を始めました。この画面を閉じても続きます。"), APPLIES)


@require_POST
@requires(BRINGS)
@step_up.required
def undo(request: StaffRequest, batch_id: UUID) -> HttpResponse:
    """Ask for an applied file to be taken back."""
    batch = visible_batch(request, batch_id, BRINGS)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _page(request, batch, form)
    try:
        undoing.propose(batch.pk, by=request.user, reason=form.cleaned_data["reason"])
    except Refused as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, _("取消しを申請しました。ほかの人が承認すると、番号を取り消します。"))
    return redirect(batch)


@require_POST
@requires(APPLIES)
@step_up.required
def undo_approve(request: StaffRequest, batch_id: UUID) -> HttpResponse:
    """Let an applied file be taken back that somebody else has asked for."""
    return _do(request, batch_id, undoing.approve, _("取消しを始めました。この画面を閉じても続きます。"), APPLIES)


def visible_batch(request: StaffRequest, batch_id: UUID, *permissions: str) -> JukiBatch:
    """Return a file that one of ``permissions``, those of the page, shows; or raise 404, recorded as refused."""
    batches = JukiBatch.objects.select_related("layout", "uploaded_by", "applied_by", "undo_proposed_by", "undone_by")
    batch = batches.visible_to(request.user, *permissions).filter(pk=batch_id).first()
    if batch is not None:
        return batch
    if hidden := JukiBatch.objects.filter(pk=batch_id).first():
        journal.record(events.HIDDEN_REQUESTED, by=request.user, subject=hidden, result=Result.REFUSED)
    raise Http404


def _do(request: StaffRequest, batch_id: UUID, act: Any, done: str, *permissions: str) -> HttpResponse:
    batch = visible_batch(request, batch_id, *permissions)
    try:
        act(batch.pk, by=request.user)
    except Refused as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, done)
    return redirect(batch)


def _page(request: StaffRequest, batch: JukiBatch, form: ReasonForm) -> HttpResponse:
    user, state = request.user, BatchState(batch.state)
    page: dict[str, Any] = {
        "batch": batch,
        "form": form,
        "brings": goes_for_all(user, BRINGS),
        "applies": goes_for_all(user, APPLIES),
        "is_own": batch.uploaded_by_id == user.pk,
        "progress": progress.of(batch, now=timezone.now()),
        "unusable": UNUSABLE.get(batch.code, ""),
        "closed": CLOSED if batch.code == "stranded" else "",
        "kind": _kind(state),
    }
    if state is BatchState.UPLOADED and page["brings"]:
        page |= _preview(request, batch)
    if state in {BatchState.HALTED, BatchState.MATCHING, BatchState.CHECKING, BatchState.REVIEW}:
        page |= {
            "faults": list(errors.of(batch, most=errors.SHOWN)) if page["brings"] else [],
            "faults_shown": errors.SHOWN,
            "faults_kept": errors.KEPT if batch.with_errors > errors.KEPT else 0,
            "is_all_wrong": batch.with_errors == batch.lines_in,
        }
    if state is BatchState.REVIEW:
        page |= {
            "why_not": deciding.why_not_apply(batch, by=user) if page["applies"] else "",
            "sample_done": sum(one.agrees is True and one.opened_by_id == user.pk for one in deciding.sample(batch)),
            "waiting": batch.linked - batch.judged,
            "nobodys": JukiRow.objects.filter(batch=batch, state=RowState.QUEUED, code=RowCode.NOBODY).exists(),
        }
    # what was built on thousands of numbers is looked up for whoever means to take them back, not for every look
    asks_undo = state is BatchState.APPLIED and (batch.undo_proposed_by_id or form.is_bound or "undo" in request.GET)
    if asks_undo or (state is BatchState.UNDONE and batch.undone < batch.applied):
        blocked = undoing.built_on(batch)
        page |= {
            "asks_undo": True,
            "blocked_count": len(blocked),
            "blocked": [(label, BLOCKERS[code]) for label, code in blocked[:BLOCKED_SHOWN]],
        }
    return render(request, "benefits/juki/batch.html", page)


def _preview(request: StaffRequest, batch: JukiBatch) -> dict[str, Any]:
    """Return the first lines, read as the form above them says."""
    chosen = {
        "layout": request.GET.get("layout") or batch.layout_id,
        "encoding": request.GET.get("encoding") or batch.encoding,
        "mode": request.GET.get("mode") or ErrorMode.ALL,
    }
    form = StartForm(chosen)
    if not form.is_valid():
        form = StartForm({"layout": batch.layout_id, "encoding": batch.encoding, "mode": ErrorMode.ALL})
        if not form.is_valid():
            return {"start_form": form, "preview": [], "headings": []}
    kept: JukiLayout = form.cleaned_data["layout"]
    try:
        _key, head = staging.open_parts(batch.pk, 0, 1, by=request.user)
        lines = reading.preview(head, Layout.of(kept), form.cleaned_data["encoding"])
    except (staging.StagedBrokenError, reading.Unusable):
        lines = []
    return {
        "start_form": form,
        "preview": lines,
        "detected": Encoding(batch.encoding).label,
        "headings": [heading for _meaning, heading in kept.columns],
    }


def _kind(state: BatchState) -> str:
    if state in {BatchState.APPLIED, BatchState.UNDONE}:
        return "good"
    if state in {BatchState.HALTED, BatchState.UNUSABLE}:
        return "bad"
    if state in {BatchState.CANCELLED, BatchState.EXPIRED}:
        return "neutral"
    return "waiting"
