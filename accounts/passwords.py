"""How old a password may be, and what a new one must be."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse

from accounts.models import User


def why_to_change(user: User, *, at: datetime) -> str:
    return ""


def answer_to_be_changed(request: HttpRequest, why: str) -> HttpResponse:
    return HttpResponse(status=501)
