"""Codes that a person reads from a sheet of paper: drawn at random, kept as keyed digests only."""

import secrets
import unicodedata

from django.utils.crypto import salted_hmac

#: Thirty-two signs, so five bits each; those that look like another one (0 O, 1 I) are left out.
SIGNS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
GROUP = 4
#: Longer than any code with whatever stands between its groups; what is longer is not even looked at.
LONGEST = 60


def draw(*, groups: int) -> str:
    """Return a new code of ``groups`` groups of four signs, twenty bits each: ABCD-EFGH-JKLM."""
    return "-".join("".join(secrets.choice(SIGNS) for _sign in range(GROUP)) for _group in range(groups))


def read(typed: str) -> str:
    """Return the signs of what was typed: width, case, and what stands between the groups do not matter."""
    if len(typed) > LONGEST:
        return ""
    return "".join(sign for sign in unicodedata.normalize("NFKC", typed).upper() if sign.isascii() and sign.isalnum())


def digest(purpose: str, code: str) -> str:
    """Return what is kept of ``code``: it cannot be read back, nor tried out without the office's key."""
    return salted_hmac(purpose, read(code), algorithm="sha256").hexdigest()
