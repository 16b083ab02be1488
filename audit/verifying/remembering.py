"""What guards look back on (``audit.remembered``), held against the record that it repeats a part of."""

from audit.verifying.inspections import MOST_NAMED, Scope, periods

_COLUMNS = ("action", "result", "actor_id", "subject_kind", "subject_id", "person_id", "purpose", "details", "xid")
_OF_BOTH = [", ".join(f"{table}.{name}" for name in _COLUMNS) for table in "er"]
_DIFFERING = f"""
    SELECT coalesce(e.id, r.id), e.id IS NOT NULL, r.id IS NOT NULL
    FROM (SELECT * FROM audit.event
          WHERE at >= %s::timestamptz AND at < %s::timestamptz AND audit.is_remembered(action)) e
    FULL JOIN (SELECT * FROM audit.remembered WHERE at >= %s::timestamptz AND at < %s::timestamptz) r
    ON r.id = e.id AND r.at = e.at
    WHERE ({_OF_BOTH[0]}) IS DISTINCT FROM ({_OF_BOTH[1]})
    ORDER BY 1 LIMIT %s
"""  # noqa: S608  (the names above)


def remembered(scope: Scope) -> None:
    """Look for entries that guards would not find, and for what they would find though no entry says so."""
    for period in periods(scope):
        for event_id, is_there, is_remembered in scope.ledger.ask(_DIFFERING, (*period, *period, MOST_NAMED)):
            if not is_remembered:
                words = "制限や承認の確認に使う控え（audit.remembered）に、この記録がありません"
            elif not is_there:
                words = "制限や承認の確認に使う控え（audit.remembered）に、記録にないものがあります"
            else:
                words = "制限や承認の確認に使う控え（audit.remembered）が、記録と違います"
            scope.fault("remembered_differs", words, None, event_id)
