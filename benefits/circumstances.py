"""Why a My Number is looked at now: what of its person is on somebody's desk, whatever the viewer says.

Worked out at the moment of the reveal and kept with its entry. With nothing on any desk the glass is broken: the
viewer writes at length why, is told so in plain sight, and somebody else looks at it the day after.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from accounts.models import User
from benefits.choices import Status
from benefits.models import Application, Correction, JukiRow, Paper, Person
from benefits.models.juki import RowState
from benefits.models.paper import PaperState
from mynumber import vault
from mynumber.purposes import Ground

#: How much is to be written where nothing explains a reveal by itself, and how many different characters it has.
WORDS_NEEDED = 20
DIFFERENT_NEEDED = 8

OPEN = (Status.DRAFT, Status.SUBMITTED, Status.RETURNED)


@dataclass(frozen=True, slots=True)
class Circumstance:
    """The first thing found that explains a reveal, and the office's own number for it ("" without one)."""

    ground: Ground
    label: str = ""

    @property
    def is_glass_broken(self) -> bool:
        """Say whether nothing explains the reveal."""
        return self.ground is Ground.NONE


def of(person: Person, *, viewer: User) -> Circumstance:
    """Return what explains that ``viewer`` looks at ``person``'s number now."""
    for ground, find in FINDERS:
        found = find(person, viewer)
        if found is not None:
            return Circumstance(ground, found)
    return Circumstance(Ground.NONE)


def why_not_enough(words: str) -> str | None:
    """Say what is missing from ``words`` as the explanation of a reveal that nothing explains; None when they do."""
    said = "".join(words.split())
    if len(said) < WORDS_NEEDED:
        return _("処理中の申請などがないため、%(least)d文字以上で具体的に書いてください（いま%(count)d文字）。") % {
            "least": WORDS_NEEDED,
            "count": len(said),
        }
    if len(set(said)) < DIFFERENT_NEEDED:
        return _("同じ文字の繰り返しではなく、だれが読んでも分かる理由を書いてください。")
    return None


def _open_case(person: Person, viewer: User) -> str | None:
    """Return the receipt number of an application of the person's that waits in the viewer's reach."""
    return (
        Application.objects.within_reach(viewer, vault.REVEAL_PERMISSION)
        .filter(person=person, status__in=OPEN)
        .order_by("-edited_at", "-pk")
        .values_list("receipt_number", flat=True)
        .first()
    )


def _correction(person: Person, viewer: User) -> str | None:
    """Say whether somebody else has asked for a correction of the number: nobody makes a case for themselves."""
    asked = Correction.objects.within_reach(viewer, vault.REVEAL_PERMISSION).filter(person=person, outcome="")
    return "" if asked.exclude(opened_by=viewer).exists() else None


def _stopped_import(person: Person, viewer: User) -> str | None:
    """Say whether a line of a file from the resident register waits for a decision on this person."""
    return "" if JukiRow.objects.filter(person=person, state=RowState.QUEUED).exists() else None


def _papers_astray(person: Person, viewer: User) -> str | None:
    """Return the label of a paper of the person's of which nobody has confirmed that it is there."""
    return (
        Paper.objects.within_reach(viewer, vault.REVEAL_PERMISSION)
        .filter(application__person=person, state__in=(PaperState.HANDED_OVER, PaperState.MISSING))
        .order_by("pk")
        .values_list("code", flat=True)
        .first()
    )


#: In the order in which they are asked; the first that finds something is kept. The database knows the same four
#: (migration 0009) and believes no other claim.
FINDERS: tuple[tuple[Ground, Callable[[Person, User], str | None]], ...] = (
    (Ground.CASE, _open_case),
    (Ground.CORRECTION, _correction),
    (Ground.IMPORT, _stopped_import),
    (Ground.PAPERS, _papers_astray),
)
