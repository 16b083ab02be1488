"""Entries about the sealing itself, as nobody's act: sealed and watched like any other."""

import logging
from collections.abc import Sequence

from audit import actions, journal
from audit.models import Result
from audit.sealing.telling import Fault

logger = logging.getLogger(__name__)

#: How many faults found together get an alarm of their own; the rest are counted in one more. All are in audit.fault.
MOST_ALARMS = 20


def raise_alarms(faults: Sequence[Fault]) -> None:
    """Put faults on record."""
    for one in faults:
        logger.error("the record: %s %s", one.kind, one.words)
    entries = [_alarm(one) for one in faults[:MOST_ALARMS]]
    if len(faults) > MOST_ALARMS:
        details = {"kind": "more", "count": len(faults) - MOST_ALARMS}
        entries.append(journal.Entry(action=actions.SEAL_FAULT, by=None, result=Result.FAILED, details=details))
    journal.record_all(entries)


def beat(*, size: int, count: int) -> None:
    """Put on record that the sealer lives, how large the ledger is, and how many entries it took since the last."""
    journal.record(actions.SEAL_HEARTBEAT, by=None, details={"size": size, "count": count})


def _alarm(fault: Fault) -> journal.Entry:
    return journal.Entry(
        action=actions.SEAL_FAULT,
        by=None,
        subject=journal.Subject(kind="audit.event", id=str(fault.event_id)) if fault.event_id else None,
        result=Result.FAILED,
        details={"kind": fault.kind, **({"position": fault.idx} if fault.idx is not None else {})},
    )
