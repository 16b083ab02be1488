"""Search conditions kept in the session under a short name, so that nothing typed stands in an address.

An address is logged, remembered by the browser and read over a shoulder; a name of eight letters says nothing.
"""

import secrets
from typing import Any

from django.http import HttpRequest

KEPT = 10


def remember(request: HttpRequest, kind: str, conditions: dict[str, Any]) -> str:
    """Keep ``conditions`` (JSON values) for this session and return the name to find them by."""
    kept: dict[str, Any] = request.session.get(f"searches_{kind}", {})
    name = secrets.token_urlsafe(6)
    kept[name] = conditions
    request.session[f"searches_{kind}"] = dict(list(kept.items())[-KEPT:])
    return name


def recall(request: HttpRequest, kind: str, name: str) -> dict[str, Any] | None:
    """Return the conditions kept under ``name``, or None when this session knows none."""
    conditions: dict[str, Any] | None = request.session.get(f"searches_{kind}", {}).get(name)
    return conditions
