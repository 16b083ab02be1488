#!/usr/bin/env python
"""Runs the office's commands."""

import os
import sys
from importlib.util import find_spec
from pathlib import Path

INSTALLED = Path(__file__).resolve().parent / ".venv" / "bin" / "python"


def main() -> None:
    if find_spec("django") is None and INSTALLED.exists():
        # called with the machine's own Python: go on with the one that `make` has prepared
        os.execv(INSTALLED, [str(INSTALLED), *sys.argv])  # noqa: S606  (no shell, a fixed path)
    from django.core.management import execute_from_command_line

    from config import env

    env.use_settings("config.settings.demo")
    from django.db import OperationalError

    try:
        execute_from_command_line(sys.argv)
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", None) is not None:
            raise
        sys.exit("データベースに接続できません。make run で起動してから、もう一度実行してください。")


if __name__ == "__main__":
    main()
