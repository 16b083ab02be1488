"""What an independent review found ways around: an applicant who turns into somebody else, holds, samples, lines."""

from collections.abc import Callable
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
from audit.models import Event
from benefits import content, deletion, events, imported_numbers, workflow
from benefits.choices import Status
from benefits.juki import deciding, labour, steps, undoing
from benefits.models import Application, Person
from benefits.models.juki import BatchState, JukiBatch, JukiLayout, RowCode, RowState
from mynumber import actions, staging, vault
from tests.benefits.juki.conftest import (
    WITHOUT_NUMBER,
    applied,
    compare_all,
    file_of,
    line,
    reviewed,
    started,
    work,
)
from tests.factories import compared, my_number, signed_in, staff_member, submit, submitted

pytestmark = pytest.mark.django_db(transaction=True)

SOMEBODY_ELSE = {
    "family_name": "別人",
    "given_name": "花子",
    "family_kana": "ベツジン",
    "given_kana": "ハナコ",
    "birth_on": "S50.5.5",
    "sex": "2",
}


def run(statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall() if cursor.description else []


def attempt(statement: str, *parameters: Any, entry: Callable[[], object]) -> None:
    with transaction.atomic():
        run(statement, *parameters)
        entry()
        run("SET CONSTRAINTS ALL IMMEDIATE")


def refused(statement: str, *parameters: Any, by: str, entry: Callable[[], object] = lambda: None) -> None:
    """Try to get past the database as the app role does, and be told by which rule not."""
    with pytest.raises(DatabaseError) as told:
        attempt(statement, *parameters, entry=entry)
    assert by in f"{getattr(told.value.__cause__, 'sqlstate', '')} {told.value}"


def without_number(maker: User, **changes: Any) -> Application:
    given: dict[str, Any] = {**WITHOUT_NUMBER, **changes}
    return submitted(maker, **given)


def applicant_with_imported_number(maker: User, checker: User) -> Application:
    """Return an application that was submitted without a number, and got one by a file."""
    application = without_number(maker)
    applied(file_of(line()), by=maker, checker=checker)
    held = vault.standing(application.person_id)
    assert held is not None
    assert held.state is vault.State.IN_USE
    return Application.objects.get(pk=application.pk)


def returned(application: Application, checker: User) -> Application:
    return workflow.return_to_maker(
        application.pk, by=checker, at=timezone.now(), revision=application.revision, comments={"": "別の人です"}
    )


def retyped(application: Application, maker: User, **changes: str) -> Application:
    return workflow.save(
        application.pk,
        by=maker,
        at=timezone.now(),
        revision=application.revision,
        entry={**application.entry, **changes},
    )


def approve(application: Application, checker: User) -> None:
    compared(application, by=checker)
    workflow.approve(
        application.pk,
        by=checker,
        at=timezone.now(),
        revision=application.revision,
        fingerprint=content.fingerprint(application.content),
        same_person_words="試験のための別の人",
    )


# ── an applicant who turns into somebody else ────────────────────────────────────────────────────────────────────


def test_an_applicant_who_is_retyped_as_somebody_else_loses_the_imported_number_and_the_maker_is_told(
    maker: User, checker: User
) -> None:
    application = returned(applicant_with_imported_number(maker, checker), checker)

    entry = {**application.entry, **SOMEBODY_ELSE, "save": "draft", "revision": application.revision}
    answer = signed_in(Client(), maker).post(
        reverse("benefits:application-edit", args=[application.pk]),
        {key: value for key, value in entry.items() if value is not None},
        follow=True,
    )

    assert "取り込んだ個人番号を消去しました" in answer.content.decode()
    assert vault.standing(application.person_id) is None
    taken = Event.objects.get(action=actions.IMPORT_UNDONE, person_id=application.person_id)
    assert taken.actor_id == maker.pk
    approve(submit(Application.objects.get(pk=application.pk), by=maker), checker)
    assert Person.objects.get(pk=application.person_id).family_name == "別人"
    assert vault.standing(application.person_id) is None


def test_an_applicant_who_stays_who_they_are_keeps_the_number_and_is_registered_with_it(
    maker: User, checker: User
) -> None:
    application = returned(applicant_with_imported_number(maker, checker), checker)
    saved = retyped(application, maker, note="住所を確かめた", birth_on="1970/4/1")
    assert not saved.has_lost_import

    approve(submit(saved, by=maker), checker)

    held = vault.standing(application.person_id)
    assert held is not None
    assert held.state is vault.State.IN_USE
    assert Person.objects.get(pk=application.person_id).registered_at is not None


def test_another_letter_than_was_matched_takes_the_number_back_when_the_application_is_sent(
    maker: User, checker: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    application = returned(applicant_with_imported_number(maker, checker), checker)
    monkeypatch.setattr(imported_numbers, "follow", lambda *_given, **_named: None)
    saved = retyped(application, maker, given_name="太朗")

    sent = submit(saved, by=maker)

    assert sent.has_lost_import
    assert vault.standing(application.person_id) is None


def test_nobody_is_registered_with_a_number_that_was_imported_for_somebody_else(
    maker: User, checker: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    application = returned(applicant_with_imported_number(maker, checker), checker)
    with monkeypatch.context() as patched:
        patched.setattr(imported_numbers, "take_back", lambda *_given, **_named: None)
        sent = submit(retyped(application, maker, **SOMEBODY_ELSE), by=maker)
        with pytest.raises(workflow.Refused, match="照合した後に") as told:
            approve(sent, checker)
        assert told.value.refusal.code == "not_as_matched"
        # nor by an application that does not ask
        patched.setattr(imported_numbers, "is_as_matched", lambda *_given: True)
        with pytest.raises(DatabaseError, match="imported_number_is_of_who_is_registered"):
            approve(sent, checker)
    assert Person.objects.get(pk=application.person_id).registered_at is None
    # the way on that the words name
    again = submit(returned(Application.objects.get(pk=application.pk), checker), by=maker)
    assert again.has_lost_import
    approve(again, checker)
    assert vault.standing(application.person_id) is None


def test_withdrawal_takes_an_imported_number_back_and_a_hold_keeps_it(maker: User, checker: User) -> None:
    application = returned(applicant_with_imported_number(maker, checker), checker)
    deletion.set_hold(application.person, by=checker, reason="APPEAL", words="係争中")

    with pytest.raises(workflow.Refused) as told:
        retyped(application, maker, **SOMEBODY_ELSE)
    assert told.value.refusal.code == "number_on_hold"
    refused(
        "SELECT vault.give_up_import(%s)",
        application.person_id,
        by="number_on_hold_is_not_taken_back",
        entry=lambda: (
            journal.record(actions.IMPORT_UNDONE, by=maker, person_id=application.person_id),
            journal.record(events.APPLICATION_SAVED, by=maker, subject=application, person_id=application.person_id),
        ),
    )

    workflow.withdraw(application.pk, by=maker, revision=application.revision)
    assert vault.standing(application.person_id) is not None


def test_a_withdrawn_applicant_keeps_no_imported_number(maker: User, checker: User) -> None:
    application = returned(applicant_with_imported_number(maker, checker), checker)

    workflow.withdraw(application.pk, by=maker, revision=application.revision)

    assert Application.objects.get(pk=application.pk).status == Status.WITHDRAWN
    assert vault.standing(application.person_id) is None


def test_an_imported_number_is_given_up_only_beside_the_step_that_makes_it_so(maker: User, checker: User) -> None:
    application = applicant_with_imported_number(maker, checker)
    person = application.person_id

    def undone(by: User) -> None:
        journal.record(actions.IMPORT_UNDONE, by=by, person_id=person)

    def saved_by(taker: User) -> Callable[[], None]:
        def record() -> None:
            undone(taker)
            journal.record(events.APPLICATION_SAVED, by=maker, subject=application, person_id=person)

        return record

    give_up = "SELECT vault.give_up_import(%s)"
    refused(give_up, person, by="number_change_is_on_record")
    refused(give_up, person, by="import_is_undone_by_two", entry=lambda: undone(maker))
    refused(give_up, person, by="import_is_undone_by_two", entry=saved_by(checker))
    approve(application, checker)
    # registered meanwhile: a correction is the way on
    refused(give_up, person, by="import_is_undone_by_two", entry=saved_by(maker))
    assert vault.standing(person) is not None


# ── undoing and holds ────────────────────────────────────────────────────────────────────────────────────────────


def test_a_number_on_hold_is_not_taken_back_with_its_file(maker: User, checker: User) -> None:
    application = applicant_with_imported_number(maker, checker)
    batch = JukiBatch.objects.get()
    deletion.set_hold(application.person, by=checker, reason="APPEAL", words="係争中")

    assert staging.blockers(batch.pk) == [(application.person_id, "HELD")]
    with transaction.atomic():
        assert staging.undo(batch.pk, application.person_id, by=checker) == "HELD"
    with pytest.raises(steps.Refused, match="built_on"):
        undoing.propose(batch.pk, by=maker, reason="端末の抽出の誤り")


def test_a_hold_set_at_the_last_moment_keeps_its_number_while_the_others_are_taken_back(
    maker: User, checker: User
) -> None:
    application = applicant_with_imported_number(maker, checker)
    batch = JukiBatch.objects.get()
    undoing.propose(batch.pk, by=maker, reason="端末の抽出の誤り")
    undoing.approve(batch.pk, by=checker)
    deletion.set_hold(application.person, by=checker, reason="APPEAL", words="係争中")
    work()
    batch.refresh_from_db()
    assert (batch.state, batch.undone) == (BatchState.UNDONE, 0)
    assert vault.standing(application.person_id) is not None
    # and by the people after one: an empty page after the last
    assert staging.imported_people(batch.pk, most=5) == [application.person_id]
    assert staging.imported_people(batch.pk, most=5, after=application.person_id) == []


# ── the sample ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_drawn_line_is_answered_only_by_whoever_opened_it_and_on_record(maker: User, checker: User) -> None:
    without_number(maker)
    batch = reviewed(file_of(line()), by=maker)
    deciding.draw(batch.pk, by=checker)
    answer = f"UPDATE benefits_jukisample SET agrees = true, opened_at = now(), opened_by_id = {checker.pk}"

    def viewed(by: User, page: str) -> None:
        journal.record(events.IMPORT_ROW_VIEWED, by=by, subject=batch, details={"page": page})

    def answered(by: User, page: str = "2") -> Callable[[], object]:
        return lambda: journal.record(
            events.IMPORT_SAMPLE_ANSWERED, by=by, subject=batch, details={"page": page, "answer": "MATCH"}
        )

    opened = "juki_sample_is_opened_before_it_is_answered"
    refused(answer, by=opened, entry=answered(checker))
    viewed(staff_member(Role.CHECKER), "2")
    viewed(checker, "3")
    refused(answer, by=opened, entry=answered(checker))
    with transaction.atomic():  # in the very transaction: nobody has seen anything yet
        viewed(checker, "2")
        refused(answer, by=opened, entry=answered(checker))
        transaction.set_rollback(True)
    viewed(checker, "2")
    refused(answer, by="juki_answer_is_on_record")
    refused(answer, by="juki_answer_is_on_record", entry=answered(maker))
    refused(answer, by="juki_answer_is_on_record", entry=answered(checker, "3"))
    refused(answer.replace("true", "false"), by="juki_answer_is_on_record", entry=answered(checker))
    with transaction.atomic():
        run(answer)
        answered(checker)()
    assert batch.sample.get().agrees is True


# ── lines ────────────────────────────────────────────────────────────────────────────────────────────────────────


def applying_two(maker: User, checker: User) -> tuple[JukiBatch, Application, Application]:
    one = without_number(maker)
    other = without_number(maker, given_name="次郎", given_kana="ジロウ")
    batch = reviewed(file_of(line(), line(name="見本　次郎", kana="ミホン　ジロウ")), by=maker)
    assert batch.linked == 2
    compare_all(batch, by=checker)
    deciding.apply(batch.pk, by=checker)
    batch.refresh_from_db()
    assert batch.state == BatchState.APPLYING
    return batch, one, other


IMPORT = "SELECT vault.import_staged(%s, %s, %s, 1, vault.current_kek(), %s, '\\x01', %s, 'NANBYO')"


def test_a_number_goes_to_nobody_but_the_person_its_own_line_is_linked_with(
    maker: User, checker: User, superuser_connection: psycopg.Connection[Any]
) -> None:
    batch, one, other = applying_two(maker, checker)
    # line 3 is about the other: neither told anew whose it is, nor put into use for the first
    refused("SELECT vault.judge_staged(%s, 3, %s, NULL)", batch.pk, one.person_id, by="number_is_judged_for_its_line")
    refused(IMPORT, batch.pk, 3, one.person_id, b"w" * 60, checker.pk, by="KY020")

    # nor were the vault to hold the two crossed
    def crossed() -> None:
        run("UPDATE benefits_jukirow SET is_applied = true WHERE batch_id = %s AND line = 2", batch.pk)
        journal.record(actions.IMPORTED, by=checker, person_id=one.person_id, details={"version": 1})

    superuser_connection.execute("ALTER TABLE vault.staged DISABLE TRIGGER number_is_judged_for_its_line")
    superuser_connection.execute("UPDATE vault.staged SET person = NULL, verdict = NULL WHERE line = 2")
    superuser_connection.execute("UPDATE vault.staged SET person = %s WHERE line = 3", [one.person_id])
    refused(
        IMPORT,
        *(batch.pk, 3, one.person_id, b"w" * 60, checker.pk),
        by="number_comes_by_an_applied_file",
        entry=crossed,
    )
    superuser_connection.execute("ALTER TABLE vault.staged ENABLE ALWAYS TRIGGER number_is_judged_for_its_line")
    assert vault.standing(other.person_id) is None


def test_numbers_are_staged_and_let_go_only_while_their_file_is_at_that(maker: User, checker: User) -> None:
    without_number(maker)
    stage = "SELECT * FROM vault.stage(%s, ARRAY[9], ARRAY['\\x01'::bytea], ARRAY['\\x02'::bytea])"
    forget = "SELECT vault.forget_staged(%s, ARRAY[2])"
    batch = started(file_of(line()), by=maker)
    seen = set()
    while labour.work():
        batch.refresh_from_db()
        seen.add(batch.state)
        if batch.state != BatchState.STAGING:
            refused(stage, batch.pk, by="number_is_staged_while_its_file_is_read")
        refused(forget, batch.pk, by="number_is_let_go_in_its_time")
    assert seen >= {BatchState.MATCHING, BatchState.CHECKING, BatchState.REVIEW}
    assert staging.left(batch.pk)[1] == 1


def test_the_lines_of_a_file_are_vacuumed_at_once(db: None) -> None:
    rows = run(
        "SELECT relname, reloptions::text FROM pg_class WHERE relname = ANY(%s)",
        ["staging", "staged_file", "staged", "benefits_jukirow"],
    )
    assert len(rows) == 4
    assert all("autovacuum_vacuum_threshold=1" in (options or "") for _name, options in rows)


# ── three items ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("sex", "is_linked"), [("1", True), ("2", False), ("", True)])
def test_a_sex_that_is_stated_counts_also_where_three_items_would_do(
    maker: User, checker: User, sex: str, is_linked: bool
) -> None:
    keeper = staff_member(Role.RECORDS_KEEPER)
    layout = three_items(keeper, checker)
    application = without_number(maker)
    data = f"見本　太郎,19700401,{sex},見本県架空市本町1-2-3,{my_number()}\r\n".encode("cp932")

    batch = started(data, by=maker, layout=layout)
    work()

    row = batch.rows.get()
    if is_linked:
        assert (row.state, row.code, row.person_id) == (RowState.LINKED, RowCode.EXACT, application.person_id)
        return
    assert (row.state, row.code) == (RowState.QUEUED, RowCode.DIFFERS)
    by_hand = (
        "UPDATE benefits_jukirow SET state = 'LINKED', code = 'BY_HAND', person_id = %s, decided_by_id = %s,"
        ' decided_at = now(), link_reasons = \'{"name": "GAIJI"}\''
    )
    refused(by_hand, application.person_id, maker.pk, by="juki_row_is_never_linked_on_fewer_items")


def three_items(keeper: User, checker: User) -> JukiLayout:
    with transaction.atomic():
        layout = JukiLayout.objects.create(
            name="三情報",
            valid_from=timezone.localdate(),
            separator="COMMA",
            has_heading=False,
            items=3,
            date_notation="WESTERN8",
            columns=[["NAME", ""], ["BIRTH", ""], ["SEX", ""], ["ADDRESS", ""], ["NUMBER", ""]],
            proposed_by=keeper,
        )
        journal.record("benefits.layout.proposed", by=keeper, subject=layout)
    with transaction.atomic():
        layout.outcome, layout.decided_by, layout.decided_at = "CONFIRMED", checker, timezone.now()
        layout.save()
        journal.record("benefits.layout.decided", by=checker, subject=layout)
    return layout
