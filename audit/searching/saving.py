"""Searches kept under a name: by whom, for whom, by which day of the month they are due, and when they were done."""

import json
from calendar import monthrange
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from audit import actions, journal, sealed_text
from audit.ledger.facets import local_day
from audit.models import REASON_KEY, SavedSearch, SavedSearchRun
from audit.searching import finding, labels
from audit.searching.form import span
from audit.searching.ready_made import READY_MADE
from audit.searching.scopes import Reach, Scope

#: As many may one person keep, and all together share.
MOST: Final = 50


class Refused(Exception):
    """The search is not saved; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A search as the list shows it."""

    id: UUID
    name: str
    typed: Mapping[str, Any]
    purpose: str = ""
    is_shared: bool = False
    is_ready_made: bool = False
    is_own: bool = False
    due_day: int | None = None
    owner_name: str = ""
    last_run: SavedSearchRun | None = None
    last_runner: str = ""
    due_on: date | None = None
    is_overdue: bool = False


def visible(scope: Scope, reader_id: int) -> QuerySet[SavedSearch]:
    """Return the searches that somebody may see: their own, and the shared ones where they read the whole record."""
    own = Q(owner_id=reader_id)
    wanted = own | Q(is_shared=True) if scope.reach is Reach.ALL else own & Q(is_shared=False)
    return SavedSearch.objects.filter(wanted, removed_at__isnull=True)


def listed(scope: Scope, reader_id: int, *, today: date) -> list[Kept]:
    """Return what somebody may search by: ready-made ones first, each with when it was done and is to be done."""
    rows = list(visible(scope, reader_id).order_by("made_at", "pk")[: 2 * MOST])
    ready = READY_MADE if scope.reach is Reach.ALL else ()
    runs = _last_runs([one.id for one in ready] + [row.pk for row in rows])
    began = finding.begins_on() if ready else None
    names = labels.actor_names([run.run_by for run in runs.values()] + [row.owner_id for row in rows])
    found = [
        Kept(
            id=one.id,
            name=str(one.name),
            purpose=str(one.purpose),
            typed=one.typed,
            is_shared=True,
            is_ready_made=True,
            due_day=one.due_day,
            **_standing(runs.get(one.id), names, one.due_day, since=began, today=today),
        )
        for one in ready
    ]
    for row in rows:
        name, typed = opened(row)
        found.append(
            Kept(
                id=row.pk,
                name=name,
                typed=typed,
                is_shared=row.is_shared,
                is_own=row.owner_id == reader_id,
                due_day=row.due_day,
                owner_name=names.get(row.owner_id, ""),
                **_standing(runs.get(row.pk), names, row.due_day, since=local_day(row.made_at), today=today),
            )
        )
    return found


def one(search_id: UUID, scope: Scope, reader_id: int, *, today: date) -> Kept | None:
    """Return one of them, or None when there is none that this person may see."""
    return next((kept for kept in listed(scope, reader_id, today=today) if kept.id == search_id), None)


def conditions_of(kept: Kept) -> dict[str, Any]:
    """Return what a search types into the form today: 今月 is the month of now."""
    typed = {name: value for name, value in kept.typed.items() if name != "span"}
    return typed | span(str(kept.typed.get("span", "")))


def save(
    *,
    name: str,
    typed: Mapping[str, Any],
    is_shared: bool,
    due_day: int | None,
    by: Any,
    scope: Scope,
    at: datetime,
) -> SavedSearch:
    """Keep a search; 今日, 7日 and 今月 are kept as such, so that they move with the day.

    Raises :class:`Refused` when there are too many, or sharing is not for this person.
    """
    typed = {box: value for box, value in typed.items() if "span" not in typed or box not in ("from_on", "to_on")}
    if is_shared and scope.reach is not Reach.ALL:
        raise Refused(_("共有できるのは、操作記録をすべて調べられる人だけです。"))
    with transaction.atomic():
        kept = SavedSearch.objects.filter(removed_at__isnull=True, is_shared=is_shared)
        if (kept if is_shared else kept.filter(owner_id=by.pk)).count() >= MOST:
            raise Refused(_("保存できるのは%d件までです。使わないものを削除してください。") % MOST)
        key = uuid4()
        text = json.dumps({"name": name, "typed": typed}, ensure_ascii=False)
        row = SavedSearch.objects.create(
            id=key,
            owner_id=by.pk,
            is_shared=is_shared,
            sealed=sealed_text.seal(text, key=REASON_KEY, bound_to=_bound_to(key)),
            due_day=due_day,
            made_at=at,
        )
        journal.record(
            actions.LOG_SEARCH_SAVED,
            by=by,
            subject=_subject(key),
            reason=name,
            details={"kind": "shared" if is_shared else "own", "fields": sorted(typed)},
        )
    return row


def remove(row: SavedSearch, *, by: Any, at: datetime) -> None:
    """Let a search go; when it was done stays on record."""
    with transaction.atomic():
        if SavedSearch.objects.filter(pk=row.pk, removed_at__isnull=True).update(removed_at=at):
            journal.record(actions.LOG_SEARCH_REMOVED, by=by, subject=_subject(row.pk), reason=opened(row)[0])


def note_run(kept: Kept, *, found: int, is_more: bool, by: Any, at: datetime) -> SavedSearchRun:
    """Keep that a search was done, and how much it found."""
    with transaction.atomic():
        run = SavedSearchRun.objects.create(search_id=kept.id, run_at=at, run_by=by.pk, found=found, is_more=is_more)
        journal.record(
            actions.LOG_SEARCH_DONE,
            by=by,
            subject=_subject(kept.id),
            reason=kept.name,
            details={"count": f">{found}" if is_more else found},
        )
    return run


def opened(row: SavedSearch) -> tuple[str, dict[str, Any]]:
    """Return name and conditions; of a row that was tampered with, that it does not open, and no conditions."""
    try:
        kept = json.loads(sealed_text.unseal(bytes(row.sealed), key=REASON_KEY, bound_to=_bound_to(row.pk)))
        return str(kept["name"]), dict(kept["typed"])
    except (sealed_text.UnopenableError, ValueError, KeyError, TypeError):
        return _("（復号できません。改ざんされたか、別の鍵で封じられています）"), {}


def due_on(due_day: int, *, last_run: date | None, since: date | None, today: date) -> date:
    """Return the day by which a monthly search is to be done next.

    Doing it counts for its month, whenever in it. One never done is due in the month it was made, unless its day had
    passed by then; for one that comes with the product that is the month in which the record began.
    """
    if last_run is not None:
        return _day_of(_next_month(last_run), due_day)
    if since is None:
        return _day_of(today, due_day)
    return _day_of(since if since.day <= due_day else _next_month(since), due_day)


def _standing(
    run: SavedSearchRun | None, names: Mapping[int, str], due_day: int | None, *, since: date | None, today: date
) -> dict[str, Any]:
    last = local_day(run.run_at) if run else None
    due = due_on(due_day, last_run=last, since=since, today=today) if due_day else None
    return {
        "last_run": run,
        "last_runner": names.get(run.run_by, "") if run else "",
        "due_on": due,
        "is_overdue": due is not None and due < today,
    }


def _last_runs(searches: Iterable[UUID]) -> dict[UUID, SavedSearchRun]:
    runs = SavedSearchRun.objects.filter(search_id__in=list(searches))
    return {run.search_id: run for run in runs.order_by("search_id", "-run_at", "-pk").distinct("search_id")}


def _next_month(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def _day_of(month: date, day: int) -> date:
    return month.replace(day=min(day, monthrange(month.year, month.month)[1]))


def _bound_to(key: UUID) -> str:
    return f"saved search|{key}"


def _subject(key: UUID) -> journal.Subject:
    return journal.Subject(kind="saved search", id=str(key))
