"""What staff and residents are called: how a name leads to ids, and ids to names, each in one query."""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Final
from uuid import UUID

from django.db.models import Q

from audit.models import ActorLabel, Event, PersonLabel

#: A name that fits more than this has to be typed further: entries are never left out without a word.
NAMED_UP_TO: Final = 100
#: No family name is longer: a space is looked for among the first letters alone.
_LONGEST_FIRST: Final = 10
_KATAKANA = {place: place + 0x60 for place in range(ord("ぁ"), ord("ゖ") + 1)}


def staff_called(texts: Sequence[str]) -> list[int]:
    """Return who among the staff has one of ``texts`` in their name, or for a login id; one too many at most."""
    called = Q()
    for text in texts:
        called |= Q(name__contains=text) | Q(login_id=text)
    found = ActorLabel.objects.filter(called) if texts else ActorLabel.objects.none()
    return list(found.order_by("pk").values_list("pk", flat=True)[: NAMED_UP_TO + 1])


def people_called(texts: Sequence[str]) -> list[UUID]:
    """Return who is called so, by the beginning of the name or the reading, in either kana; one too many at most."""
    called = Q()
    for text in texts:
        kana = unicodedata.normalize("NFKC", text).translate(_KATAKANA)
        for name in _spaced(text):
            called |= Q(name__startswith=name)
        for reading in _spaced(kana):
            called |= Q(kana__startswith=reading)
    people = PersonLabel.objects.filter(called) if texts else PersonLabel.objects.none()
    return list(people.order_by("pk").values_list("pk", flat=True)[: NAMED_UP_TO + 1])


def narrow(text: str) -> str:
    """Return a number as the office writes it: in narrow digits."""
    return unicodedata.normalize("NFKC", text)


def name(events: Sequence[Event]) -> Mapping[UUID, str]:
    """Fill in what the actors of ``events`` are called, and return what the people in them are called, by id."""
    name_actors(events)
    return people_names(event.person_id for event in events)


def name_actors(events: Sequence[Event]) -> None:
    """Fill in what the actors of ``events`` are called."""
    actors = actor_names(event.actor_id for event in events)
    for event in events:
        event.actor_name = actors.get(event.actor_id, "") if event.actor_id is not None else ""


def actor_names(actors: Iterable[int | None]) -> Mapping[int, str]:
    """Return what these members of staff are called."""
    wanted = {actor for actor in actors if actor is not None}
    return dict(ActorLabel.objects.filter(pk__in=wanted).values_list("pk", "name")) if wanted else {}


def login_ids(actors: Iterable[int | None]) -> Mapping[int, str]:
    """Return these members of staff's login ids."""
    wanted = {actor for actor in actors if actor is not None}
    return dict(ActorLabel.objects.filter(pk__in=wanted).values_list("pk", "login_id")) if wanted else {}


def people_names(people: Iterable[UUID | None]) -> Mapping[UUID, str]:
    """Return what these people are called."""
    wanted = {person for person in people if person is not None}
    return dict(PersonLabel.objects.filter(pk__in=wanted).values_list("pk", "name")) if wanted else {}


def _spaced(text: str) -> list[str]:
    """Return how ``text`` may stand in a label, where a full-width space parts the names: people leave it out."""
    words = text.split()
    if len(words) > 1:
        return ["　".join(words)]
    return [text, *(f"{text[:place]}　{text[place:]}" for place in range(1, min(len(text), _LONGEST_FIRST + 1)))]
