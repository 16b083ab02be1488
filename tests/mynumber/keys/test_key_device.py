"""What can be wrong with a device that keeps the keys, and what the office says of it (PKCS#11, with SoftHSM2)."""

import secrets
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pkcs11
import pytest
from pkcs11 import Attribute, KeyType, MechanismFlag

from config import env
from mynumber import keys
from mynumber.keys import KeyProvider, KeyUnavailableError, hsm as hsm_module
from tests.mynumber.keys.kits import PIN, SoftHsmKit, softhsm_module

LABEL = b"label"


@pytest.fixture
def provider(hsm: SoftHsmKit) -> KeyProvider:
    return keys.provider()


def with_the_token(provider: KeyProvider, work: Any) -> Any:
    """Do something on the token that the product never does, in the one thread that may speak to it."""
    return provider._hands.ask(lambda session: work(session.begun()))  # type: ignore[attr-defined]


def test_a_key_in_the_device_does_not_come_out(provider: KeyProvider) -> None:
    def look(session: Any) -> dict[str, Any]:
        found = {}
        for key in session.get_objects({Attribute.CLASS: pkcs11.ObjectClass.SECRET_KEY}):
            with pytest.raises(pkcs11.AttributeSensitive):
                _ = key[Attribute.VALUE]
            found[key.label] = (key[Attribute.EXTRACTABLE], key[Attribute.SENSITIVE], key[Attribute.TOKEN])
        return found

    assert with_the_token(provider, look) == {
        "kyufu-number-kek-1": (False, True, True),
        "kyufu-number-index": (False, True, True),
    }


def test_a_wrong_pin_is_tried_once_only_so_that_the_device_does_not_lock_itself(
    provider: KeyProvider, hsm: SoftHsmKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = provider.mac(b"text")
    provider.close()
    opened: list[str] = []
    hsm.pin_file.write_text("not-the-PIN")

    class Library:
        def reinitialize(self) -> None:
            opened.append("library")

        def get_token(self, *, token_label: str) -> Any:
            return self

        def open(self, *, rw: bool, user_pin: str) -> None:
            opened.append(user_pin)
            raise pkcs11.PinIncorrect

    monkeypatch.setattr(hsm_module.pkcs11, "lib", lambda so: Library())
    for _turn in range(4):
        with pytest.raises(KeyUnavailableError, match="PIN を受け付けません") as refused:
            provider.mac(b"text")
        assert "not-the-PIN" not in str(refused.value)
    assert opened.count("not-the-PIN") == 1
    monkeypatch.undo()
    hsm.pin_file.write_text(PIN)

    assert provider.mac(b"text") == code


def test_a_pin_that_others_can_read_is_not_used(provider: KeyProvider, hsm: SoftHsmKit) -> None:
    provider.close()
    hsm.pin_file.chmod(0o604)

    with pytest.raises(KeyUnavailableError, match="chmod 600"):
        provider.mac(b"text")


def test_two_keys_of_one_name_are_refused_and_none_is_chosen(provider: KeyProvider) -> None:
    def add(session: Any) -> None:
        session.generate_key(KeyType.AES, 256, label="kyufu-number-kek-2", store=True)
        session.generate_key(KeyType.AES, 256, label="kyufu-number-kek-2", store=True)

    with_the_token(provider, add)

    with pytest.raises(KeyUnavailableError, match="2つあります"):
        provider.wrap(2, secrets.token_bytes(32), label=LABEL)
    assert [key.name for key in provider.versions()] == ["number-kek-1", "number-kek-2"]
    assert "2つあります" in {key.name: key.problem for key in provider.health()}["number-kek-2"]
    provider.destroy(2)
    assert [key.name for key in provider.versions()] == ["number-kek-1"]


def test_a_key_that_can_be_taken_out_of_the_device_is_found_out(provider: KeyProvider) -> None:
    with_the_token(
        provider,
        lambda session: session.generate_key(
            KeyType.AES,
            256,
            label="kyufu-number-kek-3",
            store=True,
            capabilities=MechanismFlag.ENCRYPT | MechanismFlag.DECRYPT,
            template={Attribute.EXTRACTABLE: True, Attribute.SENSITIVE: False},
        ),
    )

    problem = {key.name: key.problem for key in provider.health()}

    assert "取り出せる" in problem["number-kek-3"]
    assert problem["number-kek-1"] == ""


def test_a_token_of_another_name_and_a_module_that_is_none_are_named(hsm: SoftHsmKit, tmp_path: Path) -> None:
    keys.provider().close()
    nothing = tmp_path / "module.so"
    nothing.write_text("no module")

    for module, token, match in (
        (softhsm_module(), "elsewhere", "トークンが見つかりません"),
        (nothing, "office", "KYUFU_PKCS11_MODULE"),
    ):
        provider = hsm_module.HsmKeys(hsm_module.Device(module=module, token=token, pin_file=hsm.pin_file))
        with pytest.raises(KeyUnavailableError, match=match):
            provider.mac(b"text")
        provider.close()


def test_a_device_that_hangs_is_given_up_and_the_next_question_is_not_lost(
    provider: KeyProvider,
) -> None:
    code, gate = provider.mac(b"text"), threading.Event()
    hands = provider._hands  # type: ignore[attr-defined]
    hands._the_team().put(lambda session: gate.wait(20))

    with pytest.raises(KeyUnavailableError, match="時間内に"):
        provider.mac(b"text")
    gate.set()

    assert provider.mac(b"text") == code


def test_an_office_with_key_files_never_loads_the_other_libraries() -> None:
    program = (
        "import sys, django; django.setup()\n"
        "from mynumber import keys; keys.provider().health()\n"
        "print([name for name in ('hvac', 'requests', 'pkcs11', 'mynumber.keys.transit') if name in sys.modules])\n"
    )
    told = subprocess.run(
        [sys.executable, "-c", program],
        check=True,
        capture_output=True,
        text=True,
        env=env.child("KYUFU_TEST_HOME", DJANGO_SETTINGS_MODULE="config.settings.test"),
    )

    assert told.stdout.strip() == "[]"
