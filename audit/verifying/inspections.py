"""What a verification asks beside the walk over the tree: guards, months, what waits, what is kept elsewhere.

Each function takes down what is wrong and returns nothing, or how much it looked at.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, Final, Protocol
from uuid import UUID

from django.conf import settings

from audit.ledger import facets, merkle, notes
from audit.sealing import anchors, origins, signing
from audit.verifying import references, rows, shapes
from audit.verifying.reading import MICROSECONDS, Ledger
from audit.verifying.shipped import SHIPPED

#: What a prune writes down (audit.pruning); its details name the month, its first position and how many.
MONTH_PRUNED: Final = "audit.month.pruned"
ORIGIN_RENEWED: Final = "audit.seal.origin_renewed"
#: How many entries that wait are looked at.
MOST_WAITING: Final = 10_000
#: How long a checkpoint may be without a signature beyond KYUFU_SIGN_SECONDS, and an anchor without the newest.
UNSIGNED_SECONDS: Final = 300
#: How many of the same kind are named one by one.
MOST_NAMED: Final = 100
_WITNESS_LINES: Final = 5_000
#: How many anchored checkpoints are compared at a time.
_NOTES: Final = 500
_DAY = 86_400 * 1_000_000
#: How far before the new entries a verification of those alone begins: transactions last, and so do sealers' pauses.
_BEFORE = 3_600 * 1_000_000
_JAPAN = timedelta(hours=9)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _shipped(kind: str) -> dict[str, dict[str, str]]:
    """Return what was shipped of a kind: by table, then by name."""
    found: dict[str, dict[str, str]] = {}
    for name, digest in SHIPPED.items():
        if name.startswith(f"{kind} "):
            table, _dot, own = name.removeprefix(f"{kind} ").partition(".")
            found.setdefault(table, {})[own] = digest
    return found


#: The guards of each of the record's tables, with what each is made of; all fire always.
GUARDS: Final = _shipped("trigger")
#: Keys, checks and columns of each of the record's tables.
CHECKS: Final = _shipped("check")
FUNCTIONS: Final = {
    name.removeprefix("function "): one for name, one in SHIPPED.items() if name.startswith("function ")
}


class Report(Protocol):
    """Takes a fault down."""

    def __call__(self, kind: str, words: str, position: int | None = None, event_id: UUID | None = None) -> None: ...


@dataclass(frozen=True, slots=True)
class Scope:
    """What is being verified: ``size`` entries; ``from_at`` is when the new ones begin, None for everything."""

    ledger: Ledger
    fault: Report
    notice: Callable[[str], None]
    size: int
    from_at: int | None


@dataclass(frozen=True, slots=True)
class Pruned:
    """A month whose entries were deleted after their period, as the entry at ``position`` (None: it waits) says."""

    month: str
    first: int
    last: int
    count: int
    position: int | None
    event_id: UUID


@dataclass(slots=True)
class Gone:
    """Months that were pruned and whose entries lie among each other: how many of them should be gone, and are.

    With an entry's place its time is gone too, so that nobody can say which of these months a place was of.
    """

    first: int
    last: int
    told: list[Pruned]
    seen: int = 0


def gone(pruned: Mapping[str, Pruned]) -> list[Gone]:
    """Return the ranges in which entries were pruned, those that touch as one."""
    joined: list[Gone] = []
    for one in sorted(pruned.values(), key=lambda one: one.first):
        if joined and one.first <= joined[-1].last + 1:
            joined[-1].last = max(joined[-1].last, one.last)
            joined[-1].told.append(one)
        else:
            joined.append(Gone(one.first, one.last, [one]))
    return joined


def month_of(micros: int) -> str:
    """Return the month in Japan, as ``2026-11``; "" for what is no date."""
    try:
        local = _EPOCH + timedelta(microseconds=micros) + _JAPAN
    except OverflowError:
        return ""
    return f"{local:%Y-%m}"


# ── the tables ───────────────────────────────────────────────────────────────────────────────────────────────────


def guards(ledger: Ledger, fault: Report) -> None:
    """Look whether the tables have their guards, on every month, as they were shipped, and nothing in their place."""
    _triggers(ledger, fault)
    _checks(ledger, fault)
    _functions(ledger, fault)
    for table, has_rules, has_policies, persistence in ledger.ask(
        "SELECT c.relname::text, c.relhasrules, c.relrowsecurity, c.relpersistence::text FROM pg_class c"
        " LEFT JOIN pg_class p ON c.relispartition AND p.oid = pg_partition_root(c.oid)"
        " WHERE c.relnamespace = 'audit'::regnamespace AND c.relkind IN ('r', 'p')"
        " AND coalesce(p.relname, c.relname) = ANY(%s)"
        " AND (c.relhasrules OR c.relrowsecurity OR c.relpersistence <> 'p')",
        (sorted(GUARDS),),
    ):
        what = "規則（RULE）" if has_rules else "行の見える範囲の制限" if has_policies else f"永続性（{persistence}）"
        fault("guard_bypassed", f"表 audit.{table} に、あるはずのない{what}があります")
    for parent, child in ledger.ask(
        "SELECT p.relname::text, c.oid::regclass::text FROM pg_inherits i JOIN pg_class p ON p.oid = i.inhparent"
        " JOIN pg_class c ON c.oid = i.inhrelid WHERE p.relnamespace = 'audit'::regnamespace AND p.relkind = 'r'"
    ):
        fault("guard_bypassed", f"表 audit.{parent} に、ほかの表 {child} の行が混ざります（継承）")


def _triggers(ledger: Ledger, fault: Report) -> None:
    there: dict[str, set[str]] = {table: set() for table in GUARDS}
    roots = {table: table for table in GUARDS}
    for table, root in ledger.ask(
        "SELECT c.relname::text, r.relname::text FROM pg_class c JOIN pg_class r ON r.oid = pg_partition_root(c.oid)"
        " WHERE c.relispartition AND c.relkind IN ('r', 'p') AND r.relnamespace = 'audit'::regnamespace"
    ):
        there[table], roots[table] = set(), root
    for one in shapes.triggers(ledger):
        what = f"表 audit.{one.table} の見張り（トリガー）{one.name}"
        if one.root not in GUARDS and one.table not in there:
            continue  # a table that somebody put beside the record's
        expected = GUARDS.get(one.root, {}).get(one.name)
        there.setdefault(one.table, set()).add(one.name)
        if one.state != "A":
            fault("guard_asleep", f"{what} が止められています")
        if expected is None:
            fault("guard_bypassed", f"{what} は、あるはずのないものです")
        elif expected != one.digest:
            fault("guard_changed", f"{what} の中身が、製品のものと違います")
    for table, names in sorted(there.items()):
        for name in sorted(set(GUARDS.get(roots[table], ())) - names):
            fault("guard_missing", f"表 audit.{table} の見張り（トリガー）{name} がありません")


def _checks(ledger: Ledger, fault: Report) -> None:
    there: dict[str, set[str]] = {table: set() for table in CHECKS}
    roots = {table: table for table in CHECKS}
    for one in shapes.checks(ledger):
        if one.root not in CHECKS:
            continue
        expected = CHECKS[one.root].get(one.name)
        there.setdefault(one.table, set()).add(one.name)
        roots[one.table] = one.root
        if expected != one.digest:
            words = "あるはずのないものです" if expected is None else "製品のものと違うか、確かめられていません"
            fault("guard_changed", f"表 audit.{one.table} の検査（制約）{one.name} が、{words}")
    for table, names in sorted(there.items()):
        for name in sorted(set(CHECKS[roots[table]]) - names):
            fault("guard_missing", f"表 audit.{table} の検査（制約）{name} がありません")


def _functions(ledger: Ledger, fault: Report) -> None:
    there = shapes.functions(ledger, [shapes.name_of(name) for name in FUNCTIONS])
    for name in sorted(there.keys() | FUNCTIONS.keys()):
        if name not in there:
            fault("guard_missing", f"関数 {name} がありません")
        elif name not in FUNCTIONS:
            fault("guard_bypassed", f"関数 {name} は、あるはずのないものです")
        elif there[name] != FUNCTIONS[name]:
            fault("guard_changed", f"関数 {name} の中身が、製品のものと違います")


_MONTH: Final = r"^%s_[0-9]{4}_(0[1-9]|1[0-2])$"


def months(ledger: Ledger, fault: Report, pruned: Mapping[str, Pruned]) -> None:
    """Look at the record's months: none is missing without a prune that says so, each holds what its name says."""
    for table, what in (("event", "記録"), ("leaf", "位置")):
        there = _months_of(ledger, table)
        for month in _between(there):
            if month not in there and month not in pruned:
                fault("month_missing", f"{month} の{what}の表（audit.{table}_{month.replace('-', '_')}）がありません")
        for name, is_month, is_part, bound, is_its_own in ledger.ask(
            # searches and prunes go by the names, entries by the bounds
            "SELECT c.oid::regclass::text, m.is_month, p.inhparent IS NOT NULL, coalesce(b.bound, ''),"
            " c.relkind = 'r' AND coalesce(parts[1]::timestamptz = m.begins AT TIME ZONE 'Asia/Tokyo'"
            "  AND parts[2]::timestamptz = (m.begins + interval '1 month') AT TIME ZONE 'Asia/Tokyo', false)"
            " FROM pg_class c LEFT JOIN pg_inherits p ON p.inhrelid = c.oid AND p.inhparent = %s::regclass,"
            " LATERAL (SELECT c.relname ~ %s AND c.relnamespace = 'audit'::regnamespace AS is_month) n,"
            " LATERAL (SELECT n.is_month, CASE WHEN n.is_month"
            "  THEN to_date(right(c.relname, 7), 'YYYY_MM')::timestamp END AS begins) m,"
            " LATERAL (SELECT pg_get_expr(c.relpartbound, c.oid) AS bound) b,"
            " LATERAL (SELECT regexp_match(b.bound,"
            r"  '^FOR VALUES FROM \(''([^'']+)''\) TO \(''([^'']+)''\)$') AS parts) r"
            " WHERE c.relkind IN ('r', 'p', 'f') AND (p.inhparent IS NOT NULL OR m.is_month) ORDER BY 1",
            (f"audit.{table}", _MONTH % table),
        ):
            if not is_part:
                fault("month_missing", f"{what}の表 {name} が、台帳から切り離されています")
            elif not is_month:
                fault("month_differs", f"{what}の表 {name} は、あるはずのないものです（{bound}）")
            elif not is_its_own:
                fault("month_differs", f"{what}の表 {name} の範囲が、名前の月と違います（{bound}）")


def has_month(ledger: Ledger, month: str) -> bool:
    """Say whether the record has this month's partition."""
    return month in _months_of(ledger, "event")


def _months_of(ledger: Ledger, table: str) -> set[str]:
    return {
        str(name).removeprefix(f"{table}_").replace("_", "-")
        for (name,) in ledger.ask(
            "SELECT c.relname::text FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
            " WHERE i.inhparent = %s::regclass AND c.relname ~ %s",
            (f"audit.{table}", _MONTH % table),
        )
    }


def _between(months: Iterable[str]) -> Iterator[str]:
    known = sorted(months)
    if not known:
        return
    year, month = map(int, known[0].split("-"))
    while f"{year:04}-{month:02}" <= known[-1]:
        yield f"{year:04}-{month:02}"
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)


def pruned_months(ledger: Ledger, mac_key: bytes | None) -> dict[str, Pruned]:
    """Return the months that entries say were pruned. An entry that the application did not write says nothing.

    A month is gone as soon as its entry is committed, which is a moment before that has a position.
    """
    found = {}
    entries: list[tuple[int | None, UUID, bytes, dict[str, Any]]] = [
        *ledger.entries_of(MONTH_PRUNED),
        *((None, *entry) for entry in ledger.waiting_entries_of(MONTH_PRUNED)),
    ]
    for position, event_id, body, details in entries:
        if (mac_key is not None and not rows.is_authentic(body, mac_key)) or not rows.done_by(body)[0]:
            continue
        month, first, count = details.get("month"), details.get("first"), details.get("count")
        if not isinstance(month, str) or not _IS_MONTH(month) or type(first) is not int or type(count) is not int:
            continue
        last = details.get("last", first + count - 1)
        if type(last) is int:
            found[month] = Pruned(month, first, last, count, position, event_id)
    return found


_IS_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])", re.ASCII).fullmatch


def pruned_as_told(scope: Scope, found: Iterable[Gone]) -> None:
    """Hold what is missing of pruned months against what was written down."""
    for one in found:
        count = sum(told.count for told in one.told)
        if one.seen != count:
            months = "、".join(told.month for told in one.told)
            words = f"{months} の削除は {count} 件と記録されていますが、実際にないのは {one.seen} 件です"
            scope.fault("pruned_differs", words, one.told[0].position, one.told[0].event_id)


# ── what has no position ─────────────────────────────────────────────────────────────────────────────────────────


def leaves_beyond(scope: Scope, gone_of: Callable[[], int]) -> None:
    """Look for positions that no walk comes to: before the first, or that no checkpoint covers; and count them all."""
    for position, event_id in scope.ledger.ask(
        "SELECT idx, event_id FROM audit.leaf"
        " WHERE idx >= greatest((SELECT max(size) FROM audit.checkpoint), %s) ORDER BY idx LIMIT %s",
        (scope.size, MOST_NAMED),
    ):
        scope.fault("position_beyond", "どのチェックポイントにも入っていない位置です", position, event_id)
    for position, event_id in scope.ledger.ask(
        "SELECT idx, event_id FROM audit.leaf WHERE idx < 0 OR idx IS NULL ORDER BY idx LIMIT %s", (MOST_NAMED,)
    ):
        scope.fault("position_beyond", "位置が 0 より前にあるか、ありません", position, event_id)
    if scope.from_at is not None:
        return
    before = gone_of()
    size, count = scope.ledger.ask(
        "SELECT (SELECT max(size) FROM audit.checkpoint), (SELECT count(*) FROM audit.leaf)"
    )[0]
    surplus = count - ((size or 0) - before)
    if surplus > 0 and gone_of() == before:
        words = (
            f"位置の表に {count} 行あり、台帳（{size or 0} 件）から削除した月の {before} 件を除いた数より"
            f" {surplus} 行多くあります"
        )
        scope.fault("position_beyond", words)


def unsealed(scope: Scope) -> None:
    """Look for entries that neither have a position nor wait for one, and at the queue itself."""
    for first, end in (*periods(scope), *_between_periods(scope)):
        events, leaves, waiting = scope.ledger.ask(
            "SELECT (SELECT count(*) FROM audit.event WHERE at >= %s::timestamptz AND at < %s::timestamptz),"
            " (SELECT count(*) FROM audit.leaf WHERE event_at >= %s::timestamptz AND event_at < %s::timestamptz),"
            " (SELECT count(*) FROM audit.pending p WHERE p.at >= %s::timestamptz AND p.at < %s::timestamptz"
            "  AND NOT EXISTS (SELECT FROM audit.leaf l WHERE l.event_at = p.at AND l.event_id = p.id))",
            (first, end) * 3,
        )[0]
        if events == leaves + waiting:
            continue
        for event_id, at in scope.ledger.ask(
            f"SELECT e.id, {MICROSECONDS.format('e.at')} FROM audit.event e"  # noqa: S608  (a constant)
            " WHERE e.at >= %s::timestamptz AND e.at < %s::timestamptz"
            " AND NOT EXISTS (SELECT FROM audit.leaf l WHERE l.event_at = e.at AND l.event_id = e.id)"
            " AND NOT EXISTS (SELECT FROM audit.pending p WHERE p.id = e.id AND p.at = e.at) ORDER BY e.at LIMIT %s",
            (first, end, MOST_NAMED),
        ):
            words = f"封印されておらず、封印待ちにもありません（{_local(at)}）"
            scope.fault("unqueued", words, None, event_id)
    for event_id, is_there, is_same, is_sealed in scope.ledger.ask(
        "SELECT p.id, e.id IS NOT NULL, coalesce(e.leaf = p.leaf, false), l.event_id IS NOT NULL"
        " FROM audit.pending p LEFT JOIN audit.event e ON e.id = p.id AND e.at = p.at"
        " LEFT JOIN audit.leaf l ON l.event_at = p.at AND l.event_id = p.id"
        " WHERE e.id IS NULL OR e.leaf IS DISTINCT FROM p.leaf OR l.event_id IS NOT NULL ORDER BY p.at LIMIT %s",
        (MOST_NAMED,),
    ):
        if is_sealed:
            scope.fault("queued_twice", "封印済みの記録が、もう一度封印待ちになっています", None, event_id)
        elif not is_there:
            scope.fault("event_missing", "封印待ちの記録の本体がありません（削除されています）", None, event_id)
        elif not is_same:
            scope.fault("leaf_differs", "封印待ちの葉のハッシュが、記録と違います", None, event_id)
    late = scope.ledger.ask(
        f"SELECT count(*), {MICROSECONDS.format('min(at)')}, (array_agg(id ORDER BY at))[1] FROM audit.pending"  # noqa: S608
        " WHERE at < clock_timestamp() - interval '1 minute'"
    )[0]
    if late[0]:
        words = (
            f"{late[0]} 件が1分を超えて封印を待っています（最も古いものは {_local(late[1])}）。"
            "封印の処理を確認してください"
        )
        scope.fault("waiting_long", words, None, late[2])


def ids_used_twice(scope: Scope) -> None:
    """Look for entries of one id and two times: whoever asks for the id would be shown one of them."""
    if scope.from_at is not None:
        return  # a new one says when it was made: checked one by one
    for event_id, count in scope.ledger.ask(
        "SELECT event_id, count(*) FROM (SELECT event_id FROM audit.leaf UNION ALL SELECT p.id FROM audit.pending p"
        "  WHERE NOT EXISTS (SELECT FROM audit.leaf l WHERE l.event_at = p.at AND l.event_id = p.id)) every"
        " GROUP BY event_id HAVING count(*) > 1 LIMIT %s",
        (MOST_NAMED,),
    ):
        scope.fault("id_twice", f"同じ記録番号が {count} 件の記録にあります", None, event_id)


def unsigned(scope: Scope) -> None:
    """Ask whether the newest checkpoint has had time to be signed, and was not."""
    seconds = settings.KYUFU_SIGN_SECONDS + UNSIGNED_SECONDS
    found = scope.ledger.ask(
        f"SELECT c.size, {MICROSECONDS.format('c.sealed_at')} FROM audit.checkpoint c"  # noqa: S608  (a constant)
        " WHERE c.size > (SELECT coalesce(max(newest.size), 0) FROM audit.origin o, LATERAL"
        "  (SELECT n.size FROM audit.note n WHERE n.origin = o.origin ORDER BY n.size DESC LIMIT 1) newest)"
        # a signer that was away begins with what it missed
        " AND greatest(c.sealed_at, pg_postmaster_start_time()) < clock_timestamp() - make_interval(secs => %s)"
        " ORDER BY c.size LIMIT 1",
        (seconds,),
    )
    for size, at in found:
        words = f"{_local(at)} に封印した {size} 件のチェックポイントにも、それより後にも、署名がありません"
        scope.fault("checkpoint_unsigned", words, size - 1)


def periods(scope: Scope) -> list[tuple[datetime, datetime]]:
    """Return the months to look at, of those that are there."""
    months = sorted(_months_of(scope.ledger, "event") | _months_of(scope.ledger, "leaf"))
    first = _EPOCH
    if scope.from_at is not None:
        months = [month for month in months if month >= month_of(scope.from_at - _BEFORE)]
        first = _EPOCH + timedelta(microseconds=scope.from_at - _BEFORE)
    found = []
    for month in months:
        begins, ends = _bounds(month)
        found.append((max(begins, first), ends))
    return found


def _between_periods(scope: Scope) -> list[tuple[str, str]]:
    """Return what lies outside the months that are there, where no entry should be: there is little to read."""
    if scope.from_at is not None:
        return []
    ends = [moment.isoformat() for period in periods(scope) for moment in period]
    edges = ["-infinity", *ends, "infinity"]
    return [(first, end) for first, end in zip(edges[::2], edges[1::2], strict=True) if first != end]


def bounds(month: str) -> tuple[int, int]:
    """Return where a month begins and ends, in microseconds."""
    begins, ends = _bounds(month)
    return (begins - _EPOCH) // timedelta(microseconds=1), (ends - _EPOCH) // timedelta(microseconds=1)


def _bounds(month: str) -> tuple[datetime, datetime]:
    year, number = map(int, month.split("-"))
    following = (year + 1, 1) if number == 12 else (year, number + 1)
    return (
        datetime(year, number, 1, tzinfo=UTC) - _JAPAN,
        datetime(*following, 1, tzinfo=UTC) - _JAPAN,
    )


def _local(micros: int) -> str:
    try:
        return f"{_EPOCH + timedelta(microseconds=micros) + _JAPAN:%Y-%m-%d %H:%M:%S}"
    except OverflowError:
        return "日時ではない値"


def as_values(ledger: Ledger, event: rows.Row) -> dict[str, Any]:
    """Return the columns of an entry as values, to say which of them differ."""
    found = ledger.ask(
        "SELECT id, (extract(epoch FROM at) * 1000000)::bigint, action, result, actor_id, actor_roles, actor_section,"
        " subject_kind, subject_id, subject_label, person_id, purpose, explanation, sealed_reason, details::text,"
        " host(client) || '/' || masklen(client), session, request_id FROM audit.event"
        " WHERE id = %s AND at = 'epoch'::timestamptz + %s * interval '1 microsecond'",
        (UUID(bytes=bytes(event[0] or b"")), rows.moment(bytes(event[1] or b""))),
    )
    if not found:
        return {}
    values = dict(zip(rows.EVENT_COLUMNS, found[0], strict=False))
    values["at"] = _EPOCH + timedelta(microseconds=values["at"])
    if values["sealed_reason"] is not None:
        values["sealed_reason"] = bytes(values["sealed_reason"])
    return values


# ── what was counted, and what must have an entry ────────────────────────────────────────────────────────────────


def tallies(scope: Scope, pruned: Mapping[str, Pruned]) -> None:
    """Count the sealed entries of each day anew and hold them against what the charts are drawn from."""
    for first, end in periods(scope):
        day, last = _local_date(first), _local_date(end - timedelta(microseconds=1))
        if f"{day:%Y-%m}" in pruned:
            continue
        begins = datetime(day.year, day.month, day.day, tzinfo=UTC) - _JAPAN
        for table, columns, selected, condition in _TALLIES:
            wrong = scope.ledger.ask(
                f"WITH counted AS (SELECT {selected}, count(*) AS n FROM audit.event e"  # noqa: S608  (this module's)
                f" WHERE e.at >= %s::timestamptz AND e.at < %s::timestamptz {condition}"
                " AND NOT EXISTS (SELECT FROM audit.pending p WHERE p.id = e.id)"
                f" GROUP BY {columns}), kept AS (SELECT {columns}, n FROM audit.{table}"
                " WHERE day BETWEEN %s::date AND %s::date)"
                " SELECT to_char(day, 'YYYY-MM-DD'), coalesce(sum(kept.n), 0)::bigint,"
                " coalesce(sum(counted.n), 0)::bigint"
                f" FROM kept FULL JOIN counted USING ({columns}) WHERE kept.n IS DISTINCT FROM counted.n"
                " GROUP BY day ORDER BY day LIMIT %s",
                (begins, end, day.isoformat(), last.isoformat(), MOST_NAMED),
            )
            for on, kept, counted in wrong:
                words = (
                    f"{on} の集計（audit.{table}）が記録と違います：違う欄の合計は集計 {kept} 件、記録 {counted} 件"
                )
                scope.fault("tally_differs", words)


_ON = "(e.at AT TIME ZONE 'Asia/Tokyo')::date AS day"
_TALLIES: Final = (
    (
        "tally_hour",
        "day, hour, section, action",
        f"{_ON}, extract(hour FROM e.at AT TIME ZONE 'Asia/Tokyo')::smallint AS hour,"
        " e.actor_section AS section, e.action",
        "",
    ),
    ("tally_actor", "day, actor_id, action", f"{_ON}, e.actor_id, e.action", "AND e.actor_id IS NOT NULL"),
)


def _local_date(at: datetime) -> date:
    return (at + _JAPAN).date()


def unreferenced(scope: Scope, pruned: Mapping[str, Pruned]) -> None:
    """Ask what happened elsewhere and has no entry."""
    for reference in references.every():
        is_allowed = scope.ledger.value(
            "SELECT CASE WHEN has_schema_privilege(%s, 'USAGE') THEN has_function_privilege(%s, 'EXECUTE') END",
            (reference.function.split(".")[0], reference.function),
        )
        if not is_allowed:
            scope.notice(f"「{reference.words}」は、この利用者では確かめられません")
            continue
        for event_id, micros in scope.ledger.ask(
            f"SELECT event_id, {MICROSECONDS.format('used_at')} FROM {reference.function}"  # noqa: S608  (declared by an app)
        ):
            if month_of(micros) not in pruned:
                scope.fault("entry_missing", f"{reference.words}（{_local(micros)}）", None, event_id)


# ── what is kept elsewhere ───────────────────────────────────────────────────────────────────────────────────────


class Judge:
    """Holds checkpoints that are kept outside the database against the ledger."""

    def __init__(
        self,
        scope: Scope,
        known: Mapping[str, origins.Origin],
        root: Callable[[int], bytes | None],
        mac_key: bytes | None,
        pruned: Mapping[str, Pruned],
    ) -> None:
        self.scope = scope
        self.origins = known
        self._computed = root
        self._size = scope.ledger.size()[0]
        self._roots: dict[int, bytes] = {}
        self._texts: set[str] = set()
        self._noted: set[tuple[str, int]] = set()
        self._renewed = renewed(scope.ledger, known, mac_key, is_told_again=bool(pruned))

    def load(self, held: Sequence[str], since: int) -> None:
        """Read what the database has of the same sizes, which the walk has verified from ``since`` on."""
        sizes = [size for size in map(_size_of, held) if size >= since]
        ask = self.scope.ledger.ask
        found = ask("SELECT size, root FROM audit.checkpoint WHERE size = ANY(%s::bigint[])", (sizes,))
        self._roots = {size: bytes(root) for size, root in found}
        found = ask("SELECT text, origin, size FROM audit.note WHERE size = ANY(%s::bigint[])", (sizes,))
        self._texts = {text for text, _origin, _size in found}
        self._noted = {(origin, size) for _text, origin, size in found}
        self._since = since

    def trouble_with(self, note: str | bytes) -> tuple[str, int | None]:
        """Return in words why ``note`` does not fit, "" when it does, and at which position."""
        try:
            claimed = notes.read_checkpoint(note)
            origin = self.origins.get(claimed.origin)
            if origin is None:
                return "この台帳にない台帳名です", None
            if note not in self._texts:
                notes.open_checkpoint(note, [origin.key])
        except (notes.MalformedNoteError, notes.BadSignatureError) as error:
            return str(error), None
        words, position = self.trouble(claimed.origin, claimed.size, claimed.root)
        is_given_up = any(
            one.after_origin == claimed.origin and claimed.size > (one.after_size or 0)
            for one in self.origins.values()
        )
        if (
            not words
            and not is_given_up
            and claimed.size >= self._since
            and (claimed.origin, claimed.size) not in self._noted
        ):
            return f"署名した {claimed.size} 件のチェックポイントが、台帳からなくなっています", max(
                claimed.size - 1, 0
            )
        return words, position

    def trouble(self, origin: str, size: int, root: bytes) -> tuple[str, int | None]:
        """Return in words why a tree that was signed is not the beginning of this one, and at which position."""
        follower = next((one for one in self.origins.values() if one.after_origin == origin), None)
        if follower is not None and size > (follower.after_size or 0):
            if follower.name in self._renewed:
                self.scope.notice(f"{follower.name} への切替えで捨てられた枝のチェックポイントがあります")
                return "", None
            return f"台帳名 {follower.name} への切替えの記録がありません", size - 1
        if size > self._size:
            self._size = self.scope.ledger.size()[0]
        if size > self._size:
            return (
                f"台帳（{self.scope.size} 件）は、署名した {size} 件に届きません。古い状態に戻されています",
                self.scope.size,
            )
        if (self._roots.get(size) or self._computed(size)) != root:
            words = f"台帳の先頭 {size} 件が、署名したときの内容と違います。書き換えて署名し直した疑いがあります"
            return words, max(size - 1, 0)
        return "", None


def renewed(
    ledger: Ledger, known: Mapping[str, origins.Origin], mac_key: bytes | None, *, is_told_again: bool
) -> set[str]:
    """Return the names whose beginning two people's entries tell: after which name, where, and with which root.

    ``is_told_again``: where months were pruned, an entry of nobody's may tell what two people's told that are gone.
    """
    told: dict[str, set[int | None]] = {}
    for _position, _event, body, details in ledger.entries_of(ORIGIN_RENEWED):
        if mac_key is not None and not rows.is_authentic(body, mac_key):
            continue
        origin = details.get("origin")
        one = known.get(origin) if isinstance(origin, str) else None
        if one is None or one.after_root is None:
            continue
        after = (one.after_origin, one.after_size, one.after_root.hex())
        is_done, actor = rows.done_by(body)
        if is_done and after == tuple(details.get(f"after_{name}") for name in ("origin", "size", "root")):
            told.setdefault(one.name, set()).add(actor)
    return {name for name, actors in told.items() if len(actors - {None}) > 1 or (is_told_again and None in actors)}


def _size_of(note: str) -> int:
    try:
        return notes.read_checkpoint(note).size
    except notes.MalformedNoteError:
        return -1


def anchored(judge: Judge, since: int) -> int:
    """Hold the anchors' checkpoints, all or those of the last days, against the ledger; return how many there are."""
    count = 0
    signed = _Signed(judge.scope)
    for number, directory in enumerate(map(Path, settings.KYUFU_ANCHORS), 1):
        try:
            days = sorted(path for path in directory.glob("*.log"))
        except OSError:
            days = []
        newest = directory / anchors.NEWEST
        if not days and not newest.exists():
            judge.scope.notice(f"保管先 {number} に、チェックポイントがまだありません")
            continue
        for words in signed.missing_in(number, newest, days):
            judge.scope.fault("anchor_missing", words)
        if judge.scope.from_at is not None:
            first = _local_date(_EPOCH + timedelta(microseconds=judge.scope.from_at - _DAY)).isoformat()
            days = [path for path in days if path.stem >= first]
        for path in (*days, newest):
            try:
                held = iter([path.read_text("utf-8", "replace")]) if path == newest else anchors.notes_in(path)
                while part := list(islice(held, _NOTES)):
                    judge.load(part, since)
                    for note in part:
                        count += 1
                        words, position = judge.trouble_with(note)
                        if words:
                            where = f"保管先 {number} の {path.name}"
                            judge.scope.fault("anchor_differs", f"{where}：{words}", position)
                            break
                    else:
                        continue
                    break  # what follows the first that does not fit does not fit either
            except FileNotFoundError:
                judge.scope.fault("anchor_differs", f"保管先 {number} の {path.name} がありません")
            except OSError as error:
                judge.scope.fault(
                    "anchor_unreadable", f"保管先 {number} の {path.name} を読めません（{error.strerror}）"
                )
    return count


class _Signed:
    """What was signed when, as the database has it: an anchor that has less has lost something, or was away."""

    def __init__(self, scope: Scope) -> None:
        self._notice = scope.notice
        #: The largest tree that every anchor has had time to get.
        self._size: int = scope.ledger.value(
            "SELECT coalesce(max(newest.size), 0) FROM audit.origin o, LATERAL (SELECT n.size FROM audit.note n"
            " WHERE n.origin = o.origin AND n.signed_at < clock_timestamp() - make_interval(secs => %s)"
            " ORDER BY n.size DESC LIMIT 1) newest",
            (UNSIGNED_SECONDS,),
        )
        #: Days with signatures, but for those beside midnight: they may stand in the file of either day.
        self._days: list[str] = []
        if scope.from_at is None:
            found = scope.ledger.ask(
                "SELECT DISTINCT to_char(signed_at AT TIME ZONE 'Asia/Tokyo', 'YYYY-MM-DD') FROM audit.note"
                " WHERE (signed_at AT TIME ZONE 'Asia/Tokyo')::time BETWEEN '00:01' AND '23:59' ORDER BY 1"
            )
            self._days = [str(day) for (day,) in found]

    def missing_in(self, number: int, newest: Path, days: Sequence[Path]) -> Iterator[str]:
        """Say what an anchor should have and has not. One that was set up later has nothing of before: a notice."""
        there = {path.stem for path in days}
        if not there:
            yield f"保管先 {number} に、日ごとのファイルがありません"
        elif gone := [day for day in self._days if min(there) < day < max(there) and day not in there]:
            listed = "、".join(gone[:10])
            yield f"保管先 {number} に、署名のあった日のファイルがありません（{listed}、全部で {len(gone)} 日）"
        if there and self._days and self._days[0] < min(there):
            self._notice(f"保管先 {number} の控えは {min(there)} からです（署名は {self._days[0]} から）")
        try:
            held = max(0, _size_of(newest.read_text("utf-8", "replace")))
        except OSError:
            return  # said where it is read
        if held < self._size:
            newer = f"署名した {self._size} 件"
            yield f"保管先 {number} の最新のチェックポイント（{held} 件）が、{newer}より古くなっています"


def last_signed(judge: Judge) -> None:
    """Hold what the signer remembers of its last signature against the ledger, where this process may read it."""
    directory = Path(settings.KYUFU_SEALER_DIR)
    try:
        (directory / signing.STATE_FILE).read_bytes()
    except OSError:
        judge.scope.notice("署名の処理の控え（last-signed）は、ここからは読めないため照らし合わせていません")
        return
    try:
        last = signing.read_last(directory)
    except signing.SigningRefusedError as error:
        judge.scope.fault("last_signed_differs", str(error))
        return
    if last is not None:
        words, position = judge.trouble(last.origin, last.size, last.root)
        if last.origin not in judge.origins:
            words, position = "この台帳にない台帳名です", None
        if words:
            judge.scope.fault("last_signed_differs", f"最後に署名した控え：{words}", position)


def origins_in_line(known: Mapping[str, origins.Origin], fault: Callable[..., None]) -> None:
    """Look whether each name but the first goes on from another one."""
    if known and sum(one.after_origin is None for one in known.values()) != 1:
        fault("origin_differs", "最初の台帳名が1つではありません")
    for one in known.values():
        if one.after_origin is not None and one.after_origin not in known:
            fault("origin_differs", f"台帳名 {one.name} の前の名前がありません")


def witnessed(scope: Scope, pruned: Mapping[str, Pruned]) -> int:
    """Look for the entry of every line that was written outside the database; return how many lines there are."""
    lines = _Lines(scope, pruned)
    expected = lines.expected_by_day() if scope.from_at is None else {}
    since = _EPOCH if scope.from_at is None else _EPOCH + timedelta(microseconds=scope.from_at - _BEFORE)
    first = since.isoformat().encode()  # times of one form sort as texts
    for path in _witness_files(scope):
        try:
            with path.open("rb") as file:
                held_lines = ((n, line) for n, line in enumerate(file, 1) if line >= first or not line[:1].isdigit())
                while held := list(islice(held_lines, _WITNESS_LINES)):
                    lines.look_for(path.name, held)
        except OSError as error:
            scope.fault("witness_unreadable", f"証人のファイル {path.name} を読めません（{error.strerror}）")
    if expected:
        lines.compare(expected)
    return lines.count


def _witness_files(scope: Scope) -> list[Path]:
    try:
        found = sorted(Path(settings.KYUFU_WITNESS_DIR).glob("*.log"))
    except OSError:
        return []
    if scope.from_at is not None:
        first = _local_date(_EPOCH + timedelta(microseconds=scope.from_at - 2 * _DAY)).isoformat()
        found = [path for path in found if path.name[:10] >= first]
    return found


class _Lines:
    """The lines of the witness: for each its entry, and for each day how many entries have one."""

    def __init__(self, scope: Scope, pruned: Mapping[str, Pruned]) -> None:
        self.scope = scope
        self.count = 0
        self._pruned = pruned
        self._found: dict[str, int] = {}
        self._first: datetime | None = None
        self._sealing = [
            facets.action(action)
            for (action,) in scope.ledger.ask(
                "SELECT DISTINCT action FROM audit.tally_hour WHERE action LIKE 'audit.seal.%%'", ()
            )
        ]

    def expected_by_day(self) -> dict[str, int]:
        """Return how many sealed entries each day has in Japan, but for the sealer's: its lines may be elsewhere."""
        found = self.scope.ledger.ask(
            "SELECT to_char(day, 'YYYY-MM-DD'), sum(n)::bigint FROM audit.tally_hour"
            " WHERE action NOT LIKE 'audit.seal.%%' GROUP BY day ORDER BY day",
            (),
        )
        return {day: count for day, count in found if day[:7] not in self._pruned}

    def look_for(self, name: str, lines: Sequence[tuple[int, bytes]]) -> None:
        """Look for the leaves of some lines, which are asked for as their moments and one text of all hashes."""
        moments: list[str] = []
        leaves: list[bytes] = []
        said: list[tuple[int, str, int, datetime]] = []
        for number, line in lines:
            if line == b"\n":
                continue  # after one that was cut off
            if not line.endswith(b"\n"):
                # being written, or cut off with its process; the next one begins a line of its own
                self.scope.notice(f"証人のファイル {name} の最後の行（{number} 行目）が途中で終わっています")
                continue
            try:
                at, moment, writer, n, leaf = _line(line)
            except ValueError:
                self.scope.fault("witness_unreadable", f"証人のファイル {name} の {number} 行目の形が違います")
                continue
            moments.append(at)
            leaves.append(leaf)
            said.append((number, writer, n, moment))
        if not said:
            return
        self.count += len(said)
        earliest = min(moment for _number, _writer, _n, moment in said)
        self._first = min(self._first or earliest, earliest)
        taken: set[bytes] = set()
        for ordinal, is_there, is_sealed in self.scope.ledger.ask(
            "SELECT w.n::bigint, l.hash IS NOT NULL OR EXISTS"
            "  (SELECT FROM audit.pending p WHERE p.at = w.at AND p.leaf = w.leaf),"
            " l.hash IS NOT NULL AND NOT l.facets && %s::bigint[]"
            " FROM (SELECT at, n, substr(every.leaf, (n::integer - 1) * 32 + 1, 32) AS leaf"
            "  FROM (SELECT %s::bytea AS leaf) every, unnest(%s::timestamptz[]) WITH ORDINALITY AS lines (at, n)) w"
            " LEFT JOIN audit.leaf l ON l.event_at = w.at AND l.hash = w.leaf ORDER BY w.n",
            (self._sealing, b"".join(leaves), f"{{{','.join(moments)}}}"),
        ):
            number, writer, n, moment = said[ordinal - 1]
            leaf = leaves[ordinal - 1]
            if is_sealed and leaf not in taken:
                taken.add(leaf)
                day = _local_date(moment).isoformat()
                self._found[day] = self._found.get(day, 0) + 1
            micros = (moment - _EPOCH) // timedelta(microseconds=1)
            if is_there or month_of(micros) in self._pruned:
                continue
            words = (
                f"証人（{name} の {number} 行目、{_local(micros)}）が見た記録（書込み系列 {writer} の {n} 番）が、"
                "台帳にも封印待ちにもありません（封印の前に削除されています）"
            )
            self.scope.fault("witnessed_gone", words)

    def compare(self, expected: dict[str, int]) -> None:
        """Hold how many entries have a line against how many there are, from the first line on."""
        if self._first is None:
            self.scope.notice(
                "証人のファイルに行がありません。封印の前に消された記録があっても、証人からは分かりません"
            )
            return
        day = _local_date(self._first)
        begins = datetime(day.year, day.month, day.day, tzinfo=UTC) - _JAPAN
        expected[day.isoformat()] = self.scope.ledger.value(
            "SELECT count(*) FROM audit.leaf l WHERE l.event_at >= %s AND l.event_at < %s AND l.idx < %s"
            " AND NOT l.facets && %s::bigint[]",
            (self._first, begins + timedelta(days=1), self.scope.size, self._sealing),
        )
        last = max(self._found, default="")
        missing = 0
        for on, count in sorted(expected.items()):
            if on < day.isoformat():
                continue
            missing += max(0, count - self._found.get(on, 0))
            if on < last and count and not self._found.get(on):
                words = f"{on} の証人の行が1つもありません（その日の記録は {count} 件、前後の日の行はあります）"
                self.scope.fault("witness_missing", words)
        if missing:
            self.scope.notice(f"証人に行のない記録が {missing} 件あります")


def _line(line: bytes) -> tuple[str, datetime, str, int, bytes]:
    """Return what a line of the witness says: the moment as it stands and as one, writer, count, leaf."""
    at, writer, n, leaf = line.decode("ascii").split()
    moment = datetime.fromisoformat(at)
    found = bytes.fromhex(leaf)
    if moment.tzinfo is None or len(found) != merkle.HASH_BYTES:
        raise ValueError
    return at, moment, writer, int(n), found
