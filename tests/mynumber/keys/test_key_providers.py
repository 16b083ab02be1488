"""What every provider of keys promises, kept by each: files, SoftHSM2 for real, and a server that speaks transit."""

import hmac
import logging
import os
import secrets
import threading
import time
import traceback
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from mynumber import keys
from mynumber.keys import KeyProvider, KeyUnavailableError, WrongKeyError
from tests.mynumber.keys.kits import FileKit, Kit

LABEL = b"kek1|somebody|1|1"
#: What a provider that is gone may take to say so: its two seconds, and what a busy machine adds.
AT_ONCE = 5.0


@pytest.fixture
def data_key() -> bytes:
    return secrets.token_bytes(32)


def problems(provider: KeyProvider) -> dict[str, str]:
    return {key.name: key.problem for key in provider.health()}


def test_what_was_wrapped_is_unwrapped_again(provider: KeyProvider, data_key: bytes) -> None:
    wrapped = provider.wrap(1, data_key, label=LABEL)

    assert provider.unwrap(1, wrapped, label=LABEL) == data_key
    assert data_key not in wrapped
    assert provider.wrap(1, data_key, label=LABEL) != wrapped


@pytest.mark.parametrize("label", [b"", b"kek1|somebody|1|2", b"kek1|somebody|1|1 ", LABEL[:-1]])
def test_another_label_does_not_open_it(provider: KeyProvider, data_key: bytes, label: bytes) -> None:
    wrapped = provider.wrap(1, data_key, label=LABEL)

    with pytest.raises(WrongKeyError):
        provider.unwrap(1, wrapped, label=label)


def test_another_key_does_not_open_it(provider: KeyProvider, data_key: bytes) -> None:
    provider.make(2)
    wrapped = provider.wrap(1, data_key, label=LABEL)

    with pytest.raises(WrongKeyError):
        provider.unwrap(2, wrapped, label=LABEL)
    assert provider.unwrap(1, wrapped, label=LABEL) == data_key


def test_every_changed_byte_is_noticed(provider: KeyProvider, data_key: bytes) -> None:
    wrapped = provider.wrap(1, data_key, label=LABEL)

    for at in range(len(wrapped)):
        changed = wrapped[:at] + bytes([wrapped[at] ^ (1 << at % 8)]) + wrapped[at + 1 :]
        with pytest.raises(WrongKeyError):
            provider.unwrap(1, changed, label=LABEL)
    assert provider.unwrap(1, wrapped, label=LABEL) == data_key


@pytest.mark.parametrize(
    "cut", [lambda whole: b"", lambda whole: whole[:-1], lambda whole: whole[:12], lambda w: w + b"\0"]
)
def test_what_is_cut_or_longer_is_noticed(
    provider: KeyProvider, data_key: bytes, cut: Callable[[bytes], bytes]
) -> None:
    wrapped = provider.wrap(1, data_key, label=LABEL)

    with pytest.raises(WrongKeyError):
        provider.unwrap(1, cut(wrapped), label=LABEL)


def test_a_key_that_is_not_there_wraps_and_unwraps_nothing_and_is_not_made_by_asking(
    provider: KeyProvider, data_key: bytes
) -> None:
    wrapped = provider.wrap(1, data_key, label=LABEL)

    with pytest.raises(KeyUnavailableError, match="number-kek-7"):
        provider.wrap(7, data_key, label=LABEL)
    with pytest.raises(KeyUnavailableError, match="number-kek-7"):
        provider.unwrap(7, wrapped, label=LABEL)
    assert [key.kek_id for key in provider.versions()] == [1]


def test_the_code_of_a_text_is_always_the_same_and_needs_the_index_key(provider: KeyProvider, kit: Kit) -> None:
    code = provider.mac(b"one")

    assert len(code) == 32
    assert provider.mac(b"one") == code
    assert provider.mac(b"two") != code
    assert len(provider.index_salt()) == 16
    assert provider.index_salt() == provider.index_salt()
    if isinstance(kit, FileKit):
        key = bytes.fromhex((kit.directory / "number-index.key").read_text())
        assert code == hmac.digest(key, b"one", "sha256")


def test_every_key_is_listed_with_its_age_and_is_sound(provider: KeyProvider) -> None:
    provider.make(12)

    found = provider.health()

    assert [(key.name, key.kek_id, key.problem) for key in found] == [
        ("number-kek-1", 1, ""),
        ("number-kek-12", 12, ""),
        ("number-index", None, ""),
    ]
    for key in found:
        assert key.made_at is not None
        assert abs(timezone.now() - key.made_at) < timedelta(minutes=1)
    assert [(key.name, key.made_at) for key in provider.versions()] == [(key.name, key.made_at) for key in found[:2]]


def test_no_key_is_made_twice_nor_changed_by_trying(provider: KeyProvider, data_key: bytes) -> None:
    wrapped, code = provider.wrap(1, data_key, label=LABEL), provider.mac(b"one")

    with pytest.raises(FileExistsError):
        provider.make(1)
    with pytest.raises(FileExistsError):
        provider.make_index()

    assert provider.unwrap(1, wrapped, label=LABEL) == data_key
    assert provider.mac(b"one") == code


def test_a_destroyed_key_opens_nothing_any_more_and_the_others_do(provider: KeyProvider, data_key: bytes) -> None:
    provider.make(2)
    old, new = provider.wrap(1, data_key, label=LABEL), provider.wrap(2, data_key, label=LABEL)

    provider.destroy(1)
    provider.destroy(1)

    for ask in (lambda: provider.unwrap(1, old, label=LABEL), lambda: provider.wrap(1, data_key, label=LABEL)):
        with pytest.raises(KeyUnavailableError, match="number-kek-1"):
            ask()
    assert provider.unwrap(2, new, label=LABEL) == data_key
    assert [key.kek_id for key in provider.versions()] == [2]
    provider.make(1)
    with pytest.raises(WrongKeyError):
        provider.unwrap(1, old, label=LABEL)


def test_many_threads_ask_at_once(provider: KeyProvider) -> None:
    wrong: list[str] = []

    def work() -> None:
        for _turn in range(15):
            data_key, label = secrets.token_bytes(32), secrets.token_bytes(8)
            wrapped = provider.wrap(1, data_key, label=label)
            if provider.unwrap(1, wrapped, label=label) != data_key or provider.mac(label) != provider.mac(label):
                wrong.append("another's answer")
            try:
                provider.unwrap(1, wrapped, label=b"")
                wrong.append("opened under another label")
            except WrongKeyError:
                pass

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert wrong == []
    assert not any(thread.is_alive() for thread in threads)


def test_a_forked_process_asks_on_its_own_and_disturbs_nobody(provider: KeyProvider, data_key: bytes) -> None:
    wrapped, code = provider.wrap(1, data_key, label=LABEL), provider.mac(b"one")

    children = []
    for _ in range(3):
        child = os.fork()
        if child == 0:
            try:
                done = [
                    provider.unwrap(1, wrapped, label=LABEL) == data_key
                    and provider.mac(b"one") == code
                    and provider.unwrap(1, provider.wrap(1, code, label=b"c"), label=b"c") == code
                    for _turn in range(20)
                ]
                os._exit(0 if all(done) else 3)
            except BaseException:  # noqa: BLE001  (the child never goes on with the suite)
                traceback.print_exc()
                os._exit(4)
        children.append(child)
    here = [provider.unwrap(1, wrapped, label=LABEL) == data_key for _turn in range(20)]

    assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [0, 0, 0]
    assert all(here)
    assert provider.mac(b"one") == code


def elsewhere(work: Callable[[], object]) -> None:
    """Do something in another process, as one of several that serve the office does it."""
    child = os.fork()
    if child == 0:
        try:
            work()
            os._exit(0)
        except BaseException:  # noqa: BLE001  (the child never goes on with the suite)
            traceback.print_exc()
            os._exit(4)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_what_another_process_makes_and_destroys_holds_in_this_one_too(provider: KeyProvider, data_key: bytes) -> None:
    old = provider.wrap(1, data_key, label=LABEL)
    with pytest.raises(KeyUnavailableError):
        provider.wrap(2, data_key, label=LABEL)

    elsewhere(lambda: provider.make(2))
    new = provider.wrap(2, data_key, label=LABEL)
    elsewhere(lambda: provider.destroy(1))

    assert provider.unwrap(2, new, label=LABEL) == data_key
    with pytest.raises(KeyUnavailableError, match="number-kek-1"):
        provider.unwrap(1, old, label=LABEL)
    assert [key.kek_id for key in provider.versions()] == [2]


def test_a_provider_that_is_gone_says_so_at_once_and_works_again_when_it_is_back(
    provider: KeyProvider, kit: Kit, data_key: bytes
) -> None:
    wrapped, code = provider.wrap(1, data_key, label=LABEL), provider.mac(b"one")

    kit.take_away()
    for ask in (
        lambda: provider.wrap(1, data_key, label=LABEL),
        lambda: provider.unwrap(1, wrapped, label=LABEL),
        lambda: provider.mac(b"one"),
    ):
        began = time.monotonic()
        with pytest.raises(KeyUnavailableError, match=r"[ぁ-ん]"):
            ask()
        assert time.monotonic() - began < AT_ONCE
    if isinstance(kit, FileKit):
        assert problems(provider)["number-index"]
    else:
        with pytest.raises(KeyUnavailableError):
            provider.health()
    kit.bring_back()

    assert provider.unwrap(1, wrapped, label=LABEL) == data_key
    assert provider.mac(b"one") == code
    assert set(problems(provider).values()) == {""}


@pytest.mark.parametrize("kit", ["pkcs11", "vault"], indirect=True)
def test_while_it_is_gone_nothing_is_made_or_destroyed(provider: KeyProvider, kit: Kit) -> None:
    kit.take_away()
    for ask in (lambda: provider.make(2), provider.make_index, lambda: provider.destroy(1), provider.versions):
        with pytest.raises(KeyUnavailableError):
            ask()
    kit.bring_back()

    assert [key.kek_id for key in provider.versions()] == [1]


def test_nothing_secret_is_in_what_is_raised_or_logged(
    provider: KeyProvider, kit: Kit, data_key: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    wrapped = provider.wrap(1, data_key, label=LABEL)
    hidden = [*kit.secrets(), data_key.hex(), repr(data_key), keys.provider().mac(b"x").hex()]
    said: list[str] = []

    def listen(ask: Callable[[], Any]) -> None:
        try:
            ask()
        except Exception as error:
            logging.getLogger("tests").exception("it failed")
            said.extend(["".join(traceback.format_exception(error)), str(error), repr(error)])

    listen(lambda: provider.unwrap(1, wrapped, label=b""))
    listen(lambda: provider.wrap(9, data_key, label=LABEL))
    kit.take_away()
    listen(lambda: provider.unwrap(1, wrapped, label=LABEL))
    listen(lambda: provider.wrap(1, data_key, label=LABEL))
    listen(lambda: provider.mac(data_key))
    listen(provider.health)
    kit.bring_back()

    said.append(caplog.text)
    assert len(said) > 10
    for text in said:
        assert not [secret for secret in hidden if secret in text]
