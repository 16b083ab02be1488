"""The only code that opens, types, compares, approves, rejects and withdraws a request to correct a My Number.

One person asks, having seen evidence, and types the number blind; another types it again blind and decides. Who had
typed the wrong number may ask, but does not decide; who had only typed it again may, since what counts now is that two
people read the same from new evidence. The database holds to the same by itself (migration 0008). Every step is on
record in its transaction; a refusal is recorded once the step is undone.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.functional import Promise
from django.utils.translation import gettext as _, gettext_lazy

from accounts.models import User
from audit import journal
from audit.models import Event, Result
from benefits import content, events, holders
from benefits.choices import Status
from benefits.models import Application, Correction, HouseholdPerson, Person
from benefits.models.correction import CorrectionOutcome
from benefits.policies import Refusal
from mynumber import corrections as numbers, vault

VIEW_PERMISSION = "benefits.view_person"
#: How often a number may be typed for one request, before it is to be rejected and asked for anew.
MOST_TYPINGS = 3


class Refused(Exception):
    """The step was not taken. ``str(refused)`` is fit to show the clerk."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal


#: What the database's guards say, for two people at the same moment.
GUARDS: Mapping[str, Promise] = MappingProxyType(
    {
        "person_has_one_open_correction": gettext_lazy("この人の個人番号の訂正は、すでに申請されています。"),
        "correction_is_decided_once": gettext_lazy("この申請は、すでに処理されています。"),
        "correction_is_of_a_number_in_use": gettext_lazy("この人には、訂正できる確定した個人番号がありません。"),
    }
)


def may_type(user: User, person: Person) -> bool:
    """Say whether ``user`` types numbers for corrections, this person's among them, and shows none."""
    return (
        user.has_perm(numbers.PERMISSION)
        and not user.has_perm(vault.REVEAL_PERMISSION)
        and Person.objects.within_reach(user, "mynumber.correct_number").filter(pk=person.pk).exists()
    )


def holders_of(person: Person) -> dict[UUID, str]:
    """Return whose numbers in use hang on this person's approved applications, and what each is called on the form."""
    called = {person.pk: _("受診者（%s）") % person.name}
    household = HouseholdPerson.objects.filter(
        application__person=person, application__status=Status.APPROVED, number_version__isnull=False
    )
    for one in household.select_related("application").order_by("created_at", "pk"):
        stands = holders.beside_the_patient(content.form_of(one.application.content)).get(one.slot)
        called[one.pk] = f"{stands.place}（{stands.name}）" if stands else str(one.get_kind_display())
    held = vault.standings(list(called))
    return {
        holder: words
        for holder, words in called.items()
        if holder in held and held[holder].state is vault.State.IN_USE
    }


def why_not_open(person: Person, holder_id: UUID, *, by: User) -> Refusal | None:
    """Return the reason ``by`` may not ask for a correction of this number, or None when they may."""
    if not Person.objects.visible_to(by).filter(pk=person.pk).exists():
        return Refusal("not_permitted", _("この操作を行う権限がありません。"))
    if holder_id not in holders_of(person):
        return Refusal("not_in_use", _("この人には、訂正できる確定した個人番号がありません。"))
    if Correction.objects.open().filter(holder_id=holder_id).exists():
        return Refusal("already_open", str(GUARDS["person_has_one_open_correction"]))
    return None


def why_not_type(correction: Correction, *, by: User) -> Refusal | None:
    """Return the reason ``by`` may not type the number of this request, or None when they may."""
    if not correction.is_open:
        return Refusal("decided", str(GUARDS["correction_is_decided_once"]))
    if not may_type(by, correction.person):
        return Refusal("not_permitted", _("個人番号を入力できるのは、入力担当者です。"))
    waiting = numbers.standing(correction.holder_id)
    if waiting is not None and waiting.state is vault.State.CONFIRMED:
        return Refusal("settled", _("個人番号は再入力と一致しています。承認または却下を待っています。"))
    if typings_left(correction) <= 0:
        return Refusal(
            "typed_too_often", _("この申請で個人番号を入力できる回数を使い切りました。申請をやり直してください。")
        )
    return None


def why_not_decide(correction: Correction, *, by: User) -> Refusal | None:
    """Return the reason ``by`` may neither retype nor decide, or None when they may."""
    if not correction.is_open:
        return Refusal("decided", str(GUARDS["correction_is_decided_once"]))
    within = Person.objects.within_reach(by, "mynumber.retype_number").filter(pk=correction.person_id)
    if not by.has_perm(vault.RETYPE_PERMISSION) or not within.exists():
        return Refusal("not_permitted", _("再入力と決定を行えるのは、確認者です。"))
    if by.pk == correction.opened_by_id or by.pk in correction.typist_ids:
        return Refusal(
            "own_request", _("自分が申請または入力した訂正は、自分では決定できません。ほかの確認者が行います。")
        )
    held = vault.standing(correction.holder_id)
    if held is not None and held.version == correction.corrects and held.typed_by == by.pk:
        return Refusal("erred", _("訂正する番号を入力した人は、その訂正を決定できません。ほかの確認者が行います。"))
    return None


def why_not_approve(correction: Correction, *, by: User) -> Refusal | None:
    """Return the reason ``by`` may not approve now, or None when they may."""
    if refusal := why_not_decide(correction, by=by):
        return refusal
    if correction.version is None:
        return Refusal("not_typed", _("新しい個人番号がまだ入力されていません。"))
    waiting = numbers.standing(correction.holder_id)
    if waiting is None or waiting.version != correction.version or waiting.state is not vault.State.CONFIRMED:
        return Refusal("number_not_confirmed", _("個人番号がまだ一致していません。書類を見て再入力してください。"))
    if waiting.confirmed_by != by.pk:
        return Refusal("confirmed_by_another", _("再入力して一致した人が承認します。"))
    under_way = Application.objects.filter(
        person_id=correction.holder_id,
        number_version__isnull=False,
        status__in=[Status.DRAFT, Status.RETURNED, Status.SUBMITTED],
    )
    if under_way.exists():
        return Refusal(
            "application_under_way",
            _("この人の、個人番号を伴う申請が処理中です。その申請の決定か取下げの後に承認してください。"),
        )
    return None


def why_not_withdraw(correction: Correction, *, by: User) -> Refusal | None:
    """Return the reason ``by`` may not take the request back, or None when they may."""
    if not correction.is_open:
        return Refusal("decided", str(GUARDS["correction_is_decided_once"]))
    if by.pk != correction.opened_by_id and by.pk not in correction.typist_ids:
        return Refusal("not_the_requester", _("取り下げられるのは、申請した人と入力した人だけです。"))
    return None


def typings_left(correction: Correction) -> int:
    """Return how often a number may still be typed for this request."""
    typed = Event.objects.filter(
        subject_id=str(correction.pk), action=events.CORRECTION_TYPED, result=Result.DONE
    ).count()
    return MOST_TYPINGS - typed


def open_request(
    person_id: UUID,
    *,
    by: User,
    at: datetime,
    reason: str,
    words: str,
    evidence: str = "",
    number: str = "",
    holder_id: UUID | None = None,
) -> Correction:
    """Ask for a number to be corrected; with ``number``, typed from the evidence, in the same step.

    It is the person's own, or that of ``holder_id``, somebody of their household.

    Raises :class:`Refused`, or what :func:`mynumber.corrections.keep` raises: then nothing is asked for either.
    """
    with _step("open", by=by, person_id=person_id):
        person = Person.objects.registered().get(pk=person_id)
        holder_id = holder_id or person_id
        _refuse(why_not_open(person, holder_id, by=by))
        held = vault.standing(holder_id)
        assert held is not None  # noqa: S101  (why_not_open has asked)
        correction = Correction(
            person=person,
            holder_id=holder_id,
            reason=reason,
            words=words,
            evidence=evidence,
            corrects=held.version,
            opened_by=by,
            opened_at=at,
        )
        correction.save(force_insert=True)
        _record(events.CORRECTION_OPENED, correction, by=by, reason=words, kind=reason, version=held.version)
        if number:
            _type(correction, by=by, at=at, evidence=evidence, number=number)
    return correction


def type_number(correction_id: UUID, *, by: User, at: datetime, evidence: str, number: str) -> Correction:
    """Seal the number that shall take the place of the wrong one; what was typed for the request before is erased."""
    with _step("type", by=by, correction_id=correction_id):
        correction = _lock(correction_id)
        _type(correction, by=by, at=at, evidence=evidence, number=number)
    return correction


def compare(correction_id: UUID, *, by: User, version: int, number: str) -> vault.Comparison:
    """Compare a second blind entry with the first: only whether they agree is told. Two tries for each person."""
    with _step("compare", by=by, correction_id=correction_id):
        correction = _lock(correction_id)
        _refuse(why_not_decide(correction, by=by))
        _refuse_if_stale(correction, version)
        return vault.compare(correction.holder_id, version, number, by=by, label=correction.label)


def approve(correction_id: UUID, *, by: User, at: datetime, version: int) -> Correction:
    """Let the number that two people typed alike take the place of the wrong one, which stays sealed and unused."""
    with _step("approve", by=by, correction_id=correction_id):
        correction = _lock(correction_id)
        _refuse_if_stale(correction, version)
        _refuse(why_not_approve(correction, by=by))
        _decide(correction, CorrectionOutcome.APPROVED, by=by, at=at)
        _record(events.CORRECTION_APPROVED, correction, by=by, kind=correction.reason, version=version)
        try:
            numbers.apply(correction.holder_id, version, corrects=correction.corrects, by=by, label=correction.label)
        except vault.RefusedError as error:
            raise Refused(Refusal("number_changed", str(error))) from error
    return correction


def reject(correction_id: UUID, *, by: User, at: datetime, words: str) -> Correction:
    """Turn the request down, with the reason; what was typed for it is erased."""
    with _step("reject", by=by, correction_id=correction_id):
        correction = _lock(correction_id)
        _refuse(why_not_decide(correction, by=by))
        if not words:
            raise Refused(Refusal("no_reason", _("却下する理由を入力してください。")))
        return _end(correction, CorrectionOutcome.REJECTED, by=by, at=at, words=words)


def withdraw(correction_id: UUID, *, by: User, at: datetime) -> Correction:
    """Take the request back; what was typed for it is erased."""
    with _step("withdraw", by=by, correction_id=correction_id):
        correction = _lock(correction_id)
        _refuse(why_not_withdraw(correction, by=by))
        return _end(correction, CorrectionOutcome.WITHDRAWN, by=by, at=at)


def _type(correction: Correction, *, by: User, at: datetime, evidence: str, number: str) -> None:
    _refuse(why_not_type(correction, by=by))
    if not evidence:
        raise Refused(Refusal("no_evidence", _("番号を確かめた書類を選んでください。")))
    version, corrects = numbers.keep(correction.holder_id, number, by=by, label=correction.label)
    if corrects != correction.corrects:
        raise Refused(Refusal("number_changed", _("訂正する番号がすでに変わっています。申請をやり直してください。")))
    correction.version, correction.evidence = version, evidence
    correction.typed_by, correction.typed_at = by, at
    if by.pk not in correction.typist_ids:
        correction.typist_ids = [*correction.typist_ids, by.pk]
    correction.save(update_fields=["version", "evidence", "typed_by", "typed_at", "typist_ids"])
    _record(events.CORRECTION_TYPED, correction, by=by, version=version)


def _end(correction: Correction, outcome: CorrectionOutcome, *, by: User, at: datetime, words: str = "") -> Correction:
    _decide(correction, outcome, by=by, at=at, words=words)
    action = events.CORRECTION_REJECTED if outcome is CorrectionOutcome.REJECTED else events.CORRECTION_WITHDRAWN
    _record(action, correction, by=by, reason=words, kind=correction.reason)
    if correction.version is not None:
        numbers.remove(correction.holder_id, correction.version, by=by, label=correction.label)
    return correction


def _decide(correction: Correction, outcome: CorrectionOutcome, *, by: User, at: datetime, words: str = "") -> None:
    correction.outcome, correction.decision_words = outcome.value, words
    correction.decided_by, correction.decided_at = by, at
    correction.save(update_fields=["outcome", "decision_words", "decided_by", "decided_at"])


def _lock(correction_id: UUID) -> Correction:
    return Correction.objects.select_for_update(of=("self",)).select_related("person").get(pk=correction_id)


def _refuse(refusal: Refusal | None) -> None:
    if refusal:
        raise Refused(refusal)


def _refuse_if_stale(correction: Correction, version: int) -> None:
    if correction.version != version:
        raise Refused(Refusal("stale", _("表示した後に、番号が入力し直されました。もう一度確認してください。")))


def _record(action: str, correction: Correction, *, by: User, reason: str = "", **details: object) -> None:
    journal.record(
        action,
        by=by,
        subject=journal.Subject(kind="benefits.correction", id=str(correction.pk), label=correction.label),
        person_id=correction.holder_id,
        reason=reason,
        details=details,
    )


@contextmanager
def _step(
    method: str, *, by: User, correction_id: UUID | None = None, person_id: UUID | None = None
) -> Iterator[None]:
    """Run a step in a transaction of its own, with a refusal recorded once it is undone."""
    try:
        try:
            with transaction.atomic():
                yield
        except IntegrityError as error:
            for guard, message in GUARDS.items():
                if guard in str(error):
                    raise Refused(Refusal(guard, str(message))) from error
            raise
    except vault.NotKeptError as refused:
        # Inside the transaction the entry would have been undone with it.
        vault.record_not_kept(refused)
        raise
    except Refused as refused:
        if correction_id is not None and person_id is None:
            person_id = Correction.objects.values_list("person_id", flat=True).get(pk=correction_id)
        journal.record(
            events.CORRECTION_REFUSED,
            by=by,
            subject=journal.Subject(kind="benefits.correction", id=str(correction_id or "")),
            person_id=person_id,
            result=Result.REFUSED,
            details={"method": method, "code": refused.refusal.code},
        )
        raise
