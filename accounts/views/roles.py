"""Not built yet."""

from django.http import HttpRequest, HttpResponse


def matrix(request: HttpRequest, **_values: object) -> HttpResponse:
    return HttpResponse(status=501)


def matrix_csv(request: HttpRequest, **_values: object) -> HttpResponse:
    return HttpResponse(status=501)
