"""Addresses of the search with conditions, for links: sealed, since an address is logged and read over shoulders.

A link opens for the session that it was made in, as conditions that were typed do; there are no limits to how many a
page has, since nothing is kept for them.
"""

import base64
import json
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse

from audit import keyfiles, remembered, sealed_text
from audit.models import REASON_KEY
from audit.origin import session_mark

#: What is remembered of searches is kept under this name (:mod:`audit.remembered`).
KIND: Final = "audit"
#: What is longer than this is remembered for the session instead.
_LONGEST: Final = 1_000


def address(request: HttpRequest, /, *, page: str = "audit:log", **conditions: Any) -> str:
    """Return the address of the search for ``conditions``: the form's boxes by name, as they would be typed.

    ``actor_id``, ``person_id`` and ``hours`` may be given too, which have no box. Days and ids may be objects.
    """
    typed = {name: _plain(value) for name, value in conditions.items() if value not in (None, "", [], ())}
    text = json.dumps(typed, ensure_ascii=False, separators=(",", ":"))
    if len(text) > _LONGEST:
        return f"{reverse(page)}?{urlencode({'s': remembered.remember(request, KIND, typed)})}"
    sealed = sealed_text.seal(text, key=REASON_KEY, bound_to=_bound_to(request))
    return f"{reverse(page)}?{urlencode({'q': base64.urlsafe_b64encode(sealed).decode().rstrip('=')})}"


def opened(request: HttpRequest, sealed: str) -> dict[str, Any] | None:
    """Return the conditions of a link that was made for this session, or None."""
    try:
        blob = base64.b64decode(sealed + "=" * (-len(sealed) % 4), altchars=b"-_", validate=True)
        found = json.loads(sealed_text.unseal(blob, key=REASON_KEY, bound_to=_bound_to(request)))
    except (ValueError, sealed_text.UnopenableError, keyfiles.KeyUnavailableError):
        return None
    return found if isinstance(found, dict) else None


def _bound_to(request: HttpRequest) -> str:
    return f"search|{getattr(request.user, 'pk', None)}|{session_mark(request.session.session_key)}"


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return value
    if isinstance(value, list | tuple | set | frozenset):
        return [str(one) for one in value]
    if isinstance(value, Mapping):
        raise TypeError
    return str(value)
