"""Keeps a process from serving a restored backup: nothing is answered before the file of deletions was compared.

``manage.py start`` compares before it serves; a gunicorn started by hand does not. So each process asks once, before
its first answer. Until the file and the database agree every address is answered with 503, ``/healthz`` too, and the
reason stands in the log.
"""

import logging
import threading
import time
from collections.abc import Iterable
from http import HTTPStatus
from typing import Final
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from django.db import DatabaseError, InterfaceError, connection
from django.utils.module_loading import import_string

logger = logging.getLogger(__name__)

#: How long a refusal stands before it is looked again whether somebody has put things right.
AGAIN_SECONDS: Final = 5.0

# Plain Japanese: the translations are Django's, behind this door.
_PAGE = """<!doctype html>
<html lang="ja">
<head><meta charset="utf-8"><title>サービスを開始していません</title></head>
<body>
<h1>サービスを開始していません</h1>
<p>削除した個人番号の記録とデータベースを照合できていないため、画面を表示しません。</p>
<p>システムの管理者に連絡してください。理由はサーバーのログにあります。</p>
</body>
</html>
""".encode()
_HEADERS = [
    ("Content-Type", "text/html; charset=utf-8"),
    ("Content-Length", str(len(_PAGE))),
    ("Cache-Control", "no-store, private"),
    ("Content-Security-Policy", "default-src 'none'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "same-origin"),
    ("Retry-After", "30"),
]


class DeletionGate:
    """A WSGI application that hands everything on once the deletions agree, and nothing before."""

    def __init__(self, inside: WSGIApplication) -> None:
        self.inside = inside
        self._is_open = False
        self._looks_again_at = 0.0
        self._one_at_a_time = threading.Lock()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if self._is_open or self._opens():
            return self.inside(environ, start_response)
        status = HTTPStatus.SERVICE_UNAVAILABLE
        start_response(f"{status.value} {status.phrase}", list(_HEADERS))
        return [] if environ.get("REQUEST_METHOD") == "HEAD" else [_PAGE]

    def _opens(self) -> bool:
        with self._one_at_a_time:
            if not self._is_open and time.monotonic() >= self._looks_again_at:
                trouble = _trouble()
                self._is_open = not trouble
                self._looks_again_at = time.monotonic() + AGAIN_SECONDS
                if trouble:
                    logger.error("nothing is served: %s", trouble)
            return self._is_open


def _trouble() -> str:
    """Return why nothing may be served yet ("" = it may)."""
    try:
        # by name: this module is read before Django is set up
        return str(import_string("benefits.deletion.trouble_with_file")())
    except (DatabaseError, InterfaceError):
        return "データベースに接続できません。"
    finally:
        connection.close()
