"""A security key made of software: what a key and a browser answer, right or wrong in any one respect."""

import hashlib
import json
import os
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from django.test import Client
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData

from accounts.models import User

HERE = {"headers": {"host": "localhost", "accept": "application/json"}, "content_type": "application/json"}
ORIGIN = "http://localhost"
ADD = "/account/keys/add/"
PRESENT, VERIFIED, HOLDS_CREDENTIAL = 0x01, 0x04, 0x40


class SoftKey:
    """One key. ``count`` is what its own counter stands at; a key without a counter stays at 0."""

    def __init__(self, *, count: int = 1, host: str = "localhost", origin: str = ORIGIN) -> None:
        self.secret = ec.generate_private_key(ec.SECP256R1())
        self.id = os.urandom(32)
        self.count, self.host, self.origin = count, host, origin
        self.flags = PRESENT

    def created(self, challenge: str) -> dict[str, Any]:
        """Return what ``navigator.credentials.create`` gives."""
        public = ES256.from_cryptography_key(self.secret.public_key())
        data = AuthenticatorData.create(
            self._site(),
            self.flags | HOLDS_CREDENTIAL,
            self.count,
            bytes(AttestedCredentialData.create(b"\0" * 16, self.id, public)),
        )
        attested = AttestationObject.create("none", data, {})
        return self._credential(
            clientDataJSON=self._client("webauthn.create", challenge), attestationObject=bytes(attested)
        )

    def asserted(self, challenge: str, **changes: bytes) -> dict[str, Any]:
        """Return what ``navigator.credentials.get`` gives; ``changes`` replace parts after they were signed."""
        client = self._client("webauthn.get", challenge)
        data = AuthenticatorData.create(self._site(), self.flags, self.count)
        signature = self.secret.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        parts = {"clientDataJSON": client, "authenticatorData": bytes(data), "signature": signature}
        return self._credential(**{**parts, **changes})

    def _client(self, kind: str, challenge: str) -> bytes:
        said = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps(said).encode()

    def _site(self) -> bytes:
        return hashlib.sha256(self.host.encode()).digest()

    def _credential(self, **parts: bytes) -> dict[str, Any]:
        return {
            "id": websafe_encode(self.id),
            "rawId": websafe_encode(self.id),
            "type": "public-key",
            "response": {name: websafe_encode(value) for name, value in parts.items()},
        }


def challenge(client: Client, address: str) -> str:
    """Ask the page at ``address`` what the key is to be asked, and return the challenge."""
    answer = client.get(address, headers=HERE["headers"])
    found: str = answer.json()["publicKey"]["challenge"]
    return found


def send(client: Client, address: str, **body: object) -> Any:
    """Send what the page's script sends."""
    return client.post(address, json.dumps(body), **HERE)  # type: ignore[arg-type]


def registered(client: Client, user: User, *, name: str = "青いキー", **how: Any) -> SoftKey:
    """Return a key that ``user``, who is signed in, has added."""
    key = SoftKey(**how)
    answer = send(client, ADD, name=name, credential=key.created(challenge(client, ADD)))
    assert answer.status_code == 200, answer.content
    assert user.pk
    return key
