"""A server of the tests' own that speaks the transit interface of HashiCorp Vault, with real AES-GCM inside.

It answers as Vault does where this matters: 404 for a key that is not there, 400 for a ciphertext that does not open,
403 for a wrong token, 503 while sealed; a key is made quietly when somebody encrypts under one that is missing.
``mood`` makes it misbehave.
"""

import base64
import hashlib
import hmac
import json
import os
import re
import secrets
import ssl
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_PATH = re.compile(r"/v1/transit/(keys|encrypt|decrypt|hmac)(?:/([a-z0-9-]+))?(/config)?")


class _Refusal(Exception):
    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


class _Key:
    def __init__(self, options: dict[str, Any]) -> None:
        self.versions = [secrets.token_bytes(32)]
        self.made_at = int(time.time())
        self.exportable = options.get("exportable", False)
        self.kind = options.get("type", "aes256-gcm96")
        self.deletion_allowed = False


class TransitServer:
    """Serves on a free port of this machine until :meth:`stop`."""

    def __init__(self, *, certificate: tuple[Path, Path] | None = None) -> None:
        self._certificate = certificate
        self.token = secrets.token_urlsafe(24)
        self.keys: dict[str, _Key] = {}
        self.mood = ""
        self.asked: list[str] = []
        self.released = threading.Event()
        self._lock = threading.Lock()
        self._begin(0)

    @property
    def address(self) -> str:
        return f"{'https' if self._certificate else 'http'}://127.0.0.1:{self.port}"

    def _begin(self, port: int) -> None:
        office = self

        class Handler(_Handler):
            server_of_keys = office

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self.port = self._server.server_address[1]
        if self._certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*self._certificate)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Be gone: nobody listens any more, and connections that are open answer nothing."""
        self.mood = "gone"
        self.released.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    def start_again(self) -> None:
        self.mood = ""
        self.released.clear()
        self._begin(self.port)

    # ── what transit does ────────────────────────────────────────────────────────────────────────────────────

    def answer(self, method: str, path: str, asked: dict[str, Any]) -> dict[str, Any] | None:
        match = _PATH.fullmatch(path)
        if match is None:
            raise _Refusal(404, "no handler for route")
        part, name, config = match.groups()
        with self._lock:
            self.asked.append(f"{method} {part}")
            if part == "keys":
                return self._keys(method, name, asked, is_config=bool(config))
            if part == "encrypt":
                key = self.keys.setdefault(name, _Key({}))
                return {"ciphertext": self._encrypt(key, asked)}
            key = self._key(name, 400, "encryption key not found")
            if part == "decrypt":
                return {"plaintext": self._decrypt(key, asked)}
            return {"hmac": self._hmac(key, asked)}

    def _keys(self, method: str, name: str | None, asked: dict[str, Any], *, is_config: bool) -> dict[str, Any] | None:
        if method == "LIST":
            if not self.keys:
                raise _Refusal(404, "")
            return {"keys": sorted(self.keys)}
        assert name
        if method == "GET":
            key = self._key(name, 404, "")
            return {
                "type": key.kind,
                "keys": {str(at): key.made_at + at for at in range(1, len(key.versions) + 1)},
                "exportable": key.exportable,
                "allow_plaintext_backup": False,
                "derived": False,
                "deletion_allowed": key.deletion_allowed,
            }
        if method == "POST" and is_config:
            self._key(name, 400, "no existing key").deletion_allowed = asked["deletion_allowed"]
        elif method == "POST":
            self.keys.setdefault(name, _Key(asked))
        elif method == "DELETE":
            if not self._key(name, 400, "could not delete key; not found").deletion_allowed:
                raise _Refusal(400, "deletion is not allowed for this key")
            del self.keys[name]
        return None

    def _key(self, name: str, status: int, sentence: str) -> _Key:
        if name not in self.keys:
            raise _Refusal(status, sentence)
        return self.keys[name]

    def _label(self, asked: dict[str, Any]) -> bytes:
        return b"" if self.mood == "no labels" else base64.b64decode(asked.get("associated_data", ""))

    def _encrypt(self, key: _Key, asked: dict[str, Any]) -> str:
        nonce = os.urandom(12)
        sealed = AESGCM(key.versions[-1]).encrypt(nonce, base64.b64decode(asked["plaintext"]), self._label(asked))
        return f"vault:v{len(key.versions)}:{base64.b64encode(nonce + sealed).decode()}"

    def _decrypt(self, key: _Key, asked: dict[str, Any]) -> str:
        match = re.fullmatch(r"vault:v([0-9]+):(.+)", asked["ciphertext"])
        if match is None or not 1 <= int(match[1]) <= len(key.versions):
            raise _Refusal(400, "invalid ciphertext: no such version")
        raw = base64.b64decode(match[2])
        try:
            plain = AESGCM(key.versions[int(match[1]) - 1]).decrypt(raw[:12], raw[12:], self._label(asked))
        except (InvalidTag, ValueError):
            raise _Refusal(400, "invalid ciphertext: unable to decrypt") from None
        return base64.b64encode(plain).decode()

    def _hmac(self, key: _Key, asked: dict[str, Any]) -> str:
        version = asked.get("key_version", len(key.versions))
        own = hashlib.sha256(b"hmac" + key.versions[version - 1]).digest()
        code = hmac.digest(own, base64.b64decode(asked["input"]), "sha256")
        return f"vault:v{version}:{base64.b64encode(code).decode()}"


class _Handler(BaseHTTPRequestHandler):
    server_of_keys: TransitServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except OSError:
            self.close_connection = True

    def _serve(self) -> None:
        office = self.server_of_keys
        length = int(self.headers.get("Content-Length") or 0)
        asked = json.loads(self.rfile.read(length) or b"{}")
        if office.mood == "silent":
            office.released.wait(20)
        if office.mood in {"silent", "gone"}:
            self.close_connection = True
            return
        if office.mood == "drip":
            self._drip()
            return
        if office.mood == "redirect":
            self._reply(307, {}, location=f"{office.address}/v1/elsewhere")
            return
        if office.mood == "page":
            self._reply(200, None, text=b"<html>a proxy's page</html>")
            return
        if office.mood == "nonsense":
            self._reply(200, {"data": {"ciphertext": "?", "hmac": "vault:v1:AAAA", "plaintext": "", "keys": {}}})
            return
        if office.mood == "sealed":
            self._reply(503, {"errors": ["Vault is sealed"]})
            return
        if office.mood == "error":
            self._reply(500, {"errors": ["internal error"]})
            return
        if self.headers.get("X-Vault-Token") != office.token:
            self._reply(403, {"errors": ["permission denied"]})
            return
        try:
            data = office.answer(self.command, self.path.partition("?")[0], asked)
        except _Refusal as refused:
            self._reply(refused.status, {"errors": [str(refused)] if str(refused) else []})
            return
        self._reply(204, None) if data is None else self._reply(200, {"data": data})

    do_GET = do_POST = do_PUT = do_DELETE = do_LIST = _serve  # noqa: N815  (http.server's names)

    def _reply(self, status: int, body: dict[str, Any] | None, *, text: bytes = b"", location: str = "") -> None:
        if body is not None:
            text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json" if body is not None else "text/html")
        self.send_header("Content-Length", str(len(text)))
        if location:
            self.send_header("Location", location)
        self.end_headers()
        self.wfile.write(text)

    def _drip(self) -> None:
        """Send a byte now and then: no single wait is long, the whole never ends."""
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        while not self.server_of_keys.released.wait(0.3):
            self.wfile.write(b" ")
            self.wfile.flush()
        self.close_connection = True

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002  (http.server's name)
        """Say nothing."""
