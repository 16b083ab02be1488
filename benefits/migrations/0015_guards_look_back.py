"""Guards that ask what was done before look at what the record remembers; what is asked of a reveal hangs there too."""

from importlib import import_module
from typing import ClassVar

from django.db import migrations

_showing = import_module("benefits.migrations.0009_showing")
_juki = import_module("benefits.migrations.0012_juki")
_staging = import_module("mynumber.migrations.0008_staging")
_looking_back = import_module("mynumber.migrations.0011_limits_look_back")

REMEMBERED = (*_looking_back.REMEMBERED, "benefits.import.row_viewed")

RELEASED = _looking_back.function(_showing.INSTALL, "benefits_number_of_a_protected_person_is_released")
ANSWERED = _looking_back.function(_juki.GUARDS, "benefits_juki_sample_is_answered_by_a_checker")
BLOCKERS = _staging.blockers(held=_juki.HELD)


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
    + RELEASED.replace("FROM audit.event o", "FROM audit.remembered o")
    + ANSWERED.replace("FROM audit.event e", "FROM audit.remembered e")
    + BLOCKERS.replace("FROM audit.event e", "FROM audit.remembered e")
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
