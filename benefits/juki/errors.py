"""What is wrong with the lines of a file, for the screen and as a file for whoever mends it. Never a number."""

import codecs
import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

from accounts.spreadsheet import disarmed
from benefits.models.juki import JukiBatch, JukiRow, RowCode

SHOWN = 100
#: Of how many lines with errors it is kept what is wrong with them: a file with more is not mended line by line.
KEPT = 10_000


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: the line as in the file, the column, the rule, and how to mend it."""

    line: int
    column: str
    rule: str
    advice: str


def of(batch: JukiBatch, *, most: int | None = None) -> Iterator[Fault]:
    """Yield what is wrong, line by line."""
    rows = JukiRow.objects.filter(batch=batch, code=RowCode.ERROR).order_by("line").values_list("line", "problems")
    given = 0
    for line, problems in rows[:most].iterator():
        for column, rule, advice in problems:
            if most is not None and given == most:
                return
            yield Fault(line, column, rule, advice)
            given += 1


def as_csv(batch: JukiBatch) -> Iterator[bytes]:
    """Yield all that is kept as a spreadsheet opens it (UTF-8 with a byte order mark), line by line."""
    yield codecs.BOM_UTF8 + _line([_("行"), _("列"), _("規則"), _("直し方")])
    for fault in of(batch):
        yield _line([str(fault.line), *(disarmed(cell) for cell in (fault.column, fault.rule, fault.advice))])
    if batch.with_errors > KEPT:
        more = _("誤りのある行は全部で%(count)s行あります。ここには%(kept)s行まで出ています。")
        yield _line(["", "", "", more % {"count": batch.with_errors, "kept": KEPT}])


def _line(cells: list[str]) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow(cells)
    return out.getvalue().encode()
