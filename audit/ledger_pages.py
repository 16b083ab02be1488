"""The page that shows whether the record is sealed and verified, and one entry's certificate."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _, ngettext
from django.views.decorators.http import require_GET, require_POST

from audit import actions, journal
from audit.gate import requires
from audit.ledger import facets, notes
from audit.models import Event, Fault, Result, Verification
from audit.sealing import anchors, origins, sheet, watch
from audit.searching import labels, scopes
from audit.verifying import nightly, proving
from audit.verifying.reading import Ledger

PERMISSION: Final = "audit.view_ledger"
#: How many verifications and faults the page shows, the newest first.
MOST_VERIFICATIONS: Final = 12
MOST_FAULTS: Final = 50
#: After how long without progress a verification under way is said to stand still.
STALLED_AFTER: Final = timedelta(minutes=5)
_HEARTBEATS_WITHIN: Final = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Anchor:
    """A place where checkpoints are kept, and the newest one there. ``problem`` says why it cannot be seen, or ""."""

    number: int
    size: str
    written_at: datetime | None
    problem: str = ""


@require_GET
@requires(PERMISSION)
def ledger(request: HttpRequest) -> HttpResponse:
    """Show how far the record is sealed, where that is kept, and what verifications found."""
    runs = list(Verification.objects.order_by("-asked_at", "-pk")[:MOST_VERIFICATIONS])
    current = next((run for run in runs if run.ended_at is None), None)
    last = next((run for run in runs if run.ended_at is not None), None)
    names = labels.actor_names(run.asked_by_id for run in runs)
    faults = list(Fault.objects.order_by("-pk")[: MOST_FAULTS + 1])
    read = Ledger(connection)
    size, root = read.size()
    return render(
        request,
        "audit/ledger.html",
        {
            "trouble": watch.trouble(),
            "size": f"{size:,}" if size else "",
            "root": sheet.in_lines(root) if size else [],
            **_sealing(read),
            "anchors": [_anchor(number, Path(place)) for number, place in enumerate(settings.KYUFU_ANCHORS, 1)],
            "current": current,
            "current_said": _said(current) if current else "",
            "is_stalled": current is not None and _is_stalled(current),
            "last": last,
            "runs": [
                (run, names.get(run.asked_by_id or 0, ""), _result(run), f"{run.since:,}～{run.size:,}")
                for run in runs
                if run.ended_at
            ],
            "faults": faults[:MOST_FAULTS],
            "has_more_faults": len(faults) > MOST_FAULTS,
            "may_read": request.user.has_perm(scopes.ALL),
        },
    )


@require_POST
@requires(PERMISSION)
def verify(request: HttpRequest) -> HttpResponse:
    """Ask for a verification of everything; the worker begins it."""
    before = Verification.objects.filter(ended_at__isnull=True).exists()
    nightly.ask(by=_reader(request))
    if before:
        messages.info(request, _("検証はすでに始まっています。"))
    else:
        messages.success(request, _("検証を始めます。終わると結果がこの画面に出ます。"))
    return redirect("audit:ledger")


@require_GET
@requires(PERMISSION)
def progress(request: HttpRequest) -> JsonResponse:
    """Say how far the verification under way is, for the script of the page."""
    current = Verification.objects.filter(ended_at__isnull=True).first()
    if current is None:
        return JsonResponse({"state": "ENDED", "percent": 100, "said": ""})
    return JsonResponse({"state": "WRITING", "percent": _percent(current), "said": _said(current)})


@require_GET
@requires(PERMISSION)
def daily_sheet(request: HttpRequest) -> HttpResponse:
    """Give the newest checkpoint on paper, to be stamped and kept by two offices."""
    read = Ledger(connection)
    found = read.ask(
        "SELECT origin, text, to_char(signed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US') FROM audit.note"
        " ORDER BY signed_at DESC, size DESC LIMIT 1"
    )
    if not found:
        messages.error(request, _("署名したチェックポイントがまだありません。"))
        return redirect("audit:ledger")
    name, text, signed_at = found[0]
    origin = next(one for one in origins.every(read.connection) if one.name == name)
    try:
        pdf = sheet.render(text, key=origin.key, signed_at=datetime.fromisoformat(signed_at).replace(tzinfo=UTC))
    except sheet.FontsMissing as error:
        messages.error(request, str(error))
        return redirect("audit:ledger")
    except (notes.MalformedNoteError, notes.BadSignatureError):
        messages.error(request, _("最新の署名が正しくないため、控えを作れません。検証してください。"))
        return redirect("audit:ledger")
    size = notes.read_checkpoint(text).size
    journal.record(actions.LEDGER_SHEET_PRINTED, by=_reader(request), details={"size": size})
    response = HttpResponse(pdf, content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="ledger-{timezone.localdate():%Y%m%d}-{size}.pdf"'
    return response


@require_GET
@requires(scopes.ALL)
def proof(request: HttpRequest, event_id: UUID) -> HttpResponse:
    """Give one entry's certificate as a text; that it was made is on record."""
    subject = journal.Subject(kind="entry", id=str(event_id))
    try:
        certificate = proving.prove(connection, event_id)
    except proving.NotProvableError as error:
        if isinstance(error, proving.AmbiguousError):
            journal.record(actions.PROOF_MADE, by=_reader(request), subject=subject, result=Result.FAILED)
        page = {"event_id": event_id, "problem": str(error), "is_there": Event.objects.filter(pk=event_id).exists()}
        status = HTTPStatus.CONFLICT if page["is_there"] else HTTPStatus.NOT_FOUND
        return render(request, "audit/ledger_proof_problem.html", page, status=status)
    person = Event.objects.filter(pk=event_id).values_list("person_id", flat=True).first()
    journal.record(
        actions.PROOF_MADE,
        by=_reader(request),
        subject=subject,
        person_id=person,
        details={"position": certificate.position, "size": certificate.checkpoint.size},
    )
    response = HttpResponse(certificate.text, content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="proof-{certificate.position}.txt"'
    return response


def _sealing(read: Ledger) -> dict[str, Any]:
    """Return how far sealing and signing are, what waits, and when the sealer last said that it lives."""
    waiting, oldest, sealed_at, signed_size, signed_at = read.ask(
        "SELECT (SELECT count(*) FROM audit.pending),"
        " (SELECT extract(epoch FROM clock_timestamp() - min(at))::bigint FROM audit.pending),"
        " (SELECT extract(epoch FROM sealed_at)::bigint FROM audit.checkpoint ORDER BY size DESC LIMIT 1),"
        " (SELECT size FROM audit.note ORDER BY signed_at DESC, size DESC LIMIT 1),"
        " (SELECT extract(epoch FROM max(signed_at))::bigint FROM audit.note)"
    )[0]
    heartbeat = read.value(
        "SELECT extract(epoch FROM max(event_at))::bigint FROM audit.leaf"
        " WHERE facets @> ARRAY[%s::bigint] AND event_at > %s::timestamptz",
        (facets.action(actions.SEAL_HEARTBEAT), timezone.now() - _HEARTBEATS_WITHIN),
    )
    known = origins.current(read.connection)
    return {
        "waiting": f"{waiting:,}",
        "oldest_seconds": f"{max(0, oldest):,}" if oldest is not None else None,
        "sealed_at": _moment(sealed_at),
        "signed_size": f"{signed_size:,}" if signed_size is not None else None,
        "signed_at": _moment(signed_at),
        "heartbeat_at": _moment(heartbeat),
        "origin": known,
    }


def _anchor(number: int, place: Path) -> Anchor:
    path = place / anchors.NEWEST
    try:
        written_at = datetime.fromtimestamp(path.stat().st_mtime, tz=UTC)
        return Anchor(number, f"{notes.read_checkpoint(path.read_bytes()).size:,}", written_at)
    except FileNotFoundError:
        return Anchor(number, "", None, _("まだありません"))
    except OSError:
        return Anchor(number, "", None, _("読み取れません"))
    except notes.MalformedNoteError:
        return Anchor(number, "", None, _("チェックポイントではないものが置かれています"))


def _said(run: Verification) -> str:
    if run.started_at is None:
        return _("まもなく始まります")
    said = _("%(position)s / %(size)s 件") % {"position": f"{run.position:,}", "size": f"{run.size:,}"}
    if run.faults:
        said += "　" + ngettext("異常 %(count)d 件", "異常 %(count)d 件", run.faults) % {"count": run.faults}
    return said


def _percent(run: Verification) -> int:
    return 100 * (run.position - run.since) // max(1, run.size - run.since) if run.started_at else 0


def _is_stalled(run: Verification) -> bool:
    return (run.beat_at or run.asked_at) < timezone.now() - STALLED_AFTER


def _result(run: Verification) -> tuple[str, str]:
    """Return the word for a result, and its kind of tag."""
    if run.faults:
        return _("異常 %(count)s 件") % {"count": run.faults}, "bad"
    return _("異常なし"), "good"


def _moment(seconds: int | None) -> datetime | None:
    return datetime.fromtimestamp(seconds, tz=UTC) if seconds is not None else None


def _reader(request: HttpRequest) -> Any:
    """Return the signed-in person: the gate has turned away everyone else."""
    return request.user
