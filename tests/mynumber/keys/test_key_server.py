"""What can be wrong with a key server, and what the office says of it: never an answer that is not one (transit)."""

import secrets
import socket
import time
from pathlib import Path

import pytest

from mynumber import keys
from mynumber.keys import KeyProvider, KeyUnavailableError, WrongKeyError
from mynumber.keys.transit import Address, TransitKeys
from tests.mynumber.keys.certificates import make_certificate
from tests.mynumber.keys.kits import VaultKit
from tests.mynumber.keys.transit_server import TransitServer

LABEL = b"label"


@pytest.fixture
def provider(vault_server: VaultKit) -> KeyProvider:
    return keys.provider()


def everything_refused(provider: KeyProvider, wrapped: bytes, match: str) -> None:
    for ask in (
        lambda: provider.wrap(1, secrets.token_bytes(32), label=LABEL),
        lambda: provider.unwrap(1, wrapped, label=LABEL),
        lambda: provider.mac(b"text"),
        provider.health,
    ):
        with pytest.raises(KeyUnavailableError, match=match):
            ask()


@pytest.mark.parametrize(
    ("mood", "match"),
    [
        ("sealed", "封印"),
        ("error", "エラーを返しました"),
        ("redirect", "Vault のものではありません"),
        ("page", "Vault のものではありません"),
    ],
)
def test_an_answer_that_is_none_is_named_for_what_it_is(
    provider: KeyProvider, vault_server: VaultKit, mood: str, match: str
) -> None:
    wrapped = provider.wrap(1, secrets.token_bytes(32), label=LABEL)
    vault_server.server.mood = mood

    everything_refused(provider, wrapped, match)


def test_a_redirect_is_not_followed_and_takes_no_token_along(provider: KeyProvider, vault_server: VaultKit) -> None:
    vault_server.server.mood = "redirect"
    vault_server.server.asked.clear()

    with pytest.raises(KeyUnavailableError):
        provider.mac(b"text")

    assert vault_server.server.asked == []


def test_an_answer_without_sense_is_no_number_and_no_code(provider: KeyProvider, vault_server: VaultKit) -> None:
    wrapped = provider.wrap(1, secrets.token_bytes(32), label=LABEL)
    vault_server.server.mood = "nonsense"

    with pytest.raises(KeyUnavailableError):
        provider.wrap(1, secrets.token_bytes(32), label=LABEL)
    with pytest.raises(KeyUnavailableError):
        provider.mac(b"text")
    with pytest.raises(WrongKeyError):
        provider.unwrap(1, wrapped, label=LABEL)


@pytest.mark.parametrize("mood", ["silent", "drip"])
def test_a_server_that_does_not_come_to_an_end_is_given_up(
    provider: KeyProvider, vault_server: VaultKit, mood: str
) -> None:
    vault_server.server.mood = mood

    began = time.monotonic()
    with pytest.raises(KeyUnavailableError, match="時間内に"):
        provider.mac(b"text")

    assert time.monotonic() - began < 4
    vault_server.server.released.set()


def test_a_token_that_is_refused_is_told_of_and_a_renewed_one_is_used_at_once(
    provider: KeyProvider, vault_server: VaultKit
) -> None:
    code = provider.mac(b"text")
    vault_server.server.token = secrets.token_urlsafe(24)

    with pytest.raises(KeyUnavailableError, match="トークンの期限と権限"):
        provider.mac(b"text")
    vault_server.token_file.write_text(vault_server.server.token)

    assert provider.mac(b"text") == code


def test_a_token_that_others_can_read_is_not_used(provider: KeyProvider, vault_server: VaultKit) -> None:
    vault_server.token_file.chmod(0o640)
    vault_server.server.asked.clear()

    with pytest.raises(KeyUnavailableError, match="chmod 600"):
        provider.mac(b"text")

    assert vault_server.server.asked == []


@pytest.mark.parametrize("content", [b"", b"\n", b"two\nlines", b"\xff\xfe"])
def test_a_token_file_that_holds_no_token_is_refused_without_repeating_it(
    provider: KeyProvider, vault_server: VaultKit, content: bytes
) -> None:
    vault_server.token_file.write_bytes(content)

    with pytest.raises(KeyUnavailableError, match=r"vault\.token") as refused:
        provider.mac(b"text")

    assert "two" not in str(refused.value)


def test_proxies_and_tokens_in_the_environment_are_not_used(
    provider: KeyProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{unused.getsockname()[1]}"
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "VAULT_ADDR"):
        monkeypatch.setenv(name, nowhere)
    monkeypatch.setenv("VAULT_TOKEN", "of-somebody-else")
    monkeypatch.setenv("VAULT_NAMESPACE", "elsewhere")

    assert provider.mac(b"text") == keys.provider().mac(b"text")


def test_a_server_too_old_to_bind_labels_is_found_out(provider: KeyProvider, vault_server: VaultKit) -> None:
    vault_server.server.mood = "no labels"

    problem = {key.name: key.problem for key in provider.health()}["number-kek-1"]

    assert "追加認証データ" in problem


def test_a_key_that_can_be_taken_out_of_the_server_is_found_out(provider: KeyProvider, vault_server: VaultKit) -> None:
    vault_server.server.keys["kyufu-number-kek-1"].exportable = True
    vault_server.server.keys["kyufu-number-index"].kind = "ed25519"

    problem = {key.name: key.problem for key in provider.health()}

    assert "取り出せる" in problem["number-kek-1"]
    assert "種類" in problem["number-index"]


def test_another_version_of_a_key_on_the_server_changes_neither_codes_nor_what_was_wrapped(
    provider: KeyProvider, vault_server: VaultKit
) -> None:
    data_key = secrets.token_bytes(32)
    code, old = provider.mac(b"text"), provider.wrap(1, data_key, label=LABEL)
    for key in vault_server.server.keys.values():
        key.versions.append(secrets.token_bytes(32))

    new = provider.wrap(1, data_key, label=LABEL)

    assert provider.mac(b"text") == code
    assert provider.unwrap(1, old, label=LABEL) == provider.unwrap(1, new, label=LABEL) == data_key
    assert (old[:4], new[:4]) == (b"\0\0\0\1", b"\0\0\0\2")


def test_what_others_keep_on_the_same_server_is_not_taken_for_ours(
    provider: KeyProvider, vault_server: VaultKit
) -> None:
    vault_server.server.keys["other-number-kek-1"] = vault_server.server.keys["kyufu-number-kek-1"]
    vault_server.server.keys["kyufu-number-kek-01"] = vault_server.server.keys["kyufu-number-kek-1"]

    assert [key.name for key in provider.versions()] == ["number-kek-1"]


def test_the_certificate_is_checked_against_the_offices_own_and_a_stranger_is_told_nothing(tmp_path: Path) -> None:
    ours, others = make_certificate(tmp_path / "ours"), make_certificate(tmp_path / "others")
    token_file = tmp_path / "token"
    server = TransitServer(certificate=ours)
    token_file.touch(mode=0o600)
    token_file.write_text(server.token)
    friend, stranger = (
        TransitKeys(Address(url=server.address, token_file=token_file, ca_file=certificate))
        for certificate, _key in (ours, others)
    )

    try:
        with pytest.raises(KeyUnavailableError, match="証明書"):
            stranger.make(1)
        assert server.asked == []
        friend.make(1)
        assert friend.unwrap(1, friend.wrap(1, bytes(32), label=LABEL), label=LABEL) == bytes(32)
    finally:
        friend.close()
        stranger.close()
        server.stop()
