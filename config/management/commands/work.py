"""Do the long work beside the pages until told to stop: ``manage.py work``. ``start`` runs it too."""

from signal import SIGHUP, SIGINT, SIGTERM, signal
from threading import Event
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from benefits import deletion
from config import worker
from config.office.process_memory import forbid_core_dumps


class Command(BaseCommand):
    help = "時間のかかる仕事（鍵の更新、取込み、削除など）を、止めるまで少しずつ進める"
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        forbid_core_dumps()
        self._look_for_deletions()
        stop = Event()

        def tell(number: int, frame: FrameType | None) -> None:
            stop.set()

        for number in (SIGINT, SIGTERM, SIGHUP):
            signal(number, tell)
        worker.work(stop)

    @staticmethod
    def _look_for_deletions() -> None:
        """Refuse to work on a database that still has what was destroyed, also where ``start`` did not look first."""
        try:
            trouble = deletion.trouble_with_file()
        except DatabaseError as error:
            raise CommandError("データベースに接続できません。DATABASE_URL とサーバーを確認してください。") from error
        if trouble:
            raise CommandError(f"開始しません。{trouble}")
