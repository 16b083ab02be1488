"""A5, A6: finding registered people, their certificates, and the one page that shows a My Number."""

import io
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader
from pytest_django.fixtures import Settings

from accounts.models import CodeDevice, StaffSession, User
from accounts.roles import Role
from audit.models import Event, Result
from benefits import events
from benefits.models import Application, Person
from mynumber import actions
from tests.benefits.pages import controls_of, ids_on, links_on, send, shows, text_of
from tests.factories import approved, fresh_code, my_number, signed_in, staff_member, submitted
from tests.rights import moves_to

WITHOUT_NUMBER = {"number_given": "NOT_GIVEN", "number_absence_reason": "LEFT_BLANK"}
PEOPLE = "/people/"
#: Long enough where no open case explains a reveal.
WHY = "健康保険組合からの照会に、本日中に文書で回答する必要があるため"


@pytest.fixture
def desk(viewer: User) -> Client:
    return signed_in(Client(), viewer)


def search(desk: Client, **typed: str) -> Any:
    return send(desk, reverse("benefits:people"), typed, follow=True)


def number_page(person: Person) -> str:
    return reverse("benefits:number", args=[person.pk])


def reveal(desk: Client, person: Person, code: str, /, **changes: str) -> Any:
    typed = {"purpose": "INQUIRY", "reason": WHY, "code": code, "has_scripts": "1", **changes}
    return send(desk, number_page(person), typed)


# ── finding ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.django_db
@pytest.mark.parametrize(
    "typed",
    [
        {"kana": "ワタナベ"},
        {"kana": "わたなべ"},
        {"kana": "ﾜﾀﾅﾍﾞ"},
        {"kana": "ワタナベ　ハナ"},
        {"name": "渡邉"},
        {"name": "渡辺"},
        {"name": "渡邊花"},
        {"birth_on": "S45.4.1"},
        {"birth_on": "1970/4/1", "kana": "ワ"},
    ],
)
def test_a_person_is_found_however_the_name_is_typed(
    typed: dict[str, str], desk: Client, maker: User, checker: User
) -> None:
    names = {"family_name": "渡邉\U000e0110", "given_name": "花子", "family_kana": "ワタナベ", "given_kana": "ハナコ"}
    person = approved(maker, checker, **WITHOUT_NUMBER, **names).person
    other = approved(maker, checker, **WITHOUT_NUMBER, birth_on="S50.1.1").person

    page = search(desk, **typed)

    assert page.status_code == 200
    assert str(person.recipient_number) in text_of(page)
    assert str(other.recipient_number) not in text_of(page)


@pytest.mark.django_db
def test_a_person_is_found_by_the_recipient_number(desk: Client, maker: User, checker: User) -> None:
    person = approved(maker, checker, **WITHOUT_NUMBER).person

    page = search(desk, recipient_number=str(person.recipient_number))

    assert reverse("benefits:person", args=[person.pk]) in links_on(page)


@pytest.mark.django_db
def test_a_search_is_on_record_with_its_conditions_sealed(
    desk: Client, viewer: User, maker: User, checker: User
) -> None:
    approved(maker, checker, **WITHOUT_NUMBER)

    search(desk, kana="ミホン", name="見本")

    entry = Event.objects.get(action=events.PERSON_SEARCHED)
    assert (entry.actor_id, entry.details["count"]) == (viewer.pk, 1)
    assert "ミホン" in entry.reason
    assert "見本" in entry.reason
    with_everything = str(Event.objects.filter(pk=entry.pk).values().get())
    assert "ミホン" not in with_everything
    assert "見本" not in with_everything.replace(entry.actor_roles, "")


@pytest.mark.django_db
def test_what_was_searched_for_stands_in_no_address(desk: Client, maker: User, checker: User) -> None:
    approved(maker, checker, **WITHOUT_NUMBER)

    answer = send(desk, PEOPLE, {"kana": "ミホン", "name": "見本", "birth_on": "S45.4.1"})
    page = desk.get(answer["Location"])

    addresses = unquote(" ".join([answer["Location"], *links_on(page)]))
    for private in ("ミホン", "見本", "S45", "1970"):
        assert private not in addresses
    # and the boxes show it again, so that the search can be narrowed
    assert controls_of(page)["kana"] == ["ミホン"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "typed", [{}, {"kana": "ミ"}, {"name": "見"}, {"recipient_number": "12"}, {"birth_on": "S65.1.1"}]
)
def test_a_search_that_is_too_broad_or_wrong_finds_nobody_and_loses_nothing(
    typed: dict[str, str], desk: Client, maker: User, checker: User
) -> None:
    person = approved(maker, checker, **WITHOUT_NUMBER).person

    page = search(desk, **typed)

    assert page.status_code == 200
    assert str(person.recipient_number) not in text_of(page)
    assert {name: values[0] for name, values in controls_of(page).items() if values[0] and name in typed} == typed
    assert not Event.objects.filter(action=events.PERSON_SEARCHED).exists()


@pytest.mark.django_db
@pytest.mark.parametrize("box", ["kana", "name", "birth_on", "recipient_number"])
def test_a_number_typed_as_a_condition_is_refused_and_kept_nowhere(box: str, desk: Client) -> None:
    number = my_number()

    page = search(desk, **{box: number})

    assert number not in text_of(page)
    assert number not in str(dict(desk.session))
    assert number not in str(list(Event.objects.values()))


@pytest.mark.django_db
def test_people_who_are_alike_are_pointed_out(desk: Client, maker: User, checker: User) -> None:
    for _twin in range(2):
        approved(maker, checker, **WITHOUT_NUMBER)

    page = search(desk, kana="ミホン")

    assert text_of(page).count("同姓同名・同じ生年月日") == 2


@pytest.mark.django_db
def test_somebody_whose_application_is_not_approved_is_found_by_nobody(desk: Client, maker: User) -> None:
    application = submitted(maker, **WITHOUT_NUMBER)

    page = search(desk, kana="ミホン")

    assert "該当する受給者はいません" in text_of(page)
    assert desk.get(reverse("benefits:person", args=[application.person_id])).status_code == 404
    assert Event.objects.filter(action=events.HIDDEN_REQUESTED, result=Result.REFUSED).count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["nonsense", "", "%E3%81%82", "a" * 5_000])
def test_a_search_that_this_session_does_not_know_is_an_empty_form(name: str, desk: Client) -> None:
    page = desk.get(f"{PEOPLE}?s={name}")

    assert page.status_code == 200
    assert not controls_of(page).get("kana", [""])[0]


# ── one person ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.django_db
def test_a_persons_page_shows_what_was_granted_and_never_the_number(
    desk: Client, maker: User, checker: User, viewer: User
) -> None:
    number = my_number()
    person = approved(maker, checker, number=number).person

    page = desk.get(reverse("benefits:person", args=[person.pk]))

    for words in (person.name, str(person.recipient_number), "10,000円", "パーキンソン病", "••••"):
        assert words in text_of(page)
    assert not shows(page, number)
    entry = Event.objects.get(action=events.PERSON_VIEWED)
    assert (entry.actor_id, entry.person_id) == (viewer.pk, person.pk)


@pytest.mark.django_db
def test_only_the_viewer_is_offered_the_number(maker: User, checker: User, viewer: User) -> None:
    person = approved(maker, checker).person
    address = reverse("benefits:person", args=[person.pk])

    offered = {
        one.pk: number_page(person) in links_on(signed_in(Client(), one).get(address))
        for one in (maker, checker, viewer)
    }

    assert offered == {maker.pk: False, checker.pk: False, viewer.pk: True}


# ── the certificate ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.django_db
def test_the_certificate_is_a_pdf_that_says_what_was_granted(maker: User, checker: User) -> None:
    application = approved(maker, checker, family_name="渡邉\U000e0110")
    desk = signed_in(Client(), checker)

    answer = desk.get(reverse("benefits:certificate", args=[application.certification.pk]))

    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"] == f'inline; filename="certificate-{application.receipt_number}.pdf"'
    printed = "".join("".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages).split())
    for words in ("渡邉", "パーキンソン病", "10,000円", "令和7年12月31日", "見本健康保険組合"):
        assert words in printed
    assert all(digit in printed for digit in str(application.person.recipient_number))
    entry = Event.objects.get(action=events.CERTIFICATE_OPENED)
    assert (entry.actor_id, entry.subject_label) == (checker.pk, application.receipt_number)


@pytest.mark.django_db
def test_without_its_typefaces_the_certificate_is_a_page_that_says_so(
    maker: User, checker: User, settings: Settings, tmp_path: Path
) -> None:
    application = approved(maker, checker, **WITHOUT_NUMBER)
    settings.KYUFU_FONT_DIRS = [tmp_path]

    answer = signed_in(Client(), checker).get(reverse("benefits:certificate", args=[application.certification.pk]))

    assert answer.status_code == 503
    assert "fonts-ipamj-mincho" in text_of(answer)
    assert not Event.objects.filter(action=events.CERTIFICATE_OPENED).exists()


@pytest.mark.django_db
def test_a_character_that_cannot_be_printed_is_named(maker: User, checker: User) -> None:
    application = approved(maker, checker, **WITHOUT_NUMBER, family_name="\U0003106c")

    answer = signed_in(Client(), checker).get(reverse("benefits:certificate", args=[application.certification.pk]))

    assert answer.status_code == 503
    assert "U+3106C" in text_of(answer)


@pytest.mark.django_db
def test_a_certificate_that_does_not_exist_is_not_there(checker: User) -> None:
    answer = signed_in(Client(), checker).get(reverse("benefits:certificate", args=[checker_uuid()]))

    assert answer.status_code == 404


def checker_uuid() -> str:
    return "00000000-0000-4000-8000-00000000000a"


# ── the number ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.django_db(transaction=True)
def test_the_viewer_sees_the_number_after_a_purpose_a_reason_and_a_fresh_code(
    desk: Client, maker: User, checker: User, viewer: User
) -> None:
    number = my_number()
    person = approved(maker, checker, number=number).person

    page = reveal(desk, person, fresh_code(viewer))

    assert page.status_code == 200
    assert shows(page, number)
    assert page["Refresh"] == f"180;url={reverse('benefits:person', args=[person.pk])}"
    assert "no-store" in page["Cache-Control"]
    entry = Event.objects.get(action=actions.REVEALED)
    assert (entry.actor_id, entry.person_id, entry.purpose) == (viewer.pk, person.pk, "INQUIRY")
    assert entry.reason == WHY
    assert number not in str(dict(desk.session))
    assert number not in str(list(Event.objects.values()))


@pytest.mark.django_db
def test_the_page_that_asks_shows_no_digit_of_it_and_is_on_record(
    desk: Client, maker: User, checker: User, viewer: User
) -> None:
    number = my_number()
    person = approved(maker, checker, number=number).person

    page = desk.get(number_page(person))

    assert page.status_code == 200
    assert not shows(page, number)
    assert Event.objects.filter(action=events.PERSON_VIEWED, actor_id=viewer.pk).count() == 1


@pytest.mark.django_db(transaction=True)
def test_showing_a_number_renews_the_session_and_a_wrong_code_does_not(
    desk: Client, maker: User, checker: User, viewer: User
) -> None:
    person = approved(maker, checker).person
    long_ago = timezone.now() - timedelta(minutes=5)
    StaffSession.objects.filter(user=viewer).update(factor_used_at=long_ago)
    key = desk.session.session_key

    reveal(desk, person, "000000")
    assert desk.session.session_key == key
    assert StaffSession.objects.get(user=viewer).factor_used_at == long_ago

    assert reveal(desk, person, fresh_code(viewer)).status_code == 200
    assert desk.session.session_key != key
    session = StaffSession.objects.get(user=viewer)
    assert session.session_key == desk.session.session_key
    assert session.factor_used_at > long_ago
    with_old_key = Client()
    with_old_key.cookies[settings.SESSION_COOKIE_NAME] = str(key)
    assert with_old_key.get(number_page(person)).status_code == 302


@pytest.mark.django_db
@pytest.mark.parametrize("code", ["000000", "abcdef", "12345", "１２３４５６", "0" * 20])
def test_a_wrong_code_shows_nothing_and_is_on_record(
    code: str, desk: Client, maker: User, checker: User, viewer: User
) -> None:
    number = my_number()
    person = approved(maker, checker, number=number).person

    page = reveal(desk, person, code)

    assert page.status_code == 200
    assert not shows(page, number)
    assert "id_code_error" in ids_on(page)
    assert controls_of(page)["reason"] == [WHY]
    assert not Event.objects.filter(action=actions.REVEALED).exists()
    entry = Event.objects.get(action=actions.REVEAL_REFUSED)
    assert (entry.result, entry.actor_id, entry.details["code"]) == (Result.REFUSED, viewer.pk, "wrong_code")


@pytest.mark.django_db(transaction=True)
def test_a_code_opens_one_number_once(desk: Client, maker: User, checker: User, viewer: User) -> None:
    person, code = approved(maker, checker).person, fresh_code(viewer)

    first, second = reveal(desk, person, code), reveal(desk, person, code)

    assert "data-reveal-digits" in text_of(first)
    assert "data-reveal-digits" not in text_of(second)
    assert Event.objects.filter(action=actions.REVEALED).count() == 1
    assert Event.objects.filter(action=actions.REVEAL_REFUSED).count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    "changes", [{"purpose": ""}, {"purpose": "CURIOSITY"}, {"reason": ""}, {"reason": "理" * 201}, {"code": ""}]
)
def test_a_reveal_that_does_not_say_why_is_not_made_and_costs_no_code(
    changes: dict[str, str], desk: Client, maker: User, checker: User, viewer: User
) -> None:
    person, code = approved(maker, checker).person, fresh_code(viewer)

    page = reveal(desk, person, code, **changes)

    assert page.status_code == 200
    assert next(iter(changes)) in {one.removeprefix("id_").removesuffix("_error") for one in ids_on(page)}
    assert "data-reveal-digits" not in text_of(page)
    assert not Event.objects.filter(action__in=[actions.REVEALED, actions.REVEAL_REFUSED]).exists()
    assert CodeDevice.objects.get(user=viewer).last_step == -1  # the code would still be accepted


@pytest.mark.django_db
def test_a_number_in_the_reason_is_refused_and_not_drawn_back(
    desk: Client, maker: User, checker: User, viewer: User
) -> None:
    number = my_number()
    person = approved(maker, checker, number=number).person

    page = reveal(desk, person, fresh_code(viewer), reason=f"{number}の確認")

    assert number not in text_of(page)
    assert not Event.objects.filter(action=actions.REVEALED).exists()


@pytest.mark.django_db
@pytest.mark.parametrize("role", [role for role in Role if role is not Role.NUMBER_VIEWER])
def test_nobody_else_reveals_and_every_attempt_is_on_record(role: Role, maker: User, checker: User) -> None:
    person, somebody = approved(maker, checker).person, staff_member(role)
    desk = signed_in(Client(), somebody)

    answers = [desk.get(number_page(person)), reveal(desk, person, fresh_code(somebody))]

    assert [answer.status_code for answer in answers] == [403, 403]
    assert Event.objects.filter(actor_id=somebody.pk, result=Result.REFUSED).count() == 2
    assert not Event.objects.filter(action=actions.REVEALED).exists()


@pytest.mark.django_db(transaction=True)
def test_whoever_typed_or_retyped_a_number_does_not_see_it_even_as_a_viewer(maker: User, checker: User) -> None:
    """Nobody holds these duties together; whoever takes up the second later still knows what they typed."""
    typist, retypist = staff_member(Role.MAKER), staff_member(Role.CHECKER)
    person = approved(typist, retypist).person

    for somebody in (moves_to(one, Role.NUMBER_VIEWER) for one in (typist, retypist)):
        answer = reveal(signed_in(Client(), somebody), person, fresh_code(somebody))
        assert answer.status_code == 302
    assert not Event.objects.filter(action=actions.REVEALED).exists()
    assert Event.objects.filter(action=actions.REVEAL_REFUSED, details__code="own_entry").count() == 2


@pytest.mark.django_db
def test_where_no_number_is_held_none_is_offered(desk: Client, maker: User, checker: User, viewer: User) -> None:
    person = approved(maker, checker, **WITHOUT_NUMBER).person

    page = desk.get(number_page(person))
    answer = reveal(desk, person, fresh_code(viewer))

    assert "登録されていません" in text_of(page)
    assert answer.status_code == 302
    assert Event.objects.filter(action=actions.REVEAL_REFUSED, details__code="not_in_use").exists()


@pytest.mark.django_db
def test_a_number_that_is_not_approved_yet_is_nobodys_to_see(desk: Client, maker: User, viewer: User) -> None:
    application = submitted(maker)

    answer = reveal(desk, Person.objects.get(pk=application.person_id), fresh_code(viewer))

    assert answer.status_code == 404
    assert Application.objects.get().status == "SUBMITTED"
