"""What the staff register tells those who watch: who sits where, and who is known to leave or be moved."""

from datetime import date

from accounts import actions, staff_list
from accounts.models import Proposal, User
from accounts.models.rights import Outcome, ProposalKind
from audit.watching import facts

KINDS = {
    facts.SIGN_IN: (actions.SIGNED_IN,),
    facts.EXPORT: (actions.MATRIX_EXPORTED, actions.REVIEW_EXPORTED),
}


def register() -> None:
    """Tell the rules what this app knows."""
    facts.declare(kinds=KINDS, leaving=leaves_on, team=team)


def team(section: str) -> list[int]:
    """Return who sits in a section."""
    return list(staff_list.ids_of_section(section))


def leaves_on(actor: int, *, since: date) -> date | None:
    """Return the first known day, from ``since`` on, after which somebody is stopped or moved; None when none is."""
    days = [
        User.objects.filter(pk=actor, valid_until__gte=since).values_list("valid_until", flat=True).first(),
        *Proposal.objects.filter(user_id=actor, kind__in=[ProposalKind.STOP, ProposalKind.MOVE], ends_on__gte=since)
        .exclude(outcome__in=[Outcome.REJECTED, Outcome.WITHDRAWN])
        .values_list("ends_on", flat=True),
    ]
    return min((day for day in days if day is not None), default=None)
