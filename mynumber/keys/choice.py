"""Which provider this office has, and whether the settings say all that it needs."""

from collections.abc import Callable
from functools import lru_cache
from typing import assert_never
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from mynumber.keys.files import FileKeys
from mynumber.keys.interface import INDEX_KEY, Choice, KeyProvider, KeyUnavailableError, kek_name

_THIS_MACHINE = frozenset({"127.0.0.1", "localhost", "::1"})


@lru_cache(maxsize=1)
def provider() -> KeyProvider:
    """Return the office's provider of keys. It is made once in each process, and asked nothing when it is made.

    Raises :class:`KeyUnavailableError` when the settings do not say how to reach it.
    """
    for complaint in complaints():
        raise KeyUnavailableError(complaint)
    choice = Choice(settings.KYUFU_KEY_PROVIDER)
    # an office with key files never loads the libraries of the others
    match choice:
        case Choice.FILE:
            return FileKeys()
        case Choice.VAULT:
            from mynumber.keys import transit

            return transit.TransitKeys(
                transit.Address(
                    url=settings.KYUFU_VAULT_URL,
                    token_file=settings.KYUFU_VAULT_TOKEN_FILE,
                    ca_file=settings.KYUFU_VAULT_CA_FILE if _is_tls() else None,
                    mount=settings.KYUFU_VAULT_MOUNT,
                    namespace=settings.KYUFU_VAULT_NAMESPACE,
                    prefix=settings.KYUFU_KEY_PREFIX,
                )
            )
        case Choice.PKCS11:
            from mynumber.keys import hsm

            return hsm.HsmKeys(
                hsm.Device(
                    module=settings.KYUFU_PKCS11_MODULE,
                    token=settings.KYUFU_PKCS11_TOKEN,
                    pin_file=settings.KYUFU_PKCS11_PIN_FILE,
                    prefix=settings.KYUFU_KEY_PREFIX,
                )
            )
        case _:
            assert_never(choice)


def make_first() -> list[str]:
    """Make what a new office needs, the first key and the index key, where there is none; return what was made.

    Not for an office that has numbers already: a key that it has lost must be brought back, not made anew.
    """
    steps: tuple[tuple[str, Callable[[], None]], ...] = (
        (kek_name(1), lambda: provider().make(1)),
        (INDEX_KEY, lambda: provider().make_index()),
    )
    made = []
    for name, make in steps:
        try:
            make()
        except FileExistsError:
            continue
        made.append(name)
    return made


def keeps_files() -> bool:
    """Say whether the keys of My Numbers are files of this office."""
    return bool(settings.KYUFU_KEY_PROVIDER == Choice.FILE)


def complaints() -> list[str]:
    """Return a sentence for each setting that is missing or cannot be meant."""
    match settings.KYUFU_KEY_PROVIDER:
        case Choice.FILE:
            return []
        case Choice.VAULT:
            return _complaints_of_vault()
        case Choice.PKCS11:
            return _complaints_of_pkcs11()
        case _:
            return [_("KYUFU_KEY_PROVIDER は file、vault、pkcs11 のどれかを指定してください。")]


def _complaints_of_vault() -> list[str]:
    parts = urlsplit(settings.KYUFU_VAULT_URL)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.query:
        return [_("KYUFU_VAULT_URL に鍵サーバーのアドレス（https://…）を指定してください。")]
    if parts.scheme == "http" and parts.hostname not in _THIS_MACHINE:
        return [_("KYUFU_VAULT_URL は https で指定してください。トークンと鍵が暗号化されずに流れます。")]
    if _is_tls() and not settings.KYUFU_VAULT_CA_FILE.is_file():
        return [_("KYUFU_VAULT_CA_FILE に、鍵サーバーの証明書を確かめる CA のファイルを指定してください。")]
    return []


def _complaints_of_pkcs11() -> list[str]:
    found = []
    if not settings.KYUFU_PKCS11_MODULE.is_file():
        found.append(_("KYUFU_PKCS11_MODULE に、装置の PKCS#11 モジュール（.so）を指定してください。"))
    if not settings.KYUFU_PKCS11_TOKEN:
        found.append(_("KYUFU_PKCS11_TOKEN に、トークンのラベルを指定してください。"))
    return found


def _is_tls() -> bool:
    return bool(urlsplit(settings.KYUFU_VAULT_URL).scheme == "https")
