import json
import re
import time
import urllib.error
import urllib.request
from collections.abc import Iterable
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment
from wsgiref.util import setup_testing_defaults

import pytest

from config.front_door import FrontDoor, is_readable

ENCODINGS = ["hex", "undefined", "idna", "punycode", "base64", "rot13", "zlib", "utf-16", "shift_jis", "no-such"]


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "application/json",
        "application/x-www-form-urlencoded",
        "text/plain;charset=UTF-8",
        'application/x-www-form-urlencoded; charset="utf-8"',
        "multipart/form-data; boundary=----WebKitFormBoundaryo0XbKIUWnVIpFD0B",
        'multipart/form-data; boundary="a b"; charset=utf8',
        'text/plain; title="; charset=hex"',
        "text/plain;",
    ],
)
def test_what_browsers_send_goes_in(content_type: str) -> None:
    assert is_readable(content_type)


@pytest.mark.parametrize(
    "content_type",
    [
        *(f"text/plain; charset={encoding}" for encoding in ENCODINGS),
        'text/plain; charset="hex"',
        "text/plain; CHARSET=hex",
        "text/plain; charset=utf-8; charset=hex",
        "text/plain; charset=hex; charset=utf-8",
        "text/plain;charset =hex",
        "text/plain; charset=",
        "multipart/form-data; boundary*=undefined''%ff",
        "multipart/form-data; boundary*=utf-8''a",
        "multipart/form-data; boundary*0=a; boundary*1=b",
        "multipart/form-data; charset*=hex''a",
        f"multipart/form-data; boundary*{'9' * 5000}*=a",
        'multipart/form-data; boundary="a\\"b"',
        'multipart/form-data; boundary="a',
        "multipart/form-data; boundary=é",
        "text/plain\x00",
        "text",
        "/",
        "a/b;;;=",
    ],
)
def test_what_cannot_be_read_stays_outside(content_type: str) -> None:
    assert not is_readable(content_type)


def test_a_header_full_of_blanks_costs_no_time() -> None:
    began = time.perf_counter()

    assert not is_readable("text/plain" + " " * 8_000 + "x")
    assert not is_readable("text/plain" + " ;" * 4_000 + "x")
    assert time.perf_counter() - began < 0.1


@pytest.mark.parametrize("method", ["GET", "POST", "HEAD"])
def test_the_refusal_is_a_page_in_japanese_that_may_do_nothing_and_be_kept_nowhere(method: str) -> None:
    def inside(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        pytest.fail("the request went in")

    answered: dict[str, str] = {}

    def start_response(status: str, headers: list[tuple[str, str]], *_: object) -> None:
        answered.update(headers, status=status)

    environ: WSGIEnvironment = {"REQUEST_METHOD": method, "CONTENT_TYPE": "text/plain; charset=hex"}
    setup_testing_defaults(environ)

    page = b"".join(FrontDoor(inside)(environ, start_response)).decode()  # type: ignore[arg-type]

    assert answered["status"] == "400 Bad Request"
    assert answered["Cache-Control"] == "no-store, private"
    assert answered["Content-Security-Policy"].startswith("default-src 'none'")
    assert answered["X-Content-Type-Options"] == "nosniff"
    assert ("要求を読み取れません" in page) == (method != "HEAD")
    assert (answered["X-Request-Id"] in page) == (method != "HEAD")
    assert "hex" not in page


def ask(url: str, headers: dict[str, str], body: bytes | None = None) -> tuple[int, dict[str, str], str]:
    """Return status, headers and text of the served product's answer."""
    question = urllib.request.Request(url, data=body, headers=headers)  # noqa: S310  (our own address)
    try:
        with urllib.request.urlopen(question, timeout=10) as answer:  # noqa: S310  (our own address)
            return answer.status, dict(answer.headers), answer.read().decode()
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code, dict(refusal.headers), refusal.read().decode()


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_page_asked_for_in_a_strange_encoding_is_refused_with_all_protection(encoding: str, server: str) -> None:
    status, headers, page = ask(f"{server}/sign-in/?a=%E3%81%82", {"Content-Type": f"text/plain; charset={encoding}"})

    assert status == 400
    assert headers["Cache-Control"] == "no-store, private"
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "要求を読み取れません" in page


def test_a_form_whose_boundary_cannot_be_decoded_is_refused(server: str) -> None:
    status, headers, page = ask(
        f"{server}/sign-in/", {"Content-Type": "multipart/form-data; boundary*=undefined''%ff"}, b"--a--\r\n"
    )

    assert status == 400
    assert headers["Cache-Control"] == "no-store, private"
    assert "要求を読み取れません" in page


@pytest.mark.parametrize("header", ["SCRIPT_NAME", "PATH_INFO"])
def test_a_header_does_not_say_which_page_is_meant(header: str, server: str) -> None:
    for value in ("/zzz", "/static", "/healthz"):
        status, headers, page = ask(f"{server}/sign-in/", {header: value})

        assert status == 200
        assert headers["Cache-Control"] == "no-store, private"
        assert "<html" in page


def test_a_page_below_the_static_files_is_missing_whatever_a_header_says(server: str) -> None:
    status, headers, _page = ask(f"{server}/static/sign-in/", {"SCRIPT_NAME": "/static"})

    assert status == 404
    assert headers["Cache-Control"] == "no-store, private"


def test_a_refusal_at_the_door_is_in_the_log_under_its_name(server: str, settings: Any) -> None:
    _status, headers, _page = ask(f"{server}/sign-in/?next=x", {"Content-Type": "text/plain; charset=hex"})

    log = (settings.KYUFU_HOME / "logs" / "kyufu.log").read_text(encoding="utf-8")
    [entry] = [json.loads(line) for line in log.splitlines() if headers["X-Request-Id"] in line]

    assert entry["logger"] == "config.front_door"
    assert not re.search("hex|next", entry["message"])
