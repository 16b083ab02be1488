"""What guards look back on (``audit.remembered``), held against the record that it repeats a part of."""

from audit.verifying.inspections import MOST_NAMED, Scope, periods

_COLUMNS = ("action", "result", "actor_id", "subject_kind", "subject_id", "person_id", "purpose", "details", "xid")
_OF_EVENT, _OF_REMEMBERED = (", ".join(f"{table}.{name}" for name in _COLUMNS) for table in "er")
#: All of it, whenever: there is little, and a guard finds it wherever it says it is from.
_UNTRUE = f"""
    SELECT r.id, e.id IS NOT NULL
    FROM audit.remembered r LEFT JOIN audit.event e ON e.id = r.id AND e.at = r.at
    WHERE ({_OF_EVENT}) IS DISTINCT FROM ({_OF_REMEMBERED}) ORDER BY r.id LIMIT %s
"""  # noqa: S608  (the names above)
_FORGOTTEN = """
    SELECT e.id FROM audit.event e
    WHERE e.at >= %s::timestamptz AND e.at < %s::timestamptz AND audit.is_remembered(e.action)
    AND NOT EXISTS (SELECT FROM audit.remembered r WHERE r.id = e.id AND r.at = e.at) ORDER BY e.id LIMIT %s
"""


def remembered(scope: Scope) -> None:
    """Look for entries that guards would not find, and for what they would find though no entry says so."""
    for event_id, is_there in scope.ledger.ask(_UNTRUE, (MOST_NAMED,)):
        words = "記録と違います" if is_there else "記録にないものがあります"
        scope.fault("remembered_differs", f"制限や承認の確認に使う控え（audit.remembered）: {words}", None, event_id)
    for period in periods(scope):
        for (event_id,) in scope.ledger.ask(_FORGOTTEN, (*period, MOST_NAMED)):
            words = "制限や承認の確認に使う控え（audit.remembered）に、この記録がありません"
            scope.fault("remembered_differs", words, None, event_id)
