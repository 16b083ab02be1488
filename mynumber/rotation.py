"""The only code that makes a new key-encryption key take over, wraps the data keys anew, and destroys an old key.

Two people stand behind each: one proposes, another approves. An approved rotation makes the new key seal whatever is
written from then on, in every process at once; a labour of ``config.worker`` then wraps every data key anew, in
batches that are each a transaction, while the system serves. The numbers themselves stay sealed: a data key never
meets its ciphertext here.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any
from uuid import UUID, uuid4

from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils.functional import Promise
from django.utils.translation import gettext as _, gettext_lazy

from audit import journal
from audit.models import Result
from mynumber import actions, crypto, key_operations, keys
from mynumber.key_operations import (
    KekState,
    Kind,
    Operation,
    Outcome,
    State,
    call,
    keks,
    open_operation,
    operation,
    rows,
    subject_of,
)
from mynumber.keys import trial
from mynumber.vault import Person

PERMISSION = "mynumber.work_keys"
REASON_LENGTH = 200
#: How many data keys are wrapped anew in one transaction. A kill costs the work of one batch and nothing else.
BATCH = 500
#: How long an approval waits for those who are sealing something under the old key.
LOCK_SECONDS = 10
_LOCK_NOT_AVAILABLE = "55P03"


#: What the database's guards say, in words for the person who ran into one.
GUARDS: Mapping[str, Promise] = MappingProxyType(
    {
        "one_key_operation_at_a_time": gettext_lazy(
            "ほかの鍵の操作が、承認待ちか進行中です。終わってから申請してください。"
        ),
        "key_operation_is_decided_by_a_second_person": gettext_lazy(
            "自分が出した申請は、自分では承認も却下もできません。"
        ),
        "key_operation_is_withdrawn_by_its_proposer": gettext_lazy("取り下げられるのは、申請した人だけです。"),
        "key_operation_is_decided_once": gettext_lazy("この申請は、すでに処理されています。"),
        "key_operation_has_a_reason": gettext_lazy("理由を入力してください。"),
        "key_operation_rejection_has_a_reason": gettext_lazy("却下の理由を入力してください。"),
        "key_operation_is_about_a_fitting_key": gettext_lazy(
            "申請した後に鍵の状態が変わっています。取り下げて、申請し直してください。"
        ),
        "key_operation_moves_by_the_table": gettext_lazy("いまの状態では、この操作はできません。"),
        "key_operation_is_proposed_by_a_records_keeper": gettext_lazy("保存・鍵管理者だけが申請できます。"),
        "key_operation_is_decided_by_a_records_keeper": gettext_lazy("保存・鍵管理者だけが承認・却下できます。"),
        "key_operation_is_moved_by_a_records_keeper": gettext_lazy("保存・鍵管理者だけが停止・再開できます。"),
        "kek_is_retired_once_nothing_is_left_under_it": gettext_lazy(
            "この鍵で封じたものが、まだ残っています。鍵の更新が終わり、取込み中のファイルがなくなってから破棄してください。"
        ),
    },
)


class Refused(Exception):
    """The step was not taken. ``str(refused)`` is fit to show; ``refused.code`` is what the record has."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


# ── what people do ───────────────────────────────────────────────────────────────────────────────────────────────


def propose_rotation(*, by: Person, reason: str) -> UUID:
    """Propose that a new key takes over; nothing changes until another keeper approves. Raises :class:`Refused`."""
    current = next(kek for kek in keks() if kek.state is KekState.CURRENT)
    return _propose(Kind.ROTATE, current.id, by=by, reason=reason)


def propose_retirement(kek_id: int, *, by: Person, reason: str) -> UUID:
    """Propose that an old key under which nothing is left is destroyed. Raises :class:`Refused`."""
    return _propose(Kind.RETIRE, kek_id, by=by, reason=reason)


def why_not_decide(one: Operation, *, by: Person) -> Refused | None:
    """Return why ``by`` may neither approve nor reject it, or None."""
    if not by.has_perm(PERMISSION):
        return Refused("not_permitted", _("鍵を扱う権限がありません。"))
    if one.outcome is not Outcome.WAITING:
        return Refused("key_operation_is_decided_once", str(GUARDS["key_operation_is_decided_once"]))
    if one.proposed_by == by.pk:
        guard = "key_operation_is_decided_by_a_second_person"
        return Refused(guard, str(GUARDS[guard]))
    return None


def approve(operation_id: UUID, *, by: Person) -> Operation:
    """Approve a proposal. A rotation's new key is made, tried and takes over; a key to be retired is destroyed.

    Raises :class:`Refused`: then no key has taken over and none is lost. A key that was made in vain stays with the
    provider, seals nothing, and is never taken into use.
    """
    # the outermost transaction: a key is destroyed only once it is committed that nobody needs it
    with _step("approve", by=by, subject=_named(operation_id)), transaction.atomic(durable=True):
        one = _locked(operation_id)
        if refused := why_not_decide(one, by=by):
            raise refused
        new_kek_id = _new_key() if one.kind is Kind.ROTATE else None
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, true)", [f"{LOCK_SECONDS}s"])
        call("decide_key_operation", one.id, Outcome.APPROVED.value, by.pk, "", new_kek_id)
        details = {"kind": one.kind.value, "key": one.kek_id}
        if new_kek_id is not None:
            details["new_key"] = new_kek_id
        journal.record(actions.KEY_APPROVED, by=by, subject=one.subject, details=details)
        _ask_the_guards()
    if one.kind is Kind.RETIRE:
        _destroy(one, by=by)
    return _found(operation_id)


def reject(operation_id: UUID, *, by: Person, reason: str) -> None:
    """Turn a proposal down, with the reason. Raises :class:`Refused`."""
    with _step("reject", by=by, subject=_named(operation_id)), transaction.atomic():
        one = _locked(operation_id)
        if refused := why_not_decide(one, by=by):
            raise refused
        if not reason.strip():
            raise Refused("no_reason", _("却下の理由を入力してください。"))
        call("decide_key_operation", one.id, Outcome.REJECTED.value, by.pk, reason.strip()[:REASON_LENGTH], None)
        _record(actions.KEY_REJECTED, one, by=by, reason=reason.strip()[:REASON_LENGTH])
        _ask_the_guards()


def withdraw(operation_id: UUID, *, by: Person) -> None:
    """Take one's own proposal back before it is decided. Raises :class:`Refused`."""
    with _step("withdraw", by=by, subject=_named(operation_id)), transaction.atomic():
        one = _locked(operation_id)
        call("decide_key_operation", one.id, Outcome.WITHDRAWN.value, by.pk, "", None)
        _record(actions.KEY_WITHDRAWN, one, by=by)
        _ask_the_guards()


def pause(operation_id: UUID, *, by: Person) -> None:
    """Hold a running rotation up: numbers under either key open meanwhile. Raises :class:`Refused`."""
    _move(operation_id, State.PAUSED, actions.KEY_PAUSED, by=by)


def resume(operation_id: UUID, *, by: Person) -> None:
    """Let a rotation go on; what it could not open is tried again. Raises :class:`Refused`."""
    _move(operation_id, State.RUNNING, actions.KEY_RESUMED, by=by)


# ── what the worker does ─────────────────────────────────────────────────────────────────────────────────────────


def work() -> bool:
    """Do the next piece of the operation that runs, and return whether there was any. A labour of ``config.worker``.

    Killed at any moment it leaves either the old or the new wrapping of each data key; two at once pass over what the
    other has in hand.
    """
    one = open_operation()
    if one is None or one.state is not State.RUNNING:
        return False
    return _destroy(one, by=None) if one.kind is Kind.RETIRE else _rewrap(one)


def _rewrap(one: Operation) -> bool:
    """Wrap a batch of data keys anew, or end the rotation when none is left."""
    if one.new_kek_id is None:
        return False
    try:
        with transaction.atomic():
            taken = rows("take_for_rewrap", one.id, BATCH)
            if taken:
                _rewrap_all(one, one.new_kek_id, taken)
                return True
    except keys.KeyUnavailableError as unavailable:
        call("note_key_problem", one.id, str(unavailable))
        return False
    return _finish(one)


def _rewrap_all(one: Operation, new_kek_id: int, taken: list[dict[str, Any]]) -> None:
    wrapped, broken = [], []
    for row in taken:
        place = row["person"], row["version"]
        try:
            anew = crypto.rewrap(
                bytes(row["wrapped"]), person=place[0], version=place[1], old=row["kek_id"], new=new_kek_id
            )
            wrapped.append((*place, anew))
        except crypto.SealBrokenError:
            broken.append(place)
    call("keep_rewrapped", one.id, *([row[at] for row in wrapped] for at in range(3)))
    if broken:
        call("note_rewrap_failures", one.id, *([row[at] for row in broken] for at in range(2)))
        journal.record_all(
            journal.Entry(
                action=actions.REWRAP_FAILED,
                by=None,
                subject=one.subject,
                person_id=person,
                result=Result.FAILED,
                details={"version": version, "key": one.kek_id},
            )
            for person, version in broken
        )


def _finish(one: Operation) -> bool:
    """End the rotation when no number is left behind; hold it up when those that are left do not open."""
    with transaction.atomic():
        end = call("finish_key_operation", one.id)
        if end == "DONE":
            now = _found(one.id)
            _record(actions.KEY_ROTATED, now, by=None, new_key=now.new_kek_id, count=now.done)
        elif end == "BROKEN":
            problem = _(
                "開けない包みが残っています。控えから戻すか、その人の番号を入力し直してから、再開してください。"
            )
            call("move_key_operation", one.id, State.PAUSED.value, None, problem)
            _record(actions.KEY_PAUSED, one, by=None, code="broken")
    return end in {"DONE", "BROKEN"}


def _destroy(one: Operation, *, by: Person | None) -> bool:
    """Have the provider destroy a retired key. Once more does no harm: without the key it does nothing."""
    try:
        keys.provider().destroy(one.kek_id)
    except keys.KeyUnavailableError as unavailable:
        call("note_key_problem", one.id, str(unavailable))
        return False
    except OSError as error:  # what it says may name a way to the key
        call("note_key_problem", one.id, _("鍵を消せません（%(why)s）。") % {"why": error.strerror or ""})
        return False
    with transaction.atomic():
        if call("finish_key_operation", one.id) == "DONE":
            _record(actions.KEY_RETIRED, one, by=by)
    return True


# ── the frame of a step ──────────────────────────────────────────────────────────────────────────────────────────


def _propose(kind: Kind, kek_id: int, *, by: Person, reason: str) -> UUID:
    operation_id = uuid4()
    subject = subject_of(operation_id, kind)
    with _step("propose", by=by, subject=subject), transaction.atomic():
        if not by.has_perm(PERMISSION):
            raise Refused("not_permitted", _("鍵を扱う権限がありません。"))
        if not reason.strip():
            raise Refused("no_reason", _("理由を入力してください。"))
        call("propose_key_operation", operation_id, kind.value, kek_id, reason.strip()[:REASON_LENGTH], by.pk)
        _record(actions.KEY_PROPOSED, _found(operation_id), by=by, reason=reason.strip()[:REASON_LENGTH])
        _ask_the_guards()
    return operation_id


def _move(operation_id: UUID, state: State, action: str, *, by: Person) -> None:
    method = "pause" if state is State.PAUSED else "resume"
    with _step(method, by=by, subject=_named(operation_id)), transaction.atomic():
        one = _locked(operation_id)
        if not by.has_perm(PERMISSION):
            raise Refused("not_permitted", _("鍵を扱う権限がありません。"))
        call("move_key_operation", one.id, state.value, by.pk, "")
        _record(action, one, by=by)
        _ask_the_guards()


def _new_key() -> int:
    """Have the provider make a key with an id that was never used, and try it before anything is sealed under it."""
    try:
        provider = keys.provider()
        ids = {kek.id for kek in keks()} | {key.kek_id for key in provider.versions() if key.kek_id is not None}
        new_kek_id = max(ids) + 1
        provider.make(new_kek_id)
        problem = trial.kek_problem(provider, new_kek_id)
    except keys.KeyUnavailableError as unavailable:
        raise Refused("provider", _("新しい鍵を作れませんでした。%(why)s") % {"why": unavailable}) from unavailable
    except FileExistsError as there:
        raise Refused("key_exists", _("同じ番号の鍵がもうあります。もう一度承認してください。")) from there
    if problem:
        raise Refused("trial", _("新しい鍵が試験に通らなかったため、使いません。%(why)s") % {"why": problem})
    return new_kek_id


@contextmanager
def _step(method: str, *, by: Person, subject: journal.Subject) -> Iterator[None]:
    """Put a refusal on record once the step is undone, whoever refused: code or database."""
    try:
        yield
    except Refused as refused:
        _record_refused(refused, method, by=by, subject=subject)
        raise
    except DatabaseError as error:
        told = _in_words(error)
        _record_refused(told, method, by=by, subject=subject)
        raise told from error


def _in_words(error: DatabaseError) -> Refused:
    """Return what the guard that raised ``error`` means; one that has no words here is a fault and raised on."""
    if getattr(error.__cause__, "sqlstate", "") == _LOCK_NOT_AVAILABLE:
        return Refused(
            "busy", _("個人番号の登録が続いているため、切り替えられませんでした。少し待ってやり直してください。")
        )
    diagnosis = getattr(error.__cause__, "diag", None)
    name = (diagnosis and (diagnosis.constraint_name or diagnosis.message_primary)) or ""
    if not isinstance(error, IntegrityError) or name not in GUARDS:
        raise error
    return Refused(name, str(GUARDS[name]))


def _record_refused(refused: Refused, method: str, *, by: Person, subject: journal.Subject) -> None:
    journal.record(
        actions.KEY_REFUSED,
        by=by,
        subject=subject,
        result=Result.REFUSED,
        details={"method": method, "code": refused.code},
    )


def _record(action: str, one: Operation, *, by: Person | None, reason: str = "", **details: object) -> None:
    journal.record(
        action,
        by=by,
        subject=one.subject,
        reason=reason,
        details={"kind": one.kind.value, "key": one.kek_id, **details},
    )


def _ask_the_guards() -> None:
    """Let the guards that wait for COMMIT speak now, while the step can still be refused in words."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def _locked(operation_id: UUID) -> Operation:
    found = key_operations.locked(operation_id)
    if found is None:
        raise Refused("absent", _("この申請はありません。"))
    return found


def _found(operation_id: UUID) -> Operation:
    found = operation(operation_id)
    if found is None:
        raise Refused("absent", _("この申請はありません。"))
    return found


def _named(operation_id: UUID) -> journal.Subject:
    one = operation(operation_id)
    return one.subject if one else journal.Subject(kind="mynumber.keyoperation", id=str(operation_id))
