"""What every page's frame shows: the office, the environment, the person's duties, the navigation."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject

from config import menu


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
    }


def menu_for(request: HttpRequest, entries: Iterable[menu.Entry]) -> list[MenuItem]:
    """Return the entries that the signed-in person may follow, in the menu's order."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return []
    match = request.resolver_match
    here = match.view_name if match else ""
    items = []
    for entry in entries:
        if not user.has_perm(entry.permission):
            continue
        try:
            url = reverse(entry.url_name)
        except NoReverseMatch:
            continue
        items.append(MenuItem(str(entry.label), url, here == entry.url_name or here in entry.section))
    return items


def _role_labels(request: HttpRequest) -> str:
    return str(getattr(getattr(request, "user", None), "role_labels", ""))
