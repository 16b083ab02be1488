"""Not built yet."""

from django.http import HttpRequest, HttpResponse


def change(request: HttpRequest, **_values: object) -> HttpResponse:
    return HttpResponse(status=501)
