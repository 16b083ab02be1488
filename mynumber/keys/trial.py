"""Tries out a key that cannot be looked at: on random bytes, since no number is risked for a test."""

import secrets

from django.utils.translation import gettext as _

from mynumber.keys.interface import DATA_KEY_BYTES, KeyProvider, KeyUnavailableError, WrongKeyError


def kek_problem(provider: KeyProvider, kek_id: int) -> str:
    """Return what is wrong with a key-encryption key, in words, or "".

    A server or device that is too old takes a label and ignores it: then a number could be moved to another person
    and would open there. That is found out here too.
    """
    data_key, label = secrets.token_bytes(DATA_KEY_BYTES), secrets.token_bytes(16)
    try:
        wrapped = provider.wrap(kek_id, data_key, label=label)
        if provider.unwrap(kek_id, wrapped, label=label) != data_key:
            return _("試しに封じたものが開きません。")
    except KeyUnavailableError as unavailable:
        return str(unavailable)
    except WrongKeyError:
        return _("試しに封じたものが開きません。")
    try:
        provider.unwrap(kek_id, wrapped, label=label + b"|another")
    except WrongKeyError:
        return ""
    except KeyUnavailableError as unavailable:
        return str(unavailable)
    return _("別の人のものとして開けてしまいます（追加認証データが無視されています）。この鍵は使えません。")


def index_problem(provider: KeyProvider) -> str:
    """Return what is wrong with the index key, in words, or ""."""
    text = secrets.token_bytes(DATA_KEY_BYTES)
    try:
        if provider.mac(text) != provider.mac(text):
            return _("同じものから同じ照合値が得られません。")
    except KeyUnavailableError as unavailable:
        return str(unavailable)
    return ""
