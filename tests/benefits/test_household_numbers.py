"""V1, A6: the numbers of guardians and household members, from the form to use, and what the database holds on to."""

import hashlib
import json
import uuid
from importlib import import_module
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from audit import journal
from audit.models import Event, Result
from benefits import content, events, household_numbers, policies, workflow
from benefits.choices import Status
from benefits.models import Application, HouseholdPerson, ReturnComment, ThirdComparison
from mynumber import actions, vault
from tests.factories import approved, compared, draft, household, my_number, staff_member, submit, submitted
from tests.racing import together

pytestmark = pytest.mark.django_db

#: A second counted member, in the national insurance where everybody counts.
TWO = {
    **household(),
    "insurance_kind": "KOKUHO",
    "insured_kind": None,
    "member_1_name": "見本　次郎",
    "member_1_relation": "兄",
    "member_1_birth_on": "S42.2.2",
    "member_1_insurance": "SAME",
    "member_1_tax": "EXEMPT",
    "member_1_kana": "ミホン ジロウ",
    "member_1_number_given": "GIVEN",
}


def state_of(person: uuid.UUID) -> vault.State | None:
    held = vault.standing(person)
    return held.state if held else None


def only(application: Application) -> HouseholdPerson:
    return HouseholdPerson.objects.get(application=application)


def retyped(application: Application, number: str, *, by: User, slot: str = "member_0") -> vault.Comparison:
    return workflow.compare_number(
        application.pk, by=by, at=timezone.now(), revision=application.revision, number=number, slot=slot
    )


def save(application: Application, *, by: User, **changes: Any) -> Application:
    entry = {key: value for key, value in {**application.entry, **changes}.items() if value is not None}
    application.refresh_from_db()
    return workflow.save(application.pk, by=by, at=timezone.now(), revision=application.revision, entry=entry)


def run(statement: str, *parameters: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters or None)


# ── typing ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_members_number_is_held_for_a_person_of_their_own_on_a_basis_of_its_own(maker: User) -> None:
    application = draft(maker, numbers={"member_0": my_number()}, **household())

    person = only(application)
    held = {one.person: one for one in vault.holdings(limit=1000)}
    assert (person.slot, person.kind, person.number_version) == ("member_0", "MEMBER", 1)
    assert (held[person.pk].kind, held[person.pk].basis) == (vault.Kind.MEMBER, "NANBYO_MEMBER")
    assert (held[application.person_id].kind, held[application.person_id].basis) == (vault.Kind.PATIENT, "NANBYO")
    assert Event.objects.filter(action=actions.TYPED, person_id=person.pk, actor_id=maker.pk).count() == 1


def test_nobody_else_has_a_number(maker: User) -> None:
    application = draft(maker, **household())

    for slot in ("guardian", "member_1", "member_5", "elsewhere", ""):
        with pytest.raises(workflow.Refused, match="必要ありません"):
            workflow.type_number(
                application.pk,
                by=maker,
                at=timezone.now(),
                revision=application.revision,
                number=my_number(),
                slot=slot,
            )

    assert not HouseholdPerson.objects.exists()
    assert Event.objects.filter(action=events.STEP_REFUSED, details__code="number_not_needed").count() == 5


def test_one_number_for_two_people_of_a_form_is_refused_by_the_name_of_the_other_place(maker: User) -> None:
    number = my_number()
    application = draft(maker, number=number, **household())

    with pytest.raises(vault.NotKeptError) as refused:
        workflow.type_number(
            application.pk,
            by=maker,
            at=timezone.now(),
            revision=application.revision,
            number=number,
            slot="member_0",
        )

    assert (refused.value.code, refused.value.other) == ("same_household", application.person_id)
    assert number not in str(refused.value)
    assert not HouseholdPerson.objects.exists()


def test_a_strangers_number_is_refused_without_a_word_about_whose_it_is(maker: User) -> None:
    number = my_number()
    stranger = draft(maker, number=number, **household())
    application = draft(maker, **household())

    with pytest.raises(vault.NotKeptError) as refused:
        workflow.type_number(
            application.pk, by=maker, at=timezone.now(), revision=application.revision, number=number, slot="member_0"
        )

    assert (refused.value.code, refused.value.other) == ("taken", None)
    assert str(stranger.person_id) not in str(refused.value)


# ── the number stays with the person whom it was typed for ───────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "changes",
    [
        {"member_0_name": "見本　別人"},
        {"member_0_birth_on": "S20.5.6"},
        {"member_0_insured": "NO"},
        {"public_assistance": "YES"},
        {f"member_0_{part}": None for part in ("name", "relation", "birth_on", "insurance", "insured", "tax")},
    ],
)
def test_a_number_is_erased_when_its_person_leaves_the_form_or_becomes_another(
    changes: dict[str, str | None], maker: User
) -> None:
    application = draft(maker, numbers={"member_0": my_number()}, **household())
    person = only(application)

    save(application, by=maker, **changes)

    person.refresh_from_db()
    assert (state_of(person.pk), person.slot, person.number_version) == (None, "", None)
    assert Event.objects.filter(action=actions.REMOVED, person_id=person.pk).count() == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"street": "本町9-9"},
        {"member_0_kana": "ミホン ハナ"},
        {"member_0_birth_on": "昭和20年5月5日"},
        {"member_0_name": "見本 花子"},
        {"member_0_income_levy": "1"},
    ],
)
def test_a_number_stays_when_its_person_does(changes: dict[str, str], maker: User) -> None:
    application = draft(maker, numbers={"member_0": my_number()}, **household())
    person = only(application)

    save(application, by=maker, **changes)

    person.refresh_from_db()
    assert (state_of(person.pk), person.slot) == (vault.State.PROVISIONAL, "member_0")


def test_numbers_go_with_people_who_change_places(maker: User) -> None:
    application = draft(maker, numbers={"member_0": my_number(), "member_1": my_number()}, **TWO)
    before = {one.slot: one.pk for one in HouseholdPerson.objects.filter(application=application)}
    swapped = {
        key.replace("member_0", "member_X").replace("member_1", "member_0").replace("member_X", "member_1"): value
        for key, value in application.entry.items()
    }

    application.refresh_from_db()
    workflow.save(application.pk, by=maker, at=timezone.now(), revision=application.revision, entry=swapped)

    after = {one.slot: one.pk for one in HouseholdPerson.objects.filter(application=application)}
    assert after == {"member_0": before["member_1"], "member_1": before["member_0"]}
    assert all(state_of(person) is vault.State.PROVISIONAL for person in after.values())


def test_when_the_first_row_is_cleared_the_second_persons_number_moves_up(maker: User) -> None:
    application = draft(maker, numbers={"member_0": my_number(), "member_1": my_number()}, **TWO)
    first, second = (HouseholdPerson.objects.get(application=application, slot=f"member_{row}") for row in (0, 1))
    parts = ("name", "relation", "birth_on", "insurance", "insured", "tax", "income_levy", "kana", "number_given")
    moved = {f"member_0_{part}": application.entry.get(f"member_1_{part}") for part in parts}

    save(application, by=maker, **{**moved, **{f"member_1_{part}": None for part in parts}})

    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.slot, state_of(first.pk)) == ("", None)
    assert (second.slot, state_of(second.pk)) == ("member_0", vault.State.PROVISIONAL)


def test_a_withdrawal_leaves_nobodys_number_behind(maker: User) -> None:
    application = draft(maker, numbers={"member_0": my_number()}, **household())
    person = only(application)

    workflow.withdraw(application.pk, by=maker, revision=application.revision)

    assert state_of(person.pk) is None
    assert state_of(application.person_id) is None


def test_a_number_that_turns_out_not_to_be_given_is_erased_when_the_form_is_sent(maker: User) -> None:
    application = draft(maker, numbers={"member_0": my_number()}, **household())
    person = only(application)
    application = save(application, by=maker, member_0_number_given="DECLINED")
    assert state_of(person.pk) is vault.State.PROVISIONAL  # only typed over, perhaps by mistake

    application = submit(application, by=maker)

    assert state_of(person.pk) is None
    assert content.household_of(application.content) == {"member_0": {"given": False, "reason": "DECLINED"}}


def test_what_was_submitted_is_pulled_back_and_returned_with_its_numbers(maker: User, checker: User) -> None:
    application = submitted(maker, numbers={"member_0": my_number()}, **household())
    person = only(application)
    application = workflow.pull_back(application.pk, by=maker, revision=application.revision)
    application = submit(application, by=maker)
    workflow.return_to_maker(
        application.pk, by=checker, at=timezone.now(), revision=application.revision, comments={"": "直してください"}
    )

    assert state_of(person.pk) is vault.State.PROVISIONAL


# ── the second person, and the third ─────────────────────────────────────────────────────────────────────────────


def test_an_approval_needs_every_number_confirmed_and_puts_all_of_them_in_use(maker: User, checker: User) -> None:
    number, other = my_number(), my_number()
    application = submitted(maker, number=number, numbers={"member_0": other}, **household())
    compared(application, by=checker, number=number)
    mark = content.fingerprint(application.content)

    with pytest.raises(workflow.Refused, match="世帯員1の個人番号がまだ一致していません"):
        workflow.approve(
            application.pk, by=checker, at=timezone.now(), revision=application.revision, fingerprint=mark
        )
    assert retyped(application, other, by=checker) is vault.Comparison.MATCH
    workflow.approve(application.pk, by=checker, at=timezone.now(), revision=application.revision, fingerprint=mark)

    person = only(application)
    assert {state_of(application.person_id), state_of(person.pk)} == {vault.State.IN_USE}
    entry = Event.objects.get(action=actions.PUT_IN_USE, person_id=person.pk)
    assert (entry.subject_kind, entry.subject_id) == ("benefits.application", str(application.pk))


def test_whom_nobody_agrees_with_a_third_person_compares(maker: User, checker: User, other_checker: User) -> None:
    number = my_number()
    application = submitted(maker, numbers={"member_0": number}, **household())

    assert [retyped(application, my_number(), by=checker) for _try in range(2)] == ["MISMATCH", "EXHAUSTED"]

    waiting = ThirdComparison.objects.get()
    assert (waiting.asked_by, waiting.slots, waiting.outcome) == (checker, ["member_0"], None)
    progress = policies.progress_of(application, checker=checker)
    refusal = policies.why_not_third(application, by=checker, progress=progress)
    assert refusal is not None
    assert refusal.code == "was_the_second"
    assert policies.why_not_third(application, by=other_checker, progress=progress) is None
    assert retyped(application, number, by=other_checker) is vault.Comparison.MATCH
    waiting.refresh_from_db()
    assert (waiting.answered_by, waiting.outcome) == (other_checker, "AGREED")
    assert {one.action for one in Event.objects.filter(action__startswith="benefits.third")} == {
        events.THIRD_COMPARISON_ASKED,
        events.THIRD_COMPARISON_ANSWERED,
    }


def test_when_the_third_person_does_not_agree_either_the_maker_types_it_anew(
    maker: User, checker: User, other_checker: User
) -> None:
    number = my_number()
    application = submitted(maker, numbers={"member_0": number}, **household())
    person = only(application)

    for by in (checker, other_checker):
        for _try in range(2):
            retyped(application, my_number(), by=by)

    application.refresh_from_db()
    assert application.status == Status.RETURNED
    assert state_of(person.pk) is None
    assert ReturnComment.objects.get().field == "member_0_number"
    assert ThirdComparison.objects.get().outcome == "DIFFERED"
    assert household_numbers.sealed_slots(application) == {"patient"}
    with pytest.raises(AssertionError, match="member_0_number"):
        submit(application, by=maker)
    workflow.type_number(
        application.pk, by=maker, at=timezone.now(), revision=application.revision, number=number, slot="member_0"
    )
    application.refresh_from_db()
    application = submit(application, by=maker)
    assert retyped(application, number, by=checker) is vault.Comparison.MATCH  # a new version has tries of its own


def test_the_patients_number_that_a_third_person_could_not_confirm_is_erased_too(
    maker: User, checker: User, other_checker: User
) -> None:
    application = submitted(maker)

    for by in (checker, other_checker):
        for _try in range(2):
            retyped(application, my_number(), by=by, slot="patient")

    application.refresh_from_db()
    assert (application.status, state_of(application.person_id)) == (Status.RETURNED, None)


@pytest.mark.django_db(transaction=True)
def test_two_checkers_at_once_get_an_answer_each_and_one_confirms(
    maker: User, checker: User, other_checker: User
) -> None:
    number = my_number()
    application = submitted(maker, numbers={"member_0": number}, **household())

    answers = together(*[lambda by=by: retyped(application, number, by=by) for by in (checker, other_checker)])

    assert sorted(answers) == [vault.Comparison.MATCH, vault.Comparison.SETTLED]


@pytest.mark.django_db(transaction=True)
def test_two_checkers_who_fail_at_once_ask_for_one_third_person_or_give_it_back(
    maker: User, checker: User, other_checker: User
) -> None:
    application = submitted(maker, numbers={"member_0": my_number()}, **household())
    wrong = [(by, my_number()) for by in (checker, other_checker) for _try in range(2)]

    outcomes = together(*[lambda by=by, number=number: retyped(application, number, by=by) for by, number in wrong])

    assert not [one for one in outcomes if isinstance(one, DatabaseError)]
    application.refresh_from_db()
    assert application.status == Status.RETURNED
    assert ThirdComparison.objects.get().outcome == "DIFFERED"


def test_what_is_asked_of_the_database_does_not_grow_with_the_household(maker: User, checker: User) -> None:
    small = submitted(maker)
    large = submitted(maker, numbers={"member_0": my_number(), "member_1": my_number()}, **TWO)
    counts = []
    for application in (small, large):
        with CaptureQueriesContext(connection) as queries:
            policies.progress_of(application, checker=checker)
        counts.append(len(queries))

    assert counts == [3, 4]


@pytest.mark.django_db(transaction=True)
def test_a_provisional_number_of_a_household_is_not_revealed(maker: User, checker: User) -> None:
    number = my_number()
    application = submitted(maker, numbers={"member_0": number}, **household())
    person = only(application).pk
    viewer = staff_member(Role.NUMBER_VIEWER)

    for _state in ("PROVISIONAL", "CONFIRMED"):
        held = vault.standing(person)
        assert held is not None
        assert held.state is not vault.State.IN_USE
        ticket = uuid.uuid4()
        digest = hashlib.sha256(str(ticket).encode()).hexdigest()
        entry = journal.record(
            actions.REVEALED, by=viewer, person_id=person, purpose="INQUIRY", details={"ticket": digest}
        )
        with pytest.raises(DatabaseError, match="no number in use"):
            run("SELECT * FROM vault.fetch(%s, %s)", entry.pk, ticket)
        retyped(application, number, by=checker)


# ── somebody registered already ──────────────────────────────────────────────────────────────────────────────────


def test_somebody_who_looks_registered_already_is_registered_again_only_with_words(maker: User, checker: User) -> None:
    approved(maker, checker, number_given="NOT_GIVEN", number_absence_reason="LEFT_BLANK")
    number = my_number()
    application = submitted(maker, number=number)
    compared(application, by=checker, number=number)
    how: dict[str, Any] = {
        "by": checker,
        "at": timezone.now(),
        "revision": application.revision,
        "fingerprint": content.fingerprint(application.content),
    }

    for words in ("", " 　\n"):
        with pytest.raises(workflow.Refused, match="同じ人でないことを確かめた方法"):
            workflow.approve(application.pk, **how, same_person_words=words)
    workflow.approve(application.pk, **how, same_person_words="住民票の続柄と住所が違う")

    entry = Event.objects.get(action=events.REGISTERED_ALIKE_ACCEPTED, subject_id=str(application.pk))
    assert entry.actor_id == checker.pk


@pytest.mark.parametrize("changes", [{"birth_on": "S45.4.2"}, {"given_name": "次郎"}, {"given_kana": "ジロウ"}])
def test_somebody_who_differs_in_anything_is_somebody_else(
    changes: dict[str, str], maker: User, checker: User
) -> None:
    approved(maker, checker)

    assert not policies.registered_alike(submitted(maker, **changes)).exists()


# ── round the product: raw SQL of the role that serves ───────────────────────────────────────────────────────────


def forged(
    person: uuid.UUID, application: Application | None, *, by: User, says: User | None = None, names: bool = False
) -> None:
    """Put a number in use as if ``application`` had been approved (None: without a word of one).

    ``says`` writes that entry, ``by`` otherwise; with ``names`` it is the person of the number whom it names.
    """
    subject = journal.Subject(kind="benefits.application", id=str(application.pk)) if application else None
    with transaction.atomic():
        if application is not None:
            whose = person if names else application.person_id
            journal.record(events.APPLICATION_APPROVED, by=says or by, subject=subject, person_id=whose)
        journal.record(actions.PUT_IN_USE, by=by, subject=subject, person_id=person, details={"version": 1})
        run("SELECT vault.put_in_use(%s, 1)", person)


@pytest.mark.django_db(transaction=True)
def test_a_confirmed_number_of_a_household_goes_into_use_only_with_its_own_application(
    maker: User, checker: User
) -> None:
    numbers = {"member_0": my_number()}
    waiting = submitted(maker, numbers=numbers, **household())
    compared(waiting, by=checker, numbers=numbers)
    person = only(waiting).pk
    done = approved(maker, checker, given_name="承認")

    # without a word; with entries about an application that is not approved; with another's that is
    with pytest.raises(IntegrityError, match="number_is_in_use_by_approval"):
        forged(person, None, by=checker)
    for application in (waiting, done):
        with pytest.raises(IntegrityError, match="number_goes_into_use_with_its_application"):
            forged(person, application, by=checker)
        # with an approval that names the member as its patient; with one by somebody else
        with pytest.raises(IntegrityError, match="number_goes_into_use_with_its_application"):
            forged(person, application, by=checker, names=True)
        with pytest.raises(IntegrityError, match="number_goes_into_use_with_its_application"):
            forged(person, application, by=checker, says=maker)

    assert state_of(person) is vault.State.CONFIRMED


@pytest.mark.django_db(transaction=True)
def test_a_patients_number_goes_into_use_only_with_an_application_that_is_approved(maker: User, checker: User) -> None:
    number = my_number()
    application = submitted(maker, number=number)
    compared(application, by=checker, number=number)

    with pytest.raises(IntegrityError, match="number_goes_into_use_with_its_application"):
        forged(application.person_id, application, by=checker)

    assert state_of(application.person_id) is vault.State.CONFIRMED


@pytest.mark.django_db(transaction=True)
def test_the_database_approves_nothing_with_a_number_of_the_household_left_out(
    maker: User, checker: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    number, numbers = my_number(), {"member_0": my_number()}
    application = submitted(maker, number=number, numbers=numbers, **household())
    compared(application, by=checker, number=number)
    whole = household_numbers.claims_of
    monkeypatch.setattr(policies, "claims_of", lambda one: whole(one)[:1])
    monkeypatch.setattr(household_numbers, "claims_of", lambda one: whole(one)[:1])

    with pytest.raises(IntegrityError, match="application_household_is_confirmed"):
        workflow.approve(
            application.pk,
            by=checker,
            at=timezone.now(),
            revision=application.revision,
            fingerprint=content.fingerprint(application.content),
        )


@pytest.mark.django_db(transaction=True)
def test_the_database_withdraws_nothing_and_leaves_a_number(maker: User, monkeypatch: pytest.MonkeyPatch) -> None:
    application = draft(maker, numbers={"member_0": my_number()}, **household())
    monkeypatch.setattr(household_numbers, "people_of", lambda _application: {})

    with pytest.raises(IntegrityError, match="application_leaves_no_number_behind"):
        workflow.withdraw(application.pk, by=maker, revision=application.revision)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("statement", "guard"),
    [
        ("UPDATE benefits_householdperson SET slot = 'member_1'", "household_person_is_fixed_once_submitted"),
        ("UPDATE benefits_householdperson SET number_version = 7", "household_person_is_fixed_once_submitted"),
        ("UPDATE benefits_householdperson SET kind = 'GUARDIAN'", "household_person_stays_who_they_are"),
        ("UPDATE benefits_householdperson SET application_id = gen_random_uuid()", "household_person_stays"),
        ("UPDATE benefits_householdperson SET id = gen_random_uuid()", "household_person_stays_who_they_are"),
        (
            "INSERT INTO benefits_householdperson (id, application_id, slot, kind)"
            " SELECT gen_random_uuid(), id, 'member_3', 'MEMBER' FROM benefits_application",
            "household_person_is_fixed_once_submitted",
        ),
        ("DELETE FROM benefits_householdperson", "permission denied"),
    ],
)
def test_the_people_of_a_submitted_application_stay_who_and_where_they_are(
    statement: str, guard: str, maker: User
) -> None:
    submitted(maker, numbers={"member_0": my_number()}, **household())

    with pytest.raises(DatabaseError, match=guard), transaction.atomic():
        run(statement)


@pytest.mark.django_db(transaction=True)
def test_nobody_joins_a_draft_without_an_entry_in_the_record(maker: User) -> None:
    application = draft(maker, **household())

    with pytest.raises(IntegrityError, match="household_person_change_is_on_record"), transaction.atomic():
        HouseholdPerson.objects.create(application=application, slot="member_0", kind="MEMBER")


@pytest.mark.django_db(transaction=True)
def test_a_third_comparison_is_asked_and_answered_by_checkers_on_record_and_once(
    maker: User, checker: User, other_checker: User
) -> None:
    application = submitted(maker, numbers={"member_0": my_number()}, **household())
    ask: dict[str, Any] = {"application": application, "submission": 1, "slots": ["member_0"]}
    now = timezone.now()

    with pytest.raises(IntegrityError, match="third_comparison_is_on_record"), transaction.atomic():
        ThirdComparison.objects.create(**ask, asked_by=checker, asked_at=now)

    @transaction.atomic
    def asked_by_the_maker() -> None:
        ThirdComparison.objects.create(**ask, asked_by=maker, asked_at=now)
        journal.record(events.THIRD_COMPARISON_ASKED, by=maker, subject=application)

    with pytest.raises(IntegrityError, match="third_comparison_is_a_checkers"):
        asked_by_the_maker()
    for _try in range(2):
        retyped(application, my_number(), by=checker)
    waiting = ThirdComparison.objects.filter(outcome__isnull=True)
    with pytest.raises(IntegrityError, match="third_comparison_is_by_somebody_else"), transaction.atomic():
        waiting.update(answered_by=checker, answered_at=now, outcome="AGREED")
    with pytest.raises(IntegrityError, match="third_comparison_is_on_record"), transaction.atomic():
        waiting.update(answered_by=other_checker, answered_at=now, outcome="AGREED")
    for _try in range(2):
        retyped(application, my_number(), by=other_checker)
    with pytest.raises(IntegrityError, match="third_comparison_is_answered_once"), transaction.atomic():
        ThirdComparison.objects.update(outcome="AGREED")


@pytest.mark.django_db(transaction=True)
def test_the_record_never_holds_a_number_of_the_household(
    maker: User, checker: User, superuser_connection: psycopg.Connection[Any]
) -> None:
    numbers = {"member_0": my_number(), "member_1": my_number()}
    application = submitted(maker, numbers=numbers, **TWO)
    compared(application, by=checker, numbers=numbers)

    for table in ("benefits_application", "benefits_householdperson", "audit.event", "audit.person_label"):
        with superuser_connection.cursor().copy(f"COPY (SELECT * FROM {table}) TO STDOUT") as copy:
            text = b"".join(bytes(part) for part in copy).decode()
        assert all(number not in text for number in numbers.values())
    assert json.loads(application.content)["household"] == {
        slot: {"given": True, "version": 1} for slot in ("member_0", "member_1")
    }
    assert Event.objects.filter(action=actions.COMPARED, result=Result.DONE).count() == 2


@pytest.mark.django_db(transaction=True)
def test_the_way_back_is_open_and_what_was_guarded_before_is_guarded_after(
    owner_connection: psycopg.Connection[Any],
) -> None:
    holdings = import_module("mynumber.migrations.0004_holdings")
    numbers = import_module("benefits.migrations.0007_household_numbers")

    def sources() -> dict[str, str]:
        return dict(
            owner_connection.execute(
                "SELECT proname, prosrc FROM pg_proc WHERE proname IN ('compare', 'number_is_in_use_by_approval')"
            ).fetchall()
        )

    owner_connection.autocommit = False
    owner_connection.execute(numbers.REMOVE)
    owner_connection.execute(holdings.REMOVE)
    before = sources()
    owner_connection.execute(holdings.INSTALL + holdings.CLOSE)
    owner_connection.execute(numbers.GUARDS)
    after = sources()
    owner_connection.rollback()

    assert "second_entry" not in before["compare"]
    assert "put_in_use" not in before["number_is_in_use_by_approval"]
    assert "second_entry" in after["compare"]
    assert "put_in_use" in after["number_is_in_use_by_approval"]
