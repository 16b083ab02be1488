"""Papers are destroyed by two: one records keeper proposes a list, another goes through it with them and confirms.

A list may also hold papers that are missing for good: of those the loss is put on record, by the same two people.
"""

from collections.abc import Sequence
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from audit import journal
from benefits import events
from benefits.choices import EDITABLE, Status
from benefits.models import DestructionItem, DestructionList, Paper
from benefits.models.destruction import DestructionOutcome
from benefits.models.paper import MovementKind, PaperState
from benefits.papers import codes, duties, moving
from benefits.papers.steps import Refused, step
from benefits.policies import Refusal

#: More than two people go through in one go, and more than one page of a list holds.
MOST_PAPERS = 300
#: An application in one of these still needs its papers.
OPEN = (*EDITABLE, Status.SUBMITTED)


def why_not(paper: Paper) -> str:
    """Return why a paper cannot be destroyed now ("" when it can)."""
    if paper.state == PaperState.MISSING:
        return ""
    if paper.state != PaperState.HELD:
        return _("%(code)s は「%(state)s」です。") % {"code": paper.code, "state": PaperState(paper.state).label}
    if paper.application.status in OPEN:
        return _("%(code)s は、処理中の申請（%(receipt)s）の書類です。") % {
            "code": paper.code,
            "receipt": paper.application.receipt_number,
        }
    return ""


def propose(papers: Sequence[Paper], *, by: User, basis: str) -> DestructionList:
    """Put a list of papers before the other records keepers; nothing is destroyed yet."""
    with step("destruction_proposed", by=by):
        if not by.has_perm(duties.DESTROY):
            raise Refused("not_permitted", _("書類の廃棄は、保存・鍵管理者が行います。"))
        if not papers:
            raise Refused("nothing", _("廃棄する書類のラベルを読み取ってください。"))
        if len(papers) > MOST_PAPERS:
            raise Refused("too_many", _("1つの一覧は%d件までです。分けて提案してください。") % MOST_PAPERS)
        if problems := [problem for paper in papers if (problem := why_not(paper))]:
            raise Refused("not_destroyable", "".join(problems[:5]))
        made = DestructionList(code=codes.draw(codes.DESTRUCTION, 1)[0], basis=basis, proposed_by=by)
        made.save(force_insert=True)
        for paper in papers:
            item = DestructionItem(destruction=made, paper=paper)
            item.save(force_insert=True)
        journal.record(events.DESTRUCTION_PROPOSED, by=by, subject=made, reason=basis, details={"count": len(papers)})
    return made


def why_not_decide(made: DestructionList, *, by: User) -> Refusal | None:
    """Return the reason ``by`` may neither carry the list out nor turn it down, or None when they may."""
    if not by.has_perm(duties.DESTROY):
        return Refusal("not_permitted", _("書類の廃棄は、保存・鍵管理者が行います。"))
    if made.outcome:
        return Refusal("decided", _("この廃棄一覧は、すでに処理されています。"))
    if made.proposed_by_id == by.pk:
        return Refusal(
            "own_list", _("自分が提案した廃棄は、自分では実施も却下もできません。ほかの保存・鍵管理者が行います。")
        )
    return None


def carry_out(list_id: UUID, *, by: User) -> DestructionList:
    """Confirm, as the second person, that every paper of the list has been destroyed: all of them or none."""
    with step("destruction_done", by=by, subject=_named(list_id)):
        made = _lock(list_id)
        if refusal := why_not_decide(made, by=by):
            raise Refused(refusal.code, refusal.message)
        papers = papers_of(made)
        if problems := [problem for paper in papers if (problem := why_not(paper))]:
            raise Refused("not_destroyable", _("提案の後に状態が変わった書類があります。") + "".join(problems[:5]))
        _decide(made, DestructionOutcome.DONE, by=by)
        journal.record(events.DESTRUCTION_DONE, by=by, subject=made, details={"count": len(papers)})
        for paper in papers:
            is_lost = paper.state == PaperState.MISSING
            moving.write_down(
                MovementKind.WRITTEN_OFF if is_lost else MovementKind.DESTROYED,
                paper,
                by=by,
                giver=made.proposed_by,
                destruction=made,
            )
    return made


def reject(list_id: UUID, *, by: User) -> DestructionList:
    """Turn a list down."""
    with step("destruction_rejected", by=by, subject=_named(list_id)):
        made = _lock(list_id)
        if refusal := why_not_decide(made, by=by):
            raise Refused(refusal.code, refusal.message)
        _decide(made, DestructionOutcome.REJECTED, by=by)
        journal.record(events.DESTRUCTION_REJECTED, by=by, subject=made)
    return made


def withdraw(list_id: UUID, *, by: User) -> DestructionList:
    """Take one's own list back before it is decided."""
    with step("destruction_withdrawn", by=by, subject=_named(list_id)):
        made = _lock(list_id)
        if made.outcome:
            raise Refused("decided", _("この廃棄一覧は、すでに処理されています。"))
        if made.proposed_by_id != by.pk or not by.has_perm(duties.DESTROY):
            raise Refused("not_the_proposer", _("取り下げられるのは、提案した人だけです。"))
        _decide(made, DestructionOutcome.WITHDRAWN, by=by)
        journal.record(events.DESTRUCTION_WITHDRAWN, by=by, subject=made)
    return made


def papers_of(made: DestructionList) -> list[Paper]:
    """Return the papers of a list, always in one order."""
    return list(
        Paper.objects.filter(destruction_items__destruction=made)
        .select_related("application", "place", "box__place")
        .order_by("pk")
    )


def _decide(made: DestructionList, outcome: DestructionOutcome, *, by: User) -> None:
    made.outcome, made.decided_by, made.decided_at = outcome, by, timezone.now()
    made.save(update_fields=["outcome", "decided_by", "decided_at"])


def _lock(list_id: UUID) -> DestructionList:
    return DestructionList.objects.select_for_update(of=("self",)).select_related("proposed_by").get(pk=list_id)


def _named(list_id: UUID) -> DestructionList:
    return DestructionList.objects.get(pk=list_id)
