"""The site's whole address space, one line per app."""

from django.urls import URLPattern, URLResolver, include, path

from config import errors, health, key_page

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.healthz, name="healthz"),
    path("", include("accounts.urls")),
    path("keys/", key_page.keys, name="keys"),
    path("audit/", include("audit.urls")),
    path("", include("benefits.urls")),
]

handler400 = errors.bad_request
handler403 = errors.permission_denied
handler404 = errors.not_found
handler500 = errors.server_error
