"""Not built yet."""

from django.http import HttpRequest, HttpResponse


def index(request: HttpRequest, **_values: object) -> HttpResponse:
    return HttpResponse(status=501)


def detail(request: HttpRequest, **_values: object) -> HttpResponse:
    return HttpResponse(status=501)


def answer(request: HttpRequest, **_values: object) -> HttpResponse:
    return HttpResponse(status=501)


def close(request: HttpRequest, **_values: object) -> HttpResponse:
    return HttpResponse(status=501)


def result(request: HttpRequest, **_values: object) -> HttpResponse:
    return HttpResponse(status=501)
