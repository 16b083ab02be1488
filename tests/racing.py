"""Several people pressing the button together: threads from one barrier, each with a connection of its own."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from django.db import connections


def together(*presses: Callable[[], Any]) -> list[Any]:
    """Run ``presses`` at once and return what each came to, in order: its result, or the exception it raised."""
    barrier = Barrier(len(presses))

    def run(press: Callable[[], Any]) -> Any:
        try:
            connections["default"].ensure_connection()
            barrier.wait(timeout=10)
            return press()
        except Exception as error:  # noqa: BLE001  (the test says which ones it expects)
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(presses)) as pool:
        return list(pool.map(run, presses))
