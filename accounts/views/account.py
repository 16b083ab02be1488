"""A person's own account: what they may do, where they are signed in, and what they prove themselves with."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts import actions, passwords, scopes, sessions
from accounts.http import StaffRequest
from accounts.models import CodeDevice, RecoveryCode, SecurityKey, StaffSession, User
from accounts.models.sessions import EndReason
from audit import journal
from audit.models import Result

PER_PAGE = 20
#: Fewer unused recovery codes than this: time for a new sheet.
FEW_CODES = 3


@require_GET
def account(request: StaffRequest) -> HttpResponse:
    """Show the signed-in person's own account, and nobody else's."""
    user, now = request.user, timezone.now()
    own = StaffSession.objects.filter(user=user)
    page = Paginator(own.order_by("-began_at", "pk"), PER_PAGE).get_page(request.GET.get("page"))
    changed_at = user.password_changed_at
    return render(
        request,
        "accounts/account.html",
        {
            "rights": [_right(given) for given in user.rights],
            "going": own.filter(ended_at__isnull=True).order_by("-began_at"),
            "this_session": request.staff_session.pk,
            "page": page,
            "sign_ins": [(session, _factor(session.factor)) for session in page],
            "password_days": (now - changed_at).days if changed_at else None,
            "password_days_left": passwords.warning(user, now),
            "factors": _factors(user),
        },
    )


@require_POST
def end_session(request: StaffRequest, session_id: UUID) -> HttpResponse:
    """End another session of one's own. Whose else it is, or whether there is one, is not told."""
    session = StaffSession.objects.filter(pk=session_id, user=request.user).first()
    if session is None:
        journal.record(
            actions.SESSION_ENDED,
            by=request.user,
            subject=journal.Subject(kind="accounts.staffsession", id=str(session_id)),
            result=Result.REFUSED,
        )
        raise Http404
    if session.ended_at is not None:
        messages.info(request, _("そのサインインは、すでに終了しています。"))
        return redirect("accounts:account")
    sessions.end(session, EndReason.ENDED_BY_OWNER, by=request.user, at=timezone.now())
    if session.pk == request.staff_session.pk:
        return redirect("accounts:sign-in")
    messages.success(request, _("ほかの端末のサインインを終了しました。"))
    return redirect("accounts:account")


def _right(given: Any) -> dict[str, Any]:
    """Return a duty and how far it reaches, in words."""
    limits = [
        _("%(office)sで受け付けたもの") % {"office": scopes.office_name(given.office)} if given.office else "",
        _("制度：%(programme)s") % {"programme": scopes.programme_name(given.programme)} if given.programme else "",
        _("端末の場所：%(network)s") % {"network": given.network} if given.network else "",
    ]
    return {"label": given.label, "limits": [limit for limit in limits if limit], "ends_on": given.ends_on}


def _factor(kind: str) -> str:
    """Return what a second factor is called."""
    names = {
        "code": _("認証アプリの確認コード"),
        "codedevice": _("認証アプリの確認コード"),
        "key": _("セキュリティキー"),
        "recovery": _("回復コード"),
    }
    return names.get(kind, kind)


def _factors(user: User) -> dict[str, Any]:
    """Return what the person can prove themselves with, and whether losing one thing would shut them out."""
    codes = CodeDevice.objects.filter(user=user, confirmed=True).count()
    keys = SecurityKey.objects.filter(user=user, confirmed=True)
    left = RecoveryCode.objects.filter(sheet__user=user, used_at__isnull=True).count()
    return {
        "has_code": codes > 0,
        "keys": list(keys.order_by("added_at")),
        "recovery_codes": left,
        "is_few_codes": left < FEW_CODES,
        "is_only_one": codes + len(keys) < 2 and left < FEW_CODES,
    }
