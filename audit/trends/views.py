"""The page of 傾向, and the way from its charts to the entries behind them. Looking at it is recorded too."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from audit import actions, journal
from audit.gate import page_of, requires
from audit.models import Result
from audit.trends import counts, drawing, reach, rows, sentences
from audit.trends.counts import Trends
from audit.trends.rows import Choice

WATCH = "audit.watch"
#: The period shown first.
WEEKS = 8


@require_GET
@requires(WATCH)
def trends(request: HttpRequest) -> HttpResponse:
    """Draw how much was looked at in the last weeks: by day, by hour, by whom; and how many numbers were shown."""
    choice = Choice(weeks=_weeks(request.GET.get("weeks", "")), code=request.GET.get("section", ""))
    found = _counted(request, choice)
    heat_map = drawing.heat_map(found.hours)
    journal.record(
        actions.TRENDS_VIEWED,
        by=_watcher(request),
        details={"conditions": {"weeks": choice.weeks, "section": found.section or ""}, "count": found.views},
    )
    return render(
        request,
        "audit/trends.html",
        {
            "trends": found,
            "choice": choice,
            "periods": counts.PERIODS,
            "sections": [(reach.code_of(section), section) for section in found.sections],
            "sees_all": reach.sees_all(_watcher(request)),
            "heat_map": heat_map,
            "view_bars": drawing.days(found.days),
            "reveal_bars": drawing.days(found.days, of_reveals=True),
            "viewer_lines": drawing.viewers(found.viewers),
            "days_said": sentences.of_days(found),
            "hours_said": sentences.of_hours(found),
            "viewers_said": sentences.of_viewers(found),
            "reveals_said": sentences.of_reveals(found),
            "day_rows": [
                {
                    "day": day,
                    "words": sentences.day_in_words(day.on),
                    "usual": "―" if day.usual is None else sentences.amount(day.usual),
                }
                for day in reversed(found.days)
            ],
            "hour_rows": [(row.label, row.cells) for row in heat_map.rows],
            "all_hours": range(24),
        },
    )


@require_GET
@requires(WATCH)
def trend_rows(request: HttpRequest, choice: str, place: str) -> HttpResponse:
    """Open the search with what a bar or a cell stands for."""
    chosen = rows.choice_named(choice)
    if chosen is None:
        raise Http404
    today, own = timezone.localdate(), _own_section(request)
    section = own
    if chosen.code:
        try:
            section = counts.section_called(chosen.code, chosen.weeks, today=today, own=own)
        except counts.UnknownSectionError:
            raise _hidden(request) from None
    asked = rows.conditions(place, chosen, section=section, today=today)
    if asked is None:
        raise Http404
    return redirect(rows.address(request, asked))


def _counted(request: HttpRequest, choice: Choice) -> Trends:
    try:
        return counts.of(choice.weeks, today=timezone.localdate(), own=_own_section(request), code=choice.code)
    except counts.UnknownSectionError:
        raise _hidden(request) from None


def _own_section(request: HttpRequest) -> str | None:
    """Return the one section that is shown to this watcher, or None for all of them."""
    return None if reach.sees_all(_watcher(request)) else _watcher(request).section


def _weeks(typed: str) -> int:
    return int(typed) if typed in {str(weeks) for weeks in counts.PERIODS} else WEEKS


def _watcher(request: HttpRequest) -> Any:
    """Return the signed-in person: the gate has turned away everyone else."""
    return request.user


def _hidden(request: HttpRequest) -> Http404:
    """Record that somebody asked for what they may not see, and answer as if it were not there."""
    journal.record(
        actions.TRENDS_VIEWED,
        by=_watcher(request),
        subject=journal.Subject(kind="page", id=page_of(request)),
        result=Result.REFUSED,
        details={"method": request.method},
    )
    return Http404()
