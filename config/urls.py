"""The site's whole address space, one line per app."""

from importlib.util import find_spec

from django.urls import URLPattern, URLResolver, include, path

from config import errors, health

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.healthz, name="healthz"),
    *(
        path(prefix, include(module))
        for prefix, module in (
            ("", "accounts.urls"),
            ("audit/", "audit.urls"),
            ("numbers/", "mynumber.urls"),
            ("", "benefits.urls"),
        )
        if find_spec(module)
    ),
]

handler400 = errors.bad_request
handler403 = errors.permission_denied
handler404 = errors.not_found
handler500 = errors.server_error
