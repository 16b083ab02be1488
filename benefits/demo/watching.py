"""Declares a few of the demo office's people made up, as an office does with people of its own invention."""

from collections.abc import Mapping
from typing import Final

from accounts.models import User
from accounts.roles import Role
from benefits import watching
from benefits.models import MadeUpPerson, Person
from benefits.models.showing import TwoPersonOutcome
from mynumber import vault

PEOPLE: Final = 3
#: How many registered people are looked through for such without a number.
LOOKED_THROUGH: Final = 400


def fill(*, staff: Mapping[Role, User]) -> int:
    """Let two who keep the record declare the last registered people without a number made up; return how many."""
    if MadeUpPerson.objects.exists():
        return 0
    registered = list(Person.objects.registered().order_by("-recipient_number")[:LOOKED_THROUGH])
    numbered = vault.standings([person.pk for person in registered])
    chosen = [person for person in registered if person.pk not in numbered][:PEOPLE]
    for person in chosen:
        watching.propose_made_up(person, by=staff[Role.AUDITOR])
        watching.decide_made_up(person.pk, outcome=TwoPersonOutcome.APPROVED, by=staff[Role.RECORDS_KEEPER])
    return len(chosen)
