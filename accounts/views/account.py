"""Not built yet."""

from django.http import HttpRequest, HttpResponse


def account(request: HttpRequest, **_values: object) -> HttpResponse:
    return HttpResponse(status=501)


def end_session(request: HttpRequest, **_values: object) -> HttpResponse:
    return HttpResponse(status=501)
