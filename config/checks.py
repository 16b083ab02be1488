"""System checks: what must be true before the office is opened."""

import sys
from collections.abc import Sequence
from ipaddress import ip_network
from typing import Any, LiteralString

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning as Caution, register
from django.db import connections

from accounts.roles import Role
from benefits import deletion
from config.office import keys, privileges
from mynumber import keys as number_keys

LEAST_VERSION = 150_000

# A commit that was confirmed must survive a power cut: remote_apply waits for more than "on" does.
_FORGETFUL: LiteralString = """
    SELECT name FROM pg_settings
    WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit') AND setting NOT IN ('on', 'remote_apply')
    ORDER BY name
"""


@register(Tags.security, deploy=True)
def keys_are_ready(app_configs: Sequence[AppConfig] | None, **options: Any) -> list[CheckMessage]:
    """Hold when every key is there, is a key, and is its owner's alone."""
    return [
        Error(complaint, hint="manage.py prepare が鍵を作ります。失った鍵は控えから戻してください。", id="config.E001")
        for complaint in keys.complaints(settings.KYUFU_KEYS_DIR, numbers_in_files=number_keys.keeps_files())
    ]


@register(Tags.security, deploy=True)
def number_keys_answer(app_configs: Sequence[AppConfig] | None, **options: Any) -> list[CheckMessage]:
    """Hold when the provider of the keys of My Numbers is described, answers, and each of its keys passes its test."""
    complaints = number_keys.complaints()
    if complaints:
        return [Error(complaint, id="config.E016") for complaint in complaints]
    if number_keys.keeps_files():
        return []  # their files are looked at above
    try:
        problems = [f"{key.name}: {key.problem}" for key in number_keys.provider().health() if key.problem]
    except number_keys.KeyUnavailableError as unavailable:
        problems = [str(unavailable)]
    return [
        Error(problem, hint="docs/operations.md の「鍵の置き場」を見てください。", id="config.E017")
        for problem in problems
    ]


@register(Tags.database, deploy=True)
def every_sealed_number_has_its_key(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **options: Any
) -> list[CheckMessage]:
    """Hold when each key under which numbers are sealed is with the provider: without it they could not be opened."""
    if not databases or number_keys.complaints():
        return []
    try:
        there = {key.kek_id for key in number_keys.provider().versions()}
    except number_keys.KeyUnavailableError:
        return []  # told of above
    found: list[CheckMessage] = []
    for alias in databases:
        with connections[alias].cursor() as cursor:
            cursor.execute("SELECT id FROM vault.keks() WHERE state IN ('CURRENT', 'OLD') ORDER BY id")
            gone = [kek_id for (kek_id,) in cursor.fetchall() if kek_id not in there]
        found += [
            Error(
                f"鍵 number-kek-{kek_id} がありません。この鍵で封じた個人番号を開けません。",
                hint="鍵の控えから戻してください。新しい鍵では開きません。",
                id="config.E018",
            )
            for kek_id in gone
        ]
    return found


@register(Tags.database, deploy=True)
def deletions_are_all_here(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **options: Any
) -> list[CheckMessage]:
    """Hold when the database has nothing of what the file of deletions says was destroyed, and the file lacks none."""
    if not databases:
        return []
    trouble = deletion.trouble_with_file()
    return (
        [Error(trouble, hint="docs/retention.md の「Backups」を見てください。", id="config.E019")] if trouble else []
    )


@register(Tags.security, deploy=True)
def debugging_is_off(app_configs: Sequence[AppConfig] | None, **options: Any) -> list[CheckMessage]:
    """Hold when neither Django nor the interpreter runs in a mode for developers."""
    if settings.DEBUG or sys.flags.dev_mode:
        return [Error("デバッグモードで動いています。", id="config.E002")]
    return []


@register(Tags.security)
def rights_settings_are_readable(app_configs: Sequence[AppConfig] | None, **options: Any) -> list[CheckMessage]:
    """Hold when the settings that limit people's rights can be read: one that is misspelt would limit nothing."""
    found: list[CheckMessage] = []
    for network in settings.KYUFU_NUMBER_NETWORKS:
        try:
            ip_network(network)
        except ValueError:
            found.append(
                Error(
                    f"KYUFU_NUMBER_NETWORKS の {network} はネットワークとして読めません。",
                    hint="10.1.2.0/24 のように、ホスト部を 0 にして指定してください。",
                    id="config.E014",
                )
            )
    for entry in settings.KYUFU_PASSWORD_DAYS_BY_ROLE:
        role, _separator, days = entry.partition("=")
        if role not in Role.__members__ or not days.isdecimal():
            found.append(
                Error(
                    f"KYUFU_PASSWORD_DAYS_BY_ROLE の {entry} を読めません。",
                    hint="NUMBER_VIEWER=90,AUDITOR=180 のように、役割と日数を指定してください。",
                    id="config.E015",
                )
            )
    return found


@register(Tags.database, deploy=True)
def database_is_sound(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **options: Any
) -> list[CheckMessage]:
    """Hold when the server is new enough, the app is not a superuser and the guards are awake.

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
            found += [
                Error(sentence, id="config.E012")
                for sentence in privileges.trigger_differences(connections[alias].connection)
            ]
            cursor.execute(_FORGETFUL)
            forgetful = [name for (name,) in cursor.fetchall()]
            if forgetful:
                message = (
                    f"データベースの設定 {'・'.join(forgetful)} が on ではありません。"
                    "停電などのときに、確定したはずの決定や操作記録が失われます。"
                )
                found.append(Caution(message, id="config.W013"))
    return found
