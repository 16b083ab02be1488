"""Finding a recipient by a My Number: on record first, one at a time, told to very few (issue 4)."""

import uuid
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse

from accounts.models import User
from accounts.roles import Role
from audit import journal
from audit.models import Event, Result
from benefits import corrections
from benefits.models import Application
from config.management.commands import set_number_limit
from mynumber import actions, crypto, keys, lookup, vault
from mynumber.purposes import Purpose
from tests import ledger
from tests.conftest import Office, point_django_at
from tests.factories import approved, fresh_code, household, my_number, signed_in, staff_member, submitted

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = "benefits:person-by-number"


@pytest.fixture
def number() -> str:
    return my_number()


@pytest.fixture
def application(maker: User, checker: User, number: str) -> Application:
    return approved(maker, checker, number=number)


def look_up(number: str, by: User) -> uuid.UUID | None:
    found, _entry = lookup.find(number, by=by, purpose=Purpose.INQUIRY, reason="照会")
    return found


def ask(client: Client, user: User, typed: str, **changes: Any) -> Any:
    sent = {"number": typed, "purpose": "INQUIRY", "reason": "照会のため", "code": fresh_code(user)} | changes
    return client.post(reverse(PAGE), sent)


def test_a_recipient_is_found_and_it_is_on_record_with_its_result(
    application: Application, number: str, viewer: User
) -> None:
    page = ask(signed_in(Client(), viewer), viewer, number).content.decode()

    assert application.person.get_absolute_url() in page
    assert number not in page
    asked, answered = Event.objects.filter(action__startswith="mynumber.number.search").order_by("at")
    assert (asked.action, asked.purpose, asked.reason, asked.person_id) == (
        actions.SEARCHED,
        "INQUIRY",
        "照会のため",
        None,
    )
    assert (answered.action, answered.details, answered.person_id, answered.subject_id) == (
        actions.SEARCH_ANSWERED,
        {"answer": "FOUND"},
        application.person_id,
        str(asked.pk),
    )


def test_nobody_is_found_in_neutral_words(application: Application, viewer: User) -> None:
    page = ask(signed_in(Client(), viewer), viewer, my_number()).content.decode()
    assert "該当する受給者は見つかりませんでした" in page
    assert Event.objects.get(action=actions.SEARCH_ANSWERED).details == {"answer": "NOT_FOUND"}


def test_somebody_out_of_reach_reads_as_nobody_and_is_on_record(maker: User, checker: User, number: str) -> None:
    application = approved(maker, checker, number=number, accepted_office="CHUO")
    far = staff_member(Role.NUMBER_VIEWER, office="KITA")
    near = staff_member(Role.NUMBER_VIEWER, office="CHUO")
    nobody = ask(signed_in(Client(), far), far, my_number()).content.decode()
    hidden = ask(signed_in(Client(), far), far, number).content.decode()
    assert _without_tokens(hidden) == _without_tokens(nobody)
    answered = Event.objects.filter(action=actions.SEARCH_ANSWERED).latest("at")
    assert (answered.details, answered.person_id) == ({"answer": "OUT_OF_REACH"}, application.person_id)
    assert "見つかりました" in ask(signed_in(Client(), near), near, number).content.decode()


def _without_tokens(page: str) -> str:
    return "\n".join(line for line in page.splitlines() if "csrf" not in line and "request" not in line.lower())


def test_a_number_of_the_household_leads_to_the_recipient(maker: User, checker: User, viewer: User) -> None:
    mothers = my_number()
    application = approved(maker, checker, numbers={"member_0": mothers}, **household())
    page = ask(signed_in(Client(), viewer), viewer, mothers).content.decode()
    assert application.person.get_absolute_url() in page
    assert "世帯員" in page


def test_only_numbers_in_use_are_found(
    application: Application, number: str, maker: User, checker: User, viewer: User
) -> None:
    waiting, right = my_number(), my_number()
    submitted(maker, number=waiting)
    assert look_up(waiting, viewer) is None
    correction = corrections.open_request(
        application.person_id,
        by=maker,
        at=application.edited_at,
        reason="CHANGED",
        words="番号の変更",
        evidence="CARD",
        number=right,
    )
    assert look_up(right, viewer) is None
    corrections.compare(correction.pk, by=checker, version=2, number=right)
    corrections.approve(correction.pk, by=checker, at=application.edited_at, version=2)
    assert look_up(right, viewer) == application.person_id
    assert look_up(number, viewer) is None


@pytest.mark.parametrize("wrong", [{"number": ""}, {"number": "12"}, {"purpose": ""}, {"reason": ""}, {"code": ""}])
def test_what_is_missing_asks_nothing(wrong: dict[str, str], viewer: User, number: str) -> None:
    page = ask(signed_in(Client(), viewer), viewer, number, **wrong).content.decode()
    assert "error-summary" in page
    assert number not in page
    assert not Event.objects.filter(action=actions.SEARCHED).exists()


def test_a_wrong_code_asks_nothing_and_the_number_is_typed_anew(
    viewer: User, application: Application, number: str
) -> None:
    page = ask(signed_in(Client(), viewer), viewer, number, code="000000").content.decode()
    assert "確認コードが違うか" in page
    assert number not in page
    assert Event.objects.get(action=actions.SEARCH_REFUSED).details == {"code": "wrong_code"}
    assert not Event.objects.filter(action=actions.SEARCHED).exists()


@pytest.mark.parametrize("role", [Role.MAKER, Role.CHECKER, Role.AUDITOR, Role.RECORDS_KEEPER])
def test_nobody_else_may_ask(role: Role, application: Application, number: str) -> None:
    somebody = staff_member(role)
    assert ask(signed_in(Client(), somebody), somebody, number).status_code == 403
    with pytest.raises(vault.RefusedError, match="権限がありません"):
        look_up(number, somebody)


def test_the_number_is_nowhere_but_in_the_request(
    application: Application, number: str, viewer: User, superuser_connection: psycopg.Connection[Any]
) -> None:
    client = signed_in(Client(), viewer)
    ask(client, viewer, number)
    rows = superuser_connection.execute("SELECT event::text FROM audit.event").fetchall()
    index = crypto.index(number).hex()
    assert rows
    for (text,) in rows:
        assert number not in text
        assert index not in text
    assert all(number not in event.reason for event in Event.objects.all())
    assert number not in str(dict(client.session))


# What the database holds to, whoever asks: raw SQL as the role that serves.


def find(event: uuid.UUID, ticket: uuid.UUID, number: str) -> uuid.UUID | None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT vault.find(%s, %s, %s)", [event, ticket, crypto.index(number)])
        row = cursor.fetchone()
    found: uuid.UUID | None = row[0]
    return found


def entry(actor: User, ticket: uuid.UUID, *, number: str = "", **changes: Any) -> Event:
    parts: dict[str, Any] = {
        "by": actor,
        "purpose": "INQUIRY",
        "details": {"ticket": vault.ticket_digest(ticket, bound_to=crypto.index(number) if number else b"")},
    }
    return journal.record(actions.SEARCHED, **(parts | changes))


def refused(sqlstate: str) -> Any:
    return pytest.raises(DatabaseError, check=lambda error: getattr(error.__cause__, "sqlstate", None) == sqlstate)


def test_one_entry_answers_once(application: Application, number: str, viewer: User) -> None:
    ticket = uuid.uuid4()
    event = entry(viewer, ticket, number=number)
    assert find(event.pk, ticket, number) == application.person_id
    with refused("23505"):
        find(event.pk, ticket, number)


def test_a_look_up_that_is_rolled_back_can_be_repeated_for_the_same_number_and_no_other(
    application: Application, number: str, viewer: User
) -> None:
    ticket = uuid.uuid4()
    event = entry(viewer, ticket, number=number)
    for _time in range(2):
        with transaction.atomic():
            assert find(event.pk, ticket, number) == application.person_id
            transaction.set_rollback(True)
    with refused("KY009"):
        find(event.pk, ticket, my_number())


def test_an_entry_that_could_be_taken_back_answers_nothing(number: str, viewer: User) -> None:
    ticket = uuid.uuid4()
    with refused("KY003"), transaction.atomic():
        find(entry(viewer, ticket).pk, ticket, number)


def test_a_colleagues_entry_answers_nothing_without_its_ticket(number: str, viewer: User) -> None:
    event = entry(viewer, uuid.uuid4())
    with refused("KY009"):
        find(event.pk, uuid.uuid4(), number)


@pytest.mark.parametrize(
    "changes", [{"purpose": ""}, {"purpose": "CURIOSITY"}, {"by": None}, {"result": Result.REFUSED}]
)
def test_an_entry_that_says_something_else_answers_nothing(changes: Any, number: str, viewer: User) -> None:
    ticket = uuid.uuid4()
    event = entry(viewer, ticket, **changes)
    with refused("KY002"):
        find(event.pk, ticket, number)


def test_another_entry_of_the_record_answers_nothing(number: str, viewer: User) -> None:
    other = journal.record(actions.REVEALED, by=viewer, person_id=uuid.uuid4(), purpose="INQUIRY")
    with refused("KY002"):
        find(other.pk, uuid.uuid4(), number)
    with refused("KY002"):
        find(uuid.uuid4(), uuid.uuid4(), number)


def test_an_old_entry_answers_nothing(
    number: str, viewer: User, superuser_connection: psycopg.Connection[Any]
) -> None:
    ticket = uuid.uuid4()
    event = entry(viewer, ticket)
    ledger.backdate(superuser_connection, event.pk, event.at - timedelta(seconds=61))
    with refused("KY004"):
        find(event.pk, ticket, number)


def test_after_thirty_look_ups_in_an_hour_there_are_no_more(
    application: Application, number: str, viewer: User
) -> None:
    for _times in range(30):
        entry(viewer, uuid.uuid4())
    with pytest.raises(vault.RefusedError, match="上限"):
        look_up(number, viewer)
    assert look_up(number, staff_member(Role.NUMBER_VIEWER)) == application.person_id


def test_the_limits_are_out_of_reach(viewer: User, superuser_connection: psycopg.Connection[Any]) -> None:
    for statement in (
        "UPDATE vault.search_limit SET most = 1000",
        "SELECT * FROM vault.search_limit",
        "DELETE FROM vault.search_limit",
        "SELECT number_index FROM vault.number",
    ):
        with pytest.raises(DatabaseError, match="permission denied"), connection.cursor() as cursor:
            cursor.execute(statement)
    with pytest.raises(psycopg.Error, match="search_limits_stay"):
        superuser_connection.execute("DELETE FROM vault.search_limit")
    with pytest.raises(psycopg.Error, match="search_limit_change_is_on_record"):
        superuser_connection.execute("UPDATE vault.search_limit SET most = 1000")


def test_the_owners_command_changes_a_limit_and_the_record_says_so(
    application: Application, number: str, viewer: User, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(set_number_limit, "speak_as_owner", lambda _name: None)
    point_django_at(office.owner)
    try:
        with pytest.raises(CommandError, match="理由"):
            call_command("set_number_limit", "SEARCH_PERSON_HOUR", "1")
        with pytest.raises(CommandError, match="検索は1000"):
            call_command("set_number_limit", "SEARCH_PERSON_HOUR", "0", reason="総第1号")
        call_command("set_number_limit", "SEARCH_PERSON_HOUR", "1", reason="総第1号")
    finally:
        point_django_at(office.app)

    entry_of_it = Event.objects.get(action=actions.LIMITS_CHANGED)
    assert (entry_of_it.subject_id, entry_of_it.details) == ("SEARCH_PERSON_HOUR", {"count": 1})
    assert look_up(number, viewer) == application.person_id
    with pytest.raises(vault.RefusedError, match="上限"):
        look_up(number, viewer)


def test_with_the_key_silent_nothing_is_asked_and_it_is_said(
    application: Application, number: str, viewer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(_provider: object, _text: bytes) -> bytes:
        raise keys.KeyUnavailableError("silent")

    monkeypatch.setattr(type(keys.provider()), "mac", silent)
    page = ask(signed_in(Client(), viewer), viewer, number).content.decode()
    assert "鍵を使えないため" in page
    assert number not in page
    assert not Event.objects.filter(action=actions.SEARCHED).exists()


def test_a_look_up_is_not_made_inside_another_transaction(number: str, viewer: User) -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        look_up(number, viewer)
