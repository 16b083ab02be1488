"""The worker reads a file, a stretch at a time: what each line says goes into its row, its number into the vault."""

import json

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext as _

from benefits import events
from benefits.juki import errors, layout, reading, steps
from benefits.juki.layout import Layout
from benefits.juki.reading import Line, Problem, Unusable
from benefits.models.juki import BatchState, ErrorMode, JukiBatch, JukiRow, Meaning, RowCode, RowState
from mynumber import staging

_COLUMNS = (
    *("batch_id", "line", "state", "code", "name", "kana", "birth_on", "sex", "address"),
    *("name_key", "kana_key", "address_key", "problems"),
    *("candidates", "verdict", "link_reasons", "reason", "is_applied"),
)
#: How many parts of the file one piece of work takes: a couple of thousand lines, and no more than that of short ones.
PARTS = 2
LINES = 5_000


def do_a_piece(batch: JukiBatch) -> None:
    """Read the next stretch of the file and commit what it says, or find that there is no use in the file."""
    first = batch.next_byte // staging.PART_BYTES
    begins = first * staging.PART_BYTES
    key, data = staging.open_parts(batch.pk, first, PARTS, by=batch.uploaded_by)
    has_end = begins + PARTS * staging.PART_BYTES >= batch.size
    assert batch.layout is not None  # noqa: S101  (a file is not begun without one)
    kept = Layout.of(batch.layout)
    try:
        lines, next_byte, next_line = _read(batch, kept, data[batch.next_byte - begins :], has_end=has_end)
    except Unusable as unusable:
        _give_up(batch, unusable.code)
        return
    with transaction.atomic():
        held = steps.lock(batch.pk)
        if held.state != BatchState.STAGING or held.next_byte != batch.next_byte:
            return  # cancelled meanwhile, or somebody else has done this piece
        _keep(held, kept, key, lines)
        held.next_byte, held.next_line = next_byte, next_line
        held.save(update_fields=["next_byte", "next_line"])
        if next_byte == batch.size:
            _finish(held)


def _read(batch: JukiBatch, kept: Layout, data: bytes, *, has_end: bool) -> tuple[list[Line], int, int]:
    """Return the lines of a stretch, and where the next one begins. Raises :class:`Unusable` past the most lines."""
    most = settings.KYUFU_JUKI_LINES + kept.has_heading
    next_byte, next_line = batch.next_byte, batch.next_line
    lines: list[Line] = []
    if next_byte == 0 and data.startswith(layout.UTF8_MARK):
        next_byte = len(layout.UTF8_MARK)
        data = data[next_byte:]
    for raw, taken in reading.lines_of(data, is_last=has_end):
        if len(lines) == LINES:
            break
        if next_line == 1 and kept.has_heading:
            reading.check_heading(raw, kept, batch.encoding)
        elif not reading.is_blank(raw):
            if next_line > most:
                raise Unusable("too_many_lines")
            lines.append(reading.read_line(raw, next_line, kept, batch.encoding))
        next_byte += taken
        next_line += 1
    return lines, next_byte, next_line


def _keep(batch: JukiBatch, kept: Layout, key: staging.FileKey, lines: list[Line]) -> None:
    left = errors.KEPT - batch.with_errors
    twins = staging.stage(key, {line.line: line.number for line in lines if not line.problems})
    earlier: dict[int, int] = {}
    by_line = {line.line: line for line in lines}
    for here, other in twins.items():
        by_line[here].problems.append(_twice(kept, other))
        if other not in by_line:
            earlier[other] = here
    for line in lines:
        if line.problems:
            line.is_explained = left > 0
            left -= 1
    _write(batch, lines)
    for row in JukiRow.objects.filter(batch=batch, line__in=earlier, state=RowState.QUEUED):
        row.state, row.code = RowState.REJECTED, RowCode.ERROR
        row.problems = [_as_kept(_twice(kept, earlier[row.line]))] if left > 0 else []
        left -= 1
        row.save(update_fields=["state", "code", "problems"])


def _write(batch: JukiBatch, lines: list[Line]) -> None:
    """Put the lines into their table, as one stream: thousands at a time come every few seconds."""
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY benefits_jukirow ({', '.join(_COLUMNS)}) FROM STDIN") as copy,
    ):
        for line in lines:
            problems = [_as_kept(problem) for problem in line.problems] if line.is_explained else []
            copy.write_row(
                (
                    batch.pk,
                    line.line,
                    (RowState.REJECTED if line.problems else RowState.QUEUED).value,
                    (RowCode.ERROR if line.problems else RowCode.UNMATCHED).value,
                    line.name,
                    line.kana,
                    line.birth_on,
                    line.sex,
                    line.address,
                    line.name_key,
                    line.kana_key,
                    line.address_key,
                    json.dumps(problems, ensure_ascii=False),
                    *("{}", "", "{}", "", False),
                )
            )


def _finish(batch: JukiBatch) -> None:
    """Go on with matching, or stop for somebody to decide about the errors."""
    batch.refresh_from_db(fields=["lines_in", "with_errors"])
    if not batch.lines_in:
        steps.move(batch, BatchState.UNUSABLE, by=None, details={"code": "no_lines"}, code="no_lines")
    elif batch.with_errors == batch.lines_in or (batch.with_errors and batch.mode == ErrorMode.ALL):
        steps.move(batch, BatchState.HALTED, by=None, details={"count": batch.with_errors})
    else:
        steps.move(batch, BatchState.MATCHING, by=None, details={"count": batch.lines_in})


def _give_up(batch: JukiBatch, code: str) -> None:
    with transaction.atomic():
        held = steps.lock(batch.pk)
        if held.state == BatchState.STAGING:
            steps.move(
                held, BatchState.UNUSABLE, by=None, action=events.IMPORT_ADVANCED, details={"code": code}, code=code
            )


def _twice(kept: Layout, other: int) -> Problem:
    advice = _("%(line)s行目と同じ番号です。端末でどちらの人の番号か確かめ、出力し直してください。")
    return Problem(kept.heading(Meaning.NUMBER), "twice", advice % {"line": other})


def _as_kept(problem: Problem) -> list[str]:
    return [problem.column, problem.rule, problem.advice]
