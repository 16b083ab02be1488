"""The sealer's life (``manage.py seal``): wait to be the one who seals, seal, sign, publish, look around, again.

It may be killed at any moment: what it does is one transaction, or can be done again. Two of them at once do no harm;
one leads, by a lock that ends with its connection, and the other waits to take over.
"""

import logging
import time
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import Any

import psycopg
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from audit import keyfiles
from audit.sealing import anchors, batches as sealing, months, origins, signing, telling
from audit.sealing.batches import TreeBrokenError
from audit.sealing.telling import Fault

logger = logging.getLogger(__name__)

#: How long to wait when nothing waited, when another one leads, and after a failure.
IDLE_SECONDS = 0.5
SPARE_SECONDS = 1.0
TROUBLE_SECONDS = 5.0
#: After how many sealed entries the tree is signed at the latest (or KYUFU_SIGN_SECONDS, whichever comes first).
SIGN_AFTER = 256
HEARTBEAT_SECONDS = 3600.0
#: Whether whoever holds the lock of sealing has the sealer's role.
_HOLDER = """
    SELECT a.usename = current_user FROM pg_locks l JOIN pg_stat_activity a USING (pid)
    WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
      AND l.classid::bigint = %(high)s AND l.objid::bigint = %(low)s
      AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
"""
#: After how long the same trouble is put on record again.
AGAIN = "1 hour"


class Sealer:
    """Seals until ``stop`` is set. ``connection`` is Django's, as the sealer's role."""

    def __init__(
        self,
        stop: Event,
        *,
        connection: BaseDatabaseWrapper | None = None,
        directory: Path | None = None,
        anchored_at: list[Path] | None = None,
    ) -> None:
        self.stop = stop
        self.connection = connection or connections["default"]
        self.directory = directory or Path(settings.KYUFU_SEALER_DIR)
        self.anchors = anchored_at if anchored_at is not None else [Path(one) for one in settings.KYUFU_ANCHORS]
        self._leads_on: psycopg.Connection[Any] | None = None
        self._unsigned = 0
        self._unsigned_since = 0.0
        self._since_heartbeat = 0
        self._heartbeat_due = 0.0
        self._rest_until: dict[str, float] = {}

    def run(self) -> None:
        """Do it all, until told to stop; then seal and sign what is there."""
        while not self.stop.is_set():
            self.stop.wait(self._tried(self.step))
        if self._leads_on is not None and self._leads_on is self.connection.connection:
            self._tried(self.finish)
        self.connection.close()

    def step(self) -> float:
        """Do what is due once, and return for how many seconds there is nothing to do."""
        if not self.lead():
            return SPARE_SECONDS
        taken = self.seal()
        self._sign_when_due()
        if time.monotonic() >= self._heartbeat_due:
            self.look_around()
        return 0.0 if taken == sealing.MOST else IDLE_SECONDS

    def finish(self) -> float:
        """Seal what waits and sign at once, since nobody may come after."""
        while self.seal() == sealing.MOST:
            pass
        self.sign()
        return 0.0

    def lead(self) -> bool:
        """Say whether this is the one who seals; become it when nobody is."""
        own = self._database()
        if self._leads_on is own:
            return True
        self._leads_on = None
        row = own.execute("SELECT pg_try_advisory_lock(%s)", [sealing.LOCK]).fetchone()
        if not (row and row[0]) and not self._is_held_by_a_stranger(own):
            return False
        # one whose machine has vanished must not lead for ever: who leads asks for something every few seconds
        own.execute("SET idle_session_timeout = '60s'")
        logger.info("this process seals the record now")
        self._leads_on = own
        self._heartbeat_due = 0.0
        # what was sealed before may not have been signed
        self._unsigned, self._unsigned_since = 1, time.monotonic()
        return True

    def _is_held_by_a_stranger(self, own: psycopg.Connection[Any]) -> bool:
        """Say whether somebody who is no sealer holds the lock, as anybody may: sealing does not stop for that."""
        row = own.execute(_HOLDER, {"high": sealing.LOCK >> 32, "low": sealing.LOCK & 0xFFFF_FFFF}).fetchone()
        if row is None or row[0]:
            return False
        words = "封印のロックを、封印の役割でない接続が持っています (the lock of sealing is held by another role)"
        self._tell([Fault("lock_held", words)])
        return True

    def seal(self) -> int:
        """Seal one batch; return how many rows were taken from the queue."""
        taken = sealing.seal_batch(self.connection)
        if taken:
            if not self._unsigned:
                self._unsigned_since = time.monotonic()
            self._unsigned += taken
            self._since_heartbeat += taken
        return taken

    def sign(self) -> None:
        """Sign the tree as it stands and publish the note. A refusal is an alarm; sealing goes on."""
        try:
            note = self._signed()
        except signing.SigningRefusedError as refused:
            self._tell([Fault(f"signing_{refused.kind}", str(refused))])
            self._rest("sign", TROUBLE_SECONDS)
            return
        except (origins.KeyUnavailableError, OSError) as error:
            self._tell([Fault("signing_impossible", str(error))])
            self._rest("sign", TROUBLE_SECONDS)
            return
        self._unsigned = 0
        if note:
            trouble = anchors.publish(note, self.anchors, self._database())
            self._tell([Fault(one.kind, one.words) for one in trouble])

    def _signed(self) -> str | None:
        own = self._database()
        origin = origins.ensure(own, self.directory)
        if words := anchors.contradiction(self.anchors, own, origin.name):
            raise signing.SigningRefusedError("anchor_differs", words)
        return signing.sign(own, self.directory)

    def look_around(self) -> None:
        """Hourly: make months ahead, say on record that there is a sealer, hold the anchors against the tree."""
        self._heartbeat_due = time.monotonic() + HEARTBEAT_SECONDS
        found = []
        try:
            ahead = months.make_ahead(self._database())
        except psycopg.Error:
            logger.exception("no months could be made")
            ahead = months.ahead(self._database())
        if ahead < months.FEWEST:
            words = f"操作記録の月の表が {ahead} か月先までしかありません (tables reach only {ahead} months ahead)"
            found.append(Fault("months_short", words))
        size, _root = sealing.last_checkpoint(self._database())
        telling.recorder().beat(size=size, count=self._since_heartbeat)
        self._since_heartbeat = 0
        found += [Fault(one.kind, one.words) for one in anchors.check(self.anchors, self._database())]
        self._tell(found)

    def _sign_when_due(self) -> None:
        if not self._unsigned or time.monotonic() < self._rest_until.get("sign", 0.0):
            return
        is_old = time.monotonic() - self._unsigned_since >= settings.KYUFU_SIGN_SECONDS
        if is_old or self._unsigned >= SIGN_AFTER:
            self.sign()

    def _tried(self, work: Callable[[], float]) -> float:
        """Do ``work``; a failure is told to the log, and on record where that is possible, and rested for."""
        try:
            return work()
        except TreeBrokenError as broken:
            self._told_after(Fault("tree_broken", str(broken)))
        except keyfiles.KeyUnavailableError as error:
            logger.exception("the record cannot be sealed without its key")
            self._told_after(Fault("key_unavailable", str(error)))
        except (DatabaseError, InterfaceError, psycopg.Error):
            logger.exception("the record could not be sealed; it is tried again")
            self._leads_on = None
            self.connection.close()
        except Exception:
            logger.exception("the sealer failed; it goes on")
        return TROUBLE_SECONDS

    def _told_after(self, fault: Fault) -> None:
        try:
            self._tell([fault])
        except Exception:  # the first trouble may be why
            logger.exception("a fault could not be put on record: %s", fault.kind)

    def _tell(self, faults: list[Fault]) -> None:
        """Put on record what was not told within the hour, by this process or another."""
        for fault in faults:
            logger.error("the record: %s %s", fault.kind, fault.words)
        if not faults:
            return
        with transaction.atomic(using=self.connection.alias):
            own = self._database()
            new = [
                one
                for one in faults
                if not own.execute(
                    "SELECT 1 FROM audit.fault WHERE kind = %s AND words = %s"
                    " AND found_at > clock_timestamp() - %s::interval LIMIT 1",
                    [one.kind, one.words, AGAIN],
                ).fetchone()
            ]
            if new:
                sealing.keep_faults(own, new)
                telling.recorder().raise_alarms(new)

    def _rest(self, what: str, seconds: float) -> None:
        self._rest_until[what] = time.monotonic() + seconds

    def _database(self) -> psycopg.Connection[Any]:
        self.connection.ensure_connection()
        own: psycopg.Connection[Any] = self.connection.connection
        return own
