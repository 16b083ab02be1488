"""Make the database itself refuse to change or remove an entry, and date it by its own clock."""

from typing import ClassVar

from django.db import migrations

INSTALL = """
    -- The transaction that wrote an entry: vault.fetch() asks whether it has committed.
    ALTER TABLE audit.event ADD COLUMN xid xid8 NOT NULL DEFAULT pg_current_xact_id();

    CREATE FUNCTION audit.event_is_stamped() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
    BEGIN
        -- Whatever the writer says: the database's clock and the database's transaction id.
        NEW.at := clock_timestamp();
        NEW.xid := pg_current_xact_id();
        -- An entry that a power cut could take back is none.
        IF current_setting('synchronous_commit') = 'off' THEN
            RAISE EXCEPTION 'entries are committed synchronously' USING ERRCODE = 'object_not_in_prerequisite_state';
        END IF;
        RETURN NEW;
    END $$;

    CREATE FUNCTION audit.event_refuses_change() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
    BEGIN
        RAISE EXCEPTION 'audit entries are append-only' USING ERRCODE = 'restrict_violation';
    END $$;

    CREATE TRIGGER event_is_stamped BEFORE INSERT ON audit.event
    FOR EACH ROW EXECUTE FUNCTION audit.event_is_stamped();

    CREATE TRIGGER event_is_never_changed BEFORE UPDATE OR DELETE ON audit.event
    FOR EACH ROW EXECUTE FUNCTION audit.event_refuses_change();

    CREATE TRIGGER event_is_never_truncated BEFORE TRUNCATE ON audit.event
    FOR EACH STATEMENT EXECUTE FUNCTION audit.event_refuses_change();

    -- a plain trigger sleeps under session_replication_role = replica
    ALTER TABLE audit.event ENABLE ALWAYS TRIGGER event_is_stamped;
    ALTER TABLE audit.event ENABLE ALWAYS TRIGGER event_is_never_changed;
    ALTER TABLE audit.event ENABLE ALWAYS TRIGGER event_is_never_truncated;

    REVOKE ALL ON FUNCTION audit.event_is_stamped() FROM PUBLIC;
    REVOKE ALL ON FUNCTION audit.event_refuses_change() FROM PUBLIC;
"""

REMOVE = """
    DROP TRIGGER event_is_never_truncated ON audit.event;
    DROP TRIGGER event_is_never_changed ON audit.event;
    DROP TRIGGER event_is_stamped ON audit.event;
    DROP FUNCTION audit.event_refuses_change();
    DROP FUNCTION audit.event_is_stamped();
    ALTER TABLE audit.event DROP COLUMN xid;
"""


class Migration(migrations.Migration):
    dependencies: ClassVar = [("audit", "0001_initial")]

    operations: ClassVar = [migrations.RunSQL(INSTALL, REMOVE)]
