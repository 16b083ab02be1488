"""How long a refused sign-in takes, by what was wrong with it: the distributions must lie over each other.

    .venv/bin/python -m bench.sign_in_timing [tries of each kind, 200 unless given]

Makes a throw-away office with a database of its own and the real password hash, asks the whole application through
Django's test client, the kinds in turn and in a new order each time, and prints what it measured. Nothing is judged:
a busy machine is no fault of the product's. "told apart" is the probability that an answer of that kind takes longer
than one to a wrong password; 50 % is a coin.
"""

import random
import statistics
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from itertools import product
from pathlib import Path

from bench import ground
from bench.figures import Figure, Outcome, Scale

TRIES, QUICK_TRIES = 200, 20
PASSWORD = "kagaribi-asagao-mizuumi-tonbo"  # noqa: S105  (of nobody: the office is thrown away)
WRONG = "mizuumi-tonbo-kagaribi-asagao"

#: What an account looks like (SQL) and what is typed. None: nobody has that id.
KINDS: Mapping[str, tuple[str | None, str]] = {
    "wrong": ("is_active = true", WRONG),
    "unknown": (None, WRONG),
    "waiting": ("is_active = true", PASSWORD),
    "expired": ("valid_until = current_date - 7", PASSWORD),
    "stopped": ("is_active = false", PASSWORD),
    "slip.over": ("must_change_password = 'FIRST', temporary_until = now() - interval '1 day'", PASSWORD),
}


def main(tries: int) -> None:
    """Open the office, measure, print, and leave nothing behind."""
    with ground.opened() as home:
        report(measure(home, tries))


def figures(scale: Scale) -> Iterator[Outcome]:
    """Each kind beside a wrong password: the medians of the same stretches of time."""
    tries = QUICK_TRIES if scale.is_quick else TRIES
    took = measure(ground.office().home, tries)
    wrong = _medians(took["wrong"], scale.runs)
    for kind in took.keys() - {"wrong"}:
        yield Figure(
            name=f"sign_in.{kind}",
            what=f"milliseconds until a sign-in is refused: {kind}, beside a wrong password",
            unit="ms",
            samples=_medians(took[kind], scale.runs),
            peer="wrong password",
            peer_samples=wrong,
            note=f"told apart with {told_apart(took[kind], took['wrong']):.0%}, where a coin has 50 %",
        )


def _medians(all_of_it: list[float], parts: int) -> list[float]:
    """Return the medians of so many stretches, in order."""
    each = len(all_of_it) // parts
    return [statistics.median(all_of_it[part * each : (part + 1) * each]) for part in range(parts)]


def measure(home: Path, tries: int) -> dict[str, list[float]]:
    """Return how many milliseconds each answer took, by kind."""
    from datetime import timedelta

    from django.test import Client
    from django.utils import timezone

    from accounts import attempts

    hire(home)
    now = timezone.now()
    for number in range(attempts.ACCOUNT.shut_after or 0):
        attempts.reserve("waiting", at=now - timedelta(days=30) + number * attempts.LONGEST_WAIT)
    measured: dict[str, list[float]] = {kind: [] for kind in KINDS}
    serial = 0
    for number in range(tries + 5):
        for kind in random.sample(list(KINDS), len(KINDS)):
            if kind != "waiting":
                attempts.let_in(kind)
            serial += 1
            # each from a terminal of its own, so that it is the account that waits and not the network
            browser = Client(
                SERVER_NAME="localhost", REMOTE_ADDR=f"10.{serial >> 16}.{serial >> 8 & 255}.{serial & 255}"
            )
            began = time.perf_counter()
            answer = browser.post("/sign-in/", {"login_id": kind, "password": KINDS[kind][1]})
            took = time.perf_counter() - began
            if answer.status_code != 200:
                raise RuntimeError(f"{kind}: answered {answer.status_code}, not with the refusal")
            if number >= 5:  # the first ones load what is loaded once
                measured[kind].append(took * 1000)
    return measured


def hire(home: Path) -> None:
    """Add one person of each kind, as whoever owns the tables."""
    import psycopg
    from django.contrib.auth.hashers import make_password

    from config.office import databases

    with closing(psycopg.connect(**databases.owner(home).as_psycopg(autocommit=True))) as connection:
        for kind, (looks_like, _typed) in KINDS.items():
            if looks_like is None:
                continue
            connection.execute(
                "INSERT INTO accounts_user (login_id, display_name, section, password, is_active, password_changed_at)"
                " VALUES (%s, %s, '', %s, true, now())",
                [kind, kind, make_password(PASSWORD)],
            )
            change = f"UPDATE accounts_user SET {looks_like} WHERE login_id = %s"  # noqa: S608  (one of KINDS)
            connection.execute(change.encode(), [kind])


def report(measured: Mapping[str, list[float]]) -> None:
    """Print a line of numbers and a row of the histogram for each kind."""
    everything = sorted(took for all_of_it in measured.values() for took in all_of_it)
    low, high = everything[len(everything) // 100], everything[-len(everything) // 100]
    head = f"{'':10} {'n':>4} {'5 %':>7} {'median':>7} {'95 %':>7} {'mean':>7} (ms)  told apart"
    sys.stdout.write(f"{head}  {low:.0f} … {high:.0f} ms\n")
    for kind, all_of_it in measured.items():
        places = statistics.quantiles(all_of_it, n=20)
        share = told_apart(all_of_it, measured["wrong"])
        sys.stdout.write(
            f"{kind:10} {len(all_of_it):4} {places[0]:7.1f} {statistics.median(all_of_it):7.1f} {places[-1]:7.1f}"
            f" {statistics.fmean(all_of_it):7.1f}       {share:9.0%}  {histogram(all_of_it, low, high)}\n"
        )


def told_apart(some: list[float], others: list[float]) -> float:
    """Return how probable it is that one of ``some`` takes longer than one of ``others``."""
    longer = sum((one > other) + (one == other) / 2 for one, other in product(some, others))
    return longer / len(some) / len(others)


def histogram(all_of_it: list[float], low: float, high: float, *, width: int = 40) -> str:
    """Return how often each span of time came, as a row of bars."""
    bars = [0] * width
    for took in all_of_it:
        bars[min(width - 1, max(0, int((took - low) / (high - low) * width)))] += 1
    return "".join(" ▁▂▃▄▅▆▇█"[round(8 * bar / max(bars))] for bar in bars)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else TRIES)
