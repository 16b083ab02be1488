"""Requests, once signing in has been required of them."""

from django.http import HttpRequest

from accounts.models import User


class StaffRequest(HttpRequest):
    """A request from a signed-in member of staff.

    ``LoginRequiredMiddleware`` turns everyone else away before a view runs.
    """

    user: User
