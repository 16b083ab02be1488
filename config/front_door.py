"""Turns away, before Django reads a word of it, a request whose content type would make Django fail.

Django takes the name of an encoding from the Content-Type header while it makes the request object, outside its
middleware: a name that is no text encoding ends as a bare 500 without one protective header. Nothing that a browser
sends from this product's pages is affected.
"""

import logging
import re
import uuid
from collections.abc import Iterable
from http import HTTPStatus
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from config import logs

logger = logging.getLogger(__name__)

# RFC 9110, 8.3.1. A parameter's name has no "*": that is how RFC 2231 announces a value in an encoding of its own.
# Possessive (*+), so that a header full of blanks costs no more than it is long.
_WORD = r"[A-Za-z0-9!#$%&'*+.^_`|~-]++"
_NAME = r"[A-Za-z0-9!#$%&'+.^_`|~-]++"
_VALUE = _WORD + r'|"[ !#-\[\]-~]*+"'
_BLANK = r"[ \t]*+"
_CONTENT_TYPE = re.compile(
    f"{_WORD}/{_WORD}(?:{_BLANK};{_BLANK}{_NAME}=(?:{_VALUE}))*{_BLANK};?{_BLANK}",
)
_PARAMETER = re.compile(f";{_BLANK}({_NAME})=({_VALUE})")
_UTF_8 = frozenset({"utf-8", "utf8"})

# Plain Japanese: the translations are Django's, behind this door.
_PAGE = """<!doctype html>
<html lang="ja">
<head><meta charset="utf-8"><title>要求を読み取れません</title></head>
<body>
<h1>要求を読み取れません</h1>
<p>送られた内容の形式または文字コードが、このシステムで扱えないものです。何も受け付けていません。</p>
<p>このシステムの画面を開き直し、画面から操作してください。</p>
<p>要求番号: {request_id}</p>
</body>
</html>
"""
#: The page shows text and nothing else, so it may do less than any page of the product.
_HEADERS = (
    ("Content-Type", "text/html; charset=utf-8"),
    ("Content-Language", "ja"),
    ("Cache-Control", "no-store, private"),
    ("Vary", "Cookie"),
    ("Content-Security-Policy", "default-src 'none'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
)


class FrontDoor:
    """A WSGI application that answers what is unreadable with 400 and hands everything else on."""

    def __init__(self, inside: WSGIApplication) -> None:
        self.inside = inside

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if is_readable(environ.get("CONTENT_TYPE", "")):
            return self.inside(environ, start_response)
        return self._refuse(environ, start_response)

    @staticmethod
    def _refuse(environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        name = str(uuid.uuid4())
        token = logs.request_id.set(name)
        try:
            # the header itself may hold anything, and is not repeated
            logger.warning("a request with an unreadable content type was refused")
        finally:
            logs.request_id.reset(token)
        page = _PAGE.format(request_id=name).encode()
        status = HTTPStatus.BAD_REQUEST
        headers = [*_HEADERS, ("Content-Length", str(len(page))), ("X-Request-Id", name)]
        start_response(f"{status.value} {status.phrase}", headers)
        return [] if environ.get("REQUEST_METHOD") == "HEAD" else [page]


def is_readable(content_type: str) -> bool:
    """Say whether a Content-Type header is absent, or well-formed and in no other encoding than UTF-8."""
    if not content_type:
        return True
    if not _CONTENT_TYPE.fullmatch(content_type):
        return False
    return all(
        value.strip('"').lower() in _UTF_8
        for name, value in _PARAMETER.findall(content_type)
        if name.lower() == "charset"
    )
