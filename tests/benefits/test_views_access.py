"""A5, V3, V7: who gets which page, that every refusal is on record, and what every answer carries."""

import json
import uuid
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from accounts.roles import HANDBOOK, Role
from audit.models import Event, Result
from benefits import events
from benefits.models import Application
from tests.architecture.addresses import GUARDED, ONLY_POST, PAGES, PUBLIC, WITHOUT_NUMBER, Papers, Staff
from tests.benefits.pages import controls_of, send, text_of
from tests.factories import approved, compared, draft, form_data, my_number, signed_in, staff_member, submitted

pytestmark = pytest.mark.django_db

#: What answers with something else than a page.
NO_PAGE = {
    "accounts:access-review-result",
    "accounts:batch-template",
    "accounts:confirm-key",
    "accounts:kept-input",
    "accounts:roles-csv",
    "accounts:session-state",
    "accounts:unlock-key",
    "audit:ledger-progress",
    "audit:ledger-sheet",
    "benefits:certificate",
    "benefits:diseases",
}


@pytest.fixture
def papers(maker: User, checker: User) -> Papers:
    return Papers(maker, checker)


def ask(client: Client, name: str, address: str, **headers: str) -> Any:
    return client.post(address, headers=headers) if name in ONLY_POST else client.get(address, headers=headers)


# ── who gets in at all (each address, role and method: tests/architecture/test_access.py) ──────────────────────────


def test_a_session_without_a_code_gets_nothing(papers: Papers) -> None:
    staff = Staff()
    for name in sorted(set(PAGES) - PUBLIC):
        client = Client()
        client.force_login(staff.who_gets_in_at(name), backend="accounts.backends.PasswordBackend")

        answer = ask(client, name, papers.address(name))

        assert answer.status_code == 302, name
        assert answer["Location"].startswith(reverse("accounts:sign-in")), name


def test_somebody_without_a_duty_is_told_so_and_gets_no_page(papers: Papers) -> None:
    client = signed_in(Client(), staff_member())

    assert client.get(reverse("benefits:home")).status_code == 200
    assert {ask(client, name, papers.address(name)).status_code for name in GUARDED} == {403}


@pytest.mark.django_db(transaction=True)
def test_somebody_who_is_stopped_while_signed_in_gets_nothing_more(
    papers: Papers, owner_connection: Any, maker: User
) -> None:
    client = signed_in(Client(), maker)
    assert client.get(reverse("benefits:home")).status_code == 200

    owner_connection.execute("UPDATE accounts_user SET is_active = false WHERE id = %s", [maker.pk])

    assert client.get(reverse("benefits:home")).status_code == 302


@pytest.mark.parametrize("role", Role)
def test_the_first_page_of_every_duty_leads_somewhere_that_duty_may_go(role: Role, papers: Papers) -> None:
    answer = signed_in(Client(), staff_member(role)).get(reverse("benefits:home"), follow=True)

    assert answer.status_code == 200


@pytest.mark.parametrize("role", Role)
def test_the_menu_offers_exactly_what_may_be_opened(role: Role, papers: Papers) -> None:
    client = signed_in(Client(), staff_member(role))
    page = client.get(reverse("benefits:home"), follow=True)

    offered = {item.url for item in page.context["menu"]}

    assert offered
    assert {client.get(url).status_code for url in offered} <= {200, 302}
    reads_the_record = {"audit.view_event", "audit.view_section_event"} & HANDBOOK[role].permissions
    assert (reverse("audit:log") in offered) is bool(reads_the_record)


# ── what is hidden ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "name",
    ["application", "application-edit", "application-autosave"],
)
def test_the_contractor_cannot_tell_a_colleagues_application_from_none_and_the_attempt_is_on_record(
    name: str, contractor: User, maker: User
) -> None:
    application = draft(maker, **WITHOUT_NUMBER)
    client = signed_in(Client(), contractor)

    hidden = ask(client, f"benefits:{name}", reverse(f"benefits:{name}", args=[application.pk]))

    assert hidden.status_code == 404
    assert application.receipt_number not in text_of(hidden)
    entry = Event.objects.get(action=events.HIDDEN_REQUESTED)
    assert (entry.actor_id, entry.result, entry.subject_id) == (contractor.pk, Result.REFUSED, str(application.pk))
    if name == "application":
        absent = client.get(reverse(f"benefits:{name}", args=[uuid.uuid4()]))
        assert (absent.status_code, _without_ids(absent)) == (404, _without_ids(hidden))


def _without_ids(page: Any) -> str:
    return text_of(page).replace(page["X-Request-Id"], "")


def test_the_contractor_changes_nothing_of_a_colleagues_application(contractor: User, maker: User) -> None:
    application = draft(maker, **WITHOUT_NUMBER)
    client = signed_in(Client(), contractor)

    for name in ("application-edit", "application-autosave"):
        answer = send(
            client,
            reverse(f"benefits:{name}", args=[application.pk]),
            {**form_data(street="侵入"), "revision": application.revision, "save": "draft"},
        )
        assert answer.status_code == 404

    kept = Application.objects.get()
    assert (kept.revision, kept.entry["street"]) == (application.revision, application.entry["street"])
    assert kept.editor_ids == [maker.pk]


def test_the_contractor_sees_only_what_they_typed_in_the_list(contractor: User, maker: User) -> None:
    own, other = draft(contractor, **WITHOUT_NUMBER), draft(maker, **WITHOUT_NUMBER)

    page = text_of(signed_in(Client(), contractor).get(reverse("benefits:applications")))

    assert own.receipt_number in page
    assert other.receipt_number not in page


# ── what every answer carries ────────────────────────────────────────────────────────────────────────────────────

HEADERS = {
    "Cache-Control": "no-store, private",
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
}


def assert_guarded(answer: Any, what: object) -> None:
    for name, value in HEADERS.items():
        assert answer.headers.get(name) == value, (what, name)
    policy = answer.headers["Content-Security-Policy"]
    for directive in ("default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "form-action 'self'"):
        assert directive in policy, (what, directive)
    assert "unsafe" not in policy
    assert answer.headers["Permissions-Policy"]
    assert uuid.UUID(answer.headers["X-Request-Id"])


def test_every_page_carries_the_headers_whatever_the_answer_is(papers: Papers) -> None:
    staff, without_a_duty = Staff(), staff_member()
    for name in sorted(PAGES):
        somebody, address = staff.who_gets_in_at(name), papers.address(name)
        start = transaction.savepoint()
        client = signed_in(Client(), somebody)

        answers = [
            ask(client, name, address),  # 200, 302 or 400
            ask(signed_in(Client(), without_a_duty), name, address),  # 403
            ask(Client(), name, address),  # the way to the sign-in
            client.put(address),  # 405
            client.post(address, b"\xff", content_type="application/x-www-form-urlencoded"),  # 400
        ]

        for answer in answers:
            assert_guarded(answer, (name, answer.status_code))
        transaction.savepoint_rollback(start)


def test_error_pages_carry_the_headers_and_say_in_japanese_what_to_do(
    maker: User, checker: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = signed_in(Client(raise_request_exception=False), maker)
    strict = signed_in(Client(enforce_csrf_checks=True), maker)
    application = draft(maker, **WITHOUT_NUMBER)
    page = reverse("benefits:application", args=[application.pk])
    found = {
        404: client.get("/no-such-page/"),
        403: client.get(reverse("benefits:review-queue")),
        400: send(client, reverse("benefits:application-submit", args=[application.pk]), {}),
        405: client.delete(page),
    }
    found[413] = client.post(page, b"a=" + b"x" * 1_100_000, content_type="application/x-www-form-urlencoded")
    forged = strict.post(reverse("benefits:application-submit", args=[application.pk]))
    monkeypatch.setattr("benefits.presenters.identity_of", _broken)
    found[500] = client.get(page)

    for status, answer in found.items():
        assert answer.status_code == status
        assert_guarded(answer, status)
        if status != 405:
            assert 'lang="ja"' in text_of(answer)
    assert forged.status_code == 403
    assert_guarded(forged, "csrf")
    assert "秘匿" not in text_of(found[500])
    assert found[500]["X-Request-Id"] in text_of(found[500])


def _broken(*_args: object, **_parts: object) -> None:
    secret_name = "秘匿 花子"
    raise ValueError(secret_name)


def test_no_page_of_a_day_at_the_office_leaves_personal_data_in_the_log(
    maker: User, checker: User, viewer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    number, private = my_number(), {"family_name": "秘匿", "given_name": "花子", "street": "秘匿町1-2-3"}
    log = Path(settings.KYUFU_HOME) / "logs" / "kyufu.log"
    start = log.stat().st_size if log.exists() else 0
    application = approved(maker, checker, number=number, **private)
    clients = [signed_in(Client(raise_request_exception=False), one) for one in (maker, checker, viewer)]
    person = reverse("benefits:person", args=[application.person_id])

    for client in clients:
        client.get(person)
        client.get(f"/people/?s=秘匿&q={number}")
        send(client, "/people/", {"name": "秘匿"}, follow=True)
        client.get(f"/no/such/{number}/")
    send(
        clients[0],
        reverse("benefits:application-edit", args=[uuid.uuid4()]),
        {**form_data(**private), "number": number},
    )
    monkeypatch.setattr("benefits.presenters.identity_of_person", _broken)
    assert clients[0].get(person).status_code == 500

    written = log.read_bytes()[start:].decode()
    assert '"type": "ValueError"' in written
    for private_word in (number, "秘匿", "花子", my_number()):
        assert private_word not in written
        assert json.dumps(private_word)[1:-1] not in written


# ── questions to the database ────────────────────────────────────────────────────────────────────────────────────


def queries_of(client: Client, address: str) -> int:
    client.get(address)  # what is asked for once is not counted
    with CaptureQueriesContext(connection) as asked:
        assert client.get(address).status_code == 200
    return len(asked)


#: The page, who reads it, and the most it may ask.
COUNTED = [
    ("benefits:home", Role.MAKER, 16),
    ("benefits:home", Role.CHECKER, 16),
    ("benefits:applications", Role.MAKER, 12),
    ("benefits:review-queue", Role.CHECKER, 12),
    # within a time limit, which is set and taken back
    ("audit:log", Role.AUDITOR, 20),
    ("accounts:staff", Role.USER_ADMINISTRATOR, 16),
]


@pytest.mark.parametrize(("name", "role", "most"), COUNTED)
def test_a_list_asks_as_much_for_many_rows_as_for_one(name: str, role: Role, most: int, maker: User) -> None:
    reader = staff_member(role) if role is not Role.MAKER else maker
    client = signed_in(Client(), reader)

    def fill() -> None:
        draft(maker, **WITHOUT_NUMBER)
        submitted(maker, **WITHOUT_NUMBER)

    fill()
    few = queries_of(client, reverse(name))
    for _more in range(4):
        fill()
    many = queries_of(client, reverse(name))

    assert many == few
    assert many <= most


def test_a_search_asks_as_much_for_many_people_as_for_one(maker: User, checker: User) -> None:
    client = signed_in(Client(), maker)

    def found() -> int:
        page = send(client, "/people/", {"kana": "ミホン"})
        return queries_of(client, page["Location"])

    approved(maker, checker, **WITHOUT_NUMBER)
    few = found()
    for _more in range(4):
        approved(maker, checker, **WITHOUT_NUMBER)

    assert found() == few <= 12


@pytest.mark.parametrize(
    ("name", "most"),
    [("application", 22), ("application-edit", 16), ("application-confirm", 16)],
)
def test_a_page_about_one_application_asks_little(name: str, most: int, maker: User) -> None:
    application = draft(maker, **WITHOUT_NUMBER)

    assert queries_of(signed_in(Client(), maker), reverse(f"benefits:{name}", args=[application.pk])) <= most


def test_the_page_that_is_compared_with_the_paper_asks_little(maker: User, checker: User) -> None:
    application = compared(submitted(maker), by=checker)
    client = signed_in(Client(), checker)

    assert queries_of(client, reverse("benefits:review", args=[application.pk])) <= 18
    assert queries_of(client, reverse("benefits:person", args=[approved(maker, checker).person_id])) <= 36


def test_a_page_has_a_title_of_its_own(papers: Papers) -> None:
    titles = {}

    staff = Staff()
    for name in sorted(set(PAGES) - PUBLIC - ONLY_POST - NO_PAGE):
        page = signed_in(Client(), staff.who_gets_in_at(name)).get(papers.address(name))
        if page.status_code == 200:
            assert page["Content-Type"] == "text/html; charset=utf-8", name
            titles[name] = text_of(page).split("<title>")[1].split("</title>")[0].strip()
            assert titles[name].endswith("| 給付")

    assert len(titles) >= 12
    assert len(set(titles.values())) >= len(titles) - 1  # a new form and an old one are the same page


def test_a_page_holds_no_script_and_no_style_of_its_own(papers: Papers) -> None:
    staff = Staff()
    for name in sorted(set(PAGES) - PUBLIC - ONLY_POST - NO_PAGE):
        page = signed_in(Client(), staff.who_gets_in_at(name)).get(papers.address(name))
        if page.status_code == 200:
            text = text_of(page).lower()
            assert "<style" not in text
            assert " style=" not in text
            assert " onclick=" not in text
            assert "javascript:" not in text
            assert controls_of(page) is not None
