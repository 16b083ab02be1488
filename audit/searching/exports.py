"""Files of entries: asked for, written piece by piece, taken by who asked, and gone after a week.

A file is sealed under a key of its own, which the row keeps sealed; a kill between two pieces loses one piece of work
and nothing else. What is asked for is fixed when it is asked: entries of before that moment, within what the asker
may read, and only as long as they may.
"""

import csv
import hashlib
import io
import json
import os
import secrets
import struct
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any, Final, cast
from uuid import UUID, uuid4

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from audit import actions, journal, sealed_text
from audit.ledger import facets
from audit.models import REASON_KEY, Export, ExportState, Result
from audit.models.searching import UNDER_WAY
from audit.searching import columns, finding, scopes
from audit.searching.form import SearchForm
from audit.searching.pieces import Question, question
from audit.searching.sentences import sentence
from audit.spreadsheet_cells import disarmed

#: So many entries are written at once, while the asker waits.
AT_ONCE: Final = 5_000
MOST_ROWS: Final = 1_000_000
PIECE: Final = 2_000
#: A piece may take longer than a page.
PIECE_MILLISECONDS: Final = 30_000
KEPT_FOR: Final = timedelta(days=7)
#: As many may wait or be written for one person at a time.
UNDER_WAY_AT_ONCE: Final = 3
BOM: Final = "\ufeff"

_LENGTH: Final = struct.Struct(">I")
_NONCE_BYTES: Final = 12
_NEWEST_NOTE: Final = """
SELECT n.origin, n.size, n.text, c.root FROM audit.note n LEFT JOIN audit.checkpoint c ON c.size = n.size
WHERE n.origin = (SELECT o.origin FROM audit.origin o ORDER BY o.began_at DESC LIMIT 1)
ORDER BY n.size DESC LIMIT 1
"""


class Refused(Exception):
    """No file is made; the text says why."""


class BrokenFileError(Exception):
    """The file is not what was written: cut off, changed, or gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a file is to hold."""

    typed: Mapping[str, Any]
    sentence: str
    columns: tuple[str, ...]
    has_bom: bool
    reason: str
    key: str

    def as_text(self) -> str:
        """Return it as it is sealed."""
        return json.dumps(
            {name: getattr(self, name) for name in ("typed", "sentence", "columns", "has_bom", "reason", "key")},
            ensure_ascii=False,
        )


def ask(
    *,
    typed: Mapping[str, Any],
    form: SearchForm,
    chosen: Sequence[str],
    has_bom: bool,
    reason: str,
    expected: int | None,
    by: Any,
    at: datetime,
) -> Export:
    """Put a file in the queue and record it. Raises :class:`Refused` when too many are under way."""
    asked = sentence(form.conditions, today=facets.local_day(at))
    key = uuid4()
    order = Order(
        typed=dict(typed),
        sentence=asked,
        columns=tuple(name for name in columns.IN_FILE if name in chosen),
        has_bom=has_bom,
        reason=reason,
        key=secrets.token_hex(32),
    )
    with transaction.atomic():
        if Export.objects.filter(asked_by=by.pk, state__in=UNDER_WAY).count() >= UNDER_WAY_AT_ONCE:
            raise Refused(
                _("作成中のファイルが%d件あります。終わるのを待つか、取り消してください。") % UNDER_WAY_AT_ONCE
            )
        export = Export.objects.create(
            id=key,
            asked_by=by.pk,
            asked_at=at,
            sealed=sealed_text.seal(order.as_text(), key=REASON_KEY, bound_to=_bound_to(key)),
            expected=expected,
        )
        journal.record(
            actions.LOG_EXPORT_ASKED,
            by=by,
            subject=_subject(export),
            reason=_("%(sentence)s／理由：%(reason)s") % {"sentence": asked, "reason": reason},
            details={"count": expected if expected is not None else f">{AT_ONCE}", "fields": list(order.columns)},
        )
    return export


def order_of(export: Export) -> Order:
    """Return what was asked for. Raises ``UnopenableError`` when the row was tampered with."""
    kept = json.loads(sealed_text.unseal(bytes(export.sealed), key=REASON_KEY, bound_to=_bound_to(export.pk)))
    return Order(**{**kept, "columns": tuple(kept["columns"])})


def work() -> bool:
    """Do the next piece of whatever file waits, or let one go whose time is over; say whether there was any."""
    if expire(timezone.now()):
        return True
    with transaction.atomic():
        export = (
            Export.objects.select_for_update(skip_locked=True)
            .filter(state__in=UNDER_WAY)
            .order_by("asked_at", "pk")
            .first()
        )
        if export is None:
            return False
        write_piece(export)
    return True


def finish(export: Export) -> Export:
    """Write a small file to its end while the asker waits; a worker may have taken it meanwhile."""
    for _piece in range(AT_ONCE // PIECE + 3):
        with transaction.atomic():
            held = Export.objects.select_for_update().get(pk=export.pk)
            if held.state not in UNDER_WAY:
                return held
            write_piece(held)
    return Export.objects.get(pk=export.pk)


def write_piece(export: Export) -> None:
    """Write the next entries behind what is written already, the row being locked; end the file when none are left."""
    try:
        order = order_of(export)
    except (sealed_text.UnopenableError, ValueError, KeyError, TypeError):
        _fail(export, "unopenable")
        return
    scope = _scope_of(export)
    form = SearchForm(order.typed, scope=scope) if scope else None
    if scope is None or form is None or not form.is_valid():
        _fail(export, "not allowed")
        return
    asked = question(form.conditions, scope, now=export.asked_at)
    asked = Question(asked.pieces, asked.since, min(asked.until, export.asked_at))
    key = finding.Key(export.last_at, export.last_id) if export.last_at and export.last_id else None
    try:
        rows = finding.walk(asked, key, scope, most=PIECE, milliseconds=PIECE_MILLISECONDS)
    except finding.TooSlowError:
        _fail(export, "too slow")
        return
    if export.rows + len(rows) > MOST_ROWS:
        _fail(export, "too many")
        return
    if rows or export.pieces == 0:
        _append(export, _csv(order, rows, is_first=export.pieces == 0), order.key)
    _count(export, rows)
    export.state = ExportState.WRITING
    if len(rows) < PIECE:
        _finish(export, order)
    export.save()


def cancel(export: Export, *, by: Any) -> bool:
    """Stop a file that is under way; say whether it was."""
    with transaction.atomic():
        held = Export.objects.select_for_update().get(pk=export.pk)
        if held.state not in UNDER_WAY:
            return False
        held.state = ExportState.CANCELLED
        held.finished_at = timezone.now()
        held.save(update_fields=["state", "finished_at"])
        journal.record(actions.LOG_EXPORT_CANCELLED, by=by, subject=_subject(held), details={"count": held.rows})
    _remove_file(held)
    return True


def take(export: Export, *, by: Any) -> Iterator[bytes]:
    """Record that the file is handed out, and return it: a zip with the CSV and its manifest, read while it is sent.

    Raises :class:`BrokenFileError` before anything is sent when the file is not the one that was written.
    """
    order = order_of(export)
    if _digest(export, order.key) != export.digest:
        raise BrokenFileError
    with transaction.atomic():
        journal.record(
            actions.LOG_EXPORT_TAKEN,
            by=by,
            subject=_subject(export),
            reason=order.sentence,
            details={"count": export.rows, "fingerprint": export.digest},
        )
        Export.objects.filter(pk=export.pk).update(downloads=F("downloads") + 1)
    return _zip(export, order)


def manifest(export: Export, order: Order) -> dict[str, Any]:
    """Return what a reader needs to make the same extract again, and to know that this one is whole."""
    with connection.cursor() as cursor:
        cursor.execute(_NEWEST_NOTE)
        note = cursor.fetchone()
    return {
        "format": "kyufu-audit-extract/1",
        "conditions": order.sentence,
        "typed": order.typed,
        "entries_before": export.asked_at.isoformat(),
        "columns": [str(columns.IN_FILE[name][0]) for name in order.columns],
        "rows": export.rows,
        "order": "newest first",
        "positions": {"lowest": export.lowest, "highest": export.highest, "unsealed": export.unsealed},
        "checkpoint": None
        if note is None
        else {"origin": note[0], "size": note[1], "root": bytes(note[3]).hex() if note[3] else None, "note": note[2]},
        "file": {
            "name": f"{_name(export)}.csv",
            "encoding": "UTF-8 with BOM" if order.has_bom else "UTF-8",
            "sha256": export.digest,
        },
        "export": str(export.pk),
        "made_at": export.finished_at.isoformat() if export.finished_at else None,
    }


def expire(now: datetime) -> bool:
    """Let the file go whose time is over longest; say whether there was one."""
    with transaction.atomic():
        export = (
            Export.objects.select_for_update(skip_locked=True)
            .filter(state=ExportState.READY, finished_at__lt=now - KEPT_FOR)
            .order_by("finished_at")
            .first()
        )
        if export is None:
            return False
        export.state = ExportState.GONE
        # with the key the file is gone, whatever copies there are of it
        order = order_of(export)
        gone = Order(
            typed={},
            sentence=order.sentence,
            columns=order.columns,
            has_bom=order.has_bom,
            reason=order.reason,
            key="",
        )
        export.sealed = sealed_text.seal(gone.as_text(), key=REASON_KEY, bound_to=_bound_to(export.pk))
        export.save(update_fields=["state", "sealed"])
        journal.record(
            actions.LOG_EXPORT_DELETED, by=None, subject=_subject(export), details={"fingerprint": export.digest}
        )
    _remove_file(export)
    return True


def file_name(export: Export) -> str:
    """Return what the zip is called: when it was asked for, and nothing else."""
    return f"{_name(export)}.zip"


def words(code: str) -> str:
    """Say why a file could not be made."""
    return {
        "too many": _("記録が%s件を超えます。期間を分けてください。") % f"{MOST_ROWS:,}",
        "too slow": _("時間がかかりすぎました。期間を短くするか、条件を加えてください。"),
        "not allowed": _("書き出す権限がなくなったか、条件が使えなくなりました。"),
        "unopenable": _("保存された条件を復号できません。管理者に連絡してください。"),
    }.get(code, "")


def _scope_of(export: Export) -> scopes.Scope | None:
    """Return what the asker may read now, or None when they may not export any more."""
    asker: Any = get_user_model()._default_manager.filter(pk=export.asked_by, is_active=True).first()
    if asker is None or not asker.has_perm("audit.export_event"):
        return None
    return scopes.everybodys(asker)


def _csv(order: Order, rows: Iterable[finding.Row], *, is_first: bool) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n", quoting=csv.QUOTE_ALL)
    if is_first:
        out.write(BOM if order.has_bom else "")
        writer.writerow([str(columns.IN_FILE[name][0]) for name in order.columns])
    for row in rows:
        writer.writerow([disarmed(columns.IN_FILE[name][1](row)) for name in order.columns])
    return out.getvalue().encode()


def _count(export: Export, rows: Sequence[finding.Row]) -> None:
    export.rows += len(rows)
    positions = [row.position for row in rows if row.position is not None]
    export.unsealed += len(rows) - len(positions)
    if positions:
        export.lowest = min(positions) if export.lowest is None else min(export.lowest, *positions)
        export.highest = max(positions) if export.highest is None else max(export.highest, *positions)
    if rows:
        export.last_at, export.last_id = rows[-1].event.at, rows[-1].event.pk


def _finish(export: Export, order: Order) -> None:
    export.digest = _digest(export, order.key)
    export.state = ExportState.READY
    export.finished_at = timezone.now()
    journal.record(
        actions.LOG_EXPORT_FINISHED,
        by=_asker(export),
        subject=_subject(export),
        details={"count": export.rows, "fingerprint": export.digest},
    )


def _fail(export: Export, code: str) -> None:
    export.state, export.code, export.finished_at = ExportState.FAILED, code, timezone.now()
    export.save(update_fields=["state", "code", "finished_at"])
    journal.record(
        actions.LOG_EXPORT_FAILED,
        by=_asker(export),
        subject=_subject(export),
        result=Result.FAILED,
        details={"code": code, "count": export.rows},
    )
    transaction.on_commit(lambda: _remove_file(export))


def _asker(export: Export) -> Any:
    return get_user_model()._default_manager.filter(pk=export.asked_by).first()


def _append(export: Export, plain: bytes, key: str) -> None:
    """Add a piece to the file, behind what is finished; it counts once the row is committed."""
    path = _path(export)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    nonce = os.urandom(_NONCE_BYTES)
    sealed = nonce + AESGCM(bytes.fromhex(key)).encrypt(nonce, plain, _piece_label(export.pk, export.pieces))
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(handle, "r+b") as file:
        file.truncate(export.bytes)
        file.seek(export.bytes)
        file.write(_LENGTH.pack(len(sealed)) + sealed)
        file.flush()
        os.fsync(file.fileno())
    export.bytes += _LENGTH.size + len(sealed)
    export.pieces += 1


def _pieces(export: Export, key: str) -> Iterator[bytes]:
    """Yield what the file holds, piece by piece. Raises :class:`BrokenFileError` where it is not what was written."""
    cipher = AESGCM(bytes.fromhex(key))
    try:
        with _path(export).open("rb") as file:
            for number in range(export.pieces):
                (length,) = _LENGTH.unpack(file.read(_LENGTH.size))
                sealed = file.read(length)
                yield cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], _piece_label(export.pk, number))
    except (OSError, struct.error, InvalidTag, ValueError) as error:
        raise BrokenFileError from error


def _digest(export: Export, key: str) -> str:
    found = hashlib.sha256()
    for piece in _pieces(export, key):
        found.update(piece)
    return found.hexdigest()


class _Outlet:
    """What a zip is written into: it keeps only what has not been handed on yet."""

    def __init__(self) -> None:
        self._waiting: list[bytes] = []

    def write(self, data: bytes) -> int:
        """Take ``data`` to be handed on."""
        self._waiting.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """There is nothing to flush."""

    def handed_on(self) -> bytes:
        """Return what was written since the last time."""
        written, self._waiting = b"".join(self._waiting), []
        return written


def _zip(export: Export, order: Order) -> Iterator[bytes]:
    outlet = _Outlet()
    said = json.dumps(manifest(export, order), ensure_ascii=False, indent=1).encode()
    with zipfile.ZipFile(cast("IO[bytes]", outlet), "w", zipfile.ZIP_DEFLATED) as bundle:
        bundle.writestr("manifest.json", said)
        with bundle.open(f"{_name(export)}.csv", "w", force_zip64=True) as file:
            for piece in _pieces(export, order.key):
                file.write(piece)
                yield outlet.handed_on()
    yield outlet.handed_on()


def _remove_file(export: Export) -> None:
    _path(export).unlink(missing_ok=True)


def _path(export: Export) -> Path:
    return Path(settings.KYUFU_HOME) / "exports" / f"{export.pk}.sealed"


def _name(export: Export) -> str:
    return f"audit-{timezone.localtime(export.asked_at):%Y%m%d-%H%M%S}"


def _piece_label(key: UUID, number: int) -> bytes:
    return f"{key}|{number}".encode()


def _bound_to(key: UUID) -> str:
    return f"export|{key}"


def _subject(export: Export) -> journal.Subject:
    return journal.Subject(kind="export", id=str(export.pk))
