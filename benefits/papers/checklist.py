"""The list of papers that should be there, made from what the form says came with it.

It is made when an application is first kept, and looked through again when it is submitted: a register that fills
itself is kept up, one that is filled by hand stays empty. Nothing on the list is taken for received: that is
somebody's act, with a place.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from accounts.models import User
from audit import journal
from benefits import events
from benefits.models import Application, Paper
from benefits.papers import codes
from benefits.registers import paper_kinds


def expected(entry: Mapping[str, Any]) -> list[str]:
    """Return the kinds of paper that a form says came with it, in the order of the register of kinds."""
    ticked = entry.get("documents") or []
    codes_found = {paper_kinds.FORM, *(ticked if isinstance(ticked, list) else [])}
    if entry.get("number_evidence"):
        codes_found.add(paper_kinds.NUMBER)
    if entry.get("identity_evidence"):
        codes_found.add(paper_kinds.IDENTITY)
    return [kind.code for kind in paper_kinds.KINDS if kind.code in codes_found]


def grow(application: Application, entry: Mapping[str, Any], *, by: User, on: date) -> list[Paper]:
    """Put on the application's list what ``entry`` names and the list has not; return what was put there.

    Joins the transaction that is open. What is on the list stays: somebody may have received it already.
    """
    there = set(application.papers.values_list("kind", flat=True))
    asked_for = {kind.code: kind for kind in paper_kinds.kinds_on(on)}
    missing = [asked_for[code] for code in expected(entry) if code in asked_for and code not in there]
    if not missing:
        return []
    papers = Paper.objects.write(
        Paper(
            code=code,
            application=application,
            kind=kind.code,
            is_original=not kind.is_copy,
            holds_number=kind.holds_number,
            listed_by=by,
        )
        for kind, code in zip(missing, codes.draw(codes.PAPER, len(missing)), strict=True)
    )
    journal.record(
        events.PAPER_LISTED,
        by=by,
        subject=application,
        person_id=application.person_id,
        details={"fields": [paper.kind for paper in papers], "count": len(papers)},
    )
    return papers
