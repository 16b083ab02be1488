"""Time-based one-time codes (RFC 6238): six digits, a new one every 30 seconds, each good for one use."""

import base64
import hmac
import os
import time
import unicodedata
from urllib.parse import quote, urlencode

from django.db import transaction
from django_otp.oath import hotp

from accounts import actions
from accounts.models import CodeDevice, User
from audit import journal, sealed_text

STEP_SECONDS = 30
SEED_BYTES = 20
SEED_KEY = "seed"
#: What the authenticator shows beside the code.
ISSUER = "給付"
#: Longer than six digits with any spaces between them; what is longer is not even looked at.
LONGEST = 40
#: How many steps a phone's clock may be off, either way. There is no learning of a drift: a clock that is
#: further off is put right, not followed (django-otp's default follows it for minutes).
TOLERANCE = 1
#: What an attempt changes; the app's database role may write nothing else of a device.
_USED_UP = ("last_step", "throttling_failure_count", "throttling_failure_timestamp")


def enrol(user: User, *, seed: bytes | None = None) -> CodeDevice:
    """Give ``user`` a device with a fresh 160-bit seed (or ``seed``), sealed in the database."""
    device = CodeDevice(user=user, name="authenticator", confirmed=True)
    device.sealed_seed = sealed_text.seal(
        (seed or os.urandom(SEED_BYTES)).hex(), key=SEED_KEY, bound_to=_binding(user)
    )
    device.save()
    return device


@transaction.atomic
def prepare(user: User, *, by: User) -> CodeDevice:
    """Begin to enrol a new device, with a fresh seed, and return it. It opens nothing before its first code.

    One that was begun before is dropped: nobody can know any more who has seen its seed.
    """
    User.objects.select_for_update(no_key=True).get(pk=user.pk)  # one beginning after another
    CodeDevice.objects.filter(user=user, confirmed=False).delete()
    device = CodeDevice(user=user, name="authenticator", confirmed=False)
    device.sealed_seed = sealed_text.seal(os.urandom(SEED_BYTES).hex(), key=SEED_KEY, bound_to=_binding(user))
    device.save()
    journal.record(actions.FACTOR_PREPARED, by=by, subject=user, details={"kind": "code"})
    return device


@transaction.atomic
def confirm(user: User, device_id: int, code: str, *, by: User) -> CodeDevice | None:
    """Let the device that is being enrolled take the old one's place when ``code`` is right; otherwise None.

    The code is used up: signing in takes the next one.
    """
    device: CodeDevice | None = (
        CodeDevice.objects.select_for_update().filter(pk=device_id, user=user, confirmed=False).first()
    )
    if device is None or not _uses_up(device, code):
        return None
    CodeDevice.objects.filter(user=user, confirmed=True).delete()
    device.confirmed = True
    device.save(update_fields=["confirmed"])
    journal.record(actions.FACTOR_ADDED, by=by, subject=user, details={"kind": "code"})
    return device


def verify(user: User, code: str) -> CodeDevice | None:
    """Return the device when ``code`` is right, fresh and unused, and use it up; otherwise None.

    Two requests with the same code race for the device's row lock, and one of them wins. Each wrong code
    doubles the wait before the next attempt, so that six digits cannot be guessed.
    """
    with transaction.atomic():
        device: CodeDevice | None = CodeDevice.objects.select_for_update().filter(user=user, confirmed=True).first()
        return device if device is not None and _uses_up(device, code) else None


def secret(device: CodeDevice) -> str:
    """Return the seed as an authenticator takes it from the keyboard: base32 in groups of four."""
    letters = _base32(device)
    return " ".join(letters[at : at + 4] for at in range(0, len(letters), 4))


def address(device: CodeDevice) -> str:
    """Return the seed as an authenticator takes it from a QR code (the otpauth address)."""
    label = quote(f"{ISSUER}:{device.user.login_id}")
    said = {"secret": _base32(device), "issuer": ISSUER, "algorithm": "SHA1", "digits": "6", "period": STEP_SECONDS}
    return f"otpauth://totp/{label}?{urlencode(said, quote_via=quote)}"


def next_usable(user: User) -> tuple[str, int]:
    """Return a code that will be accepted and in how many seconds (0 = now). For the demo's table only."""
    device = CodeDevice.objects.get(user=user, confirmed=True)
    now = int(time.time())
    step = max(now // STEP_SECONDS, device.last_step + 1)
    wait = max(0, (step - TOLERANCE) * STEP_SECONDS - now)
    return _code(_seed(device), step), wait


def _uses_up(device: CodeDevice, code: str) -> bool:
    """Say whether ``code`` is right, fresh and unused, and note the attempt. The row is locked by the caller."""
    if not device.verify_is_allowed()[0]:
        return False
    digits = unicodedata.normalize("NFKC", code).replace(" ", "") if len(code) <= LONGEST else ""
    step = _matching_step(device, digits)
    if step is None:
        device.throttle_increment(commit=False)
    else:
        device.last_step = step
        device.throttle_reset(commit=False)
    device.save(update_fields=_USED_UP)
    return step is not None


def _matching_step(device: CodeDevice, digits: str) -> int | None:
    """Return the unused step whose code is ``digits``; every candidate is compared, for constant time."""
    seed, now = _seed(device), int(time.time()) // STEP_SECONDS
    found = None
    for step in range(now - TOLERANCE, now + TOLERANCE + 1):
        same = hmac.compare_digest(_code(seed, step).encode(), digits.encode())
        if same and step > device.last_step and found is None:
            found = step
    return found


def _code(seed: bytes, step: int) -> str:
    """Return the six digits of ``step`` (counted from 1970 in units of 30 s)."""
    return f"{hotp(seed, step):06d}"


def _seed(device: CodeDevice) -> bytes:
    return bytes.fromhex(sealed_text.unseal(bytes(device.sealed_seed), key=SEED_KEY, bound_to=_binding(device.user)))


def _base32(device: CodeDevice) -> str:
    return base64.b32encode(_seed(device)).decode().rstrip("=")


def _binding(user: User) -> str:
    return f"seed|{user.pk}"
