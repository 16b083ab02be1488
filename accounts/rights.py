"""The only code that proposes, approves, rejects, withdraws and carries out a change of who somebody is or may do.

Two people stand behind every change: one user administrator proposes it, another approves it, and neither is the one
it is about. The database holds to the same rules by itself (migration 0004). Every step and what it brings about is
on record in the same transaction; a refusal is recorded once the step is undone.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from types import MappingProxyType
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _, gettext_lazy

from accounts import actions, attempts, factors, passwords, rights_policy, sessions
from accounts.models import Proposal, RoleAssignment, StaffBatch, User
from accounts.models.people import MustChange
from accounts.models.rights import Outcome, ProposalKind, ResetWhat
from accounts.models.sessions import EndReason
from accounts.rights_policy import Refusal
from audit import journal
from audit.models import Result


class Refused(Exception):
    """The step was not taken. ``str(refused)`` is fit to show; ``refusal.code`` is what the record has."""

    def __init__(self, code: str | Refusal, message: str = "") -> None:
        self.refusal = code if isinstance(code, Refusal) else Refusal(code, message)
        super().__init__(self.refusal.message)


#: What the database's guards say, in words for the person who ran into one (two people at the same moment, mostly).
GUARDS: Mapping[str, Promise] = MappingProxyType(
    {
        "proposal_is_decided_by_a_second_person": gettext_lazy("自分が出した申請は、自分では承認も却下もできません。"),
        "proposal_is_not_about_its_proposer": gettext_lazy("自分の権限は、自分では変えられません。"),
        "proposal_is_not_about_its_decider": gettext_lazy(
            "自分の権限についての申請は、自分では承認も却下もできません。"
        ),
        "proposal_is_withdrawn_by_its_proposer": gettext_lazy("取り下げられるのは、申請した人だけです。"),
        "proposal_is_made_by_a_user_administrator": gettext_lazy("利用者管理者だけが申請できます。"),
        "proposal_is_decided_by_a_user_administrator": gettext_lazy("利用者管理者だけが承認・却下できます。"),
        "proposal_is_decided_once": gettext_lazy("この申請は、すでに処理されています。"),
        "proposal_is_not_dated_back": gettext_lazy("過ぎた日付では申請できません。"),
        "proposal_has_a_reason": gettext_lazy("理由を入力してください。"),
        "proposal_says_what_its_kind_needs": gettext_lazy("申請に必要な項目が足りません。"),
        "roles_of_one_person_do_not_conflict": gettext_lazy(
            "この人がすでに持つ役割と、1人で兼ねることができない役割です。"
        ),
        "role_is_given_once": gettext_lazy("この役割は、同じ範囲で、重なる期間にすでに付与されています。"),
        "role_ends_after_it_starts": gettext_lazy("終了日は、開始日かそれより後の日にしてください。"),
        "office_keeps_a_user_administrator": gettext_lazy(
            "最後の利用者管理者は、停止することも、役割を終了することもできません。先に、ほかの人を利用者管理者にしてください。"
        ),
        "accounts_user_login_id_key": gettext_lazy("この利用者IDは、すでに使われています。"),
    },
)


def propose(
    kind: ProposalKind,
    *,
    by: User,
    at: datetime,
    reason: str,
    decision_number: str = "",
    user: User | None = None,
    assignment: RoleAssignment | None = None,
    role: str = "",
    office: str = "",
    programme: str = "",
    network: str = "",
    starts_on: date | None = None,
    ends_on: date | None = None,
    login_id: str = "",
    display_name: str = "",
    section: str = "",
    reset: str = "",
    batch: StaffBatch | None = None,
) -> Proposal:
    """Put a change before the other user administrators; nothing changes until one of them approves.

    Everything that can be checked today is checked here already, so that nobody waits for what cannot be.
    ``ends_on`` is the last day: of a right for GRANT and END, of the whole account for HIRE, STOP and RESUME (None: at
    once for STOP, open otherwise). Raises :class:`Refused`.
    """
    subject = user or journal.Subject(kind="accounts.user", id="", label=str(kind.label))
    with step(kind.value.lower(), by=by, subject=subject):
        about = user
        _lock_people(by, about)
        proposer = _fresh(by)
        proposal = Proposal(
            kind=kind,
            user=_fresh(about) if about else None,
            assignment=RoleAssignment.objects.get(pk=assignment.pk) if assignment else None,
            batch=batch,
            role=role,
            office=office,
            programme=programme,
            network=network.strip(),
            starts_on=starts_on,
            ends_on=ends_on,
            login_id=login_id.strip(),
            display_name=display_name.strip(),
            section=section.strip(),
            reset=reset,
            reason=reason.strip(),
            decision_number=decision_number.strip(),
            proposed_by=proposer,
            proposed_at=at,
        )
        today = timezone.localdate(at)
        for refusal in (
            rights_policy.why_not_propose(kind, by=proposer, about=proposal.user, assignment=proposal.assignment),
            rights_policy.why_not_written(proposal),
            rights_policy.why_not_dated(proposal, today=today),
            rights_policy.why_not_change(proposal, today=today),
        ):
            if refusal:
                raise Refused(refusal)
        _validate(proposal)
        proposal.save(force_insert=True)
        journal.record(
            actions.PROPOSAL_MADE,
            by=proposer,
            subject=proposal,
            reason=proposal.reason,
            details=_details(proposal),
        )
    return proposal


def approve(proposal_id: UUID, *, by: User, at: datetime) -> Proposal:
    """Approve a proposal and carry it out, both or neither. Raises :class:`Refused`."""
    with step("approve", by=by, subject=_named(proposal_id)):
        proposal, decider = lock(proposal_id, by=by)
        if refusal := rights_policy.why_not_decide(proposal, by=decider):
            raise Refused(refusal)
        if refusal := rights_policy.why_not_change(proposal, today=timezone.localdate(at)):
            raise Refused(refusal)
        _decide(proposal, Outcome.APPROVED, by=decider, at=at)
        journal.record(actions.PROPOSAL_APPROVED, by=decider, subject=proposal, details=_details(proposal))
        _CARRY_OUT[ProposalKind(proposal.kind)](proposal, decider, at)
    return proposal


def reject(proposal_id: UUID, *, by: User, at: datetime, reason: str) -> Proposal:
    """Turn a proposal down, with the reason. Raises :class:`Refused`."""
    with step("reject", by=by, subject=_named(proposal_id)):
        proposal, decider = lock(proposal_id, by=by)
        if refusal := rights_policy.why_not_decide(proposal, by=decider):
            raise Refused(refusal)
        if not reason.strip():
            raise Refused("no_reason", _("却下の理由を入力してください。"))
        _decide(proposal, Outcome.REJECTED, by=decider, at=at, reason=reason.strip())
        journal.record(
            actions.PROPOSAL_REJECTED, by=decider, subject=proposal, reason=reason.strip(), details=_details(proposal)
        )
    return proposal


def withdraw(proposal_id: UUID, *, by: User, at: datetime) -> Proposal:
    """Take one's own proposal back before it is decided. Raises :class:`Refused`."""
    with step("withdraw", by=by, subject=_named(proposal_id)):
        proposal, proposer = lock(proposal_id, by=by)
        if refusal := rights_policy.why_not_withdraw(proposal, by=proposer):
            raise Refused(refusal)
        _decide(proposal, Outcome.WITHDRAWN, by=proposer, at=at)
        journal.record(actions.PROPOSAL_WITHDRAWN, by=proposer, subject=proposal, details=_details(proposal))
    return proposal


def stop_now(user: User, *, by: User, at: datetime, reason: str) -> None:
    """Stop somebody at once and end their sessions: it protects, so one administrator may. Coming back takes two."""
    with step("stop_now", by=by, subject=user):
        _lock_people(by, user)
        administrator, stopped = _fresh(by), _fresh(user)
        _refuse_unless_administrator(administrator, about=stopped)
        refuse_if_emergency(stopped)
        if not stopped.is_active:
            raise Refused("stopped", _("この人の利用は、すでに停止しています。"))
        if not reason.strip():
            raise Refused("no_reason", _("理由を入力してください。"))
        User.objects.filter(pk=stopped.pk).update(is_active=False, stopped_at=at)
        journal.record(
            actions.STAFF_STOPPED,
            by=administrator,
            subject=stopped,
            reason=reason.strip(),
            details={"code": "at_once"},
        )
        sessions.end_all(stopped, EndReason.STOPPED, by=administrator, at=at)


def refuse_if_emergency(user: User) -> None:
    """Refuse what a page would do to a sealed account: only the owner of the tables seals it anew."""
    if user.is_emergency:
        raise Refused("emergency", _("非常用アカウントは、画面からは変えられません。"))


def let_in(user: User, *, by: User, at: datetime) -> None:
    """Let somebody whom wrong guesses shut out try again. A second person does it, never oneself."""
    with step("let_in", by=by, subject=user):
        _lock_people(by, user)
        administrator, shut_out = _fresh(by), _fresh(user)
        _refuse_unless_administrator(administrator, about=shut_out)
        if not attempts.is_shut(shut_out.login_id):
            raise Refused("not_shut", _("この人は、ロックされていません。"))
        attempts.let_in(shut_out.login_id)
        journal.record(actions.STAFF_LET_IN, by=administrator, subject=shut_out)


# ── carrying out ─────────────────────────────────────────────────────────────────────────────────────────────────


def _hire(proposal: Proposal, by: User, at: datetime) -> None:
    user = User(
        login_id=proposal.login_id,
        display_name=proposal.display_name,
        section=proposal.section,
        valid_until=proposal.ends_on,
        joined_at=at,
        must_change_password=MustChange.FIRST,
    )
    user.set_unusable_password()
    user.save(force_insert=True)
    proposal.user = user
    proposal.save(update_fields=["user"])
    journal.record(actions.STAFF_HIRED, by=by, subject=user)


def _grant(proposal: Proposal, by: User, at: datetime) -> None:
    if proposal.starts_on is None:
        raise Refused("no_start", _("開始日を入力してください。"))
    given = RoleAssignment(
        user=proposal.user,
        role=proposal.role,
        office=proposal.office,
        programme=proposal.programme,
        network=proposal.network,
        starts_on=proposal.starts_on,
        ends_on=proposal.ends_on,
        given_at=at,
        proposal=proposal,
    )
    given.save(force_insert=True)
    journal.record(actions.ROLE_GRANTED, by=by, subject=proposal.user, details=_details(proposal))


def _end(proposal: Proposal, by: User, at: datetime) -> None:
    if proposal.assignment is None:
        raise Refused("no_right", _("終了する役割を選んでください。"))
    RoleAssignment.objects.filter(pk=proposal.assignment.pk).update(ended_on=proposal.ends_on, ended_by=proposal)
    journal.record(actions.ROLE_ENDED, by=by, subject=proposal.user, details={"role": proposal.assignment.role})


def _move(proposal: Proposal, by: User, at: datetime) -> None:
    user = _person(proposal)
    before = {"display_name": user.display_name, "section": user.section}
    fields = sorted(name for name, value in before.items() if value != getattr(proposal, name))
    User.objects.filter(pk=user.pk).update(display_name=proposal.display_name, section=proposal.section)
    journal.record(actions.STAFF_MOVED, by=by, subject=user, details={"fields": fields})


def _stop(proposal: Proposal, by: User, at: datetime) -> None:
    user = _person(proposal)
    if proposal.ends_on is not None and proposal.ends_on >= timezone.localdate(at):
        User.objects.filter(pk=user.pk).update(valid_until=proposal.ends_on)
        journal.record(actions.STAFF_STOPPED, by=by, subject=user, details={"code": "from_date"})
        return
    User.objects.filter(pk=user.pk).update(is_active=False, stopped_at=at)
    journal.record(actions.STAFF_STOPPED, by=by, subject=user, details={"code": "approved"})
    sessions.end_all(user, EndReason.STOPPED, by=by, at=at)


def _resume(proposal: Proposal, by: User, at: datetime) -> None:
    user = _person(proposal)
    User.objects.filter(pk=user.pk).update(is_active=True, stopped_at=None, valid_until=proposal.ends_on)
    journal.record(actions.STAFF_RESUMED, by=by, subject=user)


def _reset(proposal: Proposal, by: User, at: datetime) -> None:
    user = _person(proposal)
    journal.record(actions.STAFF_RESET, by=by, subject=user, details={"kind": proposal.reset})
    if proposal.reset in {ResetWhat.PASSWORD, ResetWhat.BOTH}:
        passwords.take_away(user, at=at)
    if proposal.reset in {ResetWhat.FACTOR, ResetWhat.BOTH}:
        factors.remove_all(user, by=by)
        user.enrolment_digest, user.enrolment_until = "", None
        user.save(update_fields=["enrolment_digest", "enrolment_until"])
    sessions.end_all(user, EndReason.PASSWORD, by=by, at=at)
    attempts.let_in(user.login_id)


_CARRY_OUT: Mapping[ProposalKind, Callable[[Proposal, User, datetime], None]] = MappingProxyType(
    {
        ProposalKind.HIRE: _hire,
        ProposalKind.GRANT: _grant,
        ProposalKind.END: _end,
        ProposalKind.MOVE: _move,
        ProposalKind.STOP: _stop,
        ProposalKind.RESUME: _resume,
        ProposalKind.RESET: _reset,
    },
)


# ── the frame of a step ──────────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def step(method: str, *, by: User, subject: User | Proposal | journal.Subject) -> Iterator[None]:
    """Hold one step in a transaction; put a refusal on record once it is undone, whoever refused: code or database."""
    try:
        with transaction.atomic():
            try:
                yield
                _ask_the_guards()
            except IntegrityError as error:
                raise Refused(_guard(error)) from error
    except Refused as refused:
        _record_refused(refused, method, by=by, subject=subject)
        raise
    except IntegrityError as error:  # a guard that spoke at COMMIT
        late = Refused(_guard(error))
        _record_refused(late, method, by=by, subject=subject)
        raise late from error


def _record_refused(refused: Refused, method: str, *, by: User, subject: User | Proposal | journal.Subject) -> None:
    journal.record(
        actions.PROPOSAL_REFUSED,
        by=by,
        subject=subject,
        result=Result.REFUSED,
        details={"method": method, "code": refused.refusal.code},
    )


def _ask_the_guards() -> None:
    """Let the guards that wait for COMMIT speak now, while the step can still be refused in words."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def _guard(error: IntegrityError) -> Refusal:
    """Return what the guard that raised ``error`` means; one that has no words here is a fault and raised on."""
    diagnosis = getattr(error.__cause__, "diag", None)
    name = (diagnosis and (diagnosis.constraint_name or diagnosis.message_primary)) or ""
    if name not in GUARDS:
        raise error
    return Refusal(name, str(GUARDS[name]))


def _validate(proposal: Proposal) -> None:
    try:
        proposal.full_clean(validate_constraints=False)
    except ValidationError as error:
        raise Refused("invalid", " ".join(error.messages)) from error


def lock(proposal_id: UUID, *, by: User) -> tuple[Proposal, User]:
    """Lock the people first, in one order, then the proposal; return both as they stand now.

    ``by`` is locked too: an approval and the end of the approver's own right take place one after the other.
    """
    about = Proposal.objects.only("user").get(pk=proposal_id).user
    _lock_people(by, about)
    proposal = Proposal.objects.select_for_update(of=("self",)).get(pk=proposal_id)
    return proposal, _fresh(by)


def _lock_people(*people: User | None) -> None:
    keys = sorted({somebody.pk for somebody in people if somebody is not None})
    list(User.objects.select_for_update(no_key=True).filter(pk__in=keys).order_by("pk").values_list("pk"))


def _fresh(somebody: User) -> User:
    """Return the person with the rights they have at this moment, not those from when the page was asked for."""
    return User.objects.get(pk=somebody.pk)


def _person(proposal: Proposal) -> User:
    if proposal.user_id is None:
        raise Refused("nobody", _("対象の利用者を選んでください。"))
    return User.objects.get(pk=proposal.user_id)


def _decide(proposal: Proposal, outcome: Outcome, *, by: User, at: datetime, reason: str = "") -> None:
    proposal.outcome = outcome
    proposal.decided_by = by
    proposal.decided_at = at
    proposal.decision_reason = reason
    _validate(proposal)
    proposal.save(update_fields=["outcome", "decided_by", "decided_at", "decision_reason"])


def _refuse_unless_administrator(by: User, *, about: User) -> None:
    if not by.has_perm(rights_policy.CHANGE_RIGHTS):
        raise Refused("not_administrator", _("利用者管理者だけが行えます。"))
    if by.pk == about.pk:
        raise Refused("own_rights", _("自分については行えません。ほかの利用者管理者に頼んでください。"))


def _details(proposal: Proposal) -> dict[str, object]:
    found: dict[str, object] = {"kind": proposal.kind}
    for name in ("role", "office", "programme"):
        if value := getattr(proposal, name):
            found[name] = value
    if proposal.assignment_id is not None and proposal.assignment is not None:
        found["role"] = proposal.assignment.role
    if proposal.batch_id is not None:
        found["batch"] = str(proposal.batch_id)
    return found


def _named(proposal_id: UUID) -> journal.Subject:
    kind = Proposal.objects.filter(pk=proposal_id).values_list("kind", flat=True).first()
    label = str(ProposalKind(kind).label) if kind else ""
    return journal.Subject(kind="accounts.proposal", id=str(proposal_id), label=label)
