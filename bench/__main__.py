"""Measures everything, or what is named: ``python -m bench [--quick] [SUBJECT …]``.

Writes ``var/bench/latest.json`` (or ``--to FILE``) and prints a table. Ends with 1 only when something could not be
measured at all: a goal that is missed is told in the table, since a busy machine is no fault of the product's.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from bench import machine, report
from bench.figures import APART, SUBJECTS, Figure, LeftOut, Scale, measuring

LATEST = machine.PROJECT / "var" / "bench" / "latest.json"


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("subjects", nargs="*", metavar="SUBJECT", help=f"one of {', '.join(SUBJECTS)}; all when none")
    parser.add_argument("--quick", action="store_true", help="less of everything, in under three minutes")
    parser.add_argument("--to", type=Path, default=LATEST, help="where the figures are written")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if unknown := set(options.subjects) - set(SUBJECTS):
        parser.error(f"there is no subject {', '.join(sorted(unknown))}")
    subjects = [one for one in SUBJECTS if one in options.subjects or not options.subjects]
    if options.here:
        measure_here(subjects, Scale.quick() if options.quick else Scale.whole())
        return 0
    whole = measure_all(subjects, is_quick=options.quick)
    report.write(options.to, whole)
    sys.stdout.write(report.table(whole) + "\n")
    return 1 if any(one["why"].startswith("failed") for one in whole["left_out"]) else 0


def measure_all(subjects: Sequence[str], *, is_quick: bool) -> dict[str, Any]:
    """Measure in processes of their own, one for each office that is opened, and return everything."""
    began = time.monotonic()
    whole: dict[str, Any] = {"is_quick": is_quick, **machine.described(), "figures": [], "left_out": []}
    for together in _by_office(subjects):
        for kind, one in _measured_apart(together, is_quick=is_quick):
            whole[kind].append(one)
    whole["seconds"] = round(time.monotonic() - began, 1)
    return whole


def measure_here(subjects: Sequence[str], scale: Scale) -> None:
    """Measure in this process, and print each outcome as a line of JSON."""
    for subject in subjects:
        try:
            for one in measuring(subject)(scale):
                _tell(one)
        except Exception as error:  # noqa: BLE001  (the others are measured all the same, and this one is told of)
            _tell(LeftOut(subject, f"failed: {type(error).__name__}: {error}"))


def _tell(one: Figure | LeftOut) -> None:
    kind = "figures" if isinstance(one, Figure) else "left_out"
    sys.stdout.write(json.dumps([kind, one.as_json()], ensure_ascii=False) + "\n")
    sys.stdout.flush()


def _by_office(subjects: Sequence[str]) -> Iterator[list[str]]:
    shared = [one for one in subjects if one not in APART]
    if shared:
        yield shared
    yield from ([one] for one in subjects if one in APART)


def _measured_apart(subjects: Sequence[str], *, is_quick: bool) -> Iterator[tuple[str, dict[str, Any]]]:
    sys.stderr.write(f"· {', '.join(subjects)}\n")
    command = [sys.executable, "-m", "bench", "--here", *(["--quick"] if is_quick else []), *subjects]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=machine.PROJECT) as process:
        for line in process.stdout or ():
            if line.startswith('["'):
                kind, one = json.loads(line)
                sys.stderr.write(f"  {one['name']}: {one.get('value', one.get('why'))}\n")
                yield kind, one
            else:
                sys.stderr.write(line)
    if process.returncode:
        yield (
            "left_out",
            LeftOut(", ".join(subjects), f"failed: the process ended with {process.returncode}").as_json(),
        )


if __name__ == "__main__":
    sys.exit(main())
