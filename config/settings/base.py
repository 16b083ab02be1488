"""Settings shared by every environment. What differs is in production, demo and test."""

import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from config import env, logs
from config.office import databases, keys

BASE_DIR = Path(__file__).resolve().parents[2]
KYUFU_VERSION: str = tomllib.loads((BASE_DIR / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]

# ── the office ───────────────────────────────────────────────────────────────────────────────────────────────────
KYUFU_HOME = env.path("KYUFU_HOME", BASE_DIR / "var")
KYUFU_KEYS_DIR = KYUFU_HOME / "keys"
#: Where IPAmj Mincho and the IPAex fonts are looked for: Debian's places, then what was unpacked for this office.
KYUFU_FONT_DIRS = env.paths(
    "KYUFU_FONT_DIRS",
    [
        Path("/usr/share/fonts/opentype/ipaexfont-gothic"),
        Path("/usr/share/fonts/opentype/ipaexfont-mincho"),
        Path("/usr/share/fonts/truetype/ipamj"),
        KYUFU_HOME / "fonts",
    ],
)
OFFICE_NAME = env.text("OFFICE_NAME", "見本県 健康医療部 地域保健課")
ENVIRONMENT_LABEL = env.text("ENVIRONMENT_LABEL")
DEMO = False
#: How many made-up people a demo office begins with.
DEMO_RECIPIENTS = env.integer("KYUFU_DEMO_RECIPIENTS", 300, least=0, most=500_000)

# ── the application ──────────────────────────────────────────────────────────────────────────────────────────────
DEBUG = False
# Empty before the keys are made; Django then refuses to sign anything.
SECRET_KEY = keys.django_secret(KYUFU_KEYS_DIR)
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS")
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
APPEND_SLASH = False  # an address either is right or is not: no second chance that repeats a POST as a GET
PREPEND_WWW = False

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    "django_otp",
    "axes",
    "csp",
    "config",
    "audit",
    "accounts",
    "mynumber",
    "benefits",
]

# From the outside in. A response passes the list upwards, so what stands high sees every answer, refusals included.
MIDDLEWARE = [
    # names the request: every line logged and every error page from here on can carry the name
    "config.middleware.RequestId",
    # headers for every answer, also for those that the layers below refuse to give
    "config.middleware.ExtraHeaders",
    "config.middleware.NoStore",
    "csp.middleware.CSPMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    # static files need no session, no database and no refusals
    "whitenoise.middleware.WhiteNoiseMiddleware",
    # refusals that need no session come before anything that reads the request's body or the database
    "config.middleware.FetchMetadata",
    "config.middleware.StrictText",
    "config.middleware.SessionCookie",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    # a key that is not to be had is no error of the program
    "config.middleware.KeysAway",
    # entries in the record say where the request came from
    "audit.origin.OriginMiddleware",
    # ends or locks a session, or holds it up for a new password: needs the record and the messages above it
    "accounts.middleware.StaffSessionMiddleware",
    # seals the one large upload as it is read, which the check of its token is the first to do
    "benefits.juki.receiving.JukiUploads",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    # last, as django-axes asks: it turns a refused sign-in into an answer
    "axes.middleware.AxesMiddleware",
]

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    [
                        "django.template.loaders.filesystem.Loader",
                        "django.template.loaders.app_directories.Loader",
                    ],
                ),
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "config.context.office",
            ],
        },
    },
]
FORM_RENDERER = "config.forms.OfficeRenderer"

# ── the database ─────────────────────────────────────────────────────────────────────────────────────────────────
# Serving connects as a role that owns nothing. Only `manage.py prepare` hands the owner's password to the
# process that migrates, through this variable.
DATABASE_ROLE = env.text("KYUFU_DATABASE_ROLE", "app")
SERVER_THREADS = env.integer("KYUFU_THREADS", 8, least=1, most=64)
SERVER_WORKERS = env.integer("KYUFU_WORKERS", 2, least=1, most=32)
# Threads share a pool, one connection each at most; commands, which have one thread, do without.
DATABASE_POOL = (
    {"min_size": 1, "max_size": SERVER_THREADS, "timeout": 5, "max_lifetime": 3600, "max_idle": 300}
    if env.flag("KYUFU_SERVING")
    else None
)
DATABASES = {
    "default": databases.owner(KYUFU_HOME).as_django(application_name="kyufu-migrate")
    if DATABASE_ROLE == "owner"
    else databases.sealer(KYUFU_HOME).as_django(application_name="kyufu-sealer")
    if DATABASE_ROLE == "sealer"
    else databases.app(KYUFU_HOME).as_django(application_name="kyufu", pool=DATABASE_POOL),
}

# ── people ───────────────────────────────────────────────────────────────────────────────────────────────────────
AUTH_USER_MODEL = "accounts.User"
# axes first: it refuses a locked account before a password is looked at
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "accounts.backends.PasswordBackend"]
LOGIN_URL = "accounts:sign-in"
LOGIN_REDIRECT_URL = "/"
PASSWORD_HASHERS = ["accounts.hashers.OfficeArgon2PasswordHasher"]
PASSWORD_RESET_TIMEOUT = 3600
#: From where a number viewer may use that duty (networks as 10.1.2.0/24); none named = from nowhere but this machine.
KYUFU_NUMBER_NETWORKS = env.words("KYUFU_NUMBER_NETWORKS", ("127.0.0.0/8", "::1/128"))
#: How many proxies stand between a terminal and this service; the terminal's address is taken from before the last.
KYUFU_PROXIES = env.integer("KYUFU_PROXIES", 0, least=0, most=5)
#: Days after which a password must be changed (0 = never), and shorter ones by role: NUMBER_VIEWER=90,AUDITOR=180.
KYUFU_PASSWORD_DAYS = env.integer("KYUFU_PASSWORD_DAYS", 365, least=0, most=3650)
KYUFU_PASSWORD_DAYS_BY_ROLE = env.words("KYUFU_PASSWORD_DAYS_BY_ROLE")
KYUFU_PASSWORD_LENGTH = env.integer("KYUFU_PASSWORD_LENGTH", 15, least=12, most=64)
#: How long a temporary password or an enrolment code on paper may be used.
KYUFU_SLIP_DAYS = env.integer("KYUFU_SLIP_DAYS", 7, least=1, most=31)
AUTH_PASSWORD_VALIDATORS: list[dict[str, Any]] = [{"NAME": "accounts.passwords.OfficePasswordValidator"}]

# ── the record ───────────────────────────────────────────────────────────────────────────────────────────────────
#: The sealer's own: its signing key and what it signed last. No other process needs to read it.
KYUFU_SEALER_DIR = env.path("KYUFU_SEALER_DIR", KYUFU_HOME / "sealer")
#: Whether ``manage.py start`` seals the record too; otherwise ``manage.py seal`` runs apart, under a user of its own.
KYUFU_SEAL_HERE = env.flag("KYUFU_SEAL_HERE", default=True)
#: Where signed checkpoints are put; better one of them on another machine.
KYUFU_ANCHORS = env.paths("KYUFU_ANCHORS", [KYUFU_HOME / "anchors"])
#: A line for each committed entry, out of the database's reach.
KYUFU_WITNESS_DIR = env.path("KYUFU_WITNESS_DIR", KYUFU_HOME / "witness")
#: Whether a My Number is refused while the record is not being sealed or witnessed (strict), or an alarm is enough.
KYUFU_RECORD_STRICT = env.flag("KYUFU_RECORD_STRICT")
#: How old the oldest unsealed entry may be: before an alarm, and before the strict mode refuses.
KYUFU_SEAL_ALARM_SECONDS = env.integer("KYUFU_SEAL_ALARM_SECONDS", 60, least=5, most=3600)
KYUFU_SEAL_REFUSE_SECONDS = env.integer("KYUFU_SEAL_REFUSE_SECONDS", 300, least=10, most=86400)
#: How long an entry may wait for a signature after it was sealed (a checkpoint is signed after 256 entries at latest).
KYUFU_SIGN_SECONDS = env.integer("KYUFU_SIGN_SECONDS", 5, least=1, most=600)
#: Between which hours the record verifies itself: what is new each night, everything on one day (0 = Monday).
KYUFU_VERIFY_FROM_HOUR = env.integer("KYUFU_VERIFY_FROM_HOUR", 1, least=0, most=23)
KYUFU_VERIFY_TO_HOUR = env.integer("KYUFU_VERIFY_TO_HOUR", 5, least=1, most=24)
KYUFU_VERIFY_WHOLE_ON = env.integer("KYUFU_VERIFY_WHOLE_ON", 6, least=0, most=6)

# ── My Numbers ───────────────────────────────────────────────────────────────────────────────────────────────────
#: Whether a My Number is shown to a browser without scripts, which cannot take it off the page again by itself.
KYUFU_REVEAL_WITHOUT_SCRIPTS = env.flag("KYUFU_REVEAL_WITHOUT_SCRIPTS")
#: Where the keys of My Numbers are: file (KYUFU_HOME/keys), vault (HashiCorp Vault, OpenBao) or pkcs11 (an HSM).
KYUFU_KEY_PROVIDER = env.text("KYUFU_KEY_PROVIDER", "file")
#: What the names of this office's keys begin with where other offices keep theirs too.
KYUFU_KEY_PREFIX = env.text("KYUFU_KEY_PREFIX", "kyufu-")
KYUFU_VAULT_URL = env.text("KYUFU_VAULT_URL")
KYUFU_VAULT_CA_FILE = env.path("KYUFU_VAULT_CA_FILE", KYUFU_KEYS_DIR / "vault-ca.pem")
KYUFU_VAULT_TOKEN_FILE = env.path("KYUFU_VAULT_TOKEN_FILE", KYUFU_KEYS_DIR / "vault.token")
KYUFU_VAULT_MOUNT = env.text("KYUFU_VAULT_MOUNT", "transit")
KYUFU_VAULT_NAMESPACE = env.text("KYUFU_VAULT_NAMESPACE")
KYUFU_PKCS11_MODULE = env.path("KYUFU_PKCS11_MODULE", KYUFU_KEYS_DIR / "no-module-was-named")
KYUFU_PKCS11_TOKEN = env.text("KYUFU_PKCS11_TOKEN")
KYUFU_PKCS11_PIN_FILE = env.path("KYUFU_PKCS11_PIN_FILE", KYUFU_KEYS_DIR / "pkcs11.pin")
#: Days after which the key that seals My Numbers should be replaced by a new one (0 = never said).
KYUFU_KEK_DAYS = env.integer("KYUFU_KEK_DAYS", 365, least=0, most=3650)
#: What one guess at a blind index costs (mynumber.crypto.index). It belongs to the data: changing it later means
#: computing every index anew.
MYNUMBER_INDEX_MEMORY_KIB = 64 * 1024
MYNUMBER_INDEX_PASSES = 3

AXES_HANDLER = "accounts.lockout.ForgetfulHandler"
# axes keeps the record; accounts.attempts locks, since axes counts too late for guesses that come together
AXES_LOCK_OUT_AT_FAILURE = False
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
# By account, not by address: an office behind one address would lock itself out (see SILENCED_SYSTEM_CHECKS).
AXES_LOCKOUT_PARAMETERS = ["username"]
AXES_RESET_ON_SUCCESS = True
# A failure during the lock does not lengthen it: otherwise anybody could keep a colleague out for ever.
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_USERNAME_CALLABLE = "accounts.sign_in.recorded_username"
AXES_ALLOWED_CORS_ORIGINS = ""  # no CORS header on the answer of a lock
AXES_HTTP_RESPONSE_CODE = 403
AXES_VERBOSE = False
AXES_ENABLE_ADMIN = False
AXES_DISABLE_ACCESS_LOG = True  # the office's own record says who signed in
AXES_ENABLE_ACCESS_FAILURE_LOG = False
# everything that the sign-in forms send: an attempt is counted, what was typed is not kept
AXES_SENSITIVE_PARAMETERS = ["login_id", "username", "password", "code", "next", "csrfmiddlewaretoken"]
AXES_IPWARE_META_PRECEDENCE_ORDER = ["REMOTE_ADDR"]
SILENCED_SYSTEM_CHECKS = [
    "axes.W006",  # locking by account only is meant, see above
]

# ── sessions, cookies, requests ──────────────────────────────────────────────────────────────────────────────────
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_NAME = "kyufu-session"
SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Strict"
SESSION_SAVE_EVERY_REQUEST = False
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
#: Idle time after which a session is over, and how long one may last at all (accounts.middleware enforces both).
KYUFU_IDLE_SECONDS = env.integer("KYUFU_IDLE_SECONDS", 15 * 60, least=60, most=3600)
KYUFU_SESSION_SECONDS = env.integer("KYUFU_SESSION_SECONDS", SESSION_COOKIE_AGE, least=600, most=SESSION_COOKIE_AGE)
#: How long before the lock the page warns; how long after it, or from where else, unlocking asks for a factor too.
KYUFU_WARNING_SECONDS = env.integer("KYUFU_WARNING_SECONDS", 120, least=20, most=600)
KYUFU_UNLOCK_WITH_PASSWORD_SECONDS = env.integer("KYUFU_UNLOCK_WITH_PASSWORD_SECONDS", 3600, least=0, most=43200)
#: How many sessions one person may have at once; one more ends the oldest.
KYUFU_SESSIONS_PER_PERSON = env.integer("KYUFU_SESSIONS_PER_PERSON", 1, least=1, most=5)
#: How long ago a factor may have been used when rights are changed, lists exported or keys worked with.
KYUFU_STEP_UP_SECONDS = env.integer("KYUFU_STEP_UP_SECONDS", 600, least=60, most=3600)
CSRF_USE_SESSIONS = True
CSRF_COOKIE_SAMESITE = "Strict"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "config.errors.csrf_failure"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

#: Files from Juki-net: how large one may be, in lines too, and after how many days without a decision it is wiped.
KYUFU_JUKI_MEGABYTES = env.integer("KYUFU_JUKI_MEGABYTES", 64, least=1, most=256)
KYUFU_JUKI_LINES = env.integer("KYUFU_JUKI_LINES", 500_000, least=1_000, most=2_000_000)
KYUFU_JUKI_DAYS = env.integer("KYUFU_JUKI_DAYS", 14, least=1, most=60)
#: Addresses that take a large upload, with the most that is read off the wire so that the answer arrives at all. What
#: is over the limit of such a file is dropped as it comes (benefits.juki.receiving).
KYUFU_UPLOAD_ADDRESSES = {"/juki/new/": 512 * 1024 * 1024}
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000
DATA_UPLOAD_MAX_NUMBER_FILES = 5
FILE_UPLOAD_MAX_MEMORY_SIZE = 1_000_000
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]  # nothing lands on a disk

# ── headers ──────────────────────────────────────────────────────────────────────────────────────────────────────
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "object-src": [NONE],
        "require-trusted-types-for": ["'script'"],
    },
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
USE_X_FORWARDED_HOST = False

# ── language and time ────────────────────────────────────────────────────────────────────────────────────────────
LANGUAGE_CODE = "ja"
LANGUAGES = [("ja", _("日本語"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "Asia/Tokyo"
USE_TZ = True
USE_I18N = True

# ── static files ─────────────────────────────────────────────────────────────────────────────────────────────────
STATIC_URL = "/static/"
STATIC_ROOT = KYUFU_HOME / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},  # uploads are never kept as files
    "staticfiles": {"BACKEND": "config.static_files.OfficeStaticFilesStorage"},
}
WHITENOISE_MAX_AGE = 60  # for names without a hash; hashed ones are kept for ever
WHITENOISE_ALLOW_ALL_ORIGINS = False  # no other site needs them
WHITENOISE_CHARSET = "utf-8"

# ── what is written down about the running of it ─────────────────────────────────────────────────────────────────
LOGGING_CONFIG = "logging.config.dictConfig"
LOGGING: dict[str, Any] = logs.configuration(KYUFU_HOME / "logs" / "kyufu.log")
DEFAULT_EXCEPTION_REPORTER_FILTER = "config.logs.NothingToReport"
ADMINS: list[tuple[str, str]] = []  # the office's network has no mail
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
