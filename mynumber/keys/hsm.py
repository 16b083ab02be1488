"""Keys in a hardware security module, or anything else that speaks PKCS#11: no key ever leaves it.

``python-pkcs11`` initialises a module without its locks (``C_Initialize(NULL)``), closing a session signs the whole
process out, and a signed-in process cannot sign in again. So one thread in each process speaks to the module, with one
session, begun after the process has forked; everybody else asks that thread and is told after two seconds that
there was no answer. There must not be two of these providers in one process.

A data key is encrypted as data (AES-GCM with the label), never "wrapped": SoftHSM and others cannot wrap with GCM.
"""

import hashlib
import os
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import pkcs11
from django.utils import timezone
from django.utils.translation import gettext as _
from pkcs11 import Attribute, GCMParams, KeyType, Mechanism, MechanismFlag, ObjectClass

from mynumber.keys import credentials, trial
from mynumber.keys.hands import Hands, NoAnswerError
from mynumber.keys.interface import DATA_KEY_BYTES, INDEX_KEY, Key, KeyUnavailableError, WrongKeyError, kek_name

SECONDS = 2.0
_NONCE = 12
_TAG = 16
_WRAPPED = _NONCE + DATA_KEY_BYTES + _TAG
_BITS = 256
_SALT_TEXT = b"kyufu index salt"
_TIME_FORM = "%Y-%m-%dT%H:%M:%SZ"

#: Pauses before another try, in seconds: of processes that begin at the same moment, SoftHSM lets one find no token.
_AGAIN = (0.05, 0.3)
_PIN_REFUSED = (
    pkcs11.PinIncorrect,
    pkcs11.PinLocked,
    pkcs11.PinExpired,
    pkcs11.PinInvalid,
    pkcs11.PinLenRange,
    pkcs11.UserPinNotInitialized,
)

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """Which module, which token in it, and the file with the user's PIN."""

    module: Path
    token: str
    pin_file: Path
    prefix: str = "kyufu-"


class _PinError(Exception):
    """The token does not take the PIN."""


class _KeyMissingError(Exception):
    """The token has no such key."""


class _KeyTwiceError(Exception):
    """The token has two keys of that name, and nobody knows which is meant."""


class _Session:
    """The one session of this process. It is begun when something is asked, and again when it has broken."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._session: Any = None
        self._keys: dict[str, Any] = {}
        self._refused_pin = b""

    def begun(self) -> Any:
        """Return the session, signed in."""
        if self._session is None:
            # Anew, even if another one here has done it: after a fork the module must be told, and a token that
            # was taken away and brought back is found only then.
            library = pkcs11.lib(str(self._device.module))
            library.reinitialize()
            pin = credentials.read(self._device.pin_file)
            digest = hashlib.sha256(pin.encode()).digest()
            if digest == self._refused_pin:
                # a device locks itself after a few wrong PINs: one is not tried twice
                raise _PinError
            try:
                self._session = library.get_token(token_label=self._device.token).open(rw=True, user_pin=pin)
            except _PIN_REFUSED:
                self._refused_pin = digest
                raise _PinError from None
        return self._session

    def key(self, name: str) -> Any:
        """Return the key, or raise :class:`_KeyMissingError`, :class:`_KeyTwiceError`."""
        if name not in self._keys:
            found = self.all_named(name)
            if len(found) > 1:
                raise _KeyTwiceError
            if not found:
                raise _KeyMissingError
            self._keys[name] = found[0]
        return self._keys[name]

    def all_named(self, name: str) -> list[Any]:
        return self.all_keys({Attribute.LABEL: name})

    def all_keys(self, further: dict[Attribute, Any] | None = None) -> list[Any]:
        """Return the secret keys on the token. That there are none is believed only of a session just begun.

        A session whose token is gone may go on answering that nothing was found.
        """
        wanted = {Attribute.CLASS: ObjectClass.SECRET_KEY, **(further or {})}
        is_new = self._session is None
        found = list(self.begun().get_objects(wanted))
        if not found and not is_new:
            self.forget()
            found = list(self.begun().get_objects(wanted))
        return found

    def forget(self) -> None:
        """Let a broken session go: the next question begins another."""
        self._session, self._keys = None, {}

    def close(self) -> None:
        if self._session is not None:
            self.forget()
            pkcs11.unload(str(self._device.module))


class HsmKeys:
    """AES-256-GCM and HMAC-SHA256, done by the device. See :class:`mynumber.keys.KeyProvider`."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._hands: Hands[_Session] = Hands(lambda: _Session(device), count=1, seconds=SECONDS)
        self._salt = b""

    def close(self) -> None:
        """Sign out."""
        self._hands.close()

    def wrap(self, kek_id: int, data_key: bytes, *, label: bytes) -> bytes:
        """Return nonce (12) and ciphertext with tag (48)."""
        name = self._name(kek_name(kek_id))
        return self._ask(name, lambda session: _encrypt(session.key(name), data_key, label))

    def unwrap(self, kek_id: int, wrapped: bytes, *, label: bytes) -> bytes:
        """Return the data key, or raise :class:`WrongKeyError`."""
        if len(wrapped) != _WRAPPED:
            raise WrongKeyError
        name = self._name(kek_name(kek_id))

        def work(session: _Session) -> bytes:
            key = session.key(name)
            try:
                return _decrypt(key, wrapped, label)
            except pkcs11.PKCS11Error:
                # Modules do not agree on how to say that a tag does not fit; SoftHSM says "general error". If the
                # key opens what it has just made, it is what was to be opened that is wrong.
                sample = secrets.token_bytes(DATA_KEY_BYTES)
                if _decrypt(key, _encrypt(key, sample, label), label) == sample:
                    raise WrongKeyError from None
                raise

        return self._ask(name, work)

    def mac(self, text: bytes) -> bytes:
        """Return the device's HMAC-SHA256 of ``text`` under the index key."""
        name = self._name(INDEX_KEY)
        return self._ask(name, lambda session: bytes(session.key(name).sign(text, mechanism=Mechanism.SHA256_HMAC)))

    def index_salt(self) -> bytes:
        """Return sixteen bytes of the code of a fixed text; asked for once in each process."""
        if not self._salt:
            self._salt = self.mac(_SALT_TEXT)[:16]
        return self._salt

    def versions(self) -> list[Key]:
        """Return the key-encryption keys on the token."""
        pattern = re.compile(re.escape(self._name("number-kek-")) + r"([1-9][0-9]{0,4})")

        def work(session: _Session) -> list[tuple[str, datetime | None]]:
            return [(key.label, _made_at(key)) for key in session.all_keys()]

        matches = [(pattern.fullmatch(label), made_at) for label, made_at in self._ask("", work)]
        ids = sorted({(int(match[1])): made_at for match, made_at in matches if match}.items())
        return [Key(kek_name(kek_id), kek_id, made_at) for kek_id, made_at in ids]

    def health(self) -> list[Key]:
        """Try every key. Raises :class:`KeyUnavailableError` when the token cannot even say which there are."""
        tried = [
            Key(key.name, key.kek_id, key.made_at, self._exposure(key.name) or trial.kek_problem(self, key.kek_id))
            for key in self.versions()
            if key.kek_id is not None
        ]
        name = self._name(INDEX_KEY)
        try:
            made_at = self._ask(name, lambda session: _made_at(session.key(name)))
        except KeyUnavailableError as unavailable:
            return [*tried, Key(INDEX_KEY, None, None, str(unavailable))]
        return [*tried, Key(INDEX_KEY, None, made_at, self._exposure(INDEX_KEY) or trial.index_problem(self))]

    def make(self, kek_id: int) -> None:
        """Let the device make a key that it hands out to nobody."""
        self._make(kek_name(kek_id), KeyType.AES, MechanismFlag.ENCRYPT | MechanismFlag.DECRYPT)

    def make_index(self) -> None:
        """Let the device make the index key."""
        self._make(INDEX_KEY, KeyType.GENERIC_SECRET, MechanismFlag.SIGN | MechanismFlag.VERIFY)

    def destroy(self, kek_id: int) -> None:
        """Let the device destroy the key. What its backups still hold is beyond this."""
        name = self._name(kek_name(kek_id))

        def work(session: _Session) -> None:
            for key in session.all_named(name):
                key.destroy()
            session.forget()

        self._ask(name, work)

    # ── asking ───────────────────────────────────────────────────────────────────────────────────────────────

    def _name(self, name: str) -> str:
        return self._device.prefix + name

    def _make(self, short: str, kind: KeyType, abilities: MechanismFlag) -> None:
        name = self._name(short)

        def is_free(session: _Session) -> bool:
            return not session.all_named(name)

        def work(session: _Session) -> None:
            if not is_free(session):
                raise FileExistsError(short)
            made = session.begun().generate_key(
                kind,
                _BITS,
                label=name,
                id=datetime.now(UTC).strftime(_TIME_FORM).encode(),
                store=True,
                capabilities=abilities,
                template={Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False, Attribute.MODIFIABLE: False},
            )
            # a token does not mind two of one name: of two made at once, none stays
            if len(session.all_named(name)) > 1:
                made.destroy()
                raise FileExistsError(short)

        self._ask(name, is_free)  # a broken session is mended here: making a key is not tried twice
        self._ask(name, work, again=())

    def _exposure(self, short: str) -> str:
        """Return in words what makes the key less than a key that never leaves the device, or ""."""
        name = self._name(short)

        def work(session: _Session) -> bool:
            key = session.key(name)
            return bool(key[Attribute.EXTRACTABLE] or not key[Attribute.SENSITIVE])

        try:
            is_exposed = self._ask(name, work)
        except KeyUnavailableError as unavailable:
            return str(unavailable)
        return (
            _("鍵を装置から取り出せる設定になっています。取り出せない鍵を作り、更新してください。")
            if is_exposed
            else ""
        )

    def _ask(self, name: str, work: Callable[[_Session], Answer], *, again: tuple[float, ...] = _AGAIN) -> Answer:
        """Let the thread do ``work``, with a new session if the old one has broken; say in words what goes wrong."""

        def patiently(session: _Session) -> Answer:
            for pause in again:
                try:
                    return work(session)
                except pkcs11.PKCS11Error:
                    session.forget()
                    time.sleep(pause)
            return work(session)

        try:
            return self._hands.ask(patiently)
        except NoAnswerError:
            problem = _("鍵の装置（HSM）が時間内に答えません。装置とネットワークを確かめてください。")
        except _KeyMissingError:
            problem = _("鍵の装置（HSM）に鍵 %(name)s がありません。装置の控えから戻してください。")
        except _KeyTwiceError:
            problem = _("鍵の装置（HSM）に鍵 %(name)s が2つあります。作った人を確かめ、使わない方を消してください。")
        except (pkcs11.NoSuchToken, pkcs11.TokenNotPresent, pkcs11.TokenNotRecognised, pkcs11.MultipleTokensReturned):
            problem = _(
                "鍵の装置（HSM）のトークンが見つかりません。KYUFU_PKCS11_TOKEN と装置の接続を確かめてください。"
            )
        except _PinError:
            problem = _("鍵の装置（HSM）が PIN を受け付けません。KYUFU_PKCS11_PIN_FILE を確かめてください。")
        except pkcs11.PKCS11Error as error:
            # the names of the standard's errors are no secret, and tell whoever keeps the device where to look
            problem = _("鍵の装置（HSM）が使えません（%(kind)s）。装置と KYUFU_PKCS11_MODULE を確かめてください。") % {
                "kind": type(error).__name__
            }
        raise KeyUnavailableError(problem % {"name": name} if "%(name)s" in problem else problem)


def _encrypt(key: Any, data_key: bytes, label: bytes) -> bytes:
    nonce = os.urandom(_NONCE)
    parameters = GCMParams(nonce, label, 8 * _TAG)
    return nonce + bytes(key.encrypt(data_key, mechanism=Mechanism.AES_GCM, mechanism_param=parameters))


def _decrypt(key: Any, wrapped: bytes, label: bytes) -> bytes:
    parameters = GCMParams(wrapped[:_NONCE], label, 8 * _TAG)
    return bytes(key.decrypt(wrapped[_NONCE:], mechanism=Mechanism.AES_GCM, mechanism_param=parameters))


def _made_at(key: Any) -> datetime | None:
    """Return when the key was made, for one of ours: its id says so. (SoftHSM does not keep CKA_START_DATE.)"""
    try:
        made_at = datetime.strptime(key.id.decode("ascii"), _TIME_FORM).replace(tzinfo=UTC)
    except (UnicodeDecodeError, ValueError, AttributeError, pkcs11.PKCS11Error):
        return None
    return made_at.astimezone(timezone.get_current_timezone())
