"""The worker's part in importing: one small committed piece of whatever the file under way needs next."""

import logging
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from benefits import events
from benefits.juki import applying, checking, matching, staging_lines, steps, undoing
from benefits.models.juki import ENDED, WORKING, BatchState, JukiBatch
from mynumber.staging import StagedBrokenError

logger = logging.getLogger(__name__)

#: An upload that has not ended by then is none.
LONGEST_UPLOAD = timedelta(minutes=30)

_PIECES = {
    BatchState.STAGING: staging_lines.do_a_piece,
    BatchState.MATCHING: matching.do_a_piece,
    BatchState.CHECKING: checking.do_a_piece,
    BatchState.REVIEW: checking.do_a_piece,  # what was linked by hand meanwhile
    BatchState.APPLYING: applying.do_a_piece,
    BatchState.UNDOING: undoing.do_a_piece,
}

#: Nothing has been applied yet in these: a file that does not open is let go. What is applied goes on line by line.
_LET_GO = frozenset({BatchState.STAGING, BatchState.MATCHING, BatchState.CHECKING, BatchState.REVIEW})


def work() -> bool:
    """Do the next piece and say whether there was any."""
    batches = JukiBatch.objects.select_related("layout", "uploaded_by", "applied_by", "undone_by")
    over = batches.filter(state__in=ENDED, wiped_at__isnull=True).first()
    if over is not None:
        steps.wipe(over, by=None)
        return True
    batch = batches.filter(Q(state__in=WORKING) | Q(state=BatchState.REVIEW)).first()
    if batch is None or (batch.state == BatchState.REVIEW and not checking.is_needed(batch)):
        return expire()
    try:
        _PIECES[BatchState(batch.state)](batch)
    except StagedBrokenError:
        # told once, and the file is let go: what does not open will not open next time either
        logger.exception("a staged file did not open")
        if batch.state not in _LET_GO:
            raise
        with transaction.atomic():
            held = steps.lock(batch.pk)
            if held.state == batch.state:
                ending = BatchState.UNUSABLE if held.state == BatchState.STAGING else BatchState.CANCELLED
                action = events.IMPORT_ADVANCED if ending is BatchState.UNUSABLE else events.IMPORT_CANCELLED
                steps.move(
                    held, ending, by=held.uploaded_by, action=action, details={"code": "stranded"}, code="stranded"
                )
    return True


def expire() -> bool:
    """End a file that nobody has decided on for too long, or whose upload was cut off."""
    now = timezone.now()
    undecided = Q(
        state__in=[BatchState.UPLOADED, BatchState.HALTED, BatchState.REVIEW],
        since__lt=now - timedelta(days=settings.KYUFU_JUKI_DAYS),
    )
    cut_off = Q(state=BatchState.UPLOADING, uploaded_at__lt=now - LONGEST_UPLOAD)
    batch = JukiBatch.objects.filter(undecided | cut_off).first()
    if batch is None:
        return False
    with transaction.atomic():
        held = steps.lock(batch.pk)
        if held.state == batch.state:
            steps.move(held, BatchState.EXPIRED, by=None, action=events.IMPORT_EXPIRED)
    return True
