"""How the description of a terminal's file is changed: a new version, proposed by one person, confirmed by another."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from audit import journal
from audit.models import Result
from benefits import events
from benefits.juki.steps import Refused
from benefits.models.juki import JukiLayout, LayoutOutcome


def propose(values: dict[str, Any], *, by: User) -> JukiLayout:
    """Keep a new version, for somebody else to confirm. Nothing is read by it before."""
    with transaction.atomic():
        latest = JukiLayout.objects.filter(name=values["name"]).order_by("-version").first()
        kept = JukiLayout.objects.create(version=latest.version + 1 if latest else 1, proposed_by=by, **values)
        journal.record(events.LAYOUT_PROPOSED, by=by, subject=kept, details={"version": kept.version})
    return kept


def decide(layout_id: int, outcome: LayoutOutcome, *, by: User, at: datetime) -> JukiLayout:
    """Confirm or reject somebody else's proposal."""
    try:
        with transaction.atomic():
            kept = JukiLayout.objects.select_for_update().get(pk=layout_id)
            _refuse_unless_open(kept, by=by)
            kept.outcome, kept.decided_by, kept.decided_at = outcome, by, at
            kept.save(update_fields=["outcome", "decided_by", "decided_at"])
            journal.record(
                events.LAYOUT_DECIDED,
                by=by,
                subject=kept,
                details={"version": kept.version, "status": outcome.value},
            )
    except Refused as refusal:
        journal.record(
            events.LAYOUT_REFUSED,
            by=by,
            subject=journal.Subject(kind="benefits.jukilayout", id=str(layout_id)),
            result=Result.REFUSED,
            details={"code": refusal.code},
        )
        raise
    return kept


def _refuse_unless_open(kept: JukiLayout, *, by: User) -> None:
    if kept.outcome:
        raise Refused("decided", _("この様式は、すでに決定されています。"))
    if kept.proposed_by_id == by.pk:
        raise Refused("own", _("自分が申請した様式は、自分では決定できません。"))
