"""Which provider an office has, what its settings must say, and what is looked at before the office opens."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core import checks
from django.core.management import call_command

from audit import keyfiles
from config import checks as ours
from config.office import keys as key_files
from config.office.preparation import NotReady, Preparation
from mynumber import keys
from mynumber.keys import KeyUnavailableError, choice
from tests.mynumber.keys.kits import FileKit, Kit, SoftHsmKit, VaultKit


@pytest.fixture(autouse=True)
def _chosen_anew() -> Any:
    choice.provider.cache_clear()
    yield
    choice.provider.cache_clear()


def ids(messages: Sequence[checks.CheckMessage]) -> set[str | None]:
    return {message.id for message in messages}


@pytest.mark.parametrize(
    ("said", "match"),
    [
        ({"KYUFU_KEY_PROVIDER": "paper"}, "KYUFU_KEY_PROVIDER"),
        ({"KYUFU_KEY_PROVIDER": "vault"}, "KYUFU_VAULT_URL"),
        ({"KYUFU_KEY_PROVIDER": "vault", "KYUFU_VAULT_URL": "ftp://keys.example"}, "KYUFU_VAULT_URL"),
        ({"KYUFU_KEY_PROVIDER": "vault", "KYUFU_VAULT_URL": "https://name:word@keys.example"}, "KYUFU_VAULT_URL"),
        ({"KYUFU_KEY_PROVIDER": "vault", "KYUFU_VAULT_URL": "http://keys.example:8200"}, "https"),
        ({"KYUFU_KEY_PROVIDER": "vault", "KYUFU_VAULT_URL": "https://keys.example:8200"}, "KYUFU_VAULT_CA_FILE"),
        ({"KYUFU_KEY_PROVIDER": "pkcs11"}, "KYUFU_PKCS11_MODULE"),
        ({"KYUFU_KEY_PROVIDER": "pkcs11", "KYUFU_PKCS11_MODULE": Path(__file__)}, "KYUFU_PKCS11_TOKEN"),
    ],
)
def test_settings_that_do_not_lead_to_the_keys_are_named_and_nothing_is_asked(
    said: dict[str, Any], match: str, settings: Any
) -> None:
    for name, value in said.items():
        setattr(settings, name, value)

    assert ids(ours.number_keys_answer(None)) == {"config.E016"}
    with pytest.raises(KeyUnavailableError, match=match):
        keys.provider()
    with pytest.raises(KeyUnavailableError, match=match):
        keys.provider()  # it is not forgotten the second time


def test_the_provider_is_made_once(kit: Kit) -> None:
    assert keys.provider() is keys.provider()


def test_before_the_office_opens_every_key_has_passed_its_test(kit: Kit) -> None:
    assert ours.number_keys_answer(None) == []


def test_an_office_is_not_opened_while_its_provider_does_not_answer(kit: Kit) -> None:
    kit.take_away()
    found = [*ours.number_keys_answer(None), *ours.keys_are_ready(None)]
    kit.bring_back()

    assert ids(found) == ({"config.E001"} if isinstance(kit, FileKit) else {"config.E017"})
    assert all("ください" in f"{message.msg}{message.hint}" for message in found)


def test_a_key_that_is_missing_for_what_is_sealed_is_an_error(
    kit: Kit, db: None, superuser_connection: psycopg.Connection[Any]
) -> None:
    assert ours.every_sealed_number_has_its_key(None, databases=["default"]) == []

    keys.provider().make(2)
    keys.provider().destroy(1)

    found = ours.every_sealed_number_has_its_key(None, databases=["default"])
    assert ids(found) == {"config.E018"}
    assert "number-kek-1" in found[0].msg
    assert ours.every_sealed_number_has_its_key(None, databases=None) == []


def test_a_new_office_gets_its_keys_where_they_are_kept_and_never_twice(
    kit: Kit, tmp_path: Path, settings: Any
) -> None:
    provider = keys.provider()
    code = provider.mac(b"text")

    assert keys.make_first() == []  # the kit has made them
    assert provider.mac(b"text") == code
    provider.destroy(1)
    assert keys.make_first() == ["number-kek-1"]


@pytest.mark.parametrize("other", ["vault_server", "hsm"])
def test_an_office_whose_keys_are_elsewhere_has_no_file_of_them(
    other: str, request: pytest.FixtureRequest, tmp_path: Path, settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    request.getfixturevalue(other)
    keys.provider().destroy(1)
    settings.KYUFU_KEYS_DIR = tmp_path / "office"

    call_command("create_keys")

    made = {file.name for file in settings.KYUFU_KEYS_DIR.iterdir()}
    assert made == set(key_files.KEY_FILES) - key_files.NUMBER_KEY_FILES | {key_files.MARKER}
    assert [key.kek_id for key in keys.provider().versions()] == [1]
    assert ours.keys_are_ready(None) == []
    keyfiles.read.cache_clear()


@pytest.mark.parametrize("other", ["vault_server", "hsm"])
def test_only_an_office_without_data_gets_new_keys_elsewhere(
    other: str, request: pytest.FixtureRequest, tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    kit: VaultKit | SoftHsmKit = request.getfixturevalue(other)
    provider = keys.provider()
    provider.destroy(1)
    settings.KYUFU_KEYS_DIR = tmp_path / "office"
    said: list[str] = []
    preparation = Preparation(said.append)

    key_files.ensure(settings.KYUFU_KEYS_DIR, data_exists=False, numbers_in_files=False)
    monkeypatch.setattr(Preparation, "_has_data", lambda self: True)
    preparation._ensure_keys()
    assert provider.versions() == []
    monkeypatch.setattr(Preparation, "_has_data", lambda self: False)
    preparation._ensure_keys()
    assert [key.kek_id for key in provider.versions()] == [1]
    assert any("number-kek-1" in sentence for sentence in said)

    kit.take_away()
    with pytest.raises(NotReady, match="個人番号の鍵を用意できません"):
        preparation._ensure_keys()
    kit.bring_back()


def test_a_key_file_that_cannot_be_written_is_told_of(tmp_path: Path, settings: Any) -> None:
    settings.KYUFU_KEYS_DIR = tmp_path / "nowhere"

    with pytest.raises(KeyUnavailableError, match=r"number-kek-3\.key を作れません"):
        keys.provider().make(3)


def test_the_first_key_is_not_missed_once_another_has_taken_its_place(tmp_path: Path) -> None:
    key_files.ensure(tmp_path, data_exists=False)
    key_files.write_secret(tmp_path / "number-kek-2.key", "ab" * 32)
    (tmp_path / "number-kek-1.key").unlink()

    assert key_files.ensure(tmp_path, data_exists=True) == []
    assert key_files.complaints(tmp_path) == []
    (tmp_path / "number-kek-2.key").chmod(0o644)
    assert ["number-kek-2.key" in sentence for sentence in key_files.complaints(tmp_path)] == [True]


def test_a_file_that_is_exchanged_or_opened_to_others_is_of_no_use_at_once(tmp_path: Path, settings: Any) -> None:
    kit = FileKit(tmp_path, settings)
    provider = keys.provider()
    provider.make(1)
    path = kit.directory / "number-kek-1.key"
    wrapped, text = provider.wrap(1, bytes(32), label=b"label"), path.read_text()

    path.chmod(0o640)
    with pytest.raises(KeyUnavailableError, match="chmod 600"):
        provider.unwrap(1, wrapped, label=b"label")
    path.unlink()
    key_files.write_secret(path, "cd" * 32)
    with pytest.raises(KeyUnavailableError, match="別の鍵に替わりました"):
        provider.wrap(1, bytes(32), label=b"label")
    path.unlink()
    key_files.write_secret(path, text.strip())

    assert provider.unwrap(1, wrapped, label=b"label") == bytes(32)
    kit.end()
