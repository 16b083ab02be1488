"""What opens a number, counts, or asks what was done before, looks at what the record remembers of such entries.

An id is one entry's there, and what stands there was asked everything before it could count (audit 0003).
"""

from importlib import import_module
from typing import ClassVar

from django.db import migrations

_corrections = import_module("mynumber.migrations.0005_corrections")
_revealing = import_module("mynumber.migrations.0006_revealing")
_letting_go = import_module("mynumber.migrations.0007_letting_go")
_staging = import_module("mynumber.migrations.0008_staging")

#: Kinds of entries that guards look back on (LIKE patterns).
REMEMBERED = ("mynumber.%", "benefits.deletion.approved")

_COMMITTED = """
        RAISE EXCEPTION 'the entry is not committed' USING ERRCODE = 'KY003';
    END IF;
"""
_FLUSHED = """    -- what a power cut could take back opens nothing
    PERFORM vault.flush();
"""


def is_remembered(*patterns: str) -> str:
    """Return the function that says which entries are looked at closely: one expression, which writers do not call but hold.

    The empty action is among them, to be refused.
    """
    kinds = ",".join(('""', *patterns))
    return f"""
CREATE OR REPLACE FUNCTION audit.is_remembered(action text) RETURNS boolean LANGUAGE sql IMMUTABLE
AS $$ SELECT action LIKE ANY ('{{{kinds}}}') $$;
"""


def function(text: str, name: str) -> str:
    """Return the function of this name out of what a migration installs, as a replacement of itself."""
    _before, begins, rest = text.partition(f"CREATE FUNCTION {name}(")
    body, ends, _after = rest.partition("END $$;\n")
    return begins.replace("CREATE", "CREATE OR REPLACE") + body + ends


BEFORE = (
    function(_corrections.FINDING, "vault.find"),
    function(_revealing.INSTALL, "vault.fetch"),
    function(_letting_go.INSTALL, "vault.destroy"),
    function(_staging.FUNCTIONS, "vault.use_staging_entry"),
)
AFTER = [
    (one if "vault.flush()" in one else one.replace(_COMMITTED, _COMMITTED + _FLUSHED)).replace(
        "FROM audit.event e", "FROM audit.remembered e"
    )
    for one in BEFORE
]


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("mynumber", "0010_tickets_without_entry"),
        ("audit", "0005_earlier_table_goes"),
    ]

    # back: the function that says which stays, so that nothing goes past its guards
    operations: ClassVar = [migrations.RunSQL(is_remembered(*REMEMBERED) + "".join(AFTER), "".join(BEFORE))]
