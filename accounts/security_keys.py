"""Security keys and computers' own authenticators (WebAuthn): the factor that no false page can be told.

The browser signs a challenge of ours together with the address it stands at. A challenge is good for one answer, in
the session it was made in, for five minutes; a key answers for its owner and at this site only.
"""

import json
import logging
import struct
from collections.abc import Mapping
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from django.contrib.sessions.models import Session
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.http import urlsafe_base64_encode
from fido2.server import Fido2Server
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticationResponse,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialUserEntity,
    RegistrationResponse,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from accounts import actions
from accounts.models import SecurityKey, User
from audit import journal

SITE = "給付"
CHALLENGE = "security_key_challenge"
ANSWERED_WITHIN = timedelta(minutes=5)
#: What a person needs is one and a spare one.
MOST = 10
#: WebAuthn, 4: a credential's id is at most this long, in bytes.
LONGEST_ID = 1023
#: No answer of a browser comes near it.
LONGEST_BODY = 64 * 1024
ADD = "add"
USE = "use"

#: What an answer that was not made by a browser can run into. It is refused like any other wrong one.
_UNREADABLE = (
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    AssertionError,
    ArithmeticError,
    NotImplementedError,
    RecursionError,
    struct.error,
    UnsupportedAlgorithm,
)

# the library tells the log which key was used, which is said in the record where it belongs
logging.getLogger("fido2").setLevel(logging.WARNING)


def why_unusable(request: HttpRequest) -> str:
    """Return at which address keys can be used when they cannot be used at this one ("" when they can).

    A key knows a site by its name; an address of numbers is none. This machine has one beside its numbers.
    """
    host = _host(request)
    try:
        number = ip_address(host.strip("[]"))
    except ValueError:
        return ""
    if not number.is_loopback:
        return "https://…"
    port = request.get_host().removeprefix(host)
    return f"{request.scheme}://localhost{port}"


def of(user: User) -> list[SecurityKey]:
    """Return the keys of ``user``, the oldest first."""
    return list(SecurityKey.objects.filter(user=user, confirmed=True).order_by("added_at", "pk"))


def begin_registration(request: HttpRequest, user: User) -> dict[str, Any]:
    """Return what the browser's ``navigator.credentials.create`` is to be asked, as JSON."""
    options, state = _server(request).register_begin(
        PublicKeyCredentialUserEntity(id=user.key_handle.bytes, name=user.login_id, display_name=user.display_name),
        credentials=_credentials(of(user)),
        resident_key_requirement=ResidentKeyRequirement.DISCOURAGED,
        user_verification=UserVerificationRequirement.PREFERRED,
    )
    _keep(request, user, ADD, state)
    return _as_json(options)


def finish_registration(request: HttpRequest, user: User, body: object, *, name: str) -> SecurityKey | None:
    """Add the key that the browser made for ``user`` and return it, on record; None when anything is not as asked."""
    state = _take(request, user, ADD)
    if state is None:
        return None
    try:
        answered = _server(request).register_complete(state, RegistrationResponse.from_dict(_answer(body)))
        made = answered.credential_data
        if made is None or len(made.credential_id) > LONGEST_ID:
            return None
        with transaction.atomic():
            User.objects.select_for_update(no_key=True).get(pk=user.pk)
            if SecurityKey.objects.filter(user=user).count() >= MOST:
                return None
            key: SecurityKey = SecurityKey.objects.create(
                user=user,
                name=name,
                confirmed=True,
                credential_id=made.credential_id,
                credential=bytes(made),
                sign_count=answered.counter,
                added_at=timezone.now(),
            )
            journal.record(actions.FACTOR_ADDED, by=user, subject=user, details={"kind": "key"})
    except (*_UNREADABLE, IntegrityError):  # a key that somebody has already is not added again
        return None
    return key


def begin_authentication(request: HttpRequest, user: User) -> dict[str, Any]:
    """Return what the browser's ``navigator.credentials.get`` is to be asked, as JSON."""
    options, state = _server(request).authenticate_begin(
        credentials=_credentials(of(user)), user_verification=UserVerificationRequirement.PREFERRED
    )
    _keep(request, user, USE, state)
    return _as_json(options)


def finish_authentication(request: HttpRequest, user: User, body: object) -> SecurityKey | None:
    """Return the key of ``user`` that has answered the challenge of this session, and note its use; otherwise None.

    Each challenge takes one answer, right or wrong. The key's own counter must have grown, unless it has none: a copy
    of the key would show there.
    """
    state = _take(request, user, USE)
    if state is None:
        return None
    try:
        answer = AuthenticationResponse.from_dict(_answer(body))
        with transaction.atomic():
            key: SecurityKey | None = (
                SecurityKey.objects.select_for_update()
                .filter(user=user, confirmed=True, credential_id=answer.raw_id)
                .first()
            )
            if key is None or answer.response.user_handle not in {None, user.key_handle.bytes}:
                return None
            _server(request).authenticate_complete(state, _credentials([key]), answer)
            counted = answer.response.authenticator_data.counter
            if (counted or key.sign_count) and counted <= key.sign_count:
                return None
            key.sign_count, key.last_used_at = counted, timezone.now()
            key.save(update_fields=["sign_count", "last_used_at"])
    except _UNREADABLE:
        return None
    return key


def posted(request: HttpRequest) -> dict[str, Any]:
    """Return the JSON object that was sent; an empty one when it is none or is longer than any browser's answer."""
    if request.content_type != "application/json" or len(request.body) > LONGEST_BODY:
        return {}
    try:
        sent = json.loads(request.body)
    except (ValueError, RecursionError):
        return {}
    return sent if isinstance(sent, dict) else {}


def _server(request: HttpRequest) -> Fido2Server:
    site = f"{request.scheme}://{request.get_host()}"
    return Fido2Server(
        PublicKeyCredentialRpEntity(id=_host(request), name=SITE), verify_origin=lambda origin: origin == site
    )


def _host(request: HttpRequest) -> str:
    host = request.get_host()
    if host.endswith("]"):
        return host
    return host.rsplit(":", 1)[0] if ":" in host else host


def _credentials(keys: list[SecurityKey]) -> list[AttestedCredentialData]:
    return [AttestedCredentialData(bytes(key.credential)) for key in keys]


def _as_json(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return plain dictionaries and lists, bytes in base64url."""

    def plain(value: Any) -> Any:
        if isinstance(value, bytes):
            return urlsafe_base64_encode(value)
        if isinstance(value, Mapping):
            return {str(key): plain(one) for key, one in value.items()}
        if isinstance(value, list | tuple):
            return [plain(one) for one in value]
        return value

    found: dict[str, Any] = plain(options)
    return found


def _answer(body: object) -> Mapping[str, Any]:
    """Return the part of an answer that is looked at; raise TypeError when it is nothing that a browser sends."""
    if not isinstance(body, dict) or not isinstance(body.get("response"), dict):
        raise TypeError("not a credential")
    return {
        "id": body["id"],
        "rawId": body["rawId"],
        "type": body["type"],
        "response": {key: value for key, value in body["response"].items() if isinstance(value, str)},
    }


def _keep(request: HttpRequest, user: User, use: str, state: Mapping[str, Any]) -> None:
    request.session[CHALLENGE] = {
        "user": user.pk,
        "use": use,
        "at": timezone.now().isoformat(),
        "state": {key: None if value is None else str(value) for key, value in state.items()},
    }


def _take(request: HttpRequest, user: User, use: str) -> dict[str, Any] | None:
    """Take the challenge out of the session, so that of two answers at once one finds it; None when there is none."""
    with transaction.atomic():
        row = Session.objects.select_for_update().filter(session_key=request.session.session_key).first()
        kept = row.get_decoded().get(CHALLENGE) if row else None
        # also where another has taken it: this request's copy of the session must not bring it back
        request.session.pop(CHALLENGE, None)
        if kept is None:
            return None
        request.session.save()
    is_late = timezone.now() - datetime.fromisoformat(kept["at"]) > ANSWERED_WITHIN
    if is_late or (kept["user"], kept["use"]) != (user.pk, use):
        return None
    state: dict[str, Any] = kept["state"]
    return state
