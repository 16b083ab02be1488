"""Lets a verification of the record ask which tickets opened the vault although their entry is not there (any more)."""

from typing import ClassVar

from django.db import migrations

INSTALL = """
CREATE FUNCTION vault.tickets_used_without_entry() RETURNS TABLE (event_id uuid, used_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT t.event_id, t.used_at FROM vault.ticket_use t
    WHERE NOT EXISTS (SELECT FROM audit.event e WHERE e.id = t.event_id)
    ORDER BY t.used_at
$$;
REVOKE ALL ON FUNCTION vault.tickets_used_without_entry() FROM PUBLIC;
"""

REMOVE = "DROP FUNCTION vault.tickets_used_without_entry();"


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("mynumber", "0009_entries_tell_who"),
        ("audit", "0008_verifying"),
    ]

    operations: ClassVar = [migrations.RunSQL(INSTALL, REMOVE)]
