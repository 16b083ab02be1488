"""The only code that signs the monthly report of the watching: an auditor first, then somebody else, each once."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from django.db import DatabaseError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit import actions, journal
from audit.models import MonthlyReport, Result
from audit.models.reporting import first_of
from audit.watching.people import ALL, CHANGE_RULES, Reader
from audit.watching.refusals import Refusal, Refused, is_guard
from audit.watching.report import Report, report

#: Who reads the reports: auditors and records keepers, who are no section's.
READ: Final = CHANGE_RULES
#: How the document is made of what is signed: the report, who countersigns, and when.
Typesetter = Callable[[MonthlyReport, Reader, datetime], bytes]


def months(*, today: date, most: int = 13) -> list[date]:
    """Return the first days of this month and of those before it, the newest first."""
    found = [first_of(today)]
    while len(found) < most:
        last = found[-1]
        found.append(
            last.replace(year=last.year - 1, month=12) if last.month == 1 else last.replace(month=last.month - 1)
        )
    return found


def figures(month: date) -> dict[str, Any]:
    """Return the month's figures as data, as they stand now."""
    return as_data(report(month))


def as_data(found: Report) -> dict[str, Any]:
    """Return a report as JSON holds it."""
    data: dict[str, Any] = json.loads(
        json.dumps({**asdict(found), "raised": found.raised, "open": found.open}, default=_said)
    )
    return data


def _said(value: object) -> str:
    """Return a day or a moment as the report says it."""
    if isinstance(value, datetime):
        return f"{timezone.localtime(value):%Y-%m-%d %H:%M}"
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(type(value).__name__)


def fingerprint(data: dict[str, Any]) -> str:
    """Return the SHA-256 of figures, whatever the order in which a database hands out their keys."""
    text = json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def why_not_sign(month: date, *, by: Reader, today: date) -> Refusal | None:
    """Return why ``by`` may not sign a month as auditor, or None when they may."""
    if not by.has_perm(ALL):
        return Refusal("not_permitted", _("はじめの署名は、監査担当がします。"))
    if first_of(today) <= month:
        return Refusal("not_over", _("この月が終わってから署名できます。"))
    if MonthlyReport.objects.filter(month=month).exists():
        return Refusal("signed", _("この月の報告は、もう署名されています。"))
    return None


def why_not_countersign(signed: MonthlyReport, *, by: Reader) -> Refusal | None:
    """Return why ``by`` may not put the second signature, or None when they may."""
    if not by.has_perm(READ):
        return Refusal("not_permitted", _("月次報告に署名する権限がありません。"))
    if signed.is_complete:
        return Refusal("complete", _("2人の署名が終わっています。"))
    if signed.signed_by_id == by.pk:
        return Refusal("own_report", _("2人目の署名は、はじめに署名した人とは別の人がします。"))
    return None


def sign(month: date, *, by: Reader, today: date) -> MonthlyReport:
    """Freeze the month's figures and sign them. Raises :class:`Refused` (recorded)."""

    def step() -> MonthlyReport:
        if refusal := why_not_sign(month, by=by, today=today):
            raise Refused(refusal)
        data = figures(month)
        signed = MonthlyReport(month=month, figures=data, fingerprint=fingerprint(data), signed_by_id=by.pk)
        signed.save(force_insert=True)
        journal.record(
            actions.REPORT_SIGNED, by=by, subject=_subject(signed), details={"fingerprint": signed.fingerprint}
        )
        return signed

    return _attempt(step, subject=journal.Subject(kind="audit.monthlyreport", id=f"{month:%Y-%m}"), by=by)


def countersign(report_id: UUID, *, by: Reader, typeset: Typesetter) -> MonthlyReport:
    """Put the second signature and keep the document that says so. Raises :class:`Refused` (recorded).

    Whatever ``typeset`` raises passes through, and nothing is signed.
    """

    def step() -> MonthlyReport:
        signed = MonthlyReport.objects.select_for_update().get(pk=report_id)
        if refusal := why_not_countersign(signed, by=by):
            raise Refused(refusal)
        now = timezone.now()
        signed.pdf = typeset(signed, by, now)
        signed.pdf_sha256 = hashlib.sha256(signed.pdf).hexdigest()
        signed.countersigned_by_id, signed.countersigned_at = by.pk, now
        signed.save(update_fields=["countersigned_by_id", "countersigned_at", "pdf", "pdf_sha256"])
        journal.record(
            actions.REPORT_COUNTERSIGNED, by=by, subject=_subject(signed), details={"fingerprint": signed.pdf_sha256}
        )
        return signed

    return _attempt(step, subject=journal.Subject(kind="audit.monthlyreport", id=str(report_id)), by=by)


def taken(signed: MonthlyReport, *, by: Reader) -> bytes:
    """Return the document, on record; it is the one that was signed or it is not handed out."""
    document = bytes(signed.pdf or b"")
    if hashlib.sha256(document).hexdigest() != signed.pdf_sha256:
        raise ValueError("the document is not the one that was signed")
    journal.record(actions.REPORT_TAKEN, by=by, subject=_subject(signed), details={"fingerprint": signed.pdf_sha256})
    return document


def _attempt(step: Callable[[], MonthlyReport], *, subject: journal.Subject, by: Reader) -> MonthlyReport:
    try:
        try:
            with transaction.atomic():
                return step()
        except DatabaseError as error:
            # of two who sign at once, one is first
            if not is_guard(error) and getattr(error.__cause__, "sqlstate", "") != "23505":
                raise
            raise Refused(Refusal("refused_by_the_database", _("この操作は、いまはできません。"))) from error
    except Refused as refused:
        journal.record(
            actions.REPORT_REFUSED,
            by=by,
            subject=subject,
            result=Result.REFUSED,
            details={"code": refused.refusal.code},
        )
        raise


def _subject(signed: MonthlyReport) -> journal.Subject:
    return journal.Subject(kind="audit.monthlyreport", id=str(signed.pk), label=signed.label)
