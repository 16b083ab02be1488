"""Staff in bulk at the fiscal year's turn: one person brings a file, another applies it, all of it or nothing.

The file's lines are kept as they were written. What each would do is worked out against the office as it is now, when
the page is shown and again when the file is applied: nothing that was true at the upload is taken for granted.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import DatabaseError, IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import actions, rights, scopes, staff_file
from accounts.models import Proposal, RoleAssignment, StaffBatch, User
from accounts.models.rights import Outcome, ProposalKind
from accounts.roles import HANDBOOK, Role, conflict_within
from accounts.staff_file import Line, LineKind, Problem, RawLine, Scopes
from audit import journal
from audit.models import Result

#: Leavers and ended duties first, so that nobody holds two duties that exclude each other for a moment.
ORDER = (ProposalKind.STOP, ProposalKind.END, ProposalKind.MOVE, ProposalKind.HIRE, ProposalKind.GRANT)


class Refused(Exception):
    """A file was not taken or not applied. The text says why and what to do."""

    def __init__(self, code: str, message: str, *, line: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.line = line


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One proposal that a line comes to. ``user`` is None for somebody whom the same file hires."""

    kind: ProposalKind
    line: Line
    user: User | None = None
    assignment: RoleAssignment | None = None
    role: str = ""
    ends_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedLine:
    """A line, the steps it comes to in words, and its problems."""

    line: Line
    cells: Mapping[str, str]
    steps: tuple[Step, ...]
    sentences: tuple[str, ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a file would do to the office as it is now."""

    lines: tuple[PlannedLine, ...]

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Everything that is wrong with the file, in the order of its lines."""
        return tuple(problem for planned in self.lines for problem in planned.problems)

    @property
    def is_applicable(self) -> bool:
        """Say whether there is nothing wrong with any line."""
        return not self.problems

    def count(self, kind: LineKind) -> int:
        """Return how many lines are of that kind."""
        return sum(planned.line.kind is kind for planned in self.lines)


@dataclass(slots=True)
class _Office:
    """The people whom a file names and what they hold, read at once."""

    today: date
    people: dict[str, User]
    held: dict[int, list[RoleAssignment]] = field(default_factory=dict)


def upload(data: bytes, *, by: User, at: datetime) -> StaffBatch:
    """Keep a file for a second person to apply. Nobody's rights change by it.

    Raises :class:`Refused` (and records it) when it cannot be read, or is waiting or applied already.
    """
    try:
        lines = staff_file.split(data)
        with transaction.atomic():
            batch = StaffBatch.objects.create(
                file_sha256=hashlib.sha256(data).hexdigest(),
                lines=[{"number": raw.number, "cells": dict(raw.cells)} for raw in lines],
                proposed_by=by,
                proposed_at=at,
            )
            journal.record(
                actions.BATCH_UPLOADED,
                by=by,
                subject=batch,
                details={"batch": str(batch.pk), "count": len(lines), "fingerprint": batch.file_sha256},
            )
    except staff_file.Unreadable as error:
        raise _refused(Refused(error.code, error.message), by=by) from error
    except IntegrityError as error:
        if "staff_file_is_taken_once" not in str(error):
            raise
        refusal = Refused("again", _("同じファイルがすでに取り込まれています。一括登録の一覧を確認してください。"))
        raise _refused(refusal, by=by) from error
    return batch


def plan(batch: StaffBatch, *, today: date) -> Plan:
    """Return what the file would do to the office as it is now, line by line."""
    known = Scopes(offices=tuple(scopes.offices()), programmes=tuple(scopes.programmes()))
    raws = [RawLine(line["number"], line["cells"]) for line in batch.lines]
    lines = [staff_file.understand(raw, known) for raw in raws]
    office = _office(lines, today=today)
    seen: dict[str, int] = {}
    planned = []
    for raw, line in zip(raws, lines, strict=True):
        problems = list(line.problems)
        first = seen.setdefault(line.login_id, line.number) if line.login_id else line.number
        if first != line.number:
            message = _("%(line)s行目と同じ人です。1人1行にまとめてください。") % {"line": first}
            problems.append(Problem(line.number, "利用者ID", "twice", message))
        steps: list[Step] = []
        if not problems:
            steps, problems = _steps(line, office, uploader_id=batch.proposed_by_id)
        planned.append(
            PlannedLine(
                line=line,
                cells=raw.cells,
                steps=tuple(steps),
                sentences=tuple(_sentence(step) for step in steps) if not problems else (),
                problems=tuple(problems),
            )
        )
    return Plan(tuple(planned))


def apply(batch_id: UUID, *, by: User, at: datetime) -> StaffBatch:
    """Let a second person apply the file: every line or, when one fails, none, and that one is named.

    Raises :class:`Refused` and records it.
    """
    try:
        with transaction.atomic():
            return _apply(batch_id, by=by, at=at)
    except Refused as refusal:
        raise _refused(refusal, by=by, batch_id=batch_id) from None


def reject(batch_id: UUID, *, by: User, at: datetime, reason: str) -> StaffBatch:
    """Put the file aside: a second person with a reason, or whoever brought it."""
    try:
        with transaction.atomic():
            return _reject(batch_id, by=by, at=at, reason=reason.strip())
    except Refused as refusal:
        raise _refused(refusal, by=by, batch_id=batch_id) from None


def joiners(batch: StaffBatch) -> list[User]:
    """Return whom an applied file has hired, in the order of their ids."""
    hired = Proposal.objects.filter(batch=batch, kind=ProposalKind.HIRE, outcome=Outcome.APPROVED, user__isnull=False)
    return list(User.objects.filter(pk__in=hired.values("user_id")).order_by("login_id"))


def _reject(batch_id: UUID, *, by: User, at: datetime, reason: str) -> StaffBatch:
    if not reason:
        raise Refused("reason", _("理由を入力してください。"))
    batch = _undecided(batch_id)
    outcome = Outcome.WITHDRAWN if batch.proposed_by_id == by.pk else Outcome.REJECTED
    _decide(batch, outcome, by=by, at=at)
    journal.record(
        actions.BATCH_REJECTED,
        by=by,
        subject=batch,
        reason=reason,
        details={"batch": str(batch.pk), "count": len(batch.lines), "status": outcome.value},
    )
    return batch


def _apply(batch_id: UUID, *, by: User, at: datetime) -> StaffBatch:
    batch = _undecided(batch_id)
    if batch.proposed_by_id == by.pk:
        message = _("自分が取り込んだファイルは、自分では反映できません。ほかの利用者管理者に頼んでください。")
        raise Refused("own", message)
    found = plan(batch, today=timezone.localdate(at))
    if not found.is_applicable:
        problem = found.problems[0]
        raise Refused(
            "problems",
            _("%(line)s行目（%(column)s）：%(message)s どの行も反映していません。")
            % {"line": problem.line, "column": problem.column, "message": problem.message},
            line=problem.line,
        )
    steps = [step for planned in found.lines for step in planned.steps]
    hired: dict[str, User] = {}
    for step in sorted(steps, key=lambda one: ORDER.index(one.kind)):
        _take(step, batch, hired, by=by, at=at)
    _decide(batch, Outcome.APPROVED, by=by, at=at)
    journal.record(
        actions.BATCH_APPLIED, by=by, subject=batch, details={"batch": str(batch.pk), "count": len(batch.lines)}
    )
    return batch


def _take(step: Step, batch: StaffBatch, hired: dict[str, User], *, by: User, at: datetime) -> None:
    """Propose one step in the uploader's name and approve it in the second person's."""
    line = step.line
    if step.user is not None and step.user.pk == by.pk:
        raise _failed(line, _("反映する人自身の行なので、反映できません。"))
    try:
        with transaction.atomic():
            proposal = rights.propose(
                step.kind,
                by=batch.proposed_by,
                at=at,
                reason=line.reason,
                decision_number=line.decision_number,
                batch=batch,
                **_particulars(step, hired),  # type: ignore[arg-type]  # each kind has its own
            )
            rights.approve(proposal.pk, by=by, at=at)
        if step.kind is ProposalKind.HIRE:
            hired[line.login_id] = User.objects.get(login_id=line.login_id)
    except rights.Refused as error:
        raise _failed(line, error.refusal.message) from error
    except DatabaseError as error:
        # the database says which rule of its own was broken, and nothing about the person
        raise _failed(line, _("データベースの決まりにより反映できません。")) from error


def _particulars(step: Step, hired: Mapping[str, User]) -> dict[str, object]:
    line = step.line
    user = step.user or hired.get(line.login_id)
    match step.kind:
        case ProposalKind.HIRE:
            return {"login_id": line.login_id, "display_name": line.name, "section": line.section}
        case ProposalKind.MOVE:
            assert user is not None  # noqa: S101  (a mover is in the office)
            return {
                "user": user,
                "display_name": line.name or user.display_name,
                "section": line.section or user.section,
            }
        case ProposalKind.STOP:
            return {"user": user, "ends_on": step.ends_on}
        case ProposalKind.END:
            return {"user": user, "assignment": step.assignment, "ends_on": step.ends_on}
        case _:
            return {
                "user": user,
                "role": step.role,
                "office": line.office,
                "programme": line.programme,
                "network": line.network,
                "starts_on": line.starts_on,
                "ends_on": line.ends_on,
            }


def _failed(line: Line, message: str) -> Refused:
    return Refused(
        "line",
        _("%(line)s行目：%(message)s どの行も反映していません。") % {"line": line.number, "message": message},
        line=line.number,
    )


def _undecided(batch_id: UUID) -> StaffBatch:
    """Return the file, held for this transaction; two people who decide at once come one after the other."""
    batch = StaffBatch.objects.select_for_update().filter(pk=batch_id).first()
    if batch is None:
        raise Refused("unknown", _("その一括登録はありません。"))
    if batch.outcome:
        message = _("この一括登録は、すでに処理されています（%(outcome)s）。") % {"outcome": outcome_label(batch)}
        raise Refused("decided", message)
    return batch


def outcome_label(batch: StaffBatch) -> str:
    """Return how the file ended, for the reader."""
    labels = {"APPROVED": _("反映済み"), "REJECTED": _("却下"), "WITHDRAWN": _("取下げ")}
    return labels.get(batch.outcome, _("反映待ち"))


def _decide(batch: StaffBatch, outcome: Outcome, *, by: User, at: datetime) -> None:
    batch.outcome, batch.decided_by, batch.decided_at = outcome, by, at
    batch.save(update_fields=["outcome", "decided_by", "decided_at"])


def _refused(refusal: Refused, *, by: User, batch_id: UUID | None = None) -> Refused:
    subject = journal.Subject(kind="accounts.staffbatch", id=str(batch_id)) if batch_id else None
    details: dict[str, object] = {"code": refusal.code}
    if batch_id:
        details["batch"] = str(batch_id)
    journal.record(actions.BATCH_REFUSED, by=by, subject=subject, result=Result.REFUSED, details=details)
    return refusal


def _office(lines: Iterable[Line], *, today: date) -> _Office:
    names = {line.login_id for line in lines if line.login_id}
    people = {user.login_id: user for user in User.objects.filter(login_id__in=names)}
    office = _Office(today=today, people=people)
    for given in RoleAssignment.objects.filter(user__login_id__in=names, suspended_at__isnull=True).order_by("pk"):
        if _last_day(given) >= today:
            office.held.setdefault(given.user_id, []).append(given)
    return office


def _last_day(given: RoleAssignment) -> date:
    return min((day for day in (given.ends_on, given.ended_on) if day), default=date.max)


def _steps(line: Line, office: _Office, *, uploader_id: int) -> tuple[list[Step], list[Problem]]:
    """Return what a line without faults of its own comes to today, or what stands in its way."""
    user = office.people.get(line.login_id)

    def problem(column: str, code: str, message: str) -> tuple[list[Step], list[Problem]]:
        return [], [Problem(line.number, column, code, message)]

    if line.kind is LineKind.HIRE:
        if user is not None:
            return problem("利用者ID", "taken", _("この利用者IDの人はすでにいます。別の利用者IDにしてください。"))
    elif user is None:
        return problem("利用者ID", "unknown", _("この利用者IDの人はいません。利用者の一覧で確かめてください。"))
    elif user.pk == uploader_id:
        return problem("利用者ID", "self", _("取り込んだ人自身の行です。ほかの利用者管理者に頼んでください。"))
    elif user.is_emergency:
        return problem("利用者ID", "emergency", _("非常用アカウントは変えられません。この行を消してください。"))
    elif not user.is_active:
        return problem("利用者ID", "stopped", _("利用を停止した人です。再開してから取り込んでください。"))
    if line.kind is LineKind.LEAVE:
        if line.ends_on and line.ends_on < office.today:
            return [Step(kind=ProposalKind.STOP, line=line, user=user)], []
        return [Step(kind=ProposalKind.STOP, line=line, user=user, ends_on=line.ends_on)], []
    for column, day in (("開始日", line.starts_on), ("終了日", line.ends_on)):
        if (line.added or line.ended) and day is not None and day < office.today:
            return problem(column, "past", _("過ぎた日です。今日以後の日にしてください。"))
    held = office.held.get(user.pk, []) if user else []
    ending, missing = _ending(line, held)
    if missing:
        names = "、".join(str(HANDBOOK[role].label) for role in missing)
        return problem("役割", "not_held", _("「%(names)s」は今の役割にありません。") % {"names": names})
    begins_on = line.starts_on or office.today
    staying = [given for given in held if given not in ending and _last_day(given) >= begins_on]
    for role in line.added:
        if pair := conflict_within({role, *(Role(given.role) for given in staying), *line.added}):
            names = "」と「".join(str(HANDBOOK[one].label) for one in sorted(pair))
            return problem("役割", "conflict", _("「%(names)s」は1人が兼ねることができません。") % {"names": names})
        same = (role.value, line.office, line.programme, line.network)
        if any((given.role, given.office, given.programme, given.network) == same for given in staying):
            return problem("役割", "held", _("「%(name)s」はすでに持っています。") % {"name": HANDBOOK[role].label})
    steps = _changes(line, user, ending, today=office.today)
    if not steps:
        return problem("所属", "nothing", _("氏名も所属も今と同じです。この行を消してください。"))
    return steps, []


def _ending(line: Line, held: Iterable[RoleAssignment]) -> tuple[list[RoleAssignment], list[Role]]:
    """Return which of the rights held a line ends (all of that duty, wherever it reaches), and what is not held."""
    ending = [given for given in held if Role(given.role) in line.ended]
    return ending, [role for role in line.ended if role.value not in {given.role for given in ending}]


def _changes(line: Line, user: User | None, ending: Iterable[RoleAssignment], *, today: date) -> list[Step]:
    steps = []
    if user is None:
        steps.append(Step(kind=ProposalKind.HIRE, line=line))
    elif (line.name or user.display_name, line.section or user.section) != (user.display_name, user.section):
        steps.append(Step(kind=ProposalKind.MOVE, line=line, user=user))
    # the last day of what ends is the day before the first of what begins
    starts_on = line.starts_on or today
    steps.extend(
        Step(kind=ProposalKind.END, line=line, user=user, assignment=given, ends_on=starts_on - timedelta(days=1))
        for given in ending
    )
    steps.extend(Step(kind=ProposalKind.GRANT, line=line, user=user, role=role.value) for role in line.added)
    return steps


def _sentence(step: Step) -> str:
    """Say in words what a step does."""
    line = step.line
    match step.kind:
        case ProposalKind.HIRE:
            return _("%(name)s（%(section)s）を利用者として登録する") % {"name": line.name, "section": line.section}
        case ProposalKind.MOVE:
            assert step.user is not None  # noqa: S101  (a mover is in the office)
            changes = [
                f"{column} {before or '―'} → {after}"
                for column, before, after in (
                    (_("氏名"), step.user.display_name, line.name),
                    (_("所属"), step.user.section, line.section),
                )
                if after
            ]
            return _("変更する：%(changes)s") % {"changes": "、".join(changes)}
        case ProposalKind.STOP:
            if step.ends_on is None:
                return _("利用をすぐに停止する（最後の日が過ぎているため）")
            return _("%(day)sまでで利用を停止する") % {"day": step.ends_on.isoformat()}
        case ProposalKind.END:
            assert step.assignment is not None and step.ends_on is not None  # noqa: S101, PT018  (see _changes)
            return _("%(role)sを%(day)sまでで終える") % {
                "role": reach(step.assignment.role, step.assignment.office, step.assignment.programme, ""),
                "day": step.ends_on.isoformat(),
            }
        case _:
            return _("%(role)sを付与する（%(from)s〜%(to)s）") % {
                "role": reach(step.role, line.office, line.programme, line.network),
                "from": line.starts_on.isoformat() if line.starts_on else "",
                "to": line.ends_on.isoformat() if line.ends_on else "",
            }


def reach(role: str, office: str, programme: str, network: str) -> str:
    """Return a duty's name with how far it goes."""
    limits = [scopes.office_name(office), scopes.programme_name(programme), network]
    limited = "・".join(limit for limit in limits if limit)
    return f"「{HANDBOOK[Role(role)].label}」" + (f"［{limited}］" if limited else "")
