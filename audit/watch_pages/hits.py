"""The pages of what the rules found: the list, and one finding with its entries and what was made of it."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from audit import actions, journal, words
from audit.gate import requires
from audit.models import Hit, HitState, Rule
from audit.searching import links
from audit.watch_pages import refusing
from audit.watch_pages.forms import ANY_STATE, AnswerForm, FilterForm
from audit.watching import people, review, samples
from audit.watching.refusals import Refused

#: Findings about the same person or the same member of staff are counted over so many days.
RELATED_DAYS = 90


@require_GET
@requires(people.WATCH)
def hits(request: HttpRequest) -> HttpResponse:
    """List what was found, what nobody has looked at yet first."""
    by = _watcher(request)
    form = FilterForm(request.GET, sees_all=people.sees_all(by))
    chosen = form.chosen
    before = request.GET.get("before")
    page = review.page(by=by, before=before, **chosen)
    counted = review.counts(by=by)
    journal.record(
        actions.HITS_VIEWED,
        by=by,
        details={
            "conditions": {key: str(value) for key, value in chosen.items() if value},
            "count": len(page.rows),
            "page": "older" if before else "first",
        },
    )
    return render(
        request,
        "audit/watch_hits.html",
        {
            "form": form,
            "page": page,
            "is_filtered": any(value for key, value in chosen.items() if key != "state"),
            "states": _states(request, chosen["state"], counted),
            "high": counted.get((HitState.OPEN, "HIGH"), 0),
            "sees_all": people.sees_all(by),
            "about_oneself": review.about_oneself(by=by),
            "own_section": by.section,
            "is_first_page": not before,
            "first_page": _query(request),
            "older_page": _query(request, before=page.older) if page.older else "",
            "samples_waiting": samples.waiting(by=by),
        },
    )


@require_http_methods(["GET", "POST"])
@requires(people.WATCH)
def hit(request: HttpRequest, hit_id: UUID) -> HttpResponse:
    """Show one finding whole, and take down what this reader makes of it."""
    by = _watcher(request)
    try:
        row = review.one(hit_id, by=by)
    except Hit.DoesNotExist:
        raise refusing.hidden(request, actions.HIT_VIEWED, kind="audit.hit", key=str(hit_id)) from None
    form = AnswerForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            review.answer(hit_id, by=by, **form.cleaned_data)
        except Refused as refused:
            form.add_error(None, refused.refusal.message)
        else:
            messages.success(request, _("確かめたことを記録しました。"))
            return redirect("audit:hit", hit_id)
    entries = review.entries(row.hit)
    actors = review.actor_names(entry.actor_id for entry in entries)
    residents = review.person_names(entry.person_id for entry in entries)
    journal.record(
        actions.HIT_VIEWED,
        by=by,
        subject=journal.Subject(kind="audit.hit", id=str(hit_id)),
        person_id=row.hit.person_id,
        details={"rule": row.hit.rule_id},
    )
    return render(
        request,
        "audit/watch_hit.html",
        {
            "row": row,
            "hit": row.hit,
            "rule": Rule.objects.get(pk=row.hit.rule_id),
            "form": form,
            "entries": [
                (
                    entry,
                    actors.get(entry.actor_id or 0, ""),
                    residents.get(entry.person_id, "") if entry.person_id else "",
                    words.explanation(entry.explanation),
                )
                for entry in entries
            ],
            "pruned": len(row.hit.events) - len(entries),
            "answers": review.answers(row.hit),
            "search": _search(request, row.hit),
            "related": _related(row.hit, by),
            "related_days": RELATED_DAYS,
        },
    )


def open_hits(by: Any) -> int | None:
    """Return how many findings wait for somebody, for the tab above the pages of the record."""
    return review.waiting(by=by)


def _states(request: HttpRequest, chosen: str, counted: dict[tuple[str, str], int]) -> list[dict[str, Any]]:
    """Return each state with how many findings are in it and the address of its list."""
    found = [
        {
            "label": label,
            "count": sum(n for (of_state, _severity), n in counted.items() if of_state == state),
            "query": _query(request, state=state),
            "is_chosen": chosen == state,
        }
        for state, label in HitState.choices
    ]
    every = {"label": _("すべて"), "count": sum(counted.values()), "query": _query(request, state=ANY_STATE)}
    return [*found, {**every, "is_chosen": not chosen}]


def _query(request: HttpRequest, **changes: str) -> str:
    kept = {name: request.GET[name] for name in FilterForm.base_fields if request.GET.get(name)}
    return urlencode({**kept, **changes})


def _search(request: HttpRequest, hit: Hit) -> str:
    """Return the address of the search for what the finding's member of staff did around those days."""
    day = timezone.localdate(hit.happened_at)
    asked: dict[str, Any] = {"from_on": day - timedelta(days=hit.data.get("days", 1) - 1), "to_on": day}
    if hit.actor_id is not None:
        asked["actor_id"] = hit.actor_id
    elif hit.person_id is not None:
        asked["person_id"] = hit.person_id
    return links.address(request, **asked)


def _related(hit: Hit, by: Any) -> list[tuple[str, int]]:
    """Return how often the same member of staff, and the same person, was found lately."""
    since = timezone.now() - timedelta(days=RELATED_DAYS)
    others = Hit.objects.filter(people.within_reach(by), happened_at__gte=since).exclude(pk=hit.pk).order_by()
    found = []
    if hit.actor_id is not None:
        found.append((_("同じ利用者について、ほかに知らせたもの"), others.filter(actor_id=hit.actor_id).count()))
    if hit.person_id is not None:
        found.append((_("同じ受給者について、ほかに知らせたもの"), others.filter(person_id=hit.person_id).count()))
    return found


def _watcher(request: HttpRequest) -> Any:
    """Return the signed-in person: the gate has turned away everyone else."""
    return request.user
