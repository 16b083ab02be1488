"""The only register of 指定難病: which number means which disease, and since when.

The names are those of 平成26年厚生労働省告示第393号 as amended, in force since 2025-04-01 (348 diseases).
Latin letters and digits are written half-width, brackets and strokes full-width, so that one name
has one spelling. The readings derive from NANDO (DBCLS, CC BY 4.0), with figures and letters spelled out and
adapted to the names of the notice.
"""

import csv
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from types import MappingProxyType

# Nobody types these when looking for a disease, or everybody types them differently.
_UNSEARCHED = str.maketrans(dict.fromkeys(" ・／/（）()[]「」。、,.-‐‑‒–—―−－"))

_HIRAGANA_TO_KATAKANA = {code: code + 0x60 for code in range(ord("ぁ"), ord("ゖ") + 1)}


@dataclass(frozen=True, slots=True)
class Disease:
    """One 指定難病 under its 告示番号, which never changes hands. ``kana`` is katakana, ``・`` and ``ー`` only."""

    number: int
    name: str
    kana: str
    since: date


@dataclass(frozen=True, slots=True)
class _Entry:
    """A disease with the spellings that a search compares."""

    disease: Disease
    number: str
    name: str
    kana: str


def find(number: int, *, on: date) -> Disease | None:
    """Return the disease with this 告示番号, or None when there is none or it is not in force on the day ``on``."""
    disease = _by_number().get(number)
    if disease is None or disease.since > on:
        return None
    return disease


def search(text: str, *, limit: int = 20) -> list[Disease]:
    """Return the diseases that ``text`` may mean, best first, at most ``limit``.

    A number finds the disease with that number, then those whose number begins with it, then names that hold it.
    Words find names and readings: those that begin with them, then those that contain them. Hiragana,
    katakana and half-width kana are the same, and so are widths, cases, hyphens and brackets.
    Blank text finds nothing. The result is not limited to a day: ask ``find`` whether a number is in force.
    """
    wanted = _searched(text)
    if not wanted:
        return []
    number = wanted.lstrip("0")
    ranked = []
    for entry in _entries():
        rank = _rank(entry, wanted, number)
        if rank is not None:
            ranked.append((rank, entry.disease.number, entry.disease))
    ranked.sort(key=lambda found: found[:2])
    return [disease for _, _, disease in ranked[: max(limit, 0)]]


def all_diseases() -> tuple[Disease, ...]:
    """Return every disease of the register in the order of the 告示番号, also those not yet in force on some day."""
    return tuple(_by_number().values())


@cache
def _by_number() -> Mapping[int, Disease]:
    text = files("benefits.registers").joinpath("diseases.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(line for line in text.splitlines() if not line.startswith("#"))
    diseases = (
        Disease(
            number=int(row["number"]),
            name=row["name"],
            kana=row["kana"],
            since=date.fromisoformat(row["since"]),
        )
        for row in rows
    )
    return MappingProxyType({disease.number: disease for disease in diseases})


@cache
def _entries() -> tuple[_Entry, ...]:
    return tuple(
        _Entry(disease, str(disease.number), _searched(disease.name), _searched(disease.kana))
        for disease in all_diseases()
    )


def _searched(text: str) -> str:
    """Return the spelling under which names and questions are compared."""
    folded = unicodedata.normalize("NFKC", text).casefold().translate(_HIRAGANA_TO_KATAKANA)
    return "".join(folded.translate(_UNSEARCHED).split())


def _rank(entry: _Entry, wanted: str, number: str) -> int | None:
    """Return how well the entry answers, 0 being best, or None when it does not."""
    if entry.number == number:
        return 0
    if number and entry.number.startswith(number):
        return 1
    if wanted in (entry.name, entry.kana):
        return 2
    if entry.name.startswith(wanted) or entry.kana.startswith(wanted):
        return 3
    if wanted in entry.name or wanted in entry.kana:
        return 4
    return None
