"""What people decide: linking by hand, rejecting, comparing the sample, applying, taking back, asking for numbers."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from audit.models import Event
from benefits.juki import deciding, labour, layouts, requests, undoing
from benefits.juki.steps import Refused
from benefits.models import JukiLayout, Person
from benefits.models.juki import (
    CANCELLABLE,
    BatchState,
    Encoding,
    ErrorMode,
    JukiBatch,
    JukiRow,
    JukiSample,
    LayoutOutcome,
    RowCode,
    RowState,
)
from mynumber import staging, vault
from mynumber.purposes import Purpose
from tests.benefits.juki.conftest import (
    WITHOUT_NUMBER,
    applied,
    brought,
    compare_all,
    file_of,
    lately,
    line,
    registered,
    reviewed,
    work,
)
from tests.benefits.pages import text_of
from tests.factories import my_number, signed_in, staff_member, submitted

pytestmark = pytest.mark.django_db(transaction=True)


def adds_up(batch: JukiBatch) -> bool:
    batch.refresh_from_db()
    counted = [JukiRow.objects.filter(batch=batch, state=state).count() for state in RowState]
    return batch.lines_in == sum(counted) and sorted(counted) == sorted([batch.queued, batch.linked, batch.rejected])


def test_a_line_that_differs_in_notation_is_linked_with_a_reason_and_compared_by_the_second_person(
    maker: User, checker: User
) -> None:
    person = registered(maker, checker)
    batch = reviewed(file_of(line(name="\ue000本　太郎")), by=maker)
    link = reverse("benefits:juki-link", args=[batch.pk, 2, person.pk])
    client = signed_in(Client(), maker)
    assert "U+E000" in text_of(client.get(reverse("benefits:juki-line", args=[batch.pk, 2])))

    client.post(link, {"reason-address": "OAZA"})  # nothing said of the name
    client.post(link, {"reason-name": "MARRIED"})  # no reason there is
    assert batch.rows.get().state == RowState.QUEUED
    client.post(link, {"reason-name": "GAIJI"})

    row = batch.rows.get()
    assert (row.state, row.code, row.person_id) == (RowState.LINKED, RowCode.BY_HAND, person.pk)
    assert row.link_reasons == {"name": "GAIJI"}
    assert adds_up(batch)
    assert labour.work()  # the number is checked in the background
    assert [drawn.line for drawn in deciding.draw(batch.pk, by=checker)] == [2]
    with pytest.raises(Refused, match="not_yet"):
        deciding.apply(batch.pk, by=checker)
    compare_all(batch, by=checker)
    deciding.apply(batch.pk, by=checker)
    work()
    assert vault.standing(person.pk) is not None


def test_nobody_is_linked_on_fewer_items_whatever_is_said(maker: User, checker: User) -> None:
    person = registered(maker, checker)
    batch = reviewed(file_of(line(sex="2")), by=maker)

    with pytest.raises(Refused, match="fewer_items"):
        deciding.link(batch.pk, 2, person.pk, by=maker, reasons={"sex": "GAIJI"})
    stranger = registered(maker, checker, given_name="次郎", given_kana="ジロウ", street="西9")
    with pytest.raises(Refused, match="not_linkable"):
        deciding.link(batch.pk, 2, stranger.pk, by=maker, reasons={})

    with pytest.raises(Refused, match="no_reason"):
        deciding.reject(batch.pk, 2, by=maker, reason=" ")
    deciding.reject(batch.pk, 2, by=maker, reason="性別が違う")
    assert staging.left(batch.pk)[1] == 0
    assert adds_up(batch)
    assert Event.objects.filter(action="benefits.import.refused").count() == 3


def test_lines_about_nobody_are_left_out_together(maker: User, checker: User) -> None:
    registered(maker, checker)
    strangers = [line(birth=f"196001{day:02d}") for day in range(1, 8)]
    batch = reviewed(file_of(line(), *strangers), by=maker)
    client = signed_in(Client(), maker)

    client.post(reverse("benefits:juki-reject-nobodys", args=[batch.pk]), {"reason": ""})
    assert batch.rows.filter(state=RowState.QUEUED).count() == 7
    client.post(reverse("benefits:juki-reject-nobodys", args=[batch.pk]), {"reason": "対象外の人"})

    assert adds_up(batch)
    assert (batch.linked, batch.rejected) == (1, 7)


def people_and_lines(maker: User, checker: User, count: int) -> list[str]:
    lines = []
    for index in range(count):
        name = {"given_name": f"太{'一二三四五六七八九十百千'[index]}", "given_kana": "タ" * (index + 1)}
        registered(maker, checker, **name)
        lines.append(line(name=f"見本　{name['given_name']}", kana=f"ミホン　{name['given_kana']}"))
    return lines


def test_the_sample_is_drawn_by_the_database_and_a_line_that_does_not_agree_costs_as_many_again(
    maker: User, checker: User, other_checker: User
) -> None:
    batch = reviewed(file_of(*people_and_lines(maker, checker, 12)), by=maker)
    assert batch.linked == 12

    drawn = deciding.draw(batch.pk, by=checker)
    assert len(drawn) == 5
    assert [one.line for one in deciding.draw(batch.pk, by=other_checker)] == [one.line for one in drawn]
    with pytest.raises(Refused, match="own"):
        deciding.draw(batch.pk, by=maker)

    sample_line = reverse("benefits:juki-sample-line", args=[batch.pk, drawn[0].line])
    client = signed_in(Client(), checker)
    assert "入力してください" in text_of(client.post(sample_line, {"answer": "differs"}))
    client.post(sample_line, {"answer": "differs", "reason": "別の人"})
    row = batch.rows.get(line=drawn[0].line)
    assert (row.state, row.code) == (RowState.QUEUED, RowCode.DISPUTED)
    assert adds_up(batch)
    assert len(deciding.draw(batch.pk, by=checker)) == 10
    with pytest.raises(Refused, match="not_drawn"):
        deciding.answer(batch.pk, drawn[0].line, by=checker, agrees=True)

    # whoever applies has compared all of it in person, and nothing waits any more
    compare_all(batch, by=other_checker)
    for refused in (checker, other_checker, maker):
        with pytest.raises(Refused, match="not_yet"):
            deciding.apply(batch.pk, by=refused)
    deciding.reject(batch.pk, drawn[0].line, by=maker, reason="端末で確認する")
    with pytest.raises(Refused, match="not_yet"):
        deciding.apply(batch.pk, by=checker)
    deciding.apply(batch.pk, by=other_checker)
    work()
    batch.refresh_from_db()
    assert (batch.state, batch.applied) == (BatchState.APPLIED, 11)


def test_what_has_changed_since_the_review_is_left_out(maker: User, checker: User) -> None:
    application = submitted(maker, **WITHOUT_NUMBER)
    lines = people_and_lines(maker, checker, 2)
    taken = my_number()
    batch = reviewed(file_of(line(), lines[0], lines[1].rsplit(",", 1)[0] + f",{taken}"), by=maker)
    compare_all(batch, by=checker)
    deciding.apply(batch.pk, by=checker)

    from benefits import workflow
    from tests.factories import approved

    workflow.pull_back(application.pk, by=maker, revision=application.revision)
    approved(maker, checker, number=taken, given_name="別", given_kana="ベツ")
    work()

    batch.refresh_from_db()
    assert (batch.state, batch.lines_in, batch.linked, batch.rejected, batch.applied) == (
        BatchState.APPLIED,
        3,
        1,
        2,
        1,
    )
    assert vault.standing(application.person_id) is None


def test_an_applied_file_is_taken_back_by_two_and_not_once_something_was_built_on_it(
    maker: User, checker: User
) -> None:
    batch = applied(file_of(*people_and_lines(maker, checker, 2)), by=maker, checker=checker)
    people = list(Person.objects.order_by("created_at"))
    maker_at, checker_at = signed_in(Client(), maker), signed_in(Client(), checker)

    with pytest.raises(Refused, match="not_proposed"):
        undoing.approve(batch.pk, by=checker)
    assert "取消しを申請する" not in text_of(maker_at.get(batch.get_absolute_url()))
    assert "取消しを申請する" in text_of(maker_at.get(f"{batch.get_absolute_url()}?undo=1"))
    maker_at.post(reverse("benefits:juki-undo", args=[batch.pk]), {"reason": ""})
    maker_at.post(reverse("benefits:juki-undo", args=[batch.pk]), {"reason": "端末の抽出の誤り"})
    assert "取消しを承認する" in text_of(checker_at.get(batch.get_absolute_url()))
    viewer = staff_member(Role.NUMBER_VIEWER)
    vault.reveal(people[0].pk, by=viewer, purpose=Purpose.COMPARISON, reason="照合")
    with pytest.raises(Refused, match="built_on"):
        undoing.approve(batch.pk, by=checker)
    page = text_of(checker_at.get(batch.get_absolute_url()))
    assert "取り消せません" in page
    assert people[0].label in page

    second = applied(file_of(*people_and_lines_again(maker, checker)), by=maker, checker=checker)
    undoing.propose(second.pk, by=maker, reason="端末の抽出の誤り")
    checker_at.post(reverse("benefits:juki-undo-approve", args=[second.pk]))
    work()
    second.refresh_from_db()
    assert (second.state, second.undone) == (BatchState.UNDONE, 1)
    newest = Person.objects.latest("created_at")
    assert vault.standing(newest.pk) is None
    assert Event.objects.filter(action="mynumber.number.import_undone", person_id=newest.pk).count() == 1
    # the same file may come again
    assert brought(file_of(line()), by=maker).state == BatchState.UPLOADED


def people_and_lines_again(maker: User, checker: User) -> list[str]:
    registered(maker, checker, given_name="再度", given_kana="サイド")
    return [line(name="見本　再度", kana="ミホン　サイド")]


def test_a_file_is_given_up_at_every_step_before_it_is_applied_and_leaves_nothing(maker: User, checker: User) -> None:
    person = registered(maker, checker)
    client = signed_in(Client(), maker)
    for state in CANCELLABLE:
        batch = brought(file_of(line(), line("12")), by=maker)
        assert batch.layout is not None
        if state != BatchState.UPLOADED:
            mode = ErrorMode.ALL if state == BatchState.HALTED else ErrorMode.SKIP
            deciding.start(batch.pk, by=maker, layout=batch.layout, encoding=Encoding(batch.encoding), mode=mode)
            work(until=partial(is_in, batch, state))
        assert is_in(batch, state)

        client.post(reverse("benefits:juki-cancel", args=[batch.pk]))

        batch.refresh_from_db()
        assert (batch.state, staging.left(batch.pk)) == (BatchState.CANCELLED, (0, 0, False))
        assert batch.wiped_at is not None
        assert not JukiRow.objects.exists()
        assert not JukiSample.objects.exists()
        assert vault.standing(person.pk) is None
        assert not labour.work()


def is_in(batch: JukiBatch, state: str) -> bool:
    return JukiBatch.objects.get(pk=batch.pk).state == state


def test_a_file_that_nobody_decides_on_is_wiped_in_the_end(
    maker: User, checker: User, superuser_connection: Any
) -> None:
    registered(maker, checker)
    batch = reviewed(file_of(line()), by=maker)
    superuser_connection.execute("ALTER TABLE benefits_jukibatch DISABLE TRIGGER juki_batch_moves_by_the_table")
    superuser_connection.execute("UPDATE benefits_jukibatch SET since = %s", [timezone.now() - timedelta(days=15)])
    superuser_connection.execute("ALTER TABLE benefits_jukibatch ENABLE ALWAYS TRIGGER juki_batch_moves_by_the_table")

    assert work() == 2

    batch.refresh_from_db()
    assert (batch.state, staging.left(batch.pk)) == (BatchState.EXPIRED, (0, 0, False))
    assert not JukiRow.objects.exists()
    assert Event.objects.filter(action="mynumber.staged.wiped").count() == 1
    assert Event.objects.filter(action="benefits.import.wiped").count() == 1


def test_a_layout_is_changed_by_two_and_a_version_never(maker: User, checker: User, other_checker: User) -> None:
    keeper = staff_member(Role.RECORDS_KEEPER)
    client = signed_in(Client(), keeper)
    demo = JukiLayout.objects.get()
    change = reverse("benefits:juki-layout-change", args=[demo.pk])
    typed = {
        "name": "本庁の様式",
        "valid_from": "R7.4.1",
        "separator": "TAB",
        "items": "3",
        "date_notation": "ERA7",
        "columns": "NAME,氏名\nBIRTH,生年月日\nADDRESS,住所\nNUMBER,個人番号",
        "query_columns": "SERIAL,番号\nNAME,氏名",
    }
    assert client.get(change).status_code == 200
    assert "2つ以上" in text_of(client.post(change, {**typed, "columns": f"{typed['columns']}\nNAME,別名"}))
    assert "入れられません" in text_of(client.post(change, {**typed, "query_columns": "NUMBER,個人番号"}))
    client.post(change, typed)
    proposed = JukiLayout.objects.latest("pk")
    assert (proposed.version, proposed.outcome, proposed.has_heading) == (1, "", False)

    decide = reverse("benefits:juki-layout-decide", args=[proposed.pk])
    client.post(decide, {"outcome": "CONFIRMED"})
    proposed.refresh_from_db()
    assert proposed.outcome == ""
    assert "確定する" in text_of(signed_in(Client(), checker).get(proposed.get_absolute_url()))
    signed_in(Client(), checker).post(decide, {"outcome": "CONFIRMED"})
    proposed.refresh_from_db()
    assert (proposed.outcome, proposed.decided_by_id) == (LayoutOutcome.CONFIRMED, checker.pk)
    with pytest.raises(Refused, match="decided"):
        layouts.decide(proposed.pk, LayoutOutcome.REJECTED, by=other_checker, at=timezone.now())

    # and files are read by it: three items, tabs, no heading
    person = registered(maker, checker)
    data = f"見本太郎\t3450401\t見本県架空市本町1-2-3\t{my_number()}\n".encode()
    from tests.benefits.juki.conftest import started

    batch = started(data, by=maker, layout=proposed)
    work()
    assert batch.rows.get().person_id == person.pk


def test_the_list_of_people_to_ask_about_names_each_of_them_in_the_record_and_holds_no_number(
    maker: User, checker: User
) -> None:
    number = my_number()
    person = registered(maker, checker)
    from tests.factories import approved

    approved(maker, checker, number=number, **lately(), given_name="既に", given_kana="スデニ")
    approved(
        maker,
        checker,
        **{**WITHOUT_NUMBER, **lately(), "number_absence_reason": "DECLINED"},
        given_name="否",
        given_kana="イナ",
    )
    registered(maker, checker, given_name="𠮷郎", given_kana="キチロウ")
    applying = submitted(maker, **WITHOUT_NUMBER, given_name="申請", given_kana="シンセイ")
    client = signed_in(Client(), maker)

    page = text_of(client.get(reverse("benefits:juki-request")))
    assert "3人" in page
    assert "𠮷郎" in page
    assert "見本　太郎" not in page
    answer = client.post(reverse("benefits:juki-request"))

    lines = answer.content.decode("cp932").splitlines()
    assert lines[0] == "整理番号,氏名,フリガナ,生年月日,性別,住所"
    assert lines[1] == "1,見本　太郎,ミホン　タロウ,19700401,1,見本県架空市本町1-2-3"
    assert [one.split(",")[1] for one in lines[2:]] == ["見本　申請"]
    assert number not in answer.content.decode("cp932")
    asked = Event.objects.filter(action="benefits.import.asked_for").values_list("person_id", flat=True)
    assert set(asked) == {person.pk, applying.person_id}
    made = Event.objects.get(action="benefits.import.requested")
    assert made.details["count"] == 2
    assert requests.make(JukiLayout.objects.get(), by=maker).unwritable == 1
