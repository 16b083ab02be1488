"""How old a password may be, what a new one must be, and the only code that changes one.

The age is a rule the office is held to; that people then choose variants of the old password is its main harm, so
variants are refused, and the age is one setting that may be 0 (off).
"""

import secrets
import unicodedata
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from functools import cache
from http import HTTPStatus

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import HASH_SESSION_KEY
from django.contrib.auth.hashers import check_password, is_password_usable, make_password
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import Resolver404, resolve, reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import actions, attempts, blocklist, sessions
from accounts.hashers import TooBusyError, composed
from accounts.models import FormerPassword, RoleAssignment, StaffSession, User
from accounts.models.people import MustChange
from accounts.models.sessions import EndReason
from accounts.roles import Role
from audit import actions as audit_actions, journal
from audit.models import Result

#: No setting makes a password shorter than this, and none is longer than that (code points, composed).
LEAST_LENGTH = 12
LONGEST = 128
#: What a form takes at most: somebody's keyboard may send two code points for one (「が」).
LONGEST_TYPED = 2 * LONGEST
#: How many former passwords are not taken up again.
REMEMBERED = 5
#: How many typing mistakes apart two passwords are the same one for a guesser.
DIFFERS_BY_MORE_THAN = 3
#: From how many days before the last one on a warning is shown, and when it becomes more urgent.
WARNED_AT = (14, 7, 3, 1)

EXPIRED = "expired"
#: Letters and digits that nobody takes for one another on paper.
_READABLE = "abcdefghjkmnpqrstuvwxyz23456789"


class WrongPasswordError(Exception):
    """The current password was not right, or it was not looked at because of too many tries."""


class RefusedPasswordError(Exception):
    """The new password may not be used; ``reasons`` say why, in the office's language."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__()
        self.reasons = reasons


class ChangedMeanwhileError(Exception):
    """The password, the reason to change it, or the session is not any more what it was when the page was sent."""


# ── age ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def last_day(user: User) -> date | None:
    """Return the last day on which the password may be used (None: it does not age).

    A password of which nobody knows how old it is may not be used at all. A duty's shorter age holds wherever the
    person sits, also where the duty itself cannot be done.
    """
    days = _days_allowed(user)
    if not days:
        return None
    if user.password_changed_at is None:
        return date.min
    return timezone.localdate(user.password_changed_at) + timedelta(days=days)


def days_left(user: User, at: datetime) -> int | None:
    """Return how many days are left after today: 0 on the last one, less when it is over, None without an age."""
    last = last_day(user)
    return None if last is None else (last - timezone.localdate(at)).days


def warning(user: User, at: datetime) -> int | None:
    """Return the days left when it is time to warn (``WARNED_AT`` the first of them, and from then on), or None."""
    left = days_left(user, at)
    return left if left is not None and 0 <= left <= max(WARNED_AT) else None


def why_to_change(user: User, *, at: datetime) -> str:
    """Return why the password must be changed before anything else is done: a ``MustChange``, 'expired', or ""."""
    if user.must_change_password:
        return user.must_change_password
    if user.is_emergency:  # its password lies in an envelope, and is made anew when that is sealed again
        return ""
    left = days_left(user, at)
    return EXPIRED if left is not None and left < 0 else ""


def told_why(why: str) -> str:
    """Return in a sentence why the password must be changed ("" for no reason)."""
    return {
        EXPIRED: _("パスワードの期限が過ぎました。新しいパスワードに変更すると、続けられます。"),
        MustChange.FIRST.value: _("初めてのサインインです。仮パスワードを、自分だけが知るものに変更してください。"),
        MustChange.RESET.value: _(
            "パスワードが再設定されました。仮パスワードを、自分だけが知るものに変更してください。"
        ),
        MustChange.COMPROMISED.value: _(
            "パスワードがほかの人に知られたおそれがあります。すぐに、今までと違うパスワードに変更してください。"
        ),
    }.get(why, "")


def answer_to_be_changed(request: HttpRequest, why: str) -> HttpResponse:
    """Hold up a request of somebody who must change their password first. Nothing of it is done; it is on record."""
    try:
        route = resolve(request.path_info).route
    except Resolver404:
        route = ""
    journal.record(
        audit_actions.REQUEST_REFUSED,
        by=request.user if isinstance(request.user, User) else None,
        result=Result.REFUSED,
        details={"code": f"password_{why.lower()}", "route": route, "method": request.method},
    )
    if request.headers.get("Accept") == "application/json":
        return JsonResponse({"error": "password_change_required"}, status=HTTPStatus.FORBIDDEN)
    if request.method in {"GET", "HEAD"}:
        # the page says why itself; this says, once, why it is not the page that was asked for
        told_first = _("先にパスワードを変更してください。そのあと、ほかの画面を使えます。")
        waiting = messages.get_messages(request)
        is_told = any(str(message) == told_first for message in waiting)
        # looked through, not shown: what else there is to say is not lost
        waiting.used = False  # type: ignore[union-attr]  # MessageMiddleware has put its storage there
        if not is_told:
            messages.info(request, told_first)
        return HttpResponseRedirect(reverse("accounts:change-password"))
    told = told_why(why)
    return render(request, "accounts/password_required.html", {"told": told}, status=HTTPStatus.FORBIDDEN)


def _days_allowed(user: User) -> int:
    by_role = _days_by_role(tuple(settings.KYUFU_PASSWORD_DAYS_BY_ROLE))
    allowed = [settings.KYUFU_PASSWORD_DAYS]
    if by_role and user.pk:
        today = timezone.localdate()
        given = RoleAssignment.objects.filter(user=user, role__in=by_role)
        allowed += [by_role[right.role] for right in given if right.is_current(on=today)]
    return min((days for days in allowed if days > 0), default=0)


@cache
def _days_by_role(setting: tuple[str, ...]) -> dict[str, int]:
    """Read ROLE=days, one a word."""
    days: dict[str, int] = {}
    for word in setting:
        role, _equals, number = word.partition("=")
        if role not in set(Role) or not (number.isascii() and number.isdigit()):
            raise ImproperlyConfigured(f"KYUFU_PASSWORD_DAYS_BY_ROLE: {word!r} is not ROLE=days")
        days[role] = int(number)
    return days


# ── what a new one must be ───────────────────────────────────────────────────────────────────────────────────────


def least_length() -> int:
    """Return how long a password must be, whatever the setting says never less than ``LEAST_LENGTH``."""
    return max(LEAST_LENGTH, int(settings.KYUFU_PASSWORD_LENGTH))


def conditions() -> list[str]:
    """Return what a new password must be, to be read before one is typed."""
    return [
        _("%(least)d文字以上、%(most)d文字以下") % {"least": least_length(), "most": LONGEST},
        _("文字の種類は自由です。関係のない言葉をいくつか並べると、覚えやすく、当てられにくくなります。"),
        _("よく使われる言葉、キーボードの並び、年月日、利用者ID・氏名・所属・役所の言葉だけのものは使えません。"),
        _("今のパスワードに似たものと、これまでの%(count)d個は使えません。") % {"count": REMEMBERED},
    ]


def why_not(password: str, *, user: User | None, current: str = "") -> list[str]:
    """Return why ``password`` may not become ``user``'s, in sentences to be shown; nothing when it may.

    ``current`` is the one to be replaced, when it is in hand. Former passwords are :func:`was_used_before`'s affair.
    """
    new = composed(password[: LONGEST_TYPED + 1])
    if len(password) > LONGEST_TYPED or len(new) > LONGEST:
        return [_("パスワードが長すぎます。%(most)d文字以下にしてください。") % {"most": LONGEST}]
    reasons = []
    if len(new) < least_length():
        reasons.append(
            _("パスワードが短すぎます（%(now)d文字）。%(least)d文字以上にしてください。")
            % {"now": len(new), "least": least_length()}
        )
    if any(unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"} for character in new):
        reasons.append(_("目に見えない文字（制御文字）が入っています。入力し直してください。"))
    if new and not any(character.isalpha() for character in unicodedata.normalize("NFKC", new)):
        reasons.append(_("数字と記号だけのパスワードは使えません。文字を入れてください。"))
    elif new and (fault := blocklist.fault_in(new, own=_own_words(user), office=[settings.OFFICE_NAME])):
        reasons.append(_told_fault(fault))
    if current and (reason := _why_too_similar(new, composed(current))):
        reasons.append(reason)
    return reasons


def was_used_before(password: str, *, user: User) -> bool:
    """Say whether it is one of the last ``REMEMBERED`` passwords. Each look costs a hash: ask this last."""
    former = FormerPassword.objects.filter(user=user).order_by("-replaced_at", "-pk")[:REMEMBERED]
    return any(check_password(password, old.password) for old in former)


class OfficePasswordValidator:
    """The same rules for whatever asks Django (``AUTH_PASSWORD_VALIDATORS``)."""

    def validate(self, password: str, user: User | None = None) -> None:
        """Raise ValidationError with every reason against ``password``."""
        if reasons := why_not(password, user=user):
            raise ValidationError(reasons)

    def get_help_text(self) -> str:
        """Return the conditions as one text."""
        return " ".join(conditions())


def _own_words(user: User | None) -> Iterable[str]:
    return [user.login_id, user.display_name, user.section] if user else []


def _told_fault(fault: blocklist.Fault) -> str:
    return {
        blocklist.Fault.RUN: _("キーボードの並び、連続や繰り返し、年月日だけでできていて、すぐに当てられます。"),
        blocklist.Fault.OWN: _("利用者ID・氏名・所属をもとにしたパスワードは、すぐに当てられます。"),
        blocklist.Fault.OFFICE: _("役所や業務の言葉をもとにしたパスワードは、すぐに当てられます。"),
        blocklist.Fault.COMMON: _(
            "よく使われる言葉や名前をもとにしていて、すぐに当てられます。関係のない言葉を3つ以上並べてください。"
        ),
    }[fault]


def _why_too_similar(new: str, current: str) -> str:
    """Return why ``new`` is no new password, "" when it is. A counter, a mark or a turned word make no new one."""
    if new == current:
        return _("今のパスワードと同じです。別のパスワードにしてください。")
    one, other = blocklist.folded(new), blocklist.folded(current)
    letters = ["".join(filter(str.isalpha, text)) for text in (one, other)]
    is_similar = (
        one == other[::-1]
        or (letters[0] != "" and letters[0] == letters[1])
        or (min(len(one), len(other)) >= LEAST_LENGTH and (one in other or other in one))
        or _distance(one, other) <= DIFFERS_BY_MORE_THAN
    )
    return _("今のパスワードとほとんど同じです。別のパスワードにしてください。") if is_similar else ""


def _distance(one: str, other: str) -> int:
    """Return how many characters must be put in, left out or replaced to make ``other`` of ``one`` (Levenshtein)."""
    if abs(len(one) - len(other)) > DIFFERS_BY_MORE_THAN:
        return DIFFERS_BY_MORE_THAN + 1
    row = list(range(len(other) + 1))
    for number, character in enumerate(one, 1):
        above, row = row, [number]
        for place, against in enumerate(other):
            row.append(min(above[place + 1] + 1, row[place] + 1, above[place] + (character != against)))
    return row[-1]


# ── changing it ──────────────────────────────────────────────────────────────────────────────────────────────────


def change(request: HttpRequest, user: User, *, current: str, new: str, at: datetime) -> None:
    """Replace ``user``'s own password, and end their other sessions; this one goes on under a new key.

    The try is reserved before the current password is looked at, and given back when it was right. Raises
    :class:`WrongPasswordError`, :class:`RefusedPasswordError`, or :class:`ChangedMeanwhileError` when somebody was
    faster, each of them on record; ``hashers.TooBusyError`` when it is nobody's turn.
    """
    known, why, session = user.password, user.must_change_password, sessions.current(request)
    if not attempts.reserve(user.login_id, at=at):
        _refuse(user, "waiting")
        raise WrongPasswordError
    try:
        is_right = _is_right(current, known)
    except TooBusyError:
        attempts.give_back(user.login_id)  # nobody has looked at it
        raise
    if not is_right:
        _refuse(user, "wrong")
        raise WrongPasswordError
    attempts.give_back(user.login_id)
    reasons = why_not(new, user=user, current=current)
    if not reasons and was_used_before(new, user=user):
        reasons = [_("前に使ったパスワードです。別のパスワードにしてください。")]
    if reasons:
        _refuse(user, "unfit")
        raise RefusedPasswordError(reasons)
    encoded = make_password(new)
    try:
        _replace(request, user, session, known=known, why=why, encoded=encoded, at=at)
    except ChangedMeanwhileError:
        _refuse(user, "changed_meanwhile")
        raise


def mark_compromised(user: User, *, by: User, at: datetime) -> None:
    """Let nothing be done with the password any more but replacing it, from this moment on."""
    with transaction.atomic():
        User.objects.filter(pk=user.pk).update(must_change_password=MustChange.COMPROMISED)
        sessions.end_all(user, EndReason.PASSWORD, by=by, at=at)
        journal.record(actions.PASSWORD_COMPROMISED, by=by, subject=user)
    user.must_change_password = MustChange.COMPROMISED


def set_temporary(user: User, *, by: User, at: datetime, why: MustChange | None = None) -> str:
    """Give ``user`` a password for one sign-in, to be printed and to be changed then; return it, readable this once.

    ``why`` is FIRST for somebody who has not signed in yet and RESET for everyone else, unless given.
    ``password_changed_at`` stays: a reset makes no password younger. What was their password is remembered, so that
    they do not go back to it.
    """
    password = "-".join("".join(secrets.choice(_READABLE) for _letter in range(5)) for _group in range(3))
    encoded, until = make_password(password), at + timedelta(days=settings.KYUFU_SLIP_DAYS)
    with transaction.atomic():
        held = User.objects.select_for_update().get(pk=user.pk)
        why = why or (MustChange.FIRST if held.must_change_password == MustChange.FIRST else MustChange.RESET)
        _remember(held, at=at)
        User.objects.filter(pk=user.pk).update(password=encoded, must_change_password=why, temporary_until=until)
        sessions.end_all(user, EndReason.PASSWORD, by=by, at=at)
        journal.record(actions.SLIP_PRINTED, by=by, subject=user, details={"code": why.value})
    user.password, user.must_change_password, user.temporary_until = encoded, why, until
    return password


def take_away(user: User, *, at: datetime) -> None:
    """Leave ``user`` without a password until a temporary one is printed, but remember the one they had.

    The caller saves nothing of it itself, and writes down in the same transaction what it is for.
    """
    with transaction.atomic():
        _remember(User.objects.select_for_update().get(pk=user.pk), at=at)
        user.set_unusable_password()
        user.must_change_password, user.temporary_until = MustChange.RESET, None
        user.save(update_fields=["password", "must_change_password", "temporary_until"])


def is_temporary_over(user: User, at: datetime) -> bool:
    """Say whether the password is a temporary one that was not used in time: it is then as good as a wrong one."""
    return user.temporary_until is not None and at >= user.temporary_until


def _is_right(password: str, encoded: str) -> bool:
    return len(password) <= LONGEST_TYPED and check_password(password, encoded)


@transaction.atomic
def _replace(
    request: HttpRequest,
    user: User,
    session: StaffSession | None,
    *,
    known: str,
    why: str,
    encoded: str,
    at: datetime,
) -> None:
    """Write everything down at once, provided that all is still as it was when the old password was looked at."""
    held = User.objects.select_for_update().get(pk=user.pk)
    if held.password != known or held.must_change_password != why or not held.may_sign_in:
        raise ChangedMeanwhileError
    # locked after the person, as everywhere: a session that was ended meanwhile changes nothing any more
    if session is None or not StaffSession.objects.select_for_update().filter(
        pk=session.pk, ended_at__isnull=True, locked_at__isnull=True
    ):
        raise ChangedMeanwhileError
    _remember(held, at=at)
    user.password, user.password_changed_at = encoded, at
    user.must_change_password, user.temporary_until = "", None
    user.save(update_fields=["password", "password_changed_at", "must_change_password", "temporary_until"])
    sessions.end_all(user, EndReason.PASSWORD, by=user, at=at, but=session.session_key)
    journal.record(actions.PASSWORD_CHANGED, by=user, subject=user, details={"code": why.lower() or "by_hand"})
    if not sessions.rotate_key(request, session):
        raise ChangedMeanwhileError
    # what keeps a session going across a change of password; the other sessions lack it
    request.session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    request.session.save()


def _remember(held: User, *, at: datetime) -> None:
    """Keep the hash that is replaced, unless it was a temporary one, and the last ``REMEMBERED`` of them in all."""
    if not is_password_usable(held.password) or not held.password or held.temporary_until is not None:
        return
    FormerPassword.objects.create(user=held, password=held.password, replaced_at=at)
    kept = FormerPassword.objects.filter(user=held).order_by("-replaced_at", "-pk")[:REMEMBERED]
    FormerPassword.objects.filter(user=held).exclude(pk__in=[old.pk for old in kept]).delete()


def _refuse(user: User, code: str) -> None:
    journal.record(
        actions.PASSWORD_CHANGE_REFUSED, by=user, subject=user, result=Result.REFUSED, details={"code": code}
    )
