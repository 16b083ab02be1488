"""The only code that moves an application from one status to the next, or changes what it says.

Every public function takes the application's row lock, asks ``benefits.policies``, and writes the entry of the
record in the transaction of the change. A refusal is recorded too, after the transaction has been undone.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar, cast
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from audit import journal
from audit.models import Result
from benefits import content, events, holders, household_numbers, imported_numbers, japanese_text, policies
from benefits.choices import Status, ThirdOutcome
from benefits.decision import CannotDecideError, Decision, decide
from benefits.lifecycle import STEPS, Action
from benefits.models import Application, Certification, Person, ReturnComment, Review, ThirdComparison
from benefits.papers import checklist
from benefits.policies import Refusal
from benefits.registers import number_bases
from benefits.rules import check_digits
from mynumber import vault

P = ParamSpec("P")
R = TypeVar("R")


class Refused(Exception):
    """The step was not taken. ``str(refused)`` is fit to show the clerk."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal


class Stale(Refused):
    """Somebody else changed the application meanwhile. ``application`` is how it stands now."""

    def __init__(self, application: Application) -> None:
        super().__init__(Refusal("stale", _("表示した後に、ほかの人が内容を変更しました。もう一度確認してください。")))
        self.application = application


def step(action: Action) -> Callable[[Callable[Concatenate[UUID, P], R]], Callable[Concatenate[UUID, P], R]]:
    """Run a function as one step: in a transaction of its own, with a refusal recorded once it is undone."""

    def decorate(function: Callable[Concatenate[UUID, P], R]) -> Callable[Concatenate[UUID, P], R]:
        @wraps(function)
        def taken(application_id: UUID, *args: P.args, **kwargs: P.kwargs) -> R:
            try:
                with transaction.atomic():
                    return function(application_id, *args, **kwargs)
            except Refused as refused:
                by = kwargs["by"]
                application = Application.objects.get(pk=application_id)
                journal.record(
                    events.STEP_REFUSED,
                    by=by if isinstance(by, User) else None,
                    subject=application,
                    person_id=application.person_id,
                    result=Result.REFUSED,
                    details={"method": str(action), "code": refused.refusal.code},
                )
                raise
            except vault.NotKeptError as refused:
                # Inside the transaction the entry would have been undone with it.
                vault.record_not_kept(refused)
                raise

        return cast("Callable[Concatenate[UUID, P], R]", taken)

    return decorate


def begin(application_id: UUID, *, by: User, at: datetime, entry: Mapping[str, Any]) -> Application:
    """Keep a new draft under ``application_id``, made when its empty form was drawn: sent twice, it is one draft."""
    if refusal := policies.why_not_keep(entry, by=by):
        journal.record(
            events.STEP_REFUSED,
            by=by,
            subject=journal.Subject(kind="benefits.application", id=str(application_id)),
            result=Result.REFUSED,
            details={"method": str(Action.SAVE), "code": refusal.code},
        )
        raise Refused(refusal)
    try:
        with transaction.atomic():
            application = Application.objects.create(
                pk=application_id,
                receipt_number=receipt_number(_next("benefits_receipt_number"), on=timezone.localdate(at)),
                person=Person.objects.create(),
                entry=dict(entry),
                office=policies.office_of(entry),
                created_by=by,
                edited_by=by,
                edited_at=at,
                editor_ids=[by.pk],
                **_names(entry),
            )
            _record(Action.SAVE, application, by=by, fields=sorted(key for key, value in entry.items() if value))
            _name(application)
            checklist.grow(application, entry, by=by, on=timezone.localdate(at))
    except IntegrityError:
        if not Application.objects.filter(pk=application_id).exists():
            raise
        # sent twice, and perhaps with more in it the second time: what came last is kept
        return save(application_id, by=by, at=at, revision=1, entry=entry)
    return application


@step(Action.SAVE)
def save(application_id: UUID, *, by: User, at: datetime, revision: int, entry: Mapping[str, Any]) -> Application:
    """Keep what was typed, however wrong. Nothing is written when nothing changed."""
    application = _lock(application_id)
    changed = sorted(key for key in {*entry, *application.entry} if entry.get(key) != application.entry.get(key))
    if not changed and application.edited_by_id == by.pk:
        return application  # sent twice: the second sending finds its own work done
    _refuse_unless_allowed(Action.SAVE, application, by=by, revision=revision)
    if not changed:
        return application
    if refusal := policies.why_not_keep(entry, by=by, programme=application.programme):
        raise Refused(refusal)
    household_numbers.follow(application, before=application.entry, after=entry, by=by)
    if refusal := imported_numbers.follow(application, before=application.entry, after=entry, by=by):
        raise Refused(refusal)
    application.entry = dict(entry)
    application.office = policies.office_of(entry)
    for name, value in _names(entry).items():
        setattr(application, name, value)
    _edited(application, by=by, at=at)
    _finish(Action.SAVE, application, by=by, fields=changed)
    _name(application)
    return application


@step(Action.SAVE)
def type_number(
    application_id: UUID, *, by: User, at: datetime, revision: int, number: str, slot: str = holders.PATIENT
) -> Application:
    """Seal the My Number typed for one person of the application, the patient or somebody whose number it needs.

    Raises what :func:`mynumber.vault.keep` raises.
    """
    application = _begin(Action.SAVE, application_id, by=by, revision=revision)
    if slot == holders.PATIENT:
        basis = number_bases.basis_for(vault.Kind.PATIENT, programme=application.programme, on=timezone.localdate(at))
        application.number_version = vault.keep(
            application.person_id,
            number,
            by=by,
            label=application.receipt_number,
            basis=basis.code,
            household=household_numbers.everybody_of(application),
        )
    else:
        holder = holders.beside_the_patient(application.entry).get(slot)
        if holder is None:
            raise Refused(
                Refusal("number_not_needed", _("この人の個人番号は、この申請では必要ありません。保存していません。"))
            )
        household_numbers.keep(application, holder, number, by=by)
    _edited(application, by=by, at=at)
    return _finish(Action.SAVE, application, by=by, fields=[box_of(slot)])


def box_of(slot: str) -> str:
    """Return what the form calls the box of somebody's number."""
    return "number" if slot == holders.PATIENT else f"{slot}_number"


@step(Action.SUBMIT)
def submit(
    application_id: UUID,
    *,
    by: User,
    at: datetime,
    revision: int,
    form: Mapping[str, Any],
    entry: Mapping[str, Any] | None = None,
) -> Application:
    """Send the application to a checker.

    ``form`` holds the values that every rule of the form has passed, ``entry`` what they were read from: were it
    changed since, the submission is refused.
    """
    application = _begin(Action.SUBMIT, application_id, by=by, revision=revision)
    if entry is not None and entry != application.entry:
        raise Stale(application)
    is_given = form["number_given"] == "GIVEN"
    held = vault.standing(application.person_id)
    if is_given and (held is None or held.version != application.number_version):
        raise Refused(
            Refusal("number_missing", _("個人番号が入力されていません。「記載あり」のときは番号を入力してください。"))
        )
    if not is_given and held is not None:
        vault.remove(application.person_id, by=by)
        application.number_version = None
    if refusal := imported_numbers.settle(application, form, by=by):
        raise Refused(refusal)
    household, missing = household_numbers.settle(application, form, by=by)
    if missing is not None:
        message = _("%sの個人番号が入力されていません。「記載あり」のときは番号を入力してください。") % missing.place
        raise Refused(Refusal("number_missing", message))
    application.content = content.compose(
        form,
        number_version=application.number_version,
        absence_reason=form.get("number_absence_reason", ""),
        household=household,
    )
    _decide(application)
    for name, value in _names(form).items():
        setattr(application, name, value)
    application.submission += 1
    application.submitted_by, application.submitted_at = by, at
    _edited(application, by=by, at=application.edited_at, only_sent=True)
    _finish(Action.SUBMIT, application, by=by)
    _name(application)
    checklist.grow(application, form, by=by, on=timezone.localdate(at))
    return application


@step(Action.PULL_BACK)
def pull_back(application_id: UUID, *, by: User, revision: int) -> Application:
    """Take back what one has submitted, as long as no checker has begun."""
    return _finish(Action.PULL_BACK, _begin(Action.PULL_BACK, application_id, by=by, revision=revision), by=by)


@step(Action.WITHDRAW)
def withdraw(application_id: UUID, *, by: User, revision: int) -> Application:
    """End an application without a decision (取下げ); the numbers typed for it, or imported, are erased."""
    application = _begin(Action.WITHDRAW, application_id, by=by, revision=revision)
    vault.remove(application.person_id, by=by)
    imported_numbers.take_back(application, by=by)  # one that is on hold stays
    for person in household_numbers.people_of(application).values():
        household_numbers.drop(person, by=by)
    return _finish(Action.WITHDRAW, application, by=by)


@step(Action.CHECK)
def check(application_id: UUID, *, by: User, at: datetime, revision: int, ticked: frozenset[str]) -> frozenset[str]:
    """Keep which boxes the checker has compared with the paper, and return those that count."""
    application = _begin(Action.CHECK, application_id, by=by, revision=revision)
    counted = ticked & frozenset(content.to_be_ticked(application.content))
    Review.objects.update_or_create(
        application=application,
        submission=application.submission,
        checker=by,
        defaults={"ticked": sorted(counted), "saved_at": at},
    )
    _record(Action.CHECK, application, by=by, count=len(counted))
    return counted


@step(Action.CHECK)
def compare_number(
    application_id: UUID, *, by: User, at: datetime, revision: int, number: str, slot: str = holders.PATIENT
) -> vault.Comparison:
    """Compare the checker's own entry of somebody's My Number with the maker's: only whether they agree is told.

    Once a checker has used up their tries, a third person compares; when they do not agree either, the application
    goes back to its maker, who types the number anew.
    """
    application = _begin(Action.CHECK, application_id, by=by, revision=revision)
    claim = {one.slot: one for one in household_numbers.claims_of(application)}.get(slot)
    if claim is None:
        return vault.Comparison.ABSENT
    Review.objects.get_or_create(
        application=application, submission=application.submission, checker=by, defaults={"saved_at": at}
    )
    outcome = vault.compare(claim.person, claim.version, number, by=by, label=application.receipt_number)
    if outcome is vault.Comparison.EXHAUSTED:
        _ask_a_third_or_give_back(application, claim, by=by, at=at)
    elif outcome is vault.Comparison.MATCH:
        _close_third_comparison(application, ThirdOutcome.AGREED, by=by, at=at)
    return outcome


def _ask_a_third_or_give_back(
    application: Application, claim: household_numbers.Claim, *, by: User, at: datetime
) -> None:
    """Let a third person compare a number that ``by`` could not confirm; after that, nobody else does."""
    (standing,) = household_numbers.standings_of([claim])
    if by.pk not in standing.has_failed:
        return  # stopped by what others have used up
    if standing.has_failed == {by.pk}:
        waiting, is_new = ThirdComparison.objects.get_or_create(
            application=application,
            submission=application.submission,
            outcome=None,
            defaults={"slots": [claim.slot], "asked_by": by, "asked_at": at},
        )
        if not is_new and (claim.slot in waiting.slots or waiting.asked_by_id != by.pk):
            return  # asked for already
        if not is_new:
            waiting.slots = [*waiting.slots, claim.slot]
            waiting.save(update_fields=["slots"])
        _record_third(events.THIRD_COMPARISON_ASKED, application, by=by, fields=[box_of(claim.slot)])
        return
    vault.remove(claim.person, by=by)
    ReturnComment.objects.create(
        application=application,
        submission=application.submission,
        field=box_of(claim.slot),
        text=_("2人の確認者の再入力が、どちらも一致しませんでした。原本を見て個人番号を入力し直してください。"),
        written_by=by,
        written_at=at,
    )
    _close_third_comparison(application, ThirdOutcome.DIFFERED, by=by, at=at)
    _finish(Action.RETURN, application, by=by, fields=[box_of(claim.slot)])


def _close_third_comparison(application: Application, outcome: ThirdOutcome, *, by: User, at: datetime) -> None:
    """Note what the third person's comparison came to, once nothing waits for one any more."""
    waiting = (
        ThirdComparison.objects.filter(
            application=application, submission=application.submission, outcome__isnull=True
        )
        .exclude(asked_by=by)
        .first()
    )
    if waiting is None:
        return
    if outcome is ThirdOutcome.AGREED and any(
        one.needs_a_third() for one in household_numbers.standings_of(household_numbers.claims_of(application))
    ):
        return
    waiting.answered_by, waiting.answered_at, waiting.outcome = by, at, outcome
    waiting.save(update_fields=["answered_by", "answered_at", "outcome"])
    _record_third(events.THIRD_COMPARISON_ANSWERED, application, by=by, answer=outcome.value)


def _record_third(action: str, application: Application, *, by: User, **details: object) -> None:
    journal.record(
        action,
        by=by,
        subject=application,
        person_id=application.person_id,
        details={"submission": application.submission, **details},
    )


@step(Action.RETURN)
def return_to_maker(
    application_id: UUID, *, by: User, at: datetime, revision: int, comments: Mapping[str, str]
) -> Application:
    """Send the application back, with what is wrong pinned to the fields ("" = the form as a whole)."""
    application = _begin(Action.RETURN, application_id, by=by, revision=revision)
    said = {field: text for field, text in comments.items() if text}
    if not said:
        raise Refused(Refusal("no_comment", _("差し戻す理由を、項目のコメントか全体のコメントに入力してください。")))
    ReturnComment.objects.bulk_create(
        ReturnComment(
            application=application,
            submission=application.submission,
            field=field,
            text=text,
            written_by=by,
            written_at=at,
        )
        for field, text in said.items()
    )
    return _finish(Action.RETURN, application, by=by, fields=sorted(said))


@step(Action.APPROVE)
def approve(
    application_id: UUID,
    *,
    by: User,
    at: datetime,
    revision: int,
    fingerprint: str,
    decision_mark: str | None = None,
    same_person_words: str = "",
) -> Certification:
    """Grant the benefit applied for: the application becomes final and its certification is made.

    Where somebody registered has the same name, reading and birth date, ``same_person_words`` says why this is
    another person all the same; they are recorded, sealed.

    ``revision``, ``fingerprint`` (of the content) and ``decision_mark`` are those of the page the checker was
    looking at (None when no decision was shown): a decision on or of anything else is refused rather than made on
    something nobody read.
    """
    application = _begin(Action.APPROVE, application_id, by=by, revision=revision)
    if content.fingerprint(application.content) != fingerprint:
        raise Stale(application)
    decision = _decide(application)
    if decision_mark is not None and decision.mark != decision_mark:
        raise Stale(application)
    form = content.form_of(application.content)
    _refuse_what_was_imported_for_somebody_else(application, form)
    _refuse_to_register_twice(application, form, by=by, words=same_person_words)
    person = register(application.person, form, by=by, at=at)
    person.save()
    for claim in household_numbers.claims_of(application):
        _put_number_in_use(application, claim, by=by)
    application.decided_by, application.decided_at = by, at
    application.approved_sha256 = fingerprint
    certification = certify(application, decision)
    certification.save(force_insert=True)
    _finish(Action.APPROVE, application, by=by, fingerprint=fingerprint)
    return certification


def _put_number_in_use(application: Application, claim: household_numbers.Claim, *, by: User) -> None:
    """Let a confirmed number be used; whoever is not the patient is named with the application that brought them."""
    brought_by = (
        None
        if claim.slot == holders.PATIENT
        else journal.Subject(kind="benefits.application", id=str(application.pk), label=application.receipt_number)
    )
    try:
        vault.put_in_use(claim.person, claim.version, by=by, approved=brought_by)
    except vault.RefusedError as error:
        raise Refused(Refusal("number_not_confirmed", f"{claim.holder.place}：{error}")) from error


def _refuse_what_was_imported_for_somebody_else(application: Application, form: Mapping[str, Any]) -> None:
    if application.person.registered_at is None and not imported_numbers.is_as_matched(application, form):
        message = _(
            "住基ネットで照合した後に、氏名・生年月日などが変わりました。"
            "差し戻してください。提出し直すと、取り込んだ個人番号は消去されます。"
        )
        raise Refused(Refusal("not_as_matched", message))


def _refuse_to_register_twice(application: Application, form: Mapping[str, Any], *, by: User, words: str) -> None:
    """Ask for words before somebody is registered who looks registered already; keep the words in the record."""
    if not policies.registered_alike(application).exists():
        return
    if not words.strip():
        raise Refused(
            Refusal(
                "looks_registered",
                _(
                    "同じ氏名・フリガナ・生年月日の受給者が登録されています。同じ人でないことを確かめた方法を入力してください。"
                ),
            )
        )
    journal.record(
        events.REGISTERED_ALIKE_ACCEPTED,
        by=by,
        subject=application,
        person_id=application.person_id,
        reason=words.strip(),
    )


def certify(application: Application, decision: Decision) -> Certification:
    """Return the certification, not saved yet, that an approval of ``application`` makes."""
    assert application.decided_by is not None  # noqa: S101  (set by the approval just before)
    assert application.decided_at is not None  # noqa: S101
    return Certification(
        application=application,
        person_id=application.person_id,
        payer_number=decision.payer_number,
        disease_number=content.form_of(application.content)["disease_number"],
        income_class=decision.income_class.value,
        is_provisional=decision.is_provisional,
        monthly_cap=decision.monthly_cap,
        burden_column=decision.burden_column,
        reasons=list(decision.reasons),
        valid_from=decision.valid_from,
        valid_to=decision.valid_to,
        decided_by=application.decided_by,
        decided_at=application.decided_at,
    )


def register(person: Person, form: Mapping[str, Any], *, by: User, at: datetime, serial: int | None = None) -> Person:
    """Return ``person``, not saved yet, with the details of an approved form and a recipient number."""
    if person.recipient_number is None:
        person.recipient_number = check_digits.recipient_number(serial or _next("benefits_recipient_serial"))
    person.family_name, person.given_name = form["family_name"], form["given_name"]
    person.family_kana, person.given_kana = form["family_kana"], form["given_kana"]
    person.birth_on = date.fromisoformat(form["birth_on"])
    person.sex = form["sex"]
    person.postal_code = form["postal_code"]
    person.address = f"{form['prefecture']}{form['city']}{form['street']}"
    if form.get("building"):
        person.address += f"　{form['building']}"
    person.phone = form.get("phone") or ""
    person.name_key = japanese_text.name_key(person.family_name + person.given_name)
    person.kana_key = japanese_text.kana_key(person.family_kana + person.given_kana)
    person.registered_by, person.registered_at = by, at
    return person


def receipt_number(serial: int, *, on: date) -> str:
    """Return the receipt number of the ``serial``-th application, headed by the fiscal year (from 1 April)."""
    first_month = 4
    fiscal_year = on.year if on.month >= first_month else on.year - 1
    return f"{fiscal_year}-{serial:06d}"


def _begin(action: Action, application_id: UUID, *, by: User, revision: int) -> Application:
    """Lock the application, then refuse unless the step may be taken."""
    application = _lock(application_id)
    _refuse_unless_allowed(action, application, by=by, revision=revision)
    return application


def _lock(application_id: UUID) -> Application:
    return Application.objects.select_for_update(of=("self",)).select_related("person").get(pk=application_id)


def _refuse_unless_allowed(action: Action, application: Application, *, by: User, revision: int) -> None:
    if refusal := policies.why_not(action, application, by=by):
        raise Refused(refusal) if application.revision == revision else Stale(application)
    if application.revision != revision:
        raise Stale(application)


def _edited(application: Application, *, by: User, at: datetime, only_sent: bool = False) -> None:
    """Note who had a hand in what the application says: none of them may decide on it."""
    if by.pk not in application.editor_ids:
        application.editor_ids = [*application.editor_ids, by.pk]
    if not only_sent:
        application.edited_by, application.edited_at = by, at


def _decide(application: Application) -> Decision:
    try:
        return decide(content.form_of(application.content))
    except CannotDecideError as error:
        raise Refused(Refusal("cannot_decide", str(error))) from error


def _finish(action: Action, application: Application, *, by: User, **details: object) -> Application:
    """Save the new status and its entry of the record together."""
    if (target := STEPS[action].target) is not None:
        application.status = target
    application.revision += 1
    application.save()
    _record(action, application, by=by, **details)
    return application


def _record(action: Action, application: Application, *, by: User, **details: object) -> None:
    journal.record(STEPS[action].event, by=by, **step_entry(application, **details))


def step_entry(application: Application, **details: object) -> dict[str, Any]:
    """Return what the record says of a step, beside who took it; the database checks it at COMMIT."""
    return {
        "subject": application,
        "person_id": application.person_id,
        "details": {
            "status": Status(application.status).value,
            "revision": application.revision,
            "submission": application.submission,
            **details,
        },
    }


def _names(entry: Mapping[str, Any]) -> dict[str, str]:
    """Return what lists call the patient while the form is still being typed."""
    name = "　".join(part for part in (entry.get("family_name", ""), entry.get("given_name", "")) if part)
    kana = "　".join(part for part in (entry.get("family_kana", ""), entry.get("given_kana", "")) if part)
    # two halves of a number, one in each box, would be joined here
    whole = {"patient_name": name[:400], "patient_kana": kana[:400]}
    return {key: japanese_text.mask_my_numbers(text) for key, text in whole.items()}


def _name(application: Application) -> None:
    journal.name_person(application.person_id, name=application.patient_name, kana=application.patient_kana)


def _next(sequence: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(%s)", [sequence])
        number: int = cursor.fetchone()[0]
    return number
