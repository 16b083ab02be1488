"""Keys in HashiCorp Vault or OpenBao, used through its transit engine: no key ever leaves the server.

``hvac`` speaks the protocol. Of the environment it is told nothing: neither proxies nor addresses nor tokens that lie
about there are used, no redirect is followed (a token would go along), and the certificate is checked against the
office's own CA file. Each of a few threads has a connection of its own.
"""

import base64
import binascii
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import requests
from django.utils import timezone
from django.utils.translation import gettext as _
from hvac import exceptions
from hvac.adapters import JSONAdapter
from hvac.api.secrets_engines.transit import Transit

from mynumber.keys import credentials, trial
from mynumber.keys.hands import Hands, NoAnswerError
from mynumber.keys.interface import DATA_KEY_BYTES, INDEX_KEY, Key, KeyUnavailableError, WrongKeyError, kek_name

SECONDS = 2.0
#: Longer than one request may take, since a look at a key may come before the question itself.
_TOTAL_SECONDS = 2.5
_CONNECTIONS = 4
_KEY_TYPE = "aes256-gcm96"
_MAC_BYTES = 32
_VERSION_BYTES = 4
#: The index is computed with the first version for ever, whatever else somebody lets the server make.
_INDEX_VERSION = 1
_SEALED_TEXT = re.compile(r"vault:v([1-9][0-9]{0,8}):([A-Za-z0-9+/]+={0,2})")
_SALT_TEXT = b"kyufu index salt"

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where the server is and how it is asked. The token itself is read from its file for each question."""

    url: str
    token_file: Path
    ca_file: Path | None = None
    mount: str = "transit"
    namespace: str = ""
    prefix: str = "kyufu-"


class _KeyMissingError(Exception):
    """The server says that it has no such key."""


class _Line:
    """One thread's connection."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.verify = str(address.ca_file) if address.ca_file else True
        self._adapter = JSONAdapter(
            base_uri=address.url,
            timeout=SECONDS,
            allow_redirects=False,
            session=self._session,
            namespace=address.namespace or None,
        )
        self._engine = Transit(adapter=self._adapter)

    def ask(self, question: Callable[..., Any], **arguments: Any) -> dict[str, Any]:
        """Ask one thing of the transit engine and return the data of the answer, {} for an answer without any."""
        self._adapter.token = credentials.read(self._address.token_file)
        answer = question(self._engine, mount_point=self._address.mount, **arguments)
        if isinstance(answer, dict):
            data = answer.get("data")
            return data if isinstance(data, dict) else {}
        if answer.status_code != requests.codes.no_content:
            # a redirect, or a page of something that is no Vault
            raise _unavailable(
                _("鍵サーバーの返事が Vault のものではありません。KYUFU_VAULT_URL を確かめてください。")
            )
        return {}

    def close(self) -> None:
        self._session.close()


class TransitKeys:
    """AES-256-GCM and HMAC-SHA256, done by the server. See :class:`mynumber.keys.KeyProvider`."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._hands: Hands[_Line] = Hands(lambda: _Line(address), count=_CONNECTIONS, seconds=_TOTAL_SECONDS)
        self._known: frozenset[int] = frozenset()
        self._salt = b""

    def close(self) -> None:
        """Close the connections."""
        self._hands.close()

    def wrap(self, kek_id: int, data_key: bytes, *, label: bytes) -> bytes:
        """Return the version of the server's key (4 bytes) and what the server made."""

        def work(line: _Line) -> dict[str, Any]:
            if kek_id not in self._known:
                # asked to encrypt under a key that it has not, the server may quietly make one
                self._look_at(line, kek_name(kek_id))
                self._known |= {kek_id}
            return line.ask(
                Transit.encrypt_data,
                name=self._name(kek_name(kek_id)),
                plaintext=_encoded(data_key),
                associated_data=_encoded(label),
            )

        return _compact(self._ask(kek_name(kek_id), work).get("ciphertext"))

    def unwrap(self, kek_id: int, wrapped: bytes, *, label: bytes) -> bytes:
        """Return the data key, or raise :class:`WrongKeyError`."""
        if len(wrapped) <= _VERSION_BYTES:
            raise WrongKeyError
        name = kek_name(kek_id)

        def work(line: _Line) -> dict[str, Any]:
            try:
                return line.ask(
                    Transit.decrypt_data,
                    name=self._name(name),
                    ciphertext=_spelt_out(wrapped),
                    associated_data=_encoded(label),
                )
            except (exceptions.InvalidRequest, exceptions.InvalidPath):
                # the same refusal stands for a missing key and for one that does not fit
                self._look_at(line, name)
                raise WrongKeyError from None

        data_key = _decoded(self._ask(name, work).get("plaintext"))
        if len(data_key) != DATA_KEY_BYTES:
            raise WrongKeyError
        return data_key

    def mac(self, text: bytes) -> bytes:
        """Return the server's HMAC-SHA256 of ``text`` under the index key."""

        def work(line: _Line) -> dict[str, Any]:
            return line.ask(
                Transit.generate_hmac,
                name=self._name(INDEX_KEY),
                hash_input=_encoded(text),
                key_version=_INDEX_VERSION,
                algorithm="sha2-256",
            )

        code = _compact(self._ask(INDEX_KEY, work).get("hmac"))
        if len(code) != _VERSION_BYTES + _MAC_BYTES or int.from_bytes(code[:_VERSION_BYTES], "big") != _INDEX_VERSION:
            raise _unavailable(_("鍵サーバーの照合値の形が違います。"))
        return code[_VERSION_BYTES:]

    def index_salt(self) -> bytes:
        """Return sixteen bytes of the code of a fixed text; asked for once in each process."""
        if not self._salt:
            self._salt = self.mac(_SALT_TEXT)[:16]
        return self._salt

    def versions(self) -> list[Key]:
        """Return the key-encryption keys that the server has under the office's prefix."""

        def work(line: _Line) -> dict[str, Any]:
            try:
                return line.ask(Transit.list_keys)
            except exceptions.InvalidPath:
                return {}

        pattern = re.compile(re.escape(self._name("number-kek-")) + r"([1-9][0-9]{0,4})")
        matches = (pattern.fullmatch(str(name)) for name in self._ask("", work).get("keys", []))
        found = []
        for kek_id in sorted(int(match[1]) for match in matches if match):
            try:
                made_at = _made_at(self._description(kek_name(kek_id)))
            except KeyUnavailableError:  # destroyed meanwhile, or closed to this token: the trial tells which
                made_at = None
            found.append(Key(kek_name(kek_id), kek_id, made_at))
        return found

    def health(self) -> list[Key]:
        """Try every key. Raises :class:`KeyUnavailableError` when the server cannot even say which there are."""
        tried = [
            Key(key.name, key.kek_id, key.made_at, self._exposure(key.name) or trial.kek_problem(self, key.kek_id))
            for key in self.versions()
            if key.kek_id is not None
        ]
        try:
            made_at = _made_at(self._description(INDEX_KEY))
        except KeyUnavailableError as unavailable:
            return [*tried, Key(INDEX_KEY, None, None, str(unavailable))]
        return [*tried, Key(INDEX_KEY, None, made_at, self._exposure(INDEX_KEY) or trial.index_problem(self))]

    def make(self, kek_id: int) -> None:
        """Let the server make a key that it hands out to nobody."""
        self._make(kek_name(kek_id))

    def make_index(self) -> None:
        """Let the server make the index key."""
        self._make(INDEX_KEY)

    def destroy(self, kek_id: int) -> None:
        """Let the server delete the key with all its versions. What its backups still hold is beyond this."""
        name = kek_name(kek_id)

        def work(line: _Line) -> None:
            try:
                self._look_at(line, name)
            except _KeyMissingError:
                return
            line.ask(Transit.update_key_configuration, name=self._name(name), deletion_allowed=True)
            line.ask(Transit.delete_key, name=self._name(name))

        self._known -= {kek_id}
        self._ask(name, work)

    # ── asking ───────────────────────────────────────────────────────────────────────────────────────────────

    def _name(self, name: str) -> str:
        return self._address.prefix + name

    def _make(self, name: str) -> None:
        def work(line: _Line) -> None:
            try:
                self._look_at(line, name)
            except _KeyMissingError:
                line.ask(
                    Transit.create_key,
                    name=self._name(name),
                    key_type=_KEY_TYPE,
                    exportable=False,
                    allow_plaintext_backup=False,
                    derived=False,
                )
                return
            raise FileExistsError(name)

        self._ask(name, work)

    def _look_at(self, line: _Line, name: str) -> dict[str, Any]:
        """Return the server's description of a key, or raise :class:`_KeyMissingError`."""
        try:
            return line.ask(Transit.read_key, name=self._name(name))
        except exceptions.InvalidPath:
            raise _KeyMissingError from None

    def _description(self, name: str) -> dict[str, Any]:
        return self._ask(name, lambda line: self._look_at(line, name))

    def _exposure(self, name: str) -> str:
        """Return in words what makes the key less than a key that never leaves the server, or ""."""
        try:
            told = self._description(name)
        except KeyUnavailableError as unavailable:
            return str(unavailable)
        if told.get("type") != _KEY_TYPE or told.get("derived"):
            return _("鍵の種類が %(type)s ではありません。") % {"type": _KEY_TYPE}
        if told.get("exportable") or told.get("allow_plaintext_backup"):
            return _("鍵をサーバーから取り出せる設定になっています。取り出せない鍵を作り、更新してください。")
        return ""

    def _ask(self, name: str, work: Callable[[_Line], Answer]) -> Answer:
        """Let one of the threads do ``work``; whatever goes wrong becomes a sentence without anything secret.

        What the library says is not passed on: its exceptions hold requests, and those hold keys and the token.
        """
        try:
            return self._hands.ask(work)
        except NoAnswerError:
            problem = _("鍵サーバーが時間内に答えません。サーバーとネットワークを確かめてください。")
        except _KeyMissingError:
            problem = _("鍵サーバーに鍵 %(name)s がありません。サーバーの控えから戻してください。")
        except exceptions.InvalidPath:
            problem = _("鍵サーバーに鍵 %(name)s、または KYUFU_VAULT_MOUNT の場所がありません。")
        except (exceptions.Forbidden, exceptions.Unauthorized):
            problem = _("鍵サーバーが拒みました（%(name)s）。トークンの期限と権限を確かめてください。")
        except exceptions.VaultDown:
            problem = _("鍵サーバーが封印（seal）されているか、準備ができていません。管理者に解除を依頼してください。")
        except exceptions.VaultError:
            problem = _("鍵サーバーがエラーを返しました（%(name)s）。サーバーの記録を確かめてください。")
        except requests.exceptions.SSLError:
            problem = _("鍵サーバーの証明書を確かめられません。KYUFU_VAULT_CA_FILE を確かめてください。")
        except requests.exceptions.Timeout:
            problem = _("鍵サーバーが時間内に答えません。サーバーとネットワークを確かめてください。")
        except (requests.exceptions.RequestException, OSError) as error:
            if isinstance(error, FileExistsError):
                raise
            problem = _("鍵サーバーに接続できません。サーバーとネットワークを確かめてください。")
        raise _unavailable(problem % {"name": self._name(name)} if "%(name)s" in problem else problem)


def _unavailable(problem: str) -> KeyUnavailableError:
    return KeyUnavailableError(problem)


def _encoded(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")


def _decoded(text: object) -> bytes:
    try:
        return base64.b64decode(str(text), validate=True)
    except (binascii.Error, ValueError):
        return b""


def _compact(text: object) -> bytes:
    """Return the server's ``vault:v1:<base64>`` as bytes of which none can be changed without being noticed."""
    match = _SEALED_TEXT.fullmatch(str(text))
    raw = _decoded(match[2]) if match else b""
    if match is None or not raw:
        raise _unavailable(_("鍵サーバーの返事の形が違います。サーバーの版を確かめてください。"))
    return int(match[1]).to_bytes(_VERSION_BYTES, "big") + raw


def _spelt_out(wrapped: bytes) -> str:
    version = int.from_bytes(wrapped[:_VERSION_BYTES], "big")
    return f"vault:v{version}:{_encoded(wrapped[_VERSION_BYTES:])}"


def _made_at(told: dict[str, Any]) -> datetime | None:
    """Return when the key's oldest version was made, as far as the server tells."""
    try:
        seconds = min(int(when) for when in told["keys"].values())
        return datetime.fromtimestamp(seconds, tz=UTC).astimezone(timezone.get_current_timezone())
    except (KeyError, AttributeError, TypeError, ValueError, OverflowError):
        return None
