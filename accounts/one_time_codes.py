"""Time-based one-time codes (RFC 6238): six digits, a new one every 30 seconds, each good for one use."""

import hmac
import os
import time
import unicodedata

from django.db import transaction
from django_otp.oath import hotp

from accounts.models import CodeDevice, User
from audit import sealed_text

STEP_SECONDS = 30
SEED_BYTES = 20
SEED_KEY = "seed"
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


def verify(user: User, code: str) -> CodeDevice | None:
    """Return the device when ``code`` is right, fresh and unused, and use it up; otherwise None.

    Two requests with the same code race for the device's row lock, and one of them wins. Each wrong code
    doubles the wait before the next attempt, so that six digits cannot be guessed.
    """
    digits = unicodedata.normalize("NFKC", code).replace(" ", "")
    with transaction.atomic():
        device: CodeDevice | None = CodeDevice.objects.select_for_update().filter(user=user, confirmed=True).first()
        if device is None or not device.verify_is_allowed()[0]:
            return None
        step = _matching_step(device, digits)
        if step is None:
            device.throttle_increment(commit=False)
            device.save(update_fields=_USED_UP)
            return None
        device.last_step = step
        device.throttle_reset(commit=False)
        device.save(update_fields=_USED_UP)
        return device


def next_usable(user: User) -> tuple[str, int]:
    """Return a code that will be accepted and in how many seconds (0 = now). For the demo's table only."""
    device = CodeDevice.objects.get(user=user)
    now = int(time.time())
    step = max(now // STEP_SECONDS, device.last_step + 1)
    wait = max(0, (step - TOLERANCE) * STEP_SECONDS - now)
    return _code(_seed(device), step), wait


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


def _binding(user: User) -> str:
    return f"seed|{user.pk}"
