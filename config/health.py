"""Says whether the service can serve, to whatever watches over it: no sign-in, no details."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_GET

from audit.sealing import watch


@login_not_required
@require_GET
def healthz(request: HttpRequest) -> JsonResponse:
    """Answer 200 when the database answers, 503 when it does not; say besides whether the record is being sealed."""
    try:
        is_late = watch.is_late()
    except (DatabaseError, InterfaceError):
        return JsonResponse({"status": "unavailable", "database": "unavailable"}, status=503)
    # a record that is sealed late is an alarm, but no reason to take the office out of service
    sealing = "late" if is_late else "ok"
    return JsonResponse({"status": "ok", "database": "ok", "sealing": sealing, "version": settings.KYUFU_VERSION})
