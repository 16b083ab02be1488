"""Searching the record: all of it, a section's part, or one's own doings, on the same page."""

from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from audit import actions, journal, remembered
from audit.gate import requires
from audit.models import Result
from audit.searching import areas, columns, finding, holidays, links, registered, saving, scopes
from audit.searching.conditions import Conditions, period_of
from audit.searching.form import SearchForm, typed as typed_in
from audit.searching.scopes import Reach, Scope
from audit.searching.sentences import chips, sentence, without
from audit.views.reading import SAVED, Asked, asked_by, everybodys_scope, reader

#: Conditions of one's own log are remembered apart: their boxes are others.
OWN_KIND = "audit_own"


@require_http_methods(["GET", "POST"])
@requires(scopes.ALL, scopes.SECTION)
def log(request: HttpRequest) -> HttpResponse:
    """Search the record. Conditions are sent by POST and kept in the session; pages are then read by GET."""
    return _searched(request, everybodys_scope(request), address=reverse("audit:log"), kind=links.KIND)


@require_http_methods(["GET", "POST"])
@requires(scopes.OWN)
def own(request: HttpRequest) -> HttpResponse:
    """Search what the reader has done."""
    scope = Scope(Reach.OWN, actor_id=reader(request).pk)
    return _searched(request, scope, address=reverse("audit:own"), kind=OWN_KIND)


@require_POST
@requires(scopes.ALL, scopes.SECTION, scopes.OWN)
def choose_columns(request: HttpRequest) -> HttpResponse:
    """Show the columns that were ticked from now on, and go back to the list."""
    columns.choose(request, request.POST.getlist("columns"))
    is_own = request.POST.get("list") == "own"
    asked = asked_by(request, request.POST.get("s", ""), kind=OWN_KIND if is_own else links.KIND)
    page = reverse("audit:own" if is_own else "audit:log")
    return redirect(f"{page}?{urlencode({'s': asked.name})}" if asked.typed else page)


def _searched(request: HttpRequest, scope: Scope, *, address: str, kind: str) -> HttpResponse:
    if request.method == "POST":
        form = SearchForm(typed_in(request.POST), scope=scope)
        if not form.is_valid():
            return _page(request, form, scope, address=address, asked=Asked("", {}))
        return redirect(_remembered(request, address, kind, typed_in(request.POST)))
    if linked := request.GET.get("q"):
        typed = links.opened(request, linked)
        return redirect(_remembered(request, address, kind, typed) if typed else address)
    asked = asked_by(request, request.GET.get("s", ""), kind=kind)
    form = SearchForm(asked.typed, scope=scope)
    if not form.is_valid():
        return _page(request, form, scope, address=address, asked=asked)
    try:
        found = finding.find(form.conditions, scope, reader_id=reader(request).pk, token=request.GET.get("before"))
    except finding.TooSlowError:
        _record(request, form.conditions, scope, count="", page="first", result=Result.FAILED)
        response = _page(request, form, scope, address=address, asked=asked, hint=_hint(form.conditions))
        response.status_code = HTTPStatus.SERVICE_UNAVAILABLE
        return response
    _record(
        request,
        form.conditions,
        scope,
        count=found.count if found.count is not None else f">{finding.COUNTED_UP_TO}",
        page="first" if found.is_first else "older",
    )
    return _page(request, form, scope, address=address, asked=asked, found=found)


def _remembered(request: HttpRequest, address: str, kind: str, typed: dict[str, Any]) -> str:
    """Keep what was typed and return where it is shown; nothing typed has an address of its own."""
    return f"{address}?{urlencode({'s': remembered.remember(request, kind, typed)})}" if typed else address


def _record(
    request: HttpRequest,
    conditions: Conditions,
    scope: Scope,
    *,
    count: int | str,
    page: str,
    result: Result = Result.DONE,
) -> None:
    """Write down that the record was searched: one entry with the question, sealed, since names may be in it."""
    asked = [box for chip in chips(conditions) for box in chip.boxes]
    journal.record(
        actions.LOG_SEARCHED,
        by=reader(request),
        result=result,
        reason=sentence(conditions, today=timezone.localdate()),
        details={"kind": scope.reach.lower(), "fields": sorted(asked), "count": count, "page": page},
    )


def _hint(conditions: Conditions) -> str:
    """Say what would make a search quicker."""
    if conditions.is_about_one_thing:
        return _("期間を短くしてください。")
    return _("期間を1か月以内にするか、利用者、受給者、受付番号のどれかを加えてください。")


def _page(
    request: HttpRequest,
    form: SearchForm,
    scope: Scope,
    *,
    address: str,
    asked: Asked,
    found: finding.Page | None = None,
    hint: str = "",
) -> HttpResponse:
    today = timezone.localdate()
    is_sound = form.is_valid()
    conditions = form.conditions if is_sound else None
    is_own = scope.reach is Reach.OWN
    shown = columns.chosen(request)
    kept = saving.one(asked.saved, scope, reader(request).pk, today=today) if asked.saved and not is_own else None
    period = period_of(conditions, today=today) if conditions else None
    return render(
        request,
        "audit/log.html",
        {
            "form": form,
            "scope": scope,
            "is_own": is_own,
            "reads_everything": scope.reach is Reach.ALL,
            "address": address,
            "page": found,
            "hint": hint,
            "rows": [(row, columns.seal_words(row), columns.explanation(row.event.explanation)) for row in found.rows]
            if found
            else [],
            "sentence": sentence(conditions, today=today) if conditions else "",
            "chips": [
                (
                    chip,
                    links.address(
                        request,
                        page="audit:own" if is_own else "audit:log",
                        **{name: value for name, value in without(asked.typed, chip).items() if name != SAVED},
                    ),
                )
                for chip in chips(conditions)
            ]
            if conditions
            else [],
            "name": asked.name,
            "moving": form.data.get("span", ""),
            "kept": kept,
            "areas": _areas(form),
            "sections": registered.sections() if "section" in form.fields else [],
            "columns": [(code, label, code in shown) for code, label in columns.ON_SCREEN.items()],
            "shown": shown,
            "counted_up_to": finding.COUNTED_UP_TO,
            "begins_on": finding.begins_on() if found is not None and not found.rows else None,
            "missing_years": holidays.missing_years(period.first, period.last, today=today)
            if period and conditions and conditions.days
            else [],
            "can_export": reader(request).has_perm("audit.export_event") and not is_own,
            "today": today,
        },
    )


def _areas(form: SearchForm) -> list[dict[str, Any]]:
    """Return the actions by group, each with whether it is ticked."""
    ticked, whole = set(form["actions"].value() or ()), set(form["areas"].value() or ())
    return [
        {
            "code": area.code,
            "name": area.name,
            "is_ticked": area.code in whole,
            "ticked": sum(code in ticked for code, _name in area.actions),
            "actions": [(code, name, code in ticked) for code, name in area.actions],
        }
        for area in areas.areas()
    ]
