"""Protected people: two decide who is, and two stand behind every look at their number, whatever is asked (A3)."""

import uuid
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from audit import journal
from audit.ledger import identifiers
from audit.models import Event, Result
from benefits import events, protection, reveal_review
from benefits.models import NumberRelease, Person, Protection, RevealReview
from benefits.models.showing import ProtectionKind, ReviewOutcome
from benefits.workflow import Refused
from mynumber import actions, vault
from mynumber.purposes import Ground, Purpose
from tests import ledger
from tests.benefits.pages import ids_on, links_on, send, shows, text_of
from tests.conftest import Office
from tests.factories import approved, fresh_code, my_number, signed_in, staff_member
from tests.racing import together
from tests.rights import moves_to
from tests.sealing import seal_all

pytestmark = pytest.mark.django_db(transaction=True)

ENOUGH = "健康保険組合からの照会に、本日中に文書で回答する必要があるため"
RELEASE_COLUMNS = "(id, person_id, purpose, sealed_reason, asked_by_id, asked_at, outcome, decided_by_id, decided_at)"


@pytest.fixture
def head(db: None) -> User:
    return staff_member(Role.SECTION_HEAD)


@pytest.fixture
def number() -> str:
    return my_number()


@pytest.fixture
def person(maker: User, checker: User, number: str) -> Person:
    return approved(maker, checker, number=number).person


@pytest.fixture
def protected(person: Person, maker: User, head: User) -> Person:
    """Somebody whose protection two people have decided."""
    protection.decide(propose(person, maker).pk, is_approved=True, reason="決定通知を確認", by=head)
    return person


def propose(person: Person, by: User, **changes: Any) -> Protection:
    parts: dict[str, Any] = {
        "kind": ProtectionKind.VIOLENCE,
        "starts_on": timezone.localdate(),
        "ends_on": None,
        "reason": "支援措置の決定通知のため",
        **changes,
    }
    return protection.propose(person, by=by, **parts)


def asked(person: Person, viewer: User, purpose: Purpose = Purpose.INQUIRY) -> NumberRelease:
    return protection.ask(person, purpose=purpose, reason=ENOUGH, by=viewer)


def released(person: Person, viewer: User, head: User, purpose: Purpose = Purpose.INQUIRY) -> NumberRelease:
    release = asked(person, viewer, purpose)
    return protection.answer(release.pk, is_released=True, reason="電話で確認", by=head)


def entered(person: Person, by: User, ticket: uuid.UUID, purpose: Purpose = Purpose.INQUIRY) -> uuid.UUID:
    """Write the entry of a reveal, committed."""
    details = {"ground": Ground.NONE.value, "ticket": vault.ticket_digest(ticket)}
    return journal.record_committed(
        actions.REVEALED, by=by, person_id=person.pk, purpose=purpose.value, details=details
    ).pk


def fetched(entry: uuid.UUID, ticket: uuid.UUID) -> Any:
    """Fetch a sealed number as the app role does, past every line of the product's own code."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT version FROM vault.fetch(%s, %s)", [entry, ticket])
        return cursor.fetchone()


def fetch(person: Person, by: User, purpose: Purpose = Purpose.INQUIRY) -> Any:
    """Write an entry and fetch against it."""
    ticket = uuid.uuid4()
    return fetched(entered(person, by, ticket, purpose), ticket)


def refusal(person: Person, by: User, purpose: Purpose = Purpose.INQUIRY) -> str:
    with pytest.raises(DatabaseError) as refused:
        fetch(person, by, purpose)
    return str(getattr(refused.value.__cause__, "sqlstate", ""))


def run(statement: str, *parameters: object) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, parameters or None)


def make_older(superuser: psycopg.Connection[Any], table: str, column: str, minutes: int) -> None:
    """Let time pass: only a superuser can, with the guards off."""
    with superuser.transaction():
        superuser.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")  # type: ignore[call-overload]  # our own table
        superuser.execute(
            f"UPDATE {table} SET {column} = {column} - make_interval(mins => %s)",  # type: ignore[call-overload]
            [minutes],
        )
        for trigger in ("release_takes_two", "release_is_on_record"):
            superuser.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {trigger}")  # type: ignore[call-overload]


# ── who is protected ─────────────────────────────────────────────────────────────────────────────────────────────


def test_a_proposal_protects_at_once_and_a_second_person_decides(
    person: Person, maker: User, head: User, viewer: User
) -> None:
    assert not protection.is_protected(person)

    proposed = propose(person, maker)
    assert protection.is_protected(person)
    assert refusal(person, viewer) == "KY011"
    protection.decide(proposed.pk, is_approved=True, reason="確認", by=head)
    assert protection.is_protected(person)

    entries = Event.objects.filter(action__startswith="benefits.protection", person_id=person.pk).order_by("at")
    assert [entry.action for entry in entries] == [events.PROTECTION_PROPOSED, events.PROTECTION_APPROVED]
    assert [entry.actor_id for entry in entries] == [maker.pk, head.pk]


def test_what_is_rejected_or_withdrawn_or_over_protects_no_longer(
    person: Person, maker: User, checker: User, head: User, viewer: User
) -> None:
    today = timezone.localdate()
    protection.decide(propose(person, maker).pk, is_approved=False, reason="対象外", by=head)
    protection.withdraw(propose(person, checker).pk, by=checker)
    propose(person, maker, starts_on=today - timedelta(days=9), ends_on=today - timedelta(days=1))
    propose(person, maker, starts_on=today + timedelta(days=1))

    assert not protection.is_protected(person)
    assert fetch(person, viewer)


def test_lifting_takes_two_as_well_and_protects_until_then(
    protected: Person, checker: User, head: User, viewer: User
) -> None:
    found = protected.protections.get()
    protection.ask_to_lift(found.pk, reason="支援措置の終了", by=checker)
    assert refusal(protected, viewer) == "KY011"

    protection.decide(found.pk, is_approved=False, reason="継続の連絡あり", by=head)
    assert protection.is_protected(protected)
    protection.ask_to_lift(found.pk, reason="支援措置の終了", by=checker)
    protection.decide(found.pk, is_approved=True, reason="終了を確認", by=head)

    assert not protection.is_protected(protected)
    assert fetch(protected, viewer)


def test_nobody_decides_on_what_they_proposed(person: Person) -> None:
    both = staff_member(Role.CHECKER, Role.SECTION_HEAD)
    proposed = propose(person, both)

    with pytest.raises(Refused, match="自分が申請したもの"):
        protection.decide(proposed.pk, is_approved=True, reason="確認", by=both)
    with pytest.raises(DatabaseError, match="protection_is_decided_by_a_second_person"):
        run(
            "UPDATE benefits_protection SET outcome = 'APPROVED', decided_by_id = %s, decided_at = now()",
            both.pk,
        )
    assert Event.objects.get(action=events.PROTECTION_REFUSED).details == {"code": "own_proposal"}


def test_only_the_duty_proposes_and_decides(person: Person, maker: User, viewer: User, head: User) -> None:
    for somebody in (viewer, head, staff_member(Role.ISSUER)):
        with pytest.raises(Refused, match="権限がありません"):
            propose(person, somebody)
    proposed = propose(person, maker)
    for somebody in (viewer, staff_member(Role.CHECKER), staff_member(Role.AUDITOR)):
        with pytest.raises(Refused, match="所属長だけ"):
            protection.decide(proposed.pk, is_approved=False, reason="不要", by=somebody)


AGAINST_PROTECTION: tuple[tuple[str, str], ...] = (
    ("DELETE FROM benefits_protection", "permission denied"),
    ("TRUNCATE benefits_protection", "permission denied"),
    ("ALTER TABLE benefits_protection DISABLE TRIGGER ALL", "must be owner"),
    ("UPDATE benefits_protection SET ends_on = '2000-01-01'", "protection_is_not_changed"),
    ("UPDATE benefits_protection SET starts_on = '2099-01-01'", "protection_is_not_changed"),
    ("UPDATE benefits_protection SET person_id = gen_random_uuid()", "protection_is_not_changed"),
    ("UPDATE benefits_protection SET outcome = 'REJECTED'", "protection_is_decided_once"),
    (
        "UPDATE benefits_protection SET lifted_at = now(), lifted_by_id = {head}",
        "protection_is_lifted_as_proposed",
    ),
    (
        "UPDATE benefits_protection SET lift_proposed_at = now(), lift_proposed_by_id = {viewer},"
        " sealed_lift_reason = 'x'",
        "protection_is_proposed_by_a_maker_or_checker",
    ),
    (
        "UPDATE benefits_protection SET lift_proposed_at = now(), lift_proposed_by_id = {maker},"
        " sealed_lift_reason = 'x'",
        "protection_is_on_record",
    ),
    (
        "INSERT INTO benefits_protection (id, person_id, kind, starts_on, sealed_reason, proposed_by_id,"
        " proposed_at, outcome) SELECT gen_random_uuid(), person_id, kind, starts_on, sealed_reason, {head}, now(), ''"
        " FROM benefits_protection",
        "protection_is_proposed_by_a_maker_or_checker",
    ),
)


def test_raw_sql_takes_no_protection_away(protected: Person, maker: User, head: User, viewer: User) -> None:
    for statement, guard in AGAINST_PROTECTION:
        with pytest.raises(DatabaseError, match=guard):
            run(statement.format(maker=maker.pk, head=head.pk, viewer=viewer.pk))
    assert protection.is_protected(protected)


def test_why_somebody_is_protected_is_sealed_and_stands_in_no_entry(
    protected: Person, superuser_connection: psycopg.Connection[Any]
) -> None:
    row = superuser_connection.execute("SELECT benefits_protection::text FROM benefits_protection").fetchone()
    assert row is not None
    assert "支援措置" not in row[0]
    assert protected.protections.get().why == "支援措置の決定通知のため"
    recorded = str(list(Event.objects.filter(action__startswith="benefits.protection").values("details", "purpose")))
    assert "VIOLENCE" not in recorded


# ── the look at a protected number ───────────────────────────────────────────────────────────────────────────────


def test_a_release_lets_one_look_through_and_no_second(
    protected: Person, viewer: User, head: User, number: str
) -> None:
    assert refusal(protected, viewer) == "KY011"

    released(protected, viewer, head)

    shown = vault.reveal(protected.pk, by=viewer, purpose=Purpose.INQUIRY, reason=ENOUGH)
    assert shown.digits() == number
    assert refusal(protected, viewer) == "KY011"
    with pytest.raises(vault.RefusedError, match="保護されています"):
        vault.reveal(protected.pk, by=viewer, purpose=Purpose.INQUIRY, reason=ENOUGH)
    assert Event.objects.filter(action=actions.REVEAL_FAILED, details__code="KY011").exists()


def test_another_entry_of_the_same_id_makes_nobody_unprotected(
    protected: Person, viewer: User, office: Office
) -> None:
    """Each look-up of an entry by its id could be led to another row by what the session forbids its plan."""
    now, ticket = timezone.now(), uuid.uuid4()
    at = (now - timedelta(seconds=5)).replace(microsecond=100_000)
    entry = identifiers.of_moment(at)
    said = {
        "actor_id": viewer.pk,
        "purpose": Purpose.INQUIRY.value,
        "details": {"ticket": vault.ticket_digest(ticket)},
    }
    with psycopg.connect(**office.app.as_psycopg(autocommit=True)) as intruder:
        ledger.insert(intruder.execute, id=entry, at=now, action=events.PERSON_VIEWED)
        seal_all(office)
        intruder.execute("SET plan_cache_mode = force_generic_plan")
        with pytest.raises(psycopg.DatabaseError):
            intruder.execute("SELECT vault.fetch(%s, %s)", [uuid.uuid4(), ticket])
        for kind in ("indexscan", "bitmapscan", "indexonlyscan"):
            intruder.execute(f"SET enable_{kind} = off")
        ledger.insert(intruder.execute, id=entry, at=at, action=actions.REVEALED, person_id=protected.pk, **said)
        with pytest.raises(psycopg.DatabaseError) as refused:
            intruder.execute("SELECT version FROM vault.fetch(%s, %s)", [entry, ticket])

    assert refused.value.sqlstate == "KY011"


def test_a_release_serves_for_one_entry_however_they_are_dated(
    protected: Person, viewer: User, head: User, office: Office
) -> None:
    released(protected, viewer, head)
    answers = []
    with psycopg.connect(**office.app.as_psycopg(autocommit=True)) as intruder:
        for _look in range(3):
            ticket = uuid.uuid4()
            entry = ledger.insert(
                intruder.execute,
                at=timezone.now() - timedelta(seconds=30),
                action=actions.REVEALED,
                actor_id=viewer.pk,
                person_id=protected.pk,
                purpose=Purpose.INQUIRY.value,
                details={"ticket": vault.ticket_digest(ticket)},
            )
            try:
                with intruder.transaction(force_rollback=True):
                    answers.append(
                        intruder.execute("SELECT version FROM vault.fetch(%s, %s)", [entry, ticket]).fetchone()
                    )
            except psycopg.DatabaseError as error:
                answers.append(error.sqlstate)

    assert answers == [(1,), "KY011", "KY011"]


def test_a_release_is_for_its_viewer_its_person_and_its_purpose(
    protected: Person, maker: User, checker: User, viewer: User, head: User
) -> None:
    other_person = approved(maker, checker, birth_on="S50.1.1").person
    propose(other_person, maker)
    released(protected, viewer, head)

    assert refusal(protected, staff_member(Role.NUMBER_VIEWER)) == "KY011"
    assert refusal(other_person, viewer) == "KY011"
    assert fetch(protected, viewer)

    released(protected, viewer, head)
    assert refusal(protected, viewer, Purpose.COMPARISON) == "KY011"
    # the try was a reveal on record: what was released is over with it
    assert refusal(protected, viewer) == "KY011"


def test_a_request_that_waits_or_was_refused_lets_nothing_through(protected: Person, viewer: User, head: User) -> None:
    release = asked(protected, viewer)
    assert refusal(protected, viewer) == "KY011"

    protection.answer(release.pk, is_released=False, reason="不要", by=head)

    assert refusal(protected, viewer) == "KY011"


def test_a_release_lapses_after_ten_minutes(
    protected: Person, viewer: User, head: User, superuser_connection: psycopg.Connection[Any]
) -> None:
    released(protected, viewer, head)
    make_older(superuser_connection, "benefits_numberrelease", "decided_at", 11)

    assert refusal(protected, viewer) == "KY011"
    assert protection.standing(protected, viewer=viewer) == protection.Standing()


def test_a_request_lapses_after_an_hour(
    protected: Person, viewer: User, head: User, superuser_connection: psycopg.Connection[Any]
) -> None:
    release = asked(protected, viewer)
    make_older(superuser_connection, "benefits_numberrelease", "asked_at", 61)

    with pytest.raises(Refused, match="1時間"):
        protection.answer(release.pk, is_released=True, reason="確認", by=head)
    assert asked(protected, viewer).pk != release.pk


def test_a_release_by_somebody_who_has_lost_the_duty_since_lets_nothing_through(
    protected: Person, viewer: User, head: User
) -> None:
    released(protected, viewer, head)

    moves_to(head, Role.ISSUER)

    assert refusal(protected, viewer) == "KY011"


def test_nobody_releases_a_number_to_themselves_whatever_duty_they_took_up_since(
    protected: Person, viewer: User
) -> None:
    release = asked(protected, viewer)
    both = moves_to(viewer, Role.SECTION_HEAD)

    with pytest.raises(Refused, match="自分の依頼"):
        protection.answer(release.pk, is_released=True, reason="確認", by=both)
    with pytest.raises(DatabaseError, match="release_is_given_by_a_second_person"):
        run(
            "UPDATE benefits_numberrelease SET outcome = 'RELEASED', decided_by_id = %s, decided_at = now()",
            both.pk,
        )
    assert refusal(protected, moves_to(both, Role.NUMBER_VIEWER)) == "KY011"


AGAINST_RELEASES: tuple[tuple[str, str], ...] = (
    ("DELETE FROM vault.release_use", "permission denied"),
    ("DELETE FROM benefits_numberrelease", "permission denied"),
    (
        f"INSERT INTO benefits_numberrelease {RELEASE_COLUMNS}"
        " VALUES (gen_random_uuid(), '{person}', 'INQUIRY', 'x', {viewer}, now(), 'RELEASED', {head}, now())",
        "release_begins_undecided",
    ),
    (
        f"INSERT INTO benefits_numberrelease {RELEASE_COLUMNS}"
        " VALUES (gen_random_uuid(), '{person}', 'INQUIRY', 'x', {head}, now(), '', NULL, NULL)",
        "release_is_asked_for_by_a_number_viewer",
    ),
    (
        "UPDATE benefits_numberrelease SET outcome = 'RELEASED', decided_by_id = {other}, decided_at = now()",
        "release_is_given_by_a_section_head",
    ),
    (
        "UPDATE benefits_numberrelease SET outcome = 'RELEASED', decided_by_id = {head}, decided_at = now()",
        "release_is_on_record",
    ),
    ("UPDATE benefits_numberrelease SET purpose = 'COMPARISON'", "release_is_not_changed"),
)


def test_raw_sql_makes_no_release(protected: Person, viewer: User, head: User) -> None:
    asked(protected, viewer)
    names = {
        "person": protected.pk,
        "viewer": viewer.pk,
        "head": head.pk,
        "other": staff_member(Role.NUMBER_VIEWER).pk,
    }

    for statement, guard in AGAINST_RELEASES:
        with pytest.raises(DatabaseError, match=guard):
            run(statement.format(**names))
    assert refusal(protected, viewer) == "KY011"


def test_a_release_serves_one_of_many_who_come_at_once(protected: Person, viewer: User, head: User) -> None:
    released(protected, viewer, head)
    ticket = uuid.uuid4()
    entry = entered(protected, viewer, ticket)

    outcomes = together(*[lambda: fetched(entry, ticket)] * 3)
    assert sum(isinstance(outcome, tuple) for outcome in outcomes) == 1

    # with an entry each, one or, since each spoils the other's, nobody
    released(protected, viewer, head)
    outcomes = together(*[lambda: fetch(protected, viewer)] * 3)
    assert sum(isinstance(outcome, tuple) for outcome in outcomes) <= 1


def test_rolling_a_fetch_back_does_not_give_a_release_back(protected: Person, viewer: User, head: User) -> None:
    released(protected, viewer, head)
    ticket = uuid.uuid4()
    entry = entered(protected, viewer, ticket)
    with transaction.atomic():
        assert fetched(entry, ticket)
        transaction.set_rollback(True)

    assert refusal(protected, viewer) == "KY011"


def test_of_two_section_heads_at_once_one_answers(protected: Person, viewer: User, head: User) -> None:
    release, other = asked(protected, viewer), staff_member(Role.SECTION_HEAD)

    outcomes = together(
        lambda: protection.answer(release.pk, is_released=True, reason="確認", by=head),
        lambda: protection.answer(release.pk, is_released=False, reason="不要", by=other),
    )

    assert sorted(isinstance(outcome, Refused) for outcome in outcomes) == [False, True]
    answers = Event.objects.filter(action__in=[events.RELEASE_GIVEN, events.RELEASE_REFUSED], result=Result.DONE)
    assert answers.count() == 1


def test_a_person_who_is_protected_between_the_question_and_the_answer_is_not_shown(
    person: Person, maker: User, viewer: User
) -> None:
    ticket = uuid.uuid4()
    entry = journal.record_committed(
        actions.REVEALED,
        by=viewer,
        person_id=person.pk,
        purpose=Purpose.INQUIRY.value,
        details={"ticket": vault.ticket_digest(ticket)},
    )
    propose(person, maker)

    with connection.cursor() as cursor, pytest.raises(DatabaseError, match="released"):
        cursor.execute("SELECT * FROM vault.fetch(%s, %s)", [entry.pk, ticket])


def test_whoever_came_with_a_protected_persons_application_is_protected_too(
    protected: Person, viewer: User, superuser_connection: psycopg.Connection[Any]
) -> None:
    with superuser_connection.transaction():
        superuser_connection.execute("ALTER TABLE benefits_householdperson DISABLE TRIGGER USER")
        row = superuser_connection.execute(
            "INSERT INTO benefits_householdperson (id, application_id, slot, kind)"
            " SELECT gen_random_uuid(), id, 'member_0', 'MEMBER' FROM benefits_application LIMIT 1 RETURNING id"
        ).fetchone()
        assert row is not None
        guarded = superuser_connection.execute("SELECT benefits_is_protected(%s)", row).fetchone()
        nobody = superuser_connection.execute("SELECT benefits_is_protected(gen_random_uuid())").fetchone()
        raise psycopg.Rollback

    assert (guarded, nobody) == ((True,), (False,))


# ── the pages ────────────────────────────────────────────────────────────────────────────────────────────────────


def reveal(viewer: User, person: Person, **changes: str) -> Any:
    typed = {"purpose": "INQUIRY", "reason": ENOUGH, "code": fresh_code(viewer), "has_scripts": "1", **changes}
    return send(signed_in(Client(), viewer), reverse("benefits:number", args=[person.pk]), typed)


def test_the_whole_way_of_two_people_to_one_look(protected: Person, viewer: User, head: User, number: str) -> None:
    number_page = reverse("benefits:number", args=[protected.pk])
    desk = signed_in(Client(), viewer)
    page = desk.get(number_page)
    assert "解除を依頼する" in text_of(page)
    assert 'name="code"' not in text_of(page)
    assert not shows(reveal(viewer, protected), number)
    assert Event.objects.filter(action=actions.REVEAL_REFUSED, details__code="not_released").exists()
    assert not Event.objects.filter(action=actions.REVEALED).exists()

    desk = signed_in(Client(), viewer)
    ask = reverse("benefits:number-release", args=[protected.pk])
    assert "id_reason_error" in ids_on(send(desk, ask, {"purpose": "INQUIRY", "reason": "照会"}))
    send(desk, ask, {"purpose": "INQUIRY", "reason": ENOUGH})
    assert "解除を待っています" in text_of(desk.get(number_page))

    chief = signed_in(Client(), head)
    release = NumberRelease.objects.get()
    address = reverse("benefits:release", args=[release.pk])
    assert address in links_on(chief.get(reverse("benefits:releases")))
    assert ENOUGH in text_of(chief.get(address))
    send(chief, address, {"reason": "電話で確認した", "decision": "release"})

    assert "1回だけ表示できます" in text_of(signed_in(Client(), viewer).get(number_page))
    assert not shows(reveal(viewer, protected, purpose="COMPARISON"), number)
    page = reveal(viewer, protected)
    assert shows(page, number)
    assert "あと60秒</button>" not in text_of(page)
    assert "解除を依頼する" in text_of(signed_in(Client(), viewer).get(number_page))
    given = Event.objects.get(action=events.RELEASE_GIVEN)
    assert (given.actor_id, given.person_id, given.reason) == (head.pk, protected.pk, "電話で確認した")


def test_lists_and_pages_say_that_somebody_is_protected_and_not_why(protected: Person, maker: User) -> None:
    desk = signed_in(Client(), maker)
    found = send(desk, reverse("benefits:people"), {"kana": "ミホン"}, follow=True)
    page = desk.get(reverse("benefits:person", args=[protected.pk]))

    for answer in (found, page):
        assert ">保護</span>" in text_of(answer)
        assert "支援措置" not in text_of(answer)
        assert "DV・" not in text_of(answer)


def test_protecting_and_lifting_through_the_pages(person: Person, maker: User, head: User) -> None:
    desk, chief = signed_in(Client(), maker), signed_in(Client(), head)
    propose_page = reverse("benefits:person-protection", args=[person.pk])
    typed = {"kind": "VIOLENCE", "starts_on": "R7.4.1", "ends_on": "", "reason": "支援措置の決定通知"}
    assert "id_ends_on_error" in ids_on(send(desk, propose_page, {**typed, "ends_on": "R7.3.31"}))
    send(desk, propose_page, typed)
    found = Protection.objects.get()
    address = reverse("benefits:protection", args=[found.pk])

    assert address in links_on(chief.get(reverse("benefits:protections")))
    assert "支援措置の決定通知" in text_of(chief.get(address))
    send(chief, address, {"step": "approve", "reason": "通知を確認した"})
    send(desk, address, {"step": "lift", "reason": "終了の連絡"})
    assert "解除の決定待ち" in text_of(desk.get(address))
    send(desk, address, {"step": "approve", "reason": "自分で決める"})
    assert protection.is_protected(person)
    send(chief, address, {"step": "approve", "reason": "終了を確認した"})

    assert not protection.is_protected(person)
    assert "解除済み" in text_of(chief.get(address))


def test_protections_beyond_ones_office_are_not_there(protected: Person) -> None:
    elsewhere = signed_in(Client(), staff_member(Role.SECTION_HEAD, office="KITA"))
    found = protected.protections.get()

    assert elsewhere.get(reverse("benefits:protection", args=[found.pk])).status_code == 404
    assert reverse("benefits:protection", args=[found.pk]) not in links_on(
        elsewhere.get(reverse("benefits:protections"))
    )


def test_a_step_that_no_button_names_decides_nothing(person: Person, maker: User, head: User) -> None:
    proposed = propose(person, maker)

    for step in ("", "reject ", "approved"):
        answer = send(
            signed_in(Client(), head),
            reverse("benefits:protection", args=[proposed.pk]),
            {"reason": "決定する", "step": step},
        )
        assert answer.status_code == 400

    assert protection.is_protected(person)
    assert Protection.objects.get().outcome == ""


def test_whoever_let_a_look_through_does_not_close_its_review(
    protected: Person, viewer: User, head: User, superuser_connection: psycopg.Connection[Any]
) -> None:
    released(protected, viewer, head)
    reveal(viewer, protected)
    shown = RevealReview.objects.get()

    with pytest.raises(Refused, match="自分が解除した表示"):
        reveal_review.close(shown.pk, outcome=ReviewOutcome.EXPLAINED, words="確認した", by=head)
    with pytest.raises(DatabaseError, match="reveal_is_not_reviewed_by_whoever_released_it"):
        run(
            "UPDATE benefits_revealreview SET outcome = 'EXPLAINED', reviewed_by_id = %s, sealed_words = 'x' "
            "WHERE event_id = %s",
            head.pk,
            shown.pk,
        )
    other = staff_member(Role.SECTION_HEAD)
    reveal_review.close(shown.pk, outcome=ReviewOutcome.EXPLAINED, words="確認した", by=other)
