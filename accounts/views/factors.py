"""Not built yet."""

from django.http import HttpRequest, HttpResponse


def code(request: HttpRequest, **_values: object) -> HttpResponse:
    return HttpResponse(status=501)


def add_key(request: HttpRequest, **_values: object) -> HttpResponse:
    return HttpResponse(status=501)


def remove_key(request: HttpRequest, **_values: object) -> HttpResponse:
    return HttpResponse(status=501)


def recovery(request: HttpRequest, **_values: object) -> HttpResponse:
    return HttpResponse(status=501)
