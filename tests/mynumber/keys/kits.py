"""A provider of each kind, with what a test does to it from outside: take it away, bring it back, look for secrets."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from audit import keyfiles
from config.office.keys import KEY_FILES, NUMBER_KEY_FILES
from mynumber import keys
from mynumber.keys import choice
from tests.mynumber.keys.transit_server import TransitServer

PIN = "7391-aoi-PIN"


class FileKit:
    """Key files in a directory of the test's own, with copies of the office's other keys."""

    name = "file"

    def __init__(self, place: Path, settings: Any) -> None:
        self.directory = place / "keys"
        self.directory.mkdir(mode=0o700)
        self.away = place / "away"
        self.away.mkdir()
        for name in set(KEY_FILES) - NUMBER_KEY_FILES:
            shutil.copy2(settings.KYUFU_KEYS_DIR / name, self.directory)
        settings.KYUFU_KEY_PROVIDER = "file"
        settings.KYUFU_KEYS_DIR = self.directory
        keyfiles.read.cache_clear()

    def take_away(self) -> None:
        for path in self.directory.glob("number-*.key"):
            path.rename(self.away / path.name)

    def bring_back(self) -> None:
        for path in self.away.iterdir():
            path.rename(self.directory / path.name)

    def secrets(self) -> list[str]:
        return [path.read_text().strip() for path in self.directory.glob("*.key")]

    def end(self) -> None:
        keyfiles.read.cache_clear()


class SoftHsmKit:
    """A token of SoftHSM2 in a directory of the test's own."""

    name = "pkcs11"

    def __init__(self, place: Path, settings: Any) -> None:
        self.tokens = place / "tokens"
        self.tokens.mkdir()
        (place / "softhsm2.conf").write_text(
            f"directories.tokendir = {self.tokens}\nobjectstore.backend = file\nlog.level = ERROR\n"
        )
        # the module reads it from the environment of the process
        os.environ["SOFTHSM2_CONF"] = str(place / "softhsm2.conf")
        subprocess.run(
            [
                "/usr/bin/softhsm2-util",
                "--init-token",
                "--free",
                "--label",
                "office",
                "--so-pin",
                "0000",
                "--pin",
                PIN,
            ],
            check=True,
            capture_output=True,
        )
        self.pin_file = place / "pkcs11.pin"
        self.pin_file.write_text(f"{PIN}\n")
        self.pin_file.chmod(0o600)
        settings.KYUFU_KEY_PROVIDER = "pkcs11"
        settings.KYUFU_PKCS11_MODULE = softhsm_module()
        settings.KYUFU_PKCS11_TOKEN = "office"
        settings.KYUFU_PKCS11_PIN_FILE = self.pin_file

    def take_away(self) -> None:
        shutil.move(self.tokens, self.tokens.with_name("away"))
        self.tokens.mkdir()

    def bring_back(self) -> None:
        self.tokens.rmdir()
        shutil.move(self.tokens.with_name("away"), self.tokens)

    def secrets(self) -> list[str]:
        return [PIN]

    def end(self) -> None:
        del os.environ["SOFTHSM2_CONF"]


class VaultKit:
    """A server that speaks Vault's transit interface."""

    name = "vault"

    def __init__(self, place: Path, settings: Any) -> None:
        self.server = TransitServer()
        self.token_file = place / "vault.token"
        self.token_file.write_text(f"{self.server.token}\n")
        self.token_file.chmod(0o600)
        settings.KYUFU_KEY_PROVIDER = "vault"
        settings.KYUFU_VAULT_URL = self.server.address
        settings.KYUFU_VAULT_TOKEN_FILE = self.token_file

    def take_away(self) -> None:
        self.server.stop()

    def bring_back(self) -> None:
        self.server.start_again()

    def secrets(self) -> list[str]:
        return [self.server.token]

    def end(self) -> None:
        if self.server.mood != "gone":
            self.server.stop()


Kit = FileKit | SoftHsmKit | VaultKit
KITS = {kit.name: kit for kit in (FileKit, SoftHsmKit, VaultKit)}


def softhsm_module() -> Path:
    """Return where Debian has put SoftHSM's module, whatever the machine's architecture."""
    places = [Path("/usr/lib/softhsm/libsofthsm2.so"), *Path("/usr/lib").glob("*/softhsm/libsofthsm2.so")]
    found = next((place for place in places if place.is_file()), None)
    if found is None:
        pytest.fail("SoftHSM2 is not here: apt install softhsm2 (make test does)")
    return found


@contextmanager
def office_with(name: str, place: Path, settings: Any) -> Iterator[Kit]:
    """Let the office keep its keys with a provider of this kind: key 1 and the index key are made."""
    choice.provider.cache_clear()
    kit = KITS[name](place, settings)
    provider = keys.provider()
    try:
        provider.make(1)
        provider.make_index()
        yield kit
    finally:
        provider.close()
        choice.provider.cache_clear()
        kit.end()
