"""How far the worker has got with a file, in counts that are real, and how long the rest will take."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from benefits.models.juki import BatchState, JukiBatch

_MINUTE = 60


@dataclass(frozen=True, slots=True)
class Progress:
    """One phase: what it is called, how much of it is done, and what is said of the rest."""

    label: str
    done: int
    total: int
    said: str
    left: str

    @property
    def percent(self) -> int:
        """Return how much is done of a hundred."""
        return min(100, self.done * 100 // self.total) if self.total else 0


def of(batch: JukiBatch, *, now: datetime) -> Progress | None:
    """Return how far the present phase is, or None when the worker has nothing to do with the file."""
    state = BatchState(batch.state)
    heading = 1 if batch.layout is not None and batch.layout.has_heading else 0
    match state:
        case BatchState.STAGING:
            done, total = batch.next_byte, batch.size
            said = _("%(lines)s行を読みました（%(done)s / %(total)sキロバイト）") % {
                "lines": f"{batch.lines_in:,}",
                "done": f"{done // 1024:,}",
                "total": f"{-(-total // 1024):,}",
            }
        case BatchState.MATCHING:
            done, total = min(batch.lines_in, max(0, batch.matched_to - heading)), batch.lines_in
            said = _of_lines(done, total)
        case BatchState.CHECKING:
            done, total = batch.judged, batch.linked
            said = _of_lines(done, total)
        case BatchState.APPLYING:
            done, total = batch.applied, batch.linked
            said = _of_lines(done, total)
        case BatchState.UNDOING:
            done, total = batch.undone, batch.applied
            said = _of_lines(done, total)
        case _:
            return None
    elapsed = max(0.0, (now - batch.since).total_seconds())
    return Progress(str(state.label), done, total, said, _left(done, total, elapsed))


def _of_lines(done: int, total: int) -> str:
    return _("%(done)s / %(total)s行") % {"done": f"{done:,}", "total": f"{total:,}"}


def _left(done: int, total: int, elapsed: float) -> str:
    if not done or done >= total:
        return _("残り時間を計算しています")
    seconds = elapsed / done * (total - done)
    if seconds < _MINUTE:
        return _("残り約%(seconds)s秒") % {"seconds": max(1, round(seconds))}
    return _("残り約%(minutes)s分") % {"minutes": round(seconds / _MINUTE)}
