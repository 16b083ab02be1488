"""Settings for the test suite: the demo's, offline, with throw-away keys and a cheap password hash."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from config import env, logs
from config.office import databases, keys
from config.settings.demo import *

# Served by gunicorn for the browser tests, the directory is the suite's; otherwise it lasts as long as the process.
if env.text("KYUFU_TEST_HOME"):
    KYUFU_HOME = env.path("KYUFU_TEST_HOME", BASE_DIR)
else:
    for _left in Path(tempfile.gettempdir()).glob("kyufu-test-*-*"):
        # a process that was killed cleans nothing up: the next one does
        if not Path("/proc", _left.name.split("-")[2]).exists():
            shutil.rmtree(_left, ignore_errors=True)
    KYUFU_HOME = Path(tempfile.mkdtemp(prefix=f"kyufu-test-{os.getpid()}-"))
    atexit.register(shutil.rmtree, KYUFU_HOME, ignore_errors=True)

ENVIRONMENT_LABEL = "テスト環境"
ALLOWED_HOSTS = ["testserver", "127.0.0.1", "localhost"]

KYUFU_SEALER_DIR = KYUFU_HOME / "sealer"
KYUFU_ANCHORS = [KYUFU_HOME / "anchors"]
KYUFU_WITNESS_DIR = KYUFU_HOME / "witness"

KYUFU_KEYS_DIR = KYUFU_HOME / "keys"
keys.ensure(KYUFU_KEYS_DIR, data_exists=False)
SECRET_KEY = keys.django_secret(KYUFU_KEYS_DIR)

PASSWORD_HASHERS = ["accounts.hashers.OfficeArgon2PasswordHasher", "django.contrib.auth.hashers.MD5PasswordHasher"]
PASSWORD_HASHERS.reverse()

# tests/conftest.py says where the database is as soon as a test asks for one
DATABASES = {
    "default": databases.parse(
        env.text("KYUFU_TEST_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/not-yet"),
        variable="KYUFU_TEST_DATABASE_URL",
    ).as_django(application_name="kyufu-test", pool=DATABASE_POOL),
}

STATIC_ROOT = KYUFU_HOME / "static"
STATIC_ROOT.mkdir(exist_ok=True)
STORAGES = {
    **STORAGES,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True

LOGGING = logs.configuration(KYUFU_HOME / "logs" / "kyufu.log", to_terminal=False)
