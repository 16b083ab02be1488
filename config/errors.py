"""The pages for what goes wrong: in Japanese, with what to do, and never with a detail that helps an attacker."""

import logging
from http import HTTPStatus

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation, TooManyFieldsSent, TooManyFilesSent
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse
from django.template import TemplateDoesNotExist
from django.template.loader import get_template
from django.utils.html import escape
from django.utils.translation import gettext as _

from accounts.models import User
from audit import actions, journal
from audit.models import Result

logger = logging.getLogger(__name__)

PAGES = {400: "400.html", 403: "403.html", 404: "404.html", 500: "500.html", 503: "503.html"}


def refuse(request: HttpRequest, status: int, reason: str) -> HttpResponse:
    """Return the error page for ``status`` with ``reason``, without asking the database for anything."""
    if request.headers.get("Accept") == "application/json":
        return HttpResponse(f'{{"error": "{status}"}}', status=status, content_type="application/json")
    name = PAGES.get(status, "400.html")
    context = {"reason": reason, "request_id": getattr(request, "id", ""), "status": status}
    try:
        page = get_template(name).render(context)
    except TemplateDoesNotExist:
        page = f'<!doctype html><html lang="ja"><title>{status}</title><p>{escape(reason)}</p></html>'
    return HttpResponse(page, status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request that cannot be understood, or that asks for too much at once."""
    if isinstance(exception, RequestDataTooBig | TooManyFieldsSent | TooManyFilesSent):
        reason = _("送られたデータが大きすぎます。内容を分けて送ってください。")
    elif isinstance(exception, SuspiciousOperation):
        reason = _("受け付けられない要求です。このシステムの画面から操作し直してください。")
    else:
        reason = _("送られた内容を読み取れません。前の画面に戻り、入力し直してください。")
    _record(request, "bad_request")
    return refuse(request, HTTPStatus.BAD_REQUEST, reason)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer somebody whose roles do not allow what they asked for."""
    reason = str(exception) or _("この画面を使う権限がありません。必要なときは利用者管理者に相談してください。")
    return refuse(request, HTTPStatus.FORBIDDEN, reason)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer for an address that leads nowhere, or nowhere this person may look."""
    reason = _("ページが見つかりません。アドレスを確認するか、最初の画面からたどってください。")
    if isinstance(exception, Http404) and exception.args and isinstance(exception.args[0], str):
        reason = exception.args[0]
    return refuse(request, HTTPStatus.NOT_FOUND, reason)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer when the system itself failed."""
    reason = _(
        "システムの内部で問題が起きました。操作は完了していません。問い合わせるときは要求番号を伝えてください。"
    )
    return refuse(request, HTTPStatus.INTERNAL_SERVER_ERROR, reason)


def key_unavailable(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer when a key is missing or its provider does not answer: nothing was done, and nothing is lost."""
    logger.error("a key could not be used: %s", exception)  # says what to do, and holds nothing secret
    reason = _(
        "鍵を使えないため、操作を完了できませんでした。この操作では何も変わっていません。"
        "時間をおいてもう一度行い、続くときは管理者に連絡してください。"
    )
    return refuse(request, HTTPStatus.SERVICE_UNAVAILABLE, reason)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form that was not sent from a page of the current session."""
    message = _(
        "画面を開いてから時間がたったか、別の画面でサインインし直したため、送信を受け付けませんでした。"
        "前の画面に戻って再読み込みし、もう一度送信してください。"
    )
    _record(request, "csrf")
    return refuse(request, HTTPStatus.FORBIDDEN, message)


def _record(request: HttpRequest, code: str) -> None:
    """Write down that a signed-in person's request was refused before any view ran.

    The request is refused in any case, so a record that cannot be written is reported and does not make it a 500.
    """
    user = getattr(request, "user", None)
    if not isinstance(user, User):
        return
    route = request.resolver_match.route if request.resolver_match else ""
    try:
        journal.record(
            actions.REQUEST_REFUSED,
            by=user,
            result=Result.REFUSED,
            details={"code": code, "route": route, "method": request.method},
        )
    except DatabaseError:
        logger.exception("a refused request could not be recorded")
