"""Requests, once signing in has been required of them."""

from django.http import HttpRequest

from accounts.models import StaffSession, User


class StaffRequest(HttpRequest):
    """A request from a signed-in member of staff.

    ``LoginRequiredMiddleware`` turns everyone else away before a view runs; ``StaffSessionMiddleware`` sets the
    session.
    """

    user: User
    staff_session: StaffSession
