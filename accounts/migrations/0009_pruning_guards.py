"""Guards on who lets months of the record go: records keepers, in force on that day, whatever the application believes."""

from typing import ClassVar

from django.db import migrations

INSTALL = """
CREATE FUNCTION accounts_pruning_is_the_keepers() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NOT accounts_holds(NEW.asked_by_id, 'RECORDS_KEEPER') THEN
            RAISE EXCEPTION 'pruning_is_asked_by_a_records_keeper' USING ERRCODE = 'check_violation';
        END IF;
    -- taking back what one asked oneself harms nothing
    ELSIF NEW.outcome <> OLD.outcome AND NEW.outcome <> 'WITHDRAWN'
          AND NOT accounts_holds(NEW.decided_by_id, 'RECORDS_KEEPER') THEN
        RAISE EXCEPTION 'pruning_is_decided_by_a_records_keeper' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
REVOKE ALL ON FUNCTION accounts_pruning_is_the_keepers() FROM PUBLIC;
CREATE TRIGGER pruning_is_the_keepers BEFORE INSERT OR UPDATE ON audit.pruning
FOR EACH ROW EXECUTE FUNCTION accounts_pruning_is_the_keepers();
ALTER TABLE audit.pruning ENABLE ALWAYS TRIGGER pruning_is_the_keepers;
"""

REMOVE = """
DROP TRIGGER pruning_is_the_keepers ON audit.pruning;
DROP FUNCTION accounts_pruning_is_the_keepers();
"""


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("accounts", "0008_watching_guards"),
        ("audit", "0009_pruning"),
    ]

    operations: ClassVar[list[migrations.operations.base.Operation]] = [migrations.RunSQL(INSTALL, REMOVE)]
