"""System checks: what must be true before the office is opened."""

import sys
from collections.abc import Sequence
from typing import Any, LiteralString

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connections

from config.office import keys

LEAST_VERSION = 150_000
TRIGGERS = frozenset({"event_is_never_changed", "event_is_never_truncated"})

_ALWAYS_ENABLED: LiteralString = """
    SELECT t.tgname FROM pg_trigger t WHERE t.tgrelid = to_regclass('audit.event') AND t.tgenabled = 'A'
"""


@register(Tags.security, deploy=True)
def keys_are_ready(app_configs: Sequence[AppConfig] | None, **options: Any) -> list[CheckMessage]:
    """Hold when every key is there, is a key, and is its owner's alone."""
    return [
        Error(complaint, hint="manage.py prepare が鍵を作ります。失った鍵は控えから戻してください。", id="config.E001")
        for complaint in keys.complaints(settings.KYUFU_KEYS_DIR)
    ]


@register(Tags.security, deploy=True)
def debugging_is_off(app_configs: Sequence[AppConfig] | None, **options: Any) -> list[CheckMessage]:
    """Hold when neither Django nor the interpreter runs in a mode for developers."""
    if settings.DEBUG or sys.flags.dev_mode:
        return [Error("デバッグモードで動いています。", id="config.E002")]
    return []


@register(Tags.database, deploy=True)
def database_is_sound(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **options: Any
) -> list[CheckMessage]:
    """Hold when the server is new enough, the app is not a superuser and the record refuses change.

    Asked with ``manage.py check --deploy --database default``, as ``manage.py prepare`` does.
    """
    found: list[CheckMessage] = []
    for alias in databases or ():
        with connections[alias].cursor() as cursor:
            cursor.execute("SELECT current_setting('server_version_num')::integer")
            if cursor.fetchone()[0] < LEAST_VERSION:
                found.append(Error("PostgreSQL 15 以上が必要です。", id="config.E010"))
            cursor.execute("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
            if cursor.fetchone()[0]:
                found.append(
                    Error("業務用の接続がデータベースの管理者（superuser）になっています。", id="config.E011")
                )
            cursor.execute(_ALWAYS_ENABLED)
            missing = TRIGGERS - {name for (name,) in cursor.fetchall()}
            if missing:
                names = "・".join(sorted(missing))
                found.append(
                    Error(f"操作記録を変更から守る仕掛けが働いていません: {names}", id="config.E012"),
                )
    return found
