"""Prepare the office and serve it until Ctrl-C."""

import sys
from typing import Any

import psycopg
from django.conf import settings
from django.core.management import call_command, get_commands
from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from config.office.embedded_postgres import OfficeLock, ServerTrouble
from config.office.keys import KeysMissing
from config.office.preparation import NotReady, Preparation
from config.office.provisioning import ProvisioningTrouble
from config.office.serving import (
    CannotServe,
    Sealer,
    Server,
    Told,
    Worker,
    listen_for_signals,
    require_free_port,
)


class Command(BaseCommand):
    help = "準備をすべて行い、サーバーを起動する。Ctrl-C で、起動したものをすべて止める"
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        lock = OfficeLock(settings.KYUFU_HOME)
        if not lock.take():
            message = (
                f"{settings.KYUFU_HOME} ではすでに動いています。先に起動した方を Ctrl-C で止めるか、別の KYUFU_HOME を"
                "指定してください。 / Another run is using this KYUFU_HOME: stop it, or choose another one."
            )
            raise CommandError(message)
        listen_for_signals()
        preparation = Preparation(self._say)
        server = Server(lambda: preparation.server)
        worker, sealer = Worker(server.environment), Sealer()
        try:
            require_free_port()
            preparation.prepare()
            server.start()
            worker.start()
            sealer.start()
            self._welcome(server)
            server.watch(worker, sealer)
        except Told:
            pass
        except (CannotServe, NotReady, KeysMissing, ServerTrouble, ProvisioningTrouble) as trouble:
            raise CommandError(str(trouble)) from trouble
        except psycopg.OperationalError as error:
            raise CommandError("データベースに接続できません。DATABASE_URL とサーバーを確認してください。") from error
        finally:
            server.stop(self._say)
            worker.stop()
            sealer.stop()  # after those who write
            preparation.stop()
        self._say("終了しました。データは残っています。")

    def _welcome(self, server: Server) -> None:
        if settings.DEMO and "demo_accounts" in get_commands():
            call_command("demo_accounts", stdout=self.stdout)
        connections.close_all()
        if not settings.DEMO:
            self._say(f"{server.address} で待ち受けています。TLS を終端するプロキシから接続してください。")
            return
        self._say(f"\n{server.address} をブラウザーで開いてください。終わるときは Ctrl-C を押します。")
        self._say(f"Open {server.address} in a browser. Press Ctrl-C to stop.")

    def _say(self, sentence: str) -> None:
        self.stdout.write(sentence)
        sys.stdout.flush()
