"""From a bar or a cell of a chart to the entries behind it: what a link says, as conditions of the search."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from django.http import HttpRequest

from audit import vocabulary
from audit.searching import links
from audit.trends import counts

#: What follows a letter in a link: an hour of the week, somebody's id, a day, a week that begins on a day.
_PLACE: Final = re.compile(
    r"h(?P<hour>\d{1,3})|a(?P<actor>\d{1,18})|(?P<kind>[dr])(?P<day>\d{4}-\d\d-\d\d)(?P<week>w?)"
)


@dataclass(frozen=True, slots=True)
class Choice:
    """What the page was drawn for: so many weeks, and the code of a section ("" for what the watcher sees)."""

    weeks: int
    code: str

    @property
    def name(self) -> str:
        """The choice as an address carries it."""
        return f"{self.weeks}-{self.code}" if self.code else str(self.weeks)


def choice_named(name: str) -> Choice | None:
    """Return the choice that an address carries, or None."""
    found = re.fullmatch(r"(\d{1,2})(?:-([0-9a-f]{8}))?", name)
    if found is None or int(found[1]) not in counts.PERIODS:
        return None
    return Choice(weeks=int(found[1]), code=found[2] or "")


def conditions(place: str, choice: Choice, *, section: str | None, today: date) -> Mapping[str, Any] | None:
    """Return what to search for at ``place`` of the charts, or None when there is no such place."""
    found = _PLACE.fullmatch(place)
    if found is None:
        return None
    first, last = counts.period(choice.weeks, today=today)
    asked: dict[str, Any] = {"from_on": first, "to_on": last, "actions": vocabulary.views()}
    if section:
        asked["section"] = section
    if found["hour"]:
        weekday, hour = divmod(int(found["hour"]), 24)
        if weekday > 6:
            return None
        return {**asked, "weekdays": [weekday], "hours": [hour]}
    if found["actor"]:
        return {**asked, "actor_id": int(found["actor"])}
    try:
        day = date.fromisoformat(found["day"])
    except ValueError:
        return None
    if found["kind"] == "r":
        asked["actions"] = vocabulary.reveals()
    return {**asked, "from_on": day, "to_on": day + timedelta(days=6) if found["week"] else day}


def address(request: HttpRequest, asked: Mapping[str, Any]) -> str:
    """Return the address of the search for ``asked``."""
    return links.address(request, **asked)
