"""Who works with the keys of My Numbers: records keepers, in force on that day, whatever the application believes."""

from typing import ClassVar

from django.db import migrations

INSTALL = """
CREATE FUNCTION benefits_key_operation_is_the_keepers() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NOT accounts_holds(NEW.proposed_by, 'RECORDS_KEEPER') THEN
            RAISE EXCEPTION 'key_operation_is_proposed_by_a_records_keeper' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    -- taking back what one proposed oneself harms nothing
    IF NEW.outcome <> OLD.outcome AND NEW.outcome <> 'WITHDRAWN'
       AND NOT accounts_holds(NEW.decided_by, 'RECORDS_KEEPER') THEN
        RAISE EXCEPTION 'key_operation_is_decided_by_a_records_keeper' USING ERRCODE = 'check_violation';
    END IF;
    -- the worker may hold a rotation up; only a keeper lets it go on
    IF OLD.state IN ('RUNNING', 'PAUSED') AND NEW.state IN ('RUNNING', 'PAUSED') AND NEW.state <> OLD.state
       AND NOT (NEW.state = 'PAUSED' AND NEW.moved_by IS NULL)
       AND NOT accounts_holds(NEW.moved_by, 'RECORDS_KEEPER') THEN
        RAISE EXCEPTION 'key_operation_is_moved_by_a_records_keeper' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
REVOKE ALL ON FUNCTION benefits_key_operation_is_the_keepers() FROM PUBLIC;
CREATE TRIGGER key_operation_is_the_keepers BEFORE INSERT OR UPDATE ON vault.key_operation
FOR EACH ROW EXECUTE FUNCTION benefits_key_operation_is_the_keepers();
ALTER TABLE vault.key_operation ENABLE ALWAYS TRIGGER key_operation_is_the_keepers;
"""

REMOVE = """
DROP TRIGGER key_operation_is_the_keepers ON vault.key_operation;
DROP FUNCTION benefits_key_operation_is_the_keepers();
"""


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("benefits", "0012_juki"),
        ("mynumber", "0003_key_operations"),
        ("accounts", "0004_rights_guards"),
    ]

    operations: ClassVar = [migrations.RunSQL(INSTALL, REMOVE)]
