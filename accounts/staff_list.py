"""The staff as the pages show them: lists, states, and what stands beside a right."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Max, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import attempts, emergency, scopes
from accounts.models import Proposal, RoleAssignment, User
from accounts.roles import HANDBOOK, Role

PAGE = 50
#: Stands between a section and a sign-in id in the address of the next page; no sign-in id holds it.
SEPARATOR = "|"


@dataclass(frozen=True, slots=True)
class State:
    """A word for how somebody's account stands, and the kind of its tag."""

    label: str
    kind: str


@dataclass(frozen=True, slots=True)
class Row:
    """One member of staff in the list."""

    user: User
    roles: str
    last_used: datetime | None
    state: State
    is_waiting: bool


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the list: how many match in all, and where the next page begins ("" for the last)."""

    rows: list[Row]
    count: int
    after: str


@dataclass(frozen=True, slots=True)
class RightRow:
    """One right as a table shows it."""

    given: RoleAssignment
    label: str
    scope: str
    period: str
    state: State
    can_end: bool


def ids_of_section(section: str) -> list[int]:
    """Return the ids of those who belong to ``section`` today."""
    return list(User.objects.filter(section=section).values_list("pk", flat=True))


def sections() -> list[str]:
    """Return every section that somebody belongs to."""
    return list(User.objects.exclude(section="").values_list("section", flat=True).order_by("section").distinct())


def page(conditions: dict[str, Any], *, after: str, at: datetime) -> Page:
    """Return the page of the staff after ``after`` (section and sign-in id of the last one seen)."""
    today = timezone.localdate(at)
    people = User.objects.all()
    if section := conditions.get("section"):
        people = people.filter(section=section)
    if role := conditions.get("role"):
        holders = [given.user_id for given in RoleAssignment.objects.filter(role=role) if given.is_current(on=today)]
        people = people.filter(pk__in=holders)
    people = _in_state(people, str(conditions.get("state") or ""), today=today)
    count = people.count()
    section_seen, separator, login_seen = after.rpartition(SEPARATOR)
    if separator and "\0" not in after:
        people = people.filter(Q(section__gt=section_seen) | Q(section=section_seen, login_id__gt=login_seen))
    found = list(
        people.order_by("section", "login_id")
        .prefetch_related("role_assignments")
        .annotate(used_at=Max("staff_sessions__last_used_at"))[: PAGE + 1]
    )
    shown = found[:PAGE]
    shut = attempts.shut_accounts([one.login_id for one in shown])
    waiting = set(Proposal.objects.filter(outcome="", user__in=shown).values_list("user_id", flat=True))
    rows = [
        Row(
            user=one,
            roles=role_names(one, today=today),
            last_used=max(filter(None, (one.used_at, one.last_login)), default=None),
            state=state_of(one, is_shut=one.login_id in shut, today=today),
            is_waiting=one.pk in waiting,
        )
        for one in shown
    ]
    last = shown[-1] if len(found) > PAGE else None
    return Page(rows, count, f"{last.section}{SEPARATOR}{last.login_id}" if last else "")


def role_names(user: User, *, today: date) -> str:
    """Return the duties that ``user`` has today, wherever they sit."""
    held = {given.role for given in user.role_assignments.all() if given.is_current(on=today)}
    return "・".join(str(HANDBOOK[role].label) for role in HANDBOOK if role in held)


def state_of(user: User, *, is_shut: bool, today: date) -> State:
    """Return how an account stands."""
    if not user.is_active:
        return State(_("停止"), "bad")
    if user.valid_until is not None and user.valid_until < today:
        return State(_("期間終了"), "bad")
    if is_shut:
        return State(_("ロック"), "returned")
    if not user.has_usable_password():
        return State(_("用紙の発行待ち"), "waiting")
    return State(_("有効"), "good")


def last_used(user: User) -> datetime | None:
    """Return when somebody was last at work here."""
    used = user.staff_sessions.aggregate(Max("last_used_at"))["last_used_at__max"]
    return max(filter(None, (used, user.last_login)), default=None)


def right_row(given: RoleAssignment, *, today: date) -> RightRow:
    """Return a right as a table shows it."""
    if given.suspended_at is not None:
        state = State(_("停止（棚卸し）"), "bad")
    elif given.starts_on > today:
        state = State(_("開始前"), "waiting")
    elif given.is_current(on=today):
        state = State(_("有効"), "good")
    else:
        state = State(_("終了"), "neutral")
    can_end = given.ended_on is None and (given.ends_on is None or given.ends_on >= today)
    return RightRow(
        given,
        given.label,
        scope_of(given.office, given.programme, given.network, role=given.role),
        period_of(given.starts_on, min(filter(None, (given.ends_on, given.ended_on)), default=None)),
        state,
        can_end,
    )


def scope_of(office: str, programme: str, network: str, *, role: str) -> str:
    """Say how far a right reaches."""
    parts = [
        scopes.office_name(office) if office else "",
        scopes.programme_name(programme) if programme else "",
        network,
    ]
    if not network and role in Role.__members__ and HANDBOOK[Role(role)].is_for_number_segment:
        parts.append(_("個人番号利用端末のネットワーク"))
    return "・".join(filter(None, parts)) or _("すべて")


def period_of(first: date | None, last: date | None) -> str:
    """Say from when to when."""
    return f"{first.isoformat() if first else ''} 〜 {last.isoformat() if last else ''}".strip()


def administrators(*, at: datetime) -> list[User]:
    """Return the ordinary user administrators who can act today; the page says what to do when they are too few."""
    return emergency.administrators_who_can_act(at=at)


def _in_state(people: Any, state: str, *, today: date) -> Any:
    works = Q(is_active=True) & (Q(valid_until__isnull=True) | Q(valid_until__gte=today))
    if state == "active":
        return people.filter(works)
    if state == "stopped":
        return people.exclude(works)
    if state == "shut":
        login_ids = list(people.values_list("login_id", flat=True))
        return people.filter(login_id__in=attempts.shut_accounts(login_ids))
    if state == "waiting":
        return people.filter(pk__in=Proposal.objects.filter(outcome="", user__isnull=False).values("user"))
    return people
