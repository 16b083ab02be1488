"""A line of the file beside what the office knows of somebody, item by item, for the eyes of whoever decides."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from benefits import wareki
from benefits.choices import Sex
from benefits.juki import keys, matching
from benefits.juki.deciding import MOST_DIFFERING
from benefits.juki.matching import Record
from benefits.juki.words import ITEMS, REASONS
from benefits.models.juki import JukiRow


@dataclass(frozen=True, slots=True)
class Item:
    """One item, as the file has it and as the office has it."""

    name: str
    label: str | Promise
    here: str
    there: str
    differs: bool
    note: str
    reasons: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """A line beside one person. ``is_linkable`` when one item differs at most, and one that has notations."""

    person: UUID
    label: str
    is_registered: bool
    items: tuple[Item, ...]
    is_linkable: bool

    @property
    def differing(self) -> tuple[Item, ...]:
        """The items that do not agree."""
        return tuple(item for item in self.items if item.differs)


def compare(row: JukiRow, *, items: int) -> list[Comparison]:
    """Return the line beside each person whom it may be about."""
    people = [row.person_id] if row.person_id else list(row.candidates)
    records = sorted(matching.records_of(people), key=lambda record: people.index(record.person))
    return [_beside(row, record, items=items) for record in records]


def _beside(row: JukiRow, record: Record, *, items: int) -> Comparison:
    different = set(matching.differing(row, record, items=items))
    pairs: Mapping[str, tuple[str, str]] = {
        "name": (row.name, record.name),
        "kana": (row.kana, record.kana),
        "birth_on": (wareki.write(row.birth_on) if row.birth_on else "", wareki.write(record.birth_on)),
        "sex": (_sex(row.sex), _sex(record.sex)),
        "address": (row.address, record.address),
    }
    return Comparison(
        person=record.person,
        label=record.label,
        is_registered=record.is_registered,
        items=tuple(
            Item(
                name=name,
                label=ITEMS.get(name, _("フリガナ（照合しない）")),
                here=here,
                there=there,
                differs=name in different,
                note=_private_use(here),
                reasons=tuple((code, str(words)) for code, words in REASONS.get(name, {}).items()),
            )
            for name, (here, there) in pairs.items()
            if here or there
        ),
        is_linkable=different <= set(REASONS) and len(different) <= MOST_DIFFERING,
    )


def _sex(code: str) -> str:
    return str(Sex(code).label) if code else ""


def _private_use(text: str) -> str:
    """Name the characters that no font here shows (外字), so that they can be looked up at the terminal."""
    if not keys.has_private_use(text):
        return ""
    points = "、".join(f"U+{ord(each):04X}" for each in text if unicodedata.category(each) == "Co")
    return _("外字 %(points)s。端末の画面で字形を確かめてください。") % {"points": points}
