"""The record, for those whose duty it is to read it. Reading it is recorded too."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import select_template
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from audit import actions, journal, remembered, search
from audit.gate import requires
from audit.models import Event

KIND = "audit"


@require_http_methods(["GET", "POST"])
@requires("audit.view_event")
def log(request: HttpRequest) -> HttpResponse:
    """Search the record. Conditions are sent by POST and kept in the session; pages are then read by GET."""
    if request.method == "POST":
        form = search.SearchForm(request.POST)
        if not form.is_valid():
            return render(request, "audit/log.html", {"form": form, "page": None})
        name = remembered.remember(request, KIND, _typed(request.POST))
        return redirect(f"{request.path}?s={name}")
    name = request.GET.get("s", "")
    typed = remembered.recall(request, KIND, name)
    if typed is None:
        name, typed = "", _today()  # a name that this session does not know is not repeated
    form = search.SearchForm(typed)
    if not form.is_valid():
        return render(request, "audit/log.html", {"form": form, "page": None})
    before = request.GET.get("before")
    page = search.find(form.cleaned_data, before=before)
    journal.record(
        actions.LOG_SEARCHED,
        by=_reader(request),
        reason=search.sentence(form.cleaned_data),  # sealed: a name may be among the conditions
        details={
            "fields": sorted(key for key, value in form.cleaned_data.items() if value),
            "count": page.count if page.count is not None else f">{search.COUNTED_UP_TO}",
            "page": "older" if before else "first",
        },
    )
    return render(
        request,
        "audit/log.html",
        {
            "form": form,
            "page": page,
            "rows": [(event, page.names.get(event.person_id, "") if event.person_id else "") for event in page.events],
            "sentence": search.sentence(form.cleaned_data),
            "chips": search.chips(form.cleaned_data),
            "name": name,
            "is_first_page": not before,
            "counted_up_to": search.COUNTED_UP_TO,
            "page_size": search.PAGE,
            "today": timezone.localdate(),
        },
    )


@require_GET
@requires("audit.view_event")
def entry(request: HttpRequest, event_id: UUID) -> HttpResponse:
    """Show one entry whole, and what the same person did around it."""
    event = get_object_or_404(Event, pk=event_id)
    neighbours = list(search.around(event)) if event.actor_id else []
    journal.record(
        actions.LOG_ENTRY_OPENED, by=_reader(request), subject=journal.Subject(kind="entry", id=str(event_id))
    )
    details = select_template([f"audit/entries/{event.action}.html", "audit/entries/default.html"])
    return render(
        request,
        "audit/entry.html",
        {
            "event": event,
            "details": details.render({"event": event}, request),
            "names": search.names_of([event, *neighbours]),
            "person_name": "".join(search.names_of([event]).values()),
            "neighbours": neighbours,
        },
    )


def _reader(request: HttpRequest) -> Any:
    """Return the signed-in person: the gate has turned away everyone else."""
    return request.user


def _today() -> dict[str, Any]:
    today = timezone.localdate().isoformat()
    return {"from_on": today, "to_on": today}


def _typed(posted: QueryDict) -> dict[str, Any]:
    single = {key: posted.get(key, "") for key in ("from_on", "to_on", "actor", "subject", "result")}
    return {**single, "actions": posted.getlist("actions")}
