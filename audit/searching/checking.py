"""Whether one entry is as it was written, worked out anew while it is looked at.

This looks at the entry and its leaf alone. That the leaf stands in the tree that was signed is what a verification
and a proof show (``manage.py verify_audit``, ``prove``).
"""

from dataclasses import dataclass, field

from django.db import connection
from django.utils.translation import gettext as _

from audit import journal, keyfiles
from audit.ledger import facets
from audit.ledger.body import Body, MalformedBodyError, decode, is_authentic, leaf_hash
from audit.models import Event
from audit.sealing import columns
from audit.searching.finding import signed_size

_LEAF = "SELECT l.idx, l.hash, l.facets FROM audit.leaf l WHERE l.event_at = %s AND l.event_id = %s"
_PENDING = "SELECT p.leaf FROM audit.pending p WHERE p.id = %s AND p.at = %s"


@dataclass(slots=True)
class Check:
    """What was found: where the entry stands, and each thing that is not as it should be."""

    position: int | None = None
    is_signed: bool = False
    is_waiting: bool = False
    faults: list[str] = field(default_factory=list)

    @property
    def is_sound(self) -> bool:
        """Say whether everything fits."""
        return not self.faults


def check(event: Event) -> Check:
    """Compare the entry's columns, its body, its hash and its leaf with one another."""
    found = Check()
    hashed = leaf_hash(bytes(event.body))
    if hashed != bytes(event.leaf):
        found.faults.append(_("正本のハッシュが、正本から計算した値と違います。"))
    body = _body(event, found)
    with connection.cursor() as cursor:
        cursor.execute(_LEAF, [event.at, event.pk])
        leaf = cursor.fetchone()
        if leaf is None:
            cursor.execute(_PENDING, [event.pk, event.at])
            waiting = cursor.fetchone()
            found.is_waiting = waiting is not None
            if waiting is None:
                found.faults.append(_("台帳にも封印待ちにもありません。"))
            elif bytes(waiting[0]) != hashed:
                found.faults.append(_("封印待ちのハッシュが、正本から計算した値と違います。"))
            return found
    found.position, found.is_signed = leaf[0], leaf[0] < signed_size()
    if bytes(leaf[1]) != hashed:
        found.faults.append(_("台帳のハッシュが、正本から計算した値と違います。"))
    if body is not None and sorted(leaf[2]) != facets.of(body):
        found.faults.append(_("検索用の印が、正本と違います。"))
    return found


def _body(event: Event, found: Check) -> Body | None:
    try:
        body = decode(bytes(event.body))
    except MalformedBodyError:
        found.faults.append(_("正本の形が正しくありません。"))
        return None
    different = columns.differences({name: getattr(event, name) for name in columns.NAMES}, body)
    for name in different:
        label = getattr(Event._meta.get_field(name), "verbose_name", name)
        found.faults.append(_("「%s」の欄が、正本と違います。") % label)
    try:
        if not is_authentic(bytes(event.body), keyfiles.read(journal.MAC_KEY)):
            found.faults.append(_("正本の認証コードが合いません。この業務システムが書いたものではありません。"))
    except keyfiles.KeyUnavailableError:
        found.faults.append(_("認証コードの鍵を読めないため、書いた者を確かめられません。"))
    return body
