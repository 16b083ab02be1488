"""Not built yet."""

from django.http import HttpRequest, HttpResponse


def lock(request: HttpRequest, **_values: object) -> HttpResponse:
    return HttpResponse(status=501)


def unlock(request: HttpRequest, **_values: object) -> HttpResponse:
    return HttpResponse(status=501)


def unlock_key(request: HttpRequest, **_values: object) -> HttpResponse:
    return HttpResponse(status=501)


def state(request: HttpRequest, **_values: object) -> HttpResponse:
    return HttpResponse(status=501)


def use(request: HttpRequest, **_values: object) -> HttpResponse:
    return HttpResponse(status=501)


def kept_input(request: HttpRequest, **_values: object) -> HttpResponse:
    return HttpResponse(status=501)
