"""The canonical text of an application: what a checker approves is exactly these bytes.

    {"form": {key: value, …}, "household": {"guardian": {"given": true, "version": 1}, …},
     "number": {"given": true, "version": 1}, "schema": 1}

Keys sorted, no spaces, UTF-8, values as text, whole numbers, true/false/null and lists of those; dates as
ISO 8601. The same content always gives the same text, so its SHA-256 names it.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

SCHEMA = 1

#: The tick that stands for every box that is empty on the form.
BLANKS = "blanks"


def compose(
    form: Mapping[str, Any],
    *,
    number_version: int | None,
    absence_reason: str,
    household: Mapping[str, Any] | None = None,
) -> str:
    """Return the canonical text of a filled-in form and of the version of the My Number typed with it.

    ``household`` says the same of the others whose number is needed, by where they stand on the form.
    """
    number: dict[str, object] = (
        {"given": False, "reason": absence_reason}
        if number_version is None
        else {"given": True, "version": number_version}
    )
    document: dict[str, object] = {"form": dict(form), "number": number, "schema": SCHEMA}
    if household:
        document["household"] = dict(household)
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def fingerprint(content: str) -> str:
    """Return the SHA-256 of the content as 64 hex digits.

    The database computes the same (constraint ``application_approval_matches_its_content``).
    """
    return hashlib.sha256(content.encode()).hexdigest()


def form_of(content: str) -> dict[str, Any]:
    """Return the form's values, key by key; {} for content that was never composed."""
    form: dict[str, Any] = json.loads(content)["form"] if content else {}
    return form


def household_of(content: str) -> dict[str, Any]:
    """Return what is said of the numbers of others than the patient, by where they stand; {} when none is needed."""
    household: dict[str, Any] = json.loads(content).get("household", {}) if content else {}
    return household


def to_be_ticked(content: str) -> tuple[str, ...]:
    """Return the keys a checker compares with the paper one by one, and one more for all the empty boxes."""
    form = form_of(content)
    filled = tuple(key for key, value in form.items() if value not in ("", None, []))
    return (*filled, BLANKS) if len(filled) < len(form) else filled
