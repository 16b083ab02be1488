"""The pages of the monthly report: a month's figures, the two signatures, and the document."""

from datetime import date, datetime
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts import step_up
from accounts.http import StaffRequest
from audit import actions, journal, monthly_reports
from audit.gate import requires
from audit.models import MonthlyReport
from audit.watching import review
from audit.watching.refusals import Refused
from benefits.glyphs import FontsMissing
from config.watch_pages import report_pdf

SIGN, COUNTERSIGN = "sign", "countersign"


@require_GET
@requires(monthly_reports.READ)
def reports(request: StaffRequest) -> HttpResponse:
    """List the months, with how far the signing of each report is."""
    months = monthly_reports.months(today=timezone.localdate())
    signed = {one.month: one for one in MonthlyReport.objects.defer("pdf").filter(month__in=months)}
    names = _names(list(signed.values()))
    rows = [
        (
            month,
            signed.get(month),
            names.get(signed[month].signed_by_id, "") if month in signed else "",
            names.get(signed[month].countersigned_by_id or 0, "") if month in signed else "",
        )
        for month in months
    ]
    journal.record(actions.REPORT_VIEWED, by=request.user, details={"count": len(rows)})
    return render(request, "audit/watch_reports.html", {"rows": rows, "this_month": months[0]})


@require_http_methods(["GET", "POST"])
@requires(monthly_reports.READ)
@step_up.required
def report(request: StaffRequest, month: str) -> HttpResponse:
    """Show a month's figures, as they are or as they were signed, and take a signature."""
    first = _month(month)
    today = timezone.localdate()
    signed = MonthlyReport.objects.defer("pdf").filter(month=first).first()
    if request.method == "POST":
        return _signed(request, first, signed)
    data = signed.figures if signed else monthly_reports.figures(first)
    names = _names([signed] if signed else [])
    journal.record(
        actions.REPORT_VIEWED,
        by=request.user,
        subject=journal.Subject(kind="audit.monthlyreport", id=str(signed.pk) if signed else month, label=month),
    )
    return render(
        request,
        "audit/watch_report.html",
        {
            "month": first,
            "figures": data,
            "signed": signed,
            "signed_by": names.get(signed.signed_by_id, "") if signed else "",
            "countersigned_by": names.get(signed.countersigned_by_id or 0, "") if signed else "",
            "fingerprint": signed.fingerprint if signed else "",
            "sign_refusal": monthly_reports.why_not_sign(first, by=request.user, today=today),
            "countersign_refusal": monthly_reports.why_not_countersign(signed, by=request.user) if signed else None,
            "sign": SIGN,
            "countersign": COUNTERSIGN,
        },
    )


@require_GET
@requires(monthly_reports.READ)
@step_up.required
def report_document(request: StaffRequest, month: str) -> HttpResponse:
    """Give the document that both have signed; who took it is on record with its SHA-256."""
    signed = get_object_or_404(MonthlyReport, month=_month(month), countersigned_by_id__isnull=False)
    response = HttpResponse(monthly_reports.taken(signed, by=request.user), content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="monthly-report-{signed.month:%Y%m}.pdf"'
    return response


def _signed(request: StaffRequest, month: date, signed: MonthlyReport | None) -> HttpResponse:
    wanted = request.POST.get("step")
    try:
        if wanted == SIGN:
            monthly_reports.sign(month, by=request.user, today=timezone.localdate())
            messages.success(request, _("数値を確定し、監査担当として署名しました。別の人の署名が必要です。"))
        elif wanted == COUNTERSIGN and signed is not None:
            monthly_reports.countersign(signed.pk, by=request.user, typeset=_typeset)
            messages.success(request, _("情報セキュリティ責任者として署名しました。PDFを受け取れます。"))
        else:
            raise Http404
    except Refused as refused:
        messages.error(request, refused.refusal.message)
    except FontsMissing as error:
        page = {"month": month, "problem": str(error)}
        return render(request, "audit/watch_report_problem.html", page, status=HTTPStatus.SERVICE_UNAVAILABLE)
    return redirect("watch-report", month=f"{month:%Y-%m}")


def _typeset(signed: MonthlyReport, by: Any, at: datetime) -> bytes:
    first = review.actor_names([signed.signed_by_id]).get(signed.signed_by_id, "")
    return report_pdf.render(signed, signed_by=first, countersigned_by=by.display_name, countersigned_at=at)


def _month(text: str) -> date:
    """Return the month that an address names: one of those that are listed, or one that was signed."""
    try:
        month = date.fromisoformat(f"{text}-01")
    except ValueError:
        raise Http404 from None
    known = month in monthly_reports.months(today=timezone.localdate())
    if not known and not MonthlyReport.objects.filter(month=month).exists():
        raise Http404
    return month


def _names(found: list[MonthlyReport]) -> dict[int, str]:
    return review.actor_names(pk for one in found for pk in (one.signed_by_id, one.countersigned_by_id))
