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
    begins, ends = f"CREATE FUNCTION {name}(", "END $$;\n"
    first = text.index(begins)
    last = text.index(ends, first) + len(ends)
    return text[first:last].replace("CREATE", "CREATE OR REPLACE", 1)


def changed(text: str, *changes: tuple[str, str]) -> str:
    """Return the text with every one of the changes; a guard that a change passes over would be the old one unseen."""
    for old, new in changes:
        if old not in text:
            raise ValueError(f"not there any more: {old}")
        text = text.replace(old, new)
    return text


FIND = function(_corrections.FINDING, "vault.find")
FETCH = function(_revealing.INSTALL, "vault.fetch")
DESTROY = function(_letting_go.INSTALL, "vault.destroy")
OPEN = function(_staging.FUNCTIONS, "vault.use_staging_entry")
REMEMBER = ("FROM audit.event e", "FROM audit.remembered e")
FLUSH = (_COMMITTED, _COMMITTED + _FLUSHED)

INSTALL = (
    is_remembered(*REMEMBERED)
    + changed(FIND, REMEMBER, FLUSH)
    + changed(FETCH, REMEMBER)  # it flushes already
    + changed(DESTROY, REMEMBER)
    + changed(OPEN, REMEMBER, FLUSH)
)
# the function that says which stays, so that nothing goes past its guards
REMOVE = FIND + FETCH + DESTROY + OPEN


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("mynumber", "0010_tickets_without_entry"),
        ("audit", "0005_earlier_table_goes"),
    ]

    operations: ClassVar = [migrations.RunSQL(INSTALL, REMOVE)]
