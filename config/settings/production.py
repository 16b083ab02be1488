"""Settings for an office at work, behind its TLS-terminating proxy."""

from config import env
from config.settings.base import *

DEBUG = False
ENVIRONMENT_LABEL = env.text("ENVIRONMENT_LABEL")

# TLS. The proxy must drop what a browser sends under this name, and set it itself.
SECURE_PROXY_SSL_HEADER: tuple[str, str] | None = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = True
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]  # asked from beside the server, over its own socket
SECURE_HSTS_SECONDS = 63_072_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in ALLOWED_HOSTS]

# A browser takes a __Host- cookie only over TLS, for this host alone, for the whole site.
SESSION_COOKIE_NAME = "__Host-kyufu-session"
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_NAME = "__Host-kyufu-csrf"
CSRF_COOKIE_SECURE = True
