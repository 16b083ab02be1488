"""Everything that must be true before the office is served, in order; each step may be repeated."""

import hashlib
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg
from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core import checks
from django.core.management import call_command, get_commands
from django.db import connection, connections
from django.db.migrations.loader import MigrationLoader

from audit.sealing import months, origins
from benefits import deletion
from config import env
from config.office import databases, keys, privileges, provisioning, vault_files
from config.office.embedded_postgres import EmbeddedPostgres
from mynumber import deletion_journal, keys as number_keys


class NotReady(Exception):
    """The office cannot be opened. The text says why and what to do."""


class Preparation:
    """Prepares the office in KYUFU_HOME, saying each step in one line with the time it took.

    Privileges that differ from ``config.grants`` are put right only if ``apply_grants``, or after a migration.
    """

    def __init__(self, say: Callable[[str], object], *, apply_grants: bool = False) -> None:
        self.home: Path = settings.KYUFU_HOME
        self.say = say
        self.apply_grants = apply_grants
        self.server: EmbeddedPostgres | None = None
        # stays until the table was applied, so that a run that is killed in between can be repeated
        self._just_migrated = self.home / ".grants-to-apply"

    def prepare(self) -> None:
        """Do it all. Raises :class:`NotReady`, or the step's own error; :meth:`stop` is the caller's to call."""
        self.home.mkdir(parents=True, exist_ok=True)
        if databases.is_embedded():
            self._start_server()
        if not databases.has_own_roles():
            self._provision()
        self._ensure_keys()
        self._migrate()
        self._grant()
        self._prepare_record()
        self._look_for_deletions()
        self._check()
        self._clear_sessions()
        self._make_demo_office()
        self._collect_static_files()
        self._look_for_fonts()

    def stop(self) -> None:
        """Stop the server if :meth:`prepare` started one."""
        connections.close_all()
        if self.server is not None:
            self.server.stop()

    # ── the steps ────────────────────────────────────────────────────────────────────────────────────────────

    def _start_server(self) -> None:
        self.server = EmbeddedPostgres(self.home)
        is_new = not self.server.has_data
        with self._step("データベースを作成して起動" if is_new else "データベースを起動"):
            self.server.start()
        if is_new:
            self._just_migrated.touch()

    def _provision(self) -> None:
        with self._step("データベースの役割を準備"):
            provisioning.provision(
                databases.administrator(self.home),
                database=databases.app(self.home).name,
                passwords=provisioning.passwords_in(settings.KYUFU_KEYS_DIR),
                again=self._is_to_apply,
            )
            self._connect_again()

    def _ensure_keys(self) -> None:
        with self._step("鍵を確認"):
            has_data = self._has_data()
            made = keys.ensure(
                settings.KYUFU_KEYS_DIR,
                data_exists=has_data,
                numbers_in_files=number_keys.keeps_files(),
                keks=self._keks() if number_keys.keeps_files() else (),
            )
            if made:
                self.say(f"  鍵を作りました: {settings.KYUFU_KEYS_DIR}（控えを別の場所に保管してください）")
            elsewhere = [] if number_keys.keeps_files() or has_data else self._make_number_keys()
            if elsewhere:
                self.say(f"  鍵を {settings.KYUFU_KEY_PROVIDER} に作りました: {'、'.join(elsewhere)}")
            settings.SECRET_KEY = keys.django_secret(settings.KYUFU_KEYS_DIR)

    def _make_number_keys(self) -> list[str]:
        try:
            return number_keys.make_first()
        except number_keys.KeyUnavailableError as unavailable:
            raise NotReady(f"個人番号の鍵を用意できません。{unavailable}") from unavailable

    def _has_data(self) -> bool:
        """Say whether the database was migrated before: then something may be sealed in it."""
        with closing(psycopg.connect(**databases.owner(self.home).as_psycopg(autocommit=True))) as own:
            row = own.execute("SELECT to_regclass('public.accounts_user') IS NOT NULL").fetchone()
        return bool(row and row[0])

    def _keks(self) -> list[int]:
        """Return the keys under which numbers are sealed; none while the database does not know them yet."""
        with closing(psycopg.connect(**databases.owner(self.home).as_psycopg(autocommit=True))) as own:
            row = own.execute("SELECT to_regclass('vault.kek') IS NOT NULL").fetchone()
            if not (row and row[0]):
                return []
            return [
                kek_id for (kek_id,) in own.execute("SELECT id FROM vault.kek WHERE state <> 'RETIRED'").fetchall()
            ]

    def _migrate(self) -> None:
        provisioning.make_schemas(databases.owner(self.home))
        with closing(psycopg.connect(**databases.owner(self.home).as_psycopg(autocommit=True))) as own:
            done = set()
            row = own.execute("SELECT to_regclass('public.django_migrations') IS NOT NULL").fetchone()
            if row and row[0]:
                done = {(app, name) for app, name in own.execute("SELECT app, name FROM django_migrations").fetchall()}
        waiting = set(MigrationLoader(None, ignore_no_migrations=True).disk_migrations or ()) - done
        if not waiting:
            return
        self._just_migrated.touch()
        with self._step(f"データベースの移行 {len(waiting)} 件"):
            self._as_owner("migrate", "--no-input", "--verbosity=0", "--skip-checks")

    @property
    def _is_to_apply(self) -> bool:
        return self.apply_grants or self._just_migrated.exists()

    def _grant(self) -> None:
        roles = databases.roles(self.home)
        with (
            self._step("権限を照合"),
            closing(psycopg.connect(**databases.owner(self.home).as_psycopg(autocommit=True))) as own,
        ):
            found = privileges.differences(own, roles)
            if found and self._is_to_apply:
                privileges.apply(own, roles)
                if self.apply_grants:
                    self.say(f"  config/grants.py を適用しました。適用前の違い:\n{_listed(found)}")
                found = privileges.differences(own, roles)
        if found:
            message = (
                f"データベースの権限が config/grants.py と違うため、開始しません。\n{_listed(found)}\n"
                "だれが変えたかを確かめてから、manage.py prepare --apply-grants で権限を表のとおりに戻してください。"
                "トリガー、役割の権限、所有者は戻さないので、データベースの管理者が直します。"
            )
            raise NotReady(message)
        self._just_migrated.unlink(missing_ok=True)

    def _prepare_record(self) -> None:
        """Make the record's months ahead, and the key and the name that it is signed under."""
        with self._step("操作記録の封印を準備"):
            with closing(psycopg.connect(**databases.owner(self.home).as_psycopg(autocommit=True))) as own:
                months.make_ahead(own)
            if not settings.KYUFU_SEAL_HERE:
                return
            sealer = databases.sealer(self.home).as_psycopg(autocommit=True)
            try:
                with closing(psycopg.connect(**sealer)) as own:
                    origin = origins.ensure(own, Path(settings.KYUFU_SEALER_DIR))
            except origins.KeyUnavailableError as unavailable:
                # the office serves all the same, with an alarm: what is unsigned is sealed still
                self.say(f"  注意: {unavailable} 失われたときは docs/ledger.md に従ってください。")
                return
            self.say(f"  操作記録の検証鍵: {origin.vkey}")

    def _look_for_deletions(self) -> None:
        """Refuse a database that still has what was destroyed: one that was restored from a backup."""
        with self._step("削除の記録を照合"):
            trouble = deletion.trouble_with_file()
        if trouble:
            raise NotReady(f"開始しません。{trouble}")
        self._write_vault_anew()

    def _write_vault_anew(self) -> None:
        """Take what was destroyed or wiped since the last time out of the tables' files too, while nobody waits."""
        said, stamp = deletion_journal.path(), self.home / ".vault-written-anew"
        erased = [said.stat().st_mtime] if said.exists() else []
        if wiped_at := vault_files.last_wiped(databases.owner(self.home)):
            erased.append(wiped_at.timestamp())
        if not erased or (stamp.exists() and stamp.stat().st_mtime >= max(erased)):
            return
        with self._step("個人番号の表を書き直し"):
            vault_files.write_anew(databases.owner(self.home))
            stamp.touch()

    def _check(self) -> None:
        with self._step("構成を検査"):
            found = checks.run_checks(databases=["default"], include_deployment_checks=True)
            # the demo has no TLS, which Django only warns of; at work a warning is one too many
            level = checks.ERROR if settings.DEMO else checks.WARNING
            told = [message for message in found if not message.is_silenced()]
            grave = [message for message in told if message.is_serious(level)]
        if grave:
            listed = _listed(f"{message.msg}（{message.id}）" for message in grave)
            raise NotReady(f"構成に問題があるため、開始しません。\n{listed}")
        for message in told:
            if str(message.id).startswith("config."):
                self.say(f"  注意: {message.msg}（{message.id}）")

    def _clear_sessions(self) -> None:
        with self._step("期限の切れたセッションを消去"):
            call_command("clearsessions")

    def _make_demo_office(self) -> None:
        if not settings.DEMO or "make_demo_office" not in get_commands():
            return
        people = get_user_model()._default_manager
        applications = apps.get_model("benefits", "Application")._default_manager
        if people.exists() and applications.exists():
            return
        with self._step(f"架空の受給者 {settings.DEMO_RECIPIENTS} 人のデモ環境を作成"):
            # as the owner: the vault's functions for many numbers at once are closed to the app
            self._as_owner("make_demo_office", f"--recipients={settings.DEMO_RECIPIENTS}", "--verbosity=0")

    def _collect_static_files(self) -> None:
        stamp = self.home / ".static-files"
        state = _fingerprint([Path(place) for place in settings.STATICFILES_DIRS], settings.KYUFU_VERSION)
        if stamp.exists() and stamp.read_text(encoding="utf-8") == state:
            return
        with self._step("画面の部品を配置"):
            call_command("collectstatic", interactive=False, clear=True, verbosity=0)
            stamp.write_text(state, encoding="utf-8")

    def _look_for_fonts(self) -> None:
        wanted = {"ipaexg.ttf", "ipaexm.ttf", "ipamjm.ttf"}
        found = {file.name for place in settings.KYUFU_FONT_DIRS if place.is_dir() for file in place.rglob("*.ttf")}
        if not wanted <= found:
            self.say(
                "  受給者証のフォントがありません（fonts-ipaexfont、fonts-ipamj-mincho）。"
                "受給者証の作成だけができません。 / The certificates' fonts are missing."
            )

    def _as_owner(self, *command: str) -> None:
        """Run one of our commands in a process of its own: this one never learns to speak as the owner."""
        changes = {"KYUFU_DATABASE_ROLE": "owner", "DJANGO_SETTINGS_MODULE": env.settings_module()}
        whole = (sys.executable, str(settings.BASE_DIR / "manage.py"), *command)
        result = subprocess.run(whole, env=env.child(**changes), check=False, stdin=subprocess.DEVNULL)
        if result.returncode != 0:
            raise NotReady(f"{command[0]} に失敗しました。上の表示を確認してください。")

    # ── small things ─────────────────────────────────────────────────────────────────────────────────────────

    def _connect_again(self) -> None:
        """Let Django use passwords that were not there when the settings were read."""
        connections.close_all()
        entry = databases.app(self.home).as_django(application_name="kyufu")
        settings.DATABASES["default"].update(entry)
        connection.settings_dict.update(entry)

    @contextmanager
    def _step(self, name: str) -> Iterator[None]:
        began = time.monotonic()
        yield
        self.say(f"✓ {name}（{time.monotonic() - began:.1f}秒）")


def _listed(sentences: Iterable[str]) -> str:
    return "\n".join(f"  - {sentence}" for sentence in sentences)


def _fingerprint(places: list[Path], version: str) -> str:
    """Return what changes when a static file is added, removed or changed."""
    digest = hashlib.sha256(version.encode())
    apps_static = [Path(app.path) / "static" for app in apps.get_app_configs()]
    for place in [*places, *apps_static]:
        for file in sorted(place.rglob("*")):
            if file.is_file():
                status: Any = file.stat()
                digest.update(f"{file}|{status.st_size}|{status.st_mtime_ns}\n".encode())
    return digest.hexdigest()
