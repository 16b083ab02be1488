"""What stood in somebody's form when their screen was locked: kept sealed, for them alone, until they are back.

A My Number, a password or a code is never in it: fields that are for one are left out by their names, and any value
that twelve digits stand together in is dropped, whatever its field is called.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.http import HttpRequest

from accounts.models import KeptInput, User
from audit import numberless, sealed_text

KEY = "kept-input"
MOST_BYTES = 200_000
LONGEST_NAME = 100
KEPT_FOR = timedelta(hours=24)

#: What is asked for in fields of these names opens something, or is a My Number, or belongs to the page alone.
_LEFT_OUT = re.compile(
    r"(?:(?:(?:guardian|member_\d+)_)?number|my_?number|code|otp|token|pin|secret|recovery|slip|current|new|repeat"
    r"|csrfmiddlewaretoken|revision|next|login_id|.*password.*)",
    re.IGNORECASE,
)
_CONTROL = re.compile(r"[\0-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Kept:
    """The page somebody was at, and the fields (name, value) they had filled, in the form's order."""

    path: str
    fields: tuple[tuple[str, str], ...]
    focus: str = ""
    #: Something that was typed could not be kept: the person is told that it is to be typed again.
    is_short: bool = False


@transaction.atomic
def keep(user: User, kept: Kept, *, at: datetime, since: datetime) -> bool:
    """Keep ``kept`` in place of what was there before; say whether it was.

    What has been kept since the screen was locked (``since``) stays: nobody at a locked screen can replace it. Where
    nothing is kept yet, whoever sits there could put something in; its owner is told that input was restored.
    """
    User.objects.select_for_update().get(pk=user.pk)  # two tabs that lock together come one after another
    if KeptInput.objects.filter(user=user, kept_at__gte=since).exists():
        return False
    kept = without_secrets(kept)
    if not kept.fields:
        return False
    forget_old(at=at)
    sealed = sealed_text.seal(_written(kept), key=KEY, bound_to=_binding(user))
    KeptInput.objects.update_or_create(user=user, defaults={"sealed": sealed, "kept_at": at})
    return True


def read(user: User, *, at: datetime) -> Kept | None:
    """Return what is kept for ``user``, or None; what is too old, or cannot be opened, is nothing."""
    row = KeptInput.objects.filter(user=user, kept_at__gt=at - KEPT_FOR).first()
    if row is None:
        return None
    try:
        found = json.loads(sealed_text.unseal(bytes(row.sealed), key=KEY, bound_to=_binding(user)))
    except sealed_text.UnopenableError:
        return None
    return Kept(
        path=found["path"],
        fields=tuple((name, value) for name, value in found["fields"]),
        focus=found["focus"],
        is_short=found["is_short"],
    )


@transaction.atomic
def give_back(user: User, *, path: str, at: datetime) -> Kept | None:
    """Return what was kept of the page at ``path`` and delete it; another page's input stays. It is given once."""
    row = KeptInput.objects.select_for_update().filter(user=user).first()
    kept = read(user, at=at)
    if row is None or kept is None or kept.path != path:
        return None
    row.delete()
    return kept


def discard(user: User) -> None:
    """Throw away what is kept for ``user``."""
    KeptInput.objects.filter(user=user).delete()


def forget_old(*, at: datetime) -> None:
    """Throw away what nobody came back for."""
    KeptInput.objects.filter(kept_at__lte=at - KEPT_FOR).delete()


def is_there(user: User, *, at: datetime) -> bool:
    """Say whether something is kept for ``user``."""
    return KeptInput.objects.filter(user=user, kept_at__gt=at - KEPT_FOR).exists()


def fields_of(request: HttpRequest) -> Iterable[tuple[str, str]]:
    """Return the fields of a form that was sent."""
    for name, values in request.POST.lists():
        for value in values:
            yield str(name), str(value)


def without_secrets(kept: Kept) -> Kept:
    """Return ``kept`` without what may never be kept, and without what is over the size allowed."""
    fields: list[tuple[str, str]] = []
    is_short, size = kept.is_short, 0
    for name, value in kept.fields:
        if _LEFT_OUT.fullmatch(name):
            continue
        more = len(json.dumps([name, value]))
        is_fit = len(name) <= LONGEST_NAME and not _CONTROL.search(name + value) and _is_text(name + value)
        if not is_fit or size + more > MOST_BYTES or numberless.holds_number(name) or numberless.holds_number(value):
            is_short = True
            continue
        size += more
        fields.append((name, value))
    focus = kept.focus if any(name == kept.focus for name, _value in fields) else ""
    return Kept(path=kept.path, fields=tuple(fields), focus=focus, is_short=is_short)


def _is_text(text: str) -> bool:
    """Say whether ``text`` is whole: half of a surrogate pair can stand in JSON and nowhere else."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _written(kept: Kept) -> str:
    return json.dumps(
        {"path": kept.path, "fields": kept.fields, "focus": kept.focus, "is_short": kept.is_short}, ensure_ascii=False
    )


def _binding(user: User) -> str:
    return f"kept|{user.pk}"
