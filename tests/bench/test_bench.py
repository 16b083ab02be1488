"""The measurements, in miniature and with nobody timing them: so that they can be run when they are wanted."""

import dataclasses
import json
from collections.abc import Callable, Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from audit.ledger import facets
from audit.ledger.body import NO_LEAF, Body
from bench import (
    __main__ as command,
    figures,
    ground,
    loading,
    machine,
    report,
    sealing,
    searching,
    verifying,
    writing,
)
from bench.figures import Figure, Goal, LeftOut, Scale, at_least, at_most, share_of_peer
from tests.audit.ledger import copies
from tests.conftest import Office

TINY = dataclasses.replace(Scale.quick(), runs=2, seconds=0.05, events=2_400, verified=900)
MEASURED = Figure(
    name="some.thing",
    what="a thing",
    unit="/s",
    samples=[60.0, 80.0, 70.0],
    peer="another thing",
    peer_samples=[100.0, 100.0, 100.0],
    goal=share_of_peer(0.6),
)


def test_a_figure_is_the_median_of_its_runs_and_its_ratio_that_of_the_pairs() -> None:
    assert (MEASURED.value, MEASURED.peer_value, MEASURED.ratio, MEASURED.is_met) == (70.0, 100.0, 0.7, True)


@pytest.mark.parametrize(
    ("goal", "is_met"),
    [
        (None, None),
        (at_least(70), True),
        (at_least(71), False),
        (at_most(70), True),
        (at_most(69), False),
        (share_of_peer(0.71), False),
        (Goal("ratio", "at most", 0.7), True),
    ],
)
def test_a_goal_is_met_or_missed_or_there_is_none(goal: Goal | None, is_met: bool | None) -> None:
    assert dataclasses.replace(MEASURED, goal=goal).is_met is is_met


def test_the_file_holds_what_was_measured_and_nothing_of_whose_machine_it_is(tmp_path: Path) -> None:
    whole: dict[str, Any] = {
        "is_quick": True,
        **machine.described(),
        "figures": [MEASURED.as_json(), dataclasses.replace(MEASURED, goal=at_least(90)).as_json()],
        "left_out": [LeftOut("some.other", "not installed").as_json()],
        "seconds": 1.0,
    }
    report.write(tmp_path / "deep" / "latest.json", whole)
    read = json.loads((tmp_path / "deep" / "latest.json").read_text(encoding="utf-8"))

    assert read == whole
    assert read["figures"][0] == {
        "name": "some.thing",
        "what": "a thing",
        "unit": "/s",
        "value": 70.0,
        "spread": [60.0, 80.0],
        "samples": [60.0, 80.0, 70.0],
        "peer": "another thing",
        "peer_value": 100.0,
        "peer_samples": [100.0, 100.0, 100.0],
        "ratio": 0.7,
        "goal": "≥ 0.6 × peer",
        "is_met": True,
        "note": None,
    }
    assert {"processors", "memory_gib", "python", "postgresql"} <= read["machine"].keys()
    text = json.dumps(read)
    assert str(machine.PROJECT) not in text
    assert machine.platform.node() not in text


def test_the_table_says_which_goals_are_missed_and_what_was_not_measured() -> None:
    table = report.table(
        {
            "figures": [
                MEASURED.as_json(),
                dataclasses.replace(MEASURED, name="too.slow", goal=at_least(90)).as_json(),
            ],
            "left_out": [LeftOut("some.other", "not installed").as_json()],
        }
    )
    assert "1 of 2 goals met; missed: too.slow" in table
    assert "NOT MEASURED some.other: not installed" in table


def test_every_subject_can_be_measured_and_an_unknown_one_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert all(callable(figures.measuring(subject)) for subject in figures.SUBJECTS)
    with pytest.raises(SystemExit):
        command.main(["nonsense"])
    assert "there is no subject nonsense" in capsys.readouterr().err


def test_what_fails_is_told_and_the_others_are_measured_all_the_same(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def measuring(subject: str) -> Callable[[Scale], Iterator[Figure]]:
        def measure(_scale: Scale) -> Iterator[Figure]:
            if subject == "sealing":
                raise RuntimeError("no server")
            yield dataclasses.replace(MEASURED, name=subject)

        return measure

    monkeypatch.setattr(command, "measuring", measuring)
    command.measure_here(["sealing", "juki"], TINY)
    (first, told), (second, measured) = map(json.loads, capsys.readouterr().out.splitlines())

    assert (first, told) == ("left_out", {"name": "sealing", "why": "failed: RuntimeError: no server"})
    assert (second, measured["name"]) == ("figures", "juki")


class StandIn:
    """The office that a measurement asks for, on a database of the suite's."""

    def __init__(self, office: Office) -> None:
        self.office = office

    def as_owner(self, **changes: Any) -> psycopg.Connection[Any]:
        return psycopg.connect(**self.office.owner.as_psycopg(autocommit=True, **changes))

    def as_sealer(self) -> psycopg.Connection[Any]:
        return psycopg.connect(**self.office.sealer.as_psycopg(autocommit=True))


@pytest.mark.django_db(transaction=True)
def test_the_record_is_sealed_verified_written_and_searched_in_miniature(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealing, "BACKLOG", 300)
    with copies.copied(office, name="bench") as own, own.here():
        stand_in = StandIn(own.office)
        monkeypatch.setattr(ground, "office", lambda: stand_in)
        writing.staff.cache_clear()
        try:
            found = [sealing.backlog(stand_in, TINY), *verifying.figures(TINY)]
            with stand_in.as_owner() as owner:
                owner.execute(writing.PREPARE)
            with writing.Writers(2) as threads:
                kinds = (writing.record, writing.insert)
                rates = [threads.rate(one, seconds=0.05, with_work=False) for one in kinds]
            loaded = loading.load(stand_in, TINY.events)
            took = searching.ask(searching.questions(searching.any_of_a_month, loaded, 5, seed=1))
            took += searching.ask(searching.questions(searching.adverse, loaded, 3, seed=1))
            with stand_in.as_owner() as owner:
                rows = owner.execute(LOADED).fetchall()
        finally:
            writing.staff.cache_clear()

    assert [one.name for one in found] == ["sealing.rate", "verifying.rate"]  # and no fault was found
    assert all(len(one.samples) == TINY.runs and min(one.samples) > 0 for one in found if isinstance(one, Figure))
    assert min(rates) > 0
    assert (loaded.events, len(loaded.months), len(took)) == (2_400, 12, 8)
    assert rows
    for *columns, marks in rows:
        assert sorted(marks) == facets.of(_said(dict(zip(NAMES, columns, strict=True))))


NAMES = (
    "id", "at", "action", "result", "actor_id", "actor_roles", "actor_section", "subject_kind", "subject_id",
    "subject_label", "person_id", "purpose", "explanation", "client", "session", "request_id",
)  # fmt: skip
LOADED = f"""
    SELECT {", ".join(f"e.{name}" for name in NAMES)}, l.facets
    FROM audit.event e JOIN audit.leaf l ON (l.event_id, l.event_at) = (e.id, e.at)
    WHERE e.xid = '3' AND l.idx % 40 = 7
"""


def _said(columns: dict[str, Any]) -> Body:
    client = ip_address(str(columns.pop("client")))
    return Body(**columns, client=client, writer=uuid4(), writer_n=1, previous=NO_LEAF, details={}, salt=bytes(16))
