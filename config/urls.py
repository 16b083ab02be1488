"""The site's whole address space, one line per app."""

from django.urls import URLPattern, URLResolver, include, path

from config import errors, health
from config.key_pages import operations as key_operations, overview as key_overview

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.healthz, name="healthz"),
    path("", include("accounts.urls")),
    path("keys/", key_overview.keys, name="keys"),
    path("keys/rotate/", key_operations.rotate, name="keys-rotate"),
    path("keys/retire/", key_operations.retire, name="keys-retire"),
    path("keys/operations/<uuid:operation_id>/", key_operations.operation, name="keys-operation"),
    path("keys/operations/<uuid:operation_id>/progress", key_operations.progress, name="keys-operation-progress"),
    path("keys/operations/<uuid:operation_id>/approve", key_operations.approve, name="keys-operation-approve"),
    path("keys/operations/<uuid:operation_id>/reject", key_operations.reject, name="keys-operation-reject"),
    path("keys/operations/<uuid:operation_id>/withdraw", key_operations.withdraw, name="keys-operation-withdraw"),
    path("keys/operations/<uuid:operation_id>/pause", key_operations.pause, name="keys-operation-pause"),
    path("keys/operations/<uuid:operation_id>/resume", key_operations.resume, name="keys-operation-resume"),
    path("audit/", include("audit.urls")),
    path("", include("benefits.urls")),
]

handler400 = errors.bad_request
handler403 = errors.permission_denied
handler404 = errors.not_found
handler500 = errors.server_error
