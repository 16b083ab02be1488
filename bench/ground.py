"""The office that a measurement opens for itself, and of which nothing is left afterwards."""

import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def opened(**settings_changed: int) -> Iterator[Path]:
    """Prepare an empty demo office with a database of its own; its KYUFU_HOME is gone when the block ends."""
    signal.signal(signal.SIGTERM, lambda *_stopped: sys.exit(1))  # so that nothing is left behind then either
    home = Path(tempfile.mkdtemp(prefix="kyufu-bench-"))
    home.chmod(0o755)  # the database's own user passes through
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "config.settings.demo",
        "KYUFU_HOME": str(home),
        "KYUFU_DEMO_RECIPIENTS": "0",
    }
    import django

    django.setup()
    from django.conf import settings

    for name, value in settings_changed.items():
        setattr(settings, name, value)
    from config.office.preparation import Preparation

    preparation = Preparation(lambda line: sys.stderr.write(f"  {line}\n"))
    try:
        preparation.prepare()
        yield home
    finally:
        preparation.stop()
        shutil.rmtree(home, ignore_errors=True)
