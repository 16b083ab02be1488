"""Settings of the process in which the two other logs are asked. Nothing of the product is loaded."""

import os
import secrets

from config.office import databases

SECRET_KEY = secrets.token_urlsafe(50)
ALLOWED_HOSTS = ["testserver"]
ROOT_URLCONF = "bench.peers.urls"
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "auditlog",
    "easyaudit",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]
SCHEMA = "bench_peers"
_address = databases.parse(os.environ["KYUFU_BENCH_PEERS"], variable="KYUFU_BENCH_PEERS")
DATABASES = {"default": _address.as_django(application_name="kyufu-bench-peers")}
DATABASES["default"]["OPTIONS"]["options"] = f"-c search_path={SCHEMA}"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "Asia/Tokyo"
LANGUAGE_CODE = "ja"
STATIC_URL = "static/"
# they watch nothing here: the entries are given
DJANGO_EASY_AUDIT_WATCH_MODEL_EVENTS = False
DJANGO_EASY_AUDIT_WATCH_AUTH_EVENTS = False
DJANGO_EASY_AUDIT_WATCH_REQUEST_EVENTS = False
