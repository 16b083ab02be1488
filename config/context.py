"""What every page's frame shows: the office, the environment, the person's duties, the navigation."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from accounts import emergency, passwords
from accounts.models import User
from audit.sealing import watch
from config import menu

#: Where people are told that their password grows old: where each one's day begins.
WARNED_ON = frozenset(
    {"benefits:home", "benefits:people", "audit:log", "accounts:staff", "accounts:access-reviews", "keys"}
)


@dataclass(frozen=True, slots=True)
class MenuItem:
    """A navigation entry as the frame draws it. ``count`` is None where nothing is counted."""

    label: str
    url: str
    is_current: bool
    count: int | None = None


def office(request: HttpRequest) -> dict[str, Any]:
    """Return the frame's variables. What needs the database is asked only when a template shows it."""
    return {
        "office_name": settings.OFFICE_NAME,
        "environment_label": settings.ENVIRONMENT_LABEL,
        "product_version": settings.KYUFU_VERSION,
        "role_labels": SimpleLazyObject(lambda: _role_labels(request)),
        "menu": SimpleLazyObject(lambda: menu_for(request, menu.ENTRIES)),
        "record_tabs": SimpleLazyObject(lambda: menu_for(request, menu.RECORD_TABS)),
        "watch_links": SimpleLazyObject(lambda: menu_for(request, menu.WATCH_LINKS)),
        "emergency_is_open": SimpleLazyObject(emergency.is_opened),
        "password_days": _password_days(request),
        "record_trouble": SimpleLazyObject(lambda: _record_trouble(request)),
    }


def menu_for(request: HttpRequest, entries: Iterable[menu.Entry]) -> list[MenuItem]:
    """Return the entries that the signed-in person may follow, in the menu's order."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return []
    match = request.resolver_match
    here = match.view_name if match else ""
    items: list[MenuItem] = []
    for entry in entries:
        if not any(user.has_perm(permission) for permission in entry.permissions):
            continue
        if any(item.label == str(entry.label) for item in items):
            continue
        try:
            url = reverse(entry.url_name)
        except NoReverseMatch:
            continue
        count = entry.counted(user) if entry.counted else None
        items.append(MenuItem(str(entry.label), url, here == entry.url_name or here in entry.section, count))
    return items


def _password_days(request: HttpRequest) -> int | None:
    """Return the days left for the password when it is time to say so, on the first page of the day's work."""
    user = getattr(request, "user", None)
    match = request.resolver_match
    if not isinstance(user, User) or match is None or match.view_name not in WARNED_ON:
        return None
    return passwords.warning(user, timezone.now())


def _record_trouble(request: HttpRequest) -> list[str]:
    """Return what is the matter with the record, for those who look after it."""
    user = getattr(request, "user", None)
    is_theirs = user is not None and user.is_authenticated and user.has_perm("audit.view_ledger")
    return watch.trouble() if is_theirs else []


def _role_labels(request: HttpRequest) -> str:
    return str(getattr(getattr(request, "user", None), "role_labels", ""))
