"""The only register of why a My Number may be held: for whom, for which benefit, by what law, since when.

A code stands with every number in the vault (``vault.number.basis``), so it never changes its meaning; where the law
changes, a row ends and another begins. ``must_be_verified`` marks what nobody has compared with the text in force yet.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from mynumber.vault import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """One legal basis of holding somebody's number."""

    code: str
    programme: str
    kind: Kind
    words: str
    law: str
    article: str
    valid_from: date
    valid_to: date | None
    must_be_verified: bool

    def holds_on(self, day: date) -> bool:
        """Say whether numbers are held on this basis from ``day`` on."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


class NoBasisError(LookupError):
    """Nothing in the register lets such a number be held: then it must not be."""


def basis_for(kind: Kind, *, programme: str, on: date) -> Basis:
    """Return on what basis the number of such a person is held for ``programme``, or raise :class:`NoBasisError`."""
    for basis in all_bases():
        if (basis.kind, basis.programme) == (kind, programme) and basis.holds_on(on):
            return basis
    raise NoBasisError(f"{kind} {programme}")


def find(code: str) -> Basis | None:
    """Return the basis with this code, also one that has ended: what was held on it still is."""
    return _by_code().get(code)


def all_bases() -> tuple[Basis, ...]:
    """Return the whole register, in its own order."""
    return tuple(_by_code().values())


@cache
def _by_code() -> Mapping[str, Basis]:
    text = files("benefits.registers").joinpath("number_bases.csv").read_text(encoding="utf-8")
    bases = [
        Basis(
            code=row["code"],
            programme=row["programme"],
            kind=Kind(row["kind"]),
            words=row["words"],
            law=row["law"],
            article=row["article"],
            valid_from=date.fromisoformat(row["valid_from"]),
            valid_to=date.fromisoformat(row["valid_to"]) if row["valid_to"] else None,
            must_be_verified=row["verify"] == "yes",
        )
        for row in csv.DictReader(line for line in text.splitlines() if not line.startswith("#"))
    ]
    found = {basis.code: basis for basis in bases}
    if len(found) != len(bases):
        raise ValueError("a code stands twice in the register of legal bases")
    return MappingProxyType(found)
