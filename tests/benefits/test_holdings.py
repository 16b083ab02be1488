"""What is held, for whom, on what basis, until when; and what of it is to be looked at again (issue 4, V1)."""

import csv
import io
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import StaffSession, User
from accounts.roles import Role
from audit.models import Event
from benefits import corrections, events, holdings
from benefits.models import Application, HoldingReview
from benefits.models.holding import Finding
from benefits.registers import number_bases
from mynumber import vault
from tests.factories import approved, household, my_number, signed_in, staff_member, submitted
from tests.racing import together

pytestmark = pytest.mark.django_db(transaction=True)
REPORT, EXPORT = "benefits:holdings", "benefits:holdings-export"


@pytest.fixture
def keeper(db: None) -> User:
    return staff_member(Role.RECORDS_KEEPER)


@pytest.fixture
def application(maker: User, checker: User) -> Application:
    return approved(maker, checker, numbers={"member_0": my_number()}, **household())


def reviewed() -> HoldingReview:
    """Let the labour work until nothing waits, and return what it came to."""
    HoldingReview.objects.all().delete()
    while holdings.review():
        pass
    review = holdings.last_review()
    assert review is not None
    return review


def page_of(user: User, query: str = "") -> str:
    text: str = signed_in(Client(), user).get(reverse(REPORT) + query).content.decode()
    return text


def corrected(application: Application, *, by: User, decider: User) -> None:
    right = my_number()
    correction = corrections.open_request(
        application.person_id,
        by=by,
        at=timezone.now(),
        reason="CHANGED",
        words="番号の変更",
        evidence="CARD",
        number=right,
    )
    corrections.compare(correction.pk, by=decider, version=2, number=right)
    corrections.approve(correction.pk, by=decider, at=timezone.now(), version=2)


def test_the_report_says_what_is_held_on_what_basis_since_when_and_until_when(
    application: Application, keeper: User
) -> None:
    page = page_of(keeper)
    recipient = application.person.recipient_number or ""
    assert page.count(recipient) == 2  # the patient's, and their mother's number
    for words in ("受診者", "世帯員", "特定医療費の支給認定の申請", "紙の書類", "使用中"):
        assert words in page
    assert timezone.localdate().isoformat() in page
    assert application.person.name not in page  # the keeper sees no names
    viewed = Event.objects.get(action=events.HOLDINGS_VIEWED)
    assert viewed.details == {"count": 2, "conditions": {}}


def test_until_when_a_number_is_kept_comes_from_its_clock(application: Application, keeper: User) -> None:
    rows, _more = holdings.page(holdings.Conditions(kind="PATIENT"), after=None, by=keeper)
    assert rows[0].until is not None
    assert rows[0].until > timezone.localdate()
    assert rows[0].until.isoformat() in page_of(keeper)


def test_names_are_for_those_who_see_people(application: Application, maker: User) -> None:
    both = staff_member(Role.RECORDS_KEEPER, Role.ISSUER)
    rows, _more = holdings.page(holdings.Conditions(), after=None, by=both)
    assert {row.name for row in rows} == {application.person.name}
    assert application.person.name in page_of(both)


def test_somebody_limited_to_one_health_centre_is_not_told_the_recipients_of_another(
    application: Application,
) -> None:
    far = staff_member(Role.AUDITOR, office="KITA")
    rows, _more = holdings.page(holdings.Conditions(), after=None, by=far)
    assert [row.recipient_number for row in rows] == ["", ""]


@pytest.mark.parametrize(
    ("query", "kinds"),
    [
        ("?kind=MEMBER", {"世帯員"}),
        ("?kind=PATIENT&state=IN_USE&source=PAPER&basis=NANBYO", {"受診者"}),
        ("?state=SUPERSEDED", set()),
        ("?source=JUKI", set()),
        ("?kind=nonsense&after=nonsense", {"受診者", "世帯員"}),
    ],
)
def test_the_report_is_narrowed(query: str, kinds: set[str], application: Application, keeper: User) -> None:
    page = page_of(keeper, query)
    table = page[page.index('aria-labelledby="held-heading"') :].partition("<tbody>")[2].partition("</tbody>")[0]
    assert {kind for kind in ("受診者", "世帯員") if f"<td>{kind}</td>" in table} == kinds


def test_pages_follow_each_other_by_key_and_miss_nothing(application: Application, maker: User, keeper: User) -> None:
    for _times in range(3):
        submitted(maker)
    seen: list[tuple[uuid.UUID, int]] = []
    after = None
    while True:
        rows, has_more = holdings.page(holdings.Conditions(), after=after, by=keeper, size=2)
        seen += [(row.held.person, row.held.version) for row in rows]
        if not has_more:
            break
        after = seen[-1]
    assert len(seen) == 5
    assert seen == sorted(set(seen))


def test_a_page_asks_as_often_however_much_is_held(application: Application, maker: User, keeper: User) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as captured:
            holdings.page(holdings.Conditions(), after=None, by=keeper)
        return len(captured)

    asked()  # what the reader may do is asked once
    few = asked()
    for _times in range(3):
        submitted(maker)
    assert asked() == few


def test_the_review_counts_by_kind_basis_and_state(application: Application, maker: User, checker: User) -> None:
    submitted(maker)
    corrected(application, by=maker, decider=checker)
    review = reviewed()
    assert review.seen == 4
    counted = {(row["kind"], row["state"]): row["count"] for row in holdings.summary(review)}
    assert counted == {
        ("受診者", "使用中"): 1,
        ("世帯員", "使用中"): 1,
        ("受診者", "照合前"): 1,
        ("受診者", "訂正前（使用停止）"): 1,
    }


def found() -> dict[str, int]:
    return {code: count for code, _words, count in holdings.findings(reviewed()) if count}


def test_all_is_well_where_every_number_has_its_basis_and_its_application(
    application: Application, maker: User
) -> None:
    submitted(maker)
    assert found() == {}


def test_a_corrected_version_is_found(application: Application, maker: User, checker: User, keeper: User) -> None:
    corrected(application, by=maker, decider=checker)
    assert found() == {Finding.SUPERSEDED.value: 1}
    page = page_of(keeper, "?finding=SUPERSEDED")
    assert page.count("訂正前の番号が残っている") >= 2
    assert page.count(application.person.recipient_number or "") == 1


def test_a_number_without_an_application_is_found(maker: User) -> None:
    vault.keep(uuid.uuid4(), my_number(), by=maker)
    assert found() == {Finding.NO_APPROVAL.value: 1}


def test_a_basis_that_has_ended_or_is_unknown_is_found(
    application: Application, superuser_connection: psycopg.Connection[Any]
) -> None:
    with _guards_asleep(superuser_connection):
        superuser_connection.execute("UPDATE vault.number SET basis = 'GONE' WHERE kind = 'MEMBER'")
    assert found() == {Finding.BASIS_ENDED.value: 1}
    assert number_bases.find("NANBYO") is not None
    held = holdings.sealed.after(None, 0, limit=10)
    long_ago = holdings.judge(held, today=date(2015, 12, 31))
    assert all(Finding.BASIS_ENDED in some for some in long_ago.values())


@contextmanager
def _guards_asleep(superuser: psycopg.Connection[Any]) -> Iterator[None]:
    """Change what no function of the vault's changes."""
    superuser.execute("ALTER TABLE vault.number DISABLE TRIGGER USER")
    yield
    rows = superuser.execute(
        "SELECT tgname FROM pg_trigger WHERE tgrelid = 'vault.number'::regclass AND NOT tgisinternal"
    ).fetchall()
    for (name,) in rows:
        superuser.execute(f"ALTER TABLE vault.number ENABLE ALWAYS TRIGGER {name}")


def test_what_is_past_its_time_is_found(application: Application) -> None:
    held = holdings.sealed.after(None, 0, limit=10)
    later = holdings.judge(held, today=timezone.localdate() + timedelta(days=365 * 30))
    assert len(later) == 2
    assert all(Finding.PAST_RETENTION in some for some in later.values())


def test_the_review_goes_on_where_it_was_broken_off(
    application: Application, maker: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _times in range(3):
        submitted(maker)
    monkeypatch.setattr(holdings, "STEP", 2)
    assert holdings.review()  # begins
    assert holdings.review()  # looks at two
    assert holdings.last_review() is None
    assert HoldingReview.objects.get().seen == 2
    while holdings.review():
        pass
    assert HoldingReview.objects.get().seen == 5
    assert not holdings.review()  # and rests for an hour


def test_two_workers_review_nothing_twice(
    application: Application, maker: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(holdings, "STEP", 1)
    together(*[lambda: [holdings.review() for _times in range(6)]] * 2)
    while holdings.review():
        pass
    assert HoldingReview.objects.get().seen == 2


def test_a_page_before_the_first_review_says_so(application: Application, keeper: User) -> None:
    assert "点検はまだ行われていません" in page_of(keeper)
    reviewed()
    assert "点検の結果です（2件）" in page_of(keeper)


def export(user: User, **conditions: str) -> tuple[Any, list[dict[str, str]]]:
    answer = signed_in(Client(), user).post(reverse(EXPORT), conditions)
    text = b"".join(answer.streaming_content).decode("utf-8-sig") if answer.streaming else ""
    return answer, list(csv.DictReader(io.StringIO(text)))


def test_the_report_is_handed_out_as_a_file_and_recorded_with_its_count(
    application: Application, maker: User, keeper: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    submitted(maker)
    monkeypatch.setattr(holdings, "PIECE", 1)
    answer, rows = export(keeper)
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert [row["区分"] for row in rows].count("受診者") == 2
    assert {row["受給者番号"] for row in rows} == {application.person.recipient_number, ""}
    assert {row["氏名"] for row in rows} == {""}
    ended = Event.objects.get(action=events.HOLDINGS_EXPORT_ENDED)
    assert (ended.result, ended.details) == ("DONE", {"count": 3})
    _answer, rows = export(keeper, kind="MEMBER")
    assert [row["区分"] for row in rows] == ["世帯員"]


def test_an_export_that_is_broken_off_is_recorded_as_such(application: Application, keeper: User) -> None:
    answer = signed_in(Client(), keeper).post(reverse(EXPORT))
    lines = iter(answer.streaming_content)
    next(lines)
    next(lines)
    answer.close()
    ended = Event.objects.get(action=events.HOLDINGS_EXPORT_ENDED)
    assert (ended.result, ended.details) == ("FAILED", {"count": 1})


def test_an_export_asks_for_a_fresh_factor(application: Application, keeper: User) -> None:
    client = signed_in(Client(), keeper)
    StaffSession.objects.filter(user=keeper).update(factor_used_at=timezone.now() - timedelta(hours=1))
    answer = client.post(reverse(EXPORT))
    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("accounts:confirm"))
    assert not Event.objects.filter(action=events.HOLDINGS_EXPORTED).exists()


@pytest.mark.parametrize("role", [Role.MAKER, Role.NUMBER_VIEWER, Role.ISSUER])
def test_nobody_else_reads_the_report(role: Role) -> None:
    somebody = staff_member(role)
    client = signed_in(Client(), somebody)
    assert client.get(reverse(REPORT)).status_code == 403
    assert client.post(reverse(EXPORT)).status_code == 403


def test_no_number_and_nothing_made_of_one_leaves_the_vault(application: Application, keeper: User) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM vault.held(gen_random_uuid(), 0, '', '', '', '', 9999)")
        columns = [column.name for column in cursor.description or ()]
    assert columns == ["person", "version", "kind", "basis", "source", "state", "since"]
