"""The only code that lets months of the record go: asked by one records keeper, decided by another, done by a worker.

What goes are the entries. Their hashes stay in the tree, so that every proof and checkpoint of the rest holds as
before, and an entry of the record says which month went, from where to where and how many.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import DatabaseError, connection, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from audit import actions, journal
from audit.ledger.facets import JAPAN
from audit.models import Event, MonthPruning, PruningOutcome, RecordRetention, Result
from audit.watching.people import Reader
from audit.watching.refusals import Refusal, Refused, is_guard

logger = logging.getLogger(__name__)

PERMISSION: Final = "audit.prune_event"
SHORTEST: Final = 10
LONGEST: Final = 1000
#: How long an approved month is left alone after something stood in the way.
REST: Final = timedelta(minutes=5)
#: What kept the tables from being had in time; the guards of the database name themselves.
BUSY: Final = "record_is_busy"
_SUBJECT: Final = "audit.monthpruning"
_LOCK_NOT_AVAILABLE, _UNIQUE_VIOLATION, _DEADLOCK = "55P03", "23505", "40P01"
#: To hold a month's entries against their places takes longer than a page may.
_PIECE_MILLISECONDS: Final = 300_000
_STEPS: Final = {
    PruningOutcome.APPROVED: actions.PRUNING_APPROVED,
    PruningOutcome.REJECTED: actions.PRUNING_REJECTED,
    PruningOutcome.WITHDRAWN: actions.PRUNING_WITHDRAWN,
}


@dataclass(frozen=True, slots=True)
class Extent:
    """Where a month's entries lie in the ledger; those of the months beside it may lie among them."""

    first: int | None
    last: int | None
    count: int


@dataclass(frozen=True, slots=True)
class Month:
    """A month whose entries are still there and whose period is over."""

    month: date
    count: int
    pruning: MonthPruning | None


def retention() -> RecordRetention:
    """Return how long entries are kept."""
    return RecordRetention.objects.get()


def set_years(years: int, *, reason: str) -> None:
    """Set how long entries are kept, on record. Only the role that owns the tables can.

    Raises ``django.db.DatabaseError`` for anybody else, and for fewer than five years.
    """
    with transaction.atomic():
        RecordRetention.objects.update(years=years)
        journal.record(
            actions.RETENTION_CHANGED,
            by=None,
            subject=journal.Subject(kind="audit.recordretention", id="1"),
            reason=reason,
            details={"count": years},
        )


def extent(month: date) -> Extent:
    """Return where a month's entries lie in the ledger."""
    return Extent(*_asked("SELECT first, last, count FROM audit.month_extent(%s)", [month]))


def keeps(month: date) -> str:
    """Return the name of what keeps ``month`` from being let go today, "" when nothing does."""
    return str(_asked("SELECT audit.why_month_stays(%s)", [month])[0])


def over() -> list[Month]:
    """Return the months that are there and whose period is over, the earliest first, with as many as were counted."""
    with connection.cursor() as cursor:
        cursor.execute(_OVER)
        found = cursor.fetchall()
    open_ones = {one.month: one for one in MonthPruning.objects.filter(_OPEN)}
    return [Month(month, count, open_ones.get(month)) for month, count in found]


def history(*, most: int = 100) -> list[MonthPruning]:
    """Return what was asked, the newest first."""
    return list(MonthPruning.objects.order_by("-asked_at")[:most])


def is_stalled(one: MonthPruning, *, at: datetime) -> bool:
    """Say whether nobody has tried to let an approved month go although it was time: no worker runs."""
    last = one.tried_at or one.decided_at
    return one.is_due and last is not None and at - last > 2 * REST


def why_not_ask(month: date, *, by: Reader) -> Refusal | None:
    """Return why ``by`` may not ask that ``month`` be let go, or None when they may."""
    if not by.has_perm(PERMISSION):
        return Refusal("not_permitted", _("操作記録の削除を扱うのは、保存・鍵管理者です。"))
    if MonthPruning.objects.filter(_OPEN, month=month).exists():
        return Refusal("already_asked", _("この月の削除は、もう申請されています。"))
    if name := keeps(month):
        return Refusal(name, sentence(name))
    return None


def ask(month: date, *, reason: str, by: Reader) -> MonthPruning:
    """Ask that ``month`` be let go. Raises :class:`Refused` (recorded)."""

    def step() -> MonthPruning:
        if refusal := why_not_ask(month, by=by) or _why_not_these(reason):
            raise Refused(refusal)
        one = MonthPruning(month=month, asked_by_id=by.pk)
        one.seal_reason(reason.strip())
        one.save(force_insert=True)
        journal.record(
            actions.PRUNING_ASKED, by=by, subject=_subject(one), reason=reason.strip(), details={"month": one.label}
        )
        return one

    return _attempt(step, subject=journal.Subject(kind=_SUBJECT, id=f"{month:%Y-%m}", label=f"{month:%Y-%m}"), by=by)


def why_not_decide(one: MonthPruning, *, by: Reader) -> Refusal | None:
    """Return why ``by`` may not decide, or None when they may."""
    if not by.has_perm(PERMISSION):
        return Refusal("not_permitted", _("操作記録の削除を扱うのは、保存・鍵管理者です。"))
    if one.outcome:
        return Refusal("decided", _("この申請は、すでに決定されています。"))
    if one.asked_by_id == by.pk:
        return Refusal("own_request", _("自分の申請は、自分では決定できません。ほかの保存・鍵管理者が決定します。"))
    return None


def why_not_withdraw(one: MonthPruning, *, by: Reader) -> Refusal | None:
    """Return why ``by`` may not take the request back, or None when they may."""
    if one.outcome:
        return Refusal("decided", _("この申請は、すでに決定されています。"))
    if one.asked_by_id != by.pk:
        return Refusal("not_own_request", _("取り下げられるのは、申請した人だけです。"))
    return None


def decide(pruning_id: UUID, *, outcome: str, reason: str = "", by: Reader) -> MonthPruning:
    """Approve (the entries go soon after), reject (with a reason) or withdraw. Raises :class:`Refused` (recorded)."""

    def step() -> MonthPruning:
        one = MonthPruning.objects.select_for_update().get(pk=pruning_id)
        if outcome not in PruningOutcome.values:
            raise Refused(Refusal("unknown_outcome", _("承認、却下、取下げのどれかを選んでください。")))
        why_not = why_not_withdraw if outcome == PruningOutcome.WITHDRAWN else why_not_decide
        refusal = why_not(one, by=by)
        if refusal is None and outcome == PruningOutcome.REJECTED:
            refusal = _why_not_these(reason)
        if refusal:
            raise Refused(refusal)
        one.outcome, one.decided_by_id, one.decided_at = PruningOutcome(outcome), by.pk, timezone.now()
        one.seal_decision(reason.strip())
        one.save(update_fields=["outcome", "sealed_decision", "decided_by_id", "decided_at"])
        journal.record(
            _STEPS[PruningOutcome(outcome)],
            by=by,
            subject=_subject(one),
            reason=reason.strip(),
            details={"month": one.label},
        )
        return one

    return _attempt(step, subject=journal.Subject(kind=_SUBJECT, id=str(pruning_id)), by=by)


def work() -> bool:
    """Let one approved month go, or note what stands in the way; return whether there was any. A labour."""
    one = (
        MonthPruning.objects.filter(outcome=PruningOutcome.APPROVED, done_at__isnull=True)
        .filter(Q(tried_at__isnull=True) | Q(tried_at__lt=timezone.now() - REST))
        .order_by(F("tried_at").asc(nulls_first=True), "decided_at")
        .first()
    )
    if one is None:
        return False
    try:
        let_go(one.pk)
    except DatabaseError as error:
        problem = _problem_of(error)
        if not problem:
            raise
        MonthPruning.objects.filter(pk=one.pk, done_at__isnull=True).update(problem=problem, tried_at=timezone.now())
        logger.warning("the record's month %s is not let go yet: %s", one.label, problem)
    return True


def let_go(pruning_id: UUID) -> None:
    """Put on record that a month goes, and drop its tables in the same transaction.

    Raises ``django.db.DatabaseError`` when a guard refuses, or when the tables cannot be had within two seconds; then
    nothing has happened.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(_PIECE_MILLISECONDS)])
        # two workers: the other one waits here and then finds it done
        one = MonthPruning.objects.select_for_update().get(pk=pruning_id)
        if one.done_at is not None:
            return
        found = extent(one.month)
        journal.record_all([_told(one, found), *_told_again(one.month)])
        with connection.cursor() as cursor:
            cursor.execute("SELECT audit.prune_month(%s)", [pruning_id])


def sentence(name: str) -> str:
    """Return what stands in the way, in words."""
    return {
        "month_is_over_its_period": _("この月は、まだ保存期間の中です。"),
        "month_has_entries": _("この月の記録はありません（すでに削除したか、記録のない月です）。"),
        "month_is_sealed_whole": _(
            "この月に、封印を待っている記録か、封印と合わない記録があります。削除せずに、記録を検証してください。"
        ),
        "month_is_under_a_signature": _("この月の記録を含むチェックポイントに、まだ署名がありません。"),
        "last_verification_found_nothing": _(
            "最後の検証で異常が見つかっています。異常の原因が分かるまで、記録は削除しません。"
        ),
        "no_verification_is_under_way": _("記録の検証が進んでいます。検証が終わってから削除します。"),
        BUSY: _("記録の表がほかの処理で使われています。数分後にもう一度試みます。"),
    }.get(name, _("いまは削除できません（%(name)s）。") % {"name": name})


#: A month is asked for once: until it is turned down, or for good when it is approved.
_OPEN: Final = Q(outcome="") | Q(outcome=PruningOutcome.APPROVED)
_OVER: Final = """
WITH months AS (
    SELECT to_date(right(c.relname, 7), 'YYYY_MM') AS month FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = 'audit.event'::regclass
)
SELECT m.month, coalesce((
    SELECT sum(t.n)::bigint FROM audit.tally_hour t
    WHERE t.day >= m.month AND t.day < m.month + interval '1 month'), 0)
FROM months m, audit.record_retention r
WHERE (m.month + interval '1 month' + make_interval(years => r.years)) AT TIME ZONE 'Asia/Tokyo' <= clock_timestamp()
ORDER BY m.month
"""


def _told(one: MonthPruning, found: Extent) -> journal.Entry:
    return journal.Entry(
        action=actions.MONTH_PRUNED,
        by=None,
        subject=_subject(one),
        details={"month": one.label, "first": found.first, "last": found.last, "count": found.count},
    )


def _told_again(month: date) -> list[journal.Entry]:
    """Return what verifications go by, of the entries that go: earlier months, names that sign in place of others."""
    begins = datetime.combine(month, time.min, JAPAN)
    ends = datetime.combine((month + timedelta(days=31)).replace(day=1), time.min, JAPAN)
    earlier = MonthPruning.objects.select_for_update().filter(told_at__gte=begins, told_at__lt=ends).order_by("month")
    renewals = Event.objects.filter(
        at__gte=begins, at__lt=ends, action=actions.SEAL_ORIGIN_RENEWED, result=Result.DONE
    ).order_by("at")
    cited: list[dict[str, Any]] = []
    for details in renewals.values_list("details", flat=True):
        if details not in cited:  # each of two people has an entry that says the same
            cited.append(details)
    return [
        *(_told(each, Extent(each.first_idx, each.last_idx, each.count or 0)) for each in earlier),
        *(journal.Entry(action=actions.SEAL_ORIGIN_RENEWED, by=None, details=details) for details in cited),
    ]


def _problem_of(error: DatabaseError) -> str:
    """Return the name of what stood in the way, "" for what is no obstacle but a failure."""
    if is_guard(error):
        name: str = getattr(getattr(error.__cause__, "diag", None), "message_primary", "") or ""
        return name[:60]
    is_busy = getattr(error.__cause__, "sqlstate", "") in {_LOCK_NOT_AVAILABLE, _DEADLOCK}
    return BUSY if is_busy else ""


def _why_not_these(words: str) -> Refusal | None:
    if not SHORTEST <= len(words.strip()) <= LONGEST:
        return Refusal("too_few_words", _("理由を10文字以上、1000文字以内で書いてください。"))
    return None


def _attempt(step: Callable[[], MonthPruning], *, subject: journal.Subject, by: Reader) -> MonthPruning:
    try:
        try:
            with transaction.atomic():
                return step()
        except DatabaseError as error:
            # of two who ask at once, one is first
            if not is_guard(error) and getattr(error.__cause__, "sqlstate", "") != _UNIQUE_VIOLATION:
                raise
            raise Refused(Refusal("refused_by_the_database", _("この操作は、いまはできません。"))) from error
    except Refused as refused:
        journal.record(
            actions.PRUNING_REFUSED,
            by=by,
            subject=subject,
            result=Result.REFUSED,
            details={"code": refused.refusal.code},
        )
        raise


def _subject(one: MonthPruning) -> journal.Subject:
    return journal.Subject(kind=_SUBJECT, id=str(one.pk), label=one.label)


def _asked(question: str, values: list[Any]) -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        cursor.execute(question, values)
        row: tuple[Any, ...] = cursor.fetchone()
    return row
