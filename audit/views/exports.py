"""Files of entries: asking for one, watching it being written, taking it."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from audit import actions, journal, proof, sealed_text
from audit.gate import requires
from audit.models import Export, ExportState, Result
from audit.models.searching import UNDER_WAY
from audit.searching import columns, exports, finding
from audit.searching.form import SearchForm
from audit.searching.keeping_forms import ExportForm
from audit.searching.sentences import sentence
from audit.views.reading import SAVED, asked_by, everybodys_scope, reader

EXPORT = "audit.export_event"
#: So many are listed: older ones are in the record.
LISTED = 50


@require_GET
@requires(EXPORT)
def index(request: HttpRequest) -> HttpResponse:
    """List the files this person has asked for, the newest first."""
    rows = Export.objects.filter(asked_by=reader(request).pk).order_by("-asked_at", "-pk")[:LISTED]
    return render(request, "audit/exports.html", {"exports": [_line(row) for row in rows]})


@require_http_methods(["GET", "POST"])
@requires(EXPORT)
@proof.required
def new(request: HttpRequest, name: str) -> HttpResponse:
    """Ask for a file of what the conditions called ``name`` find: a small one at once, a larger one later."""
    scope, asked = everybodys_scope(request), asked_by(request, name)
    searched = SearchForm(asked.typed, scope=scope)
    if not searched.is_valid():
        return redirect("audit:log")
    count = _count(searched, scope)
    form = ExportForm(request.POST or None, initial={"columns": list(columns.IN_FILE_AT_FIRST), "has_bom": True})
    if request.method == "POST" and form.is_valid():
        try:
            export = exports.ask(
                typed={key: value for key, value in asked.typed.items() if key != SAVED},
                form=searched,
                chosen=form.cleaned_data["columns"],
                has_bom=form.cleaned_data["has_bom"],
                reason=form.cleaned_data["reason"],
                expected=count,
                by=reader(request),
                at=timezone.now(),
            )
        except exports.Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            if count is not None:
                exports.finish(export)
            return redirect("audit:export", export_id=export.pk)
    return render(
        request,
        "audit/export_new.html",
        {
            "form": form,
            "name": asked.name,
            "sentence": sentence(searched.conditions, today=timezone.localdate()),
            "count": count,
            "at_once": exports.AT_ONCE,
            "most": exports.MOST_ROWS,
        },
    )


@require_GET
@requires(EXPORT)
def export(request: HttpRequest, export_id: UUID) -> HttpResponse:
    """Show how far a file is, and what it holds."""
    row = _own(request, export_id)
    return render(request, "audit/export.html", {"export": _line(row), "row": row})


@require_GET
@requires(EXPORT)
def progress(request: HttpRequest, export_id: UUID) -> HttpResponse:
    """Say how far a file is, for the page that shows it."""
    row = _own(request, export_id)
    return JsonResponse({"state": row.state, "percent": _percent(row), "said": _said(row)})


@require_POST
@requires(EXPORT)
def cancel(request: HttpRequest, export_id: UUID) -> HttpResponse:
    """Stop a file that is being written."""
    row = _own(request, export_id)
    if exports.cancel(row, by=reader(request)):
        messages.success(request, _("書き出しを取り消しました。"))
    else:
        messages.warning(request, _("すでに終わっています。取り消せません。"))
    return redirect("audit:export", export_id=row.pk)


@require_GET
@requires(EXPORT)
@proof.required
def take(request: HttpRequest, export_id: UUID) -> HttpResponse:
    """Hand the file out to who asked for it."""
    row = _own(request, export_id)
    if row.state != ExportState.READY:
        messages.warning(request, _("受け取れるファイルがありません。"))
        return redirect("audit:export", export_id=row.pk)
    try:
        parts = exports.take(row, by=reader(request))
    except (exports.BrokenFileError, sealed_text.UnopenableError):
        messages.error(
            request,
            _("ファイルが作成したときと違います（欠け、または改ざん）。書き出し直し、管理者に連絡してください。"),
        )
        return redirect("audit:export", export_id=row.pk)
    response = StreamingHttpResponse(parts, content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="{exports.file_name(row)}"'
    return response  # type: ignore[return-value]  # streamed: a response like any other to the gates


def _own(request: HttpRequest, export_id: UUID) -> Export:
    """Return the file this person asked for; another's is recorded as asked for, and looks absent."""
    row = Export.objects.filter(pk=export_id).first()
    if row is not None and row.asked_by == reader(request).pk:
        return row
    if row is not None:
        journal.record(
            actions.LOG_HIDDEN_REQUESTED,
            by=reader(request),
            subject=journal.Subject(kind="export", id=str(export_id)),
            result=Result.REFUSED,
        )
    raise Http404


def _count(searched: SearchForm, scope: Any) -> int | None:
    """Return how many entries there are when they are few enough to be written at once, else None."""
    try:
        found = finding.count(searched.conditions, scope, most=exports.AT_ONCE)
    except finding.TooSlowError:
        return None
    return found if found <= exports.AT_ONCE else None


def _line(row: Export) -> dict[str, Any]:
    try:
        order = exports.order_of(row)
        said, chosen = order.sentence, [columns.IN_FILE[name][0] for name in order.columns if name in columns.IN_FILE]
    except (sealed_text.UnopenableError, ValueError, KeyError, TypeError):
        said, chosen = exports.words("unopenable"), []
    return {
        "id": row.pk,
        "asked_at": row.asked_at,
        "state": row.state,
        "state_label": row.get_state_display(),
        "kind": {"READY": "good", "FAILED": "bad", "WAITING": "waiting", "WRITING": "waiting"}.get(
            row.state, "neutral"
        ),
        "is_under_way": row.state in UNDER_WAY,
        "is_ready": row.state == ExportState.READY,
        "sentence": said,
        "columns": chosen,
        "rows": row.rows,
        "digest": row.digest,
        "name": exports.file_name(row),
        "words": exports.words(row.code),
        "percent": _percent(row),
        "said": _said(row),
        "goes_on": row.finished_at + exports.KEPT_FOR if row.finished_at else None,
        "downloads": row.downloads,
        "lowest": row.lowest,
        "highest": row.highest,
        "unsealed": row.unsealed,
    }


def _percent(row: Export) -> int | None:
    """Return how far a file is in per cent, or None where nobody knows how much there is."""
    if row.state == ExportState.READY:
        return 100
    return min(99, 100 * row.rows // row.expected) if row.expected else None


def _said(row: Export) -> str:
    return _("%s件を書き出しました。") % f"{row.rows:,}"
