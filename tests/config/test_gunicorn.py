"""What gunicorn is told, and what its processes are like when it serves."""

import json
import resource
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import psutil
import pytest
from django.conf import settings
from gunicorn.config import Config

from config import gunicorn as ours


def test_no_header_overrides_the_address_even_if_the_proxy_is_believed() -> None:
    configuration = Config()

    configuration.set("forwarder_headers", ours.forwarder_headers)

    assert configuration.forwarder_headers == []
    assert ours.header_map == "drop"


def test_a_worker_forbids_core_dumps_and_looks_into_its_memory() -> None:
    asked = "import ctypes, resource; from config.gunicorn import post_fork; post_fork(None, None); "
    shown = "print(resource.getrlimit(resource.RLIMIT_CORE), ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))"

    result = subprocess.run(
        [sys.executable, "-c", asked + shown], cwd=settings.BASE_DIR, capture_output=True, text=True, check=True
    )

    assert result.stdout.strip() == "(0, 0) 0"


@pytest.mark.parametrize("trouble", [OSError, ValueError, AttributeError])
def test_where_core_dumps_cannot_be_forbidden_the_worker_serves_all_the_same(
    trouble: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def refuse(*arguments: Any) -> None:
        asked.append(arguments)
        raise trouble

    monkeypatch.setattr("resource.setrlimit", refuse)

    ours.post_fork(None, None)

    assert asked == [(resource.RLIMIT_CORE, (0, 0))]


def test_every_serving_process_is_without_core_dumps(server: str) -> None:
    masters = [process for process in psutil.Process().children(recursive=True) if _serves(process)]

    workers = [worker for master in masters for worker in master.children()]

    assert len(workers) == ours.workers
    assert {worker.rlimit(psutil.RLIMIT_CORE) for worker in workers} == {(0, 0)}


def test_the_access_log_masks_numbers_and_keeps_figures_and_ids(server: str) -> None:
    with urllib.request.urlopen(f"{server}/healthz?next=1234", timeout=10) as answer:  # noqa: S310  (our own address)
        name = answer.headers["X-Request-Id"]

    [entry] = _logged(name)

    assert entry["message"].startswith('127.0.0.1 "GET /healthz" 200 ')
    assert entry["message"].endswith(f"us {name}")


def _serves(process: psutil.Process) -> bool:
    """Say whether a process is a gunicorn with workers; other tests' processes come and go meanwhile."""
    try:
        return "config.wsgi:application" in process.cmdline() and bool(process.children())
    except psutil.NoSuchProcess:
        return False


def _logged(name: str) -> list[dict[str, Any]]:
    """Return the access log's entries with ``name``, which are written after the answer has been sent."""
    log = Path(settings.KYUFU_HOME, "logs", "access.log")
    for _moment in range(100):
        found = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines() if name in line]
        if found:
            return found
        time.sleep(0.1)
    return []
