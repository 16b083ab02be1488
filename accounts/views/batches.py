"""Not built yet."""

from django.http import HttpRequest, HttpResponse


def index(request: HttpRequest, **_values: object) -> HttpResponse:
    return HttpResponse(status=501)


def template(request: HttpRequest, **_values: object) -> HttpResponse:
    return HttpResponse(status=501)


def detail(request: HttpRequest, **_values: object) -> HttpResponse:
    return HttpResponse(status=501)


def apply(request: HttpRequest, **_values: object) -> HttpResponse:
    return HttpResponse(status=501)


def reject(request: HttpRequest, **_values: object) -> HttpResponse:
    return HttpResponse(status=501)


def slips(request: HttpRequest, **_values: object) -> HttpResponse:
    return HttpResponse(status=501)
