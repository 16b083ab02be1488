"""Not built yet."""

from django.http import HttpRequest, HttpResponse


def confirm(request: HttpRequest, **_values: object) -> HttpResponse:
    return HttpResponse(status=501)


def security_key(request: HttpRequest, **_values: object) -> HttpResponse:
    return HttpResponse(status=501)
