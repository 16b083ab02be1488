"""Pages of the layouts that the terminal's files are read by, and the list of people to ask the terminal about."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import step_up
from accounts.http import StaffRequest
from audit.gate import requires
from benefits import wareki
from benefits.juki import layouts, receiving, requests
from benefits.juki.forms import LayoutForm, write_columns
from benefits.juki.steps import Refused
from benefits.models.juki import JukiLayout, LayoutOutcome, Meaning
from benefits.views.juki import BRINGS

KEEPS = "benefits.keep_import_layouts"
LISTED = 50


@require_GET
@requires(KEEPS)
def index(request: StaffRequest) -> HttpResponse:
    """List the layouts, each with its versions."""
    kept = JukiLayout.objects.select_related("proposed_by", "decided_by").order_by("name", "-version")[:LISTED]
    return render(request, "benefits/juki/layouts.html", {"layouts": kept})


@require_GET
@requires(KEEPS)
def detail(request: StaffRequest, layout_id: int) -> HttpResponse:
    """Show one version; if it is proposed by somebody else, it can be decided here."""
    kept = get_object_or_404(JukiLayout.objects.select_related("proposed_by", "decided_by"), pk=layout_id)
    meanings = dict(Meaning.choices) | {"SERIAL": _("整理番号")}
    return render(
        request,
        "benefits/juki/layout.html",
        {
            "kept": kept,
            "columns": [(meanings[meaning], heading) for meaning, heading in kept.columns],
            "query_columns": [(meanings[meaning], heading) for meaning, heading in kept.query_columns],
            "is_own": kept.proposed_by_id == request.user.pk,
        },
    )


@require_http_methods(["GET", "POST"])
@requires(KEEPS)
def change(request: StaffRequest, layout_id: int) -> HttpResponse:
    """Propose the next version of a layout, or a layout of another name, beginning with what this one says."""
    kept = get_object_or_404(JukiLayout, pk=layout_id)
    form = LayoutForm(request.POST or None, initial=None if request.method == "POST" else _typed(kept))
    if request.method == "POST" and form.is_valid():
        proposed = layouts.propose(form.cleaned_data, by=request.user)
        messages.success(request, _("様式を申請しました。ほかの人が確定すると、使えるようになります。"))
        return redirect(proposed)
    return render(request, "benefits/juki/layout_change.html", {"kept": kept, "form": form})


@require_POST
@requires(KEEPS)
@step_up.required
def decide(request: StaffRequest, layout_id: int) -> HttpResponse:
    """Confirm or reject a version that somebody else has proposed."""
    kept = get_object_or_404(JukiLayout, pk=layout_id)
    outcome = LayoutOutcome.CONFIRMED if request.POST.get("outcome") == "CONFIRMED" else LayoutOutcome.REJECTED
    try:
        layouts.decide(kept.pk, outcome, by=request.user, at=timezone.now())
    except Refused as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, _("様式を「%(outcome)s」にしました。") % {"outcome": outcome.label})
    return redirect(kept)


@require_http_methods(["GET", "POST"])
@requires(BRINGS)
@step_up.required
def ask(request: StaffRequest) -> HttpResponse:
    """Hand out the list of people to ask the terminal about, in the layout's own columns. No number is in it."""
    confirmed = JukiLayout.objects.filter(outcome=LayoutOutcome.CONFIRMED, valid_from__lte=timezone.localdate())
    kept = confirmed.order_by("-valid_from", "-version", "-pk").first()
    if not receiving.may_bring(request.user):
        kept = None
    if request.method == "POST" and kept is not None:
        made = requests.make(kept, by=request.user)
        answer = HttpResponse(made.data, content_type="text/csv")
        answer["Content-Disposition"] = f'attachment; filename="juki-request-{timezone.localdate():%Y%m%d}.csv"'
        return answer
    found = requests.missing(most=requests.MOST + 1) if kept else []
    shown = requests.unwritable(found[: requests.MOST], kept) if kept else []
    requests.record_shown(shown, kept, by=request.user)
    return render(
        request,
        "benefits/juki/request.html",
        {
            "kept": kept,
            "count": min(len(found), requests.MOST),
            "is_cut": len(found) > requests.MOST,
            "registered": sum(each.is_registered for each in found[: requests.MOST]),
            "unwritable": shown,
        },
    )


def _typed(kept: JukiLayout) -> dict[str, object]:
    return {
        "name": kept.name,
        "valid_from": wareki.write_short(timezone.localdate()),
        "encoding": kept.encoding,
        "separator": kept.separator,
        "has_heading": kept.has_heading,
        "items": kept.items,
        "date_notation": kept.date_notation,
        "columns": write_columns(kept.columns),
        "query_columns": write_columns(kept.query_columns),
        "note": kept.note,
    }
