"""The only code that lists numbers whose time is over, lets two keepers decide, and has them destroyed.

A list is made by the clocks, proposed by one records keeper and approved by another; the numbers on it are destroyed
in small committed pieces (``destroy_piece``, a labour), each with a certificate that is never changed. The database
holds to the same rules (migration 0010). Before a piece commits, its deletions are on the disk in a file that no
restore of the database takes back (``mynumber.deletion_journal``).
"""

import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple
from uuid import UUID

from django.db import IntegrityError, connection, models, transaction
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _, gettext_lazy

from accounts.models import User
from audit import journal
from audit.models import Result
from benefits import events, retention
from benefits.models import DeletionCertificate, DeletionHold, DeletionList, DeletionRow, Person, RetentionPeriod
from benefits.models.retention import OPEN_STATES, ListState, PeriodOutcome, RowOutcome
from benefits.policies import Refusal
from mynumber import actions, deletion, deletion_journal
from mynumber.deletion_journal import JournalTrouble, Kind, Line

VIEW = "benefits.view_retention"
HOLD = "benefits.hold_deletion"
DELETE = "mynumber.delete_numbers"
#: How many people's clocks are read in one piece of making a list, and how many numbers one piece destroys.
PEOPLE_IN_A_PIECE = 500
DESTROYED_IN_A_PIECE = 50
#: The lock under which the database numbers certificates (migration 0010): held, no certificate is on its way.
CERTIFICATES_LOCK = 5407


class Refused(Exception):
    """The step was not taken. ``str(refused)`` is fit to show; ``refusal.code`` is what the record has."""

    def __init__(self, code: str, message: str) -> None:
        self.refusal = Refusal(code, message)
        super().__init__(message)


#: What the database's guards say, in words for the person who ran into one (two people at the same moment, mostly).
GUARDS: Mapping[str, Promise] = MappingProxyType(
    {
        "period_is_decided_by_a_second_person": gettext_lazy("自分が申請した保存期間は、自分では決定できません。"),
        "period_is_decided_once": gettext_lazy("この保存期間は、すでに処理されています。"),
        "period_is_proposed_by_a_keeper": gettext_lazy("保存・鍵管理者だけが申請できます。"),
        "period_is_decided_by_a_keeper": gettext_lazy("保存・鍵管理者だけが決定できます。"),
        "period_is_not_dated_back": gettext_lazy("過ぎた日から適用することはできません。"),
        "hold_is_ended_by_somebody_else": gettext_lazy("自分が行った停止は、自分では解除できません。"),
        "hold_is_ended_once": gettext_lazy("この停止は、すでに解除されています。"),
        "hold_is_set_by_a_checker_or_keeper": gettext_lazy("確認者か保存・鍵管理者だけが停止できます。"),
        "hold_is_ended_by_a_checker_or_keeper": gettext_lazy("確認者か保存・鍵管理者だけが解除できます。"),
        "one_deletion_list_at_a_time": gettext_lazy("この月の一覧は、すでに作られています。"),
        "list_is_made_by_a_keeper": gettext_lazy("保存・鍵管理者だけが一覧を作れます。"),
        "list_is_proposed_by_a_keeper": gettext_lazy("保存・鍵管理者だけが申請できます。"),
        "list_is_decided_by_a_keeper": gettext_lazy("保存・鍵管理者だけが承認・却下できます。"),
        "list_is_decided_by_a_second_person": gettext_lazy("自分が申請した一覧は、自分では承認も却下もできません。"),
        "list_moves_by_the_table": gettext_lazy("この一覧は、すでに処理されています。"),
        "row_is_fixed_once_proposed": gettext_lazy("申請した一覧の対象は変えられません。"),
    },
)


# ── periods ──────────────────────────────────────────────────────────────────────────────────────────────────────


def propose_period(*, by: User, values: Mapping[str, Any]) -> RetentionPeriod:
    """Put a period before another keeper. Nothing changes until it is approved. Raises :class:`Refused`."""
    with _step("propose", events.PERIOD_REFUSED, by=by, subject=None):
        _require(by, DELETE)
        period = RetentionPeriod.objects.create(proposed_by=by, **values)
        journal.record(events.PERIOD_PROPOSED, by=by, subject=period, reason=period.basis)
    return period


def decide_period(period_id: int, outcome: PeriodOutcome, *, by: User, at: datetime) -> None:
    """Approve or reject a proposed period, or take one's own proposal back. Raises :class:`Refused`."""
    subject = journal.Subject(kind="benefits.retentionperiod", id=str(period_id))
    with _step(outcome.value.lower(), events.PERIOD_REFUSED, by=by, subject=subject):
        _require(by, DELETE)
        period = RetentionPeriod.objects.select_for_update(of=("self",)).get(pk=period_id)
        if period.outcome:
            raise Refused("period_is_decided_once", str(GUARDS["period_is_decided_once"]))
        is_own = period.proposed_by_id == by.pk
        if outcome is PeriodOutcome.WITHDRAWN and not is_own:
            raise Refused("not_own", _("取り下げられるのは、申請した人だけです。"))
        if outcome is not PeriodOutcome.WITHDRAWN and is_own:
            name = "period_is_decided_by_a_second_person"
            raise Refused(name, str(GUARDS[name]))
        period.outcome, period.decided_by, period.decided_at = outcome, by, at
        period.save(update_fields=["outcome", "decided_by", "decided_at"])
        journal.record(_PERIOD_EVENTS[outcome], by=by, subject=period)


_PERIOD_EVENTS: Mapping[PeriodOutcome, str] = MappingProxyType(
    {
        PeriodOutcome.APPROVED: events.PERIOD_APPROVED,
        PeriodOutcome.REJECTED: events.PERIOD_REJECTED,
        PeriodOutcome.WITHDRAWN: events.PERIOD_WITHDRAWN,
    },
)


# ── holds ────────────────────────────────────────────────────────────────────────────────────────────────────────


def set_hold(person: Person, *, by: User, reason: str, words: str) -> DeletionHold:
    """Keep a person's numbers, whatever their clocks say, until somebody else ends it. Raises :class:`Refused`."""
    with _step("set", events.HOLD_REFUSED, by=by, subject=person, person_id=person.pk):
        _require(by, HOLD)
        hold = DeletionHold.objects.create(person=person, reason=reason, words=words.strip(), set_by=by)
        journal.record(
            events.HOLD_SET,
            by=by,
            subject=hold,
            person_id=person.pk,
            reason=hold.words,
            details={"code": hold.reason},
        )
    return hold


def end_hold(hold_id: UUID, *, by: User, at: datetime, words: str) -> None:
    """End a hold that somebody else has set; from now on the clocks count again. Raises :class:`Refused`."""
    hold = DeletionHold.objects.select_related("person").get(pk=hold_id)
    with _step("end", events.HOLD_REFUSED, by=by, subject=hold, person_id=hold.person_id):
        _require(by, HOLD)
        hold = DeletionHold.objects.select_for_update(of=("self",)).select_related("person").get(pk=hold_id)
        if refusal := why_not_end_hold(hold, by=by):
            raise Refused(refusal.code, refusal.message)
        hold.ended_by, hold.ended_at, hold.ended_words = by, at, words.strip()
        hold.save(update_fields=["ended_by", "ended_at", "ended_words"])
        journal.record(events.HOLD_ENDED, by=by, subject=hold, person_id=hold.person_id, reason=hold.ended_words)


def why_not_end_hold(hold: DeletionHold, *, by: User) -> Refusal | None:
    """Return the reason ``by`` may not end the hold, or None when they may."""
    if hold.ended_at is not None:
        return Refusal("hold_is_ended_once", str(GUARDS["hold_is_ended_once"]))
    if hold.set_by_id == by.pk:
        return Refusal("hold_is_ended_by_somebody_else", str(GUARDS["hold_is_ended_by_somebody_else"]))
    return None


# ── lists ────────────────────────────────────────────────────────────────────────────────────────────────────────


def make_list(*, by: User | None, at: datetime) -> DeletionList:
    """Begin this month's list; a labour fills it. Raises :class:`Refused` while there is one."""
    today = timezone.localdate(at)
    with _step("make", events.DELETION_REFUSED, by=by, subject=None):
        if by is not None:
            _require(by, DELETE)
        made = DeletionList.objects.create(month=today.replace(day=1), as_of=today, made_by=by)
        journal.record(events.DELETION_LIST_MADE, by=by, subject=made)
    return made


def exclude(row_id: int, *, by: User, reason: str) -> None:
    """Leave one number out of a list that is not proposed yet, with the reason. Raises :class:`Refused`."""
    list_id = DeletionRow.objects.values_list("deletion_list_id", flat=True).get(pk=row_id)
    with _step("exclude", events.DELETION_REFUSED, by=by, subject=_named(list_id)):
        _require(by, DELETE)
        held = _locked(list_id)
        row = DeletionRow.objects.get(pk=row_id)
        if held.state != ListState.DRAFT or row.outcome:
            raise Refused("row_is_fixed_once_proposed", str(GUARDS["row_is_fixed_once_proposed"]))
        if not reason.strip():
            raise Refused("no_reason", _("除外の理由を入力してください。"))
        row.outcome, row.outcome_words, row.excluded_by = RowOutcome.EXCLUDED, reason.strip(), by
        row.save(update_fields=["outcome", "outcome_words", "excluded_by"])
        held.revision += 1
        held.save(update_fields=["revision"])
        journal.record(
            events.DELETION_ROW_EXCLUDED,
            by=by,
            subject=held,
            person_id=row.person_id,
            reason=row.outcome_words,
            details={"version": row.version},
        )


def propose(list_id: UUID, *, by: User, at: datetime, revision: int) -> None:
    """Put a list before another keeper; from now on its rows are fixed. Raises :class:`Refused`."""
    with _step("propose", events.DELETION_REFUSED, by=by, subject=_named(list_id)):
        _require(by, DELETE)
        held = _locked(list_id, revision=revision)
        if refusal := why_not_propose(held):
            raise Refused(refusal.code, refusal.message)
        held.state, held.proposed_by, held.proposed_at = ListState.PROPOSED, by, at
        held.save(update_fields=["state", "proposed_by", "proposed_at"])
        journal.record(events.DELETION_PROPOSED, by=by, subject=held, details={"count": waiting(held)})


def withdraw(list_id: UUID, *, by: User) -> None:
    """Take one's own proposal back, so that rows can be left out again. Raises :class:`Refused`."""
    with _step("withdraw", events.DELETION_REFUSED, by=by, subject=_named(list_id)):
        held = _locked(list_id)
        if held.state != ListState.PROPOSED:
            raise Refused("list_moves_by_the_table", str(GUARDS["list_moves_by_the_table"]))
        if held.proposed_by_id != by.pk:
            raise Refused("not_own", _("取り下げられるのは、申請した人だけです。"))
        held.state, held.proposed_by, held.proposed_at = ListState.DRAFT, None, None
        held.revision += 1
        held.save(update_fields=["state", "proposed_by", "proposed_at", "revision"])
        journal.record(events.DELETION_WITHDRAWN, by=by, subject=held)


def approve(list_id: UUID, *, by: User, at: datetime, revision: int) -> None:
    """Let what a list names be destroyed, as the second person. Raises :class:`Refused`."""
    with _step("approve", events.DELETION_REFUSED, by=by, subject=_named(list_id)):
        held = _locked(list_id, revision=revision)
        if refusal := why_not_decide(held, by=by):
            raise Refused(refusal.code, refusal.message)
        held.state, held.decided_by, held.decided_at = ListState.APPROVED, by, at
        held.save(update_fields=["state", "decided_by", "decided_at"])
        journal.record(events.DELETION_APPROVED, by=by, subject=held, details={"count": waiting(held)})


def reject(list_id: UUID, *, by: User, at: datetime, reason: str) -> None:
    """Turn a proposed list down, with the reason; another one may be made. Raises :class:`Refused`."""
    with _step("reject", events.DELETION_REFUSED, by=by, subject=_named(list_id)):
        held = _locked(list_id)
        if refusal := why_not_decide(held, by=by):
            raise Refused(refusal.code, refusal.message)
        if not reason.strip():
            raise Refused("no_reason", _("却下の理由を入力してください。"))
        held.state, held.decided_by, held.decided_at = ListState.REJECTED, by, at
        held.decision_reason = reason.strip()
        held.save(update_fields=["state", "decided_by", "decided_at", "decision_reason"])
        journal.record(events.DELETION_REJECTED, by=by, subject=held, reason=held.decision_reason)


def why_not_propose(held: DeletionList) -> Refusal | None:
    """Return the reason a list cannot be proposed now, or None."""
    if held.state == ListState.MAKING:
        return Refusal("making", _("一覧を作成しています。終わるまでお待ちください。"))
    if held.state != ListState.DRAFT:
        return Refusal("list_moves_by_the_table", str(GUARDS["list_moves_by_the_table"]))
    if not waiting(held):
        return Refusal("nothing_waits", _("削除する番号がありません。"))
    return None


def why_not_decide(held: DeletionList, *, by: User) -> Refusal | None:
    """Return the reason ``by`` may not approve or reject a list, or None when they may."""
    if not by.has_perm(DELETE):
        return Refusal("not_permitted", _("この操作を行う権限がありません。"))
    if held.state != ListState.PROPOSED:
        return Refusal("list_moves_by_the_table", str(GUARDS["list_moves_by_the_table"]))
    if held.proposed_by_id == by.pk:
        name = "list_is_decided_by_a_second_person"
        return Refusal(name, str(GUARDS[name]))
    return None


def waiting(held: DeletionList) -> int:
    """Return how many numbers of a list are still to be destroyed."""
    return held.rows.filter(outcome="").count()


def counts(held: DeletionList) -> dict[str, int]:
    """Return how many rows of a list came to what ("" = they wait)."""
    return dict(held.rows.values_list("outcome").annotate(models.Count("pk")).order_by())


# ── labours ──────────────────────────────────────────────────────────────────────────────────────────────────────


def list_due() -> bool:
    """Read the clocks of some more people for the list that is being made, and say whether there was one.

    The first time it is asked in a month it begins that month's list by itself.
    """
    now = timezone.now()
    month = timezone.localdate(now).replace(day=1)
    if not DeletionList.objects.filter(month=month).exists():
        try:
            make_list(by=None, at=now)
        except Refused:
            return False  # somebody else was a moment faster
        return True
    with transaction.atomic():
        held = (
            DeletionList.objects.select_for_update(of=("self",), skip_locked=True)
            .filter(state=ListState.MAKING)
            .order_by("made_at")
            .first()
        )
        if held is None:
            return False
        sealed = deletion.sealed_after(held.looked_until or deletion.NOBODY, limit=PEOPLE_IN_A_PIECE)
        if sealed:
            DeletionRow.objects.bulk_create(_due(sealed, held))
            held.looked_until = sealed[-1].person
            held.save(update_fields=["looked_until"])
            return True
        count = held.rows.count()
        held.state = ListState.DRAFT if count else ListState.EMPTY
        held.save(update_fields=["state"])
        journal.record(events.DELETION_LIST_READY, by=None, subject=held, details={"count": count})
    return True


def destroy_piece() -> bool:
    """Destroy some of the numbers of an approved list, each with its certificate, and say whether there was any.

    Everything is asked again first: what is on hold, renewed or gone since drops off the list by itself. Killed at any
    moment it leaves a number either whole, with its row waiting, or destroyed, with its certificate. Raises
    :class:`JournalTrouble` when the file beside the data and the database do not know the same deletions.
    """
    if not DeletionList.objects.filter(state=ListState.APPROVED).exists():
        return False
    _require_whole_file()
    with transaction.atomic():
        held = (
            DeletionList.objects.select_for_update(of=("self",), skip_locked=True)
            .filter(state=ListState.APPROVED)
            .order_by("decided_at")
            .first()
        )
        if held is None:
            return False
        _settle(held)
        rows = list(held.rows.filter(outcome="").order_by("pk")[:DESTROYED_IN_A_PIECE])
        if not rows:
            held.state = ListState.DONE
            held.save(update_fields=["state"])
            found = counts(held)
            journal.record(
                events.DELETION_DONE,
                by=held.decided_by,
                subject=held,
                details={"count": found.get(RowOutcome.DESTROYED, 0)},
            )
            return True
        intents = _destroy(held, rows)
        _ask_the_guards()
        if intents:
            deletion_journal.append(intents)
    # the transaction has committed: only now is it true
    if intents:
        deletion_journal.append(Line(Kind.DONE, intent.deletion, {}) for intent in intents)
    return True


def _due(sealed: Sequence[deletion.Sealed], held: DeletionList) -> list[DeletionRow]:
    """Return a row for each of ``sealed`` whose time is over, that is not on hold and not on another list."""
    over = [clock for clock in retention.clocks(sealed, on=held.as_of) if clock.is_over(held.as_of)]
    people = {clock.sealed.person for clock in over}
    holds = retention.on_hold(people)
    listed = set(
        DeletionRow.objects.filter(
            person_id__in=people, outcome="", deletion_list__state__in=[state.value for state in OPEN_STATES]
        ).values_list("person_id", "version")
    )
    return [
        DeletionRow(
            deletion_list=held,
            person_id=clock.sealed.person,
            version=clock.sealed.version,
            recipient_number=clock.label,
            holding=clock.holding,
            basis=clock.sealed.basis,
            period=clock.period,
            since_on=clock.since_on,
            due_on=clock.due_on,
            why=clock.why,
        )
        for clock in over
        if clock.since_on is not None
        and clock.due_on is not None
        and clock.sealed.person not in holds
        and (clock.sealed.person, clock.sealed.version) not in listed
    ]


def _destroy(held: DeletionList, rows: Sequence[DeletionRow]) -> list[Line]:
    """Destroy what ``rows`` name, or say why not; return the lines that must be on the disk before this commits."""
    people = sorted({row.person_id for row in rows})
    # whoever approves a renewal or sets a hold at this moment waits for this, or this for them
    list(Person.objects.select_for_update(no_key=True).filter(pk__in=people).order_by("pk").values_list("pk"))
    deletion.hold_people(people)
    dropped = _dropped(rows, on=timezone.localdate())
    intents = []
    for row in rows:
        if reason := dropped.get(row.pk):
            row.outcome, row.outcome_words = RowOutcome.DROPPED, reason[:200]
            row.save(update_fields=["outcome", "outcome_words"])
            journal.record(
                events.DELETION_ROW_DROPPED,
                by=held.decided_by,
                subject=held,
                person_id=row.person_id,
                details={"version": row.version},
            )
            continue
        gone = deletion.destroy(row.person_id, row.version, for_list=held.pk)
        certificate = _certify(row, kek_id=gone.kek_id)
        row.outcome = RowOutcome.DESTROYED
        row.save(update_fields=["outcome"])
        details = {"version": row.version, "certificate": certificate.label}
        journal.record(
            actions.DESTROYED,
            by=held.decided_by,
            subject=journal.Subject(kind="mynumber.number", id=str(row.person_id), label=row.recipient_number),
            person_id=row.person_id,
            details=details if gone.kek_id is None else details | {"key": gone.kek_id},
        )
        intents.append(Line(Kind.INTENT, secrets.token_hex(8), facts_of(certificate)))
    return intents


def _dropped(rows: Iterable[DeletionRow], *, on: date) -> dict[int, str]:
    """Return the rows that are no longer to be destroyed, with the reason."""
    by_version = {(row.person_id, row.version): row for row in rows}
    people = {person for person, _version in by_version}
    holds = retention.on_hold(people)
    clocks = {
        (clock.sealed.person, clock.sealed.version): clock
        for clock in retention.clocks(deletion.sealed_of(people), on=on)
    }
    found = {}
    for version, row in by_version.items():
        clock, hold = clocks.get(version), holds.get(row.person_id)
        if clock is None:
            found[row.pk] = _("この版の番号は、すでにありません。")
        elif hold is not None:
            found[row.pk] = _("削除が停止されています（%(reason)s）。") % {"reason": hold.get_reason_display()}
        elif not clock.is_over(on) or clock.holding != row.holding:
            found[row.pk] = clock.why
    return found


def _certify(row: DeletionRow, *, kek_id: int | None) -> DeletionCertificate:
    """Return a new certificate. What it says comes from the database, which numbers it and knows the list."""
    certificate = DeletionCertificate(
        fiscal_year=0,
        serial=1,
        issued_at=timezone.now(),
        list_id=row.deletion_list_id,
        person_id=row.person_id,
        version=row.version,
        kek_id=kek_id,
        holding=row.holding,
        basis=row.basis,
        since_on=row.since_on,
        due_on=row.due_on,
        proposed_by=0,
        approved_by=1,
    )
    certificate.save(force_insert=True)
    certificate.refresh_from_db()
    return certificate


# ── the file beside the data ─────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Comparison:
    """How the file of deletions and this database differ. ``missing``: the file's that the database does not know."""

    missing: Sequence[Line]
    unwritten: Sequence[DeletionCertificate]

    @property
    def agrees(self) -> bool:
        """Whether there is no difference."""
        return not self.missing and not self.unwritten


def compare_with_file() -> Comparison:
    """Compare the file of deletions with the database. Raises :class:`JournalTrouble` when the file was changed.

    A deletion is missing where the database has no certificate of it, or still has the number: it was restored from a
    backup. One that was begun and not finished is missing too, unless its list is still being worked on here. The two
    are matched by the certificate: a number that was typed since may bear the version of one that was destroyed.
    """
    with transaction.atomic():
        _wait_for_certificates()
        return _compared()


def _compared() -> Comparison:
    said = deletion_journal.read()
    deletions, begun = said.deletions(), said.open()
    written = [_Key.of(line) for line in deletions.values()]
    known = {
        _Key(f"{year}-{serial:06d}", person, version)
        for year, serial, person, version in DeletionCertificate.objects.values_list(
            "fiscal_year", "serial", "person_id", "version"
        )
    }
    moments = [
        (key.person, key.version, datetime.fromisoformat(line.facts["issued_at"]))
        for key, line in zip(written, deletions.values(), strict=True)
    ]
    sealed = deletion.still_sealed(moments) if moments else set()
    in_hand = {
        (person, version): str(list_id)
        for list_id, person, version in DeletionRow.objects.filter(
            outcome="", deletion_list__state=ListState.APPROVED
        ).values_list("deletion_list_id", "person_id", "version")
    }
    missing = []
    for (attempt, line), key in zip(deletions.items(), written, strict=True):
        version = (key.person, key.version)
        if key in known and version not in sealed:
            continue
        if attempt in begun and in_hand.get(version) == line.facts["list"]:
            continue
        missing.append(line)
    lacking = known - set(written)
    unwritten = [
        one
        for one in DeletionCertificate.objects.filter(person_id__in={key.person for key in lacking}).order_by(
            "fiscal_year", "serial"
        )
        if _Key(one.label, one.person_id, one.version) in lacking
    ]
    return Comparison(missing, unwritten)


class _Key(NamedTuple):
    """What one deletion is known by, in the file and in the database."""

    certificate: str
    person: UUID
    version: int

    @classmethod
    def of(cls, line: Line) -> "_Key":
        """Return the key of an intent."""
        return cls(line.facts["certificate"], UUID(line.facts["person"]), line.facts["version"])


def _wait_for_certificates() -> None:
    """Wait until no certificate is on its way, and let none begin until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [CERTIFICATES_LOCK])


def _require_whole_file() -> None:
    """Raise :class:`JournalTrouble` unless the file holds as many deletions as the database, and the last of them.

    Not the whole comparison, which every start makes: this is asked before every piece, because a file can be cut off,
    or the database be put back, while the office is open.
    """
    with transaction.atomic():
        _wait_for_certificates()
        said = deletion_journal.read()
        written = {_Key.of(line) for line in said.deletions().values()}
        # what a killed piece began may have come about or not
        settled = written - {_Key.of(line) for line in said.open().values()}
        count = DeletionCertificate.objects.count()
        last = DeletionCertificate.objects.order_by("-pk").first()
    has_last = last is None or _Key(last.label, last.person_id, last.version) in written
    if not (has_last and len(settled) <= count <= len(written)):
        raise JournalTrouble(
            _(
                "削除の記録ファイル %(path)s（削除%(written)d件）と、データベースの削除証明書（%(count)d件）が"
                "一致しないため、削除しません。manage.py start を開始し直すと、違いを確かめます。"
            )
            % {"path": deletion_journal.path(), "written": len(written), "count": count}
        )


def trouble_at_hand() -> str:
    """Return the same for a page: worked out again only when the file has changed."""
    try:
        found = deletion_journal.path().stat()
    except OSError:
        return trouble_with_file()
    return _trouble(found.st_size, found.st_mtime_ns, connection.settings_dict["NAME"])


@lru_cache(maxsize=1)
def _trouble(_size: int, _changed: int, _database: str) -> str:
    return trouble_with_file()


def trouble_with_file() -> str:
    """Return in words what is wrong between the file of deletions and the database ("" = nothing)."""
    try:
        found = compare_with_file()
    except JournalTrouble as trouble:
        return str(trouble)
    if found.missing:
        return _(
            "このデータベースには、すでに削除した個人番号が%(count)d件残っています（バックアップから復元されています）。"
            "manage.py replay_deletions を実行してください。"
        ) % {"count": len(found.missing)}
    if found.unwritten:
        return _(
            "削除の記録ファイル %(path)s に、発行済みの削除証明書が%(count)d件ありません"
            "（ファイルの消失または切り詰め）。"
            "ファイルの控えを元に戻すか、manage.py replay_deletions --complete-file を実行してください。"
        ) % {"path": deletion_journal.path(), "count": len(found.unwritten)}
    return ""


def replay() -> int:
    """Destroy again, as the owner, what the file says was destroyed and this database does not know. Return how many.

    Twice changes nothing. Raises :class:`JournalTrouble`.
    """
    missing = compare_with_file().missing
    for line in missing:
        _replay(line)
    begun = deletion_journal.read().open()
    done = [line.deletion for line in missing if line.deletion in begun]
    if done:
        deletion_journal.append(Line(Kind.DONE, attempt, {}) for attempt in done)
    return len(missing)


def complete_file() -> int:
    """Write into the file of deletions what it lacks of this database's certificates, and return how many."""
    unwritten = compare_with_file().unwritten
    for certificate in unwritten:
        attempt = secrets.token_hex(8)
        deletion_journal.append(
            [Line(Kind.INTENT, attempt, facts_of(certificate)), Line(Kind.DONE, attempt, {})],
        )
    return len(unwritten)


def facts_of(certificate: DeletionCertificate) -> dict[str, Any]:
    """Return what the file of deletions says of a certificate: everything but the staff's names."""
    return {
        "certificate": certificate.label,
        "issued_at": certificate.issued_at.isoformat(),
        "list": str(certificate.list_id),
        "month": certificate.list_label,
        "person": str(certificate.person_id),
        "version": certificate.version,
        "kek": certificate.kek_id,
        "holding": certificate.holding,
        "basis": certificate.basis,
        "period_basis": certificate.period_basis,
        "since": certificate.since_on.isoformat(),
        "due": certificate.due_on.isoformat(),
        "proposed_by": certificate.proposed_by,
        "approved_by": certificate.approved_by,
    }


def _replay(line: Line) -> None:
    facts = line.facts
    person, version = UUID(facts["person"]), facts["version"]
    names = dict(
        User.objects.filter(pk__in=[facts["proposed_by"], facts["approved_by"]]).values_list("pk", "display_name")
    )
    year, _mark, serial = facts["certificate"].partition("-")
    issued_at = datetime.fromisoformat(facts["issued_at"])
    with transaction.atomic():
        if not DeletionCertificate.objects.filter(
            fiscal_year=int(year), serial=int(serial), person_id=person, version=version
        ).exists():
            DeletionCertificate.objects.create(
                fiscal_year=int(year),
                serial=int(serial),
                issued_at=issued_at,
                list_id=UUID(facts["list"]),
                list_label=facts["month"],
                person_id=person,
                version=version,
                kek_id=facts["kek"],
                holding=facts["holding"],
                basis=facts["basis"],
                period_basis=facts["period_basis"],
                since_on=date.fromisoformat(facts["since"]),
                due_on=date.fromisoformat(facts["due"]),
                proposed_by=facts["proposed_by"],
                proposed_by_name=names.get(facts["proposed_by"], _("（復元前の職員）")),
                approved_by=facts["approved_by"],
                approved_by_name=names.get(facts["approved_by"], _("（復元前の職員）")),
                replayed_at=timezone.now(),
            )
        deletion.destroy_again(person, version, destroyed_at=issued_at)
        journal.record(
            actions.DESTROYED_AGAIN,
            by=None,
            subject=journal.Subject(kind="mynumber.number", id=str(person)),
            person_id=person,
            details={"version": version, "certificate": facts["certificate"]},
        )


def _settle(held: DeletionList) -> None:
    """Close what a killed piece of this list left open in the file: it came about, or its transaction was undone."""
    said = deletion_journal.read()
    if not said.exists and DeletionCertificate.objects.exists():
        raise JournalTrouble(_("削除の記録ファイル %s がありません。") % deletion_journal.path())
    begun = {
        line.deletion: (UUID(line.facts["person"]), line.facts["version"])
        for line in said.open().values()
        if line.facts["list"] == str(held.pk)
    }
    if not begun:
        return
    certified = set(
        DeletionCertificate.objects.filter(
            list_id=held.pk, person_id__in=[person for person, _version in begun.values()]
        ).values_list("person_id", "version")
    )
    deletion_journal.append(
        Line(Kind.DONE if version in certified else Kind.VOID, attempt, {}) for attempt, version in begun.items()
    )


# ── the frame of a step ──────────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def _step(
    method: str,
    refused_as: str,
    *,
    by: User | None,
    subject: journal.Subject | models.Model | None,
    person_id: UUID | None = None,
) -> Iterator[None]:
    """Hold one step in a transaction; put a refusal on record once it is undone, whoever refused: code or database."""
    try:
        with transaction.atomic():
            try:
                yield
                _ask_the_guards()
            except IntegrityError as error:
                raise _guard(error) from error
    except Refused as refused:
        journal.record(
            refused_as,
            by=by,
            subject=subject,
            person_id=person_id,
            result=Result.REFUSED,
            details={"method": method, "code": refused.refusal.code},
        )
        raise


def _ask_the_guards() -> None:
    """Let the guards that wait for COMMIT speak now, while the step can still be undone in words."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def _guard(error: IntegrityError) -> Refused:
    """Return what the guard that raised ``error`` means; one that has no words here is a fault and raised on."""
    diagnosis = getattr(error.__cause__, "diag", None)
    name = (diagnosis and (diagnosis.constraint_name or diagnosis.message_primary)) or ""
    if name not in GUARDS:
        raise error
    return Refused(name, str(GUARDS[name]))


def _require(by: User, permission: str) -> None:
    if not by.has_perm(permission):
        raise Refused("not_permitted", _("この操作を行う権限がありません。"))


def _locked(list_id: UUID, *, revision: int | None = None) -> DeletionList:
    held = (
        DeletionList.objects.select_for_update(of=("self",))
        .select_related("proposed_by", "decided_by")
        .get(pk=list_id)
    )
    if revision is not None and held.revision != revision:
        raise Refused("stale", _("表示した後に、一覧が変わりました。もう一度確認してください。"))
    return held


def _named(list_id: UUID) -> journal.Subject:
    month = DeletionList.objects.values_list("month", flat=True).get(pk=list_id)
    return journal.Subject(kind="benefits.deletionlist", id=str(list_id), label=f"{month:%Y-%m}")
