"""Settings for trying the product on one's own machine: production without TLS, with made-up people."""

from config import env
from config.settings.production import *

DEMO = True
ENVIRONMENT_LABEL = env.text("ENVIRONMENT_LABEL", "デモ環境")
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", ("127.0.0.1", "localhost", "[::1]"))

# http://127.0.0.1 has no TLS, and a browser refuses Secure and __Host- cookies there
SECURE_PROXY_SSL_HEADER = None
SECURE_SSL_REDIRECT = False
SECURE_HSTS_SECONDS = 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = False
SECURE_HSTS_PRELOAD = False
CSRF_TRUSTED_ORIGINS = []
SESSION_COOKIE_NAME = "kyufu-session"
SESSION_COOKIE_SECURE = False
CSRF_COOKIE_NAME = "kyufu-csrf"
CSRF_COOKIE_SECURE = False

# 54,000 made-up numbers are indexed in minutes; a demo holds nobody's real one
MYNUMBER_INDEX_MEMORY_KIB = 1024
MYNUMBER_INDEX_PASSES = 1
