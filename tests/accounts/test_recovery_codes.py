"""A code from the sheet signs its owner in once, and nobody can read it anywhere but on the paper (A2)."""

import re
from collections import Counter
from typing import Any

import psycopg
import pytest
from django.test import Client
from django.utils import timezone

from accounts import actions, paper_codes, recovery_codes
from accounts.models import RecoveryCode, RecoverySheet, User
from audit.models import Event, Result
from tests.accounts.conftest import give_password
from tests.factories import signed_in, staff_member
from tests.racing import together

pytestmark = pytest.mark.django_db

SHEET = "/account/recovery/"
SIGN_IN_WITH = "/sign-in/recovery/"
SHAPE = re.compile(r"(?:[A-HJ-NP-Z2-9]{4}-){3}[A-HJ-NP-Z2-9]{4}")


@pytest.fixture
def user() -> User:
    return staff_member()


@pytest.fixture
def codes(user: User) -> list[str]:
    return recovery_codes.make(user, by=user, at=timezone.now())


def half_way(user: User) -> Client:
    browser = Client()
    assert give_password(browser, user.login_id).status_code == 302
    return browser


def arrives(browser: Client) -> bool:
    return browser.get("/").status_code == 200


def test_a_sheet_has_ten_codes_of_eighty_bits_without_signs_that_look_alike(codes: list[str]) -> None:
    assert len(set(codes)) == 10
    assert all(SHAPE.fullmatch(code) for code in codes)
    assert len(paper_codes.SIGNS) == 32
    assert not set("01IO") & set(paper_codes.SIGNS)


def test_all_signs_are_drawn() -> None:
    drawn = Counter("".join(paper_codes.draw(groups=4) for _code in range(400)).replace("-", ""))

    assert set(drawn) == set(paper_codes.SIGNS)


def test_only_digests_are_kept(codes: list[str], user: User) -> None:
    kept = str(list(RecoveryCode.objects.values())) + str(list(Event.objects.values()))

    assert not any(code in kept or code.replace("-", "") in kept for code in codes)
    assert RecoveryCode.objects.filter(digest=paper_codes.digest("accounts.recovery|0", codes[0])).count() == 0


def test_a_sheet_is_shown_once_and_kept_by_no_browser(user: User) -> None:
    client = signed_in(Client(), user)

    made = client.post(SHEET)

    shown = SHAPE.findall(made.content.decode())
    assert len(shown) == 10
    assert made["Cache-Control"] == "no-store, private"
    assert "data-print" in made.content.decode()
    assert not SHAPE.search(client.get(SHEET).content.decode())
    assert "10 個" in client.get(SHEET).content.decode()
    assert not any(code in str(dict(client.session)) for code in shown)
    entry = Event.objects.get(action=actions.FACTOR_ADDED)
    assert (entry.actor_id, entry.details) == (user.pk, {"kind": "recovery", "count": 10})


def test_password_and_recovery_code_sign_in_and_say_how_many_are_left(user: User, codes: list[str]) -> None:
    browser = half_way(user)
    assert SIGN_IN_WITH in browser.get("/sign-in/code/").content.decode()

    answer = browser.post(SIGN_IN_WITH, {"code": codes[0]})

    assert answer["Location"] == "/"
    page = browser.get("/")
    assert "回復コードを1つ使いました。残りは9個です。" in page.content.decode()
    assert Event.objects.get(action=actions.RECOVERY_USED).details == {"count": 9}
    assert Event.objects.get(action=actions.SIGNED_IN).details == {"kind": "recovery"}


def test_with_few_left_the_person_is_told_to_make_a_new_sheet(user: User, codes: list[str]) -> None:
    for code in codes[:6]:
        assert recovery_codes.use(user, code, at=timezone.now())
    browser = half_way(user)

    browser.post(SIGN_IN_WITH, {"code": codes[6]})

    assert "残りは3個です。新しい用紙を作ってください。" in browser.get("/").content.decode()


@pytest.mark.parametrize(
    "spelt",
    [
        str.lower,
        lambda code: code.replace("-", ""),
        lambda code: code.replace("-", " "),
        lambda code: code.replace("-", "ー"),
        lambda code: "".join(chr(ord(sign) + 0xFEE0) for sign in code),
    ],
)
def test_case_width_and_what_stands_between_the_groups_do_not_matter(spelt: Any, user: User, codes: list[str]) -> None:
    assert recovery_codes.use(user, spelt(codes[0]), at=timezone.now()) is not None


def test_a_used_code_signs_nobody_in(user: User, codes: list[str]) -> None:
    recovery_codes.use(user, codes[0], at=timezone.now())
    browser = half_way(user)

    answer = browser.post(SIGN_IN_WITH, {"code": codes[0]})

    assert answer.status_code == 200
    assert "回復コードが違うか、使用済みです" in answer.content.decode()
    assert not arrives(browser)
    refused = Event.objects.get(action=actions.CODE_REFUSED)
    assert (refused.actor_id, refused.details, refused.result) == (user.pk, {"kind": "recovery"}, Result.REFUSED)


def test_another_persons_code_signs_nobody_in_and_stays_good_for_its_owner(user: User, codes: list[str]) -> None:
    other = staff_member()
    recovery_codes.make(other, by=other, at=timezone.now())
    browser = half_way(other)

    browser.post(SIGN_IN_WITH, {"code": codes[0]})

    assert not arrives(browser)
    assert recovery_codes.use(user, codes[0], at=timezone.now()) is not None


def test_a_new_sheet_voids_the_old_one(user: User, codes: list[str]) -> None:
    recovery_codes.make(user, by=user, at=timezone.now())

    assert recovery_codes.use(user, codes[0], at=timezone.now()) is None
    assert (RecoverySheet.objects.filter(user=user).count(), recovery_codes.left(user)) == (1, 10)


def test_whoever_came_in_with_a_code_stays_in_when_making_a_new_sheet(user: User, codes: list[str]) -> None:
    browser = half_way(user)
    browser.post(SIGN_IN_WITH, {"code": codes[0]})

    browser.post(SHEET)

    assert arrives(browser)


def test_a_code_without_the_password_signs_nobody_in(user: User, codes: list[str]) -> None:
    assert Client().post(SIGN_IN_WITH, {"code": codes[0]})["Location"] == "/sign-in/"
    assert recovery_codes.left(user) == 10


@pytest.mark.parametrize("code", ["", "\x07\x1b", "A" * 61, "あ" * 16, "-", "A" * 900_000])
def test_nonsense_is_refused_with_words_and_not_drawn_back(code: str, user: User, codes: list[str]) -> None:
    browser = half_way(user)

    answer = browser.post(SIGN_IN_WITH, {"code": code})

    assert answer.status_code == 200
    assert "error-summary" in answer.content.decode()
    assert len(code) < 16 or code not in answer.content.decode()


def test_after_many_wrong_codes_the_right_one_has_to_wait(user: User, codes: list[str]) -> None:
    browser = half_way(user)
    for _time in range(6):
        browser.post(SIGN_IN_WITH, {"code": "AAAA-AAAA-AAAA-AAAA"})

    browser.post(SIGN_IN_WITH, {"code": codes[0]})

    assert not arrives(browser)
    assert recovery_codes.left(user) == 10


@pytest.mark.django_db(transaction=True)
def test_one_code_signs_in_one_of_many_who_send_it_at_once(user: User) -> None:
    codes = recovery_codes.make(user, by=user, at=timezone.now())
    browsers = [half_way(user) for _browser in range(4)]

    answers = together(
        *[lambda browser=browser: browser.post(SIGN_IN_WITH, {"code": codes[0]}).status_code for browser in browsers]
    )

    assert sorted(answers) == [200, 200, 200, 302]
    assert recovery_codes.left(user) == 9
    assert Event.objects.filter(action=actions.RECOVERY_USED).count() == 1
    assert [arrives(browser) for browser in browsers] == [answer == 302 for answer in answers]


@pytest.mark.django_db(transaction=True)
def test_of_two_sheets_made_at_once_one_is_left(user: User) -> None:
    sheets = together(*[lambda: recovery_codes.make(user, by=user, at=timezone.now())] * 3)

    good = [recovery_codes.use(user, codes[0], at=timezone.now()) is not None for codes in sheets]
    assert sorted(good) == [False, False, True]


@pytest.mark.django_db(transaction=True)
def test_the_database_takes_no_sheet_without_an_entry(user: User) -> None:
    with pytest.raises(Exception, match="factor_change_is_on_record") as refused:
        RecoverySheet.objects.create(user=user, name="recovery", made_at=timezone.now())

    assert isinstance(refused.value.__cause__, psycopg.errors.CheckViolation)
