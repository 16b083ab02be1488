"""Seal and sign the record until told to stop: ``manage.py seal``. ``start`` runs it too."""

from signal import SIGHUP, SIGINT, SIGTERM, signal
from threading import Event
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand

from audit.sealing.sealer import Sealer
from config.office.owner import speak_as_sealer
from config.office.process_memory import forbid_core_dumps


class Command(BaseCommand):
    help = "操作記録を封印して署名する仕事を、止めるまで続ける（KYUFU_SEALER_DIR の鍵を使う）"
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        forbid_core_dumps()
        speak_as_sealer()
        stop = Event()

        def tell(number: int, frame: FrameType | None) -> None:
            stop.set()

        for number in (SIGINT, SIGTERM, SIGHUP):
            signal(number, tell)
        Sealer(stop).run()
