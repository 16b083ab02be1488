"""Passwords are hard to guess, are each person's own, and are changed when they must be (A2)."""

import itertools
import sys
import threading
import unicodedata
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
from django.contrib.auth.hashers import check_password, identify_hasher, make_password
from django.contrib.auth.password_validation import get_password_validators, validate_password
from django.contrib.messages.storage.base import Message
from django.contrib.messages.storage.cookie import MessageEncoder
from django.contrib.messages.storage.session import SessionStorage
from django.contrib.sessions.models import Session
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.db import connection
from django.template.loader import render_to_string
from django.test import Client
from django.utils import timezone

from accounts import actions, attempts, hashers, passwords
from accounts.backends import PasswordBackend
from accounts.hashers import OfficeArgon2PasswordHasher
from accounts.models import Attempts, FormerPassword, StaffSession, User
from accounts.models.people import MustChange
from accounts.models.sessions import EndReason
from accounts.roles import Role
from audit import actions as audit_actions
from audit.models import Event, Result
from tests.accounts.conftest import CODE, SIGN_IN, give_code, give_password, is_signed_in
from tests.factories import PASSWORD, fresh_code, my_number, signed_in, staff_member
from tests.racing import together

PAGE = "/account/password/"
NEW = "asagao-mizuumi-tonbo-kagaribi"
OTHER = "yuuyake-torinosu-hotaru-bukuro"
TOKYO = ZoneInfo("Asia/Tokyo")

YAMADA = User(login_id="yamada.misaki", display_name="山田 美咲", section="地域保健課 難病認定グループ")


def send(client: Client, *, current: str = PASSWORD, new: str = NEW, repeat: str | None = None) -> Any:
    """Send the change page's form."""
    return client.post(PAGE, {"current": current, "new": new, "repeat": new if repeat is None else repeat})


def reasons(password: str, *, current: str = "", user: User = YAMADA) -> str:
    return " ".join(passwords.why_not(password, user=user, current=current))


# ── hashing ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_office_hashes_with_argon2id_in_46_mebibytes() -> None:
    hasher = OfficeArgon2PasswordHasher()

    encoded = hasher.encode(PASSWORD, hasher.salt())

    # OWASP's recommended set: m=47104 (46 MiB), t=1, p=1
    assert encoded.startswith("argon2$argon2id$v=19$m=47104,t=1,p=1$")
    assert hasher.verify(PASSWORD, encoded)
    assert not hasher.verify(PASSWORD + " ", encoded)
    assert PASSWORD not in encoded
    assert hasher.encode(PASSWORD, hasher.salt()) != encoded


def test_an_office_knows_no_other_hasher_than_that() -> None:
    base = sys.modules["config.settings.base"]

    assert base.PASSWORD_HASHERS[0] == "accounts.hashers.OfficeArgon2PasswordHasher"
    assert all("rgon2" in name for name in base.PASSWORD_HASHERS)


def test_a_password_hashed_more_cheaply_is_hashed_again() -> None:
    class Cheap(OfficeArgon2PasswordHasher):
        memory_cost = 8 * 1024

    encoded = Cheap().encode(PASSWORD, Cheap().salt())

    assert OfficeArgon2PasswordHasher().must_update(encoded)
    assert identify_hasher(encoded).algorithm == "argon2"


def test_however_a_keyboard_sends_a_letter_it_is_the_same_password() -> None:
    hasher = OfficeArgon2PasswordHasher()
    composed = unicodedata.normalize("NFC", "がぎぐげごの長い合言葉です")
    apart = unicodedata.normalize("NFD", composed)

    assert apart != composed
    assert hasher.verify(apart, hasher.encode(composed, hasher.salt()))
    assert hasher.verify(composed, hasher.encode(apart, hasher.salt()))


def test_no_more_passwords_are_hashed_at_once_than_there_is_memory_for(monkeypatch: pytest.MonkeyPatch) -> None:
    from django.contrib.auth.hashers import Argon2PasswordHasher

    most, now = 0, 0
    guard = threading.Lock()
    encode = Argon2PasswordHasher.encode

    def counted(self: Argon2PasswordHasher, password: str, salt: str) -> str:
        nonlocal most, now
        with guard:
            now += 1
            most = max(most, now)
        try:
            return encode(self, password, salt)
        finally:
            with guard:
                now -= 1

    monkeypatch.setattr(Argon2PasswordHasher, "encode", counted)
    hasher = OfficeArgon2PasswordHasher()
    threads = [threading.Thread(target=hasher.encode, args=(PASSWORD, hasher.salt())) for _one in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert most == hashers.AT_ONCE


@pytest.fixture
def crowd(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[None]:
    """So many people signing in that nobody else's turn comes."""
    settings.PASSWORD_HASHERS = [
        "accounts.hashers.OfficeArgon2PasswordHasher",
        "django.contrib.auth.hashers.MD5PasswordHasher",
    ]
    monkeypatch.setattr(hashers, "WAITS_FOR", 0.05)
    with hashers.turn(), hashers.turn():
        yield


@pytest.mark.usefixtures("crowd")
def test_whose_turn_does_not_come_is_told_so_and_a_turn_is_given_back() -> None:
    for _time in range(3):
        with pytest.raises(hashers.TooBusyError):
            OfficeArgon2PasswordHasher().encode(PASSWORD, "saltsaltsalt")


@pytest.mark.django_db
def test_a_turn_that_does_not_come_is_a_page_that_says_so_and_costs_no_try(
    client: Client, user: User, superuser_connection: psycopg.Connection[Any], request: pytest.FixtureRequest
) -> None:
    encoded = OfficeArgon2PasswordHasher().encode(PASSWORD, OfficeArgon2PasswordHasher().salt())
    superuser_connection.execute("UPDATE accounts_user SET password = %s WHERE id = %s", [encoded, user.pk])
    signed_in(client, User.objects.get(pk=user.pk))
    request.getfixturevalue("crowd")

    for _time in range(8):
        response = send(client)

        assert (response.status_code, response["Retry-After"]) == (503, "30")
        assert "混み合っています" in response.content.decode()
    assert not Attempts.objects.filter(tries__gt=0).exists()
    assert User.objects.get(pk=user.pk).password == encoded


# ── what a password may be ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "password", ["", "short", "fourteen chars", "1q2w3e4r5t6y7u8i9o0p", "12345678901234567890", "yamada.misaki.01"]
)
def test_an_easily_guessed_password_is_refused(password: str) -> None:
    base = sys.modules["config.settings.base"]

    with pytest.raises(ValidationError):
        validate_password(password, YAMADA, get_password_validators(base.AUTH_PASSWORD_VALIDATORS))


@pytest.mark.parametrize(
    "password",
    [
        PASSWORD,
        "kawa-yama-sora-hana-1234567-7654321",
        NEW,
        OTHER,
        "correct horse battery staple",
        "k7dmw-q9tzx-f3hvp",
        "本日は晴天なり波は静かだった朝",
        "ホタルブクロ と 古い自転車の鍵",
        "P.S. I ate 3 persimmons",
        "vN3#kQ9!tL2@wZ7$",
    ],
)
def test_a_long_password_of_ones_own_is_accepted_whatever_it_is_made_of(password: str) -> None:
    assert passwords.why_not(password, user=YAMADA) == []
    validate_password(password, YAMADA)


@pytest.mark.parametrize(
    ("password", "why"),
    [
        # runs along a keyboard, in both directions, on either layout; repeats; dates
        ("qwertyuiopasdfghjkl", "キーボードの並び"),
        ("lkjhgfdsapoiuytrewq", "キーボードの並び"),
        ("zaq1xsw2cde3vfr4", "キーボードの並び"),
        ("abcdefghijklmnopq", "キーボードの並び"),
        ("qawsedrftgyhujikolp", "キーボードの並び"),
        ("asdfghjkl;:]zxcvbnm", "キーボードの並び"),
        ("ぬふあうえおやゆよわほへたてい", "キーボードの並び"),
        ("いろはにほへとちりぬるをわか", "キーボードの並び"),
        ("aaaaaaaaaaaaaaaaaaaa", "キーボードの並び"),
        ("xk3xk3xk3xk3xk3xk3", "キーボードの並び"),
        ("qwerty19850401qwerty", "キーボードの並び"),
        # one's own words
        ("misaki-yamada-1985!", "利用者ID"),
        ("ikasim-adamay-1985!", "利用者ID"),
        ("山田美咲の2026年4月1日です", "利用者ID"),
        ("難病認定グループ-20260401-!", "利用者ID"),
        ("YAMADA_MISAKI_2026_04", "利用者ID"),
        # the office's
        ("Kyufu-Nanbyo-Kouhi-01", "役所や業務"),
        ("kenko.iryou.2026.04.01", "役所や業務"),
        ("見本県健康医療部地域保健課2026", "役所や業務"),
        ("mynumber-kyufu-R8!", "役所や業務"),
        # favourites
        ("sakurasamurai2024", "よく使われる"),
        ("S@kur@-S@mur@i-2024", "よく使われる"),
        ("p@ssw0rdP@55word!!", "よく使われる"),
        ("Password1234567890", "よく使われる"),
        ("ｐａｓｓｗｏｒｄ１２３４５６７８", "よく使われる"),
        ("さくらとさむらい12345678", "よく使われる"),
        ("パスワードヒミツ１２３４５６７", "よく使われる"),
        ("ﾊﾟｽﾜｰﾄﾞﾋﾐﾂ1234567890", "よく使われる"),
        ("hanshintigers1985", "よく使われる"),
        ("doraemon-pikachu-99", "よく使われる"),
        ("iloveyou-sunshine-1", "よく使われる"),
        ("suzuki.ichiro.1973", "よく使われる"),
        # nothing but digits, as a My Number is
        ("135792468013579246", "数字と記号だけ"),
        ("9081-7263-5544-1122", "数字と記号だけ"),
        ("９０８１７２６３５５４４１１２２", "数字と記号だけ"),
        # what nobody can see
        ("kawa\x07yama-sora-hana-x", "制御文字"),
        ("kawa\u200byama-sora-hana-x", "制御文字"),
        ("kawa\nyama-sora-hana-x", "制御文字"),
    ],
)
def test_what_is_tried_first_is_refused_and_told_why(password: str, why: str) -> None:
    assert why in reasons(password)


@pytest.mark.parametrize("password", [my_number(), f"{my_number()}{my_number()}"])
def test_a_my_number_is_no_password_and_no_reason_repeats_it(password: str) -> None:
    assert "数字と記号だけ" in reasons(password)
    assert password not in reasons(password)


def test_a_password_is_counted_in_letters_as_they_are_seen_and_may_be_made_longer_but_not_short(
    settings: Any,
) -> None:
    fifteen = "がざだばぱ古い橋のたもとの茶店"
    assert len(fifteen) == 15

    assert passwords.why_not(fifteen, user=YAMADA) == []
    assert passwords.why_not(unicodedata.normalize("NFD", fifteen), user=YAMADA) == []
    # fourteen, though sixteen code points are sent
    assert "短すぎます（14文字）" in reasons(unicodedata.normalize("NFD", fifteen[1:]))
    settings.KYUFU_PASSWORD_LENGTH = 20
    assert "20文字以上" in reasons(fifteen)
    settings.KYUFU_PASSWORD_LENGTH = 4
    assert passwords.least_length() == 12
    assert "12文字以上" in reasons("k7dmw-q9tzx")


def test_a_password_may_have_128_letters_and_no_more() -> None:
    long = "".join(chr(0x4E00 + 7 * number) for number in range(129))

    assert passwords.why_not(long[:128], user=YAMADA) == []
    assert "長すぎます" in reasons(long)
    assert "長すぎます" in reasons("k7dmw" * 200_000)


@pytest.mark.parametrize(
    ("new", "why"),
    [
        (PASSWORD, "同じです"),
        (PASSWORD + "x", "ほとんど同じ"),
        (PASSWORD.upper(), "ほとんど同じ"),
        (PASSWORD.replace("1234567", "1234568"), "ほとんど同じ"),
        (PASSWORD.replace("1234567", "90817263"), "ほとんど同じ"),
        ("1234567/" + PASSWORD.replace("-1234567", "").replace("-", "_"), "ほとんど同じ"),
        (PASSWORD.replace("kawa", "kava"), "ほとんど同じ"),
        (PASSWORD + "-tonbo-kagaribi", "ほとんど同じ"),
        (PASSWORD[::-1], "ほとんど同じ"),
        ("ｋａｗａ" + PASSWORD[4:], "ほとんど同じ"),
    ],
)
def test_a_variant_of_the_current_password_is_no_new_one(new: str, why: str) -> None:
    assert why in reasons(new, current=PASSWORD)


def test_another_password_is_no_variant() -> None:
    assert passwords.why_not(NEW, user=YAMADA, current=PASSWORD) == []


# ── who somebody is ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.django_db
def test_the_backend_knows_people_by_id_and_password_and_nothing_less() -> None:
    backend, user = PasswordBackend(), staff_member()

    assert backend.authenticate(None, username=user.login_id, password=PASSWORD) == user
    for username, password in (
        (user.login_id, PASSWORD + "x"),
        (user.login_id, ""),
        (user.login_id, None),
        (None, PASSWORD),
        ("", ""),
        (user.login_id.upper(), PASSWORD),
        (str(user.pk), PASSWORD),
        (user.display_name, PASSWORD),
        (user.login_id, PASSWORD * 40_000),
    ):
        assert backend.authenticate(None, username=username, password=password) is None


@pytest.mark.django_db
def test_an_account_without_a_usable_password_cannot_be_signed_in_to(superuser_connection: object) -> None:
    user = User(login_id="nobody")
    user.set_unusable_password()

    assert not user.check_password("")
    assert not user.check_password(user.password)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "change",
    [
        "is_active = false",
        "valid_until = (now() AT TIME ZONE 'Asia/Tokyo')::date - 1",
        "temporary_until = now() - interval '1 minute', must_change_password = 'FIRST'",
        "password = '!unusable'",
        "login_id = 'somebody.else'",
    ],
)
def test_whoever_is_not_let_in_costs_one_look_at_a_password_like_a_wrong_one(
    change: str, superuser_connection: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.contrib.auth.hashers import MD5PasswordHasher

    user = staff_member()
    superuser_connection.execute(f"UPDATE accounts_user SET {change} WHERE id = %s".encode(), [user.pk])
    hashed: list[str] = []
    encode = MD5PasswordHasher.encode

    def counted(self: MD5PasswordHasher, password: str, salt: str) -> str:
        hashed.append(password)
        return encode(self, password, salt)

    monkeypatch.setattr(MD5PasswordHasher, "encode", counted)

    assert PasswordBackend().authenticate(None, username=user.login_id, password=PASSWORD) is None
    assert len(hashed) == 1


# ── changing it ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.django_db
def test_the_page_says_what_a_password_must_be_before_one_is_typed(client: Client, user: User) -> None:
    page = signed_in(client, user).get(PAGE).content.decode()

    assert "15文字以上、128文字以下" in page
    for condition in passwords.conditions():
        assert condition in page
    assert page.index("条件") < page.index('name="current"')
    assert page.count('autocomplete="current-password"') == 1
    assert page.count('autocomplete="new-password"') == 2
    assert "onpaste" not in page
    assert 'action="/sign-out/"' in page
    assert "変更してください" not in page


@pytest.mark.django_db(transaction=True)
def test_a_changed_password_is_the_one_that_opens_from_then_on(client: Client, user: User) -> None:
    signed_in(client, user)
    before = timezone.now()

    response = send(client)

    assert (response.status_code, response["Location"]) == (302, "/")
    assert "パスワードを変更しました" in client.get("/").content.decode()
    changed = User.objects.get(pk=user.pk)
    assert (changed.check_password(NEW), changed.check_password(PASSWORD)) == (True, False)
    assert changed.password_changed_at is not None
    assert changed.password_changed_at >= before
    assert (changed.must_change_password, changed.temporary_until) == ("", None)
    entry = Event.objects.get(action=actions.PASSWORD_CHANGED)
    assert (entry.actor_id, entry.subject_id, entry.result) == (user.pk, str(user.pk), Result.DONE)
    assert give_password(Client(), user.login_id).status_code == 200
    assert give_password(Client(), user.login_id, NEW)["Location"] == CODE


@pytest.mark.django_db(transaction=True)
def test_the_other_sessions_end_and_this_one_goes_on_under_a_new_key(
    client: Client, user: User, settings: Any
) -> None:
    settings.KYUFU_SESSIONS_PER_PERSON = 3
    elsewhere, stranger = signed_in(Client(), user), signed_in(Client(), staff_member())
    signed_in(client, user)
    before = client.session.session_key
    mine = StaffSession.objects.get(session_key=before)

    send(client)

    after = client.session.session_key
    assert after != before
    assert is_signed_in(client)
    mine.refresh_from_db()
    assert (mine.session_key, mine.ended_at) == (after, None)
    assert not Session.objects.filter(session_key=before).exists()
    old = Client()
    old.cookies["kyufu-session"] = str(before)
    assert not is_signed_in(old)
    assert not is_signed_in(elsewhere)
    assert is_signed_in(stranger)
    ended = StaffSession.objects.exclude(pk=mine.pk).get(user=user)
    assert (ended.end_reason, ended.ended_by_id) == (EndReason.PASSWORD, user.pk)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("form", "field", "words"),
    [
        ({"current": ""}, "current", "今のパスワードを入力してください"),
        ({"new": "", "repeat": NEW}, "new", "新しいパスワードを入力してください"),
        ({"repeat": ""}, "repeat", "もう一度入力してください"),
        ({"repeat": NEW + "x"}, "repeat", "一致しません"),
        ({"current": "not the password"}, "current", "今のパスワードが違います"),
        ({"new": "short"}, "new", "短すぎます（5文字）"),
        ({"new": PASSWORD}, "new", "今のパスワードと同じ"),
        ({"new": PASSWORD + "8"}, "new", "ほとんど同じ"),
        ({"new": "sakurasamurai2024"}, "new", "よく使われる"),
        ({"new": "kawa\u200byama-sora-hana-x"}, "new", "制御文字"),
        ({"new": "k7" * 500, "repeat": NEW}, "new", "長すぎます"),
        ({"current": "k7" * 500}, "current", "長すぎます"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_changed(
    form: dict[str, str], field: str, words: str, client: Client, user: User
) -> None:
    response = send(signed_in(client, user), **form)

    assert response.status_code == 200
    assert words in " ".join(response.context["form"].errors[field])
    assert set(response.context["form"].errors) == {field}
    page = response.content.decode()
    assert words in page
    assert "エラー: " in page
    for typed in (NEW, PASSWORD, "not the password", "sakurasamurai2024"):
        assert typed not in page
    assert User.objects.get(pk=user.pk).password == user.password
    assert is_signed_in(client)


@pytest.mark.django_db
def test_a_refused_change_is_on_record_without_what_was_typed(client: Client, user: User) -> None:
    signed_in(client, user)
    send(client, current="not the password")
    send(client, new="sakurasamurai2024")

    entries = Event.objects.filter(action=actions.PASSWORD_CHANGE_REFUSED).order_by("at")
    assert [(entry.actor_id, entry.result, entry.details) for entry in entries] == [
        (user.pk, Result.REFUSED, {"code": "wrong"}),
        (user.pk, Result.REFUSED, {"code": "unfit"}),
    ]


@pytest.mark.django_db
@pytest.mark.parametrize("box", ["current", "new", "repeat"])
def test_a_password_of_a_megabyte_is_refused_and_not_hashed(
    box: str, client: Client, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.contrib.auth.hashers import MD5PasswordHasher

    signed_in(client, user)
    longest = 0
    encode = MD5PasswordHasher.encode

    def measured(self: MD5PasswordHasher, password: str, salt: str) -> str:
        nonlocal longest
        longest = max(longest, len(password))
        return encode(self, password, salt)

    monkeypatch.setattr(MD5PasswordHasher, "encode", measured)
    for size in (900_000, 1_100_000):
        response = send(client, **{box: "k7" * (size // 2)})

        assert response.status_code in {200, 400, 413}
        assert "長すぎます" in response.content.decode() or "大きすぎます" in response.content.decode()
    assert longest <= passwords.LONGEST_TYPED
    assert User.objects.get(pk=user.pk).password == user.password


@pytest.mark.django_db
@pytest.mark.parametrize("box", ["current", "new", "repeat"])
def test_control_characters_are_refused_and_never_an_error_of_ours(box: str, client: Client, user: User) -> None:
    signed_in(client, user)

    for mark in ("\x00", "\x1b", "\x7f", "\ud7ff\uffff", "\u202e"):
        assert send(client, **{box: f"kawa{mark}yama-sora-hana-x"}).status_code in {200, 400}
    assert User.objects.get(pk=user.pk).password == user.password


@pytest.mark.django_db
def test_the_current_password_cannot_be_guessed_on_the_change_page(client: Client, user: User) -> None:
    signed_in(client, user)
    for _time in range(5):
        send(client, current="not the password")

    response = send(client)

    assert "今のパスワードが違います" in response.content.decode()
    assert User.objects.get(pk=user.pk).password == user.password
    assert not attempts.reserve(user.login_id, at=timezone.now())


@pytest.mark.django_db
def test_new_passwords_that_are_refused_cost_no_tries_and_pay_for_none(client: Client, user: User) -> None:
    signed_in(client, user)
    for _time in range(3):
        send(client, current="not the password")
    for _time in range(8):
        assert "短すぎます" in send(client, new="short").content.decode()

    assert Attempts.objects.order_by("tries").last().tries == 3  # type: ignore[union-attr]


@pytest.mark.django_db(transaction=True)
def test_the_last_five_passwords_are_not_taken_up_again_and_older_ones_are_forgotten(
    client: Client, user: User
) -> None:
    words = ["hotaru", "tonbo", "kagaribi", "mizuumi", "asagao", "yuuyake", "torinosu", "bukuro"]
    used = [PASSWORD] + [f"{word}-{word[::-1]}x-{number}vq{word[2:]}" for number, word in enumerate(words[:6])]
    signed_in(client, user)
    for current, new in itertools.pairwise(used):
        assert send(client, current=current, new=new).status_code == 302, passwords.why_not(new, user=user)

    assert FormerPassword.objects.filter(user=user).count() == passwords.REMEMBERED
    for former in used[1:-1]:
        assert "前に使った" in send(client, current=used[-1], new=former).content.decode()
    assert send(client, current=used[-1], new=used[0]).status_code == 302


@pytest.mark.django_db(transaction=True)
def test_somebody_elses_former_passwords_are_free(client: Client, user: User) -> None:
    FormerPassword.objects.create(user=staff_member(), password=make_password(NEW), replaced_at=timezone.now())

    assert send(signed_in(client, user)).status_code == 302


@pytest.mark.django_db(transaction=True)
def test_of_two_changes_at_once_one_counts_and_nobody_is_shut_out(user: User, settings: Any) -> None:
    settings.KYUFU_SESSIONS_PER_PERSON = 2
    clients = [signed_in(Client(), user), signed_in(Client(), user)]

    together(
        lambda: send(clients[0], new=NEW).status_code,
        lambda: send(clients[1], new=OTHER).status_code,
    )

    changed = User.objects.get(pk=user.pk)
    winner = [changed.check_password(NEW), changed.check_password(OTHER)]
    assert sorted(winner) == [False, True]
    assert [is_signed_in(client) for client in clients] == winner
    assert Event.objects.filter(action=actions.PASSWORD_CHANGED).count() == 1
    assert FormerPassword.objects.filter(user=user).count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_change_on_its_way_does_not_undo_the_mark_of_a_leak(client: Client, user: User) -> None:
    administrator = staff_member(Role.USER_ADMINISTRATOR)
    signed_in(client, user)
    request = _request_of(client, user)
    passwords.mark_compromised(User.objects.get(pk=user.pk), by=administrator, at=timezone.now())

    with pytest.raises(passwords.ChangedMeanwhileError):
        passwords.change(request, request.user, current=PASSWORD, new=NEW, at=timezone.now())

    kept = User.objects.get(pk=user.pk)
    assert (kept.must_change_password, kept.password) == (MustChange.COMPROMISED, user.password)


@pytest.mark.django_db(transaction=True)
def test_without_an_entry_in_the_record_no_password_is_changed(
    client: Client, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    from audit import journal

    record = journal.record

    def broken(action: str, **parts: Any) -> Event:
        if action == actions.PASSWORD_CHANGED:
            raise RuntimeError("the record is out of reach")
        return record(action, **parts)

    signed_in(client, user)
    client.raise_request_exception = False
    with monkeypatch.context() as patch:
        patch.setattr(journal, "record", broken)
        assert send(client).status_code == 500

    assert User.objects.get(pk=user.pk).password == user.password
    assert is_signed_in(client)


def test_the_change_page_is_for_whoever_is_signed_in(db: None, client: Client) -> None:
    for response in (client.get(PAGE), send(client)):
        assert response["Location"].startswith(SIGN_IN)


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_a_password_is_changed_by_post_alone(method: str, client: Client, user: User) -> None:
    assert getattr(signed_in(client, user), method)(PAGE).status_code == 405


@pytest.mark.django_db
def test_no_other_site_changes_a_password(user: User) -> None:
    client = signed_in(Client(enforce_csrf_checks=True), user)

    assert send(client).status_code == 403
    assert User.objects.get(pk=user.pk).password == user.password


def _request_of(client: Client, user: User) -> Any:
    """Return a request of the browser as it is when the view begins."""
    from importlib import import_module

    from django.conf import settings
    from django.test import RequestFactory

    request = RequestFactory().post(PAGE)
    engine = import_module(settings.SESSION_ENGINE)
    request.session = engine.SessionStore(client.session.session_key)
    request.session["_auth_user_id"]  # read while it is still there
    request.user = User.objects.get(pk=user.pk)
    return request


# ── age ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def aged(changed_at: datetime | None, *, must: str = "") -> User:
    return User(login_id="somebody", password_changed_at=changed_at, must_change_password=must)


def test_a_password_may_be_used_until_the_end_of_its_last_day_here(settings: Any) -> None:
    settings.KYUFU_PASSWORD_DAYS = 30
    # half past midnight in Tokyo is still the day before in Greenwich
    user = aged(datetime(2026, 4, 1, 0, 30, tzinfo=TOKYO))

    last_second = datetime(2026, 5, 1, 23, 59, 59, tzinfo=TOKYO)
    assert passwords.days_left(user, last_second) == 0
    assert passwords.why_to_change(user, at=last_second) == ""
    assert passwords.why_to_change(user, at=last_second + timedelta(seconds=1)) == "expired"


def test_a_password_that_nobody_knows_the_age_of_has_expired(settings: Any) -> None:
    assert passwords.why_to_change(aged(None), at=timezone.now()) == "expired"
    settings.KYUFU_PASSWORD_DAYS = 0
    assert passwords.why_to_change(aged(None), at=timezone.now()) == ""


def test_without_an_age_passwords_do_not_expire(settings: Any) -> None:
    settings.KYUFU_PASSWORD_DAYS = 0
    user = aged(datetime(1999, 1, 1, tzinfo=TOKYO))

    assert passwords.days_left(user, timezone.now()) is None
    assert passwords.warning(user, timezone.now()) is None
    assert passwords.why_to_change(user, at=timezone.now()) == ""


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("roles", "days"),
    [
        ((), 365),
        ((Role.MAKER,), 365),
        ((Role.NUMBER_VIEWER,), 90),
        ((Role.AUDITOR,), 180),
        ((Role.RECORDS_KEEPER, Role.AUDITOR), 180),
        ((Role.SECTION_HEAD,), 365),
    ],
)
def test_some_duties_have_a_shorter_age_and_none_a_longer_one(
    roles: tuple[Role, ...], days: int, settings: Any
) -> None:
    settings.KYUFU_PASSWORD_DAYS_BY_ROLE = ["NUMBER_VIEWER=90", "AUDITOR=180", "SECTION_HEAD=700", "RECORDS_KEEPER=0"]

    user = staff_member(*roles)

    assert passwords.last_day(user) == timezone.localdate(user.password_changed_at) + timedelta(days=days)


@pytest.mark.django_db
def test_a_duty_that_is_off_elsewhere_still_shortens_the_age(settings: Any) -> None:
    settings.KYUFU_PASSWORD_DAYS = 0
    settings.KYUFU_PASSWORD_DAYS_BY_ROLE = ["NUMBER_VIEWER=90"]

    viewer, maker = staff_member(Role.NUMBER_VIEWER, network="10.9.9.0/24"), staff_member(Role.MAKER)

    assert passwords.days_left(viewer, timezone.now()) == 90
    assert passwords.days_left(maker, timezone.now()) is None


@pytest.mark.parametrize("word", ["VIEWER=90", "NUMBER_VIEWER", "NUMBER_VIEWER=", "NUMBER_VIEWER=-1", "AUDITOR=９０"])
def test_a_setting_that_says_nothing_is_an_error_and_not_ignored(word: str, settings: Any) -> None:
    settings.KYUFU_PASSWORD_DAYS_BY_ROLE = [word]

    with pytest.raises(ImproperlyConfigured, match="KYUFU_PASSWORD_DAYS_BY_ROLE"):
        passwords.last_day(User(pk=1, login_id="somebody"))


@pytest.mark.parametrize(
    ("left", "warned"), [(15, None), (14, 14), (8, 8), (7, 7), (3, 3), (1, 1), (0, 0), (-1, None), (-400, None)]
)
def test_two_weeks_before_the_end_a_warning_begins(left: int, warned: int | None, settings: Any) -> None:
    settings.KYUFU_PASSWORD_DAYS = 365
    now = timezone.now()

    assert passwords.warning(aged(now - timedelta(days=365 - left)), now) == warned


@pytest.mark.parametrize(
    ("days", "words", "kind"),
    [
        (14, "あと14日", "info"),
        (7, "あと7日", "warning"),
        (3, "今日のうちに", "warning"),
        (1, "あと1日", "warning"),
        (0, "今日まで", "warning"),
    ],
)
def test_the_warning_says_how_long_and_leads_to_the_change(days: int, words: str, kind: str) -> None:
    banner = render_to_string("accounts/_password_age.html", {"days": days})

    assert words in banner
    assert f"banner--{kind}" in banner
    assert PAGE in banner


def test_without_a_warning_there_is_no_banner() -> None:
    assert render_to_string("accounts/_password_age.html", {"days": None}).strip() == ""


# ── what must be changed first ───────────────────────────────────────────────────────────────────────────────────

#: What an account looks like that must change its password, in SQL, and what its owner is told.
MUST = {
    "expired": ("password_changed_at = now() - interval '366 days'", "期限が過ぎました"),
    "unknown age": ("password_changed_at = NULL", "期限が過ぎました"),
    "FIRST": ("must_change_password = 'FIRST'", "初めてのサインイン"),
    "RESET": ("must_change_password = 'RESET'", "再設定"),
    "COMPROMISED": ("must_change_password = 'COMPROMISED'", "知られたおそれ"),
}


@pytest.fixture
def must_change(superuser_connection: psycopg.Connection[Any]) -> Callable[[User, str], None]:
    """What makes somebody change their password first."""

    def made(user: User, why: str) -> None:
        superuser_connection.execute(f"UPDATE accounts_user SET {MUST[why][0]} WHERE id = %s".encode(), [user.pk])

    return made


@pytest.mark.django_db
@pytest.mark.parametrize("why", MUST)
def test_until_it_is_changed_every_page_leads_to_the_change_and_says_why(
    why: str, client: Client, user: User, must_change: Callable[[User, str], None]
) -> None:
    must_change(user, why)
    signed_in(client, user)

    for address in ("/", "/people/", "/account/", "/no/such/page/"):
        response = client.get(address)
        assert (response.status_code, response["Location"]) == (302, PAGE)
    page = client.get(PAGE).content.decode()
    assert MUST[why][1] in page
    assert page.count("先にパスワードを変更してください") == 1


@pytest.mark.django_db
def test_what_there_was_to_say_before_is_still_said_on_the_change_page(
    client: Client, user: User, must_change: Callable[[User, str], None]
) -> None:
    must_change(user, "expired")
    signed_in(client, user)
    session = client.session
    session[SessionStorage.session_key] = MessageEncoder().encode([Message(20, "前回のサインインは…")])
    session.save()

    client.get("/")
    client.get("/people/")

    assert "前回のサインインは…" in client.get(PAGE).content.decode()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("role", list(Role))
def test_nothing_that_is_sent_is_done_until_then_whatever_the_role(
    role: Role, client: Client, must_change: Callable[[User, str], None]
) -> None:
    user = staff_member(role, office="CHUO" if role == Role.INTAKE else "")
    signed_in(client, user)
    composed = {"display_name": "山田 花子", "login_id": "hanako", "reason": "composed before the password grew old"}
    must_change(user, "expired")

    for address in ("/staff/new/", "/applications/new/", "/access-reviews/", "/people/", "/session/use/"):
        response = client.post(address, composed)

        assert response.status_code == 403
        page = response.content.decode()
        assert "先にパスワードを変更してください" in page
        assert "この操作は行われていません" in page
        assert f'href="{PAGE}"' in page
    refused = Event.objects.filter(action=audit_actions.REQUEST_REFUSED, actor_id=user.pk)
    assert refused.count() == 5
    assert {(entry.result, entry.details["code"], entry.details["method"]) for entry in refused} == {
        (Result.REFUSED, "password_expired", "POST")
    }


@pytest.mark.django_db
def test_a_script_is_told_in_its_own_words(
    client: Client, user: User, must_change: Callable[[User, str], None]
) -> None:
    must_change(user, "COMPROMISED")
    signed_in(client, user)

    for response in (
        client.get("/people/", headers={"accept": "application/json"}),
        client.post("/people/", headers={"accept": "application/json"}),
    ):
        assert response.status_code == 403
        assert response.json() == {"error": "password_change_required"}


@pytest.mark.django_db
def test_signing_out_is_always_possible(client: Client, user: User, must_change: Callable[[User, str], None]) -> None:
    must_change(user, "FIRST")

    response = signed_in(client, user).post("/sign-out/")

    assert response["Location"] == SIGN_IN


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("why", MUST)
def test_once_it_is_changed_work_goes_on(
    why: str, client: Client, user: User, must_change: Callable[[User, str], None]
) -> None:
    must_change(user, why)
    signed_in(client, user)

    response = send(client)

    assert (response.status_code, response["Location"]) == (302, "/")
    assert client.get("/").status_code == 200
    assert passwords.why_to_change(User.objects.get(pk=user.pk), at=timezone.now()) == ""


@pytest.mark.django_db
def test_whoever_must_change_it_does_not_get_away_with_a_bad_one(
    client: Client, user: User, must_change: Callable[[User, str], None]
) -> None:
    must_change(user, "expired")
    signed_in(client, user)

    assert send(client, new=PASSWORD).status_code == 200
    assert client.get("/")["Location"] == PAGE


# ── leaks and resets ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.django_db(transaction=True)
def test_a_leaked_password_ends_every_session_at_once_and_must_be_changed(client: Client, user: User) -> None:
    administrator = staff_member(Role.USER_ADMINISTRATOR)
    signed_in(client, user)

    passwords.mark_compromised(user, by=administrator, at=timezone.now())

    assert not is_signed_in(client)
    entry = Event.objects.get(action=actions.PASSWORD_COMPROMISED)
    assert (entry.actor_id, entry.subject_id) == (administrator.pk, str(user.pk))
    ended = StaffSession.objects.get(user=user)
    assert (ended.end_reason, ended.ended_by_id) == (EndReason.PASSWORD, administrator.pk)
    again = Client()
    give_password(again, user.login_id)
    give_code(again, fresh_code(user))
    assert again.get("/people/")["Location"] == PAGE


@pytest.mark.django_db(transaction=True)
def test_a_temporary_password_opens_once_is_changed_then_and_makes_nothing_younger(user: User, settings: Any) -> None:
    administrator, now = staff_member(Role.USER_ADMINISTRATOR), timezone.now()
    elsewhere = signed_in(Client(), user)

    temporary = passwords.set_temporary(user, by=administrator, at=now)

    kept = User.objects.get(pk=user.pk)
    assert kept.password_changed_at == user.password_changed_at
    assert (kept.must_change_password, kept.temporary_until) == (MustChange.RESET, now + timedelta(days=7))
    entry = Event.objects.get(action=actions.SLIP_PRINTED)
    assert (entry.actor_id, entry.subject_id) == (administrator.pk, str(user.pk))
    assert temporary not in str(entry.__dict__)
    assert not is_signed_in(elsewhere)
    assert give_password(Client(), user.login_id).status_code == 200
    client = Client()
    assert give_password(client, user.login_id, temporary)["Location"] == CODE
    give_code(client, fresh_code(user))
    assert "再設定" in client.get(PAGE).content.decode()
    assert "前に使った" in send(client, current=temporary, new=PASSWORD).content.decode()
    assert send(client, current=temporary).status_code == 302
    changed = User.objects.get(pk=user.pk)
    assert (changed.must_change_password, changed.temporary_until) == ("", None)
    # what was on paper does not push out a password that was somebody's own
    assert [check_password(PASSWORD, old.password) for old in FormerPassword.objects.filter(user=user)] == [True]


@pytest.mark.django_db(transaction=True)
def test_a_temporary_password_can_be_read_from_paper_and_not_be_guessed() -> None:
    administrator, user = staff_member(Role.USER_ADMINISTRATOR), staff_member()

    printed = {passwords.set_temporary(user, by=administrator, at=timezone.now()) for _time in range(20)}

    assert len(printed) == 20
    for temporary in printed:
        assert len(temporary) == 17
        assert set(temporary) <= set("abcdefghjkmnpqrstuvwxyz23456789-")
    assert 31**15 > 2**60


@pytest.mark.django_db(transaction=True)
def test_a_temporary_password_that_was_not_used_in_time_is_a_wrong_one(user: User) -> None:
    administrator = staff_member(Role.USER_ADMINISTRATOR)
    temporary = passwords.set_temporary(user, by=administrator, at=timezone.now() - timedelta(days=8))

    assert passwords.is_temporary_over(user, timezone.now())
    assert give_password(Client(), user.login_id, temporary).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_the_first_temporary_password_is_for_a_first_sign_in(
    user: User, must_change: Callable[[User, str], None]
) -> None:
    administrator = staff_member(Role.USER_ADMINISTRATOR)
    must_change(user, "FIRST")

    passwords.set_temporary(user, by=administrator, at=timezone.now())

    assert User.objects.get(pk=user.pk).must_change_password == MustChange.FIRST


@pytest.mark.django_db(transaction=True)
def test_the_database_takes_no_new_password_without_an_entry_about_its_owner(user: User) -> None:
    from django.db import IntegrityError

    with pytest.raises(IntegrityError, match="person_change_is_on_record"):
        User.objects.filter(pk=user.pk).update(password=make_password(NEW))
    with pytest.raises(IntegrityError, match="person_change_is_on_record"):
        User.objects.filter(pk=user.pk).update(password_changed_at=timezone.now())
    connection.close()
    assert User.objects.get(pk=user.pk).check_password(PASSWORD)
