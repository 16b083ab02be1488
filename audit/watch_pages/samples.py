"""The pages of the weekly sample: the draws, and the views of one, answered one after the other."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from audit import actions, journal
from audit.gate import requires
from audit.watch_pages import refusing
from audit.watch_pages.forms import VerdictForm
from audit.watching import people, review, samples
from audit.watching.refusals import Refused


@require_GET
@requires(people.WATCH)
def draws(request: HttpRequest) -> HttpResponse:
    """List the draws of the last weeks, with how many of each are still to be looked at."""
    by = _watcher(request)
    found = samples.drawn(by=by)
    rows = []
    for draw in found:
        views = samples.rows(draw, by=by)
        rows.append((draw, len(views), sum(1 for row in views if not row.view.verdict)))
    journal.record(actions.SAMPLE_VIEWED, by=by, details={"count": len(rows)})
    return render(request, "audit/watch_samples.html", {"rows": rows, "waiting": samples.waiting(by=by)})


@require_http_methods(["GET", "POST"])
@requires(people.WATCH)
def sample(request: HttpRequest, sample_id: UUID) -> HttpResponse:
    """Go through one draw: the first view that is still to be looked at, and below it the others."""
    by = _watcher(request)
    draw = next((one for one in samples.drawn(by=by, weeks=60) if one.pk == sample_id), None)
    if draw is None:
        raise refusing.hidden(request, actions.SAMPLE_VIEWED, kind="audit.sample", key=str(sample_id))
    rows = samples.rows(draw, by=by)
    at_hand = _at_hand(request, rows)
    form = VerdictForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and at_hand is not None and form.is_valid():
        try:
            samples.answer(at_hand.view.pk, by=by, **form.cleaned_data)
        except Refused as refused:
            form.add_error(None, refused.refusal.message)
        else:
            messages.success(request, _("結果を記録しました。"))
            return redirect("audit:sample", sample_id)
    names = review.actor_names(row.view.answered_by_id for row in rows)
    journal.record(
        actions.SAMPLE_VIEWED,
        by=by,
        subject=journal.Subject(kind="audit.sample", id=str(sample_id)),
        person_id=at_hand.view.person_id if at_hand else None,
        details={"count": len(rows)},
    )
    return render(
        request,
        "audit/watch_sample.html",
        {
            "draw": draw,
            "rows": [(row, names.get(row.view.answered_by_id or 0, "")) for row in rows],
            "at_hand": at_hand,
            "form": form,
            "left": sum(1 for row in rows if not row.view.verdict),
        },
    )


def _at_hand(request: HttpRequest, rows: list[samples.Row]) -> samples.Row | None:
    """Return the view that an answer is about, or the first that this reader may answer."""
    wanted = request.POST.get("view") or request.GET.get("view", "")
    open_rows = [row for row in rows if row.refusal is None]
    named = next((row for row in rows if str(row.view.pk) == wanted), None)
    return named or next(iter(open_rows), None)


def _watcher(request: HttpRequest) -> Any:
    """Return the signed-in person: the gate has turned away everyone else."""
    return request.user
