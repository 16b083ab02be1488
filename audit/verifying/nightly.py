"""Verifies the record by itself every night, and whenever somebody asks for it on the page. A labour of the worker's.

A verification is one row that says how far it is. What it has read so far is in this process alone: a row that has
not moved for some minutes was left on the way, and is begun again from its start. Who begins holds the row while it
says so, and knows it again by when that was, so that two workers never do the same one. No lock lasts longer: one that
anybody may take would keep the record from being verified, and an open transaction would keep it from being sealed.
"""

import logging
import time
from collections.abc import Generator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import IntegrityError, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import QuerySet
from django.utils import timezone

from audit import actions, journal
from audit.ledger.findings import Fault
from audit.models import Result, Verification, VerificationKind
from audit.verifying import checking as verifying

logger = logging.getLogger(__name__)

#: How long one piece of work lasts, before the worker does something else.
PIECE_SECONDS: Final = 2.0
#: How many faults in words a row keeps, and how many one verification adds to audit.fault.
MOST_SENTENCES: Final = 20
MOST_KEPT: Final = 200
#: A verification that has not moved for so long was left by who was at it.
LEFT_AFTER: Final = timedelta(minutes=5)


@dataclass(slots=True)
class _Run:
    """The verification that this process is at."""

    row: int
    began_at: datetime | None
    connection: BaseDatabaseWrapper
    verification: verifying.Verification
    steps: Generator[verifying.Progress, None, None]


_run: _Run | None = None


def verify_nightly() -> bool:
    """Do one piece of the verification that is due or was asked for; return whether there was one."""
    global _run
    if _run is None:
        _run = _taken_up()
        if _run is None:
            return False
    try:
        _go_on(_run)
    except BaseException:
        # another try begins it anew
        _let_go()
        raise
    return True


def ask(*, by: journal.Actor) -> Verification:
    """Ask for a verification of everything, to be begun by the worker at once; return it, or the one that is open."""
    with transaction.atomic():
        open_one = Verification.objects.filter(ended_at__isnull=True).first()
        if open_one is not None:
            return open_one
        row = Verification.objects.create(kind=VerificationKind.ASKED, asked_by_id=by.pk, asked_at=timezone.now())
        _record_asked(row, by=by)
    row.refresh_from_db()
    return row


def is_due(now: datetime) -> VerificationKind | None:
    """Return which verification tonight calls for and has not had: of everything on one day of the week."""
    local = timezone.localtime(now)
    if not settings.KYUFU_VERIFY_FROM_HOUR <= local.hour < settings.KYUFU_VERIFY_TO_HOUR:
        return None
    tonight = local.replace(hour=settings.KYUFU_VERIFY_FROM_HOUR, minute=0, second=0, microsecond=0)
    kinds = (VerificationKind.NEW, VerificationKind.WHOLE)
    if Verification.objects.filter(kind__in=kinds, asked_at__gte=tonight).exists():
        return None
    is_whole = local.weekday() == settings.KYUFU_VERIFY_WHOLE_ON or _last_good() is None
    return VerificationKind.WHOLE if is_whole else VerificationKind.NEW


def _taken_up() -> _Run | None:
    """Take up the open verification, making the one that is due, unless another worker is at it."""
    if not Verification.objects.filter(ended_at__isnull=True).exists():
        kind = is_due(timezone.now())
        if kind is None:
            return None
        _make(kind)
    with transaction.atomic():
        row = Verification.objects.select_for_update(skip_locked=True).filter(ended_at__isnull=True).first()
        if row is None or (row.beat_at is not None and timezone.now() - row.beat_at < LEFT_AFTER):
            return None
        own = connections.create_connection("default")
        own.settings_dict = {**own.settings_dict, "OPTIONS": {**own.settings_dict["OPTIONS"], "pool": None}}
        try:
            root = _root_before(row)
            verification = verifying.Verification(own, since=(row.since, root) if root else row.since)
            row.started_at = timezone.now()
            row.position, row.size, row.faults = row.since, verification.verdict.size, 0
            row.save(update_fields=["started_at", "position", "size", "faults"])
            row.refresh_from_db()  # the database says when
        except BaseException:
            own.close()
            raise
    return _Run(row.pk, row.started_at, own, verification, verification.steps())


def _make(kind: VerificationKind) -> None:
    """Put down a verification that is due, unless another worker has just done so."""
    last = _last_good() if kind is VerificationKind.NEW else None
    try:
        with transaction.atomic():
            row = Verification.objects.create(kind=kind, asked_at=timezone.now(), since=last.size if last else 0)
            _record_asked(row, by=None)
    except IntegrityError:
        if not Verification.objects.filter(ended_at__isnull=True).exists():
            raise


def _record_asked(row: Verification, *, by: journal.Actor | None) -> None:
    journal.record(actions.VERIFICATION_ASKED, by=by, subject=_subject(row), details={"kind": row.kind})


def _go_on(run: _Run) -> None:
    until = time.monotonic() + PIECE_SECONDS
    last: verifying.Progress | None = None
    for step in run.steps:
        last = step
        if time.monotonic() > until:
            break
    else:
        _end(run)
        return
    if not _row_of(run).update(position=last.position, size=last.size, faults=last.faults):
        _let_go()


def _row_of(run: _Run) -> QuerySet[Verification]:
    """Return the row as long as it is this process's: another one may have taken it for left."""
    return Verification.objects.filter(pk=run.row, started_at=run.began_at, ended_at__isnull=True)


def _end(run: _Run) -> None:
    """Write down what it came to: the row, the faults that are new, and an entry, all or none."""
    verdict = run.verification.verdict
    with transaction.atomic():
        row = _row_of(run).select_for_update().first()
        if row is not None:
            finish(row, verdict)
            journal.record(
                actions.VERIFICATION_DONE,
                by=None,
                subject=_subject(row),
                result=Result.DONE if verdict.is_good else Result.FAILED,
                details={"kind": row.kind, "size": verdict.size, "count": verdict.fault_count},
            )
    _let_go()


def finish(row: Verification, verdict: verifying.Verdict) -> None:
    """Write the verdict into its row, and the faults among the others that are known."""
    row.ended_at = timezone.now()
    row.position, row.size, row.root = verdict.size, verdict.size, verdict.root
    row.events, row.faults = verdict.events, verdict.fault_count
    row.sentences = [fault.sentence for fault in verdict.faults[:MOST_SENTENCES]]
    row.notices = verdict.notices[:MOST_SENTENCES]
    row.save()
    keep(verdict.faults[:MOST_KEPT])
    if not verdict.is_good:
        logger.error("the verification of the record found %d faults", verdict.fault_count)


def keep(faults: list[Fault]) -> None:
    """Add faults to those that are known, each once."""
    with connections["default"].cursor() as cursor:
        for fault in faults:
            cursor.execute(
                "INSERT INTO audit.fault (kind, event_id, idx, words) SELECT %s, %s, %s, %s WHERE NOT EXISTS"
                " (SELECT FROM audit.fault WHERE kind = %s AND event_id IS NOT DISTINCT FROM %s"
                "  AND idx IS NOT DISTINCT FROM %s AND words = %s)",
                [fault.kind, fault.event_id, fault.position, fault.words] * 2,
            )


def _let_go() -> None:
    global _run
    if _run is not None:
        _run.steps.close()
        _run.connection.close()
        _run = None


def _last_good() -> Verification | None:
    """Return the verification without a fault that reached furthest."""
    return Verification.objects.filter(ended_at__isnull=False, faults=0, root__isnull=False).order_by("-size").first()


def _root_before(row: Verification) -> bytes | None:
    last = Verification.objects.filter(ended_at__isnull=False, faults=0, size=row.since, root__isnull=False).first()
    return bytes(last.root) if last and last.root and row.since else None


def _subject(row: Verification) -> journal.Subject:
    return journal.Subject(kind="audit.verification", id=str(row.pk))
