"""What must not go wrong in an import when a number, a person, a file or a request is not as it was expected to be."""

import csv
import io
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from functools import partial
from typing import Any

import psycopg
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts.models import StaffSession, User
from accounts.roles import Role
from audit.models import Event
from benefits import events
from benefits.juki import (
    deciding,
    errors,
    matching,
    receiving,
    requests,
    staging_lines as reading_lines,
    undoing,
)
from benefits.juki.steps import Refused
from benefits.models import Certification, JukiLayout, Person
from benefits.models.juki import BatchState, ErrorMode, JukiBatch, JukiRow, RowCode, RowState
from benefits.views.juki import APPLIES, BRINGS
from mynumber import staging, vault
from mynumber.purposes import Purpose
from tests import factories
from tests.benefits.juki.conftest import (
    WITHOUT_NUMBER,
    applied,
    brought,
    compare_all,
    file_of,
    line,
    registered,
    reviewed,
    started,
    work,
)
from tests.benefits.pages import text_of
from tests.factories import signed_in, staff_member, submitted

pytestmark = pytest.mark.django_db(transaction=True)


def people_and_lines(maker: User, checker: User, count: int) -> tuple[list[Person], list[str]]:
    people, lines = [], []
    for index in range(count):
        name = {"given_name": f"太{'一二三四五'[index]}", "given_kana": "タ" * (index + 1)}
        people.append(registered(maker, checker, **name))
        lines.append(line(name=f"見本　{name['given_name']}", kana=f"ミホン　{name['given_kana']}"))
    return people, lines


def reveal(person: Person) -> None:
    viewer = staff_member(Role.NUMBER_VIEWER)
    vault.reveal(person.pk, by=viewer, purpose=Purpose.COMPARISON, reason="照合")


def agreed(batch: JukiBatch, *, checker: User) -> JukiBatch:
    """Let a file be applied, without doing it yet."""
    compare_all(batch, by=checker)
    deciding.apply(batch.pk, by=checker)
    return batch


@contextmanager
def unguarded(superuser: psycopg.Connection[Any]) -> Iterator[None]:
    """Let what is staged be broken as a disk or a backup breaks it."""
    tables = ("staging", "staged_file", "staged")
    guards = {
        table: superuser.execute(
            "SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND NOT tgisinternal", [f"vault.{table}"]
        ).fetchall()
        for table in tables
    }
    for table in tables:
        superuser.execute(f"ALTER TABLE vault.{table} DISABLE TRIGGER USER")
    try:
        yield
    finally:
        for table, names in guards.items():
            for (name,) in names:
                superuser.execute(f"ALTER TABLE vault.{table} ENABLE ALWAYS TRIGGER {name}")


def upload(client: Client, data: bytes, **also: str) -> Any:
    return client.post(reverse("benefits:juki-new"), {"file": SimpleUploadedFile("x.csv", data, "text/csv"), **also})


@pytest.mark.parametrize("piece", [1, 100])
def test_a_number_that_was_shown_after_the_approval_stays_and_neither_the_others_nor_the_next_file_wait_for_it(
    maker: User, checker: User, monkeypatch: pytest.MonkeyPatch, piece: int
) -> None:
    monkeypatch.setattr(undoing, "PEOPLE", piece)
    monkeypatch.setattr(undoing, "_LOOKED_AT", 1)
    people, lines = people_and_lines(maker, checker, 3)
    batch = applied(file_of(*lines), by=maker, checker=checker)
    undoing.propose(batch.pk, by=maker, reason="抽出の誤り")
    undoing.approve(batch.pk, by=checker)
    first = min(people, key=lambda person: person.pk)
    reveal(first)

    work()

    batch.refresh_from_db()
    assert (batch.state, batch.undone) == (BatchState.UNDONE, 2)
    assert [person.pk for person in people if vault.standing(person.pk)] == [first.pk]
    page = text_of(signed_in(Client(), checker).get(batch.get_absolute_url()))
    assert "取り消さなかった番号が1件" in page
    assert first.label in page
    assert brought(file_of(line()), by=maker).state == BatchState.UPLOADED


def test_a_number_that_is_shown_while_the_worker_looks_does_not_keep_it_busy_for_good(
    maker: User, checker: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    people, lines = people_and_lines(maker, checker, 2)
    batch = applied(file_of(*lines), by=maker, checker=checker)
    undoing.propose(batch.pk, by=maker, reason="抽出の誤り")
    undoing.approve(batch.pk, by=checker)
    for person in people:
        reveal(person)
    monkeypatch.setattr(staging, "blockers", lambda _batch: [])

    assert work() == 1

    batch.refresh_from_db()
    assert (batch.state, batch.undone) == (BatchState.UNDONE, 0)


def test_a_staged_number_that_is_gone_or_does_not_open_is_left_out_and_the_rest_is_applied(
    maker: User, checker: User, superuser_connection: psycopg.Connection[Any]
) -> None:
    people, lines = people_and_lines(maker, checker, 4)
    batch = agreed(reviewed(file_of(*lines), by=maker), checker=checker)
    with unguarded(superuser_connection):
        superuser_connection.execute("DELETE FROM vault.staged WHERE line = 2")
        superuser_connection.execute(
            "UPDATE vault.staged SET body = set_byte(body, 20, 255 - get_byte(body, 20)) WHERE line = 4"
        )

    work()

    batch.refresh_from_db()
    assert (batch.state, batch.applied, batch.rejected, batch.linked) == (BatchState.APPLIED, 2, 2, 2)
    assert [vault.standing(person.pk) is not None for person in people] == [False, True, False, True]
    said = Event.objects.filter(action=events.IMPORT_REJECTED, details__code="stranded").get()
    assert said.details["count"] == 2
    assert "復号できない行がありました" in text_of(signed_in(Client(), maker).get(batch.get_absolute_url()))


def test_a_file_whose_key_is_gone_ends_instead_of_being_tried_for_ever(
    maker: User, checker: User, superuser_connection: psycopg.Connection[Any]
) -> None:
    person = registered(maker, checker)
    batch = agreed(reviewed(file_of(line()), by=maker), checker=checker)
    with unguarded(superuser_connection):
        for table in ("staged", "staged_file", "staging"):  # as in a backup that came without them
            superuser_connection.execute(f"DELETE FROM vault.{table}")

    work()

    batch.refresh_from_db()
    assert (batch.state, batch.applied, batch.rejected) == (BatchState.APPLIED, 0, 1)
    assert vault.standing(person.pk) is None
    assert brought(file_of(line()), by=maker).state == BatchState.UPLOADED


def test_a_file_under_review_that_does_not_open_is_cancelled_and_says_why(
    maker: User, checker: User, superuser_connection: psycopg.Connection[Any]
) -> None:
    person = registered(maker, checker)
    batch = reviewed(file_of(line(name="\ue000本　太郎")), by=maker)
    with unguarded(superuser_connection):
        superuser_connection.execute("DELETE FROM vault.staged")
    deciding.link(batch.pk, 2, person.pk, by=maker, reasons={"name": "GAIJI"})

    work()

    batch.refresh_from_db()
    assert (batch.state, batch.code) == (BatchState.CANCELLED, "stranded")
    assert batch.wiped_at is not None
    assert "復号できません" in text_of(signed_in(Client(), maker).get(batch.get_absolute_url()))


def test_nobody_whose_certification_has_ended_is_asked_for_or_matched(
    maker: User, checker: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = registered(maker, checker)
    assert [record.person for record in requests.missing(most=9)] == [person.pk]
    assert reviewed(file_of(line()), by=maker).linked == 1
    deciding.cancel(JukiBatch.objects.get().pk, by=maker)
    ends = Certification.objects.get(person=person).valid_to
    for module in (matching, requests):
        monkeypatch.setattr(module.timezone, "localdate", partial(_on, ends + timedelta(days=1)))

    assert requests.missing(most=9) == []
    assert matching.records_of([person.pk]) == []
    batch = reviewed(file_of(line()), by=maker)
    assert batch.rows.get().code == RowCode.NOBODY
    assert matching.labels_of([person.pk]) == {person.pk: person.label}

    monkeypatch.setattr(matching.timezone, "localdate", partial(_on, ends))
    assert [record.person for record in requests.missing(most=9)] == [person.pk]
    assert [record.person for record in matching.records_of([person.pk])] == [person.pk]


def _on(day: Any, *_arguments: Any) -> Any:
    return day


def test_a_certification_that_ends_before_the_file_is_applied_keeps_its_number_out(
    maker: User, checker: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = registered(maker, checker)
    batch = agreed(reviewed(file_of(line()), by=maker), checker=checker)
    ends = Certification.objects.get(person=person).valid_to
    monkeypatch.setattr(matching.timezone, "localdate", partial(_on, ends + timedelta(days=1)))

    work()

    batch.refresh_from_db()
    assert (batch.state, batch.applied, batch.rejected) == (BatchState.APPLIED, 0, 1)
    assert vault.standing(person.pk) is None


def test_an_upload_whose_form_is_forged_is_not_received_and_keeps_nobody_out(maker: User) -> None:
    client = signed_in(Client(enforce_csrf_checks=True), maker)
    client.get(reverse("benefits:juki-new"))

    assert upload(client, file_of(line()), csrfmiddlewaretoken="x" * 64).status_code == 403

    assert not JukiBatch.objects.going_on().exists()
    batch = JukiBatch.objects.get()
    assert (batch.state, batch.code) == (BatchState.UNUSABLE, "broken")
    assert staging.left(batch.pk) == (0, 0, False)
    assert not Event.objects.filter(action=events.IMPORT_RECEIVED).exists()
    assert brought(file_of(line()), by=staff_member(Role.MAKER)).state == BatchState.UPLOADED


def test_a_file_that_has_come_is_not_received_before_the_view_says_so(maker: User) -> None:
    receipt = receiving.Receipt(maker)
    receipt.add(file_of(line()))
    sent = receiving.SealedFile(receipt=receipt)
    assert JukiBatch.objects.get().state == BatchState.UPLOADING

    assert receiving.receive(sent).state == BatchState.UPLOADED
    sent.close()

    assert JukiBatch.objects.get().state == BatchState.UPLOADED
    with pytest.raises(Refused, match="broken"):
        receiving.receive(sent)
    with pytest.raises(Refused, match="no_file"):
        receiving.receive(None)


def limited_maker_who_checks_everywhere() -> User:
    person = staff_member(Role.MAKER, office="CHUO")
    assert factories.owner is not None
    with closing(psycopg.connect(**factories.owner.as_psycopg(autocommit=True))) as connection:
        connection.execute(
            "INSERT INTO accounts_roleassignment (user_id, role, office, network) VALUES (%s, 'CHECKER', '', '')",
            [person.pk],
        )
    return User.objects.get(pk=person.pk)


def test_a_page_asks_how_far_the_right_goes_that_it_asks_for(maker: User, checker: User) -> None:
    registered(maker, checker)
    batch = reviewed(file_of(line(), line(birth="19600101")), by=maker)
    both = limited_maker_who_checks_everywhere()
    client = signed_in(Client(), both)
    assert list(JukiBatch.objects.visible_to(both, APPLIES)) == [batch]
    assert not JukiBatch.objects.visible_to(both, BRINGS).exists()

    seen = client.get(batch.get_absolute_url())
    assert seen.status_code == 200
    lines = text_of(client.get(reverse("benefits:juki-lines", args=[batch.pk])))
    address = reverse("benefits:juki-line", args=[batch.pk, 3])
    assert address not in lines
    assert client.get(address).status_code == 404
    assert client.get(reverse("benefits:juki-errors", args=[batch.pk])).status_code == 404
    for name, arguments in (("juki-reject", [batch.pk, 3]), ("juki-reject-nobodys", [batch.pk])):
        answer = client.post(reverse(f"benefits:{name}", args=arguments), {"reason": "対象外"})
        assert answer.status_code == 404
    assert JukiRow.objects.filter(state=RowState.QUEUED).count() == 1
    assert client.get(reverse("benefits:juki-sample", args=[batch.pk])).status_code == 200


def test_nobody_is_linked_by_hand_where_name_and_address_both_differ(maker: User, checker: User) -> None:
    person = registered(maker, checker)
    batch = reviewed(file_of(line(name="別　人", address="見本県架空市西町9")), by=maker)
    assert batch.rows.get().code == RowCode.DIFFERS  # kana and birth date agree

    with pytest.raises(Refused, match="fewer_items"):
        deciding.link(batch.pk, 2, person.pk, by=maker, reasons={"name": "GAIJI", "address": "OAZA"})

    page = text_of(signed_in(Client(), maker).get(reverse("benefits:juki-line", args=[batch.pk, 2])))
    assert "この人に結び付ける" not in page
    assert "この人には結び付けられません" in page


def test_a_line_that_somebody_else_has_come_to_agree_with_is_left_out_when_it_is_applied(
    maker: User, checker: User
) -> None:
    person = registered(maker, checker)
    by_hand = registered(maker, checker, given_name="次郎", given_kana="ジロウ")
    batch = reviewed(file_of(line(), line(name="見本　二郎", kana="ミホン　ジロウ")), by=maker)
    deciding.link(batch.pk, 3, by_hand.pk, by=maker, reasons={"name": "OLD_GLYPH"})
    work()
    agreed(batch, checker=checker)
    registered(maker, checker)
    registered(maker, checker, given_name="二郎", given_kana="ジロウ")

    work()

    batch.refresh_from_db()
    assert (batch.state, batch.applied, batch.rejected) == (BatchState.APPLIED, 0, 2)
    assert batch.lines_in == batch.linked + batch.queued + batch.rejected
    assert vault.standing(person.pk) is None
    assert vault.standing(by_hand.pk) is None


def test_a_file_of_more_lines_than_any_terminal_writes_is_of_no_use_and_says_so(maker: User, settings: Any) -> None:
    settings.KYUFU_JUKI_LINES = 20
    whole = started(file_of(*[line("12")] * 20), by=maker)
    work()
    whole.refresh_from_db()
    assert (whole.state, whole.lines_in) == (BatchState.HALTED, 20)
    deciding.cancel(whole.pk, by=maker)

    batch = started(file_of(*["a"] * 21), by=maker)
    work()

    batch.refresh_from_db()
    assert (batch.state, batch.code) == (BatchState.UNUSABLE, "too_many_lines")
    assert "行が多すぎます" in text_of(signed_in(Client(), maker).get(batch.get_absolute_url()))
    assert staging.left(batch.pk) == (0, 0, False)


def test_short_lines_are_read_a_few_thousand_at_a_time_and_each_once(
    maker: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading_lines, "LINES", 7)
    batch = started(file_of(*["a"] * 50), by=maker)

    assert work() == 8

    batch.refresh_from_db()
    assert (batch.state, batch.lines_in) == (BatchState.HALTED, 50)
    assert list(batch.rows.order_by("line").values_list("line", flat=True)) == list(range(2, 52))


def test_what_is_wrong_is_kept_of_the_first_lines_and_the_rest_is_counted(
    maker: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(errors, "KEPT", 10)
    monkeypatch.setattr(reading_lines, "LINES", 7)
    number = line()
    batch = started(file_of(number, *["a"] * 30, number), by=maker, mode=ErrorMode.ALL)
    work()
    batch.refresh_from_db()
    assert (batch.state, batch.with_errors, batch.rejected) == (BatchState.HALTED, 32, 32)
    assert sum(bool(row.problems) for row in batch.rows.all()) == 10
    client = signed_in(Client(), maker)

    answer = client.get(reverse("benefits:juki-errors", args=[batch.pk]))

    assert answer.streaming
    rows = list(csv.reader(io.StringIO(answer.getvalue().decode("utf-8-sig"))))
    assert len(rows) == 1 + 10 + 1
    assert "全部で32行" in rows[-1][3]
    assert "先頭の10行まで" in text_of(client.get(batch.get_absolute_url()))


def test_a_drawn_line_is_answered_only_by_whoever_has_opened_it_since_it_was_drawn(
    maker: User, checker: User, other_checker: User
) -> None:
    registered(maker, checker)
    batch = reviewed(file_of(line()), by=maker)
    row = batch.rows.get()
    deciding.record_opening(batch, row, [], by=checker)  # before it was drawn
    deciding.draw(batch.pk, by=checker)
    deciding.record_opening(batch, row, [], by=other_checker)
    for agrees in (True, False):
        with pytest.raises(Refused, match="not_opened"):
            deciding.answer(batch.pk, 2, by=checker, agrees=agrees, reason="別の人")
    address = reverse("benefits:juki-sample-line", args=[batch.pk, 2])
    client = signed_in(Client(), checker)
    assert client.post(address, {"answer": "agrees"})["Location"] == address
    assert batch.sample.get().agrees is None

    assert client.get(address).status_code == 200
    assert client.post(address, {"answer": "agrees"})["Location"] == batch.get_absolute_url()
    assert batch.sample.get().agrees is True


def test_a_drawn_line_about_somebody_who_has_gone_can_still_be_opened_and_answered(maker: User, checker: User) -> None:
    application = submitted(maker, **WITHOUT_NUMBER)
    batch = reviewed(file_of(line()), by=maker)
    deciding.draw(batch.pk, by=checker)
    from benefits import workflow

    workflow.pull_back(application.pk, by=maker, revision=application.revision)
    address = reverse("benefits:juki-sample-line", args=[batch.pk, 2])
    client = signed_in(Client(), checker)
    assert client.get(address).status_code == 200

    client.post(address, {"answer": "differs", "reason": "申請がない"})

    assert batch.rows.get().code == RowCode.DISPUTED


def test_taking_back_is_asked_for_with_a_fresh_factor(maker: User, checker: User) -> None:
    registered(maker, checker)
    batch = applied(file_of(line()), by=maker, checker=checker)
    client = signed_in(Client(), maker)
    StaffSession.objects.update(factor_used_at="2020-01-01T00:00:00Z")

    answer = client.post(reverse("benefits:juki-undo", args=[batch.pk]), {"reason": "誤り"})

    assert reverse("accounts:confirm") in answer["Location"]
    batch.refresh_from_db()
    assert batch.undo_proposed_by is None


def test_looking_at_the_request_list_is_recorded_with_whose_names_it_shows(maker: User, checker: User) -> None:
    named = registered(maker, checker, given_name="𠮷郎", given_kana="キチロウ")
    registered(maker, checker)

    assert "𠮷郎" in text_of(signed_in(Client(), maker).get(reverse("benefits:juki-request")))

    seen = Event.objects.filter(action=events.IMPORT_VIEWED, actor_id=maker.pk, details__kind="REQUEST")
    assert {entry.person_id for entry in seen} == {None, named.pk}
    layout = JukiLayout.objects.get()
    assert seen.get(person_id=None).subject_id == str(layout.pk)
