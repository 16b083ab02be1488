"""Counting what is there: codes are scanned, and what is missing, misplaced or unknown is kept as the result.

A place is counted by the papers that lie there loose and by the labels of its boxes; a box by the papers in it. A
paper scanned at a place while it is in one of the boxes there counts as present. Scanning a code twice changes
nothing, so a count can be left and continued, by somebody else too.
"""

import re
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from audit import journal
from benefits import events, japanese_text
from benefits.models import Box, Paper, Place, Stocktake, StocktakeLine
from benefits.models.paper import PaperState
from benefits.models.stocktake import Finding, StocktakeOutcome
from benefits.papers import codes, duties
from benefits.papers.steps import Refused, step
from benefits.policies import Refusal

#: What a label of something else may look like, to be kept as found.
OTHER_LABEL = re.compile(r"[A-Za-z0-9-]{1,20}")
MY_NUMBER = re.compile(r"[0-9]{12}")
#: A paper in one of these lies where the register says; on its way, until somebody confirms that it came.
HERE = (PaperState.HELD, PaperState.HANDED_OVER)


@dataclass(frozen=True, slots=True)
class Result:
    """How a count stands: what there should be, and what each scan came to."""

    expected: int
    present: int
    missing: int
    misplaced: int
    unknown: int


def why_not(counted: Place | Box, *, by: User) -> Refusal | None:
    """Return the reason ``by`` may not count this place or box, or None when they may."""
    if not (by.has_perm(duties.MOVE) or by.has_perm(duties.KEEP)):
        return Refusal("not_permitted", _("棚卸しを行う権限がありません。"))
    if counted.closed_at is not None:
        return Refusal("closed", _("閉鎖された場所や箱の棚卸しはできません。"))
    there = Paper.objects.at(counted) if isinstance(counted, Place) else Paper.objects.filter(box=counted)
    return duties.why_not_all(there, by=by)


def begin(counted: Place | Box, *, by: User) -> Stocktake:
    """Begin to count a place or a box. A second count of it at the same time is refused."""
    with step("stocktake_begun", by=by, subject=counted):
        if refusal := why_not(counted, by=by):
            raise Refused(refusal.code, refusal.message)
        stocktake = Stocktake(
            place=counted if isinstance(counted, Place) else None,
            box=counted if isinstance(counted, Box) else None,
            begun_by=by,
        )
        stocktake.save(force_insert=True)
        journal.record(events.STOCKTAKE_BEGUN, by=by, subject=stocktake)
    return stocktake


def scan(stocktake_id: UUID, typed: str, *, by: User) -> tuple[StocktakeLine, bool]:
    """Count one code. Return its line, and whether it is new. Raises :class:`Refused`."""
    stocktake = get(stocktake_id)
    if japanese_text.contains_my_number(typed):
        raise Refused("my_number", _("個人番号と同じ形の数字です。書類か箱のラベルを読み取ってください。"))
    if refusal := why_not(stocktake.counted, by=by):
        raise Refused(refusal.code, refusal.message)
    line = _look_at(stocktake, typed)
    line.by = by
    earlier = stocktake.lines.filter(code=line.code).first()
    if earlier is not None:
        return earlier, False
    with step("stocktake_scanned", by=by, subject=stocktake):
        try:
            with transaction.atomic():
                line.save(force_insert=True)
        except IntegrityError as error:
            if getattr(getattr(error.__cause__, "diag", None), "constraint_name", "") != "code_is_counted_once":
                raise
            return stocktake.lines.get(code=line.code), False  # somebody scanned it at the same moment
    return line, True


def finish(stocktake_id: UUID, *, by: User) -> Stocktake:
    """End a count: what should be there and was not scanned is missing, and the result is kept."""
    with step("stocktake_finished", by=by, subject=get(stocktake_id)):
        stocktake = _lock(stocktake_id, by=by)
        for thing in expected(stocktake, only_not_scanned=True):
            line = StocktakeLine(stocktake=stocktake, code=thing.code, finding=Finding.MISSING, by=by)
            if isinstance(thing, Paper):
                line.paper = thing
            else:
                line.box = thing
            line.save(force_insert=True)
        _end(stocktake, StocktakeOutcome.FINISHED, by=by)
        result = result_of(stocktake)
        journal.record(
            events.STOCKTAKE_FINISHED,
            by=by,
            subject=stocktake,
            details={
                "count": {
                    "present": result.present,
                    "missing": result.missing,
                    "misplaced": result.misplaced,
                    "unknown": result.unknown,
                }
            },
        )
    return stocktake


def cancel(stocktake_id: UUID, *, by: User) -> Stocktake:
    """End a count without a result; what was scanned is kept, and says nothing about what was not."""
    with step("stocktake_cancelled", by=by, subject=get(stocktake_id)):
        stocktake = _lock(stocktake_id, by=by)
        _end(stocktake, StocktakeOutcome.CANCELLED, by=by)
        journal.record(events.STOCKTAKE_CANCELLED, by=by, subject=stocktake)
    return stocktake


def expected(stocktake: Stocktake, *, at_most: int | None = None, only_not_scanned: bool = False) -> list[Paper | Box]:
    """Return what should be found, as the register stands now: boxes first, each in the order of its label."""
    found: list[Paper | Box] = []
    for things in _expected(stocktake, only_not_scanned=only_not_scanned):
        found += things.order_by("code")[: None if at_most is None else at_most - len(found)]
    return found


def result_of(stocktake: Stocktake) -> Result:
    """Return how the count stands; while it goes on, what has not been scanned yet counts as missing."""
    counted = dict.fromkeys(Finding, 0)
    for finding, count in stocktake.lines.values_list("finding").annotate(Count("pk")).order_by():
        counted[Finding(finding)] = count
    if stocktake.outcome:
        there = counted[Finding.PRESENT] + counted[Finding.MISSING]
        missing = counted[Finding.MISSING]
    else:
        there = sum(things.count() for things in _expected(stocktake))
        missing = sum(things.count() for things in _expected(stocktake, only_not_scanned=True))
    return Result(there, counted[Finding.PRESENT], missing, counted[Finding.MISPLACED], counted[Finding.UNKNOWN])


def _expected(stocktake: Stocktake, *, only_not_scanned: bool = False) -> tuple[Any, ...]:
    """Return the boxes and the papers that should be found, as questions to the database."""
    counted = stocktake.counted
    papers = counted.papers.filter(state__in=HERE)
    parts = (papers,) if isinstance(counted, Box) else (counted.boxes.filter(closed_at__isnull=True), papers)
    if not only_not_scanned:
        return parts
    scanned = stocktake.lines.values("code")
    return tuple(part.exclude(code__in=scanned) for part in parts)


def get(stocktake_id: UUID) -> Stocktake:
    """Return a stocktake with what is counted."""
    return Stocktake.objects.select_related("place", "box__place").get(pk=stocktake_id)


def _look_at(stocktake: Stocktake, typed: str) -> StocktakeLine:
    """Return what a scan comes to, not saved yet."""
    line = StocktakeLine(stocktake=stocktake, finding=Finding.UNKNOWN)
    try:
        line.code = codes.read(typed, letters=codes.PAPER + codes.BOX)
    except codes.NotACode as error:
        # another system's label is a finding; a text, or what might be a My Number, is not written down
        line.code = "".join(typed.split())
        if not OTHER_LABEL.fullmatch(line.code) or MY_NUMBER.fullmatch(line.code):
            raise Refused("not_a_code", str(error)) from error
        return line
    if line.code.startswith(codes.BOX):
        line.box = Box.objects.filter(code=line.code).first()
        if line.box is not None:
            is_here = line.box.place_id == stocktake.place_id and not line.box.is_closed
            line.finding = Finding.PRESENT if is_here else Finding.MISPLACED
        return line
    line.paper = Paper.objects.select_related("box").filter(code=line.code).first()
    if line.paper is not None:
        line.finding = Finding.PRESENT if _is_here(line.paper, stocktake) else Finding.MISPLACED
    return line


def _is_here(paper: Paper, stocktake: Stocktake) -> bool:
    if paper.state not in HERE:
        return False
    if stocktake.box_id:
        return paper.box_id == stocktake.box_id
    place_id = paper.box.place_id if paper.box else paper.place_id
    return place_id == stocktake.place_id


def _lock(stocktake_id: UUID, *, by: User) -> Stocktake:
    stocktake = (
        Stocktake.objects.select_for_update(of=("self",)).select_related("place", "box__place").get(pk=stocktake_id)
    )
    if stocktake.outcome:
        raise Refused("ended", _("この棚卸しは、すでに終わっています。"))
    if refusal := why_not(stocktake.counted, by=by):
        raise Refused(refusal.code, refusal.message)
    return stocktake


def _end(stocktake: Stocktake, outcome: StocktakeOutcome, *, by: User) -> None:
    stocktake.outcome, stocktake.ended_by, stocktake.ended_at = outcome, by, timezone.now()
    stocktake.save(update_fields=["outcome", "ended_by", "ended_at"])
