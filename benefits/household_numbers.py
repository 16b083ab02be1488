"""The numbers that an application brings for people beside the patient, kept in step with what the form says.

A number was typed for one person, known by name, birth date and as whom they give it. It goes with them when they move
to another row, and is erased when they leave the form or turn into somebody else: then it has to be typed anew.
Called by ``benefits.workflow`` alone where it changes anything, inside its transactions.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils import timezone

from accounts.models import User
from audit import journal
from benefits import content, holders, japanese_text
from benefits.holders import Holder
from benefits.models import Application, HouseholdPerson
from benefits.registers import number_bases
from mynumber import vault

#: How often one person may retype one version, and all together (the database holds on to it: vault.compare).
TRIES = 2
TRIES_IN_ALL = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A number that an application says was given: whose, under which id, in which version."""

    holder: Holder
    person: UUID
    version: int

    @property
    def slot(self) -> str:
        """Where the person stands on the form."""
        return self.holder.slot


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimStanding:
    """How far one of an application's numbers has come, and who has retyped it."""

    claim: Claim
    held: vault.Standing | None
    retyped: tuple[vault.Retyping, ...]

    @property
    def is_there(self) -> bool:
        """Say whether the vault still holds the version that was submitted."""
        return self.held is not None and self.held.version == self.claim.version

    @property
    def is_confirmed(self) -> bool:
        """Say whether two people have typed it alike."""
        return self.is_there and self.held is not None and self.held.state is not vault.State.PROVISIONAL

    @property
    def has_failed(self) -> frozenset[int]:
        """Who has used up their tries without agreeing."""
        return frozenset(one.typed_by for one in self.retyped if one.tries >= TRIES and not one.agreed)

    def tries_left(self, by: User) -> int:
        """Return how often ``by`` may still retype it."""
        own = sum(one.tries for one in self.retyped if one.typed_by == by.pk)
        return max(0, min(TRIES - own, TRIES_IN_ALL - sum(one.tries for one in self.retyped)))

    def needs_a_third(self) -> bool:
        """Say whether somebody has failed to confirm it and nobody else has confirmed it since."""
        return self.is_there and not self.is_confirmed and bool(self.has_failed)


def people_of(application: Application) -> dict[str, HouseholdPerson]:
    """Return the people beside the patient for whom a number was typed, by where they stand on the form."""
    return {one.slot: one for one in HouseholdPerson.objects.filter(application=application).exclude(slot="")}


def sealed_slots(application: Application) -> frozenset[str]:
    """Return where those stand for whom a number of this draft is sealed in the vault, the patient among them."""
    return frozenset(sealed(application))


def sealed(application: Application) -> dict[str, UUID]:
    """Return for whom a number of this draft is sealed in the vault, by where they stand on the form."""
    people = people_of(application)
    held = vault.standings([application.person_id, *(one.pk for one in people.values())])
    versions = {holders.PATIENT: (application.person_id, application.number_version)}
    versions |= {slot: (one.pk, one.number_version) for slot, one in people.items()}
    return {
        slot: person
        for slot, (person, version) in versions.items()
        if person in held and held[person].version == version
    }


def claims_of(application: Application) -> list[Claim]:
    """Return the numbers that a submitted application says were given."""
    needed = {holder.slot: holder for holder in holders.needed(content.form_of(application.content))}
    claims = []
    if application.number_version is not None and holders.PATIENT in needed:
        patient = needed[holders.PATIENT]
        claims.append(Claim(holder=patient, person=application.person_id, version=application.number_version))
    people = people_of(application) if content.household_of(application.content) else {}
    claims += [
        Claim(holder=needed[slot], person=people[slot].pk, version=people[slot].number_version or 0)
        for slot in needed
        if slot in people and people[slot].number_version is not None
    ]
    return claims


def standings_of(claims: Sequence[Claim]) -> tuple[ClaimStanding, ...]:
    """Return how far these numbers have come, in two questions however many they are."""
    if not claims:
        return ()
    people = [claim.person for claim in claims]
    held, retyped = vault.standings(people), vault.retyped(people)
    return tuple(
        ClaimStanding(
            claim=claim,
            held=held.get(claim.person),
            retyped=tuple(one for one in retyped if (one.person, one.version) == (claim.person, claim.version)),
        )
        for claim in claims
    )


def keep(application: Application, holder: Holder, number: str, *, by: User) -> None:
    """Seal the number typed for ``holder``, beside the patient's. Raises what :func:`mynumber.vault.keep` raises."""
    person, _is_new = HouseholdPerson.objects.get_or_create(
        application=application, slot=holder.slot, defaults={"kind": holder.kind.value}
    )
    basis = number_bases.basis_for(holder.kind, programme=application.programme, on=timezone.localdate())
    person.number_version = vault.keep(
        person.pk,
        number,
        by=by,
        label=application.receipt_number,
        kind=holder.kind,
        basis=basis.code,
        household=everybody_of(application),
    )
    person.save(update_fields=["number_version"])
    journal.name_person(
        person.pk,
        name=japanese_text.mask_my_numbers(holder.name[:400]),
        kana=japanese_text.mask_my_numbers(holder.kana[:400]),
    )


def everybody_of(application: Application) -> list[UUID]:
    """Return under which ids the people on this form have numbers."""
    others = HouseholdPerson.objects.filter(application=application).exclude(slot="").values_list("pk", flat=True)
    return [application.person_id, *others]


def follow(application: Application, *, before: Mapping[str, Any], after: Mapping[str, Any], by: User) -> list[str]:
    """Let the numbers typed for ``before`` go with their people to ``after``; return where one was erased."""
    people = people_of(application)
    if not people:
        return []
    was = {slot: one.who for slot, one in holders.beside_the_patient(before).items()}
    now = {slot: one.who for slot, one in holders.beside_the_patient(after).items()}
    stay = {slot for slot in people if slot in was and now.get(slot) == was[slot]}
    free = {who: slot for slot, who in reversed(now.items()) if slot not in stay}
    moved: dict[str, HouseholdPerson] = {}
    gone = []
    for slot, person in people.items():
        if slot in stay:
            continue
        target = free.pop(was[slot], None) if slot in was else None
        if target is None:
            gone.append(slot)
            drop(person, by=by)
        else:
            moved[target] = person
    for person in moved.values():  # out of the way first: two may change places
        version, person.slot, person.number_version = person.number_version, "", None
        person.save(update_fields=["slot", "number_version"])
        person.number_version = version
    for slot, person in moved.items():
        person.slot = slot
        person.save(update_fields=["slot", "number_version"])
    return gone


def drop(person: HouseholdPerson, *, by: User) -> None:
    """Erase the number of somebody who does not stand on the form any more, or gives none after all."""
    vault.remove(person.pk, by=by)
    person.slot, person.number_version = "", None
    person.save(update_fields=["slot", "number_version"])


def settle(application: Application, form: Mapping[str, Any], *, by: User) -> tuple[dict[str, Any], Holder | None]:
    """Return what the content says of the household's numbers, and whose is missing though it was given.

    What was typed for somebody who gives none, or need not, is erased.
    """
    people = people_of(application)
    held = vault.standings([one.pk for one in people.values()]) if people else {}
    said: dict[str, Any] = {}
    for slot, holder in holders.beside_the_patient(form).items():
        answer = form.get(f"{slot}_number_given") or ""
        if answer != holders.GIVEN:
            said[slot] = {"given": False, "reason": answer}
            continue
        person = people.pop(slot, None)
        if person is None or person.pk not in held or held[person.pk].version != person.number_version:
            return said, holder
        said[slot] = {"given": True, "version": person.number_version}
    for person in people.values():
        drop(person, by=by)
    return said, None
