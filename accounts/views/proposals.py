"""Not built yet."""

from django.http import HttpRequest, HttpResponse


def index(request: HttpRequest, **_values: object) -> HttpResponse:
    return HttpResponse(status=501)


def detail(request: HttpRequest, **_values: object) -> HttpResponse:
    return HttpResponse(status=501)


def approve(request: HttpRequest, **_values: object) -> HttpResponse:
    return HttpResponse(status=501)


def reject(request: HttpRequest, **_values: object) -> HttpResponse:
    return HttpResponse(status=501)


def withdraw(request: HttpRequest, **_values: object) -> HttpResponse:
    return HttpResponse(status=501)


def slip(request: HttpRequest, **_values: object) -> HttpResponse:
    return HttpResponse(status=501)
