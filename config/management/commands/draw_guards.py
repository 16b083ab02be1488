"""Draw what the record's guards are made of, from a database that the migrations have just made.

``manage.py draw_guards`` after every change of a migration that a guard is in: a verification holds the office's
database against ``audit/verifying/shipped.py``. A new office is made for it, and removed again.
"""

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import connection

from audit.verifying import shapes
from config import env
from config.office.database_access import database


class Command(BaseCommand):
    help = "操作記録の見張り（関数、トリガー、制約）の指紋を、移行から作り直す（開発用）"
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--here", action="store_true", help="今のデータベースから作る")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["here"]:
            with database():
                text = shapes.as_module(shapes.drawn(connection))
            path = Path(shapes.__file__).with_name("shipped.py")
            path.write_text(text, encoding="utf-8")
            self.stdout.write(f"{path} に書きました。")
            return
        with tempfile.TemporaryDirectory(prefix="kyufu-draw-") as home:
            for words in (["prepare"], ["draw_guards", "--here"]):
                subprocess.run(
                    [sys.executable, str(settings.BASE_DIR / "manage.py"), *words],
                    env=env.child(KYUFU_HOME=home, KYUFU_DEMO_RECIPIENTS="0"),
                    check=True,
                )
