"""The page of the office's keys: which there are, how old, what is under each, and whether it opens what it seals."""

from datetime import datetime

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_GET

from accounts import step_up
from accounts.http import StaffRequest
from audit import journal
from audit.gate import requires
from config import key_trials
from config.key_pages import words
from mynumber import actions, key_operations, key_trials as tried, rotation
from mynumber.key_operations import KekState

#: Operations on one page of the history.
PAGE = 30


@require_GET
@requires("mynumber.view_keys")
@step_up.required
def keys(request: StaffRequest) -> HttpResponse:
    """Show every key of the office, try each one out on random bytes, and what was done with the numbers' own."""
    earlier = tried.last()
    found = key_trials.try_all()
    troubled = [key for key in found if key.problem]
    journal.record(
        actions.KEYS_VIEWED, by=request.user, details={"count": len(found), "code": "trouble" if troubled else "sound"}
    )
    before = _time(request.GET.get("before", ""))
    history = key_operations.operations(most=PAGE + 1, before=before)
    names = words.names_of(history)
    one = key_operations.open_operation()
    return render(
        request,
        "mynumber/keys.html",
        {
            "keys": found,
            "number_keys": [
                (key, *words.kek_state(key), earlier.get(key.name)) for key in found if key.kek_id is not None
            ],
            "other_keys": [(key, earlier.get(key.name)) for key in found if key.kek_id is None],
            "retired": [kek for kek in key_operations.keks() if kek.state is KekState.RETIRED],
            "troubled": troubled,
            "too_old": [key for key in found if key.is_too_old],
            "most_days": settings.KYUFU_KEK_DAYS,
            "operation": one,
            "operation_sentence": words.sentence(one) if one else "",
            "operation_status": words.status(one) if one else "",
            "may_work": request.user.has_perm(rotation.PERMISSION),
            "retirable": key_operations.retirable(),
            "history": [
                (each, words.sentence(each), words.status(each), names.get(each.proposed_by, ""))
                for each in history[:PAGE]
            ],
            "older": history[PAGE - 1].proposed_at.isoformat() if len(history) > PAGE else "",
            "before": before,
        },
    )


def _time(text: str) -> datetime | None:
    """Return the moment that a link named, or None."""
    try:
        moment = parse_datetime(text)
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo is not None else None
