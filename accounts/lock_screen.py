"""What a locked screen answers."""

from django.http import HttpRequest, HttpResponse


def answer(request: HttpRequest) -> HttpResponse:
    return HttpResponse(status=501)
