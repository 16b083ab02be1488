"""Whether the columns of an entry say what its body says: they are searched, the body is the evidence. No database."""

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from ipaddress import IPv4Address, IPv4Interface, IPv6Address, IPv6Interface, ip_interface
from typing import Any
from uuid import UUID

from audit.ledger.body import Body, MalformedBodyError, canonical_details, canonical_text, microseconds

#: The columns of ``audit.event`` that repeat what the body says, in the table's order.
NAMES = (
    "id", "at", "action", "result", "actor_id", "actor_roles", "actor_section", "subject_kind", "subject_id",
    "subject_label", "person_id", "purpose", "explanation", "sealed_reason", "details", "client", "session",
    "request_id",
)  # fmt: skip

#: What a column is that holds nothing a body could say.
_NOTHING_ALIKE = object()


def differences(row: Mapping[str, Any], body: Body) -> list[str]:
    """Return the names of the columns in ``row`` that say something else than ``body``; a name not there differs.

    Values are as a driver hands them over, or as text: canonical forms are compared, so that one address written two
    ways is one.
    """
    return [name for name in NAMES if name not in row or not _is_same(name, row[name], body)]


def _is_same(name: str, value: Any, body: Body) -> bool:
    said = getattr(body, "reason_hash" if name == "sealed_reason" else name)
    form = _FORMS.get(name)
    if form is None:
        return isinstance(value, str) and (value == said or canonical_text(value) == said)
    if name == "details":
        return bool(_form(form, value) == canonical_details(said))
    if value is None or said is None:
        return value is said
    return bool(_form(form, value) == _form(_SAID.get(name, form), said))


def _form(form: Callable[[Any], Any], value: Any) -> Any:
    try:
        return form(value)
    except (ValueError, TypeError, OverflowError, RecursionError, MalformedBodyError):
        return _NOTHING_ALIKE


def _id(value: UUID | str) -> UUID:
    return value if isinstance(value, UUID) else UUID(value)


def _number(value: int) -> int:
    if type(value) is not int:
        raise TypeError
    return value


def _moment(value: datetime | str) -> int:
    return microseconds(datetime.fromisoformat(value) if isinstance(value, str) else value)


def _details(value: Mapping[str, Any] | str) -> str:
    data = json.loads(value) if isinstance(value, str) else value
    if not isinstance(data, Mapping):
        raise TypeError
    return canonical_details(data)


def _address(value: IPv4Address | IPv6Address | IPv4Interface | IPv6Interface | str) -> bytes:
    """Return the packed address; one with a network's mask is no terminal's."""
    address = ip_interface(value)
    if address.network.num_addresses != 1:
        raise ValueError
    return address.packed


def _hash_of(value: bytes | memoryview) -> bytes:
    return hashlib.sha256(value).digest()


_FORMS: Mapping[str, Callable[[Any], Any]] = {
    "id": _id,
    "at": _moment,
    "actor_id": _number,
    "person_id": _id,
    "sealed_reason": _hash_of,
    "details": _details,
    "client": _address,
    "request_id": _id,
}
#: How the body's side is brought to the same form where that is not the column's way.
_SAID: Mapping[str, Callable[[Any], Any]] = {"sealed_reason": bytes}
