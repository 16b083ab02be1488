"""Pages where two records keepers destroy papers by a list: labels, kinds and receipt numbers, and nothing else."""

from uuid import UUID

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import step_up
from accounts.http import StaffRequest
from audit import journal
from audit.gate import requires
from benefits import events
from benefits.forms_papers import DestructionForm
from benefits.models import DestructionList
from benefits.models.destruction import DestructionOutcome
from benefits.papers import destruction, duties
from benefits.papers.steps import Refused
from benefits.views.papers import lines_of

LIST_LENGTH = 50

STEPS = {
    DestructionOutcome.DONE: destruction.carry_out,
    DestructionOutcome.REJECTED: destruction.reject,
    DestructionOutcome.WITHDRAWN: destruction.withdraw,
}


@require_GET
@requires(duties.DESTROY)
def index(request: StaffRequest) -> HttpResponse:
    """List the lists, the latest first, a page at a time."""
    lists = DestructionList.objects.select_related("proposed_by", "decided_by")
    before = _before(request.GET.get("before", ""))
    if before is not None:
        lists = lists.filter(
            Q(proposed_at__lt=before.proposed_at) | Q(proposed_at=before.proposed_at, pk__lt=before.pk),
            proposed_at__lte=before.proposed_at,
        )
    rows = list(lists.order_by("-proposed_at", "-pk")[: LIST_LENGTH + 1])
    shown, more = rows[:LIST_LENGTH], rows[LIST_LENGTH:]
    return render(
        request,
        "benefits/papers/destructions.html",
        {"lists": shown, "older": shown[-1].pk if more else None, "is_first_page": before is None},
    )


@require_http_methods(["GET", "POST"])
@requires(duties.DESTROY)
def new(request: StaffRequest) -> HttpResponse:
    """Scan the labels of what is to be destroyed, and put the list before the other records keepers."""
    form = DestructionForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            made = destruction.propose(form.cleaned_data["codes"], by=request.user, basis=form.cleaned_data["basis"])
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("廃棄一覧 %s を提案しました。ほかの保存・鍵管理者が実施します。") % made.code)
            return redirect(made)
    return render(
        request,
        "benefits/papers/act.html",
        {
            "form": form,
            "heading_text": _("書類の廃棄を提案する"),
            "button": _("廃棄を提案する"),
            "hint": _("処理の終わった申請の書類と、所在不明の書類（紛失の確定）だけを載せられます。"),
            "back": "../",
            "takes_many_lines": True,
        },
    )


@require_GET
@requires(duties.DESTROY)
def detail(request: StaffRequest, list_id: UUID) -> HttpResponse:
    """Show a list, to be printed and gone through by two."""
    made = get_object_or_404(DestructionList.objects.select_related("proposed_by", "decided_by"), pk=list_id)
    papers = destruction.papers_of(made)
    journal.record(events.PAPERS_SEARCHED, by=request.user, subject=made, details={"count": len(papers)})
    return render(
        request,
        "benefits/papers/destruction.html",
        {
            "made": made,
            "lines": lines_of(papers, reader=request.user),
            "problems": [] if made.outcome else [why for one in papers if (why := destruction.why_not(one))],
            "why_not_decide": destruction.why_not_decide(made, by=request.user),
            "can_withdraw": not made.outcome and made.proposed_by_id == request.user.pk,
        },
    )


@require_POST
@requires(duties.DESTROY)
@step_up.required
def decide(request: StaffRequest, list_id: UUID) -> HttpResponse:
    """Carry a list out, turn it down, or take one's own back."""
    made = get_object_or_404(DestructionList, pk=list_id)
    outcome = request.POST.get("outcome", "")
    if outcome not in DestructionOutcome.values:
        messages.error(request, _("何をするかを選んでください。"))
        return redirect(made)
    try:
        STEPS[DestructionOutcome(outcome)](made.pk, by=request.user)
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(
            request,
            {
                DestructionOutcome.DONE: _("廃棄一覧 %s の書類を、廃棄済みとして登録しました。"),
                DestructionOutcome.REJECTED: _("廃棄一覧 %s を却下しました。"),
                DestructionOutcome.WITHDRAWN: _("廃棄一覧 %s を取り下げました。"),
            }[DestructionOutcome(outcome)]
            % made.code,
        )
    return redirect(made)


def _before(text: str) -> DestructionList | None:
    try:
        return DestructionList.objects.filter(pk=UUID(text)).first()
    except ValueError:
        return None
