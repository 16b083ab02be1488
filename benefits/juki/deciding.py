"""What people do to a file before it is applied: begin, go on in spite of errors, cancel, link, reject, compare."""

from collections.abc import Collection, Mapping
from uuid import UUID

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from audit import journal
from audit.models import Event, Result
from benefits import events, explanation
from benefits.juki import matching, steps
from benefits.juki.steps import Refused, move, require, step
from benefits.juki.words import REASONS
from benefits.models.juki import (
    CANCELLABLE,
    BatchState,
    Encoding,
    ErrorMode,
    JukiBatch,
    JukiLayout,
    JukiRow,
    JukiSample,
    RowCode,
    RowState,
)
from mynumber import staging

REASON_LENGTH = 200
#: In how many items a line that is linked by hand may differ: two, and birth date and sex alone would name somebody.
MOST_DIFFERING = 1


def start(batch_id: UUID, *, by: User, layout: JukiLayout, encoding: Encoding, mode: ErrorMode) -> None:
    """Let the worker read the file, in the way that was chosen on sight of its first lines."""
    with step(batch_id, by=by) as batch:
        require(batch, BatchState.UPLOADED)
        move(
            batch,
            BatchState.STAGING,
            by=by,
            action=events.IMPORT_STARTED,
            details={"kind": f"{encoding.value} {mode.value} {layout.label}"},
            layout=layout,
            encoding=encoding,
            mode=mode,
        )


def skip_errors(batch_id: UUID, *, by: User) -> None:
    """Go on without the lines that have errors, after seeing them."""
    with step(batch_id, by=by) as batch:
        require(batch, BatchState.HALTED)
        if batch.with_errors == batch.lines_in:
            raise Refused("all_wrong", _("使える行がありません。取込みをやめ、ファイルを直してください。"))
        move(
            batch,
            BatchState.MATCHING,
            by=by,
            action=events.IMPORT_ERRORS_SKIPPED,
            details={"count": batch.with_errors},
            mode=ErrorMode.SKIP,
        )


def cancel(batch_id: UUID, *, by: User) -> None:
    """Give the file up before anything was applied, and wipe it."""
    with step(batch_id, by=by) as batch:
        require(batch, *CANCELLABLE)
        move(batch, BatchState.CANCELLED, by=by, action=events.IMPORT_CANCELLED)
    steps.wipe(batch, by=by)


def link(batch_id: UUID, line: int, person: UUID, *, by: User, reasons: Mapping[str, str]) -> None:
    """Link a line with somebody who differs in one item and in notation only, with the reason.

    Whoever links does not apply; the second person compares every line that was linked by hand.
    """
    with step(batch_id, by=by) as batch:
        require(batch, BatchState.REVIEW)
        row = _row(batch, line)
        if row.state != RowState.QUEUED or row.code != RowCode.DIFFERS or person not in row.candidates:
            raise Refused("not_linkable", _("この行は結び付けられません。除外してください。"))
        record = next(iter(matching.records_of([person])), None)
        assert batch.layout is not None  # noqa: S101  (a file is not begun without one)
        if record is None:
            raise Refused("gone", _("この人の申請は取り下げられたか、戻されました。除外してください。"))
        different = matching.differing(row, record, items=batch.layout.items)
        if not set(different) <= set(REASONS):
            message = _("生年月日か性別が違うため、結び付けられません。除外してください。")
            raise Refused("fewer_items", message)
        if len(different) > MOST_DIFFERING:
            message = _("氏名と住所の両方が違うため、結び付けられません。除外し、端末で確かめて要求し直してください。")
            raise Refused("fewer_items", message)
        said = {item: reasons.get(item, "") for item in different}
        for item, reason in said.items():
            if reason not in REASONS[item]:
                raise Refused("reason", _("違いのある項目のそれぞれに、表記の違いの理由を選んでください。"))
        if _is_linked(batch, person):
            raise Refused("same_person", _("この人には、ファイルのほかの行が結び付いています。除外してください。"))
        row.state, row.code, row.person_id, row.verdict = RowState.LINKED, RowCode.BY_HAND, person, ""
        row.link_reasons, row.decided_by, row.decided_at = said or {"name": "SAME"}, by, timezone.now()
        row.save(
            update_fields=["state", "code", "person", "verdict", "link_reasons", "decided_by", "decided_at"],
        )
        journal.record(
            events.IMPORT_LINKED,
            by=by,
            subject=batch,
            person_id=person,
            details={"page": str(line), "fields": sorted(said), "kind": " ".join(sorted(said.values()))},
        )


def reject(batch_id: UUID, line: int, *, by: User, reason: str) -> None:
    """Leave a line out for good, and erase its number."""
    with step(batch_id, by=by) as batch:
        require(batch, BatchState.REVIEW)
        if _row(batch, line).state != RowState.QUEUED:
            raise Refused("settled", _("この行は、すでに処理されています。"))
        _reject(batch, [line], by=by, reason=reason)


def reject_nobodys(batch_id: UUID, *, by: User, reason: str) -> int:
    """Leave out every line that is about nobody here, and return how many there were."""
    with step(batch_id, by=by) as batch:
        require(batch, BatchState.REVIEW)
        lines = list(
            JukiRow.objects.filter(batch=batch, state=RowState.QUEUED, code=RowCode.NOBODY).values_list(
                "line", flat=True
            )
        )
        if not lines:
            raise Refused("none", _("該当する人がいない行はありません。"))
        _reject(batch, lines, by=by, reason=reason)
    return len(lines)


def draw(batch_id: UUID, *, by: User) -> list[JukiSample]:
    """Return the lines that the second person compares, drawn by the database when they are first asked for."""
    with step(batch_id, by=by) as batch:
        require(batch, BatchState.REVIEW)
        _refuse_own(batch, by)
        before = batch.sample_size
        with connection.cursor() as cursor:
            cursor.execute("SELECT benefits_juki_draw(%s)", [batch.pk])
            drawn = cursor.fetchone()[0]
        if drawn != before:
            journal.record(events.IMPORT_SAMPLE_DRAWN, by=by, subject=batch, details={"count": drawn})
        return sample(batch)


def sample(batch: JukiBatch) -> list[JukiSample]:
    """Return what is drawn and still linked, in the order of the file."""
    linked = JukiRow.objects.filter(batch=batch, state=RowState.LINKED).values("line")
    return list(JukiSample.objects.filter(batch=batch, line__in=linked).select_related("opened_by").order_by("line"))


def answer(batch_id: UUID, line: int, *, by: User, agrees: bool, reason: str = "") -> None:
    """Keep what the second person found when comparing a drawn line with the person.

    One that does not agree goes back to whoever decides about lines, and as many again are drawn.
    """
    with step(batch_id, by=by) as batch:
        require(batch, BatchState.REVIEW)
        _refuse_own(batch, by)
        drawn = JukiSample.objects.select_for_update().filter(batch=batch, line=line).first()
        row = _row(batch, line)
        if drawn is None or drawn.agrees is False or row.state != RowState.LINKED:
            raise Refused("not_drawn", _("この行は、抜取りの対象ではありません。"))
        if not _has_opened(batch, drawn, by):
            raise Refused("not_opened", _("この行を開いて、登録の内容と見比べてから答えてください。"))
        if not agrees and not reason.strip():
            raise Refused("no_reason", _("一致しない理由を入力してください。"))
        drawn.opened_by, drawn.opened_at, drawn.agrees = by, timezone.now(), agrees
        drawn.save(update_fields=["opened_by", "opened_at", "agrees"])
        journal.record(
            events.IMPORT_SAMPLE_ANSWERED if agrees else events.IMPORT_DISPUTED,
            by=by,
            subject=batch,
            person_id=row.person_id,
            reason=reason[:REASON_LENGTH],
            details={"page": str(line), "answer": "MATCH" if agrees else "MISMATCH"},
        )
        if not agrees:
            row.state, row.code = RowState.QUEUED, RowCode.DISPUTED
            row.save(update_fields=["state", "code"])


def record_opening(batch: JukiBatch, row: JukiRow, people: Collection[UUID], *, by: User) -> None:
    """Write down that a line was opened beside these people. Without it no answer to a drawn line counts."""
    opened: list[UUID | None] = [*people] or [
        None
    ]  # who has gone since is beside nobody, and was looked at all the same
    for person in opened:
        journal.record(
            events.IMPORT_ROW_VIEWED,
            by=by,
            subject=batch,
            person_id=person,
            explanation=explanation.of(person, viewer=by) if person else "",
            details={"page": str(row.line)},
        )


def why_not_apply(batch: JukiBatch, *, by: User) -> str:
    """Return why ``by`` may not let the file be applied now, or ""."""
    if batch.state != BatchState.REVIEW:
        return _("確認待ちではありません。")
    if batch.uploaded_by_id == by.pk:
        return _("自分が取り込んだファイルは適用できません。ほかの確認者に頼んでください。")
    rows = JukiRow.objects.filter(batch=batch)
    if rows.filter(decided_by=by).exists():
        return _("自分が行を結び付けるか除外したファイルは適用できません。ほかの確認者に頼んでください。")
    if batch.queued:
        return _("要確認の行が%(count)s行残っています。すべて判断してから適用します。") % {"count": batch.queued}
    if not batch.linked:
        return _("結び付いた行がありません。取込みを中止してください。")
    if batch.judged < batch.linked:
        left = batch.linked - batch.judged
        return _("番号の確認が%(count)s行残っています。終わるまでお待ちください。") % {"count": left}
    drawn = sample(batch)
    if not drawn or any(each.agrees is not True or each.opened_by_id != by.pk for each in drawn):
        return _("抜き取られた行を、すべて自分で開いて照合してください。")
    return ""


def apply(batch_id: UUID, *, by: User) -> None:
    """Let the worker put the numbers into use. The database asks everything again."""
    with step(batch_id, by=by) as batch:
        require(batch, BatchState.REVIEW)
        draw_again(batch)
        if refusal := why_not_apply(batch, by=by):
            raise Refused("not_yet", refusal)
        move(
            batch,
            BatchState.APPLYING,
            by=by,
            action=events.IMPORT_APPLIED,
            details={"count": batch.linked},
            applied_by=by,
            applied_at=timezone.now(),
        )


def draw_again(batch: JukiBatch) -> None:
    """Complete the sample, as lines may have been linked or disputed since."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT benefits_juki_draw(%s)", [batch.pk])


def _reject(batch: JukiBatch, lines: list[int], *, by: User, reason: str) -> None:
    said = reason.strip()[:REASON_LENGTH]
    if not said:
        raise Refused("no_reason", _("除外する理由を入力してください。"))
    JukiRow.objects.filter(batch=batch, line__in=lines, state=RowState.QUEUED).update(
        state=RowState.REJECTED, code=RowCode.REFUSED, decided_by=by, decided_at=timezone.now(), reason=said
    )
    staging.forget(batch.pk, lines)
    journal.record(
        events.IMPORT_REJECTED,
        by=by,
        subject=batch,
        reason=said,
        details={"count": len(lines), "page": str(lines[0])},
    )


def _row(batch: JukiBatch, line: int) -> JukiRow:
    row = JukiRow.objects.select_for_update().filter(batch=batch, line=line).first()
    if row is None:
        raise Refused("unknown", _("その行はありません。"))
    return row


def _is_linked(batch: JukiBatch, person: UUID) -> bool:
    return JukiRow.objects.filter(batch=batch, person=person, state=RowState.LINKED).exists()


def _has_opened(batch: JukiBatch, drawn: JukiSample, by: User) -> bool:
    return Event.objects.filter(
        action=events.IMPORT_ROW_VIEWED,
        result=Result.DONE,
        actor_id=by.pk,
        subject_id=str(batch.pk),
        details__page=str(drawn.line),
        at__gte=drawn.drawn_at,
    ).exists()


def _refuse_own(batch: JukiBatch, by: User) -> None:
    if batch.uploaded_by_id == by.pk:
        raise Refused("own", _("自分が取り込んだファイルは、自分では照合できません。"))
