"""How long a search takes at size, as the product asks it, and its page side by side with the lists of two other logs.

Each question goes through ``audit.searching.finding.find``: the first fifty entries with their names, and the count.
"""

import json
import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from bench import browser, ground, loading, machine
from bench.figures import Figure, Goal, LeftOut, Outcome, Scale, at_most, percentile

if TYPE_CHECKING:
    from audit.searching.conditions import Conditions

#: At the 95th percentile, in milliseconds: within a month, and over everything for a person or a user.
WITHIN_A_MONTH, OVER_EVERYTHING = 100, 200
#: How many questions one run asks.
QUESTIONS, QUICK_QUESTIONS = 100, 40
#: How much the server's process may grow while it answers.
GROWTH = 1.25
READER = 1
#: With fewer entries it is drawing the page that counts, whatever was searched: then there is no goal.
COMPARED_FROM = 500_000


class Took(NamedTuple):
    """How many milliseconds an answer took, and how many of a processor: the second is the same on a busy machine."""

    wall: float
    processor: float


def figures(scale: Scale) -> Iterator[Outcome]:
    """Fill the record, ask it, ask it again cold, and ask the others."""
    office = ground.office()
    loaded = loading.load(office, scale.events)
    asked = QUICK_QUESTIONS if scale.is_quick else QUESTIONS
    kinds: dict[str, tuple[str, Callable[[random.Random, loading.Loaded], Conditions], int]] = {
        "month": ("one to five conditions within a month", any_of_a_month, WITHIN_A_MONTH),
        "month.adverse": ("common conditions within a month that hardly meet", adverse, WITHIN_A_MONTH),
        "everything.person": ("a person over everything", about_a_person, OVER_EVERYTHING),
        "everything.user": ("a user over everything", of_a_user, OVER_EVERYTHING),
    }
    size = f"among {loaded.events:,} entries of {len(loaded.months)} months"
    warm: dict[str, list[list[Took]]] = {kind: [] for kind in kinds}
    memory = []
    ask(questions(any_of_a_month, loaded, 10, seed=0))  # what is loaded once
    for run in range(scale.runs):
        for kind, (_what, make, _most) in kinds.items():
            warm[kind].append(ask(questions(make, loaded, asked, seed=run + 1)))
        memory.append(_server_memory())
    for kind, (what, _make, most) in kinds.items():
        yield _p95(f"searching.{kind}", f"{what}, {size}", warm[kind], most)
    yield Figure(
        name="searching.memory",
        what=f"memory of the server's process after each of {scale.runs} runs, beside that after the first",
        unit="MB",
        samples=memory,
        peer="after the first",
        peer_samples=memory[:1] * len(memory),
        goal=Goal("ratio", "at most", GROWTH),
    )
    yield from _cold(office, loaded, scale)
    yield from _side_by_side(office, loaded, scale)


def _cold(office: ground.Office, loaded: loading.Loaded, scale: Scale) -> Iterator[Outcome]:
    """Ask just after a restart, with nothing of the files in memory: each question finds the disk."""
    samples = []
    for run in range(scale.runs):
        office.restart_cold()
        ask(questions(about_a_person, loaded, 1, seed=0))  # the connection and its catalogues
        samples.append(ask(questions(any_of_a_month, loaded, 20, seed=100 + run)))
    yield _p95("searching.month.cold", "the same as searching.month, just after a restart", samples, WITHIN_A_MONTH)


def _p95(name: str, what: str, runs: Sequence[Sequence[Took]], most: int) -> Figure:
    every = [one for run in runs for one in run]
    half, processor = percentile([one.wall for one in every], 0.5), percentile([one.processor for one in every], 0.95)
    return Figure(
        name=name,
        what=f"95th percentile: {what}",
        unit="ms",
        samples=[percentile([one.wall for one in run], 0.95) for run in runs],
        goal=at_most(most),
        note=f"half of them took {half:.0f} ms; processors were busy for {processor:.0f} ms at the 95th percentile",
    )


def ask(conditions: Iterable["Conditions"]) -> list[Took]:
    """Ask one after another and return how many milliseconds each took."""
    from audit.searching import finding
    from audit.searching.scopes import Reach, Scope

    server = Path(f"/proc/{_server_process()}/schedstat")
    took = []
    for one in conditions:
        began, busy, server_busy = time.perf_counter(), time.process_time(), _busy(server)
        finding.find(one, Scope(Reach.ALL), reader_id=READER)
        processor = time.process_time() - busy + _busy(server) - server_busy
        took.append(Took((time.perf_counter() - began) * 1000, processor * 1000))
    return took


def _busy(process: Path) -> float:
    """Return how many seconds a process has had of a processor; nothing where the system does not say."""
    return int(process.read_text(encoding="ascii").split()[0]) / 1e9 if process.exists() else 0.0


def _server_process() -> int:
    """Return the server's process for this connection."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
    return int(pid)


def _server_memory() -> float:
    """Return how many megabytes of its own the server's process has."""
    for line in Path(f"/proc/{_server_process()}/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("the system does not say how much memory the server's process has")


# ── the questions ────────────────────────────────────────────────────────────────────────────────────────────────


def questions(
    make: Callable[[random.Random, loading.Loaded], "Conditions"], loaded: loading.Loaded, count: int, *, seed: int
) -> list["Conditions"]:
    chance = random.Random(seed)  # noqa: S311  (the same questions each time)
    return [make(chance, loaded) for _one in range(count)]


def any_of_a_month(chance: random.Random, loaded: loading.Loaded) -> "Conditions":
    from audit.searching.conditions import Conditions

    values: dict[str, Callable[[], dict[str, Any]]] = {
        "actor_ids": lambda: {"actor_ids": (chance.randint(1, loading.STAFF),)},
        "sections": lambda: {"sections": (chance.choice(loading.SECTIONS),)},
        "roles": lambda: {"roles": (chance.choice(loaded.roles),)},
        "action": lambda: {"actions": (_often(chance, loaded.actions),)},
        "actions": lambda: {"actions": tuple({_often(chance, loaded.actions) for _one in range(4)})},
        "outcome": lambda: {"outcome": chance.choice(("DONE", "REFUSED", "FAILED", "NOT_DONE"))},
        "person_ids": lambda: {"person_ids": (_somebody(chance),)},
        "applications": lambda: {"applications": (loading.Loaded.label(chance.randint(1, loading.PEOPLE)),)},
        "purposes": lambda: {"purposes": (chance.choice(loading.PURPOSES),)},
        "explanations": lambda: {"explanations": (chance.choice(("E1", "E2", "E3", "E0")),)},
        "terminal": lambda: {"networks": (loading.Loaded.client(chance.randint(1, loading.STAFF)),)},
        "network": lambda: {"networks": (f"10.{chance.randrange(3)}.0.0/16",)},
        "hours": lambda: {"hour_from": chance.choice((8, 12, 17, 22)), "hour_to": chance.choice((6, 9, 13, 19))},
        "weekdays": lambda: {"weekdays": tuple(chance.sample(range(7), chance.randint(1, 2)))},
        "days": lambda: {"days": chance.choice(("WORKDAYS", "DAYS_OFF", "OFF_HOURS"))},
    }
    wanted = chance.sample(sorted(values), chance.randint(1, 5))
    found = {key: value for kind in wanted for key, value in values[kind]().items()}
    return Conditions(**_period(chance, loaded), **found)


def adverse(chance: random.Random, loaded: loading.Loaded) -> "Conditions":
    """Return conditions each of which many entries meet, and few or none all of them: guesses of a plan go wrong."""
    from audit.searching.conditions import Conditions

    actor = chance.randint(1, loading.STAFF)
    elsewhere = loading.SECTIONS[(actor + chance.randint(1, 14)) % 15]
    action = chance.randrange(8)
    found: dict[str, Any] = chance.choice(
        (
            {"actor_ids": (actor,), "sections": (elsewhere,), "outcome": "DONE"},
            {"actions": (loaded.actions[action],), "purposes": (loading.PURPOSES[(action + 3) % 8],)},
            {"sections": (elsewhere,), "networks": (loading.Loaded.client(actor),), "outcome": "DONE"},
            {"weekdays": (5, 6), "hour_from": 0, "hour_to": 6, "outcome": "DONE"},
            {"outcome": "FAILED", "explanations": ("E1",)},
        )
    )
    return Conditions(**_period(chance, loaded), **found)


def about_a_person(chance: random.Random, loaded: loading.Loaded) -> "Conditions":
    from audit.searching.conditions import Conditions

    return Conditions(person_ids=(_somebody(chance),))


def of_a_user(chance: random.Random, loaded: loading.Loaded) -> "Conditions":
    from audit.searching.conditions import Conditions

    return Conditions(actor_ids=(chance.randint(1, loading.STAFF),))


def _period(chance: random.Random, loaded: loading.Loaded) -> dict[str, Any]:
    first = chance.choice(loaded.months)
    return {"first": first, "last": (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)}


def _often(chance: random.Random, values: Sequence[str]) -> str:
    """Return one of ``values``, the first ones more often."""
    return values[min(len(values) - 1, int(len(values) ** chance.random()))]


def _somebody(chance: random.Random) -> Any:
    return loading.Loaded.person(
        int(loading.PEOPLE ** chance.random()) if chance.random() < 0.5 else chance.randint(1, loading.PEOPLE)
    )


# ── side by side ─────────────────────────────────────────────────────────────────────────────────────────────────


def _side_by_side(office: ground.Office, loaded: loading.Loaded, scale: Scale) -> Iterator[Outcome]:
    """Ask the same questions of the admin lists of django-auditlog and django-easy-audit, on the same entries."""
    from bench.peers import QUESTIONS as LIKE, Unavailable, available

    try:
        available()
    except Unavailable as reason:
        yield LeftOut("searching.peers", str(reason))
        return
    chance = random.Random(7)  # noqa: S311  (the same questions each time)
    asked: list[dict[str, Any]] = [
        {
            "actor": chance.randint(1, loading.STAFF),
            "first": str((period := _period(chance, loaded))["first"]),
            "until": str(period["last"] + timedelta(days=1)),
            "person": (number := int(loading.PEOPLE ** chance.random())),
            "subject": f"a{number}",
            "label": loading.Loaded.label(number),
        }
        for _run in range(scale.runs)
    ]
    from audit.searching.conditions import Conditions

    own: dict[str, list[float]] = {kind: [] for kind in LIKE}
    alone: dict[str, list[float]] = {kind: [] for kind in LIKE}
    for number, one in enumerate([asked[0], *asked]):
        last = date.fromisoformat(one["until"]) - timedelta(days=1)
        took = {
            "user_in_month": browser.search({"actor_id": one["actor"], "from_on": one["first"], "to_on": str(last)}),
            "subject_ever": browser.search({"person_id": str(loading.Loaded.person(one["person"]))}),
            "typed_ever": browser.search({"application": one["label"]}),
        }
        if number:  # the first loads what is loaded once
            for kind, milliseconds in took.items():
                own[kind].append(milliseconds)
            month: dict[str, Any] = {"first": date.fromisoformat(one["first"]), "last": last}
            for kind, conditions in {
                "user_in_month": Conditions(actor_ids=(one["actor"],), **month),
                "subject_ever": Conditions(person_ids=(loading.Loaded.person(one["person"]),)),
                "typed_ever": Conditions(applications=(one["label"],)),
            }.items():
                alone[kind] += [answer.wall for answer in ask([conditions])]
    result = subprocess.run(
        [sys.executable, "-m", "bench.peers"],
        input=json.dumps(asked),
        check=False,
        capture_output=True,
        text=True,
        cwd=machine.PROJECT,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "bench.peers.settings",
            "KYUFU_BENCH_PEERS": office.superuser_address.as_url(),
        },
    )
    if result.returncode:
        said = (result.stderr.strip().splitlines() or ["no word"])[-1]
        yield LeftOut("searching.peers", f"failed: {said}")
        return
    for line in result.stdout.splitlines():
        peer, kind, samples = json.loads(line)
        if isinstance(samples, str):
            yield LeftOut(f"searching.{kind}.{peer}", samples)
            continue
        yield Figure(
            name=f"searching.{kind}.{peer}",
            what=f"{LIKE[kind]}: the product's page, beside the admin list of {peer} on the same entries",
            unit="ms",
            samples=own[kind],
            peer=peer,
            peer_samples=samples,
            goal=Goal("ratio", "at most", 1.0) if loaded.events >= COMPARED_FROM else None,
            note=f"of the page's time, the search itself {statistics.median(alone[kind]):.0f} ms",
        )
