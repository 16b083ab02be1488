"""Asking for what one may not see, or what is not there, looks the same and is on record."""

from typing import Any

from django.http import Http404, HttpRequest

from audit import journal
from audit.models import Result


def hidden(request: HttpRequest, action: str, *, kind: str, key: str) -> Http404:
    """Record that somebody asked for what is hidden from them, and return the answer as if it were not there."""
    by: Any = request.user
    journal.record(
        action,
        by=by,
        subject=journal.Subject(kind=kind, id=key),
        result=Result.REFUSED,
        details={"method": request.method or ""},
    )
    return Http404()
