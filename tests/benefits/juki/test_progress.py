"""How far the worker is, in counts that are real, and how long the rest takes."""

from datetime import timedelta

import pytest
from django.utils import timezone

from benefits.juki import progress
from benefits.models.juki import BatchState, JukiBatch, JukiLayout

NOW = timezone.now()


def at(state: BatchState, *, seconds: float = 10, **counts: int) -> progress.Progress | None:
    batch = JukiBatch(
        state=state, since=NOW - timedelta(seconds=seconds), layout=JukiLayout(has_heading=True), **counts
    )
    return progress.of(batch, now=NOW)


@pytest.mark.parametrize(
    ("state", "counts", "said", "percent", "left"),
    [
        (
            BatchState.STAGING,
            {"next_byte": 51_200, "size": 102_400, "lines_in": 1_234},
            "1,234行を読みました（50 / 100キロバイト）",
            50,
            "残り約10秒",
        ),
        (BatchState.MATCHING, {"lines_in": 4_000, "matched_to": 1_001}, "1,000 / 4,000行", 25, "残り約30秒"),
        (BatchState.CHECKING, {"linked": 4_000, "judged": 40}, "40 / 4,000行", 1, "残り約16分"),
        (BatchState.APPLYING, {"linked": 10, "applied": 0}, "0 / 10行", 0, "残り時間を計算しています"),
        (BatchState.UNDOING, {"applied": 10, "undone": 5}, "5 / 10行", 50, "残り約10秒"),
    ],
)
def test_each_phase_says_what_is_done_of_how_much_and_how_long_the_rest_takes(
    state: BatchState, counts: dict[str, int], said: str, percent: int, left: str
) -> None:
    now = at(state, **counts)

    assert now is not None
    assert (now.said, now.percent, now.left) == (said, percent, left)


def test_a_file_that_waits_for_people_has_no_progress() -> None:
    assert at(BatchState.REVIEW) is None
