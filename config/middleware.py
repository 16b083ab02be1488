"""What every request and every answer goes through. The order, with its reasons, is in the settings."""

import re
import uuid
from collections.abc import Callable
from urllib.parse import unquote_to_bytes

from django.conf import settings
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _

from audit.keyfiles import KeyUnavailableError
from config import errors, logs

GetResponse = Callable[[HttpRequest], HttpResponse]

#: What a page may ask of the browser: security keys, at this site. Every other power is refused; none is needed.
PERMISSIONS_POLICY = "publickey-credentials-create=(self), publickey-credentials-get=(self), " + ", ".join(
    f"{feature}=()"
    for feature in (
        "accelerometer",
        "autoplay",
        "browsing-topics",
        "camera",
        "clipboard-read",
        "clipboard-write",
        "display-capture",
        "encrypted-media",
        "fullscreen",
        "gamepad",
        "geolocation",
        "gyroscope",
        "hid",
        "identity-credentials-get",
        "idle-detection",
        "local-fonts",
        "magnetometer",
        "microphone",
        "midi",
        "payment",
        "picture-in-picture",
        "screen-wake-lock",
        "serial",
        "storage-access",
        "usb",
        "window-management",
        "xr-spatial-tracking",
    )
)


class RequestId:
    """Name each request, so that an error page, the log and the record can speak of the same one."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        name = str(uuid.uuid4())
        request.id = name  # type: ignore[attr-defined]  # read by audit.origin, the log and the error pages
        token = logs.request_id.set(name)
        try:
            response = self.get_response(request)
        finally:
            logs.request_id.reset(token)
        response["X-Request-Id"] = name
        return response


class ExtraHeaders:
    """Isolate the site from every other: the headers that Django has no setting for."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response["Cross-Origin-Resource-Policy"] = "same-origin"
        response["Cross-Origin-Embedder-Policy"] = "require-corp"
        response["Origin-Agent-Cluster"] = "?1"
        response["Permissions-Policy"] = PERMISSIONS_POLICY
        return response


class NoStore:
    """Let no browser and no proxy keep a page: only static files may be kept."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        # path_info, which leads to the page: request.path begins with whatever the server says the site is mounted at
        if request.path_info.startswith(settings.STATIC_URL) and response.status_code in {200, 206, 304}:
            return response
        response["Cache-Control"] = "no-store, private"
        patch_vary_headers(response, ["Cookie"])
        return response


class FetchMetadata:
    """Refuse what another site makes a browser send; a link that is followed in the open may arrive.

    Browsers say in Sec-Fetch-* where a request comes from (W3C Fetch Metadata). One that does not say is held by the
    CSRF check and the cookie's SameSite alone.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if self._is_welcome(request):
            return self.get_response(request)
        return errors.refuse(
            request,
            403,
            _("ほかのサイトから送られた操作は受け付けません。このシステムの画面から操作してください。"),
        )

    @staticmethod
    def _is_welcome(request: HttpRequest) -> bool:
        if request.headers.get("Sec-Fetch-Site", "none") in {"same-origin", "none"}:
            return True
        return (
            request.method == "GET"
            and request.headers.get("Sec-Fetch-Mode") == "navigate"
            and request.headers.get("Sec-Fetch-Dest") == "document"
        )


class KeysAway:
    """Answer a request that a key was needed for and not to be had: nothing is lost, and waiting may be enough.

    What was under way is undone by then, as with any error. A view that has words of its own for it comes first.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return errors.key_unavailable(request, exception) if isinstance(exception, KeyUnavailableError) else None


class SessionCookie:
    """Ignore a session cookie that Django cannot have set, before the database is asked for its row.

    A NUL in it, which a quoted cookie can carry, would be an error of the database. Whoever sends it has no session.
    """

    _KEY = re.compile("[a-z0-9]{32}")

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        key = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
        if key is not None and not self._KEY.fullmatch(key):
            del request.COOKIES[settings.SESSION_COOKIE_NAME]
        return self.get_response(request)


class StrictText:
    """Refuse text that is not UTF-8, or holds a NUL, before a form replaces or a database refuses it.

    Django reads broken bytes as U+FFFD. A name would be stored with a hole in it, and nobody would have been told.
    A form that says it is in another encoding does not get here (config.front_door).
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # an upload over the limit would be dropped in silence: only memory takes uploads
        if _length(request) > settings.KYUFU_UPLOAD_ADDRESSES.get(
            request.path_info, settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        ):
            return errors.refuse(request, 413, _("送られたデータが大きすぎます。内容を分けて送ってください。"))
        complaint = self._complaint(request)
        if complaint:
            return errors.refuse(request, 400, complaint)
        return self.get_response(request)

    def _complaint(self, request: HttpRequest) -> str:
        """Return why the request cannot be read, or ""."""
        broken = _("送られた文字を読み取れません（UTF-8 ではありません）。前の画面に戻り、入力し直してください。")
        query = str(request.META.get("QUERY_STRING", ""))
        if "\0" in request.path or not _is_utf8(query.encode("latin-1", "replace")) or "�" in request.path_info:
            return broken
        if _holds_nul(request.GET):
            return _("使えない文字（NUL）が含まれています。前の画面に戻り、入力し直してください。")
        kind = request.content_type or ""
        if request.method in {"GET", "HEAD", "OPTIONS", "TRACE"} or not kind:
            return ""
        if kind == "multipart/form-data" and request.path_info in settings.KYUFU_UPLOAD_ADDRESSES:
            return ""  # its body is read once, by a handler of its own, when it is known who sends it
        if kind == "application/x-www-form-urlencoded" and not _is_utf8(request.body):
            return broken
        if kind == "application/json":
            return "" if _is_text(request.body) else broken
        # in a multipart form the replacement mark is all that is left to see
        if kind == "multipart/form-data" and _holds(request.POST, "�"):
            return broken
        if _holds_nul(request.POST):
            return _("使えない文字（NUL）が含まれています。前の画面に戻り、入力し直してください。")
        return ""


def _length(request: HttpRequest) -> int:
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0


def _is_utf8(encoded: bytes) -> bool:
    """Say whether percent-encoded bytes are UTF-8 once decoded."""
    try:
        unquote_to_bytes(encoded).decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _is_text(body: bytes) -> bool:
    """Say whether bytes are UTF-8 as they stand: in JSON a percent sign is only a percent sign."""
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _holds_nul(data: QueryDict) -> bool:
    return _holds(data, "\0")


def _holds(data: QueryDict, mark: str) -> bool:
    return any(mark in key or any(mark in value for value in values) for key, values in data.lists())
