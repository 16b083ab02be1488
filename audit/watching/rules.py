"""The sixteen rules: each looks at one entry with what came around it, and says what it finds.

A rule is a function of the entry, of what the same person did (or what was done to the same resident) before it in the
record, for some rules of what came after, of its thresholds, and of what it may ask. "Before" goes by position, so
that an entry that was sealed late changes no finding of before. A finding's key says what makes it the same finding.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from hashlib import sha256
from statistics import median
from types import MappingProxyType
from typing import Any, Final, Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from audit.watching import facts
from audit.watching.facts import Registry

JAPAN: Final = ZoneInfo("Asia/Tokyo")
REVIEW: Final = "REVIEW"
HIGH: Final = "HIGH"
#: Shown by the work itself, several beside one line of a file: no volume.
FROM_A_LIST: Final = "E5"
#: Explained by a case: the view is part of the work on one.
BY_A_CASE: Final = frozenset({"E1", "E2", "E3", "E4"})
#: What explains even a view of a protected person: the case is the viewer's own, or waits for them.
OWN_CASE: Final = frozenset({"E1", "E4"})
#: What a reveal says when nothing of the resident was on anybody's desk.
NO_CASE: Final = "NONE"
#: A reveal that was refused for one of these was refused as it should be: limits, protection, a ticket of before.
REFUSED_PROPERLY: Final = frozenset({"KY007", "KY011"})
#: Duties that have no cases: a view by one of them is looked at from outside.
WITHOUT_CASES: Final = frozenset({"AUDITOR", "USER_ADMINISTRATOR", "RECORDS_KEEPER"})
_WEEKEND: Final = 5
_MINUTE: Final = timedelta(minutes=1)
_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)
#: An export is compared with the earlier ones only when there are some, and never below a handful of rows.
_ENOUGH_EXPORTS: Final = 5
_FEW_ROWS: Final = 50
_KEYBOARD: Final = (
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "1234567890",
    "abcdefghijklmnopqrstuvwxyz",
    "あいうえお",
    "かきくけこ",
)
_RUN: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One entry as the rules see it."""

    id: UUID
    position: int
    at: datetime
    action: str
    result: str = "DONE"
    actor_id: int | None = None
    roles: str = ""
    section: str = ""
    subject_id: str = ""
    person_id: UUID | None = None
    explanation: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)
    client: str | None = None
    sealed_reason: bytes | None = None

    @property
    def local(self) -> datetime:
        """The time in Japan."""
        return self.at.astimezone(JAPAN)

    @property
    def day(self) -> date:
        """The day in Japan."""
        return self.local.date()


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a rule found at an entry."""

    key: str
    event: Seen
    kind: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    severity: str = ""
    others: Sequence[Seen] = ()
    #: Several people are meant, not the one of the entry.
    of_several: bool = False


class Asks(Protocol):
    """What a rule may ask beside what it is given."""

    def is_protected(self, person: UUID, *, on: date) -> bool: ...
    def relation(self, actor: int, person: UUID) -> str: ...
    def is_canary(self, person: UUID, *, at: datetime) -> bool: ...
    def is_closed(self, on: date) -> bool: ...
    def has_overtime(self, actor: int, at: datetime) -> bool: ...
    def has_activity(self, person: UUID, actor: int, *, since: datetime, until: datetime) -> bool: ...
    def leaves_on(self, actor: int, *, since: date) -> date | None: ...
    def usual_views(self, actor: int, *, before: date) -> float: ...
    def team_views(self, section: str, *, before: date) -> float: ...
    def last_reveal(self, event: Seen) -> datetime | None: ...
    def is_new_terminal(self, event: Seen, *, since: datetime) -> bool: ...
    def share(self, case: str, *, checker: int, of: int, until: datetime) -> tuple[int, int, int] | None: ...
    def words(self, event: Seen) -> str: ...


Limits = Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What came around an entry: of the same person or resident, the earlier and the later, in the record's order."""

    before: Sequence[Seen]
    after: Sequence[Seen] = ()


Judge = Callable[[Seen, Around, Limits, Asks, Registry], Iterator[Finding]]
Actions = Callable[[Registry], frozenset[str]]
Span = Callable[[Limits], timedelta]


def _nothing(registry: Registry) -> frozenset[str]:
    return frozenset()


def _no_time(limits: Limits) -> timedelta:
    return timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Logic:
    """How a rule works: at which actions it looks, what it needs around them, and what it makes of it.

    ``by`` is whose other entries it needs: the same "actor", the same "person" (resident), or both ("pair").
    """

    at: Actions
    judge: Judge
    by: str = ""
    company: Actions = _nothing
    back: Span = _no_time
    ahead: Span = _no_time


def _looked(registry: Registry) -> frozenset[str]:
    return registry.looked


def _reveals(registry: Registry) -> frozenset[str]:
    return registry.reveals


def _of(*kinds: str) -> Actions:
    return lambda registry: registry.of_kind(*kinds)


def _is_view(event: Seen) -> bool:
    return event.result == "DONE" and event.actor_id is not None and event.person_id is not None


def _within(events: Iterable[Seen], event: Seen, span: timedelta) -> list[Seen]:
    return [one for one in events if event.at - span < one.at <= event.at]


def _daily(event: Seen, *parts: object) -> str:
    return ":".join(str(part) for part in (event.actor_id, *parts, event.day.isoformat()))


def _w1(event: Seen, around: Around, limits: Limits, ask: Asks, registry: Registry) -> Iterator[Finding]:
    if event.explanation != "E0" or event.result != "DONE":
        return
    # whoever may see numbers has no cases: one on a colleague's desk is why they were asked
    if event.details.get("ground", NO_CASE) == NO_CASE or limits["with_others_cases"]:
        yield Finding(key=str(event.id), event=event)


def _w2(event: Seen, around: Around, limits: Limits, ask: Asks, registry: Registry) -> Iterator[Finding]:
    if not _is_view(event) or (event.explanation in OWN_CASE and not limits["explained_too"]):
        return
    if event.person_id and ask.is_protected(event.person_id, on=event.day):
        yield Finding(key=_daily(event, event.person_id), event=event)


def _w3(event: Seen, around: Around, limits: Limits, ask: Asks, registry: Registry) -> Iterator[Finding]:
    if not _is_view(event) or event.actor_id is None or event.person_id is None:
        return
    relation = ask.relation(event.actor_id, event.person_id)
    if not relation or (relation == "SURNAME" and not limits["surname_and_block"]):
        return
    severity = REVIEW if relation == "SURNAME" else HIGH
    yield Finding(key=_daily(event, event.person_id), event=event, kind=relation, severity=severity)


def _w4(event: Seen, around: Around, limits: Limits, ask: Asks, registry: Registry) -> Iterator[Finding]:
    if not _is_view(event) or event.explanation in BY_A_CASE:
        return
    earlier = [
        one
        for one in _within(around.before, event, limits["days"] * _DAY)
        if _is_view(one) and one.explanation not in BY_A_CASE
    ]
    before = {one.actor_id for one in earlier}
    if len(before) < limits["viewers"] <= len(before | {event.actor_id}):
        yield Finding(
            key=str(event.id),
            event=event,
            data={"days": limits["days"], "viewers": len(before | {event.actor_id})},
            others=earlier,
            of_several=True,
        )


def _w5(event: Seen, around: Around, limits: Limits, ask: Asks, registry: Registry) -> Iterator[Finding]:
    if not _is_view(event) or event.actor_id is None or event.explanation == FROM_A_LIST:
        return
    views = [one for one in around.before if _is_view(one) and one.explanation != FROM_A_LIST]
    today = [one for one in views if one.day == event.day]
    seen_today = {one.person_id for one in today}
    if event.person_id not in seen_today and len(seen_today) + 1 > limits["per_day"]:
        usual = ask.usual_views(event.actor_id, before=event.day)
        team = ask.team_views(event.section, before=event.day)
        limit = int(max(limits["per_day"], limits["own_median_times"] * usual, limits["team_p95_times"] * team))
        if len(seen_today) + 1 > limit:
            data = {"people": len(seen_today) + 1, "limit": limit}
            yield Finding(key=_daily(event, "DAY"), event=event, kind="DAY", data=data, others=today)
    for kind, span, limit, each in (
        ("MINUTE", _MINUTE, limits["per_minute"], f"{event.local:%H}"),
        ("HOUR", _HOUR, limits["per_hour"], ""),
    ):
        lately = _within(views, event, span)
        people = {one.person_id for one in lately} | {event.person_id}
        if len(people) > limit:
            yield Finding(
                key=_daily(event, kind, each),
                event=event,
                kind=kind,
                data={"people": len(people), "limit": limit},
                severity=HIGH,
                others=lately,
            )


def _w6(event: Seen, around: Around, limits: Limits, ask: Asks, registry: Registry) -> Iterator[Finding]:
    if not _is_view(event):
        return
    looked, searched, worked = registry.looked, registry.of_kind(facts.SEARCH), registry.of_kind(facts.WORK)
    lately = _within(around.before, event, timedelta(minutes=limits["minutes"]))
    first_search = next((one for one in lately if one.action in searched), None)
    if first_search is None:
        return
    views = [one for one in lately if one.action in looked and _is_view(one) and one.position > first_search.position]
    before = {one.person_id for one in views}
    if not len(before) < limits["people"] <= len(before | {event.person_id}):
        return
    until = event.at + timedelta(minutes=limits["work_within_minutes"])
    if any(one.action in worked for one in lately) or any(
        one.action in worked and one.at <= until for one in around.after
    ):
        return
    data = {
        "minutes": limits["minutes"],
        "people": len(before | {event.person_id}),
        "work_within_minutes": limits["work_within_minutes"],
    }
    yield Finding(key=str(event.id), event=event, data=data, others=[first_search, *views])


def _w7(event: Seen, around: Around, limits: Limits, ask: Asks, registry: Registry) -> Iterator[Finding]:
    if not _is_view(event) or event.actor_id is None:
        return
    minute = event.local.hour * 60 + event.local.minute
    closed = event.local.weekday() >= _WEEKEND or ask.is_closed(event.day)
    if not closed and limits["opens_minute"] <= minute < limits["closes_minute"]:
        return
    if ask.has_overtime(event.actor_id, event.at):
        return
    yield Finding(
        key=_daily(event),
        event=event,
        kind="HOLIDAY" if closed else "HOURS",
        data={"time": f"{event.local:%H:%M}"},
    )


def _w8(event: Seen, around: Around, limits: Limits, ask: Asks, registry: Registry) -> Iterator[Finding]:
    if not _is_view(event) or event.explanation in BY_A_CASE or event.actor_id is None or event.person_id is None:
        return
    span = limits["within_days"] * _DAY
    earlier = [
        one for one in _within(around.before, event, span) if _is_view(one) and one.explanation not in BY_A_CASE
    ]
    before = {one.day for one in earlier}
    if not len(before) < limits["days"] <= len(before | {event.day}):
        return
    if ask.has_activity(event.person_id, event.actor_id, since=event.at - span, until=event.at):
        return
    data = {"within_days": limits["within_days"], "days": len(before | {event.day})}
    yield Finding(key=str(event.id), event=event, data=data, others=earlier)


def _w9(event: Seen, around: Around, limits: Limits, ask: Asks, registry: Registry) -> Iterator[Finding]:
    if event.result != "DONE" or event.actor_id is None:
        return
    others = [
        one
        for one in _within(around.before, event, timedelta(minutes=limits["two_terminals_minutes"]))
        if one.client and event.client and one.client != event.client
    ]
    if others:
        yield Finding(
            key=_daily(event, "TWO"),
            event=event,
            kind="TWO",
            data={"minutes": limits["two_terminals_minutes"]},
            others=others[-1:],
        )
    if event.action not in registry.reveals:
        return
    last = ask.last_reveal(event)
    if last is None:
        if limits["first_reveal"]:
            yield Finding(key=f"{event.actor_id}:FIRST", event=event, kind="FIRST")
    elif (idle := (event.at - last).days) >= limits["idle_days"]:
        yield Finding(key=_daily(event, "IDLE"), event=event, kind="IDLE", data={"days": idle})
    leaves = ask.leaves_on(event.actor_id, since=event.day)
    if leaves is not None and (leaves - event.day).days <= limits["before_leaving_days"]:
        days = (leaves - event.day).days
        yield Finding(key=_daily(event, "LEAVING"), event=event, kind="LEAVING", data={"days": days})
    if event.client and ask.is_new_terminal(event, since=event.at - limits["new_terminal_days"] * _DAY):
        yield Finding(key=_daily(event, "TERMINAL"), event=event, kind="TERMINAL")


def _rows_of(event: Seen) -> int:
    rows = event.details.get("count", 0)
    return rows if isinstance(rows, int) else 0


def _w10(event: Seen, around: Around, limits: Limits, ask: Asks, registry: Registry) -> Iterator[Finding]:
    if event.result != "DONE":
        return
    rows = _rows_of(event)
    if event.action in registry.of_kind(facts.NUMBER_EXPORT):
        yield Finding(key=str(event.id), event=event, kind="NUMBERS", data={"rows": rows})
        return
    earlier = [_rows_of(one) for one in around.before if one.result == "DONE"]
    limit = limits["rows"]
    if len(earlier) >= _ENOUGH_EXPORTS:
        limit = min(limit, max(_FEW_ROWS, int(limits["own_median_times"] * median(earlier))))
    if rows > limit:
        yield Finding(key=str(event.id), event=event, kind="ROWS", data={"rows": rows, "limit": limit})


def _w11(event: Seen, around: Around, limits: Limits, ask: Asks, registry: Registry) -> Iterator[Finding]:
    if event.result != "DONE" or event.actor_id is None:
        return
    openings = registry.of_kind(facts.OPENING)
    opened = next(
        (
            one
            for one in reversed(around.before)
            if one.action in openings and one.subject_id == event.subject_id and one.result == "DONE"
        ),
        None,
    )
    if opened is not None and (seconds := (event.at - opened.at).total_seconds()) < limits["seconds_open"]:
        yield Finding(key=str(event.id), event=event, kind="FAST", data={"seconds": round(seconds)}, others=[opened])
    approvals = [one for one in around.before if one.action == event.action and one.result == "DONE"]
    lately = _within(approvals, event, _MINUTE)
    if len(lately) + 1 > limits["per_minute"]:
        yield Finding(
            key=_daily(event, "BURST", f"{event.local:%H}"),
            event=event,
            kind="BURST",
            data={"count": len(lately) + 1},
            others=lately,
        )
    share = ask.share(event.subject_id, checker=event.actor_id, of=limits["of_items"], until=event.at)
    if share is None:
        return
    maker, mine, of = share
    if of >= limits["of_items"] and mine * 100 > limits["share_percent"] * of:
        yield Finding(
            key=f"{event.actor_id}:{maker}:{event.day:%Y-%m}",
            event=event,
            kind="SHARE",
            data={"of": of, "share": mine * 100 // of},
        )


def _w12(event: Seen, around: Around, limits: Limits, ask: Asks, registry: Registry) -> Iterator[Finding]:
    if event.actor_id is None or event.sealed_reason is None:
        return
    words = _bare(ask.words(event))
    if not words:
        return
    week = (event.day - timedelta(days=event.day.weekday())).isoformat()
    if len(words) < limits["shortest"]:
        data = {"shortest": limits["shortest"]}
        yield Finding(key=f"{event.actor_id}:SHORT:{week}", event=event, kind="SHORT", data=data)
    if is_mashed(words):
        yield Finding(key=f"{event.actor_id}:KEYS:{week}", event=event, kind="KEYS")
    same = [
        one
        for one in around.before
        if one.sealed_reason is not None
        and (one.day.year, one.day.month) == (event.day.year, event.day.month)
        and _bare(ask.words(one)) == words
    ]
    if len(same) + 1 >= limits["same_reason"]:
        mark = sha256(words.encode()).hexdigest()[:8]
        yield Finding(
            key=f"{event.actor_id}:SAME:{event.day:%Y-%m}:{mark}",
            event=event,
            kind="SAME",
            data={"count": len(same) + 1},
            others=same,
        )


def _bare(words: str) -> str:
    return "".join(unicodedata.normalize("NFKC", words).split()).casefold()


def is_mashed(words: str) -> bool:
    """Say whether ``words`` are one or two letters over and over, or a run along the keyboard."""
    text = _bare(words)
    if len(text) >= _RUN and (len(set(text)) <= 2 or re.fullmatch(r"(.{1,3})\1{2,}", text)):
        return True
    runs = (*_KEYBOARD, *(row[::-1] for row in _KEYBOARD))
    return len(text) >= _RUN and any(text in row * 2 for row in runs)


def _w13(event: Seen, around: Around, limits: Limits, ask: Asks, registry: Registry) -> Iterator[Finding]:
    if event.result != "DONE" or event.actor_id is None:
        return
    if event.action in registry.of_kind("rule_change"):
        yield Finding(key=str(event.id), event=event, kind="RULE")
    elif event.action in registry.of_kind(facts.UNPROTECTED):
        yield Finding(key=str(event.id), event=event, kind="PROTECTION")
    elif event.action in registry.of_kind("log_search"):
        if _is_about_a_colleague(event.details):
            yield Finding(key=_daily(event, "SEARCH"), event=event, kind="SEARCH")
    elif _is_view(event) and WITHOUT_CASES & set(event.roles.split(",")):
        yield Finding(key=_daily(event, "VIEW", event.person_id), event=event, kind="VIEW")


def _is_about_a_colleague(details: Mapping[str, Any]) -> bool:
    """Say whether a search of the record, of more than one's own doings, asked for a member of staff."""
    asked = details.get("fields")
    return isinstance(asked, list) and bool({"actor", "actor_id"} & set(asked)) and details.get("kind") != "own"


def _w14(event: Seen, around: Around, limits: Limits, ask: Asks, registry: Registry) -> Iterator[Finding]:
    why = str(event.details.get("code", ""))
    if why not in REFUSED_PROPERLY:
        yield Finding(key=_daily(event, event.action, why), event=event, kind="EVENT", data={"code": event.action})


def _w15(event: Seen, around: Around, limits: Limits, ask: Asks, registry: Registry) -> Iterator[Finding]:
    if _has_found(event):
        return
    misses = [
        one for one in _within(around.before, event, timedelta(minutes=limits["minutes"])) if not _has_found(one)
    ]
    if len(misses) == limits["misses"]:
        data = {"minutes": limits["minutes"], "count": len(misses) + 1}
        yield Finding(key=str(event.id), event=event, data=data, others=misses)


def _has_found(event: Seen) -> bool:
    return event.details.get("answer") == "FOUND"


def _w16(event: Seen, around: Around, limits: Limits, ask: Asks, registry: Registry) -> Iterator[Finding]:
    if _is_view(event) and event.person_id and ask.is_canary(event.person_id, at=event.at):
        yield Finding(key=_daily(event, event.person_id), event=event)


def _approvals_and_openings(registry: Registry) -> frozenset[str]:
    return registry.of_kind(facts.APPROVAL, facts.OPENING)


def _reveals_and_sign_ins(registry: Registry) -> frozenset[str]:
    return registry.reveals | registry.of_kind(facts.SIGN_IN)


def _all_of_w6(registry: Registry) -> frozenset[str]:
    return registry.looked | registry.of_kind(facts.SEARCH, facts.WORK)


def _all_of_w13(registry: Registry) -> frozenset[str]:
    return registry.looked | registry.of_kind("rule_change", facts.UNPROTECTED, "log_search")


LOGIC: Final[Mapping[str, Logic]] = MappingProxyType(
    {
        "W1": Logic(at=_reveals, judge=_w1),
        "W2": Logic(at=_looked, judge=_w2),
        "W3": Logic(at=_looked, judge=_w3),
        "W4": Logic(at=_looked, judge=_w4, by="person", company=_looked, back=lambda limits: limits["days"] * _DAY),
        "W5": Logic(at=_looked, judge=_w5, by="actor", company=_looked, back=lambda limits: _DAY),
        "W6": Logic(
            at=_looked,
            judge=_w6,
            by="actor",
            company=_all_of_w6,
            back=lambda limits: timedelta(minutes=limits["minutes"]),
            ahead=lambda limits: timedelta(minutes=limits["work_within_minutes"]),
        ),
        "W7": Logic(at=_looked, judge=_w7),
        "W8": Logic(
            at=_looked, judge=_w8, by="pair", company=_looked, back=lambda limits: limits["within_days"] * _DAY
        ),
        "W9": Logic(
            at=_reveals_and_sign_ins,
            judge=_w9,
            by="actor",
            company=lambda registry: registry.looked | registry.of_kind(facts.SIGN_IN),
            back=lambda limits: timedelta(minutes=limits["two_terminals_minutes"]),
        ),
        "W10": Logic(
            at=_of(facts.EXPORT, facts.NUMBER_EXPORT),
            judge=_w10,
            by="actor",
            company=_of(facts.EXPORT),
            back=lambda limits: 60 * _DAY,
        ),
        "W11": Logic(
            at=_of(facts.APPROVAL), judge=_w11, by="actor", company=_approvals_and_openings, back=lambda limits: _DAY
        ),
        "W12": Logic(
            at=_of(facts.REASONED), judge=_w12, by="actor", company=_of(facts.REASONED), back=lambda limits: 31 * _DAY
        ),
        "W13": Logic(at=_all_of_w13, judge=_w13),
        "W14": Logic(at=_of(facts.INTEGRITY), judge=_w14),
        "W15": Logic(
            at=_of(facts.LOOK_UP),
            judge=_w15,
            by="actor",
            company=_of(facts.LOOK_UP),
            back=lambda limits: timedelta(minutes=limits["minutes"]),
        ),
        "W16": Logic(at=_looked, judge=_w16),
    },
)


def start_of(day: date) -> datetime:
    """Return when a day begins in Japan."""
    return datetime.combine(day, time.min, tzinfo=JAPAN)
