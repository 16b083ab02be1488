"""Whether the record is being sealed, in sentences for those who look after it, and what is refused while it is not.

Asked by every process that serves, with what the role that serves may read: the queue, the checkpoints, the notes.
"""

import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connections, router, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.ledger import witness
from audit.models import Event
from audit.sealing import telling

#: A sealer that lives says so every hour, so that silence can be told from an office where nothing happens.
SILENT_AFTER = timedelta(hours=2)
#: How long a fault is shown on the pages; it stays in audit.fault and in the record.
FAULTS_SHOWN_FOR = timedelta(days=7)
#: How long a rule may stand still while sealed entries wait for it.
RULES_ALARM_AFTER = timedelta(minutes=15)
#: Everything is verified once a week: longer ago, or never, is told.
UNVERIFIED_AFTER = timedelta(days=8)
_AGAIN = timedelta(hours=1)
#: How often the worker looks.
LOOK_SECONDS = 10.0
_next_look = 0.0

_STATE = """
    SELECT (SELECT min(at) FROM audit.pending),
           (SELECT min(sealed_at) FROM audit.checkpoint WHERE size > coalesce((
                SELECT max((SELECT max(size) FROM audit.note n WHERE n.origin = o.origin)) FROM audit.origin o), 0)),
           (SELECT sealed_at FROM audit.checkpoint ORDER BY size DESC LIMIT 1),
           (SELECT count(*) FROM audit.fault WHERE found_at > %s)
"""
#: Rules that are ahead of the record, and rules that do not go on. One waits for the work that may follow a view.
_RULES = """
    SELECT r.code, p.position > s.size
    FROM audit.rule r JOIN audit.rule_progress p ON p.rule_id = r.code,
         (SELECT coalesce(max(size), 0) AS size FROM audit.checkpoint) s
    WHERE r.is_on AND (p.position > s.size OR p.moved_at < %(since)s AND (
        SELECT c.sealed_at FROM audit.checkpoint c WHERE c.size > p.position ORDER BY c.size LIMIT 1
    ) < %(since)s - make_interval(mins => coalesce((r.thresholds ->> 'work_within_minutes')::integer, 0)))
    ORDER BY length(r.code), r.code
"""
#: Since when everything could have been verified, and when it last was.
_WHOLE = """
    SELECT (SELECT sealed_at FROM audit.checkpoint ORDER BY size LIMIT 1),
           (SELECT max(ended_at) FROM audit.verification WHERE since = 0)
"""


class RecordAwayError(Exception):
    """What was asked for is refused until the record is being kept again. The text is fit to show who asked."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def trouble() -> list[str]:
    """Return what is the matter with the sealing of the record, a sentence each; nothing when all is well."""
    now = timezone.now()
    oldest, unsigned, newest, faults = _one(_STATE, [now - FAULTS_SHOWN_FOR])
    found = []
    if _is_older(oldest, settings.KYUFU_SEAL_ALARM_SECONDS, now):
        found.append(
            _("操作記録の封印が %(minutes)s 前から止まっています。封印の仕事（manage.py seal）を確かめてください。")
            % {"minutes": _ago(now - oldest)}
        )
    if _is_older(unsigned, settings.KYUFU_SIGN_SECONDS + settings.KYUFU_SEAL_ALARM_SECONDS, now):
        found.append(
            _("封印した操作記録に %(minutes)s 前から署名がありません。docs/ledger.md に従って確かめてください。")
            % {"minutes": _ago(now - unsigned)}
        )
    if not found and newest is not None and now - newest > SILENT_AFTER:
        found.append(
            _("操作記録の封印の定時確認が %(minutes)s 前からありません。封印の仕事が止まっています。")
            % {"minutes": _ago(now - newest)}
        )
    if faults:
        found.append(
            _("操作記録に、7日以内に見つかった異常が %(count)d 件あります。操作記録の監視の画面で確かめてください。")
            % {"count": faults}
        )
    return [*found, *_unverified(now), *_rules_in_trouble(now)]


def _unverified(now: datetime) -> list[str]:
    """Say so when nobody has verified everything for longer than a week: faults are found by looking for them."""
    begun, verified = _one(_WHOLE, [])
    if begun is None or now - (verified or begun) <= UNVERIFIED_AFTER:
        return []
    if verified is None:
        words = _("操作記録の全件検証が、まだ一度も終わっていません。「記録の封印と検証」で検証してください。")
        return [words]
    return [
        _("操作記録の全件検証が %(days)s 前から終わっていません。「記録の封印と検証」で検証してください。")
        % {"days": _ago(now - verified)}
    ]


def _rules_in_trouble(now: datetime) -> list[str]:
    """Return what is the matter with the rules that go through the record: one that is blind raises nothing."""
    with connections[router.db_for_write(Event)].cursor() as cursor:
        cursor.execute(_RULES, {"since": now - RULES_ALARM_AFTER})
        rules = cursor.fetchall()
    ahead = "・".join(code for code, is_ahead in rules if is_ahead)
    still = "・".join(code for code, is_ahead in rules if not is_ahead)
    found = []
    if ahead:
        found.append(
            _("気になる操作の規則 %(rules)s が、封印された操作記録より先に進んでいます。監査担当に知らせてください。")
            % {"rules": ahead}
        )
    if still:
        found.append(
            _("気になる操作の規則 %(rules)s が15分以上止まっています。manage.py work を確かめてください。")
            % {"rules": still}
        )
    return found


def is_late() -> bool:
    """Say whether entries have waited for the sealer longer than an alarm allows."""
    (oldest,) = _one("SELECT min(at) FROM audit.pending", [])
    return _is_older(oldest, settings.KYUFU_SEAL_ALARM_SECONDS, timezone.now())


def look() -> bool:
    """Raise an alarm while the record is sealed too late: the sealer cannot say so. A labour of the worker's."""
    global _next_look
    if time.monotonic() >= _next_look:
        _next_look = time.monotonic() + LOOK_SECONDS
        if is_late():
            _alarm("sealing_late", "封印待ちの操作記録が溜まっています (entries wait too long to be sealed)")
    return False


def refuse_if_strict() -> None:
    """Raise :class:`RecordAwayError` in the strict mode while the record is sealed too late; otherwise raise an alarm.

    Asked before a My Number is shown or looked for, outside any transaction.
    """
    (oldest,) = _one("SELECT min(at) FROM audit.pending", [])
    if not _is_older(oldest, settings.KYUFU_SEAL_REFUSE_SECONDS, timezone.now()):
        return
    if settings.KYUFU_RECORD_STRICT:
        message = _("操作記録の封印が止まっているため、個人番号を扱えません。管理者に連絡してください。")
        raise RecordAwayError("record_late", message)
    _alarm("reveal_while_late", "封印が止まったまま個人番号が扱われました (a number was used while nothing is sealed)")


def refuse_if_unwitnessed(event: Event) -> None:
    """Raise :class:`RecordAwayError` in the strict mode when the witness has no line of ``event``, just committed.

    Otherwise raise an alarm. Asked in the thread that wrote the entry, before what it is about happens.
    """
    if witness.has_seen(bytes(event.leaf)):
        return
    if settings.KYUFU_RECORD_STRICT:
        message = _("操作記録の控え（証人）に書き込めないため、個人番号を扱えません。管理者に連絡してください。")
        raise RecordAwayError("record_unwitnessed", message)
    _alarm("witness_unwritable", "証人ファイルに書き込めません (the witness cannot be written)")


def _alarm(kind: str, words: str) -> None:
    """Put a fault on record, once an hour."""
    with transaction.atomic(using=router.db_for_write(Event)):
        (known,) = _one(
            "SELECT count(*) FROM audit.fault WHERE kind = %s AND found_at > %s", [kind, timezone.now() - _AGAIN]
        )
        if known:
            return
        fault = telling.Fault(kind, words)
        with connections[router.db_for_write(Event)].cursor() as cursor:
            cursor.execute("INSERT INTO audit.fault (kind, words) VALUES (%s, %s)", [fault.kind, fault.words])
        telling.recorder().raise_alarms([fault])


def _one(question: str, values: Sequence[Any]) -> tuple[Any, ...]:
    with connections[router.db_for_write(Event)].cursor() as cursor:
        cursor.execute(question, values)
        row: tuple[Any, ...] = cursor.fetchone()
    return row


def _is_older(moment: datetime | None, seconds: int, now: datetime) -> bool:
    return moment is not None and now - moment > timedelta(seconds=seconds)


def _ago(age: timedelta) -> str:
    """Return an age in one unit: seconds would change while they are read."""
    minutes = int(age.total_seconds() // 60)
    if minutes < 120:
        return _("%(count)d 分") % {"count": max(minutes, 1)}
    hours = minutes // 60
    return _("%(count)d 時間") % {"count": hours} if hours < 48 else _("%(count)d 日") % {"count": hours // 24}
