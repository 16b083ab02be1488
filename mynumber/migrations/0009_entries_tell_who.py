"""An entry about a My Number says who typed it: the entry of somebody else's act does not stand for it.

``vault.number_change_is_on_record`` was content with any entry about the person. Now a typed number needs the entry of
whoever typed it, a second entry that of whoever retyped it, an imported one that of whoever applied the file.
"""

from importlib import import_module
from typing import ClassVar

from django.db import migrations

_before = import_module("mynumber.migrations.0007_letting_go")

INSTALL = """
CREATE OR REPLACE FUNCTION vault.number_change_is_on_record() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    -- what the entry must be about, and by whom; NULL where any act on the number will do
    act text;
    actor bigint;
BEGIN
    IF TG_TABLE_NAME <> 'number' THEN
        act := 'mynumber.number.compared';
        actor := NEW.typed_by;
    ELSIF TG_OP = 'INSERT' AND NEW.source = 'JUKI' THEN
        act := 'mynumber.number.imported';
        actor := NEW.confirmed_by;
    ELSIF TG_OP = 'INSERT' AND NEW.body IS NULL THEN
        act := 'mynumber.number.destroyed_again';  -- a version that a backup did not know, erased before it came back
    ELSIF TG_OP = 'INSERT' THEN
        act := 'mynumber.number.typed';
        actor := NEW.typed_by;
    ELSIF NEW.state = 'CONFIRMED' AND OLD.state <> 'CONFIRMED' THEN
        act := 'mynumber.number.compared';
        actor := NEW.confirmed_by;
    END IF;
    IF NOT EXISTS (
        SELECT 1 FROM audit.event e
        WHERE e.person_id = NEW.person AND e.xid = pg_current_xact_id() AND e.action LIKE 'mynumber.number.%'
          AND (act IS NULL OR e.action = act AND e.actor_id IS NOT DISTINCT FROM actor
               AND (e.result = 'DONE' OR TG_TABLE_NAME <> 'number'))
          -- the owner who replays deletions is nobody on the staff, so that entry alone has no name
          AND (e.actor_id IS NOT NULL OR e.action = 'mynumber.number.destroyed_again' AND vault.is_owner())
    ) THEN
        RAISE EXCEPTION 'number_change_is_on_record' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
"""


def _as_it_was() -> str:
    """Return the function of the release before."""
    text: str = _before.INSTALL
    start = text.index("CREATE OR REPLACE FUNCTION vault.number_change_is_on_record()")
    return text[start : text.index("END $$;", start) + len("END $$;")]


class Migration(migrations.Migration):
    dependencies: ClassVar = [("mynumber", "0008_staging")]

    operations: ClassVar = [migrations.RunSQL(INSTALL, _as_it_was())]
