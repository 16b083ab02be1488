"""Long work done beside the pages: small committed pieces, taken up again wherever a kill left them.

A *labour* is a function without arguments that does one piece of whatever waits, in transactions of its own, and
returns whether there was anything to do. What waits, how far it is and what went wrong stand in the labour's own
tables, so that a page can show them and nothing is lost with this process. Two workers at once do no piece twice:
each labour takes row locks.
"""

import logging
import time
from collections.abc import Callable
from threading import Event

from django.db import close_old_connections
from django.utils.module_loading import import_string

logger = logging.getLogger(__name__)

#: What is done in the background, in this order, a piece of each in turn.
LABOURS: tuple[str, ...] = (
    "benefits.holdings.review",
    "mynumber.rotation.work",
    "config.key_trials.try_daily",
    "benefits.deletion.list_due",
    "benefits.deletion.destroy_piece",
    "benefits.juki.labour.work",
    "audit.sealing.watch.look",
    "audit.searching.exports.work",
    "audit.verifying.nightly.verify_nightly",
    "audit.watching.engine.work",
    "audit.watching.simulation.work",
    "audit.watching.samples.work",
    "audit.pruning.work",
)
#: How long to wait when nothing waited, and after a piece that failed.
IDLE_SECONDS = 1.0
TROUBLE_SECONDS = 10.0


def work(stop: Event) -> None:
    """Do what waits, piece by piece, until ``stop`` is set. A labour that fails holds up no other."""
    labours = [Labour(name) for name in LABOURS]
    while not stop.is_set():
        were_busy = [labour.do_a_piece() for labour in labours]
        if not any(were_busy):
            stop.wait(IDLE_SECONDS)


class Labour:
    """One kind of long work, and until when it is left alone after a failure."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._piece: Callable[[], bool] = import_string(name)
        self._rests_until = 0.0

    def do_a_piece(self) -> bool:
        """Do one piece and return whether there was any; a failure is logged, and tried again after a while."""
        if time.monotonic() < self._rests_until:
            return False
        close_old_connections()
        try:
            return self._piece()
        except Exception:
            logger.exception("a piece of %s failed", self.name)
            self._rests_until = time.monotonic() + TROUBLE_SECONDS
            return False
        finally:
            close_old_connections()
