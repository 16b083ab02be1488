"""A3: a number is shown to a browser that can take it away again, for a case or with the glass broken openly."""

import io
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.core import signing
from django.db import DatabaseError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader
from pytest_django.fixtures import Settings

from accounts.models import User
from accounts.roles import Role
from audit import journal
from audit.models import Event, Result
from benefits import access_log, circumstances, corrections, events, protection, reveal_review
from benefits.models import Correction, HouseholdPerson, Person, RevealReview
from benefits.models.showing import ProtectionKind, ReviewOutcome
from benefits.views import showing
from mynumber import actions, crypto, keys, vault
from mynumber.purposes import Ground, Purpose
from tests.benefits.pages import controls_of, ids_on, links_on, send, shows, text_of
from tests.factories import approved, draft, fresh_code, household, my_number, signed_in, staff_member, submitted
from tests.racing import together
from tests.rights import moves_to

pytestmark = pytest.mark.django_db(transaction=True)

ENOUGH = "健康保険組合からの照会に、本日中に文書で回答する必要があるため"
SHORT = "照会への回答"


@pytest.fixture
def number() -> str:
    return my_number()


@pytest.fixture
def person(maker: User, checker: User, number: str) -> Person:
    return approved(maker, checker, number=number).person


@pytest.fixture
def desk(viewer: User) -> Client:
    return signed_in(Client(), viewer)


def with_open_case(person: Person, maker: User, monkeypatch: pytest.MonkeyPatch) -> str:
    """Let a further application of the person's wait, as a renewal does; return its receipt number."""
    application = submitted(maker, number_given="NOT_GIVEN", number_absence_reason="LEFT_BLANK")
    monkeypatch.setattr(
        circumstances,
        "FINDERS",
        ((Ground.CASE, lambda one, _viewer: application.receipt_number if one.pk == person.pk else None),),
    )
    return application.receipt_number


def reveal(desk: Client, person: Person, viewer: User, /, **changes: str) -> Any:
    typed = {"purpose": "INQUIRY", "reason": ENOUGH, "code": fresh_code(viewer), "has_scripts": "1", **changes}
    return send(desk, reverse("benefits:number", args=[person.pk]), typed)


# ── without scripts ──────────────────────────────────────────────────────────────────────────────────────────────


def test_a_browser_without_scripts_is_shown_nothing_and_keeps_its_code(
    desk: Client, person: Person, viewer: User, number: str
) -> None:
    code = fresh_code(viewer)

    page = reveal(desk, person, viewer, code=code, has_scripts="")

    assert not shows(page, number)
    assert "自動で消せない" in text_of(page)
    assert Event.objects.get(action=actions.REVEAL_REFUSED).details == {"code": "no_scripts"}
    assert shows(reveal(desk, person, viewer, code=code), number)


def test_an_office_may_decide_otherwise(
    desk: Client, person: Person, viewer: User, number: str, settings: Settings
) -> None:
    settings.KYUFU_REVEAL_WITHOUT_SCRIPTS = True

    page = reveal(desk, person, viewer, has_scripts="")

    assert shows(page, number)
    assert page["Refresh"].startswith("60;")


# ── what the page shows ──────────────────────────────────────────────────────────────────────────────────────────


def test_the_viewers_name_and_the_time_lie_over_the_number_and_the_page_counts(
    desk: Client, person: Person, viewer: User
) -> None:
    reveal(desk, person, viewer)
    page = text_of(reveal(desk, person, viewer))

    watermark = page[page.index("data-reveal-watermark") : page.index("data-reveal-running")]
    assert watermark.count(viewer.display_name) >= 6
    assert "今日 2件目" in page
    assert "今日はこれまでに2件（上限300件）" in text_of(desk.get(reverse("benefits:number", args=[person.pk])))


def test_another_minute_is_another_reveal_with_a_code_of_its_own_ten_times(
    desk: Client, person: Person, viewer: User, number: str
) -> None:
    page = reveal(desk, person, viewer)
    again = controls_of(page)
    assert again["reason"] == [ENOUGH]

    used = controls_of(page)["again"][0]
    wrong = reveal(desk, person, viewer, code="000000", again=used)
    assert not shows(wrong, number)
    second = reveal(desk, person, viewer, again=used)
    assert shows(second, number)
    last = signing.dumps([str(person.pk), viewer.pk, 10], salt=showing.AGAIN_SALT)
    tenth = reveal(desk, person, viewer, again=last)
    assert shows(tenth, number)
    assert "again" not in controls_of(tenth)
    beyond = signing.dumps([str(person.pk), viewer.pk, 11], salt=showing.AGAIN_SALT)
    assert not shows(reveal(desk, person, viewer, again=beyond), number)

    entries = Event.objects.filter(action=actions.REVEALED).order_by("at")
    assert [entry.details.get("again", 0) for entry in entries] == [0, 1, 10]


def test_what_is_not_this_pages_own_begins_anew(desk: Client, person: Person, viewer: User) -> None:
    another_persons = signing.dumps(["x", viewer.pk, 11], salt=showing.AGAIN_SALT)
    another_viewers = signing.dumps([str(person.pk), 0, 11], salt=showing.AGAIN_SALT)

    for token in ("a:b:c", another_persons, another_viewers):
        reveal(desk, person, viewer, again=token)

    entries = Event.objects.filter(action=actions.REVEALED)
    assert [entry.details.get("again") for entry in entries] == [None, None, None]


# ── why this view ────────────────────────────────────────────────────────────────────────────────────────────────


def test_without_a_case_few_or_empty_words_show_nothing_and_use_up_no_code(
    desk: Client, person: Person, viewer: User, number: str
) -> None:
    code = fresh_code(viewer)

    for words in (SHORT, "あ" * 40, "照会照会照会照会照会照会照会照会照会照会照会照会", "理由 " * 4):
        page = reveal(desk, person, viewer, reason=words, code=code)
        assert not shows(page, number)
        assert "id_reason_error" in ids_on(page)

    assert not Event.objects.filter(action=actions.REVEALED).exists()
    assert shows(reveal(desk, person, viewer, code=code), number)


def test_without_a_case_the_page_says_so_and_the_reveal_is_put_on_the_list(
    desk: Client, person: Person, viewer: User
) -> None:
    asked = text_of(desk.get(reverse("benefits:number", args=[person.pk])))
    assert "処理中のものがありません" in asked

    reveal(desk, person, viewer)

    entry = Event.objects.get(action=actions.REVEALED)
    assert entry.details["ground"] == Ground.NONE
    review = RevealReview.objects.get()
    assert (review.event_id, review.person_id, review.viewer_id) == (entry.pk, person.pk, viewer.pk)
    assert review.shown_at == entry.at


def test_an_application_on_somebodys_desk_explains_a_reveal(maker: User, viewer: User, person: Person) -> None:
    """Asked of people whose first application still waits: the person of another one is told by the database alike."""
    waiting = Person.objects.get(pk=draft(maker).person_id)

    found = circumstances.of(waiting, viewer=viewer)

    assert (found.ground, found.label) == (Ground.CASE, waiting.applications.get().receipt_number)
    assert circumstances.of(person, viewer=viewer).is_glass_broken


def test_an_application_out_of_the_viewers_reach_explains_nothing(maker: User) -> None:
    waiting = Person.objects.get(pk=draft(maker, accepted_office="CHUO").person_id)

    elsewhere = staff_member(Role.NUMBER_VIEWER, office="KITA")
    assert circumstances.of(waiting, viewer=elsewhere).is_glass_broken
    assert not circumstances.of(waiting, viewer=staff_member(Role.NUMBER_VIEWER, office="CHUO")).is_glass_broken


def test_with_a_case_few_words_do_and_the_entry_says_what_it_was(
    desk: Client, person: Person, viewer: User, maker: User, number: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    receipt_number = with_open_case(person, maker, monkeypatch)

    asked = text_of(desk.get(reverse("benefits:number", args=[person.pk])))
    page = reveal(desk, person, viewer, reason=SHORT)

    assert receipt_number in asked
    assert shows(page, number)
    assert Event.objects.get(action=actions.REVEALED).details["ground"] == Ground.CASE


def test_who_claims_a_case_that_is_not_there_is_reviewed_all_the_same(person: Person, viewer: User) -> None:
    for details in ({"ground": Ground.CASE.value}, {"ground": ""}, {"ground": "SOMETHING"}, {}):
        journal.record_committed(
            actions.REVEALED, by=viewer, person_id=person.pk, purpose=Purpose.INQUIRY.value, details=details
        )

    assert RevealReview.objects.count() == 4


def test_a_claim_is_believed_where_an_application_waits(maker: User, viewer: User) -> None:
    waiting = draft(maker)

    journal.record_committed(
        actions.REVEALED,
        by=viewer,
        person_id=waiting.person_id,
        purpose=Purpose.INQUIRY.value,
        details={"ground": Ground.CASE.value},
    )

    assert not RevealReview.objects.exists()


def test_a_correction_that_is_asked_for_explains_a_reveal_until_it_is_decided(
    desk: Client, person: Person, viewer: User, maker: User, number: str
) -> None:
    asked = corrections.open_request(
        person.pk, by=staff_member(Role.MAKER), at=timezone.now(), reason="MISTYPED", words="住民票と違うとの申出"
    )

    assert circumstances.of(person, viewer=viewer).ground is Ground.CORRECTION
    assert shows(reveal(desk, person, viewer, purpose="CORRECTION", reason=SHORT), number)
    assert not RevealReview.objects.exists()

    corrections.withdraw(asked.pk, by=asked.opened_by, at=timezone.now())
    assert circumstances.of(person, viewer=viewer).is_glass_broken


# ── the household ────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_number_of_somebody_of_the_household_is_shown_by_the_same_rules(
    desk: Client, maker: User, checker: User, viewer: User
) -> None:
    number = my_number()
    person = approved(maker, checker, numbers={"member_0": number}, **household()).person
    member = HouseholdPerson.objects.get(application__person=person)
    address = reverse("benefits:household-number", args=[person.pk, member.pk])
    typed = {"purpose": "INQUIRY", "reason": ENOUGH, "has_scripts": "1"}

    assert address in links_on(desk.get(reverse("benefits:person", args=[person.pk])))
    assert address not in links_on(signed_in(Client(), checker).get(reverse("benefits:person", args=[person.pk])))
    assert "世帯員1" in text_of(desk.get(address))
    page = send(desk, address, {**typed, "code": fresh_code(viewer)})
    assert shows(page, number)
    assert f'action="{address}"' in text_of(page)
    entry = Event.objects.get(action=actions.REVEALED)
    assert (entry.person_id, entry.subject_label) == (member.pk, person.recipient_number)
    assert entry.pk in [event.pk for event in access_log.page(person).events]
    assert RevealReview.objects.get().person_id == member.pk

    protection.propose(
        person,
        kind=ProtectionKind.VIOLENCE,
        starts_on=timezone.localdate(),
        ends_on=None,
        reason="支援措置の決定通知",
        by=maker,
    )
    assert "表示できません" in text_of(desk.get(address))
    assert not shows(send(desk, address, {**typed, "code": fresh_code(viewer)}), number)
    with pytest.raises(vault.RefusedError, match="保護されています"):
        vault.reveal(member.pk, by=viewer, purpose=Purpose.INQUIRY, reason=ENOUGH)


def test_nobody_elses_household_is_reached_through_a_person(
    desk: Client, person: Person, maker: User, checker: User
) -> None:
    other = approved(maker, checker, numbers={"member_0": my_number()}, **household(), birth_on="S50.1.1").person
    member = HouseholdPerson.objects.get(application__person=other)

    for holder in (member.pk, person.pk):
        assert desk.get(reverse("benefits:household-number", args=[person.pk, holder])).status_code == 404


# ── the review ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def shown(desk: Client, person: Person, viewer: User) -> RevealReview:
    reveal(desk, person, viewer)
    return RevealReview.objects.get()


def close(reader: User, shown: RevealReview, outcome: str = "EXPLAINED", words: str = "照会文書を確かめた") -> Any:
    address = reverse("benefits:reveal-review", args=[shown.event_id])
    return send(signed_in(Client(), reader), address, {"outcome": outcome, "words": words})


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.SECTION_HEAD])
def test_a_reviewer_reads_the_words_and_closes_the_review_on_record(
    role: Role, shown: RevealReview, person: Person
) -> None:
    reader = staff_member(role)
    client = signed_in(Client(), reader)

    listed = client.get(reverse("benefits:reveal-reviews"))
    page = text_of(client.get(reverse("benefits:reveal-review", args=[shown.event_id])))
    assert reverse("benefits:reveal-review", args=[shown.event_id]) in links_on(listed)
    assert ENOUGH in page
    assert ("操作記録で" in page) is (role is Role.AUDITOR)

    close(reader, shown, "INVESTIGATE", "本人に事情を聞く")
    close(reader, shown, "EXPLAINED", "照会文書を確かめた")

    shown.refresh_from_db()
    assert (shown.outcome, shown.reviewed_by_id, shown.words) == ("EXPLAINED", reader.pk, "照会文書を確かめた")
    entries = Event.objects.filter(action=events.REVEAL_REVIEWED, actor_id=reader.pk, person_id=person.pk)
    assert [entry.details["status"] for entry in entries.order_by("at")] == ["INVESTIGATE", "EXPLAINED"]
    assert "要調査とした表示" in text_of(client.get(reverse("benefits:reveal-reviews")))
    close(reader, shown, "INVESTIGATE", "もう一度")
    assert Event.objects.filter(action=events.REVEAL_REVIEW_REFUSED, details__code="closed").exists()


def test_nobody_reviews_their_own_reveal_whatever_duty_they_took_up_since(shown: RevealReview, viewer: User) -> None:
    both = moves_to(viewer, Role.SECTION_HEAD)

    close(both, shown)

    shown.refresh_from_db()
    assert shown.outcome == ""
    assert Event.objects.filter(action=events.REVEAL_REVIEW_REFUSED, details__code="own_reveal").exists()
    with connection.cursor() as cursor, pytest.raises(Exception, match="reveal_is_not_reviewed_by_its_viewer"):
        cursor.execute(
            "UPDATE benefits_revealreview SET outcome = 'EXPLAINED', reviewed_by_id = %s, reviewed_at = now(),"
            " sealed_words = 'x'",
            [both.pk],
        )


AGAINST_REVIEWS: tuple[tuple[str, str], ...] = (
    ("DELETE FROM benefits_revealreview", "permission denied"),
    ("INSERT INTO benefits_revealreview DEFAULT VALUES", "permission denied"),
    ("UPDATE benefits_revealreview SET viewer_id = 0", "reveal_review_is_of_its_reveal"),
    ("UPDATE benefits_revealreview SET outcome = 'EXPLAINED'", "reveal_is_reviewed_by_a_reviewer"),
    (
        "UPDATE benefits_revealreview SET outcome = 'EXPLAINED', reviewed_at = now(), sealed_words = 'x',"
        " reviewed_by_id = {maker}",
        "reveal_is_reviewed_by_a_reviewer",
    ),
    (
        "UPDATE benefits_revealreview SET outcome = 'EXPLAINED', reviewed_at = now(), sealed_words = 'x',"
        " reviewed_by_id = {auditor}",
        "reveal_review_is_on_record",
    ),
)


def test_raw_sql_closes_no_review(shown: RevealReview, maker: User) -> None:
    auditor = staff_member(Role.AUDITOR)

    for statement, guard in AGAINST_REVIEWS:
        with connection.cursor() as cursor, pytest.raises(DatabaseError, match=guard):
            cursor.execute(statement.format(maker=maker.pk, auditor=auditor.pk))


def test_of_two_reviewers_at_once_one_closes_the_review(shown: RevealReview) -> None:
    readers = [staff_member(Role.AUDITOR), staff_member(Role.SECTION_HEAD)]

    together(*[lambda reader=reader: close(reader, shown) for reader in readers])

    assert Event.objects.filter(action=events.REVEAL_REVIEWED).count() == 1
    assert Event.objects.filter(action=events.REVEAL_REVIEW_REFUSED).count() == 1


def test_what_waits_for_a_reviewer_stands_at_the_head_of_their_day(shown: RevealReview) -> None:
    auditor = staff_member(Role.AUDITOR)

    page = signed_in(Client(), auditor).get("/", follow=True)

    assert reverse("benefits:reveal-reviews") in links_on(page)
    assert "表示の確認" in text_of(page)
    close(auditor, shown)
    assert signed_in(Client(), auditor).get("/")["Location"] == reverse("audit:log")


# ── who opened a record ──────────────────────────────────────────────────────────────────────────────────────────


def test_a_persons_page_says_who_opened_their_record_and_number_when_and_what_for(
    desk: Client, person: Person, viewer: User, checker: User
) -> None:
    reveal(desk, person, viewer)

    page = text_of(signed_in(Client(), checker).get(reverse("benefits:person", args=[person.pk])))

    assert "個人番号の表示" in page
    assert viewer.display_name in page
    assert str(Purpose.INQUIRY.label) in page
    assert ENOUGH not in page


def test_only_who_reads_the_record_reads_the_words(desk: Client, person: Person, viewer: User) -> None:
    reveal(desk, person, viewer)
    address = reverse("benefits:person-accesses", args=[person.pk])

    both = staff_member(Role.AUDITOR, Role.ISSUER)
    assert ENOUGH in text_of(signed_in(Client(), both).get(address))
    assert ENOUGH not in text_of(signed_in(Client(), staff_member(Role.ISSUER)).get(address))


def test_accesses_are_read_by_key_a_page_at_a_time(person: Person, checker: User) -> None:
    for _time in range(7):
        journal.record(events.PERSON_VIEWED, by=checker, person_id=person.pk)

    seen, before = [], None
    while True:
        page = access_log.page(person, before=before, size=3)
        seen += [event.pk for event in page.events]
        before = page.older
        if before is None:
            break

    everything = Event.objects.filter(person_id=person.pk, action__in=access_log.SHOWN)
    assert len(seen) == len(set(seen)) == everything.count()
    for cursor in ("nonsense", "2026-01-01_x", f"2026-01-01T00:00:00+09:00_{person.pk}"):
        assert access_log.page(person, before=cursor, size=3).events == access_log.page(person, size=3).events


def test_a_persons_page_asks_as_much_for_many_accesses_as_for_one(person: Person, checker: User) -> None:
    client = signed_in(Client(), checker)
    address = reverse("benefits:person", args=[person.pk])

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        return len(queries)

    client.get(address)
    few = asked()
    for _time in range(20):
        journal.record(events.PERSON_VIEWED, by=checker, person_id=person.pk)

    assert asked() == few
    # accesses are searched for as in the record: in a transaction with a limit of time, by marks, then the entries
    assert few <= 33


# ── the statement ────────────────────────────────────────────────────────────────────────────────────────────────


def statement_of(person: Person, reader: User, **changes: str) -> Any:
    today = timezone.localdate()
    typed = {"from_on": f"{today:%Y/%m/%d}", "to_on": f"{today:%Y/%m/%d}", **changes}
    return send(signed_in(Client(), reader), reverse("benefits:access-statement", args=[person.pk]), typed)


def printed(answer: Any) -> str:
    assert answer["Content-Type"] == "application/pdf", text_of(answer)
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages)
    return "".join(text.replace("\u200b", "").split())


def test_the_resident_gets_a_statement_without_staff_names_reasons_or_the_number(
    desk: Client, person: Person, viewer: User, checker: User, number: str
) -> None:
    reveal(desk, person, viewer)

    words = printed(statement_of(person, checker))

    for part in ("個人番号の表示", "情報照会", "番号閲覧者", "見本", "この書面に含まれません", "推し量られる"):
        assert part in words
    assert viewer.display_name not in words
    assert number not in words
    assert "健康保険組合からの照会" not in words
    entry = Event.objects.get(action=events.ACCESS_STATEMENT_PRINTED)
    assert (entry.actor_id, entry.person_id, entry.details["fields"]) == (checker.pk, person.pk, [])


def test_staff_are_named_where_the_office_decides_so(
    desk: Client, person: Person, viewer: User, checker: User
) -> None:
    reveal(desk, person, viewer)

    assert viewer.display_name in printed(statement_of(person, checker, names_staff="on"))
    assert Event.objects.get(action=events.ACCESS_STATEMENT_PRINTED).details["fields"] == ["names"]


def test_a_refused_attempt_and_what_lies_outside_the_period_are_not_on_the_statement(
    desk: Client, person: Person, viewer: User, checker: User, superuser_connection: psycopg.Connection[Any]
) -> None:
    reveal(desk, person, viewer, code="000000")
    day_before = f"{timezone.localdate() - timedelta(days=1):%Y/%m/%d}"

    assert "個人番号の表示" not in printed(statement_of(person, checker))
    assert "ありません" in printed(statement_of(person, checker, from_on=day_before, to_on=day_before))


def test_a_period_that_cannot_be_is_refused(person: Person, checker: User) -> None:
    for changes in ({"from_on": ""}, {"to_on": "R99.1.1"}, {"from_on": "H1.1.8"}, {"to_on": "2000/1/1"}):
        assert "error-summary-title" in ids_on(statement_of(person, checker, **changes))

    assert not Event.objects.filter(action=events.ACCESS_STATEMENT_PRINTED).exists()


# ── faults ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_when_no_key_answers_the_page_says_so_and_nothing_is_lost(
    desk: Client, person: Person, viewer: User, number: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*_args: object, **_kwargs: object) -> str:
        raise keys.KeyUnavailableError("the provider is down")

    with monkeypatch.context() as patched:
        patched.setattr(crypto, "unseal", down)
        answer = desk.get(reveal(desk, person, viewer)["Location"])
    assert "番号は失われていません" in text_of(answer)
    failure = Event.objects.get(action=actions.REVEAL_FAILED)
    assert (failure.result, failure.details) == (Result.FAILED, {"code": "key_unavailable"})
    assert shows(reveal(desk, person, viewer), number)


def test_the_vault_knows_the_same_purposes_as_the_list(superuser_connection: psycopg.Connection[Any]) -> None:
    known = superuser_connection.execute("SELECT code FROM vault.purpose").fetchall()

    assert {code for (code,) in known} == set(Purpose.values)
    assert vault.most_in_a_day() == 300


def test_nobody_makes_a_case_for_themselves(desk: Client, person: Person, viewer: User) -> None:
    send(
        desk,
        reverse("benefits:correction-new", args=[person.pk]),
        {"reason": "MISTYPED", "words": "書類と違うとの申出", "evidence": ""},
    )
    assert Correction.objects.get(person=person).opened_by == viewer

    page = reveal(desk, person, viewer)

    assert page.status_code == 200
    assert RevealReview.objects.get().person_id == person.pk


def test_a_reviewer_reads_and_closes_within_their_office_only(shown: RevealReview) -> None:
    far = staff_member(Role.SECTION_HEAD, office="KITA")
    desk = signed_in(Client(), far)

    assert desk.get(reverse("benefits:reveal-review", args=[shown.pk])).status_code == 404
    assert str(shown.pk) not in desk.get(reverse("benefits:reveal-reviews")).content.decode()
    with pytest.raises(RevealReview.DoesNotExist):
        reveal_review.close(shown.pk, outcome=ReviewOutcome.EXPLAINED, words="確認した", by=far)
