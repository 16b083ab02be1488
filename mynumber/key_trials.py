"""Trying out the keys that numbers are sealed with, on random bytes: at each view of their page, and once a day."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit import journal
from audit.models import Result
from mynumber import actions, keys
from mynumber.key_operations import KekState, call, keks, rows
from mynumber.keys.interface import INDEX_KEY, kek_name

#: Arbitrary, but the same in every process: one of two workers tries the keys.
_TRIAL_LOCK = 5404
EVERY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Trial:
    """When a key was last tried out, and what was wrong with it ("" for nothing)."""

    name: str
    at: datetime
    problem: str


def health() -> list[keys.Key]:
    """Try out every key that numbers are sealed with, on random bytes; a key that should be there and is not is told.

    A provider that does not answer is the problem of every key.
    """
    needed = {kek.id for kek in keks() if kek.state is not KekState.RETIRED}
    try:
        found = keys.provider().health()
    except keys.KeyUnavailableError as unavailable:
        names = [*((kek_name(kek_id), kek_id) for kek_id in sorted(needed, reverse=True)), (INDEX_KEY, None)]
        return [keys.Key(name, kek_id, None, str(unavailable)) for name, kek_id in names]
    missing = needed - {key.kek_id for key in found}
    gone = [
        keys.Key(kek_name(kek_id), kek_id, None, _("この鍵がありません。控えから戻してください。"))
        for kek_id in missing
    ]
    return sorted([*found, *gone], key=lambda key: (key.kek_id is None, -(key.kek_id or 0)))


def last() -> dict[str, Trial]:
    """Return the last trial of each key, by the key's name."""
    return {row["name"]: Trial(**row) for row in rows("key_trials")}


def note(name: str, problem: str) -> None:
    """Keep what came of trying a key out."""
    call("note_key_trial", name, problem)


def try_daily(try_all: Callable[[], list[str]]) -> bool:
    """Let ``try_all`` try and note every key once a day, and return whether the day had come.

    It returns the problems it found. One of two workers does it, and its entry stands in the record.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_TRIAL_LOCK])
            if not cursor.fetchone()[0]:
                return False
        tried_at = max((one.at for one in last().values() if one.name == INDEX_KEY), default=None)
        if tried_at is not None and timezone.now() - tried_at < EVERY:
            return False
        problems = try_all()
        journal.record(
            actions.KEYS_TRIED,
            by=None,
            result=Result.FAILED if problems else Result.DONE,
            details={"count": len(problems), "code": "trouble" if problems else "sound"},
        )
    return True
