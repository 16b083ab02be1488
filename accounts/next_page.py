"""Where to go next: a page of this site, whatever an address or a form says."""

from urllib.parse import urlsplit

from django.http import HttpRequest
from django.urls import Resolver404, resolve, reverse
from django.utils.http import url_has_allowed_host_and_scheme


def safe(request: HttpRequest, goes_to: str) -> str:
    """Return the path of ``goes_to`` when it is a page of this site, else of the home page.

    What follows the path is left out: a new session knows none of it, and it could hold anything.
    """
    path = urlsplit(goes_to).path if _is_ours(request, goes_to) else ""
    try:
        resolve(path)
    except Resolver404:
        return reverse("benefits:home")
    return path


def _is_ours(request: HttpRequest, goes_to: str) -> bool:
    return url_has_allowed_host_and_scheme(goes_to, {request.get_host()}, require_https=request.is_secure())
