"""Begin a new name for the ledger's signatures: after a backup was restored, or when the key is lost or replaced.

Two people who look after the record prove who they are, both here, and say why. What is found is shown first.
"""

from contextlib import closing
from getpass import getpass
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, transaction

from accounts import proof
from accounts.models import User
from audit import actions, journal
from audit.models import Result
from audit.sealing import origins, renewal, signing
from config.office import databases
from config.office.database_access import database

PERMISSION = "audit.view_ledger"
REASON_LENGTH = 200


class Command(BaseCommand):
    help = "操作記録の台帳名を新しくする（控えの復元の後、署名鍵の紛失・盗難・更新のとき。2人で行う）"
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("login1", help="1人目の利用者ID（保存・鍵管理者または監査担当）")
        parser.add_argument("login2", help="2人目の利用者ID（保存・鍵管理者または監査担当）")
        parser.add_argument("--reason", required=True, help="理由と決裁番号（操作記録に残る）")
        parser.add_argument("--new-key", action="store_true", help="署名鍵も新しくする")
        parser.add_argument(
            "--lost",
            action="store_true",
            help="古い鍵は失われたか盗まれた（次のチェックポイントに古い鍵で署名しない）",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        reason = options["reason"].strip()[:REASON_LENGTH]
        if not reason:
            raise CommandError("--reason（理由）を指定してください。")
        if options["login1"] == options["login2"]:
            raise CommandError("2人は別の人でなければなりません。")
        if options["lost"] and not options["new_key"]:
            raise CommandError("--lost のときは --new-key も指定してください。")
        try:
            with database(), closing(psycopg.connect(**self.sealer().as_psycopg(autocommit=True))) as sealer:
                self._renew(sealer, reason, options)
        except (DatabaseError, psycopg.Error) as error:
            raise CommandError("データベースに接続できません。DATABASE_URL とサーバーを確認してください。") from error

    @staticmethod
    def sealer() -> databases.Address:
        """Return the database as the role that seals."""
        return databases.sealer(settings.KYUFU_HOME)

    def _renew(self, sealer: psycopg.Connection[Any], reason: str, options: dict[str, Any]) -> None:
        directory = Path(settings.KYUFU_SEALER_DIR)
        try:
            found = renewal.find(sealer, directory)
        except LookupError:
            raise CommandError("台帳名がまだありません。manage.py prepare を実行してください。") from None
        for sentence in found.sentences():
            self.stdout.write(sentence)
        if not found.has_key and not options["new_key"]:
            raise CommandError("署名鍵がないため、--new-key が必要です。")
        people = [self._proved(options[login]) for login in ("login1", "login2")]
        if people[0].pk == people[1].pk:
            raise CommandError("2人は別の人でなければなりません。")
        name = origins.new_name(settings.OFFICE_NAME, is_demo=settings.DEMO)
        self._record(people, found, name=name, reason=reason)
        try:
            origin = renewal.renew(
                sealer,
                directory,
                found,
                name=name,
                new_key=options["new_key"],
                is_key_trusted=not options["lost"],
            )
        except (origins.KeyUnavailableError, signing.SigningRefusedError, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"新しい台帳名: {origin.name}")
        self.stdout.write(f"新しい検証鍵: {origin.vkey}")
        self.stdout.write("検証鍵を印刷して監査担当に渡してください。次のチェックポイントからこの名前で署名します。")

    def _proved(self, login_id: str) -> User:
        """Ask somebody at this terminal for password and code, and return who it is."""
        self.stdout.write(f"{login_id} さんの番です。")
        user = proof.at_terminal(
            login_id, password=getpass("パスワード: "), code=getpass("確認コード（または回復コード）: ")
        )
        if user is None:
            raise CommandError("利用者ID、パスワード、確認コードのどれかが違います。やり直してください。")
        if not user.has_perm(PERMISSION):
            journal.record(
                actions.SEAL_ORIGIN_RENEWED, by=user, result=Result.REFUSED, details={"code": "not_permitted"}
            )
            raise CommandError(f"{login_id} さんは、保存・鍵管理者でも監査担当でもありません。")
        return user

    @staticmethod
    def _record(people: list[User], found: renewal.Found, *, name: str, reason: str) -> None:
        """Put on record who begins the name, before it begins; the entry is what its citation is believed by."""
        with transaction.atomic(durable=True):
            journal.record_all(
                journal.Entry(
                    action=actions.SEAL_ORIGIN_RENEWED,
                    by=person,
                    reason=reason,
                    details={
                        "origin": name,
                        "after_origin": found.good.origin,
                        "after_size": found.good.size,
                        "after_root": found.good.root.hex(),
                        "count": found.lost,
                    },
                )
                for person in people
            )
