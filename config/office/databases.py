"""Where the database is and as whom to connect: one place for settings, provisioning and tests."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from django.core.exceptions import ImproperlyConfigured

from config import env
from config.office import embedded_postgres, keys

OWNER = "kyufu_owner"
APP = "kyufu_app"
AUDITOR = "kyufu_auditor"
SEALER = "kyufu_sealer"
#: What the name of the sealer's role holds, wherever an office has made it by hand.
SEALER_WORD = "sealer"
DATABASE = "kyufu"


@dataclass(frozen=True, slots=True)
class Roles:
    """What the roles are called on a server."""

    owner: str = OWNER
    app: str = APP
    auditor: str = AUDITOR
    sealer: str = SEALER


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """How to reach one database as one role. The password is kept out of ``repr``."""

    host: str
    port: int
    name: str
    user: str
    password: str = field(repr=False)
    options: Mapping[str, str] = field(default_factory=dict)

    def as_psycopg(self, **changes: Any) -> dict[str, Any]:
        """Return the arguments of ``psycopg.connect``."""
        return {
            "host": self.host,
            "port": self.port,
            "dbname": self.name,
            "user": self.user,
            "password": self.password,
            **self.options,
            **changes,
        }

    def as_django(self, *, application_name: str, pool: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Return an entry of Django's ``DATABASES``."""
        options: dict[str, Any] = {"application_name": application_name, "connect_timeout": 5, **self.options}
        if pool:
            options["pool"] = dict(pool)
        return {
            "ENGINE": "django.db.backends.postgresql",
            "HOST": self.host,
            "PORT": str(self.port),
            "NAME": self.name,
            "USER": self.user,
            "PASSWORD": self.password,
            "OPTIONS": options,
            "CONN_MAX_AGE": 0,
            "CONN_HEALTH_CHECKS": True,
            "ATOMIC_REQUESTS": False,
        }

    def as_url(self) -> str:
        """Return the address as :func:`parse` reads it, password included."""
        query = urlencode({**self.options, "host": self.host, "port": str(self.port)})
        return f"postgresql://{quote(self.user, safe='')}:{quote(self.password, safe='')}@/{quote(self.name)}?{query}"

    def seen_by(self, user: str, password: str) -> "Address":
        """Return the same database as another role."""
        return replace(self, user=user, password=password)


def parse(url: str, *, variable: str) -> Address:
    """Read ``postgresql://user:password@host:port/name?sslmode=…``.

    Raises ``ImproperlyConfigured`` naming ``variable``, never its value.
    """
    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query))
    if parts.scheme not in {"postgres", "postgresql"}:
        # the value may hold a password: it is not repeated
        raise ImproperlyConfigured(
            f"{variable} は postgresql://利用者:パスワード@ホスト:ポート/名前 の形で指定してください。"
        )
    try:
        port = parts.port or 5432
    except ValueError:
        raise ImproperlyConfigured(f"{variable} のポート番号を確認してください。") from None
    return Address(
        host=options.pop("host", "") or unquote(parts.hostname or ""),
        port=int(options.pop("port", port)),
        name=unquote(parts.path.lstrip("/")) or DATABASE,
        user=unquote(parts.username or "") or options.pop("user", ""),
        password=unquote(parts.password or "") or options.pop("password", ""),
        options=options,
    )


def is_embedded() -> bool:
    """Say whether the office uses the PostgreSQL that comes with the product."""
    return not (env.text("DATABASE_URL") or env.text("DATABASE_APP_URL"))


def has_own_roles() -> bool:
    """Say whether the office prepared the roles by hand: then nothing here creates or changes one."""
    return bool(env.text("DATABASE_APP_URL"))


def app(home: Path) -> Address:
    """Return the database as the serving role."""
    if env.text("DATABASE_APP_URL"):
        return parse(env.text("DATABASE_APP_URL"), variable="DATABASE_APP_URL")
    return _as_role(home, APP)


def sealer(home: Path) -> Address:
    """Return the database as the role that seals the record."""
    if env.text("DATABASE_SEALER_URL"):
        address = parse(env.text("DATABASE_SEALER_URL"), variable="DATABASE_SEALER_URL")
        if SEALER_WORD not in address.user:
            # the database knows the role by it, and takes nothing from it but what is about sealing
            raise ImproperlyConfigured(f"DATABASE_SEALER_URL の利用者の名前には {SEALER_WORD} を含めてください。")
        return address
    if has_own_roles():
        message = "DATABASE_APP_URL を使うときは、操作記録の封印用の DATABASE_SEALER_URL も指定してください。"
        raise ImproperlyConfigured(message)
    return _as_role(home, SEALER)


def owner(home: Path) -> Address:
    """Return the database as the role that migrates. Only migrations and grants use it."""
    if env.text("DATABASE_OWNER_URL"):
        return parse(env.text("DATABASE_OWNER_URL"), variable="DATABASE_OWNER_URL")
    if has_own_roles():
        message = "DATABASE_APP_URL を使うときは、移行用の DATABASE_OWNER_URL も指定してください。"
        raise ImproperlyConfigured(message)
    return _as_role(home, OWNER)


def administrator(home: Path) -> Address:
    """Return the server's maintenance database as the role that creates roles and databases."""
    if env.text("DATABASE_URL"):
        return replace(parse(env.text("DATABASE_URL"), variable="DATABASE_URL"), name="postgres")
    return Address(
        host=str(embedded_postgres.socket_directory(home)),
        port=embedded_postgres.PORT,
        name="postgres",
        user=embedded_postgres.SUPERUSER,
        password=keys.password_if_any(home / "keys", embedded_postgres.SUPERUSER),
    )


def roles(home: Path) -> Roles:
    """Return what the roles are called: an office that prepared them by hand may have chosen other names."""
    return Roles(owner=owner(home).user, app=app(home).user, sealer=sealer(home).user)


def _as_role(home: Path, role: str) -> Address:
    password = keys.password_if_any(home / "keys", role)
    if env.text("DATABASE_URL"):
        return parse(env.text("DATABASE_URL"), variable="DATABASE_URL").seen_by(role, password)
    return replace(administrator(home), name=DATABASE).seen_by(role, password)
