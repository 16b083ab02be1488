"""A1, A3, A4, A6: an application from the first save to the decision, and every step that is refused on the way."""

import uuid
from collections.abc import Callable
from functools import partial
from itertools import product
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from audit import journal
from audit.models import Event, PersonLabel, Result
from benefits import content, events, workflow
from benefits.choices import Status
from benefits.lifecycle import STEPS, Action
from benefits.models import Application, Certification, Person, ReturnComment, Review
from benefits.rules import check_digits
from mynumber import actions, vault
from tests.factories import approved, compared, draft, form_data, my_number, staff_member, submit, submitted

pytestmark = pytest.mark.django_db

WITHOUT_NUMBER = {"number_given": "NOT_GIVEN", "number_absence_reason": "LEFT_BLANK"}


def take(action: Action, application: Application, *, by: User, revision: int | None = None) -> Any:
    """Take a step with everything it asks for."""
    common = {"by": by, "revision": application.revision if revision is None else revision}
    at = {"at": timezone.now()}
    steps: dict[Action, Callable[[], Any]] = {
        Action.SAVE: lambda: workflow.save(application.pk, **common, **at, entry=form_data(note="別の備考")),
        Action.SUBMIT: lambda: workflow.submit(application.pk, **common, **at, form={}),
        Action.PULL_BACK: lambda: workflow.pull_back(application.pk, **common),
        Action.WITHDRAW: lambda: workflow.withdraw(application.pk, **common),
        Action.CHECK: lambda: workflow.check(application.pk, **common, **at, ticked=frozenset()),
        Action.RETURN: lambda: workflow.return_to_maker(application.pk, **common, **at, comments={"": "直す"}),
        Action.APPROVE: lambda: workflow.approve(application.pk, **common, **at, fingerprint="0" * 64),
    }
    return steps[action]()


def returned(application: Application, *, by: User, comments: dict[str, str] | None = None) -> Application:
    return workflow.return_to_maker(
        application.pk, by=by, at=timezone.now(), revision=application.revision, comments=comments or {"": "直す"}
    )


def in_state(status: Status, maker: User, checker: User) -> Application:
    if status == Status.APPROVED:
        return approved(maker, checker, **WITHOUT_NUMBER)
    application = draft(maker, **WITHOUT_NUMBER)
    if status == Status.WITHDRAWN:
        return workflow.withdraw(application.pk, by=maker, revision=application.revision)
    if status in {Status.SUBMITTED, Status.RETURNED}:
        application = submit(application, by=maker)
    return returned(application, by=checker) if status == Status.RETURNED else application


# ── the way through ──────────────────────────────────────────────────────────────────────────────────────────────


def test_what_a_maker_typed_and_a_checker_approved_becomes_a_certification(maker: User, checker: User) -> None:
    number = my_number()
    application = compared(submitted(maker, number=number), by=checker, number=number)

    certification = workflow.approve(
        application.pk,
        by=checker,
        at=timezone.now(),
        revision=application.revision,
        fingerprint=content.fingerprint(application.content),
    )

    application.refresh_from_db()
    assert application.status == Status.APPROVED
    assert application.decided_by == checker
    assert application.approved_sha256 == content.fingerprint(application.content)
    assert certification.application == application
    assert certification.decided_by == checker
    assert certification.reasons


def test_the_approval_registers_the_person_as_the_form_says(maker: User, checker: User) -> None:
    name = "渡邉\U000e0110"
    approved(maker, checker, **WITHOUT_NUMBER, family_name=name, building="見本ビル2階", postal_code="〒100-0001")

    person = Person.objects.get()

    assert person.family_name == name
    assert person.address == "見本県架空市本町1-2-3　見本ビル2階"
    assert person.postal_code == "1000001"
    assert (person.registered_by, person.sex) == (checker, "1")
    assert person.recipient_number is not None
    assert check_digits.is_valid_recipient_number(person.recipient_number)


def test_the_number_is_sealed_when_typed_confirmed_when_retyped_and_used_when_approved(
    maker: User, checker: User
) -> None:
    number = my_number()
    states = []

    application = submitted(maker, number=number)
    states.append(vault.standing(application.person_id))
    compared(application, by=checker, number=number)
    states.append(vault.standing(application.person_id))
    take_approval(application, by=checker)
    states.append(vault.standing(application.person_id))

    assert [held.state for held in states if held] == [
        vault.State.PROVISIONAL,
        vault.State.CONFIRMED,
        vault.State.IN_USE,
    ]


def take_approval(application: Application, *, by: User) -> Certification:
    return workflow.approve(
        application.pk,
        by=by,
        at=timezone.now(),
        revision=application.revision,
        fingerprint=content.fingerprint(application.content),
    )


def test_every_step_is_on_record_with_who_took_it_and_where_it_led(maker: User, checker: User) -> None:
    application = approved(maker, checker)

    entries = Event.objects.filter(subject_id=str(application.pk), result=Result.DONE).order_by("at")

    assert [(one.action, one.actor_id) for one in entries] == [
        (events.APPLICATION_SAVED, maker.pk),
        (events.PAPER_LISTED, maker.pk),
        (events.APPLICATION_SAVED, maker.pk),
        (events.APPLICATION_SUBMITTED, maker.pk),
        (events.APPLICATION_CHECKED, checker.pk),
        (events.APPLICATION_APPROVED, checker.pk),
    ]
    assert all(one.person_id == application.person_id for one in entries)
    last = entries.last()
    assert last is not None
    assert last.details["status"] == "APPROVED"
    assert last.details["fingerprint"] == application.approved_sha256


def test_the_record_holds_no_word_of_what_was_typed(maker: User, checker: User) -> None:
    approved(maker, checker, family_name="秘匿", street="秘匿町9-9-9")

    assert not any("秘匿" in str(one) for one in Event.objects.values())
    assert PersonLabel.objects.filter(name__startswith="秘匿").exists()  # kept apart on purpose


def test_receipt_numbers_begin_with_the_fiscal_year() -> None:
    day = timezone.datetime

    assert workflow.receipt_number(7, on=day(2026, 3, 31).date()) == "2025-000007"
    assert workflow.receipt_number(8, on=day(2026, 4, 1).date()) == "2026-000008"


# ── every step that the table does not know ──────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("status", "action"), [pair for pair in product(Status, Action) if pair[0] not in STEPS[pair[1]].sources]
)
def test_a_step_outside_the_table_is_refused_recorded_and_changes_nothing(
    status: Status, action: Action, maker: User, checker: User
) -> None:
    application = in_state(status, maker, checker)
    everything = staff_member(Role.MAKER, Role.CHECKER)
    before = Application.objects.values().get(pk=application.pk)

    with pytest.raises(workflow.Refused) as refused:
        take(action, application, by=everything)

    assert refused.value.refusal.code == "wrong_status"
    assert Application.objects.values().get(pk=application.pk) == before
    entry = Event.objects.get(action=events.STEP_REFUSED)
    assert (entry.actor_id, entry.result, entry.subject_id) == (everything.pk, Result.REFUSED, str(application.pk))
    assert entry.details == {"method": str(action), "code": "wrong_status"}


@pytest.mark.parametrize("action", Action)
def test_nobody_takes_a_step_that_no_role_of_theirs_allows(action: Action, maker: User, checker: User) -> None:
    application = in_state(min(STEPS[action].sources), maker, checker)
    nobody = staff_member(Role.AUDITOR)

    with pytest.raises(workflow.Refused) as refused:
        take(action, application, by=nobody)

    assert refused.value.refusal.code == "not_permitted"
    assert Event.objects.filter(action=events.STEP_REFUSED, actor_id=nobody.pk).exists()


@pytest.mark.parametrize("action", Action)
def test_a_step_on_a_revision_that_nobody_looked_at_is_refused(action: Action, maker: User, checker: User) -> None:
    application = in_state(min(STEPS[action].sources), maker, checker)
    if action is Action.APPROVE:
        compared(application, by=checker)
    by = checker if STEPS[action].permission == "benefits.decide_application" else maker

    with pytest.raises(workflow.Stale) as stale:
        take(action, application, by=by, revision=application.revision - 1)

    assert stale.value.application.revision == application.revision
    assert Event.objects.filter(action=events.STEP_REFUSED, details__code="stale").exists()


def test_an_approval_of_other_content_than_was_shown_is_refused(maker: User, checker: User) -> None:
    application = compared(submitted(maker, **WITHOUT_NUMBER), by=checker)

    with pytest.raises(workflow.Stale):
        take(Action.APPROVE, application, by=checker)  # its fingerprint is not this content's

    assert not Certification.objects.exists()


@pytest.mark.parametrize("action", [Action.CHECK, Action.RETURN, Action.APPROVE])
def test_nobody_decides_on_their_own_entry(action: Action) -> None:
    both = staff_member(Role.MAKER, Role.CHECKER)
    application = submitted(both, **WITHOUT_NUMBER)

    with pytest.raises(workflow.Refused) as refused:
        take(action, application, by=both)

    assert refused.value.refusal.code == "own_entry"


# ── what cannot be written down does not happen ──────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("action", Action)
def test_a_step_that_cannot_be_recorded_is_not_taken(
    action: Action, maker: User, checker: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    application = in_state(min(STEPS[action].sources), maker, checker)
    by = checker if STEPS[action].permission == "benefits.decide_application" else maker
    if action is Action.APPROVE:
        compared(application, by=checker)
    tables = (Application, Person, Review, ReturnComment, Certification)
    before = [list(table.objects.order_by("pk").values()) for table in tables]

    def broken(*_args: object, **_parts: object) -> None:
        raise OSError("the record cannot be written")

    monkeypatch.setattr(journal, "record", broken)
    whole = {Action.APPROVE: take_approval, Action.SUBMIT: submit}
    attempt = whole.get(action, partial(take, action))
    with pytest.raises(OSError, match="cannot be written"):
        attempt(application, by=by)

    assert [list(table.objects.order_by("pk").values()) for table in tables] == before


def test_a_draft_that_cannot_be_recorded_is_not_begun(maker: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_args: object, **_parts: object) -> None:
        raise OSError("the record cannot be written")

    monkeypatch.setattr(journal, "record", broken)
    with pytest.raises(OSError, match="cannot be written"):
        draft(maker)

    assert not Application.objects.exists()
    assert not Person.objects.exists()


# ── saving ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_saving_what_is_there_already_writes_nothing(maker: User) -> None:
    application = draft(maker, **WITHOUT_NUMBER)
    count = Event.objects.count()

    again = workflow.save(
        application.pk, by=maker, at=timezone.now(), revision=application.revision, entry=application.entry
    )

    assert again.revision == application.revision
    assert Event.objects.count() == count


def test_the_record_names_the_boxes_that_changed_and_not_what_they_say(maker: User) -> None:
    application = draft(maker, **WITHOUT_NUMBER)
    entry = {**application.entry, "street": "新しい番地", "phone": ""}

    workflow.save(application.pk, by=maker, at=timezone.now(), revision=application.revision, entry=entry)

    assert Event.objects.order_by("-at").first().details["fields"] == ["phone", "street"]  # type: ignore[union-attr]


def test_a_form_sent_twice_is_one_draft(maker: User) -> None:
    key, at, entry = uuid.uuid4(), timezone.now(), form_data()

    first = workflow.begin(key, by=maker, at=at, entry=entry)
    second = workflow.begin(key, by=maker, at=at, entry=entry)

    assert first.pk == second.pk
    assert (Application.objects.count(), Person.objects.count()) == (1, 1)


def test_what_a_form_sent_twice_says_the_second_time_is_not_lost(maker: User) -> None:
    """An autosave on its way and the button: both make the draft, and the later text stays."""
    key, at = uuid.uuid4(), timezone.now()
    workflow.begin(key, by=maker, at=at, entry=form_data(note=""))

    application = workflow.begin(key, by=maker, at=at, entry=form_data(note="最後に足した備考"))

    assert application.entry["note"] == "最後に足した備考"
    assert Application.objects.get().entry["note"] == "最後に足した備考"


def test_everyone_who_typed_is_remembered_and_excluded_from_deciding(
    maker: User, other_maker: User, contractor: User
) -> None:
    application = draft(contractor, **WITHOUT_NUMBER)
    application = workflow.save(
        application.pk,
        by=other_maker,
        at=timezone.now(),
        revision=application.revision,
        entry={**application.entry, "note": "追記"},
    )
    application = submit(application, by=maker)

    assert set(application.editor_ids) == {contractor.pk, other_maker.pk, maker.pk}


# ── submitting, returning, pulling back ──────────────────────────────────────────────────────────────────────────


def test_a_second_submission_is_refused_and_the_first_stands(maker: User) -> None:
    waiting = draft(maker, **WITHOUT_NUMBER)
    application = submit(waiting, by=maker)

    with pytest.raises(workflow.Stale):
        submit(waiting, by=maker)

    assert Application.objects.get().submission == application.submission == 1


def test_a_second_approval_is_refused_and_one_certification_stands(maker: User, checker: User) -> None:
    application = compared(submitted(maker, **WITHOUT_NUMBER), by=checker)
    take_approval(application, by=checker)

    with pytest.raises(workflow.Refused):
        take_approval(application, by=checker)

    assert Certification.objects.count() == 1
    assert Event.objects.filter(action=events.APPLICATION_APPROVED).count() == 1


def test_a_form_without_its_number_is_not_submitted(maker: User) -> None:
    application = draft(maker, **WITHOUT_NUMBER)
    application = workflow.save(
        application.pk, by=maker, at=timezone.now(), revision=application.revision, entry=form_data()
    )

    with pytest.raises(workflow.Refused) as refused:
        workflow.submit(
            application.pk,
            by=maker,
            at=timezone.now(),
            revision=application.revision,
            form={**form_data(), "number_given": "GIVEN"},
        )

    assert refused.value.refusal.code == "number_missing"


def test_a_number_that_turns_out_not_to_be_given_is_erased_on_submission(maker: User) -> None:
    application = draft(maker)
    application = workflow.save(
        application.pk, by=maker, at=timezone.now(), revision=application.revision, entry=form_data(**WITHOUT_NUMBER)
    )

    application = submit(application, by=maker)

    assert application.number_version is None
    assert vault.standing(application.person_id) is None
    assert Event.objects.filter(action=actions.REMOVED).count() == 1


def test_a_return_says_why(maker: User, checker: User) -> None:
    application = submitted(maker, **WITHOUT_NUMBER)

    for nothing in ({}, {"street": ""}):
        with pytest.raises(workflow.Refused) as refused:
            workflow.return_to_maker(
                application.pk, by=checker, at=timezone.now(), revision=application.revision, comments=nothing
            )
        assert refused.value.refusal.code == "no_comment"
    returned(application, by=checker, comments={"street": "番地が違います", "": "全体に薄い", "phone": ""})

    kept = ReturnComment.objects.order_by("field").values_list("field", "text", "written_by")
    assert list(kept) == [("", "全体に薄い", checker.pk), ("street", "番地が違います", checker.pk)]
    assert Application.objects.get().status == Status.RETURNED


def test_a_returned_application_is_mended_and_decided_by_somebody_who_did_not_type(
    maker: User, checker: User, other_checker: User
) -> None:
    mender = staff_member(Role.MAKER, Role.CHECKER)
    application = returned(submitted(maker, **WITHOUT_NUMBER), by=checker)
    application = workflow.save(
        application.pk,
        by=mender,
        at=timezone.now(),
        revision=application.revision,
        entry={**application.entry, "street": "本町9-9-9"},
    )
    application = submit(application, by=mender)

    with pytest.raises(workflow.Refused) as refused:
        compared(application, by=mender)
    assert refused.value.refusal.code == "own_entry"
    certification = take_approval(compared(application, by=other_checker), by=other_checker)

    assert certification.person.address.startswith("見本県架空市本町9-9-9")  # type: ignore[union-attr]
    assert certification.application.submission == 2


def test_an_edit_after_the_return_voids_the_ticks(maker: User, checker: User) -> None:
    application = compared(submitted(maker, **WITHOUT_NUMBER), by=checker)
    stale_fingerprint = content.fingerprint(application.content)
    application = submit(
        workflow.save(
            application.pk,
            by=maker,
            at=timezone.now(),
            revision=(back := returned(application, by=checker)).revision,
            entry={**back.entry, "street": "本町9-9-9"},
        ),
        by=maker,
    )

    with pytest.raises(workflow.Refused):
        workflow.approve(
            application.pk,
            by=checker,
            at=timezone.now(),
            revision=application.revision,
            fingerprint=stale_fingerprint,
        )
    with pytest.raises(workflow.Stale):
        workflow.approve(
            compared(application, by=checker).pk,
            by=checker,
            at=timezone.now(),
            revision=application.revision,
            fingerprint=stale_fingerprint,
        )

    assert not Certification.objects.exists()


def test_the_submitter_pulls_back_until_a_checker_has_begun(maker: User, checker: User) -> None:
    application = submitted(maker, **WITHOUT_NUMBER)
    application = workflow.pull_back(application.pk, by=maker, revision=application.revision)
    assert application.status == Status.DRAFT

    application = submit(application, by=maker)
    take(Action.CHECK, application, by=checker)

    with pytest.raises(workflow.Refused) as refused:
        workflow.pull_back(application.pk, by=maker, revision=application.revision)
    assert refused.value.refusal.code == "being_checked"


def test_retyping_the_number_counts_as_having_begun(maker: User, checker: User) -> None:
    application = submitted(maker)
    workflow.compare_number(
        application.pk, by=checker, at=timezone.now(), revision=application.revision, number=my_number()
    )

    with pytest.raises(workflow.Refused) as refused:
        workflow.pull_back(application.pk, by=maker, revision=application.revision)

    assert refused.value.refusal.code == "being_checked"


def test_withdrawing_erases_the_number(maker: User) -> None:
    number = my_number()
    application = draft(maker, number=number)

    application = workflow.withdraw(application.pk, by=maker, revision=application.revision)

    assert application.status == Status.WITHDRAWN
    assert vault.standing(application.person_id) is None
    assert draft(maker, number=number).number_version == 1  # nobody holds it any more


# ── the number ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_number_typed_again_voids_the_comparison_and_the_old_one_is_erased(maker: User, checker: User) -> None:
    wrong, right = my_number(), my_number()
    application = compared(submitted(maker, number=wrong), by=checker, number=wrong)
    application = returned(application, by=checker, comments={"number": "番号が原本と違います"})

    application = workflow.type_number(
        application.pk, by=maker, at=timezone.now(), revision=application.revision, number=right
    )

    held = vault.standing(application.person_id)
    assert held is not None
    assert (held.version, held.state, held.confirmed_by) == (2, vault.State.PROVISIONAL, None)
    assert application.number_version == 2
    application = compared(submit(application, by=maker), by=checker)
    with pytest.raises(workflow.Refused) as refused:
        take_approval(application, by=checker)
    assert refused.value.refusal.code == "number_not_confirmed"
    compared(application, by=checker, number=right)
    assert take_approval(application, by=checker).person_id == application.person_id


def test_a_number_of_somebody_else_is_refused_recorded_and_the_rest_of_the_draft_stays(maker: User) -> None:
    number = my_number()
    draft(maker, number=number)
    application = draft(maker, **WITHOUT_NUMBER)

    with pytest.raises(vault.NotKeptError) as refused:
        workflow.type_number(application.pk, by=maker, at=timezone.now(), revision=application.revision, number=number)

    kept = Application.objects.get(pk=application.pk)
    assert refused.value.code == "taken"
    assert number not in str(refused.value)
    assert (kept.revision, kept.number_version) == (application.revision, None)
    assert kept.entry == application.entry
    entry = Event.objects.get(action=actions.TYPING_REFUSED)
    assert (entry.person_id, entry.details) == (application.person_id, {"code": "taken"})


def test_the_same_number_typed_again_for_the_same_person_is_a_new_version(maker: User) -> None:
    number = my_number()
    application = draft(maker, number=number)

    application = workflow.type_number(
        application.pk, by=maker, at=timezone.now(), revision=application.revision, number=number
    )

    assert application.number_version == 2


def test_the_checker_learns_only_whether_the_numbers_agree(maker: User, checker: User) -> None:
    number = my_number()
    application = submitted(maker, number=number)

    def compare(text: str) -> vault.Comparison:
        return workflow.compare_number(
            application.pk, by=checker, at=timezone.now(), revision=application.revision, number=text
        )

    assert compare(my_number()) is vault.Comparison.MISMATCH
    assert compare(number) is vault.Comparison.MATCH
    assert compare(number) is vault.Comparison.SETTLED
    answers = Event.objects.filter(action=actions.COMPARED).order_by("at").values_list("details", flat=True)
    assert [one["answer"] for one in answers] == ["MISMATCH", "MATCH", "SETTLED"]


def test_without_a_number_there_is_nothing_to_compare(maker: User, checker: User) -> None:
    application = submitted(maker, **WITHOUT_NUMBER)

    outcome = workflow.compare_number(
        application.pk, by=checker, at=timezone.now(), revision=application.revision, number=my_number()
    )

    assert outcome is vault.Comparison.ABSENT


def test_only_boxes_that_are_on_the_form_are_ticked(maker: User, checker: User) -> None:
    application = submitted(maker, **WITHOUT_NUMBER)

    counted = workflow.check(
        application.pk,
        by=checker,
        at=timezone.now(),
        revision=application.revision,
        ticked=frozenset({"street", "number", "no_such_box", "building", content.BLANKS}),
    )

    assert counted == {"street", content.BLANKS}
    assert Review.objects.get().ticked == sorted(counted)


def test_the_approval_takes_no_recipient_number_twice(maker: User, checker: User) -> None:
    first, second = approved(maker, checker), approved(maker, checker)

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(DISTINCT recipient_number) FROM benefits_person")
        assert cursor.fetchone() == (2,)
    assert first.person_id != second.person_id


def test_whatever_the_form_takes_the_database_holds(maker: User, checker: User) -> None:
    """As many letters as a box allows, each of as many code points as a letter may have."""
    letter, ideograph = "e\u0302\u0301", "見\U000e0100"

    application = approved(
        maker,
        checker,
        **WITHOUT_NUMBER,
        family_name=letter * 40,
        given_name=letter * 40,
        family_kana="ガ" * 40,
        given_kana="ガ" * 40,
        prefecture=ideograph * 10,
        city=ideograph * 40,
        street="e\u0302\u0301\u0300" * 100,
        building="e\u0302\u0301\u0300" * 100,
    )

    assert application.person.family_name == letter * 40
    assert len(application.person.address or "") > 800
