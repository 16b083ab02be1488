"""Where a request comes from, so that an entry can say it without every function handing it on."""

import hashlib
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest, HttpResponse


@dataclass(frozen=True, slots=True)
class Origin:
    """The request an entry was written in: its id, the client's address, the session (hashed)."""

    request_id: uuid.UUID | None = None
    client: str | None = None
    session: str = ""


#: The address of a request that came past the proxies: it is in no network.
UNKNOWN = "::"

_current: ContextVar[Origin] = ContextVar("origin", default=Origin())  # noqa: B039  (frozen, shared by nobody)


def current() -> Origin:
    """Return the origin of the request being served; an empty one outside a request (a command, the sealer)."""
    return _current.get()


@contextmanager
def requested_from(origin: Origin) -> Iterator[None]:
    """Let entries written inside the block carry ``origin``."""
    token = _current.set(origin)
    try:
        yield
    finally:
        _current.reset(token)


def session_mark(session_key: str | None) -> str:
    """Return sixteen hex digits that tell sessions apart without being able to open one ("" without a session)."""
    return hashlib.sha256(session_key.encode()).hexdigest()[:16] if session_key else ""


def client_of(request: HttpRequest) -> str | None:
    """Return the terminal's address: the one that the outermost of our own proxies saw (``KYUFU_PROXIES`` of them).

    What stands further left in X-Forwarded-For was written by whoever sent the request, and is not believed.
    """
    address = request.META.get("REMOTE_ADDR") or ""
    if settings.KYUFU_PROXIES:
        passed = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()]
        address = passed[-settings.KYUFU_PROXIES] if len(passed) >= settings.KYUFU_PROXIES else ""
    try:
        return str(ip_address(address))
    except ValueError:
        return None if not settings.KYUFU_PROXIES else UNKNOWN


class OriginMiddleware:
    """Set the origin for the length of a request. Stands after the session, before anything that records."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        origin = Origin(
            request_id=uuid.UUID(str(getattr(request, "id", uuid.uuid4()))),
            client=client_of(request),
            session=session_mark(request.session.session_key),
        )
        with requested_from(origin):
            return self.get_response(request)
