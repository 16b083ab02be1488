"""Pages where one records keeper proposes a key operation, another approves it, and both see how far it is."""

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import step_up
from accounts.http import StaffRequest
from audit import journal
from audit.gate import requires
from config.key_pages import words
from config.key_pages.forms import ReasonForm, RetireForm
from mynumber import actions, key_operations, rotation
from mynumber.key_operations import Kind, Operation, Outcome, State


@require_http_methods(["GET", "POST"])
@requires("mynumber.work_keys")
@step_up.required
def rotate(request: StaffRequest) -> HttpResponse:
    """Propose that a new key takes over."""
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            operation_id = rotation.propose_rotation(by=request.user, reason=form.cleaned_data["reason"])
        except rotation.Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("鍵の更新を申請しました。ほかの保存・鍵管理者が承認すると始まります。"))
            return redirect("keys-operation", operation_id=operation_id)
    return render(request, "mynumber/keys_rotate.html", {"form": form})


@require_http_methods(["GET", "POST"])
@requires("mynumber.work_keys")
@step_up.required
def retire(request: StaffRequest) -> HttpResponse:
    """Propose that an old key under which nothing is left is destroyed."""
    retirable = key_operations.retirable()
    form = RetireForm(request.POST or None, retirable=retirable)
    if request.method == "POST" and form.is_valid():
        try:
            operation_id = rotation.propose_retirement(
                form.cleaned_data["kek"], by=request.user, reason=form.cleaned_data["reason"]
            )
        except rotation.Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("古い鍵の破棄を申請しました。ほかの保存・鍵管理者が承認すると破棄します。"))
            return redirect("keys-operation", operation_id=operation_id)
    return render(request, "mynumber/keys_retire.html", {"form": form, "retirable": retirable})


@require_GET
@requires("mynumber.view_keys")
@step_up.required
def operation(request: StaffRequest, operation_id: UUID) -> HttpResponse:
    """Show what is proposed, what was decided, and how far it has come."""
    one = _get(operation_id)
    journal.record(actions.KEYS_VIEWED, by=request.user, subject=one.subject)
    return _page(request, one, form=ReasonForm())


@require_GET
@requires("mynumber.view_keys")
def progress(_request: StaffRequest, operation_id: UUID) -> HttpResponse:
    """Tell the page's script how far it has come: counts, nothing else."""
    one = _get(operation_id)
    return JsonResponse(
        {
            "state": one.state.value,
            "percent": one.percent,
            "done": one.done,
            "total": one.total,
            "left": one.left,
            "time_left": words.time_left(one),
            "problem": one.problem,
        }
    )


@require_POST
@requires("mynumber.work_keys")
@step_up.required
def approve(request: StaffRequest, operation_id: UUID) -> HttpResponse:
    """Approve: a new key takes over, or an old one is destroyed."""

    def step() -> str:
        one = rotation.approve(operation_id, by=request.user)
        if one.kind is Kind.ROTATE:
            return _("承認しました。新しい鍵 %(key)d で封じ始めました。") % {"key": one.new_kek_id}
        if one.state is State.DONE:
            return _("承認しました。鍵 %(key)d を破棄しました。") % {"key": one.kek_id}
        return _("承認しました。鍵をまだ破棄できていません。下に出ている問題が解消すると、自動で破棄します。")

    return _taken(request, operation_id, step)


@require_POST
@requires("mynumber.work_keys")
@step_up.required
def reject(request: StaffRequest, operation_id: UUID) -> HttpResponse:
    """Turn it down, with the reason."""
    one = _get(operation_id)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _page(request, one, form=form)

    def step() -> str:
        rotation.reject(operation_id, by=request.user, reason=form.cleaned_data["reason"])
        return _("却下しました。")

    return _taken(request, operation_id, step)


@require_POST
@requires("mynumber.work_keys")
@step_up.required
def withdraw(request: StaffRequest, operation_id: UUID) -> HttpResponse:
    """Take one's own proposal back."""

    def step() -> str:
        rotation.withdraw(operation_id, by=request.user)
        return _("申請を取り下げました。")

    return _taken(request, operation_id, step)


@require_POST
@requires("mynumber.work_keys")
@step_up.required
def pause(request: StaffRequest, operation_id: UUID) -> HttpResponse:
    """Hold a running rotation up."""

    def step() -> str:
        rotation.pause(operation_id, by=request.user)
        return _("一時停止しました。新しい番号は、新しい鍵で封じ続けます。")

    return _taken(request, operation_id, step)


@require_POST
@requires("mynumber.work_keys")
@step_up.required
def resume(request: StaffRequest, operation_id: UUID) -> HttpResponse:
    """Let a rotation go on."""

    def step() -> str:
        rotation.resume(operation_id, by=request.user)
        return _("再開しました。")

    return _taken(request, operation_id, step)


def _taken(request: StaffRequest, operation_id: UUID, step: Callable[[], str]) -> HttpResponse:
    one = _get(operation_id)
    try:
        messages.success(request, step())
    except rotation.Refused as refused:
        messages.error(request, str(refused))
    return redirect("keys-operation", operation_id=one.id)


def _get(operation_id: UUID) -> Operation:
    one = key_operations.operation(operation_id)
    if one is None:
        raise Http404
    return one


def _page(request: StaffRequest, one: Operation, *, form: ReasonForm) -> HttpResponse:
    names = words.names_of([one])
    may_work = request.user.has_perm(rotation.PERMISSION)
    return render(
        request,
        "mynumber/keys_operation.html",
        {
            "operation": one,
            "sentence": words.sentence(one),
            "status": words.status(one),
            "time_left": words.time_left(one),
            "proposed_by": names.get(one.proposed_by, ""),
            "decided_by": names.get(one.decided_by or 0, ""),
            "is_waiting": one.outcome is Outcome.WAITING,
            "is_rotation": one.kind is Kind.ROTATE,
            "why_not_decide": rotation.why_not_decide(one, by=request.user),
            "may_withdraw": one.outcome is Outcome.WAITING and one.proposed_by == request.user.pk,
            "may_pause": may_work and one.kind is Kind.ROTATE and one.state is State.RUNNING,
            "may_resume": may_work and one.state is State.PAUSED,
            "is_running": one.state is State.RUNNING,
            "is_done": one.state is State.DONE,
            "retirable": key_operations.retirable(),
            "form": form,
        },
    )
