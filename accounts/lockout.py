"""Counts refused passwords by account, and keeps nothing else of what a request said."""

from typing import Any

from axes.handlers.database import AxesDatabaseHandler
from django.http import HttpRequest, QueryDict


class ForgetfulHandler(AxesDatabaseHandler):  # type: ignore[misc]  # django-axes ships no types
    """django-axes' counting in the database, without the headers and parameters that it would store.

    Anything can stand in them: a number pasted into the wrong window, a forged header. Counting needs none of it.
    """

    def user_login_failed(
        self, sender: Any, credentials: dict[str, Any], request: HttpRequest | None = None, **kwargs: Any
    ) -> None:
        """Count the attempt for the account it was made on."""
        if request is None:
            return
        request.axes_user_agent = request.axes_http_accept = ""  # type: ignore[attr-defined]  # axes reads them off the request
        asked, sent = request.GET, request.POST
        request.GET, request.POST = QueryDict(), QueryDict()
        try:
            super().user_login_failed(sender, credentials, request, **kwargs)
        finally:
            request.GET, request.POST = asked, sent
