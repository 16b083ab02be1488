"""Checks the production settings and the migrations on a machine that has neither keys nor a database."""

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from config import env

PROJECT = Path(__file__).resolve().parents[2]


def main() -> int:
    """Return 0 when both are in order; the commands say what is not."""
    with tempfile.TemporaryDirectory(prefix="kyufu-check-") as home:
        settings = {
            "DJANGO_SETTINGS_MODULE": "config.settings.production",
            "KYUFU_HOME": home,
            "ALLOWED_HOSTS": "kyufu.example.jp",
            "DATABASE_URL": "",
            "DATABASE_APP_URL": "",
        }
        return max(
            _manage(settings, "create_keys", "--verbosity=0"),
            _manage(settings, "check", "--deploy", "--fail-level=WARNING"),
            # no database is asked which migrations it has: the files are compared with the models
            _manage(settings, "makemigrations", "--check", "--dry-run"),
        )


def _manage(settings: dict[str, str], *arguments: str) -> int:
    quiet: Sequence[str] = ("-W", "ignore:Got an error checking a consistent migration history")
    command = (sys.executable, *quiet, str(PROJECT / "manage.py"), *arguments)
    return subprocess.run(command, env=env.child(**settings), cwd=PROJECT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
