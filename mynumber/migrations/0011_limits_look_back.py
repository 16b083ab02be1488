"""What asks after a person's number, or a list that was approved, looks at what the record remembers of such entries.

Limits that count back a day go by time (audit.event_by_time).
"""

from importlib import import_module
from typing import ClassVar

from django.db import migrations

_letting_go = import_module("mynumber.migrations.0007_letting_go")

#: Kinds of entries that guards look back on (LIKE patterns).
REMEMBERED = ("mynumber.number.%", "benefits.deletion.approved")


def is_remembered(*patterns: str) -> str:
    """Return the function that says which entries are remembered: one expression, which writers do not call but hold."""
    kinds = ",".join(patterns)
    return f"""
CREATE OR REPLACE FUNCTION audit.is_remembered(action text) RETURNS boolean LANGUAGE sql IMMUTABLE
AS $$ SELECT action LIKE ANY ('{{{kinds}}}') $$;
"""


def function(text: str, name: str) -> str:
    """Return the function of this name out of what a migration installs, as a replacement of itself."""
    _before, begins, rest = text.partition(f"CREATE FUNCTION {name}(")
    body, ends, _after = rest.partition("END $$;\n")
    return begins.replace("CREATE", "CREATE OR REPLACE") + body + ends


DESTROY = function(_letting_go.INSTALL, "vault.destroy")
INSTALL = is_remembered(*REMEMBERED) + DESTROY.replace("FROM audit.event e", "FROM audit.remembered e")
REMOVE = (
    DESTROY
    + """
CREATE OR REPLACE FUNCTION audit.is_remembered(action text) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT false';
"""
)


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("mynumber", "0010_tickets_without_entry"),
        ("audit", "0005_earlier_table_goes"),
    ]

    operations: ClassVar = [migrations.RunSQL(INSTALL, REMOVE)]
