"""Not built yet."""

from django.http import HttpRequest, HttpResponse


def index(request: HttpRequest, **_values: object) -> HttpResponse:
    return HttpResponse(status=501)


def hire(request: HttpRequest, **_values: object) -> HttpResponse:
    return HttpResponse(status=501)


def person(request: HttpRequest, **_values: object) -> HttpResponse:
    return HttpResponse(status=501)


def grant(request: HttpRequest, **_values: object) -> HttpResponse:
    return HttpResponse(status=501)


def end_right(request: HttpRequest, **_values: object) -> HttpResponse:
    return HttpResponse(status=501)


def move(request: HttpRequest, **_values: object) -> HttpResponse:
    return HttpResponse(status=501)


def stop(request: HttpRequest, **_values: object) -> HttpResponse:
    return HttpResponse(status=501)


def stop_now(request: HttpRequest, **_values: object) -> HttpResponse:
    return HttpResponse(status=501)


def resume(request: HttpRequest, **_values: object) -> HttpResponse:
    return HttpResponse(status=501)


def reset(request: HttpRequest, **_values: object) -> HttpResponse:
    return HttpResponse(status=501)


def let_in(request: HttpRequest, **_values: object) -> HttpResponse:
    return HttpResponse(status=501)


def compromised(request: HttpRequest, **_values: object) -> HttpResponse:
    return HttpResponse(status=501)


def end_sessions(request: HttpRequest, **_values: object) -> HttpResponse:
    return HttpResponse(status=501)
