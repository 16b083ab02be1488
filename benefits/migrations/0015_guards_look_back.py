"""Guards that ask what was done before look at what the record remembers; what is asked of a reveal hangs there too."""

from importlib import import_module
from typing import ClassVar

from django.db import migrations

_showing = import_module("benefits.migrations.0009_showing")
_juki = import_module("benefits.migrations.0012_juki")
_staging = import_module("mynumber.migrations.0008_staging")
_looking_back = import_module("mynumber.migrations.0011_limits_look_back")

REMEMBERED = (*_looking_back.REMEMBERED, "benefits.import.%")

RELEASED = _looking_back.function(_showing.INSTALL, "benefits_number_of_a_protected_person_is_released")
ANSWERED = _looking_back.function(_juki.GUARDS, "benefits_juki_sample_is_answered_by_a_checker")
BLOCKERS = _staging.blockers(held=_juki.HELD)

# An entry's time is its writer's, up to a minute back; its transaction is not. A release serves for what was written
# after it, and of that for one: else many entries could be dated before it, and be used one after the other.
RELEASED_ONCE = _looking_back.changed(
    RELEASED,
    (
        "SELECT e.person_id, e.actor_id, e.purpose INTO entry FROM audit.event e WHERE e.id = NEW.event_id;",
        """SELECT e.person_id, e.actor_id, e.purpose, e.xid INTO entry FROM audit.remembered e WHERE e.id = NEW.event_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'number_of_a_protected_person_is_released' USING ERRCODE = 'KY011';
    END IF;""",
    ),
    ("AND r.decided_xid <> pg_current_xact_id()", "AND r.decided_xid < entry.xid"),
    ("AND o.result = 'DONE' AND o.at >= r.decided_at)", "AND o.result = 'DONE' AND o.xid > r.decided_xid)"),
    ("FROM audit.event o", "FROM audit.remembered o"),
)
BLOCKED = _looking_back.changed(
    BLOCKERS,
    (
        "FROM audit.event e WHERE e.person_id = i.person AND e.at >= i.imported_at AND",
        """FROM audit.remembered e WHERE e.person_id = i.person
          AND (e.at >= i.imported_at OR e.xid > (
              SELECT m.xid FROM audit.remembered m WHERE m.person_id = i.person
              AND m.action = 'mynumber.number.imported' AND m.result = 'DONE' ORDER BY m.at DESC LIMIT 1)) AND""",
    ),
)


def review_on(table: str) -> str:
    """Return the trigger that opens the review of a reveal without a case, on this table."""
    return f"""
CREATE TRIGGER reveal_without_a_case_is_reviewed AFTER INSERT ON {table}
FOR EACH ROW WHEN (NEW.action = 'mynumber.number.revealed' AND NEW.result = 'DONE')
EXECUTE FUNCTION benefits_reveal_without_a_case_is_reviewed();
ALTER TABLE {table} ENABLE ALWAYS TRIGGER reveal_without_a_case_is_reviewed;
"""


INSTALL = (
    _looking_back.is_remembered(*REMEMBERED)
    + RELEASED_ONCE
    + _looking_back.changed(ANSWERED, _looking_back.REMEMBER)
    + BLOCKED
    + "DROP TRIGGER reveal_without_a_case_is_reviewed ON audit.event;"
    + review_on("audit.remembered")
)
REMOVE = (
    "DROP TRIGGER reveal_without_a_case_is_reviewed ON audit.remembered;"
    + review_on("audit.event")
    + BLOCKERS
    + ANSWERED
    + RELEASED
    + _looking_back.is_remembered(*_looking_back.REMEMBERED)
)


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("benefits", "0014_watching"),
        ("mynumber", "0011_limits_look_back"),
        ("audit", "0005_earlier_table_goes"),
    ]

    operations: ClassVar = [migrations.RunSQL(INSTALL, REMOVE)]
