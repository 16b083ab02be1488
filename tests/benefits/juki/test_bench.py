"""The measurement of a large file, with a small one and nobody timing it: so that it can be run when it is wanted."""

from pathlib import Path

import pytest

from bench import juki
from benefits.models.juki import BatchState, JukiBatch
from config.office import databases
from tests.conftest import Office


@pytest.mark.django_db(transaction=True)
def test_the_measurement_reads_matches_and_checks_a_file_of_its_own(
    office: Office, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(databases, "owner", lambda _home: office.owner)

    juki.measure(tmp_path, 200)

    batch = JukiBatch.objects.get()
    assert (batch.state, batch.lines_in, batch.linked, batch.queued) == (BatchState.REVIEW, 200, 190, 10)
    assert batch.judged == 190
    assert "in 200 = linked 190 + queued 10 + rejected 0" in capsys.readouterr().out
