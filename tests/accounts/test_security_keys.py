"""A security key answers for its owner, at this site, once per challenge, and no copy of it does (A2)."""

import json
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from accounts import actions, security_keys
from accounts.models import SecurityKey, StaffSession, User
from audit.models import Event, Result
from tests.accounts.conftest import give_password
from tests.accounts.soft_key import ADD, HERE, SoftKey, challenge, registered, send
from tests.factories import PASSWORD, signed_in, staff_member
from tests.racing import together

pytestmark = pytest.mark.django_db

KEY = "/sign-in/key/"
CONFIRM_KEY = "/confirm/key/"


@pytest.fixture
def user() -> User:
    return staff_member(login_id="kagi")


@pytest.fixture
def client(user: User) -> Client:
    return signed_in(Client(), user)


@pytest.fixture
def key(client: Client, user: User) -> SoftKey:
    return registered(client, user)


def half_way(user: User) -> Client:
    """A browser in which ``user`` has given the password."""
    browser = Client()
    assert give_password(browser, user.login_id).status_code == 302
    return browser


def arrives(browser: Client) -> bool:
    return browser.get("/").status_code == 200


# ── adding ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_key_is_asked_for_by_name_of_the_site_and_says_nothing_of_the_person(client: Client, user: User) -> None:
    asked = client.get(ADD, headers=HERE["headers"]).json()["publicKey"]

    assert asked["rp"] == {"id": "localhost", "name": "給付"}
    assert len(asked["challenge"]) >= 43
    wanted = asked["authenticatorSelection"]
    assert (wanted["residentKey"], wanted["userVerification"]) == ("discouraged", "preferred")
    assert security_keys.urlsafe_base64_encode(user.key_handle.bytes) == asked["user"]["id"]


def test_a_key_that_was_added_is_kept_with_its_name_and_on_record(client: Client, user: User, key: SoftKey) -> None:
    kept = SecurityKey.objects.get(user=user)

    assert (kept.name, bytes(kept.credential_id), kept.sign_count) == ("青いキー", key.id, 1)
    entry = Event.objects.get(action=actions.FACTOR_ADDED)
    assert (entry.actor_id, entry.subject_id, entry.details) == (user.pk, str(user.pk), {"kind": "key"})
    assert key.id.hex() not in str(entry.__dict__)


def test_a_browser_is_told_which_keys_are_there_already(client: Client, key: SoftKey) -> None:
    asked = client.get(ADD, headers=HERE["headers"]).json()["publicKey"]

    assert [one["id"] for one in asked["excludeCredentials"]] == [security_keys.urlsafe_base64_encode(key.id)]


@pytest.mark.parametrize("name", ["", "  ", "長" * 41, "a\x07b", "a\u202eb", None, 5, ["a"], {"a": 1}])
def test_a_key_has_a_name_that_can_be_read(name: Any, client: Client) -> None:
    answer = send(client, ADD, name=name, credential=SoftKey().created(challenge(client, ADD)))

    assert answer.status_code in {200, 400}
    assert SecurityKey.objects.count() == (1 if name == 5 or isinstance(name, list | dict) else 0)


def test_nobody_has_more_keys_than_anybody_needs(client: Client, user: User) -> None:
    for number in range(security_keys.MOST):
        registered(client, user, name=f"キー{number}")

    one_more = send(client, ADD, name="もう1つ", credential=SoftKey().created(challenge(client, ADD)))

    assert one_more.status_code == 400
    assert SecurityKey.objects.count() == security_keys.MOST
    assert "登録できる数の上限" in client.get(ADD, headers={"host": "localhost"}).content.decode()


def test_a_key_that_somebody_has_is_not_added_for_anybody_else(client: Client, key: SoftKey) -> None:
    other = signed_in(Client(), staff_member())

    answer = send(other, ADD, name="同じキー", credential=key.created(challenge(other, ADD)))

    assert answer.status_code == 400
    assert SecurityKey.objects.count() == 1
    assert Event.objects.get(action=actions.FACTOR_REFUSED).result == Result.REFUSED


@pytest.mark.parametrize("what", ["challenge", "origin", "host", "absent"])
def test_a_key_made_for_anything_else_is_not_added(what: str, client: Client) -> None:
    asked = challenge(client, ADD)
    key = SoftKey()
    if what == "origin":
        key.origin = "http://localhost.evil.example"
    if what == "host":
        key.host = "evil.example"
    if what == "absent":
        key.flags = 0
    credential = key.created("AAAA" + asked[4:] if what == "challenge" else asked)

    assert send(client, ADD, name="キー", credential=credential).status_code == 400
    assert SecurityKey.objects.count() == 0


def test_adding_a_key_takes_a_factor_used_a_moment_ago(client: Client) -> None:
    credential = SoftKey().created(challenge(client, ADD))
    StaffSession.objects.update(factor_used_at=timezone.now() - timedelta(seconds=settings.KYUFU_STEP_UP_SECONDS + 1))

    answer = send(client, ADD, name="キー", credential=credential)

    assert (answer.status_code, answer.json()) == (403, {"error": "confirm"})
    assert SecurityKey.objects.count() == 0


@pytest.mark.parametrize(
    ("host", "words"),
    [("127.0.0.1:8000", "http://localhost:8000"), ("[::1]:8000", "http://localhost:8000"), ("localhost:8000", "")],
)
def test_where_keys_cannot_be_used_the_page_says_where_they_can(
    host: str, words: str, client: Client, settings: Any
) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    page = client.get(ADD, headers={"host": host}).content.decode()

    assert (words in page) is bool(words) or not words
    assert ("data-security-key=" in page) is not bool(words)


# ── signing in ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_password_and_key_sign_in_and_that_is_on_record(user: User, key: SoftKey) -> None:
    browser = half_way(user)
    assert 'data-security-key="get"' in browser.get("/sign-in/code/", headers={"host": "localhost"}).content.decode()
    key.count = 2

    answer = send(browser, KEY, credential=key.asserted(challenge(browser, KEY)))

    assert (answer.status_code, answer.json()) == (200, {"goes_to": "/"})
    assert arrives(browser)
    assert Event.objects.get(action=actions.SIGNED_IN).details == {"kind": "key"}
    assert SecurityKey.objects.get().sign_count == 2
    assert StaffSession.objects.get(ended_at__isnull=True).factor == "key"


def test_the_page_asked_for_first_is_where_one_arrives(user: User, key: SoftKey) -> None:
    browser = Client()
    browser.get("/sign-in/", {"next": "/people/"})
    browser.post("/sign-in/", {"login_id": user.login_id, "password": PASSWORD})
    key.count = 2

    answer = send(browser, KEY, credential=key.asserted(challenge(browser, KEY)))

    assert answer.json() == {"goes_to": "/people/"}


def test_a_key_without_the_password_signs_nobody_in(user: User, key: SoftKey) -> None:
    browser = Client()

    assert browser.get(KEY, headers=HERE["headers"]).status_code == 403
    assert send(browser, KEY, credential=key.asserted("AAAA")).status_code == 403
    assert not arrives(browser)


@pytest.mark.parametrize(
    "wrong", ["challenge", "origin", "host", "absent", "signature", "copied", "not counted", "not registered", "owner"]
)
def test_what_is_wrong_with_an_answer_is_not_said_and_signs_nobody_in(wrong: str, user: User, key: SoftKey) -> None:
    browser = half_way(user)
    asked = challenge(browser, KEY)
    key.count = 1 if wrong == "copied" else 0 if wrong == "not counted" else 2
    changes: dict[str, bytes] = {}
    if wrong == "challenge":
        asked = "AAAA" + asked[4:]
    if wrong == "origin":
        key.origin = "http://localhost:1"
    if wrong == "host":
        key.host = "evil.example"
    if wrong == "absent":
        key.flags = 0
    if wrong == "signature":
        changes["signature"] = SoftKey(count=2).secret.sign(b"x", security_key_signature())
    if wrong == "not registered":
        key = SoftKey(count=2)
    if wrong == "owner":
        changes["userHandle"] = b"\0" * 16

    answer = send(browser, KEY, credential=key.asserted(asked, **changes))

    assert answer.status_code == 403
    assert (
        answer.json()["message"]
        == "このセキュリティキーでは確認できませんでした。登録したキーで、もう一度試してください。"
    )
    assert not arrives(browser)
    refused = Event.objects.get(action=actions.CODE_REFUSED)
    assert (refused.actor_id, refused.details, refused.result) == (user.pk, {"kind": "key"}, Result.REFUSED)
    assert SecurityKey.objects.get().sign_count == 1


def security_key_signature() -> Any:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec

    return ec.ECDSA(hashes.SHA256())


def test_a_key_without_a_counter_can_be_used_again(client: Client, user: User) -> None:
    key = registered(client, user, count=0)

    for _time in range(2):
        browser = half_way(user)
        assert send(browser, KEY, credential=key.asserted(challenge(browser, KEY))).status_code == 200


def test_another_persons_key_signs_nobody_in(user: User, key: SoftKey) -> None:
    other = staff_member()
    browser = half_way(other)
    key.count = 2

    answer = send(browser, KEY, credential=key.asserted(challenge(browser, KEY)))

    assert answer.status_code == 403
    assert not arrives(browser)


def test_a_challenge_takes_one_answer_even_a_wrong_one(user: User, key: SoftKey) -> None:
    browser = half_way(user)
    asked = challenge(browser, KEY)
    key.count = 2
    send(browser, KEY, credential=SoftKey().asserted(asked))

    assert send(browser, KEY, credential=key.asserted(asked)).status_code == 403
    assert send(browser, KEY, credential=key.asserted(challenge(browser, KEY))).status_code == 200


def test_a_challenge_of_another_browser_is_not_taken(user: User, key: SoftKey) -> None:
    asked = challenge(half_way(user), KEY)
    browser = half_way(user)
    challenge(browser, KEY)
    key.count = 2

    assert send(browser, KEY, credential=key.asserted(asked)).status_code == 403


def test_a_challenge_waits_five_minutes(user: User, key: SoftKey) -> None:
    browser = half_way(user)
    asked = challenge(browser, KEY)
    session = browser.session
    session[security_keys.CHALLENGE]["at"] = (timezone.now() - timedelta(seconds=301)).isoformat()
    session.save()
    key.count = 2

    assert send(browser, KEY, credential=key.asserted(asked)).status_code == 403


def test_a_challenge_for_adding_is_none_for_signing(client: Client, user: User, key: SoftKey) -> None:
    asked = challenge(client, ADD)
    key.count = 2

    assert send(client, CONFIRM_KEY, credential=key.asserted(asked), next="/").status_code == 403


@pytest.mark.django_db(transaction=True)
def test_one_answer_sent_many_times_at_once_signs_in_once(user: User) -> None:
    key = registered(signed_in(Client(), user), user, count=0)
    browser = half_way(user)
    asked = challenge(browser, KEY)
    answer = key.asserted(asked)
    cookie = browser.cookies["kyufu-session"].value

    def press() -> int:
        same = Client()
        same.cookies["kyufu-session"] = cookie
        return int(send(same, KEY, credential=answer).status_code)

    answers = sorted(together(*[press] * 4))
    assert answers[0] == 200
    assert set(answers[1:]) <= {400, 403}  # 400: the session ended under the request
    assert Event.objects.filter(action=actions.SIGNED_IN).count() == 1


JUNK = [
    b"",
    b"{}",
    b"[]",
    b"null",
    b"5",
    b'"text"',
    b"{",
    b"[" * 30_000,
    b'{"credential": null}',
    b'{"credential": []}',
    b'{"credential": {"id": 5, "rawId": 5, "type": 5, "response": 5}}',
    b'{"credential": {"id": "AA", "rawId": "AA", "type": "public-key", "response": {}}}',
    b'{"credential": {"id": "AA", "rawId": "BB", "type": "public-key", "response": {"clientDataJSON": "AA"}}}',
    b'{"credential": {"id": "AA", "rawId": "AA", "type": "x", "response": {"clientDataJSON": "W10",'
    b' "authenticatorData": "AA", "signature": "!!"}}}',
    b'{"credential": {"id": "\xe3\x81\x82", "rawId": "\xe3\x81\x82", "type": "public-key", "response":'
    b' {"clientDataJSON": "bnVsbA", "authenticatorData": "n5-fn5-f", "signature": "AA", "attestationObject":'
    b' "n5-fn5-fn5-fn5-fn5-fn5-fn5-f"}}}',
    b'{"credential": "' + b"A" * 900_000 + b'"}',
]


@pytest.mark.parametrize("body", JUNK, ids=range(len(JUNK)))
@pytest.mark.parametrize("address", [KEY, CONFIRM_KEY, ADD])
def test_an_answer_that_no_browser_gives_is_refused(body: bytes, address: str, user: User, client: Client) -> None:
    browser = half_way(user) if address == KEY else client
    challenge(browser, address)

    answer = browser.post(address, body, **HERE)  # type: ignore[arg-type]

    assert answer.status_code in {400, 403}
    assert SecurityKey.objects.count() == 0


def test_a_cbor_bomb_is_refused(client: Client) -> None:
    from fido2.utils import websafe_encode

    credential = SoftKey().created(challenge(client, ADD))
    credential["response"]["attestationObject"] = websafe_encode(b"\x81" * 20_000)

    assert send(client, ADD, name="キー", credential=credential).status_code == 400


# ── confirming, removing ─────────────────────────────────────────────────────────────────────────────────────────


def test_a_key_confirms_and_leads_back_to_a_page_of_this_site_only(client: Client, user: User, key: SoftKey) -> None:
    for count, (goes_to, arrives_at) in enumerate(
        [("/account/recovery/", "/account/recovery/"), ("https://evil.example/", "/"), (5, "/"), (None, "/")], 2
    ):
        key.count = count
        old = client.cookies["kyufu-session"].value

        answer = send(client, CONFIRM_KEY, credential=key.asserted(challenge(client, CONFIRM_KEY)), next=goes_to)

        assert (answer.status_code, answer.json()) == (200, {"goes_to": arrives_at})
        assert client.cookies["kyufu-session"].value != old
    assert Event.objects.filter(action=actions.CONFIRMED, details={"kind": "key"}).count() == 4


def test_a_refused_key_confirms_nothing_and_is_on_record(client: Client, key: SoftKey) -> None:
    answer = send(client, CONFIRM_KEY, credential=SoftKey().asserted(challenge(client, CONFIRM_KEY)), next="/")

    assert answer.status_code == 403
    assert Event.objects.get(action=actions.CONFIRM_REFUSED).details == {"kind": "key"}


def test_a_key_that_was_removed_signs_nobody_in(client: Client, user: User, key: SoftKey) -> None:
    address = f"/account/keys/{SecurityKey.objects.get().pk}/remove/"
    assert "青いキー" in client.get(address).content.decode()
    browser = half_way(user)
    asked = challenge(browser, KEY)

    assert client.post(address).status_code == 302

    key.count = 2
    assert send(browser, KEY, credential=key.asserted(asked)).status_code == 403
    assert Event.objects.get(action=actions.FACTOR_REMOVED).details == {"kind": "key"}


def test_the_database_keeps_no_key_without_an_entry(client: Client, user: User, key: SoftKey) -> None:
    with pytest.raises(psycopg.errors.CheckViolation) as refused:
        _commit_a_key_without_an_entry(user)

    assert "factor_change_is_on_record" in str(refused.value)


def _commit_a_key_without_an_entry(user: User) -> None:
    from django.db import IntegrityError, connection

    with connection.cursor() as cursor:
        try:
            cursor.execute(
                "INSERT INTO accounts_securitykey (user_id, name, confirmed, credential_id, credential, sign_count,"
                " added_at) VALUES (%s, 'x', true, '\\x00', '\\x00', 0, now())",
                [staff_member().pk],
            )
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        except IntegrityError as error:
            raise error.__cause__ or error from None


def test_a_keys_json_holds_no_bytes(client: Client) -> None:
    assert json.dumps(client.get(ADD, headers=HERE["headers"]).json())
